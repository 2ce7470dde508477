# SPDX-License-Identifier: Apache-2.0
"""ELF cores as a monitor makes them."""

import struct


def core(registers, memory, base=0x40000000):
    """@registers: one list of x0-x30, sp, pc, pstate for each vCPU."""
    notes = b""
    for i, values in enumerate(registers):
        status = struct.pack("<3IHxx2Q4I8Q", 0, 0, 0, 0, 0, 0, i + 1, 0, 0, 0, *[0] * 8) + struct.pack("<34Q", *values) + bytes(8)
        assert len(status) == 392
        notes += struct.pack("<3I", 5, len(status), 1) + b"CORE\0\0\0\0" + status
    at = 64 + 2 * 56
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 4, 183, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    note = struct.pack("<IIQQQQQQ", 4, 0, at, 0, 0, len(notes), 0, 4)
    load = struct.pack("<IIQQQQQQ", 1, 7, at + len(notes), base, base, len(memory), len(memory), 1)
    return head + note + load + notes + memory
