# SPDX-License-Identifier: Apache-2.0
"""`bulkhead draw --schedule`: the picture has every window where it is, each reservation, who takes the slack, and the promised figures."""

from xml.etree import ElementTree

import pytest
from payloads import image, pattern

SVG = "{http://www.w3.org/2000/svg}"
LEFT, BAND = 150, 860

PARTITIONS = """
log: log { image = "kernel"; memory = "64K"; cores = <2>; priority = <1>; reads-log; };
control: control { image = "kernel"; memory = "64K"; cores = <0>; priority = <9>; tasks { loop { period-us = <20000>; cost-us = <500>; }; }; };
gui: gui { image = "kernel"; memory = "64K"; cores = <0 1>; priority = <5>; changes-mode; };
io: io { image = "kernel"; memory = "64K"; cores = <1>; priority = <7>; budget-us = <1000>; period-us = <5000>; };
"""
SCHEDULES = """
schedules {
  day { frame-us = <10000>; slack = <&gui>;
    steer { length-us = <2000>; partitions = <&control>; };
    screen { at-us = <4000>; length-us = <5000>; partitions = <&gui>; }; };
  night { frame-us = <20000>; at-once; without = <&gui>;
    steer { length-us = <4000>; partitions = <&control>; }; };
};
"""


@pytest.fixture
def timed(system):
    system.file("kernel", image(pattern(300)))
    system.describe(PARTITIONS, SCHEDULES)
    return system


def drawn(system, *more):
    status, said = system.tool("draw", "--schedule", system.folder, *more)
    assert status == 0, said
    return ElementTree.fromstring(said)


def rects(svg):
    """(start of its title, x, width, colour) of each box that has a title."""
    return [(r.find(SVG + "title").text, float(r.get("x")), float(r.get("width")), r.get("fill"))
            for r in svg.iter(SVG + "rect") if r.find(SVG + "title") is not None]


def place(title, boxes):
    return [(round((x - LEFT) / BAND, 3), round(w / BAND, 3)) for t, x, w, _ in boxes if t.startswith(title)]


def test_windows_are_where_they_are_in_the_frame(timed):
    boxes = rects(drawn(timed))
    assert place("control, steer: 0 ns to 2 ms", boxes) == [(0, 0.2)]
    assert place("gui, screen: 4 ms to 9 ms", boxes) == [(0.4, 0.5), (0.4, 0.5)]  # on both its cores
    assert place("control, steer: 0 ns to 4 ms", boxes) == [(0, 0.2)]


def test_a_partition_has_one_colour_everywhere(timed):
    colours = {}
    for title, _, _, colour in rects(drawn(timed)):
        if not colour.startswith("url"):
            colours.setdefault(title.replace(":", ",").split(",")[0], set()).add(colour)
    assert all(len(c) == 1 for c in colours.values()) and len(set.union(*colours.values())) == len(colours) == 4


def test_reservations_are_hatched_in_each_of_their_periods(timed):
    hatched = [b for b in rects(drawn(timed)) if b[3] == "url(#hatch)"]
    assert place("io: 1 ms", hatched) == [(0, 0.1), (0.5, 0.1)] + [(k / 4, 0.05) for k in range(4)]


def words(svg):
    return ["".join(t.itertext()) for t in svg.iter(SVG + "text")]


def test_modes_slack_tasks_and_figures_are_told(timed):
    said = words(drawn(timed))
    assert "mode day, frame 10 ms" in said and "mode night, frame 20 ms, a change to it is at once" in said
    assert said.count("the rest to") == 2  # gui's two cores, by day
    assert any(w.startswith("task loop: every 20 ms, answers within") for w in said)
    status, table = timed.check()
    assert status == 0
    for line in table.splitlines():
        if line.split()[:2] == ["control", "0"]:
            assert line.split("  ")[-1].strip() in said or "-" in line
    assert {"vCPU", "share", "blackout", "interrupt", "window late", "at a change"} <= set(said)


def test_it_goes_to_a_file_and_only_as_svg(timed):
    assert timed.tool("draw", "--schedule", timed.folder, "-o", timed.folder / "x.svg")[0] == 0
    ElementTree.parse(timed.folder / "x.svg")
    status, said = timed.tool("draw", "--schedule", timed.folder, "-o", timed.folder / "x.png")
    assert status == 2 and "must end in .svg" in said


def test_a_system_without_a_schedule_is_not_drawn(timed):
    timed.describe(PARTITIONS.replace("budget-us = <1000>; period-us = <5000>;", "").replace(" changes-mode;", "")
                   .replace("tasks { loop { period-us = <20000>; cost-us = <500>; }; };", ""))
    status, said = timed.tool("draw", "--schedule", timed.folder)
    assert status == 1 and "there is no schedule to draw" in said


def test_what_does_not_fit_is_told_instead(timed):
    timed.describe(PARTITIONS.replace("cost-us = <500>", "cost-us = <15000>"), SCHEDULES)
    status, said = timed.tool("draw", "--schedule", timed.folder)
    assert status == 1 and "/partitions/control/tasks/loop" in said and "<svg" not in said
