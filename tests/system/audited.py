# SPDX-License-Identifier: Apache-2.0
"""The image of tests/systems/audit, and the audit of changed copies of it: what test_audit*.py share."""

import subprocess

import pytest
from image import Image

TOOL = "build/bulkhead"
SYSTEM = "tests/systems/audit"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("audit")


@pytest.fixture(scope="module")
def good(folder):
    path = folder / "good.img"
    subprocess.run([TOOL, "build", SYSTEM, "-o", str(path)], check=True, timeout=60, stdout=subprocess.DEVNULL)
    return Image(path.read_bytes())


@pytest.fixture(scope="module")
def audit(folder):
    def run(image, system=SYSTEM):
        path = folder / "try.img"
        path.write_bytes(image.data if isinstance(image, Image) else image)
        r = subprocess.run([TOOL, "audit", str(path), str(system)], timeout=60, capture_output=True, text=True)
        return r.returncode, r.stdout + r.stderr
    return run
