/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partition's own time: the schedule's mode, the frame under way, what is left of a reservation's budget; waiting for an
 * instant of the plan; and, for a partition with `changes-mode`, changing the mode. An instant of the plan is when
 * the description says that something begins, not when the kernel got there: the difference is how late it was.
 */
#ifndef SDK_BH_SCHEDULE_H
#define SDK_BH_SCHEDULE_H

#include <stdint.h>

#include "sdk/bh_call.h"

struct bh_schedule {
	uint64_t epoch;	  /* ticks: when the first frame of all cores began, and all reservations' first period */
	uint64_t frame;	  /* ticks: start of the frame under way on this core */
	uint64_t length;  /* ticks, of a frame; 0: this core has no windows in this mode */
	uint64_t budget;  /* ticks left of this vCPU's; 0 without a reservation */
	uint32_t mode;	  /* in force on this core */
	uint32_t ordered; /* the mode that comes next, or BH_NO_MODE */
};

#define BH_NO_MODE 0xffffffffu

/* As it is now. Any context; does not wait. BH_OK only, on a kernel of our version. */
BH_MUST_CHECK enum bh_status bh_schedule_read(struct bh_schedule *s);

/*
 * Both sleep until an instant of the plan, the first that is not over when they are called, and answer in *@due (may be NULL)
 * which one it was, in ticks: bh_time_ticks() - *due is how late the caller runs. Handlers run meanwhile. Where
 * the mode changes while they sleep, the instant is still the old mode's. Thread context, not masked.
 *
 * bh_schedule_wait_frame: @offset ticks after a frame's start, as a window's `at-us`. BH_E_STATE: this core has no windows.
 * bh_schedule_wait_period: a whole number of @period ticks after the epoch, as a reservation's `period-us`. BH_E_ARG: 0.
 */
BH_MUST_CHECK enum bh_status bh_schedule_wait_frame(uint64_t offset, uint64_t *due);
BH_MUST_CHECK enum bh_status bh_schedule_wait_period(uint64_t period, uint64_t *due);

/*
 * Changes the mode of the whole system to the one named. Any context; ordered, not done, when it returns BH_OK: the
 * change comes at the end of the frame under way, or at once, as that mode is declared.
 * BH_E_CAP: this partition has no `changes-mode`; BH_E_ARG: no such mode; BH_E_AGAIN: another change is under way.
 */
BH_MUST_CHECK enum bh_status bh_mode_set(const char *name);

/* The name of a mode; "?" where the partition is not told (it has neither `changes-mode` nor `reads-trace`, and is no monitor). */
const char *bh_mode_name(uint32_t mode);

#endif
