/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead draw`: a system as a picture, from the description alone. */
#ifndef TOOLS_DRAW_H
#define TOOLS_DRAW_H

#include "tools/plan.h"

/* The graph as text in Graphviz's language. After channels_relate() and policy_read(). */
const char *draw(const struct plan *p);

/*
 * Has Graphviz's dot make a picture of it: to a file, whose name's end says of which kind (.svg, .png, .pdf), or,
 * with NULL, an SVG to the standard output. Answers an exit status; what went wrong was said.
 */
int draw_picture(const char *graph, const char *file);

/* The plan of time and what it promises, as an SVG. After analysis_check(), for a system that analysis_wanted() says has one. */
const char *draw_schedule(const struct plan *p);

/* With what XML does not take as it is replaced. */
const char *draw_safe(const char *s);

#endif
