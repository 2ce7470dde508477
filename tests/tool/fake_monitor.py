# SPDX-License-Identifier: Apache-2.0
"""A machine whose console is text and whose monitor is this: the other end of the link, written from abi/link.h alone.

Runs in place of QEMU, on its standard input and output; as in QEMU's, a Ctrl-A that is meant is doubled there."""

import os
import random
import select
import struct
import sys
import time
import zlib

OPEN, OPENED, DATA, ACK, CLOSE, CLOSED, PING = range(1, 8)
LIST, SELECT, DUMP_LOOK, DUMP_READ = range(1, 5)
CONTROL, GDB, DUMP = range(3)
OK, E_UNKNOWN, E_RIGHT, E_ARG, E_STATE, E_AGAIN = 0, -1, -3, -4, -5, -6
PAYLOAD, WINDOW, AGAIN_S = 240, 8, 0.2


def cobs(data):
    out, run = b"", b""
    for byte in data + b"\0":
        if byte:
            run += bytes([byte])
        else:
            out, run = out + bytes([len(run) + 1]) + run, b""
    return out


def uncobs(data):
    out, at = b"", 0
    while at < len(data):
        n = data[at]
        out += data[at + 1:at + n] + b"\0"
        at += n
    return out[:-1] if at == len(data) else b""


def frame(packet):
    return b"\0\0" + cobs(packet + struct.pack("<I", zlib.crc32(packet))) + b"\0"


def unframe(data):
    packet = uncobs(data)
    if len(packet) < 5 or struct.unpack("<I", packet[-4:])[0] != zlib.crc32(packet[:-4]):
        return b""
    return packet[:-4]


class Channel:
    def __init__(self, number):
        self.number = number
        self.begin(0, False)

    def begin(self, session, is_open):
        self.session, self.is_open = session, is_open
        self.expected = self.base = 0
        self.got, self.waits, self.queue, self.again_at, self.sent = b"", b"", [], 0.0, 0


class Fake:
    """@parts: name -> dict(state, flags); @dumps: name -> bytes. @loss: of 100 packets, each way."""

    def __init__(self, parts, dumps=(), loss=0, version=1, deaf=False):
        self.parts, self.dumps = parts, dict(dumps)
        self.loss, self.version, self.deaf = loss, version, deaf
        self.random = random.Random(5)
        self.channels = [Channel(i) for i in range(3)]
        self.selected, self.ends = None, 0
        self.damage = self.replace = False  # of what is read of a dump
        self.gdb = self.gdb_echo

    # --- the line ---

    def say(self, data):
        data = data.encode() if isinstance(data, str) else data
        while data:
            data = data[os.write(1, data):]

    def send(self, c, kind, sequence=0, payload=b"", session=None):
        if self.random.randrange(100) >= self.loss:
            head = struct.pack("<4BI", c.number, kind, sequence, c.expected, c.session if session is None else session)
            self.say(frame(head + payload))

    def serve(self, until=lambda fake: False):
        """Until the input ends."""
        inside, held, text = False, b"", b""
        pending = b""
        while not until(self):
            if select.select([0], [], [], 0.02)[0]:
                data = os.read(0, 4096)
                if not data:
                    return
                pending += data
                keys = pending.replace(b"\x01\x01", b"\x02\x02")  # of one length, to cut at the same place
                cut = len(pending) - (1 if keys.endswith(b"\x01") else 0)
                data, pending = pending[:cut].replace(b"\x01\x01", b"\x01"), pending[cut:]
                for byte in data:
                    if inside and byte == 0 and held:
                        self.packet(unframe(held))
                        inside, held = False, b""
                    elif byte == 0:
                        inside = True
                    elif inside:
                        held += bytes([byte])
                    else:
                        text += bytes([byte])
            if text:
                self.typed(text)
                text = b""
            for c in self.channels:
                self.turn(c)

    def typed(self, keys):
        self.say(b"typed %r\r\n" % keys.decode())

    # --- sessions ---

    def packet(self, packet):
        if self.deaf or len(packet) < 8 or self.random.randrange(100) < self.loss:
            return
        number, kind, sequence, following, session = struct.unpack("<4BI", packet[:8])
        c = self.channels[number]
        if kind == OPEN:
            self.opened(c, sequence, session)
        elif session != c.session or not c.is_open:
            if kind != CLOSED:
                self.send(c, CLOSED, self.version, session=session)
        elif kind == CLOSE:
            self.closed(c)
            self.send(c, CLOSED, self.version)
        elif kind == CLOSED:
            self.closed(c)
        else:
            self.acknowledged(c, following)
            if kind == DATA and sequence == c.expected:
                c.expected = (c.expected + 1) % 256
                c.got += packet[8:]
            if kind in (DATA, PING):
                self.send(c, ACK)

    def opened(self, c, version, session):
        if version != self.version:
            self.send(c, CLOSED, self.version, session=session)
            return
        if session != c.session:
            c.begin(session, True)
        self.send(c, OPENED, self.version)

    def closed(self, c):
        c.is_open = False
        if c.number == GDB and self.selected:
            self.say(f"monitor: {self.selected} goes on\r\n")
            self.selected = None

    def acknowledged(self, c, following):
        n = (following - c.base) % 256
        if 0 < n <= len(c.queue):
            c.queue, c.base, c.sent, c.again_at = c.queue[n:], following, 0, 0.0

    def turn(self, c):
        if not c.is_open:
            return
        self.handle(c)
        while c.waits and len(c.queue) < WINDOW:
            c.queue.append(c.waits[:PAYLOAD])
            c.waits = c.waits[PAYLOAD:]
            c.again_at = 0.0
        if c.queue and time.monotonic() >= c.again_at:
            c.again_at = time.monotonic() + AGAIN_S
            for i, payload in enumerate(c.queue):
                self.send(c, DATA, (c.base + i) % 256, payload)

    # --- messages ---

    def handle(self, c):
        if c.number == GDB and self.selected:
            c.waits += self.gdb(c.got)
            c.got = b""
        elif len(c.got) >= 56:
            request, c.got = c.got[:56], c.got[56:]
            ask, number, offset, n, _, name = struct.unpack("<2IQ2I32s", request)
            c.waits += self.answer(c, ask, number, offset, n, name.rstrip(b"\0").decode())

    @staticmethod
    def reply(ask, status, more=b""):
        return struct.pack("<IiII", ask, status, len(more), 0) + more

    def answer(self, c, ask, number, offset, n, name):
        if ask == LIST:
            return self.reply(ask, OK, b"".join(struct.pack("<32s6I", p.encode(), how.get("state", 2), 0, 0, 0xffffffff,
                                                            how.get("flags", 3), 0) for p, how in self.parts.items()))
        if name not in self.parts:
            return self.reply(ask, E_ARG)
        if ask == SELECT and c.number == GDB:
            self.selected = name
            self.say(f"monitor: {name} stands still\r\n")
            return self.reply(ask, OK)
        if ask in (DUMP_LOOK, DUMP_READ) and c.number == DUMP:
            return self.dump(ask, number, offset, n, name)
        return self.reply(ask, E_UNKNOWN)

    def dump(self, ask, number, offset, n, name):
        whole = self.dumps.get(name)
        if whole is None:
            return self.reply(ask, E_AGAIN, f"{name} has left no dump: it has not ended since the system began".encode())
        if ask == DUMP_LOOK:
            return self.reply(ask, OK, struct.pack("<2I3Q2I", 7, 3, len(whole), 5_000_000_000, 1_000_000_000, 4, 1))
        if self.replace and offset:
            number += 1
        if number != 7:
            return self.reply(ask, E_STATE, b"it has ended again meanwhile")
        if n > 65536 or offset + n > len(whole):
            return self.reply(ask, E_ARG)
        piece = whole[offset:offset + n]
        crc = zlib.crc32(piece) ^ (1 if self.damage and offset else 0)
        return self.reply(ask, OK) + self.pieces(piece) + struct.pack("<I", crc)

    @staticmethod
    def pieces(data):
        """Pages that are zero are told by their number."""
        out = b""
        for at in range(0, len(data), 4096):
            page = data[at:at + 4096]
            zero = not any(page)
            out += struct.pack("<2I", 0 if zero else len(page), len(page) if zero else 0) + (b"" if zero else page)
        return out

    def gdb_echo(self, data):
        return data
