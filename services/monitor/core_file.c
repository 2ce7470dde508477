/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of ELF, and what of memory is worth most: where a vCPU stands, and the stack it stands on. Structures are written field by
 * field at their places: the layouts are others' (ELF, Linux's elf_prstatus and user_fpsimd_state for arm64).
 */
#include "services/monitor/core_file.h"

#include <stddef.h>

#include "abi/health.h"

#define ELF_HEADER     64u
#define PROGRAM_HEADER 56u
#define ET_CORE	       4u
#define EM_AARCH64     183u
#define PT_LOAD	       1u
#define PT_NOTE	       4u
#define NT_PRSTATUS    1u
#define NT_FPREGSET    2u
#define PRSTATUS_BYTES 392u /* pr_cursig at 12, pr_pid at 32, pr_reg at 112 */
#define FPREGSET_BYTES 528u
#define NOTE_HEADER    20u /* sizes, type, "CORE" and its padding */
#define NOTES_OF_VCPU  (2 * NOTE_HEADER + PRSTATUS_BYTES + FPREGSET_BYTES)
#define HEADERS_MOST   2048u /* program headers: a span is one for each extent it meets */

#define FP 29u
#define SP 31u
#define PC 32u

#define FRAMES	    64u
#define STACK_PAGES 5u /* from the page sp is in on: a Linux kernel's stack has four */

/* --- what is worth most --- */

struct wish {
	uint32_t page[CORE_EXTENTS - 1]; /* numbers within RAM */
	uint32_t n;
};

/* In order, each once. */
static void wish_for(struct wish *w, uint64_t from)
{
	uint32_t page = (uint32_t)(from / CORE_PAGE), i = w->n;

	for (uint32_t k = 0; k < w->n; k++)
		if (w->page[k] == page)
			return;
	if (w->n == CORE_EXTENTS - 1)
		return;
	for (w->n++; i > 0 && w->page[i - 1] > page; i--)
		w->page[i] = w->page[i - 1];
	w->page[i] = page;
}

static void wish_for_va(struct wish *w, const struct guest_memory *m, const struct core_vcpu *v, uint64_t va)
{
	struct guest_span s;

	if (guest_translate(m, &v->stage1, va, &s) && guest_at(m, s.ipa, 1))
		wish_for(w, s.ipa - GUEST_RAM);
}

/*
 * Where the frame records lie (AAPCS64: x29 points to the caller's x29 and x30), which may be on another stack than sp is: a
 * kernel's handlers have their own.
 */
static void wish_for_frames(struct wish *w, const struct guest_memory *m, const struct core_vcpu *v, uint32_t most)
{
	uint64_t frame = v->general[FP];
	struct guest_span s;

	for (uint32_t i = 0; i < FRAMES && w->n < most; i++) {
		const uint8_t *at = guest_translate(m, &v->stage1, frame, &s) ? guest_at(m, s.ipa, 8) : NULL;

		if (!at)
			return;
		wish_for(w, s.ipa - GUEST_RAM);
		__builtin_memcpy(&frame, at, 8);
	}
}

/* Of all vCPUs the innermost first, so that each has something where not all has room. */
static void wish_for_all(struct wish *w, const struct core_plan *p, const struct guest_memory *m, uint32_t most)
{
	for (uint32_t k = 0; k <= STACK_PAGES; k++)
		for (uint32_t i = 0; i < p->n_vcpus && w->n < most; i++) {
			const struct core_vcpu *v = &p->vcpu[i];

			wish_for_va(w, m, v, k ? v->general[SP] + (k - 1) * CORE_PAGE : v->general[PC]);
		}
	for (uint32_t i = 0; i < p->n_vcpus; i++)
		wish_for_frames(w, m, &p->vcpu[i], most);
}

static void add_extent(struct core_plan *p, uint64_t from, uint64_t bytes)
{
	struct core_extent *last = p->n_extents ? &p->extent[p->n_extents - 1] : NULL;

	if (!bytes)
		return;
	if (last && last->from + last->bytes == from)
		last->bytes += bytes;
	else
		p->extent[p->n_extents++] = (struct core_extent){ from, bytes, p->ram_bytes };
	p->ram_bytes += bytes;
}

/* Pages below which all is taken, so that with the wishes above it is @pages in all. */
static uint32_t taken_below(const struct wish *w, uint32_t pages)
{
	uint32_t below = pages - w->n, k = 0;

	for (; k < w->n && w->page[k] <= below; k++)
		below++;
	return below;
}

void core_plan_ram(struct core_plan *p, const struct guest_memory *m, uint64_t most)
{
	struct wish w = { .n = 0 };
	uint32_t pages = (uint32_t)((most < m->bytes ? most : m->bytes) / CORE_PAGE), below;

	p->n_extents = 0;
	p->ram_bytes = 0;
	if (most >= m->bytes) {
		add_extent(p, 0, m->bytes);
		return;
	}
	wish_for_all(&w, p, m, pages);
	below = taken_below(&w, pages);
	add_extent(p, 0, (uint64_t)below * CORE_PAGE);
	for (uint32_t k = 0; k < w.n; k++)
		if (w.page[k] >= below)
			add_extent(p, (uint64_t)w.page[k] * CORE_PAGE, CORE_PAGE);
}

/* --- virtual memory --- */

/* What lies at its physical address is there already. */
static bool take_span(void *arg, const struct guest_span *s)
{
	struct core_plan *p = arg;

	if (s->va != s->ipa && p->n_spans < CORE_SPANS)
		p->span[p->n_spans++] = *s;
	return p->n_spans < CORE_SPANS;
}

/* Stacks first: they must not fall to the limit. */
static void find_stacks(struct core_plan *p, const struct guest_memory *m)
{
	struct guest_span s;

	for (uint32_t i = 0; i < p->n_vcpus; i++)
		for (uint32_t k = 0; k < STACK_PAGES; k++) {
			uint64_t va = (p->vcpu[i].general[SP] & ~(uint64_t)(CORE_PAGE - 1)) + k * CORE_PAGE;

			if (!guest_translate(m, &p->vcpu[i].stage1, va, &s) || !guest_at(m, s.ipa, CORE_PAGE))
				continue;
			s.bytes = CORE_PAGE;
			(void)take_span(p, &s);
		}
}

/* But for the address space's number, and CnP. */
static bool same_table(uint64_t ttbr, uint64_t other)
{
	return ((ttbr ^ other) & 0x0000fffffffffffeull) == 0;
}

/* vCPUs of one kernel differ in TTBR0 alone: the first's processes are shown, and everyone's kernel. */
void core_plan(struct core_plan *p, const struct guest_memory *m, uint64_t most)
{
	const struct guest_stage1 *first = &p->vcpu[p->first].stage1;

	p->n_spans = 0;
	find_stacks(p, m);
	guest_mappings(m, first, CORE_TABLES, take_span, p);
	for (uint32_t i = 0; i < p->n_vcpus; i++)
		if (!same_table(p->vcpu[i].stage1.ttbr1, first->ttbr1))
			guest_mappings(m, &p->vcpu[i].stage1, CORE_TABLES / CORE_VCPUS, take_span, p);
	core_plan_ram(p, m, most);
}

/* --- the file --- */

static void put16(uint8_t *to, uint16_t v)
{
	__builtin_memcpy(to, &v, sizeof v);
}

static void put32(uint8_t *to, uint32_t v)
{
	__builtin_memcpy(to, &v, sizeof v);
}

static void put64(uint8_t *to, uint64_t v)
{
	__builtin_memcpy(to, &v, sizeof v);
}

/* Program headers are counted or, where there is a place, written. */
struct headers {
	uint8_t *to;  /* NULL: counted */
	uint64_t ram; /* where RAM begins in the file */
	uint32_t n;
};

static void add_header(struct headers *h, uint32_t type, uint64_t offset, uint64_t va, uint64_t pa, uint64_t bytes)
{
	uint8_t *to = h->to + h->n * PROGRAM_HEADER;

	h->n++;
	if (!h->to)
		return;
	put32(to, type);
	put32(to + 4, type == PT_LOAD ? 7 : 4); /* read, write, execute */
	put64(to + 8, offset);
	put64(to + 16, va);
	put64(to + 24, pa);
	put64(to + 32, bytes);
	put64(to + 40, type == PT_LOAD ? bytes : 0);
	put64(to + 48, type == PT_LOAD ? CORE_PAGE : 4);
}

/* What of the span is in the core: a piece for each extent that it meets. */
static void add_span(struct headers *h, const struct core_plan *p, const struct guest_span *s)
{
	uint64_t from = s->ipa - GUEST_RAM, end = from + s->bytes;

	for (uint32_t i = 0; i < p->n_extents && h->n < HEADERS_MOST - CORE_EXTENTS; i++) {
		const struct core_extent *e = &p->extent[i];
		uint64_t begin = from > e->from ? from : e->from;
		uint64_t stop = end < e->from + e->bytes ? end : e->from + e->bytes;

		if (begin < stop)
			add_header(h, PT_LOAD, h->ram + e->to + (begin - e->from), s->va + (begin - from), GUEST_RAM + begin,
				   stop - begin);
	}
}

/* Virtual addresses come first: gdb takes the first that has an address. */
static void add_headers(struct headers *h, const struct core_plan *p)
{
	for (uint32_t i = 0; i < p->n_spans; i++)
		add_span(h, p, &p->span[i]);
	for (uint32_t i = 0; i < p->n_extents; i++) {
		const struct core_extent *e = &p->extent[i];

		add_header(h, PT_LOAD, h->ram + e->to, GUEST_RAM + e->from, GUEST_RAM + e->from, e->bytes);
	}
}

static uint32_t count_headers(const struct core_plan *p)
{
	struct headers h = { .to = NULL };

	add_headers(&h, p);
	return h.n + 1; /* and the notes' */
}

static uint64_t notes_at(const struct core_plan *p)
{
	return ELF_HEADER + (uint64_t)count_headers(p) * PROGRAM_HEADER;
}

uint64_t core_header_bytes(const struct core_plan *p)
{
	uint64_t bytes = notes_at(p) + (uint64_t)p->n_vcpus * NOTES_OF_VCPU;

	return (bytes + CORE_PAGE - 1) & ~(uint64_t)(CORE_PAGE - 1);
}

_Static_assert(ELF_HEADER + (1 + CORE_EXTENTS) * PROGRAM_HEADER + CORE_VCPUS * NOTES_OF_VCPU <= BH_DUMP_HEAD,
	       "without virtual memory it is never more");

void core_plan_head(struct core_plan *p, uint64_t bytes)
{
	while (p->n_spans && core_header_bytes(p) > bytes) {
		uint64_t excess = (core_header_bytes(p) - bytes) / PROGRAM_HEADER / CORE_EXTENTS + 1; /* a span has at most so many headers */

		p->n_spans -= excess < p->n_spans ? (uint32_t)excess : p->n_spans;
	}
}

static uint8_t *note(uint8_t *to, uint32_t type, uint32_t bytes)
{
	put32(to, 5); /* "CORE" and its zero */
	put32(to + 4, bytes);
	put32(to + 8, type);
	__builtin_memcpy(to + 12, "CORE", 5);
	return to + NOTE_HEADER;
}

static uint8_t *put_vcpu(uint8_t *to, const struct core_plan *p, uint32_t i)
{
	const struct core_vcpu *v = &p->vcpu[i];

	to = note(to, NT_PRSTATUS, PRSTATUS_BYTES);
	put32(to, i == p->first ? p->signal : 0);
	put16(to + 12, (uint16_t)(i == p->first ? p->signal : 0));
	put32(to + 32, i + 1); /* the thread's number; 0 is none */
	__builtin_memcpy(to + 112, v->general, sizeof v->general);
	put32(to + 384, 1); /* pr_fpvalid */
	to = note(to + PRSTATUS_BYTES, NT_FPREGSET, FPREGSET_BYTES);
	__builtin_memcpy(to, v->vector, sizeof v->vector);
	put32(to + 512, v->fpsr);
	put32(to + 516, v->fpcr);
	return to + FPREGSET_BYTES;
}

static void put_elf(uint8_t *to, uint32_t headers)
{
	static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little-endian */, 1 };

	__builtin_memcpy(to, ident, sizeof ident);
	put16(to + 16, ET_CORE);
	put16(to + 18, EM_AARCH64);
	put32(to + 20, 1);
	put64(to + 32, ELF_HEADER); /* program headers */
	put16(to + 52, ELF_HEADER);
	put16(to + 54, PROGRAM_HEADER);
	put16(to + 56, (uint16_t)headers);
}

void core_header(const struct core_plan *p, uint8_t *to)
{
	struct headers h = { .to = to + ELF_HEADER, .ram = core_header_bytes(p) };
	uint64_t notes = notes_at(p);
	uint8_t *at = to + notes;

	__builtin_memset(to, 0, h.ram);
	add_header(&h, PT_NOTE, notes, 0, 0, (uint64_t)p->n_vcpus * NOTES_OF_VCPU);
	add_headers(&h, p);
	put_elf(to, h.n);
	if (p->n_vcpus)
		at = put_vcpu(at, p, p->first);
	for (uint32_t i = 0; i < p->n_vcpus; i++)
		if (i != p->first)
			at = put_vcpu(at, p, i);
}
