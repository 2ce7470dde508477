#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Count instructions of the paths that matter, bare machine beside partition: `make bench`.

One guest image, tests/guests/bench, runs on the bare machine (entered at EL2, with a stub that
answers HVC) and in a partition of tests/systems/bench; Debian's Linux boots to its shell on both.
Messages go between the native partitions of tests/systems/bench-messages; where the bare machine has
something to compare with (copying the same bytes, an IPI), that stands beside them.
Under `-icount shift=0` with a counter of 1 GHz a tick is an instruction, and every run repeats.
What a trace record costs is counted in the kernel's code, which has it everywhere.
Prints a table and writes build/bench.json. The figures are lengths of paths, not cycles."""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time

QEMU = "qemu-system-aarch64"
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2020-01-01,clock=vm"]
GUEST = "build/tests/guests/bench.bin"
LINUX = "build/guests/linux"
INITRD = "build/tests/systems/bench-linux/shell.cpio.gz"
SECONDS = 300

# Row -> what it is. Printed in this order; rows that a guest does not print are left out.
ROWS = {
    "hvc_null": "HVC, the cheapest call",
    "hvc_psci_version": "HVC PSCI_VERSION",
    "hvc_smccc_version": "HVC SMCCC_VERSION",
    "hvc_unknown": "HVC unknown function",
    "smc_psci_version": "SMC PSCI_VERSION",
    "gicd_typer_read": "read GICD_TYPER",
    "gicd_enable_read": "read GICD_ISENABLER",
    "gicd_enable_write": "write GICD_ISENABLER",
    "gicd_disable_write": "write GICD_ICENABLER",
    "sgi_self_handler": "SGI to self -> C handler",
    "sgi_self_round_trip": "SGI to self, round trip",
    "acknowledge_end": "acknowledge + EOI",
    "timer_spin_handler": "virtual timer, spinning -> C handler",
    "timer_wfi_handler": "virtual timer, in WFI -> C handler",
    "longest_gap": "longest gap in a spinning loop",
    "ipi_wfi_one_way": "IPI one way, target in WFI",
    "ipi_wfi_round_trip": "IPI round trip, WFI",
    "ipi_spin_round_trip": "IPI round trip, spinning",
    "cpu_on_first_c": "CPU_ON -> first C statement",
    "boot_first_instruction": "reset -> guest's first instruction",
    "linux_to_shell": "reset -> Linux's shell",
    "copy_32": "copy of 32 bytes",
    "copy_64": "copy of 64 bytes",
    "copy_4096": "copy of 4 KiB",
    "signal_handler": "signal to another core -> C handler",
    "signal_round_trip": "signal there and back, C handlers",
    "doorbell_wait": "signal to another core -> WAIT returns",
    "doorbell_round_trip": "signal there and back, WAIT",
    "call_near_32": "call + reply of 32 bytes, same core",
    "call_far_32": "call + reply of 32 bytes, another core",
    "queue_send_32": "queue: send 32 bytes",
    "queue_receive_32": "queue: receive 32 bytes",
    "queue_both_32": "queue: send + receive 32 bytes",
    "queue_send_64": "queue: send 64 bytes",
    "queue_receive_64": "queue: receive 64 bytes",
    "queue_both_64": "queue: send + receive 64 bytes",
    "queue_send_4096": "queue: send 4 KiB",
    "queue_receive_4096": "queue: receive 4 KiB",
    "queue_both_4096": "queue: send + receive 4 KiB",
    "queue_wake_32": "queue: 32 bytes, waking another core",
    "queue_wake_64": "queue: 64 bytes, waking another core",
    "queue_wake_4096": "queue: 4 KiB, waking another core",
    "value_write_32": "value: write 32 bytes",
    "value_read_32": "value: read 32 bytes",
    "value_both_32": "value: write + read 32 bytes",
    "value_write_4096": "value: write 4 KiB",
    "value_read_4096": "value: read 4 KiB",
    "value_both_4096": "value: write + read 4 KiB",
    "switch_away": "WAIT -> next partition on the core",
    "switch_deadline": "deadline -> WAIT returns, preempting",
    "window_switch": "window's edge: last instruction -> next one's first",
    "window_start": "window's edge -> first instruction",
    "window_jitter": "... most less least",
    "window_wake": "window's edge -> sleeper goes on",
    "trace_record": "trace: a record",
    "stream_near_32": "stream of 32 bytes, same core, each",
    "stream_near_4096": "stream of 4 KiB, same core, each",
    "stream_far_32": "stream of 32 bytes, another core, each",
    "stream_far_4096": "stream of 4 KiB, another core, each",
}

# What the bare machine needs for the like of it; else it has nothing like it.
BARE_LIKE = {
    "signal_handler": "ipi_wfi_one_way",
    "signal_round_trip": "ipi_wfi_round_trip",
} | {f"{what}_{size}": f"copy_{size}" for size in (32, 64, 4096)
     for what in ("queue_send", "queue_both", "value_write", "value_both") if size != 64 or what.startswith("queue")}


def arguments(kernel, memory, cores, *more):
    return [QEMU, "-M", "virt,gic-version=3,virtualization=on,dtb-randomness=off", "-cpu", "cortex-a72,cntfrq=1000000000",
            "-smp", str(cores), "-m", memory, "-nographic", "-nic", "none", "-kernel", kernel, *ICOUNT, *more]


def console(name, command, last):
    """The lines of a machine's console until one matches `last`; then the machine is ended."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    watchdog = threading.Timer(SECONDS, child.kill)
    watchdog.start()
    lines = []
    try:
        for raw in child.stdout:
            lines.append(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", raw.decode(errors="replace")).strip())
            if re.search(last, lines[-1]):
                break
    finally:
        watchdog.cancel()
        child.kill()
        child.wait()
    os.makedirs("build/logs", exist_ok=True)
    with open(f"build/logs/bench-{name}.log", "w", encoding="utf-8") as f:
        f.write(" ".join(command) + "\n" + "\n".join(lines) + "\n")
    if not lines or not re.search(last, lines[-1]):
        sys.exit(f"bench: {name}: the console did not show {last!r}; see build/logs/bench-{name}.log")
    return lines


def guest_rows(name, command):
    """{row: (least, median)} of one run of the benchmark's guest."""
    found = {}
    for line in console(name, command, r"\bbench done$"):
        m = re.search(r"\brow (\w+) (\d+) (\d+)$", line)
        if m:
            found[m[1]] = int(m[2]), int(m[3])
    return found


def linux_row(name, command):
    line = console(name, command, r"\bticks \d+$")[-1]
    ticks = int(line.split()[-1])
    return {"linux_to_shell": (ticks, ticks)}


def trace_row():
    """Of a function that does nothing else: it has no branch."""
    source = '#include "kernel/trace.h"\nvoid f(struct core *, uint32_t, uint64_t);\n' \
             'void f(struct core *c, uint32_t who, uint64_t a) { trace(c, BH_TRACE_EXIT, who, 0, a, a); }\n'
    code = subprocess.run([os.environ.get("CROSS", "aarch64-linux-gnu-") + "gcc", "-O2", "-ffreestanding", "-mgeneral-regs-only", "-I.",
                           "-Iarch/arm64", "-fno-asynchronous-unwind-tables", "-S", "-x", "c", "-", "-o", "-"], input=source,
                          capture_output=True, text=True, check=True).stdout
    body = code[code.index("\nf:\n"):code.index("\tret")].splitlines()[2:]
    count = len([line for line in body if re.match(r"\t[a-z]", line)])
    return {"trace_record": (count, count)}


def bare(linux):
    found = guest_rows("bare", arguments(GUEST, "128M", 2))
    found.update({row: found[like] for row, like in BARE_LIKE.items() if like in found})
    if linux:
        found.update(linux_row("linux-bare", arguments(LINUX, "256M", 1, "-initrd", INITRD,
                                                       "-append", "console=ttyAMA0 quiet")))
    return found


def partition(linux):
    found = guest_rows("partition", arguments("build/tests/bench.img", "2048M", 4))
    found.update(guest_rows("time", arguments("build/tests/bench-time.img", "2048M", 4)))
    found.update(trace_row())
    found.update(guest_rows("messages", arguments("build/tests/bench-messages.img", "2048M", 4)))
    if linux:
        found.update(linux_row("linux-partition", arguments("build/tests/bench-linux.img", "2048M", 4)))
    return found


def show(columns):
    names = list(columns)
    print(f"{'instructions (median)':50}" + "".join(f"{n:>16}" for n in names) + f"{'times':>10}")
    for row, text in ROWS.items():
        cells = [columns[n].get(row) for n in names]
        if not any(cells):
            continue
        line = f"{text:50}" + "".join(f"{c[1]:16,}" if c else f"{'-':>16}" for c in cells)
        if len(cells) > 1 and cells[0] and cells[-1]:
            line += f"{cells[-1][1] / max(cells[0][1], 1):10.1f}"
        print(line)


def show_throughput(found):
    """Of the streams: one instruction takes a nanosecond, and cores take turns."""
    for row in (r for r in ROWS if r.startswith("stream_") and r in found):
        a_second, size = 1e9 / found[row][1], int(row.split("_")[-1])
        print(f"{ROWS[row].replace(', each', ''):50}{a_second:16,.0f} messages/s{a_second * size / 1e6:10,.0f} MB/s")


def write(columns, path):
    rows = [{"name": row, "where": where, "instructions": found[row][1]}
            for where, found in columns.items() for row in ROWS if row in found]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"rows": rows}, f, indent=1)
        f.write("\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--no-linux", action="store_true", help="leave the Linux boots out (they take most of the time)")
    p.add_argument("--only", choices=["bare", "shared"], help="one column")
    p.add_argument("--output", default="build/bench.json")
    a = p.parse_args()
    begin = time.monotonic()
    columns = {}
    if a.only != "shared":
        columns["bare"] = bare(not a.no_linux)
    if a.only != "bare":
        columns["shared"] = partition(not a.no_linux)
    show(columns)
    show_throughput(columns.get("shared", {}))
    write(columns, a.output)
    print(f"(medians; a tick of the counter is an instruction; {time.monotonic() - begin:.0f} s; {a.output})")


if __name__ == "__main__":
    main()
