/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bulkhead's hypercalls: the numbers that exist, and all others.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/emul_machine.h"

static struct vcpu *caller;

static int caller_runs(void **state)
{
	(void)state;
	boot(&emul_description);
	starts(CLIENT);
	loads(CLIENT);
	caller = vcpu_of(CLIENT, 0);
	return 0;
}

static int64_t calls(uint32_t function)
{
	struct guest_call c = { .function = function };

	does(caller, guest_call, &c);
	return c.result;
}

static void the_version_is_the_abis(void **state)
{
	(void)state;
	assert_int_equal(calls(BH_CALL_VERSION), BH_ABI_VERSION);
	assert_int_equal(caller->arch.x0, BH_ABI_VERSION);
}

static void a_function_that_does_not_exist_is_not_supported(void **state)
{
	(void)state;
	for (uint32_t n = 27; n < 0x10000; n++)
		assert_int_equal(calls(BH_CALL(n)), BH_E_UNKNOWN);
	for (uint32_t bit = 16; bit < 32; bit++)
		assert_int_equal(calls(BH_CALL_VERSION ^ BIT(bit)), BH_E_UNKNOWN);
	assert_int_equal((int32_t)caller->arch.x0, -1); /* as SMCCC has it */
}

static void the_stubs_calls_are_refused_to_a_guest(void **state)
{
	uint64_t pc = pc_of(caller);

	(void)state;
	assert_int_equal(calls(BH_CALL_BOOT_DONE), BH_E_STATE);
	assert_int_equal(calls(BH_CALL_BOOT_FAILED), BH_E_STATE);
	assert_int_equal(pc_of(caller), pc);
	assert_true(partition_runs(partition_at(CLIENT)));
}

/* CALL-2 */
static void a_million_random_calls_harm_nobody(void **state)
{
	(void)state;
	random_seed("calls", 0xca11);
	for (uint32_t i = 0; i < 1000000; i++) {
		struct guest_call c = { .function = BH_CALL(random_below(8)) };

		for (uint32_t a = 0; a < 6; a++)
			c.arg[a] = (uint64_t)random_below(0x7fffffff) >> random_below(31) << random_below(64);
		does(caller, guest_call, &c);
		assert_true(c.result <= 0 || c.result == BH_ABI_VERSION);
	}
	quiet();
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, caller_runs, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(the_version_is_the_abis),
		RUN(a_function_that_does_not_exist_is_not_supported),
		RUN(the_stubs_calls_are_refused_to_a_guest),
		RUN(a_million_random_calls_harm_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
