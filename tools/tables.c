/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/tables.h"

#include <string.h>

#define ENTRIES 512u
#define VALID	1ull
#define TABLE	2ull /* levels 1 and 2: a table; level 3: a page */

void map_add(struct map_list *l, uint64_t at, uint64_t pa, uint64_t bytes, uint64_t bits)
{
	if (l->n == sizeof(l->m) / sizeof(l->m[0]))
		fail("too many mappings in one address space");
	if (bytes)
		l->m[l->n++] = (struct map){ .at = at, .pa = pa, .bytes = align_up(bytes, BH_PAGE), .bits = bits };
}

static uint64_t level_bytes(uint32_t level)
{
	return 1ull << (39 - 9 * level);
}

/* A finished table: the address of an equal one, or of a new one. */
static uint64_t intern(struct plan *p, const uint64_t *table, size_t first)
{
	for (size_t at = first * BH_PAGE; at < p->tables.n; at += BH_PAGE)
		if (memcmp(p->tables.at + at, table, BH_PAGE) == 0)
			return p->tables_pa + at;
	bytes_add(&p->tables, table, BH_PAGE);
	return p->tables_pa + p->tables.n - BH_PAGE;
}

static const struct map *map_in(const struct map_list *l, uint64_t at, uint64_t bytes)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->m[i].at < at + bytes && at < l->m[i].at + l->m[i].bytes)
			return &l->m[i];
	return NULL;
}

static uint64_t build(struct plan *p, const struct map_list *l, size_t first, uint32_t level, uint64_t base)
{
	uint64_t table[ENTRIES], bytes = level_bytes(level);

	for (uint32_t i = 0; i < ENTRIES; i++) {
		uint64_t at = base + i * bytes;
		const struct map *m = map_in(l, at, bytes);
		bool whole = m && m->at <= at && at + bytes <= m->at + m->bytes && (m->pa + (at - m->at)) % bytes == 0;

		if (!m)
			table[i] = 0;
		else if (whole)
			table[i] = (m->pa + (at - m->at)) | m->bits | VALID | (level == 3 ? TABLE : 0);
		else
			table[i] = build(p, l, first, level + 1, at) | VALID | TABLE;
	}
	return intern(p, table, first);
}

uint64_t tables_build(struct plan *p, const struct map_list *l, size_t first)
{
	return build(p, l, first, 1, 0);
}

/* For each partition that it may inspect: all that it has when it runs, and that one's RAM. */
static void inspect_roots(struct plan *p, struct part *part, size_t first)
{
	struct map_list l = { .n = 0 };

	for (uint32_t i = 0; i < part->n_controls; i++) {
		struct control *c = &part->control[i];

		if (!(c->rights & BH_CONTROL_MAY_INSPECT))
			continue;
		stage2_map(part, false, &l);
		stage2_inspect(&p->part[c->part], &l);
		c->root = tables_build(p, &l, first);
	}
}

void tables_write(struct plan *p)
{
	struct map_list l = { .n = 0 };

	p->tables.n = 0;
	p->empty_root = tables_build(p, &l, 0);
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];
		size_t first = p->tables.n / BH_PAGE;

		stage2_map(part, false, &l);
		part->run_root = tables_build(p, &l, first);
		stage2_map(part, true, &l);
		part->load_root = tables_build(p, &l, first);
		inspect_roots(p, part, first);
	}
	el2_map(p, &l);
	p->el2_root = tables_build(p, &l, p->tables.n / BH_PAGE);
}
