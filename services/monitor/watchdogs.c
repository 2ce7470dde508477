/* SPDX-License-Identifier: Apache-2.0 */
/* From queue entries to the model of a watchdog, and to the kernel's watchdog. */
#include "services/monitor/watchdogs.h"

#include <stddef.h>

#include "sdk/bh_control.h"
#include "sdk/bh_info.h"
#include "sdk/bh_time.h"
#include "services/lib/region.h"
#include "services/monitor/census.h"
#include "services/monitor/gwdt.h"

#define TURN BH_EMUL_RING /* accesses: as many as wait at most, for a refresh behind others counts as well */

struct watchdog {
	struct region region;
	struct gwdt model;
	uint32_t control; /* the capability: to feed it */
};

static struct watchdog watchdog[CENSUS_PARTITIONS];
static uint32_t n_watchdogs;

/* @fresh: whether it has been refreshed in this life of its client: what the one before has written must not feed the next. */
static void take(struct watchdog *w, uint64_t now, bool *fresh)
{
	struct bh_emul_entry e = region_take(&w->region);

	switch ((enum bh_emul_kind)e.kind) {
	case BH_EMUL_WRITE: *fresh |= gwdt_write(&w->model, e.offset, e.value, now); break;
	case BH_EMUL_ASK_WRITE:
		*fresh |= gwdt_write(&w->model, e.offset, e.value, now);
		region_line(&w->region, gwdt_line(&w->model));
		region_answer(&w->region, &e, 0);
		break;
	case BH_EMUL_RESET:
	case BH_EMUL_STOP:
		*fresh = false;
		gwdt_reset(&w->model, now);
		region_forget_line(&w->region);
		break;
	case BH_EMUL_ASK_READ: region_answer(&w->region, &e, 0); break; /* no register is read so (abi/gwdt.h) */
	}
}

/* While its partition stands still, or is not there, its time does not pass, as that of the kernel's watchdog. */
static bool runs(const struct watchdog *w)
{
	struct bh_control_state s;

	return bh_control_state(w->control, &s) == BH_OK && s.run == BH_RUN_RUNNING;
}

static void turn(struct watchdog *w, uint64_t now)
{
	bool fresh = false;

	for (uint32_t n = 0; n < TURN && region_waits(&w->region); n++)
		take(w, now, &fresh);
	region_publish(&w->region);
	if (fresh)
		(void)!bh_control_feed(w->control, NULL); /* one that has ended meanwhile needs no feeding */
	if (gwdt_due(&w->model) <= now && !runs(w))
		gwdt_refresh(&w->model, now);
	gwdt_turn(&w->model, now);
	region_line(&w->region, gwdt_line(&w->model));
}

void watchdogs_turn(uint64_t now)
{
	for (uint32_t i = 0; i < n_watchdogs; i++)
		turn(&watchdog[i], now);
}

bool watchdogs_wait(void)
{
	for (uint32_t i = 0; i < n_watchdogs; i++)
		if (region_waits(&watchdog[i].region))
			return true;
	return false;
}

uint64_t watchdogs_deadline(void)
{
	uint64_t first = GWDT_NEVER;

	for (uint32_t i = 0; i < n_watchdogs; i++)
		if (gwdt_due(&watchdog[i].model) < first)
			first = gwdt_due(&watchdog[i].model);
	return first;
}

static void add(const struct bh_info_entry *e)
{
	const struct census_partition *p = census_find(e->name);
	struct watchdog *w = &watchdog[n_watchdogs];

	if (!p || !p->control || n_watchdogs == CENSUS_PARTITIONS)
		return; /* the tool lets none pass that the monitor does not control */
	n_watchdogs++;
	w->control = p->control->cap;
	region_init(&w->region, e);
	gwdt_init(&w->model, region_shadow(&w->region), bh_time_from_ns(e->period_ns) / 2, bh_time_ticks());
	region_line_anew(&w->region, gwdt_line(&w->model)); /* what a former life told the kernel is not known */
	region_listen(&w->region);
}

void watchdogs_init(void)
{
	const struct bh_info_entry *e = NULL;

	n_watchdogs = 0;
	while ((e = bh_info_next(BH_INFO_SERVE, e)))
		if (e->flags & BH_INFO_SERVE_GWDT)
			add(e);
}
