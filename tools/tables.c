/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/tables.h"

#include <string.h>

#include "lib/blob_at.h"

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

static bool is_roots(const struct plan *p, size_t at)
{
	const size_t *page = (const size_t *)p->root_pages.at;

	for (size_t i = 0; i < p->root_pages.n / sizeof(*page); i++)
		if (page[i] == at)
			return true;
	return false;
}

/* A finished table: the address of an equal one, or of a new one. */
static uint64_t intern(struct plan *p, const uint64_t *table, size_t first)
{
	for (size_t at = first * BH_PAGE; at < p->tables.n; at += BH_PAGE)
		if (!is_roots(p, at) && memcmp(p->tables.at + at, table, BH_PAGE) == 0)
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

static void fill(struct plan *p, const struct map_list *l, size_t first, uint32_t level, uint64_t base, uint64_t *table, uint32_t n)
{
	uint64_t bytes = level_bytes(level);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = base + i * bytes, below[ENTRIES];
		const struct map *m = map_in(l, at, bytes);
		bool whole = m && m->at <= at && at + bytes <= m->at + m->bytes && (m->pa + (at - m->at)) % bytes == 0;

		if (!m) {
			table[i] = 0;
		} else if (whole) {
			table[i] = (m->pa + (at - m->at)) | m->bits | VALID | (level == 3 ? TABLE : 0);
		} else {
			fill(p, l, first, level + 1, at, below, ENTRIES);
			table[i] = intern(p, below, first) | VALID | TABLE;
		}
	}
}

static uint32_t bits_for(uint64_t end, uint32_t least)
{
	uint32_t bits = least;

	while (end > 1ull << bits)
		bits++;
	return bits;
}

/* As few as hold what every partition has. */
static uint32_t ipa_bits(const struct plan *p)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < p->n_parts; i++) {
		const struct part *part = &p->part[i];

		for (uint32_t r = 0; r < part->n_regions; r++)
			end = max_u64(end, part->region[r].ipa + part->region[r].bytes);
		for (uint32_t c = 0; c < part->n_controls; c++)
			if (part->control[c].rights & BH_CONTROL_MAY_INSPECT)
				end = max_u64(end, BH_INSPECT_IPA + p->part[part->control[c].part].ram_bytes);
	}
	return bits_for(end, BH_IPA_BITS_MIN);
}

/* Begins a page of roots. */
static void roots_page(struct plan *p)
{
	size_t at = p->tables.n;

	bytes_add(&p->root_pages, &at, sizeof(at));
	bytes_add(&p->tables, NULL, BH_PAGE);
	p->root_at = at;
}

/* Roots are as long as their addresses have bits: many find room in one page. One that is `alone` has a page of its own. */
static uint64_t root_put(struct plan *p, const uint64_t *root, uint64_t bytes, bool alone)
{
	size_t left = p->root_at, at = align_up(left, bytes);

	if (alone || left == 0 || left / BH_PAGE != (at + bytes - 1) / BH_PAGE) {
		roots_page(p);
		at = p->root_at;
	}
	memcpy(p->tables.at + at, root, bytes);
	p->root_at = alone ? left : at + bytes;
	if (p->root_at % BH_PAGE == 0)
		p->root_at = 0;
	return p->tables_pa + at;
}

struct shape {
	uint32_t level; /* where the walk begins */
	uint32_t entries;
	uint64_t bytes;
	bool alone;
};

static uint64_t build(struct plan *p, const struct map_list *l, size_t first, struct shape s)
{
	uint64_t root[ENTRIES] = { 0 };

	fill(p, l, first, s.level, 0, root, s.entries);
	return root_put(p, root, s.bytes, s.alone);
}

/* The kernel copies a dedicated partition's root, by mapping its page: nothing else is in it. */
static uint64_t stage2_build(struct plan *p, const struct part *part, const struct map_list *l, size_t first)
{
	return build(p, l, first,
		     (struct shape){ .level = 1, .entries = 1u << (p->ipa_bits - 30), .bytes = blob_root_bytes(p->ipa_bits), .alone = part && part->dedicated });
}

static uint64_t el2_build(struct plan *p, const struct map_list *l)
{
	return build(p, l, p->tables.n / BH_PAGE,
		     (struct shape){ .level = 2, .entries = 1u << (p->va_bits - 21), .bytes = blob_kernel_root_bytes(p->va_bits) });
}

/* For each partition that it may inspect: all that it has when it runs, and that one's RAM. */
static void inspect_roots(struct plan *p, struct part *part, size_t first)
{
	struct map_list l = { .n = 0 };

	for (uint32_t i = 0; i < part->n_controls; i++) {
		struct control *c = &part->control[i];

		if (!(c->rights & BH_CONTROL_MAY_INSPECT))
			continue;
		stage2_map(part, &l);
		stage2_inspect(&p->part[c->part], &l);
		c->root = stage2_build(p, part, &l, first);
	}
}

void tables_write(struct plan *p)
{
	struct map_list l = { .n = 0 };

	p->tables.n = p->root_pages.n = p->root_at = 0;
	p->ipa_bits = ipa_bits(p);
	p->empty_root = stage2_build(p, NULL, &l, 0);
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];
		size_t first = p->tables.n / BH_PAGE;

		stage2_map(part, &l);
		part->root = stage2_build(p, part, &l, first);
		inspect_roots(p, part, first);
	}
	el2_map(p, &l);
	p->el2_root = el2_build(p, &l);
}
