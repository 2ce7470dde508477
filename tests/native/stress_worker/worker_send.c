/* SPDX-License-Identifier: Apache-2.0 */
/* The sending ends: queues, values, and the ring with its bell. */
#include "tests/native/stress_worker/worker.h"

#define BURST 64u

/* The number is written down before the kernel has the message: a next life begins behind it. */
static uint64_t begin(struct end *e)
{
	uint64_t number = e->sent->begun + 1;

	ledger_write(&e->sent->begun, number);
	return number;
}

static void accepted(struct end *e, uint64_t number)
{
	if (number - 1 != e->sent->done)
		ledger_write(&e->sent->unsure, e->sent->unsure + (number - 1 - e->sent->done));
	ledger_write(&e->sent->done, number);
	ledger_count(&e->sent->count);
}

static bool refused(struct end *e, enum bh_status status)
{
	ledger_write(&e->sent->begun, e->sent->begun - 1);
	switch (status) {
	case BH_E_AGAIN: ledger_count(&e->sent->again); return false;
	case BH_E_PEER: ledger_count(&e->sent->peer); return false;
	case BH_E_TIMEOUT: ledger_count(&e->sent->timeout); return false;
	default: wrong(e, "sending answers", (uint64_t) - (int64_t)status, e->sent->begun); return false;
	}
}

/* Into the buffer of the port itself, or to be copied there. */
static const uint64_t *fill(struct end *e, uint64_t number, uint32_t bytes)
{
	static uint64_t own[MESSAGE_WORDS + 1];
	uint64_t *to = bh_port_buffer(e->port);

	if (!to || !chance(4))
		to = own;
	message_fill(to, message_head(e->channel, number, number - 1 - e->sent->done), bytes);
	return to;
}

static uint64_t patience(void)
{
	return chance(16) ? BH_NO_WAIT : soon(100000);
}

bool end_send(struct end *e)
{
	for (uint64_t n = 1 + chance(BURST); n; n--) {
		uint32_t bytes = some_bytes(e->bytes);
		uint64_t number;
		enum bh_status status;

		if (!may_send(e))
			return false;
		number = begin(e);
		status = bh_queue_send(e->port, fill(e, number, bytes), bytes, patience());
		if (status != BH_OK)
			return refused(e, status);
		accepted(e, number);
	}
	return true;
}

bool end_write(struct end *e)
{
	for (uint64_t n = 1 + chance(BURST); n; n--) {
		uint32_t bytes = some_bytes(e->bytes);
		uint64_t number;
		enum bh_status status;

		if (!may_send(e))
			return false;
		number = begin(e);
		status = bh_sampling_write(e->port, fill(e, number, bytes), bytes);
		if (status != BH_OK)
			return refused(e, status);
		accepted(e, number);
	}
	return true;
}

/* A life that ended in the midst leaves `lock` odd: this one writes all anew. */
static void write_locked(struct stress_from *f, uint64_t number)
{
	uint64_t lock = f->lock | 1;

	__atomic_store_n(&f->lock, lock, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < LOCKED; i++)
		__atomic_store_n(&f->locked[i], number * (i + 1), __ATOMIC_RELAXED);
	ledger_write(&f->lock, lock + 1);
}

static void put_ring(struct end *e)
{
	struct stress_from *f = e->pair->from;
	uint64_t number = e->sent->begun + 1;

	message_fill(f->ring[number % RING_SLOTS], message_head(e->channel, number, 0), RING_WORDS * 8);
	write_locked(f, number);
	ledger_write(&e->sent->begun, number);
}

/* `begun` is the ring's head; each message is told of by a signal that the kernel has accepted. */
bool end_ring(struct end *e)
{
	for (uint64_t n = 1 + chance(BURST); n; n--) {
		enum bh_status status;

		if (e->sent->begun == e->sent->done) {
			if (!may_send(e))
				return false;
			put_ring(e);
		}
		status = bh_signal_send(e->port);
		if (status == BH_E_PEER) {
			ledger_count(&e->sent->peer);
			return false;
		}
		if (status != BH_OK)
			wrong(e, "a signal answers", (uint64_t) - (int64_t)status, e->sent->begun);
		accepted(e, e->sent->begun);
	}
	return true;
}
