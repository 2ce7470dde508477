# SPDX-License-Identifier: Apache-2.0
"""One guest image, by its digest the same file, reports what it sees of its machine: on the bare
`virt` machine and in a partition. Line by line both must say the same, but for the list below."""

import hashlib
import re

import pytest

from guest_lines import lines_of

GUEST = "build/tests/guests/probe.bin"
IMAGE = "build/tests/probe.img"
FIRMWARE = "build/tests/firmware/el3.bin"

# key -> (bare, partition, why). Patterns, whole.
ALLOWED = {
    "id.c0.c1.2": ("0x3000006", "0x6", "ID_DFR0: no PMU and no trace for partitions"),
    "id.c0.c1.1": ("0x10010001", "0x10000001|0x10010001", "ID_PFR1: no virtualization inside a partition"),
    "id.c0.c5.0": ("0x10305106", "0xf010305006", "ID_AA64DFR0: no PMU, no OS double lock"),
    "id.c0.c4.0": ("0x1000022", "0x1000012", "ID_AA64PFR0: no AArch32 at EL1"),
    "id.c0.c7.0": ("0x1124", "0x22", "ID_AA64MMFR0: addresses end at 40 bits; no two physical address spaces to tell apart; emulated registers are little-endian"),
    "feature.pmu": ("works", "absent", "no PMU for partitions"),
    "feature.osdlr": ("works", "absent", "the OS double lock powers the core's debug logic down: not shared"),
    "debug.os_lock.hits": ("1", "0|1", "QEMU does not let the OS lock mask debug exceptions; the kernel's emulation may"),
    "smccc.version": ("-1", "65538", "the bare machine's firmware has no SMCCC_VERSION"),
    "smccc.features.version": ("-1", "0", "nor ARCH_FEATURES"),
    "smccc.features.features": ("-1", "0", "nor ARCH_FEATURES"),
    "psci.features.smccc": ("-1", "0", "PSCI 1.0 and later say so when SMCCC_VERSION is there"),
    "smc.psci_version": ("undefined", "0x10001", "SMC is answered like HVC; the bare machine has no EL3"),
    "psci.info.level9": ("0", "-2", "no such affinity level; QEMU does not look"),
    "psci.info.level1": ("0", "-2", "a partition's vCPUs have one affinity level"),
    "gicd.typer.lpis": ("1", "0", "no LPIs and no ITS: their tables would be DMA outside stage 2"),
    "gicd.typer.idbits": ("15", "9", "no LPIs, so INTIDs end at 1023"),
    "gicr.typer.plpis": ("1", "0", "no LPIs"),
    "gicd.iidr": ("0x43b", r"0x[0-9a-f]+", "another implementer"),
    "gicd.ipriorityr": ("0xff07f810", "0xf800f810", "five bits are implemented; QEMU keeps all eight of SPIs"),
    "gicr.ipriorityr": ("0xff07f810", "0xf800f810", "five bits are implemented; QEMU keeps all eight"),
    "gicd.irouter.any": ("0x80000000", "0x0", "GICD_TYPER.No1N says that 1 of N is not supported: the bit is RES0"),
    "gicd.irouter.nobody": ("0xff00ffffff", r"0x[0-9a-f]+", "affinities that no vCPU has need not be kept"),
    "virtio.version": ("1", "2", "empty slots are of the current version; QEMU's default is the legacy one"),
}


def report(machine, partition=None):
    """{key: value} of what the probe printed, in its order; a key's second line is key#2, and so on."""
    machine.expect(r"probe begin\s")
    machine.expect(r"probe done\s")
    found = {}
    for line in lines_of(machine.before, partition):
        key, _, value = line.partition(" ")
        n, name = 2, key
        while name in found:
            n, name = n + 1, f"{key}#{n}"
        found[name] = value.strip()
    return found


@pytest.fixture(scope="module")
def reports(boot_module):
    bare = report(boot_module(GUEST, icount=True, cores=2, memory="128M", el2=False))
    partition = report(boot_module(IMAGE, icount=True, memory="2G"), "probe")
    return bare, partition


def test_the_image_holds_the_very_file_that_ran_on_the_bare_machine(reports):
    with open(GUEST, "rb") as f, open(IMAGE, "rb") as i:
        guest, image = f.read(), i.read()
    at = image.find(guest[:4096])
    assert hashlib.sha256(image[at:at + len(guest)]).digest() == hashlib.sha256(guest).digest()


def test_the_bare_machine_is_as_the_list_says(reports):
    bare, _ = reports
    wrong = [f"{k}: {bare.get(k)}" for k, (b, _, _) in ALLOWED.items() if not re.fullmatch(b, bare.get(k, ""))]
    assert not wrong, "\n".join(wrong)


def test_a_partition_reports_every_line_that_the_bare_machine_does(reports):
    bare, partition = reports
    assert list(bare) == list(partition)
    assert len(bare) > 250


# IRQ-2, PSCI-1, CPU-2
def test_a_partition_sees_what_the_bare_machine_has(reports):
    bare, partition = reports
    differ = []
    for key, value in bare.items():
        got = partition.get(key)
        if got == value:
            continue
        allowed = ALLOWED.get(key)
        if not allowed or not re.fullmatch(allowed[1], got or ""):
            differ.append(f"{key}: bare {value!r}, partition {got!r}")
    assert not differ, "\n".join(differ)


# CPU-1
def test_everything_the_identification_registers_show_works(reports):
    _, partition = reports
    assert not [k for k, v in partition.items() if "WRONG" in v]
    assert partition["feature.aes"] == "works"


# IRQ-1
def test_priorities_show_by_nesting_deeper_than_there_are_list_registers(reports):
    _, partition = reports
    assert partition["gic.nested"] == "64 65 66 67 68 69 70 71 128 144 160 176 192 208 224 240"


# CPU-3
def test_fp_registers_survive_a_neighbour_that_spoils_them(reports):
    _, partition = reports
    assert partition["fp.lost"] == "0"


# CPU-3
def test_the_neighbour_finds_its_own_registers_unchanged(boot):
    m = boot(IMAGE, icount=True, memory="2G")
    m.expect(r"probe done")
    m.line("spoiler", r"rounds \d+ foreign 0\s")


# CPU-2, CPU-3
def test_a_core_that_is_switched_on_again_finds_nothing_of_before(reports):
    _, partition = reports
    assert [partition[f"psci.on.left.{what}"] for what in ("general", "system", "fp")] == ["0", "0", "0"]


# IRQ-2
def test_sgis_arrive_whether_the_firmware_keeps_their_physical_ones_or_not(reports, boot):
    """It keeps 8 to 15, so these cannot go to a vCPU that is alone on its core as the others do."""
    _, partition = reports
    found = report(boot(IMAGE, icount=True, memory="2G", firmware=FIRMWARE), "probe")
    keys = [k for k in partition if k.startswith(("cores.", "gic.sgi"))]
    assert "cores.sgi" in keys and [found.get(k) for k in keys] == [partition[k] for k in keys]


def test_the_probe_is_as_content_when_cores_really_run_at_once(boot):
    found = report(boot(IMAGE, memory="2G"), "probe")
    assert not [f"{k} {v}" for k, v in found.items() if "WRONG" in v]
    assert found["cores.second"] == "ok"
