/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole portable kernel in one file, with a place for another core to run before every access
 * to a word that cores share; and a search through the orders in which the cores take their steps.
 * Include it first. Orders are sequentially consistent, but for POINTS_LATE_STORES.
 */
#ifndef TESTS_UNIT_POINTS_H
#define TESTS_UNIT_POINTS_H

#include "kernel/types.h"

void host_point(void);

#undef load_relaxed
#undef load_acquire
#undef store_relaxed
#undef store_release
#undef swap_all
#undef set_bits
#undef clear_bits
#undef add_to
#undef change_if

/*
 * With POINTS_LATE_STORES a store is seen by the other cores only some steps after the load that follows
 * it, unless a barrier, another store or a read-modify-write comes first: what a store buffer does.
 */
#ifdef POINTS_LATE_STORES
static uint64_t late_load(const volatile void *at, uint64_t now);
static void late_store(const volatile void *at, uint64_t old);
static void late_change(const volatile void *at);
#define __atomic_thread_fence(order) late_change(NULL)
#else
#define late_load(at, now)  (now)
#define late_store(at, old) (void)0
#define late_change(at)	    (void)0
#endif

#define point_load(p, order)	 ((__typeof__(*(p)))late_load((p), (host_point(), __atomic_load_n((p), order))))
#define point_store(p, v, order) (host_point(), late_store((p), *(p)), __atomic_store_n((p), (v), order))
#define point_change(p)		 (host_point(), late_change(p))

#define load_relaxed(p)	    point_load(p, __ATOMIC_RELAXED)
#define load_acquire(p)	    point_load(p, __ATOMIC_ACQUIRE)
#define store_relaxed(p, v) point_store(p, v, __ATOMIC_RELAXED)
#define store_release(p, v) point_store(p, v, __ATOMIC_RELEASE)
#define swap_all(p, v)	    (point_change(p), __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL))
#define set_bits(p, v)	    (point_change(p), __atomic_fetch_or((p), (v), __ATOMIC_ACQ_REL))
#define clear_bits(p, v)    (point_change(p), __atomic_fetch_and((p), ~(v), __ATOMIC_ACQ_REL))
#define add_to(p, v)	    (point_change(p), __atomic_add_fetch((p), (v), __ATOMIC_ACQ_REL))
#define change_if(p, old, v) \
	(point_change(p), __atomic_compare_exchange_n((p), (old), (v), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))

#include "tests/unit/machine.h"

#ifdef POINTS_LATE_STORES
static struct {
	const volatile void *at; /* or NULL */
	bool passed;		 /* by a load: the next one comes behind it */
	uint64_t old;
} late[BH_MAX_CORES]; /* of each core, what the others do not see yet */

static inline void late_lands(uint32_t core)
{
	late[core].at = NULL;
}

static inline bool late_mine(uint32_t core)
{
	return host_this_core && host_this_core->number == core;
}

static uint64_t late_load(const volatile void *at, uint64_t now)
{
	for (uint32_t i = 0; i < BH_MAX_CORES; i++)
		if (late[i].at == at && !late_mine(i))
			now = late[i].old;
	if (host_this_core && late[host_this_core->number].passed)
		late_lands(host_this_core->number);
	else if (host_this_core)
		late[host_this_core->number].passed = true;
	return now;
}

static void late_store(const volatile void *at, uint64_t old)
{
	late_change(at);
	if (host_this_core) {
		late[host_this_core->number].at = at;
		late[host_this_core->number].old = old;
		late[host_this_core->number].passed = false;
	}
}

static void late_change(const volatile void *at)
{
	for (uint32_t i = 0; i < BH_MAX_CORES; i++)
		if (late_mine(i) || late[i].at == at)
			late_lands(i);
}
#endif

#ifdef POINTS_IN_COPIES
#define arch_time() (host_point(), arch_time())
#endif

#include "kernel/budget.c"
#include "kernel/call.c"
#include "kernel/emul.c"
#include "kernel/event.c"
#include "kernel/health.c"
#include "kernel/inspect.c"
#include "kernel/log.c"
#include "kernel/mode.c"
#include "kernel/monitor.c"
#include "kernel/partition.c"
#include "kernel/port.c"
#include "kernel/port_call.c"
#include "kernel/print.c"
#include "kernel/sched.c"
#include "kernel/system.c"
#include "kernel/trace.c"
#include "kernel/vcpu.c"
#include "kernel/watchdog.c"
#include "kernel/window.c"

#define MAX_STEPS 4000u

struct race {
	void (*setup)(void);
	bool (*can)(uint32_t core); /* can it take a step? */
	void (*step)(uint32_t core);
	void (*check)(void); /* when none can */
	uint32_t n_cores;
};

struct switches {
	uint32_t n;
	uint32_t step[4], core[4]; /* before step step[i], core core[i] goes on */
};

/* Of the order that was run last: before each step, which other cores could have taken it. */
static uint8_t race_others[MAX_STEPS];

static inline uint8_t race_can(const struct race *r)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < r->n_cores; i++)
		mask |= r->can(i) ? BIT(i) : 0;
	return (uint8_t)mask;
}

/*
 * Runs until no core can go on. A core goes on as long as it can, unless a switch is due; then the
 * next one that can. Answers the number of steps.
 */
static inline uint32_t run_order(const struct race *r, const struct switches *s)
{
	uint32_t core = 0, next = 0, n = 0;
	uint8_t can;

	r->setup();
	while ((can = race_can(r))) {
		assert_true(n < MAX_STEPS); /* else the cores go round for ever */
		if (next < s->n && s->step[next] == n)
			core = s->core[next++];
		while (!(can & BIT(core)))
			core = (core + 1) % r->n_cores;
		race_others[n++] = (uint8_t)(can & ~BIT(core));
		r->step(core);
		if (host_where(core) == HOST_SPIN)
			core = (core + 1) % r->n_cores;
	}
	r->check();
	return n;
}

/* Every order with at most `bound` switches beside those of s. Answers how many orders there were. */
static inline uint32_t all_orders(const struct race *r, uint32_t bound, struct switches s)
{
	uint32_t orders = 1, first = s.n ? s.step[s.n - 1] + 1 : 0, steps = run_order(r, &s);
	uint8_t others[MAX_STEPS];

	if (!bound)
		return orders;
	memcpy(others, race_others, steps);
	s.n++;
	for (uint32_t at = first; at < steps; at++)
		for (uint32_t core = 0; core < r->n_cores; core++) {
			if (!(others[at] & BIT(core)))
				continue;
			s.step[s.n - 1] = at;
			s.core[s.n - 1] = core;
			orders += all_orders(r, bound - 1, s);
		}
	return orders;
}

/* One random order: a core goes on, mostly the same. */
static inline void random_order(const struct race *r)
{
	uint32_t core = 0, n = 0;
	uint8_t can;

	r->setup();
	while ((can = race_can(r))) {
		assert_true(n++ < MAX_STEPS);
		if (random_below(4) == 0)
			core = random_below(r->n_cores);
		while (!(can & BIT(core)))
			core = (core + 1) % r->n_cores;
		r->step(core);
	}
	r->check();
}

#endif
