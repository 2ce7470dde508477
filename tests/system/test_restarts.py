# SPDX-License-Identifier: Apache-2.0
"""A partition is restarted ten thousand times, and nothing of its lives stays in the kernel.

Two machines that differ in the number of restarts only come to rest; then the whole mutable state of the kernel is compared, field by
field. What may differ is counters of what has happened, and when it did; nothing else may."""

import concurrent.futures
import os
import time

import pytest

import kernel_layout
import machine
from image import Image
from qmp import Qmp

FEW, MANY = 20, 10000
LINE = r"restarts (\d+) first (\d+) last (\d+) least (\d+) most (\d+)\s"

# How often, how long, since when: of what has happened, not of what is.
HISTORY = {
    "core": {"now", "idled", "since", "frame", "mode_start", "doze_urgent", "doze_alarm"},
    "partition": {"life", "log_at", "last_fault_at", "restarts", "restart_at", "printed", "repeats"},
    "vcpu": {"used", "ask_life", "awaits_tail", "given", "turn_left", "arch.fp_used"},
    "port": {"send.head", "send.dropped", "send.slot", "receive.taken", "receive.dropped", "receive.slot", "latest", "call"},
    "emul": {"lock.next", "lock.serving", "head"},
}
# Of a partition that lives on: list registers that are done with, until they are looked at again. Each partition here has one vCPU.
LEFT = {"vcpu": {"arch.vgic.used", "arch.vgic.latched", "arch.vgic.lr"}, "partition": {"arch.vgic.word"}}
WORD, HELD = 44, 24  # struct vgic_word (arch/arm64/vgic.h), and its `held`
# Registers of programs that count themselves (the boss, the console), and the clock in them.
PROGRAM = {"arch.x", "arch.cntv_cval", "arch.cntp_cval", "arch.pc", "arch.pstate", "arch.sp_el0", "arch.sp_el1", "arch.elr_el1", "arch.spsr_el1"}


class State:
    """The kernel's state of a machine at rest."""

    def __init__(self, n):
        self.path = f"build/tests/restarts-{n}.img"
        socket = f"build/logs/restarts-{n}.qmp"
        if os.path.exists(socket):
            os.unlink(socket)
        m = machine.qemu(f"restarts-{n}", self.path, icount=True, timeout=600, cores=2, extra=["-qmp", f"unix:{socket},server=on,wait=off"])
        try:
            self.said = {k: int(v) for k, v in zip(("n", "first", "last", "least", "most"), m.expect(LINE).groups())}
            with open(self.path, "rb") as f:
                self.image = Image(f.read())
            q = Qmp(socket)
            self.bytes = self._rest(q)
            q.do("quit")
            q.close()
        finally:
            m.stop()

    def _read(self, q):
        return q.memory(self.image.u64(192), self.image.u64(208), f"{self.path}.state")

    def _rest(self, q):
        """Nobody does anything any more, nor will: the state stays as it is, also where a loaded host lets the machine stand still for a while."""
        last, same, until = self._read(q), 0, time.monotonic() + 300
        while time.monotonic() < until:
            time.sleep(1)
            now = self._read(q)
            same = same + 1 if now == last else 0
            if same == 4:
                return now
            last = now
        raise AssertionError("the machine does not come to rest")


@pytest.fixture(scope="module")
def states():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(State, (FEW, MANY)))


def test_the_last_restart_costs_what_the_first_did(states):
    for s in states:
        print(s.said)
        assert s.said["n"] in (FEW, MANY)
        assert s.said["most"] - s.said["least"] <= s.said["least"] // 50
    assert abs(states[1].said["last"] - states[0].said["first"]) <= states[0].said["first"] // 50


def is_left(layout, field, i):
    at = next(at for at, _, name in layout if name == field)
    return field != "arch.vgic.word" or (i - at) % WORD == HELD


# HEALTH-5
def test_ten_thousand_restarts_leave_the_kernels_state_as_ten_did(states):
    few, many = states
    image = few.image
    arrays = {name: (image.u64(image.blob + at), image.u32(size)) for name, at, size in
              (("core", 128, 104), ("partition", 136, 108), ("vcpu", 144, 112), ("emul", 152, 116), ("port", 160, 120))}
    start = image.u64(200)
    life = next(at for at, _, name in kernel_layout.fields("partition") if name == "life")

    def lives_on(n):
        at = arrays["partition"][0] - start + n * arrays["partition"][1] + life
        return few.bytes[at:at + 4] == many.bytes[at:at + 4]

    wrong = []
    assert len(few.bytes) == len(many.bytes)
    compared = 0
    for name, (va, size) in arrays.items():
        layout = kernel_layout.fields(name)
        begin = va - start
        ends = sorted(v - start for v, _ in arrays.values() if v > va) + [len(few.bytes)]
        for n in range((ends[0] - begin) // size):
            a, b = (s.bytes[begin + n * size:begin + (n + 1) * size] for s in (few, many))
            compared += size
            for i in range(0, size, 4):
                field = kernel_layout.name_at(layout, i)
                if a[i:i + 4] != b[i:i + 4] and field not in HISTORY[name] and field not in PROGRAM and not (
                        field in LEFT.get(name, ()) and is_left(layout, field, i) and lives_on(n)):
                    wrong.append(f"{name} {n}: {field} (+{i}): {a[i:i + 4].hex()} and {b[i:i + 4].hex()}")
    assert compared > 10000
    assert not wrong, "\n".join(wrong)
