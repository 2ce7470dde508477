# SPDX-License-Identifier: Apache-2.0
"""Ports of a stock Linux through the bridge, from its shell: every kind, and everything dying in between."""

import re

import pytest

IMAGE = "build/tests/linux-ports.img"
PROMPT = r"\| linux:\S*# "


class Shell:
    """The shell of the Linux partition: commands, what they print and how they end."""

    def __init__(self, machine):
        self.machine = machine
        self.ready()

    def ready(self):
        self.machine.line("linux", PROMPT)

    def run(self, command):
        """Its lines and its exit status. What is waited for is not in what was typed."""
        self.machine.enter(f"{command}; echo ==$?==")
        status = int(self.machine.expect(r"==(\d+)==")[1])
        said = self.machine.before
        self.ready()
        lines = [m[1].strip() for m in re.finditer(r"linux +\| ([^\r\n]*)", said)]
        return [line for line in lines if line and "echo ==" not in line], status

    def orders(self, command, partition, words):
        """A command of which another partition shows something."""
        self.machine.enter(command)
        self.machine.line(partition, words)
        self.run("wait")

    def says(self, command):
        """All it prints, of a command that succeeds."""
        lines, status = self.run(command)
        assert status == 0, (command, status, lines)
        return "\n".join(lines)


@pytest.fixture(scope="module")
def linux(boot_module):
    return Shell(boot_module(IMAGE))


def test_every_channel_is_listed_with_what_it_is(linux):
    said = linux.says("p list")
    for line in (r"out +queuing +to +echo +/dev/ttyAMA\d+, 4096 bytes, depth 4, window at 0x",
                 r"in +queuing +from +echo +/dev/ttyAMA\d+, 4096 bytes, depth 8, window at 0x",
                 r"measured +sampling +from +echo +/dev/ttyAMA\d+, 16 bytes, valid 200000 us",
                 r"bell +signal +from +echo", r"ask +call +calls +echo .*512 bytes, reply 512",
                 r"asked +call +serves +caller", r"pool +shared +writes +- +64 KiB at 0x"):
        assert re.search(line, said), (line, said)


def test_a_message_goes_there_and_another_comes_back(linux):
    assert linux.says("p send out hello there; p recv in") == "hello there"
    assert linux.says("echo from a pipe | p send out; p recv in") == "from a pipe"
    assert linux.says("p send out -f u16 258 772; p recv in -f hex") == "02 01 04 03"


def test_a_message_of_4_kib_goes_through_the_window_unchanged(linux):
    linux.says("for n in 129 1000 4095 4096; do head -c $n /dev/urandom >/tmp/a; p send out -F /tmp/a; "
               "p recv in -f raw >/tmp/b; cmp /tmp/a /tmp/b || exit 9; done")


def test_messages_keep_their_order(linux):
    linux.says("for i in 1 2 3 4 5; do p send out $i; done")
    assert linux.says("p recv -n 5 in").split() == ["1", "2", "3", "4", "5"]


def test_a_value_is_read_with_its_age_and_is_invalid_when_it_is_too_old(linux):
    assert linux.says("p send setting abc; p read measured") == "bcd"
    assert re.fullmatch(r"\d+ us ago, invalid, read before: bcd", linux.says("sleep 1; p read -s measured"))
    assert linux.run("p recv measured -t 10")[1] == 3
    assert linux.says("p recv measured & p send setting def; wait") == "efg"


def test_a_notice_is_given_and_waited_for(linux):
    linux.run("p recv bell -t 0")
    assert linux.says("p send knock; p recv bell") == "notice"
    assert linux.run("p recv bell -t 10")[1] == 3


def test_a_call_brings_its_reply(linux):
    assert linux.says("p call ask abcdef") == "fedcba"
    said = linux.says("head -c 512 /dev/zero | tr '\\0' x | p call ask")
    assert said.replace("\n", "") == "x" * 512


def test_a_native_partition_calls_a_program_in_linux(linux):
    linux.orders("p serve -n 1 asked tr a-z A-Z & p send dial", "caller", r'linux replied "HOW MUCH IS IT\?"')


def test_shared_memory_is_seen_by_both(linux):
    linux.orders("p map pool 0 21; p send out '!pool'", "echo", "pool 21")
    assert linux.says("p map pool 4 -n 4") == "42"
    assert linux.run("p map pool 65536 1")[1] == 2


def test_mistakes_are_sentences(linux):
    for command, words, status in (("p send in x", "other end", 1), ("p recv out -t 0", "other end", 1),
                                   ("p send setting 12345678901234567", "too long", 1), ("p send nowhere x", "no channel", 1),
                                   ("p send out -F /nowhere", "/nowhere: No such file", 2), ("p frobnicate x", "no such command", 2),
                                   ("p send out -f u8 256", '"256" is no u8', 2), ("p recv in -t 0", "nothing there", 3)):
        lines, ended = linux.run(command)
        assert words in " ".join(lines) and ended == status, (command, lines, ended)


def test_one_program_at_a_time_has_an_end(linux):
    lines, status = linux.run("p recv in >/tmp/first & usleep 300000; p recv in -t 0")
    assert status == 1 and "another program has it open" in " ".join(lines)
    assert linux.says("p send out one; wait; cat /tmp/first").splitlines()[-1] == "one"


def test_what_a_program_could_not_print_is_the_next_ones(linux):
    assert linux.run("p send out precious; p recv in >/dev/full")[1] == 1
    assert re.fullmatch(r"\d+ us ago, again: precious", linux.says("p recv -s in"))
    assert linux.run("p recv in -t 0")[1] == 3


# LINUX-1
def test_programs_killed_at_any_time_lose_no_message(linux):
    """Each number is there; one that is there twice says "again"."""
    linux.says("rm -f /tmp/got; i=0; while [ $i -lt 30 ]; do p send out n$i; p recv -s in >>/tmp/got & usleep $((i * 4000)); "
               "kill -9 $! 2>/dev/null; wait; p recv -s -n 9 -t 0 in >>/tmp/got; i=$((i + 1)); done 2>/dev/null; "
               "p recv -s -n 99 -t 1000 in >>/tmp/got 2>/dev/null; true")
    got = [line for line in linux.says("cat /tmp/got").splitlines() if "us ago" in line]
    seen = []
    for line in got:
        number = int(re.search(r"n(\d+)$", line)[1])
        if number in seen:
            assert "again" in line and number == seen[-1], got
        else:
            seen.append(number)
    assert seen == list(range(30)), got


def test_garbage_and_a_terminal_that_echoes_do_no_harm(linux):
    linux.says("stty -F /dev/ttyAMA1 sane; head -c 20000 /dev/urandom >/dev/ttyAMA1; printf 'x\\0y\\0' >/dev/ttyAMA1")
    assert linux.says("p send out still here; p recv in") == "still here"


def test_the_example_of_the_documentation_does_what_it_says(linux):
    with open("tests/systems/linux-ports/linux/example.c", encoding="utf-8") as f, open("docs/linux-ports.md", encoding="utf-8") as d:
        code = f.read()
        assert code[code.index("#include"):] in d.read()
    assert linux.says("p send knock; p send out over; p send out end; example") == "the bell rang"
    assert linux.says("p recv in") == "over"


def test_a_bridge_that_begins_anew_is_hardly_noticed(linux):
    linux.orders("p recv in >/tmp/waited & p send out '!bridge'; p send out after", "bridge", "carrying 10 ends")
    assert linux.says("cat /tmp/waited").splitlines()[-1] == "after"


def test_a_bridge_that_begins_anew_again_and_again_loses_and_doubles_nothing(linux):
    """What was sent arrives once, or says "again"; what may have been sent arrives at most so."""
    linux.says("rm -f /tmp/got /tmp/sent; i=0; while [ $i -lt 12 ]; do p send out '!bridge'; usleep $((i * 1500)); p send out n$i; "
               "echo sent n$i $? >>/tmp/sent; p recv -s -t 0 -n 9 in >>/tmp/got; i=$((i + 1)); done 2>/dev/null; "
               "p recv -s -t 3000 -n 99 in >>/tmp/got 2>/dev/null; true")
    sent = dict(re.findall(r"^sent n(\d+) (\d+)$", linux.says("cat /tmp/sent"), re.M))
    got = [line for line in linux.says("cat /tmp/got").splitlines() if "us ago" in line]
    assert len(sent) == 12 and set(sent.values()) <= {"0", "5"}, sent
    for number, status in sent.items():
        there = [line for line in got if line.endswith(f" n{number}")]
        assert there or status == "5", (number, got)
        assert all("again" in line for line in there[1:]), there


def test_a_partner_that_begins_anew_is_seen_and_used_again(linux):
    before = int(re.search(r"ended (\d+) times", linux.says("p state out"))[1])
    linux.orders("p send out '!restart'", "echo", "ready")
    said = linux.says("p state out")
    assert f"echo runs, ended {before + 1} times" in said, said
    assert linux.says("p send out welcome; p recv in") == "welcome"


def test_messages_wait_for_linux_to_come_back_where_the_channel_keeps_them(linux):
    linux.orders("for i in 1 2 3; do p send out $i; done; p send out '!brief'", "echo", "sent four")
    linux.machine.enter("reboot -f")
    linux.machine.line("linux", "BusyBox")
    linux.ready()
    assert linux.says("p recv -n 3 in").split() == ["1", "2", "3"]
    assert linux.run("p recv brief -t 10")[1] == 3
    linux.orders("p send out '!brief'", "echo", "sent four")
    assert linux.says("p recv -n 4 brief").split() == ["a", "b", "c", "d"]


def test_linux_that_dies_with_messages_in_its_hands_gets_them_again(linux):
    linux.says("p send out kept; p recv in >/dev/full; true")
    linux.machine.enter("reboot -f")
    linux.machine.line("linux", "BusyBox")
    linux.ready()
    assert re.fullmatch(r"\d+ us ago, again: kept", linux.says("p recv -s in"))


def test_a_partner_that_is_gone_is_told_not_waited_for(linux):
    linux.orders("p send out '!off'", "bulkhead", "echo: stopped")
    for command in ("p send out x", "p recv in", "p send knock", "p call ask x"):
        lines, status = linux.run(command)
        assert status == 4 and "does not run" in " ".join(lines), (command, lines, status)


def test_nothing_of_all_this_was_a_mistake_of_the_bridge(linux):
    with open(linux.machine.log_path, encoding="utf-8") as f:
        said = f.read()
    assert not re.search(r"bulkhead\|[^\r\n]*bridge: (?!runs|begins|stopped: restart|ends|stopped|loads)", said), said[-3000:]
