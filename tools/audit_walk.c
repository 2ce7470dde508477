/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a translation table of the image: 39-bit addresses, 4 KiB granule, from level 1. Stage 2
 * and EL2's stage 1 have the same shape, so one walk does both. It answers merged ranges, and marks
 * every page that it used as a table. Entries must be whole: an unused one is zero, a table entry
 * has no attribute bits. Thus no bit of a table is left unread.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/audit.h"

#define ENTRIES	  512u
#define PA_BITS	  0x0000fffffffff000ull /* output address of a page or table */
#define VALID	  1ull
#define TABLE	  2ull	     /* levels 1, 2: a table; level 3: a page */
#define MAX_STEPS (1u << 22) /* a table that names itself would keep us for ever */

struct walker {
	struct audit *a;
	uint32_t owner;
	uint32_t steps;
	struct audit_ranges *out;
};

static uint64_t level_bytes(uint32_t level)
{
	return 1ull << (39 - 9 * level);
}

/* A table lies behind the kernel and beside the blob, in what the digest covers. */
static const uint64_t *table_at(const struct audit *a, uint64_t pa)
{
	const struct bh_image_header *h = a->h;
	uint64_t first = h->load_pa + h->text_bytes + h->rodata_bytes;

	if (pa % BH_PAGE != 0 || pa < first || pa > h->load_pa + h->covered_bytes - BH_PAGE)
		return NULL;
	if (pa < h->blob_pa + h->blob_bytes && h->blob_pa < pa + BH_PAGE)
		return NULL;
	return image_at(a, pa, BH_PAGE);
}

static bool table_take(struct walker *w, uint64_t pa)
{
	struct audit *a = w->a;
	uint16_t *owner = &a->table_owner[(pa - a->h->load_pa) / BH_PAGE];

	if (*owner != 0 && *owner != w->owner + 1u) {
		finding(a, "table at PA %#" PRIx64 " is used by %s and by %s", pa, owner_name(a, *owner - 1u),
			owner_name(a, w->owner));
		return true;
	}
	a->tables += *owner == 0;
	*owner = (uint16_t)(w->owner + 1);
	return true;
}

static void range_add(struct audit_ranges *out, uint64_t at, uint64_t pa, uint64_t bytes, uint64_t bits)
{
	struct audit_range *last = out->n ? &out->r[out->n - 1] : NULL;

	out->pages += bytes / BH_PAGE;
	if (last && last->at + last->bytes == at && last->pa + last->bytes == pa && last->bits == bits) {
		last->bytes += bytes;
		return;
	}
	if (out->n == out->room) {
		out->room = out->room * 2 + 32;
		out->r = must_alloc(out->r, out->room * sizeof(*out->r));
	}
	out->r[out->n++] = (struct audit_range){ .at = at, .pa = pa, .bytes = bytes, .bits = bits };
}

static void leaf(struct walker *w, uint32_t level, uint64_t entry, uint64_t entry_pa, uint64_t at)
{
	uint64_t bytes = level_bytes(level);

	if ((entry & PA_BITS) % bytes != 0)
		finding(w->a, "%s: block entry at PA %#" PRIx64 " maps %#" PRIx64 " to an address that is not aligned",
			owner_name(w->a, w->owner), entry_pa, at);
	range_add(w->out, at, entry & PA_BITS & ~(bytes - 1), bytes, entry & ~PA_BITS & ~(VALID | TABLE));
}

static void walk_level(struct walker *w, uint64_t table_pa, uint32_t level, uint64_t base)
{
	const uint64_t *table = table_at(w->a, table_pa);

	if (!table) {
		finding(w->a, "%s: table at PA %#" PRIx64 " (for %#" PRIx64 ") is not among the image's tables",
			owner_name(w->a, w->owner), table_pa, base);
		return;
	}
	table_take(w, table_pa);
	for (uint32_t i = 0; i < ENTRIES && w->steps < MAX_STEPS; i++, w->steps++) {
		uint64_t e = table[i], at = base + i * level_bytes(level), entry_pa = table_pa + i * 8ull;

		if ((e & VALID) == 0) {
			if (e != 0)
				finding(w->a, "%s: unused table entry at PA %#" PRIx64 " (for %#" PRIx64 ") is %#" PRIx64,
					owner_name(w->a, w->owner), entry_pa, at, e);
		} else if (level == 3 && (e & TABLE) == 0) {
			finding(w->a, "%s: reserved table entry at PA %#" PRIx64 " (for %#" PRIx64 ")",
				owner_name(w->a, w->owner), entry_pa, at);
		} else if (level == 3 || (e & TABLE) == 0) {
			leaf(w, level, e, entry_pa, at);
		} else {
			if ((e & ~PA_BITS) != (VALID | TABLE))
				finding(w->a, "%s: table entry at PA %#" PRIx64 " (for %#" PRIx64 ") has attributes",
					owner_name(w->a, w->owner), entry_pa, at);
			walk_level(w, e & PA_BITS, level + 1, at);
		}
	}
}

/* AUD-1 */
void walk(struct audit *a, uint64_t root, uint32_t owner, struct audit_ranges *out)
{
	struct walker w = { .a = a, .owner = owner, .steps = 0, .out = out };

	memset(out, 0, sizeof(*out));
	walk_level(&w, root, 1, 0);
	if (w.steps >= MAX_STEPS)
		finding(a, "%s: root at PA %#" PRIx64 " has no end", owner_name(a, owner), root);
}

uint64_t walk_entry(const struct audit *a, uint64_t root, uint64_t at)
{
	for (uint32_t level = 1; level <= 3; level++) {
		const uint64_t *table = table_at(a, root);
		uint64_t i = at / level_bytes(level) % ENTRIES;

		if (!table)
			return 0;
		if (level == 3 || (table[i] & (VALID | TABLE)) != (VALID | TABLE))
			return root + i * 8;
		root = table[i] & PA_BITS;
	}
	return 0;
}

/* What the digest covers is kernel, blob and tables that are used, else zero. */
void walk_tables_alone(struct audit *a)
{
	const struct bh_image_header *h = a->h;
	uint64_t first = (uint64_t)h->text_bytes + h->rodata_bytes, blob = h->blob_pa - h->load_pa;

	for (uint64_t at = first; at < h->covered_bytes; at += BH_PAGE) {
		uint64_t bytes = h->covered_bytes - at < BH_PAGE ? h->covered_bytes - at : BH_PAGE, skip = 0;

		if (a->table_owner[at / BH_PAGE])
			continue;
		if (at + BH_PAGE > blob && at < blob + h->blob_bytes)
			skip = at + bytes < blob + h->blob_bytes ? bytes : blob + h->blob_bytes - at;
		if (!all_zero(a->file + at + skip, bytes - skip))
			finding(a, "page at PA %#" PRIx64 " is neither kernel, blob nor a table that a root leads to",
				h->load_pa + at);
	}
}
