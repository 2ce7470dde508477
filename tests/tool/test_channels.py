# SPDX-License-Identifier: Apache-2.0
"""A channel is the same to everybody who is told of it: kernel, information page, device tree, C header, report;
and its memory is where it must be, and nowhere else."""

import re
import struct
import subprocess

import pytest
from conftest import System
from image import INFO_ENTRY, INFO_HEAD, Image
from loaded import Loaded, cells
from payloads import image, pattern

SIGNAL, SAMPLING, QUEUING, CALL = 1, 2, 3, 4
NONE = 0xFFFFFFFF
INFO = 0x0A120000
SERVE, EMULATED, PORT, SHARED, CONTROL = 2, 5, 6, 7, 8
SEND = 0x100

PARTS = """
console: console { image = "kernel"; memory = "4M"; cores = <3>; priority = <9>; devices = <&uart0>; };
control: control { image = "kernel"; memory = "4M"; cores = <2>; priority = <9>; controls = <&linux &gateway>; };
gateway: gateway { image = "kernel"; memory = "4M"; cores = <2>; priority = <5>; console = <&console>; };
bridge: bridge { image = "kernel"; memory = "4M"; cores = <3>; priority = <5>; console = <&console>; };
linux: linux { image = "kernel"; memory = "16M"; cores = <0 1>; console = <&console>; bridge = <&bridge>; };
"""
CHANNELS = """
state { kind = "sampling"; from = <&control>; to = <&gateway>; bytes = <32>; period-us = <10000>; };
set-point { kind = "queuing"; from = <&gateway>; to = <&control>; bytes = <100>; depth = <8>; restart = "keep"; };
seen { kind = "sampling"; from = <&gateway>; to = <&linux>; bytes = <48>; };
wanted { kind = "queuing"; from = <&linux>; to = <&gateway>; bytes = <256>; depth = <4>; full = "drop"; };
ask { kind = "call"; from = <&linux>; to = <&gateway>; bytes = <16>; reply-bytes = <2000>; };
frames { kind = "shared"; writers = <&control>; readers = <&linux &gateway>; size = "2M"; uncached; };
alarm { kind = "signal"; from = <&control>; to = <&linux>; };
notes { kind = "shared"; writers = <&control &gateway>; size = "8K"; };
deep-ask { kind = "call"; from = <&gateway>; to = <&control>; bytes = <4096>; };
"""
NAMES = ["console", "control", "gateway", "bridge", "linux"]
# channel: kind, bytes, reply's, depth, flags, holders of the two ends
PORTS = {"state": (SAMPLING, 32, 0, 0, 0, "control", "gateway"), "set-point": (QUEUING, 100, 0, 8, 2, "gateway", "control"),
         "seen": (SAMPLING, 48, 0, 0, 0, "gateway", "bridge"), "wanted": (QUEUING, 256, 0, 4, 1, "bridge", "gateway"),
         "ask": (CALL, 16, 2000, 0, 0, "bridge", "gateway"), "alarm": (SIGNAL, 0, 0, 0, 0, "control", "bridge"),
         "deep-ask": (CALL, 4096, 4096, 0, 0, "gateway", "control")}


def describe(system, parts=PARTS, channels=CHANNELS, root=""):
    system.file("kernel", image(pattern(3000)))
    system.describe(parts, root=f"{root}\nchannels {{ {channels} }};")


class Made:
    def __init__(self, data, system=None):
        self.data, self.system, self.parts = data, system, {}

    def loaded(self, name):
        if name not in self.parts:
            self.parts[name] = Loaded(self.data, name)
        return self.parts[name]

    def image(self):
        return Image(self.data) if not self.parts else next(iter(self.parts.values())).image

    def array(self, at, size):
        i = self.image()
        n, off = i.u32(i.blob + at), i.u32(i.blob + at + 4)
        return [bytes(i.data[i.blob + off + k * size:i.blob + off + (k + 1) * size]) for k in range(n)]

    def ports(self):
        """{name: (twelve words, four addresses)} of the kernel's table."""
        out = {}
        for raw in self.array(48, 80):
            words = struct.unpack("<12I4Q", raw)
            out[self.image().name(words[11])] = words
        return out

    def caps(self, name):
        """(kind, object, rights) of a partition's table."""
        all_caps = [struct.unpack("<4I", c)[:3] for c in self.array(64, 16)]
        for raw in self.array(24, 168):
            words = struct.unpack_from("<8I", raw)
            if self.image().name(words[0]) == name:
                return all_caps[words[6]:words[6] + words[7]]
        raise LookupError(name)

    def info(self, name, kind):
        """Entries of a kind: dictionaries, in their order."""
        page = bytes(self.loaded(name).stored(INFO, 0x10000))
        out = []
        for k in range(struct.unpack_from("<I", page, 8)[0]):
            e = struct.unpack_from("<4I3Q2IQ32s32s", page, INFO_HEAD + INFO_ENTRY * k)
            text = [x.split(b"\0")[0].decode() for x in e[10:]]
            keys = ("kind", "cap", "intid", "flags", "ipa", "ipa2", "bytes", "reply", "depth", "period", "name", "peer")
            entry = dict(zip(keys, [*e[:10], *text]))
            if entry["kind"] == kind:
                out.append(entry)
        return out

    def pa(self, name, ipa):
        """Where it lies, and the leaf's bits, in its root; None: nowhere."""
        i = self.image()
        for at, size, pa, entry in i.leaves(i.roots()[name]):
            if at <= ipa < at + size:
                return pa + ipa - at, i.u64(entry)
        return None

    def mapped(self, root):
        return [(pa, size, at) for at, size, pa, _ in self.image().leaves(root)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    system = System(tmp_path_factory.mktemp("channels") / "system")
    describe(system)
    return Made(system.built(), system)


def test_the_kernel_s_table_has_each_port_as_it_is_described(made):
    ports = made.ports()
    assert list(ports) == list(PORTS)
    for name, (kind, size, reply, depth, flags, sender, receiver) in PORTS.items():
        w = ports[name]
        assert (w[0], w[1], w[8], w[9], w[10]) == (kind, flags, size, reply, depth), name
        assert [NAMES[w[2]], NAMES[w[3]]] == [sender, receiver], name


def test_ports_come_first_in_a_capability_table_then_what_is_served_then_control(made):
    ports, number = made.ports(), list(made.ports())
    for part in NAMES:
        want = [(2, number.index(n), right) for n in number
                for right, end in ((1, 2), (2, 3)) if NAMES[ports[n][end]] == part]
        caps = made.caps(part)
        assert caps[:len(want)] == want
        for n, w in ports.items():
            assert NAMES[w[2]] != part or caps[w[4]] == (2, number.index(n), 1)
            assert NAMES[w[3]] != part or caps[w[5]] == (2, number.index(n), 2)
        rest = [c[0] for c in caps[len(want):]]
        assert rest == sorted(rest) and 2 not in rest
    assert made.caps("control")[-2:] == [(3, NAMES.index("linux"), 3), (3, NAMES.index("gateway"), 3)]
    assert [c[0] for c in made.caps("console")] == [1, 1, 1]
    assert made.caps("linux") == []


def test_only_ends_with_events_have_interrupts_and_all_of_a_partition_differ(made):
    ports = made.ports()
    for name, w in ports.items():
        assert (w[6] != NONE) == (w[0] == QUEUING) and w[7] != NONE, name
    for part in range(len(NAMES)):
        used = [w[6] for w in ports.values() if w[2] == part and w[6] != NONE] + [w[7] for w in ports.values() if w[3] == part]
        used += [e["intid"] for e in made.info(NAMES[part], SERVE) + made.info(NAMES[part], EMULATED)]
        assert len(used) == len(set(used)) and all(32 <= i < 256 for i in used)


def slot(size):
    return (16 + size + 63) // 64 * 64


def pieces(made, part):
    """(IPA, bytes) of what a holder receives in, and of what it sends from."""
    into, out = [], []
    for e in made.info(part, PORT):
        kind, sends = e["flags"] & 0xFF, e["flags"] & SEND
        slots = {SIGNAL: 0, SAMPLING: 3, QUEUING: e["depth"] + 1, CALL: 1}[kind] if not sends else int(kind == CALL)
        size, sent = (e["reply"], e["bytes"]) if sends else (e["bytes"], e["reply"])
        assert (e["ipa"] != 0) == (slots > 0) and (e["ipa2"] != 0) == (sent > 32), e
        if slots:
            into.append((e["ipa"], slots * slot(size)))
        if sent > 32:
            out.append((e["ipa2"], (sent + 63) // 64 * 64))
    return into, out


@pytest.mark.parametrize("part", ["control", "gateway", "bridge"])
def test_slots_and_buffers_are_apart_and_only_their_holder_and_the_kernel_have_them(made, part):
    into, out = pieces(made, part)
    assert into and out
    for places, rights in ((into, 0x40), (out, 0xC0)):
        end = 0
        for ipa, size in sorted(places):
            assert ipa % 64 == 0 and ipa >= end
            end = ipa + size
            for at in (ipa, ipa + size - 1):
                pa, bits = made.pa(part, at)
                assert bits & 0xC0 == rights and bits & 0x3C == 0x3C and bits >> 53 & 3 == 2
                others = [n for n in NAMES if n != part and
                          any(p <= pa < p + s for p, s, _ in made.mapped(made.image().roots()[n]))]
                assert not others
                assert any(p <= pa < p + s for p, s, _ in made.mapped(made.image().el2_root_pa))


def test_the_kernel_s_addresses_lead_to_the_same_memory_as_the_holders(made):
    el2 = sorted((at, size, pa) for pa, size, at in made.mapped(made.image().el2_root_pa))

    def physical(va):
        return next(pa + va - at for at, size, pa in el2 if at <= va < at + size)

    for name, w in made.ports().items():
        for va, holder, key in ((w[12], w[2], "ipa2"), (w[13], w[3], "ipa"), (w[14], w[3], "ipa2"), (w[15], w[2], "ipa")):
            e = next(x for x in made.info(NAMES[holder], PORT) if x["name"] == name)
            assert (va == 0) == (e[key] == 0)
            if va:
                assert physical(va) == made.pa(NAMES[holder], e[key])[0]


def test_the_information_page_has_the_numbers_of_the_kernel_s_table(made):
    for name, w in made.ports().items():
        for holder, cap, intid, send in ((w[2], w[4], w[6], SEND), (w[3], w[5], w[7], 0)):
            e = next(x for x in made.info(NAMES[holder], PORT) if x["name"] == name)
            assert (e["cap"], e["intid"]) == (cap, 0 if intid == NONE else intid)
            assert e["flags"] & 0xFF == w[0] and e["flags"] & SEND == send
            assert (e["bytes"], e["reply"], e["depth"]) == (w[8], w[9], w[10])
    control = {e["name"]: e for e in made.info("control", PORT)}
    assert control["state"]["period"] == 10000 * 1000 and control["state"]["peer"] == "gateway"
    assert control["alarm"]["peer"] == "linux", "the partition, whoever carries its end"
    assert control["set-point"]["flags"] & 0x600 == 0x400
    assert [e["flags"] & 0x600 for e in made.info("gateway", PORT) if e["name"] == "wanted"] == [0x200]
    assert [(e["name"], e["cap"]) for e in made.info("control", CONTROL)] == [("linux", 4), ("gateway", 5)]


def test_shared_memory_is_at_its_ends_with_their_rights_and_at_no_other(made):
    for name, ends, size, memory in (("frames", {"control": 3, "linux": 1, "gateway": 1}, 2 << 20, 0x5),
                                     ("notes", {"control": 3, "gateway": 3}, 8192, 0xF)):
        where = set()
        for part in NAMES:
            e = [x for x in made.info(part, SHARED) if x["name"] == name]
            assert len(e) == (part in ends)
            if not e:
                continue
            assert e[0]["bytes"] == size and e[0]["flags"] == (ends[part] == 3)
            for at in (0, size - 1):
                pa, bits = made.pa(part, e[0]["ipa"] + at)
                where.add(pa - at)
                assert bits >> 6 & 3 == ends[part] and bits >> 2 & 0xF == memory and bits >> 53 & 3 == 2
        assert len(where) == 1
        first = where.pop()
        roots = [made.image().roots()[n] for n in NAMES if n not in ends] + [made.image().el2_root_pa]
        assert not [m for r in roots for m in made.mapped(r) if m[0] < first + size and first < m[0] + m[1]]
        there = made.image().offset(first)
        assert bytes(made.image().data[there:there + size]) == bytes(size), "it is in the file, and zero"


def test_large_shared_memory_costs_no_tables(made):
    control = {e["name"]: e for e in made.info("control", SHARED)}
    pa, bits = made.pa("control", control["frames"]["ipa"])
    assert control["frames"]["ipa"] % (2 << 20) == 0 and pa % (2 << 20) == 0 and bits & 2 == 0


def test_shared_memory_that_finds_no_room_below_ram_lies_above_it(system):
    system.file("kernel", image(pattern(3000)))
    big = 'kind = "shared"; writers = <&one>; readers = <&two>;'
    system.describe('one: one { image = "kernel"; memory = "4M"; cores = <0>; };'
                    'two: two { image = "kernel"; memory = "7M"; cores = <1>; };',
                    root=f'channels {{ x {{ {big} size = "300M"; }}; y {{ {big} size = "200M"; }}; z {{ {big} size = "4K"; }}; }};')
    status, said = system.build()
    assert status == 0, said
    system.image.unlink()  # it is large
    report = system.image.with_suffix(".report.txt").read_text()
    for part, above in (("one", 0x40400000), ("two", 0x40800000)):
        at = re.findall(rf"^    {part} +r[w-] at (0x[0-9a-f]+)$", report, re.M)
        assert [int(x, 16) for x in at] == [0x20000000, above, 0x20000000 + (300 << 20)]
        assert re.search(rf"^ +{above:#x} - +{above + (200 << 20) - 1:#x} .*shared memory y", report, re.M)


def test_each_channel_end_of_a_bridged_partition_is_a_pl011_that_its_bridge_serves(made):
    ends = ["seen", "wanted", "ask", "alarm"]
    carriers = [e for e in made.info("linux", EMULATED) if e["peer"]]
    assert [e["peer"] for e in carriers] == ends and {e["name"] for e in carriers} == {"bridge"}
    assert [e["ipa"] for e in carriers] == [0x09100000 + 0x1000 * i for i in range(4)]
    assert not made.info("linux", PORT) and not [made.pa("linux", e["ipa"]) for e in carriers if made.pa("linux", e["ipa"])]
    served = made.info("bridge", SERVE)
    assert [(e["name"], e["peer"]) for e in served] == [("linux", n) for n in ends]
    emuls = [struct.unpack("<2I2Q2I2Q2I", e) for e in made.array(40, 56)]
    for c, s in zip(carriers, served):
        e = emuls[made.caps("bridge")[s["cap"]][1]]
        assert [NAMES[x] for x in e[:2]] == ["linux", "bridge"]
        assert (e[2], e[3], e[4], e[5]) == (c["ipa"], 4096, c["intid"], s["intid"]) and e[9] == 0
    assert sum(e["flags"] & 1 for e in served) == 0, "only a console has a keyboard to give"


def test_a_carrier_has_a_window_that_the_two_share_where_messages_or_replies_are_long(made):
    for name, there in (("wanted", True), ("ask", True), ("seen", False), ("alarm", False)):
        ends = [[e for e in made.info(p, SHARED) if e["name"] == name] for p in ("linux", "bridge")]
        assert [len(e) for e in ends] == [there, there]
        if not there:
            continue
        guest, bridge = ends[0][0], ends[1][0]
        assert guest["flags"] == bridge["flags"] == 3 and guest["bytes"] == bridge["bytes"] == 4096
        assert (guest["peer"], bridge["peer"]) == ("bridge", "linux")
        a, b = made.pa("linux", guest["ipa"]), made.pa("bridge", bridge["ipa"])
        assert a[0] == b[0] and a[1] == b[1] and a[1] >> 2 & 0xF == 0x5 and a[1] >> 6 & 3 == 3
        users = [n for n in NAMES if any(p <= a[0] < p + s for p, s, _ in made.mapped(made.image().roots()[n]))]
        assert users == ["bridge", "linux"]


def text(value):
    return value.rstrip(b"\0").decode()


def test_a_bridged_guest_finds_its_channels_as_serial_ports(made):
    t = made.loaded("linux").tree()
    info = {e["peer"]: e for e in made.info("linux", EMULATED)}
    window = {e["name"]: e for e in made.info("linux", SHARED)}
    want = {"seen": ("sampling", "receive", "gateway", 48), "wanted": ("queuing", "send", "gateway", 256),
            "ask": ("call", "send", "gateway", 16), "alarm": ("signal", "receive", "control", None)}
    for n, (name, (kind, direction, peer, size)) in enumerate(want.items(), 1):
        node = t[text(t["/aliases"][f"serial{n}"])]
        assert [text(node[f"bulkhead,{p}"]) for p in ("channel", "kind", "direction", "peer")] == [name, kind, direction, peer]
        assert cells(node["reg"]) == [0, info[name]["ipa"], 0, 0x1000]
        assert cells(node["interrupts"]) == [0, info[name]["intid"] - 32, 4]
        assert (cells(node["bulkhead,bytes"]) == [size]) if size else ("bulkhead,bytes" not in node)
        assert cells(node["arm,primecell-periphid"]) == [0x00141011]
        if size and max(size, 2000 if name == "ask" else 0) > 128:
            assert cells(node["bulkhead,window"]) == [0, window[name]["ipa"], 0, 0x1000]
        else:
            assert "bulkhead,window" not in node
    assert cells(t["/pl011@9102000"]["bulkhead,reply-bytes"]) == [2000]
    assert cells(t["/pl011@9101000"]["bulkhead,depth"]) == [4]
    assert text(t["/aliases"]["serial0"]) == "/pl011@9000000" and "bulkhead,channel" not in t["/pl011@9000000"]
    frames = next(v for k, v in t.items() if k.startswith("/bulkhead/shared@"))
    assert cells(frames["reg"]) == [0, window["frames"]["ipa"], 0, 2 << 20]
    assert text(frames["bulkhead,rights"]) == "r" and text(frames["bulkhead,channel"]) == "frames"
    assert not [k for k in t if k.startswith("/bulkhead/ports/")]


def test_a_partition_that_calls_by_itself_finds_its_ports_by_name(made):
    for part in ("control", "gateway", "bridge"):
        t = made.loaded(part).tree()
        info = {e["name"]: e for e in made.info(part, PORT)}
        assert [k.split("/")[-1] for k in t if k.startswith("/bulkhead/ports/")] == list(info)
        for name, e in info.items():
            node = t[f"/bulkhead/ports/{name}"]
            assert cells(node["bulkhead,number"]) == [e["cap"]]
            assert text(node["bulkhead,direction"]) == ("send" if e["flags"] & SEND else "receive")
            assert (cells(node["interrupts"]) == [0, e["intid"] - 32, 1]) if e["intid"] else ("interrupts" not in node)
            for prop, ipa in (("bulkhead,slots", e["ipa"]), ("bulkhead,buffer", e["ipa2"])):
                assert (cells(node[prop])[1] == ipa) if ipa else (prop not in node)


def test_a_partition_without_channels_is_told_of_none(made):
    t = made.loaded("console").tree()
    assert not [k for k in t if k.startswith("/bulkhead")]
    assert not made.info("console", PORT) + made.info("console", SHARED) + made.info("console", CONTROL)


def test_two_builds_of_a_system_with_channels_are_the_same_byte_for_byte(system):
    describe(system)
    first, report = system.built(), system.image.with_suffix(".report.txt").read_text()
    system.image.unlink()
    assert system.built() == first and system.image.with_suffix(".report.txt").read_text() == report


def test_the_report_tells_of_every_channel_and_each_of_its_ends(system):
    describe(system)
    made, report = Made(system.built()), system.image.with_suffix(".report.txt").read_text()
    channels = report[report.index("\nChannels"):report.index("\nPartition 0")]
    for name, w in made.ports().items():
        lines = re.search(rf"^  {name}: .*\n((?:    .*\n)*)", channels, re.M)
        for holder, cap, intid in ((w[2], w[4], w[6]), (w[3], w[5], w[7])):
            want = rf"^    {NAMES[holder]} +port {cap}" + (f", interrupt {intid}" if intid != NONE else r"(, \d+ slot|, buf|$)")
            assert re.search(want, lines[1], re.M), (name, lines[0])
    for line in (r"state: sampling, control to gateway, 32 bytes, refreshed every 10000 us",
                 r"wanted: queuing, linux to gateway, 256 bytes, 4 deep, drops when full",
                 r"    linux +PL011 at 0x9101000, interrupt \d+, window at 0x[0-9a-f]+ \(4 KiB\).*carried by bridge",
                 r"frames: shared memory, 2048 KiB, uncached", r"    control +rw at 0x", r"    linux +r- at 0x"):
        assert re.search(line, channels), line
    assert re.search(r"^  control:   capability 4 starts and stops linux$", report, re.M)


# --- the header ---

def header(system, part, *more):
    return system.tool("header", system.folder, part, *more)


def defined(text_):
    return {m[1]: int(m[2]) for m in re.finditer(r"^#define (\w+) +(\d+)u$", text_, re.M)}


def test_the_header_has_the_numbers_of_the_information_page(made):
    for part in ("control", "gateway", "bridge", "linux", "console"):
        status, said = header(made.system, part)
        assert status == 0, said
        want = {}
        for e in made.info(part, PORT):
            name = "PORT_" + e["name"].upper().replace("-", "_")
            want[name] = e["cap"]
            for suffix, value in (("_BYTES", e["bytes"]), ("_REPLY_BYTES", e["reply"]), ("_DEPTH", e["depth"]),
                                  ("_INTID", e["intid"]), ("_PERIOD_US", e["period"] // 1000)):
                if value:
                    want[name + suffix] = value
        for e in made.info(part, SHARED):
            if not e["flags"] & 2:
                want[f"SHARED_{e['name'].upper()}_BYTES"] = e["bytes"]
        for e in made.info(part, CONTROL):
            want[f"CONTROL_{e['name'].upper()}"] = e["cap"]
        if part == "linux":  # what it holds is carried: it has sizes, but no numbers
            want.update(PORT_SEEN_BYTES=48, PORT_WANTED_BYTES=256, PORT_WANTED_DEPTH=4, PORT_ASK_BYTES=16,
                        PORT_ASK_REPLY_BYTES=2000)
        assert defined(said) == want, part


def test_the_header_compiles_twice_in_one_file(system):
    describe(system)
    path = system.folder / "control.h"
    assert header(system, "control", "-o", path) == (0, "")
    assert path.read_text() == header(system, "control")[1]
    source = f'#include "{path}"\n#include "{path}"\nint a[PORT_SET_POINT_DEPTH + CONTROL_LINUX + SHARED_NOTES_BYTES];\n'
    done = subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-x", "c", "-"],
                          input=source, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_the_header_needs_neither_payload_nor_kernel(system):
    describe(system)
    (system.folder / "kernel").unlink()
    system.own_tool()
    for name in ("kernel-arm64.elf", "stub-arm64.elf"):
        (system.folder.parent / "tool" / "build" / name).unlink()
    status, said = header(system, "gateway")
    assert status == 0 and "PORT_STATE " in said, said


def test_the_header_of_a_wrong_description_or_of_nobody_is_refused(system):
    describe(system)
    status, said = header(system, "nobody")
    assert status == 1 and "console, control, gateway, bridge, linux" in said
    describe(system, channels=CHANNELS.replace("bytes = <32>", "bytes = <0>"))
    status, said = header(system, "control", "-o", system.folder / "none.h")
    assert status == 1 and "/channels/state/bytes" in said and not (system.folder / "none.h").exists()


def test_names_of_partitions_that_are_one_in_c_are_refused_where_both_are_controlled(system):
    describe(system, 'a: one-a { image = "kernel"; memory = "4M"; cores = <0>; };'
                     'b: one_a { image = "kernel"; memory = "4M"; cores = <1>; };'
                     'c: c { image = "kernel"; memory = "4M"; cores = <2>; controls = <&a &b>; };', "")
    assert header(system, "a")[0] == 1  # a label; the name is one-a
    assert header(system, "one-a")[0] == 0
    status, said = header(system, "c")
    assert status == 1 and "/partitions/one_a" in said and "CONTROL_ONE_A" in said


def test_a_trusted_bus_master_may_be_owned_and_is_told_of(system):
    disk = "disk: disk@9060000 { reg = <0x0 0x09060000 0x0 0x1000>; }; bulkhead { dma-devices = <&disk>; };"
    part = 'it: it { image = "kernel"; memory = "4M"; cores = <0>; devices = <&disk>; trusted-dma = <&disk>; };'
    describe(system, part, "", disk)
    system.built()
    report = system.image.with_suffix(".report.txt").read_text()
    assert re.search(r"DMA: +disk can read and write all memory", report)


def test_names_may_have_31_bytes(system):
    name = "a-name-of-31-bytes-is-possible-"
    assert len(name) == 31
    describe(system, channels=f'{name} {{ kind = "signal"; from = <&control>; to = <&linux>; }};')
    m = Made(system.built())
    assert [e["name"] for e in m.info("bridge", PORT)] == [name] == [e["peer"] for e in m.info("bridge", SERVE)]
