/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/monitor.h"

#include "abi/status.h"
#include "kernel/arch.h"
#include "kernel/mode.h"
#include "kernel/port.h"
#include "kernel/sched.h"

static int64_t look_partition(uint64_t n, uint64_t *arg)
{
	const struct partition *p;
	uint32_t last;

	if (n >= blob->n_partitions)
		return BH_E_ARG;
	p = partition_at((uint32_t)n);
	last = load_relaxed(&p->last_fault);
	arg[0] = partition_run_state(p);
	arg[1] = load_relaxed(&p->life);
	arg[2] = load_relaxed(&p->restarts);
	arg[3] = load_relaxed(&p->faults);
	arg[4] = last ? last - 1 : BH_NONE;
	arg[5] = load_relaxed(&p->last_fault_at);
	return BH_OK;
}

static int64_t look_vcpu(uint64_t n, uint64_t *arg)
{
	uint32_t part = (uint32_t)n, index = (uint32_t)(n >> 32);
	const struct vcpu *v;

	if (part >= blob->n_partitions || index >= partition_at(part)->desc->n_vcpus)
		return BH_E_ARG;
	v = partition_vcpu(partition_at(part), index);
	arg[0] = v->core->number;
	arg[1] = sched_used(v->core, v->desc->rank);
	arg[2] = load_relaxed(&v->power) == POWER_ON;
	return BH_OK;
}

static int64_t look_port(uint64_t n, uint64_t *arg)
{
	if (n >= blob->n_ports)
		return BH_E_ARG;
	port_look(port_at((uint32_t)n), arg);
	return BH_OK;
}

/* A core that comes into the kernel to look for orders has answered (sched.c). */
static int64_t look_core(const struct core *own, uint64_t n, uint64_t *arg)
{
	struct core *c;
	ticks_t now = arch_time(), asked;

	if (n >= blob->n_cores)
		return BH_E_ARG;
	c = core_at((uint32_t)n);
	asked = c == own ? 0 : load_relaxed(&c->asked_at);
	if (c != own && !asked) {
		store_relaxed(&c->asked_at, now);
		sched_post_now(c);
	}
	arg[0] = asked ? now - asked : 0;
	arg[1] = sched_used(c, BH_NONE);
	return BH_OK;
}

int64_t monitor_look(struct vcpu *v, uint64_t *arg)
{
	uint64_t n = arg[2];

	if (!cap_find(v->part, arg[0], BH_CAP_MONITOR))
		return BH_E_CAP;
	switch (arg[1]) {
	case BH_LOOK_PARTITION: return look_partition(n, arg);
	case BH_LOOK_VCPU: return look_vcpu(n, arg);
	case BH_LOOK_PORT: return look_port(n, arg);
	case BH_LOOK_CORE: return look_core(v->core, n, arg);
	case BH_LOOK_SYSTEM: return mode_look(v->core, arg);
	default: return BH_E_ARG;
	}
}

int64_t monitor_reset(struct vcpu *v, uint64_t *arg)
{
	const struct bh_cap *c = cap_find(v->part, arg[0], BH_CAP_MONITOR);

	if (!c)
		return BH_E_CAP;
	if (!(c->rights & BH_MONITOR_MAY_RESET))
		return BH_E_RIGHT;
	arch_system_reset();
	return BH_E_STATE;
}
