# SPDX-License-Identifier: Apache-2.0
"""`bulkhead draw`: the picture has all that the description says, from the description alone, and Graphviz makes it."""

import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT, TOOL

PARTITIONS = """
console: console { image = "c.elf"; memory = "256K"; cores = <3>; priority = <1>; devices = <&uart0>; reads-log; };
net: net { image = "a<b>&c.elf"; memory = "1M"; cores = <0>; priority = <1>; console = <&console>;
           devices = <&fw_cfg>; trusted-dma = <&fw_cfg>; };
linux: linux { image = "l"; memory = "256M"; cores = <0 1>; priority = <2>; console = <&console>; bridge = <&bridge>; };
bridge: bridge { image = "b.elf"; memory = "256K"; cores = <3>; priority = <2>; };
gateway: gateway { image = "g.elf"; memory = "256K"; cores = <3>; priority = <3>; };
control: control { image = "control.elf"; memory = "256K"; cores = <2>; priority = <9>; };
camera: camera { image = "cam.elf"; memory = "4M"; cores = <2>; priority = <4>; smc-allow = <0x82000001>; };
display: display { image = "disp.elf"; memory = "4M"; cores = <2>; priority = <5>; console = <&console>; };
keys: keys { image = "keys.elf"; memory = "256K"; cores = <3>; priority = <6>; };
monitor: monitor { image = "mon.elf"; memory = "256K"; cores = <3>; priority = <7>; controls = <&linux &display>; };
"""
ROOT_NODES = """
channels {
	state { kind = "sampling"; from = <&control>; to = <&gateway>; bytes = <32>; period-us = <10000>; };
	setpoint { kind = "queuing"; from = <&gateway>; to = <&control>; bytes = <8>; depth = <4>; };
	request { kind = "call"; from = <&linux>; to = <&gateway>; bytes = <32>; reply-bytes = <64>; };
	frames { kind = "shared"; writers = <&camera>; readers = <&display>; size = "2M"; uncached; };
	ready { kind = "signal"; from = <&camera>; to = <&display>; };
	packets { kind = "queuing"; from = <&net>; to = <&display>; bytes = <1514>; depth = <64>; full = "drop"; restart = "keep"; };
	sign { kind = "call"; from = <&gateway>; to = <&keys>; bytes = <64>; };
};
domains { plant { members = <&control &gateway>; level = <2>; }; media { members = <&camera &display>; }; };
"""
NAMES = ["console", "net", "linux", "bridge", "gateway", "control", "camera", "display", "keys", "monitor"]
CHANNELS = {"state": "value, 32 bytes, 10 ms", "setpoint": "queue, 4 x 8 bytes", "request": "call, 32 / 64 bytes",
            "frames": "shared, 2 MiB, uncached", "ready": "signal", "packets": "queue, 64 x 1514 bytes, drops, keeps",
            "sign": "call, 64 / 64 bytes"}


@pytest.fixture
def ten(system):
    system.describe(PARTITIONS, ROOT_NODES)
    return system


def dot(system):
    status, text = system.tool("draw", system.folder, "--dot")
    assert status == 0, text
    return text


def test_every_partition_stands_in_it_with_what_it_owns(ten):
    text = dot(ten)
    boxes = dict(re.findall(r"^\s*p\d+ \[color=.*?<B>(.*?)</B>(.*)$", text, re.M))
    assert sorted(boxes) == sorted(NAMES)
    assert "cores 0, 1, 256 MiB" in boxes["linux"] and "terminal by console" in boxes["linux"]
    assert "owns uart0" in boxes["console"] and "reads the health log" in boxes["console"]
    assert "1 firmware call allowed" in boxes["camera"]
    assert "a&lt;b&gt;&amp;c.elf" in boxes["net"]


def test_every_channel_stands_in_it_with_kind_size_and_rights(ten):
    text = dot(ten)
    for name, what in CHANNELS.items():
        assert re.search(rf"<B>{name}</B><BR/>\s*<FONT POINT-SIZE=\"10\">{re.escape(what)}</FONT>", text), name
    part = {name: f"p{i}" for i, name in enumerate(NAMES)}
    assert re.search(rf"{part['camera']} -> (c\d+) \[.*label=<rw>", text)
    assert re.search(rf"(c\d+) -> {part['display']} \[.*label=<r>", text)
    assert re.search(rf"{part['linux']} -> {part['bridge']} \[.*carries<BR/>request<", text)
    assert re.search(rf"{part['bridge']} -> {part['gateway']} \[.*arrowtail=odot.*<B>request</B>", text)
    assert re.search(rf"{part['monitor']} -> {part['linux']} \[.*controls", text)
    assert re.search(rf"{part['monitor']} -> {part['display']} \[.*controls", text)


def test_an_arrow_that_is_drawn_backwards_still_points_to_the_receiver(ten):
    text = dot(ten)
    part = {name: f"p{i}" for i, name in enumerate(NAMES)}
    assert re.search(rf"{part['gateway']} -> {part['control']} \[dir=both, arrowtail=none, .*<B>setpoint</B>", text)
    assert re.search(rf"{part['gateway']} -> {part['control']} \[dir=both, arrowhead=none, .*<B>state</B>", text)


def test_domains_are_frames_around_their_members(ten):
    text = dot(ten)
    frames = {re.search(r"<B>(\w+)</B>", f).group(1): f for f in re.findall(r"subgraph cluster_\d+ \{.*?\n\t\}", text, re.S)}
    assert sorted(frames) == ["media", "plant"]
    assert "<B>plant</B>, level 2" in frames["plant"] and "level" not in frames["media"]
    assert "<B>control</B>" in frames["plant"] and "<B>gateway</B>" in frames["plant"]
    assert "<B>linux</B>" not in frames["plant"] + frames["media"]


def test_trusted_dma_is_red_and_nothing_else_is(ten):
    lines = dot(ten).splitlines()
    red = [line for line in lines if "#c81e1e" in line and "legend" not in line]
    assert len(red) == 1 and "<B>net</B>" in red[0] and "owns fw_cfg: its DMA is trusted with all memory" in red[0]
    ten.describe(PARTITIONS.replace("devices = <&fw_cfg>; trusted-dma = <&fw_cfg>;", ""), ROOT_NODES)
    assert "#c81e1e" not in dot(ten)


def test_dedicated_cores_are_told_and_a_wfi_of_its_own_is_red(system):
    text = """one: one { image = "a"; memory = "1M"; cores = <1>; dedicated-core; reads-log; };
        two: two { image = "b"; memory = "1M"; cores = <2 3>; dedicated-core; %s };"""
    system.describe(text % "native-wfi;")
    boxes = {m[2]: m[1] for m in re.finditer(r"^\s*(p\d+ \[color=.*?<B>(.*?)</B>.*)$", dot(system), re.M)}
    assert "dedicated core 1, 1 MiB" in boxes["one"] and "#c81e1e" not in boxes["one"]
    assert "dedicated cores 2, 3, 1 MiB" in boxes["two"] and "sleeps by itself: trusted with its cores" in boxes["two"] and "#c81e1e" in boxes["two"]
    assert "trusted with its cores" in dot(system).split("legend", 1)[1]
    system.describe(text % "")
    assert "#c81e1e" not in dot(system)


def test_a_wfi_of_its_own_is_no_trust_where_its_core_takes_interrupts_to_the_kernel(system):
    system.describe('one: one { image = "a"; memory = "1M"; cores = <1>; native-wfi; reads-log; };')
    assert ">sleeps by itself<" in dot(system)
    assert "#c81e1e" not in dot(system) and "trusted with its cores" not in dot(system)


def test_the_same_description_gives_the_same_text(ten):
    assert dot(ten) == dot(ten)


def test_a_picture_is_well_formed_and_has_every_name(ten):
    picture = ten.folder / "x.svg"
    status, said = ten.tool("draw", ten.folder, "-o", picture)
    assert (status, said) == (0, "")
    words = " ".join(ElementTree.parse(picture).getroot().itertext())
    for name in NAMES + list(CHANNELS) + ["plant", "media"]:
        assert name in words
    status, said = ten.tool("draw", ten.folder)
    assert status == 0 and said == picture.read_text()
    status, said = ten.tool("draw", ten.folder, "-o", ten.folder / "x.png")
    assert status == 0 and (ten.folder / "x.png").read_bytes().startswith(b"\x89PNG")


def test_a_file_of_another_kind_and_a_missing_graphviz_are_told(ten):
    status, said = ten.tool("draw", ten.folder, "-o", ten.folder / "x.gif")
    assert status == 2 and "must end in .svg, .png or .pdf" in said
    nowhere = ten.folder / "bin"
    nowhere.mkdir()
    for program in ("dtc", "cpp"):
        found = subprocess.run(["which", program], capture_output=True, text=True, check=False).stdout.strip()
        if found:
            (nowhere / program).symlink_to(found)
    status, said = ten.tool("draw", ten.folder, env=dict(os.environ, PATH=str(nowhere)))
    assert status == 1 and "install Graphviz" in said


def test_a_wrong_description_is_not_drawn(ten):
    ten.describe(PARTITIONS, ROOT_NODES.replace("depth = <4>;", ""))
    status, said = ten.tool("draw", ten.folder, "--dot")
    assert status == 1 and "/channels/setpoint/depth" in said and "digraph" not in said


def test_the_readme_shows_the_picture_of_the_messages_system_as_it_is():
    fresh = subprocess.run([TOOL, "draw", "systems/messages"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    with open(os.path.join(ROOT, "docs", "messages.svg"), encoding="utf-8") as f:
        shown = f.read()
    words = [sorted("".join(t.itertext()) for t in ElementTree.fromstring(x).iter("{http://www.w3.org/2000/svg}text"))
             for x in (fresh, shown)]
    assert words[0] == words[1], "make it again: build/bulkhead draw systems/messages -o docs/messages.svg"
