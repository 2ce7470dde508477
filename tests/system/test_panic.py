# SPDX-License-Identifier: Apache-2.0
"""A panic of the real kernel: the hardware damages its state under it, by QEMU's gdb stub, and it notices."""

import re
import time

import pytest

import kernel_layout
from image import KERNEL_VA, Image
from linked import TOOL
from machine import Machine
from qemu_gdb import QemuGdb, extra, symbols

FOLDER = "tests/systems/silent-core"  # two cores: several partitions on the first, one alone on the other
IMAGE = "build/tests/silent-core.img"
VICTIM = 0
WILD = 0x1234567000  # where nothing of the kernel is
MAGIC = b"BHPANIC\0"
RECORD = (r"\nbulkhead: exception in the kernel, vector 0x200\s+"
          rf"bulkhead: PANIC core {VICTIM}: syndrome, instruction, address: 0x([0-9a-f]+) 0x([0-9a-f]+) 0x([0-9a-f]+)\r*\n")


@pytest.fixture(scope="module")
def image():
    with open(IMAGE, "rb") as f:
        return Image(f.read())


def damage(image, socket):
    """All of its vCPUs, as the victim has them by rank, are somewhere else; the connection, with the machine at a stand."""
    stub = QemuGdb(socket)
    stub.physical()
    cores, size = image.u64(image.blob + 128), image.u32(image.blob + 104)
    at, pointers, _ = next(f for f in kernel_layout.fields("core") if f[2] == "vcpu")
    pa = image.u64(192) + cores - image.u64(200) + VICTIM * size + at
    assert any(stub.memory(pa, pointers))
    stub.write(pa, WILD.to_bytes(8, "little") * (pointers // 8))
    return stub


def check_record(image, record):
    """The words of a data abort in the kernel's own text, at what was damaged."""
    syndrome, pc, address = (int(w, 16) for w in record)
    assert syndrome >> 26 == 0x25
    assert KERNEL_VA <= pc < KERNEL_VA + image.text_bytes
    assert WILD <= address < WILD + image.u32(112)


# HEALTH-8
def test_a_panic_ends_the_run_with_its_own_status_and_the_whole_record(image):
    socket = "build/logs/panic-run.gdb"
    m = Machine("panic-run", TOOL, ["run", FOLDER, "--until", "never", "--", *extra(socket)])
    try:
        m.line("counter")
        stub = damage(image, socket)
        stub.do("D")
        status, shown = m.ended()
    finally:
        m.stop()
    stub.close()
    record = re.search(RECORD, shown)
    assert status == 3 and record, shown
    check_record(image, record.groups())
    said = shown[record.end():]
    assert re.search(rf"the kernel has panicked: bulkhead: PANIC core {VICTIM}: syndrome", said)
    assert "|" not in said  # no line of a partition: nobody runs


# HEALTH-8
def test_a_panic_parks_every_core_and_leaves_the_record_in_memory(image, boot):
    socket = "build/logs/panic-parked.gdb"
    m = boot(IMAGE, extra=extra(socket))
    m.line("counter")
    stub = damage(image, socket)
    stub.go()
    record = m.expect(RECORD).groups()
    check_record(image, record)
    place = symbols(kernel_layout.KERNEL, "arch_halt", "last_words")
    until = time.monotonic() + 60
    while True:
        stub.stop()
        at = [stub.pc(core) - place["arch_halt"] for core in range(2)]
        if all(0 <= a < 32 for a in at):
            break
        assert time.monotonic() < until, at
        stub.go()
        time.sleep(0.2)
    bss_va = KERNEL_VA + image.text_bytes + image.rodata_bytes + image.check_bytes
    words = stub.memory(image.u64(184) + place["last_words"] - bss_va, 40)
    assert words[:8] == MAGIC
    assert [int.from_bytes(words[i:i + 8], "little") for i in range(8, 40, 8)] == [VICTIM] + [int(w, 16) for w in record]
    stub.go()
    m.never(r"\S", 1)
    stub.close()
