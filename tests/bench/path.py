# SPDX-License-Identifier: Apache-2.0
"""What the kernel does on each path, counted from the instructions that it really executed.

QEMU translates one instruction at a time and logs the address of each that lies in the kernel, or is a stamp of the
benchmark's program (tests/bench/stamp.h), and each access to a device's memory. What an instruction is says the kernel's
disassembly. Under instruction counting that changes nothing: all cores take turns, and the counter shows the same."""

import collections
import os
import re
import struct
import subprocess
import threading

KERNEL = "build/kernel-arm64.elf"
CROSS = os.environ.get("CROSS", "aarch64-linux-gnu-")
SECONDS = 300
ENOUGH = 25  # walks of each path

SYSTEM_REGISTER = {"mrs", "msr", "at"}
BARRIER = {"dsb", "dmb", "isb", "tlbi"}

Cost = collections.namedtuple("Cost", "instructions registers barriers devices")


def disassembly(elf):
    """[(address, mnemonic)] where it is linked."""
    text = subprocess.run([CROSS + "objdump", "-d", "--no-show-raw-insn", elf], capture_output=True, text=True, check=True).stdout
    return [(int(m[1], 16), m[2]) for m in re.finditer(r"^\s*([0-9a-f]+):\s+([a-z][\w.]*)", text, re.M)]


def stamps(path):
    """[(address, text)] of a program's section .stamps."""
    with open(path, "rb") as f:
        elf = f.read()
    at, = struct.unpack_from("<Q", elf, 40)
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    sections = [struct.unpack_from("<IIQQQQ", elf, at + i * size) for i in range(count)]  # name, type, flags, address, offset, bytes
    name_of = {s[0]: elf[sections[names][4] + s[0]:].split(b"\0", 1)[0] for s in sections}
    mark, = [s for s in sections if name_of[s[0]] == b".stamps"]
    loaded = [s for s in sections if s[2] & 2 and s[1] != 8]  # has addresses, and bytes in the file

    def text(address):
        s, = [s for s in loaded if s[3] <= address < s[3] + s[5]]
        return elf[s[4] + address - s[3]:].split(b"\0", 1)[0].decode()

    return [(pc, text(where)) for pc, where in struct.iter_unpack("<QQ", elf[mark[4]:mark[4] + mark[5]])]


class Meter:
    """Sums over all instructions so far; a path's cost is the difference between its two ends."""

    def __init__(self, kernel, marks, watched=None):
        """@watched: a row of which every instruction is kept, too."""
        self.key = "{:016x}".format
        self.kind = {self.key(pc).encode(): name for pc, name in kernel}
        self.marks = {self.key(pc).encode(): [part.split() for part in text.split(";") if part] for pc, text in marks}
        self.sum = [0, 0, 0, 0]
        self.found = {row: [] for row in self.rows("end")}
        self.once = set(self.found) - self.rows("begin", "arm")  # paths from reset
        self.begun, self.armed = {row: (0, 0, 0, 0) for row in self.once}, set()
        self.few = set(self.found)  # rows whose paths were not walked often enough yet
        self.watched, self.steps, self.walks = watched, [], []

    def rows(self, *verbs):
        return {row for words in self.marks.values() for verb, *rows in words if verb in verbs for row in rows}

    def begin(self, row):
        self.begun[row] = tuple(self.sum)
        if row == self.watched:
            self.steps = []

    def mark(self, verb, *rows):
        for row in rows:
            if verb == "end":
                begun = self.begun.pop(row, None)
                self.armed.discard(row)
                if begun:
                    self.found[row].append(Cost(*(now - then for now, then in zip(self.sum, begun))))
                    if row == self.watched:
                        self.walks.append((self.found[row][-1], self.steps))
                        self.steps = []
                    if row in self.once or len(self.found[row]) >= ENOUGH:
                        self.few.discard(row)
            elif verb == "drop":
                self.begun.pop(row, None)
            else:
                self.begin(row)
                if verb == "arm":
                    self.armed.add(row)

    def read(self, log):
        """A log's lines, in the order in which things happened; to its end, or until every path was walked often enough."""
        total, last, last_core, began = self.sum, "", b"", {}
        for line in log:
            if line.startswith(b"Trace "):
                pc = line.split(b"/", 2)[1]
                if pc in self.marks:
                    if not total[0]:
                        continue  # no partition runs before the kernel: firmware, at such an address
                    last, began = "", {}
                    for words in self.marks[pc]:
                        self.mark(*words)
                    if not self.few:
                        return
                    continue
                last_core = line[6:line.index(b":")]
                if began.get(last_core) == pc:
                    continue  # begun again: another core's turn, or an interrupt, came first
                began[last_core] = pc
                last = self.kind.get(pc, "")
                total[0] += 1
                if self.watched:
                    self.steps.append(pc)
                if last in SYSTEM_REGISTER:
                    total[1] += 1
                elif last in BARRIER:
                    total[2] += 1
                elif last == "wfi":
                    for row in self.armed:
                        self.begin(row)
            elif line.startswith(b"memory_region_ops_") and last[:2] in ("ld", "st"):  # else a partition's, of its own device
                total[3] += line.split(b" ", 3)[2] == last_core

    def steps_of_median(self):
        """Addresses, in order, of the watched row's median path."""
        walks = sorted(self.walks, key=lambda walk: walk[0])
        return [int(pc, 16) for pc in walks[len(walks) // 2][1]] if walks else []

    def medians(self):
        return {row: sorted(costs)[len(costs) // 2] for row, costs in self.found.items() if costs}


def follow(name, command, program, base, moved, watched=None):
    """A Meter of what the kernel does in a run of `command` (QEMU's), whose benchmark is the ELF `program`, loaded at `base`.
    @moved: how far from where it is linked the kernel begins, until it has switched its MMU on; no partition has code there."""
    linked = disassembly(KERNEL)
    kernel = linked + [(pc + moved, kind) for pc, kind in linked]
    marks = [(base + pc, text) for pc, text in stamps(program)]
    first, last = min(linked)[0], max(linked)[0]
    ranges = [f"{at + first:#x}..{at + last:#x}" for at in (0, moved)] + [f"{pc:#x}..{pc:#x}" for pc, _ in marks]
    command = [*command, "-accel", "tcg,one-insn-per-tb=on", "-dfilter", ",".join(ranges),
               "-d", "exec,nochain,trace:memory_region_ops_read,trace:memory_region_ops_write"]
    meter = Meter(kernel, marks, watched)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    watchdog = threading.Timer(SECONDS, child.kill)
    watchdog.start()
    console, done = [], threading.Event()

    def listen():
        for line in child.stdout:
            console.append(line.decode(errors="replace").strip())
            if console[-1].endswith("bench done"):
                done.set()
                child.kill()

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        meter.read(child.stderr)
    finally:
        watchdog.cancel()
        child.kill()
        child.wait()
        listener.join()
    if meter.few and not done.is_set():
        raise SystemExit(f"bench: {name}: with its instructions followed the console did not show 'bench done'; its end:\n"
                         + "\n".join(console[-10:]))
    return meter
