# SPDX-License-Identifier: Apache-2.0
"""A partition that sleeps by itself on cores that are its own but not dedicated: whatever is for its core goes to the kernel, and ends its sleep.

`captive` does something else on both of its cores in each life, with all masked and asleep among that; `captor` takes it back, while `pest` sends
to it all the time. `partner` sleeps between what others send to it."""

import re

import pytest
from test_dedicated import FIRMWARE, all_came_back, rows


@pytest.mark.parametrize("firmware", [None, FIRMWARE], ids=["alone", "firmware-at-el3"])
@pytest.mark.parametrize("icount", [False, True], ids=["cores-in-parallel", "counted"])
def test_its_cores_come_back_whatever_it_sleeps_with(boot, icount, firmware):
    all_came_back(boot("build/tests/captive-wfi.img", icount=icount, firmware=firmware, timeout=300))


def test_messages_calls_and_restarts_end_its_sleep(boot):
    m = boot("build/tests/ports-wfi.img", icount=True, timeout=300)
    m.line("ports", "all promises about ports checked")
    assert not re.search(r"ports +\| FAILED", m.before), m.before
    assert len(re.findall(r"ports +\| ok ", m.before)) >= 65, m.before


def test_its_ipis_are_as_short_where_firmware_keeps_other_sgis(boot):
    alone, beside = (rows(boot("build/tests/bench-alone-wfi.img", icount=True, firmware=f, timeout=300)) for f in (None, FIRMWARE))
    for row in ("ipi_wfi_one_way", "ipi_wfi_round_trip", "ipi_spin_one_way"):
        assert abs(beside[row] - alone[row]) <= alone[row] / 20, (row, alone[row], beside[row])  # by request and kick it is half as much again


def test_its_timer_and_its_ipis_find_it_asleep_as_they_find_it_spinning(boot):
    """No exit for its sleep: what ends it costs no more than where it spins."""
    own = rows(boot("build/tests/bench-alone-wfi.img", icount=True, timeout=300))
    assert own["timer_wfi_handler"] <= own["timer_spin_handler"]
    assert own["ipi_wfi_one_way"] <= own["ipi_spin_one_way"] + 2
    assert own["ipi_wfi_round_trip"] <= own["ipi_spin_round_trip"] + 4
