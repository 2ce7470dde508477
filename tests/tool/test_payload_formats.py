# SPDX-License-Identifier: Apache-2.0
"""A payload is found from its content, and the boot stub leaves it in RAM as its format says."""

import pytest
from loaded import Loaded
from payloads import RAM, elf, image, packed, pattern, zboot

BODY = pattern(10000)
MIB = 1 << 20


def loaded(system, payload, more="", memory="4M"):
    system.file("payload", payload)
    system.describe(f'it {{ image = "payload"; memory = "{memory}"; cores = <0>; {more} }};')
    return Loaded(system.built(), "it")


def refused(system, payload, *words, more="", memory="4M"):
    system.file("payload", payload)
    system.describe(f'it {{ image = "payload"; memory = "{memory}"; cores = <0>; {more} }};')
    status, said = system.build()
    assert status == 1 and not system.image.exists(), said
    assert any("/partitions/it" in line and all(w in line for w in words) for line in said.splitlines()), said


@pytest.mark.parametrize("wrap", [lambda x: x, packed, zboot], ids=["raw", "gzip", "zboot"])
def test_an_image_lies_at_its_text_offset_and_starts_at_its_first_byte(system, wrap):
    payload = image(BODY, text_offset=0x80000, image_size=0x20000)
    it = loaded(system, wrap(payload))
    assert it.entry == RAM + 0x80000
    assert it.at(it.entry, len(payload)) == payload
    assert it.at(it.entry + len(payload), 0x20000 - len(payload)) == bytes(0x20000 - len(payload))


def test_what_an_image_claims_behind_its_file_is_left_to_it(system):
    it = loaded(system, image(BODY, image_size=0x180000), 'initrd = "payload";')
    chosen = it.tree()["/chosen"]
    assert int.from_bytes(chosen["linux,initrd-start"], "big") >= RAM + 0x180000
    assert it.arg >= RAM + 0x180000


def test_an_image_without_a_size_is_as_large_as_its_file_and_lies_at_0x80000(system):
    """Linux before 3.17: the offset's field means nothing then."""
    payload = image(BODY, image_size=0)
    it = loaded(system, payload)
    assert it.entry == RAM + 0x80000 and it.at(it.entry, len(payload)) == payload


@pytest.mark.parametrize("wrap", [lambda x: x, packed], ids=["raw", "gzip"])
def test_an_elf_lies_at_its_physical_addresses_and_starts_at_the_entry_s(system, wrap):
    high = 0xFFFF000008000000
    text, data = pattern(300), pattern(100, seed=5)
    payload = elf([(high, RAM + 0x1000, text, 300), (high + 0x4000, RAM + 0x5008, data, 0x2000)], high + 0x20)
    it = loaded(system, wrap(payload))
    assert it.entry == RAM + 0x1020
    assert it.at(RAM + 0x1000, 300) == text
    assert it.at(RAM + 0x5008, 0x2000) == data + bytes(0x2000 - 100)


def test_segments_that_share_a_cache_line_are_both_there(system):
    a, b = pattern(40), pattern(24, seed=9)
    it = loaded(system, elf([(RAM, RAM, a, 40), (RAM + 40, RAM + 40, b, 24)], RAM))
    assert it.at(RAM, 64) == a + b


def test_segments_need_no_order(system):
    a, b = pattern(40), pattern(24, seed=9)
    it = loaded(system, elf([(RAM + 0x3000, RAM + 0x3000, a, 40), (RAM, RAM, b, 24)], RAM))
    assert it.at(RAM, 24) == b and it.at(RAM + 0x3000, 40) == a


def test_a_flat_binary_lies_and_starts_where_the_description_says(system):
    it = loaded(system, BODY, "load = <0x40010000>;")
    assert it.entry == 0x40010000 and it.at(0x40010000, len(BODY)) == BODY
    it = loaded(system, BODY, "load = <0x40010004>; entry = <0x40010100>;")
    assert it.entry == 0x40010100 and it.at(0x40010004, len(BODY)) == BODY


def test_entry_goes_before_what_the_format_says(system):
    assert loaded(system, image(BODY), "entry = <0x40000040>;").entry == RAM + 0x40
    assert loaded(system, elf([(RAM, RAM, BODY, 10000)], RAM), "entry = <0x40000080>;").entry == RAM + 0x80


# MEM-4
@pytest.mark.parametrize("restart", ["always", "never"])
def test_all_the_rest_of_ram_is_zero(system, restart):
    system.file("initrd", pattern(5000, seed=3))
    it = loaded(system, image(BODY), f'initrd = "initrd"; restart = "{restart}";')
    chosen = it.tree()["/chosen"]
    at, end = (int.from_bytes(chosen[f"linux,initrd-{x}"], "big") for x in ("start", "end"))
    assert it.at(RAM, 64 + len(BODY)) == image(BODY)
    assert it.at(at, end - at) == pattern(5000, seed=3)
    size = int.from_bytes(it.at(it.arg + 4, 4), "big")
    for begin, n in ((RAM, 64 + len(BODY)), (at, end - at), (it.arg, size)):
        it.ram[begin - RAM:begin - RAM + n] = bytes(n)
    assert not any(it.ram)


def test_a_file_beside_the_description_goes_before_one_beside_the_tool(system):
    (system.folder / "services").mkdir()
    system.file("services/console.elf", elf([(RAM, RAM, BODY, 10000)], RAM))
    system.describe('it { image = "services/console.elf"; memory = "4M"; cores = <0>; };')
    assert Loaded(system.built(), "it").at(RAM, len(BODY)) == BODY


def test_a_file_may_be_named_by_its_whole_path(system):
    system.file("payload", image(BODY))
    system.describe(f'it {{ image = "{system.folder}/payload"; memory = "4M"; cores = <0>; }};')
    assert Loaded(system.built(), "it").at(RAM + 64, len(BODY)) == BODY


def test_64_kib_of_ram_are_enough_for_a_small_program(system):
    payload = elf([(RAM, RAM, pattern(20000), 24000)], RAM)
    it = loaded(system, payload, memory="64K")
    assert it.at(RAM, 20000) == pattern(20000) and "/chosen" in it.tree()


def test_a_payload_that_exactly_fits_leaves_no_room_for_its_tree(system):
    refused(system, pattern(0x10000), "memory", "device tree", more="load = <0x40000000>;", memory="64K")


@pytest.mark.parametrize("payload, words", [
    (image(BODY, image_size=5 * MIB), ("beyond RAM", "0x100000 bytes")),
    (image(BODY, text_offset=4 * MIB - 4096, image_size=0x4000), ("beyond RAM", "0x3000 bytes")),
    (elf([(0, RAM - 0x1000, BODY, 10000)], 0), ("below RAM", "0x1000 bytes")),
    (elf([(0, RAM, BODY, 5 * MIB)], 0), ("beyond RAM", "0x100000 bytes")),
    (elf([(0, (1 << 64) - 4096, BODY, 8192 + 4096)], 0), ("beyond RAM",)),
    (image(BODY, image_size=(1 << 64) - 1), ("beyond RAM",)),
    (image(BODY, text_offset=(1 << 64) - RAM, image_size=4096), ("below RAM",)),
], ids=["size", "offset", "elf-below", "elf-memory", "elf-wraps", "size-wraps", "offset-wraps"])
def test_a_payload_outside_ram_is_refused_with_by_how_much(system, payload, words):
    refused(system, payload, "image", *words)


@pytest.mark.parametrize("payload, words", [
    (b"", ("empty",)),
    (pattern(100), ("flat", "load")),
    (packed(image(BODY))[:-40], ("damaged",)),
    (packed(image(BODY))[:100] + bytes(50) + packed(image(BODY))[150:], ("damaged",)),
    (zboot(image(BODY), method=b"zstd22"), ("zboot", "zstd22", "gzip")),
    (zboot(image(BODY), offset=1 << 20), ("damaged",)),
    (zboot(image(BODY), size=0xFFFFFFFF), ("damaged",)),
    (elf([(RAM, RAM, BODY, 10000)], RAM, machine=62), ("AArch64",)),
    (elf([(RAM, RAM, BODY, 10000)], RAM, order=2), ("little-endian",)),
    (elf([(RAM, RAM, BODY, 10000)], RAM, kind=1), ("not linked",)),
    (elf([], RAM), ("program header",)),
    (elf([(RAM, RAM, BODY, 10000)], RAM)[:4000], ("damaged",)),
    (elf([(RAM, RAM, BODY, 10000)], RAM)[:50], ("ELF",)),
    (elf([(RAM, RAM, BODY, 10000)], RAM)[:70], ("program header",)),
    (elf([(RAM, RAM, BODY, 500)], RAM), ("damaged",)),
    (elf([(RAM, RAM, BODY, 10000), (RAM, RAM + 64, BODY, 10000)], RAM), ("overlaps",)),
    (elf([(RAM, RAM, BODY, 10000)], 0x123), ("entry",)),
], ids=["empty", "no-load", "gzip-cut", "gzip-damaged", "zboot-zstd", "zboot-offset", "zboot-size", "x86",
        "big-endian", "relocatable", "no-segments", "elf-cut", "elf-header-cut", "elf-programs-cut",
        "file-beyond-memory", "overlap", "entry-outside"])
def test_a_payload_that_cannot_be_loaded_is_refused(system, payload, words):
    refused(system, payload, "image", *words)
