/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace (abi/trace.h), for a partition with `reads-trace`: what each core did, record by record, while the cores go on writing. A reader
 * that is slower than a core loses that core's oldest records, is told how many, and never sees a torn one. Names: bh_mode_name() for modes,
 * BH_INFO_PARTITION of the information page for partitions.
 */
#ifndef SDK_BH_TRACE_H
#define SDK_BH_TRACE_H

#include "abi/trace.h"
#include "sdk/bh_call.h"

/* One core's ring and how far it has been read. Belongs to one thread. */
struct bh_trace_reader {
	const struct bh_trace *ring; /* frequency, epoch, mode: as they are now */
	uint32_t next;		     /* number of the record to be read next */
	uint32_t lost;		     /* records overwritten before they were read, modulo 2^32 */
};

/*
 * Begins to read the ring of a core, numbered from 0 as cores that the system uses, with its oldest record; so `lost` begins with those before it.
 * Any context. BH_E_CAP: this partition has no `reads-trace`; BH_E_ARG: no such core.
 */
BH_MUST_CHECK enum bh_status bh_trace_open(struct bh_trace_reader *r, uint32_t core);

/* The next record, whole. Any context; does not wait. BH_E_AGAIN: there is none yet, or the core writes faster than we read. */
BH_MUST_CHECK enum bh_status bh_trace_next(struct bh_trace_reader *r, struct bh_trace_record *out);

#endif
