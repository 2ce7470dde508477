/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the trace of all cores while they work, and says of each core what was in it: records by kind, how often who came to run, how late windows
 * began. What it says can be compared with what the others do.
 */
#include "sdk/bulkhead.h"

#define CORES	   8u
#define PARTITIONS 32u
#define FRAMES	   100u /* between two reports */

struct core {
	struct bh_trace_reader reader;
	uint32_t kind[BH_TRACE_SHUT + 1], runs[PARTITIONS], strange;
	uint64_t last, late; /* ticks: the last record; the latest window */
	bool backwards;
};

static struct core core[CORES];

static void account(struct core *c, const struct bh_trace_record *r)
{
	if (r->kind == BH_TRACE_NONE || r->kind > BH_TRACE_SHUT) {
		c->strange++;
		return;
	}
	c->kind[r->kind]++;
	c->backwards |= r->time < c->last;
	c->last = r->time;
	if (r->kind == BH_TRACE_SWITCH && r->partition < PARTITIONS)
		c->runs[r->partition]++;
	if (r->kind == BH_TRACE_WINDOW && r->arg != BH_TRACE_GAP && r->time - r->a > c->late)
		c->late = r->time - r->a;
}

static void read_on(struct core *c)
{
	struct bh_trace_record r;

	while (bh_trace_next(&c->reader, &r) == BH_OK)
		account(c, &r);
}

static void show(uint32_t n, const struct core *c)
{
	const struct bh_info_entry *e = NULL;

	bh_printf("core %u in mode %s: %u windows, late by at most %u ns; %u exits, %u interrupts; %u strange, %s, %u lost\n", n,
		  bh_mode_name(c->reader.ring->mode), c->kind[BH_TRACE_WINDOW], (uint32_t)bh_time_to_ns(c->late), c->kind[BH_TRACE_EXIT],
		  c->kind[BH_TRACE_IRQ], c->strange, c->backwards ? "out of order" : "in order", c->reader.lost);
	while ((e = bh_info_next(BH_INFO_PARTITION, e)) != NULL)
		if (c->runs[e->cap])
			bh_printf("core %u: %s came to run %u times\n", n, e->name, c->runs[e->cap]);
}

int main(void)
{
	uint32_t cores = 0;
	uint64_t due;

	while (cores < CORES && bh_trace_open(&core[cores].reader, cores) == BH_OK)
		cores++;
	for (uint32_t frames = 1; bh_schedule_wait_frame(0, &due) == BH_OK; frames++) {
		for (uint32_t c = 0; c < cores; c++)
			read_on(&core[c]);
		if (frames % FRAMES == 0)
			for (uint32_t c = 0; c < cores; c++)
				show(c, &core[c]);
	}
	return 1;
}
