/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one core's plan promises to each of its vCPUs: pure functions of windows, budgets and the kernel's costs,
 * that know nothing of descriptions. docs/time.md says what each figure means and why it holds.
 * Every figure is a bound: nothing that the rules of scheduling (abi/blob.h, "Time") allow comes out worse.
 */
#ifndef TOOLS_ANALYSIS_CORE_H
#define TOOLS_ANALYSIS_CORE_H

#include "tools/plan.h"

#define NEVER (~0ull) /* no bound can be given */

struct core_task {
	uint64_t period_ns, cost_ns, deadline_ns;
};

struct core_vcpu {
	uint32_t partition; /* those of one partition take turns */
	bool out;	    /* does not run in this mode */
	uint32_t lines;	    /* device interrupts that its partition owns: each may come to this core */
	uint64_t budget_ns, period_ns;
	struct core_task task[PLAN_TASKS]; /* its whole work, most urgent first; none: it may want to run always */
	uint32_t n_tasks;
};

struct core_window {
	uint64_t start_ns, end_ns;
	uint32_t ranks;
};

struct core_time {
	struct overhead cost;
	bool one_mode; /* frames and reservations have begun together and never leave each other's phase */
	uint64_t frame_ns;
	struct core_window window[BH_MAX_CORE_WINDOWS]; /* sorted; none: `always` holds */
	uint32_t n_windows;
	uint32_t always;			  /* ranks */
	struct core_vcpu vcpu[BH_MAX_CORE_VCPUS]; /* by rank */
	uint32_t n_vcpus;
};

struct core_figures {
	double share;	       /* of the core, in the long run */
	uint64_t frame_ns;     /* in each frame at least; without windows 0 */
	uint64_t blackout_ns;  /* longest stretch in which it may get nothing though it always wants to run */
	uint64_t interrupt_ns; /* from a device's interrupt or a message to its handler's first instruction */
	uint64_t funded_ns;    /* the same, while it has budget left; NEVER without a reservation */
	uint64_t late_ns;      /* from a window's start to its first instruction there; NEVER: without windows, or one may pass */
	uint64_t start_ns;     /* from a mode's start to its first instruction: what a change of mode adds */
	uint64_t tail_ns;      /* it may have got nothing for so long when a frame ends */
	uint64_t need_ns;      /* with a reservation: all of a budget has been given so long after its period began */
	uint64_t response_ns[PLAN_TASKS];
};

/* @out: one for each vCPU of the core, by rank. */
void core_analyse(const struct core_time *c, struct core_figures *out);

/* How much of a window may have passed before its most urgent vCPU runs, were it as long as that takes. @f: as core_analyse() left them. */
uint64_t core_window_lost(const struct core_time *c, uint32_t window, const struct core_figures *f);

/* Longest blackout of a vCPU from one mode to the next. */
uint64_t core_change(const struct core_figures *from, const struct core_figures *to, bool at_once);

#endif
