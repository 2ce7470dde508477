/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the report (report.c). */
#ifndef TOOLS_REPORT_CHANNELS_H
#define TOOLS_REPORT_CHANNELS_H

#include "tools/plan.h"

void report_channels(const struct plan *p, struct bytes *b);
void report_controls(const struct plan *p, const struct part *part, struct bytes *b);

#endif
