/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor: who is told of faults, sees what the system does, and takes dumps (docs/description.md, "Health"). */
#ifndef TOOLS_MONITOR_H
#define TOOLS_MONITOR_H

#include "tools/plan.h"

/* Who it is and whom it inspects, and dumps. In relate(), when `controls` are known. */
void monitor_relate(struct plan *p);

const struct control *control_of(const struct part *part, uint32_t other); /* NULL: it may do nothing to it */

/* Does partition @who have @whom controlled by asking the monitor? The channel by which; NULL: no. */
const struct channel *monitor_grant(const struct plan *p, uint32_t who, uint32_t whom);

uint64_t dump_bytes(const struct part *part); /* of its RAM, in a dump */

#endif
