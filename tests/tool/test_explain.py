# SPDX-License-Identifier: Apache-2.0
"""`bulkhead explain`: what a console showed, and which line of the description has to do with it (DESC-3)."""

import re
import subprocess

import pytest
from payloads import RAM, elf, pattern

PARTITIONS = """console: console { image = "native.elf"; memory = "256K"; cores = <0>;
	devices = <&uart0>; };
linux: linux { image = "native.elf"; memory = "16M"; cores = <1>; priority = <1>;
	console = <&console>; };
rtos: rtos { image = "native.elf"; memory = "1M"; cores = <2>; fp = "none";
	set-way = "fault"; priority = <4>;
	devices = <&gpio>;
	controls = <&linux>; };
watch: watch { image = "native.elf"; memory = "1M"; cores = <3>; monitor; inspects = <&linux>; };
plain: plain { image = "native.elf"; memory = "1M"; cores = <2>; priority = <2>; };
"""
CHANNELS = """channels {
	value { kind = "sampling"; from = <&rtos>; to = <&linux>; bytes = <32>; };
	ask { kind = "call"; from = <&rtos>; to = <&plain>; bytes = <64>; reply-bytes = <8>; };
	frames { kind = "shared"; writers = <&rtos>;
		readers = <&linux>; size = "8K"; };
};"""
NOWHERE = "; nothing is declared there"


@pytest.fixture
def explain(system):
    system.describe(PARTITIONS, CHANNELS)
    text = (system.folder / "system.dts").read_text().splitlines()

    def run(*lines, raw=None):
        system.file("log", raw if raw is not None else "".join(f"bulkhead  | {line}\n" for line in lines))
        return system.tool("explain", system.folder / "log", system.folder)
    run.line_of = lambda piece: next(n for n, line in enumerate(text, 1) if piece in line)
    return run


def lines(said):
    """The explanation of the first sentence."""
    return said.split("\n")[1:]


# --- accesses ---

def test_a_device_that_nobody_owns_is_named_with_the_line_that_gives_it(explain):
    status, said = explain(f"linux: vCPU 1 wrote 4 bytes to 0x09010000 at pc 0xffff8000106a2c44{NOWHERE}; nearest: an emulated device, from 0x09000000")
    assert status == 0
    first, *rest = said.splitlines()
    assert first.startswith("linux: vCPU 1 wrote 4 bytes to 0x09010000 at pc 0xffff8000106a2c44")
    assert rest[0] == "  nearest: PL011 (0x09000000 to 0x09000fff, emulated by console); it ends 0xf000 bytes before that address"
    assert rest[1] == "  there: the board's rtc (/rtc@9010000), which nobody owns"
    assert re.fullmatch(rf'  to permit it add "devices = <&rtc>" to /partitions/linux \(.*system.dts:{explain.line_of("linux: linux")}\)', rest[2])


def test_it_is_added_to_the_devices_that_there_are(explain):
    said = explain(f"rtos: vCPU 0 read 4 bytes from 0x09010ffc at pc 0x40000000{NOWHERE}")[1]
    assert re.search(rf"to permit it add &rtc to `devices` of /partitions/rtos \(.*:{explain.line_of('devices = <&gpio>')}\)", said)
    assert "nearest: its device gpio (0x09030000 to 0x09030fff); it begins 0x1f004 bytes behind that address" in said


def test_a_device_of_another(explain):
    said = explain(f"linux: vCPU 0 read 4 bytes from 0x09030004 at pc 0x40000000{NOWHERE}")[1]
    assert re.search(rf"there: the board's gpio, which /partitions/rtos owns \(.*:{explain.line_of('devices = <&gpio>')}\); a device has one owner: move it to "
                     "linux, or ask rtos by a channel", said)


def test_what_is_the_kernel_s_is_permitted_by_nothing(explain):
    said = explain(f"linux: vCPU 0 read 4 bytes from 0x080c0000 at pc 0x40000000{NOWHERE}")[1]
    assert "nearest: redistributor of vCPU 0 (0x080a0000 to 0x080bffff, emulated by the kernel); it ends 0 bytes before" in said
    assert "is the interrupt controller, which is the kernel's; no description permits it" in said


def test_the_pl011_of_one_without_a_console(explain):
    said = explain(f"plain: vCPU 0 wrote 1 byte to 0x09000000 at pc 0x40000000{NOWHERE}")[1]
    assert re.search(rf'to permit it add "console = <&console>" to /partitions/plain \(.*:{explain.line_of("plain: plain")}\)', said)


@pytest.mark.parametrize("address, size", [(0x41000000, 17), (0x410fffff, 17), (0x41100000, 18), (0x42000000, 33)])
def test_memory_behind_its_ram(explain, address, size):
    said = explain(f"linux: vCPU 0 wrote 1 byte to {address:#010x} at pc 0x40000000{NOWHERE}")[1]
    assert f"nearest: its RAM (0x40000000 to 0x40ffffff); it ends {address - 0x41000000:#x} bytes" in said.replace("ends 0 ", "ends 0x0 ")
    assert re.search(rf'to permit it write `memory = "{size}M"` in /partitions/linux \(.*:{explain.line_of("linux: linux")}\)', said)


@pytest.mark.parametrize("address, says", [
    ("0x00000010", "a null pointer is found"), ("0x30000000", "nor has the board (QEMU virt, GICv3) a device there; no line of the description permits it"),
    ("0xffff000000", "no line of the description permits it")])
def test_where_nothing_could_be(explain, address, says):
    status, said = explain(f"linux: vCPU 0 read 4 bytes from {address} at pc 0x40000000{NOWHERE}")
    assert status == 0 and says in said and "to permit" not in said


def test_what_the_monitor_does_not_see_now(explain):
    said = explain(f"watch: vCPU 0 read 8 bytes from 0x4000000000 at pc 0x40000000{NOWHERE}")[1]
    assert "BH_CALL_INSPECT" in said


def test_an_address_that_is_not_known(explain):
    status, said = explain(f"linux: vCPU 0 fetched an instruction from an address that is not known at pc 0x40000000{NOWHERE}")
    assert status == 0 and "did not tell the address" in said


def test_shared_memory_that_it_may_only_read(explain):
    at = explain(f"linux: vCPU 0 read 4 bytes from 0x30000000 at pc 0x40000000{NOWHERE}")[1]
    window = re.search(r"nearest: shared memory frames \((0x[0-9a-f]+)", at).group(1)
    said = explain(f"linux: vCPU 0 wrote 4 bytes to {window} at pc 0x40000000; what is declared there does not permit it")[1]
    assert f"there: shared memory frames ({window} to" in said and "it may read\n" in said
    assert re.search(rf"to permit it add &linux to `writers` of /channels/frames \(.*:{explain.line_of('writers = <&rtos>')}\)", said)


@pytest.mark.parametrize("what, says", [
    ("wrote 4 bytes to 0x0a120000", "there: information page (0x0a120000 to 0x0a120fff); it may read\n"),
    ("wrote 4 bytes to 0x0a000070", "empty virtio-mmio slots"), ("fetched an instruction from 0x0a120000", "only RAM and the boot stub can be executed"),
    ("wrote 4 bytes to 0x0a100004", "boot stub (0x0a100000 to 0x0a10ffff); it may read, execute\n"), ("wrote 4 bytes to 0x0a110ffc", "boot parameters"),
    ("wrote 4 bytes to 0x0a140004", "pristine store (0x0a140000 to 0x0a1fffff); it may read\n"), ("fetched an instruction from 0x10000000", "pristine store")])
def test_what_is_only_read(explain, what, says):
    said = explain(f"linux: vCPU 0 {what} at pc 0x40000000; what is declared there does not permit it")[1]
    assert says in said and "no description permits it" in said


def test_where_nothing_of_what_it_boots_from_is(explain):
    said = explain(f"linux: vCPU 0 read 4 bytes from 0x0a1f0000 at pc 0x40000000{NOWHERE}")[1]
    assert "there: nothing" in said and "pristine" not in said


def test_a_server_that_does_not_run(explain):
    said = explain("linux: vCPU 0 read 4 bytes from 0x09000018 at pc 0x40000010; the partition that answers there does not run")[1]
    assert "there: PL011 (0x09000000 to 0x09000fff, emulated by console); it may read, write" in said
    assert re.search(rf"console does not run: .*`console-down` says what linux gets meanwhile \(.*:{explain.line_of('linux: linux')}\)", said)


def test_an_instruction_that_an_emulated_register_does_not_take(explain):
    said = explain("linux: vCPU 0 wrote to 0x09000000 at pc 0x40000010; an emulated register takes only plain loads and stores (no pair, write-back, exclusive)")[1]
    assert "no description permits it: an emulated register takes one plain load or store" in said


# --- registers ---

@pytest.mark.parametrize("what, says", [
    ("wrote S1_0_C7_C14_2", 'to permit it write `set-way = "native"` in /partitions/rtos (SET-WAY)'),
    ("wrote S1_0_C7_C6_2", "cache maintenance by set and way"),
    ("used a trapped instruction of class 0x07, syndrome 0x1e00000", 'to permit it write `fp = "lazy"` in /partitions/rtos (FP)'),
    ("read S3_3_C9_C13_0", "that is: the performance monitors"),
    ("read S3_4_C1_C1_0", "that is: a register of EL2, which is the kernel's"),
    ("wrote S3_0_C1_C0_1", "no description permits it: a partition may use what its identification registers show")])
def test_registers(explain, what, says):
    status, said = explain(f"rtos: vCPU 0 {what} at pc 0x40000010; a partition may not use that register")
    dts = re.search(r"\((\S*system.dts):\d+\)", said)
    for word, piece in (("SET-WAY", 'set-way = "fault"'), ("FP", 'fp = "none"')):
        says = says.replace(word, f"{dts.group(1)}:{explain.line_of(piece)}") if dts else says
    assert status == 0 and says in said


# --- calls ---

CAP, RIGHT, ARG = "its table has no such entry of that kind", "its entry does not hold that right", "an argument is out of range"


@pytest.mark.parametrize("who, call, why, entry, remedy", [
    ("rtos", "SEND on port 7", CAP, "entry 7 of its table: none; it has 3, from 0 to 2", 'kind = "queuing" or "sampling" and from = <&rtos> to /channels'),
    ("watch", "SIGNAL on port 0", CAP, "entry 0 of its table: the right to inspect linux", 'kind = "signal" and from = <&watch>'),
    ("linux", "SEND on port 0", RIGHT, "entry 0 of its table: the receiving end of channel value (sampling, from rtos", "from = <&linux>"),
    ("rtos", "RECEIVE on port 0", RIGHT, "the sending end of channel value (sampling, to linux", "to = <&rtos>"),
    ("plain", "CALL on port 0", RIGHT, "the receiving end of channel ask (call, from rtos", 'kind = "call" and from = <&plain>'),
    ("rtos", "SERVE on port 0", CAP, "channel value", 'kind = "call" and to = <&rtos>'),
    ("linux", "PORT_STATE on port 9", CAP, "entry 9 of its table: none; it has 1, from 0 to 0", "a channel with linux at one end"),
    ("linux", "EMUL_ANSWER with capability 0", CAP, "channel value", "name linux in `console` or `bridge`"),
    ("console", "EMUL_ROOM with capability 1", CAP, "entry 1 of its table: none; it has 1", "name console in `console` or `bridge`"),
    ("plain", "CONTROL with capability 4", CAP, "none", 'add "controls = <&PARTITION>" to /partitions/plain'),
    ("watch", "CONTROL with capability 0", RIGHT, "the right to inspect linux", 'add "controls = <&linux>" to /partitions/watch'),
    ("rtos", "CONTROL with capability 9", CAP, "none", "add &PARTITION to `controls` of /partitions/rtos"),
    ("plain", "SET_MODE with capability 0", CAP, "channel ask", 'add "changes-mode;" to /partitions/plain'),
    ("plain", "LOOK with capability 0", CAP, "channel ask", "/partitions/watch is the monitor"),
    ("watch", "RESET with capability 1", RIGHT, "the right to see what the system does", 'add "resets-system;" to /partitions/watch'),
    ("watch", "INSPECT with capability 3", CAP, "none", "add &PARTITION to `inspects` of /partitions/watch"),
    ("rtos", "DEBUG with capability 2", RIGHT, "entry 2 of its table: the right to control linux", "/partitions/watch is the monitor"),
    ("rtos", "SEND on port 0", ARG, "channel value", "messages of value have at most 32 bytes; to permit longer ones change `bytes` of /channels/value"),
    ("plain", "REPLY on port 0", ARG, "channel ask", "replies of ask have at most 8 bytes; to permit longer ones change `reply-bytes` of /channels/ask"),
    ("plain", "WAIT", ARG, "", "abi/call.h says what this call takes")])
def test_calls(explain, who, call, why, entry, remedy):
    status, said = explain(f"{who}: vCPU 0 called {call} at pc 0x40000010, refused: {why}")
    assert status == 0 and entry in said and remedy in said


def test_the_place_of_a_channel_and_of_the_channels_is_told(explain):
    said = explain(f"linux: vCPU 0 called SEND on port 0 at pc 0x40000010, refused: {RIGHT}")[1]
    assert f"system.dts:{explain.line_of('value {')})" in said and f"to /channels ({said.split('to /channels (')[1].split(':')[0]}:{explain.line_of('channels {')})" in said


# --- the log ---

SENTENCE = f"linux: vCPU 0 read 4 bytes from 0x09030004 at pc 0x40000000{NOWHERE}"


@pytest.mark.parametrize("line", [
    f"bulkhead: {SENTENCE}\r\n", f"bulkhead  | {SENTENCE}\n", f"\033[2mbulkhead  | {SENTENCE}\033[0m\r\n", SENTENCE, f"{SENTENCE}\n",
    f"[    0.0] booting Lbulkhead: {SENTENCE}\n"])
def test_lines_of_the_kernel_and_of_the_console_service_count(explain, line):
    status, said = explain(raw=f"first words\r\n{line}")
    assert status == 0 and said.startswith(SENTENCE + "\n")


@pytest.mark.parametrize("line", [
    f"linux     | {SENTENCE}\n", f"\033[33mlinux     | bulkhead: {SENTENCE}\n", f"bulkheads | {SENTENCE}\n", "linux: vCPU 0\n", "bulkhead: linux: begins to load\n",
    "bulkhead: linux: vCPU 0 wrote 4 bytes\n", "bulkhead: linux: vCPU 0 called SEND on port 3\n", "", "\0\1\2\377\n"])
def test_what_a_guest_prints_and_what_is_no_refusal_does_not(explain, line):
    status, said = explain(raw=line.encode("latin1"))
    assert status == 1 and "no refused access, register or call is in it" in said


def test_the_same_line_is_explained_once(explain):
    status, said = explain(SENTENCE, SENTENCE.replace("0x09030004", "0x09010000"), SENTENCE)
    assert status == 0 and said.count("pc 0x40000000") == 2 and f"{SENTENCE} (2 lines)\n" in said


def test_a_partition_that_there_is_not(explain):
    status, said = explain(SENTENCE.replace("linux", "lunix"))
    assert status == 1 and "has no partition lunix; it has console, linux, rtos, watch, plain" in said
    status, said = explain(SENTENCE.replace("linux", "lunix"), SENTENCE)
    assert status == 0 and "has no partition lunix" in said and "which /partitions/rtos owns" in said


def test_all_refusals_that_the_kernel_can_tell_are_understood(explain):
    """The sentences that record_text() is tested with: those of refused accesses, registers and calls."""
    with open("tests/unit/record_text_test.c", encoding="utf-8") as f:
        text = re.sub(r'"\s*\n\s*"', "", f.read())
    all_of_them = re.findall(r'"(linux: [^"]*)"', text)
    refusals = [s for s in all_of_them if re.match(r"linux: vCPU \d+ (wrote|read|fetched|called|made|used) ", s)]
    assert len(refusals) > 10 and len(all_of_them) > len(refusals) + 10
    status, said = explain(*all_of_them)
    assert status == 0 and [s for s in said.splitlines() if not s.startswith("  ")] == list(dict.fromkeys(refusals))


def test_a_log_may_come_by_a_pipe(explain, system):
    explain()
    done = subprocess.run([system.program, "explain", "-", str(system.folder)], input=f"bulkhead: {SENTENCE}\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith(SENTENCE)


def test_a_wrong_description_a_missing_log_and_wrong_use(explain, system):
    assert system.tool("explain", system.folder / "nothing", system.folder)[0] == 1
    assert system.tool("explain", system.folder / "nothing")[0] == 2
    explain(SENTENCE)
    system.describe(PARTITIONS.replace("<&gpio>", "<&gpoi>"), CHANNELS)
    status, said = system.tool("explain", system.folder / "log", system.folder)
    assert status == 1 and "gpoi" in said
