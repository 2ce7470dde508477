/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health log. Any core appends: the slot is claimed by one atomic addition, filled, and made
 * whole by its sequence number. Equal events of a partition in a row are counted, not written, so
 * a guest that repeats itself does not push out the others; nothing here waits for anybody.
 */
#include "kernel/log.h"

#include "kernel/arch.h"
#include "kernel/print.h"
#include "kernel/trace.h"
#include "lib/record_text.h"

#define DIRECT_LINES 24u /* of one partition, printed by the kernel itself: then it keeps silent */

static struct bh_log *ring(void)
{
	return (void *)(uintptr_t)blob->log_va;
}

void log_init(void)
{
	ring()->n = (BH_LOG_PAGES * BH_PAGE - (uint32_t)sizeof(struct bh_log)) / (uint32_t)sizeof(struct bh_record);
	ring()->magic = BH_LOG_MAGIC;
}

static void append(const struct bh_record *r)
{
	uint32_t sequence = add_to(&ring()->next, 1);
	struct bh_record *slot = &ring()->record[(sequence - 1) % ring()->n];

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
	store_release(&slot->sequence, sequence);
}

/* Nobody reads yet, or ever: on the UART, so much a partition that it cannot hold its core up for long. (LOG-2) */
static void print_record(struct partition *p, const struct bh_record *r)
{
	char text[160];

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
static void record(struct partition *p, struct bh_record *r)
{
	if (load_relaxed(&p->last_event) == r->event && load_relaxed(&p->last_pc) == r->pc && r->pc &&
	    load_relaxed(&p->last_address) == r->address) {
		add_to(&p->repeats, 1);
		return;
	}
	store_relaxed(&p->last_event, r->event);
	store_relaxed(&p->last_pc, r->pc);
	store_relaxed(&p->last_address, r->address);
	r->partition = (uint8_t)p->number;
	r->time = arch_time();
	r->repeats = swap_all(&p->repeats, 0);
	trace(this_core(), BH_TRACE_FAULT, p->number | (uint32_t)r->vcpu << 8, r->event, r->address, r->value);
	publish(p, r);
}

/* LOG-1 */
void log_vcpu(struct vcpu *v, enum bh_event event, uint64_t address, uint64_t value)
{
	struct bh_record r = { .event = (uint16_t)event,
			       .vcpu = (uint8_t)v->desc->index,
			       .pc = arch_vcpu_pc(v),
			       .address = address,
			       .value = value };

	record(v->part, &r);
}

void log_partition(struct partition *p, enum bh_event event, uint64_t address, uint64_t value)
{
	struct bh_record r = { .event = (uint16_t)event, .address = address, .value = value };

	record(p, &r);
}
