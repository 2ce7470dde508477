# SPDX-License-Identifier: Apache-2.0
"""QEMU's machine protocol, as far as tests need it: stop a machine, read its memory, let it go on."""

import json
import os
import socket
import time


def connect(path, patience_s):
    """A socket that QEMU was told to make; it may take a moment."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    until = time.monotonic() + patience_s
    while True:
        try:
            s.connect(path)
            return s
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


class Qmp:
    """Connects to the socket that QEMU was told to make: `-qmp unix:PATH,server=on,wait=off`."""

    def __init__(self, path, patience_s=30):
        self.socket = connect(path, patience_s)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.lines.readline()  # its greeting
        self.do("qmp_capabilities")

    def do(self, command, **arguments):
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self.lines.readline())
            if "error" in answer:
                raise AssertionError(f"{command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def memory(self, pa, size, path):
        """Physical memory, by way of a file."""
        path = os.path.abspath(path)
        self.do("pmemsave", val=pa, size=size, filename=path)
        with open(path, "rb") as f:
            data = f.read()
        os.unlink(path)
        return data

    def close(self):
        self.lines.close()
        self.socket.close()
