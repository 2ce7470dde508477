/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health log: records that are whole, repetitions that are counted, a reader that is overtaken,
 * and the UART as long as nobody reads.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/machine.h"

#include <pthread.h>

#include "kernel/log.h"
#include "kernel/print.h"

enum { READER,
       NOISY,
       QUIET,
       PARTITIONS };

#define DIRECT_LINES 24u

static const struct host_partition partitions[PARTITIONS] = {
	[READER] = { .name = "reader", .n_vcpus = 1, .vcpu = { { 0, 1 } } },
	[NOISY] = { .name = "noisy", .n_vcpus = 1, .vcpu = { { 1, 1 } } },
	[QUIET] = { .name = "quiet", .n_vcpus = 1, .vcpu = { { 2, 1 } } },
};

static const struct host_system with_reader = {
	.n_cores = 3, .n_partitions = PARTITIONS, .partition = partitions, .reader = READER
};
static const struct host_system without_reader = {
	.n_cores = 3, .n_partitions = PARTITIONS, .partition = partitions, .no_reader = true
};

static struct vcpu *noisy;

static void all_run(const struct host_system *s)
{
	boot(s);
	for (uint32_t i = 0; i < PARTITIONS; i++) {
		starts(i);
		loads(i);
	}
	noisy = vcpu_of(NOISY, 0);
	host_text_clear();
}

static int read_by_a_partition(void **state)
{
	(void)state;
	all_run(&with_reader);
	return 0;
}

static int read_by_nobody(void **state)
{
	(void)state;
	all_run(&without_reader);
	return 0;
}

static void guest_faults(struct vcpu *v, void *arg)
{
	log_vcpu(v, BH_EVENT_ACCESS, *(uint64_t *)arg, BH_ACCESS_WRITE | 4);
}

static void faults(struct vcpu *v, uint64_t address)
{
	does(v, guest_faults, &address);
}

static uint32_t lines(void)
{
	uint32_t n = 0;

	for (const char *c = host_text(); *c; c++)
		n += *c == '\n';
	return n;
}

static void each_partition_has_a_ring_and_all_fit_their_pages(void **state)
{
	(void)state;
	assert_int_equal(log_of()->magic, BH_LOG_MAGIC);
	assert_int_equal(log_of()->n, BH_LOG_RECORDS);
	assert_int_equal(log_of()->rings, PARTITIONS);
	assert_true((const char *)log_record(PARTITIONS - 1, log_of()->n - 1) + sizeof(struct bh_record) <= (const char *)log_of() + bh_log_bytes(PARTITIONS));
}

/* LOG-1 */
static void a_record_says_who_what_where_and_when(void **state)
{
	uint32_t next = log_next(NOISY);
	const struct bh_record *r;

	(void)state;
	host_time_set(4711);
	faults(noisy, 0x9050000);
	assert_int_equal(log_next(NOISY), next + 1);
	r = log_newest(NOISY);
	assert_int_equal(r->sequence, log_next(NOISY));
	assert_int_equal(r->event, BH_EVENT_ACCESS);
	assert_int_equal(r->partition, NOISY);
	assert_int_equal(r->vcpu, 0);
	assert_int_equal(r->time, 4711);
	assert_int_equal(r->pc, ENTRY);
	assert_int_equal(r->address, 0x9050000);
	assert_int_equal(r->value, BH_ACCESS_WRITE | 4);
	assert_int_equal(r->repeats, 0);
	assert_int_equal(r->near_kind, BH_REGION_RAM);
	assert_int_equal(r->near, HOST_RAM_IPA);
}

static void the_reader_gets_its_doorbell_and_the_uart_keeps_silent(void **state)
{
	(void)state;
	host_take_spi(partition_at(READER), HOST_LOG_INTID);
	faults(noisy, 1);
	assert_true(host_take_spi(partition_at(READER), HOST_LOG_INTID));
	assert_string_equal(host_text(), "");
}

static void equal_events_in_a_row_are_counted_not_written(void **state)
{
	uint32_t next = log_next(NOISY);

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		faults(noisy, 0x1000);
	assert_int_equal(log_next(NOISY), next + 1);
	faults(noisy, 0x2000);
	assert_int_equal(log_next(NOISY), next + 2);
	assert_int_equal(log_newest(NOISY)->repeats, 999);
	faults(noisy, 0x3000);
	assert_int_equal(log_newest(NOISY)->repeats, 0);
}

static void another_partitions_events_do_not_break_a_row(void **state)
{
	uint32_t next = log_next(NOISY);

	(void)state;
	faults(noisy, 0x1000);
	faults(vcpu_of(QUIET, 0), 0x1000);
	faults(noisy, 0x1000);
	assert_int_equal(log_next(NOISY), next + 1);
}

static void events_of_a_partition_as_a_whole_are_all_written(void **state)
{
	uint32_t next = log_next(NOISY);

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		log_partition(partition_at(NOISY), BH_EVENT_STOP, 0, BH_STOP_RESET);
	assert_int_equal(log_next(NOISY), next + 3);
}

static ticks_t time_now(void)
{
	ticks_t t;

	host_on(0);
	t = arch_time();
	host_off();
	return t;
}

static void a_partition_leaves_a_burst_of_records_then_one_for_each_pace(void **state)
{
	ticks_t pace = BH_LOG_PACE_NS;
	uint32_t next;

	(void)state;
	log_quota_anew(NOISY);
	next = log_next(NOISY);
	for (uint64_t i = 0; i < 1000; i++)
		faults(noisy, 0x1000 + i);
	assert_int_equal(log_next(NOISY) - next, BH_LOG_BURST);
	for (uint64_t i = 1; i <= 3; i++) {
		host_time_set(time_now() + pace);
		faults(noisy, 0x9000 + 2 * i);
		faults(noisy, 0x9001 + 2 * i);
		assert_int_equal(log_next(NOISY) - next, BH_LOG_BURST + i);
		assert_int_equal(log_newest(NOISY)->repeats, i == 1 ? 1000 - BH_LOG_BURST : 1);
	}
	host_time_set(time_now() + 100 * pace); /* quiet for long: the burst is whole again, and no more */
	next = log_next(NOISY);
	for (uint64_t i = 0; i < 1000; i++)
		faults(noisy, 0x1000 + i);
	assert_int_equal(log_next(NOISY) - next, BH_LOG_BURST);
}

/* HEALTH-6 */
static void a_flood_pushes_out_nobody_elses_record(void **state)
{
	uint32_t mine = log_next(QUIET);

	(void)state;
	faults(vcpu_of(QUIET, 0), 0x4711);
	for (uint64_t i = 0; i < 10000; i++) {
		log_quota_anew(NOISY);
		faults(noisy, 0x1000 + i);
	}
	assert_int_equal(log_next(QUIET), mine + 1);
	assert_int_equal(log_record(QUIET, mine)->sequence, mine + 1);
	assert_int_equal(log_record(QUIET, mine)->address, 0x4711);
	faults(vcpu_of(QUIET, 0), 0x4712); /* nor is its quota used up */
	assert_int_equal(log_next(QUIET), mine + 2);
}

static void ends(struct vcpu *v, void *arg)
{
	(void)arg;
	(void)log_partition(v->part, BH_EVENT_STOP, 0, BH_STOP_RESET);
}

/* LOG-1 */
static void a_flood_does_not_hide_how_its_partition_ends(void **state)
{
	uint32_t next;

	(void)state;
	log_quota_anew(NOISY);
	for (uint64_t i = 0; i < 1000; i++)
		faults(noisy, 0x1000 + i);
	next = log_next(NOISY);
	for (uint32_t i = 0; i < 100; i++)
		does(noisy, ends, NULL);
	assert_int_equal(log_next(NOISY) - next, BH_LOG_RESERVE); /* no more than that: it may end without end */
	assert_int_equal(log_newest(NOISY)->event, BH_EVENT_STOP);
	host_time_set(time_now() + 4 * BH_LOG_PACE_NS);
	faults(noisy, 0x9000);
	assert_int_equal(log_next(NOISY) - next, BH_LOG_RESERVE);
	host_time_set(time_now() + BH_LOG_PACE_NS);
	faults(noisy, 0x9001);
	assert_int_equal(log_next(NOISY) - next, BH_LOG_RESERVE + 1);
}

/* What abi/log.h tells a reader to do. */
static bool reads(uint32_t ring, uint32_t i, struct bh_record *out)
{
	const struct bh_record *r = log_record(ring, i);
	uint32_t before = __atomic_load_n(&r->sequence, __ATOMIC_ACQUIRE);

	*out = *r;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return before == i + 1 && __atomic_load_n(&r->sequence, __ATOMIC_RELAXED) == before;
}

static void a_reader_that_is_overtaken_sees_it(void **state)
{
	uint32_t first = log_next(NOISY);
	struct bh_record r;

	(void)state;
	log_quota_anew(NOISY);
	for (uint32_t i = 0; i < BH_LOG_RECORDS; i++)
		faults(noisy, i);
	assert_true(reads(NOISY, first, &r));
	assert_int_equal(r.address, 0);
	log_quota_anew(NOISY);
	faults(noisy, BH_LOG_RECORDS);
	assert_false(reads(NOISY, first, &r));
	assert_true(reads(NOISY, first + 1, &r));
	assert_int_equal(r.address, 1);
	assert_false(reads(NOISY, log_next(NOISY), &r)); /* the next is not there yet */
}

static void without_a_reader_the_kernel_prints_sentences(void **state)
{
	(void)state;
	faults(noisy, 0x9050000);
	assert_non_null(strstr(host_text(), "bulkhead: noisy: "));
	assert_non_null(strstr(host_text(), "0x09050000"));
	assert_non_null(strstr(host_text(), "0x40080000"));
	assert_non_null(strstr(host_text(), "\r\n"));
	assert_int_equal(lines(), 1);
}

static void a_partition_that_is_too_loud_is_printed_no_more_but_logged(void **state)
{
	uint32_t next = log_next(NOISY), before = partition_at(NOISY)->printed;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		log_quota_anew(NOISY);
		faults(noisy, i);
	}
	assert_int_equal(lines(), DIRECT_LINES - before);
	assert_int_equal(log_next(NOISY), next + 100);
	host_text_clear();
	faults(vcpu_of(QUIET, 0), 1);
	assert_int_equal(lines(), 1); /* the others are heard */
}

/* LOG-2 */
static void until_its_reader_runs_the_kernel_prints(void **state)
{
	(void)state;
	boot(&with_reader);
	starts(NOISY);
	assert_non_null(strstr(host_text(), "noisy: begins to load"));
	starts(READER);
	host_text_clear();
	loads(NOISY); /* the reader still loads */
	assert_non_null(strstr(host_text(), "noisy: runs from"));
	loads(READER);
	host_text_clear();
	does(vcpu_of(NOISY, 0), guest_system_off, NULL);
	host_settle();
	assert_string_equal(host_text(), "");
	does(vcpu_of(READER, 0), guest_system_off, NULL);
	host_settle();
	assert_non_null(strstr(host_text(), "reader: stopped"));
}

/* --- several cores at once --- */

#define WRITERS 3u
#define RECORDS 20000u

#define IDLE ~0u

static const struct host_partition crowd = { .name = "crowd", .n_vcpus = WRITERS, .vcpu = { { 0, 1 }, { 1, 1 }, { 2, 1 } } };
static const struct host_system of_one = { .n_cores = 3, .n_partitions = 1, .partition = &crowd, .no_reader = true };
static uint32_t writing;
static uint32_t written;
static uint32_t good;		/* records that the reader has got */
static uint32_t began[WRITERS]; /* the ring's next when that writer began its record, or IDLE */

static int of_several_cores(void **state)
{
	(void)state;
	boot(&of_one);
	starts(0);
	loads(0);
	cpu_on(0, 0, 1);
	cpu_on(0, 0, 2);
	return 0;
}

static uint32_t ring_next(void)
{
	return load_acquire(&log_of()->next[0]);
}

/*
 * A core writes a record with interrupts masked, so it is never lapped by a whole ring; a thread may
 * be, unless the others wait for it.
 */
static void wait_for_the_slow(void)
{
	for (uint32_t i = 0; i < WRITERS; i++)
		for (;;) {
			uint32_t b = load_acquire(&began[i]);

			if (b == IDLE || ring_next() - b < BH_LOG_RECORDS / 2)
				break;
			arch_relax();
		}
}

/* So many records, and more until a reader that gets little of a loaded machine's time has read for a while. */
static void *writer(void *arg)
{
	struct vcpu *v = arg;

	host_on(v->core->number);
	for (uint64_t i = 1; i <= RECORDS || load_relaxed(&good) <= 4 * BH_LOG_RECORDS; i++) {
		uint64_t mine = i << 8 | v->desc->index;

		wait_for_the_slow();
		store_release(&began[v->desc->index], ring_next());
		log_quota_anew(0);
		add_to(&written, log_vcpu(v, BH_EVENT_ACCESS, mine, ~mine));
		store_release(&began[v->desc->index], IDLE);
	}
	add_to(&writing, -1u);
	return NULL;
}

static void records_of_several_cores_are_whole(void **state)
{
	pthread_t thread[WRITERS];
	struct bh_record r;
	uint32_t at = ring_next(), first = at;
	uint64_t last[WRITERS] = { 0 };

	(void)state;
	written = good = 0;
	memset(began, 0xff, sizeof(began));
	store_release(&writing, WRITERS);
	for (uint32_t i = 0; i < WRITERS; i++)
		pthread_create(&thread[i], NULL, writer, vcpu_of(0, i));
	while (load_acquire(&writing) || at != ring_next()) {
		uint32_t next = ring_next();

		if (next - at > BH_LOG_RECORDS)
			at = next - BH_LOG_RECORDS;
		if (at == next || !reads(0, at, &r))
			continue;
		assert_int_equal(r.address, ~r.value);
		assert_true(r.address > last[r.vcpu]);
		last[r.vcpu] = r.address;
		at++;
		add_to(&good, 1);
	}
	for (uint32_t i = 0; i < WRITERS; i++)
		pthread_join(thread[i], NULL);
	assert_true(written >= WRITERS * RECORDS);
	assert_int_equal(ring_next() - first, written);
	assert_true(good > BH_LOG_RECORDS);
}

/* --- numbers and panic --- */

static void numbers_are_printed_shortest(void **state)
{
	(void)state;
	print_hex(0);
	print(" ");
	print_hex(0xfedcba9876543210);
	print(" ");
	print_dec(0);
	print(" ");
	print_dec(~0ull);
	assert_string_equal(host_text(), "0x0 0xfedcba9876543210 0 18446744073709551615");
}

static void guest_panics(struct vcpu *v, void *arg)
{
	(void)v;
	(void)arg;
	panic("something broke:", 1, 2, 0xff);
}

/* HEALTH-8 */
static void a_panic_is_one_line_and_stops_all_cores(void **state)
{
	(void)state;
	host_trap(1, guest_panics, NULL);
	assert_int_equal(host_where(1), HOST_HALTED);
	assert_string_equal(host_text(), "\r\nbulkhead: PANIC core 1: something broke: 0x1 0x2 0xff\r\n");
	for (uint32_t c = 0; c < 3; c += 2) {
		host_run(c);
		assert_int_equal(host_where(c), HOST_HALTED);
	}
	assert_string_equal(host_text(), "\r\nbulkhead: PANIC core 1: something broke: 0x1 0x2 0xff\r\n");
}

#define READ(test)   cmocka_unit_test_setup_teardown(test, read_by_a_partition, machine_off)
#define UNREAD(test) cmocka_unit_test_setup_teardown(test, read_by_nobody, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		READ(each_partition_has_a_ring_and_all_fit_their_pages),
		READ(a_record_says_who_what_where_and_when),
		READ(the_reader_gets_its_doorbell_and_the_uart_keeps_silent),
		READ(equal_events_in_a_row_are_counted_not_written),
		READ(another_partitions_events_do_not_break_a_row),
		READ(events_of_a_partition_as_a_whole_are_all_written),
		READ(a_partition_leaves_a_burst_of_records_then_one_for_each_pace),
		READ(a_flood_pushes_out_nobody_elses_record),
		READ(a_flood_does_not_hide_how_its_partition_ends),
		READ(a_reader_that_is_overtaken_sees_it),
		UNREAD(without_a_reader_the_kernel_prints_sentences),
		UNREAD(a_partition_that_is_too_loud_is_printed_no_more_but_logged),
		UNREAD(until_its_reader_runs_the_kernel_prints),
		cmocka_unit_test_setup_teardown(records_of_several_cores_are_whole, of_several_cores, machine_off),
		UNREAD(numbers_are_printed_shortest),
		UNREAD(a_panic_is_one_line_and_stops_all_cores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
