# SPDX-License-Identifier: Apache-2.0
"""A stock Linux feeds its watchdog by the driver that it has for a generic watchdog, which the monitor answers for."""

import pytest

IMAGE = "build/tests/watchdog.img"
PROMPT = r"\| linux:\S*# "
CLASS = "/sys/class/watchdog/watchdog0"
WATCHDOG_S = 5  # of the description


@pytest.fixture(scope="module")
def machine(boot_module):
    m = boot_module(IMAGE)
    m.line("linux", PROMPT)
    return m


def says(m, command, pattern):
    """What a command says, behind a mark that its own text does not have."""
    m.enter(f"echo $((41 * 1000 + 1)) $({command})")
    return m.line("linux", f"41001 {pattern}")


def test_linux_finds_the_device_running_with_the_time_that_is_described(machine):
    said = says(machine, f"cat {CLASS}/identity {CLASS}/timeout {CLASS}/state; dmesg | grep -o 'sbsa-gwdt.*enabled'",
                r"SBSA Generic Watchdog (\d+) inactive sbsa-gwdt \S+: Initialized with (\d+)s [^\r\n]*enabled")
    assert [int(s) for s in said.groups()] == [WATCHDOG_S] * 2


def test_linux_knows_how_much_time_is_left(machine):
    assert 0 < int(says(machine, f"cat {CLASS}/timeleft", r"(\d+)[\r\n]")[1]) <= WATCHDOG_S


# HEALTH-4
def test_it_lives_while_a_program_feeds_it_and_is_restarted_when_none_does_any_more(machine):
    machine.enter(f"watchdog -F -t 1 -T {WATCHDOG_S} /dev/watchdog &")
    says(machine, f"sleep {WATCHDOG_S + 1}; cat {CLASS}/state", "active")
    machine.enter("kill -9 $!")
    machine.line("linux", "watchdog did not stop!")
    assert "stopped" not in machine.before
    machine.line("bulkhead", "linux: did not feed its watchdog in time")
    machine.line("bulkhead", "linux: stopped: by its watchdog; it starts again")
    machine.line("bulkhead", "linux: runs from")
