/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a vCPU. Everything but vcpu_post() and the PSCI compare-and-swaps runs on the core
 * that owns it, with interrupts masked, so its state needs no lock.
 */
#include "kernel/arch.h"
#include "kernel/emul.h"
#include "kernel/event.h"
#include "kernel/health.h"
#include "kernel/inspect.h"
#include "kernel/port.h"
#include "kernel/sched.h"
#include "kernel/trace.h"
#include "kernel/watchdog.h"

/* PSCI status codes (Arm DEN 0022, "Return codes"). */
#define PSCI_SUCCESS		0
#define PSCI_INVALID_PARAMETERS -2
#define PSCI_ALREADY_ON		-4
#define PSCI_ON_PENDING		-5

void vcpu_init(struct vcpu *v, uint32_t number)
{
	const struct bh_vcpu *d = blob_vcpus(blob) + number;

	v->desc = d;
	v->part = partition_at(d->partition);
	v->core = core_at(d->core);
	v->deadline = v->due = v->vigil = BH_NEVER;
	v->bit = BIT(d->rank);
	v->who = TRACE_WHO(d->partition, d->index);
	for (uint32_t i = 0; i < v->part->desc->n_vcpus; i++) {
		const struct bh_vcpu *other = d - d->index + i;

		if (other != d && other->core == d->core)
			v->siblings |= BIT(other->rank);
	}
	if (v->siblings)
		v->core->families |= v->bit;
	vcpu_timed(v->core, v);
	arch_vcpu_init(v);
}

void vcpu_post(struct vcpu *v, uint32_t requests)
{
	set_bits(&v->requests, requests);
	if (unlikely(requests & (REQ_STOP | REQ_PAUSE)))
		sched_post_stop(v->core, v->bit);
	else
		sched_post(v->core, v->bit);
}

void vcpu_wake(struct vcpu *v)
{
	v->state = VCPU_READY;
	if (likely(!v->frozen))
		v->core->ready |= v->bit | v->lent;
	v->core->changed = 1;
}

void vcpu_freeze(struct vcpu *v)
{
	sched_unload(v);
	arch_vcpu_settle(v);
	if (v->is_ahead) /* its registers may be changed meanwhile, and who debugs it may begin to */
		arch_vcpu_off(v);
	v->is_ahead = 0;
	v->frozen = 1;
	watchdog_rest(v);
	if (!v->callee) /* else that one runs in its place, and on */
		v->core->ready &= ~(v->bit | v->lent);
	v->core->changed = 1;
}

void vcpu_thaw(struct vcpu *v)
{
	v->frozen = 0;
	watchdog_go_on(v);
	if (v->state == VCPU_READY)
		vcpu_wake(v);
}

void vcpu_wait(struct vcpu *v)
{
	if (!arch_irq_pending(v))
		vcpu_block(v, VCPU_WAITING);
}

/*
 * What does not depend on where it begins is done while it is off and nobody waits for it. One that is alone on its core is loaded as well:
 * nobody else's registers are in the way there; not where the core's interrupts are its own: these it would have, too. A stop, and a pause, take it back.
 */
static void go_ahead(struct vcpu *v)
{
	if (v->state != VCPU_OFF || v->is_ahead || v->frozen || !partition_runs(v->part))
		return;
	arch_vcpu_reset(v, ENTRY_GUEST, 0, 0);
	v->is_ahead = 1;
	if (v->core->desc->n_vcpus > 1 || v->part->desc->flags & BH_PART_DEDICATED)
		return;
	v->core->loaded = v;
	arch_vcpu_load(v);
}

/* A start that comes too late, into a partition that stops, is none (partition.c, all_off()). */
static __attribute__((noinline)) void start(struct vcpu *v)
{
	uint32_t pending = POWER_ON_PENDING, life;

	if (unlikely(!change_if(&v->power, &pending, POWER_ON)))
		return;
	life = load_acquire(&v->part->state);
	if (life != PARTITION_LOADING && life != PARTITION_RUNNING) {
		store_release(&v->power, POWER_OFF);
		return;
	}
	/* What is ahead ends with its life, so it is no start of the stub. */
	if (unlikely(!v->is_ahead || !arch_vcpu_begin(v, v->start, v->arg))) {
		sched_unload(v);
		arch_vcpu_reset(v, life == PARTITION_LOADING ? ENTRY_STUB : ENTRY_GUEST, v->start, v->arg);
		v->suspended = 0;
	}
	v->is_ahead = 0;
	vcpu_wake(v);
}

static void halt(struct vcpu *v)
{
	sched_unload(v);
	arch_vcpu_settle(v);
	arch_vcpu_off(v);
	if (v->state == VCPU_CALLING)
		port_call_forget(v);
	event_forget(v);
	watchdog_done(v);
	inspect_forget(v);
	vcpu_block(v, VCPU_OFF);
	v->is_ahead = 0;
	v->deadline = BH_NEVER;
	v->turn_left = 0;
	v->suspended = 0;
	store_relaxed(&v->ask, 0);
}

static void resume(struct vcpu *v)
{
	if (v->suspended) {
		v->suspended = 0;
		sched_unload(v);
		arch_vcpu_reset(v, ENTRY_RESUME, v->start, v->arg);
	}
	vcpu_wake(v);
}

static __attribute__((noinline)) void attend_events(struct vcpu *v, uint32_t r)
{
	if (unlikely(time_has_come(v->vigil)))
		watchdog_attend(v);
	if (v->state == VCPU_OFF) /* ahead or not: what is posted to it now is taken in when it is switched on */
		return;
	arch_irq_update(v);
	if (unlikely(r & REQ_SYNC))
		arch_irq_sync(v);
	if (r & (REQ_ANSWER | REQ_ROOM | REQ_PORT))
		emul_attend(v);
	if (v->state == VCPU_LISTENING)
		event_attend(v);
	else if (v->state == VCPU_CALLING)
		port_call_attend(v);
	else if (v->state == VCPU_WAITING && arch_irq_pending(v))
		resume(v);
	if (vcpu_wakes_by_irq(v))
		v->core->changed = 1; /* a sibling may have changed when its timer fires */
}

static __attribute__((noinline)) void attend_life(struct vcpu *v, uint32_t r)
{
	if (r & REQ_STOP) {
		halt(v);
		store_release(&v->power, POWER_OFF);
		watchdog_forget(v);
		/* What else was posted belonged to the life that just ended, except a new start. */
		partition_halted(v->part);
		return;
	}
	if (r & REQ_PAUSE)
		inspect_attend(v);
	if (r & REQ_AHEAD)
		go_ahead(v);
	if (r & REQ_START)
		start(v);
	attend_events(v, r);
}

void vcpu_attend(struct vcpu *v)
{
	uint32_t r = swap_all(&v->requests, 0);

	if (!(r & (REQ_STOP | REQ_PAUSE | REQ_AHEAD | REQ_START)))
		attend_events(v, r);
	else if (r == REQ_START)
		start(v); /* it waits for nothing, and should its vigil be over, the alarm says so */
	else
		attend_life(v, r);
}

int64_t vcpu_power_on(struct partition *p, uint64_t index, uint64_t entry, uint64_t arg)
{
	uint32_t off = POWER_OFF;
	struct vcpu *v;

	if (index >= p->desc->n_vcpus)
		return PSCI_INVALID_PARAMETERS;
	v = partition_vcpu(p, (uint32_t)index);
	if (!change_if(&v->power, &off, POWER_ON_PENDING))
		return off == POWER_ON ? PSCI_ALREADY_ON : PSCI_ON_PENDING;
	v->start = entry;
	v->arg = arg;
	vcpu_post(v, REQ_START);
	return PSCI_SUCCESS;
}

/* The last vCPU to go takes the partition with it: nobody could ever start it again. */
void vcpu_power_off(struct vcpu *v)
{
	struct partition *p = v->part;
	bool alone = true;

	halt(v);
	if (p->desc->n_vcpus > 1)
		go_ahead(v);
	store_release(&v->power, POWER_OFF);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* of two that go at once, one sees the other gone */
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++)
		alone &= load_acquire(&partition_vcpu(p, i)->power) == POWER_OFF;
	if (alone)
		health_end(p, BH_FAULT_OFF, BH_STOP_CPU_OFF);
}
