# SPDX-License-Identifier: Apache-2.0
"""Health policies, watchdogs, warm starts, dumps and the monitor, as the tool writes them: into the blob, the boot
parameters, the monitor's information page, and the roots by which it inspects others."""

import struct

import pytest
from image import FAULTS, HEAD, INFO_ENTRY, INFO_HEAD, Image
from loaded import RAM, Loaded
from payloads import elf, image, pattern

DEFAULTS = {"access": "inject", "call": "log", "instruction": "inject", "watchdog": "restart", "deadline": "log",
            "budget": "ignore", "panic": "stop", "reset": "restart", "off": "stop", "silent": "log", "hardware": "inject",
            "boot": "stop"}
NEVER = dict(DEFAULTS, watchdog="stop", reset="stop")
NOINIT = 0x6B680001
INSPECT = 0x4000000000
KIB, PAGE = 1024, 4096
S = 1_000_000_000
READ, WRITE, EXECUTE_NEVER = 1 << 6, 1 << 7, 1 << 54
START, STOP, SEE = 1, 2, 4
CONTROL, MONITOR = 3, 5
LOG, PARTITION, INFO_CONTROL, MODE, INFO_MONITOR, CHANNEL, GRANT = 3, 4, 8, 10, 12, 13, 14


def part(name, core, more="", memory="1M", image_="native.elf"):
    return f'{name}: {name} {{ image = "{image_}"; memory = "{memory}"; cores = <{core}>; {more} }};\n'


def built(system, partitions, root=""):
    system.describe(partitions, root)
    system.file("native.elf", elf([(RAM, RAM, pattern(4096), 8192)], RAM))
    return Image(system.built())


def policies(made, partition):
    return {f: made.policy(partition, f) for f in FAULTS[:-1]}


def entries(made, partition):
    """(kind, cap, intid, flags, ipa, ipa2, bytes, reply_bytes, depth, period, name, peer) of its information page."""
    page = made.offset(made.region(partition, "information page").pa)
    for n in range(made.u32(page + 8)):
        e = struct.unpack_from("<4I3Q2IQ32s32s", made.data, page + INFO_HEAD + INFO_ENTRY * n)
        yield e[:10] + tuple(text.rstrip(b"\0").decode() for text in e[10:])


def of_kind(made, partition, kind):
    return [e for e in entries(made, partition) if e[0] == kind]


# --- policies ---

def test_what_is_not_said_is_the_default(system):
    made = built(system, part("always", 0) + part("never", 1, 'restart = "never";'))
    assert policies(made, "always") == DEFAULTS and policies(made, "never") == NEVER
    for name in ("always", "never"):
        p = made.named("partition", name)
        assert (p.limit_n, p.limit_ns, p.watchdog_ns, p.watchdog_first_ns, p.watchdog_open_ns, p.answer_ns) == (0,) * 6
    assert made.u32(made.blob + HEAD["monitor"]) == 0xFFFFFFFF and made.u32(made.blob + HEAD["monitor_intid"]) == 0


@pytest.mark.parametrize("fault, words", [
    (fault, words) for fault in FAULTS[:-1] for words in
    ("stop", "restart", "warm", "system", "stop, tell") + (() if fault in ("reset", "off", "boot") else ("ignore", "log", "mode:limp, tell")) +
    (("inject, tell",) if fault in ("access", "instruction", "hardware") else ())])
def test_each_word_is_what_is_done(system, fault, words):
    said = ", ".join(f'"{w}"' for w in words.split(", "))
    made = built(system, part("a", 0, "answer-us = <5>; watchdog-us = <50>; budget-us = <100>; period-us = <1000>;"
                              f" health {{ {fault} = {said}; }};") +
                 part("b", 1, "console = <&a>;") + part("m", 2, "monitor; reads-log;"), "schedules { work { }; limp { }; };")
    assert policies(made, "a") == dict(DEFAULTS, **{fault: words}) and policies(made, "b") == DEFAULTS


@pytest.mark.parametrize("then, words", [("", "stop"), ('then = "stop";', "stop"), ('then = "system";', "system"),
                                         ('then = "mode:work";', "mode:work"), ('then = "mode:limp";', "mode:limp")])
def test_a_limit_of_restarts(system, then, words):
    made = built(system, part("a", 0, f"health {{ restarts = <3>; within-us = <10000000>; {then} }};"),
                 "schedules { work { }; limp { }; };")
    a = made.named("partition", "a")
    assert (a.limit_n, a.limit_ns, made.policy("a", "limit")) == (3, 10_000_000_000, words)


@pytest.mark.parametrize("said, first, opens", [("", 1000, 0), ("watchdog-first-us = <70>;", 70, 0), ("watchdog-open-us = <999>;", 1000, 999),
                                                ("watchdog-first-us = <5000>; watchdog-open-us = <1>;", 5000, 1)])
def test_times_of_a_watchdog(system, said, first, opens):
    a = built(system, part("a", 0, f"watchdog-us = <1000>; {said}")).named("partition", "a")
    assert (a.watchdog_ns, a.watchdog_first_ns, a.watchdog_open_ns) == (1_000_000, first * 1000, opens * 1000)


@pytest.mark.parametrize("served", ["console", "bridge"])
def test_a_time_to_answer_in(system, served):
    made = built(system, part("a", 0, "answer-us = <250>;") + part("b", 1, f"{served} = <&a>;") + part("c", 2),
                 'channels { bell { kind = "signal"; from = <&b>; to = <&c>; }; };')
    assert made.named("partition", "a").answer_ns == 250_000 and made.named("partition", "b").answer_ns == 0


# --- warm starts ---

def test_a_warm_start_loads_the_payload_and_keeps_what_is_beside_it(system):
    """Two segments with zeros behind their bytes, `.noinit` between them, and the rest of RAM."""
    system.describe(part("a", 0, memory="256K", image_="own.elf"))
    first, last = RAM, RAM + 0x8000
    system.file("own.elf", elf([(first, first, pattern(1000), 0x3000), (RAM + 0x4000, RAM + 0x4000, b"", 0x2000, NOINIT),
                                (last, last, pattern(100, 5), 0x1000)], first))
    a = Loaded(system.built(), "a")
    assert a.at(first, 1000) == pattern(1000) and a.at(last, 100) == pattern(100, 5)
    for at, size, kept in ((first, 0x3000, False), (first + 0x3000, 0x5000, True), (RAM + 0x4000, 0x2000, True),
                           (last, 0x1000, False), (last + 0x1000, 0x10000, True)):
        assert a.is_kept(at, size) is kept, hex(at)
    assert not a.is_kept(a.arg), "the device tree is part of the payload"
    assert a.at(RAM + 0x4000, 0x2000) == bytes(0x2000), "a first start clears it"


def test_what_an_image_claims_behind_its_file_is_cleared_by_a_warm_start_too(system):
    system.describe(part("a", 0, 'initrd = "rd";', image_="Image"))
    system.file("Image", image(pattern(500), text_offset=0x1000, image_size=0x20000))
    system.file("rd", pattern(3000))
    a = Loaded(system.built(), "a")
    assert a.is_kept(RAM, 0x1000) is True and a.is_kept(RAM + 0x1000, 0x20000) is False
    rd = next(at for at in range(RAM, RAM + 0x100000, PAGE) if a.at(at, 3000) == pattern(3000))
    assert a.is_kept(rd, 3000) is False and a.is_kept(RAM + 0xF0000, 0x10000) is True


def test_nothing_lies_over_what_a_warm_start_is_to_keep(system):
    system.describe(part("a", 0, memory="64K", image_="own.elf"))
    system.file("own.elf", elf([(RAM, RAM, pattern(100), 0x1000), (RAM + 0x1000, RAM + 0x1000, b"", 0xF000, NOINIT)], RAM))
    status, said = system.check()
    assert status == 1 and "/partitions/a/memory: device tree" in said and "finds no room" in said
    system.file("own.elf", elf([(RAM, RAM, pattern(100), 0x1000), (RAM + 0x1000, RAM + 0x1000, b"", 0x10000, NOINIT)], RAM))
    status, said = system.check()
    assert status == 1 and "beyond RAM" in said


# --- the monitor ---

FLEET = (part("console", 0, "devices = <&uart0>; reads-log; priority = <3>;") +
         part("m", 0, "monitor; resets-system; controls = <&linux &pump>; inspects = <&pump &fan>; priority = <2>;", memory="8M") +
         part("bridge", 0, "priority = <1>;") + part("linux", "1 2", "console = <&console>; bridge = <&bridge>; controls = <&pump &m>;") +
         part("pump", 3, 'dump = "64K"; priority = <5>;', memory="2M") + part("fan", 3, 'dump = "full"; restart = "never"; priority = <4>;'))
CHANNELS = """schedules { work { }; limp { }; }; channels {
ask { kind = "call"; from = <&linux>; to = <&m>; bytes = <64>; reply-bytes = <512>; };
pages { kind = "shared"; writers = <&pump>; readers = <&fan>; size = "8K"; };
beat { kind = "sampling"; from = <&pump>; to = <&fan>; bytes = <16>; };
bell { kind = "signal"; from = <&fan>; to = <&linux>; }; };"""


@pytest.fixture
def fleet(system):
    return built(system, FLEET, CHANNELS)


def test_the_monitor_holds_one_capability_for_each_and_one_to_see_all(fleet):
    held = [(c.kind, c.object, c.rights, c.root_page != 0) for c in fleet.caps("m")]
    number = fleet.number
    assert held[1:] == [(CONTROL, number("linux"), START | STOP, False), (CONTROL, number("pump"), START | STOP | SEE, True),
                        (CONTROL, number("fan"), SEE, True), (MONITOR, 0, 1, False)]
    assert fleet.u32(fleet.blob + HEAD["monitor"]) == number("m")
    assert [c.rights for c in fleet.caps("linux")] == [START | STOP, START | STOP]


def test_a_root_to_inspect_with_is_its_own_root_and_the_other_s_ram(fleet):
    run = fleet.roots()["m"]
    bits = {at: fleet.u64(entry) for at, _, _, entry in fleet.leaves(run)}
    for c in fleet.caps("m"):
        if not c.root_page:
            continue
        other = next(p for p in ("pump", "fan") if fleet.number(p) == c.object)
        ram, seen = fleet.region(other, "RAM"), {}
        for at, size, pa, entry in fleet.leaves(c.root_page * PAGE):
            if at < INSPECT:
                assert bits[at] == fleet.u64(entry)
            else:
                assert pa - ram.pa == at - INSPECT
                assert fleet.u64(entry) & (READ | WRITE | EXECUTE_NEVER) == READ | WRITE | EXECUTE_NEVER
            seen[at] = size
        assert {at for at in seen if at < INSPECT} == set(bits)
        assert sum(size for at, size in seen.items() if at >= INSPECT) == ram.bytes


def test_its_information_page_names_what_it_sees(fleet):
    doorbell = fleet.u32(fleet.blob + HEAD["monitor_intid"])
    caps = fleet.caps("m")
    assert of_kind(fleet, "m", INFO_MONITOR) == [(INFO_MONITOR, len(caps) - 1, doorbell, 1, 0, 0, 0, 0, 0, 10 * S, "monitor", "")]
    assert [(e[1], e[8], e[10]) for e in of_kind(fleet, "m", PARTITION)] == \
        [(0, 1, "console"), (1, 1, "m"), (2, 1, "bridge"), (3, 2, "linux"), (4, 1, "pump"), (5, 1, "fan")]
    assert [(e[1], e[3], e[10], e[11]) for e in of_kind(fleet, "m", CHANNEL)] == \
        [(0, 4, "ask", "linux"), (1, 2, "beat", "pump"), (2, 1, "bell", "fan")]
    assert [e[10] for e in of_kind(fleet, "m", MODE)] == ["work", "limp"]
    for partition in ("console", "linux", "pump"):
        assert not {INFO_MONITOR, CHANNEL, GRANT} & {e[0] for e in entries(fleet, partition)}


def test_its_information_page_says_where_it_inspects_and_what_is_dumped(fleet):
    controls = {e[10]: e for e in of_kind(fleet, "m", INFO_CONTROL)}
    assert controls["linux"][1:9] == (1, 0, START | STOP, 0, 0, 0, 0, 0)
    assert controls["pump"][1:9] == (2, 0, START | STOP | SEE, INSPECT, 64, 2048 * KIB, 0, 1)
    assert controls["fan"][1:9] == (3, 0, SEE, INSPECT, 2**64 - 1, 1024 * KIB, 0, 1)
    assert [fleet.named("partition", p).flags & 8 for p in ("linux", "pump", "fan")] == [0, 8, 8]


def test_who_asks_it_for_what_by_a_bridge_too(fleet):
    """Not for itself: it cannot control itself, so nobody's word for that passes it."""
    assert [e[3:4] + e[10:] for e in of_kind(fleet, "m", GRANT)] == [(START | STOP, "linux", "pump")]


def test_without_a_call_to_the_monitor_there_is_nothing_to_grant(system):
    made = built(system, FLEET, CHANNELS.replace('"call"', '"sampling"').replace("reply-bytes = <512>;", ""))
    assert of_kind(made, "m", GRANT) == []


def test_both_see_the_log_and_only_its_reader_is_rung_for_it(fleet):
    logs = [of_kind(fleet, p, LOG) for p in ("console", "m")]
    assert [e[2] for (e,) in logs] == [fleet.u32(fleet.blob + HEAD["log_intid"]), 0]
    size = 192 + 6 * 32 * 56  # head, and a ring of 32 records for each partition
    for name, (e,) in zip(("console", "m"), logs):
        assert e[6] == (size + PAGE - 1) // PAGE * PAGE
        assert fleet.leaf(fleet.roots()[name], e[4])[2] == fleet.region("m", "health log").pa
        assert not fleet.u64(fleet.leaf(fleet.roots()[name], e[4])[3]) & WRITE


def test_it_knows_how_long_a_core_may_be_silent(system):
    for words, ns in (("", 10 * S), ("core-silent-us = <2000000>;", 2 * S), ("core-silent-us = <3500000>;", 3_500_000_000)):
        (monitor,) = of_kind(built(system, part("m", 0, f"monitor; {words}")), "m", INFO_MONITOR)
        assert monitor[9] == ns


def test_one_may_be_both_and_has_one_window(system):
    made = built(system, part("m", 0, "monitor; reads-log;") + part("a", 1))
    (log,), (monitor,) = of_kind(made, "m", LOG), of_kind(made, "m", INFO_MONITOR)
    assert log[2] == made.u32(made.blob + HEAD["log_intid"]) and monitor[2] not in (0, log[2]) and monitor[3] == 0


@pytest.mark.parametrize("parts", [1, 2, 10, 32])
def test_the_log_has_room_for_a_ring_of_each_partition(system, parts):
    text = part("m", 0, "reads-log; priority = <0>;", memory="64K")
    for n in range(1, parts):
        text += part(f"p{n}", n % 4, f"priority = <{n}>;", memory="64K")
    made = built(system, text)
    assert made.region("m", "health log").bytes == (192 + parts * 32 * 56 + PAGE - 1) // PAGE * PAGE


def test_numbers_of_controls_and_of_the_monitor_are_in_the_header(system):
    built(system, FLEET, CHANNELS)
    status, said = system.tool("header", system.folder, "m")
    assert status == 0
    defined = dict(line.split()[1:3] for line in said.splitlines() if line.startswith("#define") and line.endswith("u"))
    assert {"CONTROL_LINUX": "1u", "CONTROL_PUMP": "2u", "CONTROL_FAN": "3u", "MONITOR": "4u"}.items() <= defined.items()
    assert "MONITOR" not in system.tool("header", system.folder, "linux")[1]


# --- dumps ---

@pytest.mark.parametrize("memory, fits", [("2124K", False), ("2128K", True)])
def test_the_largest_dump_fits_beside_the_monitor_s_program(system, memory, fits):
    """60 KiB of program, 16 of the dump's head, 2 MiB of the dump, a page of the tree: to the page."""
    system.describe(part("m", 0, "monitor; inspects = <&a &b>;", memory) + part("a", 1, 'dump = "full";', "2M") + part("b", 2, 'dump = "1M";', "2M"))
    system.file("native.elf", elf([(RAM, RAM, pattern(4096), 61440)], RAM))
    status, said = system.check()
    assert (status == 0) is fits, said
    if not fits:
        assert "too few for the dump of /partitions/a: 2048 KiB and 16 for its head" in said


def test_the_remedy_for_a_dump_that_does_not_fit_is_right(system):
    system.describe(part("m", 0, "monitor; inspects = <&a>;", "1M") + part("a", 1, 'dump = "full";', "4M"))
    system.file("native.elf", elf([(RAM, RAM, pattern(4096), 8192)], RAM))
    said = system.check()[1]
    remedy = said.split('memory = "')[1].split('"')[0]
    system.describe(part("m", 0, "monitor; inspects = <&a>;", remedy) + part("a", 1, 'dump = "full";', "4M"))
    assert system.check()[0] == 0


# --- the policy of flows ---

@pytest.mark.parametrize("more, way", [
    ('health { call = "mode:limp"; };', "a -> b (change of the mode by its health policy)"),
    ('health { call = "system"; };', "a -> b (reset of the machine by its health policy)"),
    ('health { restarts = <1>; within-us = <1>; then = "mode:limp"; };', "a -> b (change of the mode by its health policy)"),
    ("monitor; resets-system;", "a -> b (reset of the machine)"),
    ("monitor; inspects = <&b>;", "a -> b (control)")])
def test_what_a_policy_can_do_to_others_flows_to_them(system, more, way):
    system.describe(part("a", 0, more) + part("b", 1), "schedules { work { }; limp { }; }; policy { still { from = <&a>; to = <&b>; }; };")
    system.file("native.elf", elf([(RAM, RAM, pattern(4096), 8192)], RAM))
    status, said = system.check()
    assert status == 1 and f"/policy/still: is broken: a reaches b: {way}" in said


def test_the_monitor_sees_everybody(system):
    system.describe(part("a", 0, "monitor;") + part("b", 1), "policy { unseen { from = <&b>; to = <&a>; }; };")
    system.file("native.elf", elf([(RAM, RAM, pattern(4096), 8192)], RAM))
    status, said = system.check()
    assert status == 1 and "b reaches a: b -> a (what the monitor sees)" in said


# --- report and drawing ---

def test_the_report_tells_policy_times_and_rights(system):
    built(system, FLEET.replace("priority = <5>;", 'priority = <5>; watchdog-us = <500000>; watchdog-open-us = <4000>; health { panic = "warm", "tell"; restarts = <3>;'
                                ' within-us = <10000000>; then = "mode:limp"; }; '), CHANNELS)
    report = (system.image.parent / "made.report.txt").read_text()
    pump = report.split("Partition 4, pump")[1].split("Partition 5")[0]
    for line in ("panic: warm, tell", "access: inject", "watchdog:  to be fed within 500 ms, at first within 500 ms, and not sooner than after 4 ms",
                 "limit:     more than 3 restarts in 10000 ms: mode:limp", "dump:      registers and 64 KiB of memory, taken by m"):
        assert line in pump
    m = report.split("Partition 1, m")[1].split("Partition 2")[0]
    for line in ("capability 4 sees what the system does and resets the machine; a core is lost that is silent for 10000 ms", "capability 2 starts, stops and inspects pump",
                 "capability 3 inspects fan", "asked:     by linux, on channel ask, to start and stop pump", "doorbell of the monitor",
                 "inspects:  pump, while it stands still: its RAM at 0x4000000000"):
        assert line in m
    assert "to start and stop m\n" not in report


def test_the_drawing_shows_who_may_look_where_and_whose_faults_reach_others(system):
    built(system, FLEET.replace("priority = <5>;", 'priority = <5>; watchdog-us = <500000>; health { panic = "system"; call = "mode:limp"; restarts = <1>; within-us = <2000>; }; '),
          CHANNELS)
    text = system.tool("draw", system.folder, "--dot")[1]
    box = {name: line for line in text.splitlines() for name in ("m", "pump", "fan", "linux") if f"<B>{name}</B></TD>" in line}
    place = {name: line.split()[0] for name, line in box.items()}
    for row in ("monitor: is told of faults, sees what all do", "may reset the machine"):
        assert row in box["m"] and row not in box["linux"]
    for row in ("its faults can reset the machine", "its faults can change the mode", "watchdog, 500 ms", "at most 1 restart in 2 ms", "dumped: 64 KiB"):
        assert row in box["pump"] and row not in box["linux"]
    assert "dumped: all of its memory" in box["fan"]
    edges = {(a, b): line for line in text.splitlines() for a in place for b in place if line.strip().startswith(f"{place[a]} -> {place[b]} [")
             and "diamond" in line}
    assert ">controls, inspects<" in edges["m", "pump"] and ">inspects<" in edges["m", "fan"] and ">controls<" in edges["m", "linux"]
    assert "sees its memory while it stands still" in text
