/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead trace`: what a kept trace says, as text, as JSON, as a timeline, for Perfetto. */
#ifndef TOOLS_TRACE_H
#define TOOLS_TRACE_H

#include "tools/trace_text.h"

/* @plan: plans and makes the image of a system, or ends the tool. Answers the exit status. */
int trace_main(const struct plan *(*plan)(const char *system), int argc, char **argv);

/* Planned windows over what ran, for each core, as an SVG. */
const char *trace_svg(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s);

/* In Perfetto's own format. */
void trace_perfetto(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s, struct bytes *out);

#endif
