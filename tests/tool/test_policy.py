# SPDX-License-Identifier: Apache-2.0
"""Rules about what must never flow: each kind holds or is broken as docs/description.md says, what breaks it is told
step by step, and check, the audit of the image and a reachability worked out here agree on systems drawn by chance."""

import random
import re

import pytest
from payloads import image, pattern
from test_any_system import Drawn

# Without anything else nothing flows between these, and each owns at most a device.
PROPS = {"a": "devices = <&uart0>;", "b": "", "c": "", "d": "devices = <&rtc>;", "e": ""}


def describe(system, policy="", channels="", domains="", **props):
    system.file("kernel", image(pattern(300)))
    parts = "\n".join(f'{n}: {n} {{ image = "kernel"; memory = "64K"; cores = <{k % 4}>; priority = <{k}>; '
                      f"{props.get(n, PROPS[n])} }};" for k, n in enumerate(PROPS))
    system.describe(parts, root=f"channels {{ {channels} }};\ndomains {{ {domains} }};\npolicy {{ {policy} }};")


def ways(said):
    """(rule, from, to, the steps) of all broken pairs that are told."""
    return [(r, a, b, way) for r, a, b, way in
            re.findall(r"/policy/(\S+): is broken: (\S+) reaches (\S+): (.*); take away one of these", said)]


def broken(system, *args, **props):
    describe(system, *args, **props)
    status, said = system.check()
    assert status == 1 and "is broken" in said, said
    assert all(": is broken" in line for line in said.splitlines()[:-1]), said
    return ways(said)


def holds(system, *args, **props):
    describe(system, *args, **props)
    status, said = system.check()
    assert status == 0, said
    return True


def pairs(system, *args, **props):
    return [(a, b) for _, a, b, _ in broken(system, *args, **props)]


def chain(names):
    return "".join(f'{a}-{b} {{ kind = "signal"; from = <&{a}>; to = <&{b}>; }};' for a, b in zip(names, names[1:]))


def rule(a, b, more=""):
    return f"r {{ from = <&{a}>; to = <&{b}>; {more} }};"


# --- what flows, and which way ---

ONE_WAY = {"signal": "", "sampling": "bytes = <8>;", "queuing": "bytes = <8>; depth = <1>;"}


@pytest.mark.parametrize("kind", ONE_WAY)
def test_a_port_flows_from_its_sender_to_its_receiver_only(system, kind):
    x = f'x {{ kind = "{kind}"; from = <&a>; to = <&b>; {ONE_WAY[kind]} }};'
    assert broken(system, rule("a", "b"), x) == [("r", "a", "b", f'a -> b (channel "x", {kind})')]
    assert holds(system, rule("b", "a"), x)


def test_a_call_flows_both_ways(system):
    x = 'x { kind = "call"; from = <&a>; to = <&b>; bytes = <8>; };'
    assert broken(system, rule("a", "b"), x) == [("r", "a", "b", 'a -> b (channel "x", call)')]
    assert broken(system, rule("b", "a"), x) == [("r", "b", "a", 'b -> a (reply of channel "x", call)')]


def test_shared_memory_flows_from_writers_to_every_other_end(system):
    x = 'x { kind = "shared"; size = "4K"; writers = <&a &b>; readers = <&c &d>; };'
    everything = "r { from = <&a &b &c &d>; to = <&a &b &c &d>; };"
    assert broken(system, rule("a", "c"), x) == [("r", "a", "c", 'a -> c (channel "x", shared)')]
    assert pairs(system, "one { from = <&a>; to = <&b &c &d>; }; two { from = <&b>; to = <&a &c &d>; };", x) == \
        [("a", "b"), ("a", "c"), ("a", "d"), ("b", "a"), ("b", "c"), ("b", "d")]
    assert holds(system, "r { from = <&c &d>; to = <&a &b &c &d>; };", x)
    assert "is broken in 2 more ways" in (describe(system, everything, x), system.check())[1][1]


def test_a_console_connects_its_clients(system):
    consoles = {"b": "console = <&a>;", "c": "console = <&a>;"}
    assert broken(system, rule("b", "c"), **consoles) == [("r", "b", "c", "b -> a (console) -> c (console)")]
    assert pairs(system, rule("a", "c"), **consoles) == [("a", "c")]
    assert holds(system, rule("b", "c", "except-through = <&a>;"), **consoles)
    assert holds(system, rule("b", "c"), b="console = <&a>;")


def test_a_carried_channel_goes_through_the_bridge(system):
    x = 'x { kind = "signal"; from = <&b>; to = <&c>; };'
    way = 'b -> e (PL011 that carries channel "x") -> c (channel "x", signal)'
    assert broken(system, rule("b", "c"), x, b="bridge = <&e>;") == [("r", "b", "c", way)]
    assert holds(system, rule("b", "c", "except-through = <&e>;"), x, b="bridge = <&e>;")
    assert pairs(system, rule("e", "b"), x, b="bridge = <&e>;") == [("e", "b")], "the region is written and read"
    assert holds(system, rule("c", "b"), x, b="bridge = <&e>;")


def test_control_flows_both_ways(system):
    assert broken(system, rule("b", "c"), b="controls = <&c>;") == [("r", "b", "c", "b -> c (control)")]
    assert broken(system, rule("c", "b"), b="controls = <&c>;") == [("r", "c", "b", "c -> b (control)")]


@pytest.mark.parametrize("reader", ["a", "b"])
def test_the_health_log_flows_from_everybody_to_its_reader(system, reader):
    rest = [n for n in PROPS if n != reader]
    ends = " ".join(f"&{n}" for n in rest)
    policy = f"to {{ from = <{ends}>; to = <&{reader}>; }}; back {{ from = <&{reader}>; to = <{ends}>; }};"
    assert broken(system, policy, **{reader: "reads-log;"}) == [("to", n, reader, f"{n} -> {reader} (health log)") for n in rest]


def test_a_device_flows_both_ways_and_is_nobody_elses(system):
    assert broken(system, rule("a", "uart0")) == [("r", "a", "uart0", "a -> uart0 (device)")]
    assert broken(system, rule("uart0", "a")) == [("r", "uart0", "a", "uart0 -> a (device)")]
    assert holds(system, "in { from = <&b &c &d &e>; to = <&uart0>; }; out { from = <&uart0>; to = <&b &c &d &e &rtc>; };")


def test_trusted_dma_reaches_everybody(system):
    dma = {"b": "devices = <&fw_cfg>; trusted-dma = <&fw_cfg>;"}
    assert pairs(system, "in { from = <&a &c &d &e>; to = <&fw_cfg>; }; out { from = <&fw_cfg>; to = <&a &c &d &e>; };", **dma) == \
        [(n, "fw_cfg") for n in "acde"] + [("fw_cfg", n) for n in "acde"]
    assert broken(system, rule("a", "c"), **dma) == [("r", "a", "c", "a -> fw_cfg (trusted DMA) -> c (trusted DMA)")]
    assert pairs(system, rule("a", "rtc"), **dma) == [("a", "rtc")], "it reaches a device by the device's owner"


def test_without_connections_nothing_flows(system):
    assert holds(system, "a { from = <&a>; to-others; except-through = <&uart0>; }; b { from = <&b>; to-others; };"
                         "c { from = <&c>; to-others; }; d { from = <&d &rtc>; to-others; };")


# --- ways of many steps ---

def test_a_way_of_many_steps_is_told_with_what_makes_each(system):
    x = chain("ab") + 'y { kind = "shared"; size = "4K"; writers = <&b>; readers = <&c>; };' \
        'z { kind = "call"; from = <&d>; to = <&c>; bytes = <4>; };'
    assert broken(system, rule("uart0", "rtc"), x) == [
        ("r", "uart0", "rtc", 'uart0 -> a (device) -> b (channel "a-b", signal) -> c (channel "y", shared)'
                              ' -> d (reply of channel "z", call) -> rtc (device)')]
    assert holds(system, rule("rtc", "uart0"), x)


def test_the_shortest_way_is_told(system):
    assert broken(system, rule("a", "e"), chain("abcde") + chain("ace"))[0][3] == \
        'a -> c (channel "a-c", signal) -> e (channel "c-e", signal)'


def test_a_circle_of_flows_is_walked_once(system):
    assert pairs(system, rule("a", "d"), chain("abca") + chain("cd")) == [("a", "d")]
    assert holds(system, rule("a", "e"), chain("abca") + chain("cd"))


# --- except-through ---

def test_a_way_through_an_excepted_one_does_not_count_and_one_around_it_does(system):
    excepted = rule("a", "c", "except-through = <&b>;")
    assert holds(system, excepted, chain("abc"))
    assert broken(system, excepted, chain("abc") + chain("adec"))[0][3].startswith("a -> d (")


def test_an_excepted_one_that_is_named_stays_a_source_and_a_target(system):
    assert pairs(system, rule("a", "b", "except-through = <&b>;"), chain("ab")) == [("a", "b")]
    assert pairs(system, rule("a", "b", "except-through = <&a>;"), chain("ab")) == [("a", "b")]


def test_a_domain_can_be_excepted_and_so_can_a_device(system):
    dma = {"e": "devices = <&fw_cfg>; trusted-dma = <&fw_cfg>;"}
    assert holds(system, rule("a", "d", "except-through = <&mid>;"), chain("abcd"), "mid: mid { members = <&b &c>; };")
    assert pairs(system, rule("a", "d", "except-through = <&mid>;"), chain("abd"), "mid: mid { members = <&c>; };") == [("a", "d")]
    assert holds(system, rule("a", "d", "except-through = <&fw_cfg>;"), **dma)


# --- to-others ---

def test_to_others_forbids_whatever_is_not_among_the_sources(system):
    assert holds(system, "r { from = <&b &c>; to-others; };", chain("bcb"))
    assert pairs(system, "r { from = <&b &c>; to-others; };", chain("bcd")) == \
        [("b", "d"), ("b", "rtc"), ("c", "d"), ("c", "rtc")]


def test_to_others_leaves_out_who_is_excepted(system):
    assert holds(system, "r { from = <&b>; to-others; except-through = <&c>; };", chain("bce"))
    assert pairs(system, "r { from = <&b>; to-others; except-through = <&c>; };", chain("bce") + chain("be")) == [("b", "e")]


# --- domains and levels ---

LEVELS = "low { members = <&b &rtc>; level = <0>; }; mid { members = <&c>; level = <7>; }; high { members = <&e>; level = <255>; };"


def test_a_domain_stands_for_all_its_members(system):
    domains = "x: x { members = <&a &b>; }; y: y { members = <&c &rtc>; };"
    assert pairs(system, rule("x", "y"), chain("bcd") + chain("ae"), domains) == [("b", "c"), ("b", "rtc")]
    assert holds(system, rule("y", "x"), chain("bcd") + chain("ae"), domains)


def test_no_flow_down_allows_up_and_no_flow_up_allows_down(system):
    assert holds(system, "r { no-flow-down; };", chain("bce"), LEVELS)
    assert holds(system, "r { no-flow-up; };", chain("ecb"), LEVELS)
    assert pairs(system, "r { no-flow-up; };", chain("bce"), LEVELS) == [("b", "c"), ("b", "e"), ("c", "e")]
    assert pairs(system, "r { no-flow-down; };", chain("ecb"), LEVELS) == [("c", "b"), ("e", "b"), ("e", "c")]


def test_levels_hold_along_ways_through_those_of_no_domain_and_to_devices(system):
    assert pairs(system, "r { no-flow-down; };", chain("ed"), LEVELS) == [("e", "rtc")]
    assert holds(system, "r { no-flow-down; };", chain("ea"), LEVELS)


def test_equal_levels_may_talk(system):
    domains = "x { members = <&a>; level = <3>; }; y { members = <&b>; level = <3>; };"
    assert holds(system, "r { no-flow-down; }; s { no-flow-up; };", chain("aba"), domains)


def test_with_levels_who_is_excepted_may_pass_things_on(system):
    assert holds(system, "r { no-flow-down; except-through = <&c>; };", chain("ecb"), LEVELS)
    assert pairs(system, "r { no-flow-down; except-through = <&c>; };", chain("ecb") + chain("edb"), LEVELS) == \
        [("e", "b"), ("e", "rtc")]


# --- what is told ---

# POL-1
def test_every_broken_rule_is_told_at_its_line(system):
    policy = "one { from = <&a>; to = <&b>; };\ntwo { from = <&b>; to = <&a>; };\nthree { from = <&b>; to = <&c>; };"
    describe(system, policy, chain("abc"))
    status, said = system.check()
    lines = (system.folder / "system.dts").read_text().splitlines()
    assert status == 1 and "2 errors" in said
    for name in ("one", "three"):
        at = next(n for n, line in enumerate(lines, 1) if f"{name} {{ from" in line)
        assert re.search(rf"system\.dts:{at}: /policy/{name}: is broken", said), said
    assert system.build()[0] == 1 and not system.image.exists()


@pytest.mark.parametrize("n, more", [(4, None), (5, "1 more way"), (6, "2 more ways")])
def test_four_ways_of_a_rule_are_told_and_the_rest_is_counted(system, n, more):
    ends = ["b", "c", "d", "e", "rtc", "uart0"][:n]
    describe(system, f"r {{ from = <&a>; to = <{' '.join('&' + e for e in ends)}>; }};", chain("abcde"))
    status, said = system.check()
    assert status == 1 and len(ways(said)) == 4, said
    assert re.findall(r"is broken in (.*)", said) == ([more] if more else [])


def test_the_report_has_all_flows_and_how_much_each_rule_forbids(system):
    describe(system, "apart { from = <&b &c>; to = <&uart0 &rtc>; }; one { from = <&c>; to = <&b>; };", chain("bc"), b="controls = <&e>;")
    system.built()
    said = system.image.with_suffix(".report.txt").read_text()
    flows = re.findall(r"^  (\S+) +-> (\S+) +(.*)$", said[said.index("What flows"):], re.M)
    assert sorted(flows) == sorted([
        ("b", "c", 'channel "b-c", signal'), ("a", "uart0", "device"), ("uart0", "a", "device"), ("d", "rtc", "device"),
        ("rtc", "d", "device"), ("b", "e", "control"), ("e", "b", "control")])
    assert re.search(r"all of which hold\n  apart +4 pairs without a way\n  one +1 pair without a way$", said, re.M)


# --- drawn by chance ---

class Model:
    """What flows in a drawn system and which pairs break a rule, by transitive closure: no search, nothing of the tool's."""

    def __init__(self, nodes):
        self.nodes, self.edges = nodes, set()

    def both(self, a, b):
        self.edges |= {(a, b), (b, a)}

    def reach(self, excepted):
        """All (a, b) with a way whose inner nodes are not excepted: Floyd and Warshall over the others."""
        reach = set(self.edges)
        for k in self.nodes:
            if k not in excepted:
                into, out = [a for a in self.nodes if (a, k) in reach], [b for b in self.nodes if (k, b) in reach]
                reach |= {(a, b) for a in into for b in out}
        return reach

    def breaks(self, forbidden, excepted):
        return {(a, b) for a, b in forbidden if a != b} & self.reach(excepted)


class Graph:
    """Six partitions, one of them a bridge, one a console: flows by chance, domains by chance, one rule."""

    NAMES = ["p", "q", "r", "s", "t", "u"]

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.props = {n: "" for n in self.NAMES}
        self.nodes = self.NAMES + ["uart0", "rtc"]
        self.model, self.channels = Model(self.nodes), ""
        self.own("p", "uart0")
        self.own("q", "rtc")
        self.bridged = self.r.choice([None, "t"])
        self.carried = set()
        for k in range(self.r.randint(0, 7)):
            self.channel(f"c{k}")
        if self.carried:
            self.props["t"] += "bridge = <&s>;"
            self.model.both("s", "t")
        for n in self.r.sample(["q", "r", "s", "t", "u"], self.r.choice([0, 0, 1, 2])):
            self.props[n] += "console = <&p>;"
            self.model.both(n, "p")
        if self.r.random() < 0.2:
            self.props["u"] += "controls = <&r>;"
            self.model.both("u", "r")
        if self.r.random() < 0.15:
            self.props["r"] += "reads-log;"
            self.model.edges |= {(n, "r") for n in self.NAMES if n != "r"}
        if self.r.random() < 0.1:
            self.nodes.append("fw_cfg")
            self.props["u"] += "devices = <&fw_cfg>; trusted-dma = <&fw_cfg>;"
            for n in self.NAMES:
                self.model.both(n, "fw_cfg")
        self.domains()
        self.rule()

    def own(self, part, device):
        self.props[part] += f"devices = <&{device}>;"
        self.model.both(part, device)

    def refs(self, names):
        return "<" + " ".join("&" + n for n in names) + ">"

    def channel(self, name):
        if self.r.random() < 0.25:
            ends = self.r.sample(self.NAMES, self.r.randint(2, 4))
            writers = self.r.randint(1, len(ends))
            readers = f"readers = {self.refs(ends[writers:])};" if writers < len(ends) else ""
            self.channels += f'{name} {{ kind = "shared"; size = "4K"; writers = {self.refs(ends[:writers])}; {readers} }};\n'
            self.model.edges |= {(w, e) for w in ends[:writers] for e in ends if e != w}
            return
        a, b = self.r.sample(self.NAMES, 2)
        if self.bridged in (a, b) and "s" in (a, b):
            return  # the bridge's own
        kind = self.r.choice(["signal", "sampling", "queuing", "call"])
        if kind == "call":
            if self.bridged in (a, b):
                return
            a, b = sorted((a, b))
        holder = {n: "s" if n == self.bridged else n for n in (a, b)}
        if self.bridged in (a, b):
            self.carried.add(name)
        self.model.edges.add((holder[a], holder[b]))
        if kind == "call":
            self.model.edges.add((holder[b], holder[a]))
        more = {"signal": "", "sampling": "bytes = <4>;", "queuing": "bytes = <4>; depth = <1>;", "call": "bytes = <4>;"}[kind]
        self.channels += f'{name} {{ kind = "{kind}"; from = <&{a}>; to = <&{b}>; {more} }};\n'

    def domains(self):
        of = {n: self.r.choice([None, "x", "y", "z"]) for n in self.nodes}
        self.members = {d: [n for n in self.nodes if of[n] == d] for d in "xyz"}
        self.level = {d: self.r.randint(0, 2) for d in "xyz"}
        self.members = {d: m for d, m in self.members.items() if m}
        self.level_of = {n: self.level[d] for d, m in self.members.items() for n in m}
        self.domain_text = "\n".join(f"{d}: {d} {{ members = {self.refs(m)}; level = <{self.level[d]}>; }};"
                                     for d, m in self.members.items())

    def some(self, most):
        """Nodes and domains by name, and the nodes they stand for."""
        names = self.r.sample(self.nodes + list(self.members), self.r.randint(1, most))
        return names, {m for n in names for m in self.members.get(n, [n])}

    def rule(self):
        kind = self.r.choice(["to", "to", "to-others", "no-flow-down", "no-flow-up"])
        names, excepted = self.some(3) if self.r.random() < 0.6 else ([], set())
        text = f"except-through = {self.refs(names)};" if names else ""
        if kind.startswith("no-flow"):
            if not self.level_of:
                kind = "to"
            up = kind == "no-flow-up"
            self.forbidden = {(a, b) for a in self.level_of for b in self.level_of if a not in excepted and b not in excepted
                              and (self.level_of[a] < self.level_of[b] if up else self.level_of[a] > self.level_of[b])}
        if kind.startswith("to"):
            sources, from_nodes = self.some(2)
            targets, to_nodes = self.some(2)
            text += f"from = {self.refs(sources)};"
            if kind == "to":
                text += f"to = {self.refs(targets)};"
            else:
                to_nodes = {n for n in self.nodes if n not in from_nodes and n not in excepted}
            self.forbidden = {(a, b) for a in from_nodes for b in to_nodes if a != b}
        self.rule_text = f"rule {{ {text} {kind + ';' if kind != 'to' else ''} }};"
        self.excepted = excepted
        self.broken = self.model.breaks(self.forbidden, excepted)

    def describe(self, system):
        parts = "\n".join(f'{n}: {n} {{ image = "kernel"; memory = "64K"; cores = <{k % 4}>; priority = <{k}>; {self.props[n]} }};'
                          for k, n in enumerate(self.NAMES))
        system.file("kernel", image(pattern(300)))
        system.describe(parts, root=f"channels {{ {self.channels} }};\ndomains {{ {self.domain_text} }};\n"
                                    f"policy {{ {self.rule_text} }};")


def steps(way):
    names = re.findall(r"(?:^| -> )(\w+)", way)
    return list(zip(names, names[1:])), names[1:-1]


# POL-1
@pytest.mark.parametrize("tens", range(40))
def test_reachability_worked_out_otherwise_agrees(system, tens):
    for seed in range(10 * tens, 10 * tens + 10):
        graph = Graph(seed)
        graph.describe(system)
        status, said = system.check()
        told = ways(said)
        more = re.search(r"is broken in (\d+) more", said)
        assert status == (1 if graph.broken else 0), f"seed {seed}: {graph.rule_text} {graph.broken}\n{said}"
        assert said.count("/policy/") == len(told) + (more is not None), f"seed {seed}\n{said}"
        assert {(a, b) for _, a, b, _ in told} <= graph.broken, f"seed {seed}\n{said}"
        assert len(told) + int(more[1] if more else 0) == len(graph.broken), f"seed {seed}\n{said}"
        for _, a, b, way in told:
            edges, inner = steps(way)
            assert set(edges) <= graph.model.edges and not set(inner) & graph.excepted, f"seed {seed}: {way}"
            assert edges[0][0] == a and edges[-1][1] == b, f"seed {seed}: {way}"


def test_the_systems_drawn_by_chance_keep_and_break_rules_of_every_kind():
    drawn = [Graph(seed) for seed in range(400)]
    for word in ("to = ", "to-others", "no-flow-down", "no-flow-up", "except-through"):
        results = {bool(g.broken) for g in drawn if word in g.rule_text}
        assert results == {True, False}, word


def policy_for(drawn):
    """Domains and two rules for a system of test_any_system.py's; some hold, some do not."""
    r = random.Random(drawn.n)
    p = [f"p{k}" for k in range(drawn.n)]
    r.shuffle(p)
    half = len(p) // 2
    a, b = (" ".join("&" + n for n in side) for side in (p[:half], p[half:]))
    kinds = [f"from = <&{p[0]}>; to = <&{p[-1]}>; except-through = <&p0>;", "no-flow-down; except-through = <&p0>;",
             f"from = <&{p[0]}>; to-others;", f"from = <&{p[-1]}>; to = <&{p[0]}>;"]
    rules = "".join(f"rule{k} {{ {kind} }};" for k, kind in enumerate(r.sample(kinds, 1)))
    return f"domains {{ one {{ members = <{a}>; level = <1>; }}; two {{ members = <{b}>; level = <2>; }}; }}; policy {{ {rules} }};"


# POL-2
def test_check_and_the_audit_of_the_image_agree(system):
    """An image of a system whose policy is broken is made without the policy, and audited with it."""
    system.file("kernel", image(pattern(3000)))
    answers = set()
    for seed in range(1000, 1100):
        drawn = Drawn(seed)
        parts, root, policy = drawn.partitions(), drawn.root(), policy_for(drawn)
        system.describe(parts, root=root)
        system.built()
        system.describe(parts, root=root + policy)
        checked, why = system.check()
        assert checked == 0 or all(": is broken" in line for line in why.splitlines()[:-1]), why
        audited, said = system.tool("audit", system.image, system.folder)
        assert audited == checked, f"seed {seed}\n{policy}\ncheck: {why}\naudit: {said}"
        assert ("policy rule" in said) == (checked == 1), said
        if checked == 0:
            system.built()
            assert system.tool("audit", system.image, system.folder)[0] == 0
        answers.add(checked)
    assert answers == {0, 1}
