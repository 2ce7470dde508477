# SPDX-License-Identifier: Apache-2.0
"""Draws rows: bare machine, Bulkhead, goal. With gnuplot; without it there is no picture."""

import os
import shutil
import subprocess

SCRIPT = """
set terminal svg size 900,{height} background "white" font "sans,12"
set output "{path}"
set label "Instructions on each path: the same program on the bare machine and in a partition" at screen 0.5,0.965 center font "sans,14"
set tmargin 3
set lmargin 54
set logscale x
set xrange [0.8:{most}]
set yrange [{rows}:-1]
set format x "%.0f"
set grid xtics lc rgb "#dddddd"
set ytics ({names}) nomirror scale 0 noenhanced
set key outside bottom center horizontal samplen 2 width 2
set style fill solid
$rows << END
{data}
END
plot $rows using (($3 > 0 ? $3 : 0.8) / 2):($1 - 0.2):(0.8):($3 > 0 ? $3 : 0.8):($1 - 0.38):($1 - 0.02) \\
	with boxxyerror lc rgb "#9aa5b1" title "bare machine", \\
     $rows using ($2 / 2):($1 + 0.2):(0.8):2:($1 + 0.02):($1 + 0.38) with boxxyerror lc rgb "#2b6cb0" title "Bulkhead", \\
     $rows using ($4 > 0 ? $4 : NaN):($1 - 0.42):(0):(0.84) with vectors nohead lw 2 lc rgb "#c53030" title "goal", \\
     $rows using 2:($1 + 0.2):(sprintf("  %d", $2)) with labels left font "sans,10" notitle
"""


def draw(rows, path):
    """@rows: [(text, instructions, bare or None, goal or None)]; answers whether there is a picture now."""
    if not shutil.which("gnuplot"):
        print("bench: no picture, since there is no gnuplot (scripts/setup bench installs it)")
        return False
    data = "\n".join(f"{n} {figure} {bare or 0} {goal or 0}" for n, (_, figure, bare, goal) in enumerate(rows))
    names = ", ".join('"{}" {}'.format(text.replace("->", "→"), n) for n, (text, *_) in enumerate(rows))
    script = SCRIPT.format(height=120 + 26 * len(rows), path=path, rows=len(rows), names=names, data=data,
                           most=4 * max(figure for _, figure, *_ in rows))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    return True
