# SPDX-License-Identifier: Apache-2.0
"""The fault campaign: a thousand faults of every kind that a guest can cause, by chance, in victims of every policy (tests/systems/campaign).

The action taken is the one declared; `control` begins each window in time meanwhile; the numbers of `source` have no gap; the kernel does
not panic. CAMPAIGN_SEED=n[,n...] gives other seeds."""

import os
import re
import subprocess

import pytest

import promise
import spinner

SYSTEM = "tests/systems/campaign"
SEEDS = os.environ.get("CAMPAIGN_SEED", "4711").split(",")
LINE = r"campaign seed (\d+) injections (\d+) failed (\d+) stream (\d+) least (\d+)\s"


def image(seed, folder):
    """The system with another seed: it stands in the conductor's name."""
    if seed == "4711":
        return "build/tests/campaign.img", SYSTEM
    os.makedirs(folder / "campaign")
    with open(f"{SYSTEM}/system.dts", encoding="utf-8") as f:
        text = f.read()
    (folder / "campaign" / "system.dts").write_text(text.replace("conductor-4711", f"conductor-{int(seed)}"), encoding="utf-8")
    path = str(folder / "campaign.img")
    subprocess.run(["build/bulkhead", "build", str(folder / "campaign"), "-o", path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   timeout=120, check=True)
    return path, str(folder / "campaign")


# HEALTH-1, HEALTH-2
@pytest.mark.parametrize("seed", SEEDS)
def test_a_thousand_faults_are_treated_as_declared_and_touch_nobody_else(boot, seed, tmp_path):
    path, system = image(seed, tmp_path)
    promised = promise.promises(system)["shared", "control"]
    m = boot(path, icount=True, cores=2)
    said = m.expect(LINE, timeout=600)
    before = m.before
    seen = spinner.measured(m, "control")
    print(said.groups(), seen, promised)
    failed = re.findall(r"FAILED[^\r\n]*", before)
    assert not failed, failed
    assert (said[1], said[2], said[3]) == (seed, "1000", "0")
    assert int(said[4]) > 10000, "the stream went on"
    assert int(said[5]) >= 5, "each fault in each victim"
    assert seen["missed"] == 0 and seen["late"] <= promised["late"]
    assert seen["slept_late"] <= promised["interrupt"]
    assert "PANIC" not in before + m.before
