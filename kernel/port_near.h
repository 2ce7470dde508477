/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls within one core, directly: where the server's vCPU waits for just that, it has the request, and the core on the caller's time; and
 * the caller has the reply and its core back while the server waits again. Nobody else is looked at: whatever speaks against it is seen
 * before anything is done, and left to port_call() and port_serve(), which come to the same end by the word, the events and the scheduler.
 *
 * A port is near where each end has one vCPU, both are on one core, and nobody has siblings there. Then nobody else works on its ends, and
 * whoever ends one of them does so on that core, too: the word changes between two exits only, `busy` keeps nobody out, and SERVING
 * says that the caller still waits.
 */
#ifndef KERNEL_PORT_NEAR_H
#define KERNEL_PORT_NEAR_H

#include "kernel/port.h"
#include "kernel/sched.h"

/* The server waits for a request of p, and the core can be its. */
static inline bool near_can_call(const struct core *c, const struct port *p, const struct vcpu *s, uint64_t word, ticks_t deadline, ticks_t now)
{
	return s->serves == p && call_state(word) == CALL_IDLE && deadline != BH_NEVER && deadline > now && sched_can_hand_over(c, s);
}

/* The server has the request. As sched_hand_over(). */
static inline bool near_call(struct core *c, struct vcpu *v, struct port *p, struct vcpu *s, uint64_t word, ticks_t deadline)
{
	event_forget(s);
	arch_vcpu_answer(s, BH_OK);
	s->state = VCPU_READY;
	v->calls = p;
	v->deadline = deadline;
	vcpu_timed(c, v);
	v->state = VCPU_CALLING;
	store_relaxed(&p->call, word + (CALL_NEXT | CALL_SERVING));
	return sched_hand_over(c, v, s, deadline);
}

/* The caller waits, and v is to wait for the next one only. True: v listens. */
static inline bool near_can_reply(const struct core *c, struct vcpu *v, const struct port *p, const struct vcpu *caller, uint64_t word,
				  ticks_t deadline)
{
	const struct partition *part = v->part;
	uint64_t bit = p->receive_bit;

	if (call_state(word) != CALL_SERVING || time_has_come(deadline) || !sched_can_hand_back(c, v, caller))
		return false;
	store_relaxed(&v->listens, bit);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (likely(!(load_relaxed(&part->events) & bit)))
		return true;
	store_relaxed(&v->listens, 0);
	return false;
}

/* The caller has the reply. */
static inline void near_reply(struct core *c, struct vcpu *v, struct port *p, struct vcpu *caller, uint64_t word, ticks_t deadline)
{
	store_relaxed(&p->call, word - (CALL_SERVING - CALL_IDLE));
	caller->calls = NULL;
	caller->deadline = BH_NEVER;
	arch_vcpu_answer(caller, BH_OK);
	caller->state = VCPU_READY;
	v->serves = p;
	vcpu_until(c, v, deadline);
	v->state = VCPU_LISTENING;
	sched_hand_back(c, v, caller);
}

/* port_fill() and port_show() in one, of BH_SHORT_BYTES: from registers to the slot and to registers. */
static inline void near_pass(uint64_t slot_va, const uint64_t *from, uint64_t *to, ticks_t now)
{
	struct bh_slot *slot = (void *)(uintptr_t)slot_va;
	uint64_t a = from[0], b = from[1], c = from[2], d = from[3];

	slot->time = now;
	slot->bytes = BH_SHORT_BYTES;
	slot->reserved = 0;
	slot->data[0] = a;
	slot->data[1] = b;
	slot->data[2] = c;
	slot->data[3] = d;
	to[RESULT_BYTES] = BH_SHORT_BYTES;
	to[RESULT_SLOT] = 0;
	to[RESULT_TIME] = now;
	to[RESULT_DATA] = a;
	to[RESULT_DATA + 1] = b;
	to[RESULT_DATA + 2] = c;
	to[RESULT_DATA + 3] = d;
}

/* Messages of `ends` are of BH_SHORT_BYTES, or none of the ways below is theirs. */
static inline bool near_is(uint64_t ends, uint64_t number, uint64_t bytes)
{
	return likely(number < BH_PART_PORTS) && likely(ends >> number & 1) && likely(bytes == BH_SHORT_BYTES);
}

/* Who pays is in the window, and nobody has budget left, so the trace says why. */
static inline bool near_by_window(const struct core *c)
{
	return likely((c->window >> (c->rank & 31) & 1) != 0) && likely(c->funded == 0);
}

enum near {
	NEAR_NOT = 0, /* nothing has been done */
	NEAR_DONE,    /* done and traced, and sched_handed() loads who has the core */
	NEAR_NEWS,    /* likewise, but sched_next() says who runs */
};

void near_news(struct core *c, const struct vcpu *v, uint64_t number, const struct vcpu *s); /* port_call.c: the trace of that */

/*
 * The short ways of BH_CALL_CALL and, with a reply, of BH_CALL_SERVE (true: as NEAR_DONE), of v which runs; where it serves, no interrupt is pending
 * for it. CALL-1
 */
static inline enum near port_call_quick(struct vcpu *v, const uint64_t *arg)
{
	uint64_t number = arg[0], deadline = arg[6], word;
	const struct partition *part = v->part;
	ticks_t now = arch_stamp();
	struct core *c = v->core;
	struct vcpu *s;
	struct port *p;

	if (!near_is(part->near_calls, number, arg[1]) || !near_by_window(c))
		return NEAR_NOT;
	p = part->port_base + part->caps[number].object;
	s = p->near_server;
	word = load_relaxed(&p->call);
	if (unlikely(!(load_relaxed(p->raised) & p->raised_bit)) || unlikely(!near_can_call(c, p, s, word, deadline, now)))
		return NEAR_NOT;
	near_pass(p->request_va, &arg[2], arch_vcpu_args(s), now);
	if (unlikely(!near_call(c, v, p, s, word, deadline))) {
		near_news(c, v, number, s);
		return NEAR_NEWS;
	}
	trace_leaves(c, now, v, BH_CALL_CALL, number, BH_SHORT_BYTES, s, BH_TRACE_BY_WINDOW, c->rank);
	return NEAR_DONE;
}

static inline bool port_serve_quick(struct vcpu *v, const uint64_t *arg)
{
	uint64_t number = arg[0], deadline = arg[6], word;
	const struct partition *part = v->part;
	struct core *c = v->core;
	struct vcpu *caller;
	struct port *p;
	ticks_t now;

	if (!near_is(part->near_serves, number, arg[1]) || !near_by_window(c))
		return false;
	p = part->port_base + part->caps[number].object;
	caller = p->near_caller;
	word = load_relaxed(&p->call);
	if (unlikely(!near_can_reply(c, v, p, caller, word, deadline)))
		return false;
	now = arch_stamp();
	near_pass(p->reply_va, &arg[2], arch_vcpu_args(caller), now);
	near_reply(c, v, p, caller, word, deadline);
	trace_leaves(c, now, v, BH_CALL_SERVE, number, BH_SHORT_BYTES, caller, BH_TRACE_BY_WINDOW, c->rank);
	return true;
}

#endif
