/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where crash dumps lie: the directory (struct bh_monitor_store) and the room that each dump gets. The last dump of each
 * partition is kept; for a new one that one and then the oldest others give way, until it fits or is alone. Knows no dump's
 * content.
 */
#ifndef SERVICES_MONITOR_DUMP_STORE_H
#define SERVICES_MONITOR_DUMP_STORE_H

#include <stdint.h>

#include "abi/monitor.h"

/* @directory: BH_MONITOR_STORE_BYTES; @at, @bytes: the room. Dumps of an earlier life that are whole or cut are kept (a warm start). */
void dump_store_init(struct bh_monitor_store *directory, void *at, uint64_t bytes);

const struct bh_monitor_store *dump_store_directory(void);

/* The last dump of partition @name, or NULL: there is none. Valid until the next dump_store_begin(). */
const struct bh_monitor_dump *dump_store_find(const char *name);

/*
 * Room for a dump of @bytes, and its entry (BH_DUMP_COPYING; `bytes` is the room it got, at most @bytes, and `whole_bytes` @bytes).
 * One at a time: it is the last entry until dump_store_end(). NULL: not even @least bytes are there.
 */
struct bh_monitor_dump *dump_store_begin(const char *name, uint64_t bytes, uint64_t least);
void dump_store_end(enum bh_dump_state state);

/* What was written at @at lies in memory itself, for who reads it past the caches. */
void dump_store_clean(const void *at, uint64_t bytes);

#endif
