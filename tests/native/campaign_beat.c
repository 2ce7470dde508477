/* SPDX-License-Identifier: Apache-2.0 */
/* A control loop at 1 kHz beside the fault campaign: it says how late its steps began. */
#include "systems/time/lateness.h"

#define PERIOD_NS  1000000u
#define STEP_NS	   20000u
#define SHOW_EVERY 500u

int main(void)
{
	uint64_t period = bh_time_from_ns(PERIOD_NS), due;
	struct lateness late = { 0 };

	while (bh_schedule_wait_period(period, &due) == BH_OK) {
		lateness_take(&late, due, period);
		work_for(STEP_NS);
		if (late.steps == SHOW_EVERY)
			lateness_show(&late, "control");
	}
	return 1;
}
