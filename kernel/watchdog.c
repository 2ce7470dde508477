/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeding is one store, from whatever core. The first vCPU's vigil stays where it was, and when it comes it finds out by when it is
 * to be fed now. It is never further off than a feeding lasts: one that comes long before the first is due counts at once.
 */
#include "kernel/watchdog.h"

#include "abi/port.h"
#include "abi/status.h"
#include "kernel/arch.h"
#include "kernel/health.h"
#include "kernel/window.h"

static bool has_watchdog(const struct vcpu *v)
{
	return v->desc->index == 0 && v->part->desc->watchdog_ns != 0;
}

static ticks_t fed_by(const struct vcpu *v)
{
	ticks_t by = has_watchdog(v) ? load_relaxed(&v->part->feed_by) : BH_NEVER, look;

	if (by == BH_NEVER)
		return BH_NEVER;
	look = arch_time() + ticks_of(v->part->desc->watchdog_ns);
	return by < look ? by : look;
}

static void set_vigil(struct vcpu *v)
{
	ticks_t fed = fed_by(v);

	v->vigil = fed < v->due ? fed : v->due;
	vcpu_timed(v->core, v);
	v->core->changed = 1;
}

void watchdog_started(struct partition *p)
{
	if (!p->desc->watchdog_ns)
		return;
	store_relaxed(&p->feed_from, 0);
	store_relaxed(&p->feed_by, arch_time() + ticks_of(p->desc->watchdog_first_ns));
	set_vigil(partition_vcpu(p, 0)); /* on its core: it has just ended its loading */
}

/* The watchdog is the partition's, whose other vCPUs may go on. */
void watchdog_done(struct vcpu *v)
{
	v->due = BH_NEVER;
	set_vigil(v);
}

void watchdog_forget(struct vcpu *v)
{
	v->due = v->vigil = BH_NEVER;
	if (has_watchdog(v))
		store_relaxed(&v->part->feed_by, BH_NEVER);
}

void watchdog_rest(struct vcpu *v)
{
	v->rests_from = arch_time();
	v->vigil = BH_NEVER;
}

void watchdog_go_on(struct vcpu *v)
{
	ticks_t rested = arch_time() - v->rests_from;

	if (v->due != BH_NEVER)
		v->due += rested;
	if (has_watchdog(v) && load_relaxed(&v->part->feed_by) != BH_NEVER) {
		store_relaxed(&v->part->feed_by, load_relaxed(&v->part->feed_by) + rested);
		store_relaxed(&v->part->feed_from, load_relaxed(&v->part->feed_from) + rested);
	}
	set_vigil(v);
}

/* HEALTH-4 */
static void unfed(struct vcpu *v, ticks_t now)
{
	store_relaxed(&v->part->feed_by, now + ticks_of(v->part->desc->watchdog_ns)); /* should it go on */
	health_partition(v->part, BH_FAULT_WATCHDOG, BH_EVENT_WATCHDOG, 0, 0);
}

static void overdue(struct vcpu *v, ticks_t now)
{
	ticks_t due = v->due;

	v->due = BH_NEVER;
	health_partition(v->part, BH_FAULT_DEADLINE, BH_EVENT_DEADLINE, due, now - due);
}

void watchdog_attend(struct vcpu *v)
{
	ticks_t now = arch_time();

	if (v->due <= now)
		overdue(v, now);
	if (has_watchdog(v) && load_relaxed(&v->part->feed_by) <= now && partition_runs(v->part))
		unfed(v, now);
	set_vigil(v);
}

int64_t watchdog_feed(struct partition *p, uint64_t *arg)
{
	ticks_t now = arch_time(), by, from;

	if (!p->desc->watchdog_ns || !partition_runs(p))
		return BH_E_STATE;
	from = load_relaxed(&p->feed_from);
	if (now < from && health_partition(p, BH_FAULT_WATCHDOG, BH_EVENT_WATCHDOG, 0, 1) == HEALTH_ENDS)
		return BH_OK;
	by = now + ticks_of(p->desc->watchdog_ns);
	from = now + ticks_of(p->desc->watchdog_open_ns);
	store_relaxed(&p->feed_from, from);
	store_relaxed(&p->feed_by, by);
	arg[0] = by;
	arg[1] = from;
	return BH_OK;
}

int64_t watchdog_deadline(struct vcpu *v, uint64_t when)
{
	if (v->part->desc->flags & BH_PART_DEDICATED) /* no alarm would come while it runs */
		return BH_E_STATE;
	v->due = when;
	set_vigil(v);
	return BH_OK;
}
