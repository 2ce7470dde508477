/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health log. Any core appends: the slot of the partition's ring is claimed by one atomic addition, filled, and made
 * whole by its sequence number. Equal events of a partition in a row, and more than it may leave, are counted, not written, so
 * a guest that repeats itself costs nobody time; nothing here waits for anybody.
 */
#include "kernel/log.h"

#include "kernel/arch.h"
#include "kernel/print.h"
#include "kernel/trace.h"
#include "kernel/window.h"
#include "lib/record_text.h"

#define DIRECT_LINES 24u /* of one partition, printed by the kernel itself: then it keeps silent */

static struct bh_log *all(void)
{
	return (void *)(uintptr_t)blob->log_va;
}

void log_init(void)
{
	all()->n = BH_LOG_RECORDS;
	all()->rings = blob->n_partitions;
	all()->magic = BH_LOG_MAGIC;
}

static void append(const struct bh_record *r)
{
	uint32_t sequence = add_to(&all()->next[r->partition], 1);
	struct bh_record *slot = &all()->record[r->partition * BH_LOG_RECORDS + (sequence - 1) % BH_LOG_RECORDS];

	store_relaxed(&slot->sequence, 0);
	__atomic_thread_fence(__ATOMIC_RELEASE); /* the reader sees 0 before any new byte */
	slot->event = r->event;
	slot->partition = r->partition;
	slot->vcpu = r->vcpu;
	slot->time = r->time;
	slot->pc = r->pc;
	slot->address = r->address;
	slot->value = r->value;
	slot->repeats = r->repeats;
	slot->near_kind = r->near_kind;
	slot->near = r->near;
	store_release(&slot->sequence, sequence);
}

/* Nobody reads yet, or ever: on the UART, so much a partition that it cannot hold its core up for long. (LOG-2) */
static void print_record(struct partition *p, const struct bh_record *r)
{
	char text[240];

	if (add_to(&p->printed, 1) > DIRECT_LINES)
		return;
	record_text(text, sizeof text, r, name_at(p->desc->name));
	print("bulkhead: ");
	print(text);
	print("\n");
}

static void publish(struct partition *p, const struct bh_record *r)
{
	append(r);
	if (blob->log_reader != BH_NONE && partition_runs(partition_at(blob->log_reader)))
		arch_irq_raise(partition_at(blob->log_reader), blob->log_intid);
	else
		print_record(p, r);
}

/* The comparison may race between vCPUs of one partition: then one record more is written. */
static bool is_repeated(struct partition *p, const struct bh_record *r)
{
	if (load_relaxed(&p->last_event) == r->event && load_relaxed(&p->last_pc) == r->pc && r->pc &&
	    load_relaxed(&p->last_address) == r->address)
		return true;
	store_relaxed(&p->last_event, r->event);
	store_relaxed(&p->last_pc, r->pc);
	store_relaxed(&p->last_address, r->address);
	return false;
}

/* How it ended, and that it stays off, is told however much it has said before: nobody could know otherwise. */
static uint32_t burst_of(uint32_t event)
{
	return event == BH_EVENT_STOP || event == BH_EVENT_LIMIT ? BH_LOG_BURST + BH_LOG_RESERVE : BH_LOG_BURST;
}

/* HEALTH-6. p->log_at: when all that it has left until now would have been left, had it kept its pace. A turn more for each vCPU that comes between. */
static bool is_within_quota(struct partition *p, uint32_t event, ticks_t now)
{
	ticks_t pace = ticks_of(p->desc->log_pace_ns), at = load_relaxed(&p->log_at);

	for (uint32_t turns = 0; turns < BH_MAX_PART_VCPUS; turns++) {
		ticks_t from = at > now ? at : now;

		if (from - now > (burst_of(event) - 1) * pace)
			return false;
		if (change_if(&p->log_at, &at, from + pace))
			return true;
	}
	return false;
}

/* What is declared nearest to an address where nothing is, or not that. */
static void find_near(struct bh_record *r)
{
	const struct bh_region *near;

	if ((r->event != BH_EVENT_ACCESS && r->event != BH_EVENT_PERMISSION) || (r->value & BH_ACCESS_NO_ADDR))
		return;
	near = region_near(partition_at(r->partition), r->address);
	r->near_kind = near ? near->kind : 0;
	r->near = near ? near->ipa : 0;
}

static bool record(struct partition *p, struct bh_record *r)
{
	r->partition = (uint8_t)p->number;
	r->time = arch_time();
	if (is_repeated(p, r) || !is_within_quota(p, r->event, r->time)) {
		add_to(&p->repeats, 1);
		return false;
	}
	r->repeats = swap_all(&p->repeats, 0);
	trace(this_core(), BH_TRACE_FAULT, TRACE_WHO(p->number, r->vcpu), r->event, r->address, r->value);
	find_near(r);
	publish(p, r);
	return true;
}

/* LOG-1 */
bool log_vcpu(struct vcpu *v, enum bh_event event, uint64_t address, uint64_t value)
{
	struct bh_record r = { .event = (uint16_t)event,
			       .vcpu = (uint8_t)v->desc->index,
			       .pc = arch_vcpu_pc(v),
			       .address = address,
			       .value = value };

	return record(v->part, &r);
}

bool log_partition(struct partition *p, enum bh_event event, uint64_t address, uint64_t value)
{
	struct bh_record r = { .event = (uint16_t)event, .address = address, .value = value };

	return record(p, &r);
}
