/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health policy: each kind of fault does what the description says, and no more; restarts have a limit; watchdogs, deadlines,
 * servers that do not answer.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/machine.h"

#include "kernel/inspect.h"

#define MS 1000000u

enum { MONITOR,
       SERVER,
       VICTIM,
       OTHER,
       PARTITIONS };

static struct bh_health policy[BH_FAULTS];
static struct host_partition partitions[PARTITIONS];
static const struct host_emul emuls[] = { { .client = VICTIM, .server = SERVER, .down = BH_DOWN_ZERO, .ipa = 0x9000000, .reg = { 0, BH_REG_WRITE_POSTED } } };
static const struct host_mode modes[2] = { { .frame_ns = 0 }, { .frame_ns = 0, .at_once = true } };
static const struct host_control control = { .holder = MONITOR, .object = VICTIM, .rights = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP };
static const struct host_system description = { .n_modes = 2, .mode = modes, .n_cores = 3, .n_partitions = PARTITIONS, .n_emuls = 1, .n_controls = 1, .partition = partitions, .emul = emuls, .control = &control, .no_reader = true, .monitor = MONITOR + 1 };

static struct vcpu *victim;

static int described(void **state)
{
	static const struct host_partition plain[PARTITIONS] = {
		[MONITOR] = { .name = "monitor", .n_vcpus = 1, .vcpu = { { 2, 9 } } },
		[SERVER] = { .name = "server", .n_vcpus = 1, .vcpu = { { 2, 8 } } },
		[VICTIM] = { .name = "victim", .n_vcpus = 2, .vcpu = { { 0, 5 }, { 1, 5 } }, .flags = BH_PART_RESTART },
		[OTHER] = { .name = "other", .n_vcpus = 1, .vcpu = { { 1, 9 } } },
	};

	(void)state;
	memcpy(partitions, plain, sizeof(partitions));
	for (uint32_t kind = 0; kind < BH_FAULTS; kind++)
		policy[kind] = host_system_health((enum bh_fault)kind, BH_PART_RESTART);
	partitions[VICTIM].health = policy;
	return 0;
}

static void all_run(void)
{
	boot(&description);
	for (uint32_t i = 0; i < PARTITIONS; i++) {
		starts(i);
		loads(i);
		if (i == MONITOR || i == SERVER)
			does(vcpu_of(i, 0), guest_wfi, NULL);
		host_settle();
	}
	victim = vcpu_of(VICTIM, 0);
	host_take_spi(partition_at(MONITOR), HOST_MONITOR_INTID);
}

struct fault {
	enum bh_fault kind;
	enum health_verdict verdict;
};

static void guest_faults(struct vcpu *v, void *arg)
{
	struct fault *f = arg;

	f->verdict = health_vcpu(v, f->kind, BH_EVENT_ACCESS, 0x9050000 + f->kind, 4);
}

static enum health_verdict faults(enum bh_fault kind)
{
	struct fault f = { .kind = kind };

	does(victim, guest_faults, &f);
	host_settle();
	return f.verdict;
}

static bool told(void)
{
	return host_take_spi(partition_at(MONITOR), HOST_MONITOR_INTID);
}

static struct guest_call calls(struct vcpu *v, uint32_t function, uint64_t a, uint64_t b)
{
	struct guest_call c = { .function = function, .arg = { a, b } };

	does(v, guest_call, &c);
	host_settle();
	return c;
}

/* --- actions --- */

static void what_is_ignored_leaves_no_trace(void **state)
{
	uint32_t next;

	(void)state;
	policy[BH_FAULT_ACCESS].action = BH_ACTION_IGNORE;
	all_run();
	next = log_next(VICTIM);
	assert_int_equal(faults(BH_FAULT_ACCESS), HEALTH_GOES_ON);
	assert_int_equal(log_next(VICTIM), next);
	assert_int_equal(partition_at(VICTIM)->faults, 0);
	assert_true(partition_runs(partition_at(VICTIM)));
}

static void what_is_logged_goes_on(void **state)
{
	uint32_t next;

	(void)state;
	policy[BH_FAULT_ACCESS].action = BH_ACTION_LOG;
	all_run();
	next = log_next(VICTIM);
	assert_int_equal(faults(BH_FAULT_ACCESS), HEALTH_GOES_ON);
	assert_int_equal(log_next(VICTIM), next + 1);
	assert_int_equal(partition_at(VICTIM)->faults, 1);
	assert_false(told());
}

static void an_injected_fault_is_the_guests_own_affair(void **state)
{
	(void)state;
	all_run();
	assert_int_equal(faults(BH_FAULT_ACCESS), HEALTH_INJECT);
	assert_true(partition_runs(partition_at(VICTIM)));
}

static void a_stop_stops_every_vcpu_and_nobody_else(void **state)
{
	const struct bh_record *r;

	(void)state;
	policy[BH_FAULT_CALL].action = BH_ACTION_STOP;
	all_run();
	cpu_on(VICTIM, 0, 1);
	host_settle();
	assert_int_equal(faults(BH_FAULT_CALL), HEALTH_ENDS);
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_OFF);
	r = log_newest(VICTIM);
	assert_int_equal(r->event, BH_EVENT_STOP);
	assert_int_equal(r->value, BH_STOP_FAULT | BH_FAULT_CALL << 8);
	for (uint32_t i = 0; i < PARTITIONS; i++)
		assert_true(i == VICTIM || partition_runs(partition_at(i)));
	quiet();
}

static void a_restart_begins_in_the_stub_and_says_how(void **state)
{
	(void)state;
	policy[BH_FAULT_INSTRUCTION].action = BH_ACTION_RESTART;
	all_run();
	assert_int_equal(faults(BH_FAULT_INSTRUCTION), HEALTH_ENDS);
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
	assert_int_equal(victim->arch.how, ENTRY_STUB);
	assert_int_equal(victim->arch.x0, BH_STUB_PARAM_IPA);
	loads(VICTIM);
	assert_int_equal(calls(victim, BH_CALL_SELF, 0, 0).arg[0], 1);
	assert_int_equal(calls(victim, BH_CALL_SELF, 0, 0).arg[1], BH_BEGIN_RESTART);
}

static void a_warm_restart_tells_the_stub(void **state)
{
	(void)state;
	policy[BH_FAULT_INSTRUCTION].action = BH_ACTION_WARM;
	all_run();
	assert_int_equal(calls(victim, BH_CALL_SELF, 0, 0).arg[1], BH_BEGIN_FIRST);
	faults(BH_FAULT_INSTRUCTION);
	assert_int_equal(victim->arch.x0, BH_STUB_PARAM_IPA | BH_STUB_WARM);
	loads(VICTIM);
	assert_int_equal(calls(victim, BH_CALL_SELF, 0, 0).arg[1], BH_BEGIN_WARM);
}

static void an_order_is_no_restart_of_the_policy(void **state)
{
	uint64_t cap;

	(void)state;
	all_run();
	cap = host_system_control(blob, &description, 0);
	host_private(vcpu_of(MONITOR, 0), HOST_SGI);
	host_settle();
	assert_int_equal(calls(vcpu_of(MONITOR, 0), BH_CALL_CONTROL, cap, BH_CONTROL_RESTART).result, BH_OK);
	loads(VICTIM);
	assert_int_equal(calls(victim, BH_CALL_SELF, 0, 0).arg[1], BH_BEGIN_ORDER);
	assert_int_equal(partition_at(VICTIM)->restarts, 0);
}

static void the_mode_is_changed_and_it_goes_on(void **state)
{
	(void)state;
	policy[BH_FAULT_DEADLINE] = (struct bh_health){ .action = BH_ACTION_MODE, .mode = 1 };
	all_run();
	assert_int_equal(faults(BH_FAULT_DEADLINE), HEALTH_GOES_ON);
	for (uint32_t c = 0; c < 3; c++)
		assert_int_equal(core_at(c)->mode, 1);
	assert_int_equal(log_newest(VICTIM)->event, BH_EVENT_MODE);
}

static void the_system_is_reset_or_at_least_the_partition_ends(void **state)
{
	(void)state;
	policy[BH_FAULT_HARDWARE].action = BH_ACTION_SYSTEM;
	all_run();
	assert_int_equal(faults(BH_FAULT_HARDWARE), HEALTH_ENDS);
	assert_int_equal(host_system_resets(), 1); /* which this machine refuses */
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_OFF);
}

/* An error that comes as its vCPU leaves the core: who comes next does not have to leave it for the partition to end. */
static void an_error_at_a_switch_ends_its_partition_at_once(void **state)
{
	(void)state;
	policy[BH_FAULT_HARDWARE].action = BH_ACTION_STOP;
	partitions[VICTIM].n_vcpus = 1;
	partitions[OTHER].vcpu[0].core = 0;
	partitions[OTHER].vcpu[0].priority = 1;
	boot(&description);
	starts(OTHER);
	loads(OTHER);
	starts(VICTIM);
	host_settle();
	loads(VICTIM);
	host_settle();
	victim = vcpu_of(VICTIM, 0);
	victim->arch.error = true;
	does(victim, guest_wfi, NULL);
	assert_true(runs_on(vcpu_of(OTHER, 0), 0));
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_OFF);
}

static void the_monitor_is_told_where_that_is_said(void **state)
{
	(void)state;
	policy[BH_FAULT_ACCESS].flags = BH_HEALTH_TELL;
	all_run();
	faults(BH_FAULT_CALL);
	assert_false(told());
	faults(BH_FAULT_ACCESS);
	assert_true(told());
	faults(BH_FAULT_ACCESS); /* the same once more is only counted */
	assert_false(told());
	assert_int_equal(partition_at(VICTIM)->faults, 3);
}

static void a_panic_that_may_go_on_returns_to_it(void **state)
{
	(void)state;
	all_run();
	assert_int_equal(calls(victim, BH_CALL_PANIC, 0x2a, 0).result, BH_OK);
	assert_int_equal(log_newest(VICTIM)->event, BH_EVENT_PANIC);
	assert_int_equal(log_newest(VICTIM)->value, 0x2a);
}

static void its_wish_to_go_off_can_be_a_restart(void **state)
{
	(void)state;
	policy[BH_FAULT_OFF].action = BH_ACTION_RESTART;
	all_run();
	does(victim, guest_system_off, NULL);
	host_settle();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
	assert_int_equal(log_record(VICTIM, log_next(VICTIM) - 2)->value, BH_STOP_OFF | BH_FAULT_OFF << 8 | BH_STOP_THEN_RESTART);
}

/* --- the limit --- */

static void resets(void)
{
	does(victim, guest_system_reset, NULL);
	host_settle();
}

/* HEALTH-3 */
static void one_restart_more_than_allowed_keeps_it_off(void **state)
{
	(void)state;
	partitions[VICTIM].limit_n = 3;
	partitions[VICTIM].limit_ns = 10 * MS;
	partitions[VICTIM].limit = (struct bh_health){ .action = BH_ACTION_STOP };
	all_run();
	for (uint32_t i = 0; i < 3; i++) {
		host_time_set(100 + i * MS);
		resets();
		loads(VICTIM);
	}
	assert_false(told());
	host_time_set(99 + 10 * MS);
	resets();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_OFF);
	assert_int_equal(log_newest(VICTIM)->event, BH_EVENT_LIMIT);
	assert_true(told());
	assert_int_equal(partition_at(VICTIM)->restarts, 3);
}

static void old_restarts_do_not_count(void **state)
{
	(void)state;
	partitions[VICTIM].limit_n = 3;
	partitions[VICTIM].limit_ns = 10 * MS;
	partitions[VICTIM].limit = (struct bh_health){ .action = BH_ACTION_STOP };
	all_run();
	for (uint32_t i = 0; i < 30; i++) { /* three in ten, for ever */
		host_time_set(100 + i / 3 * 10 * MS + i % 3);
		resets();
		loads(VICTIM);
	}
	assert_int_equal(partition_at(VICTIM)->restarts, 30);
}

static void the_limit_can_change_the_mode(void **state)
{
	(void)state;
	partitions[VICTIM].limit_n = 1;
	partitions[VICTIM].limit_ns = 10 * MS;
	partitions[VICTIM].limit = (struct bh_health){ .action = BH_ACTION_MODE, .mode = 1 };
	all_run();
	resets();
	loads(VICTIM);
	assert_int_equal(core_at(0)->mode, 0);
	resets();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_OFF);
	assert_int_equal(core_at(0)->mode, 1);
}

static void orders_have_no_limit(void **state)
{
	uint64_t cap;

	(void)state;
	partitions[VICTIM].limit_n = 1;
	partitions[VICTIM].limit_ns = 10 * MS;
	partitions[VICTIM].limit = (struct bh_health){ .action = BH_ACTION_STOP };
	all_run();
	cap = host_system_control(blob, &description, 0);
	host_private(vcpu_of(MONITOR, 0), HOST_SGI);
	host_settle();
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(calls(vcpu_of(MONITOR, 0), BH_CALL_CONTROL, cap, BH_CONTROL_RESTART).result, BH_OK);
		loads(VICTIM);
	}
}

/* --- watchdog and deadlines --- */

static void watched(uint64_t open_ns)
{
	partitions[VICTIM].watchdog_ns = 10 * MS;
	partitions[VICTIM].watchdog_open_ns = open_ns;
	policy[BH_FAULT_WATCHDOG].action = BH_ACTION_RESTART;
	all_run();
}

static void a_partition_that_feeds_its_watchdog_goes_on(void **state)
{
	struct guest_call c;

	(void)state;
	watched(0);
	for (uint32_t i = 1; i < 20; i++) {
		host_time_set(i * 9 * MS);
		host_settle();
		c = calls(victim, BH_CALL_FEED, 0, 0);
		assert_int_equal(c.result, BH_OK);
		assert_int_equal(c.arg[0], i * 9 * MS + 10 * MS);
	}
	assert_int_equal(partition_at(VICTIM)->life, 0);
}

/* HEALTH-4 */
static void one_that_does_not_is_restarted_when_its_time_is_over(void **state)
{
	(void)state;
	watched(0);
	host_time_set(9 * MS);
	host_settle();
	calls(victim, BH_CALL_FEED, 0, 0);
	host_time_set(18 * MS);
	host_settle();
	assert_true(partition_runs(partition_at(VICTIM)));
	assert_true(host_alarm(0) <= 19 * MS);
	host_time_set(19 * MS);
	host_settle();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
	assert_int_equal(log_record(VICTIM, log_next(VICTIM) - 3)->event, BH_EVENT_WATCHDOG);
	quiet();
}

static void a_guest_that_sleeps_for_ever_is_found_too(void **state)
{
	(void)state;
	watched(0);
	does(victim, guest_wfi, NULL);
	host_time_set(10 * MS);
	host_settle();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
}

static void watched_after_a_long_first_time(void)
{
	partitions[VICTIM].watchdog_first_ns = 100 * MS;
	watched(0);
	host_time_set(50 * MS);
	host_settle();
	assert_true(partition_runs(partition_at(VICTIM)));
}

static void is_due_at_60_ms(void)
{
	host_settle();
	assert_true(host_alarm(0) <= 60 * MS);
	host_time_set(60 * MS - 1);
	host_settle();
	assert_true(partition_runs(partition_at(VICTIM)));
	host_time_set(60 * MS);
	host_settle();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
}

static void after_the_first_feeding_the_longer_time_for_that_counts_no_more(void **state)
{
	(void)state;
	watched_after_a_long_first_time();
	calls(victim, BH_CALL_FEED, 0, 0);
	is_due_at_60_ms();
}

static void nor_where_the_monitor_feeds(void **state)
{
	uint64_t cap;

	(void)state;
	watched_after_a_long_first_time();
	cap = host_system_control(blob, &description, 0);
	host_private(vcpu_of(MONITOR, 0), HOST_SGI);
	host_settle();
	assert_int_equal(calls(vcpu_of(MONITOR, 0), BH_CALL_CONTROL, cap, BH_CONTROL_FEED).result, BH_OK);
	is_due_at_60_ms();
}

/* HEALTH-4: the watchdog is the partition's, not its first vCPU's. */
static void a_partition_whose_first_vcpu_is_off_is_found_too(void **state)
{
	(void)state;
	watched(0);
	cpu_on(VICTIM, 0, 1);
	does(victim, guest_cpu_off, NULL);
	host_time_set(9 * MS);
	host_settle();
	assert_true(partition_runs(partition_at(VICTIM)));
	host_time_set(10 * MS);
	host_settle();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
	quiet();
}

static void its_other_vcpus_may_feed_it(void **state)
{
	struct vcpu *second;

	(void)state;
	watched(0);
	cpu_on(VICTIM, 0, 1);
	does(vcpu_of(OTHER, 0), guest_wfi, NULL);
	does(victim, guest_cpu_off, NULL);
	host_settle();
	second = vcpu_of(VICTIM, 1);
	for (uint32_t i = 1; i < 5; i++) {
		host_time_set(i * 9 * MS);
		host_settle();
		assert_int_equal(calls(second, BH_CALL_FEED, 0, 0).result, BH_OK);
	}
	assert_int_equal(partition_at(VICTIM)->life, 0);
	host_time_set(4 * 9 * MS + 10 * MS);
	host_settle();
	assert_int_equal(partition_at(VICTIM)->life, 1);
}

static void loading_has_no_watchdog(void **state)
{
	(void)state;
	watched(0);
	resets();
	host_time_set(100 * MS);
	host_settle();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
	assert_int_equal(partition_at(VICTIM)->life, 1);
	loads(VICTIM);
	host_time_set(109 * MS);
	host_settle();
	assert_true(partition_runs(partition_at(VICTIM)));
}

static void feeding_too_early_is_a_fault(void **state)
{
	(void)state;
	watched(5 * MS);
	host_time_set(6 * MS);
	host_settle();
	calls(victim, BH_CALL_FEED, 0, 0);
	assert_true(partition_runs(partition_at(VICTIM)));
	host_time_set(6 * MS + 5 * MS - 1);
	calls(victim, BH_CALL_FEED, 0, 0);
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
	assert_int_equal(log_record(VICTIM, log_next(VICTIM) - 3)->value, 1);
}

static void who_has_none_cannot_feed_it(void **state)
{
	(void)state;
	all_run();
	assert_int_equal(calls(victim, BH_CALL_FEED, 0, 0).result, BH_E_STATE);
}

static void the_monitor_may_feed_in_its_place(void **state)
{
	uint64_t cap;

	(void)state;
	watched(0);
	cap = host_system_control(blob, &description, 0);
	host_private(vcpu_of(MONITOR, 0), HOST_SGI);
	host_settle();
	host_time_set(9 * MS);
	assert_int_equal(calls(vcpu_of(MONITOR, 0), BH_CALL_CONTROL, cap, BH_CONTROL_FEED).result, BH_OK);
	host_time_set(18 * MS);
	host_settle();
	assert_true(partition_runs(partition_at(VICTIM)));
}

static void a_deadline_that_passes_is_a_fault_once(void **state)
{
	uint32_t next;

	(void)state;
	all_run();
	calls(victim, BH_CALL_DEADLINE, 5 * MS, 0);
	next = log_next(VICTIM);
	host_time_set(5 * MS - 1);
	host_settle();
	assert_int_equal(log_next(VICTIM), next);
	host_time_set(6 * MS);
	host_settle();
	assert_int_equal(log_next(VICTIM), next + 1);
	assert_int_equal(log_newest(VICTIM)->event, BH_EVENT_DEADLINE);
	assert_int_equal(log_newest(VICTIM)->value, 1 * MS);
	host_time_set(20 * MS);
	host_settle();
	assert_int_equal(log_next(VICTIM), next + 1);
}

static void a_deadline_that_is_met_is_none(void **state)
{
	uint32_t next;

	(void)state;
	all_run();
	calls(victim, BH_CALL_DEADLINE, 5 * MS, 0);
	calls(victim, BH_CALL_DEADLINE, BH_NEVER, 0);
	next = log_next(VICTIM);
	host_time_set(20 * MS);
	host_settle();
	assert_int_equal(log_next(VICTIM), next);
	assert_int_equal(victim->vigil, BH_NEVER);
}

/* --- a budget --- */

/* Its loading takes as many budgets as it takes: what the program does with its own is the program's fault. */
static void a_budget_is_used_up_by_who_runs_not_by_who_loads(void **state)
{
	(void)state;
	partitions[VICTIM].vcpu[0].budget_ns = 1 * MS;
	partitions[VICTIM].vcpu[0].period_ns = 10 * MS;
	policy[BH_FAULT_BUDGET].action = BH_ACTION_RESTART;
	boot(&description);
	starts(VICTIM);
	victim = vcpu_of(VICTIM, 0);
	for (uint32_t i = 0; i < 5; i++) {
		host_time_set(i * 10 * MS);
		host_settle();
		assert_true(runs_on(victim, 0));
		host_time_set(i * 10 * MS + 1 * MS);
		host_settle();
		assert_null(host_guest(0));
	}
	assert_int_equal(partition_at(VICTIM)->life, 0);
	host_time_set(50 * MS);
	host_settle();
	loads(VICTIM);
	host_time_set(51 * MS);
	host_settle();
	host_time_set(60 * MS);
	host_settle();
	assert_int_equal(partition_at(VICTIM)->life, 1);
	assert_int_equal(partition_at(VICTIM)->faults, 1);
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_LOADING);
}

/* --- a server that does not answer --- */

static void asks(void)
{
	struct guest_touch t = { .emul = 0, .a = { .offset = 0, .bytes = 4 } };

	does(victim, guest_touch, &t);
	assert_int_equal(t.result, EMUL_WAIT);
}

static void an_access_is_not_waited_for_longer_than_is_said(void **state)
{
	(void)state;
	partitions[SERVER].answer_ns = 10 * MS;
	all_run();
	asks();
	host_time_set(9 * MS);
	host_settle();
	assert_int_equal(victim->state, VCPU_ASKING);
	host_time_set(10 * MS);
	host_settle();
	assert_int_equal(victim->state, VCPU_READY);
	assert_int_equal(victim->arch.read, 0);
	assert_int_equal(victim->deadline, BH_NEVER);
	assert_int_equal(log_newest(SERVER)->event, BH_EVENT_SILENT);
	assert_int_equal(log_newest(SERVER)->address, VICTIM);
	assert_int_equal(log_newest(SERVER)->value, 10 * MS);
}

static void without_a_limit_it_is_waited_for(void **state)
{
	(void)state;
	all_run();
	asks();
	host_time_set(1000000 * (uint64_t)MS);
	host_settle();
	assert_int_equal(victim->state, VCPU_ASKING);
}

/* The victim's second vCPU finds the queue full, and then somebody more urgent has its core. */
static struct vcpu *writes_into_a_full_queue(void)
{
	struct guest_touch t = { .emul = 0, .a = { .offset = 4, .bytes = 4, .write = true } };
	struct vcpu *second;

	partitions[SERVER].answer_ns = 10 * MS;
	all_run();
	second = vcpu_of(VICTIM, 1);
	cpu_on(VICTIM, 0, 1);
	does(vcpu_of(OTHER, 0), guest_wfi, NULL);
	host_settle();
	do
		does(second, guest_touch, &t);
	while (t.result == EMUL_DONE);
	assert_int_equal(second->state, VCPU_BLOCKED);
	host_private(vcpu_of(OTHER, 0), HOST_SGI);
	host_settle();
	assert_true(runs_on(vcpu_of(OTHER, 0), 1));
	does(vcpu_of(OTHER, 0), guest_take, NULL);
	return second;
}

/* HEALTH-1: its client's core is late, not the server. */
static void a_server_that_makes_room_in_time_is_not_silent(void **state)
{
	struct vcpu *second = writes_into_a_full_queue();
	struct bh_emul_control *control = (void *)(uintptr_t)emul_at(0)->desc->server_va;
	uint32_t next = log_next(SERVER);

	(void)state;
	__atomic_store_n(&control->tail, 1, __ATOMIC_RELEASE);
	calls(vcpu_of(SERVER, 0), BH_CALL_EMUL_ROOM, host_system_cap(blob, 0), 0);
	host_time_set(20 * MS);
	host_settle();
	does(vcpu_of(OTHER, 0), guest_wfi, NULL);
	host_settle();
	assert_true(runs_on(second, 1));
	assert_int_equal(log_next(SERVER), next);
	assert_int_equal(partition_at(SERVER)->faults, 0);
}

/* What the client's other vCPUs do with the room is not its fault either. */
static void nor_is_one_whose_room_is_taken_again(void **state)
{
	struct guest_touch t = { .emul = 0, .a = { .offset = 4, .bytes = 4, .write = true } };
	struct vcpu *second = writes_into_a_full_queue();
	struct bh_emul_control *control = (void *)(uintptr_t)emul_at(0)->desc->server_va;

	(void)state;
	__atomic_store_n(&control->tail, 1, __ATOMIC_RELEASE);
	calls(vcpu_of(SERVER, 0), BH_CALL_EMUL_ROOM, host_system_cap(blob, 0), 0);
	does(victim, guest_touch, &t);
	assert_int_equal(t.result, EMUL_DONE);
	host_time_set(20 * MS);
	does(vcpu_of(OTHER, 0), guest_wfi, NULL);
	host_settle();
	assert_true(runs_on(second, 1));
	assert_int_equal(partition_at(SERVER)->faults, 0);
	does(second, guest_touch, &t);
	assert_int_equal(t.result, EMUL_AGAIN);
	host_time_set(30 * MS);
	host_settle();
	assert_int_equal(partition_at(SERVER)->faults, 1);
}

static void one_that_makes_none_is(void **state)
{
	struct vcpu *second = writes_into_a_full_queue();

	(void)state;
	host_time_set(20 * MS);
	does(vcpu_of(OTHER, 0), guest_wfi, NULL);
	host_settle();
	assert_true(runs_on(second, 1));
	assert_int_equal(log_newest(SERVER)->event, BH_EVENT_SILENT);
	assert_int_equal(partition_at(SERVER)->faults, 1);
}

/* It has ended, and another life has begun, before its client's core has time for that. */
static void what_a_servers_former_life_has_let_wait_is_not_the_next_ones_fault(void **state)
{
	struct vcpu *second;

	(void)state;
	partitions[SERVER].flags = BH_PART_RESTART;
	second = writes_into_a_full_queue();
	host_on(0);
	assert_true(partition_stop(partition_at(SERVER), BH_STOP_ORDER, BH_BEGIN_ORDER));
	host_off();
	host_settle();
	loads(SERVER);
	host_time_set(20 * MS);
	does(vcpu_of(OTHER, 0), guest_wfi, NULL);
	host_settle();
	assert_true(runs_on(second, 1));
	assert_int_equal(partition_at(SERVER)->faults, 0);
}

static void stands_still(uint32_t n, bool still)
{
	host_on(0);
	assert_true(still ? inspect_pause(partition_at(n), BH_PAUSE_ORDER, 0, 0) : inspect_resume(partition_at(n)));
	host_off();
	host_settle();
}

static void a_server_that_stands_still_for_the_monitor_is_not_silent(void **state)
{
	(void)state;
	partitions[SERVER].answer_ns = 10 * MS;
	all_run();
	asks();
	stands_still(SERVER, true);
	host_time_set(100 * MS);
	host_settle();
	assert_int_equal(victim->state, VCPU_ASKING);
	assert_int_equal(partition_at(SERVER)->faults, 0);
	stands_still(SERVER, false);
	host_time_set(110 * MS);
	host_settle();
	assert_int_equal(victim->state, VCPU_READY);
	assert_int_equal(partition_at(SERVER)->faults, 1);
}

/* --- what the monitor sees --- */

static void the_monitor_sees_what_happened(void **state)
{
	struct vcpu *monitor;
	struct guest_call c = { .function = BH_CALL_LOOK };

	(void)state;
	all_run();
	host_time_set(77);
	faults(BH_FAULT_CALL);
	monitor = vcpu_of(MONITOR, 0);
	host_private(monitor, HOST_SGI);
	host_settle();
	c.arg[0] = host_system_monitor(blob);
	c.arg[1] = BH_LOOK_PARTITION;
	c.arg[2] = VICTIM;
	does(monitor, guest_call, &c);
	assert_int_equal(c.result, BH_OK);
	assert_int_equal(c.arg[0], BH_RUN_RUNNING);
	assert_int_equal(c.arg[3], 1);
	assert_int_equal(c.arg[4], BH_FAULT_CALL);
	assert_int_equal(c.arg[5], 77);
	c.arg[0] = host_system_monitor(blob);
	c.arg[1] = BH_LOOK_PARTITION;
	c.arg[2] = PARTITIONS;
	does(monitor, guest_call, &c);
	assert_int_equal(c.result, BH_E_ARG);
}

static void nobody_else_does(void **state)
{
	(void)state;
	all_run();
	for (uint64_t cap = 0; cap < 8; cap++)
		assert_int_equal(calls(victim, BH_CALL_LOOK, cap, BH_LOOK_SYSTEM).result, BH_E_CAP);
	for (uint64_t cap = 0; cap < 8; cap++)
		assert_int_equal(calls(victim, BH_CALL_RESET, cap, 0).result, BH_E_CAP);
	assert_int_equal(host_system_resets(), 0);
}

static void a_core_that_answers_is_not_waited_for(void **state)
{
	struct vcpu *monitor;
	struct guest_call c;

	(void)state;
	all_run();
	monitor = vcpu_of(MONITOR, 0);
	host_private(monitor, HOST_SGI);
	host_settle();
	host_time_set(100);
	c = (struct guest_call){ .function = BH_CALL_LOOK, .arg = { host_system_monitor(blob), BH_LOOK_CORE, 0 } };
	does(monitor, guest_call, &c); /* the question; core 0 is not run */
	assert_int_equal(c.arg[0], 0);
	host_time_set(150);
	c = (struct guest_call){ .function = BH_CALL_LOOK, .arg = { host_system_monitor(blob), BH_LOOK_CORE, 0 } };
	does(monitor, guest_call, &c);
	assert_int_equal(c.arg[0], 50);
	host_settle();
	c = (struct guest_call){ .function = BH_CALL_LOOK, .arg = { host_system_monitor(blob), BH_LOOK_CORE, 0 } };
	does(monitor, guest_call, &c);
	assert_int_equal(c.arg[0], 0);
}

static void time_used_adds_up(void **state)
{
	ticks_t used;

	(void)state;
	all_run();
	used = sched_used(core_at(0), victim->desc->rank);
	host_time_set(1000);
	host_on(2);
	assert_int_equal(sched_used(core_at(0), victim->desc->rank) - used, 1000);
	host_off();
	does(victim, guest_wfi, NULL);
	host_settle();
	host_time_set(3000);
	host_on(2);
	assert_int_equal(sched_used(core_at(0), victim->desc->rank) - used, 1000);
	assert_int_equal(sched_used(core_at(0), BH_NONE), 2000);
	host_off();
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, described, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_ignored_leaves_no_trace),
		TEST(what_is_logged_goes_on),
		TEST(an_injected_fault_is_the_guests_own_affair),
		TEST(a_stop_stops_every_vcpu_and_nobody_else),
		TEST(a_restart_begins_in_the_stub_and_says_how),
		TEST(a_warm_restart_tells_the_stub),
		TEST(an_order_is_no_restart_of_the_policy),
		TEST(the_mode_is_changed_and_it_goes_on),
		TEST(the_system_is_reset_or_at_least_the_partition_ends),
		TEST(an_error_at_a_switch_ends_its_partition_at_once),
		TEST(the_monitor_is_told_where_that_is_said),
		TEST(a_panic_that_may_go_on_returns_to_it),
		TEST(its_wish_to_go_off_can_be_a_restart),
		TEST(one_restart_more_than_allowed_keeps_it_off),
		TEST(old_restarts_do_not_count),
		TEST(the_limit_can_change_the_mode),
		TEST(orders_have_no_limit),
		TEST(a_partition_that_feeds_its_watchdog_goes_on),
		TEST(one_that_does_not_is_restarted_when_its_time_is_over),
		TEST(a_guest_that_sleeps_for_ever_is_found_too),
		TEST(a_partition_whose_first_vcpu_is_off_is_found_too),
		TEST(its_other_vcpus_may_feed_it),
		TEST(after_the_first_feeding_the_longer_time_for_that_counts_no_more),
		TEST(nor_where_the_monitor_feeds),
		TEST(loading_has_no_watchdog),
		TEST(feeding_too_early_is_a_fault),
		TEST(who_has_none_cannot_feed_it),
		TEST(the_monitor_may_feed_in_its_place),
		TEST(a_deadline_that_passes_is_a_fault_once),
		TEST(a_deadline_that_is_met_is_none),
		TEST(a_budget_is_used_up_by_who_runs_not_by_who_loads),
		TEST(an_access_is_not_waited_for_longer_than_is_said),
		TEST(without_a_limit_it_is_waited_for),
		TEST(a_server_that_makes_room_in_time_is_not_silent),
		TEST(nor_is_one_whose_room_is_taken_again),
		TEST(one_that_makes_none_is),
		TEST(a_server_that_stands_still_for_the_monitor_is_not_silent),
		TEST(what_a_servers_former_life_has_let_wait_is_not_the_next_ones_fault),
		TEST(the_monitor_sees_what_happened),
		TEST(nobody_else_does),
		TEST(a_core_that_answers_is_not_waited_for),
		TEST(time_used_adds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
