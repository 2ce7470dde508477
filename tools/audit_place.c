/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wanted pieces seen from physical memory: where each may lie, and who may share a page with
 * whom. Together with space_check() (each root maps exactly its pieces) this is the proof of
 * isolation: a page that two can reach is one of the pairs below.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "tools/audit.h"

static bool within(uint64_t at, uint64_t bytes, uint64_t base, uint64_t size)
{
	return at >= base && at - base <= size && bytes <= size - (at - base);
}

static bool meet(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

static bool within_any(const struct audit_want *w, const struct audit_span *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (within(w->pa, w->bytes, s[i].base, s[i].bytes))
			return true;
	return false;
}

static bool meets_any(const struct audit_want *w, const struct audit_span *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (meet(w->pa, w->bytes, s[i].base, s[i].bytes))
			return true;
	return false;
}

static const char *ram_place(const struct audit *a, const struct audit_want *w)
{
	const struct bh_image_header *h = a->h;
	const struct audit_part *p = &a->d.part[a->part_of[w->owner]];

	if (!within_any(w, a->d.memory, a->d.n_memories))
		return "is not memory of the board";
	if (meets_any(w, a->d.reserved, a->d.n_reserved))
		return "is reserved by the board";
	/* A payload that lies in its RAM comes with the file, behind what the digest covers. */
	if (p->restart && meet(w->pa, w->bytes, h->load_pa, h->image_size))
		return "overlaps the image";
	if (!p->restart && (meet(w->pa, w->bytes, h->load_pa, h->covered_bytes) ||
			    meet(w->pa, w->bytes, h->bss_pa, h->bss_bytes) ||
			    meet(w->pa, w->bytes, h->state_pa, h->state_bytes) ||
			    meet(w->pa, w->bytes, h->share_pa, h->share_bytes)))
		return "overlaps the kernel";
	return NULL;
}

static const char *device_place(const struct audit *a, const struct audit_want *w)
{
	if (meets_any(w, a->d.memory, a->d.n_memories))
		return "is memory of the board, not a device";
	if (w->owner != AUDIT_KERNEL && (meets_any(w, &a->d.gicd, 1) || meets_any(w, &a->d.gicr, 1)))
		return "is the interrupt controller";
	return NULL;
}

static const char *share_place(const struct audit *a, const struct audit_want *w)
{
	return within(w->pa, w->bytes, a->h->share_pa, a->h->share_bytes) ? NULL : "is outside the shared memory";
}

/* NULL, or what is wrong with the place of a piece. */
static const char *place_wrong(const struct audit *a, const struct audit_want *w)
{
	const struct bh_image_header *h = a->h;

	switch (w->what) {
	case WHAT_RAM:
		return ram_place(a, w);
	case WHAT_DEVICE:
	case WHAT_GIC:
	case WHAT_UART:
		return device_place(a, w);
	case WHAT_INFO:
	case WHAT_CONST:
	case WHAT_STUB:
	case WHAT_PARAMS:
	case WHAT_PRISTINE:
	case WHAT_SHARED: /* in the file as zeros; the kernel has no window to it */
	case WHAT_CARRIED:
		return within(w->pa, w->bytes, h->load_pa + h->covered_bytes, h->file_bytes - h->covered_bytes) ? NULL : "is not among the image's payloads";
	case WHAT_QUEUE:
	case WHAT_SERVER:
	case WHAT_LOG:
	case WHAT_TRACE:
	case WHAT_IN:
	case WHAT_OUT:
		return share_place(a, w);
	case WHAT_INSPECTED: /* where that RAM is, and that is looked at by itself */
		return NULL;
	case WHAT_TEXT:
	case WHAT_RODATA:
	case WHAT_BLOB:
	case WHAT_ROOT:
		return within(w->pa, w->bytes, h->load_pa, h->covered_bytes) ? NULL : "is not in what the digest covers";
	case WHAT_BSS:
	case WHAT_STATE:
	case WHAT_STACK:
	case WHAT_DOOR:
		/* What lies there first has run when these are written. */
		if (within(w->pa, w->bytes, h->load_pa + h->text_bytes + h->rodata_bytes, h->check_bytes))
			return NULL;
		return within(w->pa, w->bytes, h->load_pa + h->file_bytes, h->image_size - h->file_bytes) ? NULL : "is not behind the file, nor where the boot checks are";
	}
	return "has no known purpose";
}

/* The RAM of the partition that it is of, whole, as its holder sees it by a root of its own. */
static bool may_inspect(const struct audit_want *x, const struct audit_want *y)
{
	const struct audit_want *seen = x->what == WHAT_INSPECTED ? x : y, *ram = seen == x ? y : x;

	return ram->what == WHAT_RAM && ram->owner == seen->object && ram->pa == seen->pa && ram->bytes == seen->bytes &&
	       !(seen->rights & BH_EXECUTE);
}

/* May two pieces hold the same page? Every pair that is not named here may not. */
static bool may_share(const struct audit_want *x, const struct audit_want *y)
{
	if (x->what == WHAT_CONST && y->what == WHAT_CONST) /* what it holds is known, see audit_info.c */
		return !((x->rights | y->rights) & BH_WRITE);
	if (x->owner == y->owner)
		return false;
	if (x->what == WHAT_UART || y->what == WHAT_UART) /* the kernel's last words, and the owner */
		return x->what == WHAT_DEVICE || y->what == WHAT_DEVICE;
	if (x->what == WHAT_INSPECTED || y->what == WHAT_INSPECTED)
		return may_inspect(x, y);
	if (x->what != y->what || x->pa != y->pa || x->bytes != y->bytes)
		return false;
	switch (x->what) {
	case WHAT_STUB: /* the same code for all, written by nobody */
		return !((x->rights | y->rights) & BH_WRITE);
	case WHAT_SHARED: /* each end by its own want: who may, and with which rights */
	case WHAT_CARRIED:
		return x->owner != AUDIT_KERNEL && y->owner != AUDIT_KERNEL && x->object == y->object;
	case WHAT_QUEUE:
	case WHAT_SERVER:
	case WHAT_IN: /* one partition's and the kernel's */
	case WHAT_OUT:
		return (x->owner == AUDIT_KERNEL || y->owner == AUDIT_KERNEL) && x->object == y->object;
	case WHAT_LOG:
	case WHAT_TRACE: /* the kernel's, and any number of readers' */
		return (x->owner == AUDIT_KERNEL || !(x->rights & BH_WRITE)) && (y->owner == AUDIT_KERNEL || !(y->rights & BH_WRITE));
	default:
		return false;
	}
}

static int by_pa(const void *x, const void *y)
{
	const struct audit_want *a = x, *b = y;

	return a->pa < b->pa ? -1 : a->pa > b->pa;
}

/* MEM-1: two that meet must be declared to share. */
static void check_sharing(struct audit *a, const struct audit_want *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = i + 1; j < n; j++) {
			if (w[j].pa >= w[i].pa + w[i].bytes && w[i].bytes)
				break;
			if (meet(w[i].pa, w[i].bytes, w[j].pa, w[j].bytes) && !may_share(&w[i], &w[j]))
				finding(a,
					"page at PA %#" PRIx64 " is %s of %s (at %#" PRIx64 ") and %s of %s (at %#" PRIx64 ")",
					w[j].pa, what_name(w[i].what), owner_name(a, w[i].owner), w[i].at,
					what_name(w[j].what), owner_name(a, w[j].owner), w[j].at);
		}
}

/* The kernel reads a root that it copies to a dedicated core's: want_doors(). It begins the page that is mapped for it, which holds no other table. */
static bool is_root_to_copy(const struct audit *a, const struct audit_want *w, uint64_t pa)
{
	return w->what == WHAT_ROOT && w->owner == AUDIT_KERNEL && w->rights == BH_READ && w->bytes == BH_PAGE && pa >= w->pa &&
	       pa - w->pa < blob_root_bytes(a->b->ipa_bits);
}

/* No other table may be reached by anybody: the kernel, too, has no window to write one through. */
static void check_tables(struct audit *a, const struct audit_want *w)
{
	uint64_t load = a->h->load_pa;

	for (uint64_t at = 0; at < a->h->covered_bytes; at += BH_ROOT_ALIGN)
		if (a->table_owner[at / BH_ROOT_ALIGN] && !is_root_to_copy(a, w, load + at) && meet(load + at, BH_ROOT_ALIGN, w->pa, w->bytes)) {
			finding(a, "table at PA %#" PRIx64 " is mapped as %s of %s", load + at / BH_PAGE * BH_PAGE, what_name(w->what),
				owner_name(a, w->owner));
			at |= BH_PAGE - BH_ROOT_ALIGN; /* of each page once */
		}
}

void places_check(struct audit *a)
{
	struct audit_want *w = must_alloc(NULL, a->wants.n * sizeof(*w));

	for (uint32_t i = 0; i < a->wants.n; i++) {
		const char *wrong = place_wrong(a, &a->wants.w[i]);

		w[i] = a->wants.w[i];
		if (wrong)
			finding(a, "%s of %s at PA %#" PRIx64 " (%#" PRIx64 " bytes) %s", what_name(w[i].what),
				owner_name(a, w[i].owner), w[i].pa, w[i].bytes, wrong);
		check_tables(a, &w[i]);
	}
	qsort(w, a->wants.n, sizeof(*w), by_pa);
	check_sharing(a, w, a->wants.n);
	free(w);
}
