/* SPDX-License-Identifier: Apache-2.0 */
/* Events: who waits for them, and what ends the wait. */
#include "kernel/event.h"

#include "kernel/call.h"
#include "kernel/port.h"
#include "abi/status.h"

void event_tell(struct partition *p, uint64_t bit, uint32_t intid)
{
	for (struct vcpu *v = p->vcpus; v != p->vcpus_end; v++)
		if (load_relaxed(&v->listens) & bit)
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
	if (time_has_come(deadline))
		return BH_E_TIMEOUT;
	return arch_irq_pending(v) ? BH_E_AGAIN : CALL_NO_RETURN;
}

/* PORT-2 */
int64_t event_listen(struct vcpu *v, uint64_t mask, ticks_t deadline)
{
	int64_t status = look(v, mask, deadline);

	if (status == CALL_NO_RETURN)
		event_begin(v, mask, deadline);
	return status;
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
