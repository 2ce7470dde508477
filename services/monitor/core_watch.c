/* SPDX-License-Identifier: Apache-2.0 */
/* Cores that do not answer. */
#include "services/monitor/core_watch.h"

#include <stdbool.h>

#include "sdk/bh_log.h"
#include "sdk/bh_monitor.h"
#include "sdk/bh_time.h"
#include "services/monitor/census.h"

#define LAST_WORDS_NS 200000000ull /* for the console to show them, before the reset */

static uint64_t most;		       /* ticks: so long one may be silent */
static uint64_t counted[CENSUS_CORES]; /* ticks that it has been silent for */
static bool told[CENSUS_CORES];	       /* that it is */

static void reset(void)
{
	enum bh_status status;

	bh_log("the machine is reset");
	bh_sleep_until(bh_time_in_ns(LAST_WORDS_NS));
	status = bh_monitor_reset(census.monitor);
	bh_printf("firmware does not reset the machine (status %d)\n", status);
}

/* Ticks since the look before this one, as far as they count. */
static uint64_t step(void)
{
	uint64_t since = census.clock.last - census.clock.before, limit = bh_time_from_ns(CORE_WATCH_LOOK_NS);

	return since < limit ? since : limit;
}

/* HEALTH-9 */
static void watch(uint32_t core)
{
	bool lost;

	counted[core] = census.core[core].silent ? counted[core] + step() : 0;
	lost = counted[core] >= most;
	if (lost == told[core])
		return;
	told[core] = lost;
	if (!lost) {
		bh_printf("core %u answers again\n", core);
		return;
	}
	bh_printf("core %u has not come into the kernel for %llu ms\n", core,
		  (unsigned long long)(bh_time_to_ns(census.core[core].silent) / 1000000u));
	if (census.rights & BH_MONITOR_MAY_RESET)
		reset();
}

void core_watch_init(uint64_t silent_ns)
{
	most = bh_time_from_ns(silent_ns);
	for (uint32_t i = 0; i < CENSUS_CORES; i++) {
		counted[i] = 0;
		told[i] = false;
	}
}

void core_watch_turn(void)
{
	for (uint32_t i = 0; i < census.n_cores; i++)
		watch(i);
}
