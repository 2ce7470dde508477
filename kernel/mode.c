/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/mode.h"

#include "abi/status.h"
#include "kernel/arch.h"
#include "kernel/budget.h"
#include "kernel/sched.h"
#include "kernel/trace.h"
#include "kernel/window.h"

/* So long before the end of a frame an order can be sure to find every core in time. */
#define NOTICE_NS 50000u

/* The order under way. Who has taken it writes; the last core to make the change lets go. */
static struct {
	uint32_t taken;
	uint32_t number; /* orders ever given: fields below are those of the last */
	uint32_t left;	 /* cores that have not made the change */
	uint32_t mode;
	ticks_t at;
	uint32_t wish; /* a mode, and one: to be ordered by who lets go next (mode_wish()); atomically */
} change;

static uint32_t arrived;
static ticks_t epoch;

void mode_init(void)
{
	change.taken = 0;
	change.number = 0;
	change.wish = 0;
	arrived = 0;
}

static void mode_order(uint32_t mode, ticks_t at)
{
	change.mode = mode;
	change.at = at;
	store_relaxed(&change.left, blob->n_cores);
	store_release(&change.number, change.number + 1);
	for (uint32_t i = 0; i < blob->n_cores; i++)
		sched_post_now(core_at(i));
}

void mode_arrive(void)
{
	if (add_to(&arrived, 1) != blob->n_cores)
		return;
	store_relaxed(&change.taken, 1);
	epoch = arch_time();
	mode_order(0, epoch);
}

void mode_attend(struct core *c)
{
	uint32_t number = load_acquire(&change.number);

	if (number == c->orders)
		return;
	c->orders = number;
	c->change_at = change.at;
	c->changed = 1;
}

/* Of the mode in force; without frames, now. */
static ticks_t frame_end(const struct core *c, ticks_t now)
{
	ticks_t frame = ticks_of(blob_modes(blob)[c->mode].frame_ns), after = now + ticks_of(NOTICE_NS) - c->mode_start;

	return frame ? c->mode_start + (after + frame - 1) / frame * frame : now;
}

/* As the mode is declared. */
static ticks_t when_to(const struct core *c, uint32_t mode)
{
	ticks_t now = arch_time();

	return blob_modes(blob)[mode].flags & BH_MODE_AT_ONCE ? now : frame_end(c, now);
}

/* Who wishes says so, then tries to take the order; who lets it go does so, then looks for a wish: one of them sees the other. */
static void let_go(void)
{
	const struct core *c = this_core();

	store_release(&change.taken, 0);
	for (uint32_t turns = 0; turns < BH_MAX_CORES; turns++) {
		uint32_t free = 0, wish;

		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (!load_relaxed(&change.wish) || !change_if(&change.taken, &free, 1))
			return;
		wish = swap_all(&change.wish, 0);
		if (wish && wish - 1 != c->mode) {
			mode_order(wish - 1, when_to(c, wish - 1));
			return;
		}
		store_release(&change.taken, 0);
	}
}

void mode_wish(uint32_t mode)
{
	uint32_t free = 0;

	store_relaxed(&change.wish, mode + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (change_if(&change.taken, &free, 1))
		let_go();
}

void mode_change(struct core *c, ticks_t now)
{
	c->change_at = BH_NEVER;
	if (!c->plan) {
		budget_epoch(c, epoch);
		trace_epoch(c, epoch);
	}
	c->mode = change.mode;
	c->plan = blob_plan(blob, c->mode, c->number);
	c->mode_start = c->frame = c->edge = change.at;
	store_relaxed(&c->frame_ticks, c->plan->n_windows ? ticks_of(blob_modes(blob)[c->mode].frame_ns) : 0);
	window_plan(c);
	c->slack = c->plan->slack;
	c->budgets = c->plan->budgets;
	trace_mode(c, c->mode, c->mode_start);
	budget_mode(c, now);
	window_advance(c, now);
	if (add_to(&change.left, -1u) == 0)
		let_go();
}

int64_t mode_set(struct vcpu *v, uint64_t *arg)
{
	struct core *c = v->core;
	uint32_t mode = (uint32_t)arg[1], free = 0;

	if (!cap_find(v->part, arg[0], BH_CAP_SCHEDULE))
		return BH_E_CAP;
	if (arg[1] >= blob->n_modes)
		return BH_E_ARG;
	if (!change_if(&change.taken, &free, 1))
		return BH_E_AGAIN;
	if (mode == c->mode)
		let_go();
	else
		mode_order(mode, when_to(c, mode));
	return BH_OK;
}

int64_t mode_look(const struct core *c, uint64_t *arg)
{
	arg[0] = arch_time();
	arg[1] = epoch;
	arg[2] = c->mode;
	return BH_OK;
}

int64_t mode_frame(struct vcpu *v, uint64_t *arg)
{
	struct core *c = v->core;
	ticks_t now = arch_time();

	budget_charge(c, now);
	arg[0] = c->mode;
	arg[1] = c->frame;
	arg[2] = c->frame_ticks;
	arg[3] = c->change_at != BH_NEVER ? change.mode : BH_NONE;
	arg[4] = c->funded & v->bit ? (uint64_t)v->left : 0;
	arg[5] = epoch;
	return BH_OK;
}
