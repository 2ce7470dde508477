# SPDX-License-Identifier: Apache-2.0
"""`TOOLCHAIN=clang`: kernel and boot stub compile and link with the other compiler, too, in a folder of their own."""

import os
import shutil
import subprocess

import pytest

MADE = ("build/clang/kernel-arm64.elf", "build/clang/stub-arm64.elf")


@pytest.mark.skipif(not shutil.which("clang"), reason="needs clang")
def test_clang_makes_the_kernel():
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    for path in MADE:
        if os.path.exists(path):
            os.remove(path)
    made = subprocess.run(["make", "TOOLCHAIN=clang", "B=build/clang", *MADE], env=env, stdin=subprocess.DEVNULL, timeout=900, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    assert all(os.path.getsize(path) > 0 for path in MADE)
