# SPDX-License-Identifier: Apache-2.0
"""Whatever keeps the rules of docs/description.md is built, and the audit, which shares no code with the builder, proves
the image. The systems are drawn by chance, always the same ones."""

import random

import pytest
from payloads import image, pattern

SIZES = [1, 8, 31, 32, 33, 64, 100, 128, 129, 4095, 4096]


class Drawn:
    """Partitions p0 …: the first ones may be bridges, p0 is the console. Calls go from lower to higher holders only."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.n = self.r.randint(2, self.r.choice([3, 6, 12, 24]))
        bridges = self.r.randint(0, min(3, self.n - 2))
        self.bridge = {p: self.r.randrange(bridges) for p in range(bridges, self.n) if bridges and self.r.random() < 0.4}
        self.carried, self.ports = [0] * self.n, [0] * self.n
        self.channels = [c for c in (self.channel() for _ in range(self.r.randint(0, self.r.choice([3, 10, 60])))) if c]

    def refs(self, parts):
        return "<" + " ".join(f"&p{p}" for p in parts) + ">"

    def maybe(self, text):
        return text if self.r.random() < 0.5 else ""

    def shared(self):
        ends = self.r.sample(range(self.n), self.r.randint(2, min(5, self.n)))
        writers = self.r.randint(1, len(ends))
        readers = f"readers = {self.refs(ends[writers:])};" if writers < len(ends) else ""
        return (f'kind = "shared"; writers = {self.refs(ends[:writers])}; {readers} {self.maybe("uncached;")} '
                f'size = "{self.r.choice(["4K", "8K", "64K", "1M", "2M", "6M"])}";')

    def port(self, kind):
        ends = self.r.sample(range(self.n), 2)
        if kind == "call":
            ends.sort(key=lambda p: self.bridge.get(p, p))
        holders = [self.bridge.get(p, p) for p in ends]
        if holders[0] == holders[1] or sum(self.carried) > 30:
            return None
        if any(self.ports[h] == 64 for h in holders) or any(p in self.bridge and self.carried[p] == 12 for p in ends):
            return None
        for p, h in zip(ends, holders):
            self.ports[h] += 1
            self.carried[p] += p in self.bridge
        text = f'kind = "{kind}"; from = <&p{ends[0]}>; to = <&p{ends[1]}>;'
        if kind != "signal":
            text += f" bytes = <{self.r.choice(SIZES)}>;"
        if kind == "queuing":
            text += f' depth = <{self.r.choice([1, 2, 7, 255, 256])}>;' + self.maybe('full = "drop";') + self.maybe('restart = "keep";')
        if kind == "call":
            text += self.maybe(f"reply-bytes = <{self.r.choice(SIZES)}>;")
        if kind == "sampling":
            text += self.maybe(f"period-us = <{self.r.choice([1, 1000, 0xFFFFFFFF])}>;")
        return text

    def channel(self):
        kind = self.r.choice(["signal", "sampling", "queuing", "call", "shared"])
        return self.shared() if kind == "shared" else self.port(kind)

    def partition(self, p):
        text = f'image = "kernel"; memory = "{self.r.choice(["64K", "1M", "3M", "8M"])}"; cores = <{p % 4}>; priority = <{p}>;'
        if p in self.bridge and self.carried[p]:
            text += f" bridge = <&p{self.bridge[p]}>;"
        if p == 0:
            text += " devices = <&uart0>;" + self.maybe("reads-log;")
        else:
            text += self.maybe("console = <&p0>;")
        if p == 1:
            text += self.maybe("devices = <&fw_cfg &rtc>; trusted-dma = <&fw_cfg>;")
        others = [q for q in range(self.n) if q != p]
        return text + self.maybe('restart = "never";') + \
            self.maybe(f"controls = {self.refs(self.r.sample(others, self.r.randint(1, len(others))))};")

    def partitions(self):
        return "\n".join(f"p{p}: p{p} {{ {self.partition(p)} }};" for p in range(self.n))

    def root(self):
        return "channels {\n" + "\n".join(f"c{k} {{ {c} }};" for k, c in enumerate(self.channels)) + "\n};"


@pytest.mark.parametrize("seed", range(40))
def test_a_system_that_keeps_the_rules_is_built_and_its_audit_proves_it(system, seed):
    drawn = Drawn(seed)
    system.file("kernel", image(pattern(3000)))
    system.describe(drawn.partitions(), root=drawn.root())
    system.built()
    status, said = system.tool("audit", system.image, system.folder)
    assert status == 0, said
    system.image.unlink()  # many of these are much
