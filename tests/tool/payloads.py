# SPDX-License-Identifier: Apache-2.0
"""Payloads in every format that the tool knows, made by hand: no compiler, no file of anybody's."""

import gzip
import struct

RAM = 0x40000000


def program(text, uart=0x09000000):
    """Code that prints on a PL011 and waits for ever; it runs wherever it lies."""
    words = [0xD2A00001 | (uart >> 16) << 5]  # movz x1, #uart, lsl #16
    for c in text.encode():
        words += [0x52800002 | c << 5, 0xB9000022]  # movz w2, #c; str w2, [x1]
    words += [0xD503207F, 0x17FFFFFF]  # wfi; b . - 4
    return struct.pack(f"<{len(words)}I", *words)


def pattern(n, seed=1):
    """Bytes that differ wherever they are looked at."""
    return bytes((seed + i * 7 + (i >> 8) * 13) & 0xFF for i in range(n))


def image(body=b"", text_offset=0, image_size=None):
    """A raw arm64 Image: the header's first instruction jumps behind it."""
    size = 64 + len(body) if image_size is None else image_size
    head = struct.pack("<2I3Q3Q4sI", 0x14000010, 0xD503201F, text_offset, size, 0xA, 0, 0, 0, b"ARM\x64", 0)
    return head + body


def packed(data):
    return gzip.compress(data, mtime=0)


def zboot(data, method=b"gzip", offset=None, size=None):
    """An EFI zboot image: MZ, "zimg", where the payload is, how it is compressed."""
    inner = packed(data)
    head = struct.pack("<4s4s2I8s32s8s", b"MZ\0\0", b"zimg", 512 if offset is None else offset,
                       len(inner) if size is None else size, b"", method, b"")
    return head.ljust(512, b"\0") + inner


def elf(segments, entry, machine=183, kind=2, order=1):
    """An ELF64 of segments: (virtual, physical, data, bytes in memory), and a type where that is not PT_LOAD."""
    at = 64 + 56 * len(segments)
    heads, body = b"", b""
    for va, pa, data, memory, *kind_of in segments:
        heads += struct.pack("<2I6Q", *(kind_of or [1]), 7, at + len(body), va, pa, len(data), memory, 8)
        body += data
    ident = b"\x7fELF" + bytes([2, order, 1]) + bytes(9)
    return ident + struct.pack("<2HI3QI6H", kind, machine, 1, entry, 64, 0, 0, 64, 56, len(segments), 0, 0, 0) \
        + heads + body


def with_symbols(data):
    """The same ELF with a section for its first segment, and a symbol in it: main, at the entry."""
    names = b"\0main\0.text\0.symtab\0.strtab\0"
    entry = struct.unpack_from("<Q", data, 24)[0]
    va, _, n = struct.unpack_from("<3Q", data, 64 + 16)
    symbols = bytes(24) + struct.pack("<IBBHQQ", 1, 0x12, 0, 1, entry, 4)
    at = len(data)
    sections = [bytes(64), struct.pack("<2I4Q2I2Q", 6, 1, 6, va, struct.unpack_from("<Q", data, 64 + 8)[0], n, 0, 0, 8, 0),
                struct.pack("<2I4Q2I2Q", 12, 2, 0, 0, at, len(symbols), 3, 1, 8, 24),
                struct.pack("<2I4Q2I2Q", 20, 3, 0, 0, at + len(symbols), len(names), 0, 0, 1, 0)]
    head = data[:40] + struct.pack("<Q", at + len(symbols) + len(names)) + data[48:58] + struct.pack("<3H", 64, 4, 3)
    return head + data[64:] + symbols + names + b"".join(sections)
