# SPDX-License-Identifier: Apache-2.0
"""Who gets how much of a core that everybody wants, counted in instructions, frame by frame."""

import pytest

import promise
import spinner

FRAME, BUDGET, LAZY, WINDOW = 600000, 100000, 100000, 300000
PATH = 2500  # ns: a way through the kernel and back, at most


@pytest.fixture(scope="module")
def seen(boot_module):
    return spinner.all_measured(boot_module("build/tests/time-budget.img", icount=True), ("greedy", "lazy", "worker", "taker"))


# TIME-2
def test_who_wants_all_gets_its_budget_to_within_one_kernel_path(seen):
    assert BUDGET - PATH <= seen["greedy"]["least"] <= seen["greedy"]["most"] <= BUDGET


def test_who_has_used_its_budget_up_does_not_run_on(seen):
    assert seen["greedy"]["until"] <= BUDGET + PATH


def test_who_has_budget_left_runs_at_once_when_its_timer_fires(seen):
    """While `lazy` works in its window."""
    promised = promise.promises("tests/systems/time-budget")["shared", "greedy"]["funded"]
    assert seen["greedy"]["slept_late"] <= min(promised, 2 * PATH)


def test_a_window_loses_the_budget_and_the_paths_there_and_back_and_no_more(seen):
    assert seen["worker"]["least"] >= WINDOW - PATH
    assert seen["lazy"]["late"] <= BUDGET + 2 * PATH


# TIME-3
def test_what_a_window_leaves_reaches_who_has_the_slack(seen):
    left = WINDOW - BUDGET - LAZY
    assert left - 4 * PATH <= seen["taker"]["least"] <= seen["taker"]["most"] <= left


def test_together_they_get_all_but_the_kernels_paths(seen):
    assert sum(s["mean"] for s in seen.values()) >= FRAME - 6 * PATH
