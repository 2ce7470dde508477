# SPDX-License-Identifier: Apache-2.0
"""What tests/native/time_spinner.c says, in ns."""

FIELDS = ("frames", "late", "missed", "least", "mean", "most", "until", "slept", "slept_late")
LINE = r"\b{} +\| frames (\d+) late (\d+) missed (\d+) got (\d+) (\d+) (\d+) until (\d+) slept (\d+) late (\d+)\s"


def _fields(match):
    return dict(zip(FIELDS, (int(n) for n in match.groups())))


def measured(machine, partition):
    return _fields(machine.expect(LINE.format(partition), timeout=300))


def all_measured(machine, partitions):
    """Of several, in whatever order they say it."""
    found = {}
    while len(found) < len(partitions):
        m = machine.expect(LINE.format("(" + "|".join(set(partitions) - set(found)) + ")"), timeout=300)
        found[m[1]] = dict(zip(FIELDS, (int(n) for n in m.groups()[1:])))
    return found
