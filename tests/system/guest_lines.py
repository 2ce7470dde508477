# SPDX-License-Identifier: Apache-2.0
"""What one partition said, out of a console that it shared with others."""

import re


def lines_of(text, partition=None):
    """The partition's lines without their prefix; None: a machine of its own, without prefixes.

    The console's service shows the line of the partition with the keyboard anew, from its beginning,
    when another's line came into its midst; the interrupted first showing is left out."""
    prefix = rf"{re.escape(partition)} *\| ?" if partition else ""
    out, interrupted = [], False
    for raw in text.splitlines():
        if not raw.strip():
            continue
        m = re.match(prefix + r"(.*)$", raw.strip("\r\n"))
        if not m:
            interrupted = True
            continue
        line = m[1].strip()
        if interrupted and out and line.startswith(out[-1]):
            out.pop()
        interrupted = False
        if line:
            out.append(line)
    return out
