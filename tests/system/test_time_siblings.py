# SPDX-License-Identifier: Apache-2.0
"""An SMP guest whose two vCPUs share one core, by windows, beside a partition that works all the time."""

import pytest

IMAGE = "build/tests/time-siblings.img"
PROMPT = r"\| linux:\S*# "
USED = "awk '/^cpu[01] / { print $1 \"=\" ($2 > 100) }' /proc/stat"


@pytest.fixture(scope="module")
def machine(boot_module):
    m = boot_module(IMAGE)
    m.line("linux", PROMPT)
    return m


def test_linux_boots_to_its_shell_with_both(machine):
    machine.enter("nproc")
    machine.line("linux", r"\| 2\r*\n")


def test_two_busy_processes_both_go_on(machine):
    machine.enter("for i in 0 1; do (while :; do :; done) & done")
    machine.line("linux", PROMPT)
    machine.enter(f"until [ $({USED} | grep -c =1) = 2 ]; do sleep 1; done; echo both=went on")
    machine.line("linux", r"\| both=went on\r*\n")
    assert "stall" not in machine.before and "lockup" not in machine.before
