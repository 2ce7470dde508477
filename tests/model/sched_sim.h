/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One core's scheduling by the rules of abi/blob.h ("Time"), event by event, with the kernel's costs, against whatever the other
 * vCPUs do: to see how long one of them really waits. It shares nothing with the analysis but the description of the core
 * (struct core_time).
 */
#ifndef TESTS_MODEL_SCHED_SIM_H
#define TESTS_MODEL_SCHED_SIM_H

#include "tools/analysis_core.h"

#define SIM_LINES 8u

/* What a vCPU wants: its tasks where it declares some, else to run from one moment to another, or in bursts. */
struct sim_want {
	uint64_t from_ns, until_ns;
	uint64_t quiet_ns, loud_ns;  /* but not from the one to the other */
	bool shadows;		     /* only while the victim's window is open */
	uint64_t burst_ns, pause_ns; /* 0: all the time; else up to so long, by chance */
	uint64_t release_ns;	     /* first release of its tasks; then as soon as their periods allow */
	bool wakes;		     /* sleeps until an interrupt at from_ns, whose handler is one instruction */
};

struct sim_run {
	const struct core_time *plan;
	const struct core_time *next; /* the mode that is changed to at change_ns; NULL: none */
	uint64_t change_ns;
	uint32_t slack; /* ranks */
	uint32_t victim;
	struct sim_want want[BH_MAX_CORE_VCPUS];
	uint64_t offset_ns[BH_MAX_CORE_VCPUS]; /* of each reservation's first instant */
	uint64_t spent_ns[BH_MAX_CORE_VCPUS];  /* of the budget that it begins with */
	uint64_t end_ns;
	bool worst_costs;  /* the kernel always takes as long as it may; else by chance */
	uint64_t lines_ns; /* others' interrupts come so long after who runs has begun to; ~0: none */

	/* what was seen */
	uint64_t blackout_ns;		  /* longest time without an instruction, from want.from on */
	uint64_t late_ns;		  /* longest from a window's start to its first instruction, where it did not run before */
	uint64_t interrupt_ns;		  /* from its interrupt to its handler */
	uint64_t response_ns[PLAN_TASKS]; /* longest; unfinished ones count as long as they have lasted */
	uint64_t served_ns;
};

void sim(struct sim_run *r, uint64_t *seed);

/* Below n; splitmix64. */
uint64_t sim_random(uint64_t *seed, uint64_t n);

#endif
