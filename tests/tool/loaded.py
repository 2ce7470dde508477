# SPDX-License-Identifier: Apache-2.0
"""A partition's memory as its boot stub leaves it: the stub's list, worked off here on an image's bytes.

Written from abi/blob.h and abi/stub.h alone. What nothing writes stays poison, so that a forgotten byte
shows."""

import struct

from image import Image

RAM, PARAMS = 0x40000000, 0x0A110000
POISON = 0xEE
QUIET, CLEAR, COPY, CHECK = 1, 2, 3, 4
COLD = 1

CRC = []
for _n in range(256):
    for _ in range(8):
        _n = _n >> 1 ^ (0x82F63B78 if _n & 1 else 0)
    CRC.append(_n)


def crc32c(data):
    c = 0xFFFFFFFF
    for byte in data:
        c = CRC[(c ^ byte) & 0xFF] ^ c >> 8
    return c ^ 0xFFFFFFFF


class Loaded:
    def __init__(self, data, name):
        image = Image(data)
        self.image, self.leaves = image, list(image.leaves(image.roots()[name]))
        head = struct.unpack("<4I4Q", self.stored(PARAMS, 48))
        self.entry, self.arg, base, n = head[4:]
        assert base == RAM
        self.ram, self.quiet, self.kept = bytearray(self.stored(RAM, n)), [], []
        for i in range(head[2]):
            self.operation(*struct.unpack("<2I4Q", self.stored(PARAMS + 48 + 40 * i, 40)))

    def stored(self, ipa, n):
        """What the image's file has for these addresses; poison where it has nothing."""
        out = bytearray([POISON]) * n
        for at, size, pa, _ in self.leaves:
            first, last = max(at, ipa), min(at + size, ipa + n)
            if first < last:
                piece = self.image.data[max(pa + first - at - self.image.load_pa, 0):][:last - first] \
                    if pa + first - at >= self.image.load_pa else b""
                out[first - ipa:first - ipa + len(piece)] = piece
        return out

    def operation(self, kind, flags, dst, src, n, value):
        if kind == QUIET:
            self.quiet.append((dst, n, value))
            return
        at = dst - RAM
        assert (dst | src | n) % 64 == 0 and 0 <= at <= at + n <= len(self.ram)
        assert flags == 0 or (flags == COLD and kind == CLEAR)
        if flags:
            self.kept.append((dst, n))
        if kind == COPY:
            self.ram[at:at + n] = self.stored(src, n)
        if kind == CLEAR:
            self.ram[at:at + n] = bytes(n)
        else:
            assert crc32c(self.ram[at:at + n]) == value

    def is_kept(self, ipa, n=1):
        """Does a warm start leave all of it as it is? None: some of it."""
        inside = sum(max(0, min(ipa + n, at + size) - max(ipa, at)) for at, size in self.kept)
        return True if inside == n else False if inside == 0 else None

    def at(self, ipa, n):
        return bytes(self.ram[ipa - RAM:ipa - RAM + n])

    def tree(self):
        """{path: {property: bytes}} of the device tree that x0 points to."""
        blob = self.at(self.arg, len(self.ram) - (self.arg - RAM))
        magic, total, structs, strings = struct.unpack_from(">4I", blob)
        assert magic == 0xD00DFEED and total <= len(blob) and self.arg % 8 == 0
        nodes, path, at = {}, [], structs
        while True:
            token, at = struct.unpack_from(">I", blob, at)[0], at + 4
            if token == 1:
                end = blob.index(0, at)
                path.append(blob[at:end].decode())
                nodes["/" + "/".join(path[1:])] = {}
                at = end + 4 & ~3
            elif token == 2:
                path.pop()
            elif token == 3:
                n, name = struct.unpack_from(">2I", blob, at)
                name = blob[strings + name:blob.index(0, strings + name)].decode()
                nodes["/" + "/".join(path[1:])][name] = blob[at + 8:at + 8 + n]
                at = at + 8 + n + 3 & ~3
            elif token == 9:
                return nodes


def cells(value):
    return list(struct.unpack(f">{len(value) // 4}I", value))


def number(value):
    return int.from_bytes(value, "big")
