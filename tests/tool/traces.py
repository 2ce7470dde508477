# SPDX-License-Identifier: Apache-2.0
"""Traces made by hand: rings as the kernel leaves them (abi/trace.h), in a file as `bulkhead run --trace` writes it (tools/trace_file.h).
And Perfetto's protobuf, read back."""

import os
import re
import struct

with open(os.path.join(os.path.dirname(__file__), "..", "..", "abi", "call.h"), encoding="utf-8") as f:
    ABI_VERSION = int(re.search(r"#define BH_ABI_VERSION (\d+)", f.read())[1])
RING_BYTES, RECORDS = 0x9000, 1024  # as the tool plans them
HEAD = "<8s2I2Q2I"
SWITCH, IDLE, EXIT, IRQ, MESSAGE, FAULT, WINDOW, BUDGET, MODE, SHUT = range(1, 11)
BY_BUDGET, BY_WINDOW, BY_SLACK = range(3)
NOBODY, NONE, MASK64 = 0xFF, 0xFFFFFFFF, (1 << 64) - 1
EPOCH = 5_000_000_000  # ticks of 1 ns


def crc32c(data):
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Ring:
    """One core's. Times are us since the epoch."""

    def __init__(self, core, n=RECORDS, mode=0):
        self.core, self.n, self.mode, self.records = core, n, mode, []
        self.magic, self.next, self.frequency, self.epoch = 0x31435254, None, 1_000_000_000, EPOCH

    def add(self, us, kind, who=(NOBODY, NOBODY), arg=0, a=0, b=0):
        self.records.append(struct.pack("<QHBBIQQ", EPOCH + round(us * 1000), kind, *who, arg, a & MASK64, b & MASK64))
        return self

    def switch(self, us, part, why=BY_WINDOW, rank=0, vcpu=0):
        return self.add(us, SWITCH, (part, vcpu), why, rank)

    def idle(self, us):
        return self.add(us, IDLE)

    def irq(self, us, who=(NOBODY, NOBODY), intid=26):
        return self.add(us, IRQ, who, intid)

    def window(self, us, number, planned, ranks):
        return self.add(us, WINDOW, arg=number, a=EPOCH + planned * 1000, b=ranks)

    def bytes(self):
        slots = [bytes(32)] * self.n
        for i, r in enumerate(self.records):
            slots[i % self.n] = r
        count = len(self.records) if self.next is None else self.next
        head = struct.pack("<4I2QI28x", count, self.n, self.magic, self.core, self.frequency, self.epoch, self.mode)
        return (head + b"".join(slots)).ljust(RING_BYTES, b"\0")


def digest_of(image):
    return struct.unpack_from("<Q", image, 64)[0]


def trace_file(image, rings, magic=b"BHTRACE1", version=ABI_VERSION, head_bytes=40, digest=None, cores=None, ring_bytes=RING_BYTES, crc=None):
    body = b"".join(r.bytes() for r in rings)
    return struct.pack(HEAD, magic, version, head_bytes, digest_of(image) if digest is None else digest, ring_bytes,
                       len(rings) if cores is None else cores, crc32c(body) if crc is None else crc) + body


def fields(data):
    """A protobuf message as [(field number, value)]: an int, or bytes."""
    at, found = 0, []

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            found.append((tag >> 3, varint()))
        else:
            assert tag & 7 == 2, f"wire type {tag & 7}"
            n = varint()
            assert at + n <= len(data)
            found.append((tag >> 3, data[at:at + n]))
            at += n
    return found
