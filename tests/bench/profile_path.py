# SPDX-License-Identifier: Apache-2.0
"""Where the instructions of one row go: the kernel's functions on its path, in the order in which the path first meets them."""

import bisect
import subprocess

import path
import places


def functions():
    """[(address, name)], sorted."""
    text = subprocess.run([path.CROSS + "nm", path.KERNEL], capture_output=True, text=True, check=True).stdout
    return sorted((int(at, 16), name) for at, kind, name in (line.split() for line in text.splitlines() if len(line.split()) == 3)
                  if kind in "tT" and not name.startswith("$"))


def show(row, where):
    if where not in places.PLACES or not places.PLACES[where].program:
        raise SystemExit(f"bench: {where}: no place with stamps; there are {', '.join(w for w, p in places.PLACES.items() if p.program)}")
    meter = places.follow(where, row)
    steps = meter.steps_of_median()
    if not steps:
        raise SystemExit(f"bench: {row} has no path at {where}; there are {', '.join(sorted(meter.medians()))}")
    known, moved, kinds = functions(), places.moved(where), dict(path.disassembly(path.KERNEL))
    sums = {}
    for pc in steps:
        pc = pc if pc in kinds else pc - moved
        of = sums.setdefault(known[bisect.bisect_right(known, (pc, "~")) - 1][1], [0, 0, 0])
        of[0] += 1
        of[1] += kinds[pc] in path.SYSTEM_REGISTER
        of[2] += kinds[pc] in path.BARRIER
    print(f"{row} at {where}: the kernel's {len(steps):,} instructions, registers, barriers")
    for name, (n, registers, barriers) in sums.items():
        print(f"  {name:40}{n:8,}{registers:8}{barriers:8}")
