/* SPDX-License-Identifier: Apache-2.0 */
/* The C header of a partition; after channels_relate(). Names that would be the same are blamed. */
#ifndef TOOLS_HEADER_H
#define TOOLS_HEADER_H

#include "tools/plan.h"

const char *header(struct plan *p, const char *name);

#endif
