/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/window.h"

#include "abi/port.h"
#include "kernel/arch.h"
#include "kernel/trace.h"

void window_plan(struct core *c)
{
	const struct bh_window *w = blob_windows(blob) + c->plan->first_window;

	c->windows = w;
	c->follows = 0;
	c->next = 0;
	for (uint32_t i = 0; i < c->plan->n_windows; i++) {
		c->ends[i] = ticks_of(w[i].end_ns);
		c->follows |= (uint64_t)(w[i].start_ns == (i ? w[i - 1].end_ns : 0)) << i;
	}
}

/* In a frame that began late enough to be still under way; the first window of a new one comes next. */
static void frame_advance(struct core *c, ticks_t now)
{
	ticks_t past = now - c->frame;

	if (past < c->frame_ticks)
		return;
	c->frame += past - past % c->frame_ticks;
	c->edge = c->frame;
	c->next = 0;
}

static void window_begin(struct core *c, uint32_t ranks, uint32_t number, ticks_t planned, ticks_t end)
{
	c->window = ranks;
	c->edge = c->frame + end;
	trace(c, BH_TRACE_WINDOW, TRACE_NOBODY, number, planned, ranks);
}

/* At most as many turns as the plan has windows (BH_MAX_CORE_WINDOWS); one or two, unless the machine has stood still. */
static void window_find(struct core *c, ticks_t now)
{
	ticks_t past = now - c->frame, gap = c->edge;

	for (; c->next < c->plan->n_windows; c->next++) {
		ticks_t start = ticks_of(c->windows[c->next].start_ns), end = c->ends[c->next];

		if (past < start) {
			window_begin(c, 0, BH_TRACE_GAP, gap, start);
			return;
		}
		if (past < end) {
			window_begin(c, c->windows[c->next].ranks, c->next, c->frame + start, end);
			return;
		}
		gap = c->frame + end;
	}
	window_begin(c, 0, BH_TRACE_GAP, gap, c->frame_ticks);
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
