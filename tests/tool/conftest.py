# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tool's tests: a folder with a description in it, and the tool run on it."""

import os
import shutil
import subprocess
import sys

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.dirname(__file__), os.path.join(ROOT, "tests", "system")]
os.chdir(ROOT)

TOOL = os.path.join(ROOT, "build", "bulkhead")
TIMEOUT_S = 60


class System:
    """One system's folder. What the tool says is one text: a user sees both streams, too."""

    def __init__(self, folder):
        self.folder, self.program = folder, TOOL
        self.image = folder / "out" / "made.img"
        self.image.parent.mkdir(parents=True)

    def file(self, name, data):
        (self.folder / name).write_bytes(data.encode() if isinstance(data, str) else data)

    def describe(self, partitions, root=""):
        self.file("system.dts", '/dts-v1/;\n/include/ "qemu-virt.dts"\n'
                                f"/ {{\n{root}\npartitions {{\n{partitions}\n}};\n}};\n")

    def own_tool(self):
        """A copy of the tool: what it makes without being told where goes to its folder, here not to build/."""
        home = self.folder.parent / "tool" / "build"
        home.mkdir(parents=True)
        (home.parent / "boards").symlink_to(os.path.join(ROOT, "boards"))
        for name in ("kernel-arm64.elf", "stub-arm64.elf"):
            (home / name).symlink_to(os.path.join(ROOT, "build", name))
        self.program = shutil.copy(TOOL, home)
        return self.program

    def tool(self, *words, **how):
        done = subprocess.run([self.program, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT_S, errors="replace", **how)
        return done.returncode, done.stdout

    def check(self):
        return self.tool("check", self.folder)

    def build(self):
        return self.tool("build", self.folder, "-o", self.image)

    def built(self):
        status, said = self.build()
        assert status == 0, said
        return self.image.read_bytes()


@pytest.fixture
def system(tmp_path):
    """A folder named `system`, so that it is the same to the tool wherever it lies."""
    return System(tmp_path / "system")
