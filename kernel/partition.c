/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting, loading, stopping and restarting a partition. No step waits for another core: stopping
 * is a count of vCPUs that have halted, and the core that halts the last one goes on from there.
 */
#include "kernel/arch.h"
#include "kernel/emul.h"
#include "kernel/call.h"
#include "kernel/log.h"
#include "kernel/port.h"
#include "abi/status.h"

#include "abi/stub.h"

void partition_init(struct partition *p, uint32_t number)
{
	p->number = number;
	p->desc = blob_partitions(blob) + number;
	for (uint32_t i = 0; i < BH_PART_PORTS; i++)
		if (cap_find(p, i, BH_CAP_PORT))
			p->ports |= BIT64(i);
}

/* State STARTING, which nobody else changes. */
static void begin(struct partition *p)
{
	struct vcpu *first = partition_vcpu(p, 0);

	arch_partition_start(p);
	store_relaxed(&p->stop_left, p->desc->n_vcpus);
	log_partition(p, BH_EVENT_START, 0, 0);
	store_release(&p->state, PARTITION_LOADING);
	first->start = BH_STUB_IPA;
	first->arg = BH_STUB_PARAM_IPA;
	store_release(&first->power, POWER_ON_PENDING);
	vcpu_post(first, REQ_START);
}

bool partition_start(struct partition *p)
{
	uint32_t off = PARTITION_OFF;

	if (!change_if(&p->state, &off, PARTITION_STARTING))
		return false;
	begin(p);
	return true;
}

int64_t partition_loaded(struct vcpu *v, uint64_t entry, uint64_t arg)
{
	struct partition *p = v->part;
	uint32_t loading = PARTITION_LOADING;

	if (!change_if(&p->state, &loading, PARTITION_RUNNING))
		return BH_E_STATE;
	v->start = entry;
	v->arg = arg;
	store_release(&v->power, POWER_ON_PENDING);
	log_partition(p, BH_EVENT_RUN, 0, entry);
	emul_started(p);
	port_started(p);
	vcpu_post(v, REQ_START);
	return CALL_NO_RETURN;
}

int64_t partition_load_failed(struct vcpu *v, uint64_t error, uint64_t op)
{
	if (load_acquire(&v->part->state) != PARTITION_LOADING)
		return BH_E_STATE;
	log_partition(v->part, BH_EVENT_BOOT, op, error);
	(void)partition_stop(v->part, BH_STOP_BOOT, false);
	return CALL_NO_RETURN;
}

bool partition_stop(struct partition *p, enum bh_stop why, bool again)
{
	uint32_t state = load_acquire(&p->state);

	/* A failure means that the state went on; it can go on only twice before it ends the loop. */
	do {
		if (state != PARTITION_LOADING && state != PARTITION_RUNNING)
			return false; /* somebody else starts or stops it */
	} while (!change_if(&p->state, &state, PARTITION_STOPPING));
	store_relaxed(&p->again, again && (p->desc->flags & BH_PART_RESTART));
	log_partition(p, BH_EVENT_STOP, 0, why);
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

/* On the core of the vCPU that halted last: nobody of p runs or will, until it is started. */
static void ended(struct partition *p)
{
	if (!all_off(p))
		return;
	arch_partition_reset(p);
	add_to(&p->life, 1);
	emul_ended(p);
	port_ended(p);
	if (load_relaxed(&p->again)) {
		store_release(&p->state, PARTITION_STARTING);
		begin(p);
	} else {
		store_release(&p->state, PARTITION_OFF);
	}
}

void partition_halted(struct partition *p)
{
	if (add_to(&p->stop_left, -1u) == 0)
		ended(p);
}

/* --- control by another partition --- */

static enum bh_run_state run_state(const struct partition *p)
{
	switch ((enum partition_state)load_acquire(&p->state)) {
	case PARTITION_OFF: return BH_RUN_OFF;
	case PARTITION_STARTING:
	case PARTITION_LOADING: return BH_RUN_LOADING;
	case PARTITION_RUNNING: return BH_RUN_RUNNING;
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
	enum bh_run_state s = run_state(p);

	return s == BH_RUN_OFF || (s == BH_RUN_STOPPING && !load_relaxed(&p->again));
}

static int64_t order(struct partition *p, enum bh_control what)
{
	switch (what) {
	case BH_CONTROL_STATE: return BH_OK;
	case BH_CONTROL_START: return can_start(p) && partition_start(p) ? BH_OK : BH_E_STATE;
	case BH_CONTROL_STOP: return partition_stop(p, BH_STOP_ORDER, false) || is_stopped(p) ? BH_OK : BH_E_STATE;
	case BH_CONTROL_RESTART: break;
	}
	return (p->desc->flags & BH_PART_RESTART) && partition_stop(p, BH_STOP_ORDER, true) ? BH_OK : BH_E_STATE;
}

int64_t partition_control(struct vcpu *v, uint64_t *arg)
{
	static const uint8_t needs[] = {
		[BH_CONTROL_STATE] = 0,
		[BH_CONTROL_START] = BH_CONTROL_MAY_START,
		[BH_CONTROL_STOP] = BH_CONTROL_MAY_STOP,
		[BH_CONTROL_RESTART] = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP,
	};
	const struct bh_cap *c = cap_find(v->part, arg[0], BH_CAP_CONTROL);
	struct partition *p;
	int64_t status;

	if (!c)
		return BH_E_CAP;
	if (arg[1] >= sizeof(needs) / sizeof(needs[0]))
		return BH_E_ARG;
	if (needs[arg[1]] & ~c->rights)
		return BH_E_RIGHT;
	p = partition_at(c->object);
	status = order(p, (enum bh_control)arg[1]);
	arg[0] = run_state(p);
	arg[1] = load_relaxed(&p->life);
	return status;
}
