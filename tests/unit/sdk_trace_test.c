/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader of the trace over rings in memory: it gets each record once, whole and in order, however the writer overtakes it, between its calls and
 * in the middle of one. A writer with a thread of its own does what a core does.
 * sources: sdk/bh_info.c
 */
#include "tests/unit/sdk_fakes.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

#include <cmocka.h>

/* Stands where the reader has copied a record and has not looked at `next` again. */
static void between(void);
#define __atomic_thread_fence(order) between(), (void)(order)
#include "sdk/bh_trace.c"
#undef __atomic_thread_fence

#define RECORDS	 64u
#define MARGIN	 (RECORDS / 8)
#define RINGS_AT 0x30000000u
#define CORES	 2u

static uint32_t write_between; /* so many records, at the next opportunity */

static struct bh_trace *ring(uint32_t core)
{
	return (struct bh_trace *)(uintptr_t)(RINGS_AT + core * 4096u);
}

/* A record says its number in every word. */
static void write_record(struct bh_trace *t)
{
	uint32_t n = t->next;
	struct bh_trace_record *r = &t->record[n & (t->n - 1)];

	__atomic_store_n(&r->time, n, __ATOMIC_RELAXED);
	__atomic_store_n(&r->what, ~(uint64_t)n, __ATOMIC_RELAXED);
	__atomic_store_n(&r->a, n * 3ull, __ATOMIC_RELAXED);
	__atomic_store_n(&r->b, n * 5ull, __ATOMIC_RELAXED);
	__atomic_store_n(&t->next, n + 1, __ATOMIC_RELEASE);
}

static void write_records(struct bh_trace *t, uint32_t n)
{
	while (n--)
		write_record(t);
}

static void between(void)
{
	uint32_t n = write_between;

	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	write_between = 0;
	write_records(ring(0), n);
}

int64_t fake_call(uint32_t function, uint64_t x[7])
{
	(void)function, (void)x;
	fail_msg("reading the trace makes no call");
	return BH_E_UNKNOWN;
}

void fake_handlers(void)
{
}

static struct bh_info *page(void)
{
	return (struct bh_info *)(uintptr_t)BH_INFO_IPA;
}

static bool map_at(uint64_t at, size_t bytes)
{
	return mmap((void *)(uintptr_t)at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == (void *)(uintptr_t)at;
}

static int map(void **state)
{
	(void)state;
	return map_at(BH_INFO_IPA, 4096) && map_at(RINGS_AT, CORES * 4096u) ? 0 : -1;
}

static int fresh(void **state)
{
	(void)state;
	*page() = (struct bh_info){ .magic = BH_INFO_MAGIC, .n_entries = 1 };
	page()->entry[0] = (struct bh_info_entry){ .kind = BH_INFO_TRACE, .ipa = RINGS_AT, .bytes = 4096, .depth = CORES, .name = "trace" };
	memset(ring(0), 0, CORES * 4096u);
	for (uint32_t c = 0; c < CORES; c++)
		*ring(c) = (struct bh_trace){ .magic = BH_TRACE_MAGIC, .n = RECORDS, .core = c, .frequency = 1000 };
	write_between = 0;
	return 0;
}

static void is_record(const struct bh_trace_record *r, uint32_t n)
{
	assert_int_equal(r->time, n);
	assert_true(r->what == ~(uint64_t)n);
	assert_int_equal(r->a, n * 3ull);
	assert_int_equal(r->b, n * 5ull);
}

/* All that are there now; each is whole and the next. */
static uint32_t read_all(struct bh_trace_reader *r)
{
	struct bh_trace_record record;
	uint32_t n = 0;

	while (bh_trace_next(r, &record) == BH_OK) {
		is_record(&record, r->next - 1);
		n++;
	}
	return n;
}

static void without_the_right_there_is_nothing_to_read(void **state)
{
	struct bh_trace_reader r;

	(void)state;
	assert_int_equal(bh_trace_open(&r, CORES), BH_E_ARG);
	page()->entry[0].kind = BH_INFO_LOG;
	assert_int_equal(bh_trace_open(&r, 0), BH_E_CAP);
}

static void each_record_comes_once_and_in_order(void **state)
{
	struct bh_trace_reader r;

	(void)state;
	assert_int_equal(bh_trace_open(&r, 0), BH_OK);
	assert_int_equal(read_all(&r), 0);
	for (uint32_t i = 0; i < 10 * RECORDS; i++) {
		write_records(ring(0), i % 7);
		assert_int_equal(read_all(&r), i % 7);
	}
	assert_int_equal(r.lost, 0);
}

static void each_core_has_its_own_ring(void **state)
{
	struct bh_trace_reader r0, r1;

	(void)state;
	write_records(ring(1), 5);
	assert_int_equal(bh_trace_open(&r0, 0), BH_OK);
	assert_int_equal(bh_trace_open(&r1, 1), BH_OK);
	assert_int_equal(read_all(&r0), 0);
	assert_int_equal(read_all(&r1), 5);
	assert_int_equal(r1.ring->core, 1);
}

static void what_was_overwritten_before_is_counted_and_the_rest_is_read(void **state)
{
	struct bh_trace_reader r;

	(void)state;
	write_records(ring(0), RECORDS - MARGIN);
	assert_int_equal(bh_trace_open(&r, 0), BH_OK);
	assert_int_equal(read_all(&r), RECORDS - MARGIN);
	assert_int_equal(r.lost, 0);
	write_records(ring(0), RECORDS - MARGIN + 1); /* one more than is sure to be whole */
	assert_int_equal(read_all(&r), RECORDS - MARGIN);
	assert_int_equal(r.lost, 1);
	write_records(ring(0), 5 * RECORDS);
	assert_int_equal(read_all(&r), RECORDS - MARGIN);
	assert_int_equal(r.lost, 1 + 4 * RECORDS + MARGIN);
}

static void a_record_that_is_written_over_while_it_is_read_is_never_handed_out(void **state)
{
	(void)state;
	for (uint32_t n = 0; n <= 3 * RECORDS; n++) {
		struct bh_trace_reader r;
		struct bh_trace_record record;
		uint32_t written;

		fresh(NULL);
		assert_int_equal(bh_trace_open(&r, 0), BH_OK);
		write_records(ring(0), 20);
		write_between = n;
		assert_int_equal(bh_trace_next(&r, &record), BH_OK);
		is_record(&record, r.next - 1);
		written = 20 + n;
		assert_int_equal(r.lost, written > RECORDS - MARGIN ? written - (RECORDS - MARGIN) : 0);
		assert_int_equal(r.next, r.lost + 1);
	}
}

static void a_count_that_has_gone_round_changes_nothing(void **state)
{
	struct bh_trace_reader r;

	(void)state;
	ring(0)->next = 0u - 10;
	write_records(ring(0), 5);
	assert_int_equal(bh_trace_open(&r, 0), BH_OK);
	r.next = 0u - 10;
	assert_int_equal(read_all(&r), 5);
	write_records(ring(0), 30);
	assert_int_equal(read_all(&r), 30);
	assert_int_equal(ring(0)->next, 25);
	write_records(ring(0), 2 * RECORDS);
	assert_int_equal(read_all(&r), RECORDS - MARGIN);
	assert_int_equal(r.lost, RECORDS + MARGIN);
}

/* --- beside a core that writes on and on --- */

#define WRITTEN 2000000u

static void *core_writes(void *arg)
{
	(void)arg;
	write_records(ring(0), WRITTEN);
	return NULL;
}

static void beside_a_core_that_writes_on_all_that_is_read_is_whole(void **state)
{
	struct bh_trace_reader r;
	pthread_t core;
	uint32_t n = 0;

	(void)state;
	assert_int_equal(bh_trace_open(&r, 0), BH_OK);
	assert_int_equal(pthread_create(&core, NULL, core_writes, NULL), 0);
	while (r.next != WRITTEN)
		n += read_all(&r);
	pthread_join(core, NULL);
	assert_int_equal(n + r.lost, WRITTEN);
	assert_true(n >= RECORDS - MARGIN); /* the last ones at least */
}

#define test(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(without_the_right_there_is_nothing_to_read),
		test(each_record_comes_once_and_in_order),
		test(each_core_has_its_own_ring),
		test(what_was_overwritten_before_is_counted_and_the_rest_is_read),
		test(a_record_that_is_written_over_while_it_is_read_is_never_handed_out),
		test(a_count_that_has_gone_round_changes_nothing),
		test(beside_a_core_that_writes_on_all_that_is_read_is_whole),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
