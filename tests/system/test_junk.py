# SPDX-License-Identifier: Apache-2.0
"""Starting: the kernel assumes nothing about registers and memory that the boot protocol does not
promise, and a wrong image or a wrong start is one clear line on the UART."""

import os
import re
import struct

import pytest

import image
import machine

IMAGE = "build/tests/quiet.img"
JUNK = "build/tests/guests/junk.bin"
JUNK_AT, ORDER_AT = 0x60000000, 0x40100000
MEMORY = 0x40000000, 0xc0000000
SCRATCH = "build/logs/images"
REFUSED = r"bulkhead: refused: ([^\r\n]+)[\r\n]"
COUNTS = r"ticks \d+ missed \d+ changed 0 "  # on a loaded machine real time has holes


def load(path, at, cpu=False):
    return ["-device", f"loader,file={path},addr={at:#x},force-raw=on" + (",cpu-num=0" if cpu else "")]


def word(at, value):
    return ["-device", f"loader,addr={at:#x},data={value:#x},data-len=8"]


def board(name, *extra, el2=True):
    """The board without -kernel: the loader devices say what is in memory and where core 0 begins."""
    args = machine.arguments("none", memory="2G", el2=el2)
    at = args.index("-kernel")
    return machine.Machine(name, machine.QEMU, args[:at] + args[at + 2:] + list(extra))


@pytest.fixture
def start(request):
    """start(extra arguments) -> Machine without a kernel of QEMU's own."""
    machines = []

    def begin(*extra, **how):
        machines.append(board(re.sub(r"\W+", "-", request.node.name), *extra, **how))
        return machines[-1]

    yield begin
    for m in machines:
        m.stop()


@pytest.fixture
def bad(request):
    """bad(bytes) -> path of an image that is no longer right."""
    os.makedirs(SCRATCH, exist_ok=True)
    path = f"{SCRATCH}/{re.sub(r'[^a-z0-9]+', '-', request.node.name)}.img"

    def write(data):
        with open(path, "wb") as f:
            f.write(data)
        return path

    yield write
    if os.path.exists(path):
        os.remove(path)


@pytest.fixture(scope="module")
def good():
    with open(IMAGE, "rb") as f:
        return image.Image(f.read())


def refusal(m):
    """The one line; nothing else may follow, least of all a partition."""
    text = m.expect(REFUSED, 30).group(1)
    m.never(r"\S", 1)
    return text


# IMG-2
def test_it_starts_as_usual_when_registers_and_memory_are_full_of_junk(start, good):
    m = start(*load(JUNK, JUNK_AT, cpu=True), *load(IMAGE, good.load_pa),
              *word(ORDER_AT, MEMORY[1]), *word(ORDER_AT + 8, good.load_pa))
    m.expect("junk: jump")
    m.line("counter", COUNTS)
    m.line("counter", COUNTS)


def test_it_starts_without_a_device_tree_or_any_register_set(start, good):
    m = start(*load(IMAGE, good.load_pa, cpu=True))
    m.line("counter", COUNTS)


def test_an_image_started_at_el1_says_so(boot):
    assert "exception level" in refusal(boot(IMAGE, memory="2G", el2=False))


# IMG-1
def test_an_image_in_the_wrong_place_says_so(start, good):
    assert "load" in refusal(start(*load(IMAGE, good.load_pa + 0x200000, cpu=True)))


# LOG-2
def test_what_the_kernel_says_is_seen_before_any_console_runs(start, good):
    m = start(*load(IMAGE, good.load_pa, cpu=True))
    m.expect(r"bulkhead: quiet on [^\r\n]*, 1 cores, 2 partitions\s")
    m.expect(r"bulkhead: console: begins to load\s")


# LOG-2
def test_a_panic_is_seen_without_a_console(boot):
    """A board that lacks a core of the description: no partition runs, so nobody else could say it."""
    m = boot("build/hello.img", memory="2G", cores=1)
    m.expect(r"bulkhead: hello on [^\r\n]*, 2 cores, 2 partitions\s+"
             r"bulkhead: PANIC core 0: firmware does not start core 0x1 0x1 0x0\s")
    m.never(r"\S", 1)


# IMG-1, MEM-5
@pytest.mark.parametrize("where", ["text", "rodata", "blob", "tables", "digest", "last"])
def test_one_flipped_bit_is_found(start, good, bad, where):
    at = {"text": good.text_bytes // 2, "rodata": good.text_bytes + 16, "blob": good.blob + 300,
          "tables": good.offset(good.el2_root_pa) + 8, "digest": 64, "last": good.covered_bytes - 1}[where]
    path = bad(good.copy().flip(at, 3).data)
    assert "damaged" in refusal(start(*load(path, good.load_pa, cpu=True)))


# MEM-5
def test_a_damaged_payload_stops_its_partition_only(start, good, bad):
    with open("build/tests/native/counter.elf", "rb") as f:
        elf = f.read()
    header = struct.unpack_from("<QQ", elf, 64 + 8)  # offset in the file, of the first segment
    text = elf[header[0]:header[0] + 256]
    at = bytes(good.data).find(text, good.covered_bytes)
    assert at > 0
    m = start(*load(bad(good.copy().flip(at + 100, 1).data), good.load_pa, cpu=True))
    m.expect(r"counter: could not be loaded: the image is damaged: wrong checksum in operation \d", 30)
    m.expect(r"counter: stopped: it could not be loaded")
    m.expect(r"console *\| the keyboard is counter's")  # the other one has begun


# IMG-1
@pytest.mark.parametrize("keep", [0.03, 0.3, 0.7, 0.999])  # 0.03: of the kernel, too, there is only the beginning
def test_a_truncated_image_says_so(start, good, bad, keep):
    path = bad(good.data[:int(len(good.data) * keep)])
    assert re.search("truncated|incomplete|damaged|end", refusal(start(*load(path, good.load_pa, cpu=True))))


# IMG-1
@pytest.mark.parametrize("who", ["kernel", "blob"])
def test_another_abi_version_says_so(start, good, bad, who):
    changed = good.copy()
    at = 80 if who == "kernel" else good.blob + 8
    struct.pack_into("<I", changed.data, at, changed.u32(at) + 1)
    assert "version" in refusal(start(*load(bad(changed.seal().data), good.load_pa, cpu=True)))
