# SPDX-License-Identifier: Apache-2.0
"""`bulkhead run` starts the machine that the board names, watches its console, and always ends it.

The machine is mostly a script that says what a console could say; QEMU itself has one test."""

import os
import re
import select
import signal
import subprocess
import termios
import time

import pytest
from payloads import program
from scripted import Machine
from traces import Ring


@pytest.fixture
def machine(system):
    m = Machine(system)
    yield m
    if m.notes.exists() and m.runs():
        os.kill(m.pid, signal.SIGKILL)


def test_the_machine_gets_the_board_s_arguments_and_the_image(machine):
    machine.script('say("here\\n"); time.sleep(60)')
    assert machine.run("--until", "here", "--timeout", "20")[0] == 0
    words = machine.arguments
    assert words[:2] == ["-m", "2 048"]
    assert os.path.basename(words[words.index("-kernel") + 1]).endswith(".img")


@pytest.mark.parametrize("said, pattern", [
    (r"one\r\n\x1b[1;32mli\x1b[0mnux\x1b[K login\r\n", "^linux login$"),
    (r"a line\n~ # ", "~ # $"),
    (r"\x1b[31mlinux| ~ # \x1b[6n", "linux.*# "),
    (r"abc\x00\xff def\n", "def"),
], ids=["colours", "line-without-end", "escape-at-the-end", "other-bytes"])
def test_the_console_is_matched_line_by_line_without_its_escape_sequences(machine, said, pattern):
    machine.script(f"sys.stdout.buffer.write(b'{said}'); sys.stdout.flush(); time.sleep(60)")
    status, _, error = machine.run("--until", pattern, "--timeout", "20")
    assert status == 0, error
    assert not machine.runs()


def test_a_line_that_comes_in_pieces_is_matched(machine):
    machine.script('for c in "li\\x1b[0mnux # ":\n    say(c); time.sleep(0.02)\ntime.sleep(60)')
    assert machine.run("--until", "linux # ", "--timeout", "20")[0] == 0


def test_two_lines_are_not_one(machine):
    machine.script('say("linux\\n# \\n"); time.sleep(60)')
    assert machine.run("--until", "linux.*# ", "--timeout", "2")[0] == 1


def test_the_console_is_shown_and_logged(machine):
    machine.script('say("first\\nsecond\\n"); time.sleep(60)')
    log = machine.system.folder / "console.log"
    status, shown, _ = machine.run("--until", "second", "--timeout", "20", "--log", str(log))
    assert status == 0
    for text in (shown, log.read_text()):
        assert re.search(r"first\r?\nsecond", text)


def test_a_console_that_never_stops_is_no_hindrance(machine):
    machine.script('n = 0\nwhile True:\n    say("noise " * 50 + f"{n}\\n"); n += 1')
    assert machine.run("--until", "noise 2000$", "--timeout", "30")[0] == 0
    assert not machine.runs()


@pytest.mark.parametrize("stubborn", [False, True], ids=["", "ignores-SIGTERM"])
def test_when_the_time_is_over_the_machine_is_ended_and_the_status_says_so(machine, stubborn):
    machine.script(("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if stubborn else "") +
                   'say("something else\\n"); time.sleep(60)')
    begin = time.monotonic()
    status, _, error = machine.run("--until", "this", "--timeout", "2")
    assert status == 1 and "this" in error and "2 s" in error, error
    assert time.monotonic() - begin < 20 and not machine.runs()


def test_a_machine_that_ends_before_is_a_failure(machine):
    machine.script('say("something else\\n"); sys.exit(3)')
    status, shown, error = machine.run("--until", "this", "--timeout", "20")
    assert status == 1 and "something else" in shown and "end" in error, error


def test_what_it_says_last_counts(machine):
    machine.script('say("this")')
    assert machine.run("--until", "this", "--timeout", "20")[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_tool_ends_the_machine_too(machine, number):
    machine.script('say("something else\\n"); time.sleep(60)')
    with subprocess.Popen(machine.command("--until", "this", "--timeout", "50"), stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as tool:
        machine.wait_until_it_runs()
        tool.send_signal(number)
        assert tool.wait(20) != 0
    assert not machine.runs()


# --- the trace that it keeps: what the kernel has left in the machine's memory ---

KEEP = """
import struct
words = sys.argv
backend = dict(o.split("=", 1) for o in words[words.index("-object") + 1].split(",")[1:])
bytes_, path = int(backend["size"]), backend["mem-path"]
assert words[words.index("-machine") + 1] == "memory-backend=" + backend["id"] and backend["share"] == "on"
os.truncate(path, bytes_)
def leave(what):
    image = open(words[words.index("-kernel") + 1], "rb").read()
    at = struct.unpack_from("<Q", image, SHARE)[0] - 0x40000000 + 4096 # behind the log, which has a ring for one partition
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(what)
"""
SHARE_PA_AT = 216  # share_pa of struct bh_image_header


def leaves(machine, then, what=None):
    """The machine has that in the place of the first ring, then does the rest."""
    machine.script(KEEP.replace("SHARE", str(SHARE_PA_AT)) + f"leave({Ring(0).idle(7).bytes() if what is None else what!r})\n" + then)
    machine.named(f'"{machine.system.folder}/machine", "{machine.notes}", "-m", "2048"')


def kept(machine):
    return machine.system.tool("trace", machine.system.folder / "kept", machine.system.folder)


@pytest.mark.parametrize("then, words, status", [
    ('say("here\\n"); time.sleep(60)', ("--until", "here", "--timeout", "20"), 0),
    ('say("other\\n"); time.sleep(60)', ("--until", "here", "--timeout", "2"), 1),
    ("sys.exit(0)", ("--timeout", "20"), 0),
    ("sys.exit(3)", (), 3),
    ("os.kill(os.getpid(), signal.SIGKILL)", (), 1),
], ids=["shown", "timeout", "ends", "ends-on-the-terminal", "is-killed"])
def test_the_trace_is_kept_however_the_run_ends(machine, then, words, status):
    leaves(machine, then)
    found, _, error = machine.run(*words, "--trace", str(machine.system.folder / "kept"))
    assert found == status and "the trace of 1 core is in" in error, error
    assert not machine.runs()
    status, said = kept(machine)
    assert status == 0 and "nobody runs" in said, said


@pytest.mark.parametrize("words", [(), ("--timeout", "50")], ids=["terminal", "watched"])
def test_a_signal_ends_the_machine_and_the_trace_is_kept(machine, words):
    leaves(machine, "open(sys.argv[1] + '.left', 'w').close()\ntime.sleep(60)")
    left = machine.notes.with_suffix(".left")
    with subprocess.Popen(machine.command(*words, "--trace", str(machine.system.folder / "kept")), stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as tool:
        end = time.monotonic() + 20
        while not left.exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        tool.send_signal(signal.SIGTERM)
        assert tool.wait(20) == 1
    assert not machine.runs() and kept(machine)[0] == 0


def test_a_kernel_that_has_not_begun_leaves_no_trace(machine):
    leaves(machine, 'say("here\\n"); time.sleep(60)', b"")
    status, _, error = machine.run("--until", "here", "--timeout", "20", "--trace", str(machine.system.folder / "kept"))
    assert status == 1 and "no trace to keep" in error and "the kernel has not begun" in error, error
    assert not (machine.system.folder / "kept").exists()


@pytest.mark.parametrize("memory, bytes_", [("512", 512 << 20), ("1G", 1 << 30), ("size=64M,slots=2", 64 << 20)])
def test_the_memory_is_as_large_as_the_machine_s(machine, memory, bytes_):
    machine.script('say("here\\n"); time.sleep(60)')
    status, _, error = machine.run("--until", "here", "--timeout", "20", "--trace", str(machine.system.folder / "kept"), "--", "-m", memory)
    assert status == 1 and f"size={bytes_}," in " ".join(machine.arguments), error


def test_a_machine_of_unknown_memory_is_not_started(machine):
    machine.script('say("here\\n"); time.sleep(60)')
    machine.named(f'"{machine.system.folder}/machine", "{machine.notes}"')
    status, _, error = machine.run("--until", "here", "--timeout", "20", "--trace", str(machine.system.folder / "kept"))
    assert status == 1 and "has no -m" in error and not machine.notes.exists(), error


def test_a_machine_that_is_not_installed_is_named_with_the_remedy(machine):
    machine.named('"qemu-system-nothing", "-m", "2048"')
    for words in ((), ("--until", "this", "--timeout", "20")):
        status, shown, error = machine.run(*words)
        assert status != 0 and re.search("qemu-system-nothing.*make setup", shown + error), error


def test_a_pattern_that_is_none_is_refused_before_anything_runs(machine):
    machine.script('say("here\\n"); time.sleep(60)')
    status, _, error = machine.run("--until", "*[", "--timeout", "20")
    assert status == 2 and "*[" in error and not machine.notes.exists(), error


@pytest.mark.parametrize("seconds", ["soon", "-1", "0", "1x"])
def test_a_timeout_that_is_none_is_refused(machine, seconds):
    machine.script('say("here\\n"); time.sleep(60)')
    status, _, error = machine.run("--until", "here", "--timeout", seconds)
    assert status == 2 and seconds in error and not machine.notes.exists(), error


def test_a_bad_description_is_not_run(machine):
    machine.script('say("here\\n"); time.sleep(60)')
    text = (machine.system.folder / "system.dts").read_text()
    machine.system.file("system.dts", text.replace("cores = <0>", "cores = <9>"))
    status, _, error = machine.run("--until", "here", "--timeout", "20")
    assert status == 1 and "/partitions/it/cores" in error and not machine.notes.exists()


def test_a_board_that_qemu_does_not_run_is_said(machine):
    machine.system.describe('it { image = "native.elf"; memory = "64K"; cores = <0>; };',
                            "bulkhead { /delete-property/ qemu; };")
    status, _, error = machine.run("--until", "here", "--timeout", "20")
    assert status != 0 and "qemu" in error.lower(), error


def test_without_a_pattern_the_machine_has_the_terminal_and_its_status_is_the_tool_s(machine):
    machine.script('say("here\\n"); say(sys.stdin.readline()); sys.exit(7)')
    done = subprocess.run(machine.command(), input=b"typed\n", capture_output=True, timeout=60)
    assert done.returncode == 7 and b"here\ntyped\n" in done.stdout


PANIC = "bulkhead: PANIC core 1: a queue's head is behind its tail"


def test_a_panic_of_the_kernel_ends_the_run_with_a_status_of_its_own(machine):
    machine.script(f'say("linux| up\\r\\n{PANIC}\\r\\n"); say("pc 0x40201234\\n"); time.sleep(60)')
    for words in (("--until", "never"), ("--timeout", "40")):
        status, shown, error = machine.run(*words)
        assert status == 3 and f"panicked: {PANIC}" in error and "pc 0x40201234" in shown, error
        assert not machine.runs()


def test_a_panic_that_is_waited_for_is_what_was_waited_for(machine):
    machine.script(f'say("{PANIC}\\r\\n"); time.sleep(60)')
    assert machine.run("--until", "PANIC core 1", "--timeout", "20")[0] == 0


def test_a_panic_is_told_when_a_machine_on_the_terminal_has_ended(machine):
    machine.script(f'say("{PANIC}\\r\\n"); sys.exit(0)')
    status, shown, error = machine.run()
    assert status == 3 and PANIC in shown and f"panicked: {PANIC}" in error


@pytest.mark.parametrize("said", ["linux| bulkhead: PANIC core 1", "bulkhead| linux: PANIC", " bulkhead: PANIC"])
def test_a_line_that_only_speaks_of_a_panic_is_none(machine, said):
    machine.script(f'say("{said}\\r\\n"); sys.exit(0)')
    assert machine.run("--timeout", "20")[0] == 0


class Terminal:
    """A run with a terminal of its own."""

    def __init__(self, machine, *words):
        self.main, self.side = os.openpty()
        self.before = termios.tcgetattr(self.side)
        self.tool = subprocess.Popen(machine.command(*words), stdin=self.side, stdout=self.side, stderr=self.side,
                                     start_new_session=True)
        machine.wait_until_it_runs()
        self.shown = b""

    def expect(self, text):
        end = time.monotonic() + 20
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            if select.select([self.main], [], [], 0.1)[0]:
                self.shown += os.read(self.main, 4096)

    @property
    def is_as_before(self):
        return termios.tcgetattr(self.side) == self.before


def test_every_key_reaches_the_machine_as_it_is(machine):
    machine.script('say("up\\n"); keys = sys.stdin.buffer.read(6); say(f"got {keys!r}\\n"); time.sleep(60)')
    t = Terminal(machine)
    t.expect(b"up")
    assert not t.is_as_before
    os.write(t.main, b"\x03\x1a\x01x\r\x7f")
    t.expect(b"got b'\\x03\\x1a\\x01x\\r\\x7f'")
    t.tool.terminate()
    assert t.tool.wait(20) == 1 and t.is_as_before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, signal.SIGQUIT])
def test_the_terminal_is_as_before_whatever_ends_the_run(machine, number):
    machine.script('say("up\\n"); time.sleep(60)')
    t = Terminal(machine)
    t.expect(b"up")
    assert not t.is_as_before
    t.tool.send_signal(number)
    assert t.tool.wait(20) != 0 and t.is_as_before
    end = time.monotonic() + 10
    while machine.runs():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_terminal_is_as_before_when_the_machine_ends(machine):
    machine.script('say("up\\n"); sys.stdin.read(1); sys.exit(5)')
    t = Terminal(machine)
    t.expect(b"up")
    os.write(t.main, b"x")
    assert t.tool.wait(20) == 5 and t.is_as_before


def test_what_is_typed_and_what_is_shown_may_be_much(machine):
    machine.script('say("up\\n"); n = len(sys.stdin.buffer.read(300000)); say("x" * 300000 + f"\\n{n}\\n")')
    done = subprocess.run(machine.command(), input=b"k" * 300000, capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stdout.endswith(b"x" * 300000 + b"\n300000\n")


def test_a_program_on_a_partition_s_own_uart_is_seen_through_qemu(system):
    """The whole way: description, image, kernel, boot stub, and a payload that owns the board's UART."""
    system.file("hello", program("hello from a partition\n"))
    system.describe('it { image = "hello"; load = <0x40000000>; memory = "64K"; cores = <0>; devices = <&uart0>; };')
    log = system.folder / "console.log"
    system.own_tool()
    status, said = system.tool("run", system.folder, "--until", "hello from a partition", "--timeout", "40",
                               "--log", log)
    assert status == 0, said
