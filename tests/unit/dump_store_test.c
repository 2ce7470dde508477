/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for crash dumps: the last of each partition, and who gives way.
 * sources: services/monitor/dump_store.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/monitor/census.h"
#include "services/monitor/dump_store.h"

#define ROOM (64u * 4096u)

static union {
	struct bh_monitor_store store;
	uint8_t page[BH_MONITOR_STORE_BYTES];
} directory;
static _Alignas(4096) uint8_t room[ROOM];
static uint32_t cleaned; /* times the directory was */

void dump_store_clean(const void *at, uint64_t bytes)
{
	cleaned += at == &directory && bytes == BH_MONITOR_STORE_BYTES;
}

bool census_same(const char *a, const char *b)
{
	return strncmp(a, b, BH_NAME_BYTES) == 0;
}

static int fresh(void **state)
{
	(void)state;
	memset(&directory, 0, sizeof directory);
	dump_store_init(&directory.store, room, ROOM);
	return 0;
}

static struct bh_monitor_dump *add(const char *name, uint32_t pages)
{
	struct bh_monitor_dump *d = dump_store_begin(name, pages * 4096ull, 4096);

	if (d)
		dump_store_end(d->bytes < d->whole_bytes ? BH_DUMP_CUT : BH_DUMP_WHOLE);
	return d;
}

static bool has(const char *name)
{
	return dump_store_find(name) != NULL;
}

/* What lies there lies in the room, at a page, and over nothing else. */
static void check(void)
{
	const struct bh_monitor_store *s = dump_store_directory();

	for (uint32_t i = 0; i < s->n; i++) {
		const struct bh_monitor_dump *d = &s->dump[i];

		assert_true(d->ipa % BH_MONITOR_STORE_ALIGN == 0 && d->ipa >= (uintptr_t)room);
		assert_true(d->ipa + d->bytes <= (uintptr_t)room + ROOM);
		for (uint32_t k = 0; k < i; k++)
			assert_true(d->ipa >= s->dump[k].ipa + s->dump[k].bytes || s->dump[k].ipa >= d->ipa + d->bytes);
		assert_true(i == 0 || d->sequence > s->dump[i - 1].sequence);
	}
}

static void the_directory_says_what_it_is_and_where_the_room_is(void **state)
{
	const struct bh_monitor_store *s = dump_store_directory();

	(void)state;
	assert_memory_equal(&s->magic, "BULKDUMP", 8);
	assert_int_equal(s->version, BH_MONITOR_VERSION);
	assert_int_equal(s->n, 0);
	assert_int_equal(s->ipa, (uintptr_t)room);
	assert_int_equal(s->bytes, ROOM);
}

static void a_dump_is_found_by_its_partition_and_is_told_while_it_is_copied(void **state)
{
	struct bh_monitor_dump *d;
	uint32_t before = cleaned;

	(void)state;
	d = dump_store_begin("linux", 10000, 4096);
	assert_int_equal(dump_store_find("linux")->state, BH_DUMP_COPYING);
	assert_int_equal(d->bytes, 10000);
	dump_store_end(BH_DUMP_WHOLE);
	assert_int_equal(dump_store_find("linux")->state, BH_DUMP_WHOLE);
	assert_false(has("other"));
	assert_int_equal(cleaned - before, 2);
}

static void the_last_dump_of_each_partition_is_kept(void **state)
{
	(void)state;
	add("a", 10);
	add("b", 10);
	add("a", 20);
	assert_int_equal(dump_store_directory()->n, 2);
	assert_int_equal(dump_store_find("a")->bytes, 20 * 4096);
	assert_int_equal(dump_store_find("a")->sequence, 3);
	check();
}

static void the_oldest_give_way_until_it_fits(void **state)
{
	(void)state;
	add("a", 20);
	add("b", 20);
	add("c", 20);
	add("d", 30); /* 4 pages are free: a is not enough, b lies beside it */
	assert_false(has("a") || has("b"));
	assert_true(has("c") && has("d"));
	add("e", 10); /* the 10 before c */
	assert_true(has("c") && has("d") && has("e"));
	check();
}

static void what_does_not_fit_alone_is_cut_to_the_room(void **state)
{
	(void)state;
	add("a", 20);
	add("big", 100);
	assert_false(has("a"));
	assert_int_equal(dump_store_find("big")->bytes, ROOM);
	assert_int_equal(dump_store_find("big")->whole_bytes, 100 * 4096);
	assert_int_equal(dump_store_find("big")->state, BH_DUMP_CUT);
}

static void where_not_even_the_least_fits_nobody_gives_way(void **state)
{
	(void)state;
	add("a", 20);
	assert_null(dump_store_begin("b", 100 * 4096, ROOM + 1));
	assert_true(has("a"));
}

static void dumps_of_an_earlier_life_stay_if_they_were_finished(void **state)
{
	(void)state;
	add("a", 5);
	add("b", 5);
	(void)dump_store_begin("c", 5 * 4096, 4096);
	dump_store_init(&directory.store, room, ROOM);
	assert_true(has("a") && has("b"));
	assert_false(has("c"));
	add("d", 5);
	assert_int_equal(dump_store_find("d")->sequence, 3); /* c's was never told as one */
	check();
}

static void a_directory_that_is_not_ours_is_begun_anew(void **state)
{
	(void)state;
	add("a", 5);
	dump_store_init(&directory.store, room, ROOM - 4096);
	assert_int_equal(dump_store_directory()->n, 0);
	add("a", 5);
	directory.store.dump[0].bytes = 1ull << 40; /* spoiled memory */
	dump_store_init(&directory.store, room, ROOM - 4096);
	assert_int_equal(dump_store_directory()->n, 0);
	directory.store.n = 1000;
	dump_store_init(&directory.store, room, ROOM - 4096);
	assert_int_equal(dump_store_directory()->n, 0);
}

static void ten_thousand_dumps_never_overlap(void **state)
{
	char name[BH_NAME_BYTES];

	(void)state;
	srand(3);
	for (uint32_t i = 0; i < 10000; i++) {
		uint32_t pages = 1 + (uint32_t)rand() % (rand() % 10 ? 8 : 70);

		snprintf(name, sizeof name, "p%d", rand() % 40);
		assert_non_null(add(name, pages));
		assert_int_equal(dump_store_find(name)->bytes, pages < 64 ? pages * 4096 : ROOM);
		check();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_directory_says_what_it_is_and_where_the_room_is, fresh),
		cmocka_unit_test_setup(a_dump_is_found_by_its_partition_and_is_told_while_it_is_copied, fresh),
		cmocka_unit_test_setup(the_last_dump_of_each_partition_is_kept, fresh),
		cmocka_unit_test_setup(the_oldest_give_way_until_it_fits, fresh),
		cmocka_unit_test_setup(what_does_not_fit_alone_is_cut_to_the_room, fresh),
		cmocka_unit_test_setup(where_not_even_the_least_fits_nobody_gives_way, fresh),
		cmocka_unit_test_setup(dumps_of_an_earlier_life_stay_if_they_were_finished, fresh),
		cmocka_unit_test_setup(a_directory_that_is_not_ours_is_begun_anew, fresh),
		cmocka_unit_test_setup(ten_thousand_dumps_never_overlap, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
