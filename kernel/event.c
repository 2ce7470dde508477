/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No event is lost: who raises one sets the bit, executes a full barrier, and looks who listens; who
 * waits says what it listens to, executes a full barrier, and looks at the bits. One of the two sees
 * the other. What was to be seen with the event (a message, a state) is written before the bit is set,
 * with release order, and read after the bit was taken, with acquire order.
 */
#include "kernel/event.h"

#include "kernel/arch.h"
#include "kernel/call.h"
#include "kernel/port.h"
#include "abi/status.h"

/* Who ends does this for each of its ports in one section: few instructions a vCPU (they lie side by side) count. */
void event_raise(struct partition *p, uint32_t number, uint32_t intid)
{
	struct vcpu *v = partition_vcpu(p, 0);

	set_bits(&p->events, BIT64(number));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint32_t left = p->desc->n_vcpus; left; left--, v++)
		if (load_relaxed(&v->listens) & BIT64(number))
			vcpu_post(v, REQ_PORT);
	if (intid != BH_NONE)
		arch_irq_raise(p, intid);
}

uint64_t event_take(struct partition *p, uint64_t mask)
{
	if (!(load_relaxed(&p->events) & mask))
		return 0;
	return clear_bits(&p->events, mask) & mask;
}

/* What ends the wait of v at this moment, if anything. */
static int64_t look(struct vcpu *v, uint64_t mask, ticks_t deadline)
{
	uint64_t come = event_take(v->part, mask);

	if (come && v->serves) {
		int64_t status = port_serve_take(v);

		if (status != CALL_NO_RETURN)
			return status;
	} else if (come) {
		arch_vcpu_args(v)[0] = come;
		return BH_OK;
	}
	if (deadline != BH_NEVER && deadline <= arch_time())
		return BH_E_TIMEOUT;
	return arch_irq_pending(v) ? BH_E_AGAIN : CALL_NO_RETURN;
}

/* PORT-2 */
int64_t event_listen(struct vcpu *v, uint64_t mask, ticks_t deadline)
{
	int64_t status = look(v, mask, deadline);

	if (status != CALL_NO_RETURN)
		return status;
	v->deadline = deadline;
	v->core->changed = 1;
	vcpu_block(v, VCPU_LISTENING);
	store_relaxed(&v->listens, mask);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event_attend(v);
	return CALL_NO_RETURN;
}

void event_forget(struct vcpu *v)
{
	store_relaxed(&v->listens, 0);
	v->deadline = BH_NEVER;
	v->serves = 0;
}

void event_attend(struct vcpu *v)
{
	int64_t status = look(v, v->listens, v->deadline);

	if (status == CALL_NO_RETURN)
		return;
	event_forget(v);
	arch_vcpu_answer(v, status);
	vcpu_wake(v);
}

int64_t event_wait(struct vcpu *v, uint64_t *arg)
{
	if (arg[0] & ~v->part->ports)
		return BH_E_CAP;
	return event_listen(v, arg[0], arg[1]);
}
