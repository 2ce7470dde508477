/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting, loading, stopping and restarting a partition. No step waits for another core: stopping
 * is a count of vCPUs that have halted, and the core that halts the last one goes on from there.
 */
#include "kernel/arch.h"
#include "kernel/emul.h"
#include "kernel/call.h"
#include "kernel/log.h"
#include "abi/status.h"

#include "abi/stub.h"

void partition_init(struct partition *p, uint32_t number)
{
	p->number = number;
	p->desc = blob_partitions(blob) + number;
}

void partition_start(struct partition *p)
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
	vcpu_post(v, REQ_START);
	return CALL_NO_RETURN;
}

int64_t partition_load_failed(struct vcpu *v, uint64_t error, uint64_t op)
{
	if (load_acquire(&v->part->state) != PARTITION_LOADING)
		return BH_E_STATE;
	log_partition(v->part, BH_EVENT_BOOT, op, error);
	partition_stop(v->part, BH_STOP_BOOT, false);
	return CALL_NO_RETURN;
}

void partition_stop(struct partition *p, enum bh_stop why, bool again)
{
	uint32_t state = load_acquire(&p->state);

	/* A failure means that the state went on; it can go on only twice before it ends the loop. */
	do {
		if (state == PARTITION_OFF || state == PARTITION_STOPPING)
			return; /* somebody else stops it */
	} while (!change_if(&p->state, &state, PARTITION_STOPPING));
	p->again = again && (p->desc->flags & BH_PART_RESTART);
	log_partition(p, BH_EVENT_STOP, 0, why);
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++)
		vcpu_post(partition_vcpu(p, i), REQ_STOP);
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
	store_release(&p->state, PARTITION_OFF);
	if (p->again)
		partition_start(p);
}

void partition_halted(struct partition *p)
{
	if (add_to(&p->stop_left, -1u) == 0)
		ended(p);
}
