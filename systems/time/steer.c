/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control loop by windows: one step at the beginning of each frame, where its window is. It also decides on the mode: when `pump`
 * is hot, the system changes to `cooling`, and back when it has cooled.
 */
#include "sdk/bulkhead.h"
#include "systems/time/lateness.h"
#include "systems/time/steer.h"

#define STEP_NS	   300000u
#define SHOW_EVERY 200u /* steps */

static bool rang(uint32_t port)
{
	return bh_signal_wait(port, BH_NO_WAIT) == BH_OK;
}

/* Unless it is in force: the pump says so until it sees that. */
static void change_to(const char *mode, uint32_t now)
{
	if (bh_mode_name(now)[0] != mode[0] && bh_mode_set(mode) == BH_OK)
		bh_printf("pump is %s: the mode will be \"%s\"\n", mode[0] == 'c' ? "hot" : "cool", mode);
}

int main(void)
{
	struct lateness late = { 0 };
	struct bh_schedule s;
	uint64_t due;

	while (bh_schedule_wait_frame(0, &due) == BH_OK && bh_schedule_read(&s) == BH_OK) {
		lateness_take(&late, due, s.length);
		work_for(STEP_NS);
		if (late.steps == SHOW_EVERY)
			lateness_show(&late, bh_mode_name(s.mode));
		if (rang(PORT_HOT))
			change_to("cooling", s.mode);
		if (rang(PORT_COOL))
			change_to("normal", s.mode);
	}
	return 1; /* only if description and program do not fit: the partition stops, and the health log says why */
}
