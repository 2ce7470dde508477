/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control loop by reservation: one stroke at the beginning of each period, in whoever's window that falls. The plant is
 * played: it grows hot while the mode is the first one, and cools in any other.
 */
#include "sdk/bulkhead.h"
#include "systems/time/lateness.h"
#include "systems/time/pump.h"

#define PERIOD_NS  2000000u
#define STROKE_NS  100000u
#define SHOW_EVERY 1000u /* strokes */
#define HOT	   4000	 /* the heat of so many strokes */
#define COOLS_BY   2

static int heat;

/* At either end it says so with each stroke until the mode is the other one: a signal may come for no reason, and be no use just then. */
static void grow_hot_or_cool(uint32_t mode)
{
	heat += mode == 0 ? 1 : -COOLS_BY;
	heat = heat < 0 ? 0 : heat > HOT ? HOT
					 : heat;
	if (heat == HOT && mode == 0)
		(void)!bh_signal_send(PORT_HOT);
	if (heat == 0 && mode != 0)
		(void)!bh_signal_send(PORT_COOL);
}

int main(void)
{
	uint64_t period = bh_time_from_ns(PERIOD_NS), due;
	struct lateness late = { 0 };
	struct bh_schedule s;

	while (bh_schedule_wait_period(period, &due) == BH_OK && bh_schedule_read(&s) == BH_OK) {
		lateness_take(&late, due, period);
		work_for(STROKE_NS);
		if (late.steps == SHOW_EVERY)
			lateness_show(&late, "strokes");
		grow_hot_or_cool(s.mode);
	}
	return 1;
}
