#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Count instructions of the paths that matter, bare machine beside partition: `make bench`.

One guest image, tests/guests/bench, runs on the bare machine (entered at EL2, with a stub that
answers HVC) and in partitions; Debian's Linux boots to its shell on both. Messages go between native partitions; where the
bare machine has something to compare with (copying the same bytes, an IPI), that stands beside them.
Under `-icount shift=0` with a counter of 1 GHz a tick is an instruction, and every run repeats. Each system runs a
second time with every instruction of the kernel followed (path.py): what a path does to system registers, barriers and devices' memory.
Prints a table, writes build/bench.json and build/bench.svg. The figures are lengths of paths, not cycles."""

import argparse
import concurrent.futures
import json
import os
import sys
import time

sys.path[:0] = [os.path.dirname(__file__), os.path.join(os.path.dirname(__file__), "..", "system")]

import budget  # noqa: E402
import draw  # noqa: E402
import linux  # noqa: E402
import places  # noqa: E402
import profile_path  # noqa: E402
from rows import BARE_LIKE, ROWS  # noqa: E402

NO_COST = ("-",) * 4
DRAWN = 50000  # instructions, and more are not drawn


class Figures:
    """{where: {row: instructions}}, and of partitions {where: {row: path.Cost}}; the bare machine is a place, too."""

    def __init__(self):
        self.rows, self.costs, self.settings = {}, {}, {}

    def bare(self, row):
        found = self.rows.get("bare", {})
        return found.get(row, found.get(BARE_LIKE.get(row)))

    def keyed(self):
        return {(row, where): n for where, found in self.rows.items() if where != "bare" for row, n in found.items()}


def count(with_bare, with_linux, follow):
    """As many machines at a time as there are processors: what one counts, no other changes."""
    f, wanted = Figures(), [where for where in places.PLACES if with_linux or where != "linux"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = {where: pool.submit(linux.count_partition) if where == "linux" else pool.submit(places.count, where) for where in wanted}
        bare = {"bare": pool.submit(places.count_bare)} if with_bare else {}
        linux_bare = pool.submit(linux.count_bare) if with_bare and with_linux else None
        costs = {where: pool.submit(places.follow, where) for where in wanted if follow and places.PLACES[where].program}
        f.rows = {where: job.result() for where, job in (bare | rows).items()}
        f.costs = {where: job.result().medians() for where, job in costs.items()}
        if linux_bare:
            f.rows["bare"]["linux_to_shell"] = linux_bare.result() - f.rows["bare"]["boot_first_instruction"]
    f.settings = {where: places.settings(where) for where in wanted}
    return f


def in_order(found):
    return [row for row in ROWS if row in found]


def text(n):
    return "-" if n is None else f"{n:,}"


def ratio(figure, bare):
    return "-" if figure is None or bare is None else f"{figure / max(bare, 1):,.2f}"[:9].rstrip(".")


def show_place(f, where, budgets):
    print(f"\n{where}: {f.settings[where]}")
    print(f"  {'':52}{'bare':>12}{'Bulkhead':>14}{'times':>10}{'goal':>12}   {'kernel':>9}{'registers':>10}{'barriers':>9}{'devices':>8}")
    for row in in_order(f.rows[where]):
        figure, bare = f.rows[where][row], f.bare(row)
        goal = budget.goal(budgets, row, where, bare)
        cost = f.costs.get(where, {}).get(row, NO_COST)
        missed = "!" if goal is not None and figure > goal else " "
        print(f"  {ROWS[row]:52}{text(bare):>12}{text(figure):>14}{ratio(figure, bare):>10}{text(goal):>12}{missed}"
              f"  {cost[0]:>9}{cost[1]:>10}{cost[2]:>9}{cost[3]:>8}")


def show(f, budgets):
    print("instructions (medians); of them the kernel's, and how many are accesses to system registers, barriers and TLBI, accesses to devices")
    for where in f.settings:
        show_place(f, where, budgets)
    for row in in_order(r for r in f.rows.get("messages", {}) if r.startswith("stream_")):
        a_second, size = 1e9 / f.rows["messages"][row], int(row.split("_")[-1])
        print(f"{ROWS[row].replace(', each', ''):54}{a_second:14,.0f} messages/s{a_second * size / 1e6:8,.0f} MB/s, if an instruction takes 1 ns")


def show_goals(f, budgets):
    """Rows that have a goal, those too that are not counted here."""
    with_goal = [key for key, b in budgets.items() if b.goal]
    counted = met = 0
    print(f"\ngoals{'':49}{'':14}{'bare':>12}{'Bulkhead':>14}{'times':>10}{'goal':>14}")
    for row, where in with_goal:
        figure, bare = f.rows.get(where, {}).get(row), f.bare(row)
        goal = budget.goal(budgets, row, where, bare)
        known = figure is not None and goal is not None
        counted += known
        met += known and figure <= goal
        verdict = "not counted" if not known else "met" if figure <= goal else f"missed by {figure - goal:,}"
        print(f"  {ROWS[row]:52}{where:14}{text(bare):>12}{text(figure):>14}{ratio(figure, bare):>10}{text(goal):>14}   {verdict}")
    print(f"  {met} of {len(with_goal)} met, {counted - met} missed, {len(with_goal) - counted} not counted here")


def show_budgets(f):
    figures = f.keyed()
    print()
    for row, where, figure, limit in budget.slack(figures, f.bare):
        print(f"budget of {row} at {where} could be lowered from {limit:,} to {figure:,} (bench.py --lower)")
    for sentence in budget.exceeded(figures, f.bare):
        print(f"over budget: {sentence}")


def write(f, budgets, path):
    rows = [{"name": row, "where": where, "instructions": found[row],
             "goal": budget.goal(budgets, row, where, f.bare(row)),
             "kernel": f.costs[where][row]._asdict() if row in f.costs.get(where, {}) else None}
            for where, found in f.rows.items() for row in in_order(found)]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"settings": f.settings, "rows": rows}, out, indent=1)
        out.write("\n")


def picture(f, budgets, path):
    """Rows that have a goal, in the order of the file of budgets; but for those that are so long that the others would not show."""
    rows = []
    for (row, where), b in budgets.items():
        if b.goal and f.rows.get(where, {}).get(row, DRAWN) < DRAWN:
            bare = f.bare(row)
            rows.append((f"{ROWS[row]} ({where})", f.rows[where][row], bare, budget.goal(budgets, row, where, bare)))
    return draw.draw(rows, path)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--no-linux", action="store_true", help="leave the Linux boots out")
    p.add_argument("--no-bare", action="store_true", help="leave the bare machine out")
    p.add_argument("--no-follow", action="store_true", help="count by the counter only")
    p.add_argument("--no-picture", action="store_true")
    p.add_argument("--lower", action="store_true", help="lower budgets to these figures, and give one to rows that have none")
    p.add_argument("--rewrite", action="store_true", help="make these figures the budgets, also where they are larger: say in the commit why")
    p.add_argument("--output", default="build/bench.json")
    p.add_argument("--profile", metavar="ROW@PLACE", help="only say in which functions of the kernel this row's instructions are")
    a = p.parse_args()
    if a.profile:
        profile_path.show(*a.profile.split("@"))
        return
    begin = time.monotonic()
    f = count(not a.no_bare, not a.no_linux, not a.no_follow)
    budgets = budget.read()
    show(f, budgets)
    if a.lower or a.rewrite:
        print(f"\n{budget.write(f.keyed(), a.rewrite)} budgets written to {budget.FILE}")
        budgets = budget.read()
    show_goals(f, budgets)
    show_budgets(f)
    write(f, budgets, a.output)
    made = [a.output]
    if not a.no_picture and picture(f, budgets, a.output.replace(".json", ".svg")):
        made.append(a.output.replace(".json", ".svg"))
    print(f"({time.monotonic() - begin:.0f} s; {', '.join(made)})")


if __name__ == "__main__":
    main()
