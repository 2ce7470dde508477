/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REPORT_SCHEDULE_H
#define TOOLS_REPORT_SCHEDULE_H

#include "tools/plan.h"

void report_schedule(const struct plan *p, struct bytes *b);
/* A partition's own lines: its reservation, its tasks, and its rights over time. */
void report_part_time(const struct plan *p, const struct part *part, struct bytes *b);

#endif
