# SPDX-License-Identifier: Apache-2.0
"""A system that `bulkhead run` has started, and the streams of its link (tools/link_socket.h)."""

import contextlib
import os
import socket
import threading

from machine import Machine

TOOL = "build/bulkhead"
CONTROL, GDB, DUMP = range(3)
OPEN, BUSY, SILENT = range(3)


class Linked(Machine):
    """@folder: of the system; its last part is its name."""

    def __init__(self, name, folder, *words):
        super().__init__(name, TOOL, ["run", folder, *words])
        self.path = f"build/{os.path.basename(folder)}.link"

    def connect(self, channel, timeout=60):
        """The answer, and the stream."""
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        s.connect(self.path)
        s.sendall(bytes([channel]))
        return s.recv(1)[0], s

    def stream(self, channel):
        answer, s = self.connect(channel)
        assert answer == OPEN, f"channel {channel}: answered {answer}; console:\n{self.tail()}"
        return s

    def stream_later(self, channel):
        """The same from now on; the function waits for the answer."""
        answer = []
        waiting = threading.Thread(target=lambda: answer.append(self.connect(channel)))
        waiting.start()

        def get():
            waiting.join()
            answer[0][1].close()
            return answer[0][0]
        return get


@contextlib.contextmanager
def running(name, folder, *ready):
    """Until the block ends, however it does. ready: the line to wait for first, as Machine.line() takes it."""
    m = Linked(name, folder)
    try:
        if ready:
            m.line(*ready)
        yield m
    finally:
        m.stop()


def hear(s, n):
    """Exactly so many bytes, or what came until the end."""
    data = b""
    while len(data) < n:
        piece = s.recv(n - len(data))
        if not piece:
            break
        data += piece
    return data
