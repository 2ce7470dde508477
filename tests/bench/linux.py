# SPDX-License-Identifier: Apache-2.0
"""Debian's Linux from its first instruction to its shell, on the bare machine and in a partition."""

import os
import struct

import image
import places
import qmp

SHELL = r"\bticks \d+$"
LOG_HEAD, LOG_RECORD = 192, 56  # bytes (abi/log.h)
EVENT_RUN = 2  # loaded and entered
SOCKET = "build/logs/bench-linux.qmp"


def ticks(lines):
    return int(lines[-1].split()[-1])


def entered(monitor, i, partition):
    """When a partition was entered, by the health log of a machine that runs image @i."""
    pa = i.u64(i.blob + image.HEAD["log_va"]) - i.u64(image.SHARE_VA) + i.u64(image.SHARE_PA)
    n, = struct.unpack("<I", monitor.memory(pa + 4, 4, SOCKET + ".log"))
    ring = monitor.memory(pa + LOG_HEAD + i.number(partition) * n * LOG_RECORD, n * LOG_RECORD, SOCKET + ".log")
    times = [time for event, time in struct.iter_unpack("<4xH2xQ40x", ring) if event == EVENT_RUN]
    return times[0]


def count_bare():
    """From reset: the machine's own instructions before Linux's are included."""
    return ticks(places.console("linux-bare", places.arguments(places.LINUX, "256M", 1, "-initrd", places.INITRD,
                                                               "-append", "console=ttyAMA0 quiet"), SHELL))


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
