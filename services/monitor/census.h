/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the system consists of, by the information page, and what of its time each part has had of late. Nothing here
 * decides or answers anything.
 */
#ifndef SERVICES_MONITOR_CENSUS_H
#define SERVICES_MONITOR_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/info.h"

#define CENSUS_PARTITIONS 32u /* BH_MAX_PARTITIONS */
#define CENSUS_CORES	  16u /* BH_MAX_CORES */

/* Ticks that something has had: when it was looked at last, and the time before. */
struct census_use {
	uint64_t last, before;
};

struct census_partition {
	const struct bh_info_entry *info;    /* BH_INFO_PARTITION; NULL: there is none of this number */
	const struct bh_info_entry *control; /* BH_INFO_CONTROL, or NULL: the monitor does not control it */
	struct census_use use;		     /* of all its vCPUs together */
};

struct census_core {
	uint32_t vcpus;	 /* bound to it */
	uint64_t silent; /* ticks, as of the last look */
	struct census_use idle;
};

struct census {
	uint32_t monitor; /* the capability */
	uint32_t rights;  /* BH_MONITOR_MAY_* */
	uint32_t n_partitions, n_ports, n_cores;
	struct census_partition partition[CENSUS_PARTITIONS];
	struct census_core core[CENSUS_CORES];
	struct census_use clock; /* when the uses were looked at */
};

extern struct census census;

/* False: this partition is no monitor. */
bool census_init(void);

/* Looks at everything, and so asks each core for a sign of life; about once a second. */
void census_take(uint64_t now);

/* Thousandths of one core, between the last two looks. */
uint32_t census_share(const struct census_use *u);

/* The partition of that name; NULL: there is none. @name need not be terminated within BH_NAME_BYTES. */
const struct census_partition *census_find(const char *name);

/* What @client may order @partition to do: BH_CONTROL_MAY_*, by the description. */
uint32_t census_grant(const char *client, const char *partition);

static inline uint32_t census_number(const struct census_partition *p)
{
	return (uint32_t)(p - census.partition);
}

bool census_same(const char *a, const char *b);

#endif
