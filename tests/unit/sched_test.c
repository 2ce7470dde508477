/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler over a machine of memory: who runs, how a post from another core gets there, whose
 * alarm is set; and one long random trace beside a model that fits on a screen.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/machine.h"

#include "kernel/watchdog.h"

enum { LOW,
       MIDDLE,
       HIGH,
       OTHER,
       PARTITIONS };

/* Three priorities on core 0, and somebody on core 1. */
static const struct host_partition partitions[PARTITIONS] = {
	[LOW] = { .name = "low", .n_vcpus = 1, .vcpu = { { 0, 1 } } },
	[MIDDLE] = { .name = "middle", .n_vcpus = 1, .vcpu = { { 0, 2 } } },
	[HIGH] = { .name = "high", .n_vcpus = 1, .vcpu = { { 0, 3 } } },
	[OTHER] = { .name = "other", .n_vcpus = 1, .vcpu = { { 1, 1 } }, .flags = BH_PART_RESTART },
};

static const struct host_system description = {
	.n_cores = 2, .n_partitions = PARTITIONS, .partition = partitions, .no_reader = true
};

static struct vcpu *low, *middle, *high, *other;

static int all_run(void **state)
{
	(void)state;
	boot(&description);
	for (uint32_t i = 0; i < PARTITIONS; i++) {
		starts(i);
		loads(i);
	}
	low = vcpu_of(LOW, 0);
	middle = vcpu_of(MIDDLE, 0);
	high = vcpu_of(HIGH, 0);
	other = vcpu_of(OTHER, 0);
	quiet();
	return 0;
}

static int all_wait(void **state)
{
	all_run(state);
	does(high, guest_wfi, NULL);
	does(middle, guest_wfi, NULL);
	does(low, guest_wfi, NULL);
	quiet();
	return 0;
}

static void the_most_urgent_vcpu_runs(void **state)
{
	(void)state;
	assert_true(runs_on(high, 0));
	does(high, guest_wfi, NULL);
	assert_true(runs_on(middle, 0));
	does(middle, guest_wfi, NULL);
	assert_true(runs_on(low, 0));
	does(low, guest_wfi, NULL);
	assert_int_equal(host_where(0), HOST_IDLE);
	quiet();
}

static void guest_posts(struct vcpu *v, void *arg)
{
	(void)v;
	host_private(arg, HOST_SGI);
}

static void a_post_from_another_core_preempts_with_exactly_one_kick(void **state)
{
	uint32_t kicks = host_kicks(0);

	(void)state;
	does(high, guest_wfi, NULL);
	does(middle, guest_wfi, NULL);
	does(other, guest_posts, high);
	does(other, guest_posts, high);
	does(other, guest_posts, middle);
	assert_int_equal(host_kicks(0), kicks + 1); /* core 0 looks at all of them once it comes */
	assert_true(runs_on(low, 0));		    /* until its core sees the kick */
	host_run(0);
	assert_true(runs_on(high, 0));
	does(high, guest_take, NULL);
	does(high, guest_wfi, NULL);
	assert_true(runs_on(middle, 0));
	quiet();
}

static void a_post_for_a_less_urgent_vcpu_waits_until_it_may_run(void **state)
{
	uint32_t kicks = host_kicks(0);

	(void)state;
	does(high, guest_wfi, NULL);
	does(middle, guest_wfi, NULL);
	does(low, guest_posts, high);
	does(other, guest_posts, middle);
	assert_int_equal(host_kicks(0), kicks);
	host_settle();
	assert_int_equal(middle->state, VCPU_WAITING);
	does(other, guest_posts, high); /* what waits in inbox does not swallow this one's kick */
	assert_int_equal(host_kicks(0), kicks + 1);
	host_settle();
	assert_int_equal(middle->state, VCPU_WAITING);
	does(high, guest_take, NULL);
	does(high, guest_wfi, NULL);
	assert_int_equal(middle->state, VCPU_READY);
	assert_true(runs_on(middle, 0));
	quiet();
}

static void a_post_from_its_own_core_kicks_nobody(void **state)
{
	uint32_t kicks = host_kicks(0) + host_kicks(1);

	(void)state;
	does(high, guest_wfi, NULL);
	does(middle, guest_posts, high);
	assert_true(runs_on(high, 0));
	assert_int_equal(host_kicks(0) + host_kicks(1), kicks);
	quiet();
}

static void a_less_urgent_vcpu_that_wakes_does_not_run(void **state)
{
	(void)state;
	does(high, guest_wfi, NULL);
	does(middle, guest_wfi, NULL);
	does(low, guest_posts, high);
	does(high, guest_posts, middle);
	assert_true(runs_on(high, 0));
	quiet();
	does(high, guest_take, NULL);
	does(high, guest_wfi, NULL);
	assert_true(runs_on(middle, 0));
	quiet();
}

static void a_wait_with_a_pending_interrupt_does_not_wait(void **state)
{
	(void)state;
	does(high, guest_posts, high);
	does(high, guest_wfi, NULL);
	assert_true(runs_on(high, 0));
	quiet();
}

static void a_kick_without_reason_changes_nothing(void **state)
{
	(void)state;
	host_on(1);
	arch_kick(core_at(0));
	host_settle();
	assert_true(runs_on(high, 0));
	quiet();
}

static void who_keeps_the_core_is_not_loaded_again(void **state)
{
	uint32_t loads = high->arch.loads;

	(void)state;
	does(high, guest_nothing, NULL);
	does(other, guest_posts, low);
	host_settle();
	assert_int_equal(high->arch.loads, loads);
	assert_int_equal(high->arch.saves, loads - 1);
}

static void the_last_to_wait_stays_loaded_while_the_core_idles(void **state)
{
	uint32_t loads = low->arch.loads;

	(void)state;
	assert_int_equal(host_where(0), HOST_IDLE);
	assert_ptr_equal(core_at(0)->loaded, low);
	does(other, guest_posts, low);
	host_settle();
	assert_true(runs_on(low, 0));
	assert_int_equal(low->arch.loads, loads);
}

static void a_waiting_vcpus_timer_wakes_it_though_another_runs(void **state)
{
	ticks_t when = 1000;
	uint32_t taken = 0;

	(void)state;
	does(high, guest_timer, &when);
	does(high, guest_wfi, NULL);
	assert_true(runs_on(middle, 0));
	assert_int_equal(host_alarm(0), when);
	host_time_set(when - 1);
	host_settle();
	assert_true(runs_on(middle, 0));
	host_time_set(when);
	host_settle();
	assert_true(runs_on(high, 0));
	does(high, guest_take, &taken);
	assert_int_equal(taken, HOST_VTIMER);
	quiet();
}

static void the_alarm_is_the_first_of_all_who_wait(void **state)
{
	ticks_t first = 1000, second = 2000;

	(void)state;
	does(high, guest_timer, &second);
	does(high, guest_wfi, NULL);
	does(middle, guest_timer, &first);
	does(middle, guest_wfi, NULL);
	assert_int_equal(host_alarm(0), first);
	host_time_set(first);
	host_settle();
	assert_true(runs_on(middle, 0));
	assert_int_equal(host_alarm(0), second);
	host_time_set(second);
	host_settle();
	assert_true(runs_on(high, 0));
	assert_true(host_alarm(0) == ~0ull);
}

static void a_loaded_vcpu_that_waits_is_woken_by_its_own_hardware_timer(void **state)
{
	ticks_t when = 1000;

	(void)state;
	does(high, guest_wfi, NULL);
	does(middle, guest_wfi, NULL);
	does(low, guest_timer, &when);
	does(low, guest_wfi, NULL);
	assert_true(host_alarm(0) == ~0ull);
	host_time_set(when);
	host_settle();
	assert_true(runs_on(low, 0));
	quiet();
}

static void an_emulated_timer_fires_for_the_running_vcpu(void **state)
{
	ticks_t when = 1000;
	uint32_t taken = 0;

	(void)state;
	does(high, guest_ptimer, &when);
	assert_int_equal(host_alarm(0), when);
	host_time_set(when);
	host_settle();
	does(high, guest_take, &taken);
	assert_int_equal(taken, HOST_PTIMER);
	assert_true(host_alarm(0) == ~0ull);
}

static void a_timer_that_was_due_before_the_wait_does_not_wait(void **state)
{
	ticks_t when = 1000;

	(void)state;
	does(high, guest_ptimer, &when);
	host_time_set(when + 1);
	does(high, guest_wfi, NULL);
	host_settle();
	assert_true(runs_on(high, 0));
	quiet();
}

static void what_was_masked_is_open_once_its_vcpu_runs(void **state)
{
	(void)state;
	core_at(0)->shut = middle->bit | low->bit;
	does(high, guest_wfi, NULL);
	assert_true(runs_on(middle, 0));
	assert_int_equal(core_at(0)->shut, low->bit);
}

static void guest_promises(struct vcpu *v, void *arg)
{
	assert_int_equal(watchdog_deadline(v, *(ticks_t *)arg), BH_OK);
}

static void a_waiting_vcpus_watchdog_is_an_alarm_too(void **state)
{
	ticks_t when = 1000;

	(void)state;
	does(high, guest_promises, &when);
	does(high, guest_wfi, NULL);
	assert_true(runs_on(middle, 0));
	assert_int_equal(host_alarm(0), when);
}

static void guest_blocks(struct vcpu *v, void *arg)
{
	(void)arg;
	vcpu_block(v, VCPU_BLOCKED);
}

static void guest_wakes(struct vcpu *v, void *arg)
{
	(void)v;
	vcpu_wake(arg);
}

/* While its interrupt ends no wait it is not the core's affair; it is again when the vCPU runs. */
static void a_timer_that_rings_for_nobody_now_is_not_forgotten(void **state)
{
	ticks_t when = 1000;

	(void)state;
	does(high, guest_ptimer, &when);
	does(high, guest_blocks, NULL);
	assert_true(runs_on(middle, 0));
	assert_true(host_alarm(0) == ~0ull);
	does(middle, guest_wakes, high);
	assert_true(runs_on(high, 0));
	assert_int_equal(host_alarm(0), when);
}

/* A sibling may change a sleeping vCPU's timer (by enabling its interrupt) and post. */
static void the_alarm_follows_a_deadline_that_another_core_changed(void **state)
{
	ticks_t later = 100000;

	(void)state;
	does(high, guest_ptimer, &later); /* it is on: only when it rings changes */
	does(high, guest_wfi, NULL);
	assert_true(runs_on(middle, 0));
	high->arch.ptimer = 500;
	host_on(1);
	vcpu_post(high, REQ_IRQ);
	host_settle();
	assert_int_equal(host_alarm(0), 500);
}

/* What is attended to may post to its own core, which nobody kicks. */
static void what_a_core_posts_to_itself_while_it_attends_is_not_left(void **state)
{
	static const struct host_partition pair[] = {
		{ .name = "urgent", .n_vcpus = 1, .vcpu = { { 0, 1 } } },
		{ .name = "again", .n_vcpus = 2, .vcpu = { { 0, 2 }, { 1, 1 } }, .flags = BH_PART_RESTART },
	};
	static const struct host_system s = { .n_cores = 2, .n_partitions = 2, .partition = pair, .no_reader = true };

	(void)state;
	boot(&s);
	starts(0);
	loads(0);
	starts(1);
	loads(1);
	cpu_on(1, 0, 1);
	does(vcpu_of(1, 0), guest_wfi, NULL);
	does(vcpu_of(1, 1), guest_system_reset, NULL); /* core 1's halts first, core 0's restarts it */
	host_settle();
	quiet();
	assert_true(runs_on(vcpu_of(1, 0), 0));
	assert_int_equal(vcpu_of(1, 0)->arch.how, ENTRY_STUB);
}

/* Likewise where it is alone on its core, and woken without the others being asked: from within what is attended to, as an interrupt that comes back to it. */
static void what_the_only_vcpu_of_a_core_posts_to_itself_while_it_wakes_is_not_left(void **state)
{
	struct core *c = core_at(1);

	(void)state;
	does(other, guest_wfi, NULL);
	host_on(0);
	vcpu_post(other, REQ_ROOM); /* nothing for it: it sleeps on, the whole way */
	host_settle();
	assert_int_equal(other->state, VCPU_WAITING);
	host_on(0);
	host_private(other, HOST_SGI);
	host_points(true);
	for (uint32_t n = 0; c->inbox; n++) {
		assert_true(n < 100);
		host_run(1);
	}
	assert_int_equal(host_where(1), HOST_POINT);
	assert_int_equal(other->state, VCPU_WAITING);
	host_on(1);
	vcpu_post(other, REQ_PORT);
	host_points(false);
	host_settle();
	assert_true(runs_on(other, 1));
	assert_int_equal(c->inbox, 0);
	quiet();
}

/* --- the model: a vCPU waits, wants to be looked at, has interrupts, has a timer --- */

#define RANDOM_CORES 3u
#define RANDOM_VCPUS 9u
#define STEPS	     250000u

struct model {
	bool waits, sgi;
	ticks_t timer, ptimer;
};

static struct host_partition crowd[RANDOM_VCPUS];
static struct model model[RANDOM_VCPUS];
static ticks_t now;
static bool posted[RANDOM_CORES];      /* somebody has kicked it */
static uint32_t running[RANDOM_CORES]; /* rank */
static uint32_t kicks[RANDOM_CORES], switches;

static void boot_crowd(void)
{
	static const struct host_system s = {
		.n_cores = RANDOM_CORES, .n_partitions = RANDOM_VCPUS, .partition = crowd, .no_reader = true
	};

	for (uint32_t i = 0; i < RANDOM_VCPUS; i++) {
		crowd[i] = (struct host_partition){ .name = "one", .n_vcpus = 1, .vcpu = { { i % RANDOM_CORES, (i * 5 + 2) % RANDOM_VCPUS } } };
		model[i] = (struct model){ .timer = ~0ull, .ptimer = ~0ull };
	}
	boot(&s);
	for (uint32_t i = 0; i < RANDOM_VCPUS; i++)
		partition_start(partition_at(i));
	host_settle();
	/* Each stub finishes when its turn comes; a guest then waits to let the others load. */
	for (uint32_t left = RANDOM_VCPUS; left;)
		for (uint32_t c = 0; c < RANDOM_CORES; c++) {
			struct vcpu *v = host_guest(c);

			if (!v)
				continue;
			if (v->part->state == PARTITION_LOADING) {
				left--;
				does(v, guest_loaded, NULL);
			}
			does(v, guest_wfi, NULL);
			model[v->part->number].waits = true;
		}
	now = 0;
}

static bool has_interrupt(const struct model *m)
{
	return m->sgi || m->timer <= now || m->ptimer <= now;
}

static struct vcpu *model_runs(uint32_t core)
{
	const struct core *c = core_at(core);

	for (uint32_t r = 0; r < c->desc->n_vcpus; r++)
		if (!model[c->desc->vcpu[r]].waits)
			return c->vcpu[r];
	return NULL;
}

/* The core has looked at its vCPUs, and runs the most urgent. */
static void model_core(uint32_t core)
{
	for (uint32_t i = core; i < RANDOM_VCPUS; i += RANDOM_CORES)
		model[i].waits &= !has_interrupt(&model[i]);
	posted[core] = false;
	running[core] = model_runs(core) ? model_runs(core)->desc->rank : BH_MAX_CORE_VCPUS;
}

/* A core is kicked once, and not for who is less urgent than who runs there. */
/* A core is told only of who is at least as urgent as the one it runs, and once. */
static void model_post(uint32_t from, uint32_t to)
{
	uint32_t core = to % RANDOM_CORES;

	model[to].sgi = true;
	if (core == from || posted[core])
		return;
	if (host_guest(core) && host_guest(core)->desc->rank < vcpu_at(to)->desc->rank)
		return;
	posted[core] = true;
	kicks[core]++;
}

static void random_doing(uint32_t core, struct vcpu *v)
{
	uint32_t me = v->part->number, who = random_below(RANDOM_VCPUS);
	ticks_t when = now + random_below(200);

	switch (random_below(6)) {
	case 0:
	case 1:
		model[me].waits = !has_interrupt(&model[me]);
		does(v, guest_wfi, NULL);
		break;
	case 2:
		model_post(core, who);
		does(v, guest_posts, vcpu_at(who));
		break;
	case 3:
		model[me].timer = when;
		does(v, guest_timer, &when);
		break;
	case 4:
		model[me].ptimer = when;
		does(v, guest_ptimer, &when);
		break;
	case 5:
		model[me].sgi = false;
		if (model[me].ptimer <= now)
			model[me].ptimer = ~0ull;
		if (model[me].timer <= now)
			model[me].timer = ~0ull;
		does(v, guest_take, NULL);
		break;
	}
	model_core(core);
}

static void random_core(uint32_t core)
{
	const struct vcpu *before = host_guest(core);

	while (host_can_run(core)) {
		host_run(core);
		model_core(core);
	}
	assert_ptr_equal(host_guest(core), model_runs(core));
	if (host_guest(core))
		random_doing(core, host_guest(core));
	while (host_can_run(core)) {
		host_run(core);
		model_core(core);
	}
	assert_ptr_equal(host_guest(core), model_runs(core));
	switches += host_guest(core) && host_guest(core) != before;
}

/* A device's interrupt, which reaches its vCPU as a post from no core. */
static void random_device(void)
{
	uint32_t who = random_below(RANDOM_VCPUS);

	model_post(RANDOM_CORES, who);
	host_private(vcpu_at(who), HOST_SGI);
}

static void a_random_trace_schedules_as_the_model_does(void **state)
{
	(void)state;
	random_seed("sched", 0x5eed5c4ed);
	boot_crowd();
	for (uint32_t c = 0; c < RANDOM_CORES; c++) {
		model_core(c);
		kicks[c] = host_kicks(c);
	}
	for (uint32_t i = 0; i < STEPS; i++) {
		if (random_below(3) == 0)
			host_time_set(now += random_below(50));
		if (random_below(8) == 0)
			random_device();
		random_core(random_below(RANDOM_CORES));
	}
	for (uint32_t c = 0; c < RANDOM_CORES; c++)
		assert_int_equal(host_kicks(c), kicks[c]);
	host_settle();
	quiet();
	assert_true(switches > STEPS / 10);
}

#define AFTER(setup, test) cmocka_unit_test_setup_teardown(test, setup, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AFTER(all_run, the_most_urgent_vcpu_runs),
		AFTER(all_run, a_post_from_another_core_preempts_with_exactly_one_kick),
		AFTER(all_run, a_post_for_a_less_urgent_vcpu_waits_until_it_may_run),
		AFTER(all_run, a_post_from_its_own_core_kicks_nobody),
		AFTER(all_run, a_less_urgent_vcpu_that_wakes_does_not_run),
		AFTER(all_run, a_wait_with_a_pending_interrupt_does_not_wait),
		AFTER(all_run, a_kick_without_reason_changes_nothing),
		AFTER(all_run, who_keeps_the_core_is_not_loaded_again),
		AFTER(all_wait, the_last_to_wait_stays_loaded_while_the_core_idles),
		AFTER(all_run, a_waiting_vcpus_timer_wakes_it_though_another_runs),
		AFTER(all_run, the_alarm_is_the_first_of_all_who_wait),
		AFTER(all_run, a_loaded_vcpu_that_waits_is_woken_by_its_own_hardware_timer),
		AFTER(all_run, an_emulated_timer_fires_for_the_running_vcpu),
		AFTER(all_run, a_timer_that_was_due_before_the_wait_does_not_wait),
		AFTER(all_run, a_waiting_vcpus_watchdog_is_an_alarm_too),
		AFTER(all_run, what_was_masked_is_open_once_its_vcpu_runs),
		AFTER(all_run, a_timer_that_rings_for_nobody_now_is_not_forgotten),
		AFTER(all_run, the_alarm_follows_a_deadline_that_another_core_changed),
		AFTER(all_run, what_a_core_posts_to_itself_while_it_attends_is_not_left),
		AFTER(all_run, what_the_only_vcpu_of_a_core_posts_to_itself_while_it_wakes_is_not_left),
		AFTER(all_run, a_random_trace_schedules_as_the_model_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
