# SPDX-License-Identifier: Apache-2.0
"""Images whose watchdog devices are not what the description says."""

import struct

import pytest
from audited import audit, folder, good, info_entry, refused  # noqa: F401 (fixtures)
from image import INFO_ENTRY, INFO_HEAD

SYSTEM = "tests/systems/audit-watchdog"
WRR, WCS = 0x1000, 0x0


def device(image, client):
    """The emulated region that is its client's watchdog: the one that its console does not answer for."""
    return next(e for e in image.all("emul") if e.client == image.number(client) and e.server == image.number("watch"))


def table(image, client):
    """Place of the watchdog's register table: the head of the blob has the tables' place behind their size, an element its own at 48."""
    e = device(image, client)
    regs = next(image.u32(image.blob + at + 4) for at in range(16, 128, 8) if image.u32(image.blob + at) == 0x400 + 0x800)
    return image.blob + regs + image.u32(e.at + 48)


def test_a_good_one_is_proven_and_told(good, audit):
    status, said = audit(good)
    assert status == 0, said
    assert "4 policies as declared, 0 limit(s) of restarts, 2 watchdog(s)" in said and "watch writes (for plain)" in said


@pytest.mark.parametrize("offset, how", [(WRR, 1 | 16), (WCS, 1 | 2), (WCS, 1 | 16), (0xfcc, 1)])
def test_a_register_that_answers_otherwise(good, audit, offset, how):
    image = good.copy()
    image.data[table(image, "guest") + offset // 4] = how
    refused(audit, image, f"guest: register {offset:#x} of its generic watchdog (watchdog) answers as {how:#x}".replace("0x0 ", "0 "))


def test_who_else_answers(good, audit):
    image = good.copy()
    device(image, "guest").server = image.number("console")
    status, said = audit(image.seal())
    assert status == 1, said


def test_what_it_answers_while_the_monitor_is_dead(good, audit):
    image = good.copy()
    device(image, "plain").down = 2
    refused(audit, image, "plain: its device (watchdog) answers otherwise than declared while its server is dead")


@pytest.mark.parametrize("partition, name, offset, says", [
    ("watch", "guest", 64, "another time to feed in"),  # period_ns: bytes 64 to 71
    ("watch", "guest", 12, "wrong flags"), ("guest", "watch", 12, "is no emulated region"), ("guest", "watch", 16, "is no emulated region")])
def test_an_information_page_that_says_otherwise(good, audit, partition, name, offset, says):
    image = good.copy()
    r = image.region(partition, "information page")
    page = image.offset(r.pa)
    kind = 2 if partition == "watch" else 5
    at = next(at for at in range(page + INFO_HEAD, page + r.bytes, INFO_ENTRY)
              if image.u32(at) == kind and image.data[at + 56:at + 88].rstrip(b"\0").decode() == name)
    at += 48 if offset == 64 else offset
    image.data[at] ^= 2
    refused(audit, image, f"{partition}: information page", says)


@pytest.mark.parametrize("old, new, says", [
    ("watchdog-us = <5000000>;\n\t\t\twatchdog-device;", "watchdog-us = <5000000>;", "the image has 3 emulated regions, the description gives 2"),
    ("watchdog-us = <5000000>;", "watchdog-us = <6000000>;", "another time to feed in"),
    ("console = <&console>;", "", "the image has 3 emulated regions, the description gives 2")])
def test_an_image_of_another_description_is_refused(good, audit, folder, old, new, says):
    with open(f"{SYSTEM}/system.dts", encoding="utf-8") as f:
        text = f.read()
    assert old in text
    (folder / "other").mkdir(exist_ok=True)
    (folder / "other" / "system.dts").write_text(text.replace(old, new, 1))
    status, said = audit(good, folder / "other")
    assert status == 1 and says in said, said
