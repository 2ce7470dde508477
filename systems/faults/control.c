/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control loop at 1 kHz by reservation, on the driver's core. It uses what the driver measures while that is fresh, and goes on
 * with the last value while it is not; how late its steps begin is what it prints.
 */
#include "sdk/bulkhead.h"
#include "systems/faults/control.h" /* PORT_MEASURED */
#include "systems/faults/faults.h"
#include "systems/time/lateness.h"

#define PERIOD_NS  1000000u
#define STEP_NS	   50000u
#define SHOW_EVERY 2000u /* steps */

static struct measured last;
static bool fresh;

/* Says so when the driver falls silent, and when it is back. */
static void measure(void)
{
	struct bh_message m;
	bool was = fresh;

	fresh = bh_sampling_read(PORT_MEASURED, &last, sizeof last, &m) == BH_OK && m.valid;
	if (was && !fresh)
		bh_printf("the driver is silent: going on with its value %llu\n", (unsigned long long)last.value);
	if (!was && fresh)
		bh_printf("the driver is there, in its life %u\n", last.life + 1);
}

int main(void)
{
	uint64_t period = bh_time_from_ns(PERIOD_NS), due;
	struct lateness late = { 0 };

	while (bh_schedule_wait_period(period, &due) == BH_OK) {
		lateness_take(&late, due, period);
		measure();
		work_for(STEP_NS);
		if (late.steps == SHOW_EVERY)
			lateness_show(&late, "control");
	}
	return 1;
}
