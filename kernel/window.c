/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/window.h"

#include "abi/port.h"
#include "kernel/arch.h"
#include "kernel/trace.h"

/* In a frame that began late enough to be still under way; the first window of a new one comes next. */
static void frame_advance(struct core *c, ticks_t now)
{
	ticks_t past = now - c->frame;

	if (past < c->frame_ticks)
		return;
	c->frame += past - past % c->frame_ticks;
	c->edge = c->frame;
	c->edge_ns = 0;
	c->next = 0;
}

/* An instant of the plan, in the frame. Where one window follows another it is the edge that was just passed, so it needs no division. */
static ticks_t in_frame(const struct core *c, uint64_t ns)
{
	return ns == c->edge_ns ? c->edge - c->frame : ticks_of(ns);
}

static void window_begin(struct core *c, uint32_t ranks, uint32_t number, ticks_t planned, ticks_t end, uint64_t end_ns)
{
	c->window = ranks;
	c->edge = c->frame + end;
	c->edge_ns = end_ns;
	trace(c, BH_TRACE_WINDOW, TRACE_NOBODY, number, planned, ranks);
}

/* At most as many turns as the plan has windows (BH_MAX_CORE_WINDOWS); one or two, unless the machine has stood still. */
static void window_find(struct core *c, ticks_t now)
{
	const struct bh_window *w = c->windows + c->next;
	ticks_t past = now - c->frame, gap = c->edge;

	for (; c->next < c->plan->n_windows; c->next++, w++) {
		ticks_t start, end = in_frame(c, w->end_ns);

		if (past >= end) {
			gap = c->frame + end;
			continue;
		}
		start = in_frame(c, w->start_ns);
		if (past < start)
			window_begin(c, 0, BH_TRACE_GAP, gap, start, w->start_ns);
		else
			window_begin(c, w->ranks, c->next, c->frame + start, end, w->end_ns);
		return;
	}
	window_begin(c, 0, BH_TRACE_GAP, gap, c->frame_ticks, blob_modes(blob)[c->mode].frame_ns);
}

/* TIME-1 */
void window_advance(struct core *c, ticks_t now)
{
	if (c->frame_ticks) {
		frame_advance(c, now);
		window_find(c, now);
	} else {
		c->window = c->plan->always;
		c->edge = BH_NEVER;
	}
}
