/* SPDX-License-Identifier: Apache-2.0 */
/* What layout.c does until nothing grows, and ram_layout.c in each turn of it. */
#ifndef TOOLS_LAYOUT_H
#define TOOLS_LAYOUT_H

#include "tools/plan.h"

/* Of a piece of memory: what is large lies so that blocks map it. */
static inline uint64_t plan_align(uint64_t bytes)
{
	return bytes >= PLAN_BIG ? PLAN_BIG : BH_PAGE;
}

void ram_place(struct plan *p);		/* each partition's RAM; blames what does not fit */
void image_place_check(struct plan *p); /* blames an image that ends beyond the board's memory */

#endif
