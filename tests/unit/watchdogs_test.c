/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watchdog devices: what a client writes feeds its own watchdog, by the monitor.
 * sources: services/monitor/gwdt.c
 */
#include "tests/unit/monitor_fixture.h"

/* What the kernel is told of the region. */
static uint32_t level, rooms, answered;

static inline int64_t bh_emul_room(uint32_t cap)
{
	(void)cap;
	rooms++;
	return BH_OK;
}

static inline int64_t bh_emul_line(uint32_t cap, uint32_t to)
{
	(void)cap;
	level = to;
	return BH_OK;
}

static inline int64_t bh_emul_answer(uint32_t cap, uint32_t vcpu, uint32_t position, uint32_t value, uint32_t fault)
{
	(void)cap, (void)vcpu, (void)fault;
	answered = position + 1;
	return value;
}

#include "services/lib/region.c"
#include "services/monitor/census.c"
#include "services/monitor/watchdogs.c"

void bh_irq_edge(uint32_t intid, bool edge)
{
	(void)intid, (void)edge;
}

void bh_irq_enable(uint32_t intid, void (*handler)(void *arg), void *arg, uint32_t priority)
{
	(void)intid, (void)handler, (void)arg, (void)priority;
}

#define MS   100000u	  /* ticks */
#define TIME (8000u * MS) /* of linux's watchdog */
#define FEED (LINUX << 8 | BH_CONTROL_FEED)

static union {
	struct bh_emul_queue queue;
	uint8_t bytes[4096];
} queue_page;

static union {
	struct bh_emul_control control;
	uint32_t word[3 * 1024];
} server_pages;

static uint32_t *shadow(uint32_t reg)
{
	return &server_pages.word[1024 + reg / 4];
}

static int fresh(void **state)
{
	struct bh_info_entry *e;

	(void)state;
	make_system();
	memset(&queue_page, 0, sizeof queue_page);
	memset(&server_pages, 0, sizeof server_pages);
	level = 0;
	e = add_entry(BH_INFO_SERVE, 12, "linux", "");
	e->flags = BH_INFO_SERVE_GWDT;
	e->ipa = (uintptr_t)&queue_page;
	e->ipa2 = (uintptr_t)&server_pages;
	e->period_ns = TIME * 10ull;
	assert_true(census_init());
	watchdogs_init();
	last_control = ~0u;
	return 0;
}

static void queued(uint8_t kind, uint16_t offset, uint32_t value)
{
	queue_page.queue.entry[queue_page.queue.head++ % BH_EMUL_RING] =
		(struct bh_emul_entry){ .offset = offset, .kind = kind, .source = 2 << 6, .value = value };
}

static uint32_t turn_after(uint64_t ticks_later)
{
	last_control = ~0u;
	fake_now += ticks_later;
	watchdogs_turn(fake_now);
	return last_control;
}

static void a_refresh_feeds_its_clients_watchdog(void **state)
{
	(void)state;
	assert_int_equal(turn_after(MS), ~0u);
	queued(BH_EMUL_WRITE, BH_GWDT_WRR, 0);
	assert_true(watchdogs_wait());
	assert_int_equal(turn_after(MS), FEED);
	assert_false(watchdogs_wait());
	assert_int_equal(server_pages.control.tail, 1);
	assert_int_equal(watchdogs_deadline(), fake_now + TIME / 2);
}

static void what_sets_it_up_is_answered_when_it_is_done(void **state)
{
	(void)state;
	queued(BH_EMUL_ASK_WRITE, BH_GWDT_WOR_LOW, 1000 * MS);
	assert_int_equal(turn_after(MS), FEED);
	assert_int_equal(answered, 1);
	assert_int_equal(*shadow(BH_GWDT_WOR_LOW), 1000 * MS);
	assert_int_equal(watchdogs_deadline(), fake_now + 1000 * MS);
}

static void what_a_former_life_has_written_does_not_feed_the_next(void **state)
{
	(void)state;
	queued(BH_EMUL_WRITE, BH_GWDT_WRR, 0);
	queued(BH_EMUL_STOP, 0, 0);
	queued(BH_EMUL_RESET, 0, 0);
	assert_int_equal(turn_after(MS), ~0u);
	queued(BH_EMUL_WRITE, BH_GWDT_WRR, 0);
	assert_int_equal(turn_after(MS), FEED);
}

static void a_ring_full_of_writes_is_one_feeding(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < BH_EMUL_RING; i++)
		queued(BH_EMUL_WRITE, BH_GWDT_WRR, i);
	queue_page.queue.waiting = 1;
	assert_int_equal(turn_after(MS), FEED);
	assert_false(watchdogs_wait());
	assert_int_equal(rooms, 1);
}

static void who_does_not_refresh_is_interrupted_and_not_fed(void **state)
{
	(void)state;
	assert_int_equal(turn_after(TIME / 2), ~0u);
	assert_int_equal(level, 1);
	assert_int_equal(*shadow(BH_GWDT_WCS), GWDT_WCS_EN | GWDT_WCS_WS0);
	queued(BH_EMUL_WRITE, BH_GWDT_WRR, 0);
	assert_int_equal(turn_after(MS), FEED);
	assert_int_equal(level, 0);
}

/* Under gdb, say: as the kernel's watchdog rests. */
static void while_its_client_stands_still_no_time_passes(void **state)
{
	(void)state;
	run[LINUX] = BH_RUN_PAUSED;
	turn_after(3 * TIME);
	assert_int_equal(level, 0);
	assert_int_equal(watchdogs_deadline(), fake_now + TIME / 2);
	run[LINUX] = BH_RUN_RUNNING;
	turn_after(TIME / 2);
	assert_int_equal(level, 1);
}

static void a_next_life_of_the_monitor_goes_on(void **state)
{
	(void)state;
	queued(BH_EMUL_ASK_WRITE, BH_GWDT_WOR_LOW, 1000 * MS);
	turn_after(MS);
	turn_after(1000 * MS);
	assert_int_equal(level, 1);
	queued(BH_EMUL_WRITE, BH_GWDT_WRR, 0);
	level = 7;
	watchdogs_init();
	assert_int_equal(level, 1);
	assert_int_equal(*shadow(BH_GWDT_WOR_LOW), 1000 * MS);
	assert_int_equal(turn_after(MS), FEED); /* what waited for it */
}

static void a_region_that_is_another_device_is_not_served(void **state)
{
	(void)state;
	page()->entry[page()->n_entries - 1].flags = BH_INFO_SERVE_PL011;
	watchdogs_init();
	queued(BH_EMUL_WRITE, BH_GWDT_WRR, 0);
	assert_int_equal(turn_after(MS), ~0u);
	assert_int_equal(watchdogs_deadline(), ~0ull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_refresh_feeds_its_clients_watchdog, fresh),
		cmocka_unit_test_setup(what_sets_it_up_is_answered_when_it_is_done, fresh),
		cmocka_unit_test_setup(what_a_former_life_has_written_does_not_feed_the_next, fresh),
		cmocka_unit_test_setup(a_ring_full_of_writes_is_one_feeding, fresh),
		cmocka_unit_test_setup(who_does_not_refresh_is_interrupted_and_not_fed, fresh),
		cmocka_unit_test_setup(while_its_client_stands_still_no_time_passes, fresh),
		cmocka_unit_test_setup(a_next_life_of_the_monitor_goes_on, fresh),
		cmocka_unit_test_setup(a_region_that_is_another_device_is_not_served, fresh),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
