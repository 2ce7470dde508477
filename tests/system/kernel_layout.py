# SPDX-License-Identifier: Apache-2.0
"""Where the fields of the kernel's structures are, by its own debug information, as gdb prints it."""

import re
import subprocess

KERNEL = "build/kernel-arm64.elf"
FIELD = re.compile(r"/\* +(\d+)(?:: *\d+)? +\| +(\d+) \*/ +(.*?);?$")
END = re.compile(r"^ +\} (\w*)")


def fields(structure):
    """[(offset, bytes, "path.of.field")], the innermost ones."""
    out = subprocess.run(["gdb-multiarch", "-batch", "-nx", "-ex", f"ptype /o struct {structure}", KERNEL], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=120, check=True).stdout
    found, open_at = [], []
    for line in out.splitlines():
        end = END.match(line)
        if end and open_at:
            for i in range(open_at.pop(), len(found)):
                found[i] = (found[i][0], found[i][1], f"{end[1]}.{found[i][2]}")
            continue
        m = FIELD.search(line)
        if not m:
            continue
        if m[3].endswith("{"):
            open_at.append(len(found))
            continue
        name = re.search(r"(\w+)(?:\[[^;]*)?$", m[3].split("/*")[0].strip().rstrip(";)"))
        found.append((int(m[1]), int(m[2]), name[1]))
    assert found, out
    return found


def name_at(layout, offset):
    for at, size, name in layout:
        if at <= offset < at + size:
            return name
    return f"padding at {offset}"
