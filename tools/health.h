/* SPDX-License-Identifier: Apache-2.0 */
/* Health policies: what is done about each kind of fault (docs/description.md, "Health"). */
#ifndef TOOLS_HEALTH_H
#define TOOLS_HEALTH_H

#include "tools/plan.h"

const char *health_kind_name(uint32_t fault); /* "watchdog" */

/* What is done where the description says nothing; needs part->restart. */
void health_defaults(struct part *part);

#endif
