/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU_ON, CPU_OFF, stop and restart that meet: whatever the order of the cores' steps, the partition
 * ends, nothing of its old life starts in the new one, and no core is left with work undone.
 * sources: arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/points.h"

#define CORES	  4u
#define OLD_ENTRY 0x40010000ull
#define NEW_ENTRY 0x40090000ull

static const struct host_partition partitions[] = {
	{ .name = "victim",
	  .n_vcpus = 4,
	  .vcpu = { { 0, 5 }, { 1, 5 }, { 2, 5 }, { 3, 5 } },
	  .flags = BH_PART_RESTART },
};

static const struct host_system description = {
	.n_cores = CORES, .n_partitions = 1, .partition = partitions, .no_reader = true
};

/* What each vCPU does one after the other, in the partition's first life. */
struct doing {
	host_guest_fn *fn;
	uint32_t index; /* of whom CPU_ON starts */
};

struct scene {
	uint32_t on; /* bit i: vCPU i runs when it begins */
	struct doing doing[CORES][3];
	enum partition_state ends; /* PARTITION_STOPPING: either way */
};

static const struct scene *scene;
static uint32_t done[CORES];

static void on_index(struct vcpu *v, void *arg)
{
	const struct doing *d = arg;
	int64_t status = vcpu_power_on(v->part, d->index, OLD_ENTRY, d->index);

	arch_vcpu_answer(v, status);
}

static void setup(void)
{
	host_points(false);
	boot(&description);
	starts(0);
	loads(0);
	for (uint32_t i = 1; i < CORES; i++)
		if (scene->on & BIT(i))
			cpu_on(0, 0, i);
	memset(done, 0, sizeof(done));
	host_points(true);
}

/* What the guest on that core does next, or NULL. */
static const struct doing *doing(uint32_t core)
{
	const struct vcpu *v = host_guest(core);
	const struct doing *d;

	if (!v || v->part->life || done[core] == 3)
		return NULL;
	d = &scene->doing[v->desc->index][done[core]];
	return d->fn ? d : NULL;
}

static bool can(uint32_t core)
{
	return host_can_run(core) || doing(core);
}

static void step(uint32_t core)
{
	const struct doing *d = doing(core);

	if (host_can_run(core)) {
		host_run(core);
		return;
	}
	done[core]++;
	host_trap(core, d->fn, (void *)(uintptr_t)d);
}

static void check_new_life(void)
{
	struct vcpu *first = vcpu_of(0, 0);

	assert_int_equal(partition_at(0)->state, PARTITION_LOADING);
	assert_true(runs_on(first, 0));
	assert_int_equal(first->arch.how, ENTRY_STUB);
	assert_int_equal(pc_of(first), BH_STUB_IPA);
	for (uint32_t i = 1; i < CORES; i++)
		assert_int_equal(vcpu_of(0, i)->power, POWER_OFF);
	loads(0);
	for (uint32_t i = 1; i < CORES; i++) {
		struct guest_on on = { .index = i, .entry = NEW_ENTRY + i, .arg = 77 };

		does(first, guest_cpu_on, &on);
		host_settle();
		assert_int_equal(on.status, 0);
		assert_int_equal(pc_of(vcpu_of(0, i)), NEW_ENTRY + i);
		assert_int_equal(vcpu_of(0, i)->arch.x0, 77);
	}
	quiet();
}

static void check(void)
{
	const struct partition *p = partition_at(0);

	host_points(false);
	host_settle();
	quiet();
	if (scene->ends != PARTITION_STOPPING)
		assert_int_equal(p->state, scene->ends);
	if (p->state == PARTITION_OFF)
		assert_int_equal(p->life, 1);
	if (p->state == PARTITION_LOADING)
		check_new_life();
}

static void play(const struct scene *s, uint32_t bound, uint32_t random_orders)
{
	static const struct race race = {
		.setup = setup, .can = can, .step = step, .check = check, .n_cores = CORES
	};

	scene = s;
	print_message("%u orders with at most %u switches\n",
		      all_orders(&race, bound, (struct switches){ .n = 0 }), bound);
	random_seed("then random ones", 0xacce55);
	for (uint32_t i = 0; i < random_orders; i++)
		random_order(&race);
}

static void a_restart_while_a_vcpu_is_switched_on_restarts_all(void **state)
{
	static const struct scene s = {
		.on = 3,
		.doing = { { { guest_system_reset, 0 } }, { { on_index, 2 } } },
		.ends = PARTITION_LOADING
	};

	(void)state;
	play(&s, 2, 3000);
}

static void a_restart_while_several_are_switched_on_restarts_all(void **state)
{
	static const struct scene s = {
		.on = 3,
		.doing = { { { on_index, 2 }, { on_index, 3 } }, { { guest_system_reset, 0 } } },
		.ends = PARTITION_LOADING
	};

	(void)state;
	play(&s, 2, 3000);
}

static void an_end_while_vcpus_come_and_go_is_an_end(void **state)
{
	static const struct scene s = {
		.on = 7,
		.doing = { { { on_index, 3 }, { on_index, 2 } },
			   { { on_index, 2 }, { guest_system_off, 0 } },
			   { { guest_cpu_off, 0 } } },
		.ends = PARTITION_OFF
	};

	(void)state;
	play(&s, 2, 3000);
}

static void the_last_two_that_switch_off_together_end_the_partition(void **state)
{
	static const struct scene s = {
		.on = 3,
		.doing = { { { guest_cpu_off, 0 } }, { { guest_cpu_off, 0 } } },
		.ends = PARTITION_OFF
	};

	(void)state;
	play(&s, 2, 1000);
}

static void of_two_that_stop_it_one_decides(void **state)
{
	static const struct scene s = {
		.on = 3,
		.doing = { { { guest_system_off, 0 } }, { { guest_system_reset, 0 } } },
		.ends = PARTITION_STOPPING
	};

	(void)state;
	play(&s, 2, 2000);
}

static void one_of_two_that_switch_the_same_vcpu_on_succeeds(void **state)
{
	static const struct scene s = {
		.on = 3,
		.doing = { { { on_index, 2 } }, { { on_index, 2 } } },
		.ends = PARTITION_RUNNING
	};

	(void)state;
	play(&s, 2, 1000);
	assert_int_equal(vcpu_of(0, 2)->arch.resets, 1);
}

static void a_vcpu_that_is_switched_on_as_it_goes_off_does_one_after_the_other(void **state)
{
	static const struct scene s = {
		.on = 3,
		.doing = { { { on_index, 1 } }, { { guest_cpu_off, 0 } } },
		.ends = PARTITION_RUNNING
	};

	(void)state;
	play(&s, 2, 1000);
}

/* --- orders that need more switches than a search reaches, taken step by step --- */

static const struct host_partition five[] = {
	{ .name = "victim",
	  .n_vcpus = 5,
	  .vcpu = { { 0, 5 }, { 1, 5 }, { 2, 5 }, { 3, 5 }, { 4, 5 } },
	  .flags = BH_PART_RESTART },
};

static const struct host_system description_of_five = {
	.n_cores = 5, .n_partitions = 1, .partition = five, .no_reader = true
};

static void five_cores(uint32_t on)
{
	boot(&description_of_five);
	starts(0);
	loads(0);
	for (uint32_t i = 1; i < 5; i++)
		if (on & BIT(i))
			cpu_on(0, 0, i);
	host_points(true);
}

static void to_the_end(uint32_t core)
{
	while (host_can_run(core))
		host_run(core);
}

static void until_power(uint32_t core, uint32_t index, enum vcpu_power power)
{
	while (vcpu_of(0, index)->power != (uint32_t)power && host_can_run(core))
		host_run(core);
	assert_int_equal(vcpu_of(0, index)->power, power);
}

/* Two vCPUs are on for a moment while the end counts: neither is counted twice. */
static void late_starts_are_stopped_once_each(void **state)
{
	static const struct doing on_2 = { .index = 2 }, on_3 = { .index = 3 };

	(void)state;
	five_cores(BIT(1) | BIT(4));
	host_trap(0, on_index, (void *)(uintptr_t)&on_2); /* under way when the stop comes */
	host_trap(1, on_index, (void *)(uintptr_t)&on_3);
	host_trap(4, guest_system_reset, NULL);
	to_the_end(4);
	to_the_end(2);
	to_the_end(3);
	until_power(0, 2, POWER_ON_PENDING);
	while (!host_can_run(2))
		host_run(0);
	until_power(2, 2, POWER_ON);
	to_the_end(0);
	until_power(1, 3, POWER_ON_PENDING);
	while (!host_can_run(3))
		host_run(1);
	until_power(3, 3, POWER_ON);
	for (uint32_t kicks = host_kicks(2); host_kicks(2) == kicks && host_can_run(1);)
		host_run(1); /* the first is asked to stop, the second is not yet */
	to_the_end(2);
	to_the_end(1);
	host_points(false);
	host_settle();
	quiet();
	check_new_life();
}

static void a_start_of_the_old_life_is_none_in_the_new(void **state)
{
	static const struct doing on_2 = { .index = 2 };
	struct guest_on on = { .index = 2, .entry = NEW_ENTRY, .arg = 1 };

	(void)state;
	five_cores(BIT(1));
	host_trap(0, on_index, (void *)(uintptr_t)&on_2);
	host_trap(1, guest_system_reset, NULL);
	for (uint32_t i = 1; i < 5; i++)
		to_the_end(i);
	to_the_end(0); /* core 2 does not come to look at what it posts */
	if (!host_guest(0))
		host_settle();
	does(vcpu_of(0, 0), guest_loaded, NULL);
	to_the_end(0);
	does(vcpu_of(0, 0), guest_cpu_on, &on);
	until_power(0, 2, POWER_ON_PENDING);
	to_the_end(2);
	host_points(false);
	host_settle();
	assert_int_equal(on.status, 0);
	assert_int_equal(pc_of(vcpu_of(0, 2)), NEW_ENTRY);
	quiet();
}

static const struct host_partition loader_and_controller[] = {
	{ .name = "loader", .n_vcpus = 1, .vcpu = { { 0, 5 } }, .flags = BH_PART_RESTART },
	{ .name = "controller", .n_vcpus = 1, .vcpu = { { 1, 5 } } },
};

static const struct host_system description_of_control = {
	.n_cores = 2, .n_partitions = 2, .partition = loader_and_controller, .no_reader = true
};

static void guest_stops_the_first(struct vcpu *v, void *arg)
{
	(void)v;
	(void)arg;
	assert_true(partition_stop(partition_at(0), BH_STOP_ORDER, BH_BEGIN_FIRST));
}

/* The end of the stub: sdk/stub/stub.S. */
static void guest_stub_ends(struct vcpu *v, void *arg)
{
	struct guest_call done = { .function = BH_CALL_BOOT_DONE, .arg = { NEW_ENTRY } }, panic = { .function = BH_CALL_PANIC };

	(void)arg;
	guest_call(v, &done);
	assert_int_equal(done.result, BH_E_STATE);
	guest_call(v, &panic);
	assert_int_equal(panic.result, CALL_NO_RETURN);
}

/* Ordered, but not posted yet: its core knows nothing of it. */
static void a_stub_that_a_stop_overtakes_has_not_panicked(void **state)
{
	struct partition *p;

	(void)state;
	boot(&description_of_control);
	p = partition_at(0);
	starts(0);
	starts(1);
	loads(1);
	host_points(true);
	host_trap(1, guest_stops_the_first, NULL);
	while (p->state != PARTITION_STOPPING)
		host_run(1);
	assert_false(host_can_run(0));
	host_trap(0, guest_stub_ends, NULL);
	to_the_end(0);
	to_the_end(1);
	host_points(false);
	host_settle();
	quiet();
	assert_int_equal(p->state, PARTITION_OFF);
	assert_int_equal(p->faults, 0);
	assert_null(strstr(host_text(), "cannot go on"));
}

#define SCENE(test) cmocka_unit_test_teardown(test, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(late_starts_are_stopped_once_each),
		SCENE(a_start_of_the_old_life_is_none_in_the_new),
		SCENE(a_stub_that_a_stop_overtakes_has_not_panicked),
		SCENE(the_last_two_that_switch_off_together_end_the_partition),
		SCENE(of_two_that_stop_it_one_decides),
		SCENE(one_of_two_that_switch_the_same_vcpu_on_succeeds),
		SCENE(a_vcpu_that_is_switched_on_as_it_goes_off_does_one_after_the_other),
		SCENE(a_restart_while_a_vcpu_is_switched_on_restarts_all),
		SCENE(an_end_while_vcpus_come_and_go_is_an_end),
		SCENE(a_restart_while_several_are_switched_on_restarts_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
