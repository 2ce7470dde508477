# SPDX-License-Identifier: Apache-2.0
"""How long the kernel keeps interrupts off, against what the board says (`section-ns`), counted in instructions: what a partition with as
many vCPUs, and as many interrupts pending, as can be makes it do in one exit."""

import re

import pytest

MOST = {"pending": 9, "register": 10, "mask": 1, "take": 9, "end": 9, "deactivate": 9, "sgis": 9, "timers": 9}  # us


def board(cost):
    with open("boards/qemu-virt.dts", encoding="utf-8") as f:
        return int(re.search(rf"{cost} = <(\d+)>", f.read())[1])


@pytest.fixture(scope="module")
def seen(boot_module):
    m = boot_module("build/tests/time-sections.img", icount=True)
    found = {}
    while len(found) < len(MOST):
        kind, ns = m.expect(r"section (\w+) (\d+)\s", timeout=300).groups()
        found[kind] = int(ns)
    return found


@pytest.mark.parametrize("kind, most_us", MOST.items(), ids=[f"{k}-within-{us}us" for k, us in MOST.items()])
def test_an_exit_is_bounded(seen, kind, most_us):
    print(kind, seen[kind])
    assert seen[kind] <= most_us * 1000


def test_two_of_the_longest_are_within_a_section_of_the_board(seen):
    """One that ends as the alarm fires, and one that begins with it: what is pending at the one that comes, or a stop at the edge."""
    assert 2 * max(seen.values()) <= board("section-ns")
