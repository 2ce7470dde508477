# SPDX-License-Identifier: Apache-2.0
"""The monitor: what partitions are told and may order, crash dumps that gdb opens, and gdb on a partition of a running system."""

import re
import subprocess

import pytest

from linked import running

SYSTEM = "tests/systems/monitor"
DEDICATED = "tests/systems/monitor-dedicated"
TOOL = "build/bulkhead"
GDB = "gdb-multiarch"
PC = r"pc 0x[0-9a-f]+"


@pytest.fixture(scope="module")
def machine():
    with running("test_monitor", SYSTEM) as m:
        yield m


@pytest.fixture(scope="module")
def dedicated():
    with running("test_monitor-dedicated", DEDICATED, "debugged", "counting") as m:
        yield m


def tool(*words):
    """A command of the tool that succeeds; what it says."""
    done = subprocess.run([TOOL, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, text=True, errors="replace")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def gdb(partition, *commands, system=SYSTEM):
    words = [w for c in commands for w in ("-ex", c)]
    return tool("gdb", system, partition, "--", "-batch", "-nx", *words)


def on_core(elf, core, *commands):
    words = [w for c in commands for w in ("-ex", c)]
    done = subprocess.run([GDB, "-batch", "-nx", *words, elf, core], stdin=subprocess.DEVNULL, capture_output=True, timeout=100, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_partition_is_told_what_the_others_do_and_its_orders_are_carried_out_or_refused(machine):
    machine.line("monitor", r"watching 5 partitions on 4 cores, answering on 1 channels, \d+ KiB for crash dumps")
    machine.line("client", r"failing: state 2, ended 0, faults 0, last 4294967295, may 3")
    machine.line("client", "refused: -3 -4")
    machine.line("client", "fed: 0")
    machine.line("monitor", rf"failing: crash dump 1, 260 KiB, vCPU 0 at {PC}")
    machine.line("client", r"failing: state 2, ended 1, faults 1, last 0, may 3")
    machine.line("client", "dump of failing: state 2, 260 KiB, cause 0x10004")
    machine.line("monitor", "failing: crash dump 2")
    machine.line("client", r"failing: state 0, ended 2, faults 2, last 6, may 3")
    machine.line("client", "dump of failing: state 2, 260 KiB, cause 0x604")
    machine.line("client", "started: 0")
    machine.line("client", "restarted: 0")
    machine.line("client", r"failing: state 2, ended 3, faults 2, last 6, may 3")
    machine.line("client", r"record 1: failing: begins to load")
    machine.line("client", r"record \d+: failing: vCPU 0 wrote 4 bytes to 0x09050000 at pc")
    machine.line("client", r"record \d+: failing: vCPU 0 says that it cannot go on, code 0x0*1267")
    machine.line("client", r"cores: 4, the first has 2 vCPUs, silent 0")
    machine.line("client", "asked all")


def test_a_crash_dump_shows_gdb_where_it_failed_and_how_it_came_there(machine, tmp_path):
    core = str(tmp_path / "core")
    tool("dump", SYSTEM, "failing", "-o", core)
    said = on_core("build/tests/native/failing.elf", core, "bt", "info threads", "p mark", "p/x $x0")
    assert "Program terminated with signal SIGABRT" in said
    assert re.search(r"#\d +(0x\w+ in )?bh_panic", said), said
    assert re.search(r"#\d +0x\w+ in failing_inner \(how=how@entry=112 'p'\)|#\d +0x\w+ in failing_inner", said), said
    assert re.search(r"#\d +0x\w+ in failing_outer", said), said
    assert re.search(r"#\d +0x\w+ in main", said), said


def test_gdb_stops_it_at_a_breakpoint_and_shows_both_vcpus(machine):
    said = gdb("debugged", "info threads", "break debugged_inner", "continue", "bt", "continue", "continue", "delete", "detach")
    assert re.search(r"\(vCPU 0\)", said) and re.search(r"\(vCPU 1\)", said), said
    assert len(re.findall(r"hit Breakpoint 1, debugged_inner \(n=.*, cpu=.*\)", said)) == 3, said
    assert "SIGTRAP" not in said, said
    assert re.search(r"#1 +0x\w+ in debugged_outer", said), said
    machine.line("monitor", "debugged: stopped for gdb")
    machine.line("monitor", "debugged: goes on without gdb")


def test_gdb_steps_and_changes_memory_and_registers_and_it_goes_on(machine):
    said = gdb("debugged", "break debugged_inner if cpu == 0", "continue", "delete", "p $before = $pc", "stepi", "p $pc - $before",
               "set var wish = 1234", "p wish", "set var $x15 = 0x55aa", "p/x $x15", "p/x $v3.u", "detach")
    assert re.search(r"\$\d = 4\b", said), said
    assert "= 1234" in said and "= 0x55aa" in said, said
    machine.line("debugged", "gdb wishes 1234")


def test_what_gdb_changed_is_gone_with_it(machine):
    """Its breakpoints above all: the code is again what the program is."""
    gdb("debugged", "break debugged_inner", "break debugged_outer", "continue", "detach")
    machine.line("monitor", "debugged: goes on without gdb")
    said = gdb("debugged", "compare-sections .text", "detach")
    assert re.search(r"Section .text, range .*: matched", said), said


def test_one_that_is_not_inspected_is_not_stopped(machine):
    done = subprocess.run([TOOL, "gdb", SYSTEM, "client", "--", "-batch"], stdin=subprocess.DEVNULL, capture_output=True, timeout=100, text=True)
    assert done.returncode != 0
    assert "inspect" in done.stdout + done.stderr


def test_gdb_stops_steps_and_leaves_one_on_dedicated_cores(dedicated):
    """IRQ-5: a pause takes the cores back, and gives them back; timers and breakpoints are its own in between."""
    said = gdb("debugged", "info threads", "break debugged_inner", "continue", "bt", "continue", "continue", "delete", "p $before = $pc", "stepi",
               "p $pc - $before", "set var wish = 1234", "set var $x15 = 0x55aa", "p/x $x15", "detach", system=DEDICATED)
    assert re.search(r"\(vCPU 0\)", said) and re.search(r"\(vCPU 1\)", said), said
    assert len(re.findall(r"hit Breakpoint 1, debugged_inner \(n=.*, cpu=.*\)", said)) == 3, said
    assert re.search(r"#1 +0x\w+ in debugged_outer", said) and re.search(r"\$\d = 4\b", said) and "= 0x55aa" in said, said
    assert "SIGTRAP" not in said, said
    dedicated.line("debugged", "gdb wishes 1234")
    said = gdb("debugged", "compare-sections .text", "p counts[0]", "p counts[1]", "detach", system=DEDICATED)
    assert re.search(r"Section .text, range .*: matched", said), said
    later = gdb("debugged", "p counts[0]", "p counts[1]", "detach", system=DEDICATED)
    counts = [[int(n) for n in re.findall(r"^\$[12] = (\d+)$", text, re.M)] for text in (said, later)]
    assert counts[0][0] < counts[1][0] and counts[0][1] < counts[1][1], counts


def stubborn(*commands):
    said = gdb("stubborn", "p turns", "p broken", *commands, "detach", system=DEDICATED)
    turns, broken = re.findall(r"^\$[12] = (\d+)$", said, re.M)
    assert broken == "0", said
    return int(turns)


def test_one_that_masks_everything_on_its_core_is_paused_and_goes_on_as_it_was(dedicated):
    """IRQ-5: with priorities active, groups and interrupts off: spinning, then asleep."""
    turns = [stubborn(), stubborn(), stubborn("set var sleeps = 1"), stubborn(), stubborn("set var sleeps = 0"), stubborn()]
    assert turns == sorted(set(turns)), turns
