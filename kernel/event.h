/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events (abi/port.h): one word a partition, a bit for each of its ports. Anybody may set a bit at any
 * time; a vCPU waits for some of them, and an interrupt or a deadline ends that wait too.
 *
 * No event is lost: who raises one sets the bit, executes a full barrier, and looks who listens; who
 * waits says what it listens to, executes a full barrier, and looks at the bits. One of the two sees
 * the other. What was to be seen with the event (a message, a state) is written before the bit is set,
 * with release order, and read after the bit was taken, with acquire order.
 */
#ifndef KERNEL_EVENT_H
#define KERNEL_EVENT_H

#include "kernel/arch.h"

void event_tell(struct partition *p, uint64_t bit, uint32_t intid); /* the rest of event_raise(), where somebody listens */

/* Any core. bit: of p's port. intid: virtual INTID that becomes pending with it, or BH_NONE. Who ends does this for each port in one section. */
static inline void event_raise(struct partition *p, uint64_t bit, uint32_t intid)
{
	const struct vcpu *v = p->vcpus, *end = p->vcpus_end;

	set_bits(&p->events, bit);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	do
		if (unlikely(load_relaxed(&v->listens) & bit)) {
			event_tell(p, bit, intid);
			return;
		}
	while (unlikely(++v != end));
	if (likely(intid != BH_NONE))
		arch_irq_raise(p, intid);
}

/* Own core. Takes those of mask that have come. */
uint64_t event_take(struct partition *p, uint64_t mask);

/* Own core of v, a wait for mask: a status at once, or CALL_NO_RETURN, and event_attend() ends it. */
int64_t event_listen(struct vcpu *v, uint64_t mask, ticks_t deadline);
void event_attend(struct vcpu *v); /* v listens, and something may have come */

/* v does not listen any more. */
static inline void event_forget(struct vcpu *v)
{
	store_relaxed(&v->listens, 0);
	v->deadline = BH_NEVER;
	v->serves = NULL;
}

/* The rest of event_listen(): none of these has come yet. */
static inline void event_begin(struct vcpu *v, uint64_t mask, ticks_t deadline)
{
	vcpu_until(v->core, v, deadline);
	vcpu_block(v, VCPU_LISTENING);
	store_relaxed(&v->listens, mask);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unlikely(load_relaxed(&v->part->events) & mask))
		event_attend(v);
}

int64_t event_wait(struct vcpu *v, uint64_t *arg); /* BH_CALL_WAIT */

/*
 * The short way of that, of v which runs and for which no interrupt is pending: true: v waits, and who is next is sched_blocked()'s affair. False:
 * nothing has been done, and event_wait() has to answer.
 */
static inline bool event_wait_quick(struct vcpu *v, uint64_t mask, ticks_t deadline)
{
	const struct partition *p = v->part;
	struct core *c = v->core;

	if (unlikely((mask & ~p->ports) | (load_relaxed(&p->events) & mask) | c->changed) || unlikely(time_has_come(deadline)))
		return false;
	vcpu_until(c, v, deadline);
	v->state = VCPU_LISTENING;
	c->ready &= ~v->bit;
	store_relaxed(&v->listens, mask);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (likely(!(load_relaxed(&p->events) & mask)))
		return true;
	event_forget(v);
	v->state = VCPU_READY;
	c->ready |= v->bit;
	return false;
}

#endif
