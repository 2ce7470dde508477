/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory is a list in order of age. Room is looked for in front of the first dump and behind each, as they lie in
 * memory: with 31 dumps at most nothing cleverer pays.
 */
#include "services/monitor/dump_store.h"

#include <stdbool.h>
#include <stddef.h>

#include "services/monitor/census.h"

#define MOST (BH_MONITOR_DUMPS_MAX - 1)

_Static_assert(sizeof(struct bh_monitor_store) <= BH_MONITOR_STORE_BYTES, "the directory has its page");

static struct bh_monitor_store *store;
static uint32_t last_sequence;

static bool in_room(const struct bh_monitor_dump *d)
{
	return d->ipa >= store->ipa && d->bytes <= store->bytes && d->ipa - store->ipa <= store->bytes - d->bytes;
}

static bool finished(const struct bh_monitor_dump *d)
{
	return (d->state == BH_DUMP_WHOLE || d->state == BH_DUMP_CUT) && in_room(d);
}

static void publish(void)
{
	dump_store_clean(store, BH_MONITOR_STORE_BYTES);
}

static void drop(uint32_t n)
{
	store->n--;
	for (uint32_t i = n; i < store->n; i++)
		store->dump[i] = store->dump[i + 1];
}

void dump_store_init(struct bh_monitor_store *directory, void *at, uint64_t bytes)
{
	store = directory;
	if (store->magic != BH_MONITOR_MAGIC || store->version != BH_MONITOR_VERSION || store->n > MOST ||
	    store->ipa != (uintptr_t)at || store->bytes != bytes)
		store->n = 0;
	store->magic = BH_MONITOR_MAGIC;
	store->version = BH_MONITOR_VERSION;
	store->ipa = (uintptr_t)at;
	store->bytes = bytes;
	last_sequence = 0;
	for (uint32_t i = store->n; i > 0; i--) {
		if (!finished(&store->dump[i - 1]))
			drop(i - 1);
		else if (store->dump[i - 1].sequence > last_sequence)
			last_sequence = store->dump[i - 1].sequence;
	}
	publish();
}

const struct bh_monitor_store *dump_store_directory(void)
{
	return store;
}

static uint32_t find(const char *name)
{
	uint32_t i = 0;

	while (i < store->n && !census_same(store->dump[i].name, name))
		i++;
	return i;
}

const struct bh_monitor_dump *dump_store_find(const char *name)
{
	uint32_t i = find(name);

	return i < store->n ? &store->dump[i] : NULL;
}

/* --- room --- */

static uint64_t align(uint64_t a)
{
	return (a + BH_MONITOR_STORE_ALIGN - 1) & ~(uint64_t)(BH_MONITOR_STORE_ALIGN - 1);
}

/* Bytes that are free from @at on. */
static uint64_t free_at(uint64_t at)
{
	uint64_t end = store->ipa + store->bytes;

	for (const struct bh_monitor_dump *d = store->dump; d < store->dump + store->n; d++) {
		if (at >= d->ipa && at < d->ipa + d->bytes)
			return 0;
		if (d->ipa >= at && d->ipa < end)
			end = d->ipa;
	}
	return end > at ? end - at : 0;
}

/* Where most is free. */
static uint64_t largest(uint64_t *bytes)
{
	uint64_t best = store->ipa;

	*bytes = free_at(best);
	for (const struct bh_monitor_dump *d = store->dump; d < store->dump + store->n; d++) {
		uint64_t at = align(d->ipa + d->bytes);

		if (free_at(at) > *bytes) {
			best = at;
			*bytes = free_at(at);
		}
	}
	return best;
}

struct bh_monitor_dump *dump_store_begin(const char *name, uint64_t bytes, uint64_t least)
{
	struct bh_monitor_dump *d;
	uint64_t at, room;
	uint32_t old = find(name);

	if (store->bytes < least)
		return NULL;
	if (old < store->n)
		drop(old);
	if (store->n == MOST)
		drop(0);
	while ((at = largest(&room)), room < bytes && store->n)
		drop(0);
	d = &store->dump[store->n++];
	*d = (struct bh_monitor_dump){ .sequence = ++last_sequence, .state = BH_DUMP_COPYING, .ipa = at };
	d->bytes = room < bytes ? room : bytes;
	d->whole_bytes = bytes;
	for (uint32_t i = 0; i < BH_NAME_BYTES - 1 && name[i]; i++)
		d->name[i] = name[i];
	publish();
	return d;
}

void dump_store_end(enum bh_dump_state state)
{
	store->dump[store->n - 1].state = state;
	publish();
}
