# SPDX-License-Identifier: Apache-2.0
"""A description whose board is run by a script: what it prints is what a machine could say."""

import os
import subprocess
import sys
import time

from payloads import RAM, elf, pattern, with_symbols

HEAD = f"#!{sys.executable}\n" + """
import os, signal, sys, time
with open(sys.argv[1], "w") as f:
    f.write("\\0".join([str(os.getpid()), *sys.argv[2:]]))
def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()
"""


class Machine:
    """A description whose board is run by a script."""

    partitions = 'it { image = "native.elf"; memory = "64K"; cores = <0>; };'
    root = ""

    def __init__(self, system):
        self.system, self.notes = system, system.folder / "notes"
        self.tool = system.own_tool()
        system.file("native.elf", elf([(RAM, RAM, pattern(4096), 8192)], RAM))

    def script(self, text):
        self.system.file("machine", HEAD + text)
        (self.system.folder / "machine").chmod(0o755)
        self.named(f'"{self.system.folder}/machine", "{self.notes}", "-m", "2 048"')

    def named(self, words):
        self.system.describe(self.partitions, f"bulkhead {{ qemu = {words}; }};\n{self.root}")

    def command(self, *words):
        return [self.tool, "run", str(self.system.folder), *words]

    def run(self, *words):
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    @property
    def pid(self):
        return int(self.notes.read_text().split("\0")[0])

    @property
    def arguments(self):
        return self.notes.read_text().split("\0")[1:]

    def runs(self):
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def wait_until_it_runs(self, seconds=20):
        end = time.monotonic() + seconds
        while not (self.notes.exists() and self.notes.read_text()):
            assert time.monotonic() < end
            time.sleep(0.02)


class LinkedMachine(Machine):
    """One with a link between its console and its monitor; flight has symbols, other has none."""

    partitions = """
        console: console { image = "native.elf"; memory = "64K"; cores = <0>; };
        monitor: monitor { image = "native.elf"; memory = "64K"; cores = <1>; };
        flight { image = "symbols.elf"; memory = "64K"; cores = <2>; };
        other { image = "native.elf"; memory = "64K"; cores = <3>; };"""
    root = """channels {
        link-in { kind = "queuing"; from = <&console>; to = <&monitor>; bytes = <256>; depth = <16>; };
        link-out { kind = "queuing"; from = <&monitor>; to = <&console>; bytes = <256>; depth = <16>; };
    };"""

    def __init__(self, system):
        super().__init__(system)
        system.file("symbols.elf", with_symbols(elf([(RAM, RAM, pattern(4096), 8192)], RAM)))
        self.socket = os.path.join(os.path.dirname(self.tool), f"{system.folder.name}.link")

    def monitor(self, before="", after="f.serve()", **how):
        """Python for the machine: @before, then a monitor `f` (fake_monitor.py), then @after."""
        self.script(f"sys.path.insert(0, {os.path.dirname(__file__)!r})\nimport fake_monitor\n"
                    f"f = fake_monitor.Fake(**{how!r})\nsys.stdout.flush()\n{before}\nf.say('up\\r\\n')\n{after}\n")

    def start(self, *words, **how):
        """The tool that runs it, once the socket is there."""
        tool = subprocess.Popen(self.command(*words), stdin=how.pop("stdin", subprocess.PIPE), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **how)
        end = time.monotonic() + 20
        while not (os.path.exists(self.socket) and self.notes.exists() and self.notes.read_text()):
            if "--until" in words and tool.poll() is not None:  # it has ended by itself, and taken its socket along
                break
            assert tool.poll() is None and time.monotonic() < end, tool.communicate()
            time.sleep(0.02)
        return tool
