# SPDX-License-Identifier: Apache-2.0
"""systems/faults on one core, where instructions are counted: Linux panics, hangs, floods the console and reaches for what it does not have,
and `control` begins every step within what `bulkhead check` has said before, also across Linux's ends and beginnings.

It hangs as far as anybody outside can tell: a program runs on, but nobody feeds the watchdog. (A kernel that spins with interrupts
masked is the same to Bulkhead; stock Linux has no command for it. The driver of systems/faults does just that: test_faults.py.)"""

import concurrent.futures
import re

import pytest

import machine
import promise

SYSTEM, IMAGE = "tests/systems/faults-counted", "build/tests/faults-counted.img"
PROMPT = r"\| linux:\S*# "
LATE = r"control: (\d+) steps late by \d+ ns, at most \d+ \(worst (\d+)\), (\d+) missed"
ACCESSES, LINES = 20, 500
TIMEOUT_S = 300


def ends(m, how):
    m.line("bulkhead", rf"linux: stopped: {how}[^\r\n]*[\r\n]")


def comes_again(m, how):
    ends(m, f"{how}; it starts again")
    m.line("linux", PROMPT)


def reaches_for_what_it_does_not_have(m):
    m.enter(f"i=0; while [ $i -lt {ACCESSES} ]; do devmem 0x09050000 32 $i; devmem 0x0b000000; i=$((i + 1)); done; echo tried ${{i}}.")
    m.line("linux", rf"tried {ACCESSES}\.")
    assert m.before.count("Bus error") == 2 * ACCESSES
    assert re.search("linux: vCPU 0 wrote 4 bytes to 0x09050000 at pc .*; nothing is declared there", m.before)
    assert re.search("linux: vCPU 0 read 4 bytes from 0x0b000000 at pc .*; nothing is declared there", m.before)


def floods_the_console(m):
    m.enter(f"yes a console that is flooded | head -n {LINES}; echo that was all''.")
    m.line("linux", r"that was all\.")
    assert len(re.findall(r"linux +\| a console that is flooded", m.before)) == LINES


def panics(m):
    m.enter("echo c >/proc/sysrq-trigger")
    m.line("linux", "Kernel panic - not syncing: sysrq triggered crash")
    comes_again(m, "it asked for a restart")


def hangs(m):
    m.enter("bulkheadctl feed && killall bulkheadctl; while :; do :; done")
    m.line("bulkhead", "linux: did not feed its watchdog in time")
    comes_again(m, "by its watchdog")


def reboots(m):
    m.enter("reboot -f")
    comes_again(m, "it asked for a restart")


def switches_itself_off(m):
    m.enter("poweroff -f")
    ends(m, "it asked to be switched off")


STORIES = {
    "reaches-floods-and-panics": (reaches_for_what_it_does_not_have, floods_the_console, panics),
    "hangs-reboots-and-goes-off": (hangs, reboots, switches_itself_off),
}


def run(story):
    """What `control` had measured when all of that was over, and the whole console."""
    m = machine.qemu(f"faults-counted-{story}", IMAGE, timeout=TIMEOUT_S, icount=True, cores=1)
    try:
        m.line("linux", PROMPT)
        for event in STORIES[story]:
            event(m)
        steps, worst, missed = (int(n) for n in m.line("control", LATE).groups())
        m.log.flush()
        with open(m.log_path, encoding="utf-8") as f:
            return {"steps": steps, "worst": worst, "missed": missed, "console": f.read()}
    finally:
        m.stop()


@pytest.fixture(scope="module")
def runs(request):
    """Both at a time: what they count does not depend on what else the host does."""
    chosen = [i.callspec.params["story"] for i in request.session.items if i.module is request.module]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        yield {story: pool.submit(run, story) for story in chosen}
        pool.shutdown(wait=False, cancel_futures=True)


# HEALTH-1, HEALTH-2, HEALTH-4, HEALTH-6
@pytest.mark.parametrize("story", STORIES)
def test_control_begins_every_step_in_time_while_linux(runs, story):
    promised = promise.promises(SYSTEM)["normal", "control"]["funded"]
    seen = runs[story].result()
    print({k: v for k, v in seen.items() if k != "console"}, promised)
    assert seen["steps"] == 2000 and seen["missed"] == 0
    assert seen["worst"] <= promised
    assert set(re.findall(r"bulkhead *\| (\w+): stopped", seen["console"])) <= {"linux", "driver"}
    assert "PANIC" not in seen["console"]
