/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planned against actual: for each core who ran when and by what, and what became of each window that the plan has. The plan is the description's,
 * repeated frame by frame in the modes that the trace says were in force; what happened is the records' alone.
 */
#ifndef TOOLS_TRACE_LANES_H
#define TOOLS_TRACE_LANES_H

#include "tools/trace_file.h"

/* From one instant to another (ticks) this vCPU ran; BH_NONE: the core had nobody to run. Nothing stands where the trace does not say who ran. */
struct trace_run {
	uint64_t from, to;
	uint32_t vcpu;
	uint32_t why; /* enum bh_trace_why */
	uint32_t mode;
};

/* What became of a window. Who is ready is not in a trace; but a core that idles, or runs somebody on slack, has nobody ready who has the window. */
enum trace_fate {
	FATE_OPEN,   /* the trace begins or ends in it: not known */
	FATE_RAN,    /* one of its vCPUs ran, as early as `bulkhead check` promises (where it promises nothing: at once) */
	FATE_WOKE,   /* one ran, after the core had nobody in the window to run: it came by itself as late as that */
	FATE_UNUSED, /* none of them wanted to run */
	FATE_LATE,   /* one ran, and nothing but the kernel or reservations had kept it for longer than is promised */
	FATE_MISSED, /* the kernel did not begin it, or none of them got anything though the core was not free at any moment */
};

struct trace_window {
	uint64_t from, to; /* planned, ticks */
	const struct plan_window *plan;
	uint32_t mode;
	bool unjudged;	      /* begins with its mode, at once: what is promised does not hold for it */
	uint64_t began, ran;  /* the kernel's record, the first of its vCPUs: ticks; 0: never */
	uint32_t vcpu;	      /* who ran first */
	uint64_t promised_ns; /* to who ran first: at most so late; NEVER: nothing */
	enum trace_fate fate;
};

struct trace_lane {
	struct trace_run *run;
	uint32_t n_runs;
	struct trace_window *window;
	uint32_t n_windows;
};

/* One for each core of the plan. */
struct trace_lane *trace_lanes(const struct trace *t);

/* A core's planned windows. */
void trace_plan(const struct trace *t, uint32_t core, struct trace_lane *l);

const char *trace_fate_name(enum trace_fate f); /* "missed" */

/* The part of a trace that is wanted: from one instant to another, ticks. */
struct trace_span {
	uint64_t from, to;
};

static inline bool span_has(const struct trace_span *s, uint64_t ticks)
{
	return ticks >= s->from && ticks <= s->to;
}

static inline bool span_meets(const struct trace_span *s, uint64_t from, uint64_t to)
{
	return to > s->from && from < s->to;
}

/* What became of one window of the plan, over all frames that have it in the span. */
struct trace_tally {
	uint32_t all, fate[FATE_MISSED + 1]; /* FATE_OPEN is not counted */
	uint64_t worst_ns, promised_ns;	     /* of those that ran at once, or late; NEVER: none did; nothing is promised */
};

struct trace_tally trace_tally(const struct trace *t, const struct trace_lane *l, const struct plan_window *w, const struct trace_span *s);

#endif
