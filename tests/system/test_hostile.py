# SPDX-License-Identifier: Apache-2.0
"""A guest that tries everything, beside two partitions that count: it gets what the tables here and
in tests/guests/hostile/registers.txt say, and its neighbours notice nothing."""

import itertools
import os
import re

import pytest

from guest_lines import lines_of
from image import Image

IMAGE = "build/tests/hostile.img"
PAYLOAD = "build/tests/guests/hostile.bin"
TABLE = "tests/guests/hostile/registers.txt"
RAM, RAM_END = 0x40000000, 0x41000000
UART = 0x09000000

# What a partition can reach at all: first and last byte of each run of pages, and its rights. Beside the pristine store.
MAP = [
    (0x08000000, 0x0800ffff, "rw"),  # distributor
    (0x080a0000, 0x080bffff, "rw"),  # redistributor of its one vCPU
    (UART, UART + 0xfff, "rw"),  # PL011
    (0x0a000000, 0x0a003fff, "r"),  # empty virtio-mmio slots
    (0x0a020000, 0x0a020fff, "r"),  # in window
    (0x0a021000, 0x0a023fff, "rw"),  # out window
    (0x0a100000, 0x0a101fff, "r"),  # boot stub
    (0x0a110000, 0x0a110fff, "r"),  # its parameters
    (0x0a120000, 0x0a120fff, "r"),  # information page
    (RAM, RAM_END - 1, "rw"),
]

# Edges: what -> which of (before, first, last, behind) answer to reads, and to writes.
EDGES = {
    "gicd": ("-rr-", "-ww-"),
    "gicr": ("-rr-", "-ww-"),
    "uart": ("-rr-", "-ww-"),
    "virtio": ("-rr-", "----"),
    "stub": ("-r-r", "----"),  # not all of its 64 KiB; the parameters follow
    "parameters": ("-r-r", "----"),  # likewise; the information page follows
    "info": ("-rr-", "----"),
    "pristine": ("-rrr", "----"),
    "window": ("-rrr", "---w"),  # the in window; the out window follows
    "ram": ("-rr-", "-ww-"),
}

# EC of the exception at EL1 (0: UNDEFINED), or None: it runs.
INSTRUCTIONS = {
    "udf": 0, "udf_ffff": 0, "hlt": 0, "hlt_f000": 0, "dcps1": 0, "dcps2": 0, "dcps3": 0, "drps": 0,
    "svc": 0x15, "brk": 0x3c, "tlbi_alle1": 0, "tlbi_alle2": 0, "tlbi_vmalls12e1": 0, "at_s12e1r": 0,
    "at_s1e2r": 0, "ldxp_device_free": None, "clrex": None, "fp": None, "sve": 0, "pacga": 0, "msr_pan": 0,
}


def numbers(field, whole):
    """The values of "3", "1-7", "3,7" or "*"."""
    if field == "*":
        return range(whole)
    out = []
    for part in field.split(","):
        first, _, last = part.partition("-")
        out += range(int(first), int(last or first) + 1)
    return out


def table():
    """({encoding: access}, encodings that may be absent)"""
    must, may = {}, {}
    with open(TABLE, encoding="utf-8") as f:
        for line in f:
            m = re.match(r"([\d.,*-]+)\s+(rw|r|w|x)(\??)\s", line)
            if not m:
                assert line.startswith("#") or not line.strip(), line
                continue
            fields = [numbers(t, w) for t, w in zip(m[1].split("."), (4, 8, 16, 16, 8))]
            for encoding in itertools.product(*fields):
                (may if m[3] else must)[".".join(map(str, encoding))] = m[2]
    return must, may


class Report:
    """What the hostile guest said, and what its neighbours said meanwhile and after."""

    def __init__(self, machine):
        machine.expect(r"hostile begin\s", 60)
        machine.expect(r"hostile done\s", 600)
        self.all = machine.before
        machine.expect(r"hostile: vCPU 0 says that it cannot go on, code 0x0*a100000 at pc 0x0*a100[0-9a-f]{3}\b", 60)
        self.lines = lines_of(self.all, "hostile")
        self.after = {}
        for name in ("beside", "above"):
            machine.line(name, r"ticks \d+ ")
            machine.expect(r"missed (-?\d+) changed (\d+)")
            self.after[name] = machine.child.match.groups()

    def of(self, word):
        return [line.split()[1:] for line in self.lines if line.split()[0] == word]

    def value(self, key):
        return self.of(key)[0][0]


@pytest.fixture(scope="module")
def report(boot_module):
    return Report(boot_module(IMAGE, icount=True, memory="2G"))


# CPU-1
def test_every_system_register_encoding_does_what_the_table_says(report):
    must, may = table()
    found = {e: access for e, access in report.of("reg")} | {e[0]: "x" for e in report.of("sys")}
    wrong = [f"{e}: is {found.get(e, 'undefined')}, should be {must.get(e, 'undefined')}"
             for e in sorted(set(found) | set(must), key=lambda e: [int(n) for n in e.split(".")])
             if found.get(e) != must.get(e) and not (e in may and found.get(e) in (None, may[e]))]
    assert not wrong, "\n".join(wrong)
    assert report.value("registers.other_exceptions") == "0"


# MEM-2
def test_only_what_is_declared_answers_in_the_whole_address_space(report):
    assert int(report.value("ram.end"), 16) == RAM_END
    found = [(int(first, 16), int(last, 16), rights) for first, last, rights in report.of("map")]
    with open(IMAGE, "rb") as f:
        store = Image(f.read()).region("hostile", "pristine store")
    assert store.bytes >= os.path.getsize(PAYLOAD)
    assert found == sorted([*MAP, (store.ipa, store.ipa + store.bytes - 1, "r")])
    assert report.value("memory.odd_faults") == "0", "undeclared accesses get a synchronous external abort"


# MEM-2
def test_the_edges_of_what_is_declared_are_sharp(report):
    edges = {}
    for what, _, width, read, write in report.of("edge"):
        edges.setdefault((what, width), []).append((read, write))
    assert len(edges) == 4 * len(EDGES)
    for (what, width), found in edges.items():
        reads, writes = EDGES[what]
        if what == "uart" and width == "8":
            reads = writes = "----"  # its registers have 32 bits
        assert "".join("r" if r == "ok" else "-" for r, _ in found) == reads, (what, width, found)
        assert "".join("w" if w == "ok" else "-" for _, w in found) == writes, (what, width, found)


def test_nothing_but_its_ram_and_the_boot_stub_can_be_executed(report):
    assert {what: how for what, how in report.of("jump")} == dict.fromkeys(
        ("parameters", "pristine", "info", "uart", "beyond_ram", "null"), "abort")


# IRQ-3
def test_the_interrupt_controller_survives_every_access_at_every_width(report):
    assert len(report.of("gic")) == 8
    for frame, width, _, reads, writes in report.of("gic"):
        if width == "4":
            assert (reads, writes) == ("0", "0"), (frame, width)
    assert report.value("gic.sgis_after") == "16"


# CALL-2
def test_a_million_random_calls_change_nothing(report):
    assert int(report.value("calls.done")) >= 1_000_000
    assert report.value("calls.still_answers") == "0x10001"


def test_a_million_random_calls_about_ports_answer_what_is_documented(report):
    assert int(report.value("ports.calls")) >= 1_000_000
    assert report.value("ports.own") == "10"
    answers = {status: int(n) for status, n in report.of("ports.answer")}
    # OK, and -2 to -8: CAP, RIGHT, ARG, STATE, AGAIN, TIMEOUT, PEER
    assert not [s for s in "0234567" if not answers[s]], answers
    assert answers["1"] == 0, "each of these calls is known"
    for odd in ("odd_statuses", "odd_registers", "odd_messages"):
        assert report.value(f"ports.{odd}") == "0", odd


# CALL-1
def test_refused_calls_are_lines_of_the_log_but_not_one_each(report):
    lines = len(re.findall(r"hostile: vCPU 0 [^\r\n]* refused", report.all[report.all.index("ports.own"):]))
    refused = sum(int(n) for status, n in report.of("ports.answer") if status in ("2", "3", "4"))
    assert 0 < lines < refused // 16


def test_who_has_ports_to_it_loses_no_message_of_others(report):
    assert not re.findall(r"(?:victim|honest) *\|[^\r\n]*FAILED[^\r\n]*", report.all)
    said = [tuple(map(int, m)) for m in re.findall(r"victim *\| honest (\d+) hostile (\d+) wrong (\d+)", report.all)]
    assert said and said[-1][2] == 0
    assert said[-1][0] > 1000 and said[-1][1] > 1000


def test_a_sender_that_rewrites_its_buffers_meanwhile_spoils_only_its_own(boot):
    m = boot("build/tests/hostile-window.img", memory="2G")
    m.expect(r"rewriter *\| rewritten: sent (\d+) busy (\d+) full (\d+) other (\d+)\s", 600)
    sent, busy, full, other = map(int, m.child.match.groups())
    assert sent >= 50000 and busy > 0 and full > 0 and other == 0
    said = m.before
    m.line("victim", "honest")
    m.expect(r" (\d+) hostile (\d+) wrong (\d+)\s")
    honest, hostile, wrong = map(int, m.child.match.groups())
    assert "FAILED" not in said and wrong == 0
    assert honest > 1000 and hostile > 10000


def test_instructions_without_permission_are_undefined(report):
    found = {i[0]: None if i[1] == "ran" else int(i[2], 16) for i in report.of("insn")}
    assert found == INSTRUCTIONS
    assert report.value("insn.unallocated.undefined") == "10000"


# CPU-4
def test_set_way_maintenance_is_refused(report):
    assert (report.value("setway.refused"), report.value("setway.ran")) == ("300", "0")


def test_accesses_that_cannot_be_decoded_are_aborts_and_plain_ones_work(report):
    uart = {u[0]: u[1:] for u in report.of("uart")}
    for plain in ("ldrb", "ldrh", "ldr", "ldrsb", "ldrsw", "ldar", "prfm"):
        assert uart[plain] == ["ran"], plain
    for odd in ("ldr_post", "ldr_pre", "str_post", "ldp", "stp", "ldxr", "ldr_s0", "ldr_q0", "ld1"):
        assert uart[odd] == ["exception", "0x25.0x10"], odd
    # An alignment fault of stage 1, for it says Device; QEMU sees the hole of stage 2 first.
    assert uart["unaligned"] in (["exception", "0x25.0x21"], ["exception", "0x25.0x10"])
    assert report.value("uart.still_works") == "ok"


# LOG-1
def test_each_fault_is_reported_with_partition_address_and_instruction(report):
    """A record each, which the console prints or, where it is overtaken, counts."""
    said = re.findall(r"bulkhead *\| hostile: vCPU 0 (read|wrote) (\d) bytes? (?:from|to) (0x[0-9a-f]+) at pc (0x[0-9a-f]+); "
                      r"nothing is declared there", report.all)
    missed = sum(int(n) for n in re.findall(r"bulkhead *\| (\d+) records were overwritten before", report.all))
    assert len(said) + missed >= int(report.value("memory.faults")) > 1000
    assert {(how, size) for how, size, *_ in said} == set(itertools.product(("read", "wrote"), "1248"))
    for how, size, address, pc in said:
        at, right = int(address, 16), "r" if how == "read" else "w"
        allowed = [m for m in MAP if m[0] <= at <= m[1] and right in m[2]]
        # Of the UART, whose registers have 32 bits, a wider access is no less a fault.
        assert not allowed or size == "8" and allowed[0][0] == UART, (how, size, address)
        assert RAM <= int(pc, 16) < RAM_END


def test_registers_that_are_refused_are_reported_by_their_encoding(report):
    said = re.findall(r"bulkhead *\| hostile: vCPU 0 (?:read|wrote) S([23])_(\d)_C(\d+)_C(\d+)_(\d) at pc 0x4[0-9a-f]{7}; "
                      r"a partition may not use that register", report.all)
    must, _ = table()
    assert len(set(said)) > 100
    assert not [e for e in map(".".join, said) if must.get(e) == "rw"]


# CALL-2, IRQ-3
def test_the_neighbours_miss_no_tick_and_lose_no_byte(report):
    rounds = re.findall(r"(beside|above) *\| ticks (\d+) missed (-?\d+) changed (\d+)", report.all)
    assert {name for name, *_ in rounds} == {"beside", "above"}
    assert not [r for r in rounds if (r[2], r[3]) != ("0", "0")]
    assert report.after == {"beside": ("0", "0"), "above": ("0", "0")}
