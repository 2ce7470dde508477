# SPDX-License-Identifier: Apache-2.0
"""QEMU's own gdb stub, as far as tests need it: what no program in the machine can do is done to it from outside. A core is kept from
running, or memory is changed under the kernel, as a defect of the hardware would. Cores are threads: core n is thread n + 1."""

import os
import re
import subprocess

import qmp


def extra(path):
    """QEMU's arguments for a stub at a socket."""
    if os.path.exists(path):
        os.unlink(path)
    return ["-gdb", f"unix:{path},server=on,wait=off"]


class QemuGdb:
    """A connection. It stops the machine."""

    def __init__(self, path, patience_s=60):
        self.socket = qmp.connect(path, patience_s)
        self.socket.settimeout(patience_s)
        self.held = b""
        self.ask("qSupported")
        self.ask("?")

    def _byte(self):
        if not self.held:
            self.held = self.socket.recv(65536)
            assert self.held, "QEMU has ended"
        byte, self.held = self.held[:1], self.held[1:]
        return byte

    def _send(self, text):
        self.socket.sendall(b"$%s#%02x" % (text.encode(), sum(text.encode()) & 0xFF))

    def _reply(self):
        while self._byte() != b"$":
            pass  # acknowledgements
        text = b""
        while (byte := self._byte()) != b"#":
            text += byte
        self._byte(), self._byte()
        self.socket.sendall(b"+")
        return text.decode()

    def ask(self, text):
        self._send(text)
        return self._reply()

    def do(self, text):
        answer = self.ask(text)
        assert answer == "OK", f"{text}: {answer!r}"

    def go(self, but=()):
        """All cores run, but these."""
        cores, said = [], self.ask("qfThreadInfo")
        while said != "l":
            cores += [int(t, 16) - 1 for t in said.removeprefix("m").split(",")]
            said = self.ask("qsThreadInfo")
        assert set(but) < set(cores), cores
        self._send("vCont" + "".join(f";c:{c + 1:x}" for c in cores if c not in but))

    def stop(self):
        self.socket.sendall(b"\x03")
        answer = self._reply()
        assert answer[:1] in "TS", answer

    def physical(self, on=True):
        """Addresses of memory are physical ones."""
        self.do(f"Qqemu.PhyMemMode:{int(on)}")

    def memory(self, address, size):
        data = bytes.fromhex(self.ask(f"m{address:x},{size:x}"))
        assert len(data) == size
        return data

    def write(self, address, data):
        self.do(f"M{address:x},{len(data):x}:{data.hex()}")

    def pc(self, core):
        self.do(f"Hg{core + 1:x}")
        return int.from_bytes(bytes.fromhex(self.ask("p20")), "little")

    def close(self):
        """The machine goes on, if it stood."""
        self.socket.close()


def symbols(elf, *names):
    """{name: address} of a program."""
    said = subprocess.run(["aarch64-linux-gnu-nm", elf], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True).stdout
    found = {m[2]: int(m[1], 16) for m in re.finditer(r"^([0-9a-f]+) \w (\S+)$", said, re.M)}
    return {n: found[n] for n in names}
