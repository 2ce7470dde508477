# SPDX-License-Identifier: Apache-2.0
"""What the shortest switch leaves as it is, between two vCPUs that seem to have no more than all have: who owns FP, and who is debugged."""

import re
import subprocess

import pytest

from linked import running

SYSTEM = "tests/systems/switch"
TOOL = "build/bulkhead"


@pytest.fixture(scope="module")
def machine():
    with running("test_switch", SYSTEM) as m:
        yield m


# CPU-3
def test_fp_registers_are_each_ones_own(machine):
    assert machine.line("caller", r"FP lost in (\d+) of 1000 rounds")[1] == "0"


def gdb(*commands):
    words = [w for c in commands for w in ("-ex", c)]
    done = subprocess.run([TOOL, "gdb", SYSTEM, "caller", "--", "-batch", "-nx", *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=100,
                          text=True, errors="replace")
    return done.stdout + done.stderr


# CPU-2
def test_the_breakpoints_of_who_is_debugged_are_gdbs_and_those_of_who_is_not_are_its_own(machine):
    said = gdb("break switch_turn", "continue", "continue", "p $before = $pc", "stepi", "p $pc - $before", "continue", "delete", "p broken", "p turns",
               "detach")
    assert len(re.findall(r"^Breakpoint 1, switch_turn \(", said, re.M)) == 3, said + machine.tail()
    assert "SIGTRAP" not in said, said
    assert re.search(r"^\$2 = 4$", said, re.M) and re.search(r"^\$3 = 0$", said, re.M), said
    later = gdb("p broken", "p turns", "detach")
    assert re.search(r"^\$1 = 0$", later, re.M), later
    assert int(re.search(r"^\$2 = (\d+)$", later, re.M)[1]) > int(re.search(r"^\$4 = (\d+)$", said, re.M)[1]), later
