# SPDX-License-Identifier: Apache-2.0
"""systems/time: two Linux guests and two control loops share two cores."""

import subprocess

import pytest

import promise

IMAGE = "build/time.img"
SYSTEM = "systems/time"
LATE = r"(\w+): \d+ steps late by (\d+) ns, at most (\d+) \(worst (\d+)\), (\d+) missed"
SHELLS = (r"\| linux:\S*# ", r"\| legacy:\S*# ")


def shells(m):
    """Both, in whatever order."""
    first = m.expect("|".join(SHELLS))[0]
    m.expect(SHELLS["linux" in first])


@pytest.fixture(scope="module")
def machine(boot_module):
    m = boot_module(IMAGE)
    shells(m)
    return m


def test_both_linux_guests_come_to_their_shells_and_both_loops_run(machine):
    machine.line("steer", LATE)
    machine.line("pump", LATE)


def test_the_keyboards_guest_answers(machine):
    machine.enter("echo $((41 * 1000 + 1))")
    machine.expect("41001")


def test_modes_change_when_the_pump_is_hot_and_again_when_it_is_cool(machine):
    machine.line("steer", 'pump is hot: the mode will be "cooling"')
    machine.line("steer", "cooling: .* steps late")
    machine.line("steer", 'pump is cool: the mode will be "normal"')
    machine.line("steer", "normal: .* steps late")
    machine.line("pump", LATE)


def test_the_guest_that_stood_still_goes_on(machine):
    machine.type("\x1d")
    machine.expect("keyboard is legacy's")
    machine.enter("echo $((42 * 1000 + 1))")
    machine.expect("42001")


def test_run_shows_it():
    done = subprocess.run(["build/bulkhead", "run", SYSTEM, "--until", "steer.*steps late", "--timeout", "120"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=180, check=False)
    assert done.returncode == 0


def test_steer_is_not_later_than_promised_while_both_boot(boot):
    """Counted: the emulator's cores take turns, and `steer`'s core is the first of them; a reservation is measured alone, in test_time_budget.py."""
    promised = promise.promises(SYSTEM)["normal", "steer"]["late"]
    m = boot(IMAGE, icount=True)
    for _ in range(3):
        mode, _, most, worst, missed = m.line("steer", LATE, timeout=300).groups()
        assert mode == "normal" and missed == "0"
        assert int(most) <= int(worst) <= promised
