/* SPDX-License-Identifier: Apache-2.0 */
/* What all ports have in common, signals, and shared memory. */
#include "sdk/bh_port.h"

#include <stddef.h>

#include "sdk/bh_call.h"
#include "sdk/bh_cpu.h"
#include "sdk/bh_irq.h"
#include "sdk/port_inside.h"

/* Of the information page, by number. Filled at the first use; who comes at once fills in the same. */
static const struct bh_info_entry *ends[BH_PART_PORTS];
static bool last_valid[BH_PART_PORTS];

const struct bh_info_entry *bh_port_info(uint32_t port)
{
	const struct bh_info_entry *e = NULL;

	if (port >= BH_PART_PORTS)
		return NULL;
	if (!ends[port]) {
		while ((e = bh_info_next(BH_INFO_PORT, e)) && e->cap != port)
			;
		ends[port] = e;
	}
	return ends[port];
}

enum bh_status bh_port_find(const char *name, uint32_t *port)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_PORT, name);

	if (!e)
		return BH_E_CAP;
	*port = e->cap;
	return BH_OK;
}

void *bh_port_buffer(uint32_t port)
{
	const struct bh_info_entry *e = bh_port_info(port);

	return e ? (void *)(uintptr_t)e->ipa2 : NULL;
}

enum bh_status bh_port_state(uint32_t port, struct bh_port_state *state)
{
	const struct bh_info_entry *e = bh_port_info(port);
	uint64_t x[3];
	int64_t status = bh_call1(BH_CALL_PORT_STATE, port, x);

	if (status)
		return (enum bh_status)status;
	*state = (struct bh_port_state){
		.kind = (enum bh_port_kind)BH_INFO_PORT_KIND(e->flags),
		.sends = (e->flags & BH_INFO_PORT_SEND) != 0,
		.bytes = (uint32_t)e->bytes,
		.depth = e->depth,
		.period_ns = e->period_ns,
		.last_valid = last_valid[port],
		.waiting = (uint32_t)x[0],
		.peer_runs = x[1] & 1,
		.peer_ends = (uint32_t)(x[1] >> 1),
		.dropped = (uint32_t)x[2],
	};
	return BH_OK;
}

/* --- waiting --- */

/*
 * The kernel ends the wait with the interrupt still pending. It is taken as soon as it is not masked: an
 * exception return synchronizes, so before the first instruction behind the call, or else in bh_irq_let().
 */
enum bh_status bh_port_wait(uint64_t ports, uint64_t deadline, uint64_t *events)
{
	uint64_t x[7] = { ports, deadline };
	int64_t status = bh_call7(BH_CALL_WAIT, x);

	*events = status == BH_OK ? x[0] : 0;
	if (status == BH_E_AGAIN)
		bh_irq_let();
	bh_barrier(); /* with the sender's, in bh_signal_send() */
	return (enum bh_status)status;
}

int64_t bh_port_await(uint32_t port, uint64_t deadline)
{
	uint64_t events;
	int64_t status;

	do
		status = bh_port_wait(BH_PORT_BIT(port), deadline, &events);
	while (status == BH_E_AGAIN);
	return status;
}

enum bh_status bh_port_wait_peer(uint32_t port, uint64_t deadline)
{
	struct bh_port_state state;
	int64_t status;

	for (;;) {
		status = bh_port_state(port, &state);
		if (status || state.peer_runs)
			return (enum bh_status)status;
		if (deadline == BH_NO_WAIT)
			return BH_E_PEER;
		status = bh_port_await(port, deadline);
		if (status)
			return (enum bh_status)status;
	}
}

enum bh_status bh_port_interrupt(uint32_t port, void (*handler)(void *arg), void *arg, uint32_t priority)
{
	const struct bh_info_entry *e = bh_port_info(port);

	if (!e)
		return BH_E_CAP;
	if (!e->intid)
		return BH_E_ARG;
	bh_irq_edge(e->intid, true);
	bh_irq_enable(e->intid, handler, arg, priority);
	return BH_OK;
}

/* --- messages --- */

const struct bh_info_entry *bh_port_of(uint32_t port, enum bh_port_kind kind)
{
	const struct bh_info_entry *e = bh_port_info(port);

	return e && BH_INFO_PORT_KIND(e->flags) == (uint32_t)kind ? e : NULL;
}

enum bh_status bh_port_refuse(uint32_t port)
{
	uint64_t x[3];

	if (!bh_port_info(port))
		(void)bh_call1(BH_CALL_PORT_STATE, port, x);
	return BH_E_CAP;
}

struct bh_port_args bh_port_load(const struct bh_info_entry *e, bool sends, uint32_t most, const void *message,
				 uint32_t bytes)
{
	struct bh_port_args a = { .x = { e->cap, bytes } };
	void *buffer = (void *)(uintptr_t)e->ipa2;

	if (!bytes || bytes > most || sends != ((e->flags & BH_INFO_PORT_SEND) != 0))
		return a;
	if (most <= BH_SHORT_BYTES)
		__builtin_memcpy(&a.x[X_MESSAGE], message, bytes); /* little-endian, as the processor is */
	else if (buffer != message)
		__builtin_memcpy(buffer, message, bytes);
	return a;
}

void bh_port_show(struct bh_message *m, const struct bh_info_entry *e, uint32_t most, const uint64_t *x)
{
	const struct bh_slot *slot = (const void *)(uintptr_t)(e->ipa + x[1] * bh_slot_bytes(most));

	*m = (struct bh_message){
		.data = slot->data,
		.bytes = (uint32_t)x[0],
		.time = x[2],
		.fresh = true,
		.valid = true,
		.lost = (x[0] & BH_GOT_LOST) != 0,
	};
}

int64_t bh_port_take(const struct bh_info_entry *e, struct bh_message *m)
{
	uint64_t x[3];
	int64_t status = bh_call1(BH_CALL_RECEIVE, e->cap, x);

	if (status) {
		*m = (struct bh_message){ 0 };
		return status;
	}
	bh_port_show(m, e, (uint32_t)e->bytes, x);
	if (BH_INFO_PORT_KIND(e->flags) == BH_PORT_SAMPLING)
		m->fresh = (x[0] & BH_GOT_NEW) != 0;
	return BH_OK;
}

void bh_port_copy(struct bh_message *m, void *to)
{
	__builtin_memcpy(to, m->data, m->bytes);
	m->data = to;
}

void bh_port_note_valid(uint32_t port, bool valid)
{
	last_valid[port] = valid;
}

/* --- signals, shared memory --- */

/* The barrier: what was written to shared memory comes before the event, whatever the kernel does in between. */
enum bh_status bh_signal_send(uint32_t port)
{
	uint64_t x[3];

	bh_barrier();
	return (enum bh_status)bh_call1(BH_CALL_SIGNAL, port, x);
}

enum bh_status bh_signal_wait(uint32_t port, uint64_t deadline)
{
	if (!bh_port_of(port, BH_PORT_SIGNAL))
		return bh_port_refuse(port);
	return (enum bh_status)bh_port_await(port, deadline);
}

enum bh_status bh_shared_find(const char *name, struct bh_shared *shared)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_SHARED, name);

	if (!e)
		return BH_E_CAP;
	*shared = (struct bh_shared){
		.data = (void *)(uintptr_t)e->ipa,
		.bytes = e->bytes,
		.writable = (e->flags & BH_INFO_SHARED_WRITE) != 0,
	};
	return BH_OK;
}
