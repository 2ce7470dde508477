/* SPDX-License-Identifier: Apache-2.0 */
/* A trace as text: for people a listing of all cores' records by time, then what became of the windows; for programs JSON. */
#ifndef TOOLS_TRACE_TEXT_H
#define TOOLS_TRACE_TEXT_H

#include "tools/trace_lanes.h"

/* A record of some core, with the mode in force there. */
struct trace_at {
	uint32_t core, mode;
	const struct bh_trace_record *r;
};

/* All cores' records in the span, by time. Answers how many. */
uint32_t trace_merge(const struct trace *t, const struct trace_span *s, struct trace_at **out);

const char *trace_text(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s);
const char *trace_json(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s);

#endif
