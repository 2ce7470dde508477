/* SPDX-License-Identifier: Apache-2.0 */
/* The receiving ends. What was read is written down at once; what may be missing is what the kind allows, and no more. */
#include "tests/native/stress_worker/worker.h"

#define BURST 64u

/* Written down before the slack is gone: a life that ends between has too much of it, never too little. */
static void record(struct end *e, uint64_t number)
{
	if (number > e->seen->last + 1)
		ledger_write(&e->seen->missing, e->seen->missing + (number - 1 - e->seen->last));
	ledger_write(&e->seen->last, number);
	ledger_write(&e->seen->slack, 0);
	ledger_count(&e->seen->count);
	if (e->window)
		e->pair->acks = true;
}

static void nothing(struct end *e, enum bh_status status)
{
	if (status == BH_E_AGAIN)
		ledger_count(&e->seen->again);
	else if (status == BH_E_PEER)
		ledger_count(&e->seen->peer);
	else if (status == BH_E_TIMEOUT)
		ledger_count(&e->seen->timeout);
	else
		wrong(e, "receiving answers", (uint64_t) - (int64_t)status, e->seen->last);
}

static void check_time(struct end *e, uint64_t time)
{
	if (time < e->time || time > bh_time_ticks())
		wrong(e, "sent at", time, e->time);
	e->time = time;
}

/* The slot is ours until the next RECEIVE: now and then it is looked at again. */
static void check_held(struct end *e, const struct bh_message *m)
{
	uint64_t until = soon(20000);

	if (chance(64))
		return;
	while (bh_time_ticks() < until)
		__asm__ volatile("yield");
	if (!message_good(m->data, e->channel, m->bytes))
		wrong(e, "changed while held", e->seen->last, m->bytes);
}

static bool drops(const struct end *e)
{
	return e->role == ROLE_FULL || e->role == ROLE_FLOOD;
}

static void check_order(struct end *e, uint64_t head)
{
	uint64_t number = message_number(head), last = e->seen->last;

	if (number <= last)
		wrong(e, "twice", number, last);
	else if (number > last + 1 && !drops(e) && number - last - 1 > message_unsure(head) + e->seen->slack)
		wrong(e, "lost before", number, last);
}

static void take(struct end *e, const struct bh_message *m)
{
	if (!checked(e, m->data, m->bytes))
		return;
	check_order(e, *(const uint64_t *)m->data);
	check_time(e, m->time);
	if (m->lost)
		ledger_count(&e->seen->told);
	if (m->lost && !drops(e))
		wrong(e, "told of a loss", e->seen->last, 0);
	record(e, message_number(*(const uint64_t *)m->data));
	check_held(e, m);
}

static enum bh_status receive(struct end *e, struct bh_message *m)
{
	static uint64_t own[MESSAGE_WORDS];
	uint64_t deadline = chance(16) ? BH_NO_WAIT : soon(100000);

	if (chance(4))
		return bh_queue_view(e->port, m, deadline);
	return bh_queue_receive(e->port, own, sizeof own, m, deadline);
}

bool end_receive(struct end *e)
{
	for (uint64_t n = 1 + chance(BURST); n; n--) {
		struct bh_message m;
		enum bh_status status = receive(e, &m);

		if (status != BH_OK) {
			nothing(e, status);
			return false;
		}
		take(e, &m);
	}
	return true;
}

/* Never back, and never fresh twice. What a former life has read without writing it down is fresh no more. */
static void check_value(struct end *e, const struct bh_message *m)
{
	uint64_t number = checked(e, m->data, m->bytes), last = e->seen->last;

	if (!number)
		return;
	if (number < last || (m->fresh && number == last))
		wrong(e, "a value went back to", number, last);
	if (!m->fresh && number != last && !e->first)
		wrong(e, "a value changed without being fresh", number, last);
	check_time(e, m->time);
	if (number > last)
		record(e, number);
	else
		ledger_count(&e->seen->told);
	e->first = false;
	check_held(e, m);
}

bool end_read(struct end *e)
{
	for (uint64_t n = 1 + chance(BURST); n; n--) {
		struct bh_message m;
		enum bh_status status = chance(16) ? bh_sampling_view(e->port, &m)
						   : bh_sampling_wait(e->port, &m, soon(100000));

		if (status != BH_OK) {
			nothing(e, status);
			return false;
		}
		check_value(e, &m);
		if (!m.fresh)
			return false;
	}
	return true;
}

/* Not for ever: the writer may be less urgent, on this core. */
static void read_locked(struct end *e)
{
	struct stress_from *f = e->pair->from;
	uint64_t lock = ledger_read(&f->lock), first, bad = 0;

	if (!lock || lock & 1)
		return;
	first = __atomic_load_n(&f->locked[0], __ATOMIC_RELAXED);
	for (uint32_t i = 1; i < LOCKED; i++)
		bad += __atomic_load_n(&f->locked[i], __ATOMIC_RELAXED) != first * (i + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&f->lock, __ATOMIC_RELAXED) != lock)
		return;
	if (bad || first < e->seen->last)
		wrong(e, "shared memory torn at", first, e->seen->last);
	ledger_count(&e->pair->to->torn_not);
}

bool end_listen(struct end *e)
{
	uint64_t head = ledger_read(&e->pair->from->role[ROLE_BELL].begun);

	for (uint64_t number = e->seen->last + 1; number <= head; number++) {
		const uint64_t *slot = e->pair->from->ring[number % RING_SLOTS];

		if (checked(e, slot, RING_WORDS * 8) != number)
			wrong(e, "the ring has", message_number(slot[0]), number);
		record(e, number);
	}
	read_locked(e);
	return false;
}
