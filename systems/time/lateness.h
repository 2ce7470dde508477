/* SPDX-License-Identifier: Apache-2.0 */
/* How late a control loop begins its steps: against the plan's instants, which do not drift. */
#ifndef SYSTEMS_TIME_LATENESS_H
#define SYSTEMS_TIME_LATENESS_H

#include "sdk/bulkhead.h"

struct lateness {
	uint64_t most_ns, sum_ns, worst_ns; /* of this report; of all */
	uint64_t last;			    /* the instant before, ticks */
	uint32_t steps, missed;		    /* of this report; ever */
};

/* A step begins that was due at an instant; one comes every @step ticks. */
static inline void lateness_take(struct lateness *l, uint64_t due, uint64_t step)
{
	uint64_t late_ns = bh_time_to_ns(bh_time_ticks() - due);

	if (l->last && due - l->last > step)
		l->missed += (uint32_t)((due - l->last) / step) - 1;
	l->last = due;
	l->most_ns = l->most_ns > late_ns ? l->most_ns : late_ns;
	l->worst_ns = l->worst_ns > late_ns ? l->worst_ns : late_ns;
	l->sum_ns += late_ns;
	l->steps++;
}

/* A line about the steps since the last one. */
static inline void lateness_show(struct lateness *l, const char *what)
{
	bh_printf("%s: %u steps late by %u ns, at most %u (worst %u), %u missed\n", what, l->steps, (uint32_t)(l->sum_ns / l->steps),
		  (uint32_t)l->most_ns, (uint32_t)l->worst_ns, l->missed);
	l->sum_ns = l->most_ns = l->steps = 0;
}

/* The work of a step. */
static inline void work_for(uint64_t ns)
{
	uint64_t end = bh_time_in_ns(ns);

	while (bh_time_ticks() < end)
		;
}

#endif
