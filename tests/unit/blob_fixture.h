/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small good blob, made by hand, for the tests of blob_check() and for its fuzzer: a console that
 * serves two clients, on two cores. And blob_follow(), which uses a blob as blindly as the kernel
 * does: under ASan it shows that what blob_check() passed may really be followed.
 */
#ifndef TESTS_UNIT_BLOB_FIXTURE_H
#define TESTS_UNIT_BLOB_FIXTURE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/blob_at.h"
#include "lib/blob_check.h"

#define FIX_VA(page) (BH_KERNEL_VA + (page)*0x1000ull)

struct blob_fixture {
	struct bh_blob b;
	struct bh_core core[2];
	struct bh_partition part[3];
	struct bh_vcpu vcpu[4];
	struct bh_emul emul[2];
	struct bh_region region[6];
	struct bh_cap cap[2];
	struct bh_irq irq[3];
	uint32_t smc[2];
	uint8_t regs[0x400];
	char names[64];
};

enum { FIX_CONSOLE,
       FIX_LINUX,
       FIX_CONTROL };

static void fixture_arrays(struct blob_fixture *f)
{
	f->b.n_cores = 2, f->b.off_cores = offsetof(struct blob_fixture, core);
	f->b.n_partitions = 3, f->b.off_partitions = offsetof(struct blob_fixture, part);
	f->b.n_vcpus = 4, f->b.off_vcpus = offsetof(struct blob_fixture, vcpu);
	f->b.n_emuls = 2, f->b.off_emuls = offsetof(struct blob_fixture, emul);
	f->b.n_regions = 6, f->b.off_regions = offsetof(struct blob_fixture, region);
	f->b.n_caps = 2, f->b.off_caps = offsetof(struct blob_fixture, cap);
	f->b.n_irqs = 3, f->b.off_irqs = offsetof(struct blob_fixture, irq);
	f->b.n_smcs = 2, f->b.off_smcs = offsetof(struct blob_fixture, smc);
	f->b.reg_bytes = sizeof(f->regs), f->b.off_regs = offsetof(struct blob_fixture, regs);
	f->b.names_bytes = sizeof(f->names), f->b.off_names = offsetof(struct blob_fixture, names);
}

static void fixture_system(struct blob_fixture *f)
{
	f->b.magic = BH_BLOB_MAGIC;
	f->b.abi_version = BH_ABI_VERSION;
	f->b.total_bytes = sizeof(*f);
	f->b.core_state_va = FIX_VA(0x40);
	f->b.partition_state_va = FIX_VA(0x41);
	f->b.vcpu_state_va = FIX_VA(0x42);
	f->b.emul_state_va = FIX_VA(0x46);
	f->b.log_va = FIX_VA(0x50);
	f->b.empty_root = 0x44100000;
	f->b.gicd_va = FIX_VA(0x80);
	f->b.uart_va = FIX_VA(0xa0);
	f->b.uart_kind = BH_UART_PL011;
	f->b.psci = BH_PSCI_SMC;
	f->b.gic_version = 3;
	f->b.timer_intid = 26;
	f->b.maintenance_intid = 25;
	f->b.n_intids = 288;
	f->b.log_reader = FIX_CONSOLE;
	f->b.log_intid = 255;
	f->b.system_name = 1;
	f->b.board_name = 6;
	f->b.ipa_bits = 39;
	memcpy(f->names, "\0demo\0virt\0console\0linux\0control", 33);
}

static void fixture_cores(struct blob_fixture *f)
{
	f->core[0] = (struct bh_core){ .stack_va = FIX_VA(0x62), .gicr_va = FIX_VA(0x100), .n_vcpus = 2, .vcpu = { 0, 1 } };
	f->core[1] = (struct bh_core){
		.mpidr = 1, .stack_va = FIX_VA(0x65), .gicr_va = FIX_VA(0x120), .n_vcpus = 2, .vcpu = { 3, 2 }
	};
	f->vcpu[0] = (struct bh_vcpu){ .partition = FIX_CONSOLE, .core = 0, .rank = 0 };
	f->vcpu[1] = (struct bh_vcpu){ .partition = FIX_LINUX, .core = 0, .rank = 1 };
	f->vcpu[2] = (struct bh_vcpu){ .partition = FIX_LINUX, .index = 1, .core = 1, .rank = 1 };
	f->vcpu[3] = (struct bh_vcpu){ .partition = FIX_CONTROL, .core = 1, .rank = 0 };
}

static void fixture_partitions(struct blob_fixture *f)
{
	f->part[0] = (struct bh_partition){ .name = 11, .flags = BH_PART_RESTART, .n_vcpus = 1, .n_regions = 2, .n_caps = 2 };
	f->part[1] = (struct bh_partition){ .name = 19, .first_vcpu = 1, .n_vcpus = 2, .first_region = 2, .n_regions = 2 };
	f->part[2] = (struct bh_partition){ .name = 25, .first_vcpu = 3, .n_vcpus = 1, .first_region = 4, .n_regions = 2 };
	f->part[1].first_cap = f->part[2].first_cap = 2;
	f->part[1].n_smcs = 2, f->part[2].first_smc = 2;
	for (uint32_t i = 0; i < 3; i++) {
		f->part[i].vmid = i + 1;
		f->part[i].load_root = 0x44110000 + i * 0x2000;
		f->part[i].run_root = 0x44111000 + i * 0x2000;
	}
}

static void fixture_objects(struct blob_fixture *f)
{
	const uint32_t rw = BH_READ | BH_WRITE;

	f->region[0] = (struct bh_region){ 0x09000000, 0x1000, 0x09000000, BH_REGION_DEVICE, rw, 11, 0 };
	f->region[1] = (struct bh_region){ 0x40000000, 0x40000, 0x46000000, BH_REGION_RAM, rw | BH_EXECUTE, 11, 0 };
	f->region[2] = (struct bh_region){ 0x09000000, 0x1000, 0, BH_REGION_EMULATED, rw, 19, 0 };
	f->region[3] = (struct bh_region){ 0x40000000, 0x200000, 0x46200000, BH_REGION_RAM, rw | BH_EXECUTE, 19, 0 };
	f->region[4] = (struct bh_region){ 0x09000000, 0x1000, 0, BH_REGION_EMULATED, rw, 25, 1 };
	f->region[5] = (struct bh_region){ 0x40000000, 0x200000, 0x46400000, BH_REGION_RAM, rw | BH_EXECUTE, 25, 0 };
	for (uint32_t i = 0; i < 2; i++) {
		f->emul[i] = (struct bh_emul){ .client = i + 1, .server = FIX_CONSOLE, .ipa = 0x09000000, .bytes = 0x1000 };
		f->emul[i].intid = 33;
		f->emul[i].doorbell = 254 - i;
		f->emul[i].queue_va = FIX_VA(0x52 + i);
		f->emul[i].server_va = FIX_VA(0x54 + 2 * i);
		f->cap[i] = (struct bh_cap){ .kind = BH_CAP_SERVE, .object = i };
	}
	f->irq[0] = (struct bh_irq){ 33, 33, FIX_CONSOLE, BH_IRQ_LEVEL };
	f->irq[1] = (struct bh_irq){ 48, 48, FIX_LINUX, 0 };
	f->irq[2] = (struct bh_irq){ 49, 49, FIX_LINUX, 0 };
	f->smc[0] = 0x82000001, f->smc[1] = 0x82000002;
	memset(f->regs, BH_REG_READ_SHADOW, sizeof(f->regs));
}

static inline void fixture_make(struct blob_fixture *f)
{
	memset(f, 0, sizeof(*f));
	fixture_arrays(f);
	fixture_system(f);
	fixture_cores(f);
	fixture_partitions(f);
	fixture_objects(f);
}

static inline uint64_t follow_partition(const struct bh_blob *b, const struct bh_partition *p)
{
	uint64_t sum = strlen(blob_name(b, p->name));

	for (uint32_t i = 0; i < p->n_vcpus; i++) {
		const struct bh_vcpu *v = &blob_vcpus(b)[p->first_vcpu + i];

		sum += blob_cores(b)[v->core].vcpu[v->rank];
	}
	for (uint32_t i = 0; i < p->n_regions; i++) {
		const struct bh_region *r = &blob_regions(b)[p->first_region + i];

		sum += r->kind == BH_REGION_EMULATED ? blob_emuls(b)[r->object].reg : r->pa;
		sum += strlen(blob_name(b, r->name));
	}
	for (uint32_t i = 0; i < p->n_caps; i++) {
		const struct bh_cap *c = &blob_caps(b)[p->first_cap + i];

		sum += c->kind == BH_CAP_SERVE ? blob_emuls(b)[c->object].queue_va : 0;
	}
	for (uint32_t i = 0; i < p->n_smcs; i++)
		sum += blob_smcs(b)[p->first_smc + i];
	return sum;
}

/* Uses every reference of a blob without a check of its own. */
static inline uint64_t blob_follow(const struct bh_blob *b)
{
	uint64_t sum = strlen(blob_name(b, b->system_name)) + strlen(blob_name(b, b->board_name));

	for (uint32_t i = 0; i < b->n_partitions; i++)
		sum += follow_partition(b, &blob_partitions(b)[i]);
	for (uint32_t i = 0; i < b->n_cores; i++)
		for (uint32_t r = 0; r < blob_cores(b)[i].n_vcpus; r++)
			sum += blob_partitions(b)[blob_vcpus(b)[blob_cores(b)[i].vcpu[r]].partition].vmid;
	for (uint32_t i = 0; i < b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(b)[i];

		sum += blob_partitions(b)[e->client].vmid + blob_partitions(b)[e->server].vmid;
		for (uint32_t o = 0; o < e->bytes / 4; o++)
			sum += blob_regs(b, e->reg)[o];
	}
	for (uint32_t i = 0; i < b->n_irqs; i++)
		sum += blob_partitions(b)[blob_irqs(b)[i].partition].vmid;
	return sum;
}

#endif
