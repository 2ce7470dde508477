/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small good blob, made by hand, for the tests of blob_check() and for its fuzzer: a console that
 * serves two clients, on two cores, with a port of each kind, and two modes: in the first, control and one of
 * Linux's vCPUs have windows on core 1, in the second control has its reservation. And blob_follow(), which uses a blob as blindly as the kernel
 * does: under ASan it shows that what blob_check() passed may really be followed.
 */
#ifndef TESTS_UNIT_BLOB_FIXTURE_H
#define TESTS_UNIT_BLOB_FIXTURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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
	struct bh_port port[4];
	struct bh_region region[7];
	struct bh_cap cap[14]; /* two of them for fixture_monitor() */
	struct bh_irq irq[6];  /* three of them for fixture_dedicated() */
	uint32_t smc[2];
	struct bh_mode mode[2];
	struct bh_plan plan[4];
	struct bh_window window[2];
	uint8_t regs[0x400];
	char names[64];
};

enum { FIX_CONSOLE,
       FIX_LINUX,
       FIX_CONTROL };

enum { FIX_SIGNAL,   /* linux to control */
       FIX_SAMPLING, /* control to linux */
       FIX_QUEUING,  /* linux to console */
       FIX_CALL };   /* linux to control */

/* Where each partition's capabilities begin: ports, then what it serves and controls. */
enum { FIX_CONSOLE_CAPS = 0,
       FIX_LINUX_CAPS = 4,
       FIX_CONTROL_CAPS = 8 };

enum { FIX_NORMAL,
       FIX_LIMP };

/* Ranks of core 0 are the console and Linux, of core 1 control and Linux. */
enum { FIX_FIRST = 1,
       FIX_SECOND = 2 };

static inline struct bh_plan *fixture_plan(struct blob_fixture *f, uint32_t mode, uint32_t core)
{
	return &f->plan[2 * mode + core];
}

static void fixture_arrays(struct blob_fixture *f)
{
	f->b.n_cores = 2, f->b.off_cores = offsetof(struct blob_fixture, core);
	f->b.n_partitions = 3, f->b.off_partitions = offsetof(struct blob_fixture, part);
	f->b.n_vcpus = 4, f->b.off_vcpus = offsetof(struct blob_fixture, vcpu);
	f->b.n_emuls = 2, f->b.off_emuls = offsetof(struct blob_fixture, emul);
	f->b.n_ports = 4, f->b.off_ports = offsetof(struct blob_fixture, port);
	f->b.n_regions = 7, f->b.off_regions = offsetof(struct blob_fixture, region);
	f->b.n_caps = 12, f->b.off_caps = offsetof(struct blob_fixture, cap);
	f->b.n_irqs = 3, f->b.off_irqs = offsetof(struct blob_fixture, irq);
	f->b.n_smcs = 2, f->b.off_smcs = offsetof(struct blob_fixture, smc);
	f->b.n_modes = 2, f->b.off_modes = offsetof(struct blob_fixture, mode);
	f->b.n_plans = 4, f->b.off_plans = offsetof(struct blob_fixture, plan);
	f->b.n_windows = 2, f->b.off_windows = offsetof(struct blob_fixture, window);
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
	f->b.port_state_va = FIX_VA(0x47);
	f->b.log_va = FIX_VA(0x50);
	f->b.trace_va = FIX_VA(0x4e);
	f->b.trace_bytes = 0x1000;
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
	f->b.monitor = BH_NONE;
	f->b.system_name = 1;
	f->b.board_name = 6;
	f->b.ipa_bits = 39;
	memcpy(f->names, "\0demo\0virt\0console\0linux\0control\0normal\0limp", 45);
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
	f->part[0] = (struct bh_partition){ .name = 11, .flags = BH_PART_RESTART, .n_vcpus = 1, .n_regions = 2, .n_caps = 4 };
	f->part[1] = (struct bh_partition){ .name = 19, .first_vcpu = 1, .n_vcpus = 2, .first_region = 2, .n_regions = 2 };
	f->part[2] = (struct bh_partition){ .name = 25, .first_vcpu = 3, .n_vcpus = 1, .first_region = 4, .n_regions = 3 };
	for (uint32_t i = 0; i < sizeof(f->part) / sizeof(f->part[0]); i++)
		f->part[i].log_pace_ns = 10000000;
	f->part[1].first_cap = FIX_LINUX_CAPS, f->part[1].n_caps = 4;
	f->part[2].first_cap = FIX_CONTROL_CAPS, f->part[2].n_caps = 4;
	f->part[1].n_smcs = 2, f->part[2].first_smc = 2;
	for (uint32_t i = 0; i < 3; i++) {
		f->part[i].vmid = i + 1;
		f->part[i].root = 0x44110000 + i * 0x2000;
		for (uint32_t k = 0; k < BH_FAULTS; k++)
			f->part[i].health[k].action = bh_actions(k) == BH_ACTIONS_END ? BH_ACTION_STOP : BH_ACTION_LOG;
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
	f->region[6] = (struct bh_region){ 0x50000000, 0x1000, 0x46600000, BH_REGION_SHARED, rw, 25, 0 };
	for (uint32_t i = 0; i < 2; i++) {
		f->emul[i] = (struct bh_emul){ .client = i + 1, .server = FIX_CONSOLE, .ipa = 0x09000000, .bytes = 0x1000 };
		f->emul[i].intid = 33;
		f->emul[i].doorbell = 254 - i;
		f->emul[i].queue_va = FIX_VA(0x52 + i);
		f->emul[i].server_va = FIX_VA(0x54 + 2 * i);
	}
	f->irq[0] = (struct bh_irq){ 33, 33, FIX_CONSOLE, BH_IRQ_LEVEL };
	f->irq[1] = (struct bh_irq){ 48, 48, FIX_LINUX, 0 };
	f->irq[2] = (struct bh_irq){ 49, 49, FIX_LINUX, 0 };
	f->smc[0] = 0x82000001, f->smc[1] = 0x82000002;
	memset(f->regs, BH_REG_READ_SHADOW, sizeof(f->regs));
}

/* Linux's slots are in page 0x58 and its buffers in 0x5a, console's slots in 0x59, control's in 0x5b and 0x5c. */
static void fixture_ports(struct blob_fixture *f)
{
	f->port[FIX_SIGNAL] = (struct bh_port){ .kind = BH_PORT_SIGNAL, .sender = FIX_LINUX, .receiver = FIX_CONTROL };
	f->port[FIX_SAMPLING] = (struct bh_port){ .kind = BH_PORT_SAMPLING, .sender = FIX_CONTROL, .receiver = FIX_LINUX };
	f->port[FIX_QUEUING] = (struct bh_port){ .kind = BH_PORT_QUEUING, .sender = FIX_LINUX, .receiver = FIX_CONSOLE };
	f->port[FIX_CALL] = (struct bh_port){ .kind = BH_PORT_CALL, .sender = FIX_LINUX, .receiver = FIX_CONTROL };
	for (uint32_t i = 0; i < 4; i++)
		f->port[i].send_intid = BH_NONE, f->port[i].receive_intid = 200;
	f->port[FIX_SAMPLING].bytes = 32;
	f->port[FIX_SAMPLING].in_va = FIX_VA(0x58);
	f->port[FIX_QUEUING].flags = BH_PORT_DROP;
	f->port[FIX_QUEUING].bytes = 64, f->port[FIX_QUEUING].depth = 4;
	f->port[FIX_QUEUING].send_intid = 201;
	f->port[FIX_QUEUING].out_va = FIX_VA(0x5a);
	f->port[FIX_QUEUING].in_va = FIX_VA(0x59);
	f->port[FIX_CALL].bytes = 100, f->port[FIX_CALL].reply_bytes = 200;
	f->port[FIX_CALL].out_va = FIX_VA(0x5a) + 64;
	f->port[FIX_CALL].in_va = FIX_VA(0x5b);
	f->port[FIX_CALL].reply_out_va = FIX_VA(0x5c);
	f->port[FIX_CALL].reply_in_va = FIX_VA(0x58) + 192;
}

static void fixture_end(struct blob_fixture *f, uint32_t cap, uint32_t part, uint32_t number, uint32_t port, uint32_t right)
{
	f->cap[cap + number] = (struct bh_cap){ BH_CAP_PORT, port, right, 0 };
	if (right == BH_PORT_SEND)
		f->port[port].sender = part, f->port[port].send_cap = number;
	else
		f->port[port].receiver = part, f->port[port].receive_cap = number;
}

static void fixture_caps(struct blob_fixture *f)
{
	fixture_end(f, FIX_CONSOLE_CAPS, FIX_CONSOLE, 0, FIX_QUEUING, BH_PORT_RECEIVE);
	f->cap[FIX_CONSOLE_CAPS + 1] = (struct bh_cap){ .kind = BH_CAP_SERVE, .object = 0 };
	f->cap[FIX_CONSOLE_CAPS + 2] = (struct bh_cap){ .kind = BH_CAP_SERVE, .object = 1 };
	f->cap[FIX_CONSOLE_CAPS + 3] = (struct bh_cap){ BH_CAP_CONTROL, FIX_LINUX, BH_CONTROL_MAY_START, 0 };
	fixture_end(f, FIX_LINUX_CAPS, FIX_LINUX, 0, FIX_SIGNAL, BH_PORT_SEND);
	fixture_end(f, FIX_LINUX_CAPS, FIX_LINUX, 1, FIX_SAMPLING, BH_PORT_RECEIVE);
	fixture_end(f, FIX_LINUX_CAPS, FIX_LINUX, 2, FIX_QUEUING, BH_PORT_SEND);
	fixture_end(f, FIX_LINUX_CAPS, FIX_LINUX, 3, FIX_CALL, BH_PORT_SEND);
	fixture_end(f, FIX_CONTROL_CAPS, FIX_CONTROL, 0, FIX_SIGNAL, BH_PORT_RECEIVE);
	fixture_end(f, FIX_CONTROL_CAPS, FIX_CONTROL, 1, FIX_SAMPLING, BH_PORT_SEND);
	fixture_end(f, FIX_CONTROL_CAPS, FIX_CONTROL, 2, FIX_CALL, BH_PORT_RECEIVE);
	f->cap[FIX_CONTROL_CAPS + 3] = (struct bh_cap){ .kind = BH_CAP_SCHEDULE };
}

static void fixture_time(struct blob_fixture *f)
{
	f->mode[FIX_NORMAL] = (struct bh_mode){ .name = 33, .frame_ns = 10000000 };
	f->mode[FIX_LIMP] = (struct bh_mode){ .name = 40, .flags = BH_MODE_AT_ONCE };
	f->window[0] = (struct bh_window){ 0, 2000000, FIX_FIRST, 0 };
	f->window[1] = (struct bh_window){ 2000000, 10000000, FIX_SECOND, 0 };
	f->vcpu[3].budget_ns = 1000000, f->vcpu[3].period_ns = 5000000;
	*fixture_plan(f, FIX_NORMAL, 0) = (struct bh_plan){ .always = FIX_FIRST | FIX_SECOND };
	*fixture_plan(f, FIX_NORMAL, 1) = (struct bh_plan){ .n_windows = 2, .slack = FIX_SECOND };
	*fixture_plan(f, FIX_LIMP, 0) = (struct bh_plan){ .first_window = 2, .always = FIX_FIRST };
	*fixture_plan(f, FIX_LIMP, 1) = (struct bh_plan){ .first_window = 2, .slack = FIX_SECOND, .budgets = FIX_FIRST };
}

/* Both of Linux's vCPUs on core 0, where they take turns at ranks 1 and 2; control is alone on core 1. */
static inline void fixture_siblings(struct blob_fixture *f)
{
	f->core[0].n_vcpus = 3, f->core[0].vcpu[2] = 2;
	f->core[1].n_vcpus = 1;
	f->vcpu[2].core = 0, f->vcpu[2].rank = 2;
	f->window[1].ranks = FIX_FIRST;
	fixture_plan(f, FIX_NORMAL, 0)->always |= 1u << 2;
	fixture_plan(f, FIX_NORMAL, 1)->slack = fixture_plan(f, FIX_LIMP, 1)->slack = 0;
}

/* Control has core 1 to itself, in the only mode, and its interrupts are spare ones: of its PL011, and of its two ports. */
static inline void fixture_dedicated(struct blob_fixture *f)
{
	fixture_siblings(f);
	f->b.n_modes = 1, f->b.n_plans = 2, f->b.n_windows = 0;
	f->mode[0].frame_ns = 0;
	f->vcpu[3].budget_ns = f->vcpu[3].period_ns = 0;
	*fixture_plan(f, FIX_NORMAL, 0) = (struct bh_plan){ .always = 7 };
	*fixture_plan(f, FIX_NORMAL, 1) = (struct bh_plan){ .always = FIX_FIRST };
	f->part[FIX_CONTROL].flags |= BH_PART_DEDICATED;
	f->part[FIX_CONTROL].root_va = FIX_VA(0x90);
	f->core[1].door_pa = 0x46700000, f->core[1].door_va = FIX_VA(0x94);
	f->b.n_irqs = 6;
	for (uint32_t i = 0; i < 3; i++)
		f->irq[3 + i] = (struct bh_irq){ 240 + i, 240 + i, FIX_CONTROL, BH_IRQ_NOTICE };
	f->emul[1].intid = 240;
	f->port[FIX_SIGNAL].receive_intid = 241;
	f->port[FIX_CALL].receive_intid = 242;
}

/* Control becomes the monitor: it is told of what Linux does, may look into it, and its dump is taken. */
static inline void fixture_monitor(struct blob_fixture *f)
{
	const uint32_t all = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP | BH_CONTROL_MAY_INSPECT;

	f->b.monitor = FIX_CONTROL;
	f->b.monitor_intid = 252;
	f->b.n_caps = 14, f->part[FIX_CONTROL].n_caps = 6;
	f->cap[FIX_CONTROL_CAPS + 4] = (struct bh_cap){ BH_CAP_CONTROL, FIX_LINUX, all, 0x44120 };
	f->cap[FIX_CONTROL_CAPS + 5] = (struct bh_cap){ .kind = BH_CAP_MONITOR, .rights = BH_MONITOR_MAY_RESET };
	f->part[FIX_LINUX].flags = BH_PART_RESTART | BH_PART_DUMP;
	f->part[FIX_LINUX].health[BH_FAULT_PANIC] = (struct bh_health){ .action = BH_ACTION_WARM, .flags = BH_HEALTH_TELL };
	f->part[FIX_LINUX].health[BH_FAULT_WATCHDOG] = (struct bh_health){ .action = BH_ACTION_MODE, .mode = FIX_LIMP };
	f->part[FIX_LINUX].limit.action = BH_ACTION_STOP;
	f->part[FIX_LINUX].limit_n = 3, f->part[FIX_LINUX].limit_ns = 10000000;
	f->part[FIX_LINUX].watchdog_ns = f->part[FIX_LINUX].watchdog_first_ns = 1000000;
	f->part[FIX_LINUX].watchdog_open_ns = 500000;
	f->part[FIX_CONSOLE].answer_ns = 2000000;
}

static inline void fixture_make(struct blob_fixture *f)
{
	memset(f, 0, sizeof(*f));
	fixture_arrays(f);
	fixture_system(f);
	fixture_cores(f);
	fixture_partitions(f);
	fixture_objects(f);
	fixture_ports(f);
	fixture_caps(f);
	fixture_time(f);
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
		sum += c->kind == BH_CAP_CONTROL ? blob_partitions(b)[c->object].vmid + (uint64_t)c->root_page : 0;
		sum += c->kind == BH_CAP_PORT ? blob_ports(b)[c->object].kind + (1ull << i) : 0;
	}
	for (uint32_t i = 0; i < p->n_smcs; i++)
		sum += blob_smcs(b)[p->first_smc + i];
	return sum;
}

/* As the health monitor does: an action picks a mode, a doorbell, or what to do next. */
static inline uint64_t follow_health(const struct bh_blob *b, const struct bh_partition *p)
{
	static const uint32_t weight[BH_ACTIONS] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint64_t sum = p->limit_n ? weight[p->limit.action] + strlen(blob_name(b, blob_modes(b)[p->limit.mode].name)) : 0;

	for (uint32_t k = 0; k < BH_FAULTS; k++) {
		sum += weight[p->health[k].action] + strlen(blob_name(b, blob_modes(b)[p->health[k].mode].name));
		if (p->health[k].flags & BH_HEALTH_TELL)
			sum += blob_partitions(b)[b->monitor].vmid + (1u << b->monitor_intid % 32);
	}
	if (p->watchdog_ns && p->watchdog_first_ns == 0)
		abort();
	return sum;
}

static inline uint64_t follow_end(const struct bh_blob *b, uint32_t part, uint32_t cap)
{
	return blob_caps(b)[blob_partitions(b)[part].first_cap + cap].rights + (1ull << cap);
}

static inline uint64_t follow_port(const struct bh_blob *b, const struct bh_port *p)
{
	uint64_t sum = strlen(blob_name(b, p->name));

	sum += follow_end(b, p->sender, p->send_cap) + follow_end(b, p->receiver, p->receive_cap);
	sum += p->in_va + (uint64_t)p->depth * bh_slot_bytes(p->bytes);
	return sum;
}

/* As the scheduler goes through a plan: each rank of it is a vCPU, and time goes on. */
static inline uint64_t follow_plan(const struct bh_blob *b, uint32_t mode, uint32_t core)
{
	const struct bh_core *c = &blob_cores(b)[core];
	const struct bh_plan *p = blob_plan(b, mode, core);
	uint32_t ranks = p->always | p->slack | p->budgets;
	uint64_t sum = 0, at = 0;

	for (uint32_t i = 0; i < p->n_windows; i++) {
		const struct bh_window *w = &blob_windows(b)[p->first_window + i];

		if (w->start_ns < at || w->end_ns <= w->start_ns)
			abort();
		at = w->end_ns;
		ranks |= w->ranks;
	}
	if (at > blob_modes(b)[mode].frame_ns)
		abort();
	for (uint32_t r = 0; r < 32; r++)
		if (ranks >> r & 1)
			sum += blob_vcpus(b)[c->vcpu[r]].budget_ns;
	for (uint32_t r = 0; r < c->n_vcpus; r++)
		if (p->budgets >> r & 1)
			sum += 1000 % blob_vcpus(b)[c->vcpu[r]].period_ns;
	return sum;
}

static inline uint64_t follow_time(const struct bh_blob *b)
{
	uint64_t sum = b->trace_va + b->n_cores * b->trace_bytes;

	for (uint32_t m = 0; m < b->n_modes; m++) {
		sum += strlen(blob_name(b, blob_modes(b)[m].name));
		for (uint32_t c = 0; c < b->n_cores; c++)
			sum += follow_plan(b, m, c);
	}
	return sum;
}

/* Uses every reference of a blob without a check of its own. */
static inline uint64_t blob_follow(const struct bh_blob *b)
{
	uint64_t sum = strlen(blob_name(b, b->system_name)) + strlen(blob_name(b, b->board_name));

	for (uint32_t i = 0; i < b->n_partitions; i++)
		sum += follow_partition(b, &blob_partitions(b)[i]) + follow_health(b, &blob_partitions(b)[i]);
	for (uint32_t i = 0; i < b->n_cores; i++)
		for (uint32_t r = 0; r < blob_cores(b)[i].n_vcpus; r++)
			sum += blob_partitions(b)[blob_vcpus(b)[blob_cores(b)[i].vcpu[r]].partition].vmid;
	for (uint32_t i = 0; i < b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(b)[i];

		sum += blob_partitions(b)[e->client].vmid + blob_partitions(b)[e->server].vmid;
		for (uint32_t o = 0; o < e->bytes / 4; o++)
			sum += blob_regs(b, e->reg)[o];
	}
	for (uint32_t i = 0; i < b->n_ports; i++)
		sum += follow_port(b, &blob_ports(b)[i]);
	for (uint32_t i = 0; i < b->n_irqs; i++)
		sum += blob_partitions(b)[blob_irqs(b)[i].partition].vmid;
	return sum + follow_time(b);
}

#endif
