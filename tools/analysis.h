/* SPDX-License-Identifier: Apache-2.0 */
/* What the schedule of a plan promises to each vCPU in each mode, for the report, the drawing and the tests. */
#ifndef TOOLS_ANALYSIS_H
#define TOOLS_ANALYSIS_H

#include "tools/analysis_core.h"

/* How a vCPU gets time in a mode. */
enum promise {
	PROMISE_NONE, /* it does not run: the mode is `without` it */
	PROMISE_SLACK,
	PROMISE_WINDOWS,
	PROMISE_BUDGET,
	PROMISE_ALWAYS, /* its core has no windows */
};

struct vcpu_analysis {
	uint32_t part, index; /* partition, and its vCPU */
	uint32_t core, rank;  /* number in plan.core */
	enum promise promise;
	bool slack; /* beyond what is promised */
	struct core_figures f;
	uint64_t change_ns; /* longest blackout across a change to this mode; 0: there is none that it has time on both sides of */
};

struct mode_analysis {
	struct vcpu_analysis vcpu[BH_MAX_VCPUS]; /* by core, then rank */
	uint32_t n_vcpus;
};

struct analysis {
	struct mode_analysis mode[BH_MAX_MODES];
};

/* True where there are windows, reservations, tasks or several modes; else nobody asked for promises. */
bool analysis_wanted(const struct plan *p);

/* The core's plan in a mode, as core_analyse() takes it. */
void analysis_core(const struct plan *p, const struct mode *m, uint32_t core, struct core_time *out);

const char *analysis_text(const struct plan *p); /* tables, one for each mode; "" where nothing is promised */
const char *analysis_json(const struct plan *p);

/* "linux.1", where a partition has several; "windows, slack" */
const char *analysis_vcpu_name(const struct plan *p, const struct vcpu_analysis *v);
const char *analysis_means(const struct vcpu_analysis *v);

/* "1.34 ms", exact to three digits behind the point, rounded up; NEVER: "never". */
const char *time_up(uint64_t ns);

#endif
