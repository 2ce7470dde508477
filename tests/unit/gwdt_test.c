/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generic watchdog that a client sees does what its driver relies on, and cannot be switched off.
 * sources: services/monitor/gwdt.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/monitor/gwdt.h"

#define HALF  500u	   /* ticks: of the partition's watchdog */
#define START (7ull << 32) /* a time that needs both words */

static uint32_t shadow[BH_GWDT_BYTES / 4];
static struct gwdt w;

static int fresh(void **state)
{
	(void)state;
	memset(shadow, 0, sizeof shadow);
	gwdt_init(&w, shadow, HALF, START);
	return 0;
}

static uint32_t seen(uint32_t reg)
{
	return shadow[reg / 4];
}

static uint64_t compare_value(void)
{
	return seen(BH_GWDT_WCV_LOW) | (uint64_t)seen(BH_GWDT_WCV_HIGH) << 32;
}

static uint64_t offset(void)
{
	return seen(BH_GWDT_WOR_LOW) | (uint64_t)seen(BH_GWDT_WOR_HIGH) << 32;
}

static void it_runs_from_the_start_with_the_time_that_is_described(void **state)
{
	(void)state;
	assert_int_equal(seen(BH_GWDT_WCS), GWDT_WCS_EN);
	assert_int_equal(offset(), HALF);
	assert_int_equal(compare_value(), START + HALF);
	assert_int_equal(gwdt_due(&w), START + HALF);
	assert_false(gwdt_line(&w));
	/* version 1 in bits 16-19: the offset has 48 bits */
	assert_int_equal(seen(BH_GWDT_W_IIDR) >> 16 & 0xf, 1);
	assert_int_equal(seen(BH_GWDT_WRR_IIDR), seen(BH_GWDT_W_IIDR));
}

static void a_write_of_any_value_refreshes_it(void **state)
{
	static const uint32_t regs[] = { BH_GWDT_WRR, BH_GWDT_WCS };

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		uint64_t now = START + 100 + i;

		assert_true(gwdt_write(&w, regs[i % 2], i / 2, now));
		assert_int_equal(compare_value(), now + HALF);
	}
}

static void it_cannot_be_switched_off(void **state)
{
	(void)state;
	assert_true(gwdt_write(&w, BH_GWDT_WCS, 0, START));
	assert_int_equal(seen(BH_GWDT_WCS), GWDT_WCS_EN);
	gwdt_turn(&w, START + HALF);
	assert_true(gwdt_line(&w));
}

static void its_offset_is_at_most_what_is_described(void **state)
{
	(void)state;
	assert_true(gwdt_write(&w, BH_GWDT_WOR_LOW, HALF + 1, START));
	assert_int_equal(offset(), HALF);
	assert_true(gwdt_write(&w, BH_GWDT_WOR_LOW, 200, START + 10));
	assert_int_equal(offset(), 200);
	assert_int_equal(compare_value(), START + 210);
	assert_true(gwdt_write(&w, BH_GWDT_WOR_HIGH, 1, START));
	assert_int_equal(offset(), HALF);
	assert_true(gwdt_write(&w, BH_GWDT_WOR_HIGH, 0xffff0000u, START)); /* 48 bits */
	assert_int_equal(offset(), 200);
}

static void a_long_offset_is_written_in_two_halves(void **state)
{
	(void)state;
	gwdt_init(&w, shadow, 3ull << 32, START);
	gwdt_reset(&w, START);
	assert_true(gwdt_write(&w, BH_GWDT_WOR_LOW, 0x1234, START));
	assert_true(gwdt_write(&w, BH_GWDT_WOR_HIGH, 2, START));
	assert_int_equal(offset(), (2ull << 32) + 0x1234);
	assert_int_equal(compare_value(), START + (2ull << 32) + 0x1234);
	/* also where the first half with what was there is too much */
	assert_true(gwdt_write(&w, BH_GWDT_WOR_LOW, 0xfffffff0u, START));
	assert_true(gwdt_write(&w, BH_GWDT_WOR_HIGH, 3, START));
	assert_int_equal(offset(), 3ull << 32);
	assert_true(gwdt_write(&w, BH_GWDT_WOR_LOW, 0x77, START));
	assert_true(gwdt_write(&w, BH_GWDT_WOR_HIGH, 0, START));
	assert_int_equal(offset(), 0x77);
}

static void unrefreshed_it_interrupts_and_then_says_that_all_is_over(void **state)
{
	(void)state;
	gwdt_turn(&w, START + HALF - 1);
	assert_int_equal(seen(BH_GWDT_WCS), GWDT_WCS_EN);
	gwdt_turn(&w, START + HALF);
	assert_int_equal(seen(BH_GWDT_WCS), GWDT_WCS_EN | GWDT_WCS_WS0);
	assert_true(gwdt_line(&w));
	/* a driver adds what is left of the second stage: the compare value is that one's */
	assert_int_equal(compare_value(), START + 2 * HALF);
	gwdt_turn(&w, START + 2 * HALF - 1);
	assert_int_equal(seen(BH_GWDT_WCS), GWDT_WCS_EN | GWDT_WCS_WS0);
	gwdt_turn(&w, START + 2 * HALF);
	assert_int_equal(seen(BH_GWDT_WCS), GWDT_WCS_EN | GWDT_WCS_WS0 | GWDT_WCS_WS1);
	assert_int_equal(gwdt_due(&w), GWDT_NEVER);
	assert_true(gwdt_write(&w, BH_GWDT_WRR, 0, START + 3 * HALF));
	assert_int_equal(seen(BH_GWDT_WCS), GWDT_WCS_EN);
	assert_false(gwdt_line(&w));
	assert_int_equal(gwdt_due(&w), START + 4 * HALF);
}

static void who_looks_late_finds_both_stages_over(void **state)
{
	(void)state;
	gwdt_turn(&w, START + 100 * HALF);
	assert_int_equal(seen(BH_GWDT_WCS), GWDT_WCS_EN | GWDT_WCS_WS0 | GWDT_WCS_WS1);
}

static void an_offset_of_zero_ends_at_once_and_ends_itself(void **state)
{
	(void)state;
	assert_true(gwdt_write(&w, BH_GWDT_WOR_LOW, 0, START));
	gwdt_turn(&w, START);
	assert_int_equal(seen(BH_GWDT_WCS), GWDT_WCS_EN | GWDT_WCS_WS0 | GWDT_WCS_WS1);
}

static void a_next_life_of_the_service_goes_on_where_it_was(void **state)
{
	(void)state;
	assert_true(gwdt_write(&w, BH_GWDT_WOR_LOW, 300, START + 5));
	gwdt_turn(&w, START + 305);
	memset(&w, 0xee, sizeof w);
	gwdt_init(&w, shadow, HALF, START + 400);
	assert_int_equal(offset(), 300);
	assert_int_equal(compare_value(), START + 605);
	assert_true(gwdt_line(&w));
}

static void a_next_life_of_the_client_finds_it_as_the_first(void **state)
{
	(void)state;
	assert_true(gwdt_write(&w, BH_GWDT_WOR_LOW, 3, START));
	gwdt_turn(&w, START + HALF);
	gwdt_reset(&w, START + 1000);
	assert_int_equal(seen(BH_GWDT_WCS), GWDT_WCS_EN);
	assert_int_equal(offset(), HALF);
	assert_int_equal(compare_value(), START + 1000 + HALF);
}

static void what_is_written_elsewhere_does_nothing(void **state)
{
	uint32_t before[BH_GWDT_BYTES / 4];

	(void)state;
	memcpy(before, shadow, sizeof before);
	for (uint32_t o = 0; o < BH_GWDT_BYTES; o += 4)
		if (bh_gwdt_register(o) & BH_REG_WRITE_IGNORE)
			assert_false(gwdt_write(&w, o, 0xffffffffu, START + 1));
	assert_memory_equal(before, shadow, sizeof before);
}

/* What the table lets through to the service is what the model knows, and all is read from shadow words. */
static void the_table_asks_for_what_sets_it_up_and_posts_refreshes(void **state)
{
	(void)state;
	for (uint32_t o = 0; o < BH_GWDT_BYTES; o += 4) {
		uint8_t how = bh_gwdt_register(o);

		assert_true(how & BH_REG_READ_SHADOW);
		assert_int_equal(!(how & BH_REG_WRITE_IGNORE),
				 o == BH_GWDT_WRR || o == BH_GWDT_WCS || o == BH_GWDT_WOR_LOW || o == BH_GWDT_WOR_HIGH);
		assert_int_equal((how & BH_REG_WRITE_POSTED) != 0, o == BH_GWDT_WRR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_runs_from_the_start_with_the_time_that_is_described, fresh),
		cmocka_unit_test_setup(a_write_of_any_value_refreshes_it, fresh),
		cmocka_unit_test_setup(it_cannot_be_switched_off, fresh),
		cmocka_unit_test_setup(its_offset_is_at_most_what_is_described, fresh),
		cmocka_unit_test_setup(a_long_offset_is_written_in_two_halves, fresh),
		cmocka_unit_test_setup(unrefreshed_it_interrupts_and_then_says_that_all_is_over, fresh),
		cmocka_unit_test_setup(who_looks_late_finds_both_stages_over, fresh),
		cmocka_unit_test_setup(an_offset_of_zero_ends_at_once_and_ends_itself, fresh),
		cmocka_unit_test_setup(a_next_life_of_the_service_goes_on_where_it_was, fresh),
		cmocka_unit_test_setup(a_next_life_of_the_client_finds_it_as_the_first, fresh),
		cmocka_unit_test_setup(what_is_written_elsewhere_does_nothing, fresh),
		cmocka_unit_test_setup(the_table_asks_for_what_sets_it_up_and_posts_refreshes, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
