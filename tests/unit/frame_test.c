/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames over a line: what is written is read, from whatever point and through whatever damage.
 * sources: sdk/bh_frame.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/bh_frame.h"

static uint64_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

static void fill(uint8_t *data, uint32_t bytes)
{
	uint32_t zeros = any(4); /* from none to nearly all */

	for (uint32_t i = 0; i < bytes; i++)
		data[i] = any(4) < zeros ? 0 : (uint8_t)any(256);
}

/* All of a line; the number of frames it completed, the last in r->data with *bytes. */
static uint32_t feed(struct bh_frame_reader *r, const uint8_t *line, uint32_t n, uint32_t *bytes)
{
	uint32_t frames = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t got = bh_frame_read(r, line[i]);

		if (got) {
			*bytes = got;
			frames++;
		}
	}
	return frames;
}

static void the_crc_is_that_of_the_standard(void **state)
{
	(void)state;
	assert_int_equal(bh_frame_crc("123456789", 9), 0xcbf43926);
	assert_int_equal(bh_frame_crc("", 0), 0);
}

static void what_is_written_is_read(void **state)
{
	uint8_t data[BH_FRAME_MAX], line[BH_FRAME_LINE(BH_FRAME_MAX)];
	struct bh_frame_reader r;

	(void)state;
	bh_frame_begin(&r);
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t bytes = 1 + i % BH_FRAME_MAX, got = 0, n;

		fill(data, bytes);
		n = bh_frame_write(line, data, bytes);
		assert_true(n <= BH_FRAME_LINE(bytes));
		assert_int_equal(line[0], 0);
		assert_null(memchr(line + 1, 0, n - 2));
		assert_int_equal(line[n - 1], 0);
		assert_int_equal(feed(&r, line, n, &got), 1);
		assert_int_equal(got, bytes);
		assert_memory_equal(r.data, data, bytes);
	}
}

static void the_longest_frame_without_a_zero_goes_through(void **state)
{
	uint8_t data[BH_FRAME_MAX], line[BH_FRAME_LINE(BH_FRAME_MAX)];
	struct bh_frame_reader r;
	uint32_t got = 0;

	(void)state;
	memset(data, 0xff, sizeof data);
	bh_frame_begin(&r);
	assert_int_equal(feed(&r, line, bh_frame_write(line, data, sizeof data), &got), 1);
	assert_int_equal(got, sizeof data);
}

static void a_frame_cut_off_anywhere_is_dropped_and_the_next_is_read(void **state)
{
	uint8_t data[100], line[BH_FRAME_LINE(100)];
	struct bh_frame_reader r;
	uint32_t n, got;

	(void)state;
	fill(data, sizeof data);
	n = bh_frame_write(line, data, sizeof data);
	for (uint32_t cut = 0; cut < n - 1; cut++) {
		bh_frame_begin(&r);
		assert_int_equal(feed(&r, line, cut, &got), 0);
		assert_int_equal(feed(&r, line, n, &got), 1);
		assert_int_equal(got, sizeof data);
		/* and its second half, as somebody sees it who begins to listen in the middle */
		bh_frame_begin(&r);
		assert_int_equal(feed(&r, line + cut + 1, n - cut - 1, &got), cut == 0);
		assert_int_equal(feed(&r, line, n, &got), 1);
	}
}

static void one_wrong_byte_makes_no_frame(void **state)
{
	uint8_t data[40], line[BH_FRAME_LINE(40)];
	struct bh_frame_reader r;
	uint32_t n, got;

	(void)state;
	fill(data, sizeof data);
	n = bh_frame_write(line, data, sizeof data);
	for (uint32_t at = 1; at < n - 1; at++)
		for (uint32_t flip = 1; flip < 256; flip++) {
			line[at] ^= (uint8_t)flip;
			bh_frame_begin(&r);
			assert_int_equal(feed(&r, line, n, &got), 0);
			line[at] ^= (uint8_t)flip;
		}
}

static void garbage_makes_no_frame_and_hides_none(void **state)
{
	uint8_t data[64], line[BH_FRAME_LINE(64)], garbage[1000];
	struct bh_frame_reader r;
	uint32_t n, got;

	(void)state;
	bh_frame_begin(&r);
	for (uint32_t i = 0; i < 2000; i++) {
		for (uint32_t j = 0; j < sizeof garbage; j++)
			garbage[j] = (uint8_t)any(i % 2 ? 256 : 4);
		assert_int_equal(feed(&r, garbage, any(sizeof garbage), &got), 0);
		fill(data, sizeof data);
		n = bh_frame_write(line, data, sizeof data);
		assert_int_equal(feed(&r, line, n, &got), 1);
		assert_memory_equal(r.data, data, sizeof data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_crc_is_that_of_the_standard),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_longest_frame_without_a_zero_goes_through),
		cmocka_unit_test(a_frame_cut_off_anywhere_is_dropped_and_the_next_is_read),
		cmocka_unit_test(one_wrong_byte_makes_no_frame),
		cmocka_unit_test(garbage_makes_no_frame_and_hides_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
