/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REPORT_HEALTH_H
#define TOOLS_REPORT_HEALTH_H

#include "tools/plan.h"

void report_health(const struct plan *p, const struct part *part, struct bytes *b); /* a part of a partition's */

#endif
