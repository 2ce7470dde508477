# SPDX-License-Identifier: Apache-2.0
"""A guest that prints through the console in another window neither stalls for frames nor moves anyone's window; counted."""

import pytest

import promise
import spinner

SYSTEM, IMAGE = "tests/systems/time-print", "build/tests/time-print.img"
PRINTED = r"printer +\| printed (\d+) characters in (\d+) us, longest wait (\d+) us\s"
CHARACTERS_PER_S = 400000  # in six tenths of the core, of which the console takes a third
TEXTS = 3


@pytest.fixture(scope="module")
def seen(boot_module):
    m = boot_module(IMAGE, icount=True)
    control = spinner.measured(m, "control")
    return control, [tuple(int(n) for n in m.expect(PRINTED, timeout=300).groups()) for _ in range(TEXTS)]


@pytest.fixture(scope="module")
def promised():
    return promise.promises(SYSTEM)["shared", "control"]


def test_the_guest_prints_400000_characters_a_second(seen):
    for characters, took_us, _ in seen[1]:
        assert characters * 1000000 / took_us >= CHARACTERS_PER_S


def test_no_character_waits_for_a_frame(seen, promised):
    for _, _, longest_us in seen[1]:
        assert longest_us * 1000 < promised["frame"]


def test_controls_windows_begin_in_time(seen, promised):
    control, _ = seen
    print(control, promised)
    assert control["missed"] == 0 and control["late"] <= promised["late"]
    assert control["slept_late"] <= promised["interrupt"]
    assert control["least"] >= promised["share"] * promised["frame"]
