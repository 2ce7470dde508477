# SPDX-License-Identifier: Apache-2.0
"""Where rows are counted: on the bare machine, and in the partitions of a system.

A further system is a line of PLACES. What its figures hold for (RAM, FP, WFI, trust, trace) is read from its image and description."""

import collections
import os
import re
import subprocess
import sys
import threading

import image
import path

QEMU = "qemu-system-aarch64"
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2020-01-01,clock=vm"]
GUEST = "build/tests/guests/bench"
NATIVE = "build/tests/native/"
LINUX = "build/guests/linux"
INITRD = "build/tests/systems/bench-linux/shell.cpio.gz"
GUEST_RAM = 0x40000000
SECONDS = 300
TRACE_HEAD, TRACE_RECORD = 64, 32  # bytes (abi/trace.h)
RAM, DEVICE = 1, 2  # enum bh_region_kind
SETWAY, DEDICATED = 1, 4  # BH_PART_SETWAY_NATIVE, BH_PART_DEDICATED
LIVES = 30  # of the partition that restarts; of the first ten the kernel prints that they ended

# system: of tests/systems; program: the ELF that has the stamps; base: what its addresses are relative to; partition: whose figures these are.
Place = collections.namedtuple("Place", "system program base partition what")
PLACES = {
    "shared-1": Place("bench-one", GUEST + ".elf", GUEST_RAM, "bench", "one vCPU, alone on its core, interrupts injected"),
    "shared-2": Place("bench", GUEST + ".elf", GUEST_RAM, "bench", "two vCPUs, each alone on its core, interrupts injected"),
    "alone-wfi": Place("bench-alone-wfi", GUEST + ".elf", GUEST_RAM, "bench", "two vCPUs, each alone on its core, interrupts injected"),
    "beside": Place("bench-beside", GUEST + ".elf", GUEST_RAM, "bench", "one vCPU, another partition's on its core sleeps, interrupts injected"),
    "dedicated-1": Place("bench-dedicated-1", GUEST + ".elf", GUEST_RAM, "bench", "one vCPU on a dedicated core, its interrupts direct"),
    "dedicated-2": Place("bench-dedicated", GUEST + ".elf", GUEST_RAM, "bench", "two vCPUs on dedicated cores, their interrupts direct"),
    "native-wfi": Place("bench-native", GUEST + ".elf", GUEST_RAM, "bench", "two vCPUs on dedicated cores, their interrupts direct"),
    "messages": Place("bench-messages", NATIVE + "bench_messages.elf", 0, "meter", "native partitions, two on a core and one on another"),
    "far": Place("bench-far", NATIVE + "bench_messages.elf", 0, "meter", "native partitions on two dedicated cores, their interrupts direct"),
    "far-wfi": Place("bench-far-wfi", NATIVE + "bench_messages.elf", 0, "meter", "native partitions on two dedicated cores, their interrupts direct"),
    "windows": Place("bench-time", NATIVE + "bench_window.elf", 0, "left", "native partitions, two windows of a core"),
    "boot": Place("bench-boot", NATIVE + "bench_boot.elf", 0, "boot", "a native partition alone"),
    "linux": Place("bench-linux", None, 0, "linux", "one vCPU, alone on its core, its console a service on another"),
}


def arguments(kernel, memory, cores, *more, el2=True):
    return [QEMU, "-M", "virt,gic-version=3,dtb-randomness=off" + ",virtualization=on" * el2, "-cpu", "cortex-a72,cntfrq=1000000000", "-smp",
            str(cores), "-m", memory, "-nographic", "-nic", "none", "-kernel", kernel, *ICOUNT, *more]


def read_image(system):
    with open(f"build/tests/{system}.img", "rb") as f:
        return image.Image(f.read())


def machine(system):
    return arguments(f"build/tests/{system}.img", "2048M", 4)


def console(name, command, last, times=1, look=None):
    """The lines of a machine's console until one matches `last`, so many times; then, behind look(), the machine is ended."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    watchdog = threading.Timer(SECONDS, child.kill)
    watchdog.start()
    lines = []
    try:
        for raw in child.stdout:
            lines.append(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", raw.decode(errors="replace")).strip())
            times -= bool(re.search(last, lines[-1]))
            if not times:
                break
        if look and not times:
            look()
    finally:
        watchdog.cancel()
        child.kill()
        child.wait()
    os.makedirs("build/logs", exist_ok=True)
    with open(f"build/logs/bench-{name}.log", "w", encoding="utf-8") as f:
        f.write(" ".join(command) + "\n" + "\n".join(lines) + "\n")
    if times:
        sys.exit(f"bench: {name}: the console did not show {last!r}; see build/logs/bench-{name}.log")
    return lines


def printed_rows(name, command):
    """{row: instructions} of one run of a program that prints rows; the medians."""
    found = {}
    for line in console(name, command, r"\bbench done$"):
        m = re.search(r"\brow (\w+) \d+ (\d+)$", line)
        if m:
            found[m[1]] = int(m[2])
    return found


def boot_rows(name, command):
    """Of tests/native/bench_boot: the first life's begin, and from each request to the next life's."""
    text = "\n".join(console(name, command, r"\bbegan \d+$", LIVES))
    began = [int(n) for n in re.findall(r"\bbegan (\d+)$", text, re.M)]
    asked = [int(n) for n in re.findall(r"\basks (\d+)$", text, re.M)]
    lives = sorted(b - a for a, b in zip(asked, began[1:]))
    return {"boot_native": began[0], "restart": lives[len(lives) // 2]}


def trace_row():
    """Of a function that does nothing else: it has no branch."""
    source = '#include "kernel/trace.h"\nvoid f(struct core *, uint32_t, uint64_t);\n' \
             'void f(struct core *c, uint32_t who, uint64_t a) { trace(c, BH_TRACE_EXIT, who, 0, a, a); }\n'
    code = subprocess.run([path.CROSS + "gcc", "-O2", "-ffreestanding", "-mgeneral-regs-only", "-I.", "-Iarch/arm64",
                           "-fno-asynchronous-unwind-tables", "-S", "-x", "c", "-", "-o", "-"], input=source,
                          capture_output=True, text=True, check=True).stdout
    body = code[code.index("\nf:\n"):code.index("\tret")].splitlines()[2:]
    return {"trace_record": len([line for line in body if re.match(r"\t[a-z]", line)])}


def count_bare():
    return printed_rows("bare", arguments(GUEST + ".bin", "128M", 2))


def count(where):
    place = PLACES[where]
    rows = (boot_rows if where == "boot" else printed_rows)(where, machine(place.system))
    return rows | (trace_row() if where == "windows" else {})


def follow(where, watched=None):
    """The path.Meter of a run."""
    place = PLACES[where]
    return path.follow(where, machine(place.system), place.program, place.base, moved(where), watched)


def moved(where):
    """How far from where it is linked the kernel begins."""
    return read_image(PLACES[where].system).load_pa - image.KERNEL_VA


def settings(where):
    """What the figures of a place hold for, in a sentence."""
    place = PLACES[where]
    i = read_image(place.system)
    with open(f"tests/systems/{place.system}/system.dts", encoding="utf-8") as f:
        native_wfi = "native-wfi" in f.read()
    p = i.named("partition", place.partition)
    regions = i.all("region")[p.first_region:p.first_region + p.n_regions]
    ram = sum(r.bytes for r in regions if r.kind == RAM)
    devices = [i.name(r.name) for r in regions if r.kind == DEVICE]
    trust = [f"its devices ({', '.join(devices)})"] * bool(devices) + ["WFI"] * (native_wfi and bool(p.flags & DEDICATED)) + ["set/way maintenance"] * bool(p.flags & SETWAY) \
        + ["firmware's calls"] * bool(p.n_smcs)
    records = 1 << ((i.u64(i.blob + image.TRACE_BYTES) - TRACE_HEAD) // TRACE_RECORD).bit_length() - 1
    return (f"{place.what}; RAM {ram >> 10:,} KiB, FP {('eager', 'lazy', 'none')[p.fp]}, WFI {'native' if native_wfi else 'traps'}, "
            f"trusted with {' and '.join(trust) or 'nothing'}; trace of every kind, {records:,} records a core")
