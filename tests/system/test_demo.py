# SPDX-License-Identifier: Apache-2.0
"""The demo: two operating systems and native programs on one board, side by side."""

import re
import subprocess

import pytest

IMAGE = "build/demo.img"
PROMPT = r"\| linux:\S*# "


@pytest.fixture(scope="module")
def demo(boot_module):
    m = boot_module(IMAGE)
    m.line("linux", PROMPT)
    return m


def answers(m, n):
    """The shell computes something that is not in what was typed."""
    m.enter(f"echo $(({n} * 1000 + 1))")
    m.expect(rf"{n}001")


def test_its_description_has_less_than_60_lines():
    """Comments are not counted, nor is the board's; what it includes is."""
    text = "".join(open(f"systems/{name}/system.dts", encoding="utf-8").read() for name in ("demo", "messages"))
    assert re.findall(r'^/include/ "(.*)"', text, re.M) == ["../messages/system.dts", "qemu-virt.dts"]
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    assert len([line for line in text.splitlines() if line.strip()]) < 60


def test_the_linux_partition_has_a_shell_that_answers(demo):
    answers(demo, 41)


def test_linux_sees_its_two_processors_and_its_own_memory_only(demo):
    demo.enter("nproc; awk '/MemTotal/ { print ($2 > 180000 && $2 < 262144) }' /proc/meminfo")
    demo.line("linux", r"\| 2\r*\n")
    demo.line("linux", r"\| 1\r*\n")


def test_the_real_time_linux_prints_its_worst_wake_up(demo):
    demo.line("rt", r"latency: worst wake-up \d+ us")


def test_the_gateway_shows_the_control_loops_jitter(demo):
    demo.line("gateway", r"control: step \d+: .*jitter")


def test_linux_reaches_control_through_the_gateway(demo):
    demo.enter("until bulkhead-port call request 250 | grep passed; do sleep 1; done")  # a loaded machine: control is late
    demo.line("linux", r"\| 250: passed on to control")
    demo.line("gateway", r"set point 250 mm")


# PSCI-2
def test_a_restart_asked_for_by_linux_restarts_linux_only(demo):
    demo.enter("reboot -f")
    demo.line("linux", r"Booting Linux")
    demo.line("linux", PROMPT)
    others = [line for line in demo.before.splitlines() if line.startswith(("rt ", "gateway "))]
    assert not [line for line in others if "BusyBox" in line or "Booting" in line], others
    answers(demo, 42)


# PSCI-2
def test_linux_switched_off_leaves_the_others_running(demo):
    demo.enter("poweroff -f")
    demo.line("linux", "reboot: Power down")
    for _ in range(2):
        demo.line("rt", r"latency: worst wake-up \d+ us")
        demo.line("gateway", r"control: step \d+: ")


def test_run_until_succeeds_when_the_console_shows_the_pattern():
    done = subprocess.run(["build/bulkhead", "run", "systems/demo", "--until", "linux.*# ", "--timeout", "120",
                           "--log", "build/logs/run-until.log"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, timeout=180)
    assert done.returncode == 0
    with open("build/logs/run-until.log", encoding="utf-8", errors="replace") as f:
        assert "linux" in f.read()


def test_run_until_fails_when_the_time_is_over():
    done = subprocess.run(["build/bulkhead", "run", "systems/demo", "--until", "this is never printed",
                           "--timeout", "3"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, timeout=60)
    assert done.returncode != 0
