# SPDX-License-Identifier: Apache-2.0
"""The benchmark runs, repeats to the instruction, and no path is longer than its budget (tests/bench/budgets)."""

import json
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "bench"))

import budget  # noqa: E402
import path  # noqa: E402
import places  # noqa: E402
from rows import BARE_LIKE  # noqa: E402

RESULT = "build/logs/bench-test.json"
NEEDED = ("hvc_null", "hvc_psci_version", "hvc_smccc_version", "hvc_unknown", "id_register_read", "gicd_typer_read", "gicd_enable_read",
          "gicd_enable_write", "sgi_self_handler", "sgi_self_round_trip", "timer_spin_handler", "timer_wfi_handler", "device_handler",
          "acknowledge_end", "memory_walk", "integer_work", "longest_gap", "boot_first_instruction")
OF_TWO = ("ipi_wfi_one_way", "ipi_wfi_round_trip", "ipi_spin_one_way", "ipi_spin_round_trip", "cpu_on_first_c")

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


BOOT = {"boot_native": (10000, 400000), "restart": (5000, 100000)}
PLAUSIBLE = {"messages": MESSAGES, "windows": TIME, "boot": BOOT}


def bench(*options):
    subprocess.run(["/usr/bin/python3", "tests/bench/bench.py", "--no-picture", "--output", RESULT, *options],
                   check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=500)
    with open(RESULT, encoding="utf-8") as f:
        return {(r["name"], r["where"]): r for r in json.load(f)["rows"]}


def figures(found):
    return {key: r["instructions"] for key, r in found.items() if key[1] != "bare"}


def bare_of(found):
    def bare(row):
        r = found.get((row, "bare"), found.get((BARE_LIKE.get(row), "bare")))
        return r and r["instructions"]
    return bare


@pytest.fixture(scope="module")
def found():
    return bench()


@pytest.fixture(scope="module")
def rows(found):
    return {key: r["instructions"] for key, r in found.items()}


def test_every_path_is_counted_bare_and_in_a_partition(rows):
    guests = [where for where, place in places.PLACES.items() if place.program == places.GUEST + ".elf"]
    assert not [(name, where) for where in ["bare", *guests] for name in NEEDED if (name, where) not in rows]
    assert not [(name, where) for where in ["bare", "shared-2"] for name in OF_TWO if (name, where) not in rows]


def test_counts_repeat_to_the_instruction(rows):
    again = figures(bench("--no-bare", "--no-linux", "--no-follow"))
    assert again == {key: rows.get(key) for key in again}


def test_no_path_is_longer_than_its_budget(found):
    comment = subprocess.run([path.CROSS + "readelf", "-p", ".comment", "build/obj/kernel/kernel/call.o"], capture_output=True, text=True, check=True).stdout
    if "GCC" not in comment:
        pytest.skip("the budgets are those of GCC's code")
    said = budget.exceeded(figures(found), bare_of(found))
    assert not said, "\n".join(["longer than budgeted:", *said])


def test_a_path_that_grows_by_an_instruction_is_named_with_its_budget(found):
    limit = int(budget.read()["hvc_null", "shared-1"].limit)
    said = budget.exceeded(figures(found) | {("hvc_null", "shared-1"): limit + 1}, bare_of(found))
    assert f"hvc_null at shared-1: {limit + 1} instructions, 1 ({1 / limit:.1%}) more than its budget of {limit}" in said
    said = budget.exceeded({("news", "shared-1"): 5}, bare_of(found))
    assert len(said) == 1 and said[0].startswith("news at shared-1: 5 instructions, and no budget")


def test_every_path_of_messages_windows_and_starts_is_counted_and_plausible(rows):
    assert not {(n, where): rows.get((n, where)) for where, bounds in PLAUSIBLE.items() for n, (least, most) in bounds.items()
                if not least <= rows.get((n, where), -1) <= most}


def test_what_the_kernel_executed_is_what_the_counter_shows(found):
    """Between two readings of the counter there are the kernel's instructions, and the one that called it."""
    for name in ("hvc_null", "hvc_psci_version", "hvc_smccc_version", "hvc_unknown", "smc_psci_version"):
        r = found[name, "shared-1"]
        assert r["instructions"] - r["kernel"]["instructions"] == 1, name
    for name in ("queue_send_32", "queue_receive_32", "value_write_32", "value_read_32"):
        r = found[name, "messages"]
        assert r["instructions"] - r["kernel"]["instructions"] == 1, name


def test_each_path_through_the_kernel_has_its_accesses_counted(found):
    paths = {key: r for key, r in found.items() if key[1] in places.PLACES and r["kernel"]}
    assert len(paths) > 60
    for key, r in paths.items():
        cost = r["kernel"]
        assert cost["registers"] + cost["barriers"] <= cost["instructions"], key
        assert key[0] == "acknowledge_end" or cost["registers"] >= 1 or cost["instructions"] == 0, key
    assert found["acknowledge_end", "shared-1"]["kernel"]["instructions"] == 0  # the virtual interface is the processor's
    assert found["boot_native", "boot"]["kernel"]["devices"] > 50  # interrupt controller and UART
    assert found["hvc_null", "shared-1"]["kernel"]["devices"] == 0


def test_a_path_is_what_was_executed_between_its_stamps():
    kernel = [(0x1000, "mrs"), (0x1004, "str"), (0x1008, "dsb"), (0x100c, "wfi"), (0x1010, "add"), (0x1014, "eret")]
    marks = [(0x40, "begin call"), (0x48, "end call; arm timer"), (0x50, "end timer")]
    meter = path.Meter(kernel, marks)
    log = [f"Trace {core}: 0x7f00 [00000000/{pc:016x}/00000461/ff022201] \n" if pc else
           f"memory_region_ops_write cpu {core} mr 0x55 addr 0x8000100 value 0x1 size 4 name 'gicv3_dist'\n" for core, pc in (
               (0, 0x40), (0, 0x1010),  # before the kernel began: no stamp
               (0, 0x40), (0, 0x1000), (1, 0x1010), (0, 0x1004), (0, 0), (1, 0), (0, 0x1008), (0, 0x1008), (0, 0x1014), (0, 0), (0, 0x48),
               (0, 0x1000), (0, 0x100c), (0, 0x1010), (0, 0x1014), (0, 0x50))]
    meter.read(line.encode() for line in log)
    # the other core's access is not core 0's, nor is the guest's behind ERET; what is logged twice was executed once
    assert meter.medians() == {"call": path.Cost(5, 1, 1, 1), "timer": path.Cost(2, 0, 0, 0)}


def test_a_message_in_the_queue_costs_a_copy_and_receiving_it_none(rows):
    short, long = rows["queue_send_64", "messages"], rows["queue_send_4096", "messages"]
    assert 512 <= long - short <= 2 * rows["copy_4096", "bare"]
    assert abs(rows["queue_receive_4096", "messages"] - rows["queue_receive_64", "messages"]) <= 20
    assert abs(rows["value_read_4096", "messages"] - rows["value_read_32", "messages"]) <= 20


def test_the_bare_machine_is_the_measure(rows):
    assert rows["hvc_psci_version", "bare"] == 7
    assert rows["gicd_typer_read", "bare"] == 1


# TIME-5
def test_a_partition_that_spins_alone_is_not_interrupted(rows):
    for where in ("shared-1", "shared-2"):
        for name in ("longest_gap", "memory_walk", "integer_work"):
            assert rows[name, where] == rows[name, "bare"]
