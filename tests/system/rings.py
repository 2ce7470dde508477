# SPDX-License-Identifier: Apache-2.0
"""The trace rings (abi/trace.h) of a machine that runs, read from outside: where the image says that they are."""

import collections
import json
import os
import socket
import struct

import image

SWITCH, IDLE, EXIT, IRQ, MESSAGE, FAULT, WINDOW, BUDGET, MODE, SHUT = range(1, 11)
KICK, TIMER, VIRTUAL = 0, 26, 27  # INTIDs
NOBODY = 0xFF
TRACE_VA = 176  # of the blob

Record = collections.namedtuple("Record", "time kind partition vcpu arg a b")


def monitor(name):
    """QEMU's arguments for a machine whose memory is to be read; the socket is beside its log."""
    return ["-qmp", f"unix:build/logs/{name}.qmp,server=on,wait=off"]


class _Monitor:
    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        self.socket.connect(f"build/logs/{name}.qmp")
        self.lines = self.socket.makefile("rw", encoding="utf-8")
        self.lines.readline()
        self.order("qmp_capabilities")

    def order(self, what, **arguments):
        self.lines.write(json.dumps({"execute": what, "arguments": arguments}) + "\n")
        self.lines.flush()
        while True:
            answer = json.loads(self.lines.readline())
            if "event" not in answer:
                assert "return" in answer, answer
                return

    def memory(self, name, pa, size):
        path = os.path.abspath(f"build/logs/{name}.rings")
        self.order("pmemsave", val=pa, size=size, filename=path)
        with open(path, "rb") as f:
            return f.read()


class Ring:
    """`ever`: how many records were ever begun; `records`: the last of them, oldest first."""

    def __init__(self, raw):
        self.ever, n, magic, self.core, self.frequency, self.epoch = struct.unpack_from("<4I2Q", raw)
        assert magic == 0x31435254
        last = [Record(*struct.unpack_from("<QHBBIQQ", raw, 32 + 32 * (i % n))) for i in range(max(0, self.ever - n), self.ever)]
        self.records = last
        self.whole = self.ever <= n

    def sections(self):
        """From each entry into the kernel to the last record that it left, in ns."""
        found, entry, last = [], None, None
        for r in self.records:
            if r.kind in (EXIT, IRQ):
                if entry is not None:
                    found.append(last - entry)
                entry = r.time
            last = r.time
        return [ticks * 10**9 // self.frequency for ticks in found]


def read(machine, name, path):
    """{core: Ring} of a machine that was started with monitor(name) from the image at `path`."""
    with open(path, "rb") as f:
        i = image.Image(f.read())
    size = i.u64(i.blob + image.TRACE_BYTES)
    pa = i.u64(i.blob + TRACE_VA) - i.u64(image.SHARE_VA) + i.u64(image.SHARE_PA)
    cores = i.u32(i.blob + image.ARRAYS["core"][0])
    with machine.listening():
        m = _Monitor(name)
        m.order("stop")
        raw = m.memory(name, pa, cores * size)
        m.order("cont")
        m.socket.close()
    return {c: Ring(raw[c * size:(c + 1) * size]) for c in range(cores)}
