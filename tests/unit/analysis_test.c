/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What core_analyse() promises for small plans whose figures can be worked out by hand, in microseconds.
 * tests/model/sched_sim_test.c has the random ones.
 * sources: tools/analysis_core.c tools/analysis_supply.c tools/bytes.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "tools/analysis_core.h" /* before cmocka.h, which has a macro fail() */

#include <cmocka.h>

#define US 1000ull
#define MS (1000 * US)

static struct core_time c;
static struct core_figures f[BH_MAX_CORE_VCPUS];

/* As many vCPUs, each a partition of its own; nothing costs anything. */
static void core(uint32_t n_vcpus, uint64_t frame_us)
{
	memset(&c, 0, sizeof(c));
	c.frame_ns = frame_us * US;
	c.n_vcpus = n_vcpus;
	for (uint32_t r = 0; r < n_vcpus; r++)
		c.vcpu[r].partition = r;
}

static void costs(void)
{
	c.cost = (struct overhead){ .section_ns = 20 * US, .switch_ns = 2 * US, .irq_ns = 1 * US, .inject_ns = 3 * US };
}

static void window(uint64_t at_us, uint64_t end_us, uint32_t ranks)
{
	c.window[c.n_windows++] = (struct core_window){ at_us * US, end_us * US, ranks };
}

static void budget(uint32_t rank, uint64_t budget_us, uint64_t period_us)
{
	c.vcpu[rank].budget_ns = budget_us * US;
	c.vcpu[rank].period_ns = period_us * US;
}

static void task(uint32_t rank, uint64_t period_us, uint64_t cost_us)
{
	c.vcpu[rank].task[c.vcpu[rank].n_tasks++] = (struct core_task){ period_us * US, cost_us * US, period_us * US };
}

static void analyse(void)
{
	core_analyse(&c, f);
}

static void assert_us(uint64_t ns, uint64_t us)
{
	assert_int_equal(ns, us * US);
}

static void assert_share(double share, double want)
{
	assert_true(share > want - 1e-9 && share < want + 1e-9);
}

static void a_vcpu_alone_on_its_core_waits_for_nobody(void **state)
{
	(void)state;
	core(1, 0);
	costs();
	c.always = 1;
	c.vcpu[0].lines = 3; /* its own are no disturbance */
	analyse();
	assert_share(f[0].share, 1);
	assert_us(f[0].blackout_ns, 0);
	assert_us(f[0].interrupt_ns, 20 + 2 + 3); /* the core may have slept */
	assert_int_equal(f[0].late_ns, NEVER);
}

static void the_gap_between_windows_is_the_blackout(void **state)
{
	(void)state;
	core(2, 10000);
	window(0, 2000, 1);
	window(2000, 5000, 2);
	window(6000, 7000, 1);
	analyse();
	assert_share(f[0].share, 0.3);
	assert_us(f[0].frame_ns, 3000);
	assert_us(f[0].blackout_ns, 4000); /* from 2000 to 6000 */
	assert_us(f[0].late_ns, 0);
	assert_us(f[0].start_ns, 0);
	assert_us(f[0].tail_ns, 3000);
	assert_share(f[1].share, 0.3);
	assert_us(f[1].blackout_ns, 7000); /* from 5000 to 12000 */
	assert_us(f[1].start_ns, 2000);
	assert_us(f[1].tail_ns, 5000);
}

static void the_kernel_costs_a_section_a_switch_and_an_exit_for_each_line(void **state)
{
	(void)state;
	core(2, 10000);
	costs();
	c.vcpu[1].lines = 4;
	window(0, 2000, 1);
	window(2000, 10000, 2);
	analyse();
	assert_us(f[0].late_ns, 20 + 2 + 4 + 1); /* and one for the timer of who ran before */
	assert_us(f[1].late_ns, 20 + 2 + 1);
	assert_us(f[0].frame_ns, 2000 - 27);
	assert_us(f[0].blackout_ns, 8000 + 27 + 5); /* the lines may also interrupt its last instructions */
	assert_us(f[0].interrupt_ns, 8032 + 20 + 2 + 3);
}

static void windows_in_a_row_are_one(void **state)
{
	(void)state;
	core(2, 10000);
	costs();
	window(0, 2000, 1);
	window(2000, 4000, 3);
	window(8000, 10000, 1); /* and goes on in the next frame */
	analyse();
	assert_us(f[0].frame_ns, 6000 - 23 - 2); /* the edges at 0 and 2000 cost an alarm each */
	assert_us(f[0].blackout_ns, 4000 + 23 + 1);
}

static void a_more_urgent_vcpu_takes_all_of_a_shared_window(void **state)
{
	(void)state;
	core(2, 10000);
	window(0, 4000, 3);
	window(6000, 7000, 2);
	analyse();
	assert_share(f[0].share, 0.4);
	assert_share(f[1].share, 0.1);
	assert_us(f[1].blackout_ns, 9000);
	c.n_windows = 1;
	analyse();
	assert_share(f[1].share, 0);
	assert_int_equal(f[1].blackout_ns, NEVER);
	assert_int_equal(f[1].interrupt_ns, NEVER);
}

static void a_more_urgent_vcpu_with_tasks_takes_no_more_than_they_need(void **state)
{
	(void)state;
	core(2, 0);
	c.always = 3;
	task(0, 10000, 1000);
	task(0, 20000, 3000);
	analyse();
	assert_us(f[0].response_ns[0], 1000);
	assert_us(f[0].response_ns[1], 4000);
	assert_share(f[1].share, 1 - 0.1 - 0.15);
	/* What was released up to a response time ago may still run: 1000 + 3000, no second one within 5000. */
	assert_us(f[1].blackout_ns, 4000);
}

static void tasks_meet_the_supply_of_windows(void **state)
{
	(void)state;
	core(1, 10000);
	window(0, 3000, 1);
	window(5000, 7000, 1);
	task(0, 20000, 1000);
	task(0, 40000, 4000);
	analyse();
	/* Released when a window ends: at 7000, waits to 10000; 1000 there. */
	assert_us(f[0].response_ns[0], 3000 + 1000);
	/* 5000 to do: from 7000 on, 3000 until 13000, 2000 from 15000 on: 10000. (From 3000 on: 2000 until 7000, 3000 until 13000.) */
	assert_us(f[0].response_ns[1], 10000);
}

static void a_reservation_waits_for_its_next_period(void **state)
{
	(void)state;
	core(1, 0);
	budget(0, 2000, 10000);
	analyse();
	assert_share(f[0].share, 0.2);
	assert_us(f[0].blackout_ns, 8000);
	assert_us(f[0].funded_ns, 0);
	assert_us(f[0].need_ns, 2000);
}

static void less_urgent_reservations_come_later_in_their_period(void **state)
{
	(void)state;
	core(2, 0);
	budget(0, 2000, 10000);
	budget(1, 3000, 10000);
	analyse();
	assert_us(f[0].blackout_ns, 8000);
	/* Periods begin together. Early: 0 to 3000 while the other sleeps; late: 12000. */
	assert_us(f[1].blackout_ns, 9000);
	assert_us(f[1].need_ns, 5000);
	c.vcpu[0].period_ns = 9000 * US; /* now it may be 2000 at a period's end and 2000 more */
	analyse();
	assert_us(f[1].blackout_ns, 7000 + 4000);
}

static void a_reservation_interrupts_a_window_twice_where_its_period_begins_in_it(void **state)
{
	(void)state;
	core(2, 10000);
	window(0, 3000, 2);
	budget(0, 1000, 5000);
	analyse();
	assert_us(f[1].late_ns, 2000);
	assert_us(f[1].frame_ns, 1000);
	/* 2000 are taken of a window's end, where a period begins 1000 before it; the second period after it has 1000 for
	 * the next window's start, the third begins 2000 behind that: 2000 + 7000 + 1000. */
	assert_in_range(f[1].blackout_ns, 10000 * US, 10010 * US); /* the search ends at 1/1024 */
	assert_share(f[1].share, 0.1);
}

static void a_reservation_with_the_frame_s_period_keeps_its_phase_while_there_is_one_mode(void **state)
{
	(void)state;
	core(2, 10000);
	c.one_mode = true;
	window(2000, 6000, 2);
	budget(0, 1000, 10000);
	analyse();
	assert_us(f[1].frame_ns, 3000);
	assert_us(f[1].late_ns, 1000);
	c.one_mode = false;
	analyse();
	assert_us(f[1].late_ns, 2000);
}

static void siblings_take_turns(void **state)
{
	(void)state;
	core(2, 20000);
	c.vcpu[1].partition = 0;
	window(0, 4000, 3);
	analyse();
	assert_share(f[0].share, 0.1);
	assert_us(f[0].frame_ns, 2000);
	assert_us(f[0].blackout_ns, 17000); /* the other's slice, then its own, in the next frame or at a window's end */
	assert_us(f[1].blackout_ns, 17000);
}

static void a_change_of_mode_adds_the_end_of_one_frame_and_the_start_of_the_other(void **state)
{
	struct core_figures old, new;

	(void)state;
	core(1, 10000);
	window(1000, 4000, 1);
	analyse();
	old = f[0];
	core(1, 5000);
	window(3000, 4000, 1);
	analyse();
	new = f[0];
	assert_us(core_change(&old, &new, false), 6000 + 3000);
	assert_us(core_change(&old, &new, true), 7000 + 3000); /* just before the next window */
	assert_us(core_change(&new, &old, false), 1000 + 1000);
}

static void what_cannot_be_promised_is_never(void **state)
{
	(void)state;
	core(2, 10000);
	window(0, 1000, 2);
	budget(0, 1000, 2000);
	task(1, 10000, 500);
	analyse();
	assert_share(f[1].share, 0);
	assert_int_equal(f[1].blackout_ns, NEVER);
	assert_int_equal(f[1].late_ns, NEVER);
	assert_int_equal(f[1].response_ns[0], NEVER);
	core(2, 0);
	budget(0, 6000, 10000);
	budget(1, 5000, 10000);
	analyse();
	assert_us(f[1].need_ns, 11000 + 6000);
	assert_int_equal(f[1].blackout_ns, NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vcpu_alone_on_its_core_waits_for_nobody),
		cmocka_unit_test(the_gap_between_windows_is_the_blackout),
		cmocka_unit_test(the_kernel_costs_a_section_a_switch_and_an_exit_for_each_line),
		cmocka_unit_test(windows_in_a_row_are_one),
		cmocka_unit_test(a_more_urgent_vcpu_takes_all_of_a_shared_window),
		cmocka_unit_test(a_more_urgent_vcpu_with_tasks_takes_no_more_than_they_need),
		cmocka_unit_test(tasks_meet_the_supply_of_windows),
		cmocka_unit_test(a_reservation_waits_for_its_next_period),
		cmocka_unit_test(less_urgent_reservations_come_later_in_their_period),
		cmocka_unit_test(a_reservation_interrupts_a_window_twice_where_its_period_begins_in_it),
		cmocka_unit_test(a_reservation_with_the_frame_s_period_keeps_its_phase_while_there_is_one_mode),
		cmocka_unit_test(siblings_take_turns),
		cmocka_unit_test(a_change_of_mode_adds_the_end_of_one_frame_and_the_start_of_the_other),
		cmocka_unit_test(what_cannot_be_promised_is_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
