# SPDX-License-Identifier: Apache-2.0
"""Messages of every kind, across cores and on one, while their ends are stopped and started at random: nothing is
lost, repeated, torn or mixed up beyond what the kind promises (abi/port.h), and nobody hangs.

`make test` sends 10^5 messages of each kind, `make stress` 10^7 (STRESS_MESSAGES, STRESS_STOPS, STRESS_SEED)."""

import os
import re

import pytest

from guest_lines import lines_of

IMAGE = "build/tests/stress.img"
DESCRIPTION = "tests/systems/stress/system.dts"
MESSAGES = int(os.environ.get("STRESS_MESSAGES", "100000"))
STOPS = int(os.environ.get("STRESS_STOPS", "120"))
SEED = int(os.environ.get("STRESS_SEED", "1"))
PATIENCE_S = 900 + MESSAGES // 200  # only something that hangs lasts so long

# How many of each there are, times what each sends: tests/native/stress.h.
KINDS = {
    "signal": ("bell",),
    "shared": ("bell",),
    "sampling": ("value", "page"),
    "queuing": ("keep", "bulk", "drop", "full", "flood"),
    "call": ("call", "ask"),
}
ROLE_SHARES = 20  # of the quota, in each kind at least


class Stress:
    """What the conductor said at the end."""

    def __init__(self, machine, messages, stops, seed):
        machine.expect("type how many messages, stops, seed")
        machine.type(f"{-(-messages // ROLE_SHARES)} {stops} {seed}\r")
        machine.expect(r"stress (done|FAILED)", PATIENCE_S)
        self.result = machine.child.match[1]
        self.all = machine.before
        self.pairs, self.channels, self.targets, self.guests, self.server = {}, {}, {}, {}, {}
        for line in lines_of(self.all, "conductor"):
            self.take(line.split())

    def take(self, words):
        def numbers(at):
            named = {}
            for word in words[at:]:
                if re.fullmatch(r"-?\d+", word):
                    named[name].append(int(word))
                else:
                    name = word
                    named[name] = []
            return {k: v[0] if len(v) == 1 else tuple(v) for k, v in named.items()}

        if words[0] == "pair":
            self.pairs[words[1]] = numbers(2)
        elif words[0] == "channel":
            self.channels[words[1], words[2]] = numbers(3)
        elif words[0] == "target":
            self.targets[words[1]] = numbers(2)
        elif words[0] == "guest":
            self.guests[words[1]] = numbers(2)
        elif words[0] == "server":
            self.server = numbers(1)

    def of(self, *roles):
        return {(p, r): c for (p, r), c in self.channels.items() if r in roles}

    def ends(self, pair):
        """How often its sender and its receiver have ended."""
        return tuple(life - 1 for life in self.pairs[pair]["lives"])


def depths():
    """{(pair, role): what a life of the receiver may take with it}"""
    with open(DESCRIPTION, encoding="utf-8") as f:
        found = re.findall(r'(\w+)-(\w+) \{ kind = "queuing";.*? depth = <(\d+)>;(.*)\};', f.read())
    return {(pair, role): 1 + (0 if '"keep"' in more else int(depth)) for pair, role, depth, more in found}


@pytest.fixture(scope="module")
def stress(boot_module):
    return Stress(boot_module(IMAGE, memory="2G"), MESSAGES, STOPS, SEED)


def test_nobody_hangs_and_nobody_sees_what_it_should_not(stress):
    failed = re.findall(r"[^\r\n]*FAILED[^\r\n]*", stress.all)
    assert stress.result == "done" and not failed, "\n".join(failed)
    assert len(stress.pairs) == 7
    assert not [p for p, said in stress.pairs.items() if said["errors"] != (0, 0)]
    assert "PANIC" not in stress.all and "fault on vCPU" not in stress.all


def test_so_many_messages_of_each_kind_were_sent(stress):
    for kind, roles in KINDS.items():
        which = "received" if kind in ("signal", "shared") else "sent"
        count = sum(c[which] for c in stress.of(*roles).values())
        print(f"{kind}: {count} messages")
        assert count >= MESSAGES, kind


def test_so_many_stops_at_random_points(stress):
    assert sum(t["stops"] for t in stress.targets.values()) >= STOPS
    assert {name: t["ends"] for name, t in stress.targets.items()} == {
        name: t["stops"] for name, t in stress.targets.items()}
    for pair in ("mort", "twin"):
        sender, receiver = stress.ends(pair)
        assert sender and receiver, pair
    for pair in ("far", "down", "up"):
        assert stress.ends(pair) == (0, 0), "a neighbour's end is no end of its own"


# PORT-1
def test_a_queue_loses_what_its_kind_says_and_no_more(stress):
    may = depths()
    for (pair, role), c in stress.of(*KINDS["queuing"]).items():
        sender, receiver = stress.ends(pair)
        lost = c["missing"] + c["tail"]
        assert c["dropped"] <= lost <= c["dropped"] + c["unsure"] + receiver * may[pair, role], (pair, role, c)
        assert abs(c["received"] + lost - c["sent"] - c["unsure"]) <= 2 * sender, (pair, role, c)


def test_a_queue_that_waits_drops_nothing_and_one_that_drops_says_so(stress):
    assert not [k for k, c in stress.of("keep", "bulk", "drop").items() if c["dropped"] or c["told"]]
    for key, c in stress.of("full", "flood").items():
        assert c["again"][0] == 0, key
        assert bool(c["dropped"]) == bool(c["told"]), key
    assert sum(c["dropped"] for c in stress.of("flood").values()) > 0
    assert sum(c["again"][0] for c in stress.of("keep", "bulk", "drop").values()) > 0


def test_who_reads_sees_the_last_value_and_the_last_signal(stress):
    for key, c in stress.of("value", "page", "bell").items():
        assert c["tail"] == 0, key
    for (pair, _), c in stress.of("bell").items():
        sender, receiver = stress.ends(pair)
        assert c["missing"] == 0 and abs(c["received"] - c["sent"]) <= sender + receiver, pair
        assert stress.pairs[pair]["locked"] > 0, pair


def test_every_reply_came_to_its_request_or_the_caller_was_told(stress):
    for (pair, role), c in stress.of("call", "ask", "nested").items():
        _, receiver = stress.ends(pair)
        assert c["sent"] <= c["received"] + receiver, (pair, role)
    for pair in ("mort", "twin", "downnest", "farnest"):
        assert sum(c["peer"][0] for k, c in stress.of("call", "ask", "nested").items() if k[0] == pair) > 0, pair
    assert sum(c["timeout"][0] for c in stress.of("call", "ask").values()) > 0


def test_a_guest_that_waits_in_an_access_outlives_its_servers(stress):
    waiter, zero = stress.guests["waiter"], stress.guests["zero"]
    assert (waiter["errors"], zero["errors"]) == (0, 0)
    assert waiter["count"] >= MESSAGES // ROLE_SHARES and zero["count"] >= MESSAGES // ROLE_SHARES
    assert waiter["down"] == 0, "it waits for the next one"
    assert zero["down"] > 0, "it is told 0 while there is none"
    assert stress.server["stale"] >= stress.targets["server"]["stops"] // 4, "it was stopped while somebody waited"
