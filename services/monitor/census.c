/* SPDX-License-Identifier: Apache-2.0 */
/* Counting what there is, and what it uses. */
#include "services/monitor/census.h"

#include <stddef.h>

#include "sdk/bh_info.h"
#include "sdk/bh_monitor.h"

struct census census;

bool census_same(const char *a, const char *b)
{
	for (uint32_t i = 0; i < BH_NAME_BYTES; i++) {
		if (a[i] != b[i])
			return false;
		if (!a[i])
			break;
	}
	return true;
}

static void find_partitions(void)
{
	const struct bh_info_entry *e = NULL;

	while ((e = bh_info_next(BH_INFO_PARTITION, e))) {
		if (e->cap >= CENSUS_PARTITIONS)
			continue;
		census.partition[e->cap].info = e;
		census.partition[e->cap].control = bh_info_find(BH_INFO_CONTROL, e->name);
		if (e->cap >= census.n_partitions)
			census.n_partitions = e->cap + 1;
	}
}

/* Cores are known by who is bound to them. */
static void find_core(uint32_t partition, uint32_t vcpu)
{
	struct bh_look_vcpu v;

	if (bh_monitor_vcpu(census.monitor, partition, vcpu, &v) != BH_OK || v.core >= CENSUS_CORES)
		return;
	census.core[v.core].vcpus++;
	if (v.core >= census.n_cores)
		census.n_cores = v.core + 1;
}

bool census_init(void)
{
	const struct bh_info_entry *e = NULL;

	census = (struct census){ 0 };
	if (bh_monitor_find(&census.monitor, &census.rights) != BH_OK)
		return false;
	find_partitions();
	for (uint32_t p = 0; p < census.n_partitions; p++)
		for (uint32_t v = 0; census.partition[p].info && v < census.partition[p].info->depth; v++)
			find_core(p, v);
	while ((e = bh_info_next(BH_INFO_CHANNEL, e)))
		if (e->cap >= census.n_ports)
			census.n_ports = e->cap + 1;
	return true;
}

static void use_note(struct census_use *u, uint64_t ticks)
{
	u->before = u->last;
	u->last = ticks;
}

static uint64_t partition_ticks(uint32_t number)
{
	uint64_t sum = 0;
	struct bh_look_vcpu v;

	for (uint32_t i = 0; i < census.partition[number].info->depth; i++)
		if (bh_monitor_vcpu(census.monitor, number, i, &v) == BH_OK)
			sum += v.ticks;
	return sum;
}

void census_take(uint64_t now)
{
	struct bh_look_core c;

	use_note(&census.clock, now);
	for (uint32_t p = 0; p < census.n_partitions; p++)
		if (census.partition[p].info)
			use_note(&census.partition[p].use, partition_ticks(p));
	for (uint32_t i = 0; i < census.n_cores; i++) {
		if (bh_monitor_core(census.monitor, i, &c) != BH_OK)
			continue;
		use_note(&census.core[i].idle, c.idle);
		census.core[i].silent = c.silent;
	}
}

uint32_t census_share(const struct census_use *u)
{
	uint64_t time = census.clock.last - census.clock.before;

	return time && u->last > u->before ? (uint32_t)((u->last - u->before) * 1000 / time) : 0;
}

const struct census_partition *census_find(const char *name)
{
	for (const struct census_partition *p = census.partition; p < census.partition + census.n_partitions; p++)
		if (p->info && census_same(p->info->name, name))
			return p;
	return NULL;
}

uint32_t census_grant(const char *client, const char *partition)
{
	const struct bh_info_entry *e = NULL;
	uint32_t may = 0;

	while ((e = bh_info_next(BH_INFO_GRANT, e)))
		if (census_same(e->name, client) && census_same(e->peer, partition))
			may |= e->flags;
	return may;
}
