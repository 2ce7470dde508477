# SPDX-License-Identifier: Apache-2.0
"""Every description in bad/ is refused: each error it names in its comments is reported at once, with the
node's path and the remedy, and there is no other; the exit status is 1, and no image is left behind.

A comment `// error: PATH: REGEX` is one expected error. A line that ends with `// here` is the place that all
of them name."""

import glob
import os
import re

import pytest
from payloads import RAM, elf, pattern

BAD = sorted(glob.glob(os.path.join(os.path.dirname(__file__), "bad", "*.dts")))


def expected(text):
    return re.findall(r"^// error: (\S+): (.*)$", text, re.M)


def reported(said):
    """(place, path, what) of every error."""
    return re.findall(r"^(\S*?): (/\S*): (.*)$", said, re.M)


# DESC-1, DESC-2
@pytest.mark.parametrize("path", BAD, ids=lambda p: os.path.basename(p)[:-4])
def test_a_bad_description_is_refused(system, path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    system.file("system.dts", text)
    system.file("flat", pattern(4096))
    system.file("native.elf", elf([(RAM, RAM, pattern(4096), 8192)], RAM))
    for status, said in (system.check(), system.build()):
        assert status == 1, said
        errors, missing = reported(said), []
        for node, what in expected(text):
            hit = [e for e in errors if e[1] == node and re.search(what, e[2])]
            errors = [e for e in errors if e not in hit[:1]]
            missing += [] if hit else [f"{node}: {what}"]
        assert not missing and not errors, said
        for n, line in enumerate(text.splitlines(), 1):
            if line.endswith("// here"):
                assert all(place.endswith(f"system.dts:{n}") or f"system.dts:{n}:" in place
                           for place, _, _ in reported(said)), said
    assert not os.listdir(system.image.parent)
