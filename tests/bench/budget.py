# SPDX-License-Identifier: Apache-2.0
"""Limits and goals of rows, from the file `budgets` beside this: who reads it, checks against it, and writes it anew."""

import collections
import os
import re

FILE = os.path.join(os.path.dirname(__file__), "budgets")

# Each: a number of instructions, "bare" or "bare*1.01" (of what the bare machine needs), or None.
Budget = collections.namedtuple("Budget", "limit goal")


def read():
    """{(row, where): Budget}"""
    found = {}
    with open(FILE, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            row, where, *both = words
            if (row, where) in found:
                raise SystemExit(f"{FILE}:{number}: {row} at {where} has a budget already")
            found[row, where] = Budget(*(None if word == "-" else word for word in both))
    return found


def instructions(word, bare):
    """What a limit or goal is in instructions; None where it is none, or of a bare machine that was not asked."""
    if word is None or not word.startswith("bare"):
        return word and int(word)
    return None if bare is None else int(bare * float(word.partition("*")[2] or 1))


def goal(budgets, row, where, bare):
    return instructions(budgets.get((row, where), Budget(None, None)).goal, bare)


def exceeded(figures, bare):
    """What breaks a budget, each in a sentence. @figures: {(row, where): instructions}; bare(row): the bare machine's, or None."""
    budgets, said = read(), []
    for (row, where), figure in figures.items():
        word = budgets.get((row, where), Budget(None, None)).limit
        limit = instructions(word, bare(row))
        if word is None:
            said.append(f"{row} at {where}: {figure:,} instructions, and no budget: give it one in {FILE}")
        elif limit is not None and figure > limit:
            said.append(f"{row} at {where}: {figure:,} instructions, {figure - limit:,} ({(figure - limit) / max(limit, 1):.1%}) more than "
                        f"its budget of {limit:,}")
    return said


def slack(figures, bare):
    """[(row, where, figure, limit)] of paths that need less than a budget that is a number."""
    return [(*key, figures[key], int(b.limit)) for key, b in read().items()
            if key in figures and b.limit and b.limit.isdigit() and figures[key] < int(b.limit)]


def write(figures, larger):
    """Figures take the place of limits that are numbers and more than they (larger: or less), or missing; answers how many did."""
    changed, lines, missing = 0, [], [key for key in figures if key not in read()]
    with open(FILE, encoding="utf-8") as f:
        for line in f:
            m = re.match(r"(\w+\s+)([\w-]+)(\s+)(\S+)(.*)$", line, re.S)
            figure = figures.get((m[1].strip(), m[2])) if m else None
            if figure is not None and (m[4] == "-" or m[4].isdigit() and (figure < int(m[4]) or larger and figure > int(m[4]))):
                line = f"{m[1]}{m[2]}{figure:>{len(m[3]) + len(m[4])}}{m[5]}"
                changed += 1
            lines.append(line)
    lines += [f"{row:24}{where:12}{figures[row, where]:>10}{'-':>11}\n" for row, where in missing]
    with open(FILE, "w", encoding="utf-8") as f:
        f.writelines(lines)
    return changed + len(missing)
