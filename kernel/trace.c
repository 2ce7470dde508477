/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/trace.h"

#include "kernel/arch.h"

void trace_init(struct core *c)
{
	struct bh_trace *ring = (void *)(uintptr_t)(blob->trace_va + c->number * blob->trace_bytes);
	uint64_t room = (blob->trace_bytes - sizeof(*ring)) / sizeof(ring->record[0]);

	ring->n = 1;
	while (ring->n <= room / 2 && ring->n < BH_TRACE_MAX)
		ring->n *= 2;
	ring->core = c->number;
	ring->frequency = arch_frequency();
	ring->mode = BH_TRACE_NO_MODE;
	ring->magic = BH_TRACE_MAGIC;
	c->trace = ring;
	c->trace_mask = ring->n - 1;
}

void trace_epoch(struct core *c, ticks_t epoch)
{
	store_release(&c->trace->epoch, epoch);
}

/* In the ring's head too: readers know it whatever has been overwritten. */
void trace_mode(struct core *c, uint32_t mode, ticks_t start)
{
	uint32_t was = c->trace->mode;

	store_relaxed(&c->trace->mode, mode);
	trace(c, BH_TRACE_MODE, TRACE_NOBODY, mode, start, was);
}
