# SPDX-License-Identifier: Apache-2.0
"""The image of tests/systems/audit, or of a test's own SYSTEM, and the audit of changed copies of it: what test_audit*.py share."""

import struct
import subprocess

import pytest
from image import INFO_ENTRY, INFO_HEAD, PAGE, Image

TOOL = "build/bulkhead"
SYSTEM = "tests/systems/audit"
WRITE = 1 << 7  # S2AP[1]
XN = 1 << 54


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("audit")


def system_of(request):
    return getattr(request.module, "SYSTEM", SYSTEM)


@pytest.fixture(scope="module")
def good(folder, request):
    path = folder / "good.img"
    subprocess.run([TOOL, "build", system_of(request), "-o", str(path)], check=True, timeout=60, stdout=subprocess.DEVNULL)
    return Image(path.read_bytes())


@pytest.fixture(scope="module")
def audit(folder, request):
    own = system_of(request)

    def run(image, system=own):
        path = folder / "try.img"
        path.write_bytes(image.data if isinstance(image, Image) else image)
        r = subprocess.run([TOOL, "audit", str(path), str(system)], timeout=60, capture_output=True, text=True)
        return r.returncode, r.stdout + r.stderr
    return run


def entry_at(image, partition, ipa):
    """Place of the entry that maps an address."""
    return image.leaf(image.roots()[partition], ipa)[3]


def set_bits(image, partition, ipa, bits):
    at = entry_at(image, partition, ipa)
    struct.pack_into("<Q", image.data, at, image.u64(at) ^ bits)


def map_page(image, partition, behind, pa, write=False):
    """One page more, right behind the region of that name."""
    r = image.region(partition, behind)
    ipa = r.ipa + r.bytes
    at = entry_at(image, partition, ipa - PAGE)
    entry = image.u64(at) & ~0x0000FFFFFFFFF0C0 | pa | 1 << 6 | (WRITE if write else 0)
    assert image.u64(at + 8) == 0
    struct.pack_into("<Q", image.data, at + 8, entry)
    return ipa


def refused(audit, image, *sentences):
    status, said = audit(image.seal())
    assert status == 1, said
    for s in sentences:
        assert s in said, said


def info_entry(image, partition, name):
    r = image.region(partition, "information page")
    page = image.offset(r.pa)
    for n in range(image.u32(page + 8)):
        at = page + INFO_HEAD + n * INFO_ENTRY
        if image.data[at + 56:at + 88].rstrip(b"\0").decode() == name:
            return at
    raise LookupError(name)
