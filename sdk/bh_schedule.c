/* SPDX-License-Identifier: Apache-2.0 */
/* The partition's own time, from BH_CALL_FRAME, and the change of modes. */
#include "sdk/bh_schedule.h"

#include <stddef.h>

#include "sdk/bh_info.h"
#include "sdk/bh_time.h"

enum bh_status bh_schedule_read(struct bh_schedule *s)
{
	uint64_t x[7] = { 0 };
	int64_t status = bh_call7(BH_CALL_FRAME, x);

	*s = (struct bh_schedule){ .epoch = x[5],
				   .frame = x[1],
				   .length = x[2],
				   .budget = x[4],
				   .mode = (uint32_t)x[0],
				   .ordered = (uint32_t)x[3] };
	return (enum bh_status)status;
}

/* The first of @start, @start + @step, … that is not over. @start may lie ahead. */
static uint64_t sleep_to(uint64_t start, uint64_t step)
{
	uint64_t now = bh_time_ticks();

	if (start < now)
		start += (now - start + step - 1) / step * step;
	bh_sleep_until(start);
	return start;
}

static enum bh_status wait_for(uint64_t start, uint64_t step, uint64_t *due)
{
	uint64_t slept = sleep_to(start, step);

	if (due)
		*due = slept;
	return BH_OK;
}

enum bh_status bh_schedule_wait_frame(uint64_t offset, uint64_t *due)
{
	struct bh_schedule s;
	enum bh_status status = bh_schedule_read(&s);

	if (status)
		return status;
	if (!s.length)
		return BH_E_STATE;
	return wait_for(s.frame + offset % s.length, s.length, due);
}

enum bh_status bh_schedule_wait_period(uint64_t period, uint64_t *due)
{
	struct bh_schedule s;
	enum bh_status status = bh_schedule_read(&s);

	if (status)
		return status;
	if (!period)
		return BH_E_ARG;
	return wait_for(s.epoch, period, due);
}

enum bh_status bh_mode_set(const char *name)
{
	const struct bh_info_entry *right = bh_info_find(BH_INFO_SCHEDULE, NULL);
	const struct bh_info_entry *mode = bh_info_find(BH_INFO_MODE, name);
	uint64_t x[7] = { 0 };

	if (!right)
		return BH_E_CAP;
	if (!mode)
		return BH_E_ARG;
	x[0] = right->cap;
	x[1] = mode->cap;
	return (enum bh_status)bh_call7(BH_CALL_SET_MODE, x);
}

const char *bh_mode_name(uint32_t mode)
{
	const struct bh_info_entry *e = NULL;

	while ((e = bh_info_next(BH_INFO_MODE, e)) != NULL)
		if (e->cap == mode)
			return e->name;
	return "?";
}
