# SPDX-License-Identifier: Apache-2.0
"""What `check` promises for small systems whose figures can be worked out by hand (docs/time.md), and what it refuses. Times in us."""

import json

import pytest
from payloads import image, pattern

# Round figures, whatever the board's are.
COSTS = "bulkhead { overhead { section-ns = <20000>; switch-ns = <2000>; irq-ns = <1000>; inject-ns = <3000>; }; };"
PATH = 20 + 2  # a section and a switch
LATE = PATH + 1  # and the timer of who ran before


def part(name, cores, priority, more=""):
    return f'{name}: {name} {{ image = "kernel"; memory = "64K"; cores = <{cores}>; priority = <{priority}>; {more} }};'


def describe(system, partitions, schedules=""):
    system.file("kernel", image(pattern(300)))
    system.describe("\n".join([part("log", 3, 9, "reads-log;"), *partitions]),
                    root=COSTS + (f"schedules {{ {schedules} }};" if schedules else ""))


def window(at, length, *names, name="w"):
    who = " ".join(f"&{n}" for n in names)
    return f"{name}{at} {{ at-us = <{at}>; length-us = <{length}>; partitions = <{who}>; cores = <0>; }};"


def mode(frame, *windows, name="normal", more=""):
    return f"{name} {{ frame-us = <{frame}>; {more} {' '.join(windows)} }};"


def promises(system, *args):
    """{(mode, partition): its figures}"""
    describe(system, *args)
    status, said = system.tool("check", "--json", system.folder)
    assert status == 0, said
    return {(m["name"], v["partition"]): v for m in json.loads(said)["modes"] for v in m["vcpus"]}


def refused(system, *args):
    describe(system, *args)
    status, said = system.check()
    assert status == 1, said
    return said


A, B = part("a", 0, 5), part("b", 0, 4)


def test_windows_are_late_by_a_section_a_switch_and_an_exit(system):
    f = promises(system, [A, B], mode(10000, window(0, 2000, "a"), window(2000, 6000, "b")))
    a, b = f["normal", "a"], f["normal", "b"]
    assert a["window_late_ns"] == LATE * 1000 == b["window_late_ns"]
    assert a["frame_ns"] == (2000 - LATE) * 1000 and b["frame_ns"] == (6000 - LATE) * 1000
    assert a["blackout_ns"] == (8000 + LATE + 1) * 1000 and b["blackout_ns"] == (4000 + LATE + 1) * 1000
    assert a["interrupt_ns"] == a["blackout_ns"] + (PATH + 3) * 1000
    assert a["share"] == pytest.approx((2000 - LATE) / 10000, abs=1e-6) and a["change_ns"] is None


def test_each_line_of_others_costs_an_exit_at_most(system):
    f = promises(system, [part("a", 0, 5, "devices = <&rtc>;"), part("b", 0, 4, "devices = <&uart0 &gpio>;")],
                 mode(10000, window(0, 2000, "a"), window(2000, 6000, "b")))
    assert f["normal", "a"]["window_late_ns"] == (LATE + 2) * 1000
    assert f["normal", "b"]["window_late_ns"] == (LATE + 1) * 1000


def test_a_reservation_answers_at_once_while_it_has_budget_left(system):
    f = promises(system, [A, part("r", 0, 3, "budget-us = <1000>; period-us = <10000>;")], mode(10000, window(0, 5000, "a")))
    r, a = f["normal", "r"], f["normal", "a"]
    assert r["interrupt_funded_ns"] == (PATH + 3 + 1) * 1000
    assert r["blackout_ns"] == (10000 - (1000 - PATH) + LATE) * 1000  # given early, less an overrun before; then late
    # The budget with a switch there and back may be taken in the window, and an overrun; all cores begin together, so not twice.
    assert a["frame_ns"] == (5000 - LATE - (1000 + 4 + PATH)) * 1000
    assert a["window_late_ns"] == (LATE + 1000 + 4 + PATH) * 1000


def test_a_vcpu_alone_on_its_core_is_not_delayed(system):
    f = promises(system, [A, B, part("c", 1, 1)], mode(10000, window(0, 5000, "a"), window(5000, 5000, "b")))
    c = f["normal", "c"]
    assert c["share"] == 1 and c["blackout_ns"] == 0 and c["interrupt_ns"] == (PATH + 3) * 1000 and c["by"] == "always"


def tasks(*rows):
    return "tasks {" + " ".join(f"t{i} {{ period-us = <{p}>; cost-us = <{c}>; {m} }};" for i, (p, c, m) in enumerate(rows)) + "};"


# TIME-4
def test_tasks_meet_their_windows(system):
    work = tasks((20000, 1000, ""), (40000, 1500, ""))
    f = promises(system, [part("a", 0, 5, work), B], mode(10000, window(0, 2000, "a"), window(2000, 6000, "b")))
    first, second = (t["response_ns"] for t in f["normal", "a"]["tasks"])
    # Released as the last LATE of a window begins; 8000 later the next, LATE lost, an injection, its cost.
    assert first == (LATE + 8000 + LATE + 3 + 1000) * 1000
    # 2506 to do, 1977 in each window.
    assert second == (LATE + 8000 + 10000 + LATE + 2506 - 1977) * 1000


def test_a_change_of_mode_may_come_just_before_a_window(system):
    modes = mode(10000, window(0, 2000, "a"), window(2000, 2000, "b")) + \
        mode(5000, window(1000, 1000, "a"), window(2000, 1000, "b"), name="fast", more="at-once;")
    f = promises(system, [part("a", 0, 5, "changes-mode;"), B], modes)
    assert f["fast", "a"]["change_ns"] == (8000 + LATE + 1 + 1000 + LATE) * 1000
    assert f["normal", "a"]["change_ns"] == (3000 + 1 + LATE) * 1000  # at the frame's end: 2000 to 5000, then 0


def test_slack_and_less_urgent_ones_are_promised_nothing(system):
    f = promises(system, [A, B, part("s", 0, 2)], mode(10000, window(0, 2000, "a", "b"), more="slack = <&s>;"))
    assert f["normal", "s"]["by"] == "slack" and f["normal", "s"]["blackout_ns"] is None
    assert f["normal", "b"]["share"] == 0 and f["normal", "b"]["window_late_ns"] is None


def test_the_table_is_said_and_reported(system):
    describe(system, [A, B], mode(10000, window(0, 2000, "a"), window(2000, 6000, "b")))
    status, said = system.check()
    assert status == 0 and "Time, mode normal (frame 10 ms)" in said
    row = next(line for line in said.splitlines() if line.split()[:1] == ["a"])
    assert row.split() == ["a", "0", "windows", "19.8", "%", "8.024", "ms", "8.049", "ms", "23", "us", "-"]
    system.built()
    assert row in (system.image.parent / "made.report.txt").read_text()


def test_where_nobody_asks_nothing_is_promised(system):
    describe(system, [A, B])
    status, said = system.check()
    assert status == 0 and "Time" not in said


# --- refused ---

def test_a_task_that_may_be_late_is_refused(system):
    said = refused(system, [part("a", 0, 5, tasks((10000, 1000, "deadline-us = <5000>;"))), B],
                   mode(10000, window(0, 2000, "a"), window(2000, 6000, "b")))
    assert "/partitions/a/tasks/t0: mode normal, core 0: worst response 9.049 ms is over its deadline of 5 ms by 4.049 ms; " \
           "a may get nothing for 8.024 ms: give it time more often, or a deadline of 9.049 ms" in said


def test_tasks_that_want_more_than_there_is_are_refused(system):
    said = refused(system, [part("a", 0, 5, tasks((10000, 3000, ""), (10000, 100, ""))), B],
                   mode(10000, window(0, 2000, "a"), window(2000, 6000, "b")))
    assert "/partitions/a/tasks/t1: mode normal, core 0: no response time can be promised: it and what is more urgent want more than " \
           "the 19.8 % that is guaranteed; give a longer windows or more budget" in said


def test_a_task_on_slack_is_refused(system):
    said = refused(system, [A, part("s", 0, 2, tasks((10000, 10, "")))], mode(10000, window(0, 2000, "a"), more="slack = <&s>;"))
    assert "/partitions/s/tasks/t0: mode normal, core 0: s runs on slack only, so nothing can be promised for it; give it a window or a " \
           "reservation" in said


def test_a_window_that_the_kernel_may_need_itself_is_refused(system):
    said = refused(system, [A, B], mode(10000, window(0, 20, "a"), window(2000, 6000, "b")))
    assert "/schedules/normal/w0: core 0: of its 20 us, 23 us may be lost to the kernel before a runs; make it longer than that" in said


def test_a_window_that_a_reservation_may_take_is_refused(system):
    said = refused(system, [A, part("r", 0, 3, "budget-us = <1000>; period-us = <10000>;")], mode(10000, window(0, 900, "a")))
    assert "/schedules/normal/w0: core 0: of its 900 us, 1.049 ms may be lost to reservations and the kernel before a runs; make it longer " \
           "than that, or budgets smaller" in said


def test_reservations_that_do_not_fit_are_refused(system):
    said = refused(system, [part("p", 0, 5, "budget-us = <3000>; period-us = <9000>;"),
                            part("q", 0, 4, "budget-us = <5000>; period-us = <10000>;")])
    assert "/partitions/q/budget-us: " in said and "5 ms every 10 ms may be given as late as 11.057 ms after a period's start, 1.057 ms too late" in said
