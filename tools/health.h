/* SPDX-License-Identifier: Apache-2.0 */
/* Health policies: what is done about each kind of fault (docs/description.md, "Health"). */
#ifndef TOOLS_HEALTH_H
#define TOOLS_HEALTH_H

#include "tools/plan.h"

const char *health_kind_name(uint32_t fault);				  /* "watchdog" */
const char *health_text(const struct plan *p, const struct bh_health *h); /* "mode:limp-home, tell" */
bool health_does(const struct part *part, uint32_t action);		  /* about any kind, or at its limit */

#endif
