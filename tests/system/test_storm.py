# SPDX-License-Identifier: Apache-2.0
"""Three vCPUs of one partition write at random to all of the interrupt controller at once, also to
each other's part of it: the kernel keeps working, and so does the partition when it is over."""

import re

from guest_lines import lines_of

IMAGE = "build/tests/storm.img"


# IRQ-3
def test_a_storm_on_the_interrupt_controller_passes_and_leaves_nothing_behind(boot):
    m = boot(IMAGE, memory="2G")
    m.expect(r"storm done\s")
    said = lines_of(m.before, "storm")
    assert "storm.others blew" in said
    assert "storm.restarts some" in said
    assert "storm.sgis_after 16" in said
    for neighbour in ("above", "beside"):
        assert set(re.findall(rf"{neighbour} *\| ticks \d+ missed \d+ changed (\d+)", m.before)) <= {"0"}
        m.line(neighbour, r"ticks \d+ missed \d+ changed 0 ")
    assert "PANIC" not in m.before


def test_the_storm_passes_on_the_bare_machine_too(boot):
    m = boot("build/tests/guests/storm.bin", cores=3, memory="128M", el2=False)
    m.expect(r"storm done\s")
    assert "storm.sgis_after 16" in m.before
