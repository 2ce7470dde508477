# SPDX-License-Identifier: Apache-2.0
"""`control` begins each of its windows in time, whatever the partition does that shares its core.

One ns of virtual time is one instruction, so the figures are exact and repeat. `control` reads the counter over and over and
keeps how long after each window's planned start its first instruction ran; what it may be at most, `bulkhead check` has said before."""

import concurrent.futures
import os
import re

import pytest

import machine
import promise
import rings
import spinner

FRAMES = 10000
# What the adversary does -> how late a window begins at most, in us: not less than what `check` promises.
STORMS = {"busy": 27, "wfi": 27, "calls": 27, "faults": 27, "ipi": 27, "timers": 27, "device": 27, "gic": 27, "crowd": 27, "console": 27, "linux": 27}
LONG = {"restarts": 27, "ends": 27}  # a minute and more, for the emulator translates the program anew each time: `make adversaries`
if os.environ.get("ADVERSARIES") == "all":
    STORMS.update(LONG)


HVC, SYSREG, ABORT, WFX = 0x16, 0x18, 0x24, 0x01  # exception classes
GPIO = 39
ANY = None
# By what records of the trace the storm is known: the adversary has done what it is there for, to the end.
SIGNS = {"busy": (rings.IRQ, rings.TIMER), "wfi": (rings.EXIT, WFX), "calls": (rings.EXIT, HVC), "faults": (rings.EXIT, ABORT),
         "ipi": (rings.EXIT, SYSREG), "timers": (rings.EXIT, SYSREG), "device": (rings.IRQ, GPIO), "gic": (rings.EXIT, ABORT),
         "crowd": (rings.EXIT, WFX), "console": (rings.EXIT, ABORT), "linux": (ANY, ANY), "restarts": (rings.EXIT, HVC), "ends": (rings.EXIT, HVC)}
SAID = {"linux": ("forking", "panicking", "Kernel panic", "Linux version|cma: Failed")}  # and it begins anew


def _storm_seen(storm, ring):
    kind, arg = SIGNS[storm]
    return {r.partition for r in ring.records if kind in (ANY, r.kind) and arg in (ANY, r.arg)} - {0, 1, rings.NOBODY}


def _run(storm):
    name, image = f"adversary-{storm}", f"build/tests/time-{storm}.img"
    m = machine.qemu(name, image, timeout=400, icount=True, extra=rings.monitor(name))
    try:
        seen = spinner.measured(m, "control")
        return seen | {"console": m.before, "storm": _storm_seen(storm, rings.read(m, name, image)[0])}
    finally:
        m.stop()


@pytest.fixture(scope="module")
def runs(request):
    """Two machines at a time: what they count does not depend on what else the host does."""
    chosen = [i.callspec.params["storm"] for i in request.session.items if i.module is request.module]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        yield {storm: pool.submit(_run, storm) for storm in chosen}
        pool.shutdown(wait=False, cancel_futures=True)


# TIME-1
@pytest.mark.parametrize("storm, bound_us", STORMS.items(),
                         ids=[f"{s}-storm-{FRAMES}-frames-within-{us}us" for s, us in STORMS.items()])
def test_each_window_of_control_begins_in_time(runs, storm, bound_us):
    promised = promise.promises(f"tests/systems/time-{storm}")["shared", "control"]
    assert promised["late"] <= bound_us * 1000
    seen = runs[storm].result()
    print(storm, {k: v for k, v in seen.items() if k != "console"}, promised)
    assert len(seen["storm"]) == (6 if storm == "crowd" else 1)
    assert re.search(".*".join(SAID.get(storm, ())), seen["console"], re.DOTALL)
    assert seen["frames"] == FRAMES and seen["missed"] == 0
    assert seen["late"] <= promised["late"]
    assert seen["slept_late"] <= promised["interrupt"]
    assert seen["least"] >= promised["share"] * promised["frame"]
