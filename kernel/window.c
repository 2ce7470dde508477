/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/window.h"

#include "abi/port.h"
#include "kernel/arch.h"
#include "kernel/trace.h"

void window_plan(struct core *c)
{
	const struct bh_window *w = blob_windows(blob) + c->plan->first_window;

	for (uint32_t i = 0; i < c->plan->n_windows; i++)
		c->windows[i] = (struct core_window){ ticks_of(w[i].start_ns), ticks_of(w[i].end_ns), w[i].ranks };
	c->next = 0;
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
		const struct core_window *w = &c->windows[c->next];

		if (past < w->start)
			break;
		if (past < w->end) {
			window_begin(c, (uint32_t)w->ranks, c->next, c->frame + w->start, w->end);
			return;
		}
		gap = c->frame + w->end;
	}
	window_begin(c, 0, BH_TRACE_GAP, gap, c->next < c->plan->n_windows ? c->windows[c->next].start : c->frame_ticks);
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
