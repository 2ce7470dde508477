# SPDX-License-Identifier: Apache-2.0
"""systems/pipeline: shared memory, signals and calls, as tasks of an RTOS would use them."""

IMAGE = "build/pipeline.img"
BLOCK = 1024


def mean_of(block):
    """What the sampler's triangle has on average in that block."""
    phases = ((block * BLOCK + i) % 400 for i in range(BLOCK))
    return sum(abs(10 * p - 1000 if p < 200 else 3000 - 10 * p) for p in phases) // BLOCK


def test_each_block_is_signalled_read_in_place_and_told_by_a_call(boot):
    m = boot(IMAGE)
    for _ in range(2):
        found = m.line("analyser", r"block (\d+): peak 1000, mean (\d+); keeper: (\d+) blocks, peak 1000, (\d+) missed")
        block, mean, kept, missed = (int(n) for n in found.groups())
        assert mean == mean_of(block)
        assert 0 < kept and kept + missed <= block + 1, found[0]
