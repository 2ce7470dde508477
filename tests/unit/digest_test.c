/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest finds what it promises to find: every change within one word, every other length, and
 * words that changed places.
 * sources: lib/digest.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/digest.h"

#define WORDS 65u

static void fill(uint64_t *w)
{
	for (uint32_t i = 0; i < WORDS; i++)
		w[i] = i * 0x9e3779b97f4a7c15ull;
}

static void every_flipped_bit_is_found(void **state)
{
	uint64_t w[WORDS], good;

	(void)state;
	fill(w);
	good = digest(w, sizeof(w));
	for (uint32_t i = 0; i < WORDS * 64; i++) {
		w[i / 64] ^= 1ull << i % 64;
		assert_true(digest(w, sizeof(w)) != good);
		w[i / 64] ^= 1ull << i % 64;
	}
	assert_true(digest(w, sizeof(w)) == good);
}

static void every_length_counts(void **state)
{
	uint64_t w[WORDS], seen[WORDS + 1];

	(void)state;
	memset(w, 0, sizeof(w));
	for (uint32_t n = 0; n <= WORDS; n++) {
		seen[n] = digest(w, n * 8);
		for (uint32_t i = 0; i < n; i++)
			assert_true(seen[i] != seen[n]);
	}
}

static void words_that_change_places_are_found(void **state)
{
	uint64_t w[WORDS], good, t;

	(void)state;
	fill(w);
	good = digest(w, sizeof(w));
	for (uint32_t i = 0; i < WORDS; i++)
		for (uint32_t j = i + 1; j < WORDS; j++) {
			t = w[i], w[i] = w[j], w[j] = t;
			assert_true(digest(w, sizeof(w)) != good);
			t = w[i], w[i] = w[j], w[j] = t;
		}
}

/* Kernel, tool and audit must agree, so a change of the function is a change of the ABI version. */
static void its_value_is_fixed(void **state)
{
	uint64_t w[WORDS];

	(void)state;
	fill(w);
	assert_int_equal(digest(w, sizeof(w)), 0x2939b3547fd30cfcull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flipped_bit_is_found),
		cmocka_unit_test(every_length_counts),
		cmocka_unit_test(words_that_change_places_are_found),
		cmocka_unit_test(its_value_is_fixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
