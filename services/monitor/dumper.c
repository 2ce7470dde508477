/* SPDX-License-Identifier: Apache-2.0 */
/* From a held partition to a core in the store. */
#include "services/monitor/dumper.h"

#include <stddef.h>

#include "abi/health.h"
#include "abi/log.h"
#include "sdk/bh_control.h"
#include "sdk/bh_log.h"
#include "sdk/bh_monitor.h"
#include "sdk/bh_time.h"
#include "services/monitor/census.h"
#include "services/monitor/core_file.h"
#include "services/monitor/dump_store.h"
#include "services/monitor/guest_window.h"
#include "services/monitor/logbook.h"

#define TURN_BYTES 65536u /* copied in one turn */
#define ALL_KIB	   (~0ull)

static bool looked_for; /* some partition may be held */
static uint32_t next;	/* number of the partition that is looked at first: those that fail again and again wait for the others */

/* The dump under way. */
static struct {
	const struct census_partition *partition; /* NULL: none */
	struct bh_monitor_dump *entry;
	struct core_plan plan;
	uint64_t header_bytes;
	uint32_t extent; /* that is being copied */
	uint64_t done;	 /* bytes of it */
} work;

void dumper_look(void)
{
	looked_for = true;
}

/* --- the beginning --- */

/* What Linux would have ended a process with: gdb shows it. */
static uint32_t signal_of(uint64_t cause)
{
	static const uint8_t signals[BH_FAULTS] = {
		[BH_FAULT_ACCESS] = 11,	    /* SIGSEGV */
		[BH_FAULT_CALL] = 31,	    /* SIGSYS */
		[BH_FAULT_INSTRUCTION] = 4, /* SIGILL */
		[BH_FAULT_WATCHDOG] = 14,   /* SIGALRM */
		[BH_FAULT_DEADLINE] = 24,   /* SIGXCPU */
		[BH_FAULT_BUDGET] = 24,	    /* SIGXCPU */
		[BH_FAULT_PANIC] = 6,	    /* SIGABRT */
		[BH_FAULT_RESET] = 6,	    /* SIGABRT */
		[BH_FAULT_OFF] = 15,	    /* SIGTERM */
		[BH_FAULT_SILENT] = 14,	    /* SIGALRM */
		[BH_FAULT_HARDWARE] = 7,    /* SIGBUS */
		[BH_FAULT_BOOT] = 6,	    /* SIGABRT */
	};
	uint64_t fault = cause >> 8 & 0xff;

	if ((cause & 0xff) == BH_STOP_FAULT && fault < BH_FAULTS)
		return signals[fault];
	return (cause & 0xff) == BH_STOP_RESET ? 6 : 15;
}

static enum bh_status read_vcpu(uint32_t cap, uint32_t n, struct core_vcpu *v)
{
	uint64_t all[BH_REGISTER_END + 3];

	for (uint32_t i = 0; i < BH_REGISTER_END; i += 4) {
		enum bh_status status = bh_registers(cap, n, i, all + i);

		if (status)
			return status;
	}
	__builtin_memcpy(v->general, all, sizeof v->general);
	__builtin_memcpy(v->vector, all + BH_REGISTER_Q0, sizeof v->vector);
	v->fpsr = (uint32_t)all[BH_REGISTER_FPSR];
	v->fpcr = (uint32_t)all[BH_REGISTER_FPCR];
	v->stage1 = (struct guest_stage1){ .sctlr = all[BH_REGISTER_SCTLR],
					   .tcr = all[BH_REGISTER_TCR],
					   .ttbr0 = all[BH_REGISTER_TTBR0],
					   .ttbr1 = all[BH_REGISTER_TTBR1] };
	return BH_OK;
}

static enum bh_status read_vcpus(const struct census_partition *p)
{
	struct core_plan *plan = &work.plan;

	plan->n_vcpus = p->info->depth < CORE_VCPUS ? p->info->depth : CORE_VCPUS;
	for (uint32_t i = 0; i < plan->n_vcpus; i++) {
		enum bh_status status = read_vcpu(p->control->cap, i, &plan->vcpu[i]);

		if (status)
			return status;
	}
	return BH_OK;
}

/* By the log: why it ended, and which vCPU did it. */
static uint64_t find_cause(const struct census_partition *p)
{
	struct bh_record r = { 0 };
	bool known = logbook_last(census_number(p), BH_EVENT_STOP, &r);

	work.plan.first = r.vcpu < work.plan.n_vcpus ? r.vcpu : 0;
	work.plan.signal = signal_of(r.value);
	return known ? r.value : 0;
}

static uint64_t wanted_bytes(const struct bh_info_entry *control)
{
	return control->ipa2 == ALL_KIB || control->ipa2 > control->bytes / 1024 ? control->bytes : control->ipa2 * 1024;
}

/* Less RAM, until it fits with its headers: of pieces there are more than of the whole. Each step takes a page at least. */
static void fit(struct core_plan *plan, const struct guest_memory *m, uint64_t room)
{
	core_plan_ram(plan, m, room - core_header_bytes(plan));
	while (core_header_bytes(plan) + plan->ram_bytes > room) {
		uint64_t excess = core_header_bytes(plan) + plan->ram_bytes - room;

		core_plan_ram(plan, m, plan->ram_bytes > excess ? plan->ram_bytes - excess : 0);
	}
}

/* Room for it. Where there is less, less of its virtual memory is described, and then less of its RAM is there. */
static bool make_room(const struct census_partition *p, const struct guest_memory *m)
{
	struct core_plan *plan = &work.plan;
	uint64_t header;

	if (core_header_bytes(plan) + plan->ram_bytes > dump_store_directory()->bytes)
		core_plan_head(plan, BH_DUMP_HEAD);
	header = core_header_bytes(plan);
	work.entry = dump_store_begin(p->info->name, header + plan->ram_bytes, header);
	if (!work.entry)
		return false;
	if (work.entry->bytes < work.entry->whole_bytes)
		fit(plan, m, work.entry->bytes);
	work.header_bytes = core_header_bytes(plan);
	work.entry->bytes = work.header_bytes + plan->ram_bytes;
	return true;
}

static void note(uint64_t cause, uint32_t ends)
{
	work.entry->cause = (uint32_t)cause;
	work.entry->ends = ends;
	work.entry->vcpus = work.plan.n_vcpus;
	work.entry->time = bh_time_ticks();
	work.entry->ticks_per_s = bh_time_frequency();
}

static enum bh_status plan_for(const struct census_partition *p, struct guest_memory *m, uint64_t *cause)
{
	enum bh_status status = guest_window(p->control, m);

	if (status == BH_OK)
		status = read_vcpus(p);
	if (status)
		return status;
	*cause = find_cause(p);
	core_plan(&work.plan, m, wanted_bytes(p->control));
	return BH_OK;
}

/* --- the end --- */

static void let_go(const struct census_partition *p)
{
	enum bh_status status;

	guest_window_end(p->control);
	status = bh_control_release(p->control->cap, NULL);
	if (status && status != BH_E_STATE) /* BH_E_STATE: somebody else has stopped or started it */
		bh_printf("%s: not released: status %d\n", p->info->name, status);
	work.partition = NULL;
	looked_for = true; /* for the next */
}

/* It is let go before a word is said: the console may be it, and who speaks to one that does not run waits for it where the description says so. */
static void finish(void)
{
	const struct bh_monitor_dump *d = work.entry;
	const struct core_vcpu *v = &work.plan.vcpu[work.plan.first];
	bool cut = d->bytes < d->whole_bytes;

	dump_store_end(cut ? BH_DUMP_CUT : BH_DUMP_WHOLE);
	let_go(work.partition);
	bh_printf("%s: crash dump %u, %llu KiB, vCPU %u at pc 0x%llx\n", d->name, d->sequence, (unsigned long long)(d->bytes / 1024),
		  work.plan.first, (unsigned long long)v->general[BH_REGISTER_PC]);
	if (cut)
		bh_printf("%s: that dump is cut: it needs %llu KiB, the store has %llu\n", d->name,
			  (unsigned long long)(d->whole_bytes / 1024), (unsigned long long)(dump_store_directory()->bytes / 1024));
}

static void give_up(const char *why, enum bh_status status)
{
	const struct census_partition *p = work.partition;

	if (work.entry)
		dump_store_end(BH_DUMP_BROKEN);
	let_go(p);
	bh_printf("%s: no crash dump: %s (status %d)\n", p->info->name, why, status);
}

/* --- turns --- */

static void begin(const struct census_partition *p, uint32_t ends)
{
	struct guest_memory m;
	enum bh_status status;
	uint64_t cause = 0;

	work.partition = p;
	work.entry = NULL;
	work.extent = 0;
	work.done = 0;
	if (!p->control->ipa2) { /* it is not asked for */
		let_go(p);
		return;
	}
	status = plan_for(p, &m, &cause);
	if (status) {
		give_up("it cannot be looked at", status);
	} else if (!make_room(p, &m)) {
		give_up("the store has no room", BH_E_AGAIN);
	} else {
		note(cause, ends);
		core_header(&work.plan, (uint8_t *)(uintptr_t)work.entry->ipa);
		dump_store_clean((void *)(uintptr_t)work.entry->ipa, work.header_bytes);
	}
}

static bool is_held(const struct census_partition *p, struct bh_control_state *s)
{
	return p->info && p->control && (p->control->flags & BH_CONTROL_MAY_INSPECT) && bh_control_state(p->control->cap, s) == BH_OK &&
	       s->run == BH_RUN_HELD;
}

static void find_held(void)
{
	struct bh_control_state s;

	looked_for = false;
	for (uint32_t i = 0; i < census.n_partitions; i++) {
		uint32_t n = (next + i) % census.n_partitions;

		if (!is_held(&census.partition[n], &s))
			continue;
		next = n + 1;
		begin(&census.partition[n], s.ends);
		return;
	}
}

static void copy_some(void)
{
	const struct core_extent *e = &work.plan.extent[work.extent];
	uint64_t left, n;
	struct guest_memory m;
	enum bh_status status = guest_window(work.partition->control, &m);
	uint8_t *to;

	if (status) {
		give_up("it is gone", status);
		return;
	}
	left = e->bytes - work.done;
	n = left < TURN_BYTES ? left : TURN_BYTES;
	to = (uint8_t *)(uintptr_t)(work.entry->ipa + work.header_bytes + e->to + work.done);
	__builtin_memcpy(to, m.at + e->from + work.done, n);
	dump_store_clean(to, n);
	work.done += n;
	if (work.done < e->bytes)
		return;
	work.done = 0;
	work.extent++;
}

bool dumper_turn(void)
{
	if (!work.partition) {
		if (looked_for)
			find_held();
	} else if (work.extent < work.plan.n_extents) {
		copy_some();
	} else {
		finish();
	}
	return work.partition || looked_for;
}
