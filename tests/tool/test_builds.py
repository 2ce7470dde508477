# SPDX-License-Identifier: Apache-2.0
"""An image depends on the description and its files, and on nothing else; it is there only when it is right."""

import os
import re
import shutil

import pytest
from conftest import System
from image import Image
from loaded import Loaded
from payloads import image, packed, pattern

GOOD = """
one { image = "kernel"; memory = "4M"; cores = <0 1>; };
two { image = "packed"; memory = "64K"; cores = <2>; devices = <&uart0>; load = <0x40000000>; };
"""


@pytest.fixture
def good(system):
    system.file("kernel", image(pattern(3000)))
    system.file("packed", packed(pattern(2000)))
    system.describe(GOOD)
    return system


def test_a_good_system_is_checked_without_a_file_being_made(good):
    before = sorted(os.listdir(good.folder))
    status, said = good.check()
    assert status == 0, said
    assert sorted(os.listdir(good.folder)) == before and not os.listdir(good.image.parent)


def test_labels_change_nothing_but_the_names_of_devices(good):
    first = good.built()
    good.describe(GOOD.replace("one {", "a: b: one {").replace("two {", "c: two {"), root="chosen: chosen { };")
    text = (good.folder / "system.dts").read_text()
    good.file("system.dts", text.replace("\npartitions {", "\nall: partitions {"))
    assert good.built() == first


# IMG-3
def test_two_builds_are_the_same_byte_for_byte(good):
    first = good.built()
    good.image.unlink()
    assert good.built() == first


# IMG-3
def test_a_build_is_the_same_from_another_place_at_another_time(good, tmp_path):
    other = System(tmp_path / "elsewhere" / "system")
    for name in ("kernel", "packed", "system.dts"):
        shutil.copy(good.folder / name, other.folder)
        os.utime(other.folder / name, (1, 1))
    first = good.built()
    status, said = other.tool("build", "../system", "-o", other.image, cwd=other.folder,
                              env={**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1"})
    assert status == 0, said
    assert other.image.read_bytes() == first


def test_the_report_names_every_partition_and_where_it_lies(good):
    status, said = good.build()
    assert status == 0, said
    text = good.image.with_suffix(".report.txt").read_text()
    loaded = good.image.stat().st_size
    assert re.search(r"^ *one +core 0,1 +4 MiB at 0x[0-9a-f]+ +kernel", said, re.M), said
    assert re.search(r"^ *two +core 2 +64 KiB at 0x[0-9a-f]+ +packed", said, re.M), said
    assert f"{loaded} bytes" in text
    for line in (r"40200000 .*kernel text", r"4 MiB +one$", r"64 KiB +two$", "Partition 0, one$", "Partition 1, two$"):
        assert re.search(line, text, re.M), line


def test_the_image_passes_its_audit(good):
    good.built()
    status, said = good.tool("audit", good.image, good.folder)
    assert status == 0, said


# A block of level 1 maps a GiB; where all find room that way, and only then.
def test_a_gib_of_ram_is_aligned_where_all_find_room(good):
    good.describe('one { image = "kernel"; memory = "1G"; cores = <0>; }; two { image = "packed"; memory = "64K"; cores = <1>; load = <0x40000000>; };')
    good.built()
    assert good.tool("audit", good.image, good.folder)[0] == 0
    assert Image(good.image.read_bytes()).region("one", "RAM").pa % (1 << 30) == 0
    good.describe('one { image = "kernel"; memory = "1536M"; cores = <0>; }; two { image = "packed"; memory = "64K"; cores = <1>; load = <0x40000000>; };')
    good.built()
    assert good.tool("audit", good.image, good.folder)[0] == 0
    assert Image(good.image.read_bytes()).region("one", "RAM").pa % (1 << 30) != 0


# As few bits as hold RAM and what lies above: roots of a few entries share a page.
@pytest.mark.parametrize("memory, bits", [("64K", 31), ("1G", 31), ("1026M", 32)])
def test_addresses_have_no_more_bits_than_the_system_needs(good, memory, bits):
    good.describe(GOOD.replace("4M", memory))
    good.built()
    made = Image(good.image.read_bytes())
    assert [made.bits(root) for root in made.roots().values()] == [bits] * 2
    assert made.bits(made.el2_root_pa) == 25
    assert good.tool("audit", good.image, good.folder)[0] == 0


def test_the_image_of_another_description_does_not(good):
    good.built()
    good.describe(GOOD.replace("64K", "128K"))
    status, said = good.tool("audit", good.image, good.folder)
    assert status == 1 and "two" in said, said


def test_a_failed_build_leaves_nothing_behind(good):
    good.describe(GOOD.replace("cores = <2>", "cores = <9>"))
    status, said = good.build()
    assert status == 1, said
    assert not os.listdir(good.image.parent)


# DESC-1
def test_a_failed_build_leaves_no_image_of_before(good):
    good.built()
    good.describe(GOOD.replace("cores = <2>", "cores = <9>"))
    assert good.build()[0] == 1
    assert not good.image.exists(), "what is there now looks like what was asked for, but is not"


def test_an_image_that_cannot_be_written_is_an_error(good):
    status, said = good.tool("build", good.folder, "-o", good.folder / "nowhere" / "made.img")
    assert status != 0 and "nowhere" in said


@pytest.mark.parametrize("words", [[], ["chek", "."], ["build"], ["check"], ["audit", "x"], ["header"], ["header", "."],
                                   ["header", ".", "x", "y"], ["header", ".", "x", "-p"], ["check", ".", "--no-such"],
                                   ["run", ".", "--until"]], ids=lambda w: " ".join(w) or "nothing")
def test_a_wrong_command_line_is_refused_with_the_usage(system, words):
    status, said = system.tool(*words)
    assert status not in (0, 1) and "bulkhead" in said and len(said.splitlines()) >= 1


def test_a_folder_without_a_description_is_named(system):
    status, said = system.check()
    assert status != 0 and "system.dts" in said
    status, said = system.tool("check", system.folder / "nowhere")
    assert status != 0 and "nowhere" in said


def test_a_device_is_quietened_at_every_start_of_its_owner_only(good):
    data = good.built()
    assert Loaded(data, "one").quiet == []
    assert (0x09000038, 4, 0) in Loaded(data, "two").quiet
