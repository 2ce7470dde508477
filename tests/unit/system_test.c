/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding regions and capabilities: exactly those of the partition that asks, whatever it asks.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/emul_machine.h"

static int booted(void **state)
{
	(void)state;
	boot(&emul_description);
	return 0;
}

static void the_state_arrays_mirror_the_blob(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < blob->n_cores; i++)
		assert_int_equal(core_at(i)->number, i);
	for (uint32_t i = 0; i < blob->n_vcpus; i++) {
		const struct vcpu *v = vcpu_at(i);

		assert_ptr_equal(v->core->vcpu[v->desc->rank], v);
		assert_ptr_equal(partition_vcpu(v->part, v->desc->index), v);
	}
	for (uint32_t i = 0; i < blob->n_partitions; i++)
		assert_string_equal(name_at(partition_at(i)->desc->name), emul_partitions[i].name);
}

static void a_region_is_found_by_each_of_its_bytes_and_no_other(void **state)
{
	const struct partition *p = partition_at(CLIENT);

	(void)state;
	assert_int_equal(p->desc->n_regions, 4);
	for (uint32_t n = 0; n < 3; n++) {
		ipa_t ipa = emul_regions[n].ipa;

		assert_int_equal(region_find(p, ipa)->object, n);
		assert_int_equal(region_find(p, ipa + BH_PAGE - 1)->object, n);
	}
	assert_null(region_find(p, emul_regions[0].ipa - 1));
	assert_null(region_find(p, emul_regions[2].ipa + BH_PAGE));
	assert_int_equal(region_find(p, HOST_RAM_IPA)->kind, BH_REGION_RAM);
	assert_int_equal(region_find(p, HOST_RAM_IPA + HOST_RAM_BYTES - 1)->kind, BH_REGION_RAM);
	assert_null(region_find(p, HOST_RAM_IPA - 1));
	assert_null(region_find(p, HOST_RAM_IPA + HOST_RAM_BYTES));
	assert_null(region_find(p, 0));
	assert_null(region_find(p, ~0ull));
}

static void a_partition_finds_its_own_regions_only(void **state)
{
	(void)state;
	assert_null(region_find(partition_at(STRANGER), emul_regions[0].ipa));
	assert_true(region_find(partition_at(STRANGER), HOST_RAM_IPA) != region_find(partition_at(CLIENT), HOST_RAM_IPA));
}

static void a_capability_is_found_by_its_number_and_kind(void **state)
{
	const struct partition *p = partition_at(SERVER);

	(void)state;
	assert_int_equal(p->desc->n_caps, 6);
	for (uint32_t n = 0; n < 3; n++) {
		assert_int_equal(cap_find(p, host_system_cap(blob, n), BH_CAP_SERVE)->object, n);
		assert_null(cap_find(p, 2 * n, BH_CAP_SERVE)); /* empty entries */
	}
	assert_null(cap_find(p, 1, BH_CAP_SERVE + 1));
}

static void a_number_beyond_the_table_finds_nothing(void **state)
{
	static const uint64_t number[] = { 6, 7, 0xff, 0x10001, BIT64(32) + 1, BIT64(60) + 1, ~0ull };

	(void)state;
	for (uint32_t i = 0; i < sizeof(number) / sizeof(number[0]); i++)
		assert_null(cap_find(partition_at(SERVER), number[i], BH_CAP_SERVE));
	for (uint64_t n = 0; n < 8; n++)
		assert_null(cap_find(partition_at(STRANGER), n, BH_CAP_SERVE));
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, booted, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(the_state_arrays_mirror_the_blob),
		RUN(a_region_is_found_by_each_of_its_bytes_and_no_other),
		RUN(a_partition_finds_its_own_regions_only),
		RUN(a_capability_is_found_by_its_number_and_kind),
		RUN(a_number_beyond_the_table_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
