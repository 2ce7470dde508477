/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A debugging session: who may be debugged, how it stops and goes on, and that nothing of it stays. The stub that speaks with gdb is
 * played here (gdb_test.c has the real one).
 * sources: services/monitor/guest_memory.c
 */
#include "tests/unit/monitor_fixture.h"

#include "services/monitor/census.c"
#include "services/monitor/guest_debug.c"
#include "services/monitor/guest_window.c"

static struct {
	uint32_t began, ended, turns, bytes;
	bool done, waits;
} stub;

void gdb_begin(void (*put)(const uint8_t *bytes, uint32_t n))
{
	(void)put;
	stub.began++;
	stub.done = stub.waits = false;
}

void gdb_bytes(const uint8_t *bytes, uint32_t n)
{
	(void)bytes;
	stub.bytes += n;
}

void gdb_turn(void)
{
	stub.turns++;
}

bool gdb_waits(void)
{
	return stub.waits;
}

void gdb_end(void)
{
	assert_int_equal(run[DRIVER] == BH_RUN_RUNNING, false); /* breakpoints are taken out of one that stands still */
	stub.ended++;
}

bool gdb_done(void)
{
	return stub.done;
}

static void put(const uint8_t *bytes, uint32_t n)
{
	(void)bytes, (void)n;
}

static int fresh(void **state)
{
	(void)state;
	make_system();
	memset(&session, 0, sizeof session);
	shown = NULL;
	memset(&stub, 0, sizeof stub);
	memset(registers, 0, sizeof registers);
	assert_true(census_init());
	return 0;
}

static void begins(void)
{
	uint32_t vcpu;

	assert_int_equal(guest_debug_begin("driver", put), BH_OK);
	assert_int_equal(gdb_target_state(&vcpu), GDB_STOP_ORDER);
}

static void only_one_that_the_monitor_inspects_can_be_debugged(void **state)
{
	(void)state;
	assert_int_equal(guest_debug_begin("nobody", put), BH_E_ARG);
	assert_int_equal(guest_debug_begin("linux", put), BH_E_RIGHT);	 /* controlled, not inspected */
	assert_int_equal(guest_debug_begin("control", put), BH_E_RIGHT); /* neither */
	run[DRIVER] = BH_RUN_OFF;
	assert_int_equal(guest_debug_begin("driver", put), BH_E_STATE);
	assert_int_equal(stub.began, 0);
	assert_false(guest_debug_on());
	assert_false(guest_debug_turn());
}

static void a_session_stops_it_and_there_is_one_at_a_time(void **state)
{
	(void)state;
	assert_int_equal(guest_debug_begin("driver", put), BH_OK);
	assert_int_equal(run[DRIVER], BH_RUN_PAUSED);
	assert_int_equal(stub.began, 1);
	assert_true(guest_debug_on());
	assert_non_null(strstr(said, "driver: stopped for gdb"));
	assert_int_equal(guest_debug_begin("driver", put), BH_E_AGAIN);
}

static void breakpoints_come_to_the_monitor_once_it_stands_still(void **state)
{
	uint32_t vcpu = 9;

	(void)state;
	pausing_takes_time = true;
	assert_int_equal(guest_debug_begin("driver", put), BH_OK);
	assert_int_equal(gdb_target_state(&vcpu), GDB_RUNS);
	assert_int_equal(debugged, BH_DEBUG_LOOK);
	run[DRIVER] = BH_RUN_PAUSED;
	assert_int_equal(gdb_target_state(&vcpu), GDB_STOP_ORDER);
	assert_int_equal(debugged, BH_DEBUG_ON);
	assert_int_equal(vcpu, 9); /* nobody's */
}

static void why_it_stands_still_is_told_with_the_vcpu(void **state)
{
	static const struct {
		uint32_t why;
		enum gdb_stop stop;
	} reasons[] = { { BH_PAUSE_BREAK, GDB_STOP_BREAK }, { BH_PAUSE_STEP, GDB_STOP_STEP } };

	(void)state;
	begins();
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t vcpu = 9;

		pause_why = reasons[i].why;
		assert_int_equal(gdb_target_state(&vcpu), reasons[i].stop);
		assert_int_equal(vcpu, 0);
	}
}

static void it_goes_on_whole_or_by_one_step_and_unseen(void **state)
{
	uint32_t vcpu, bytes = 4;

	(void)state;
	begins();
	assert_non_null(gdb_target_memory(0, 0x40000000, true, &bytes));
	assert_int_equal(inspected, DRIVER); /* with which the kernel would not let it go on */
	assert_true(gdb_target_go(GDB_NO_VCPU));
	assert_int_equal(debugged, BH_DEBUG_ON);
	assert_int_equal(run[DRIVER], BH_RUN_RUNNING);
	assert_int_equal(gdb_target_state(&vcpu), GDB_RUNS);
	assert_true(gdb_target_halt());
	assert_true(gdb_target_go(0));
	assert_int_equal(debugged, BH_DEBUG_STEP);
}

static void another_life_of_it_is_another_s(void **state)
{
	uint32_t vcpu;

	(void)state;
	begins();
	ends[DRIVER]++;
	assert_int_equal(gdb_target_state(&vcpu), GDB_ENDED);
	ends[DRIVER]--;
	run[DRIVER] = BH_RUN_HELD; /* ended, for a dump */
	assert_int_equal(gdb_target_state(&vcpu), GDB_ENDED);
}

static void registers_are_read_four_at_a_time_to_the_last(void **state)
{
	uint64_t value;

	(void)state;
	begins();
	for (uint32_t i = 0; i < BH_REGISTER_END; i++)
		registers[i] = 1000 + i;
	for (uint32_t i = 0; i < BH_REGISTER_END; i++) {
		assert_true(gdb_target_register(0, i, &value));
		assert_int_equal(value, 1000 + i);
	}
	assert_true(gdb_target_set_register(0, BH_REGISTER_PC, 77));
	assert_int_equal(registers[BH_REGISTER_PC], 77);
	assert_true(gdb_target_go(GDB_NO_VCPU));
	assert_false(gdb_target_register(0, 0, &value));
	assert_false(gdb_target_set_register(0, 0, 1));
}

/* Stage 1 is off: virtual is physical. */
static void memory_ends_where_ram_does(void **state)
{
	uint32_t bytes = 16;
	uint8_t *at;

	(void)state;
	begins();
	at = gdb_target_memory(0, 0x40000000 + RAM - 16, false, &bytes);
	assert_ptr_equal(at, ram + RAM - 16);
	assert_int_equal(bytes, 16);
	assert_int_equal(gdb_target_place(at), 0x40000000 + RAM - 16);
	assert_ptr_equal(gdb_target_at(0x40000000 + RAM - 16), at);
	bytes = 32;
	at = gdb_target_memory(0, 0x40000000 + RAM - 16, true, &bytes);
	assert_ptr_equal(at, ram + RAM - 16);
	assert_true(bytes && bytes <= 16);
	bytes = 4;
	assert_null(gdb_target_memory(0, 0x40000000 + RAM, true, &bytes));
	bytes = 4;
	assert_null(gdb_target_memory(0, 0x3ffffffc, true, &bytes));
}

static void when_gdb_goes_it_goes_on_as_if_nothing_had_been(void **state)
{
	uint32_t bytes = 4;

	(void)state;
	begins();
	assert_non_null(gdb_target_memory(0, 0x40000000, true, &bytes));
	guest_debug_end();
	assert_false(guest_debug_on());
	assert_false(guest_debug_turn());
	assert_int_equal(stub.ended, 1);
	assert_int_equal(debugged, BH_DEBUG_OFF);
	assert_int_equal(inspected, PARTITIONS);
	assert_int_equal(run[DRIVER], BH_RUN_RUNNING);
	assert_non_null(strstr(said, "driver: goes on without gdb"));
	assert_int_equal(guest_debug_begin("driver", put), BH_OK); /* there is room for another */
}

static void one_that_runs_is_stopped_first_however_long_that_takes(void **state)
{
	(void)state;
	begins();
	assert_true(gdb_target_go(GDB_NO_VCPU));
	pausing_takes_time = true;
	stub.done = true; /* gdb has detached */
	assert_true(guest_debug_turn());
	assert_true(guest_debug_turn());
	assert_int_equal(stub.ended, 0);
	assert_int_equal(last_control, DRIVER << 8 | BH_CONTROL_PAUSE);
	run[DRIVER] = BH_RUN_PAUSED;
	assert_false(guest_debug_turn());
	assert_int_equal(stub.ended, 1);
	assert_int_equal(run[DRIVER], BH_RUN_RUNNING);
}

static void one_that_has_ended_ends_the_session(void **state)
{
	(void)state;
	begins();
	run[DRIVER] = BH_RUN_OFF;
	guest_debug_end();
	assert_false(guest_debug_turn());
	assert_int_equal(run[DRIVER], BH_RUN_OFF);
	assert_non_null(strstr(said, "driver: has ended, gdb is gone"));
}

static void what_gdb_says_reaches_the_stub_until_it_has_gone(void **state)
{
	(void)state;
	guest_debug_byte('x');
	assert_int_equal(stub.bytes, 0);
	begins();
	guest_debug_byte('x');
	assert_int_equal(stub.bytes, 1);
	stub.waits = true;
	assert_true(guest_debug_turn()); /* so the monitor looks again soon */
	assert_int_equal(stub.turns, 1);
	stub.waits = false;
	assert_false(guest_debug_turn());
	guest_debug_end();
	guest_debug_byte('x');
	assert_int_equal(stub.bytes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_one_that_the_monitor_inspects_can_be_debugged, fresh),
		cmocka_unit_test_setup(a_session_stops_it_and_there_is_one_at_a_time, fresh),
		cmocka_unit_test_setup(breakpoints_come_to_the_monitor_once_it_stands_still, fresh),
		cmocka_unit_test_setup(why_it_stands_still_is_told_with_the_vcpu, fresh),
		cmocka_unit_test_setup(it_goes_on_whole_or_by_one_step_and_unseen, fresh),
		cmocka_unit_test_setup(another_life_of_it_is_another_s, fresh),
		cmocka_unit_test_setup(registers_are_read_four_at_a_time_to_the_last, fresh),
		cmocka_unit_test_setup(memory_ends_where_ram_does, fresh),
		cmocka_unit_test_setup(when_gdb_goes_it_goes_on_as_if_nothing_had_been, fresh),
		cmocka_unit_test_setup(one_that_runs_is_stopped_first_however_long_that_takes, fresh),
		cmocka_unit_test_setup(one_that_has_ended_ends_the_session, fresh),
		cmocka_unit_test_setup(what_gdb_says_reaches_the_stub_until_it_has_gone, fresh),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
