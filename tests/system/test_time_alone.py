# SPDX-License-Identifier: Apache-2.0
"""A core with one vCPU and nothing else to run takes no scheduling interrupt at all."""

import pytest

import machine
import rings

NAME, IMAGE = "alone", "build/tests/time-alone.img"
SHARED, BUSY, SLEEPER = 0, 1, 2  # cores


@pytest.fixture(scope="module")
def seen():
    m = machine.qemu(NAME, IMAGE, extra=rings.monitor(NAME))
    try:
        m.expect(r"\bcontrol +\| frames", timeout=300)  # so many frames later
        return rings.read(m, NAME, IMAGE)
    finally:
        m.stop()


def interrupts(ring, since=rings.MODE):
    """Those that came after everything was set up, which the order of the first mode ends."""
    begin = max((i for i, r in enumerate(ring.records) if r.kind == since), default=-1)
    return [r.arg for r in ring.records[begin + 1:] if r.kind == rings.IRQ]


def test_the_shared_core_has_them(seen):
    assert rings.TIMER in interrupts(seen[SHARED])


def test_one_vcpu_that_works_is_never_interrupted(seen):
    ring = seen[BUSY]
    assert ring.whole and any(r.kind == rings.MODE for r in ring.records)
    assert interrupts(ring) == []


def test_one_vcpu_that_sleeps_is_interrupted_by_its_own_timer_only(seen):
    assert set(interrupts(seen[SLEEPER])) == {rings.VIRTUAL}
