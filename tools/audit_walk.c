/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a translation table of the image: 4 KiB granule, from the level and with as many entries in the root as the addresses' bits say
 * (VTCR_EL2 and TCR_EL2, T0SZ). Stage 2 and EL2's stage 1 have the same shape, so one walk does both. It answers merged ranges, and marks
 * whatever it used as a table. Entries must be whole: an unused one is zero, a table entry has no attribute bits. Thus no bit of a table is
 * left unread.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/audit.h"

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

/* Bits of the addresses that a root translates; where the walk begins; and bytes of the table there. */
static uint32_t root_bits(const struct audit *a, uint32_t root)
{
	return root == ROOT_EL2 ? a->h->va_bits : (uint32_t)a->b->ipa_bits;
}

static uint32_t first_level(uint32_t bits)
{
	return bits > 30 ? 1 : 2;
}

static uint64_t root_bytes(uint32_t bits)
{
	uint64_t bytes = (1ull << bits) / level_bytes(first_level(bits)) * 8;

	return bytes > BH_ROOT_ALIGN ? bytes : BH_ROOT_ALIGN;
}

/* A table lies behind the kernel and beside the blob, in what the digest covers. */
static const uint64_t *table_at(const struct audit *a, uint64_t pa, uint64_t bytes)
{
	const struct bh_image_header *h = a->h;
	uint64_t first = h->load_pa + h->text_bytes + h->rodata_bytes + h->check_bytes;

	if (pa % bytes != 0 || pa < first || pa > h->load_pa + h->covered_bytes - bytes)
		return NULL;
	if (pa < h->blob_pa + h->blob_bytes && h->blob_pa < pa + bytes)
		return NULL;
	return image_at(a, pa, bytes);
}

/* A root is used as one only, a page of tables as one only: what is taken twice is taken by the same owner, as a whole. */
static void table_take(struct walker *w, uint64_t pa, uint64_t bytes)
{
	struct audit *a = w->a;
	uint16_t *owner = &a->table_owner[(pa - a->h->load_pa) / BH_ROOT_ALIGN], taken = 0;

	for (uint64_t i = 0; i < bytes / BH_ROOT_ALIGN; i++) {
		if (owner[i] != 0 && owner[i] != w->owner + 1u) {
			finding(a, "table at PA %#" PRIx64 " is used by %s and by %s", pa, owner_name(a, owner[i] - 1u), owner_name(a, w->owner));
			return;
		}
		taken = (uint16_t)(taken + (owner[i] != 0));
	}
	if (taken != 0 && taken != bytes / BH_ROOT_ALIGN)
		finding(a, "table at PA %#" PRIx64 " of %s overlaps another of its tables", pa, owner_name(a, w->owner));
	a->table_bytes += taken ? 0 : bytes;
	for (uint64_t i = 0; i < bytes / BH_ROOT_ALIGN; i++)
		owner[i] = (uint16_t)(w->owner + 1);
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

static void walk_level(struct walker *w, uint64_t table_pa, uint64_t bytes, uint32_t level, uint64_t base)
{
	const uint64_t *table = table_at(w->a, table_pa, bytes);

	if (!table) {
		finding(w->a, "%s: table at PA %#" PRIx64 " (for %#" PRIx64 ") is not among the image's tables",
			owner_name(w->a, w->owner), table_pa, base);
		return;
	}
	table_take(w, table_pa, bytes);
	for (uint32_t i = 0; i < bytes / 8 && w->steps < MAX_STEPS; i++, w->steps++) {
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
			walk_level(w, e & PA_BITS, BH_PAGE, level + 1, at);
		}
	}
}

/* AUD-1 */
void walk(struct audit *a, struct audit_walked *r)
{
	struct walker w = { .a = a, .owner = r->owner, .steps = 0, .out = &r->found };
	uint32_t bits = root_bits(a, r->root);

	memset(&r->found, 0, sizeof(r->found));
	walk_level(&w, r->pa, root_bytes(bits), first_level(bits), 0);
	if (w.steps >= MAX_STEPS)
		finding(a, "%s: root at PA %#" PRIx64 " has no end", owner_name(a, r->owner), r->pa);
}

uint64_t walk_entry(const struct audit *a, uint32_t root, uint64_t pa, uint64_t at)
{
	uint32_t bits = root_bits(a, root);
	uint64_t bytes = root_bytes(bits);

	for (uint32_t level = first_level(bits); level <= 3; level++) {
		const uint64_t *table = table_at(a, pa, bytes);
		uint64_t i = at / level_bytes(level) % (BH_PAGE / 8);

		if (!table || i >= bytes / 8)
			return 0;
		if (level == 3 || (table[i] & (VALID | TABLE)) != (VALID | TABLE))
			return pa + i * 8;
		pa = table[i] & PA_BITS;
		bytes = BH_PAGE;
	}
	return 0;
}

uint32_t table_user(const struct audit *a, uint64_t page)
{
	for (uint64_t at = page / BH_ROOT_ALIGN; at < (page + BH_PAGE) / BH_ROOT_ALIGN; at++)
		if (a->table_owner[at])
			return a->table_owner[at];
	return 0;
}

/* What the digest covers is kernel, blob and tables that are used, else zero. */
void walk_tables_alone(struct audit *a)
{
	const struct bh_image_header *h = a->h;
	uint64_t first = (uint64_t)h->text_bytes + h->rodata_bytes + h->check_bytes, blob = h->blob_pa - h->load_pa;

	for (uint64_t at = first; at < h->covered_bytes; at += BH_ROOT_ALIGN) {
		uint64_t bytes = h->covered_bytes - at < BH_ROOT_ALIGN ? h->covered_bytes - at : BH_ROOT_ALIGN, skip = 0;

		if (a->table_owner[at / BH_ROOT_ALIGN])
			continue;
		if (at + bytes > blob && at < blob + h->blob_bytes)
			skip = at + bytes < blob + h->blob_bytes ? bytes : blob + h->blob_bytes - at;
		if (!all_zero(a->file + at + skip, bytes - skip)) {
			finding(a, "page at PA %#" PRIx64 " is neither kernel, blob nor a table that a root leads to",
				h->load_pa + at / BH_PAGE * BH_PAGE);
			at |= BH_PAGE - BH_ROOT_ALIGN; /* of each page once */
		}
	}
}
