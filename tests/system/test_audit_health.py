# SPDX-License-Identifier: Apache-2.0
"""Images whose health policies, watchdogs, monitor or roots to inspect with are not what the description says."""

import shutil
import struct

import pytest
from audited import PAGE, WRITE, XN, audit, entry_at, folder, good, info_entry, refused, set_bits  # noqa: F401 (fixtures)
from image import ACTIONS, HEAD, INFO_ENTRY, INFO_HEAD

SYSTEM = "tests/systems/audit-health"
CAP_NONE, CAP_CONTROL, CAP_MONITOR = 0, 3, 5
START, STOP, SEE = 1, 2, 4
INSPECT = 0x4000000000
READ = 1 << 6
CLEAR, COPY = 2, 3


def inspect_cap(image, whom):
    return next(c for c in image.caps("watch") if c.kind == CAP_CONTROL and c.object == image.number(whom) and c.root_page)


def entry_of(image, whom, address):
    """Place in the file of the entry that maps an address in the root to inspect one."""
    return image.leaf(inspect_cap(image, whom).root_page * PAGE, address)[3]


def put(image, at, value):
    struct.pack_into("<Q", image.data, at, value)


# --- good ones ---

def test_roots_policies_and_the_monitor_are_told(good, audit):
    status, said = audit(good)
    assert status == 0, said
    for line in ("walked   watch, root to inspect guest:", "walked   watch, root to inspect frail:", "kernel writes, watch reads",
                 "health   7 policies as declared, 2 limit(s) of restarts, 2 watchdog(s), 2 dump(s); watch is the monitor"):
        assert line in said


def test_the_image_has_what_the_tests_change(good):
    assert good.policy("guest", "watchdog") == "restart, tell" and good.policy("rover", "limit") == "mode:limp"
    assert good.policy("frail", "deadline") == "mode:limp" and good.policy("rover", "hardware") == "system"
    assert good.region("guest", "RAM").bytes == 0x200000, "a block maps it"


# --- policies ---

@pytest.mark.parametrize("partition, fault, action, says", [
    ("alone", "access", "ignore", "alone: access: ignore, but the description gives inject"),
    ("alone", "boot", "restart", "alone: boot: restart, but the description gives stop"),
    ("alone", "budget", "stop", "alone: budget: stop, but the description gives ignore"),
    ("guest", "watchdog", "log", "guest: watchdog: log, tell, but the description gives restart, tell"),
    ("guest", "panic", "restart", "guest: panic: restart, but the description gives warm"),
    ("guest", "call", "system", "guest: call: system, but the description gives log"),
    ("frail", "reset", "system", "frail: reset: system, but the description gives stop"),
    ("frail", "watchdog", "log", "frail: watchdog: log, but the description gives stop"),
    ("frail", "reset", "restart", "an action that its kind cannot have"),
    ("alone", "call", "inject", "an action that its kind cannot have")])
def test_another_action(good, audit, partition, fault, action, says):
    image = good.copy()
    image.data[image.health(partition, fault)] = ACTIONS.index(action)
    refused(audit, image, says)


def test_another_mode_to_change_to(good, audit):
    image = good.copy()
    image.data[image.health("frail", "deadline") + 1] ^= 1
    refused(audit, image, "frail: deadline: mode:work, but the description gives mode:limp")


def test_one_is_told_of_what_it_should_not_be_or_not_of_what_it_should(good, audit):
    image = good.copy()
    image.data[image.health("alone", "off") + 2] = 1
    image.data[image.health("guest", "reset") + 2] = 0
    refused(audit, image, "alone: off: stop, tell, but the description gives stop", "guest: reset: restart, but the description gives restart, tell")


def test_a_policy_that_reaches_others_breaks_a_rule(good, audit):
    image = good.copy()
    image.data[image.health("bridge", "call")] = ACTIONS.index("system")
    refused(audit, image, "bridge: call: system", "policy alone-hears-nothing-new: bridge reaches alone: bridge -> alone (reset of the machine by its health policy)")


@pytest.mark.parametrize("partition, field, value, says", [
    ("guest", "limit_n", 4, "guest: limit of restarts is 4, but the description gives 3"),
    ("guest", "limit_n", 9, "more restarts than are remembered"),
    ("guest", "limit_ns", 9_999_999_999, "guest: time of that limit (ns) is 9999999999, but the description gives 10000000000"),
    ("guest", "watchdog_ns", 600_000_000, "guest: watchdog (ns) is 600000000, but the description gives 500000000"),
    ("guest", "watchdog_first_ns", 500_000_000, "guest: watchdog, at first (ns) is 500000000, but the description gives 20000000000"),
    ("rover", "watchdog_open_ns", 0, "rover: watchdog, opened after (ns) is 0, but the description gives 4000000"),
    ("rover", "watchdog_open_ns", 10_000_000, "wrong times of a watchdog"),
    ("console", "answer_ns", 0, "console: time to answer in (ns) is 0, but the description gives 2000000"),
    ("alone", "answer_ns", 1, "alone: time to answer in (ns) is 1, but the description gives 0"),
    ("alone", "flags", 2 | 8, "a dump that nobody may take"),
    ("frail", "flags", 0, "frail: flags are 0, the description gives 0x8"),
    ("frail", "flags", 2 | 8, "frail: flags are 0xa, the description gives 0x8")])
def test_another_limit_watchdog_or_dump(good, audit, partition, field, value, says):
    image = good.copy()
    setattr(image.named("partition", partition), field, value)
    refused(audit, image, says)


def test_another_end_of_a_limit(good, audit):
    image = good.copy()
    image.data[image.health("guest", "limit")] = ACTIONS.index("system")
    refused(audit, image, "guest: at its limit of restarts: system, but the description gives stop")


def test_a_limit_that_is_not_declared_or_missing(good, audit):
    image = good.copy()
    alone, guest = image.named("partition", "alone"), image.named("partition", "guest")
    alone.limit_n, alone.limit_ns = 1, 1
    image.data[image.health("alone", "limit")] = ACTIONS.index("stop")
    guest.limit_n = guest.limit_ns = 0
    image.data[image.health("guest", "limit")] = 0
    refused(audit, image, "alone: limit of restarts is 1, but the description gives 0", "guest: limit of restarts is 0, but the description gives 3")


# --- who the monitor is, and what it holds ---

def test_another_monitor(good, audit):
    """All that it held is alone's: whole, but not what is declared."""
    image = good.copy()
    for c in [c for c in image.caps("watch") if c.root_page or c.kind == CAP_MONITOR]:
        if c.kind == CAP_MONITOR:
            c.kind, c.rights = CAP_NONE, 0
        else:
            c.rights, c.root_page = START | STOP, 0
    for name in ("guest", "frail"):
        image.named("partition", name).flags &= ~8
    image.add_cap("alone", CAP_MONITOR, 0, 0)
    struct.pack_into("<I", image.data, image.blob + HEAD["monitor"], image.number("alone"))
    refused(audit, image, "monitor is alone, but the description gives watch", "alone holds 1 capabilities to see what the system does, 0 are declared",
            "watch holds 0 capabilities to see what the system does, 1 are declared")


def test_a_right_to_reset_the_machine(good, audit):
    image = good.copy()
    next(c for c in image.caps("watch") if c.kind == CAP_MONITOR).rights = 0
    refused(audit, image, "watch may not reset the machine, not as declared", "watch: information page")


@pytest.mark.parametrize("whom, rights, says", [
    ("frail", START | STOP | SEE, "watch has rights 0x7 over frail, the description gives 0x4"),
    ("guest", START | SEE, "watch has rights 0x5 over guest, the description gives 0x7")])
def test_other_rights_over_one(good, audit, whom, rights, says):
    image = good.copy()
    inspect_cap(image, whom).rights = rights
    refused(audit, image, says)


def test_one_that_is_inspected_though_nothing_says_so(good, audit):
    """A second capability to inspect with the same root: it has the wrong one's RAM."""
    image = good.copy()
    c = next(c for c in image.caps("watch") if c.kind == CAP_CONTROL and c.object == image.number("rover"))
    c.rights, c.root_page = START | STOP | SEE, inspect_cap(image, "guest").root_page
    refused(audit, image, "watch has rights 0x7 over rover, the description gives 0x3",
            f"watch, root to inspect rover: IPA {INSPECT:#x}", "is mapped, but nothing is declared there; that PA is RAM of guest")


def test_roots_that_changed_places(good, audit):
    image = good.copy()
    one, other = inspect_cap(image, "guest"), inspect_cap(image, "frail")
    one.root_page, other.root_page = other.root_page, one.root_page
    refused(audit, image, f"watch, root to inspect guest: IPA {INSPECT:#x}", "maps another page than declared; that PA is RAM of frail",
            "watch, root to inspect guest: inspected RAM at 0x4000000000 is not mapped from 0x4000040000 on",
            "watch, root to inspect frail: IPA 0x4000000000", "that PA is RAM of guest")


def test_a_root_to_inspect_with_that_shows_nothing(good, audit):
    image = good.copy()
    inspect_cap(image, "guest").root_page = image.named("partition", "watch").root // PAGE
    refused(audit, image, "watch, root to inspect guest: inspected RAM at 0x4000000000 is not mapped")


def test_a_root_of_another_partition(good, audit):
    image = good.copy()
    inspect_cap(image, "frail").root_page = image.named("partition", "frail").root // PAGE
    refused(audit, image, "is used by frail and by watch")


def test_a_root_that_is_no_table(good, audit):
    image = good.copy()
    inspect_cap(image, "frail").root_page = image.region("frail", "RAM").pa // PAGE
    refused(audit, image, "a root to inspect with is not among the tables")


# --- bits of a root to inspect with ---

@pytest.mark.parametrize("whom, at, bit, says", [
    ("guest", INSPECT, XN, "is executable"), ("frail", INSPECT, XN, "is executable"), ("frail", INSPECT + 0x3f000, XN, "is executable"),
    ("guest", INSPECT, WRITE, "is not writable"), ("guest", INSPECT, READ, "is not readable"), ("frail", INSPECT, 1 << 2, "has another memory type"),
    ("frail", INSPECT + 0x1000, 1 << 12, "maps another page than declared")])
def test_a_bit_of_what_is_inspected(good, audit, whom, at, bit, says):
    image = good.copy()
    entry = entry_of(image, whom, at)
    put(image, entry, image.u64(entry) ^ bit)
    refused(audit, image, f"watch, root to inspect {whom}: IPA {at:#x}", says)


def test_one_page_more_than_the_ram_that_is_inspected(good, audit):
    image = good.copy()
    last = entry_of(image, "frail", INSPECT + 0x3f000)
    assert image.u64(last + 8) == 0
    put(image, last + 8, image.u64(last) & ~0x0000FFFFFFFFF000 | image.region("alone", "RAM").pa)
    refused(audit, image, "watch, root to inspect frail: IPA 0x4000040000", "nothing is declared there; that PA is RAM of alone")


def test_one_page_less(good, audit):
    image = good.copy()
    put(image, entry_of(image, "frail", INSPECT + 0x7000), 0)
    refused(audit, image, "watch, root to inspect frail: inspected RAM at 0x4000000000 is not mapped from 0x4000007000 on")


def test_what_is_inspected_is_not_in_the_other_roots(good, audit):
    """The level 1 entry that leads to it, in its own root as well."""
    image = good.copy()
    index = INSPECT >> 30
    from_, to = (image.offset(root) + 8 * index for root in (inspect_cap(image, "frail").root_page * PAGE, image.named("partition", "watch").root))
    assert image.u64(to) == 0
    put(image, to, image.u64(from_))
    refused(audit, image, "watch, root: IPA 0x4000000000", "is mapped, but nothing is declared there; that PA is RAM of frail")


def test_its_own_memory_in_a_root_to_inspect_with(good, audit):
    """All of its own root's: a page of its program that cannot be executed only while it looks at frail."""
    image = good.copy()
    shared = entry_of(image, "frail", 0x40000000) == entry_at(image, "watch", 0x40000000)
    entry = entry_of(image, "frail", 0x40000000)
    put(image, entry, image.u64(entry) ^ XN)
    refused(audit, image, "watch, root to inspect frail: IPA 0x40000000", "is not executable", *(["watch, root:"] if shared else []))


# --- the log ---

def test_a_log_that_the_monitor_can_write(good, audit):
    image = good.copy()
    r = image.region("watch", "health log")
    set_bits(image, "watch", r.ipa, WRITE)
    refused(audit, image, f"watch, root: IPA {r.ipa:#x}", "is writable", "that PA is health log of")


def test_a_log_that_somebody_else_sees(good, audit):
    image = good.copy()
    at = entry_at(image, "alone", image.region("alone", "information page").ipa)
    assert image.u64(at + 8) == 0
    put(image, at + 8, image.u64(at) & ~0x0000FFFFFFFFF000 | image.region("watch", "health log").pa)
    refused(audit, image, "alone, ", "nothing is declared there; that PA is health log of", "policy alone-hears-nothing-new: bridge reaches alone")


# --- information pages ---

@pytest.mark.parametrize("kind, name, offset, says", [
    (12, "monitor", 4, "names a capability that does not exist"), (12, "monitor", 8, "names another interrupt"), (12, "monitor", 12, "other flags"),
    (13, "ask", 4, "another name"), (13, "ask", 12, "other flags"), (13, "beat", 88, "another name or peer"), (13, "ask", 48, "other flags"),
    (14, "guest", 88, "grants what is not declared"), (14, "guest", 12, "other flags"), (14, "guest", 56, "grants what is not declared"),
    (8, "frail", 24, "another place or size"), (8, "frail", 32, "another place or size"), (8, "frail", 44, "other flags"),
    (8, "guest", 16, "another place or size"), (4, "guest", 44, "another number of vCPUs"), (4, "alone", 4, "names no partition"),
    (3, "log", 8, "another doorbell"), (10, "limp", 4, "another name")])
def test_an_information_page_that_says_otherwise(good, audit, kind, name, offset, says):
    image = good.copy()
    page = image.offset(image.region("watch", "information page").pa)
    at = next(at for at in range(page + INFO_HEAD, page + PAGE, INFO_ENTRY)
              if image.u32(at) == kind and image.data[at + 56:at + 88].rstrip(b"\0").decode() == name)
    image.data[at + offset] ^= 1
    refused(audit, image, "watch: information page", says)


def test_a_grant_for_another(good, audit):
    image = good.copy()
    at = info_entry(image, "watch", "ask")  # a channel's entry becomes a grant
    struct.pack_into("<IIII", image.data, at, 14, 0, 0, 3)
    image.data[at + 56:at + 120] = b"bridge".ljust(32, b"\0") + b"alone".ljust(32, b"\0")
    refused(audit, image, "grants what is not declared", "entries of kind 14, not 1")


# --- warm starts ---

def operations(image):
    """(place in the file, kind, flags) of the boot operations of all partitions."""
    for page in image.boot_parameters():
        for n in range(image.u32(page.start + 8)):
            at = page.start + 48 + 40 * n
            yield at, image.u32(at), image.u32(at + 4)


@pytest.mark.parametrize("kind, flags", [(COPY, 1), (COPY, 2), (CLEAR, 2), (CLEAR, 3)])
def test_an_operation_with_other_flags(good, audit, kind, flags):
    image = good.copy()
    at = next(at for at, k, _ in operations(image) if k == kind)
    struct.pack_into("<I", image.data, at + 4, flags)
    refused(audit, image, "its checksum or flags are wrong")


def test_memory_that_no_start_clears(good, audit):
    image = good.copy()
    at = next(at for at, k, flags in operations(image) if k == CLEAR and flags == 1)
    struct.pack_into("<Q", image.data, at + 24, image.u64(at + 24) - 64)
    refused(audit, image, "boot operations do not write each byte of its RAM once")


# --- another description ---

@pytest.mark.parametrize("old, new, says", [
    ('silent = "restart", "tell";', 'silent = "restart";', "console: silent: restart, tell, but the description gives restart"),
    ("answer-us = <2000>;", "answer-us = <2001>;", "console: time to answer in (ns) is 2000000, but the description gives 2001000"),
    ("resets-system;", "", "watch may reset the machine, not as declared"),
    ("resets-system;", "resets-system; core-silent-us = <5000000>;", "watch: information page"),
    ("controls = <&guest &rover>;", "controls = <&guest>;", "watch holds 1 capabilities to control rover, 0 are declared"),
    ("inspects = <&guest &frail>;", "inspects = <&frail>;", "watch has rights 0x7 over guest, the description gives 0x3"),
    ("inspects = <&guest &frail>;", "inspects = <&guest &frail &rover>;", "watch has rights 0x3 over rover, the description gives 0x7"),
    ("inspects = <&guest &frail>;", "inspects = <&guest &frail &alone>;", "watch holds 0 capabilities to control alone, 1 are declared"),
    ("controls = <&rover>;", "controls = <&frail>;", "guest holds 1 capabilities to control rover, 0 are declared"),
    ("watchdog-us = <500000>;", "watchdog-us = <500001>;", "guest: watchdog (ns) is 500000000"),
    ("watchdog-first-us = <20000000>;", "", "guest: watchdog, at first (ns) is 20000000000, but the description gives 500000000"),
    ("watchdog-open-us = <4000>;", "", "rover: watchdog, opened after (ns) is 4000000, but the description gives 0"),
    ('dump = "64K";', 'dump = "128K";', "information page"),
    ('dump = "64K";', "", "guest: flags are 0xa, the description gives 0x2"),
    ('dump = "full";', 'dump = "256K";', "information page"),
    ('access = "log", "tell";', "", "guest: access: log, tell, but the description gives inject"),
    ('panic = "warm";', 'panic = "restart";', "guest: panic: warm, but the description gives restart"),
    ("restarts = <3>;", "restarts = <2>;", "guest: limit of restarts is 3, but the description gives 2"),
    ("within-us = <10000000>;", "within-us = <20000000>;", "guest: time of that limit (ns) is 10000000000"),
    ('then = "stop";', "", None),
    ('then = "stop";', 'then = "system";', "guest: at its limit of restarts: stop, but the description gives system"),
    ('deadline = "mode:limp";', 'deadline = "mode:work";', "frail: deadline: mode:limp, but the description gives mode:work"),
    ('kind = "call"; from = <&guest>; to = <&watch>;', 'kind = "call"; from = <&rover>; to = <&watch>;', "grants what is not declared"),
    ("monitor;", "", "monitor is watch, but the description gives nobody"),
    ("reads-log;", "", "reader of the health log")])
def test_an_image_of_another_policy_is_refused(good, audit, folder, old, new, says):
    text = open(f"{SYSTEM}/system.dts").read()
    assert old in text
    shutil.rmtree(folder / "audit-health", ignore_errors=True)
    (folder / "audit-health").mkdir()
    (folder / "audit-health" / "system.dts").write_text(text.replace(old, new, 1))
    status, said = audit(good, folder / "audit-health")
    if says is None:
        assert status == 0, said
    else:
        assert status == 1 and says in said, said
