/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pause that meets an end, of the partition that is to stand still or of the monitor that asks for it: whatever the order of the cores'
 * steps, nobody stands still for nobody, and the next life can be paused as the first could. And an order to one that is held meets its release.
 * sources: arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/points.h"

enum { VICTIM,
       MONITOR,
       BOSS,
       PARTITIONS };

#define CORES 4u

static const struct host_partition partitions[PARTITIONS] = {
	[VICTIM] = { .name = "victim", .n_vcpus = 2, .vcpu = { { 0, 5 }, { 1, 5 } }, .flags = BH_PART_RESTART | BH_PART_DUMP },
	[MONITOR] = { .name = "monitor", .n_vcpus = 1, .vcpu = { { 2, 5 } }, .flags = BH_PART_RESTART },
	[BOSS] = { .name = "boss", .n_vcpus = 1, .vcpu = { { 3, 5 } } },
};
static const struct host_control to_victim[] = {
	{ .holder = MONITOR, .object = VICTIM, .rights = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP | BH_CONTROL_MAY_INSPECT },
	{ .holder = BOSS, .object = VICTIM, .rights = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP },
};
static const struct host_system description = { .n_cores = CORES, .n_partitions = PARTITIONS, .n_controls = 2, .partition = partitions, .control = to_victim, .no_reader = true, .monitor = MONITOR + 1 };

/* What each core's guest does one after the other, as long as it runs. */
struct scene {
	host_guest_fn *doing[CORES][3];
	bool stands; /* it may stand still at the end, for a monitor that knows */
	bool held;   /* the victim is, when it begins */
};

static const struct scene *scene;
static uint32_t done[CORES];

static int64_t orders(struct vcpu *v, enum bh_control what)
{
	uint32_t n = v->part->number == BOSS;
	struct guest_call c = { .function = BH_CALL_CONTROL, .arg = { host_system_control(blob, &description, n), what } };

	guest_call(v, &c);
	return c.result;
}

static void pauses(struct vcpu *v, void *arg)
{
	(void)arg;
	(void)orders(v, BH_CONTROL_PAUSE);
}

static void resumes(struct vcpu *v, void *arg)
{
	(void)arg;
	(void)orders(v, BH_CONTROL_RESUME);
}

static void releases(struct vcpu *v, void *arg)
{
	(void)arg;
	assert_int_equal(orders(v, BH_CONTROL_RELEASE), BH_OK);
}

static int64_t stopped; /* what the order was answered with */

static void stops(struct vcpu *v, void *arg)
{
	(void)arg;
	stopped = orders(v, BH_CONTROL_STOP);
}

static void asks_for_a_restart(void)
{
	does(vcpu_of(VICTIM, 0), guest_system_reset, NULL);
	host_settle();
	assert_int_equal(partition_at(VICTIM)->state, PARTITION_HELD);
}

static void setup(void)
{
	host_points(false);
	boot(&description);
	for (uint32_t i = 0; i < PARTITIONS; i++) {
		starts(i);
		loads(i);
	}
	cpu_on(VICTIM, 0, 1);
	if (scene->held)
		asks_for_a_restart();
	memset(done, 0, sizeof(done));
	host_points(true);
}

static host_guest_fn *doing(uint32_t core)
{
	return host_guest(core) && done[core] < 3 ? scene->doing[core][done[core]] : NULL;
}

static bool can(uint32_t core)
{
	return host_can_run(core) || doing(core);
}

static void step(uint32_t core)
{
	if (host_can_run(core))
		host_run(core);
	else
		host_trap(core, scene->doing[core][done[core]++], NULL);
}

static struct guest_call asks(enum bh_control what)
{
	struct guest_call c = { .function = BH_CALL_CONTROL, .arg = { host_system_control(blob, &description, 0), what } };

	does(vcpu_of(MONITOR, 0), guest_call, &c);
	host_settle();
	return c;
}

static void nobody_stands_still(void)
{
	assert_int_equal(partition_at(VICTIM)->pause, 0);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(vcpu_of(VICTIM, i)->frozen, 0);
	assert_true(runs_on(vcpu_of(VICTIM, 0), 0));
}

static void check(void)
{
	host_points(false);
	host_settle();
	if (partition_at(VICTIM)->state == PARTITION_HELD)
		assert_int_equal(asks(BH_CONTROL_RELEASE).result, BH_OK);
	for (uint32_t i = 0; i < PARTITIONS; i++)
		if (partition_at(i)->state == PARTITION_LOADING) {
			does(vcpu_of(i, 0), guest_loaded, NULL);
			host_settle();
		}
	if (scene->stands && asks(BH_CONTROL_STATE).arg[0] == BH_RUN_PAUSED)
		assert_int_equal(asks(BH_CONTROL_RESUME).result, BH_OK);
	nobody_stands_still();
	assert_int_equal(asks(BH_CONTROL_PAUSE).result, BH_OK);
	assert_int_equal(asks(BH_CONTROL_STATE).arg[0], BH_RUN_PAUSED);
	assert_int_equal(asks(BH_CONTROL_RESUME).result, BH_OK);
	nobody_stands_still();
	quiet();
}

static void check_held(void)
{
	host_points(false);
	host_settle();
	if (stopped == BH_OK)
		assert_int_equal(partition_at(VICTIM)->state, PARTITION_OFF);
	else
		assert_int_equal(stopped, BH_E_STATE);
	quiet();
}

static void play(const struct scene *s, uint32_t bound)
{
	const struct race race = { .setup = setup, .can = can, .step = step, .check = s->held ? check_held : check, .n_cores = CORES };

	scene = s;
	print_message("%u orders with at most %u switches\n", all_orders(&race, bound, (struct switches){ .n = 0 }), bound);
	random_seed("then random ones", 0x57a11);
	for (uint32_t i = 0; i < 3000; i++)
		random_order(&race);
}

static void a_pause_that_meets_a_restart_is_gone_with_that_life(void **state)
{
	static const struct scene s = { .doing = { { guest_system_reset }, { NULL }, { pauses } }, .stands = true };

	(void)state;
	play(&s, 2);
}

static void so_is_one_that_goes_on_as_it_ends(void **state)
{
	static const struct scene s = { .doing = { { NULL }, { guest_system_reset }, { pauses, resumes } }, .stands = true };

	(void)state;
	play(&s, 2);
}

static void a_pause_whose_monitor_begins_anew_holds_nobody(void **state)
{
	static const struct scene s = { .doing = { { NULL }, { NULL }, { pauses, guest_system_reset, guest_loaded } } };

	(void)state;
	play(&s, 2);
}

static void an_order_to_one_that_is_held_is_obeyed_where_it_is_taken(void **state)
{
	static const struct scene s = { .doing = { { NULL }, { NULL }, { releases }, { stops } }, .held = true };

	(void)state;
	play(&s, 2);
}

#define SCENE(test) cmocka_unit_test_teardown(test, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(a_pause_that_meets_a_restart_is_gone_with_that_life),
		SCENE(so_is_one_that_goes_on_as_it_ends),
		SCENE(an_order_to_one_that_is_held_is_obeyed_where_it_is_taken),
		SCENE(a_pause_whose_monitor_begins_anew_holds_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
