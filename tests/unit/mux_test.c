/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of several sources share a terminal without mixing.
 * sources: services/console/mux.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/console/mux.h"

static char out[100000];
static uint32_t used;
static struct mux m;
static struct source a, b;

static void collect(char c)
{
	assert_true(used + 1 < sizeof out);
	out[used++] = c;
	out[used] = 0;
}

static int fresh(void **state)
{
	(void)state;
	used = 0;
	out[0] = 0;
	m = (struct mux){ .put = collect, .width = 4 };
	a = (struct source){ .name = "a", .colour = "1" };
	b = (struct source){ .name = "bb", .colour = "2" };
	return 0;
}

static void say(struct source *s, const char *text)
{
	while (*text)
		mux_put(&m, s, *text++);
}

#define A   "\033[1ma   | "
#define B   "\033[2mbb  | "
#define END "\033[0m\r\n"

static void a_line_appears_whole_with_its_name_and_colour(void **state)
{
	(void)state;
	say(&a, "hel");
	assert_string_equal(out, "");
	say(&a, "lo\n");
	assert_string_equal(out, A "hello" END);
}

static void both_line_ends_are_one(void **state)
{
	(void)state;
	say(&a, "x\r\ny\r\r\nz\n\r\n");
	assert_string_equal(out, A "x" END A "y" END A "z" END A END);
}

/* It would begin a packet of the link. */
static void a_zero_is_left_out(void **state)
{
	(void)state;
	mux_put(&m, &a, 'x');
	mux_put(&m, &a, '\r');
	mux_put(&m, &a, 0);
	mux_put(&m, &a, '\n');
	assert_string_equal(out, A "x" END);
}

/* CON-1 */
static void lines_of_two_do_not_mix(void **state)
{
	(void)state;
	say(&a, "one ");
	say(&b, "two ");
	say(&a, "1\n");
	say(&b, "2\n");
	assert_string_equal(out, A "one 1" END B "two 2" END);
}

static void an_incomplete_line_gives_way_and_is_shown_whole_when_it_goes_on(void **state)
{
	(void)state;
	say(&a, "load");
	mux_show(&m, &a);
	assert_string_equal(out, A "load");
	say(&b, "x\n");
	say(&a, "ed\n");
	assert_string_equal(out, A "load" END B "x" END A "loaded" END);
}

static void what_is_being_typed_is_shown_again_in_full(void **state)
{
	(void)state;
	say(&a, "# l");
	mux_show(&m, &a);
	say(&b, "x\n");
	say(&a, "s");
	mux_show(&m, &a);
	assert_string_equal(out, A "# l" END B "x" END A "# ls");
}

/* A shell asks where the cursor is: the terminal's answer to a second question would be typed text. */
static void a_question_to_the_terminal_is_not_repeated(void **state)
{
	(void)state;
	say(&a, "\033[31m# \033[6n\033[?1;2c");
	mux_show(&m, &a);
	say(&b, "x\n");
	say(&a, "l\033[6n");
	mux_show(&m, &a);
	assert_string_equal(out, A "\033[31m# \033[6n\033[?1;2c" END B "x" END A "\033[31m# l\033[6n");
}

static void the_end_of_an_interrupted_line_makes_no_empty_one(void **state)
{
	(void)state;
	say(&a, "x");
	mux_show(&m, &a);
	say(&b, "y\n");
	say(&a, "\n");
	say(&a, "z\n");
	assert_string_equal(out, A "x" END B "y" END A "z" END);
}

static void a_return_repeats_the_name_it_would_overwrite(void **state)
{
	(void)state;
	say(&a, "10%\r20%\n");
	assert_string_equal(out, A "10%\r" A "20%" END);
}

static void a_return_at_the_end_waits_for_what_follows(void **state)
{
	(void)state;
	say(&a, "x\r");
	mux_show(&m, &a);
	assert_string_equal(out, A "x");
	say(&a, "\n");
	assert_string_equal(out, A "x" END);
}

static void escape_sequences_of_the_guest_pass(void **state)
{
	(void)state;
	say(&a, "\033[31mred\033[0m\b\a\n");
	assert_string_equal(out, A "\033[31mred\033[0m\b\a" END);
}

static void a_long_line_stays_one_line(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 5 * MUX_LINE; i++)
		say(&a, "x");
	say(&a, "\n");
	assert_int_equal(used, strlen(A END) + 5 * MUX_LINE);
}

static void an_end_closes_what_is_begun(void **state)
{
	(void)state;
	mux_end(&m, &a);
	assert_string_equal(out, "");
	say(&a, "x");
	mux_end(&m, &a);
	assert_string_equal(out, A "x" END);
	say(&a, "y\n");
	assert_string_equal(out, A "x" END A "y" END);
}

/* The worst a client can do within one call. */
static void no_call_puts_out_more_than_a_burst(void **state)
{
	(void)state;
	a.name = "a-name-of-thirty-one-characters";
	b.name = a.name;
	m.width = 31;
	for (uint32_t i = 0; i < 4000; i++) {
		uint32_t before = used;

		mux_put(&m, &a, i % 2 ? 'x' : '\r');
		assert_true(used - before <= MUX_BURST);
		before = used;
		if (i % 100 == 0)
			mux_show(&m, &a);
		assert_true(used - before <= MUX_BURST);
		say(&b, i % 50 ? "" : "b\n");
		used = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_appears_whole_with_its_name_and_colour, fresh),
		cmocka_unit_test_setup(both_line_ends_are_one, fresh),
		cmocka_unit_test_setup(a_zero_is_left_out, fresh),
		cmocka_unit_test_setup(lines_of_two_do_not_mix, fresh),
		cmocka_unit_test_setup(an_incomplete_line_gives_way_and_is_shown_whole_when_it_goes_on, fresh),
		cmocka_unit_test_setup(what_is_being_typed_is_shown_again_in_full, fresh),
		cmocka_unit_test_setup(a_question_to_the_terminal_is_not_repeated, fresh),
		cmocka_unit_test_setup(the_end_of_an_interrupted_line_makes_no_empty_one, fresh),
		cmocka_unit_test_setup(a_return_repeats_the_name_it_would_overwrite, fresh),
		cmocka_unit_test_setup(a_return_at_the_end_waits_for_what_follows, fresh),
		cmocka_unit_test_setup(escape_sequences_of_the_guest_pass, fresh),
		cmocka_unit_test_setup(a_long_line_stays_one_line, fresh),
		cmocka_unit_test_setup(an_end_closes_what_is_begun, fresh),
		cmocka_unit_test_setup(no_call_puts_out_more_than_a_burst, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
