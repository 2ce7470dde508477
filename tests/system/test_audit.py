# SPDX-License-Identifier: Apache-2.0
"""The audit proves a good image and finds every bit of a bad one, whatever the digest says."""

import random
import shutil
import struct
import subprocess

import pytest
from audited import SYSTEM, TOOL, WRITE, XN, audit, entry_at, folder, good, refused, set_bits  # noqa: F401 (fixtures)
from image import EMPTY_ROOT, KERNEL_VA, PAGE

RAM = 0x40000000
FLIPS = 300


def one_bit_away(image, one, other):
    """A leaf of one partition's RAM and a bit whose flip makes it a page of the other's RAM."""
    roots = image.roots()
    theirs = {pa + o for at, size, pa, _ in image.leaves(roots[other]) if at >= RAM
              for o in range(0, size, PAGE)}
    for at, size, pa, entry in image.leaves(roots[one]):
        if at >= RAM:
            for bit in range(12, 40):
                if pa ^ 1 << bit in theirs:
                    return at, pa ^ 1 << bit, entry, bit
    raise LookupError("RAM of the two is not one bit away from each other")


def test_a_good_image_is_proven(good, audit):
    status, said = audit(good)
    assert status == 0, said
    for name in ("kernel, EL2", "left, root:", "empty root", "queue page", "health log"):
        assert name in said


def test_the_same_digest_is_computed_here(good):
    assert good.copy().seal().data == good.data


# MEM-1, AUD-1
def test_a_page_that_two_partitions_share_is_named(good, audit):
    found = 0
    for one, other in (("left", "right"), ("right", "left"), ("console", "left"), ("left", "console"),
                       ("right", "console"), ("console", "right")):
        try:
            at, pa, entry, bit = one_bit_away(good, one, other)
        except LookupError:
            continue
        found += 1
        status, said = audit(good.copy().flip(entry, bit).seal())
        assert status == 1
        line = next(s for s in said.splitlines() if f"IPA {at:#x}" in s)
        assert one in line and f"PA {pa:#x}" in line and f"RAM of {other}" in line
        assert f"{good.load_pa + entry:#x}" in line, "the entry is not named"
    assert found


# MEM-1, AUD-1
@pytest.mark.parametrize("what, bit, says", [
    ("boot stub", WRITE, "is writable"), ("boot parameters", WRITE, "is writable"), ("pristine store", WRITE, "is writable"),
    ("boot stub", XN, "is not executable"), ("boot parameters", XN, "is executable"), ("pristine store", XN, "is executable")])
@pytest.mark.parametrize("blob_too", [False, True], ids=["", "and-the-blob-says-so"])
def test_what_a_partition_boots_from_is_as_it_must_be(good, audit, what, bit, says, blob_too):
    image = good.copy()
    r = image.region("left", what)
    set_bits(image, "left", r.ipa, bit)
    if blob_too:
        r.rights ^= 2 if bit == WRITE else 4
    refused(audit, image, f"left, root: IPA {r.ipa:#x}", says, *(["has other rights than declared"] if blob_too else []))


# MEM-1, AUD-1
@pytest.mark.parametrize("what", ["boot parameters", "pristine store"])
def test_what_another_boots_from_is_its_own(good, audit, what):
    image = good.copy()
    left, right = image.region("left", what), image.region("right", what)
    for page in range(0, left.bytes, PAGE):
        at = entry_at(image, "left", left.ipa + page)
        struct.pack_into("<Q", image.data, at, image.u64(at) - left.pa + right.pa)
    refused(audit, image, f"left, root: IPA {left.ipa:#x}", f"that PA is {what} of right")
    left.pa = right.pa
    refused(audit, image, f"page at PA {right.pa:#x} is {what} of left", f"and {what} of right")


# AUD-1
def test_each_has_a_root_of_its_own(good, audit):
    for other, says in ((good.roots()["right"], "is used by left and by right"), (good.el2_root_pa, "is used by kernel and by left"),
                        (good.u64(good.blob + EMPTY_ROOT), "left: its root is the empty one")):
        image = good.copy()
        image.named("partition", "left").root = other
        refused(audit, image, says)


# MEM-3, AUD-1
@pytest.mark.parametrize("where, bit, says", [
    ("text", 7, "is writable"), ("text", 54, "is not executable"), ("rodata", 54, "is executable"),
    ("rodata", 7, "is writable"), ("text", 13, "maps another page")])
def test_a_bit_of_the_kernels_own_tables_is_named(good, audit, where, bit, says):
    va = KERNEL_VA + (0 if where == "text" else good.text_bytes)
    at, _, pa, entry = good.leaf(good.el2_root_pa, va)
    status, said = audit(good.copy().flip(entry, bit).seal())
    assert status == 1
    line = next(s for s in said.splitlines() if f"VA {at:#x}" in s)
    assert says in line and f"{good.load_pa + entry:#x}" in line


# MEM-3
def test_a_guard_page_that_is_mapped_is_named(good, audit):
    used = {at for at, *_ in good.leaves(good.el2_root_pa)}
    hole = next(at + PAGE for at, *_ in good.leaves(good.el2_root_pa) if at >= KERNEL_VA and at + PAGE not in used)
    _, _, _, entry = good.leaf(good.el2_root_pa, hole - PAGE)
    image = good.copy()
    image.data[entry + 8:entry + 16] = image.data[entry:entry + 8]
    status, said = audit(image.seal())
    assert status == 1 and f"VA {hole:#x}" in said and "nothing is declared there" in said


def places(image):
    """Bytes of the blob and of all translation tables."""
    blob = range(image.blob, image.blob + image.blob_bytes)
    tables = range(image.blob + (image.blob_bytes + PAGE - 1) // PAGE * PAGE, image.covered_bytes)
    return blob, tables


# AUD-1
def test_every_flipped_bit_of_blob_and_tables_is_found(good, audit):
    rng = random.Random(2)
    blob, tables = places(good)
    used = [i for i in tables if good.data[i]]
    missed = []
    for n in range(FLIPS):
        byte = rng.choice((blob, used, tables)[n % 3])
        bit = rng.randrange(8)
        status, said = audit(good.copy().flip(byte, bit).seal())
        assert status in (1, 2) and "Sanitizer" not in said or status == 0
        if status != 1:
            missed.append(f"byte {byte:#x} ({'blob' if byte in blob else 'table'} + "
                          f"{byte - (blob if byte in blob else tables).start:#x}) bit {bit}: {status} {said}")
    assert not missed, "\n".join(missed)


def test_changed_kernel_code_is_found(good, audit):
    rng = random.Random(3)
    for _ in range(10):
        byte = rng.randrange(256, good.text_bytes + good.rodata_bytes + good.check_bytes)
        status, said = audit(good.copy().flip(byte, 3).seal())
        assert status == 1 and "kernel-arm64.elf" in said


def test_changed_payloads_are_found(good, audit):
    """Behind what the digest covers lie stub, parameters, information pages and pristine stores."""
    rng = random.Random(4)
    own = good.boot_parameters()  # where a payload goes in its own RAM, and its entry, are not judged
    used = [i for i in range(good.covered_bytes, good.file_bytes) if good.data[i] and not any(i in s for s in own)]
    missed = [hex(b) for b in rng.sample(used, 40) if audit(good.copy().flip(b, rng.randrange(8)))[0] != 1]
    assert not missed


def test_a_damaged_image_is_called_damaged(good, audit):
    status, said = audit(good.copy().flip(good.covered_bytes - PAGE, 0))
    assert status == 1 and "damaged" in said
    status, said = audit(good.data[:-8])
    assert status == 1 and "damaged" in said
    assert audit(good.data[:100])[0] == 2


@pytest.mark.parametrize("old, new, says", [
    ('memory = "4M"', 'memory = "8M"', "right"),
    ("priority = <20>", "priority = <5>", "priorities"),
    ("cores = <2 2>", "cores = <3 3>", "right"),
    ("smc-allow = <0x82000001 0x82000002>;", "smc-allow = <0x82000001>;", "SMC"),
    ("devices = <&uart0>;", "", "device"),
    ("reads-log;", "", "log"),
    ('fp = "none";', "", "FP"),
    ('console-down = "wait";', "", "PL011"),
    ('set-way = "native";', "", "flags"),
    ("keyboard;", "", "keyboard"),
    ('kind = "signal";', 'kind = "sampling"; bytes = <8>;', "kind"),
    ("bytes = <200>;", "bytes = <201>;", "largest message"),
    ("reply-bytes = <40>;", "", "largest reply"),
    ("depth = <4>;", "depth = <3>;", "depth"),
    ('full = "drop";', "", "flags"),
    ('restart = "keep";', "", "flags"),
    ("bytes = <200>; period-us = <5000>;", "bytes = <200>;", "times"),
    ("from = <&left>; to = <&right>; bytes = <200>", "from = <&right>; to = <&left>; bytes = <200>", "sender"),
    ("readers = <&right &guest>", "readers = <&right>", "not declared"),
    ("readers = <&right &guest>", "readers = <&right &guest &alone>", "alone: does not have its shared memory frames"),
    ("writers = <&left>; readers = <&right &guest>", "writers = <&left &right>; readers = <&guest>", "other rights"),
    ('size = "8K"', 'size = "16K"', "another size"),
    ("uncached;", "", "memory type"),
    ("controls = <&right>;", "", "0 are declared"),
    ("controls = <&right>;", "controls = <&right &guest>;", "left holds 0 capabilities to control guest"),
    ("bridge = <&bridge>;", "", "order"),
    ("order {", "orders {", "channel orders has no port"),
    ("bell {", "bells {", "port bell, from left to right, is no channel"),
    ("right {", "wrong {", "right")])
def test_an_image_of_another_description_is_refused(good, audit, folder, old, new, says):
    text = open(f"{SYSTEM}/system.dts").read()
    assert old in text
    shutil.rmtree(folder / "audit", ignore_errors=True)
    (folder / "audit").mkdir()
    (folder / "audit" / "system.dts").write_text(text.replace(old, new, 1))
    status, said = audit(good, folder / "audit")
    assert status == 1 and says in said


def test_a_system_that_is_one_file_is_proven(audit, folder):
    """Its name is the file's, not the folder's; the builder and the audit each find that out."""
    one = folder / "one-file.dts"
    text = open(f"{SYSTEM}/system.dts").read()
    one.write_text("".join(line for line in text.splitlines(True) if "system-name" not in line))
    image = folder / "one.img"
    subprocess.run([TOOL, "build", str(one), "-o", str(image)], check=True, timeout=60, stdout=subprocess.DEVNULL)
    status, said = audit(image.read_bytes(), one)
    assert status == 0, said
    status, said = audit(image.read_bytes())
    assert status == 1 and 'name of the system is "one-file", not "audit: a small system' in said


def test_what_cannot_be_read_is_told_apart(good, audit, folder):
    assert audit(good, folder / "nowhere")[0] == 2
    assert subprocess.run([TOOL, "audit"], capture_output=True, timeout=60).returncode == 2
