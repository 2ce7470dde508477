# SPDX-License-Identifier: Apache-2.0
"""Dedicated cores: interrupts without the kernel, and a kernel that gets the cores back all the same.

`captive` does something else on both of its cores in each life, `captor` restarts it, or stops and starts it. Instructions are
counted by the benchmark's guest, whose rows have to be those of the bare machine where no exit is on the path."""

import re

import pytest
import test_linux_ports as ports
from image import Image
from qemu_gdb import QemuGdb, extra, symbols

ACTS = 15
LIVES = 2 * ACTS
FIRMWARE = "build/tests/firmware/el3.bin"


def all_came_back(m):
    """Every life of `captive`: in its turn, and none left anything to the next."""
    done = [m.expect(r"did (\d+) back in (\d+) left (\w+)").groups() for _ in range(LIVES)]
    m.expect(f"captive was taken back {LIVES} times")
    assert [int(d[0]) for d in done] == [n % ACTS for n in range(LIVES)]
    assert {d[2] for d in done} == {"0"}


@pytest.mark.parametrize("firmware", [None, FIRMWARE], ids=["alone", "firmware-at-el3"])
@pytest.mark.parametrize("icount", [False, True], ids=["cores-in-parallel", "counted"])
def test_a_dedicated_core_comes_back_whatever_was_done_on_it(boot, icount, firmware):
    """IRQ-5: with Group 0 the kernel's, and with Group 0 the firmware's."""
    all_came_back(boot("build/tests/dedicated.img", icount=icount, firmware=firmware, timeout=300))


BELL = "build/logs/late-bell.gdb"
GICR_ISPENDR0 = 0x080A0000 + 0x20000 + 0x10200  # core 1's
RAM = 1  # BH_REGION_RAM


def test_a_call_that_comes_too_late_is_not_heard_by_the_guest(boot):
    """IRQ-5: what woke a sleep of the kernel's that is over stays pending; the next one begins without it."""
    with open("build/tests/late-bell.img", "rb") as f:
        i = Image(f.read())
    p = i.named("partition", "hearer")
    ram = next(r for r in i.all("region")[p.first_region:p.first_region + p.n_regions] if r.kind == RAM)
    m = boot("build/tests/late-bell.img", extra=extra(BELL))
    m.line("hearer", "listening")
    stub = QemuGdb(BELL)
    stub.physical()
    stub.write(GICR_ISPENDR0, (1 << 26).to_bytes(4, "little"))
    assert int.from_bytes(stub.memory(GICR_ISPENDR0, 4), "little") >> 26 & 1
    stub.write(ram.pa - ram.ipa + symbols("build/tests/native/bell_hearer.elf", "go")["go"], b"\1\0\0\0")
    stub.go()
    assert m.line("hearer", r"slept 5 times, heard (\d+)")[1] == "0"
    stub.close()


def rows(m):
    m.expect("bench done")
    return {r[0]: int(r[1]) for r in re.findall(r"row (\w+) \d+ (\d+)", m.before)}


def test_interrupts_and_gaps_are_those_of_the_bare_machine(boot):
    """IRQ-4: the same guest, on the bare machine and on dedicated cores."""
    bare = rows(boot("build/tests/guests/bench.bin", icount=True, cores=2, memory="128M", timeout=300))
    own = rows(boot("build/tests/bench-dedicated.img", icount=True, timeout=300))
    for row in ("timer_spin_handler", "acknowledge_end", "longest_gap"):
        assert own[row] == bare[row], row


def test_native_wfi_is_the_bare_machines(boot):
    """And the kernel's idle costs what was promised: docs/limits.md."""
    bare = rows(boot("build/tests/guests/bench.bin", icount=True, cores=2, memory="128M", timeout=300))
    native = rows(boot("build/tests/bench-native.img", icount=True, timeout=300))
    idle = rows(boot("build/tests/bench-dedicated.img", icount=True, timeout=300))
    assert native["timer_wfi_handler"] == bare["timer_wfi_handler"]
    assert idle["timer_wfi_handler"] <= 40


def test_a_partition_that_sleeps_by_itself_comes_back_too(boot):
    """IRQ-5: as long as it sleeps where something can wake it."""
    m = boot("build/tests/dedicated-native.img", timeout=300)
    done = [m.expect(r"did (\d+) back in (\d+) left (\w+)").groups() for _ in range(LIVES)]
    assert {d[2] for d in done} == {"0"}


def test_messages_calls_and_restarts_reach_a_partition_on_a_dedicated_core(boot):
    m = boot("build/tests/ports-dedicated.img", icount=True, timeout=300)
    m.line("ports", "all promises about ports checked")
    assert not re.search(r"ports +\| FAILED", m.before), m.before
    assert len(re.findall(r"ports +\| ok ", m.before)) >= 65, m.before


@pytest.fixture(scope="module")
def linux(boot_module):
    m = boot_module("build/tests/dedicated-linux.img")
    m.line("linux", r"\| linux:\S*# ")
    return m


def test_linux_runs_on_dedicated_cores(linux):
    """IRQ-4: its console's interrupt is a spare SPI, its IPIs are physical, its idle is the kernel's."""
    linux.enter("nproc; echo $((6 * 7000 + 1))")
    linux.line("linux", r"\| 2\r*\n")
    linux.line("linux", r"42001")
    linux.enter("sleep 1; for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; grep -c GICv3 /proc/interrupts")
    linux.line("linux", r"line 9")


def test_a_devices_interrupts_reach_a_dedicated_core_by_themselves(boot):
    """IRQ-4: Linux drives the board's UART; the kernel has no part in it."""
    m = boot("build/tests/dedicated-device.img")
    m.expect(r"linux:\S*# ")
    m.enter("echo $((6 * 7000 + 1))")
    m.expect("42001")
    m.enter("awk '/uart-pl011/ { print ($2 + $3 > 0 ? \"it\" : \"none\"), \"came\" }' /proc/interrupts")
    m.expect("it came")


@pytest.fixture(scope="module")
def bridged(boot_module):
    return ports.Shell(boot_module("build/tests/linux-ports-dedicated.img"))


@pytest.mark.parametrize("promise", [
    ports.test_every_channel_is_listed_with_what_it_is,
    ports.test_a_message_of_4_kib_goes_through_the_window_unchanged,
    ports.test_messages_keep_their_order,
    ports.test_a_notice_is_given_and_waited_for,
    ports.test_a_call_brings_its_reply,
    ports.test_a_native_partition_calls_a_program_in_linux,
    ports.test_shared_memory_is_seen_by_both,
    ports.test_a_bridge_that_begins_anew_is_hardly_noticed,
    ports.test_messages_wait_for_linux_to_come_back_where_the_channel_keeps_them,
], ids=lambda f: f.__name__.removeprefix("test_"))
def test_a_bridge_serves_linux_on_a_dedicated_core_as_on_any(bridged, promise):
    """Its carriers' lines are edges there: spare interrupts that the kernel pends again at each access."""
    promise(bridged)
