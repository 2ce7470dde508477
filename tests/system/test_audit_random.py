# SPDX-License-Identifier: Apache-2.0
"""Random systems: what the builder makes of a description, the audit proves; and rules of a policy
are judged by check, by the audit and by a search of our own over the flows of the description."""

import random
import re
import subprocess

import pytest
from audited import TOOL

SYSTEMS = 16
RULES = 40


class System:
    """console owns the UART and reads the log; b0 and b1 are bridges; p0... are free to talk."""

    def __init__(self, seed):
        rng = self.rng = random.Random(seed)
        self.plain = [f"p{i}" for i in range(rng.randrange(2, 7))]
        self.parts = ["console", "b0", "b1"] + self.plain
        self.devices = {"uart0": "console"}
        for d in ("rtc", "gpio"):
            if rng.randrange(2):
                self.devices[d] = rng.choice(self.plain)
        self.has_console = {p for p in self.parts[1:] if rng.randrange(3)}
        self.bridge = {}
        self.controls = {p: rng.choice([q for q in self.parts if q != p]) for p in self.parts if rng.randrange(4) == 0}
        self.log = rng.randrange(3) == 0
        self.dma = [d for d in self.devices if d != "uart0" and rng.randrange(6) == 0]
        self.channels = [self.channel(f"c{i}") for i in range(rng.randrange(1, 12))]
        self.bridges()
        self.faults()

    def faults(self):
        """A monitor in most systems, and policies that reach others in some. Who asks it to control another is left out."""
        rng = self.rng
        self.monitor = rng.choice(self.plain) if rng.randrange(3) else None
        self.resets = bool(self.monitor) and rng.randrange(4) == 0
        speech = {self.monitor, self.bridge.get(self.monitor)} | ({"console"} if self.monitor in self.has_console else set())
        self.inspects = rng.sample([p for p in self.parts if p not in speech], rng.randrange(3)) if self.monitor else []
        self.dumped = [p for p in self.inspects if rng.randrange(2)]
        self.modes = rng.randrange(2) == 0
        for c in self.channels:
            if c["kind"] == "call" and c["to"] == self.monitor:
                self.controls.pop(c["from"], None)
        words = ["ignore", "log", "stop", "restart", "warm"] + ["system"] * (rng.randrange(3) == 0) + ["mode:limp"] * self.modes
        self.health = {p: (rng.choice(["access", "call", "deadline", "panic", "hardware"]), word,
                           bool(self.monitor) and word != "ignore" and rng.randrange(2) == 0)
                       for p, word in ((p, rng.choice(words)) for p in self.parts) if rng.randrange(3) == 0}

    def faulty(self, p):
        lines = []
        if p == self.monitor:
            lines += ["monitor;"] + ["resets-system;"] * self.resets
            if self.inspects:
                lines.append(f"inspects = <{' '.join('&' + q for q in self.inspects)}>;")
        if p in self.dumped:
            lines.append('dump = "16K";')
        if p in self.health:
            fault, word, tell = self.health[p]
            lines.append(f'health {{ {fault} = "{word}"' + (', "tell"' if tell else "") + "; };")
        return lines

    def channel(self, name):
        rng = self.rng
        kind = rng.choice(["signal", "sampling", "queuing", "call", "shared"])
        one, other = sorted(rng.sample(self.plain, 2))  # calls go up only: no circle
        if kind != "call" and rng.randrange(2):
            one, other = other, one
        size = rng.choice([1, 31, 32, 33, 64, 127, 128, 129, 1000, 4096])
        c = {"name": name, "kind": kind, "from": one, "to": other, "bytes": size, "depth": rng.choice([1, 2, 7, 256])}
        if kind == "shared":
            ends = rng.sample(self.plain, rng.randrange(2, len(self.plain) + 1))
            n = rng.randrange(1, len(ends) + 1)
            c["writers"], c["readers"] = ends[:n], ends[n:]
        return c

    def bridges(self):
        """Both ends of a channel may be carried, by two bridges."""
        ends = {c[e] for c in self.channels if c["kind"] != "shared" for e in ("from", "to")}
        calls = any(c["kind"] == "call" for c in self.channels)
        for p in sorted(ends):
            if self.rng.randrange(3) == 0 and not (calls and self.bridge):
                others = {self.bridge.get(c["to"] if c["from"] == p else c["from"]) for c in self.channels
                          if c["kind"] != "shared" and p in (c["from"], c["to"])}
                free = [b for b in ("b0", "b1") if b not in others]
                if free:
                    self.bridge[p] = self.rng.choice(free)

    def partition(self, p, number):
        rng = self.rng
        lines = [f'image = "services/{"bridge" if p in ("b0", "b1") else "console"}.elf";',
                 f'memory = "{rng.choice(["256K", "1M", "2M", "3M"]) if p != self.monitor else "1M"}";',
                 f"cores = <{rng.randrange(4)}>;", f"priority = <{number}>;"]
        mine = [f"&{d}" for d, owner in self.devices.items() if owner == p]
        if mine:
            lines.append(f"devices = <{' '.join(mine)}>;")
        trusted = [f"&{d}" for d in self.dma if self.devices[d] == p]
        if trusted:
            lines.append(f"trusted-dma = <{' '.join(trusted)}>;")
        if p in self.has_console:
            lines.append("console = <&console>;")
        if p in self.bridge:
            lines.append(f"bridge = <&{self.bridge[p]}>;")
        if p in self.controls:
            lines.append(f"controls = <&{self.controls[p]}>;")
        if p == "console" and self.log:
            lines.append("reads-log;")
        return f"{p}: {p} {{ {' '.join(lines + self.faulty(p))} }};"

    def channel_text(self, c):
        kind = c["kind"]
        text = [f'kind = "{kind}";']
        if kind == "shared":
            text += [f"writers = <{' '.join('&' + p for p in c['writers'])}>;", 'size = "12K";']
            if c["readers"]:
                text.append(f"readers = <{' '.join('&' + p for p in c['readers'])}>;")
        else:
            text.append(f"from = <&{c['from']}>; to = <&{c['to']}>;")
        if kind in ("sampling", "queuing", "call"):
            text.append(f"bytes = <{c['bytes']}>;")
        if kind == "queuing":
            text.append(f"depth = <{c['depth']}>;")
        return f"{c['name']} {{ {' '.join(text)} }};"

    def text(self, policy=""):
        self.rng.seed(len(self.parts))  # the same again, with and without policy
        parts = "\n".join(self.partition(p, i) for i, p in enumerate(self.parts))
        channels = "\n".join(self.channel_text(c) for c in self.channels)
        dma = f"bulkhead {{ dma-devices = <{' '.join('&' + d for d in self.dma)}>; }};" if self.dma else ""
        dma += "schedules { work { }; limp { }; };" if self.modes else ""
        return ('/dts-v1/;\n/include/ "qemu-virt.dts"\n/ {\n' + dma + f"partitions {{ {parts} }};\n"
                f"channels {{ {channels} }};\n{policy} }};\n")

    def flows(self):
        edges = set()

        def both(a, b):
            edges.update([(a, b), (b, a)])
        for c in self.channels:
            if c["kind"] == "shared":
                edges.update((w, e) for w in c["writers"] for e in c["writers"] + c["readers"] if w != e)
                continue
            one, other = self.bridge.get(c["from"], c["from"]), self.bridge.get(c["to"], c["to"])
            edges.add((one, other))
            if c["kind"] == "call":
                edges.add((other, one))
            for end, holder in ((c["from"], one), (c["to"], other)):
                if end != holder:
                    both(end, holder)
        for p in self.has_console:
            both(p, "console")
        for d, owner in self.devices.items():
            both(d, owner)
        for d in self.dma:
            for p in self.parts:
                both(d, p)
        for p, q in self.controls.items():
            both(p, q)
        if self.log:
            edges.update((p, "console") for p in self.parts if p != "console")
        if self.monitor:
            edges.update((p, self.monitor) for p in self.parts if p != self.monitor)
        for q in self.inspects:
            both(self.monitor, q)
        loud = [p for p, (_, word, _) in self.health.items() if word in ("system", "mode:limp")] + [self.monitor] * self.resets
        edges.update((p, q) for p in loud for q in self.parts if p != q)
        return edges


def reaches(edges, one, other, without):
    """By taking nodes away, not by marking them: another way than the audit's."""
    left = {(a, b) for a, b in edges if (a == one or a not in without) and (b == other or b not in without)}
    known, grown = {one}, True
    while grown:
        new = {b for a, b in left if a in known} - known
        grown, known = bool(new), known | new
    return other in known


@pytest.mark.parametrize("seed", range(SYSTEMS))
def test_a_random_system_is_proven_and_its_policy_judged_rightly(seed, tmp_path):
    s = System(seed)
    (tmp_path / "system.dts").write_text(s.text())
    image = tmp_path / "x.img"
    r = subprocess.run([TOOL, "build", str(tmp_path), "-o", str(image)], timeout=60, capture_output=True, text=True)
    assert r.returncode == 0, r.stderr + s.text()
    r = subprocess.run([TOOL, "audit", str(image), str(tmp_path)], timeout=60, capture_output=True, text=True)
    assert r.returncode == 0, r.stdout + r.stderr + s.text()
    judge_rules(s, tmp_path, image)


def judge_rules(s, folder, image):
    rng, nodes, edges = random.Random(len(s.channels)), s.parts + sorted(s.devices), s.flows()
    rules, broken = [], set()
    for n in range(RULES):
        some = rng.sample(nodes, len(nodes))
        sources, sinks, without = some[:rng.randrange(1, 3)], some[2:rng.randrange(3, 5)], set(some[4:rng.randrange(4, len(some) + 1)])
        if rng.randrange(4) == 0:
            sinks, to = [x for x in nodes if x not in sources and x not in without], "to-others;"
        else:
            to = f"to = <{' '.join('&' + x for x in sinks)}>;"
        limit = f"except-through = <{' '.join('&' + x for x in sorted(without))}>;" if without else ""
        rules.append(f"r{n} {{ from = <{' '.join('&' + x for x in sources)}>; {to} {limit} }};")
        if any(reaches(edges, a, b, without) for a in sources for b in sinks):
            broken.add(f"r{n}")
    (folder / "system.dts").write_text(s.text(f"policy {{ {' '.join(rules)} }};"))
    r = subprocess.run([TOOL, "audit", str(image), str(folder)], timeout=60, capture_output=True, text=True)
    said = {line.split()[2].rstrip(":") for line in r.stderr.splitlines() if line.startswith("audit: policy ")}
    assert said == broken, "\n".join(rules) + r.stderr + s.text()
    assert r.returncode == (1 if broken else 0)
    r = subprocess.run([TOOL, "check", str(folder)], timeout=60, capture_output=True, text=True)
    assert set(re.findall(r"/policy/(r\d+): is broken", r.stderr)) == broken, r.stderr
