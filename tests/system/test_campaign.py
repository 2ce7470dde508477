# SPDX-License-Identifier: Apache-2.0
"""The fault campaign: two thousand faults by chance, in victims of every policy (tests/systems/campaign*).

`campaign`: what a program can do, in programs. `campaign-servers`: the same, and silence, in servers that a client each writes to all the
time. `campaign-budgets`: budgets that are used up, and partitions that cannot be loaded, since their pristine stores are damaged here.
`campaign-service`: the console service as it is; what it is about to execute is replaced.
Of each the conductor checks that the action taken is the one declared, that the numbers of `source` have no gap, and that a server's
client has lost nothing but what its description gives up while the server is dead. Here: `control` is in time meanwhile, and the kernel
does not panic. Linux as the victim: test_faults_counted.py. A hardware error (SError) cannot be caused in this emulator: what is done about
one is in tests/unit/health_test.c, how it is taken is argued in docs/unseen.md. CAMPAIGN_SEED=n[,n...] gives other seeds."""

import concurrent.futures
import os
import re
import subprocess

import pytest

import image
import machine
import promise
import spinner

SEEDS = os.environ.get("CAMPAIGN_SEED", "4711").split(",")
LINE = r"campaign seed (\d+) injections (\d+) failed (\d+) stream (\d+) kinds (\d+) least (\d+)\s"
LATE = r"control: \d+ steps late by \d+ ns, at most \d+ \(worst (\d+)\), (\d+) missed"
# System: injections, kinds of them (each in each victim that can have it).
CAMPAIGNS = {"campaign": (1008, 48), "campaign-servers": (756, 36), "campaign-budgets": (168, 8), "campaign-service": (147, 7)}
TALK = r"talker +\| number (\d+)\.\s"
PRISTINE, PRISTINE_END = 0x0A140000, 0x0A200000


def seeded(system, seed, folder):
    """The system's folder and image with another seed: it stands in the conductor's name."""
    if seed == "4711":
        return f"tests/systems/{system}", f"build/tests/{system}.img"
    made = folder / system
    os.makedirs(made)
    with open(f"tests/systems/{system}/system.dts", encoding="utf-8") as f:
        text = f.read()
    (made / "system.dts").write_text(text.replace("conductor-4711", f"conductor-{int(seed)}"), encoding="utf-8")
    subprocess.run(["build/bulkhead", "build", str(made), "-o", f"{made}.img"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   timeout=120, check=True)
    return str(made), f"{made}.img"


def damaged(path, to):
    """The image with a bit of each store `*-boot` turned over, and sealed again: only the boot stub can notice."""
    with open(path, "rb") as f:
        i = image.Image(f.read())
    stores = [root for name, root in i.roots().items() if name.endswith("-boot")]
    for root in stores:
        pa = next(pa for ipa, _, pa, _ in i.leaves(root) if PRISTINE <= ipa < PRISTINE_END)
        i.flip(i.offset(pa) + 0x100, 3)
    to.write_bytes(i.seal().data)
    return str(to), len(stores)


def talks_on(m, console):
    """The console's client has waited for each of its lives: what is shown whole goes up, and now that nothing fails any more nothing is missing."""
    shown = [int(n) for n in re.findall(TALK, console)]
    assert len(shown) > 10 and shown == sorted(set(shown)), shown
    first, second = (int(m.expect(TALK)[1]) for _ in range(2))
    assert shown[-1] < first and second == first + 1


def run(system, seed, folder):
    """What the conductor said, the whole console, and how late `control` was, and may be."""
    where, path = seeded(system, seed, folder)
    if system == "campaign-budgets":
        path, stores = damaged(path, folder / "damaged.img")
        assert stores == 3
    m = machine.qemu(f"{system}-{seed}", path, timeout=600, icount=True, cores=2 if system == "campaign" else 1)
    try:
        said = m.expect(LINE)
        console, promised = m.before, promise.promises(where)
        if system == "campaign":
            seen, may = spinner.measured(m, "control"), promised["shared", "control"]
            late = {"late": seen["late"], "slept": seen["slept_late"], "missed": seen["missed"]}
            may = {"late": may["late"], "slept": may["interrupt"], "missed": 0}
        else:
            late = dict(zip(("late", "missed"), (int(n) for n in m.line("control", LATE).groups())))
            may = {"late": promised["normal", "control"]["funded"], "missed": 0}
        if system == "campaign-service":
            talks_on(m, console)
        return said, console + m.before, late, may
    finally:
        m.stop()


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """Two at a time: what they count does not depend on what else the host does."""
    chosen = [i.callspec.params for i in request.session.items if i.module is request.module]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        yield {(c["system"], c["seed"]): pool.submit(run, c["system"], c["seed"], tmp_path_factory.mktemp("seed")) for c in chosen}
        pool.shutdown(wait=False, cancel_futures=True)


# HEALTH-1, HEALTH-2, HEALTH-3
@pytest.mark.parametrize("system", CAMPAIGNS)
@pytest.mark.parametrize("seed", SEEDS)
def test_faults_by_chance_are_treated_as_declared_and_touch_nobody_else(runs, seed, system):
    said, console, late, may = runs[system, seed].result()
    print(said.groups(), late, may, re.findall(r"[\w-]+: its client wrote[^\r\n]*", console))
    failed = re.findall(r"FAILED[^\r\n]*|does not hold[^\r\n]*", console)
    assert not failed, failed
    injections, kinds = CAMPAIGNS[system]
    assert (said[1], int(said[2]), said[3], int(said[5])) == (seed, injections, "0", kinds)
    assert int(said[4]) > 1000, "the stream went on"
    assert int(said[6]) >= 3, "each fault in each victim"
    assert all(late[what] <= may[what] for what in may), (late, may)
    assert "PANIC" not in console
