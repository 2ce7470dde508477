# SPDX-License-Identifier: Apache-2.0
"""`bulkhead gdb`, `link` and `dump`, and how `bulkhead run` carries them, with a monitor that is a script."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest
from core_file import core
from fake_monitor import frame
from payloads import pattern
from scripted import LinkedMachine

PARTS = {"console": {}, "monitor": {}, "flight": {}, "other": {"flags": 0}, "off": {"state": 0}}
GDB = shutil.which("gdb-multiarch") or "gdb"
MEMORY = pattern(70000) + bytes(200000) + pattern(5000, 9)
CORE = core([[*range(0x100, 0x11f), 0x40001000, 0x40000abc, 0x3c5], [*range(0x200, 0x21f), 0x40002000, 0x40000def, 0x5]], MEMORY)


class Told:
    def __init__(self, done):
        self.status, self.out, self.error = done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def machine(system):
    m = LinkedMachine(system)
    m.tools = []
    start = m.start
    m.start = lambda *words, **how: m.tools.append(start(*words, **how)) or m.tools[-1]
    yield m
    for tool in m.tools:
        tool.kill()
        tool.wait()
        for f in (tool.stdin, tool.stdout, tool.stderr):
            f and f.close()


def tell(machine, command, *words):
    return Told(subprocess.run([machine.tool, command, str(machine.system.folder), *words], capture_output=True, timeout=100,
                               stdin=subprocess.DEVNULL))


def echo(machine, partition, words):
    """What comes back of it by `bulkhead link`, which then ends with its input."""
    with subprocess.Popen([machine.tool, "link", str(machine.system.folder), partition], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as link:
        speaker = threading.Thread(target=lambda: (link.stdin.write(words), link.stdin.flush()))
        speaker.start()
        back = link.stdout.read(len(words))
        speaker.join()
        link.stdin.close()
        assert link.wait(30) == 0
    return back


def shown(tool, text):
    """Reads what a run shows until that has come."""
    out = b""
    while text not in out:
        piece = os.read(tool.stdout.fileno(), 4096)
        assert piece, out
        out += piece
    return out


def ended(tool):
    """What a run has shown; it ends on SIGTERM."""
    tool.terminate()
    out, error = tool.communicate(timeout=30)
    return out.decode(), error.decode()


# --- the line ---

def test_packets_are_no_text_and_text_around_them_is(machine):
    machine.monitor(parts=PARTS, after="f.say(b'one' + fake_monitor.frame(b'\\1\\4\\0\\0nobody') + b' line\\r\\n'); f.serve()")
    log = machine.system.folder / "log"
    tool = machine.start("--until", "^one line$", "--log", str(log))
    assert tool.wait(20) == 0
    assert tool.stdout.read() == b"up\r\none line\r\n" == log.read_bytes()


@pytest.mark.parametrize("cut", [3, 8, 14])
def test_a_panic_in_the_middle_of_a_packet_is_seen(machine, cut):
    part = frame(b"\1\3\0\0abcd and more")[:cut]
    machine.monitor(parts=PARTS, after=f"f.say({part!r} + b'\\nbulkhead: PANIC core 2\\nthe rest\\n'); time.sleep(60)")
    tool = machine.start("--timeout", "30")
    out, error = tool.communicate(timeout=60)
    assert tool.returncode == 3 and b"bulkhead: PANIC core 2\nthe rest" in out, (out, error)


def test_what_is_typed_beside_packets_arrives(machine):
    machine.monitor(parts=PARTS)
    tool = machine.start()
    tool.stdin.write(b"ls\x00 -l")
    tool.stdin.flush()
    assert echo(machine, "flight", b"some words") == b"some words"
    out, _ = ended(tool)
    assert "typed 'ls -l'" in out, out


def test_a_run_that_has_no_link_offers_none(machine):
    machine.root = ""
    machine.monitor(parts=PARTS, after="f.say(b'a\\0b\\r\\n'); time.sleep(1)")
    status, out, _ = machine.run("--timeout", "20")
    assert status == 0 and "a\0b" in out and not os.path.exists(machine.socket)
    told = tell(machine, "gdb", "flight")
    assert told.status == 1 and "has no link" in told.error and "link-in" in told.error


def test_the_socket_is_the_user_s_own_and_goes_with_the_run(machine):
    machine.monitor(parts=PARTS)
    tool = machine.start()
    assert stat.S_IMODE(os.stat(machine.socket).st_mode) == 0o600
    ended(tool)
    assert not os.path.exists(machine.socket)


def test_what_a_killed_run_has_left_is_no_hindrance(machine):
    machine.monitor(parts=PARTS)
    first = machine.start()
    first.kill()
    first.wait()
    assert os.path.exists(machine.socket)
    assert re.search("does not run.*bulkhead run", tell(machine, "dump", "flight").error)
    machine.notes.unlink()
    machine.start()
    assert echo(machine, "flight", b"some words") == b"some words"


def test_a_second_run_leaves_the_link_to_the_first(machine):
    machine.monitor(parts=PARTS)
    machine.start()
    second = machine.start("--timeout", "2")
    _, error = second.communicate(timeout=30)
    assert b"another run has" in error and os.path.exists(machine.socket)
    assert echo(machine, "flight", b"some words") == b"some words"


# --- gdb ---

def test_the_stream_is_the_partition_s_and_ends_with_its_client(machine):
    machine.monitor(parts=PARTS, loss=20)
    tool = machine.start()
    words = pattern(30000)
    assert echo(machine, "flight", words) == words
    assert b"monitor: flight stands still" in shown(tool, b"monitor: flight goes on")


FAKE_GDB = f"""#!{sys.executable}
import os, subprocess, sys
print(sys.argv[1:])
command = next(w for w in sys.argv if w.startswith("target remote | "))[len("target remote | "):]
with subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as link:
    link.stdin.write(b"$qC#b4\\x03"); link.stdin.flush()
    print(link.stdout.read(7))
    link.stdin.close()
sys.exit(6)
"""


@pytest.fixture
def fake_gdb(machine, monkeypatch):
    home = machine.system.folder / "bin"
    home.mkdir()
    (home / "gdb-multiarch").write_text(FAKE_GDB)
    (home / "gdb-multiarch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:{os.environ['PATH']}")


def test_gdb_gets_symbols_what_is_behind_the_dashes_and_a_way_to_the_partition(machine, fake_gdb):
    machine.monitor(parts=PARTS)
    machine.start()
    told = tell(machine, "gdb", "flight", "--", "-batch", "-ex", "bt")
    assert told.status == 6 and "b'$qC#b4\\x03'" in told.out, told.error
    assert "symbols.elf" in told.out and told.out.splitlines()[0].endswith("'-batch', '-ex', 'bt']")
    assert "flight stands still" in told.error


def test_a_payload_without_symbols_is_said(machine, fake_gdb):
    machine.monitor(parts={**PARTS, "other": {}})
    machine.start()
    told = tell(machine, "gdb", "other")
    assert told.status == 6 and "native.elf" not in told.out and "native.elf of other has no symbols" in told.error


STUB = """
import re
def gdb(data):
    out = b""
    for packet in re.findall(rb"[$]([^#]*)#..", data):
        answer = {b"?": b"T05thread:1;", b"qC": b"QC1", b"qfThreadInfo": b"m1", b"qsThreadInfo": b"l", b"Hg0": b"OK", b"D": b"OK",
                  b"g": b"".join((0x1000 + i).to_bytes(8, "little").hex().encode() for i in range(33)) + b"c5030000"}.get(packet, b"")
        if packet.startswith(b"m"):
            at, n = (int(x, 16) for x in packet[1:].split(b","))
            answer = bytes((at + i) & 0xff for i in range(n)).hex().encode()
        out += b"+$" + answer + b"#%02x" % (sum(answer) & 255)
    return out
f.gdb = gdb
"""


def test_gdb_itself_sees_registers_and_memory(machine):
    machine.monitor(parts=PARTS, before=STUB, loss=10)
    tool = machine.start()
    told = tell(machine, "gdb", "flight", "--", "-nx", "-batch", "-ex", "p/x $pc", "-ex", "x/2xb 0x40000010", "-ex", "info symbol 0x40000000",
                "-ex", "detach")
    assert "= 0x1020" in told.out and re.search("0x40000010[^:]*:\\s+0x10\\s+0x11", told.out) and "main in section" in told.out, \
        (told.out, told.error)
    shown(tool, b"monitor: flight goes on")


def test_a_second_debugger_is_refused(machine):
    machine.monitor(parts=PARTS)
    machine.start()
    with subprocess.Popen([machine.tool, "link", str(machine.system.folder), "flight"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        first.stdin.write(b"x")
        first.stdin.flush()
        assert first.stdout.read(1) == b"x"
        told = tell(machine, "link", "other")
        assert told.status == 1 and "another `bulkhead gdb`" in told.error
    assert echo(machine, "flight", b"x") == b"x"


def test_an_end_of_the_run_is_told(machine):
    machine.monitor(parts=PARTS)
    tool = machine.start()
    with subprocess.Popen([machine.tool, "link", str(machine.system.folder), "flight"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as link:
        link.stdin.write(b"x")
        link.stdin.flush()
        assert link.stdout.read(1) == b"x"
        ended(tool)
        assert link.wait(20) == 1 and b"flight: the link is gone" in link.stderr.read()


@pytest.mark.parametrize("words, said", [
    (["nobody"], "no partition nobody; there are: console, monitor, flight, other"),
    (["other"], "may not inspect other: add that to its `inspects`"),
], ids=["no-partition", "no-right"])
def test_what_cannot_be_debugged_is_said_before_gdb_starts(machine, fake_gdb, words, said):
    machine.monitor(parts=PARTS)
    machine.start()
    told = tell(machine, "gdb", *words)
    assert told.status == 1 and said in told.error and not told.out, told.error


def test_a_monitor_that_hangs_up_after_a_detach_is_no_fault(machine):
    machine.monitor(parts=PARTS, before="""
def gdb(data):
    if b"$D#44" in data:
        f.send(f.channels[1], fake_monitor.CLOSE)
    return data
f.gdb = gdb""")
    machine.start()
    with subprocess.Popen([machine.tool, "link", str(machine.system.folder), "flight"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as link:
        link.stdin.write(b"$D#44")
        link.stdin.flush()
        assert link.wait(20) == 0 and not link.stderr.read()


def test_a_partition_that_is_off_has_nothing_to_debug(machine, fake_gdb):
    machine.monitor(parts={"flight": {"state": 0}})
    machine.start()
    told = tell(machine, "gdb", "flight")
    assert told.status == 1 and "flight is off" in told.error


def test_a_system_of_another_description_is_said(machine, fake_gdb):
    machine.monitor(parts={"older": {}})
    machine.start()
    told = tell(machine, "gdb", "flight")
    assert told.status == 1 and "another description" in told.error


@pytest.mark.parametrize("command", ["gdb", "link", "dump"])
def test_a_system_that_does_not_run_is_said_with_the_remedy(machine, fake_gdb, command):
    machine.monitor(parts=PARTS)
    told = tell(machine, command, "flight")
    assert told.status == 1 and re.search(f"does not run: start it with `bulkhead run {re.escape(str(machine.system.folder))}`", told.error)


def test_a_gdb_that_is_not_installed_is_named_with_the_remedy(machine, monkeypatch):
    home = machine.system.folder / "bin"
    home.mkdir()
    (home / "dtc").symlink_to(shutil.which("dtc"))
    machine.monitor(parts=PARTS)
    monkeypatch.setenv("PATH", str(home))
    told = tell(machine, "gdb", "flight")
    assert told.status == 1 and re.search("gdb-multiarch.*make setup", told.error), told.error


def test_a_monitor_of_another_version_is_said(machine):
    machine.monitor(parts=PARTS, version=4)
    machine.start()
    told = tell(machine, "dump", "flight")
    assert told.status == 1 and "version 4" in told.error


def test_a_monitor_that_does_not_answer_is_said(machine):
    machine.monitor(parts=PARTS, deaf=True)
    machine.start()
    told = tell(machine, "dump", "flight")
    assert told.status == 1 and "does not answer" in told.error


@pytest.mark.parametrize("words", [["gdb"], ["link"], ["dump"], ["gdb", "a", "b", "c"], ["link", "a", "b", "--", "c"], ["dump", "a", "b", "-x"]])
def test_wrong_use_is_said(system, words):
    status, said = system.tool(*words)
    assert status == 2 and "takes a system and a partition" in said


# --- dumps ---

def test_a_dump_is_the_core_that_the_monitor_has(machine):
    machine.monitor(parts=PARTS, dumps={"flight": CORE}, loss=10)
    machine.start()
    file = machine.system.folder / "flight.core"
    told = tell(machine, "dump", "flight", "-o", str(file))
    assert told.status == 0, told.error
    assert file.read_bytes() == CORE
    assert f"{len(CORE)} bytes" in told.out and "5.000 s" in told.out
    assert "vCPU 0: pc 0x40000abc, lr 0x11e, sp 0x40001000" in told.out and "vCPU 1: pc 0x40000def, lr 0x21e, sp 0x40002000" in told.out
    assert re.search("gdb-multiarch '.*symbols.elf' '.*flight.core'", told.out)
    assert os.stat(file).st_blocks * 512 < 150000, "zeros take no room"


def test_gdb_opens_the_dump(machine):
    machine.monitor(parts=PARTS, dumps={"flight": CORE})
    machine.start()
    told = tell(machine, "dump", "flight")
    file = os.path.join(os.path.dirname(machine.tool), f"{machine.system.folder.name}.flight.core")
    assert told.status == 0 and os.path.exists(file), told.error
    done = subprocess.run([GDB, "-nx", "-batch", "-ex", "p/x $pc", "-ex", "x/4xb 0x40000000", str(machine.system.folder / "symbols.elf"),
                           file], capture_output=True, timeout=60)
    assert b"= 0x40000abc" in done.stdout, done
    assert re.search(rb"0x40000000 <main>:\s+0x01\s+0x08\s+0x0f\s+0x16", done.stdout), done


def test_where_there_is_no_dump_the_monitor_s_reason_is_told_and_nothing_written(machine):
    machine.monitor(parts=PARTS, dumps={"flight": CORE})
    machine.start()
    file = machine.system.folder / "other.core"
    told = tell(machine, "dump", "other", "-o", str(file))
    assert told.status == 1 and "other: the monitor says: other has left no dump" in told.error
    assert not [f for f in os.listdir(machine.system.folder) if "core" in f]


@pytest.mark.parametrize("wrong, said", [("f.damage = True", "damaged: their CRC"), ("f.replace = True", "ended again meanwhile")],
                         ids=["damaged", "replaced"])
def test_a_dump_that_is_not_whole_is_no_file(machine, wrong, said):
    machine.monitor(parts=PARTS, dumps={"flight": CORE}, before=wrong)
    machine.start()
    told = tell(machine, "dump", "flight", "-o", str(machine.system.folder / "x.core"))
    assert told.status == 1 and said in told.error
    assert not [f for f in os.listdir(machine.system.folder) if "core" in f]


def test_what_is_no_core_is_refused(machine):
    machine.monitor(parts=PARTS, dumps={"flight": pattern(100000)})
    machine.start()
    told = tell(machine, "dump", "flight", "-o", str(machine.system.folder / "x.core"))
    assert told.status == 1 and "no ELF core" in told.error


def test_a_dump_that_is_stopped_leaves_nothing(machine):
    machine.monitor(parts=PARTS, dumps={"flight": core([[0] * 34], pattern(4000000))})
    machine.start()
    with subprocess.Popen([machine.tool, "dump", str(machine.system.folder), "flight", "-o", str(machine.system.folder / "x.core")],
                          stderr=subprocess.PIPE) as dump:
        end = time.monotonic() + 20
        while not os.path.exists(machine.system.folder / "x.core.new"):
            assert time.monotonic() < end
            time.sleep(0.01)
        dump.send_signal(signal.SIGINT)
        assert dump.wait(30) == 1 and b"stopped at" in dump.stderr.read()
    assert not [f for f in os.listdir(machine.system.folder) if "core" in f]
