/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace: what each core did, in a ring of fixed records, always on. One ring a core, written by that core only;
 * readers (a partition with `reads-trace`, or a debugger after the end) only read.
 *
 * `next` counts records ever begun, modulo 2^32; record i stands in record[i % n]. The writer stores a record, or up to BH_TRACE_UNDER_WAY
 * that belong together, then `next` (release).
 * A reader loads `next` (acquire), copies, loads `next` again (acquire fence before): what it copied is whole but for records at or before
 * the second value less n, and some behind it where the writer runs: stores of a record are not ordered behind the store of `next` before it. An
 * eighth of the ring is more than any processor holds back (sdk/bh_trace.c).
 */
#ifndef ABI_TRACE_H
#define ABI_TRACE_H

#include <stdint.h>

#define BH_TRACE_MAGIC	   0x31435254u /* "TRC1" */
#define BH_TRACE_MAX	   65536u      /* records of a ring */
#define BH_TRACE_UNDER_WAY 3u	       /* records behind `next` that may be stored at most, in place of the oldest */

#define BH_TRACE_KICK 7u /* INTID of the kernel's own SGI */

enum bh_trace_kind {
	BH_TRACE_NONE = 0,
	BH_TRACE_SWITCH = 1,  /* this vCPU runs from now on; arg = enum bh_trace_why; a = rank whose time it uses */
	BH_TRACE_IDLE = 2,    /* nobody runs from now on (partition and vCPU: BH_TRACE_NOBODY) */
	BH_TRACE_EXIT = 3,    /* it came into the kernel by itself; arg = exception class, a = syndrome, b = pc */
	BH_TRACE_IRQ = 4,     /* an interrupt came; arg = INTID, BH_TRACE_KICK from another core's kernel, another below 16 from a sibling; partition and vCPU: who ran, or BH_TRACE_NOBODY */
	BH_TRACE_MESSAGE = 5, /* a call on a port: arg = function number (low 16 bits) | port << 16; a = first argument behind it,
				b = status, or BH_TRACE_WAITS */
	BH_TRACE_FAULT = 6,   /* a record of the health log: arg = enum bh_event, a = address, b = value */
	BH_TRACE_WINDOW = 7,  /* a window, or the gap behind one, begins: arg = its number in the plan, or BH_TRACE_GAP; a = when it
				 was planned (ticks), b = its ranks; nobody's record */
	BH_TRACE_BUDGET = 8,  /* arg = 0: budget is used up; 1: it has been given anew; a = ticks that are left (signed) */
	BH_TRACE_MODE = 9,    /* arg = the mode in force from now on; a = start of its first frame (ticks);
				b = the mode until now, or BH_TRACE_NO_MODE */
	BH_TRACE_SHUT = 10,   /* a device's line is masked until its owner runs: arg = INTID, of partition */
};

enum bh_trace_why {
	BH_TRACE_BY_BUDGET = 0,
	BH_TRACE_BY_WINDOW = 1,
	BH_TRACE_BY_SLACK = 2,
};

#define BH_TRACE_NOBODY	 0xffu
#define BH_TRACE_GAP	 0xffffffffu
#define BH_TRACE_NO_MODE 0xffffffffu
#define BH_TRACE_WAITS	 INT64_MAX /* the call has no answer yet: the caller waits, or another runs in its place */

struct bh_trace_record {
	uint64_t time; /* counter ticks */
	union {
		struct {
			uint16_t kind; /* enum bh_trace_kind */
			uint8_t partition, vcpu;
			uint32_t arg;
		};
		uint64_t what; /* the same as one word */
	};
	uint64_t a, b;
};

struct bh_trace {
	uint32_t next;
	uint32_t n; /* records in the ring, a power of two */
	uint32_t magic;
	uint32_t core;
	uint64_t frequency; /* of the counter, Hz */
	uint64_t epoch;	    /* ticks; 0: not yet */
	uint32_t mode;	    /* in force; BH_TRACE_NO_MODE: none yet */
	uint32_t reserved[7];
	struct bh_trace_record record[];
};

#endif
