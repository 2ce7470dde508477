/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What partitions are told by the monitor, and what they may order.
 * sources: lib/record_text.c
 */
#include "tests/unit/monitor_fixture.h"

#include "services/monitor/answers.c"
#include "services/monitor/census.c"
#include "services/monitor/core_watch.c"
#include "services/monitor/dump_store.c"
#include "services/monitor/logbook.c"

#define ROOM 4096u

static union {
	struct bh_monitor_reply head;
	uint8_t bytes[ROOM];
} reply;

static union {
	struct bh_monitor_store store;
	uint8_t page[BH_MONITOR_STORE_BYTES];
} directory;
static uint8_t store_room[64 * 4096] __attribute__((aligned(4096)));

void dump_store_clean(const void *at, uint64_t bytes)
{
	(void)at;
	(void)bytes;
}

static int fresh(void **state)
{
	(void)state;
	make_system();
	memset(&directory, 0, sizeof directory);
	dump_store_init(&directory.store, store_room, sizeof store_room);
	assert_true(census_init());
	core_watch_init(3000000000);
	assert_true(logbook_init(&log_page.log, sizeof log_page));
	return 0;
}

static int32_t ask_room(const char *client, uint32_t op, const char *name, uint32_t first, uint32_t room)
{
	struct bh_monitor_request r = { .version = BH_MONITOR_VERSION, .op = op, .first = first };
	uint32_t n;

	snprintf(r.name, sizeof r.name, "%s", name);
	memset(&reply, 0xee, sizeof reply);
	n = answers_to(client, &r, sizeof r, &reply, room, 12345);
	assert_true(n <= room);
	assert_int_equal(n, sizeof reply.head + (reply.head.status ? 0 : reply.head.n * reply.head.entry_bytes));
	assert_int_equal(reply.head.version, BH_MONITOR_VERSION);
	assert_int_equal(reply.head.time, 12345);
	assert_int_equal(reply.head.ticks_per_s, 100000000);
	return reply.head.status;
}

static int32_t ask(const char *client, uint32_t op, const char *name, uint32_t first)
{
	return ask_room(client, op, name, first, ROOM);
}

#define entry(type, i) (&((const struct type *)(const void *)(&reply.head + 1))[i])

static void partitions_are_told_with_what_they_do_and_what_may_be_ordered(void **state)
{
	const struct bh_monitor_partition *p;

	(void)state;
	run[DRIVER] = BH_RUN_HELD;
	assert_int_equal(ask("linux", BH_MONITOR_PARTITIONS, "", 0), BH_OK);
	assert_int_equal(reply.head.total, PARTITIONS);
	assert_int_equal(reply.head.n, PARTITIONS);
	p = entry(bh_monitor_partition, DRIVER);
	assert_string_equal(p->name, "driver");
	assert_int_equal(p->run, BH_RUN_HELD);
	assert_int_equal(p->vcpus, 1);
	assert_int_equal(p->ends, 1);
	assert_int_equal(p->restarts, 10);
	assert_int_equal(p->faults, 100);
	assert_int_equal(p->last_fault, BH_FAULT_PANIC);
	assert_int_equal(p->fault_time, 1000);
	assert_int_equal(p->may, BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP);
	assert_int_equal(entry(bh_monitor_partition, LINUX)->may, 0);
	assert_int_equal(entry(bh_monitor_partition, LINUX)->last_fault, ~0u);
	ask("control", BH_MONITOR_PARTITIONS, "", 0);
	assert_int_equal(entry(bh_monitor_partition, LINUX)->may, BH_CONTROL_MAY_STOP);
	assert_int_equal(entry(bh_monitor_partition, DRIVER)->may, 0);
}

static void shares_are_of_the_time_between_two_looks(void **state)
{
	(void)state;
	fake_now = 1000;
	census_take(fake_now);
	ticks[LINUX][0] = 90000000;
	ticks[LINUX][1] = 60000000;
	ticks[DRIVER][0] = 12345;
	idle[0] = 10000000;
	fake_now += 100000000;
	census_take(fake_now);
	ask("linux", BH_MONITOR_PARTITIONS, "", 0);
	assert_int_equal(entry(bh_monitor_partition, LINUX)->share, 1500);
	assert_int_equal(entry(bh_monitor_partition, LINUX)->cpu_ticks, 150000000);
	assert_int_equal(entry(bh_monitor_partition, DRIVER)->share, 0);
	ask("linux", BH_MONITOR_CORES, "", 0);
	assert_int_equal(reply.head.n, CORES);
	assert_int_equal(entry(bh_monitor_core, 0)->idle_share, 100);
	assert_int_equal(entry(bh_monitor_core, 0)->vcpus, 1);
	assert_int_equal(entry(bh_monitor_core, 2)->vcpus, 3);
	fake_now += 100000000;
	census_take(fake_now); /* and then it did nothing */
	ask("linux", BH_MONITOR_PARTITIONS, "", 0);
	assert_int_equal(entry(bh_monitor_partition, LINUX)->share, 0);
}

static void ports_are_told_by_name_with_their_fill(void **state)
{
	(void)state;
	assert_int_equal(ask("control", BH_MONITOR_PORTS, "", 1), BH_OK);
	assert_int_equal(reply.head.total, 2);
	assert_int_equal(reply.head.first, 1);
	assert_int_equal(reply.head.n, 1);
	assert_string_equal(entry(bh_monitor_port, 0)->name, "orders");
	assert_string_equal(entry(bh_monitor_port, 0)->sender, "linux");
	assert_int_equal(entry(bh_monitor_port, 0)->kind, 3);
	assert_int_equal(entry(bh_monitor_port, 0)->waiting, 2);
	assert_int_equal(entry(bh_monitor_port, 0)->depth, 8);
	assert_int_equal(entry(bh_monitor_port, 0)->dropped, 5);
}

static void a_list_that_does_not_fit_is_asked_for_in_pieces(void **state)
{
	uint32_t seen = 0;

	(void)state;
	while (seen < PARTITIONS) {
		assert_int_equal(ask_room("linux", BH_MONITOR_PARTITIONS, "", seen, BH_MONITOR_REPLY_MIN / 2), BH_OK);
		assert_int_equal(reply.head.total, PARTITIONS);
		assert_in_range(reply.head.n, 1, 2);
		for (uint32_t i = 0; i < reply.head.n; i++)
			assert_string_equal(entry(bh_monitor_partition, i)->name, names[seen + i]);
		seen += reply.head.n;
	}
	assert_int_equal(ask("linux", BH_MONITOR_PARTITIONS, "", 4), BH_OK);
	assert_int_equal(reply.head.n, 0);
	assert_int_equal(ask("linux", BH_MONITOR_PARTITIONS, "", ~0u), BH_OK);
	assert_int_equal(reply.head.n, 0);
}

static void each_entry_fits_the_smallest_reply(void **state)
{
	(void)state;
	log_record(DRIVER, BH_EVENT_PANIC, 5, 0);
	dump_store_begin("driver", 4096, 4096);
	for (uint32_t op = BH_MONITOR_SYSTEM; op <= BH_MONITOR_DUMPS; op++) {
		assert_int_equal(ask_room("linux", op, "driver", 0, BH_MONITOR_REPLY_MIN), BH_OK);
		assert_true(reply.head.n >= 1);
	}
}

static void the_log_is_told_per_partition_from_a_sequence_on(void **state)
{
	(void)state;
	assert_int_equal(ask("linux", BH_MONITOR_LOG, "driver", 0), BH_OK);
	assert_int_equal(reply.head.n, 0);
	assert_int_equal(reply.head.total, 1);
	for (uint32_t i = 1; i <= 3; i++)
		log_record(DRIVER, BH_EVENT_PANIC, i, 0);
	log_record(LINUX, BH_EVENT_START, 0, 0);
	ask("linux", BH_MONITOR_LOG, "driver", 2);
	assert_int_equal(reply.head.first, 2);
	assert_int_equal(reply.head.n, 2);
	assert_int_equal(reply.head.total, 4);
	assert_int_equal(entry(bh_monitor_record, 0)->sequence, 2);
	assert_int_equal(entry(bh_monitor_record, 0)->event, BH_EVENT_PANIC);
	assert_int_equal(entry(bh_monitor_record, 0)->time, 1001);
	assert_memory_equal(entry(bh_monitor_record, 1)->text, "driver: ", 8);
	assert_int_equal(entry(bh_monitor_record, 1)->text_bytes, strlen(entry(bh_monitor_record, 1)->text));
	ask("linux", BH_MONITOR_LOG, "driver", 4);
	assert_int_equal(reply.head.n, 0);
	for (uint32_t i = 4; i <= 9; i++)
		log_record(DRIVER, BH_EVENT_PANIC, i, 0);
	ask("linux", BH_MONITOR_LOG, "driver", 4); /* 4 and 5 are overwritten */
	assert_int_equal(reply.head.first, 6);
	assert_int_equal(reply.head.n, 4);
	assert_int_equal(ask("linux", BH_MONITOR_LOG, "nobody", 0), BH_E_ARG);
}

static void a_record_that_is_being_written_is_waited_for(void **state)
{
	(void)state;
	log_record(DRIVER, BH_EVENT_PANIC, 1, 0);
	log_record(DRIVER, BH_EVENT_PANIC, 2, 0);
	log_page.log.record[DRIVER * 4 + 1].sequence = 0;
	ask("linux", BH_MONITOR_LOG, "driver", 1);
	assert_int_equal(reply.head.n, 1);
	ask("linux", BH_MONITOR_LOG, "driver", 2);
	assert_int_equal(reply.head.n, 0);
	assert_int_equal(reply.head.first, 2);
}

/* After 2^32 records sequences begin anew (0 is none), and those before count as overwritten. */
static void sequences_go_over_their_end(void **state)
{
	(void)state;
	log_page.log.next[DRIVER] = ~0u - 1;
	log_record(DRIVER, BH_EVENT_PANIC, 0, 0);
	ask("linux", BH_MONITOR_LOG, "driver", ~0u);
	assert_int_equal(reply.head.first, ~0u);
	assert_int_equal(reply.head.n, 1);
	for (uint32_t i = 0; i < 3; i++)
		log_record(DRIVER, BH_EVENT_PANIC, i, 0);
	ask("linux", BH_MONITOR_LOG, "driver", ~0u);
	assert_int_equal(reply.head.first, 1);
	assert_int_equal(reply.head.n, 2);
}

static void a_log_of_another_layout_is_not_read(void **state)
{
	(void)state;
	log_page.log.n = 1000000;
	assert_false(logbook_init(&log_page.log, sizeof log_page));
	log_page.log.n = 4;
	log_page.log.rings = 1000;
	assert_false(logbook_init(&log_page.log, sizeof log_page));
	log_page.log.rings = PARTITIONS;
	log_page.log.magic++;
	assert_false(logbook_init(&log_page.log, sizeof log_page));
	assert_int_equal(ask("linux", BH_MONITOR_LOG, "driver", 0), BH_OK);
	assert_int_equal(reply.head.n, 0);
}

static void who_is_granted_it_gives_orders(void **state)
{
	(void)state;
	assert_int_equal(ask("linux", BH_MONITOR_STOP, "driver", 0), BH_OK);
	assert_int_equal(last_control, DRIVER << 8 | BH_CONTROL_STOP);
	control_status = BH_E_STATE;
	assert_int_equal(ask("control", BH_MONITOR_STOP, "linux", 0), BH_E_STATE);
	assert_int_equal(last_control, LINUX << 8 | BH_CONTROL_STOP);
	control_status = BH_OK;
	assert_int_equal(ask("control", BH_MONITOR_FEED, "linux", 0), BH_OK);
	assert_int_equal(last_control, LINUX << 8 | BH_CONTROL_FEED);
}

static void who_is_not_is_told_so_and_the_kernel_is_not_asked(void **state)
{
	(void)state;
	assert_int_equal(ask("control", BH_MONITOR_STOP, "driver", 0), BH_E_RIGHT);
	assert_int_equal(ask("control", BH_MONITOR_START, "linux", 0), BH_E_RIGHT);
	assert_int_equal(ask("control", BH_MONITOR_RESTART, "linux", 0), BH_E_RIGHT); /* half of it is not enough */
	assert_int_equal(ask("driver", BH_MONITOR_FEED, "linux", 0), BH_E_RIGHT);
	assert_int_equal(ask("linux", BH_MONITOR_STOP, "control", 0), BH_E_RIGHT);
	assert_int_equal(ask("linux", BH_MONITOR_STOP, "nobody", 0), BH_E_ARG);
	assert_int_equal(last_control, ~0u);
}

static void what_the_monitor_itself_may_not_is_another_refusal(void **state)
{
	(void)state;
	assert_int_equal(ask("linux", BH_MONITOR_START, "driver", 0), BH_E_CAP); /* it may stop it only */
	assert_int_equal(ask("control", BH_MONITOR_FEED, "control", 0), BH_E_CAP);
	assert_int_equal(last_control, ~0u);
}

static void anyone_has_its_own_watchdog_fed(void **state)
{
	(void)state;
	assert_int_equal(ask("linux", BH_MONITOR_FEED, "linux", 0), BH_OK);
	assert_int_equal(last_control, LINUX << 8 | BH_CONTROL_FEED);
	assert_int_equal(ask("linux", BH_MONITOR_STOP, "linux", 0), BH_E_RIGHT);
}

static void what_is_not_understood_is_said_so_with_the_version(void **state)
{
	struct bh_monitor_request r = { .version = BH_MONITOR_VERSION + 1, .op = BH_MONITOR_STOP };

	(void)state;
	assert_int_equal(ask("linux", 0, "", 0), BH_E_UNKNOWN);
	assert_int_equal(ask("linux", BH_MONITOR_FEED + 1, "", 0), BH_E_UNKNOWN);
	assert_int_equal(ask("linux", ~0u, "", 0), BH_E_UNKNOWN);
	assert_int_equal(answers_to("linux", &r, sizeof r, &reply, ROOM, 0), sizeof reply.head);
	assert_int_equal(reply.head.status, BH_E_UNKNOWN);
	r.version--;
	(void)answers_to("linux", &r, sizeof r - 1, &reply, ROOM, 0);
	assert_int_equal(reply.head.status, BH_E_UNKNOWN);
	(void)answers_to("linux", &r, 1, &reply, ROOM, 0);
	assert_int_equal(reply.head.status, BH_E_UNKNOWN);
}

static void the_system_is_told_with_the_store(void **state)
{
	(void)state;
	assert_int_equal(ask("linux", BH_MONITOR_SYSTEM, "", 0), BH_OK);
	assert_string_equal(entry(bh_monitor_system, 0)->name, "linux");
	assert_string_equal(entry(bh_monitor_system, 0)->mode, "calm");
	assert_int_equal(entry(bh_monitor_system, 0)->partitions, PARTITIONS);
	assert_int_equal(entry(bh_monitor_system, 0)->cores, CORES);
	assert_int_equal(entry(bh_monitor_system, 0)->directory_ipa, (uintptr_t)&directory);
	assert_int_equal(entry(bh_monitor_system, 0)->store_bytes, sizeof store_room);
	dump_store_begin("driver", 8192, 4096);
	assert_int_equal(ask("linux", BH_MONITOR_DUMPS, "", 0), BH_OK);
	assert_string_equal(entry(bh_monitor_dump, 0)->name, "driver");
	assert_int_equal(entry(bh_monitor_dump, 0)->state, BH_DUMP_COPYING);
}

/* --- the watch on the cores --- */

/* The monitor looks, so many ticks (10 ns) after its last look; @core has been silent as long, or is not. */
static void look_after(uint64_t ticks, uint32_t core, bool is_silent)
{
	fake_now += ticks;
	silent[core] = is_silent ? silent[core] + ticks : 0;
	census_take(fake_now);
	core_watch_turn();
}

#define S 100000000u

static void a_core_that_is_silent_for_longer_than_described_is_said_once(void **state)
{
	(void)state;
	look_after(S, 1, true);
	look_after(S, 1, true);
	look_after(S - 1, 1, true);
	assert_string_equal(said, "");
	look_after(S, 1, true);
	assert_string_equal(said, "core 1 has not come into the kernel for 3999 ms\n");
	look_after(S, 1, true);
	assert_string_equal(said, "core 1 has not come into the kernel for 3999 ms\n");
	look_after(S, 1, false);
	assert_non_null(strstr(said, "core 1 answers again"));
	assert_int_equal(resets, 0);
}

static void a_core_that_is_late_again_and_again_is_not_lost(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		look_after(S, 1, i % 3 != 2);
	assert_string_equal(said, "");
}

/* As a loaded host stops an emulated machine: each time the monitor looks, much time has passed for all. */
static void time_in_which_the_monitor_did_not_run_itself_does_not_count(void **state)
{
	(void)state;
	census.rights = BH_MONITOR_MAY_RESET;
	look_after(S, 2, true);
	look_after(60ull * S, 2, true);
	assert_string_equal(said, "");
	assert_int_equal(resets, 0);
	look_after(60ull * S, 2, true); /* but three looks in a row are enough, however far apart */
	assert_non_null(strstr(said, "core 2 has not come into the kernel for 121000 ms"));
	assert_int_equal(resets, 1);
}

static void with_the_right_to_it_the_machine_is_reset(void **state)
{
	(void)state;
	census.rights = BH_MONITOR_MAY_RESET;
	for (uint32_t i = 0; i < 3; i++)
		look_after(S, 2, true);
	assert_int_equal(resets, 1);
	assert_non_null(strstr(said, "core 2"));
	assert_non_null(strstr(said, "the machine is reset"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(partitions_are_told_with_what_they_do_and_what_may_be_ordered, fresh),
		cmocka_unit_test_setup(shares_are_of_the_time_between_two_looks, fresh),
		cmocka_unit_test_setup(ports_are_told_by_name_with_their_fill, fresh),
		cmocka_unit_test_setup(a_list_that_does_not_fit_is_asked_for_in_pieces, fresh),
		cmocka_unit_test_setup(each_entry_fits_the_smallest_reply, fresh),
		cmocka_unit_test_setup(the_log_is_told_per_partition_from_a_sequence_on, fresh),
		cmocka_unit_test_setup(a_record_that_is_being_written_is_waited_for, fresh),
		cmocka_unit_test_setup(sequences_go_over_their_end, fresh),
		cmocka_unit_test_setup(a_log_of_another_layout_is_not_read, fresh),
		cmocka_unit_test_setup(who_is_granted_it_gives_orders, fresh),
		cmocka_unit_test_setup(who_is_not_is_told_so_and_the_kernel_is_not_asked, fresh),
		cmocka_unit_test_setup(what_the_monitor_itself_may_not_is_another_refusal, fresh),
		cmocka_unit_test_setup(anyone_has_its_own_watchdog_fed, fresh),
		cmocka_unit_test_setup(what_is_not_understood_is_said_so_with_the_version, fresh),
		cmocka_unit_test_setup(the_system_is_told_with_the_store, fresh),
		cmocka_unit_test_setup(a_core_that_is_silent_for_longer_than_described_is_said_once, fresh),
		cmocka_unit_test_setup(a_core_that_is_late_again_and_again_is_not_lost, fresh),
		cmocka_unit_test_setup(time_in_which_the_monitor_did_not_run_itself_does_not_count, fresh),
		cmocka_unit_test_setup(with_the_right_to_it_the_machine_is_reset, fresh),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
