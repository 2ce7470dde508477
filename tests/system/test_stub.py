# SPDX-License-Identifier: Apache-2.0
"""The boot stub, run on the bare machine by a test image that stands in for the kernel."""

GUEST = "build/tests/guests/stubtest.bin"


# MEM-4, MEM-5
def test_the_stub_does_each_operation_and_reports_each_failure(boot):
    m = boot(GUEST, cores=1)
    m.expect("stub checked")
    lines = m.before.split("\n")
    assert not [line for line in lines if "WRONG" in line], m.before
    assert len([line for line in lines if line.strip().endswith("ok")]) == 2 * 14, m.before
