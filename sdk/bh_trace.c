/* SPDX-License-Identifier: Apache-2.0 */
#include "sdk/bh_trace.h"

#include <stdbool.h>
#include <stddef.h>

#include "sdk/bh_info.h"

#define TRIES 8u /* at one record: each fails only where a whole ring has been written meanwhile */

/*
 * The writer's stores of a record are not ordered behind its store of `next` for the record before, so it may be seen writing some records further than `next`
 * says; no store buffer holds as many as this margin.
 */
static uint32_t readable(const struct bh_trace_reader *r)
{
	return r->ring->n - r->ring->n / 8;
}

static bool overtaken(const struct bh_trace_reader *r, uint32_t written)
{
	return written - r->next > readable(r);
}

/* To the oldest that is sure to be whole. */
static void catch_up(struct bh_trace_reader *r, uint32_t written)
{
	uint32_t oldest = written - readable(r);

	r->lost += oldest - r->next;
	r->next = oldest;
}

enum bh_status bh_trace_open(struct bh_trace_reader *r, uint32_t core)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_TRACE, NULL);

	if (!e)
		return BH_E_CAP;
	if (core >= e->depth)
		return BH_E_ARG;
	*r = (struct bh_trace_reader){ .ring = (const struct bh_trace *)(uintptr_t)(e->ipa + core * e->bytes) };
	return BH_OK;
}

/* Word by word, and in this order: it may be written over meanwhile, which `next` tells afterwards. */
static void copy(struct bh_trace_record *out, const struct bh_trace_record *from)
{
	out->time = __atomic_load_n(&from->time, __ATOMIC_RELAXED);
	out->what = __atomic_load_n(&from->what, __ATOMIC_RELAXED);
	out->a = __atomic_load_n(&from->a, __ATOMIC_RELAXED);
	out->b = __atomic_load_n(&from->b, __ATOMIC_RELAXED);
}

enum bh_status bh_trace_next(struct bh_trace_reader *r, struct bh_trace_record *out)
{
	for (uint32_t tries = 0; tries < TRIES; tries++) {
		uint32_t written = __atomic_load_n(&r->ring->next, __ATOMIC_ACQUIRE); /* pairs with the release in the kernel's trace() */

		if (written == r->next)
			return BH_E_AGAIN;
		if (overtaken(r, written))
			catch_up(r, written);
		copy(out, &r->ring->record[r->next & (r->ring->n - 1)]);
		__atomic_thread_fence(__ATOMIC_ACQUIRE); /* what was copied is no newer than the `next` that follows */
		if (overtaken(r, __atomic_load_n(&r->ring->next, __ATOMIC_RELAXED)))
			continue;
		r->next++;
		return BH_OK;
	}
	return BH_E_AGAIN;
}
