# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests. `boot` starts machines; every one is ended when the test is over."""

import os
import re
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
os.chdir(os.path.join(os.path.dirname(__file__), "..", ".."))

import machine  # noqa: E402


def _boots(label):
    machines = []

    def boot(kernel, **how):
        name = label if not machines else f"{label}-{len(machines) + 1}"
        machines.append(machine.qemu(name, kernel, **how))
        return machines[-1]

    yield boot
    for m in machines:
        m.stop()


def _label(node):
    return re.sub(r"\W+", "-", node).strip("-")


@pytest.fixture
def boot(request):
    """boot(image, icount=False, cores=4, ...) -> Machine, for one test."""
    yield from _boots(_label(request.node.name))


@pytest.fixture(scope="module")
def boot_module(request):
    """The same, for a machine that all tests of a file look at."""
    yield from _boots(_label(request.module.__name__))
