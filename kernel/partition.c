/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting, loading, stopping and restarting a partition. No step waits for another core: stopping
 * is a count of vCPUs that have halted, and the core that halts the last one goes on from there.
 */
#include "kernel/arch.h"
#include "kernel/emul.h"
#include "kernel/call.h"
#include "kernel/health.h"
#include "kernel/inspect.h"
#include "kernel/log.h"
#include "kernel/port.h"
#include "kernel/watchdog.h"
#include "abi/status.h"
#include "abi/stub.h"

void partition_init(struct partition *p, uint32_t number)
{
	p->number = number;
	p->desc = blob_partitions(blob) + number;
	p->caps = blob_caps(blob) + p->desc->first_cap;
	p->vcpus = vcpu_at(p->desc->first_vcpu);
	p->vcpus_end = p->vcpus + p->desc->n_vcpus;
	p->port_base = port_at(0);
	for (uint32_t i = 0; i < BH_PART_PORTS; i++) {
		const struct bh_cap *c = cap_find(p, i, BH_CAP_PORT);

		if (!c)
			continue;
		p->ports |= BIT64(i);
		if (c->rights == BH_PORT_SEND && blob_ports(blob)[c->object].kind == BH_PORT_SIGNAL)
			p->signals |= BIT64(i);
	}
}

/* State STARTING, which nobody else changes. */
static void begin(struct partition *p, enum bh_begin how)
{
	struct vcpu *first = partition_vcpu(p, 0);

	arch_partition_start(p);
	store_relaxed(&p->stop_left, p->desc->n_vcpus);
	p->begun = how;
	(void)log_partition(p, BH_EVENT_START, 0, 0);
	store_release(&p->state, PARTITION_LOADING);
	first->start = BH_STUB_IPA;
	first->arg = BH_STUB_PARAM_IPA | (how == BH_BEGIN_WARM ? BH_STUB_WARM : 0);
	store_release(&first->power, POWER_ON_PENDING);
	vcpu_post(first, REQ_START);
}

static bool leave_off(struct partition *p, enum bh_begin how)
{
	uint32_t off = PARTITION_OFF;

	if (!change_if(&p->state, &off, PARTITION_STARTING))
		return false;
	begin(p, how);
	return true;
}

bool partition_start(struct partition *p)
{
	return leave_off(p, BH_BEGIN_FIRST);
}

int64_t partition_loaded(struct vcpu *v, uint64_t entry, uint64_t arg)
{
	struct partition *p = v->part;
	uint32_t loading = PARTITION_LOADING;

	if (!change_if(&p->state, &loading, PARTITION_RUNNING))
		return BH_E_STATE;
	watchdog_started(p);
	v->start = entry;
	v->arg = arg;
	store_release(&v->power, POWER_ON_PENDING);
	(void)log_partition(p, BH_EVENT_RUN, 0, entry);
	emul_started(p);
	port_started(p);
	for (uint32_t i = 1; i < p->desc->n_vcpus; i++)
		vcpu_post(partition_vcpu(p, i), REQ_AHEAD);
	vcpu_post(v, REQ_START);
	return CALL_NO_RETURN;
}

int64_t partition_load_failed(struct vcpu *v, uint64_t error, uint64_t op)
{
	if (load_acquire(&v->part->state) != PARTITION_LOADING)
		return BH_E_STATE;
	(void)log_partition(v->part, BH_EVENT_BOOT, op, error);
	health_end(v->part, BH_FAULT_BOOT, BH_STOP_BOOT);
	return CALL_NO_RETURN;
}

/* HEALTH-2: no step waits for another core. */
bool partition_stop(struct partition *p, uint32_t why, enum bh_begin again)
{
	uint32_t state = load_acquire(&p->state), then;

	/* A failure means that the state went on; it can go on only twice before it ends the loop. */
	do {
		if (state != PARTITION_LOADING && state != PARTITION_RUNNING)
			return false; /* somebody else starts or stops it */
	} while (!change_if(&p->state, &state, PARTITION_STOPPING));
	if (!(p->desc->flags & BH_PART_RESTART))
		again = BH_BEGIN_FIRST;
	then = again == BH_BEGIN_FIRST ? 0 : again == BH_BEGIN_WARM ? BH_STOP_THEN_WARM
								    : BH_STOP_THEN_RESTART;
	p->ends_by = why;
	store_relaxed(&p->again, again);
	(void)log_partition(p, BH_EVENT_STOP, 0, why | then);
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++)
		vcpu_post(partition_vcpu(p, i), REQ_STOP);
	return true;
}

/*
 * A CPU_ON may have been under way when the stop came, its target already halted: pending, or on for
 * the moment its core needs to see that the partition stops. Such a target halts once more, so that
 * no REQ_START of this life is left for the next. stop_left counts this loop too: nobody else comes
 * to the end while it goes on.
 */
static bool all_off(struct partition *p)
{
	add_to(&p->stop_left, 1);
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++) {
		struct vcpu *v = partition_vcpu(p, i);

		if (load_acquire(&v->power) == POWER_OFF)
			continue;
		add_to(&p->stop_left, 1);
		vcpu_post(v, REQ_STOP);
	}
	return add_to(&p->stop_left, -1u) == 0;
}

static bool by_policy(uint32_t again)
{
	return again == BH_BEGIN_RESTART || again == BH_BEGIN_WARM;
}

/* State STOPPING or HELD, turned to STARTING by us. */
static void go_on(struct partition *p)
{
	enum bh_begin again;

	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* an order to one that is held is seen, or sees that it is not held any more: stop() */
	again = (enum bh_begin)load_relaxed(&p->again);
	if (again == BH_BEGIN_FIRST || (by_policy(again) && health_limit(p)))
		store_release(&p->state, PARTITION_OFF);
	else
		begin(p, again);
}

void partition_release(struct partition *p)
{
	uint32_t held = PARTITION_HELD;

	if (!load_relaxed(&p->inspected) && change_if(&p->state, &held, PARTITION_STARTING))
		go_on(p);
}

/* Somebody looks at it, or is to, after what it did; orders and its own wish are no reason. */
static bool is_to_be_held(const struct partition *p)
{
	uint32_t why = p->ends_by & 0xff;

	if (!health_is_watched())
		return false;
	return load_relaxed(&p->inspected) || ((p->desc->flags & BH_PART_DUMP) && (why == BH_STOP_FAULT || why == BH_STOP_RESET));
}

/* The monitor may end just now: it releases all that it finds held, or it is seen here to have ended. */
static void hold(struct partition *p)
{
	store_release(&p->state, PARTITION_HELD);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (health_is_watched())
		health_tell();
	else
		partition_release(p);
}

/* HEALTH-5. On the core of the vCPU that halted last: nobody of p runs or will, until it is started. */
static void ended(struct partition *p)
{
	if (!all_off(p))
		return;
	arch_partition_reset(p);
	add_to(&p->life, 1);
	emul_ended(p);
	port_ended(p);
	inspect_ended(p);
	if (is_to_be_held(p)) {
		hold(p);
	} else {
		store_release(&p->state, PARTITION_STARTING);
		go_on(p);
	}
}

void partition_halted(struct partition *p)
{
	if (add_to(&p->stop_left, -1u) == 0)
		ended(p);
}

/* --- control by another partition --- */

enum bh_run_state partition_run_state(const struct partition *p)
{
	switch ((enum partition_state)load_acquire(&p->state)) {
	case PARTITION_OFF: return BH_RUN_OFF;
	case PARTITION_STARTING:
	case PARTITION_LOADING: return BH_RUN_LOADING;
	case PARTITION_RUNNING: return inspect_is_paused(p) ? BH_RUN_PAUSED : BH_RUN_RUNNING;
	case PARTITION_HELD: return BH_RUN_HELD;
	case PARTITION_STOPPING: break;
	}
	return BH_RUN_STOPPING;
}

/* One without a pristine store has its payload in its RAM, which its first life has changed. */
static bool can_start(const struct partition *p)
{
	return (p->desc->flags & BH_PART_RESTART) || load_relaxed(&p->life) == 0;
}

/* OFF, or on its way there without a start behind it, is what was asked for. */
static bool is_stopped(const struct partition *p)
{
	enum bh_run_state s = partition_run_state(p);

	return s == BH_RUN_OFF || ((s == BH_RUN_STOPPING || s == BH_RUN_HELD) && load_relaxed(&p->again) == BH_BEGIN_FIRST);
}

/* One that is held goes on as is ordered, when it is released. */
static bool stop(struct partition *p, enum bh_begin again)
{
	if (partition_stop(p, BH_STOP_ORDER, again))
		return true;
	if (load_acquire(&p->state) != PARTITION_HELD)
		return false;
	store_relaxed(&p->again, again);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* with go_on() */
	return load_acquire(&p->state) == PARTITION_HELD;
}

static int64_t ok_if(bool done)
{
	return done ? BH_OK : BH_E_STATE;
}

static int64_t order(struct vcpu *v, struct partition *p, enum bh_control what, uint64_t *arg)
{
	switch (what) {
	case BH_CONTROL_STATE: break;
	case BH_CONTROL_START: return ok_if(can_start(p) && leave_off(p, BH_BEGIN_ORDER));
	case BH_CONTROL_STOP: return ok_if(stop(p, BH_BEGIN_FIRST) || is_stopped(p));
	case BH_CONTROL_RESTART: return ok_if((p->desc->flags & BH_PART_RESTART) && stop(p, BH_BEGIN_ORDER));
	case BH_CONTROL_FEED: return watchdog_feed(p, arg);
	case BH_CONTROL_PAUSE: return ok_if(inspect_pause(p, BH_PAUSE_ORDER, 0, 0));
	case BH_CONTROL_RESUME: return ok_if(inspect_resume(p));
	case BH_CONTROL_RELEASE: return inspect_release(v, p);
	}
	return BH_OK;
}

int64_t partition_control(struct vcpu *v, uint64_t *arg)
{
	static const uint8_t needs[] = {
		[BH_CONTROL_STATE] = 0,
		[BH_CONTROL_START] = BH_CONTROL_MAY_START,
		[BH_CONTROL_STOP] = BH_CONTROL_MAY_STOP,
		[BH_CONTROL_RESTART] = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP,
		[BH_CONTROL_FEED] = BH_CONTROL_MAY_STOP,
		[BH_CONTROL_PAUSE] = BH_CONTROL_MAY_INSPECT,
		[BH_CONTROL_RESUME] = BH_CONTROL_MAY_INSPECT,
		[BH_CONTROL_RELEASE] = BH_CONTROL_MAY_INSPECT,
	};
	const struct bh_cap *c = cap_find(v->part, arg[0], BH_CAP_CONTROL);
	uint64_t what = arg[1];
	struct partition *p;
	int64_t status;

	if (!c)
		return BH_E_CAP;
	if (what >= sizeof(needs) / sizeof(needs[0]))
		return BH_E_ARG;
	if (needs[what] & ~c->rights)
		return BH_E_RIGHT;
	p = partition_at(c->object);
	status = order(v, p, (enum bh_control)what, arg);
	arg[0] = partition_run_state(p);
	arg[1] = load_relaxed(&p->life);
	return status;
}

int64_t partition_self(struct partition *p, uint64_t *arg)
{
	arg[0] = load_relaxed(&p->life);
	arg[1] = p->begun;
	return BH_OK;
}
