/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace of the core we run on (abi/trace.h): always on, so it is stores in a row and nothing that waits.
 */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include "abi/trace.h"
#include "kernel/core.h"
#include "kernel/vcpu.h"

/* A vCPU, as records have it */
#define TRACE_WHO(partition, vcpu) ((uint32_t)(partition) << 16 | (uint32_t)(vcpu) << 24)
#define TRACE_NOBODY		   TRACE_WHO(BH_TRACE_NOBODY, BH_TRACE_NOBODY)

void trace_init(struct core *c);			       /* at boot */
void trace_epoch(struct core *c, ticks_t epoch);	       /* own core */
void trace_mode(struct core *c, uint32_t mode, ticks_t start); /* likewise: it is in force from now on */

/* who: vcpu->who, or TRACE_NOBODY, which leave the kind's place free. */
static inline uint64_t trace_what(enum bh_trace_kind kind, uint32_t who, uint32_t arg)
{
	return (who + kind) | (uint64_t)arg << 32;
}

/* Record number n, without saying so yet. */
static inline void trace_put(const struct core *c, uint32_t n, ticks_t now, uint64_t what, uint64_t a, uint64_t b)
{
	c->trace->record[n & c->trace_mask] = (struct bh_trace_record){ now, { .what = what }, a, b };
}

/* Own core. */
static inline void trace(struct core *c, enum bh_trace_kind kind, uint32_t who, uint32_t arg, uint64_t a, uint64_t b)
{
	struct bh_trace *ring = c->trace;
	uint32_t n = load_relaxed(&ring->next); /* this core's alone */

	trace_put(c, n, arch_stamp(), trace_what(kind, who, arg), a, b);
	store_release(&ring->next, n + 1); /* for readers; no other core of the kernel looks at it */
}

static inline uint32_t trace_function(uint32_t function, uint64_t first)
{
	return (function & 0xffff) | (uint32_t)first << 16;
}

/* v's call of this function: x1 and x2 as they were, and the answer. Own core. */
static inline void trace_message(const struct vcpu *v, uint32_t function, uint64_t first, uint64_t second, int64_t status)
{
	trace(v->core, BH_TRACE_MESSAGE, v->who, trace_function(function, first), second, (uint64_t)status);
}

/* The same, which has no answer yet, and that `to` has the core from now on, on the time of that rank. */
static inline void trace_leaves(struct core *c, ticks_t now, const struct vcpu *v, uint32_t function, uint64_t first, uint64_t second, const struct vcpu *to, uint32_t why, uint32_t rank)
{
	struct bh_trace *ring = c->trace;
	uint32_t n = load_relaxed(&ring->next);

	trace_put(c, n, now, trace_what(BH_TRACE_MESSAGE, v->who, trace_function(function, first)), second, BH_TRACE_WAITS);
	trace_put(c, n + 1, now, trace_what(BH_TRACE_SWITCH, to->who, why), rank, 0);
	store_release(&ring->next, n + 2);
}

/* v ran until the alarm, with that INTID, came: a window begins, as was planned, and `to` has the core in it. */
static inline void trace_edge(struct core *c, ticks_t now, const struct vcpu *v, uint32_t intid, ticks_t planned, const struct vcpu *to, uint32_t rank)
{
	struct bh_trace *ring = c->trace;
	uint32_t n = load_relaxed(&ring->next);

	trace_put(c, n, now, trace_what(BH_TRACE_IRQ, v->who, intid), 0, 0);
	trace_put(c, n + 1, now, trace_what(BH_TRACE_WINDOW, TRACE_NOBODY, c->next), planned, c->window);
	trace_put(c, n + 2, now, trace_what(BH_TRACE_SWITCH, to->who, BH_TRACE_BY_WINDOW), rank, 0);
	store_release(&ring->next, n + 3);
}

/* Who runs, for records of what happens to the core: an interrupt. */
static inline uint32_t trace_running(const struct core *c)
{
	return c->runs ? c->runs->who : TRACE_NOBODY;
}

#endif
