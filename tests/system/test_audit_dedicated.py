# SPDX-License-Identifier: Apache-2.0
"""The audit of dedicated cores: whose they are, which spare interrupts go there, and which pages the kernel has for their roots."""

import struct

import pytest
from audited import audit, folder, good, refused  # noqa: F401

SYSTEM = "tests/systems/dedicated"
DEDICATED, NOTICE, NATIVE_WFI = 4, 2, 0x10


def partition(image, name):
    return image.named("partition", name)


def notice(image):
    return next(i for i in image.all("irq") if i.flags == NOTICE)


# AUD-1
def test_a_system_with_dedicated_cores_is_proven(good, audit):  # noqa: F811
    status, said = audit(good)
    assert status == 0, said


def test_a_core_that_is_not_dedicated_is_told(good, audit, folder):  # noqa: F811
    """The description without the property, and with more than the image has."""
    text = open(f"{SYSTEM}/system.dts", encoding="utf-8").read()
    for change, says in (("", "flags are 0x6, the description gives 0x2"), ("dedicated-core; native-wfi;", "the description gives 0x16")):
        (folder / "dedicated").mkdir(exist_ok=True)
        (folder / "dedicated" / "system.dts").write_text(text.replace("dedicated-core;", change))
        status, said = audit(good, folder / "dedicated")
        assert status == 1 and says in said, said


def test_native_wfi_that_is_not_declared_is_found(good, audit):  # noqa: F811
    image = good.copy()
    partition(image, "captive").flags |= NATIVE_WFI
    refused(audit, image, "flags are 0x16")


def test_an_interrupt_that_is_no_spare_one_is_found(good, audit):  # noqa: F811
    """One that the board does not call spare: the port that uses it goes with it."""
    image = good.copy()
    irq = notice(image)
    port = next(p for p in image.all("port") if p.send_intid == irq.pintid)
    irq.pintid = irq.vintid = port.send_intid = 100
    refused(audit, image, "captive gets interrupt 100, which no device of it has")


def test_another_root_page_of_a_core_is_found(good, audit):  # noqa: F811
    """Another page of the kernel's, a stack's; and another address."""
    image = good.copy()
    core = next(c for c in image.all("core") if c.door_va)
    core.door_pa = image.leaf(image.el2_root_pa, core.stack_va - 0x1000)[2]
    refused(audit, image, "kernel")
    image = good.copy()
    next(c for c in image.all("core") if c.door_va).door_va += 0x1000
    refused(audit, image, "kernel")


def test_two_cores_have_two_root_pages(good, audit):  # noqa: F811
    image = good.copy()
    a, b = [c for c in image.all("core") if c.door_va]
    b.door_pa, b.door_va = a.door_pa, a.door_va
    refused(audit, image, "the root of a dedicated core is no writable memory of the kernel's, or overlaps other memory")


def test_another_page_to_copy_a_root_from_is_found(good, audit):  # noqa: F811
    image = good.copy()
    partition(image, "captive").root_va += 0x2000
    refused(audit, image, "kernel")


def test_a_root_that_the_kernel_could_write_is_found(good, audit):  # noqa: F811
    image = good.copy()
    va = partition(image, "captive").root_va
    at = image.leaf(image.el2_root_pa, va)[3]
    struct.pack_into("<Q", image.data, at, image.u64(at) & ~(1 << 7))
    refused(audit, image, "is writable; that PA is a translation table of captive")
