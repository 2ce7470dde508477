# SPDX-License-Identifier: Apache-2.0
"""The device tree that a guest gets describes its partition: no more, no less than it has."""

import subprocess

from loaded import Loaded, cells, number
from payloads import RAM, image, pattern

CONSOLE = """
console: console {
	image = "services/console.elf"; memory = "256K"; cores = <3>; devices = <&uart0>; reads-log;
};
"""


def tree(system, properties, others=CONSOLE):
    system.file("kernel", image(pattern(1000)))
    system.file("initrd", pattern(5000))
    system.describe(f'{others} it: it {{ image = "kernel"; cores = <0>; memory = "64M"; {properties} }};')
    return Loaded(system.built(), "it").tree()


def test_memory_and_processors_are_the_partition_s(system):
    t = tree(system, "", 'big { image = "kernel"; memory = "80M"; cores = <1 3>; };')
    assert cells(t["/memory@40000000"]["reg"]) == [0, RAM, 0, 64 << 20]
    assert sorted(x for x in t if x.startswith("/cpus/cpu@")) == ["/cpus/cpu@0"]
    it = Loaded(system.image.read_bytes(), "big").tree()
    assert cells(it["/memory@40000000"]["reg"]) == [0, RAM, 0, 80 << 20]
    assert [cells(it[f"/cpus/cpu@{i}"]["reg"]) for i in (0, 1)] == [[0], [1]]
    assert it["/cpus/cpu@1"]["enable-method"] == b"psci\0"


def test_the_platform_is_that_of_qemu_s_virt_machine(system):
    t = tree(system, "console = <&console>;")
    assert b"linux,dummy-virt\0" in t["/"]["compatible"]
    gic = next(v for v in t.values() if v.get("compatible") == b"arm,gic-v3\0")
    assert cells(gic["reg"]) == [0, 0x08000000, 0, 0x10000, 0, 0x080A0000, 0, 0x20000]
    assert cells(t["/"]["interrupt-parent"]) == cells(gic["phandle"])
    assert t["/psci"]["method"] == b"hvc\0" and b"arm,psci-1.0\0" in t["/psci"]["compatible"]
    kinds = cells(t["/timer"]["interrupts"])
    assert [kinds[i:i + 2] for i in (0, 3, 6, 9)] == [[1, 13], [1, 14], [1, 11], [1, 10]]


def test_a_pl011_is_there_only_with_a_console(system):
    t = tree(system, "console = <&console>;")
    uart = t["/pl011@9000000"]
    assert cells(uart["reg"]) == [0, 0x09000000, 0, 0x1000] and cells(uart["interrupts"])[:2] == [0, 1]
    assert t["/chosen"]["stdout-path"] == b"/pl011@9000000\0"
    t = tree(system, "")
    assert not [x for x in t if "9000000" in x] and "stdout-path" not in t["/chosen"]


def test_a_watchdog_device_is_there_with_both_frames_and_its_time(system):
    monitor = 'm: m { image = "kernel"; memory = "64K"; cores = <3>; monitor; controls = <&it>; };'
    t = tree(system, "watchdog-us = <7900000>; watchdog-device;", monitor)
    device = t["/watchdog@9200000"]
    assert device["compatible"] == b"arm,sbsa-gwdt\0" and cells(device["timeout-sec"]) == [7]
    assert cells(device["reg"]) == [0, 0x09200000, 0, 0x1000, 0, 0x09201000, 0, 0x1000]  # control, refresh
    (kind, line, level) = cells(device["interrupts"])
    assert kind == 0 and 0 <= line <= 255 - 32 and level == 4
    assert "/watchdog@9200000" not in tree(system, "watchdog-us = <7900000>;", monitor)


def test_an_owned_device_is_there_with_its_registers_and_interrupt(system):
    t = tree(system, "devices = <&rtc>;")
    rtc = next(v for k, v in t.items() if k.startswith("/rtc@"))
    assert cells(rtc["reg"]) == [0, 0x09010000, 0, 0x1000] and cells(rtc["interrupts"]) == [0, 2, 4]
    assert b"arm,pl031\0" in rtc["compatible"]
    assert not [x for x in t if x.startswith(("/gpio", "/serial"))]


def test_every_reference_leads_somewhere(system):
    t = tree(system, "devices = <&rtc &gpio>; console = <&console>;")
    handles = [number(v["phandle"]) for v in t.values() if "phandle" in v]
    assert len(handles) == len(set(handles))
    for node in t.values():
        for name in ("clocks", "interrupt-parent"):
            assert set(cells(node.get(name, b""))) <= set(handles)


def test_bootargs_and_initrd_are_in_chosen(system):
    t = tree(system, 'bootargs = "console=ttyAMA0 quiet"; initrd = "initrd";')
    it = Loaded(system.image.read_bytes(), "it")
    assert t["/chosen"]["bootargs"] == b"console=ttyAMA0 quiet\0"
    at, end = number(t["/chosen"]["linux,initrd-start"]), number(t["/chosen"]["linux,initrd-end"])
    assert it.at(at, end - at) == pattern(5000) and at % 4096 == 0


def test_without_them_they_are_not(system):
    chosen = tree(system, "")["/chosen"]
    assert "bootargs" not in chosen and "linux,initrd-start" not in chosen


def test_the_user_s_own_tree_is_taken_as_it_is(system):
    source = '/dts-v1/; / { compatible = "mine"; memory@40000000 { reg = <1 2>; }; };'
    own = subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb"], input=source.encode(), capture_output=True,
                         check=True, timeout=60).stdout
    system.file("own.dtb", own)
    tree(system, 'dtb = "own.dtb";')
    it = Loaded(system.image.read_bytes(), "it")
    assert it.at(it.arg, len(own)) == own
