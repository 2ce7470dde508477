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

/* Own core: c->window and c->edge become those of now; windows that lie behind are passed over. */
void window_advance(struct core *c, ticks_t now);

/*
 * The same for what is common, now that an edge has been passed: a window ends, and the plan's next one, or the next frame's first, begins with
 * that. planned: when that was. False: it is otherwise, and nothing has been done.
 */
static inline bool window_follows(struct core *c, ticks_t now, ticks_t *planned)
{
	ticks_t frame = c->frame, past = now - frame, end;
	uint32_t next = c->next + 1;
	uint64_t start_ns = c->edge_ns;
	const struct bh_window *w;

	*planned = c->edge;
	if (past >= c->frame_ticks) {
		past -= c->frame_ticks;
		*planned = frame += c->frame_ticks;
		start_ns = next = 0;
	}
	w = c->windows + next;
	if (unlikely(next >= c->plan->n_windows || !c->window) || unlikely(w->start_ns != start_ns))
		return false;
	end = ticks_of(w->end_ns);
	if (unlikely(past >= end))
		return false;
	c->frame = frame;
	c->next = next;
	c->window = w->ranks;
	c->edge = frame + end;
	c->edge_ns = w->end_ns;
	return true;
}

#endif
