/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health monitor's part of blob_check(): what is done about each kind of fault, limits, watchdogs, who is told,
 * and who may look into whom. That a policy is wise is not asked here.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/blob_at.h"
#include "lib/blob_check.h"

#define RESTARTS (1u << BH_ACTION_RESTART | 1u << BH_ACTION_WARM)
#define LIMITS	 (1u << BH_ACTION_STOP | 1u << BH_ACTION_MODE | 1u << BH_ACTION_SYSTEM)

/* @actions: those that it may be. */
static const char *check_action(const struct bh_blob *b, const struct bh_health *h, uint32_t actions)
{
	if (h->action >= BH_ACTIONS || (actions >> h->action & 1) == 0)
		return "health: an action that its kind cannot have";
	if (h->action == BH_ACTION_MODE ? h->mode >= b->n_modes : h->mode != 0)
		return "health: no such mode, or a mode where none is changed";
	return h->reserved ? "health: reserved field is not zero" : NULL;
}

static const char *check_kinds(const struct bh_blob *b, const struct bh_partition *p)
{
	uint32_t barred = p->flags & BH_PART_RESTART ? 0 : RESTARTS;

	for (uint32_t k = 0; k < BH_FAULTS; k++) {
		const struct bh_health *h = &p->health[k];
		const char *wrong = check_action(b, h, bh_actions(k) & ~barred);

		if (wrong)
			return wrong;
		if ((h->flags & ~BH_HEALTH_TELL) != 0 || (h->flags && b->monitor == BH_NONE))
			return "health: unknown flags, or nobody who could be told";
	}
	return NULL;
}

static bool is_time(uint64_t ns)
{
	return ns >= 1 && ns <= BH_PERIOD_MAX_NS;
}

static const char *check_limit(const struct bh_blob *b, const struct bh_partition *p)
{
	const struct bh_health *l = &p->limit;

	if (p->limit_n > BH_LIMIT_MAX)
		return "health: a limit of more restarts than are remembered";
	if (p->limit_n == 0)
		return l->action || l->mode || l->flags || l->reserved || p->limit_ns ? "health: what follows a limit that there is not" : NULL;
	if (!is_time(p->limit_ns))
		return "health: a limit in no time, or in too long a time";
	return l->flags ? "health: unknown flags, or nobody who could be told" : check_action(b, l, LIMITS);
}

static const char *check_watchdog(const struct bh_partition *p)
{
	bool has = p->watchdog_ns != 0;

	if (has ? !is_time(p->watchdog_ns) || !is_time(p->watchdog_first_ns) || p->watchdog_open_ns >= p->watchdog_ns : p->watchdog_first_ns || p->watchdog_open_ns)
		return "health: wrong times of a watchdog";
	if (p->log_pace_ns == 0 || p->log_pace_ns > BH_PERIOD_MAX_NS)
		return "health: wrong pace of its records";
	return p->answer_ns > BH_PERIOD_MAX_NS ? "health: too long a time to answer in" : NULL;
}

/* --- who is told, and who looks --- */

static const char *check_monitor_cap(const struct bh_blob *b, uint32_t p, const struct bh_cap *c)
{
	if (c->object != 0 || (c->rights & ~BH_MONITOR_MAY_RESET) != 0)
		return "monitor: reserved field is not zero, or unknown rights";
	return p == b->monitor ? NULL : "monitor: another than the partition that is told may see all";
}

static const char *check_inspect(const struct bh_blob *b, uint32_t p, const struct bh_cap *c)
{
	bool inspects = c->kind == BH_CAP_CONTROL && (c->rights & BH_CONTROL_MAY_INSPECT) != 0;

	if (!inspects)
		return c->root_page ? "capability: a root where nobody is inspected" : NULL;
	if (p != b->monitor)
		return "capability: another than the monitor inspects";
	return blob_is_page((uint64_t)c->root_page * BH_PAGE) ? NULL : "capability: no root to inspect with";
}

/* Its one vCPU is what a root of its own is for; it holds the capability to see all exactly once. */
static const char *check_monitor(const struct bh_blob *b)
{
	const struct bh_partition *m = &blob_partitions(b)[b->monitor];
	uint32_t seen = 0;

	for (uint32_t i = 0; i < m->n_caps; i++)
		seen += blob_caps(b)[m->first_cap + i].kind == BH_CAP_MONITOR;
	if (m->n_vcpus != 1)
		return "monitor: has more than one vCPU";
	return seen == 1 ? NULL : "monitor: has no capability to see all, or more than one";
}

static bool is_inspected(const struct bh_blob *b, uint32_t p)
{
	for (uint32_t i = 0; i < b->n_caps; i++)
		if (blob_caps(b)[i].kind == BH_CAP_CONTROL && blob_caps(b)[i].object == p && (blob_caps(b)[i].rights & BH_CONTROL_MAY_INSPECT))
			return true;
	return false;
}

static const char *check_partition(const struct bh_blob *b, uint32_t n)
{
	const struct bh_partition *p = &blob_partitions(b)[n];
	const char *wrong = check_kinds(b, p);

	if (!wrong)
		wrong = check_limit(b, p);
	if (!wrong)
		wrong = check_watchdog(p);
	for (uint32_t i = 0; i < p->n_caps && !wrong; i++) {
		const struct bh_cap *c = &blob_caps(b)[p->first_cap + i];

		wrong = c->kind == BH_CAP_MONITOR ? check_monitor_cap(b, n, c) : NULL;
		if (!wrong)
			wrong = check_inspect(b, n, c);
	}
	if (!wrong && (p->flags & BH_PART_DUMP) && !is_inspected(b, n))
		wrong = "partition: would be held for a dump that nobody may take";
	return wrong;
}

const char *blob_check_health(const struct bh_blob *b)
{
	const char *wrong = NULL;

	for (uint32_t i = 0; i < b->n_partitions && !wrong; i++)
		wrong = check_partition(b, i);
	if (!wrong && b->monitor != BH_NONE)
		wrong = check_monitor(b);
	return wrong;
}
