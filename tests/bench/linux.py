# SPDX-License-Identifier: Apache-2.0
"""Debian's Linux from its first instruction to its shell, on the bare machine and in a partition.

The bare machine begins at EL1, and Linux gets the partition's own device tree: it finds the same processor and devices on both."""

import os
import re
import struct

import image
import places
import qmp

SHELL = r"\bticks \d+$"
LOG_HEAD, LOG_RECORD = 192, 56  # bytes (abi/log.h)
EVENT_RUN = 2  # loaded and entered
SOCKET = "build/logs/bench-linux.qmp"
TREE = "build/logs/bench-linux.dtb"


def ticks(lines):
    return int(lines[-1].split()[-1])


def entered(monitor, i, partition):
    """When a partition was entered, by the health log of a machine that runs image @i."""
    pa = i.u64(i.blob + image.HEAD["log_va"]) - i.u64(image.SHARE_VA) + i.u64(image.SHARE_PA)
    n, = struct.unpack("<I", monitor.memory(pa + 4, 4, SOCKET + ".log"))
    ring = monitor.memory(pa + LOG_HEAD + i.number(partition) * n * LOG_RECORD, n * LOG_RECORD, SOCKET + ".log")
    times = [time for event, time in struct.iter_unpack("<4xH2xQ40x", ring) if event == EVENT_RUN]
    return times[0]


def tree(i):
    """The device tree of the partition that has an initrd, as it lies in an image's file."""
    for m in re.finditer(rb"\xd0\x0d\xfe\xed", i.data):
        size, = struct.unpack_from(">I", i.data, m.start() + 4)
        found = bytes(i.data[m.start():m.start() + size])
        if b"linux,initrd-start" in found and size < 1 << 16:
            return found
    raise LookupError("no device tree with an initrd")


def count_bare():
    """From reset: the machine's own instructions before Linux's are included."""
    with open(TREE, "wb") as f:
        f.write(tree(places.read_image(places.PLACES["linux"].system)))
    return ticks(places.console("linux-bare", places.arguments(
        places.LINUX, "256M", 1, "-initrd", places.INITRD, "-append", "console=ttyAMA0 quiet", "-dtb", TREE, el2=False), SHELL))


def count_partition():
    place, first = places.PLACES["linux"], []

    def look():
        monitor = qmp.Qmp(SOCKET)
        first.append(entered(monitor, places.read_image(place.system), place.partition))
        monitor.close()

    if os.path.exists(SOCKET):
        os.unlink(SOCKET)
    lines = places.console("linux", places.machine(place.system) + ["-qmp", f"unix:{SOCKET},server=on,wait=off"], SHELL, look=look)
    return {"linux_to_shell": ticks(lines) - first[0]}
