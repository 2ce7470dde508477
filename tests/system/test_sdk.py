# SPDX-License-Identifier: Apache-2.0
"""The SDK and the console service: a native partition's promises, its end, and the keyboard."""

import re

import pytest

IMAGE = "build/tests/sdk.img"
PORTS = "build/tests/ports.img"
HOT_KEY = "\x1d"


@pytest.fixture(scope="module")
def machine(boot_module):
    return boot_module(IMAGE, icount=True, memory="2G")  # its own time: what a loaded host does to it is no promise broken


def test_the_sdk_keeps_its_promises_inside_a_partition(machine):
    machine.line("sdk", "all promises checked")
    said = machine.before
    assert not re.search(r"sdk +\| FAILED", said), said
    assert len(re.findall(r"sdk +\| ok ", said)) >= 25, said


def test_a_stack_overrun_is_reported_as_that_and_ends_the_partition(machine):
    machine.line("sdk", r"fault on vCPU 0: write at pc 0x[0-9a-f]+, address 0x[0-9a-f]+ \(stack overflow\)")
    machine.line("bulkhead", "sdk: stopped: since it cannot go on")


def test_a_partition_whose_main_returns_is_switched_off(machine):
    machine.line("bulkhead", "hello: stopped: it asked to be switched off")


# SDK-1
def test_a_partition_in_c_needs_a_main_of_less_than_30_lines():
    with open("systems/hello/hello.c", encoding="utf-8") as f:
        text = f.read()
    assert 'include "sdk/bulkhead.h"' in text and len(text[text.index("int main(void)"):].splitlines()) < 30


# CON-1
def test_the_hot_key_gives_the_keyboard_to_the_next_client_and_round(machine):
    for name in ("hello", "sdk", "hello"):
        machine.type(HOT_KEY)
        machine.line("console", f"the keyboard is {name}'s")


def test_a_fault_is_one_sentence_with_partition_address_and_instruction(boot):
    m = boot(IMAGE)
    m.line("bulkhead", r"sdk: vCPU 0 read 8 bytes from 0x30000000 at pc 0x4000[0-9a-f]{4}; nothing is declared there")


@pytest.fixture(scope="module")
def ports(boot_module):
    m = boot_module(PORTS, icount=True, memory="2G")
    m.line("ports", "all promises about ports checked")
    m.said = m.before
    return m


def test_the_sdk_keeps_its_promises_about_ports(ports):
    assert not re.search(r"ports +\| FAILED", ports.said), ports.said
    assert len(re.findall(r"ports +\| ok ", ports.said)) >= 65, ports.said


def test_a_call_that_is_refused_is_a_line_of_the_health_log(ports):
    refused = re.findall(r"bulkhead *\| ports: vCPU 0 called (\w+) on port (\d+) at pc 0x[0-9a-f]+, refused", ports.said)
    assert {"SIGNAL", "CALL", "SEND", "PORT_STATE"} <= {name for name, _ in refused}, ports.said
    assert ("PORT_STATE", "60") in refused, ports.said


def test_a_store_to_shared_memory_by_an_end_that_only_reads_it_is_a_fault(ports):
    assert re.search(r"bulkhead *\| partner: vCPU 0 wrote 4 bytes to 0x2[0-9a-f]{7} at pc", ports.said), ports.said
