/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals, sampling ports and queuing ports, and what all ports have in common. A message is copied
 * once: into a slot that belongs to the sender until one store hands it over.
 */
#include "kernel/port.h"

#include "kernel/arch.h"
#include "kernel/call.h"
#include "kernel/event.h"
#include "abi/status.h"

void port_init(struct port *p, uint32_t number)
{
	p->desc = blob_ports(blob) + number;
	p->sender = partition_at(p->desc->sender);
	p->receiver = partition_at(p->desc->receiver);
	p->send_bit = BIT64(p->desc->send_cap);
	p->receive_bit = BIT64(p->desc->receive_cap);
	p->send_intid = p->desc->send_intid;
	p->receive_intid = p->desc->receive_intid;
	p->kind = p->desc->kind;
	p->slot_bytes = bh_slot_bytes(p->desc->bytes);
	if (p->kind == BH_PORT_CALL)
		port_call_init(p);
	if (p->kind != BH_PORT_SAMPLING)
		return;
	/* three slots: one being written, one newest, one being read; each always has its own */
	p->send.slot = 0;
	p->latest = 1;
	p->receive.slot = 2;
}

void port_tell_sender(const struct port *p)
{
	event_raise(p->sender, p->send_bit, p->send_intid);
}

void port_tell_receiver(const struct port *p)
{
	event_raise(p->receiver, p->receive_bit, p->receive_intid);
}

static inline void copy_16(uint64_t *to, const uint64_t *from)
{
	uint64_t a = from[0], b = from[1];

	to[0] = a;
	to[1] = b;
	__asm__ volatile("" ::
				 : "memory"); /* no library's memcpy */
}

/* Whole 16 bytes: slots and buffers have room for them behind the largest message. */
static void copy(uint64_t *to, const uint64_t *from, uint64_t bytes)
{
	const uint64_t *end = from + (bytes + 15) / 16 * 2;

	for (; end - from >= 8; to += 8, from += 8) {
		copy_16(to, from);
		copy_16(to + 2, from + 2);
		copy_16(to + 4, from + 4);
		copy_16(to + 6, from + 6);
	}
	for (; from != end; to += 2, from += 2)
		copy_16(to, from);
}

/* Not a byte more: what else a register holds is not for the receiver. */
static inline void copy_registers(uint64_t *to, const uint64_t *from, uint64_t bytes)
{
	if (likely(bytes == BH_SHORT_BYTES)) {
		copy_16(to, from);
		copy_16(to + 2, from + 2);
		return;
	}
	for (; bytes >= 8; bytes -= 8)
		*to++ = *from++;
	if (bytes)
		*to = *from & (BIT64(8 * bytes) - 1);
}

/* The sender may write its buffer meanwhile: then that message has some of both. */
void port_fill(uint64_t slot_va, const uint64_t *registers, uint64_t buffer_va, uint64_t bytes)
{
	struct bh_slot *slot = (void *)(uintptr_t)slot_va;

	if (buffer_va)
		copy(slot->data, (const uint64_t *)(uintptr_t)buffer_va, bytes);
	else
		copy_registers(slot->data, registers, bytes);
	slot->bytes = (uint32_t)bytes;
	slot->time = arch_time();
}

/* arg: of the vCPU that gets it */
static inline void show_slot(uint64_t *arg, uint64_t slot_va, uint32_t number, uint32_t most, uint64_t flags)
{
	const struct bh_slot *slot = (const void *)(uintptr_t)slot_va;

	arg[RESULT_BYTES] = slot->bytes | flags;
	arg[RESULT_SLOT] = number;
	arg[RESULT_TIME] = slot->time;
	if (most > BH_SHORT_BYTES)
		return;
	for (uint32_t i = 0; i < BH_SHORT_BYTES / 8; i++)
		arg[RESULT_DATA + i] = slot->data[i];
}

void port_show(struct vcpu *v, uint64_t slots_va, uint32_t number, uint32_t most, uint64_t flags)
{
	show_slot(arch_vcpu_args(v), slots_va + (uint64_t)number * bh_slot_bytes(most), number, most, flags);
}

/* --- signal --- */

int64_t port_signal(struct vcpu *v, const uint64_t *arg)
{
	struct port *p;
	int64_t wrong = port_find(v, arg[0], BH_PORT_SEND, &p);

	if (wrong)
		return wrong;
	if (p->kind != BH_PORT_SIGNAL)
		return BH_E_CAP;
	if (!partition_runs(p->receiver))
		return BH_E_PEER;
	port_tell_receiver(p);
	return BH_OK;
}

/* --- sampling --- */

static uint64_t slot_va(const struct port *p, uint32_t slot)
{
	return p->desc->in_va + (uint64_t)slot * p->slot_bytes;
}

/* The exchange hands the slot over with release order, and brings back one that nobody reads. */
static int64_t sampling_write(struct port *p, const uint64_t *arg)
{
	port_fill(slot_va(p, p->send.slot), &arg[2], p->desc->out_va, arg[1]);
	p->send.slot = swap_all(&p->latest, p->send.slot | PORT_FRESH) & ~PORT_FRESH;
	store_relaxed(&p->send.head, 1);
	port_tell_receiver(p);
	return BH_OK;
}

/* True: there is a newer one, and it is the receiver's now. */
static bool newer(struct port *p)
{
	if (!(load_relaxed(&p->latest) & PORT_FRESH))
		return false;
	p->receive.slot = swap_all(&p->latest, p->receive.slot) & ~PORT_FRESH;
	return true;
}

static bool was_read(const struct port *p)
{
	return ((const struct bh_slot *)(uintptr_t)slot_va(p, p->receive.slot))->bytes;
}

static int64_t sampling_read(struct port *p, uint64_t *arg)
{
	bool new = newer(p);

	if (!new &&unlikely(!was_read(p))) {
		if (partition_runs(p->sender))
			return BH_E_AGAIN;
		new = newer(p); /* once more: it may have written before it ended */
		if (!new)
			return BH_E_PEER;
	}
	show_slot(arg, slot_va(p, p->receive.slot), p->receive.slot, p->desc->bytes, new ? BH_GOT_NEW : 0);
	return BH_OK;
}

/* --- queuing: depth + 1 slots, because the receiver keeps the one handed out last --- */

static uint32_t next_slot(const struct port *p, uint32_t slot)
{
	return slot == p->desc->depth ? 0 : slot + 1;
}

/* The acquire pairs with the release in queuing_take(): a slot given back is not read any more. */
static bool is_full(const struct port *p)
{
	return p->send.head - load_acquire(&p->receive.taken) >= p->desc->depth;
}

/* Full, and the receiver will say when that ends: it looks at `full` behind a barrier after it took one. */
static bool stays_full(struct port *p)
{
	store_relaxed(&p->full, 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return is_full(p);
}

/* PORT-1 */
static int64_t queuing_put(struct port *p, const uint64_t *arg)
{
	if (!partition_runs(p->receiver))
		return BH_E_PEER;
	if (unlikely(is_full(p))) {
		if (p->desc->flags & BH_PORT_DROP) {
			store_relaxed(&p->send.dropped, p->send.dropped + 1);
			return BH_OK;
		}
		if (stays_full(p))
			return BH_E_AGAIN;
	}
	port_fill(slot_va(p, p->send.slot), &arg[2], p->desc->out_va, arg[1]);
	p->send.slot = next_slot(p, p->send.slot);
	store_release(&p->send.head, p->send.head + 1); /* pairs with the acquire in queuing_take() */
	port_tell_receiver(p);
	return BH_OK;
}

static bool is_empty(const struct port *p)
{
	return p->receive.taken == load_acquire(&p->send.head);
}

static uint64_t lost(struct port *p)
{
	uint32_t dropped = load_relaxed(&p->send.dropped);

	if (dropped == p->receive.dropped)
		return 0;
	p->receive.dropped = dropped;
	return BH_GOT_LOST;
}

static int64_t queuing_take(struct port *p, uint64_t *arg)
{
	if (is_empty(p)) {
		if (partition_runs(p->sender))
			return BH_E_AGAIN;
		if (is_empty(p)) /* once more: it may have sent before it ended */
			return BH_E_PEER;
	}
	show_slot(arg, slot_va(p, p->receive.slot), p->receive.slot, p->desc->bytes, lost(p));
	p->receive.slot = next_slot(p, p->receive.slot);
	store_release(&p->receive.taken, p->receive.taken + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* with stays_full() */
	if (unlikely(load_relaxed(&p->full)) && swap_all(&p->full, 0))
		port_tell_sender(p);
	return BH_OK;
}

/* Nobody of the receiver runs. What is accepted from now on is for its next life. */
static void queuing_drop(struct port *p)
{
	uint32_t slots = p->desc->depth + 1, head = load_acquire(&p->send.head);

	p->receive.slot = (p->receive.slot + (head - p->receive.taken)) % slots;
	store_release(&p->receive.taken, head);
}

/* --- the calls --- */

int64_t port_send(struct vcpu *v, const uint64_t *arg)
{
	struct port *p;
	int64_t status = port_find(v, arg[0], BH_PORT_SEND, &p);

	if (status)
		return status;
	if (p->kind != BH_PORT_SAMPLING && p->kind != BH_PORT_QUEUING)
		return BH_E_CAP;
	if (!port_size_ok(arg[1], p->desc->bytes))
		return BH_E_ARG;
	if (swap_all(&p->send.busy, 1))
		return BH_E_STATE;
	status = p->kind == BH_PORT_SAMPLING ? sampling_write(p, arg) : queuing_put(p, arg);
	store_release(&p->send.busy, 0);
	return status;
}

static int64_t receive(struct vcpu *v, struct port *p, uint64_t *arg)
{
	switch ((enum bh_port_kind)p->kind) {
	case BH_PORT_SAMPLING: return sampling_read(p, arg);
	case BH_PORT_QUEUING: return queuing_take(p, arg);
	case BH_PORT_CALL: return port_call_take(v, p);
	case BH_PORT_SIGNAL: break;
	}
	return BH_E_CAP;
}

int64_t port_receive(struct vcpu *v, uint64_t *arg)
{
	struct port *p;
	int64_t status = port_find(v, arg[0], BH_PORT_RECEIVE, &p);

	if (status)
		return status;
	if (swap_all(&p->receive.busy, 1))
		return BH_E_STATE;
	status = receive(v, p, arg);
	store_release(&p->receive.busy, 0);
	return status;
}

/* `taken` first: it never is behind the head that is read after it. Both move: at most, it is full. */
static uint32_t queue_length(const struct port *p)
{
	uint32_t taken = load_acquire(&p->receive.taken), n = load_relaxed(&p->send.head) - taken;

	return n < p->desc->depth ? n : p->desc->depth;
}

static uint64_t waiting(const struct port *p)
{
	switch ((enum bh_port_kind)p->kind) {
	case BH_PORT_SAMPLING: return load_relaxed(&p->send.head) != 0;
	case BH_PORT_QUEUING: return queue_length(p);
	case BH_PORT_CALL: return port_call_waits(p);
	case BH_PORT_SIGNAL: break;
	}
	return 0;
}

int64_t port_state(struct vcpu *v, uint64_t *arg)
{
	struct port *p;
	const struct partition *peer;
	int64_t wrong = port_find(v, arg[0], 0, &p);

	if (wrong)
		return wrong;
	peer = v->part == p->sender ? p->receiver : p->sender;
	arg[0] = waiting(p);
	arg[1] = (uint64_t)load_relaxed(&peer->life) << 1 | partition_runs(peer);
	arg[2] = load_relaxed(&p->send.dropped);
	return BH_OK;
}

void port_look(const struct port *p, uint64_t *arg)
{
	arg[0] = waiting(p);
	arg[1] = p->kind == BH_PORT_QUEUING ? p->desc->depth : 1;
	arg[2] = load_relaxed(&p->send.dropped);
}

/* --- partitions come and go --- */

static struct port *port_of(const struct partition *p, uint32_t cap)
{
	return p->ports >> cap & 1 ? p->port_base + p->caps[cap].object : NULL;
}

static __attribute__((noinline)) void tell_peer(const struct partition *p, const struct port *port)
{
	if (port->desc->sender == p->number)
		port_tell_receiver(port);
	else
		port_tell_sender(port);
}

void port_started(struct partition *p)
{
	struct port *port;

	for (uint32_t i = 0; i < BH_PART_PORTS && (port = port_of(p, i)); i++)
		tell_peer(p, port);
}

static void end_of_receiver(const struct partition *p, struct port *port)
{
	if (port->desc->receiver != p->number)
		return;
	if (port->kind == BH_PORT_QUEUING && !(port->desc->flags & BH_PORT_KEEP))
		queuing_drop(port);
	if (port->kind == BH_PORT_CALL)
		port_call_ended(port);
}

/*
 * Ports come first in a table, so the first entry of another kind ends the loop. The barrier: a caller
 * publishes its request, then looks whether the server runs (port_call.c); here the state was changed
 * first, and the request is looked at after.
 */
void port_ended(struct partition *p)
{
	struct port *port;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	store_relaxed(&p->events, 0);
	for (uint32_t i = 0; i < BH_PART_PORTS && (port = port_of(p, i)); i++) {
		end_of_receiver(p, port);
		tell_peer(p, port);
	}
}
