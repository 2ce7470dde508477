/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests over arch/host share: booting a system, what guests do (as the port's handlers
 * would carry it out), and what must hold whenever nothing is under way.
 */
#ifndef TESTS_UNIT_MACHINE_H
#define TESTS_UNIT_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "abi/status.h"
#include "abi/stub.h"
#include "arch/host/host.h"
#include "arch/host/host_system.h"
#include "kernel/call.h"
#include "kernel/emul.h"
#include "kernel/event.h"
#include "kernel/health.h"
#include "kernel/port.h"
#include "kernel/port_near.h"
#include "kernel/sched.h"

#define ENTRY 0x40080000ull
#define DTB   0x44000000ull

/* --- random numbers that repeat: xorshift64* --- */

static uint64_t random_state;

static inline void random_seed(const char *what, uint64_t seed)
{
	random_state = seed;
	print_message("%s: seed %#llx\n", what, (unsigned long long)seed);
}

static inline uint32_t random_below(uint32_t n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * 0x2545f4914f6cdd1dull >> 33) % n);
}

/* --- what guests do: host_guest_fn --- */

static inline void guest_nothing(struct vcpu *v, void *arg)
{
	(void)v;
	(void)arg;
}

static inline void guest_wfi(struct vcpu *v, void *arg)
{
	(void)arg;
	vcpu_wait(v);
}

static inline void guest_loaded(struct vcpu *v, void *arg)
{
	int64_t status = partition_loaded(v, ENTRY, DTB);

	if (arg)
		*(int64_t *)arg = status;
}

static inline void guest_cpu_off(struct vcpu *v, void *arg)
{
	(void)arg;
	vcpu_power_off(v);
}

static inline void guest_system_off(struct vcpu *v, void *arg)
{
	(void)arg;
	health_end(v->part, BH_FAULT_OFF, BH_STOP_OFF);
}

static inline void guest_system_reset(struct vcpu *v, void *arg)
{
	(void)arg;
	health_end(v->part, BH_FAULT_RESET, BH_STOP_RESET);
}

struct guest_on {
	uint64_t index, entry, arg;
	int64_t status;
};

static inline void guest_cpu_on(struct vcpu *v, void *arg)
{
	struct guest_on *on = arg;

	on->status = vcpu_power_on(v->part, on->index, on->entry, on->arg);
}

/* PSCI CPU_SUSPEND to power-down, as the port has it. */
static inline void guest_suspend(struct vcpu *v, void *arg)
{
	struct guest_on *on = arg;

	v->start = on->entry;
	v->arg = on->arg;
	vcpu_wait(v);
	v->suspended = v->state == VCPU_WAITING;
}

static inline void guest_take(struct vcpu *v, void *arg)
{
	uint32_t taken = host_take(v);

	if (arg)
		*(uint32_t *)arg = taken;
}

static inline void guest_timer(struct vcpu *v, void *arg)
{
	host_timer(v, *(ticks_t *)arg);
}

static inline void guest_ptimer(struct vcpu *v, void *arg)
{
	host_ptimer(v, *(ticks_t *)arg);
}

/* v's call as a port does it: by the short way every other time, where there is one. Here, so that it has points (points.h). */
static inline bool guest_quick(struct vcpu *v, uint32_t function)
{
	const uint64_t *arg = v->arch.args;

	if (!host_may_be_quick(v))
		return false;
	if (function == BH_CALL_CALL) {
		enum near done = port_call_quick(v, arg);

		return done == NEAR_DONE ? host_next(v, sched_handed) : done == NEAR_NEWS;
	}
	if (function == BH_CALL_SERVE && !arch_irq_pending(v) && port_serve_quick(v, arg))
		return host_next(v, sched_handed);
	if (function == BH_CALL_WAIT && !arch_irq_pending(v) && !host_has_timers(v) && event_wait_quick(v, arg[0], arg[1]))
		return host_next(v, sched_blocked);
	return false;
}

struct guest_call {
	uint32_t function;
	uint64_t arg[HOST_ARGS]; /* out: further results of a call that is answered at once */
	int64_t result;
};

static inline void guest_call(struct vcpu *v, void *arg)
{
	struct guest_call *c = arg;

	memcpy(v->arch.args, c->arg, sizeof(c->arg));
	if (guest_quick(v, c->function)) {
		c->result = CALL_NO_RETURN;
		return;
	}
	c->result = call_handle(v, c->function, arch_vcpu_args(v));
	if (c->result == CALL_NO_RETURN)
		return;
	arch_vcpu_answer(v, c->result);
	memcpy(c->arg, v->arch.args, sizeof(c->arg));
}

struct guest_touch {
	uint32_t emul;
	struct access a;
	enum emul_result result;
};

static inline void guest_touch(struct vcpu *v, void *arg)
{
	struct guest_touch *t = arg;

	t->result = host_access(v, emul_at(t->emul), &t->a);
}

/* --- the health log --- */

static inline const struct bh_log *log_of(void)
{
	return (const void *)(uintptr_t)blob->log_va;
}

/* Records ever begun in partition p's ring. */
static inline uint32_t log_next(uint32_t p)
{
	return log_of()->next[p];
}

static inline const struct bh_record *log_record(uint32_t p, uint32_t i)
{
	return &log_of()->record[p * log_of()->n + i % log_of()->n];
}

static inline const struct bh_record *log_newest(uint32_t p)
{
	return log_record(p, log_next(p) - 1);
}

/* As if p had been quiet for long: it may leave as many records as anybody. */
static inline void log_quota_anew(uint32_t p)
{
	store_relaxed(&partition_at(p)->log_at, 0);
}

/* --- steps --- */

static inline bool runs_on(const struct vcpu *v, uint32_t core)
{
	return host_guest(core) == v;
}

static inline struct vcpu *vcpu_of(uint32_t partition, uint32_t index)
{
	return partition_vcpu(partition_at(partition), index);
}

static inline uint64_t pc_of(struct vcpu *v)
{
	uint64_t pc;

	host_on(v->core->number);
	pc = arch_vcpu_pc(v);
	host_off();
	return pc;
}

/* v, which runs, traps and fn is what its handler does. */
static inline void does(struct vcpu *v, host_guest_fn *fn, void *arg)
{
	assert_ptr_equal(host_guest(v->core->number), v);
	host_trap(v->core->number, fn, arg);
}

/* Starts partition n, as from another core than any of its own. */
static inline void starts(uint32_t n)
{
	partition_start(partition_at(n));
	host_settle();
}

/* The partition's stub, which runs, is done; the guest is at its entry. */
static inline void loads(uint32_t n)
{
	does(vcpu_of(n, 0), guest_loaded, NULL);
	host_settle();
}

static inline void cpu_on(uint32_t n, uint32_t by, uint32_t index)
{
	struct guest_on on = { .index = index, .entry = ENTRY + 0x1000 * index, .arg = index };

	does(vcpu_of(n, by), guest_cpu_on, &on);
	assert_int_equal(on.status, 0);
	host_settle();
}

static inline void boot(const struct host_system *s)
{
	host_power_on(host_system_make(s));
	host_settle();
}

/* --- what holds while nothing is under way --- */

/* Who runs when this one is to run: itself, or at the end of its calls on this core. */
static inline struct vcpu *stand_in(struct vcpu *v)
{
	while (v->callee) {
		assert_int_equal(v->state, VCPU_CALLING);
		assert_ptr_equal(v->callee->core, v->core);
		assert_true(v->callee->lent & BIT(v->desc->rank));
		v = v->callee;
	}
	return v;
}

static inline void quiet_core(const struct core *c)
{
	uint32_t ready = 0;

	/* what is left is for the less urgent, who would not run anyway */
	assert_int_equal(c->inbox & c->urgent, 0);
	for (uint32_t r = 0; r < c->desc->n_vcpus; r++) {
		if (!(c->inbox & BIT(r)))
			assert_int_equal(c->vcpu[r]->requests, 0);
		ready |= vcpu_can_run(stand_in(c->vcpu[r])) ? BIT(r) : 0;
	}
	assert_int_equal(c->ready, ready);
	if (ready)
		assert_ptr_equal(host_guest(c->number), stand_in(c->vcpu[lowest_bit(ready)]));
	else
		assert_int_equal(host_where(c->number), HOST_IDLE);
}

static inline void quiet_partition(const struct partition *p)
{
	bool off = p->state == PARTITION_OFF;
	uint32_t on = 0;

	assert_int_not_equal(p->state, PARTITION_STOPPING);
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++) {
		const struct vcpu *v = partition_vcpu(p, i);

		if (!(v->core->inbox & BIT(v->desc->rank))) /* else it is less urgent than who runs there, and starts later */
			assert_int_not_equal(v->power, POWER_ON_PENDING);
		assert_int_equal(v->power == POWER_ON, v->state != VCPU_OFF);
		assert_int_equal(v->power == POWER_ON || v->is_ahead, v->arch.on);
		on += v->power != POWER_OFF;
	}
	if (off)
		assert_int_equal(on, 0);
	else
		assert_true(on > 0); /* else nobody could ever start it again */
}

/* Lets the cores come to rest: no request is left that is worth a kick, and every core runs its most urgent vCPU. */
static inline void quiet(void)
{
	host_settle();
	for (uint32_t i = 0; i < blob->n_cores; i++)
		quiet_core(core_at(i));
	for (uint32_t i = 0; i < blob->n_partitions; i++)
		quiet_partition(partition_at(i));
}

static inline int machine_off(void **state)
{
	(void)state;
	host_power_off();
	host_system_free();
	return 0;
}

#endif
