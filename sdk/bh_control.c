/* SPDX-License-Identifier: Apache-2.0 */
/* Control of other partitions: one call, and what it is asked for. */
#include "sdk/bh_control.h"

#include <stddef.h>

#include "sdk/bh_call.h"
#include "sdk/bh_info.h"

enum bh_status bh_control_find(const char *name, uint32_t *cap)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_CONTROL, name);

	if (!e)
		return BH_E_CAP;
	*cap = e->cap;
	return BH_OK;
}

static enum bh_status control(uint32_t cap, enum bh_control what, struct bh_control_state *state)
{
	uint64_t x[7] = { cap, what };
	int64_t status = bh_call7(BH_CALL_CONTROL, x);

	if (status == BH_OK && state)
		*state = (struct bh_control_state){ .run = (enum bh_run_state)x[0], .ends = (uint32_t)x[1] };
	return (enum bh_status)status;
}

enum bh_status bh_control_state(uint32_t cap, struct bh_control_state *state)
{
	return control(cap, BH_CONTROL_STATE, state);
}

enum bh_status bh_control_start(uint32_t cap, struct bh_control_state *state)
{
	return control(cap, BH_CONTROL_START, state);
}

enum bh_status bh_control_stop(uint32_t cap, struct bh_control_state *state)
{
	return control(cap, BH_CONTROL_STOP, state);
}

enum bh_status bh_control_restart(uint32_t cap, struct bh_control_state *state)
{
	return control(cap, BH_CONTROL_RESTART, state);
}

enum bh_status bh_control_feed(uint32_t cap, struct bh_control_state *state)
{
	return control(cap, BH_CONTROL_FEED, state);
}

enum bh_status bh_control_pause(uint32_t cap, struct bh_control_state *state)
{
	return control(cap, BH_CONTROL_PAUSE, state);
}

enum bh_status bh_control_resume(uint32_t cap, struct bh_control_state *state)
{
	return control(cap, BH_CONTROL_RESUME, state);
}

enum bh_status bh_control_release(uint32_t cap, struct bh_control_state *state)
{
	return control(cap, BH_CONTROL_RELEASE, state);
}
