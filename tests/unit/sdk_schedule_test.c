/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's time of a partition, over a kernel that is played here: frames of 1000 ticks since tick 5000. */
#include "tests/unit/sdk_fakes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "sdk/bh_info.c"
#include "sdk/bh_schedule.c"

#define EPOCH	 5000u
#define FRAME	 1000u
#define SCHEDULE 7u /* the capability */
#define NORMAL	 0u
#define LIMP	 1u

static uint64_t length; /* of a frame; 0: no windows */
static uint32_t mode, ordered, refused;

static struct bh_info *page(void)
{
	return (struct bh_info *)(uintptr_t)BH_INFO_IPA;
}

static int map(void **state)
{
	void *at = (void *)(uintptr_t)BH_INFO_IPA;

	(void)state;
	return mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at ? 0 : -1;
}

static int fresh(void **state)
{
	(void)state;
	*page() = (struct bh_info){ .magic = BH_INFO_MAGIC, .n_entries = 4 };
	page()->entry[0] = (struct bh_info_entry){ .kind = BH_INFO_DEVICE, .name = "limp-home" };
	page()->entry[1] = (struct bh_info_entry){ .kind = BH_INFO_SCHEDULE, .cap = SCHEDULE };
	page()->entry[2] = (struct bh_info_entry){ .kind = BH_INFO_MODE, .cap = NORMAL, .name = "normal" };
	page()->entry[3] = (struct bh_info_entry){ .kind = BH_INFO_MODE, .cap = LIMP, .name = "limp-home" };
	length = FRAME;
	mode = NORMAL;
	ordered = BH_NO_MODE;
	refused = 0;
	fake_now = EPOCH;
	return 0;
}

void fake_handlers(void)
{
}

static int64_t set_mode(const uint64_t x[7])
{
	if (x[0] != SCHEDULE || x[1] > LIMP) {
		refused++;
		return x[0] != SCHEDULE ? BH_E_CAP : BH_E_ARG;
	}
	if (ordered != BH_NO_MODE)
		return BH_E_AGAIN;
	ordered = (uint32_t)x[1];
	return BH_OK;
}

int64_t fake_call(uint32_t function, uint64_t x[7])
{
	if (function == BH_CALL_SET_MODE)
		return set_mode(x);
	assert_int_equal(function, BH_CALL_FRAME);
	x[0] = mode;
	x[1] = length ? EPOCH + (fake_now - EPOCH) / length * length : EPOCH;
	x[2] = length;
	x[3] = ordered;
	x[4] = 300;
	x[5] = EPOCH;
	return BH_OK;
}

static void the_time_of_a_partition_is_what_the_kernel_says(void **state)
{
	struct bh_schedule s;

	(void)state;
	fake_now = EPOCH + 3 * FRAME + 17;
	ordered = LIMP;
	assert_int_equal(bh_schedule_read(&s), BH_OK);
	assert_int_equal(s.epoch, EPOCH);
	assert_int_equal(s.frame, EPOCH + 3 * FRAME);
	assert_int_equal(s.length, FRAME);
	assert_int_equal(s.budget, 300);
	assert_int_equal(s.mode, NORMAL);
	assert_int_equal(s.ordered, LIMP);
}

static void a_wait_for_a_frame_ends_at_the_next_of_its_instants(void **state)
{
	static const struct {
		uint64_t now, offset, due;
	} cases[] = {
		{ EPOCH, 0, EPOCH },		   /* an instant that is now is not over */
		{ EPOCH + 1, 0, EPOCH + FRAME },   /* this one is */
		{ EPOCH + 100, 200, EPOCH + 200 }, /* still ahead in this frame */
		{ EPOCH + 300, 200, EPOCH + FRAME + 200 },
		{ EPOCH + 2 * FRAME - 1, 999, EPOCH + 2 * FRAME - 1 },
		{ EPOCH, FRAME + 5, EPOCH + 5 }, /* offsets come again every frame */
	};
	uint64_t due;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		fake_now = cases[i].now;
		assert_int_equal(bh_schedule_wait_frame(cases[i].offset, &due), BH_OK);
		assert_int_equal(due, cases[i].due);
		assert_int_equal(fake_now, cases[i].due);
	}
}

static void a_loop_over_frames_misses_none_and_takes_none_twice(void **state)
{
	uint64_t due, before = EPOCH;

	(void)state;
	assert_int_equal(bh_schedule_wait_frame(0, &due), BH_OK);
	for (int i = 0; i < 1000; i++) {
		fake_now += 1 + (uint64_t)i % (FRAME - 1); /* the work */
		assert_int_equal(bh_schedule_wait_frame(0, &due), BH_OK);
		assert_int_equal(due, before + FRAME);
		before = due;
	}
}

static void periods_count_from_the_epoch_whatever_the_frames_are(void **state)
{
	uint64_t due;

	(void)state;
	length = 0;
	fake_now = EPOCH + 701;
	assert_int_equal(bh_schedule_wait_period(350, &due), BH_OK);
	assert_int_equal(due, EPOCH + 1050);
	fake_now = EPOCH - 10; /* the cores are not all ready yet */
	assert_int_equal(bh_schedule_wait_period(350, NULL), BH_OK);
	assert_int_equal(fake_now, EPOCH);
	assert_int_equal(bh_schedule_wait_period(0, &due), BH_E_ARG);
}

static void without_windows_there_is_no_frame_to_wait_for(void **state)
{
	uint64_t due = 1;

	(void)state;
	length = 0;
	assert_int_equal(bh_schedule_wait_frame(0, &due), BH_E_STATE);
	assert_int_equal(due, 1);
	assert_int_equal(fake_now, EPOCH);
}

static void a_mode_is_changed_by_its_name(void **state)
{
	(void)state;
	assert_int_equal(bh_mode_set("limp-home"), BH_OK);
	assert_int_equal(ordered, LIMP);
	assert_int_equal(bh_mode_set("normal"), BH_E_AGAIN);
	assert_string_equal(bh_mode_name(ordered), "limp-home");
	assert_string_equal(bh_mode_name(99), "?");
}

static void a_mode_that_is_not_there_never_reaches_the_kernel(void **state)
{
	(void)state;
	assert_int_equal(bh_mode_set("limp"), BH_E_ARG);
	assert_int_equal(bh_mode_set("normal-2"), BH_E_ARG);
	assert_int_equal(refused, 0);
	assert_int_equal(ordered, BH_NO_MODE);
}

static void without_the_right_no_mode_is_changed(void **state)
{
	(void)state;
	page()->entry[1].kind = BH_INFO_CONTROL; /* as of a reader of the trace: it knows the modes' names */
	assert_int_equal(bh_mode_set("limp-home"), BH_E_CAP);
	assert_int_equal(refused, 0);
	assert_string_equal(bh_mode_name(LIMP), "limp-home");
}

#define test(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_time_of_a_partition_is_what_the_kernel_says),
		test(a_wait_for_a_frame_ends_at_the_next_of_its_instants),
		test(a_loop_over_frames_misses_none_and_takes_none_twice),
		test(periods_count_from_the_epoch_whatever_the_frames_are),
		test(without_windows_there_is_no_frame_to_wait_for),
		test(a_mode_is_changed_by_its_name),
		test(a_mode_that_is_not_there_never_reaches_the_kernel),
		test(without_the_right_no_mode_is_changed),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
