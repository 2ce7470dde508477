/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_check() refuses each kind of damage with the right sentence, and what it passes may be
 * followed blindly. sanitizers watch the second half.
 * sources: lib/blob_check.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/blob_fixture.h"

static void expect(const struct blob_fixture *f, const char *part, int line)
{
	const char *wrong = blob_check(&f->b, sizeof(*f));

	if (!wrong)
		fail_msg("line %d: passed, but expected \"%s\"", line, part);
	else if (!strstr(wrong, part))
		fail_msg("line %d: \"%s\", but expected \"%s\"", line, wrong, part);
}

/* A fresh good blob, one change, and a part of the sentence that must come. */
#define REFUSED(change, part)               \
	do {                                \
		struct blob_fixture f;      \
                                            \
		fixture_make(&f);           \
		change;                     \
		expect(&f, part, __LINE__); \
	} while (0)

static void a_good_blob_passes(void **state)
{
	struct blob_fixture f;

	(void)state;
	fixture_make(&f);
	assert_null(blob_check(&f.b, sizeof(f)));
	assert_true(blob_follow(&f.b) != 0);
}

static void head_is_checked(void **state)
{
	struct blob_fixture f;

	(void)state;
	fixture_make(&f);
	assert_non_null(blob_check(&f.b, sizeof(f.b) - 1));
	assert_non_null(blob_check(&f.b, sizeof(f) - 1));
	REFUSED(f.b.magic++, "magic");
	REFUSED(f.b.abi_version++, "ABI version");
	REFUSED(f.b.total_bytes = sizeof(f.b) - 1, "size");
}

static void arrays_lie_within_the_blob(void **state)
{
	(void)state;
	REFUSED(f.b.off_cores += 4, "cores out");
	REFUSED(f.b.off_cores = 0, "cores out");
	REFUSED(f.b.n_cores = BH_MAX_CORES + 1, "cores out");
	REFUSED(f.b.n_cores = 0, "cores out");
	REFUSED(f.b.off_partitions = 0xfffffff8, "partitions out");
	REFUSED(f.b.n_partitions = 33, "partitions out");
	REFUSED(f.b.n_vcpus = 0, "vCPUs out");
	REFUSED(f.b.off_vcpus = (uint32_t)sizeof(f) - 8, "vCPUs out");
	REFUSED(f.b.n_emuls = 65, "emulated regions out");
	REFUSED(f.b.n_regions = BH_MAX_REGIONS, "regions out");
	REFUSED(f.b.n_caps = 0xffffffff, "capabilities out");
	REFUSED(f.b.n_irqs = 257, "interrupts out");
	REFUSED(f.b.n_smcs = 65, "SMC allow-lists out");
	REFUSED(f.b.reg_bytes = 0xffffffff, "register tables out");
	REFUSED(f.b.off_regs = (uint32_t)sizeof(f), "register tables out");
	REFUSED(f.b.names_bytes = 0, "names out");
	REFUSED(f.b.names_bytes += 8, "names out");
	REFUSED(f.names[63] = 'x', "does not end");
}

static void system_is_checked(void **state)
{
	(void)state;
	REFUSED(f.b.gic_version = 2, "GICv3");
	REFUSED(f.b.timer_intid = 25, "PPIs");
	REFUSED(f.b.maintenance_intid = 32, "PPIs");
	REFUSED(f.b.n_intids = 1021, "INTIDs");
	REFUSED(f.b.psci = BH_PSCI_NONE, "other cores");
	REFUSED(f.b.psci = 3, "other cores");
	REFUSED(f.b.uart_kind = 3, "UART");
	REFUSED(f.b.uart_va++, "UART is not aligned");
	REFUSED(f.b.uart_va = 0x9000000, "UART");
	REFUSED(f.b.ipa_bits = 40, "39 bits");
	REFUSED(f.b.empty_root++, "empty root");
	REFUSED(f.b.gicd_va = 0x7ffffff000, "distributor");
	REFUSED(f.b.log_va = 0x7ffffff000, "log");
	REFUSED(f.b.vcpu_state_va += 8, "state outside");
	REFUSED(f.b.log_reader = 3, "reader of the log");
	REFUSED(f.b.log_intid = 288, "reader of the log");
	REFUSED(f.b.board_name = 64, "name of system");
}

static void cores_and_vcpus_agree(void **state)
{
	(void)state;
	REFUSED(f.core[1].mpidr = 0, "used twice");
	REFUSED(f.core[1].mpidr = 0x80000001, "affinity");
	REFUSED(f.core[0].reserved = 1, "reserved");
	REFUSED(f.core[0].stack_va = 0x1000, "stack");
	REFUSED(f.core[0].gicr_va += 0x10, "redistributor");
	REFUSED(f.core[0].n_vcpus = 17, "too many");
	REFUSED(f.core[0].vcpu[0] = 4, "no such vCPU");
	REFUSED(f.core[0].vcpu[0] = 1, "differ");
	REFUSED(f.core[0].n_vcpus = 1, "rank out of range");
	REFUSED(f.vcpu[0].core = 1, "differ");
	REFUSED(f.vcpu[2].rank = 0, "differ");
	REFUSED(f.vcpu[2].index = 0, "wrong index");
	REFUSED(f.vcpu[2].partition = FIX_CONTROL, "not its partition's");
	REFUSED(f.part[1].n_vcpus = 9, "wrong vCPUs");
	REFUSED(f.part[1].n_vcpus = 1, "wrong vCPUs");
	REFUSED(f.part[0].n_vcpus = 0, "wrong vCPUs");
}

static void partitions_are_checked(void **state)
{
	(void)state;
	REFUSED(f.part[0].name = 64, "name");
	REFUSED(f.part[0].flags |= BH_PART_DEDICATED, "flags");
	REFUSED(f.part[2].vmid = 1, "VMID");
	REFUSED(f.part[2].fp = 3, "FP");
	REFUSED(f.part[2].load_root = 0, "root");
	REFUSED(f.part[2].run_root += 8, "root");
	REFUSED(f.part[0].n_caps = 1, "capabilities");
	REFUSED(f.part[2].n_smcs = 1, "SMC");
	REFUSED(f.part[2].first_smc = 1, "SMC");
	REFUSED(f.part[2].n_regions = 1, "nobody's");
	REFUSED(f.part[2].n_regions = 0xfffffffe, "wrong regions");
}

static void regions_are_sorted_disjoint_and_whole(void **state)
{
	(void)state;
	REFUSED(f.region[0].kind = 0, "kind");
	REFUSED(f.region[0].kind = BH_REGION_SHARED + 1, "kind");
	REFUSED(f.region[0].rights = 8, "rights");
	REFUSED(f.region[0].bytes = 0x800, "whole pages");
	REFUSED(f.region[0].bytes = 0, "whole pages");
	REFUSED(f.region[0].ipa = 1ull << 39, "address space");
	REFUSED(f.region[0].bytes = UINT64_MAX & ~0xfffull, "address space");
	REFUSED(f.region[0].pa = UINT64_MAX & ~0xfffull, "address space");
	REFUSED(f.region[0].name = 64, "name");
	REFUSED(f.region[0].bytes = 0x38000000, "overlaps");
	REFUSED(f.region[1].ipa = 0x08000000, "not sorted");
	REFUSED(f.region[2].object = 2, "no such emulated");
	REFUSED(f.region[2].object = 1, "another's");
	REFUSED(f.region[2].ipa += 0x1000, "another's");
	REFUSED(f.region[2].pa = 0x1000, "no such emulated");
	REFUSED(f.region[2].kind = BH_REGION_CONST, "does not have it");
}

static void capabilities_name_what_their_holder_serves(void **state)
{
	(void)state;
	REFUSED(f.cap[0].kind = 2, "no such object");
	REFUSED(f.cap[0].object = 2, "no such object");
	REFUSED(f.cap[0].rights = 1, "reserved");
	REFUSED(f.cap[1].kind = BH_CAP_NONE, "no such object");
	REFUSED(f.part[0].n_caps = f.part[1].first_cap = 1; f.part[1].n_caps = 1, "another partition");
}

static void emulated_regions_have_both_ends_and_a_table(void **state)
{
	(void)state;
	REFUSED(f.emul[0].client = 3, "client");
	REFUSED(f.emul[0].server = 0xffffffff, "server");
	REFUSED(f.emul[0].server = FIX_LINUX, "server");
	REFUSED(f.emul[0].bytes = 0x20000, "size");
	REFUSED(f.emul[0].reg = 1, "register table");
	REFUSED(f.emul[0].reg = 0xffffffff, "register table");
	REFUSED(f.emul[0].bytes = 0x2000, "register table");
	REFUSED(f.emul[0].intid = 31, "interrupt");
	REFUSED(f.emul[0].doorbell = BH_NONE, "interrupt");
	REFUSED(f.emul[0].queue_va = 0x1000, "queue");
	REFUSED(f.emul[0].server_va = 0x7ffffff000, "queue or server");
	REFUSED(f.emul[0].down = 3, "dead server");
	REFUSED(f.regs[5] = 0x20, "unknown bits");
}

static void interrupts_have_one_source_and_one_owner(void **state)
{
	(void)state;
	REFUSED(f.irq[1].pintid = 33, "not sorted");
	REFUSED(f.irq[0].pintid = 31, "not sorted");
	REFUSED(f.irq[2].pintid = 288, "not sorted");
	REFUSED(f.irq[0].vintid = 288, "virtual INTID");
	REFUSED(f.irq[0].partition = 3, "partition out of range");
	REFUSED(f.irq[0].flags = 2, "flags");
	REFUSED(f.irq[2].vintid = 48, "two sources");
	REFUSED(f.irq[2].vintid = 33, "two sources");
	REFUSED(f.irq[0].vintid = 254, "doorbell");
	REFUSED(f.irq[0].vintid = 255, "doorbell");
}

static uint64_t random_next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* One to four changes: a byte, a bit, or a word taken from a list of awkward numbers. */
static void mutate(uint8_t *bytes, size_t n, uint64_t *seed)
{
	static const uint32_t odd[] = { 0, 1, 8, 31, 32, 64, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff };
	uint64_t changes = 1 + random_next(seed) % 4;

	for (uint64_t i = 0; i < changes; i++) {
		uint64_t r = random_next(seed);
		size_t at = r >> 8 & 1 ? (r >> 16) % sizeof(struct bh_blob) : (r >> 16) % n;

		if (r % 3 == 0)
			bytes[at] ^= (uint8_t)(1u << (r >> 4) % 8);
		else if (r % 3 == 1)
			bytes[at] = (uint8_t)(r >> 56);
		else
			memcpy(bytes + (at & ~(size_t)3), &odd[(r >> 50) % 10], 4);
	}
}

/* On the heap and of the exact size, so that ASan sees the first byte behind it. */
static void whatever_passes_may_be_followed(void **state)
{
	struct blob_fixture *f = malloc(sizeof(*f));
	uint64_t seed = 20240607, passed = 0;

	(void)state;
	assert_non_null(f);
	for (uint32_t i = 0; i < 200000; i++) {
		fixture_make(f);
		mutate((uint8_t *)f, sizeof(*f), &seed);
		if (blob_check(&f->b, sizeof(*f)) == NULL) {
			passed++;
			assert_true(blob_follow(&f->b) != 0);
		}
	}
	free(f);
	assert_in_range(passed, 1000, 199000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_blob_passes),
		cmocka_unit_test(head_is_checked),
		cmocka_unit_test(arrays_lie_within_the_blob),
		cmocka_unit_test(system_is_checked),
		cmocka_unit_test(cores_and_vcpus_agree),
		cmocka_unit_test(partitions_are_checked),
		cmocka_unit_test(regions_are_sorted_disjoint_and_whole),
		cmocka_unit_test(capabilities_name_what_their_holder_serves),
		cmocka_unit_test(emulated_regions_have_both_ends_and_a_table),
		cmocka_unit_test(interrupts_have_one_source_and_one_owner),
		cmocka_unit_test(whatever_passes_may_be_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
