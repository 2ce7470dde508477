# SPDX-License-Identifier: Apache-2.0
"""The link between a PC and a partition, over the UART that is the console, too: real console service, real QEMU."""

import os
import random
import re
import stat
import threading

import pytest

from linked import BUSY, CONTROL, DUMP, GDB, OPEN, hear, running
from machine import ESCAPE

SYSTEM = "tests/systems/link"
HOT_KEY = "\x1d"


@pytest.fixture(scope="module")
def machine():
    with running("test_link", SYSTEM, "echo", "ready, with zeros: ab") as m:
        yield m


def exchange(stream, data, got):
    """Speaks and listens at once: what is under way is bounded."""
    speaker = threading.Thread(target=stream.sendall, args=(data,))
    speaker.start()
    got.append(hear(stream, len(data)))
    speaker.join()


def noise(n, seed):
    return random.Random(seed).randbytes(n)


def test_a_stream_comes_back_as_it_went(machine):
    got = []
    with machine.stream(GDB) as s:
        for seed in range(3):
            exchange(s, noise(20000, seed), got)
    assert got == [noise(20000, seed) for seed in range(3)]
    machine.line("echo", "channel 1 closed after 60000 bytes")


def test_all_bytes_that_mean_something_to_somebody_on_the_way_pass(machine):
    data = bytes([0, 1, 1, 0x1d, 0, 0, 3, 0x1a, 0x1b, 10, 13, 255, 1, ord("x")] * 50) + bytes(1000)
    got = []
    with machine.stream(DUMP) as s:
        exchange(s, data, got)
    assert got == [data]
    machine.line("echo", "channel 2 closed")


def test_who_does_not_listen_for_a_while_loses_nothing(machine):
    with machine.stream(DUMP) as s:
        s.sendall(b"pour\n")
        machine.line("printer", "ticks")
        machine.line("printer", "ticks")
        assert hear(s, 200000) == bytes(i & 255 for i in range(200000))


def test_channels_are_streams_of_their_own_and_text_is_none_of_it(machine):
    streams = [machine.stream(c) for c in (CONTROL, GDB, DUMP)]
    got = [[], [], []]
    speakers = [threading.Thread(target=exchange, args=(s, noise(15000, i), got[i])) for i, s in enumerate(streams)]
    for t in speakers:
        t.start()
    for _ in range(4):
        machine.type(HOT_KEY)
        machine.line("console", "the keyboard is (echo|printer)'s")
    for t in speakers:
        t.join()
    for s in streams:
        s.close()
    assert got == [[noise(15000, i)] for i in range(3)]
    for _ in streams:
        machine.line("echo", "channel . closed after 15000 bytes")


def test_the_console_shows_lines_and_nothing_else(machine):
    machine.log.flush()
    with open(machine.log_path, encoding="utf-8", newline="") as f:
        shown = [ESCAPE.sub("", line).strip("\r\n") for line in f]
    begun = next(i for i, line in enumerate(shown) if line.startswith("console"))
    good = re.compile(r"((bulkhead|console|echo|printer) *\| [ -~]*)?$")
    assert [line for line in shown[begun:-1] if not good.match(line)] == []
    assert len(shown) - begun > 20


def test_a_channel_has_one_client_and_then_the_next(machine):
    first = machine.stream(GDB)
    answer, second = machine.connect(GDB)
    assert answer == BUSY and second.recv(1) == b""
    first.sendall(b"still here")
    assert hear(first, 10) == b"still here"
    first.close()
    with machine.stream(GDB) as third:
        third.sendall(b"next")
        assert hear(third, 4) == b"next"


def test_there_is_no_channel_of_another_number(machine):
    assert machine.connect(9)[0] == 4


def test_an_end_from_the_other_side_comes_behind_what_was_said(machine):
    s = machine.stream(GDB)
    s.sendall(b"end\n")
    assert hear(s, 100) == b"end\n"
    answer, s = machine.connect(GDB)
    assert answer == OPEN
    s.close()


def test_a_zero_that_is_typed_does_not_swallow_what_is_typed_behind_it(machine):
    machine.type("\0" + HOT_KEY)
    machine.line("console", "the keyboard is (echo|printer)'s")


def test_the_socket_is_the_user_s_own(machine):
    assert stat.S_IMODE(os.stat(machine.path).st_mode) == 0o600


def test_ctrl_a_is_qemu_s_and_the_link_waits_meanwhile(machine):
    machine.type("\x01c")
    machine.expect(r"\(qemu\) ")
    s = machine.stream_later(GDB)
    machine.type("info version\r")
    machine.expect(r"[0-9]+\.[0-9]+\.[0-9]+")
    machine.type("\x01c")
    assert s() == OPEN
    machine.line("printer", "ticks")


def test_ctrl_a_x_ends_it_and_the_socket_is_gone(machine):
    machine.type("\x01x")
    status, _ = machine.ended()
    assert status == 0 and not os.path.exists(machine.path)
