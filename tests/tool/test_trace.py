# SPDX-License-Identifier: Apache-2.0
"""`bulkhead trace` on traces made by hand: what it says of each record, what became of each window, what it refuses."""

import json
import struct
from xml.etree import ElementTree

import pytest
from payloads import image, pattern
from traces import (ABI_VERSION, BUDGET, BY_BUDGET, BY_SLACK, EPOCH, EXIT, FAULT, IRQ, MESSAGE, MODE, NONE, RING_BYTES, SHUT, SWITCH, WINDOW, Ring,
                    fields, trace_file)

SVG = "{http://www.w3.org/2000/svg}"
LEFT, BAND = 90, 1000
COSTS = "bulkhead { overhead { section-ns = <20000>; switch-ns = <2000>; irq-ns = <1000>; inject-ns = <3000>; }; };"
LATE = 20 + 2 + 1  # us: section, switch, and the timer of who ran before
LOG, CONTROL, GUI, IO = range(4)
PARTITIONS = """
log: log { image = "kernel"; memory = "64K"; cores = <2>; priority = <1>; reads-log; devices = <&uart0>; };
control: control { image = "kernel"; memory = "64K"; cores = <0>; priority = <9>; };
gui: gui { image = "kernel"; memory = "64K"; cores = <0 1>; priority = <5>; changes-mode; };
io: io { image = "kernel"; memory = "64K"; cores = <1>; priority = <7>; budget-us = <1000>; period-us = <5000>; };
"""
ROOT = COSTS + """
channels {
  go { kind = "signal"; from = <&control>; to = <&gui>; };
  orders { kind = "queuing"; from = <&gui>; to = <&control>; bytes = <8>; depth = <2>; };
};
schedules {
  day { frame-us = <10000>; slack = <&gui>;
    steer { length-us = <2000>; partitions = <&control>; };
    screen { at-us = <4000>; length-us = <5000>; partitions = <&gui>; cores = <0>; };
    other { at-us = <1000>; length-us = <8000>; partitions = <&gui>; cores = <1>; }; };
  night { frame-us = <20000>; at-once; without = <&gui>;
    steer { length-us = <4000>; partitions = <&control>; }; };
};
"""
# core 0: rank 0 is control's, rank 1 gui's; core 1: rank 0 is io's, rank 1 gui's
STEER, SCREEN, OTHER, GAP = 0, 1, 0, NONE


class Traced:
    def __init__(self, system):
        self.system, self.file = system, system.folder / "trace"
        system.file("kernel", image(pattern(300)))
        system.describe(PARTITIONS, ROOT)
        self.image = system.built()

    def write(self, *rings, **how):
        by_core = {r.core: r for r in rings}
        self.file.write_bytes(trace_file(self.image, [by_core.get(c, Ring(c)) for c in range(3)], **how))

    def tool(self, *words):
        return self.system.tool("trace", self.file, self.system.folder, *words)

    def said(self, *words):
        status, said = self.tool(*words)
        assert status == 0, said
        return said

    def json(self, *words):
        return json.loads(self.said("--json", *words))

    def fates(self, name="steer", core=0):
        return [w["fate"] for w in self.json()["windows"] if w["window"] == name and w["core"] == core]

    def made(self, name, *words):
        out = self.system.folder / name
        self.said("-o", out, *words)
        return out.read_bytes()

    def refused(self):
        out = self.system.folder / "out.svg"
        status, said = self.tool("-o", out)
        assert status == 1 and not out.exists() and str(self.file) in said, said
        return said


@pytest.fixture
def traced(system):
    return Traced(system)


def frame(ring, start, late=1.0, control=300, screen=True):
    """A frame of mode day on core 0 as it should be: steer's window, then what is left of it idle, gap, gui's window."""
    ring.irq(start + 0.2).window(start + 0.4, STEER, start, 1).switch(start + late, CONTROL)
    ring.add(start + control, EXIT, (CONTROL, 0), 1, 1 << 26, 0x40000100).idle(start + control + 0.3)
    ring.irq(start + 2000.2).window(start + 2000.4, GAP, start + 2000, 0)
    if screen:
        ring.irq(start + 4000.2).window(start + 4000.4, SCREEN, start + 4000, 2).switch(start + 4001, GUI, rank=1)
        ring.irq(start + 9000.2, (GUI, 0)).window(start + 9000.4, GAP, start + 9000, 0).switch(start + 9001, GUI, BY_SLACK, rank=1)
    return ring


def frames(n, first=0):
    ring = Ring(0).add(first + 0.1, MODE, arg=0, a=EPOCH + first * 1000, b=NONE)
    for k in range(n):
        frame(ring, first + 10000 * k)
    return ring


# --- the listing ---

def lines(said):
    """{(ms, kind): (who, what)}"""
    found = {}
    for line in said.splitlines():
        words = line.split(None, 4)
        if len(words) == 5 and words[1].isdigit() and "." in words[0]:
            found[float(words[0]), words[3]] = (words[2], words[4])
    return found


@pytest.mark.parametrize("kind, who, arg, a, b, says", [
    (SWITCH, (CONTROL, 0), BY_BUDGET, 0, 0, ("control", "switch", "runs by budget")),
    (SWITCH, (GUI, 0), BY_SLACK, 1, 0, ("gui.0", "switch", "runs by slack")),
    (SWITCH, (GUI, 0), 1, 0, 0, ("gui.0", "switch", "runs by window, on the time of control, which waits for it")),
    (EXIT, (CONTROL, 0), 0x01, 0, 0x40000100, ("control", "exit", "WFI at 0x40000100")),
    (EXIT, (CONTROL, 0), 0x01, 1, 0x40000100, ("control", "exit", "WFE at 0x40000100")),
    (EXIT, (CONTROL, 0), 0x16, 0, 0x10, ("control", "exit", "HVC at 0x10")),
    (EXIT, (CONTROL, 0), 0x18, 1, 0x10, ("control", "exit", "read of a system register that traps at 0x10")),
    (EXIT, (CONTROL, 0), 0x24, 1 << 24 | 2 << 22 | 1 << 6, 0x10, ("control", "exit", "store of 4 bytes that traps at 0x10")),
    (EXIT, (CONTROL, 0), 0x24, 0, 0x10, ("control", "exit", "load that traps at 0x10")),
    (EXIT, (CONTROL, 0), 0x3c, 0, 0x10, ("control", "exit", "exception class 0x3c at 0x10")),
    (IRQ, (CONTROL, 0), 26, 0, 0, ("control", "irq", "interrupt 26: the kernel's alarm")),
    (IRQ, (0xFF, 0xFF), 27, 0, 0, ("-", "irq", "interrupt 27: virtual timer")),
    (IRQ, (0xFF, 0xFF), 7, 0, 0, ("-", "irq", "interrupt 7: kick from another core")),
    (IRQ, (CONTROL, 0), 1, 0, 0, ("control", "irq", "interrupt 1: SGI of a sibling")),
    (IRQ, (0xFF, 0xFF), 33, 0, 0, ("-", "irq", "interrupt 33: uart0")),
    (IRQ, (0xFF, 0xFF), 77, 0, 0, ("-", "irq", "interrupt 77: nobody's")),
    (MESSAGE, (CONTROL, 0), 6, 0, 0, ("control", "message", "signals go to gui: ok")),
    (MESSAGE, (GUI, 0), 6 | 1 << 16, 0, -3, ("gui.0", "message", "signals orders to control: not its right")),
    (MESSAGE, (GUI, 0), 7 | 1 << 16, 8, -6, ("gui.0", "message", "sends orders to control, 8 bytes: full or empty")),
    (MESSAGE, (CONTROL, 0), 8 | 1 << 16, 0, 0, ("control", "message", "receives orders from gui: ok")),
    (MESSAGE, (GUI, 0), 9 | 1 << 16, 0, -7, ("gui.0", "message", "waits for go from control: timeout")),
    (MESSAGE, (CONTROL, 0), 8 | 9 << 16, 0, -2, ("control", "message", "receives port 9, which it does not have: no such capability")),
    (MESSAGE, (CONTROL, 0), 12, 0, (1 << 63) - 1, ("control", "message", "serves go to gui: waits")),
    (MESSAGE, (CONTROL, 0), 99, 0, 0, ("control", "message", "call 99")),
    (FAULT, (CONTROL, 0), 4, 0x9000000, 0x104,
     ("control", "fault", "vCPU 0 wrote 4 bytes to 0x09000000; nothing is declared there")),
    (FAULT, (CONTROL, 0), 3, 0, 1, ("control", "fault", "stopped: it asked to be switched off")),
    (WINDOW, (0xFF, 0xFF), SCREEN, EPOCH + 999_000, 2, ("-", "window", "window screen begins, planned at 0.999000 ms, late by 1000 ns")),
    (WINDOW, (0xFF, 0xFF), GAP, EPOCH + 999_000, 0, ("-", "window", "a gap begins, planned at 0.999000 ms, late by 1000 ns")),
    (WINDOW, (0xFF, 0xFF), 7, EPOCH + 999_000, 0, ("-", "window", "window number 7, which the plan does not have, begins")),
    (BUDGET, (CONTROL, 0), 0, -150, 0, ("control", "budget", "has used its budget up and 150 ns more")),
    (BUDGET, (CONTROL, 0), 1, 5000, 0, ("control", "budget", "has 5000 ns of budget again")),
    (MODE, (0xFF, 0xFF), 1, EPOCH + 999_000, 0, ("-", "mode", "mode night from 0.999000 ms on; it was day")),
    (MODE, (0xFF, 0xFF), 0, EPOCH + 999_000, NONE, ("-", "mode", "mode day from 0.999000 ms on; it was none")),
    (SHUT, (LOG, 0xFF), 33, 0, 0, ("log", "shut", "line 33 (uart0) is masked until it runs")),
])
def test_each_record_is_a_line(traced, kind, who, arg, a, b, says):
    traced.write(Ring(0).add(1000, kind, who, arg, a, b))
    ((ms, k), (name, what)), = lines(traced.said()).items()
    assert ms == 1.0 and (name, k) == says[:2] and what.startswith(says[2])


def test_all_cores_are_listed_by_time(traced):
    traced.write(Ring(1).switch(3, IO, BY_BUDGET).idle(5), Ring(0).idle(-2).idle(4))
    said = traced.said()
    times = [line.split()[:2] for line in said.splitlines() if "nobody runs" in line or "runs by" in line]
    assert times == [["-0.002000", "0"], ["0.003000", "1"], ["0.004000", "0"], ["0.005000", "1"]]
    assert "since the epoch" in said


def test_before_the_epoch_times_count_from_the_first_record(traced):
    rings = [Ring(c) for c in range(3)]
    for r in rings:
        r.epoch, r.mode = 0, NONE
    rings[0].idle(100).idle(101)
    traced.write(*rings)
    said = traced.said()
    assert "since the first record" in said and (0.001, "idle") in lines(said)


def test_a_ring_that_has_gone_round_has_the_last_records_in_order(traced):
    ring = Ring(0, n=16)
    for i in range(100):
        ring.idle(i)
    traced.write(ring)
    d = traced.json()
    assert [r["ns"] for r in d["records"]] == [i * 1000 for i in range(87, 100)]  # the oldest slots may be half written
    assert d["cores"][0] == {"core": 0, "records": 13, "lost": 87}


def test_a_ring_that_is_just_full_may_be_writing_over_its_first(traced):
    ring = Ring(0, n=16)
    for i in range(16):
        ring.idle(i)
    traced.write(ring)
    assert traced.json()["cores"][0] == {"core": 0, "records": 13, "lost": 3}


def test_the_last_mode_and_the_changes_tell_every_records_mode(traced):
    ring = Ring(0, n=8, mode=1)
    ring.add(0, MODE, arg=0, a=EPOCH, b=NONE)
    for i in range(1, 8):
        ring.idle(i)
    ring.add(8, MODE, arg=1, a=EPOCH + 8000, b=0)  # over the first
    ring.idle(9)
    traced.write(ring)
    assert [r["mode"] for r in traced.json()["records"]] == ["day"] * 3 + ["night", "night"]


def test_a_part_of_it_is_listed(traced):
    traced.write(frames(5))
    everything = lines(traced.said())

    def listed(*words):
        return sorted(t for t, _ in lines(traced.said(*words)))

    assert listed("--from", "10", "--to", "20") == sorted(t for t, _ in everything if 10 <= t <= 20)
    assert listed("--last", "5.5") == sorted(t for t, _ in everything if t >= 49.001 - 5.5)
    status, said = traced.tool("--from", "60")
    assert status == 1 and "it is of 0.000100 to 49.001000 ms" in said


# --- what became of the windows ---

def test_windows_that_were_as_planned(traced):
    traced.write(frames(3))
    assert traced.fates("steer") == ["ran"] * 3 and traced.fates("screen") == ["ran"] * 3
    w = traced.json()["windows"][0]
    assert (w["from_ns"], w["to_ns"], w["began_ns"], w["ran_ns"], w["who"], w["promised_ns"]) == (0, 2000000, 400, 1000, "control", LATE * 1000)
    row = next(line.split() for line in traced.said().splitlines() if line.startswith("day") and "steer" in line)
    assert row == ["day", "0", "steer", "3", "3", "0", "0", "0", "0", "1", "us", f"{LATE}", "us"]


def test_a_window_that_the_kernel_did_not_begin_is_missed(traced):
    ring = frames(1)
    ring.irq(10500).window(10500.2, GAP, 9000, 0)  # the machine stood still
    for k in (2, 3):
        frame(ring, 10000 * k)
    traced.write(ring)
    assert traced.fates("steer") == ["ran", "missed", "ran", "ran"]
    assert traced.fates("screen") == ["ran", "missed", "ran", "ran"]


@pytest.mark.parametrize("late, fate", [(LATE, "ran"), (LATE + 0.001, "late"), (1500, "late")])
def test_a_start_beyond_what_check_promises_is_late(traced, late, fate):
    ring = frames(1)
    frame(ring, 10000, late=late, control=1800)
    traced.write(ring)
    assert traced.fates("steer") == ["ran", fate]


def test_who_wanted_to_run_only_later_was_not_late(traced):
    ring = frames(1)
    ring.irq(10000.2, (GUI, 0)).window(10000.4, STEER, 10000, 1).idle(10000.7).irq(10500, intid=27).switch(10501, CONTROL)
    ring.irq(12000.2, (CONTROL, 0)).window(12000.4, GAP, 12000, 0)
    traced.write(ring)
    assert traced.fates("steer") == ["ran", "woke"]


def test_a_start_within_the_promise_ran_whatever_was_before_it(traced):
    ring = frames(1)
    ring.irq(10000.2, (GUI, 0)).window(10000.4, STEER, 10000, 1).idle(10000.7).irq(10001, intid=27).switch(10002, CONTROL)
    ring.irq(12000.2, (CONTROL, 0)).window(12000.4, GAP, 12000, 0)
    traced.write(ring)
    assert traced.fates("steer") == ["ran", "ran"]


def test_slack_in_a_window_says_that_its_own_did_not_want_it(traced):
    ring = frames(1)
    ring.irq(10000.2, (GUI, 0)).window(10000.4, STEER, 10000, 1)  # gui goes on, on slack
    ring.irq(12000.2, (GUI, 0)).window(12000.4, GAP, 12000, 0)
    traced.write(ring)
    assert traced.fates("steer") == ["ran", "unused"]


def test_a_window_that_others_had_all_of_is_missed(traced):
    ring = frames(1)
    ring.irq(10000.2, (GUI, 0)).window(10000.4, STEER, 10000, 1).switch(10000.8, GUI, BY_BUDGET, rank=1)
    ring.irq(12000.2, (GUI, 0)).window(12000.4, GAP, 12000, 0)
    traced.write(ring)
    assert traced.fates("steer") == ["ran", "missed"]
    assert b"others had all of it" in traced.made("x.svg")


def test_who_has_run_already_runs_from_the_windows_start_on(traced):
    ring = frames(1, first=0)
    ring.irq(10000.2, (GUI, 0)).window(10000.4, STEER, 10000, 1).switch(10001, CONTROL).idle(10300)
    ring.irq(12000.2).window(12000.4, GAP, 12000, 0).switch(12001, GUI, BY_SLACK, rank=1)
    ring.irq(14000.2, (GUI, 0)).window(14000.4, SCREEN, 14000, 2)  # no switch: it goes on
    ring.add(15000, EXIT, (GUI, 0), 1)
    ring.irq(19000.2, (GUI, 0)).window(19000.4, GAP, 19000, 0)
    traced.write(ring)
    w = [w for w in traced.json()["windows"] if w["window"] == "screen"][1]
    assert (w["fate"], w["ran_ns"], w["who"]) == ("ran", 14000400, "gui.0")


def test_where_the_trace_begins_or_ends_in_a_window_nothing_is_said_of_it(traced):
    ring = frames(2)
    ring.records = ring.records[4:]  # control runs already
    ring.irq(20000.2, (GUI, 0)).window(20000.4, STEER, 20000, 1)
    traced.write(ring)
    assert traced.fates("steer") == ["open", "ran", "open"]


def test_a_core_of_which_no_more_is_heard_has_missed_its_windows(traced):
    other = Ring(1)
    for k in range(6):
        other.idle(10000 * k + 1)
    traced.write(frames(3), other)
    assert traced.fates("steer") == ["ran"] * 3 + ["missed"] * 2 + ["open"]


def test_a_change_at_once_cuts_the_old_windows_and_begins_the_new(traced):
    ring = Ring(0, mode=1).add(0.1, MODE, arg=0, a=EPOCH, b=NONE)
    frame(ring, 0, screen=False)
    ring.irq(4000.2).window(4000.4, SCREEN, 4000, 2).switch(4001, GUI, rank=1)
    ring.irq(6000.3, (GUI, 0), 0).add(6000.5, MODE, arg=1, a=EPOCH + 6_000_000, b=0)
    ring.window(6000.6, STEER, 6000, 1).switch(6100, CONTROL)  # late, but nothing is promised for a change at once
    ring.irq(10000.2, (CONTROL, 0)).window(10000.4, GAP, 10000, 0).idle(10001)
    ring.irq(26000.2).window(26000.4, STEER, 26000, 1).switch(26001, CONTROL)
    ring.irq(30000.2, (CONTROL, 0)).window(30000.4, GAP, 30000, 0).idle(30001)
    traced.write(ring)
    found = [(w["mode"], w["window"], w["from_ns"] // 1000, w["to_ns"] // 1000, w["fate"]) for w in traced.json()["windows"] if w["core"] == 0]
    assert found == [("day", "steer", 0, 2000, "ran"), ("day", "screen", 4000, 6000, "ran"), ("night", "steer", 6000, 10000, "ran"),
                     ("night", "steer", 26000, 30000, "ran")]


def test_without_the_change_in_the_ring_the_plan_is_in_step_all_the_same(traced):
    ring = frames(5, first=70000)
    del ring.records[0]
    traced.write(ring)
    assert traced.fates("steer") == ["ran"] * 5


# --- the timeline ---

def svg(traced, *words):
    return ElementTree.fromstring(traced.made("made.svg", *words))


def titled(root, tag, name=None):
    return [(e.find(SVG + "title").text, e) for e in root.iter(SVG + tag)
            if e.find(SVG + "title") is not None and (name is None or e.get("class") == name)]


def test_the_timeline_has_planned_windows_and_runs_where_they_were(traced):
    traced.write(frames(2))
    root = svg(traced, "--from", "0", "--to", "20")
    windows = {t: (round(float(e.get("x")) - LEFT), round(float(e.get("width")))) for t, e in titled(root, "rect") if "window" in t}
    starts = {t.split(":")[0]: where for t, where in windows.items()}
    assert starts["control, window steer planned 0.000000 ms to 2.000000 ms"] == (0, 100)
    assert starts["gui, window screen planned 14.000000 ms to 19.000000 ms"] == (700, 250)
    runs = [(t, float(g.find(SVG + "rect").get("x")) - LEFT, float(g.find(SVG + "rect").get("width"))) for t, g in titled(root, "g")]
    t, x, wide = next(r for r in runs if r[0].startswith("gui.0 ran 4.001000"))
    assert t.endswith("by window") and (round(x), round(wide)) == (200, 250)
    assert any(t.startswith("gui.0 ran 9.001000 ms to 10.001000 ms, by slack") for t, _, _ in runs)
    words = ["".join(e.itertext()) for e in root.iter(SVG + "text")]
    assert {"core 0", "core 1", "planned", "actual", "mode day", "by its budget", "control", "10 ms"} <= set(words)
    assert not titled(root, "rect", "missed") and not titled(root, "path", "late")


def test_a_missed_window_is_marked_and_only_that_one(traced):
    ring = frames(1)
    ring.irq(13900, (GUI, 0)).window(13900.2, GAP, 12000, 0).irq(14000.2, (GUI, 0)).window(14000.4, SCREEN, 14000, 2)
    ring.irq(19000.2, (GUI, 0)).window(19000.4, GAP, 19000, 0)
    frame(ring, 20000)
    traced.write(ring)
    (title, box), = titled(svg(traced, "--from", "0", "--to", "25"), "rect", "missed")
    assert title.startswith("steer, 10.000000 ms to 12.000000 ms: MISSED")
    assert (round(float(box.get("x")) - LEFT), round(float(box.get("width")))) == (400, 80)


def test_a_late_window_is_marked_from_its_plan_to_its_start(traced):
    ring = frames(1)
    frame(ring, 10000, late=1000, control=1900)
    traced.write(ring)
    (title, path), = titled(svg(traced, "--from", "0", "--to", "20"), "path", "late")
    assert title == f"steer: LATE: control ran after 1 ms, promised {LATE} us"
    assert path.get("d").startswith(f"M{LEFT + 500:.2f} ") and "h50.00" in path.get("d")


def test_faults_are_marked_and_said(traced):
    traced.write(frames(1).add(9500, FAULT, (GUI, 0), 4, 0x9000000, 0x104))
    (title, _), = titled(svg(traced), "path", "fault")
    assert title == "gui.0: vCPU 0 wrote 4 bytes to 0x09000000; nothing is declared there"


def test_many_short_runs_do_not_make_a_large_picture(traced):
    ring = Ring(1).add(0, MODE, arg=0, a=EPOCH, b=NONE)
    for i in range(500):
        ring.switch(20 * i + 1, IO, BY_BUDGET).switch(20 * i + 11, GUI, BY_SLACK, rank=1, vcpu=1)
    traced.write(ring, frames(10))
    assert len(traced.made("x.svg")) < 60000


# --- Perfetto ---

def perfetto(data):
    """Its tracks by uuid: name, parent, process, thread, counter's unit; and its events: (ns, track, type, name, categories, counter)."""
    tracks, events, sequences = {}, [], set()
    for number, packet in fields(data):
        assert number == 1
        p = dict(fields(packet))
        sequences.add(p[10])
        if 60 in p:
            d = dict(fields(p[60]))
            assert d[1] not in tracks
            tracks[d[1]] = {"name": d[2].decode(), "parent": d.get(5), "process": d.get(3), "thread": d.get(4), "counter": d.get(8)}
        else:
            e = fields(p[11])
            one = dict(e)
            events.append((p[8], one[11], one[9], one.get(23, b"").decode(), [v.decode() for n, v in e if n == 22], one.get(30)))
    assert sequences == {1} and dict(fields(fields(data)[0][1]))[13] == 1
    return tracks, events


def test_perfettos_tracks_are_partitions_vcpus_and_cores(traced):
    traced.write(frames(2))
    tracks, events = perfetto(traced.made("x.pftrace"))
    names = {t["name"] for t in tracks.values()}
    assert {"control", "gui", "io", "log", "cores", "core 0 planned", "core 0 actual", "core 1 windows late"} <= names
    gui = next(u for u, t in tracks.items() if t["name"] == "gui")
    pid = dict(fields(tracks[gui]["process"]))
    assert pid[1] == GUI + 1 and pid[6] == b"gui"
    threads = [dict(fields(t["thread"])) for t in tracks.values() if t["parent"] == gui]
    assert [t[5] for t in threads] == [b"vCPU 0", b"vCPU 1"] and all(t[1] == pid[1] for t in threads)
    assert len({t[2] for t in threads}) == 2
    assert all(e[1] in tracks for e in events)
    assert all(t["parent"] is None or t["parent"] in tracks for t in tracks.values())


def test_perfettos_slices_begin_and_end_in_pairs_on_each_track(traced):
    ring = frames(3).add(25000, FAULT, (GUI, 0), 4, 0x9000000, 0x104).add(26000, MESSAGE, (GUI, 0), 7 | 1 << 16, 8, 0)
    traced.write(ring, Ring(1).switch(3, IO, BY_BUDGET).idle(1000).switch(5000, IO, BY_BUDGET).idle(6000))
    tracks, events = perfetto(traced.made("x.perfetto-trace"))
    open_, began = {}, {}
    for ns, track, kind, name, _, _ in sorted(events, key=lambda e: e[0]):  # as it sorts: by time, else as they come
        if kind == 1:
            assert not open_.get(track), f"{tracks[track]['name']}: {name} begins within {open_[track]}"
            open_[track] = (ns, name)
            began.setdefault(tracks[track]["name"], []).append((ns - EPOCH, name))
        elif kind == 2:
            assert open_[track] and ns >= open_[track][0]
            open_[track] = None
    assert not any(open_.values())
    assert began["core 0 planned"][:3] == [(0, "steer"), (4000000, "screen"), (10000000, "steer")]
    assert began["core 0 actual"][:3] == [(1000, "control"), (4001000, "gui.0"), (9001000, "gui.0")]
    assert began["core 1 actual"] == [(3000, "io"), (5000000, "io")]
    late = [(ns - EPOCH, v) for ns, track, kind, _, _, v in events if kind == 4 and tracks[track]["name"] == "core 0 windows late"]
    assert (10001000, 1000) in late and (24001000, 1000) in late
    instants = {(ns - EPOCH, tracks[track]["name"], tuple(c)): name for ns, track, kind, name, c, _ in events if kind == 3}
    assert instants[25000000, "vCPU 0", ("fault",)].startswith("vCPU 0 wrote 4 bytes")
    assert instants[26000000, "vCPU 0", ("message",)] == "sends orders to control, 8 bytes: ok"
    assert instants[200, "core 0 actual", ("irq",)] == "interrupt 26: the kernel's alarm"


def test_perfetto_is_told_of_missed_windows(traced):
    ring = frames(1)
    ring.irq(13900, (GUI, 0)).window(13900.2, GAP, 12000, 0)
    frame(ring, 20000)
    traced.write(ring)
    _, events = perfetto(traced.made("x.pftrace"))
    assert [e[3] for e in events if e[3].endswith("missed")] == ["window steer missed", "window screen missed"]


# --- what is refused ---

@pytest.mark.parametrize("how, says", [
    ({"magic": b"BHTRACE0"}, "is no trace"),
    ({"version": 2}, f"ABI version 2, and this tool reads version {ABI_VERSION}"),
    ({"head_bytes": 48}, "impossible sizes"),
    ({"cores": 0}, "impossible sizes"),
    ({"cores": 17}, "impossible sizes"),
    ({"cores": 4}, "is truncated"),
    ({"cores": 2}, "is too long"),
    ({"ring_bytes": 0}, "impossible sizes"),
    ({"ring_bytes": 1 << 63}, "impossible sizes"),
    ({"crc": 1}, "its checksum differs"),
    ({"digest": 1}, "the trace of another system"),
])
def test_a_file_with_a_wrong_head_is_refused(traced, how, says):
    traced.write(frames(2), **how)
    assert says in traced.refused()


def test_the_trace_of_another_system_is_refused(traced):
    traced.write(frames(2))
    traced.system.describe(PARTITIONS.replace('name = "control"', ""), ROOT.replace("length-us = <2000>", "length-us = <1900>"))
    assert "is the trace of another system" in traced.refused()


@pytest.mark.parametrize("n", [0, 7, 39, 40, 41, 40 + 3 * RING_BYTES - 1])
def test_a_truncated_file_is_refused(traced, n):
    traced.write(frames(2))
    traced.file.write_bytes(traced.file.read_bytes()[:n])
    said = traced.refused()
    assert "truncated" in said and str(n) in said


def test_a_flipped_bit_is_found_wherever_it_is(traced):
    traced.write(frames(2))
    whole = traced.file.read_bytes()
    for at in (40, 40 + RING_BYTES, 40 + 3 * RING_BYTES - 1):
        traced.file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:])
        assert "is damaged: its checksum differs" in traced.refused()


@pytest.mark.parametrize("field, value, says", [
    ("magic", 0, "no ring of core 1"),
    ("core_said", 2, "no ring of core 1"),
    ("n_said", 0, "cannot have 0 records"),
    ("n_said", 1000, "cannot have 1000 records"),
    ("n_said", 2048, "cannot have 2048 records"),
    ("frequency", 0, "a counter of 0 Hz"),
    ("frequency", 5, "a counter of 5 Hz"),
    ("mode", 2, "no mode 2"),
])
def test_a_ring_that_cannot_be_is_refused(traced, field, value, says):
    at = {"magic": 8, "n_said": 4, "core_said": 12, "frequency": 16, "mode": 32}[field]
    size = "<Q" if field == "frequency" else "<I"

    class Wrong(Ring):
        def bytes(self):
            data = bytearray(super().bytes())
            struct.pack_into(size, data, at, value)
            return bytes(data)

    traced.write(Wrong(1).idle(1), frames(1))
    assert says in traced.refused()


@pytest.mark.parametrize("record, says", [
    ((0,), "a record of kind 0"),
    ((11,), "a record of kind 11"),
    ((EXIT, (4, 0)), "vCPU 0 of partition 4"),
    ((EXIT, (GUI, 2)), "vCPU 2 of partition 2"),
    ((EXIT, (GUI, 1)), "vCPU 1 of gui on core 0"),
    ((SWITCH, (CONTROL, 0), 1, 2), "switches to nobody"),
    ((SWITCH,), "switches to nobody"),
    ((MODE, (0xFF, 0xFF), 2, 0, 0), "no mode 2"),
    ((MODE, (0xFF, 0xFF), 1, 0, 2), "no mode"),
])
def test_a_record_that_cannot_be_is_refused(traced, record, says):
    traced.write(frames(1).add(9900, *record))
    assert says in traced.refused()


def test_times_that_cannot_be_are_refused_not_drawn_for_ever(traced):
    traced.write(frames(1).idle(9e12))
    assert "further apart than a run can be" in traced.refused()


def test_a_file_that_is_not_there_is_said(traced):
    assert "cannot read" in traced.refused()


@pytest.mark.parametrize("words, says", [
    ((), "takes the file"),
    (("a",), "takes the file"),
    (("a", "b", "c"), "c is too much"),
    (("a", "b", "--form"), "no option --form"),
    (("a", "b", "--form", "x"), "no option --form"),
    (("a", "b", "-o", "x.png"), "its end says the form"),
    (("a", "b", "--last"), "lacks its value"),
    (("a", "b", "--last", "soon"), "a number of milliseconds, not soon"),
    (("a", "b", "--last", "0"), "--last takes"),
    (("a", "b", "--last", "5", "--from", "1"), "without --from"),
    (("a", "b", "--from", "nan"), "not nan"),
    (("a", "b", "--from", "2", "--to", "2"), "--from must be before --to"),
])
def test_wrong_use_is_said_with_status_2(traced, words, says):
    status, said = traced.system.tool("trace", *words)
    assert status == 2 and says in said and "usage: bulkhead trace" in said


def test_help_knows_it(system):
    status, said = system.tool("--help")
    assert status == 0 and "trace FILE SYSTEM" in said and "--trace FILE" in said
