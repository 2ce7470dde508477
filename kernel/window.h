/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames and windows: who is in time on this core, in a cyclic plan as ARINC 653 has it. Nothing is counted up: each edge
 * is worked out from the start of its frame, and each frame's start from the mode's, so all cores stay together.
 */
#ifndef KERNEL_WINDOW_H
#define KERNEL_WINDOW_H

#include "kernel/core.h"

/* At most 60 s; rounded down. */
static inline ticks_t ticks_of(uint64_t ns)
{
	uint64_t frequency = arch_frequency();

	return ns / 1000000000u * frequency + ns % 1000000000u * frequency / 1000000000u;
}

/* Own core: c->plan is another one. */
void window_plan(struct core *c);

/* Own core: c->window and c->edge become those of now; windows that lie behind are passed over. */
void window_advance(struct core *c, ticks_t now);

/* What comes at an edge where a window ends and the plan's next one, or the next frame's first, begins with that. */
struct window_edge {
	ticks_t frame, planned;
	uint32_t next;
};

/* False: the edge that was passed is another one, and window_advance()'s. */
static inline bool window_follows(const struct core *c, ticks_t now, struct window_edge *e)
{
	ticks_t past;

	e->frame = c->frame;
	e->planned = c->edge;
	e->next = c->next + 1;
	past = now - e->frame;
	if (past >= c->frame_ticks) {
		e->planned = e->frame += c->frame_ticks;
		past -= c->frame_ticks;
		e->next = 0;
	}
	return likely(e->next < BH_MAX_CORE_WINDOWS) && likely(c->window != 0) && likely(c->follows >> e->next & 1) && likely(past < c->ends[e->next]);
}

static inline void window_follow(struct core *c, const struct window_edge *e)
{
	c->frame = e->frame;
	c->next = e->next;
	c->window = c->windows[e->next].ranks;
	c->edge = e->frame + c->ends[e->next];
}

#endif
