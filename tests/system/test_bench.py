# SPDX-License-Identifier: Apache-2.0
"""The benchmark runs, repeats to the instruction, and writes what `make bench` promises."""

import json
import subprocess

import pytest

RESULT = "build/logs/bench-test.json"
NEEDED = ("hvc_psci_version", "hvc_unknown", "gicd_typer_read", "sgi_self_handler", "sgi_self_round_trip",
          "timer_spin_handler", "timer_wfi_handler", "ipi_wfi_round_trip", "boot_first_instruction")


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


def test_the_bare_machine_is_the_measure(rows):
    assert rows["bare", "hvc_psci_version"] == 7
    assert rows["bare", "gicd_typer_read"] == 1


def test_a_partition_that_spins_alone_is_not_interrupted(rows):
    assert rows["shared", "longest_gap"] == rows["bare", "longest_gap"]
