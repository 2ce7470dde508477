# SPDX-License-Identifier: Apache-2.0
"""Images whose schedule, reservations, trace or right to change modes are not what the description says."""

import shutil
import struct

import pytest
from audited import PAGE, SYSTEM, WRITE, audit, folder, good, info_entry, map_page, refused, set_bits  # noqa: F401 (fixtures)
from image import INFO_ENTRY, INFO_HEAD

CAP_NONE, CAP_SCHEDULE = 0, 4
MICRO = 1000
WINDOW = 104  # of struct bh_blob: number and offset of the windows
TRACE_VA = 176


def core_of(image, partition, index=0):
    return next(v for v in image.all("vcpu") if v.partition == image.number(partition) and v.index == index).core


def ranks(image, *partitions):
    """All of their vCPUs' ranks, whatever the core."""
    return sum(1 << v.rank for v in image.all("vcpu") if v.partition in map(image.number, partitions))


def plan(image, mode, core):
    return image.all("plan")[image.named("mode", mode).number * len(image.all("core")) + core]


def windows(image, mode, core):
    p = plan(image, mode, core)
    return image.all("window")[p.first_window:p.first_window + p.n_windows]


# --- good ones ---

def test_modes_and_the_trace_are_told(good, audit):
    status, said = audit(good)
    assert status == 0, said
    for line in ("mode     work: a frame of 10000 us, 8 windows, 1 reservations in force",
                 "mode     calm: a frame of 20000 us, 1 windows, 0 reservations in force", "shared   trace", "kernel writes, pilot reads"):
        assert line in said


def test_the_image_has_what_the_tests_change(good):
    left, alone = core_of(good, "left", 1), core_of(good, "alone")
    assert left == alone
    assert [(w.start_ns, w.end_ns) for w in windows(good, "work", left)] == [(0, 4_000_000), (4_000_000, 9_000_000), (9_500_000, 10_000_000)]
    assert core_of(good, "right") == core_of(good, "right", 1)


# --- windows ---

def test_a_window_longer_than_declared(good, audit):
    image = good.copy()
    windows(image, "work", core_of(image, "alone"))[1].end_ns += 100 * MICRO
    refused(audit, image, "mode work, core 1: window 1 is from 4000000 to 9100000 ns, but the description gives 4000000 to 9000000")


def test_a_window_that_took_from_its_neighbour(good, audit):
    image = good.copy()
    one, other, _ = windows(image, "work", core_of(image, "alone"))
    one.end_ns -= 1
    other.start_ns -= 1
    refused(audit, image, "mode work, core 1: window 0", "mode work, core 1: window 1 is from 3999999")


def test_a_window_of_others(good, audit):
    image = good.copy()
    one, other, _ = windows(image, "work", core_of(image, "alone"))
    one.ranks, other.ranks = other.ranks, one.ranks
    refused(audit, image, "mode work, core 1: window 0: alone, but the description gives left",
            "mode work, core 1: window 1: left, but the description gives alone")


def test_a_window_with_one_more(good, audit):
    image = good.copy()
    core = core_of(image, "right")
    windows(image, "work", core)[0].ranks |= ranks(image, "pilot")
    refused(audit, image, "window 0: pilot, right, right, but the description gives right, right")


def test_a_window_of_one_of_two_siblings(good, audit):
    image = good.copy()
    w = windows(image, "work", core_of(image, "right"))[0]
    w.ranks &= w.ranks - 1
    refused(audit, image, "window 0: right, but the description gives right, right")


def test_a_window_too_many(good, audit):
    image = good.copy()
    p, core = plan(image, "work", core_of(image, "console")), core_of(image, "console")
    at = p.first_window + p.n_windows
    image.grow(WINDOW, 24, at, struct.pack("<QQII", 9_500_000, 9_600_000, ranks(image, "console") & 3, 0))
    p.n_windows += 1
    for later in image.all("plan")[p.number + 1:]:
        later.first_window += 1
    refused(audit, image, f"mode work, core {core}: 3 windows, but the description gives 2")


def test_a_window_too_few(good, audit):
    image = good.copy()
    p = plan(image, "calm", core_of(image, "console"))
    p.n_windows = 0
    p.always = ranks(image, "console", "left") & 3
    for later in image.all("plan")[p.number + 1:]:
        later.first_window -= 1
    n, off = image.u32(image.blob + WINDOW), image.u32(image.blob + WINDOW + 4)
    struct.pack_into("<I", image.data, image.blob + WINDOW, n - 1)
    image.data[image.blob + off + 24 * (n - 1):image.blob + off + 24 * n] = bytes(24)
    refused(audit, image, "mode calm, core 0: 0 windows, but the description gives 1", 'the array behind "windows"')


# --- who runs otherwise ---

def test_somebody_else_gets_the_slack(good, audit):
    image = good.copy()
    p = plan(image, "work", core_of(image, "alone"))
    p.slack = 1 << next(v for v in image.all("vcpu") if v.partition == image.number("alone")).rank
    refused(audit, image, "mode work, core 1: runs on slack: alone, but the description gives nobody")


def test_slack_that_nobody_gets(good, audit):
    image = good.copy()
    plan(image, "work", core_of(image, "guest")).slack = 0
    refused(audit, image, "runs on slack: nobody, but the description gives guest")


def test_one_runs_in_a_mode_that_is_without_it(good, audit):
    image = good.copy()
    p = plan(image, "calm", core_of(image, "alone"))
    p.always |= 1 << next(v for v in image.all("vcpu") if v.partition == image.number("alone")).rank
    refused(audit, image, "mode calm, core 1: runs always: left, alone, but the description gives left")


def test_one_that_should_always_run_never_does(good, audit):
    image = good.copy()
    plan(image, "calm", core_of(image, "guest")).always = 0
    refused(audit, image, "mode calm, core 3: runs always: nobody, but the description gives guest")


def test_a_reservation_that_is_in_force_in_a_mode_without_it(good, audit):
    image = good.copy()
    core = core_of(image, "bridge")
    plan(image, "calm", core).budgets = plan(image, "work", core).budgets
    refused(audit, image, "mode calm, core 3: reservations in force: bridge, but the description gives nobody")


def test_a_reservation_that_is_not_in_force(good, audit):
    image = good.copy()
    plan(image, "work", core_of(image, "bridge")).budgets = 0
    refused(audit, image, "mode work, core 3: reservations in force: nobody, but the description gives bridge")


@pytest.mark.parametrize("partition, field, value, says", [
    ("bridge", "budget_ns", 1_000_001, "bridge: vCPU 0 has 1000001 ns every 5000000, but the description gives 1000000 every 5000000"),
    ("bridge", "period_ns", 4_000_000, "bridge: vCPU 0 has 1000000 ns every 4000000"),
    ("bridge", "budget_ns", 0, "wrong budget or period")])
def test_another_budget(good, audit, partition, field, value, says):
    image = good.copy()
    setattr(next(v for v in image.all("vcpu") if v.partition == image.number(partition)), field, value)
    refused(audit, image, says)


def test_a_reservation_for_one_that_has_none(good, audit):
    image = good.copy()
    v = next(v for v in image.all("vcpu") if v.partition == image.number("guest"))
    v.budget_ns, v.period_ns = 10_000_000, 10_000_000
    refused(audit, image, "guest: vCPU 0 has 10000000 ns every 10000000, but the description gives 0 every 0")


# --- modes ---

@pytest.mark.parametrize("mode, field, value, says", [
    ("work", "frame_ns", 10_000_001, "mode work: its frame is 10000001 ns, but the description gives 10000000"),
    ("work", "flags", 1, "mode work: a change to it comes at once, not as declared"),
    ("calm", "flags", 0, "mode calm: a change to it comes at the frame's end, not as declared"),
    ("calm", "flags", 2, "unknown flags"),
    ("calm", "frame_ns", 19_999_999, "not in its frame")])
def test_another_mode(good, audit, mode, field, value, says):
    image = good.copy()
    setattr(image.named("mode", mode), field, value)
    refused(audit, image, says)


def test_modes_that_change_their_names(good, audit):
    image = good.copy()
    one, other = image.named("mode", "work"), image.named("mode", "calm")
    one.name, other.name = other.name, one.name
    refused(audit, image, 'mode 0 is "calm", but the description gives "work"')


# --- who may change the mode ---

def test_a_right_to_change_the_mode_that_is_not_declared(good, audit):
    image = good.copy()
    image.add_cap("alone", CAP_SCHEDULE, 0, 0)
    refused(audit, image, "alone holds 1 capabilities to change the mode, 0 are declared",
            "policy alone-is-alone: alone reaches", "alone -> left (change of modes)")


def test_the_right_to_change_the_mode_twice(good, audit):
    image = good.copy()
    image.add_cap("pilot", CAP_SCHEDULE, 0, 0)
    refused(audit, image, "pilot holds 2 capabilities to change the mode, 1 are declared")


def test_a_right_to_change_the_mode_that_is_missing(good, audit):
    image = good.copy()
    next(c for c in image.caps("pilot") if c.kind == CAP_SCHEDULE).kind = CAP_NONE
    refused(audit, image, "pilot holds 0 capabilities to change the mode, 1 are declared")


# --- the trace ---

def test_trace_rings_that_their_reader_can_write(good, audit):
    image = good.copy()
    r = image.region("pilot", "trace")
    set_bits(image, "pilot", r.ipa, WRITE)
    refused(audit, image, f"pilot, root: IPA {r.ipa:#x}", "is writable", "that PA is trace of pilot")


def test_trace_rings_that_their_reader_can_write_and_the_blob_says_so(good, audit):
    image = good.copy()
    r = image.region("pilot", "trace")
    r.rights |= 2
    for page in range(0, r.bytes, PAGE):
        set_bits(image, "pilot", r.ipa + page, WRITE)
    refused(audit, image, "pilot: region at IPA", '"trace") has other rights than declared', "is writable")


@pytest.mark.parametrize("page", ["first", "last"])
def test_a_trace_ring_that_another_sees(good, audit, page):
    image = good.copy()
    r = image.region("pilot", "trace")
    pa = r.pa if page == "first" else r.pa + r.bytes - PAGE
    ipa = map_page(image, "alone", "information page", pa)
    refused(audit, image, f"alone, root: IPA {ipa:#x}", "nothing is declared there; that PA is trace of pilot",
            "policy nothing-to-alone: ", f"-> alone (trace at PA {r.pa:#x})")


def test_a_trace_window_to_something_else(good, audit):
    """Blob and tables agree that pilot's window is a page earlier: the kernel's other shared memory."""
    image = good.copy()
    r = image.region("pilot", "trace")
    for page in range(0, r.bytes, PAGE):
        set_bits(image, "pilot", r.ipa + page, (r.pa + page) ^ (r.pa + page - PAGE))
    r.pa -= PAGE
    refused(audit, image, "pilot: region", '"trace") is a window to nothing that is declared', "pilot: has no trace as declared")


def test_a_trace_that_the_kernel_does_not_have(good, audit):
    image = good.copy()
    pa = image.region("pilot", "trace").pa
    leaf = next(x for x in image.leaves(image.el2_root_pa) if x[2] == pa)
    image.data[leaf[3]:leaf[3] + 8] = bytes(8)
    refused(audit, image, "kernel, EL2: trace at", "is not mapped")


def test_a_trace_that_the_kernel_writes_elsewhere(good, audit):
    image = good.copy()
    at = image.blob + TRACE_VA
    struct.pack_into("<Q", image.data, at, image.u64(at) - PAGE)
    refused(audit, image, "overlap")
    image = good.copy()
    bytes_of_one = image.u64(at + 8)
    struct.pack_into("<Q", image.data, at + 8, bytes_of_one - PAGE)
    refused(audit, image, "kernel: shared memory has")


# --- information pages ---

@pytest.mark.parametrize("entry, offset, says", [
    ("work", 4, "another name"), ("calm", 4, "another name"), ("work", 56, "another name"), ("work", 32, "another place or size"),
    ("work", 12, "other flags"), ("console", 4, "names no partition")])
def test_an_information_page_that_says_otherwise(good, audit, entry, offset, says):
    image = good.copy()
    image.data[info_entry(image, "pilot", entry) + offset] ^= 1
    refused(audit, image, "pilot: information page", says)


@pytest.mark.parametrize("kind, offset, says", [
    (9, 4, "names a capability that does not exist"), (9, 12, "other flags"), (11, 16, "another place or size"),
    (11, 33, "another place or size"), (11, 44, "other flags, sizes"), (11, 0, "kind")])
def test_an_entry_without_a_name_that_says_otherwise(good, audit, kind, offset, says):
    image = good.copy()
    page = image.offset(image.region("pilot", "information page").pa)
    at = next(at for at in range(page + INFO_HEAD, page + PAGE, INFO_ENTRY) if image.u32(at) == kind)
    image.data[at + offset] ^= 1
    refused(audit, image, "pilot: information page", says)


# --- another description ---

@pytest.mark.parametrize("old, new, says", [
    ("frame-us = <10000>;", "frame-us = <10001>;", "mode work: its frame is 10000000 ns"),
    ("at-once;", "", "mode calm: a change to it comes at once"),
    ("slack = <&guest &right>;", "slack = <&right>;", "runs on slack: guest, but the description gives nobody"),
    ("slack = <&guest &right>;", "slack = <&guest &right &alone>;", "runs on slack: nobody, but the description gives alone"),
    ("without = <&alone &bridge>;", "without = <&alone>;", "mode calm, core 3: reservations in force: nobody, but the description gives bridge"),
    ("without = <&alone &bridge>;", "without = <&bridge>;", "mode calm, core 1: runs always: left, but the description gives left, alone"),
    ("first { length-us = <4000>;", "first { length-us = <4001>;", "mode work, core 0: window 0 is from 0 to 4000000"),
    ("then { length-us = <5000>;", "then { at-us = <4100>; length-us = <4900>;", "window 1 is from 4000000 to 9000000 ns, but the description gives 4100000"),
    ("late { at-us = <9500>; length-us = <500>; cores = <1>;", "late { at-us = <9500>; length-us = <500>;",
     "mode work, core 0: 2 windows, but the description gives 3"),
    ("cores = <1>; partitions = <&left>;", "cores = <0>; partitions = <&left>;", "mode work, core 1: 3 windows, but the description gives 2"),
    ("cores = <0>; partitions = <&left &console>;", "partitions = <&left &console>;", "mode calm, core 1: 0 windows, but the description gives 1"),
    ("partitions = <&console &alone>;", "partitions = <&console>;", "mode work, core 1"),
    ("partitions = <&left &console>;", "partitions = <&left>;", "mode calm, core 0: window 0: left, console, but the description gives left"),
    ("watch {", "view {", None),
    ("calm {", "still {", 'mode 1 is "calm", but the description gives "still"'),
    ("calm {", "calm2 { }; calm {", "the image has 2 modes, the description gives 3"),
    ("budget-us = <1000>;", "budget-us = <1001>;", "bridge: vCPU 0 has 1000000 ns every 5000000, but the description gives 1001000 every 5000000"),
    ("period-us = <5000>;\n\t\t};", "period-us = <5001>;\n\t\t};", "every 5001000"),
    ("changes-mode;", "", "pilot holds 1 capabilities to change the mode, 0 are declared"),
    ("reads-trace;", "", "pilot: region"),
    ("keyboard;", "keyboard; reads-trace;", "right: has no trace as declared"),
    ("cores = <2 2>;", "cores = <2>;", "right: has 2 vCPUs, but 1 cores are declared")])
def test_an_image_of_another_schedule_is_refused(good, audit, folder, old, new, says):
    text = open(f"{SYSTEM}/system.dts").read()
    assert old in text
    shutil.rmtree(folder / "audit", ignore_errors=True)
    (folder / "audit").mkdir()
    (folder / "audit" / "system.dts").write_text(text.replace(old, new, 1))
    status, said = audit(good, folder / "audit")
    if says is None:  # what a window is called is nowhere in the image
        assert status == 0, said
    else:
        assert status == 1 and says in said, said
