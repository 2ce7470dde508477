# SPDX-License-Identifier: Apache-2.0
"""systems/faults: partitions fail in every way; each gets what its description says, and nobody else notices."""

import re
import subprocess

import pytest

IMAGE = "build/faults.img"
PROMPT = r"\| linux:\S*# "
# What the driver is ordered to do -> what the log says of it, and how it begins again.
ENDS = {
    "access": (r"wrote 4 bytes to 0x09050000 at pc 0x[0-9a-f]+; nothing is declared there; nearest: an emulated device, from 0x09000000",
               "for its access to memory; it starts again"),
    "hang": ("did not feed its watchdog in time", "by its watchdog; it starts again"),
    "panic": ("says that it cannot go on, code 0x1267", "since it cannot go on; it starts again, and keeps what its memory holds"),
    "off": ("", "it asked to be switched off; it starts again"),
}


@pytest.fixture(scope="module")
def machine(boot_module):
    m = boot_module(IMAGE)
    m.line("linux", PROMPT)
    return m


def order(m, what):
    m.enter(f"bulkhead-port send order {what}")
    m.line("driver", rf"\| now: {what}")


@pytest.mark.parametrize("fault", ENDS)
def test_a_driver_that_fails_is_treated_as_declared_and_begins_again(machine, fault):
    says, stops = ENDS[fault]
    order(machine, fault)
    if says:
        machine.line("bulkhead", f"driver: .*{says}")
    machine.line("bulkhead", f"driver: stopped: .*{stops}")
    machine.line("driver", r"\| life \d+, begun")


def test_a_linux_that_panics_comes_to_its_shell_again_and_nobody_else_ends(machine):
    machine.enter("echo c >/proc/sysrq-trigger")
    machine.line("bulkhead", "linux: stopped: it asked for a restart; it starts again", timeout=240)
    machine.line("linux", PROMPT, timeout=240)
    machine.enter("echo $((41 * 1000 + 1))")
    machine.expect("41001")
    others = re.findall(r"bulkhead *\| (control|console|monitor|bridge): stopped", machine.before)
    assert not others


def test_who_asks_the_monitor_sees_what_happened(machine):
    machine.enter("bulkheadctl list")
    machine.line("linux", r"driver +running")
    machine.enter("bulkheadctl restart control")
    machine.line("linux", "control")
    machine.enter("bulkheadctl restart driver")
    machine.line("driver", r"\| life \d+, begun by order")


def test_the_log_is_explained_with_the_line_that_would_permit_it(machine):
    order(machine, "call")
    machine.line("bulkhead", r"driver: vCPU 0 called CONTROL with capability 63 at pc 0x[0-9a-f]+, refused: its table has no such entry of that kind[^\r\n]*[\r\n]")
    machine.log.flush()
    done = subprocess.run(["build/bulkhead", "explain", machine.log_path, "systems/faults"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "0x09050000" in done.stdout and "systems/faults/system.dts:" in done.stdout
