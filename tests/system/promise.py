# SPDX-License-Identifier: Apache-2.0
"""What `bulkhead check` promises the vCPUs of a system: a table for each mode, of which each line is a vCPU."""

import re
import subprocess

NS = {"ns": 1, "us": 1000, "ms": 1000000, "s": 1000000000}
SPAN = r"([\d.]+ (?:ns|us|ms|s)|-)"
LINE = re.compile(rf" +([\w.-]+) +(\d+) +(\S.*?) +([\d.]+) % +{SPAN} +{SPAN} +{SPAN} +{SPAN}(?: +\({SPAN} with budget left\))?")


def said(system):
    done = subprocess.run(["build/bulkhead", "check", system], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def span(text):
    number, _, unit = text.partition(" ")
    return round(float(number) * NS[unit]) if unit else None


def promises(system):
    """{(mode, vCPU): {"share": 0 to 1, "blackout", "interrupt", "late", "change", "funded": ns or None, "frame": ns}}"""
    found, mode, frame = {}, None, None
    for line in said(system).splitlines():
        m = re.match(r"Time, mode (\S+)(?: \(frame (.*)\))?", line)
        if m:
            mode, frame = m[1], span(m[2]) if m[2] else None
        m = LINE.match(line)
        if m and mode:
            found[mode, m[1]] = {"share": float(m[4]) / 100, "blackout": span(m[5]), "interrupt": span(m[6]),
                                 "late": span(m[7]), "change": span(m[8]), "funded": span(m[9] or "-"), "frame": frame}
    return found
