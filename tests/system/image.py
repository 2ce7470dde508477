# SPDX-License-Identifier: Apache-2.0
"""An image as bytes that can be changed: header fields, blob, translation tables, digest.

Written from abi/blob.h and lib/digest.h alone, so that tests do not lean on the code they test."""

import struct

MASK = (1 << 64) - 1
PRIME_A = 0x9E3779B97F4A7C15
PRIME_B = 0xC2B2AE3D27D4EB4F
PAGE = 4096
PA = 0x0000FFFFFFFFF000
KERNEL_VA = 0x1000000

U64 = {"digest": 64, "load_pa": 128, "file_bytes": 136, "covered_bytes": 144, "blob_pa": 152, "blob_bytes": 168,
       "el2_root_pa": 176}
TRACE_BYTES = 184  # of the blob: of each core's ring
HEAD = {"log_va": 168, "log_reader": 240, "log_intid": 244, "monitor": 248, "monitor_intid": 252}  # of the blob
# By enum bh_fault; the last is the limit of restarts.
FAULTS = ("access", "call", "instruction", "watchdog", "deadline", "budget", "panic", "reset", "off", "silent", "hardware", "boot", "limit")
ACTIONS = ("ignore", "log", "inject", "stop", "restart", "warm", "mode", "system")
SHARE_PA, SHARE_VA = 216, 224
U32 = {"text_bytes": 88, "rodata_bytes": 92, "check_bytes": 124, "va_bits": 260}
EMPTY_ROOT, IPA_BITS = 192, 264  # of the blob
INFO_HEAD, INFO_ENTRY = 72, 120  # of an information page: bytes before the entries, and of each

# Arrays of the blob: place of their number in its head (the offset stands behind it), bytes of an element.
ARRAYS = {"core": (16, 112), "partition": (24, 168), "vcpu": (32, 32), "emul": (40, 56), "port": (48, 80), "region": (56, 40),
          "cap": (64, 16), "irq": (72, 16), "mode": (88, 16), "plan": (96, 24), "window": (104, 24)}
FIELDS = {
    "core": {"n_vcpus": 24},
    "vcpu": {"partition": 0, "index": 4, "core": 8, "rank": 12},
    "mode": {"name": 0, "flags": 4},
    "plan": {"first_window": 0, "n_windows": 4, "always": 8, "slack": 12, "budgets": 16},
    "window": {"ranks": 16},
    "partition": {"name": 0, "flags": 4, "n_vcpus": 12, "first_region": 16, "n_regions": 20, "first_cap": 24, "n_caps": 28, "n_smcs": 36, "fp": 44, "limit_n": 108},
    "emul": {"client": 0, "server": 4, "intid": 24, "doorbell": 28, "down": 52},
    "port": {"kind": 0, "flags": 4, "sender": 8, "receiver": 12, "send_cap": 16, "receive_cap": 20, "send_intid": 24,
             "receive_intid": 28, "bytes": 32, "reply_bytes": 36, "depth": 40, "name": 44},
    "region": {"kind": 24, "rights": 28, "name": 32, "object": 36},
    "cap": {"kind": 0, "object": 4, "rights": 8, "root_page": 12},
    "irq": {"pintid": 0, "vintid": 4, "partition": 8, "flags": 12},
}
WIDE = {"core": {"mpidr": 0, "stack_va": 8, "door_pa": 96, "door_va": 104},
        "partition": {"root": 48, "limit_ns": 112, "watchdog_ns": 120, "watchdog_first_ns": 128, "watchdog_open_ns": 136,
                      "log_pace_ns": 144, "answer_ns": 152, "root_va": 160},
        "vcpu": {"budget_ns": 16, "period_ns": 24},
        "mode": {"frame_ns": 8},
        "window": {"start_ns": 0, "end_ns": 8},
        "region": {"ipa": 0, "bytes": 8, "pa": 16},
        "port": {"out_va": 48, "in_va": 56, "reply_out_va": 64, "reply_in_va": 72}}


def step(h, word, prime):
    return (word ^ (h >> 29 | h << 35 & MASK)) * prime & MASK


def digest(data):
    words = struct.unpack(f"<{len(data) // 8}Q", data)
    a, b = PRIME_B, PRIME_A
    whole = len(words) // 8 * 8
    for i in range(0, whole, 2):
        a = step(a, words[i], PRIME_A)
        b = step(b, words[i + 1], PRIME_B)
    for word in words[whole:]:
        a = step(a, word, PRIME_A)
    a = step(step(a, b, PRIME_B), len(data), PRIME_A)
    return a ^ a >> 32


class Element:
    """One element of an array of the blob: its fields can be read and set."""

    def __init__(self, image, array, number):
        head, size = ARRAYS[array]
        self.__dict__.update(image=image, array=array, number=number)
        self.__dict__["at"] = image.blob + image.u32(image.blob + head + 4) + size * number

    def __getattr__(self, name):
        if name in WIDE.get(self.array, {}):
            return self.image.u64(self.at + WIDE[self.array][name])
        return self.image.u32(self.at + FIELDS[self.array][name])

    def __setattr__(self, name, value):
        if name in WIDE.get(self.array, {}):
            struct.pack_into("<Q", self.image.data, self.at + WIDE[self.array][name], value)
        else:
            struct.pack_into("<I", self.image.data, self.at + FIELDS[self.array][name], value)


class Image:
    def __init__(self, data):
        self.data = bytearray(data)

    def copy(self):
        return Image(self.data)

    def u32(self, at):
        return struct.unpack_from("<I", self.data, at)[0]

    def u64(self, at):
        return struct.unpack_from("<Q", self.data, at)[0]

    def __getattr__(self, name):
        if name in U64:
            return self.u64(U64[name])
        if name in U32:
            return self.u32(U32[name])
        raise AttributeError(name)

    def offset(self, pa):
        return pa - self.load_pa

    @property
    def blob(self):
        return self.offset(self.blob_pa)

    def seal(self):
        """Make the digest right again, as someone who wants to hide a change would."""
        struct.pack_into("<Q", self.data, U64["digest"], digest(self.data[72:self.covered_bytes]))
        return self

    def flip(self, byte, bit):
        self.data[byte + bit // 8] ^= 1 << bit % 8
        return self

    def name(self, offset):
        names = self.blob + self.u32(self.blob + 124)
        return self.data[names + offset:self.data.index(0, names + offset)].decode()

    def all(self, array):
        return [Element(self, array, n) for n in range(self.u32(self.blob + ARRAYS[array][0]))]

    def named(self, array, name):
        return next(e for e in self.all(array) if self.name(e.name) == name)

    def number(self, partition):
        return self.named("partition", partition).number

    def region(self, partition, name):
        p = self.named("partition", partition)
        return next(r for r in self.all("region")[p.first_region:p.first_region + p.n_regions] if self.name(r.name) == name)

    def caps(self, partition):
        p = self.named("partition", partition)
        return self.all("cap")[p.first_cap:p.first_cap + p.n_caps]

    def grow(self, head, size, index, element):
        """One more element at a place in an array (head: of its number); what stands behind moves on, where a page has room."""
        n, off = self.u32(self.blob + head), self.u32(self.blob + head + 4)
        assert len(element) % 8 == 0
        end = self.blob_bytes + len(element)
        assert end <= (self.blob_bytes + PAGE - 1) // PAGE * PAGE, "no room behind the blob"
        at = self.blob + off + index * size
        rest = bytes(self.data[at:self.blob + self.blob_bytes])
        self.data[at:self.blob + end] = element + rest
        for other in range(16, 128, 8):
            if self.u32(self.blob + other + 4) > off:
                struct.pack_into("<I", self.data, self.blob + other + 4, self.u32(self.blob + other + 4) + len(element))
        struct.pack_into("<I", self.data, self.blob + head, n + len(element) // size)
        struct.pack_into("<I", self.data, self.blob + 12, end)
        struct.pack_into("<Q", self.data, U64["blob_bytes"], end)

    def health(self, partition, fault):
        """Place of what is done about it: a byte each for the action, the mode, flags, and nothing."""
        return self.named("partition", partition).at + 56 + 4 * FAULTS.index(fault)

    def policy(self, partition, fault):
        """What is done, in the description's words."""
        action, mode, flags, rest = self.data[self.health(partition, fault):][:4]
        assert flags < 2 and rest == 0
        word = ACTIONS[action] + (f":{self.name(self.all('mode')[mode].name)}" if ACTIONS[action] == "mode" else "")
        return word + (", tell" if flags else "")

    def add_cap(self, partition, kind, obj, rights, place=None):
        """At the end of its table, or at a place of it. Answers its number there."""
        p = self.named("partition", partition)
        place = p.n_caps if place is None else place
        number = p.number
        self.grow(64, 16, p.first_cap + place, struct.pack("<IIII", kind, obj, rights, 0))
        for other in self.all("partition"):
            if other.number == number:
                other.n_caps += 1
            if other.number > number:
                other.first_cap += 1
        return place

    def boot_parameters(self):
        """Places in the file, as ranges."""
        magic = struct.pack("<I", 0x31425553)
        return [range(at, at + PAGE) for at in range(self.covered_bytes, len(self.data), PAGE) if self.data[at:at + 4] == magic]

    def roots(self):
        """{partition's name: its root}"""
        return {self.name(p.name): p.root for p in self.all("partition")}

    def bits(self, root):
        """Of the addresses that a root translates: the kernel's, or the partitions'."""
        return self.va_bits if root == self.el2_root_pa else self.u64(self.blob + IPA_BITS)

    def leaves(self, root):
        """(address, bytes, physical address, offset of the entry in the file) of what a root maps."""
        bits = self.bits(root)
        level = 1 if bits > 30 else 2
        return self.leaves_of(root, (1 << bits) >> (39 - 9 * level), level, 0)

    def leaves_of(self, table, entries, level, base):
        size = 1 << (39 - 9 * level)
        for i in range(entries):
            at = self.offset(table) + 8 * i
            entry = self.u64(at)
            if entry & 3 == 3 and level < 3:
                yield from self.leaves_of(entry & PA, 512, level + 1, base + i * size)
            elif entry & 1:
                yield base + i * size, size, entry & PA, at

    def leaf(self, table, address):
        for leaf in self.leaves(table):
            if leaf[0] <= address < leaf[0] + leaf[1]:
                return leaf
        raise LookupError(hex(address))
