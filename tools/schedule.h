/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the schedule's planning: schedule.c (modes), schedule_windows.c (windows of a mode), schedule_own.c (what a partition says of itself). */
#ifndef TOOLS_SCHEDULE_H
#define TOOLS_SCHEDULE_H

#include "tools/plan.h"

/* Partitions are words of bits by number, cores by place in plan.core, ranks by place on their core. */
uint32_t schedule_ranks(const struct plan *p, uint32_t core, uint32_t parts); /* of these partitions' vCPUs on that core */
const char *schedule_names(const struct plan *p, uint32_t parts);	      /* "control, linux" */
const char *schedule_ms(uint64_t ns);					      /* "11.2 ms" */

/* Of all partitions: budget_ns, period_ns, task. */
void schedule_own(struct plan *p);

/* A mode's windows, sorted and checked; m->frame_ns is known. */
void schedule_windows(struct plan *p, struct mode *m);

#endif
