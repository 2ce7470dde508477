/* SPDX-License-Identifier: Apache-2.0 */
/* What the pictures of time have in common: boxes with titles, words, colours of partitions, an axis' steps. Sizes are in pixels. */
#ifndef TOOLS_SVG_H
#define TOOLS_SVG_H

#include "tools/plan.h"

#define SVG_INK	 "#1f2937"
#define SVG_GREY "#64748b"
#define SVG_LINE "#cbd5e1"
#define SVG_RED	 "#dc2626"

/* Classes of words: s small and grey, b bold, h a table's head, t the title. A box filled with url(#hatch) is hatched over what is below it. */
struct svg {
	struct bytes b;
	double y; /* where the next thing goes */
};

void svg_word(struct svg *c, double x, double y, const char *style, const char *s);
void svg_box(struct svg *c, double x, double y, double w, double h, const char *fill, const char *title);

/* A window at c->y, in its partitions' colours and with their names, the most urgent on top. @title: which one it is. */
void svg_window(struct svg *c, const struct plan *p, const struct plan_window *w, double x, double wide, double high, const char *title);

const char *svg_cut(const char *s, double width); /* as much as finds room */
const char *svg_colour(uint32_t part);		  /* of a partition, in whatever picture */
uint64_t svg_tick_ns(uint64_t shown);		  /* 1, 2 or 5 of some power of ten, so that there are five to twelve of them */

/* The whole document. */
const char *svg_done(struct svg *c, double width, const char *title);

#endif
