# SPDX-License-Identifier: Apache-2.0
"""The benchmark runs, repeats to the instruction, and writes what `make bench` promises."""

import json
import subprocess

import pytest

RESULT = "build/logs/bench-test.json"
NEEDED = ("hvc_psci_version", "hvc_unknown", "gicd_typer_read", "sgi_self_handler", "sgi_self_round_trip",
          "timer_spin_handler", "timer_wfi_handler", "ipi_wfi_round_trip", "boot_first_instruction")

# Row -> the least and the most that is plausible: no path is free, and none is longer than this by far. The
# least of what moves bytes is the bytes' own: 16 of them are a load and a store.
MESSAGES = {
    "signal_handler": (50, 4000), "signal_round_trip": (100, 8000), "doorbell_wait": (50, 4000),
    "doorbell_round_trip": (100, 8000), "call_near_32": (100, 5000), "call_far_32": (100, 8000),
    "queue_send_32": (30, 1200), "queue_receive_32": (30, 1200), "queue_both_32": (60, 2400),
    "queue_send_64": (30, 1200), "queue_receive_64": (30, 1200), "queue_both_64": (60, 2400),
    "queue_send_4096": (512, 4000), "queue_receive_4096": (30, 1200), "queue_both_4096": (542, 5000),
    "queue_wake_32": (80, 5000), "queue_wake_64": (80, 5000), "queue_wake_4096": (560, 8000),
    "value_write_32": (30, 1200), "value_read_32": (30, 1200), "value_write_4096": (512, 4000),
    "value_read_4096": (30, 1200), "switch_away": (50, 3000), "switch_deadline": (50, 3000),
    "stream_near_32": (60, 8000), "stream_near_4096": (542, 12000), "stream_far_32": (60, 8000),
    "stream_far_4096": (542, 12000),
}

# Of a switch, what is saved and loaded is its own: some 130 registers there and back.
TIME = {"window_switch": (260, 3000), "window_start": (130, 3000), "window_jitter": (0, 1000), "window_wake": (260, 4000),
        "trace_record": (8, 50)}


def bench(*options):
    subprocess.run(["/usr/bin/python3", "tests/bench/bench.py", "--no-linux", "--output", RESULT, *options],
                   check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=300)
    with open(RESULT, encoding="utf-8") as f:
        return {(r["where"], r["name"]): r["instructions"] for r in json.load(f)["rows"]}


@pytest.fixture(scope="module")
def rows():
    return bench()


def test_every_path_is_counted_bare_and_in_a_partition(rows):
    assert not [(where, name) for where in ("bare", "shared") for name in NEEDED if (where, name) not in rows]


def test_counts_repeat_to_the_instruction(rows):
    again = bench("--only", "shared")
    assert again == {k: v for k, v in rows.items() if k[0] == "shared"}


def test_every_path_of_a_message_is_counted_and_plausible(rows):
    found = {name: rows.get(("shared", name)) for name in MESSAGES}
    assert not {n: v for n, v in found.items() if v is None or not MESSAGES[n][0] <= v <= MESSAGES[n][1]}


def test_a_windows_edge_and_a_trace_record_are_counted_and_plausible(rows):
    found = {name: rows.get(("shared", name)) for name in TIME}
    assert not {n: v for n, v in found.items() if v is None or not TIME[n][0] <= v <= TIME[n][1]}


def test_a_message_in_the_queue_costs_a_copy_and_receiving_it_none(rows):
    short, long = rows["shared", "queue_send_64"], rows["shared", "queue_send_4096"]
    assert 512 <= long - short <= 2 * rows["bare", "copy_4096"]
    assert abs(rows["shared", "queue_receive_4096"] - rows["shared", "queue_receive_64"]) <= 20
    assert abs(rows["shared", "value_read_4096"] - rows["shared", "value_read_32"]) <= 20


def test_the_bare_machine_is_the_measure(rows):
    assert rows["bare", "hvc_psci_version"] == 7
    assert rows["bare", "gicd_typer_read"] == 1


# TIME-5
def test_a_partition_that_spins_alone_is_not_interrupted(rows):
    assert rows["shared", "longest_gap"] == rows["bare", "longest_gap"]
