# SPDX-License-Identifier: Apache-2.0
"""The trace rings (abi/trace.h) of a machine that runs, read from outside: where the image says that they are."""

import collections
import struct

import image
import qmp

SWITCH, IDLE, EXIT, IRQ, MESSAGE, FAULT, WINDOW, BUDGET, MODE, SHUT = range(1, 11)
KICK, TIMER, VIRTUAL = 0, 26, 27  # INTIDs
NOBODY = 0xFF
TRACE_VA = 176  # of the blob
HEAD, RECORD = 64, 32  # bytes

Record = collections.namedtuple("Record", "time kind partition vcpu arg a b")


def monitor(name):
    """QEMU's arguments for a machine whose memory is to be read; the socket is beside its log."""
    return ["-qmp", f"unix:build/logs/{name}.qmp,server=on,wait=off"]


class Ring:
    """`ever`: how many records were ever begun; `records`: the last of them, oldest first."""

    def __init__(self, raw):
        self.ever, n, magic, self.core, self.frequency, self.epoch = struct.unpack_from("<4I2Q", raw)
        assert magic == 0x31435254
        last = [Record(*struct.unpack_from("<QHBBIQQ", raw, HEAD + RECORD * (i % n))) for i in range(max(0, self.ever - n), self.ever)]
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
        m = qmp.Qmp(f"build/logs/{name}.qmp", 120)
        m.do("stop")
        raw = m.memory(pa, cores * size, f"build/logs/{name}.rings")
        m.do("cont")
        m.close()
    return {c: Ring(raw[c * size:(c + 1) * size]) for c in range(cores)}
