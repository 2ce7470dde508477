# SPDX-License-Identifier: Apache-2.0
"""What a partition does on another core takes no more of the time here than is bought. It is counted in interrupts, from the trace: as
the emulator's cores take turns, instructions of one would count as time of the other."""

import time

import machine
import rings

PATIENCE_S = 120
VICTIM, ADVERSARY = 1, 2
START = 1  # BH_EVENT_START
LIVES = 10


def seen(name, enough):
    """The ring of core 0, once there is enough in it."""
    path, end = f"build/tests/time-{name}.img", time.monotonic() + PATIENCE_S
    m = machine.qemu(name, path, extra=rings.monitor(name))
    try:
        m.expect("the keyboard|runs from")
        while True:
            ring = rings.read(m, name, path)[0]
            if enough(ring) or time.monotonic() > end:
                return ring
            time.sleep(0.5)
    finally:
        m.stop()


def kicks(records):
    return sum(r.kind == rings.IRQ and r.arg == rings.KICK for r in records)


def begun(ring):
    return [r for r in ring.records if r.kind == rings.FAULT and r.arg == START and r.partition == ADVERSARY]


def victim_runs(ring):
    return any(r.kind == rings.IRQ and r.partition == VICTIM for r in ring.records)


def test_who_resets_itself_on_another_core_interrupts_nobody_here():
    ring = seen("far-stops", lambda r: len(begun(r)) >= LIVES and victim_runs(r))
    assert len(begun(ring)) >= LIVES  # each came after a stop, at an edge of this core
    assert victim_runs(ring)
    assert kicks(r for r in ring.records if r.partition == VICTIM) <= 1  # under way as its window began

