# SPDX-License-Identifier: Apache-2.0
"""The trace of real runs: read by a partition while it is written, and kept when a counted run ends."""

import json
import re
import subprocess

import machine
import promise
import pytest

READER = "build/tests/trace.img"
SYSTEM = "systems/time"
KEPT = "build/logs/time.trace"
COUNTED = [*machine.ICOUNT, "-cpu", "cortex-a72,cntfrq=1000000000"]
CORE = r"core {} in mode shared: (\d+) windows, late by at most \d+ ns; (\d+) exits, (\d+) interrupts; (\d+) strange, (.*?), (\d+) lost\r*\n"


def test_a_partition_reads_what_another_core_does(boot):
    m = boot(READER)
    windows = entries = 0
    for _ in range(3):
        found = m.line("reader", CORE.format(1))
        now = [int(found[i]) for i in (1, 2, 3, 4)]
        assert now[0] >= windows + 100 and now[1] + now[2] >= entries + 100  # a hundred frames later
        assert now[3] == 0 and found[5] == "in order"
        windows, entries = now[0], now[1] + now[2]
        assert int(m.line("reader", r"core 1: worker came to run (\d+) times")[1]) >= 100


def test_a_partition_reads_its_own_core_too(boot):
    m = boot(READER)
    m.line("reader", r"core 2: console came to run \d+ times")
    m.line("reader", r"core 2: reader came to run \d+ times")


def tool(*words):
    done = subprocess.run(["build/bulkhead", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def kept():
    """Both Linux guests boot meanwhile; when steer has its 200 steps the trace has some hundred ms of it."""
    done = subprocess.run(["build/bulkhead", "run", SYSTEM, "--until", "steer.*200 steps late", "--timeout", "600", "--trace", KEPT, "--", *COUNTED],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=700, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return json.loads(tool("trace", KEPT, SYSTEM, "--json"))


def test_windows_in_the_trace_begin_within_what_check_promises(kept):
    promised = promise.promises(SYSTEM)
    judged = {}
    for w in kept["windows"]:
        assert w["fate"] not in ("late", "missed"), w
        if w["fate"] == "ran":
            late = w["ran_ns"] - w["from_ns"]
            assert 0 <= late <= promised[w["mode"], w["who"]]["late"] and w["began_ns"] - w["from_ns"] <= late, w
            judged.setdefault(w["who"], []).append(late)
    assert len(judged["steer"]) >= 3 and len(judged["legacy"]) >= 3, judged


def test_the_text_has_switches_to_all_partitions(kept):
    said = tool("trace", KEPT, SYSTEM)
    assert kept["epoch"] and "since the epoch" in said
    came = set(re.findall(r" +\d+  (\S+) +switch +runs by", said))
    assert came == {"steer", "linux", "pump", "legacy", "console"}
    assert re.search(r"steer +switch +runs by window", said) and re.search(r"pump +switch +runs by budget", said)


def test_pump_gets_its_strokes_in_every_period_of_the_trace(kept):
    """Each period of 2 ms of which the trace has all: the reservation comes to run in it."""
    pump = [r["ns"] for r in kept["records"] if r["who"] == "pump" and r["kind"] == "switch"]
    periods = range(pump[0] // 2000000, pump[-1] // 2000000 + 1)
    assert len(periods) >= 5 and {ns // 2000000 for ns in pump} == set(periods)


def test_the_timeline_of_the_run_marks_nothing(kept):
    assert kept["records"]
    tool("trace", KEPT, SYSTEM, "--last", "30", "-o", "build/logs/time-trace.svg")
    with open("build/logs/time-trace.svg", encoding="utf-8") as f:
        drawn = f.read()
    assert 'class="missed"' not in drawn and 'class="late"' not in drawn and "steer" in drawn and len(drawn) < 60000


def test_the_console_of_a_traced_run_is_the_users():
    done = subprocess.run(["build/bulkhead", "run", "tests/systems/trace", "--until", "core 1: worker came to run", "--timeout", "60", "--trace",
                           "build/logs/reader.trace"], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    assert done.returncode == 0 and "worker came to run" in done.stdout and "the trace of 3 cores is in build/logs/reader.trace" in done.stderr
    assert "is the trace of another system" in subprocess.run(["build/bulkhead", "trace", "build/logs/reader.trace", SYSTEM], capture_output=True,
                                                              text=True, timeout=60, check=False).stderr


def test_the_trace_is_kept_when_the_terminal_ends_the_machine():
    m = machine.Machine("trace-terminal", "build/bulkhead", ["run", "tests/systems/trace", "--trace", "build/logs/terminal.trace"])
    try:
        m.line("worker", "ticks")
        m.type("\x01x")
        m.expect("the trace of 3 cores is in build/logs/terminal.trace")
        assert m.ended()[0] == 0
    finally:
        m.stop()
    assert "worker" in tool("trace", "build/logs/terminal.trace", "tests/systems/trace")
