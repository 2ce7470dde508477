/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p->pause, one word, changed by compare-and-swap: bits 0-7 why it is paused (enum bh_pause, or GOES_ON), bits 8-15 how many
 * of its vCPUs have not followed yet. Every vCPU is told once for each change, and follows on its own core; one that is told
 * twice, or too late, finds that it has followed already. One that finds that its partition stops does not: it may have halted, and the
 * word goes with the last that does.
 */
#include "kernel/inspect.h"

#include "abi/status.h"
#include "kernel/arch.h"
#include "kernel/health.h"
#include "kernel/sched.h"

#define GOES_ON	   0xffu
#define WHY(word)  ((word)&0xffu)
#define LEFT(word) ((word) >> 8)
#define ONE	   (1u << 8)

static void tell_all(struct partition *p)
{
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++)
		vcpu_post(partition_vcpu(p, i), REQ_PAUSE);
}

/* Of the monitor: what was asked for by one is nobody's in the next. */
static uint32_t monitor_life(void)
{
	return blob->monitor != BH_NONE ? load_acquire(&partition_at(blob->monitor)->life) : 0;
}

/* It may end as this is said: then the word goes with its end (inspect_ended()), or, if that was before, is taken back here. */
bool inspect_pause(struct partition *p, enum bh_pause why, uint32_t vcpu, uint64_t syndrome)
{
	uint32_t none = 0, said = (uint32_t)why | p->desc->n_vcpus * ONE;

	if (!partition_runs(p) || !change_if(&p->pause, &none, said))
		return false;
	if (!partition_runs(p)) {
		(void)change_if(&p->pause, &said, 0);
		return false;
	}
	p->pause_life = monitor_life();
	p->pause_vcpu = vcpu;
	p->pause_syndrome = syndrome;
	tell_all(p);
	return true;
}

bool inspect_is_paused(const struct partition *p)
{
	uint32_t word = load_acquire(&p->pause);

	return word && WHY(word) != GOES_ON && LEFT(word) == 0;
}

bool inspect_resume(struct partition *p)
{
	uint32_t word = load_acquire(&p->pause);

	if (!inspect_is_paused(p) || load_relaxed(&p->inspected))
		return false;
	if (!change_if(&p->pause, &word, GOES_ON | p->desc->n_vcpus * ONE))
		return false;
	tell_all(p);
	return true;
}

/* The last vCPU stands still. The monitor may have ended meanwhile: it resumes all that it finds paused, or is seen here to be gone. */
static void paused(struct partition *p)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (health_is_watched() && monitor_life() == p->pause_life)
		health_tell();
	else
		(void)inspect_resume(p);
}

void inspect_attend(struct vcpu *v)
{
	struct partition *p = v->part;
	uint32_t word = load_acquire(&p->pause);
	bool goes_on = WHY(word) == GOES_ON;

	if (LEFT(word) == 0 || (bool)v->frozen != goes_on || !partition_runs(p))
		return;
	if (goes_on)
		vcpu_thaw(v);
	else
		vcpu_freeze(v);
	word = add_to(&p->pause, -ONE);
	if (word == GOES_ON)
		store_release(&p->pause, 0);
	else if (LEFT(word) == 0)
		paused(p);
}

void inspect_break(struct vcpu *v, enum bh_pause why, uint64_t syndrome)
{
	if (health_is_watched() && v->part->debug_life == monitor_life()) {
		(void)inspect_pause(v->part, why, v->desc->index, syndrome);
		return;
	}
	sched_unload(v);
	arch_vcpu_debug(v, BH_DEBUG_OFF);
}

static void give_back(struct vcpu *v)
{
	if (!v->inspects)
		return;
	store_release(&v->inspects->inspected, 0);
	v->inspects = NULL;
}

void inspect_forget(struct vcpu *v)
{
	v->frozen = 0;
	give_back(v);
}

void inspect_ended(struct partition *p)
{
	store_release(&p->pause, 0);
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++)
		arch_vcpu_debug(partition_vcpu(p, i), BH_DEBUG_OFF);
	if (p->number != blob->monitor)
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < blob->n_partitions; i++) {
		(void)inspect_resume(partition_at(i));
		partition_release(partition_at(i));
	}
}

/* The partition behind a capability of v, which has the right to look into it. */
static int64_t find(const struct vcpu *v, uint64_t number, const struct bh_cap **cap, struct partition **p)
{
	*cap = cap_find(v->part, number, BH_CAP_CONTROL);
	if (!*cap)
		return BH_E_CAP;
	if (!((*cap)->rights & BH_CONTROL_MAY_INSPECT))
		return BH_E_RIGHT;
	*p = partition_at((*cap)->object);
	return BH_OK;
}

static bool stands_still(const struct partition *p)
{
	return load_acquire(&p->state) == PARTITION_HELD || (partition_runs(p) && inspect_is_paused(p));
}

int64_t inspect_release(struct vcpu *v, struct partition *p)
{
	if (load_acquire(&p->state) != PARTITION_HELD || v->inspects == p)
		return BH_E_STATE;
	partition_release(p);
	return BH_OK;
}

static void show(struct vcpu *v, uint64_t root)
{
	sched_unload(v);
	arch_vcpu_root(v, root);
}

/* HEALTH-7. Said before it is looked whether p stands still: should it end now, it is held (partition.c), or has been seen to have ended. */
int64_t inspect_show(struct vcpu *v, const uint64_t *arg)
{
	const struct bh_cap *c;
	struct partition *p;
	int64_t status;

	if (arg[0] == BH_NONE) {
		if (v->inspects)
			show(v, v->part->desc->root);
		give_back(v);
		return BH_OK;
	}
	status = find(v, arg[0], &c, &p);
	if (status)
		return status;
	if (v->inspects)
		return v->inspects == p ? BH_OK : BH_E_STATE;
	store_relaxed(&p->inspected, 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!stands_still(p)) {
		store_relaxed(&p->inspected, 0);
		return BH_E_STATE;
	}
	v->inspects = p;
	show(v, (uint64_t)c->root_page * BH_PAGE);
	return BH_OK;
}

static int64_t find_vcpu(const struct vcpu *v, const uint64_t *arg, struct vcpu **target)
{
	const struct bh_cap *c;
	struct partition *p;
	int64_t status = find(v, arg[0], &c, &p);

	if (status)
		return status;
	if (arg[1] >= p->desc->n_vcpus)
		return BH_E_ARG;
	*target = partition_vcpu(p, (uint32_t)arg[1]);
	return BH_OK;
}

#define AT_ONCE 4u /* registers of one call */

int64_t inspect_registers(struct vcpu *v, uint64_t *arg)
{
	struct vcpu *target;
	int64_t status = find_vcpu(v, arg, &target);
	uint64_t first = arg[2];

	if (status)
		return status;
	if (!stands_still(target->part))
		return BH_E_STATE;
	if (first >= BH_REGISTER_END)
		return BH_E_ARG;
	for (uint32_t i = 0; i < AT_ONCE; i++)
		arg[i] = first + i < BH_REGISTER_END ? *arch_vcpu_register(target, (uint32_t)first + i) : 0;
	return BH_OK;
}

int64_t inspect_set_register(struct vcpu *v, const uint64_t *arg)
{
	struct vcpu *target;
	int64_t status = find_vcpu(v, arg, &target);

	if (status)
		return status;
	if (!partition_runs(target->part) || !inspect_is_paused(target->part))
		return BH_E_STATE;
	return arg[2] < BH_REGISTER_END && arch_vcpu_set_register(target, (uint32_t)arg[2], arg[3]) ? BH_OK : BH_E_ARG;
}

int64_t inspect_debug(struct vcpu *v, uint64_t *arg)
{
	struct vcpu *target;
	int64_t status = find_vcpu(v, arg, &target);
	struct partition *p;

	if (status)
		return status;
	if (arg[2] > BH_DEBUG_STEP)
		return BH_E_ARG;
	p = target->part;
	if (arg[2] != BH_DEBUG_LOOK) {
		if (!partition_runs(p) || !inspect_is_paused(p))
			return BH_E_STATE;
		p->debug_life = monitor_life();
		arch_vcpu_debug(target, (enum bh_debug)arg[2]);
	}
	arg[0] = inspect_is_paused(p) ? WHY(load_relaxed(&p->pause)) : BH_PAUSE_NONE;
	arg[1] = p->pause_vcpu;
	arg[2] = p->pause_syndrome;
	return BH_OK;
}
