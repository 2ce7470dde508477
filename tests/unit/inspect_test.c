/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partitions that stand still for the monitor: paused, shown, debugged, held after they ended; and what becomes of them when the
 * monitor ends.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/machine.h"

#include "kernel/inspect.h"

#define MS 1000000u

enum { MONITOR,
       SERVER,
       VICTIM,
       SECRET,
       PARTITIONS };

static struct bh_health policy[BH_FAULTS];
static const struct host_partition partitions[PARTITIONS] = {
	[MONITOR] = { .name = "monitor", .n_vcpus = 1, .vcpu = { { 2, 9 } }, .flags = BH_PART_RESTART },
	[SERVER] = { .name = "server", .n_vcpus = 1, .vcpu = { { 0, 7 } } },
	[VICTIM] = { .name = "victim", .n_vcpus = 3, .vcpu = { { 0, 5 }, { 1, 5 }, { 1, 6 } }, .flags = BH_PART_RESTART | BH_PART_DUMP, .health = policy, .watchdog_ns = 10 * MS },
	[SECRET] = { .name = "secret", .n_vcpus = 1, .vcpu = { { 1, 1 } }, .flags = BH_PART_RESTART },
};
static const struct host_port ports[] = { { .kind = BH_PORT_CALL, .sender = SERVER, .receiver = VICTIM, .bytes = 8, .reply_bytes = 8, .no_irq = true } };
static const struct host_control controls[] = {
	{ .holder = MONITOR, .object = VICTIM, .rights = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP | BH_CONTROL_MAY_INSPECT },
	{ .holder = MONITOR, .object = SECRET, .rights = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP },
};
static const struct host_system description = { .n_cores = 3, .n_partitions = PARTITIONS, .n_ports = 1, .n_controls = 2, .partition = partitions, .port = ports, .control = controls, .no_reader = true, .monitor = MONITOR + 1 };

static struct vcpu *monitor, *victim, *second;
static uint64_t to_victim, to_secret;

static int all_run(void **state)
{
	(void)state;
	for (uint32_t kind = 0; kind < BH_FAULTS; kind++)
		policy[kind] = host_system_health((enum bh_fault)kind, BH_PART_RESTART);
	policy[BH_FAULT_ACCESS].action = BH_ACTION_RESTART;
	boot(&description);
	monitor = vcpu_of(MONITOR, 0);
	victim = vcpu_of(VICTIM, 0);
	second = vcpu_of(VICTIM, 1);
	for (uint32_t i = 0; i < PARTITIONS; i++) {
		starts(i);
		loads(i);
		if (i == SERVER)
			does(vcpu_of(i, 0), guest_wfi, NULL);
		host_settle();
	}
	cpu_on(VICTIM, 0, 1);
	to_victim = host_system_control(blob, &description, 0);
	to_secret = host_system_control(blob, &description, 1);
	host_take_spi(partition_at(MONITOR), HOST_MONITOR_INTID);
	return 0;
}

static struct guest_call asks_of(struct vcpu *v, uint32_t function, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct guest_call call = { .function = function, .arg = { a, b, c, d } };

	does(v, guest_call, &call);
	host_settle();
	return call;
}

static int64_t control(uint64_t cap, enum bh_control what)
{
	return asks_of(monitor, BH_CALL_CONTROL, cap, what, 0, 0).result;
}

static enum bh_run_state run_state(void)
{
	return (enum bh_run_state)asks_of(monitor, BH_CALL_CONTROL, to_victim, BH_CONTROL_STATE, 0, 0).arg[0];
}

static int64_t inspect(uint64_t cap)
{
	return asks_of(monitor, BH_CALL_INSPECT, cap, 0, 0, 0).result;
}

static bool told(void)
{
	return host_take_spi(partition_at(MONITOR), HOST_MONITOR_INTID);
}

static void pause_victim(void)
{
	assert_int_equal(control(to_victim, BH_CONTROL_PAUSE), BH_OK);
	assert_int_equal(run_state(), BH_RUN_PAUSED);
}

/* --- pause --- */

static void a_paused_partition_stands_still_on_every_core(void **state)
{
	(void)state;
	pause_victim();
	assert_true(told());
	assert_null(host_guest(0));
	assert_true(runs_on(vcpu_of(SECRET, 0), 1)); /* whom it kept from running */
	host_private(victim, HOST_SGI);
	host_time_set(1000000);
	host_settle();
	assert_null(host_guest(0));
	quiet();
}

static void a_pause_takes_back_what_was_ahead_of_one_that_is_off(void **state)
{
	struct vcpu *third = vcpu_of(VICTIM, 2);

	(void)state;
	assert_true(third->is_ahead);
	pause_victim();
	assert_false(third->is_ahead);
	assert_int_equal(asks_of(monitor, BH_CALL_SET_REGISTER, to_victim, 2, 5, 0xbad).result, BH_OK);
	assert_int_equal(control(to_victim, BH_CONTROL_RESUME), BH_OK);
	cpu_on(VICTIM, 0, 2);
	assert_int_equal(third->arch.resets, 2);
	assert_true(runs_on(third, 1));
	quiet();
}

static void it_goes_on_where_it_was(void **state)
{
	uint64_t pc = pc_of(victim);
	uint32_t resets = victim->arch.resets;

	(void)state;
	pause_victim();
	assert_int_equal(control(to_victim, BH_CONTROL_RESUME), BH_OK);
	assert_int_equal(run_state(), BH_RUN_RUNNING);
	assert_true(runs_on(victim, 0));
	assert_true(runs_on(second, 1));
	assert_int_equal(pc_of(victim), pc);
	assert_int_equal(victim->arch.resets, resets);
	quiet();
}

static void what_waited_still_waits_and_wakes_when_it_goes_on(void **state)
{
	(void)state;
	does(victim, guest_wfi, NULL);
	pause_victim();
	host_private(victim, HOST_SGI);
	host_settle();
	assert_null(host_guest(0));
	control(to_victim, BH_CONTROL_RESUME);
	assert_true(runs_on(victim, 0));
}

static void a_vcpu_that_is_switched_on_meanwhile_stands_still_too(void **state)
{
	(void)state;
	cpu_on(VICTIM, 0, 2);
	pause_victim();
	assert_false(runs_on(vcpu_of(VICTIM, 2), 1));
	control(to_victim, BH_CONTROL_RESUME);
	assert_true(runs_on(vcpu_of(VICTIM, 2), 1));
}

static void its_watchdog_and_deadlines_stand_still_too(void **state)
{
	uint32_t next;

	(void)state;
	policy[BH_FAULT_WATCHDOG].action = policy[BH_FAULT_DEADLINE].action = BH_ACTION_LOG;
	host_time_set(1 * MS);
	asks_of(victim, BH_CALL_FEED, 0, 0, 0, 0); /* until 11 ms */
	asks_of(victim, BH_CALL_DEADLINE, 6 * MS, 0, 0, 0);
	host_time_set(2 * MS);
	pause_victim();
	next = log_next(VICTIM);
	host_time_set(102 * MS);
	host_settle();
	control(to_victim, BH_CONTROL_RESUME);
	assert_int_equal(log_next(VICTIM), next);
	host_time_set(106 * MS - 1);
	host_settle();
	assert_int_equal(log_next(VICTIM), next);
	host_time_set(106 * MS);
	host_settle();
	assert_int_equal(log_newest(VICTIM)->event, BH_EVENT_DEADLINE);
	host_time_set(111 * MS - 1);
	host_settle();
	assert_int_equal(log_next(VICTIM), next + 1);
	host_time_set(111 * MS);
	host_settle();
	assert_int_equal(log_newest(VICTIM)->event, BH_EVENT_WATCHDOG);
}

static void nothing_is_paused_or_resumed_twice(void **state)
{
	(void)state;
	assert_int_equal(control(to_victim, BH_CONTROL_RESUME), BH_E_STATE);
	pause_victim();
	assert_int_equal(control(to_victim, BH_CONTROL_PAUSE), BH_E_STATE);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(control(to_victim, BH_CONTROL_RESUME), BH_OK);
		pause_victim();
	}
	assert_int_equal(control(to_victim, BH_CONTROL_RELEASE), BH_E_STATE);
}

static void a_paused_partition_can_be_restarted(void **state)
{
	(void)state;
	pause_victim();
	assert_int_equal(control(to_victim, BH_CONTROL_RESTART), BH_OK);
	assert_int_equal(run_state(), BH_RUN_LOADING);
	assert_true(runs_on(victim, 0));
	loads(VICTIM);
	assert_int_equal(run_state(), BH_RUN_RUNNING);
	quiet();
}

static void a_caller_waits_for_a_server_that_stands_still_until_its_deadline(void **state)
{
	struct vcpu *caller = vcpu_of(SERVER, 0);
	struct guest_call c = { .function = BH_CALL_CALL, .arg = { 0, 8, 1, 0, 0, 0, 1000 } };

	(void)state;
	pause_victim();
	host_private(caller, HOST_SGI);
	host_settle();
	does(caller, guest_call, &c);
	host_settle();
	assert_null(host_guest(0)); /* its server would run in its place, and must not */
	host_time_set(1000);
	host_settle();
	assert_true(runs_on(caller, 0));
	assert_int_equal((int64_t)caller->arch.x0, BH_E_TIMEOUT);
	quiet();
}

static void only_who_may_inspect_pauses(void **state)
{
	(void)state;
	assert_int_equal(control(to_secret, BH_CONTROL_PAUSE), BH_E_RIGHT);
	assert_int_equal(inspect(to_secret), BH_E_RIGHT);
	assert_int_equal(asks_of(monitor, BH_CALL_REGISTERS, to_secret, 0, 0, 0).result, BH_E_RIGHT);
	assert_int_equal(asks_of(monitor, BH_CALL_DEBUG, to_secret, 0, BH_DEBUG_LOOK, 0).result, BH_E_RIGHT);
	for (uint64_t cap = 0; cap < 5; cap++) {
		assert_int_equal(asks_of(victim, BH_CALL_INSPECT, cap, 0, 0, 0).result, BH_E_CAP);
		assert_int_equal(asks_of(victim, BH_CALL_REGISTERS, cap, 0, 0, 0).result, BH_E_CAP);
		assert_int_equal(asks_of(victim, BH_CALL_SET_REGISTER, cap, 0, 0, 0).result, BH_E_CAP);
		assert_int_equal(asks_of(victim, BH_CALL_DEBUG, cap, 0, 0, 0).result, BH_E_CAP);
	}
}

/* --- what is shown --- */

/* HEALTH-7 */
static void memory_is_shown_only_of_what_stands_still(void **state)
{
	(void)state;
	assert_int_equal(inspect(to_victim), BH_E_STATE);
	assert_int_equal(partition_at(VICTIM)->inspected, 0);
	pause_victim();
	assert_int_equal(inspect(to_victim), BH_OK);
	assert_int_equal(monitor->arch.root, (uint64_t)blob_caps(blob)[blob_partitions(blob)[MONITOR].first_cap + to_victim].root_page * BH_PAGE);
	assert_true(runs_on(monitor, 2));
}

static void what_is_shown_neither_goes_on_nor_starts(void **state)
{
	(void)state;
	pause_victim();
	inspect(to_victim);
	assert_int_equal(control(to_victim, BH_CONTROL_RESUME), BH_E_STATE);
	assert_int_equal(control(to_victim, BH_CONTROL_RESTART), BH_OK);
	assert_int_equal(run_state(), BH_RUN_HELD);
	assert_int_equal(control(to_victim, BH_CONTROL_RELEASE), BH_E_STATE);
	assert_int_equal(inspect(BH_NONE), BH_OK);
	assert_int_equal(monitor->arch.root, 0);
	assert_int_equal(control(to_victim, BH_CONTROL_RELEASE), BH_OK);
	assert_int_equal(run_state(), BH_RUN_LOADING);
	quiet();
}

static void registers_are_those_it_had(void **state)
{
	struct guest_call c;

	(void)state;
	assert_int_equal(asks_of(monitor, BH_CALL_REGISTERS, to_victim, 0, BH_REGISTER_PC, 0).result, BH_E_STATE);
	pause_victim();
	c = asks_of(monitor, BH_CALL_REGISTERS, to_victim, 0, BH_REGISTER_PC, 0);
	assert_int_equal(c.result, BH_OK);
	assert_int_equal(c.arg[0], ENTRY);
	assert_int_equal(asks_of(monitor, BH_CALL_REGISTERS, to_victim, 3, 0, 0).result, BH_E_ARG);
	assert_int_equal(asks_of(monitor, BH_CALL_REGISTERS, to_victim, 0, BH_REGISTER_END, 0).result, BH_E_ARG);
	assert_int_equal(asks_of(monitor, BH_CALL_REGISTERS, to_victim, 0, ~0ull, 0).result, BH_E_ARG);
	assert_int_equal(asks_of(monitor, BH_CALL_REGISTERS, to_victim, 0, BH_REGISTER_END - 1, 0).result, BH_OK);
	assert_int_equal(asks_of(monitor, BH_CALL_SET_REGISTER, to_victim, 0, BH_REGISTER_PC, 0x40001000).result, BH_OK);
	assert_int_equal(asks_of(monitor, BH_CALL_SET_REGISTER, to_victim, 0, BH_REGISTER_SCTLR, 0).result, BH_E_ARG);
	control(to_victim, BH_CONTROL_RESUME);
	assert_int_equal(pc_of(victim), 0x40001000);
}

/* --- held --- */

static void guest_faults(struct vcpu *v, void *arg)
{
	(void)arg;
	(void)!health_vcpu(v, BH_FAULT_ACCESS, BH_EVENT_ACCESS, 1, 4);
}

static void faults(void)
{
	does(victim, guest_faults, NULL);
	host_settle();
}

static void one_to_be_dumped_is_held_with_what_it_left(void **state)
{
	(void)state;
	faults();
	assert_true(told());
	assert_int_equal(run_state(), BH_RUN_HELD);
	assert_int_equal(asks_of(monitor, BH_CALL_REGISTERS, to_victim, 0, BH_REGISTER_PC, 0).arg[0], ENTRY);
	assert_int_equal(asks_of(monitor, BH_CALL_SET_REGISTER, to_victim, 0, BH_REGISTER_PC, 4).result, BH_E_STATE);
	assert_int_equal(inspect(to_victim), BH_OK);
	assert_int_equal(inspect(BH_NONE), BH_OK);
	assert_int_equal(control(to_victim, BH_CONTROL_RELEASE), BH_OK);
	assert_int_equal(run_state(), BH_RUN_LOADING);
	loads(VICTIM);
	assert_int_equal(run_state(), BH_RUN_RUNNING);
}

static void what_is_ordered_meanwhile_stands_when_it_is_released(void **state)
{
	(void)state;
	faults();
	assert_int_equal(control(to_victim, BH_CONTROL_STOP), BH_OK);
	assert_int_equal(run_state(), BH_RUN_HELD);
	assert_int_equal(control(to_victim, BH_CONTROL_RELEASE), BH_OK);
	assert_int_equal(run_state(), BH_RUN_OFF);
	assert_int_equal(control(to_victim, BH_CONTROL_START), BH_OK);
	loads(VICTIM);
	assert_int_equal(run_state(), BH_RUN_RUNNING);
}

static void orders_and_its_own_end_hold_nothing(void **state)
{
	(void)state;
	assert_int_equal(control(to_victim, BH_CONTROL_RESTART), BH_OK);
	assert_int_equal(run_state(), BH_RUN_LOADING);
	loads(VICTIM);
	does(victim, guest_system_off, NULL);
	host_settle();
	assert_int_equal(run_state(), BH_RUN_OFF);
}

static void without_a_monitor_nothing_is_held(void **state)
{
	(void)state;
	does(monitor, guest_system_off, NULL);
	host_settle();
	faults();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
}

static void a_monitor_that_ends_lets_go_of_all(void **state)
{
	(void)state;
	faults();
	inspect(to_victim);
	does(monitor, guest_system_reset, NULL);
	host_settle();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
	assert_int_equal(partition_at(VICTIM)->inspected, 0);
	loads(MONITOR);
	loads(VICTIM);
	cpu_on(VICTIM, 0, 1);
	pause_victim();
	inspect(to_victim);
	does(monitor, guest_system_reset, NULL);
	host_settle();
	assert_true(runs_on(victim, 0));
	assert_true(runs_on(second, 1));
	assert_int_equal(monitor->arch.root, 0);
	quiet();
}

/* --- debugging --- */

static void guest_breaks(struct vcpu *v, void *arg)
{
	(void)arg;
	inspect_break(v, BH_PAUSE_BREAK, 0xf2000000);
}

static void a_breakpoint_pauses_all_of_it_and_says_where(void **state)
{
	struct guest_call c;

	(void)state;
	pause_victim();
	assert_int_equal(asks_of(monitor, BH_CALL_DEBUG, to_victim, 1, BH_DEBUG_ON, 0).result, BH_OK);
	assert_int_equal(second->arch.debug, BH_DEBUG_ON);
	control(to_victim, BH_CONTROL_RESUME);
	told();
	does(second, guest_breaks, NULL);
	host_settle();
	assert_true(told());
	c = asks_of(monitor, BH_CALL_DEBUG, to_victim, 0, BH_DEBUG_LOOK, 0);
	assert_int_equal(c.arg[0], BH_PAUSE_BREAK);
	assert_int_equal(c.arg[1], 1);
	assert_int_equal(c.arg[2], 0xf2000000);
	assert_null(host_guest(0));
	assert_int_equal(asks_of(monitor, BH_CALL_DEBUG, to_victim, 1, BH_DEBUG_STEP, 0).result, BH_OK);
	assert_int_equal(second->arch.debug, BH_DEBUG_STEP);
	assert_int_equal(asks_of(monitor, BH_CALL_DEBUG, to_victim, 1, BH_DEBUG_STEP + 1, 0).result, BH_E_ARG);
}

static void a_running_partition_is_not_debugged(void **state)
{
	(void)state;
	assert_int_equal(asks_of(monitor, BH_CALL_DEBUG, to_victim, 0, BH_DEBUG_ON, 0).result, BH_E_STATE);
	assert_int_equal(asks_of(monitor, BH_CALL_DEBUG, to_victim, 0, BH_DEBUG_LOOK, 0).arg[0], BH_PAUSE_NONE);
}

static void a_vcpu_that_is_switched_on_under_the_debugger_is_debugged_too(void **state)
{
	struct vcpu *third = vcpu_of(VICTIM, 2);

	(void)state;
	pause_victim();
	assert_int_equal(asks_of(monitor, BH_CALL_DEBUG, to_victim, 2, BH_DEBUG_ON, 0).result, BH_OK);
	control(to_victim, BH_CONTROL_RESUME);
	cpu_on(VICTIM, 0, 2);
	assert_int_equal(third->arch.debug, BH_DEBUG_ON);
	assert_int_equal(control(to_victim, BH_CONTROL_RESTART), BH_OK);
	loads(VICTIM);
	cpu_on(VICTIM, 0, 2);
	assert_int_equal(third->arch.debug, BH_DEBUG_OFF); /* another life is not debugged */
}

/* HEALTH-7: what the last monitor's debugger has left in it is its own affair. */
static void a_breakpoint_of_a_debugger_that_has_ended_holds_nobody(void **state)
{
	(void)state;
	pause_victim();
	for (uint32_t i = 0; i < 3; i++)
		asks_of(monitor, BH_CALL_DEBUG, to_victim, i, BH_DEBUG_ON, 0);
	control(to_victim, BH_CONTROL_RESUME);
	does(monitor, guest_system_reset, NULL);
	host_settle();
	does(victim, guest_breaks, NULL); /* while there is no monitor */
	host_settle();
	assert_int_equal(victim->arch.debug, BH_DEBUG_OFF);
	assert_true(runs_on(victim, 0));
	loads(MONITOR);
	does(second, guest_breaks, NULL); /* and under the next one */
	host_settle();
	assert_int_equal(second->arch.debug, BH_DEBUG_OFF);
	assert_true(runs_on(victim, 0));
	assert_true(runs_on(second, 1));
	assert_int_equal(run_state(), BH_RUN_RUNNING);
	quiet();
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, all_run, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_paused_partition_stands_still_on_every_core),
		TEST(a_pause_takes_back_what_was_ahead_of_one_that_is_off),
		TEST(it_goes_on_where_it_was),
		TEST(what_waited_still_waits_and_wakes_when_it_goes_on),
		TEST(a_vcpu_that_is_switched_on_meanwhile_stands_still_too),
		TEST(its_watchdog_and_deadlines_stand_still_too),
		TEST(nothing_is_paused_or_resumed_twice),
		TEST(a_paused_partition_can_be_restarted),
		TEST(a_caller_waits_for_a_server_that_stands_still_until_its_deadline),
		TEST(only_who_may_inspect_pauses),
		TEST(memory_is_shown_only_of_what_stands_still),
		TEST(what_is_shown_neither_goes_on_nor_starts),
		TEST(registers_are_those_it_had),
		TEST(one_to_be_dumped_is_held_with_what_it_left),
		TEST(what_is_ordered_meanwhile_stands_when_it_is_released),
		TEST(orders_and_its_own_end_hold_nothing),
		TEST(without_a_monitor_nothing_is_held),
		TEST(a_monitor_that_ends_lets_go_of_all),
		TEST(a_breakpoint_pauses_all_of_it_and_says_where),
		TEST(a_running_partition_is_not_debugged),
		TEST(a_vcpu_that_is_switched_on_under_the_debugger_is_debugged_too),
		TEST(a_breakpoint_of_a_debugger_that_has_ended_holds_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
