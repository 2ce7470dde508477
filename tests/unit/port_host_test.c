/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine made of memory itself: it finds who breaks the rules of kernel/arch.h, it hands out
 * poison where a reset promises nothing, and its cores are the kernel's real paths.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/machine.h"

static const struct host_partition partitions[] = {
	{ .name = "one", .n_vcpus = 2, .vcpu = { { 0, 1 }, { 1, 1 } } },
	{ .name = "two", .n_vcpus = 1, .vcpu = { { 0, 2 } } },
};

static const struct host_system description = {
	.n_cores = 2, .n_partitions = 2, .partition = partitions, .no_reader = true
};

static struct vcpu *here, *there, *above;
static const char *broken;

static void note(const char *rule)
{
	broken = rule;
}

static int both_run(void **state)
{
	(void)state;
	boot(&description);
	here = vcpu_of(0, 0);
	there = vcpu_of(0, 1);
	above = vcpu_of(1, 0);
	starts(0);
	loads(0);
	broken = NULL;
	host_failed = note;
	return 0;
}

static int off(void **state)
{
	host_failed = NULL;
	return machine_off(state);
}

#define BREAKS(action)                   \
	do {                             \
		broken = NULL;           \
		host_on(0);              \
		action;                  \
		host_off();              \
		assert_non_null(broken); \
	} while (0)

static void a_core_that_touches_anothers_vcpu_is_found(void **state)
{
	(void)state;
	BREAKS(arch_vcpu_reset(there, ENTRY_GUEST, 0, 0));
	BREAKS(arch_vcpu_load(there));
	BREAKS(arch_vcpu_off(there));
	BREAKS(arch_vcpu_answer(there, 0));
	BREAKS(arch_irq_update(there));
	BREAKS((void)arch_irq_pending(there));
	BREAKS((void)arch_vcpu_deadline(there));
	BREAKS((void)arch_vcpu_pc(there));
}

static void unbalanced_loads_and_saves_are_found(void **state)
{
	(void)state;
	BREAKS(arch_vcpu_load(here)); /* loaded already */
	assert_non_null(strstr(broken, "twice"));
	host_on(0);
	arch_vcpu_reset(above, ENTRY_GUEST, 0, 0);
	BREAKS(arch_vcpu_load(above)); /* over another */
	BREAKS(arch_vcpu_save(here));  /* who was pushed out */
}

static void a_reset_of_what_is_loaded_is_found(void **state)
{
	(void)state;
	BREAKS(arch_vcpu_reset(here, ENTRY_GUEST, 0, 0));
	BREAKS(arch_vcpu_off(here));
}

static void an_answer_without_an_access_is_found(void **state)
{
	(void)state;
	BREAKS(arch_vcpu_finish(here, 0));
	BREAKS(arch_vcpu_abort(here));
}

static void resetting_a_partition_that_runs_is_found(void **state)
{
	(void)state;
	BREAKS(arch_partition_reset(partition_at(0)));
	BREAKS(arch_partition_start(partition_at(0)));
}

static void an_interrupt_nobody_has_is_found(void **state)
{
	(void)state;
	BREAKS(arch_irq_raise(partition_at(0), 31));
	BREAKS(arch_irq_line(partition_at(0), HOST_INTIDS, true));
}

static void what_a_reset_leaves_unknown_is_poison(void **state)
{
	struct host_registers before = here->arch.mine;

	(void)state;
	for (uint32_t i = 0; i < HOST_REGS; i++)
		assert_int_equal(before.unknown[i] >> 16, HOST_POISON >> 16);
	does(here, guest_cpu_off, NULL);
	host_settle();
	starts(0);
	loads(0);
	for (uint32_t i = 0; i < HOST_REGS; i++)
		assert_int_not_equal(here->arch.mine.unknown[i], before.unknown[i]);
}

static void registers_survive_being_preempted(void **state)
{
	(void)state;
	starts(1); /* more urgent, on the same core */
	assert_true(runs_on(above, 0));
	loads(1);
	does(above, guest_wfi, NULL);
	assert_true(runs_on(here, 0)); /* the machine has compared them */
	assert_int_equal(here->arch.saves, 1 + 1);
	assert_null(broken);
}

static void spoil(struct vcpu *v, void *arg)
{
	(void)arg;
	v->arch.mine.unknown[3] ^= 1; /* as if the kernel had lost what the guest left there */
}

static void lost_registers_are_found(void **state)
{
	(void)state;
	does(here, spoil, NULL);
	assert_non_null(broken);
}

static void a_core_idles_until_something_is_pending(void **state)
{
	(void)state;
	assert_int_equal(host_where(1), HOST_IDLE);
	assert_false(host_can_run(1));
	assert_int_equal(host_run(1), HOST_IDLE);
	host_private(there, HOST_SGI); /* it is off, but its core looks */
	assert_true(host_can_run(1));
	host_settle();
	assert_int_equal(host_where(1), HOST_IDLE);
}

static void points_stop_a_core_between_steps(void **state)
{
	uint32_t stops = 0;
	struct guest_on on = { .index = 1, .entry = ENTRY };

	(void)state;
	does(here, guest_cpu_on, &on);
	host_points(true);
	while (host_can_run(1))
		stops += host_run(1) == HOST_POINT;
	assert_true(stops >= 2);
	assert_true(runs_on(there, 1));
}

static void guest_nested(struct vcpu *v, void *arg)
{
	*(struct core **)arg = this_core();
	(void)v;
}

static void this_core_is_the_core_that_runs(void **state)
{
	struct core *seen = NULL;

	(void)state;
	does(here, guest_nested, &seen);
	assert_ptr_equal(seen, core_at(0));
	assert_null(host_this_core);
}

/* As the arm64 port boots: the first core posts before any core schedules. */
static void a_boot_that_posts_first_runs_everybody(void **state)
{
	(void)state;
	host_power_on(host_system_make(&description));
	host_on(0);
	for (uint32_t i = 0; i < 2; i++)
		partition_start(partition_at(i));
	host_off();
	host_settle();
	assert_true(runs_on(vcpu_of(1, 0), 0));
	assert_int_equal(vcpu_of(0, 0)->state, VCPU_READY);
	assert_true(core_at(0)->online && core_at(1)->online);
	quiet();
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, both_run, off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(a_core_that_touches_anothers_vcpu_is_found),
		RUN(unbalanced_loads_and_saves_are_found),
		RUN(a_reset_of_what_is_loaded_is_found),
		RUN(an_answer_without_an_access_is_found),
		RUN(resetting_a_partition_that_runs_is_found),
		RUN(an_interrupt_nobody_has_is_found),
		RUN(what_a_reset_leaves_unknown_is_poison),
		RUN(registers_survive_being_preempted),
		RUN(lost_registers_are_found),
		RUN(a_core_idles_until_something_is_pending),
		RUN(points_stop_a_core_between_steps),
		RUN(this_core_is_the_core_that_runs),
		RUN(a_boot_that_posts_first_runs_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
