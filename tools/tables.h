/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes translation tables: 39-bit addresses, 4 KiB granule, from level 1, the largest blocks that
 * fit. Tables with equal contents of one owner are one table.
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

/* Answers the root's physical address. Tables from page @first of p->tables on may be shared. */
uint64_t tables_build(struct plan *p, const struct map_list *l, size_t first);

/* el2_map.c, stage2.c */
void el2_map(const struct plan *p, struct map_list *l);
void stage2_map(const struct part *part, bool loading, struct map_list *l);
void stage2_inspect(const struct part *other, struct map_list *l); /* and its RAM, to be looked at */

#endif
