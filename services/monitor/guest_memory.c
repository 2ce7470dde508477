/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking a guest's tables, for all three granules and 48-bit addresses. What decides nothing about the address
 * (permissions, attributes, the access flag) is not looked at. Not known: 52-bit addresses, and tables in big-endian order.
 */
#include "services/monitor/guest_memory.h"

#include <stddef.h>

#define SCTLR_M 1ull

/* TCR_EL1 */
#define TCR_EPD(half) (half ? 1ull << 23 : 1ull << 7)  /* no walks by this TTBR */
#define TCR_TBI(half) (half ? 1ull << 38 : 1ull << 37) /* the top byte is ignored */

#define OUTPUT 0x0000fffffffff000ull /* address bits of a descriptor or TTBR; the granule's lower ones are masked off */
#define FIRST  0x0000fffffffffffeull /* of TTBR: without the ASID, and CnP */
#define VALID  1ull
#define TABLE  2ull

/* How one half of the address space is translated. */
struct regime {
	const struct guest_memory *memory;
	uint32_t granule; /* log2 */
	uint32_t bits;	  /* of addresses */
	uint32_t level;	  /* of the first table */
	uint64_t first;	  /* its address */
	uint64_t high;	  /* the bits above, of every address of this half */
};

/* TG0 and TG1 number the granules in different ways. */
static uint32_t granule_of(uint64_t tcr, bool upper)
{
	static const uint8_t tg0[] = { 12, 16, 14, 0 }, tg1[] = { 0, 14, 12, 16 };

	return upper ? tg1[tcr >> 30 & 3] : tg0[tcr >> 14 & 3];
}

/* Bits of an address below those that index a table of this level. */
static uint32_t shift_of(const struct regime *r, uint32_t level)
{
	return r->granule + (3 - level) * (r->granule - 3);
}

static uint32_t entries_of(const struct regime *r, uint32_t level)
{
	uint32_t bits = r->granule - 3, first = r->bits - shift_of(r, r->level);

	return 1u << (level == r->level ? first : bits);
}

static bool regime_of(const struct guest_memory *m, const struct guest_stage1 *s, bool upper, struct regime *r)
{
	uint64_t tsz = s->tcr >> (upper ? 16 : 0) & 0x3f;
	uint32_t levels;

	r->memory = m;
	r->granule = granule_of(s->tcr, upper);
	if (!r->granule || (s->tcr & TCR_EPD(upper)) || tsz < 16 || tsz > 48)
		return false;
	r->bits = 64 - (uint32_t)tsz;
	levels = (r->bits - 4) / (r->granule - 3); /* (bits - granule) / (granule - 3), rounded up */
	if (levels > 4 || levels == 0)
		return false;
	r->level = 4 - levels;
	r->high = upper ? ~0ull << r->bits : 0;
	/* A first table is aligned to its size, which can be less than a page. */
	r->first = (upper ? s->ttbr1 : s->ttbr0) & FIRST & ~(entries_of(r, r->level) * 8ull - 1);
	return true;
}

static bool read_entry(const struct regime *r, uint64_t table, uint32_t index, uint64_t *descriptor)
{
	const uint8_t *at = guest_at(r->memory, table + index * 8ull, 8);

	if (!at)
		return false;
	*descriptor = *(const volatile uint64_t *)(const void *)at;
	return (*descriptor & VALID) != 0;
}

/* Blocks are of levels 1 and 2 with 4 KiB, else of level 2. At level 3 bit 1 makes a page. */
static bool is_leaf(const struct regime *r, uint32_t level, uint64_t descriptor)
{
	if (level == 3)
		return (descriptor & TABLE) != 0;
	return !(descriptor & TABLE) && (level == 2 || (level == 1 && r->granule == 12));
}

static bool is_table(uint32_t level, uint64_t descriptor)
{
	return level < 3 && (descriptor & TABLE);
}

static uint64_t next_table(const struct regime *r, uint64_t descriptor)
{
	return descriptor & OUTPUT & ~0ull << r->granule;
}

static bool translate(const struct regime *r, uint64_t va, struct guest_span *span)
{
	uint64_t table = r->first, descriptor;

	for (uint32_t level = r->level; level <= 3; level++) {
		uint32_t shift = shift_of(r, level);
		uint64_t below = (1ull << shift) - 1;
		uint32_t index = (uint32_t)(va >> shift) & (entries_of(r, level) - 1);

		if (!read_entry(r, table, index, &descriptor))
			return false;
		if (is_leaf(r, level, descriptor)) {
			span->ipa = (descriptor & OUTPUT & ~below) | (va & below);
			span->bytes = below + 1 - (va & below);
			return true;
		}
		if (!is_table(level, descriptor))
			return false;
		table = next_table(r, descriptor);
	}
	return false;
}

bool guest_translate(const struct guest_memory *m, const struct guest_stage1 *s, uint64_t va, struct guest_span *span)
{
	bool upper = va >> 55 & 1;
	uint64_t known = s->tcr & TCR_TBI(upper) ? ~0ull >> 8 : ~0ull;
	struct regime r;

	span->va = va;
	if (!(s->sctlr & SCTLR_M)) {
		span->ipa = va;
		span->bytes = guest_at(m, va, 1) ? GUEST_RAM + m->bytes - va : 0;
		return span->bytes != 0;
	}
	if (!regime_of(m, s, upper, &r) || ((va ^ r.high) & known) >> r.bits)
		return false;
	return translate(&r, va, span);
}

/* --- everything --- */

struct tour {
	const struct regime *regime;
	uint32_t tables; /* that may still be read */
	bool (*take)(void *arg, const struct guest_span *span);
	void *arg;
	struct guest_span open; /* not handed over yet: what comes next may continue it */
};

static bool hand_over(struct tour *t)
{
	bool more = !t->open.bytes || t->take(t->arg, &t->open);

	t->open.bytes = 0;
	return more;
}

static bool tour_leaf(struct tour *t, uint64_t va, uint64_t ipa, uint64_t bytes)
{
	struct guest_span *o = &t->open;

	if (!guest_at(t->regime->memory, ipa, 1))
		return true;
	if (bytes > GUEST_RAM + t->regime->memory->bytes - ipa)
		bytes = GUEST_RAM + t->regime->memory->bytes - ipa;
	if (o->bytes && o->va + o->bytes == va && o->ipa + o->bytes == ipa) {
		o->bytes += bytes;
		return true;
	}
	if (!hand_over(t))
		return false;
	*o = (struct guest_span){ va, ipa, bytes };
	return true;
}

/* Recursion is as deep as there are levels. */
static bool tour_table(struct tour *t, uint64_t table, uint32_t level, uint64_t va)
{
	const struct regime *r = t->regime;
	uint32_t shift = shift_of(r, level);
	uint64_t descriptor;

	if (!t->tables)
		return false;
	t->tables--;
	for (uint32_t i = 0; i < entries_of(r, level); i++) {
		uint64_t at = va | (uint64_t)i << shift;
		bool more = true;

		if (!read_entry(r, table, i, &descriptor))
			continue;
		if (is_leaf(r, level, descriptor))
			more = tour_leaf(t, at, descriptor & OUTPUT & ~((1ull << shift) - 1), 1ull << shift);
		else if (is_table(level, descriptor))
			more = tour_table(t, next_table(r, descriptor), level + 1, at);
		if (!more)
			return false;
	}
	return true;
}

void guest_mappings(const struct guest_memory *m, const struct guest_stage1 *s, uint32_t tables,
		    bool (*take)(void *arg, const struct guest_span *span), void *arg)
{
	struct tour t = { .tables = tables, .take = take, .arg = arg };
	struct regime r;

	if (!(s->sctlr & SCTLR_M))
		return;
	for (uint32_t upper = 2; upper-- > 0;) {
		if (!regime_of(m, s, upper, &r))
			continue;
		t.regime = &r;
		if (!tour_table(&t, r.first, r.level, r.high))
			break;
		if (!hand_over(&t))
			return;
	}
	(void)hand_over(&t);
}
