/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/budget.h"

#include "abi/port.h"
#include "kernel/arch.h"
#include "kernel/health.h"
#include "kernel/trace.h"
#include "kernel/window.h"

/* Does the rank that runs pay? On slack it does not. */
static bool charged(const struct core *c)
{
	return c->rank != BH_NONE && (c->funded & BIT(c->rank));
}

/* Where an instant has passed since its budget was given last: the full one, less what it has overrun. */
static void renew(struct vcpu *v, ticks_t now)
{
	ticks_t period = ticks_of(v->desc->period_ns), past = now - v->given;
	int64_t full = (int64_t)ticks_of(v->desc->budget_ns);

	if ((int64_t)past < (int64_t)period)
		return;
	v->given += past - past % period;
	v->left = v->left >= 0 ? full : v->left < -full ? 0
							: full + v->left;
}

static void fund(struct core *c, struct vcpu *v, ticks_t now)
{
	uint32_t bit = v->bit;

	if (((c->funded & bit) != 0) == (v->left > 0))
		return;
	c->funded ^= bit;
	c->since = v->desc->rank == c->rank ? now : c->since;
	c->changed = 1;
	trace(c, BH_TRACE_BUDGET, v->who, v->left > 0, (uint64_t)v->left, 0);
	if (v->left <= 0 && (c->ready & bit) && partition_runs(v->part)) /* what loading takes is nobody's fault */
		health_partition(v->part, BH_FAULT_BUDGET, BH_EVENT_BUDGET, 0, 0);
}

void budget_epoch(struct core *c, ticks_t epoch)
{
	for (uint32_t r = 0; r < c->desc->n_vcpus; r++) {
		c->vcpu[r]->given = epoch;
		c->vcpu[r]->left = (int64_t)ticks_of(c->vcpu[r]->desc->budget_ns);
	}
}

void budget_mode(struct core *c, ticks_t now)
{
	c->funded &= c->budgets;
	budget_give(c, now);
}

void budget_begin(struct core *c)
{
	if (!charged(c))
		return;
	c->since = c->now;
	renew(c->vcpu[c->rank], c->now);
}

/* So much at least: the way into the kernel and back, which nobody counts. */
#define PATH_NS 1000u

void budget_pay(struct core *c, struct vcpu *v, ticks_t from)
{
	ticks_t now = arch_time();

	if (v->desc->rank == c->rank)
		return; /* it is charged */
	renew(v, now);
	v->left -= (int64_t)(now - from + ticks_of(PATH_NS));
	fund(c, v, now);
}

/* It ran on through whole periods: each left as much less as it is longer than a budget. */
static void overrun_whole(struct vcpu *v, ticks_t periods)
{
	ticks_t period = ticks_of(v->desc->period_ns), over = periods / period * (period - ticks_of(v->desc->budget_ns));

	v->left = v->left > (int64_t)over ? v->left - (int64_t)over : 0;
}

/* TIME-2 */
void budget_charge(struct core *c, ticks_t now)
{
	struct vcpu *v;
	ticks_t instant;

	if (!charged(c))
		return;
	v = c->vcpu[c->rank];
	instant = v->given + ticks_of(v->desc->period_ns);
	if (now >= instant) { /* until then it was the old budget's */
		v->left -= (int64_t)(instant - c->since);
		renew(v, now);
		overrun_whole(v, v->given - instant);
		c->since = v->given;
	}
	v->left -= (int64_t)(now - c->since);
	c->since = now;
	fund(c, v, now);
}

/* TIME-2 */
void budget_give(struct core *c, ticks_t now)
{
	for (uint32_t left = c->budgets & ~c->funded; left; left &= left - 1) {
		struct vcpu *v = c->vcpu[lowest_bit(left)];

		renew(v, now);
		fund(c, v, now);
	}
}

ticks_t budget_alarm(const struct core *c)
{
	ticks_t first = charged(c) ? c->since + (ticks_t)c->vcpu[c->rank]->left : BH_NEVER;

	for (uint32_t left = c->budgets & ~c->funded; left; left &= left - 1) {
		const struct vcpu *v = c->vcpu[lowest_bit(left)];
		ticks_t instant = v->given + ticks_of(v->desc->period_ns);

		first = instant < first ? instant : first;
	}
	return first;
}
