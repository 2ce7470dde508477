/* SPDX-License-Identifier: Apache-2.0 */
/* Cores that do not answer. */
#include "services/monitor/core_watch.h"

#include <stdbool.h>

#include "sdk/bh_log.h"
#include "sdk/bh_monitor.h"
#include "sdk/bh_time.h"
#include "services/monitor/census.h"

#define LAST_WORDS_NS 200000000ull /* for the console to show them, before the reset */

static bool told[CENSUS_CORES]; /* that it is silent */

static void reset(void)
{
	enum bh_status status;

	bh_log("the machine is reset");
	bh_sleep_until(bh_time_in_ns(LAST_WORDS_NS));
	status = bh_monitor_reset(census.monitor);
	bh_printf("firmware does not reset the machine (status %d)\n", status);
}

static void watch(uint32_t core)
{
	uint64_t silent = census.core[core].silent;
	bool lost = silent >= bh_time_from_ns(CORE_WATCH_NS);

	if (lost == told[core])
		return;
	told[core] = lost;
	if (!lost) {
		bh_printf("core %u answers again\n", core);
		return;
	}
	bh_printf("core %u has not come into the kernel for %llu ms\n", core,
		  (unsigned long long)(bh_time_to_ns(silent) / 1000000u));
	if (census.rights & BH_MONITOR_MAY_RESET)
		reset();
}

void core_watch_turn(void)
{
	for (uint32_t i = 0; i < census.n_cores; i++)
		watch(i);
}
