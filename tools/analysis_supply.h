/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supply of time to one vCPU, and when it has sufficed at the latest. A supply is pieces of a frame that comes again and
 * again (windows, or the periods of a reservation), less what rivals may take of them.
 * Everything here rounds so that the answer is never too early.
 */
#ifndef TOOLS_ANALYSIS_SUPPLY_H
#define TOOLS_ANALYSIS_SUPPLY_H

#include "tools/analysis_core.h"

/* Who may run instead: a reservation, or a task of a more urgent vCPU in the same window. */
struct rival {
	uint32_t rank;
	bool budget; /* may take its time at any moment of its period; a task takes it after its release only */
	bool fixed;  /* its periods begin with the frames */
	uint64_t take_ns, every_ns;
	uint64_t once_ns;   /* and so much more in any one stretch */
	uint64_t jitter_ns; /* of a task: it may still be about what was released so long ago */
};

struct piece {
	uint64_t start_ns, end_ns;
	uint64_t cost_ns; /* the kernel's, before the first instruction */
	uint32_t ranks;	  /* whose tasks may be rivals in it */
};

#define SUPPLY_RIVALS (BH_MAX_CORE_VCPUS * PLAN_TASKS)
struct supply {
	uint64_t frame_ns;
	struct piece piece[BH_MAX_CORE_WINDOWS];
	uint32_t n_pieces;
	bool endless;	  /* one piece without an end, and no frame */
	uint64_t most_ns; /* of each piece */
	uint64_t cut_ns;  /* the kernel's, where it becomes ready within a piece */
	struct rival rival[SUPPLY_RIVALS];
	uint32_t n_rivals;
	uint64_t limit_ns; /* what is later is NEVER */
};

/* What is to be done from a moment on: so much, and what more urgent tasks of the same vCPU want meanwhile. */
struct demand {
	uint64_t first_ns;
	const struct core_task *task;
	uint32_t n_tasks;
	uint64_t job_ns;	    /* on top of each task's cost */
	uint32_t turns;		    /* siblings that take turns, with it */
	uint64_t slice_ns, turn_ns; /* a slice; the same with the switch to it */
};

/* When d has been done that begins at from_ns (of frame 0), at the latest. @skip: nothing is left of the piece under way. */
uint64_t supply_end(const struct supply *s, const struct demand *d, uint64_t from_ns, bool skip);

/* The longest that d may take, from any moment on. */
uint64_t supply_worst(const struct supply *s, const struct demand *d);

uint64_t supply_frame(const struct supply *s); /* in each frame at least */
double supply_share(const struct supply *s);   /* in the long run */

#endif
