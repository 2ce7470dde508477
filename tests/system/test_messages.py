# SPDX-License-Identifier: Apache-2.0
"""systems/messages: linux sees control's state and gives it set points, through the gateway and no other way."""

import os
import re
import subprocess

import pytest

IMAGE = "build/messages.img"
SYSTEM = "systems/messages/system.dts"
TRIES = 100  # commands of a shell
PROMPT = r"\| linux:\S*# "


@pytest.fixture(scope="module")
def machine(boot_module):
    m = boot_module(IMAGE)
    m.line("linux", PROMPT)
    return m


def shell(m, command):
    """What a command of Linux's shell prints, without the lines of other partitions."""
    m.enter(command + "; echo status=$?")
    status = int(m.expect(r"\| status=(\d+)")[1])
    said = re.findall(r"^linux +\| (?!\[|linux:)(.*?)\r*$", m.before, re.M)
    m.line("linux", PROMPT)
    return status, "\n".join(said)


def unless_late(m, command):
    """What it prints once control is not late: on a loaded machine its state may be older than it may be."""
    for _ in range(TRIES):
        said = shell(m, command)
        if not said[1].endswith("control is silent"):
            return said
    raise AssertionError(f"control is silent for ever; its end:\n{m.tail()}")


def request(m, text):
    return unless_late(m, f"printf %s {text} | bulkhead-port call request")[1]


def report(m):
    status, said = unless_late(m, "bulkhead-port recv report")
    found = re.search(r"step (\d+): at (\d+) mm, set point (\d+) mm", said)
    assert status == 0 and found, said
    return {"step": int(found[1]), "at": int(found[2]), "setpoint": int(found[3])}


def arrived(m, setpoint):
    """Control has the set point, and in the end its slide is there."""
    for _ in range(TRIES):
        now = report(m)
        assert now["setpoint"] == setpoint, now
        if now["at"] == setpoint:
            return
    raise AssertionError(f"the slide stands still: {now}")


def test_linux_sees_its_two_channels_and_no_other(machine):
    _, said = shell(machine, "bulkhead-port list")
    names = [line.split()[0] for line in said.splitlines() if "/dev/ttyAMA" in line]
    assert sorted(names) == ["report", "request"], said


def test_the_state_that_linux_watches_goes_on(machine):
    _, said = shell(machine, "bulkhead-port -n 20 watch report")
    steps = [int(n) for n in re.findall(r"step (\d+):", said)]
    assert len(steps) > 1 and sorted(set(steps)) == steps, said


def test_control_follows_a_set_point_from_linux(machine):
    assert request(machine, "400") == "400: passed on to control"
    arrived(machine, 400)


@pytest.mark.parametrize("asked, why", [
    ("1001", "not on the rail"),
    ("4000000000", "a position in mm"),
    ("950", "more than 500 mm"),
    ("-1", "a position in mm"),
    ("12x", "a position in mm"),
])
def test_a_set_point_out_of_range_is_refused_and_control_does_not_move(machine, asked, why):
    assert report(machine)["setpoint"] == 400
    said = request(machine, asked)
    assert "refused: " in said and why in said, said
    assert report(machine) | {"step": 0} == {"step": 0, "at": 400, "setpoint": 400}


def test_what_was_refused_is_seen_on_the_console(machine):
    machine.enter("bulkhead-port call request 2000")
    machine.line("gateway", r"\| 2000: refused: it is not on the rail")
    machine.line("linux", PROMPT)


def test_control_and_gateway_go_on_while_linux_restarts(machine):
    before = report(machine)
    machine.enter("reboot -f")
    machine.line("linux", r"Booting Linux")
    machine.line("linux", PROMPT)
    after = report(machine)
    assert after["step"] > before["step"] and after["setpoint"] == before["setpoint"], (before, after)
    assert request(machine, "300") == "300: passed on to control"
    arrived(machine, 300)


@pytest.fixture
def variant(tmp_path):
    """variant(old, new) -> the description's path, with old replaced by new."""
    def change(old, new):
        with open(SYSTEM, encoding="utf-8") as f:
            source = f.read()
        assert source.count(old) == 1, old
        path = tmp_path / "system.dts"
        path.write_text(source.replace(old, new), encoding="utf-8")
        return str(path)
    return change


def bulkhead(*args):
    done = subprocess.run(["build/bulkhead", *args], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_a_control_that_says_nothing_is_reported_and_gets_no_set_points(boot, variant, tmp_path):
    image = str(tmp_path / "silent.img")
    assert bulkhead("build", variant("systems/messages/control.elf", "systems/hello/hello.elf"), "-o", image)[0] == 0
    m = boot(image)
    m.line("gateway", "control: control is silent")
    m.line("linux", PROMPT)
    assert shell(m, "bulkhead-port recv report") == (0, "control is silent")
    assert shell(m, "bulkhead-port call request 250")[1] == "250: refused: control is silent"
    m.stop()
    os.remove(image)


# --- the policy ---

def test_the_description_keeps_its_policy():
    assert bulkhead("check", SYSTEM)[0] == 0


def test_a_channel_from_linux_to_control_is_refused_with_the_path(variant):
    status, said = bulkhead("check", variant("	channels {", """	channels {
		shortcut { kind = "queuing"; from = <&linux>; to = <&control>; bytes = <8>; depth = <1>; };"""))
    assert status == 1
    assert "linux-to-control" in said and re.search(r'linux -> bridge .*-> control \(channel "shortcut"', said), said


def test_a_way_round_the_gateway_is_refused_however_long(variant):
    status, said = bulkhead("check", variant("	channels {", """	channels {
		detour { kind = "signal"; from = <&console>; to = <&control>; };"""))
    assert status == 1
    assert re.search(r'linux -> console .*-> control \(channel "detour"', said), said


def test_without_the_gateway_in_the_rule_the_way_through_it_is_one(variant):
    status, said = bulkhead("check", variant("; except-through = <&gateway>", ""))
    assert status == 1
    assert re.search(r'linux -> \w+ .*-> gateway .*-> control \(channel "setpoint"', said), said
