/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a partition that is held to a core in the store, in turns, while it may be taken away.
 * sources: services/monitor/core_file.c services/monitor/guest_memory.c
 */
#include "tests/unit/monitor_fixture.h"

#include "services/monitor/census.c"
#include "services/monitor/dump_store.c"
#include "services/monitor/dumper.c"
#include "services/monitor/guest_window.c"
#include "services/monitor/logbook.c"

static union {
	struct bh_monitor_store store;
	uint8_t page[BH_MONITOR_STORE_BYTES];
} directory;
static uint8_t store_room[2 * RAM] __attribute__((aligned(4096)));
static uint64_t cleaned; /* bytes outside of the directory */

void dump_store_clean(const void *at, uint64_t bytes)
{
	cleaned += at == &directory ? 0 : bytes;
}

static struct bh_info_entry *driver(void)
{
	return &page()->entry[6];
}

static void begin_with(uint64_t room)
{
	memset(&directory, 0, sizeof directory);
	dump_store_init(&directory.store, store_room, room);
	cleaned = 0;
}

static int fresh(void **state)
{
	(void)state;
	make_system();
	assert_true(census_init());
	assert_true(logbook_init(&log_page.log, sizeof log_page));
	for (uint32_t i = 0; i < RAM; i++)
		ram[i] = (uint8_t)(i >> 12 ^ i);
	for (uint32_t i = 0; i < BH_REGISTER_END; i++)
		registers[i] = i;
	registers[BH_REGISTER_SCTLR] = 0;
	begin_with(sizeof store_room);
	return 0;
}

static uint32_t turns(void)
{
	uint32_t n = 0;

	while (dumper_turn())
		assert_true(++n < 1000);
	return n;
}

static void fault(void)
{
	log_record(DRIVER, BH_EVENT_STOP, BH_STOP_FAULT | BH_FAULT_ACCESS << 8, 0);
	run[DRIVER] = BH_RUN_HELD;
	ends[DRIVER] = 5;
	dumper_look();
}

static const struct bh_monitor_dump *dump(void)
{
	return dump_store_find("driver");
}

static void one_that_is_held_is_dumped_and_let_go(void **state)
{
	const uint8_t *core;

	(void)state;
	assert_false(dumper_turn());
	fault();
	fake_now = 4711;
	assert_true(turns() >= RAM / 65536); /* not all at once */
	assert_int_equal(run[DRIVER], BH_RUN_LOADING);
	assert_int_equal(inspected, PARTITIONS);
	assert_int_equal(dump()->state, BH_DUMP_WHOLE);
	assert_int_equal(dump()->bytes, dump()->whole_bytes);
	assert_int_equal(dump()->cause, BH_STOP_FAULT | BH_FAULT_ACCESS << 8);
	assert_int_equal(dump()->ends, 5);
	assert_int_equal(dump()->vcpus, 1);
	assert_int_equal(dump()->time, 4711);
	assert_int_equal(cleaned, dump()->bytes);
	core = (const uint8_t *)(uintptr_t)dump()->ipa;
	assert_memory_equal(core, "\177ELF", 4);
	assert_memory_equal(core + dump()->bytes - RAM, ram, RAM);
	assert_non_null(strstr(said, "driver: crash dump 1, 1028 KiB, vCPU 0 at pc 0x20"));
	assert_false(spoke_to_held);
}

static void nobody_else_is_touched(void **state)
{
	(void)state;
	run[LINUX] = BH_RUN_HELD; /* which it may not inspect */
	dumper_look();
	assert_int_equal(turns(), 0);
	assert_int_equal(run[LINUX], BH_RUN_HELD);
	assert_int_equal(last_control, ~0u);
}

static void only_so_much_as_the_description_says(void **state)
{
	(void)state;
	driver()->ipa2 = 64;
	fault();
	turns();
	assert_int_equal(dump()->state, BH_DUMP_WHOLE);
	assert_int_equal(dump()->bytes, 4096 + 65536);
}

static void none_where_it_says_none(void **state)
{
	(void)state;
	driver()->ipa2 = 0;
	fault();
	turns();
	assert_null(dump());
	assert_int_equal(run[DRIVER], BH_RUN_LOADING);
}

static void what_does_not_fit_is_cut_and_says_so(void **state)
{
	(void)state;
	begin_with(40 * 4096);
	registers[BH_REGISTER_PC] = 0x40000000 + 200 * 4096;
	fault();
	turns();
	assert_int_equal(dump()->state, BH_DUMP_CUT);
	assert_true(dump()->bytes <= 40 * 4096);
	assert_int_equal(dump()->whole_bytes, RAM + 4096);
	assert_memory_equal((const uint8_t *)(uintptr_t)dump()->ipa + dump()->bytes - 4096, ram + 200 * 4096, 4096); /* the page it executed */
	assert_non_null(strstr(said, "that dump is cut: it needs 1028 KiB, the store has 160"));
	assert_false(spoke_to_held);
	assert_int_equal(run[DRIVER], BH_RUN_LOADING);
}

static void without_any_room_it_is_let_go_nevertheless(void **state)
{
	(void)state;
	begin_with(0);
	fault();
	turns();
	assert_null(dump());
	assert_int_equal(run[DRIVER], BH_RUN_LOADING);
	assert_non_null(strstr(said, "driver: no crash dump: the store has no room"));
	assert_false(spoke_to_held);
}

/* Whoever controls it has started it meanwhile. */
static void one_that_is_taken_away_in_the_middle_leaves_a_broken_dump(void **state)
{
	(void)state;
	fault();
	for (uint32_t i = 0; i < 5; i++)
		assert_true(dumper_turn());
	bh_inspect_end();
	shown = NULL; /* as after a look at another one */
	run[DRIVER] = BH_RUN_RUNNING;
	turns();
	assert_int_equal(dump()->state, BH_DUMP_BROKEN);
	assert_int_equal(run[DRIVER], BH_RUN_RUNNING);
	fault(); /* and the next is whole again */
	turns();
	assert_int_equal(dump()->state, BH_DUMP_WHOLE);
	assert_int_equal(dump()->sequence, 2);
}

/* HEALTH-2: linux fails whenever it has been let go. */
static void one_that_fails_again_and_again_keeps_no_other_down(void **state)
{
	uint32_t n = 0;

	(void)state;
	page()->entry[5].flags |= BH_CONTROL_MAY_INSPECT; /* linux; it has no dump */
	fault();
	for (run[LINUX] = BH_RUN_HELD; run[DRIVER] == BH_RUN_HELD && n < 1000; n++) {
		(void)dumper_turn();
		if (run[LINUX] == BH_RUN_LOADING)
			run[LINUX] = BH_RUN_HELD;
		dumper_look();
	}
	assert_int_equal(run[DRIVER], BH_RUN_LOADING);
	assert_int_equal(dump()->state, BH_DUMP_WHOLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_that_is_held_is_dumped_and_let_go, fresh),
		cmocka_unit_test_setup(nobody_else_is_touched, fresh),
		cmocka_unit_test_setup(only_so_much_as_the_description_says, fresh),
		cmocka_unit_test_setup(none_where_it_says_none, fresh),
		cmocka_unit_test_setup(what_does_not_fit_is_cut_and_says_so, fresh),
		cmocka_unit_test_setup(without_any_room_it_is_let_go_nevertheless, fresh),
		cmocka_unit_test_setup(one_that_fails_again_and_again_keeps_no_other_down, fresh),
		cmocka_unit_test_setup(one_that_is_taken_away_in_the_middle_leaves_a_broken_dump, fresh),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
