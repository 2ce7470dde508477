/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/health.h"

#include "kernel/arch.h"
#include "kernel/log.h"
#include "kernel/mode.h"
#include "kernel/window.h"

bool health_is_watched(void)
{
	return blob->monitor != BH_NONE && partition_runs(partition_at(blob->monitor));
}

void health_tell(void)
{
	if (health_is_watched())
		arch_irq_raise(partition_at(blob->monitor), blob->monitor_intid);
}

static void count(struct partition *p, enum bh_fault kind)
{
	add_to(&p->faults, 1);
	store_relaxed(&p->last_fault, kind + 1);
	store_relaxed(&p->last_fault_at, arch_time());
}

/* Firmware may refuse; then the partition that it was done for ends at least. */
static void reset_system(struct partition *p, uint32_t why)
{
	arch_system_reset();
	(void)partition_stop(p, why, BH_BEGIN_FIRST);
}

/* HEALTH-1 */
static enum health_verdict take_action(struct partition *p, const struct bh_health *h, uint32_t why)
{
	switch ((enum bh_action)h->action) {
	case BH_ACTION_IGNORE:
	case BH_ACTION_LOG: return HEALTH_GOES_ON;
	case BH_ACTION_INJECT: return HEALTH_INJECT;
	case BH_ACTION_MODE:
		(void)log_partition(p, BH_EVENT_MODE, 0, h->mode);
		mode_wish(h->mode);
		return HEALTH_GOES_ON;
	case BH_ACTION_STOP: (void)partition_stop(p, why, BH_BEGIN_FIRST); break;
	case BH_ACTION_RESTART: (void)partition_stop(p, why, BH_BEGIN_RESTART); break;
	case BH_ACTION_WARM: (void)partition_stop(p, why, BH_BEGIN_WARM); break;
	case BH_ACTION_SYSTEM: reset_system(p, why); break;
	}
	return HEALTH_ENDS;
}

/* The monitor is told of what has its own record, and of ends: a partition that floods the log floods nobody by its doorbell either. */
static enum health_verdict decide(struct partition *p, enum bh_fault kind, bool recorded)
{
	const struct bh_health *h = &p->desc->health[kind];
	enum health_verdict verdict = take_action(p, h, BH_STOP_FAULT | (uint32_t)kind << 8);

	if ((h->flags & BH_HEALTH_TELL) && (recorded || verdict == HEALTH_ENDS))
		health_tell();
	return verdict;
}

static bool is_ignored(const struct partition *p, enum bh_fault kind)
{
	return p->desc->health[kind].action == BH_ACTION_IGNORE;
}

enum health_verdict health_vcpu(struct vcpu *v, enum bh_fault kind, enum bh_event event, uint64_t address, uint64_t value)
{
	if (is_ignored(v->part, kind))
		return HEALTH_GOES_ON;
	count(v->part, kind);
	return decide(v->part, kind, log_vcpu(v, event, address, value));
}

enum health_verdict health_partition(struct partition *p, enum bh_fault kind, enum bh_event event, uint64_t address, uint64_t value)
{
	if (is_ignored(p, kind))
		return HEALTH_GOES_ON;
	count(p, kind);
	return decide(p, kind, log_partition(p, event, address, value));
}

void health_end(struct partition *p, enum bh_fault kind, enum bh_stop why)
{
	const struct bh_health *h = &p->desc->health[kind];

	count(p, kind);
	(void)take_action(p, h, why | (uint32_t)kind << 8);
	if (h->flags & BH_HEALTH_TELL)
		health_tell();
}

/* HEALTH-3. Of the last limit_n restarts the oldest stands where this one would: have so many been in the time that counts? */
bool health_limit(struct partition *p)
{
	const struct bh_partition *d = p->desc;
	ticks_t now = arch_time(), *oldest = &p->restart_at[d->limit_n ? p->restarts % d->limit_n : 0];

	if (!d->limit_n || p->restarts < d->limit_n || now - *oldest >= ticks_of(d->limit_ns)) {
		*oldest = now;
		p->restarts++;
		return false;
	}
	(void)log_partition(p, BH_EVENT_LIMIT, d->limit_ns, d->limit_n);
	if (d->limit.action == BH_ACTION_MODE)
		mode_wish(d->limit.mode);
	else if (d->limit.action == BH_ACTION_SYSTEM)
		arch_system_reset();
	health_tell();
	return true;
}
