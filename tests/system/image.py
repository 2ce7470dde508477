# SPDX-License-Identifier: Apache-2.0
"""An image as bytes that can be changed: header fields, blob, translation tables, digest.

Written from abi/blob.h and lib/digest.h alone, so that tests do not lean on the code they test."""

import struct

MASK = (1 << 64) - 1
PRIME_A = 0x9E3779B97F4A7C15
PRIME_B = 0xC2B2AE3D27D4EB4F
PAGE = 4096
PA = 0x0000FFFFFFFFF000
KERNEL_VA = 0x7FC0000000

U64 = {"digest": 64, "load_pa": 128, "file_bytes": 136, "covered_bytes": 144, "blob_pa": 152, "blob_bytes": 168,
       "el2_root_pa": 176}
U32 = {"text_bytes": 88, "rodata_bytes": 92}


def digest(data):
    words = struct.unpack(f"<{len(data) // 8}Q", data)
    a, b = PRIME_B, PRIME_A
    for i in range(0, len(words) - 1, 2):
        a = (a ^ words[i]) * PRIME_A & MASK
        a ^= a >> 32
        b = (b ^ words[i + 1]) * PRIME_B & MASK
        b ^= b >> 32
    if len(words) % 2:
        a = (a ^ words[-1]) * PRIME_A & MASK
        a ^= a >> 32
    for last, prime in ((b, PRIME_B), (len(data), PRIME_A)):
        a = (a ^ last) * prime & MASK
        a ^= a >> 32
    return a


class Image:
    def __init__(self, data):
        self.data = bytearray(data)

    def copy(self):
        return Image(self.data)

    def u32(self, at):
        return struct.unpack_from("<I", self.data, at)[0]

    def u64(self, at):
        return struct.unpack_from("<Q", self.data, at)[0]

    def __getattr__(self, name):
        if name in U64:
            return self.u64(U64[name])
        if name in U32:
            return self.u32(U32[name])
        raise AttributeError(name)

    def offset(self, pa):
        return pa - self.load_pa

    @property
    def blob(self):
        return self.offset(self.blob_pa)

    def seal(self):
        """Make the digest right again, as someone who wants to hide a change would."""
        struct.pack_into("<Q", self.data, U64["digest"], digest(self.data[72:self.covered_bytes]))
        return self

    def flip(self, byte, bit):
        self.data[byte + bit // 8] ^= 1 << bit % 8
        return self

    def name(self, offset):
        names = self.blob + self.u32(self.blob + 100)
        return self.data[names + offset:self.data.index(0, names + offset)].decode()

    def roots(self):
        """{partition's name: (loading root, running root)}"""
        n, off = self.u32(self.blob + 24), self.blob + self.u32(self.blob + 28)
        return {self.name(self.u32(p)): (self.u64(p + 48), self.u64(p + 56))
                for p in range(off, off + 64 * n, 64)}

    def leaves(self, table, level=1, base=0):
        """(address, bytes, physical address, offset of the entry in the file) of what a root maps."""
        size = 1 << (39 - 9 * level)
        for i in range(512):
            at = self.offset(table) + 8 * i
            entry = self.u64(at)
            if entry & 3 == 3 and level < 3:
                yield from self.leaves(entry & PA, level + 1, base + i * size)
            elif entry & 1:
                yield base + i * size, size, entry & PA, at

    def leaf(self, table, address):
        for leaf in self.leaves(table):
            if leaf[0] <= address < leaf[0] + leaf[1]:
                return leaf
        raise LookupError(hex(address))
