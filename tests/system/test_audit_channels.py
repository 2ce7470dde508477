# SPDX-License-Identifier: Apache-2.0
"""Images that give a partition more than the description does, over ports, windows, shared memory or control.

Each is changed so that blob, tables and digest agree with each other as far as that can be: only the
description tells that it is wrong."""

import glob
import os
import shutil
import struct
import subprocess

import pytest
from audited import SYSTEM, TOOL, WRITE, audit, folder, good, info_entry, map_page, refused, set_bits  # noqa: F401 (fixtures)
from image import PAGE

CAP_SERVE, CAP_PORT, CAP_CONTROL = 1, 2, 3
SEND, RECEIVE = 1, 2
NONE = 0xffffffff
RAM = 0x40000000


# --- good ones ---

@pytest.mark.parametrize("system", sorted(os.path.dirname(p) for p in glob.glob("systems/*/system.dts") +
                                          glob.glob("tests/systems/*/system.dts")))
def test_the_image_of_every_system_is_proven(system):
    image = f"build/tests/{os.path.basename(system)}.img" if system.startswith("tests") else f"build/{os.path.basename(system)}.img"
    if not os.path.exists(image):
        pytest.fail(f"{image} has not been built")
    r = subprocess.run([TOOL, "audit", image, system], timeout=120, capture_output=True, text=True)
    assert r.returncode == 0, r.stdout + r.stderr


def test_channels_and_policy_are_told(good, audit):
    status, said = audit(good)
    assert status == 0, said
    for line in ("port     value: sampling, left to right, 200 bytes", "port     order: queuing, bridge to left, 16 bytes, 2 deep",
                 "6 rule(s) of the policy hold", "right reads (frames)", "left writes and reads (frames)"):
        assert line in said


# --- memory ---

def test_an_in_window_that_its_receiver_can_write(good, audit):
    image = good.copy()
    ipa = image.region("right", "in window").ipa
    set_bits(image, "right", ipa, WRITE)
    refused(audit, image, f"right, root: IPA {ipa:#x}", "is writable", "that PA is in window of right")


def test_an_in_window_that_its_receiver_can_write_and_the_blob_says_so(good, audit):
    image = good.copy()
    r = image.region("right", "in window")
    r.rights |= 2
    set_bits(image, "right", r.ipa, WRITE)
    refused(audit, image, 'right: region at IPA', '"in window") has other rights than declared')


def test_an_out_window_that_another_can_read(good, audit):
    image = good.copy()
    pa = image.region("left", "out window").pa
    ipa = map_page(image, "right", "shared memory frames", pa)
    refused(audit, image, f"right, root: IPA {ipa:#x}", "nothing is declared there; that PA is out window of left")


def test_a_window_that_is_anothers(good, audit):
    """Blob and tables agree that the window of right is the page where left writes."""
    image = good.copy()
    r, theirs = image.region("right", "in window"), image.region("left", "out window").pa
    set_bits(image, "right", r.ipa, r.pa ^ theirs)
    r.pa = theirs
    refused(audit, image, "is out window of left", "and in window of right", "port value: its slots", "not in the in window of right")


def test_shared_memory_that_a_reader_can_write(good, audit):
    image = good.copy()
    r = image.region("guest", "shared memory frames")
    r.rights |= 2
    for page in range(0, r.bytes, PAGE):
        set_bits(image, "guest", r.ipa + page, WRITE)
    refused(audit, image, "guest: region", '"shared memory frames") has other rights than declared', "guest, root:",
            "is writable")


def test_shared_memory_of_somebody_else(good, audit):
    image = good.copy()
    map_page(image, "bridge", "window of guest, picture", image.region("left", "shared memory frames").pa)
    refused(audit, image, "bridge, root:", "nothing is declared there; that PA is shared memory of left")


def test_ends_of_shared_memory_that_are_not_the_same(good, audit):
    image = good.copy()
    r = image.region("guest", "shared memory frames")
    r.pa += PAGE  # left and right: pages 0 and 1; guest: 1 and 2
    for page in range(0, r.bytes, PAGE):
        set_bits(image, "guest", r.ipa + page, (r.pa - PAGE + page) ^ (r.pa + page))
    refused(audit, image, "shared memory at PA", "for guest", "is shared memory of")


def test_cached_where_it_must_not_be(good, audit):
    image = good.copy()
    ipa = image.region("guest", "window of guest, picture").ipa
    set_bits(image, "guest", ipa, 0xf << 2 ^ 0x5 << 2)
    refused(audit, image, f"guest, root: IPA {ipa:#x}", "has another memory type")


def test_shared_memory_that_holds_something_at_first(good, audit):
    image = good.copy()
    image.data[image.offset(image.region("left", "shared memory frames").pa) + 5000] = 1
    refused(audit, image, "shared memory at PA", "is not zero")


def test_a_page_that_is_mapped_twice(good, audit):
    image = good.copy()
    ipa = map_page(image, "left", "shared memory frames", image.region("left", "RAM").pa, write=True)
    refused(audit, image, f"left, root: IPA {ipa:#x}", "nothing is declared there; that PA is RAM of left")


def test_a_window_that_the_kernel_does_not_have(good, audit):
    image = good.copy()
    pa = image.region("right", "in window").pa
    leaf = next(x for x in image.leaves(image.el2_root_pa) if x[2] == pa)
    image.data[leaf[3]:leaf[3] + 8] = bytes(8)
    refused(audit, image, "kernel, EL2: in window at", "is not mapped")


# --- ports ---

def swap(one, other, field, field_of_other):
    a, b = getattr(one, field), getattr(other, field_of_other)
    setattr(one, field, b)
    setattr(other, field_of_other, a)


def test_a_port_with_its_ends_swapped(good, audit):
    image = good.copy()
    p = image.named("port", "bell")
    for cap in [c for c in image.all("cap") if c.kind == CAP_PORT and c.object == p.number]:
        cap.rights = SEND + RECEIVE - cap.rights
    for what in ("", "_cap", "_intid"):
        swap(p, p, "send" + (what or "er"), "receive" + (what or "r"))
    refused(audit, image, "port bell: its sender is right, but the description gives left")


@pytest.mark.parametrize("port, field, value, says", [
    ("picture", "bytes", 401, ("largest message is 401",)),
    ("picture", "bytes", 1400, ("outside the shared memory",)),
    ("bell", "kind", 2, ("size of its messages",)),
    ("order", "kind", 4, ("size of its replies",)),
    ("order", "flags", 1, ("port order: flags",)),
    ("queue", "flags", 0, ("port queue: flags",)),
    ("order", "depth", 1, ("port order: depth is 1",)),
    ("ask", "reply_bytes", 33, ("port ask: largest reply is 33",)),
    ("ask", "bytes", 4096, ("overlap",)),
    ("value", "receive_intid", 100, ("another interrupt",)),
    ("value", "send_intid", 100, ("another interrupt",)),
    ("bell", "receive_intid", 33, ("another source",)),
    ("value", "receive_cap", 9, ("not the end",))])
def test_a_port_that_is_not_as_declared(good, audit, port, field, value, says):
    image = good.copy()
    setattr(image.named("port", port), field, value)
    refused(audit, image, *says)


def test_slots_in_the_window_of_another(good, audit):
    """Behind what left has in its in window there is room: what right should receive would arrive at left."""
    image = good.copy()
    image.named("port", "value").in_va = image.named("port", "queue").in_va // PAGE * PAGE + PAGE - 3 * 256
    refused(audit, image, "port value: its slots", "are not in the in window of right; that PA is in window of left")


def test_a_buffer_in_an_in_window(good, audit):
    image = good.copy()
    image.named("port", "value").out_va = image.named("port", "queue").in_va // PAGE * PAGE + PAGE - 256
    refused(audit, image, "port value: its buffer", "not in the out window of left")


def test_a_port_that_is_not_described(good, audit):
    """Whole: name (a partition's), both capabilities, an interrupt; a signal needs no memory."""
    image = good.copy()
    name = next(at for at in range(image.u32(image.blob + 120)) if image.name(at) == "pilot")
    ends = {p: sum(c.kind == CAP_PORT for c in image.caps(p)) for p in ("right", "alone")}
    number = len(image.all("port"))
    image.grow(48, 80, number, struct.pack("<12I4Q", 1, 0, image.number("right"), image.number("alone"), ends["right"],
                                           ends["alone"], NONE, 200, 0, 0, 0, name, 0, 0, 0, 0))
    image.add_cap("right", CAP_PORT, number, SEND, ends["right"])
    image.add_cap("alone", CAP_PORT, number, RECEIVE, ends["alone"])
    refused(audit, image, "port pilot, from right to alone, is no channel of the description",
            "policy nothing-to-alone:", "right -> alone (signal pilot)", "information page has 4 entries of kind 6, not 5")


# --- capabilities ---

def test_a_capability_too_much(good, audit):
    image = good.copy()
    image.add_cap("bridge", CAP_CONTROL, image.number("alone"), 3)
    refused(audit, image, "bridge holds 1 capabilities to control alone, 0 are declared", "bridge -> alone (control of alone)")


def test_a_capability_twice(good, audit):
    image = good.copy()
    image.add_cap("left", CAP_CONTROL, image.number("right"), 3)
    refused(audit, image, "left holds 2 capabilities to control right, 1 are declared")


def test_a_capability_to_serve_what_it_serves_already(good, audit):
    image = good.copy()
    image.add_cap("bridge", CAP_SERVE, next(c.object for c in image.caps("bridge") if c.kind == CAP_SERVE), 0)
    refused(audit, image, "bridge holds 2 capabilities to serve guest")


def test_an_entry_for_nothing(good, audit):
    image = good.copy()
    image.add_cap("alone", 0, 0, 0)
    refused(audit, image, "alone: its capability table has 1 entries, of which 0 are declared")


@pytest.mark.parametrize("rights, says", [(0, "left has rights 0 over right, the description gives 0x3"), (1, "has rights 0x1 over"),
                                          (2, "has rights 0x2 over"), (4, "another than the monitor inspects"),
                                          (7, "another than the monitor inspects"), (8, "unknown rights"), (11, "unknown rights")])
def test_other_rights_of_control(good, audit, rights, says):
    image = good.copy()
    next(c for c in image.caps("left") if c.kind == CAP_CONTROL).rights = rights
    refused(audit, image, says)


@pytest.mark.parametrize("rights", [0, RECEIVE, SEND | RECEIVE, 4, 5])
def test_other_rights_of_a_port(good, audit, rights):
    image = good.copy()
    image.caps("bridge")[0].rights = rights  # sends `order`
    refused(audit, image, "not the end of the port")


# --- what carries channels ---

def test_a_carrier_with_another_server(good, audit):
    image = good.copy()
    e = next(e for e in image.all("emul") if e.server == image.number("bridge"))
    e.server = image.number("console")
    refused(audit, image, "served by another partition")


def test_a_carrier_that_answers_otherwise_while_its_bridge_is_dead(good, audit):
    image = good.copy()
    next(e for e in image.all("emul") if e.server == image.number("bridge")).down = 2
    refused(audit, image, "answers otherwise than declared")


def test_carriers_that_change_places(good, audit):
    """The guest would write into `picture` what it means for `order`: only names tell."""
    image = good.copy()
    swap(image.region("guest", "PL011 of order"), image.region("guest", "PL011 of picture"), "name", "name")
    refused(audit, image, "guest: information page", "is no emulated region of this partition")


# --- information pages: behind what the digest covers ---

@pytest.mark.parametrize("partition, entry, offset, says", [
    ("left", "value", 12, "other flags"), ("left", "value", 4, "entry"), ("left", "value", 8, "another interrupt"),
    ("left", "value", 24, "another place or size"), ("left", "value", 32, "another place or size"),
    ("left", "value", 48, "other flags, sizes or times"), ("left", "value", 70, "another name"), ("left", "value", 89, "another name"),
    ("right", "frames", 12, "other flags"), ("right", "frames", 16, "no shared memory"), ("right", "frames", 44, "sizes"),
    ("left", "right", 12, "other flags"), ("bridge", "guest", 88, "client or channel"), ("console", "left", 44, "more than an entry")])
def test_an_information_page_that_says_otherwise(good, audit, partition, entry, offset, says):
    image = good.copy()
    image.data[info_entry(image, partition, entry) + offset] ^= 1
    refused(audit, image, f"{partition}: information page", says)


# --- policy: the image has a flow that the description does not ---

# POL-2
def test_a_page_from_one_to_another_breaks_the_policy(good, audit):
    image = good.copy()
    pa = image.region("left", "RAM").pa
    map_page(image, "alone", "information page", pa)
    refused(audit, image, "policy nothing-to-alone: ", f"left -> alone (RAM at PA {pa:#x})")


def test_a_page_to_be_written_breaks_the_policy_the_other_way(good, audit):
    image = good.copy()
    map_page(image, "alone", "information page", image.region("right", "RAM").pa, write=True)
    refused(audit, image, "policy alone-is-alone: alone reaches", "alone -> right (memory at PA", "policy nothing-to-alone:")


def test_a_window_that_is_read_by_a_third_gives_it_what_was_sent(good, audit):
    """The kernel writes it, so no other partition does: who sent it is the source."""
    image = good.copy()
    map_page(image, "alone", "information page", image.region("right", "in window").pa)
    refused(audit, image, "policy nothing-to-alone: ", "left -> alone (slots at PA")


def test_the_log_is_everybodys(good, audit):
    image = good.copy()
    map_page(image, "alone", "information page", image.region("console", "health log").pa)
    refused(audit, image, "policy nothing-to-alone: ", "-> alone (health log at PA")


def test_an_interrupt_or_a_device_for_another_breaks_the_policy(good, audit):
    image = good.copy()
    next(q for q in image.all("irq") if q.partition == image.number("right")).partition = image.number("alone")
    refused(audit, image, "policy nothing-to-alone: ", "rtc -> alone (interrupt of rtc)")
    image = good.copy()
    set_bits(image, "alone", image.region("alone", "gpio").ipa, image.region("alone", "gpio").pa ^ 0x09010000)
    refused(audit, image, "policy nothing-to-alone: ", "right -> alone (device at PA 0x9010000)")


@pytest.mark.parametrize("old, new, says", [
    ("to-others; except-through = <&console &pilot>;", "to-others; except-through = <&pilot>;", "policy alone-is-alone: alone reaches console: alone -> console (health log)"),
    ("except-through = <&left &console &pilot>; };\n\t\tno-keys", "except-through = <&left &pilot>; };\n\t\tno-keys",
     "policy guest-only-asks: guest reaches right: guest -> console (health log) -> right (emulated region PL011)"),
    ("no-flow-down; except-through = <&left &right &pilot>;", "no-flow-down; except-through = <&pilot>;", "policy down: left reaches guest: left -> guest (shared memory frames"),
    ("no-flow-up; except-through = <&left &console &pilot>;", "no-flow-up; except-through = <&console &pilot>;", "policy up: guest reaches left: guest -> bridge"),
    ("from = <&uart0>; to = <&guest>; except-through = <&left &right &pilot>;", "from = <&uart0>; to = <&guest>; except-through = <&right &pilot>;",
     "policy no-keys: uart0 reaches guest: uart0 -> console (device uart0) -> left (emulated region PL011) -> guest (shared memory frames"),
    ("devices = <&rtc>;", "devices = <&rtc>; trusted-dma = <&rtc>;", "policy nothing-to-alone: rtc reaches alone: rtc -> alone (DMA of rtc)")])
def test_a_rule_that_the_image_breaks(good, audit, folder, old, new, says):
    text = open(f"{SYSTEM}/system.dts").read()
    assert text.count(old) == 1
    shutil.rmtree(folder / "audit", ignore_errors=True)
    (folder / "audit").mkdir()
    (folder / "audit" / "system.dts").write_text(text.replace(old, new))
    status, said = audit(good, folder / "audit")
    assert status == 1 and says in said, said


def test_a_bus_master_that_nobody_is_trusted_with(good, audit, folder):
    text = open(f"{SYSTEM}/system.dts").read().replace("\tpartitions {\n", "\tbulkhead { dma-devices = <&rtc>; };\n\tpartitions {\n", 1)
    shutil.rmtree(folder / "audit", ignore_errors=True)
    (folder / "audit").mkdir()
    (folder / "audit" / "system.dts").write_text(text)
    status, said = audit(good, folder / "audit")
    assert status == 1 and "right: its device rtc is a bus master without an IOMMU" in said
