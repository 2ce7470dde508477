/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes translation tables: 4 KiB granule, the largest blocks that fit. Tables with equal contents of one owner are one table; addresses
 * have as few bits as the system needs, so roots are short, and share pages.
 */
#ifndef TOOLS_TABLES_H
#define TOOLS_TABLES_H

#include "tools/plan.h"

struct map {
	uint64_t at, pa, bytes;
	uint64_t bits; /* of a leaf, without address and type */
};

struct map_list {
	struct map m[PLAN_REGIONS];
	uint32_t n;
};

void map_add(struct map_list *l, uint64_t at, uint64_t pa, uint64_t bytes, uint64_t bits);

/* el2_map.c, stage2.c */
void el2_map(const struct plan *p, struct map_list *l);
void stage2_map(const struct part *part, struct map_list *l);
void stage2_inspect(const struct part *other, struct map_list *l); /* and its RAM, to be looked at */

#endif
