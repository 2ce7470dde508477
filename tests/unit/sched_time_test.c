/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time, over a machine of memory whose clock stands still unless the test moves it: windows, reservations, slack, turns,
 * modes. A tick is a nanosecond, and all instants here are in microseconds after the epoch.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/machine.h"

#include "abi/call.h"
#include "abi/port.h"
#include "abi/status.h"
#include "abi/trace.h"
#include "kernel/window.h"

#define US(n) ((n)*1000ull)

enum { CONTROL,
       LINUX,
       SERVICE,
       SPARE,
       PAIR,
       PARTITIONS };

/* Core 0 has windows, and SERVICE's reservation breaks into them; core 1 has neither but PAIR, two siblings. */
static const struct host_partition partitions[PARTITIONS] = {
	[CONTROL] = { .name = "control", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 3 } } },
	[LINUX] = { .name = "linux", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 2 } }, .flags = BH_PART_RESTART },
	[SERVICE] = { .name = "service", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 4, .budget_ns = US(10), .period_ns = US(50) } } },
	[SPARE] = { .name = "spare", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 1 } } },
	[PAIR] = { .name = "pair", .n_vcpus = 2, .vcpu = { { .core = 1, .priority = 1 }, { .core = 1, .priority = 1 } } },
};

/* 0-30 CONTROL, 30-80 LINUX, 80-100 nobody's */
static const struct host_window normal[] = {
	{ .core = 0, .start_ns = 0, .end_ns = US(30), .partitions = BIT(CONTROL) },
	{ .core = 0, .start_ns = US(30), .end_ns = US(80), .partitions = BIT(LINUX) },
};

static const struct host_window limp[] = {
	{ .core = 0, .start_ns = 0, .end_ns = US(40), .partitions = BIT(CONTROL) },
	{ .core = 1, .start_ns = US(10), .end_ns = US(40), .partitions = BIT(PAIR) },
};

static const struct host_window lazy[] = { { .core = 0, .start_ns = 0, .end_ns = US(10), .partitions = BIT(CONTROL) } };

enum { NORMAL,
       LIMP,
       PANIC,
       ENDLESS,
       LAZY,
       MODES };

static const struct host_mode modes[MODES] = {
	[NORMAL] = { .frame_ns = US(100), .slack = BIT(SPARE), .n_windows = 2, .window = normal },
	[LIMP] = { .frame_ns = US(40), .without = BIT(LINUX) | BIT(SPARE), .n_windows = 2, .window = limp },
	[LAZY] = { .frame_ns = US(40), .at_once = true, .slack = BIT(LINUX) | BIT(SPARE), .n_windows = 1, .window = lazy },
	[ENDLESS] = { .at_once = true, .without = BIT(LINUX) },
	[PANIC] = { .frame_ns = US(40), .at_once = true, .without = BIT(LINUX) | BIT(SPARE) | BIT(SERVICE), .n_windows = 2, .window = limp },
};

static const struct host_system description = {
	.n_cores = 2, .n_partitions = PARTITIONS, .partition = partitions, .no_reader = true, .n_modes = MODES, .mode = modes, .changers = BIT(CONTROL) | BIT(PAIR)
};

static ticks_t now;
static struct vcpu *control, *linux_, *service, *spare, *first, *second;

/* To that instant, with every alarm on the way taken exactly when it fires. */
static void to(ticks_t us)
{
	while (now < US(us)) {
		ticks_t next = US(us);

		for (uint32_t c = 0; c < description.n_cores; c++)
			if (host_alarm(c) > now && host_alarm(c) < next)
				next = host_alarm(c);
		host_time_set(now = next);
		host_settle();
	}
}

static void load_in_time(uint32_t partition)
{
	struct vcpu *v = vcpu_of(partition, 0);
	ticks_t us = now / US(1);

	partition_start(partition_at(partition));
	host_settle();
	for (uint32_t i = 0; i < 200 && !runs_on(v, v->core->number); i++)
		to(++us);
	loads(partition);
	does(v, guest_wfi, NULL);
}

/* Everybody waits; a frame and a period of SERVICE begin: instant 0 is there. */
static int all_wait(void **state)
{
	(void)state;
	now = 0;
	boot(&description);
	for (uint32_t i = 0; i < PARTITIONS; i++)
		load_in_time(i);
	control = vcpu_of(CONTROL, 0);
	linux_ = vcpu_of(LINUX, 0);
	service = vcpu_of(SERVICE, 0);
	spare = vcpu_of(SPARE, 0);
	first = vcpu_of(PAIR, 0);
	second = vcpu_of(PAIR, 1);
	to((now / US(100) + 1) * 100);
	return 0;
}

static ticks_t base; /* us: instant 0 of the test */

static void at(ticks_t us)
{
	to(base + us);
}

static void wakes(struct vcpu *v)
{
	host_private(v, HOST_SGI);
	host_settle();
}

static int all_run(void **state)
{
	all_wait(state);
	base = now / US(1);
	wakes(control);
	wakes(linux_);
	wakes(spare);
	return 0;
}

static int nobody_runs(void **state)
{
	all_wait(state);
	base = now / US(1);
	return 0;
}

static int64_t calls(struct vcpu *v, uint32_t function, uint64_t a, uint64_t b)
{
	struct guest_call c = { .function = function, .arg = { a, b } };

	does(v, guest_call, &c);
	host_settle();
	return c.result;
}

static void guest_tries_once(struct vcpu *v, void *arg)
{
	(void)arg;
	(void)host_may_be_quick(v);
}

/* What comes next on core 0 and has two ways goes one of them, and where `other` is set the other one. */
static void goes_one_way(bool other)
{
	if (other)
		does(host_guest(0), guest_tries_once, NULL);
}

static uint32_t records(uint32_t core, enum bh_trace_kind kind)
{
	const struct bh_trace *ring = core_at(core)->trace;
	uint32_t n = 0;

	for (uint32_t i = ring->next > ring->n ? ring->next - ring->n : 0; i < ring->next; i++)
		n += ring->record[i % ring->n].kind == kind;
	return n;
}

/* --- windows --- */

/* TIME-1 */
static void windows_begin_and_end_on_their_edges(void **state)
{
	(void)state;
	for (uint32_t frame = 0; frame < 3; frame++) {
		at(frame * 100);
		assert_true(runs_on(control, 0));
		at(frame * 100 + 29);
		assert_true(runs_on(control, 0));
		at(frame * 100 + 30);
		assert_true(runs_on(linux_, 0));
		at(frame * 100 + 79);
		assert_true(runs_on(linux_, 0));
		at(frame * 100 + 80);
		assert_true(runs_on(spare, 0));
	}
}

/* TIME-3 */
static void slack_is_what_the_windows_owner_leaves_and_what_is_nobodys(void **state)
{
	(void)state;
	does(control, guest_take, NULL);
	does(control, guest_wfi, NULL);
	assert_true(runs_on(spare, 0)); /* LINUX has no slack */
	at(30);
	assert_true(runs_on(linux_, 0));
	wakes(control);
	at(80);
	assert_true(runs_on(spare, 0));
	at(100);
	assert_true(runs_on(control, 0));
}

static void outside_its_window_a_vcpu_gets_no_kick_and_does_not_run(void **state)
{
	uint32_t kicks;

	(void)state;
	at(40);
	kicks = host_kicks(0);
	wakes(control);
	assert_int_equal(host_kicks(0), kicks);
	assert_int_equal(host_where(0), HOST_IDLE);
	at(99);
	assert_int_equal(host_where(0), HOST_IDLE);
	at(100);
	assert_true(runs_on(control, 0));
}

static void a_timer_outside_its_window_waits_for_the_window(void **state)
{
	ticks_t when;

	(void)state;
	wakes(control);
	when = US(base + 50);
	does(control, guest_take, NULL);
	does(control, guest_ptimer, &when);
	does(control, guest_wfi, NULL);
	at(30);
	assert_int_equal(host_alarm(0), US(base + 80)); /* the window's end, not the timer */
	at(99);
	assert_int_equal(host_where(0), HOST_IDLE);
	at(100);
	assert_true(runs_on(control, 0));
}

static void a_machine_that_stood_still_comes_back_into_the_right_window(void **state)
{
	uint32_t windows = records(0, BH_TRACE_WINDOW);

	(void)state;
	host_time_set(now = US(base + 1234 + 5 * 100 - 4));
	host_settle();
	assert_int_equal(records(0, BH_TRACE_WINDOW), windows + 1); /* straight away */
	assert_true(runs_on(linux_, 0));			    /* 1,730: 30 in its frame */
	assert_int_equal(core_at(0)->frame, US(base + 1700));
	at(1780);
	assert_true(runs_on(spare, 0));
}

static void a_late_alarm_does_not_move_the_next_edge(void **state)
{
	(void)state;
	at(29);
	host_time_set(now = US(base + 37));
	host_settle();
	assert_true(runs_on(linux_, 0));
	assert_int_equal(host_alarm(0), US(base + 80));
}

static void nanoseconds_become_ticks_rounded_down(void **state)
{
	(void)state;
	assert_int_equal(ticks_of(60000000000), 60000000000);
	host_frequency_set(62500000);
	assert_int_equal(ticks_of(1000000), 62500);
	assert_int_equal(ticks_of(10015), 625);
	assert_int_equal(ticks_of(10016), 626);
	assert_int_equal(ticks_of(60000000000), 3750000000);
	host_frequency_set(24000000);
	assert_int_equal(ticks_of(10000), 240);
	assert_int_equal(ticks_of(99999), 2399);
	host_frequency_set(19200000);
	assert_int_equal(ticks_of(1999999999), 38399999);
	host_frequency_set(1000000000);
}

/* TIME-5 */
static void a_core_without_windows_and_budgets_has_no_alarm(void **state)
{
	(void)state;
	assert_int_equal(host_alarm(1), BH_NEVER);
	wakes(first);
	assert_int_equal(host_alarm(1), BH_NEVER);
}

/* --- reservations --- */

/* TIME-2 */
static void a_reservation_interrupts_windows_until_its_budget_is_used_up(void **state)
{
	(void)state;
	at(5);
	wakes(service);
	assert_true(runs_on(service, 0));
	at(14);
	assert_true(runs_on(service, 0));
	at(15);
	assert_true(runs_on(control, 0));
	at(49);
	assert_true(runs_on(linux_, 0));
	at(50); /* given anew */
	assert_true(runs_on(service, 0));
	at(60);
	assert_true(runs_on(linux_, 0));
}

static void what_is_left_of_a_budget_is_lost_at_the_next_instant(void **state)
{
	(void)state;
	at(45);
	wakes(service);
	at(50); /* 5 of 10 are left, and 10 are given */
	assert_true(runs_on(service, 0));
	at(59);
	assert_true(runs_on(service, 0));
	at(60);
	assert_true(runs_on(linux_, 0));
}

static void what_is_overrun_is_taken_from_the_next_budget(void **state)
{
	(void)state;
	at(5);
	wakes(service);
	at(14);
	host_time_set(now = US(base + 18)); /* the alarm is late by 3 */
	host_settle();
	assert_true(runs_on(control, 0));
	at(50);
	assert_true(runs_on(service, 0));
	at(57);
	assert_true(runs_on(linux_, 0));
	at(100);
	assert_true(runs_on(service, 0));
	at(109);
	assert_true(runs_on(service, 0));
	at(110);
	assert_true(runs_on(control, 0));
}

static void who_sleeps_does_not_pay(void **state)
{
	(void)state;
	at(1);
	for (ticks_t i = 0; i < 4; i++) {
		at(2 + 10 * i);
		wakes(service);
		at(2 + 10 * i + 2);
		assert_true(runs_on(service, 0));
		does(service, guest_take, NULL);
		does(service, guest_wfi, NULL);
	}
	assert_int_equal(service->left, US(2));
}

static void a_reservation_without_budget_gets_no_kick(void **state)
{
	uint32_t kicks;

	(void)state;
	at(5);
	wakes(service);
	at(15);
	kicks = host_kicks(0);
	wakes(service);
	assert_int_equal(host_kicks(0), kicks);
	assert_true(runs_on(control, 0));
}

/* Something is posted to it that does not wake it: a sibling on another core can do so without end. */
static void notice(struct vcpu *v)
{
	vcpu_post(v, REQ_SYNC);
	host_settle();
}

static void what_wakes_nobody_is_paid_by_the_sleeper_and_interrupts_no_longer_than_its_budget(void **state)
{
	uint32_t kicks;

	(void)state;
	at(1);
	kicks = host_kicks(0);
	for (uint32_t i = 0; i < 100; i++)
		notice(service);
	assert_int_equal(host_kicks(0) - kicks, 10); /* 10 us, a us at least each */
	assert_true(runs_on(control, 0));
	at(50);
	kicks = host_kicks(0);
	for (uint32_t i = 0; i < 100; i++)
		notice(service);
	assert_in_range(host_kicks(0) - kicks, 9, 10);
	at(100);
	wakes(service); /* it has a new budget, of which the notices that waited for that have cost a us */
	at(108);
	assert_true(runs_on(service, 0));
	at(109);
	assert_true(runs_on(control, 0));
}

static void what_wakes_it_is_paid_once(void **state)
{
	(void)state;
	at(1);
	wakes(service);
	does(service, guest_take, NULL);
	does(service, guest_wfi, NULL);
	assert_int_equal(service->left, US(10));
}

static void guest_posts_to_itself_and_waits(struct vcpu *v, void *arg)
{
	(void)arg;
	vcpu_post(v, REQ_SYNC);
	vcpu_wait(v);
}

static void who_runs_pays_for_its_own_notices_as_for_all_it_does(void **state)
{
	(void)state;
	at(1);
	wakes(service);
	does(service, guest_take, NULL);
	does(service, guest_posts_to_itself_and_waits, NULL);
	assert_int_equal(service->left, US(10));
}

/* --- stops --- */

static bool is_off(uint32_t partition)
{
	return partition_at(partition)->state == PARTITION_OFF;
}

static void is_stopped(uint32_t partition, bool again)
{
	partition_stop(partition_at(partition), BH_STOP_ORDER, again);
	host_settle();
}

static void a_stop_waits_for_an_edge_and_interrupts_nobody(void **state)
{
	uint32_t kicks;

	(void)state;
	at(5);
	kicks = host_kicks(0);
	is_stopped(LINUX, false);
	assert_int_equal(host_kicks(0), kicks);
	at(29);
	assert_false(is_off(LINUX));
	at(30);
	assert_true(is_off(LINUX));
	assert_int_equal(host_where(0), HOST_GUEST); /* SPARE, on slack */
}

static void who_runs_is_stopped_at_once(void **state)
{
	(void)state;
	at(40);
	is_stopped(LINUX, false);
	assert_true(is_off(LINUX));
	at(85);
	is_stopped(SPARE, false);
	assert_true(is_off(SPARE));
}

/* In a mode that both are left out of, so that their own time never comes. */
static void one_stops_at_each_edge_and_all_in_turn(void **state)
{
	(void)state;
	at(5);
	assert_int_equal(calls(control, BH_CALL_SET_MODE, host_system_schedule(blob, CONTROL), LIMP), BH_OK);
	at(105);
	is_stopped(SPARE, false);
	is_stopped(LINUX, true); /* before SPARE in rank */
	at(139);
	assert_int_equal(partition_at(LINUX)->life, 0);
	at(140);
	assert_int_equal(partition_at(LINUX)->life, 1);
	assert_false(is_off(SPARE));
	is_stopped(LINUX, true); /* again, before the next edge */
	at(180);
	assert_true(is_off(SPARE));
	assert_int_equal(partition_at(LINUX)->life, 1);
	at(220);
	assert_int_equal(partition_at(LINUX)->life, 2);
}

static void without_windows_a_stop_comes_at_once(void **state)
{
	(void)state;
	at(5);
	is_stopped(PAIR, false);
	assert_true(is_off(PAIR));
}

static void stops_that_wait_for_an_edge_come_though_there_are_no_more(void **state)
{
	(void)state;
	at(5);
	is_stopped(LINUX, false);
	is_stopped(SPARE, false);
	assert_false(is_off(LINUX) || is_off(SPARE));
	assert_int_equal(calls(control, BH_CALL_SET_MODE, host_system_schedule(blob, CONTROL), ENDLESS), BH_OK);
	assert_int_equal(core_at(0)->frame_ticks, 0);
	assert_true(is_off(LINUX) && is_off(SPARE));
}

/* --- slack --- */

static void on_slack_a_less_urgent_one_gets_no_kick(void **state)
{
	uint32_t kicks;

	(void)state;
	at(5);
	wakes(control);
	assert_int_equal(calls(control, BH_CALL_SET_MODE, host_system_schedule(blob, CONTROL), LAZY), BH_OK);
	at(20);
	wakes(linux_);
	assert_true(runs_on(linux_, 0));
	kicks = host_kicks(0);
	wakes(spare);
	assert_int_equal(host_kicks(0), kicks);
	does(linux_, guest_take, NULL);
	does(linux_, guest_wfi, NULL);
	assert_true(runs_on(spare, 0));
	wakes(linux_);
	assert_int_equal(host_kicks(0), kicks + 1);
	assert_true(runs_on(linux_, 0));
}

/* --- turns of siblings --- */

static void both_run(void)
{
	struct guest_on on = { .index = 1, .entry = ENTRY, .arg = 0 };

	wakes(first);
	does(first, guest_cpu_on, &on);
	host_settle();
}

static void siblings_take_turns_by_slices(void **state)
{
	ticks_t begin;

	(void)state;
	both_run();
	begin = host_alarm(1) / 1000 - base;
	assert_true(begin > 0 && begin <= BH_SLICE_NS / 1000);
	assert_true(runs_on(first, 1));
	for (uint32_t i = 0; i < 6; i++) {
		at(begin + 1000 * i);
		assert_true(runs_on(i % 2 ? first : second, 1));
	}
}

static void gives_way(struct vcpu *v, void *arg)
{
	(void)arg;
	sched_give_way(v);
}

static void who_gives_way_lets_its_sibling_run(void **state)
{
	(void)state;
	both_run();
	does(first, gives_way, NULL);
	assert_true(runs_on(second, 1));
	does(second, gives_way, NULL);
	assert_true(runs_on(first, 1));
}

static void turns_of_one_partition_are_not_those_of_another(void **state)
{
	static const struct host_partition pairs[] = {
		{ .name = "urgent", .n_vcpus = 2, .vcpu = { { .core = 0, .priority = 2 }, { .core = 0, .priority = 2 } } },
		{ .name = "other", .n_vcpus = 2, .vcpu = { { .core = 0, .priority = 1 }, { .core = 0, .priority = 1 } } },
	};
	static const struct host_system two = { .n_cores = 1, .n_partitions = 2, .partition = pairs, .no_reader = true };

	(void)state;
	boot(&two);
	for (uint32_t i = 0; i < 2; i++) {
		starts(i);
		loads(i);
		cpu_on(i, 0, 1);
		does(vcpu_of(i, 0), guest_wfi, NULL);
		does(vcpu_of(i, 1), guest_wfi, NULL);
	}
	wakes(vcpu_of(1, 0));
	wakes(vcpu_of(1, 1));
	does(vcpu_of(1, 0), gives_way, NULL);
	assert_true(runs_on(vcpu_of(1, 1), 0));
	wakes(vcpu_of(0, 0));
	does(vcpu_of(0, 0), guest_take, NULL);
	does(vcpu_of(0, 0), gives_way, NULL); /* to nobody: its sibling sleeps */
	does(vcpu_of(0, 0), guest_wfi, NULL);
	assert_true(runs_on(vcpu_of(1, 1), 0)); /* the turn goes on */
}

static void a_turn_ends_though_it_began_as_a_more_urgent_one_went_to_wait(void **state)
{
	static const struct host_partition three[] = {
		{ .name = "urgent", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 2 } } },
		{ .name = "pair", .n_vcpus = 2, .vcpu = { { .core = 0, .priority = 1 }, { .core = 0, .priority = 1 } } },
	};
	static const struct host_system two = { .n_cores = 1, .n_partitions = 2, .partition = three, .no_reader = true };
	struct vcpu *urgent;

	(void)state;
	boot(&two);
	urgent = vcpu_of(0, 0);
	starts(0);
	loads(0);
	does(urgent, guest_wfi, NULL);
	starts(1);
	loads(1);
	cpu_on(1, 0, 1);
	for (uint32_t i = 0; i < 2; i++) { /* one way and the other */
		const struct vcpu *begins;

		wakes(urgent);
		does(urgent, guest_take, NULL);
		assert_int_equal(calls(urgent, BH_CALL_WAIT, 0, BH_NEVER), CALL_NO_RETURN);
		begins = host_guest(0);
		assert_in_range(host_alarm(0), arch_time() + 1, arch_time() + BH_SLICE_NS);
		host_time_set(host_alarm(0));
		host_settle();
		assert_true(host_guest(0) && host_guest(0) != begins && host_guest(0) != urgent);
		goes_one_way(true);
	}
}

static void a_sibling_alone_keeps_the_core(void **state)
{
	(void)state;
	both_run();
	does(first, gives_way, NULL);
	does(second, guest_wfi, NULL);
	assert_true(runs_on(first, 1));
	assert_int_equal(host_alarm(1), BH_NEVER);
	does(first, gives_way, NULL);
	assert_true(runs_on(first, 1));
}

static void turns_go_on_across_windows_that_are_shorter(void **state)
{
	ticks_t ran[2] = { 0 };

	(void)state;
	both_run();
	assert_int_equal(calls(control, BH_CALL_SET_MODE, host_system_schedule(blob, CONTROL), LIMP), BH_OK);
	at(200);
	for (ticks_t us = 200; us < 200 + 40 * 200; us++) {
		at(us);
		ran[0] += runs_on(first, 1);
		ran[1] += runs_on(second, 1);
	}
	assert_int_equal(ran[0] + ran[1], 30 * 200);
	assert_in_range(ran[0], 2000, 4000);
}

/* --- modes --- */

static uint64_t schedule(uint32_t partition)
{
	return host_system_schedule(blob, partition);
}

static void a_mode_changes_at_the_end_of_the_frame_on_all_cores(void **state)
{
	(void)state;
	both_run();
	at(10);
	assert_int_equal(calls(control, BH_CALL_SET_MODE, schedule(CONTROL), LIMP), BH_OK);
	at(99);
	assert_int_equal(core_at(0)->mode, NORMAL);
	assert_int_equal(core_at(1)->mode, NORMAL);
	at(100);
	for (uint32_t c = 0; c < 2; c++) {
		assert_int_equal(core_at(c)->mode, LIMP);
		assert_int_equal(core_at(c)->frame, US(base + 100));
	}
	assert_true(runs_on(control, 0));
	assert_int_equal(host_where(1), HOST_IDLE);
	at(110);
	assert_int_equal(host_where(1), HOST_GUEST);
	at(150);
	assert_true(runs_on(control, 0)); /* LINUX and SPARE are not in this mode */
}

static void an_order_too_late_for_this_frame_is_for_the_next(void **state)
{
	(void)state;
	both_run();
	at(60);
	assert_int_equal(calls(host_guest(1), BH_CALL_SET_MODE, schedule(PAIR), LIMP), BH_OK);
	at(199);
	assert_int_equal(core_at(0)->mode, NORMAL);
	at(200);
	assert_int_equal(core_at(0)->mode, LIMP);
}

static void a_mode_that_is_so_declared_comes_at_once(void **state)
{
	(void)state;
	both_run();
	at(45);
	assert_int_equal(calls(host_guest(1), BH_CALL_SET_MODE, schedule(PAIR), PANIC), BH_OK);
	assert_int_equal(core_at(0)->mode, PANIC);
	assert_int_equal(core_at(0)->frame, US(base + 45));
	assert_int_equal(core_at(1)->frame, US(base + 45));
	assert_true(runs_on(control, 0));
	wakes(service); /* its reservation is not in force */
	assert_true(runs_on(control, 0));
	at(55);
	assert_int_equal(host_where(1), HOST_GUEST);
}

static void a_second_order_waits_for_the_first(void **state)
{
	(void)state;
	at(10);
	assert_int_equal(calls(control, BH_CALL_SET_MODE, schedule(CONTROL), LIMP), BH_OK);
	assert_int_equal(calls(control, BH_CALL_SET_MODE, schedule(CONTROL), PANIC), BH_E_AGAIN);
	at(100);
	assert_int_equal(calls(control, BH_CALL_SET_MODE, schedule(CONTROL), NORMAL), BH_OK);
	at(200);
	assert_int_equal(core_at(0)->mode, NORMAL);
	assert_int_equal(calls(control, BH_CALL_SET_MODE, schedule(CONTROL), NORMAL), BH_OK);
}

static void who_has_no_right_changes_nothing(void **state)
{
	(void)state;
	at(40);
	for (uint64_t cap = 0; cap < 70; cap++)
		assert_int_equal(calls(linux_, BH_CALL_SET_MODE, cap, LIMP), BH_E_CAP);
	at(100);
	assert_int_equal(calls(control, BH_CALL_SET_MODE, schedule(CONTROL), MODES), BH_E_ARG);
	assert_int_equal(calls(control, BH_CALL_SET_MODE, schedule(CONTROL), 1ull << 32), BH_E_ARG);
	at(250);
	assert_int_equal(core_at(0)->mode, NORMAL);
}

/* --- edges where one window follows another at once: every other one by the short way (sched_edge()) --- */

enum { EVEN,
       ODD,
       THIRD };

static const struct host_partition in_turns[] = {
	[EVEN] = { .name = "even", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 2 } } },
	[ODD] = { .name = "odd", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 1 } } },
	[THIRD] = { .name = "third", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 3 } } },
};

static const struct host_window halves[] = {
	{ .core = 0, .start_ns = 0, .end_ns = US(50), .partitions = BIT(EVEN) },
	{ .core = 0, .start_ns = US(50), .end_ns = US(100), .partitions = BIT(ODD) },
};

static const struct host_window odds_alone[] = { { .core = 0, .start_ns = 0, .end_ns = US(100), .partitions = BIT(ODD) } };

static const struct host_mode even_and_odd[] = {
	{ .frame_ns = US(100), .n_windows = 2, .window = halves },
	{ .frame_ns = US(100), .n_windows = 1, .window = odds_alone },
};

static void time_is(ticks_t us)
{
	host_time_set(US(us));
	host_settle();
}

/* Instant 100 of a system of these two first: EVEN's window begins, ODD's at 150. */
static void both_have_run(const struct host_system *s, bool other)
{
	boot(s);
	for (uint32_t i = 0; i < 2; i++) {
		partition_start(partition_at(i));
		time_is(50 * i);
		loads(i);
	}
	time_is(100);
	assert_true(runs_on(vcpu_of(EVEN, 0), 0));
	goes_one_way(other);
}

static void what_was_masked_is_open_once_its_vcpu_has_the_core_by_a_windows_edge(void **state)
{
	static const struct host_system s = { .n_cores = 1, .n_partitions = 2, .partition = in_turns, .no_reader = true, .n_modes = 1, .mode = even_and_odd };

	(void)state;
	for (uint32_t other = 0; other < 2; other++) {
		both_have_run(&s, other);
		core_at(0)->shut = vcpu_of(ODD, 0)->bit;
		time_is(150);
		assert_true(runs_on(vcpu_of(ODD, 0), 0));
		assert_int_equal(core_at(0)->shut, 0);
	}
}

/* THIRD, which has no window, has not even begun to load. */
static void a_stop_comes_at_the_next_edge_whichever_way_that_goes(void **state)
{
	static const struct host_system s = { .n_cores = 1, .n_partitions = 3, .partition = in_turns, .no_reader = true, .n_modes = 1, .mode = even_and_odd };

	(void)state;
	for (uint32_t other = 0; other < 2; other++) {
		both_have_run(&s, other);
		partition_start(partition_at(THIRD));
		is_stopped(THIRD, false);
		time_is(149);
		assert_false(is_off(THIRD));
		time_is(150);
		assert_true(is_off(THIRD));
		assert_true(runs_on(vcpu_of(ODD, 0), 0));
	}
}

static void at_the_change_of_the_mode_nobody_is_loaded_whom_only_the_old_one_has(void **state)
{
	static const struct host_system s = { .n_cores = 1, .n_partitions = 2, .partition = in_turns, .no_reader = true, .n_modes = 2, .mode = even_and_odd, .changers = BIT(EVEN) };

	(void)state;
	for (uint32_t other = 0; other < 2; other++) {
		uint32_t loads, windows;

		both_have_run(&s, other);
		assert_int_equal(calls(vcpu_of(EVEN, 0), BH_CALL_SET_MODE, host_system_schedule(blob, EVEN), 1), BH_OK);
		time_is(150);
		loads = vcpu_of(EVEN, 0)->arch.loads;
		windows = records(0, BH_TRACE_WINDOW);
		time_is(200);
		assert_int_equal(core_at(0)->mode, 1);
		assert_true(runs_on(vcpu_of(ODD, 0), 0));
		assert_int_equal(vcpu_of(EVEN, 0)->arch.loads, loads);
		assert_int_equal(records(0, BH_TRACE_WINDOW), windows + 1);
	}
}

static void who_has_the_next_window_too_is_not_loaded_again(void **state)
{
	static const struct host_window both[] = {
		{ .core = 0, .start_ns = 0, .end_ns = US(50), .partitions = BIT(EVEN) },
		{ .core = 0, .start_ns = US(50), .end_ns = US(100), .partitions = BIT(EVEN) | BIT(ODD) },
	};
	static const struct host_mode one = { .frame_ns = US(100), .n_windows = 2, .window = both };
	static const struct host_system s = { .n_cores = 1, .n_partitions = 2, .partition = in_turns, .no_reader = true, .n_modes = 1, .mode = &one };
	struct vcpu *v;

	(void)state;
	boot(&s);
	starts(EVEN);
	loads(EVEN);
	v = vcpu_of(EVEN, 0);
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t loads = v->arch.loads;

		time_is(50 + 50 * i);
		assert_true(runs_on(v, 0));
		assert_int_equal(v->arch.loads, loads);
	}
}

/* Else one of them has each window, whole. */
static void siblings_take_turns_in_a_window_whichever_way_it_began(void **state)
{
	static const struct host_partition three[] = {
		[EVEN] = { .name = "even", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 2 } } },
		[ODD] = { .name = "pair", .n_vcpus = 2, .vcpu = { { .core = 0, .priority = 1 }, { .core = 0, .priority = 1 } } },
	};
	static const struct host_window long_ones[] = {
		{ .core = 0, .start_ns = 0, .end_ns = US(5000), .partitions = BIT(EVEN) },
		{ .core = 0, .start_ns = US(5000), .end_ns = US(10000), .partitions = BIT(ODD) },
	};
	static const struct host_mode one = { .frame_ns = US(10000), .n_windows = 2, .window = long_ones };
	static const struct host_system s = { .n_cores = 1, .n_partitions = 2, .partition = three, .no_reader = true, .n_modes = 1, .mode = &one };

	(void)state;
	for (uint32_t other = 0; other < 2; other++) {
		const struct vcpu *begins;

		boot(&s);
		starts(EVEN);
		loads(EVEN);
		partition_start(partition_at(ODD));
		time_is(5000);
		loads(ODD);
		cpu_on(ODD, 0, 1);
		time_is(10000);
		goes_one_way(other);
		time_is(15000);
		begins = host_guest(0);
		assert_in_range(host_alarm(0), US(15000) + 1, US(15000) + BH_SLICE_NS);
		time_is(host_alarm(0) / US(1));
		assert_true(host_guest(0) && host_guest(0) != begins && host_guest(0)->part == begins->part);
	}
}

/* --- the rest --- */

static void nobody_runs_before_all_cores_are_there(void **state)
{
	(void)state;
	now = 0;
	host_power_on(host_system_make(&description));
	host_run(0);
	partition_start(partition_at(CONTROL));
	while (host_can_run(0))
		host_run(0);
	host_time_set(now = US(500));
	assert_int_equal(host_where(0), HOST_IDLE);
	host_settle();
	assert_true(runs_on(vcpu_of(CONTROL, 0), 0));
	assert_int_equal(core_at(0)->frame, US(500));
	assert_int_equal(core_at(1)->mode_start, US(500));
}

static void the_trace_has_each_window_with_its_plan(void **state)
{
	const struct bh_trace *ring = core_at(0)->trace;
	uint32_t windows = records(0, BH_TRACE_WINDOW), from = ring->next;

	(void)state, (void)windows;
	at(100);
	for (uint32_t i = from, n = 0; i < ring->next; i++) {
		const struct bh_trace_record *r = &ring->record[i % ring->n];

		if (r->kind != BH_TRACE_WINDOW)
			continue;
		assert_int_equal(r->time, r->a); /* on time, as nothing takes time here */
		assert_int_equal(r->a, US(base) + (n == 0 ? US(30) : n == 1 ? US(80)
									    : US(100)));
		assert_int_equal(r->arg, n == 0 ? 1 : n == 1 ? BH_TRACE_GAP
							     : 0);
		n++;
	}
	assert_int_equal(ring->frequency, 1000000000);
}

static struct bh_trace_record last_record(uint32_t core, enum bh_trace_kind kind)
{
	const struct bh_trace *ring = core_at(core)->trace;
	struct bh_trace_record last = { .time = 0 };

	for (uint32_t i = ring->next > ring->n ? ring->next - ring->n : 0; i < ring->next; i++)
		last = ring->record[i % ring->n].kind == kind ? ring->record[i % ring->n] : last;
	return last;
}

static void the_trace_has_each_change_of_the_mode_and_the_mode_in_force(void **state)
{
	struct bh_trace_record r;

	(void)state;
	both_run();
	r = last_record(1, BH_TRACE_MODE);
	assert_int_equal(r.arg, NORMAL);
	assert_int_equal(r.b, BH_TRACE_NO_MODE);
	at(10);
	assert_int_equal(calls(control, BH_CALL_SET_MODE, schedule(CONTROL), LIMP), BH_OK);
	at(99);
	assert_int_equal(core_at(1)->trace->mode, NORMAL);
	at(100);
	for (uint32_t c = 0; c < 2; c++) {
		r = last_record(c, BH_TRACE_MODE);
		assert_int_equal(r.arg, LIMP);
		assert_int_equal(r.a, US(base + 100));
		assert_int_equal(r.b, NORMAL);
		assert_int_equal(core_at(c)->trace->mode, LIMP);
	}
}

static void passes_the_core_on(struct vcpu *v, uint32_t function, uint64_t cap, uint32_t why)
{
	struct guest_call c = { .function = function, .arg = { cap, 32, 1, 2, 3, 4, US(1000) } };
	struct bh_trace_record r;

	does(v, guest_call, &c);
	assert_int_equal(c.result, CALL_NO_RETURN);
	assert_false(runs_on(v, 0));
	r = last_record(0, BH_TRACE_SWITCH);
	assert_int_equal(r.partition, host_guest(0)->desc->partition);
	assert_int_equal(r.arg, why);
}

/* EVEN calls ODD, which replies, at this instant. */
static void call_and_reply_say_why(const struct host_system *s, ticks_t us, uint32_t why)
{
	struct guest_call first = { .function = BH_CALL_SERVE, .arg = { [6] = BH_NEVER } };
	const struct bh_port *p;
	struct vcpu *even, *odd;

	boot(s);
	p = blob_ports(blob);
	first.arg[0] = p->receive_cap;
	even = vcpu_of(EVEN, 0);
	odd = vcpu_of(ODD, 0);
	starts(EVEN);
	loads(EVEN);
	does(even, guest_wfi, NULL);
	starts(ODD);
	loads(ODD);
	does(odd, guest_call, &first);
	assert_int_equal(host_where(0), HOST_IDLE);
	time_is(us);
	wakes(even);
	does(even, guest_take, NULL);
	for (uint32_t i = 0; i < 2; i++) { /* one way and the other */
		passes_the_core_on(even, BH_CALL_CALL, p->send_cap, why);
		passes_the_core_on(odd, BH_CALL_SERVE, p->receive_cap, why);
		goes_one_way(true);
	}
}

static void the_trace_says_why_who_has_the_core_by_a_call_or_its_reply_has_it(void **state)
{
	static const struct host_partition reserved[] = {
		[EVEN] = { .name = "even", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 2, .budget_ns = US(40), .period_ns = US(50) } } },
		[ODD] = { .name = "odd", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 1 } } },
	};
	static const struct host_window both[] = { { .core = 0, .start_ns = 0, .end_ns = US(50), .partitions = BIT(EVEN) | BIT(ODD) } };
	static const struct host_window odds[] = { { .core = 0, .start_ns = 0, .end_ns = US(50), .partitions = BIT(ODD) } };
	static const struct host_mode one = { .frame_ns = US(100), .slack = BIT(EVEN) | BIT(ODD), .n_windows = 1, .window = both };
	static const struct host_mode other = { .frame_ns = US(100), .n_windows = 1, .window = odds };
	static const struct host_port port = { .kind = BH_PORT_CALL, .sender = EVEN, .receiver = ODD, .bytes = 32, .reply_bytes = 32, .no_irq = true };
	static const struct host_system s = { .n_cores = 1, .n_partitions = 2, .partition = in_turns, .no_reader = true, .n_modes = 1, .mode = &one, .n_ports = 1, .port = &port };
	static const struct host_system r = { .n_cores = 1, .n_partitions = 2, .partition = reserved, .no_reader = true, .n_modes = 1, .mode = &other, .n_ports = 1, .port = &port };

	(void)state;
	call_and_reply_say_why(&s, 110, BH_TRACE_BY_WINDOW);
	call_and_reply_say_why(&s, 160, BH_TRACE_BY_SLACK);
	call_and_reply_say_why(&r, 110, BH_TRACE_BY_BUDGET);
}

/* The alarm of a call that was answered may stay, but no longer than the window: what is set then is needed, and is not looked at again. */
static void an_edge_leaves_nothing_of_the_alarm_of_a_call_that_was_answered(void **state)
{
	static const struct host_window two_and_one[] = {
		{ .core = 0, .start_ns = 0, .end_ns = US(50), .partitions = BIT(EVEN) | BIT(THIRD) },
		{ .core = 0, .start_ns = US(50), .end_ns = US(100), .partitions = BIT(ODD) },
	};
	static const struct host_mode one = { .frame_ns = US(100), .n_windows = 2, .window = two_and_one };
	static const struct host_port port = { .kind = BH_PORT_CALL, .sender = THIRD, .receiver = EVEN, .bytes = 32, .reply_bytes = 32, .no_irq = true };
	static const struct host_system s = { .n_cores = 1, .n_partitions = 3, .partition = in_turns, .no_reader = true, .n_modes = 1, .mode = &one, .n_ports = 1, .port = &port };

	(void)state;
	for (uint32_t other = 0; other < 2; other++) {
		struct guest_call first = { .function = BH_CALL_SERVE, .arg = { [6] = BH_NEVER } };

		both_have_run(&s, other);
		first.arg[0] = blob_ports(blob)->receive_cap;
		does(vcpu_of(EVEN, 0), guest_call, &first);
		starts(THIRD);
		loads(THIRD);
		passes_the_core_on(vcpu_of(THIRD, 0), BH_CALL_CALL, blob_ports(blob)->send_cap, BH_TRACE_BY_WINDOW);
		passes_the_core_on(vcpu_of(EVEN, 0), BH_CALL_SERVE, blob_ports(blob)->receive_cap, BH_TRACE_BY_WINDOW);
		assert_true(core_at(0)->early);
		time_is(150);
		assert_true(runs_on(vcpu_of(ODD, 0), 0));
		assert_int_equal(host_alarm(0), US(200));
		assert_false(core_at(0)->early);
	}
}

static void a_partition_is_told_its_own_time(void **state)
{
	uint64_t *arg;

	(void)state;
	at(107);
	assert_int_equal(calls(control, BH_CALL_FRAME, 0, 0), BH_OK);
	arg = control->arch.args;
	assert_int_equal(arg[0], NORMAL);
	assert_int_equal(arg[1], US(base + 100));
	assert_int_equal(arg[2], US(100));
	assert_int_equal(arg[3], BH_NONE);
	assert_int_equal(arg[5], 0);
	wakes(service);
	at(110);
	assert_int_equal(calls(service, BH_CALL_FRAME, 0, 0), BH_OK);
	assert_int_equal(service->arch.args[4], US(7));
}

#define AFTER(setup, test) cmocka_unit_test_setup_teardown(test, setup, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AFTER(all_run, windows_begin_and_end_on_their_edges),
		AFTER(all_run, slack_is_what_the_windows_owner_leaves_and_what_is_nobodys),
		AFTER(nobody_runs, outside_its_window_a_vcpu_gets_no_kick_and_does_not_run),
		AFTER(nobody_runs, a_timer_outside_its_window_waits_for_the_window),
		AFTER(all_run, a_machine_that_stood_still_comes_back_into_the_right_window),
		AFTER(all_run, a_late_alarm_does_not_move_the_next_edge),
		AFTER(nobody_runs, a_core_without_windows_and_budgets_has_no_alarm),
		AFTER(all_run, a_reservation_interrupts_windows_until_its_budget_is_used_up),
		AFTER(all_run, what_is_left_of_a_budget_is_lost_at_the_next_instant),
		AFTER(all_run, what_is_overrun_is_taken_from_the_next_budget),
		AFTER(all_run, who_sleeps_does_not_pay),
		AFTER(all_run, a_reservation_without_budget_gets_no_kick),
		AFTER(nobody_runs, siblings_take_turns_by_slices),
		AFTER(nobody_runs, who_gives_way_lets_its_sibling_run),
		AFTER(nobody_runs, a_sibling_alone_keeps_the_core),
		AFTER(all_run, turns_go_on_across_windows_that_are_shorter),
		AFTER(all_run, a_mode_changes_at_the_end_of_the_frame_on_all_cores),
		AFTER(all_run, an_order_too_late_for_this_frame_is_for_the_next),
		AFTER(all_run, a_mode_that_is_so_declared_comes_at_once),
		AFTER(all_run, a_second_order_waits_for_the_first),
		AFTER(all_run, who_has_no_right_changes_nothing),
		AFTER(NULL, nobody_runs_before_all_cores_are_there),
		AFTER(all_run, the_trace_has_each_window_with_its_plan),
		AFTER(all_run, the_trace_has_each_change_of_the_mode_and_the_mode_in_force),
		AFTER(NULL, the_trace_says_why_who_has_the_core_by_a_call_or_its_reply_has_it),
		AFTER(NULL, an_edge_leaves_nothing_of_the_alarm_of_a_call_that_was_answered),
		AFTER(all_run, a_partition_is_told_its_own_time),
		AFTER(all_run, what_wakes_nobody_is_paid_by_the_sleeper_and_interrupts_no_longer_than_its_budget),
		AFTER(all_run, what_wakes_it_is_paid_once),
		AFTER(all_run, a_stop_waits_for_an_edge_and_interrupts_nobody),
		AFTER(all_run, who_runs_is_stopped_at_once),
		AFTER(all_run, one_stops_at_each_edge_and_all_in_turn),
		AFTER(all_run, without_windows_a_stop_comes_at_once),
		AFTER(all_run, stops_that_wait_for_an_edge_come_though_there_are_no_more),
		AFTER(nobody_runs, on_slack_a_less_urgent_one_gets_no_kick),
		AFTER(all_run, who_runs_pays_for_its_own_notices_as_for_all_it_does),
		AFTER(NULL, turns_of_one_partition_are_not_those_of_another),
		AFTER(NULL, a_turn_ends_though_it_began_as_a_more_urgent_one_went_to_wait),
		AFTER(NULL, what_was_masked_is_open_once_its_vcpu_has_the_core_by_a_windows_edge),
		AFTER(NULL, a_stop_comes_at_the_next_edge_whichever_way_that_goes),
		AFTER(NULL, at_the_change_of_the_mode_nobody_is_loaded_whom_only_the_old_one_has),
		AFTER(NULL, who_has_the_next_window_too_is_not_loaded_again),
		AFTER(NULL, siblings_take_turns_in_a_window_whichever_way_it_began),
		AFTER(NULL, nanoseconds_become_ticks_rounded_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
