/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixed-priority preemptive scheduling of the vCPUs bound to one core. The ready word has a bit for
 * each, most urgent lowest, so choosing is one instruction. Where that one waits for another of this
 * core (sched_lend()), its bit says whether the one at the end of the chain can run.
 *
 * inbox pairs set_bits() in sched_post() with swap_all() in collect(): what was posted before is
 * seen after. A kick that comes between the last look at inbox and the guest's entry stays pending
 * (interrupts are masked) and brings the guest straight back.
 *
 * A core is kicked only for a vCPU at least as urgent as the one it runs: what others post for less
 * urgent ones waits in inbox for the next exit, and costs the one that runs nothing. (Only a stop
 * comes at once: its partition could not end before the urgent one leaves the core.) `urgent` says
 * which those are. The poster writes inbox, then reads urgent; the core writes urgent, then reads
 * inbox; a full barrier between on both sides, so that one of them sees the other.
 */
#include "kernel/sched.h"

#include "kernel/arch.h"

void sched_post(struct core *c, uint32_t rank, bool at_once)
{
	uint32_t was = set_bits(&c->inbox, BIT(rank)), urgent;

	if (c == this_core()) {
		c->own_post = 1;
		return;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	urgent = load_relaxed(&c->urgent);
	if (at_once || ((BIT(rank) & urgent) && !(was & urgent)))
		arch_kick(c);
}

/*
 * What is attended to may post to its own core, which nobody kicks; and while such a bit stands in
 * inbox, nobody else's post need do so either. So those are collected here; a chain of them is short
 * (the end of a partition, its restart, the log's doorbell). What others post comes with their kick.
 */
static void collect(struct core *c)
{
	do {
		uint32_t posted = swap_all(&c->inbox, 0);

		c->own_post = 0;
		for (; posted; posted &= posted - 1)
			vcpu_attend(c->vcpu[lowest_bit(posted)]);
	} while (unlikely(c->own_post));
}

/* When v wants this core's attention by time. */
static ticks_t wants_at(const struct core *c, const struct vcpu *v)
{
	ticks_t timer;

	if (!vcpu_wakes_by_irq(v) && v != c->loaded)
		return v->deadline;
	timer = arch_vcpu_deadline(v);
	return timer < v->deadline ? timer : v->deadline;
}

/* The core's own timer stands in for the timers of vCPUs that the hardware does not hold. */
static void set_alarm(struct core *c)
{
	ticks_t first = ~0ull;

	for (uint32_t r = 0; r < c->desc->n_vcpus; r++) {
		ticks_t t = wants_at(c, c->vcpu[r]);

		first = t < first ? t : first;
	}
	if (first == c->alarm)
		return;
	c->alarm = first;
	arch_timer_set(first);
}

void sched_alarm(void)
{
	struct core *c = this_core();
	ticks_t now = arch_time();

	c->alarm = ~0ull;
	arch_timer_set(~0ull);
	for (uint32_t r = 0; r < c->desc->n_vcpus; r++) {
		struct vcpu *v = c->vcpu[r];

		if (wants_at(c, v) <= now) {
			set_bits(&v->requests, REQ_IRQ | REQ_PORT);
			set_bits(&c->inbox, BIT(r));
		}
	}
	c->realarm = 1;
}

void sched_unload(struct vcpu *v)
{
	struct core *c = v->core;

	if (c->loaded != v)
		return;
	arch_vcpu_save(v);
	c->loaded = NULL;
}

static void lent(struct vcpu *to, uint32_t ranks)
{
	to->lent = ranks;
	if (ranks)
		to->core->helpers |= BIT(to->desc->rank);
	else
		to->core->helpers &= ~BIT(to->desc->rank);
}

/* At the end of the chain, v has run out of those to wait for. */
static struct vcpu *runs_for(struct vcpu *v)
{
	while (unlikely(v->callee))
		v = v->callee;
	return v;
}

void sched_lend(struct vcpu *v, struct vcpu *to)
{
	uint32_t ranks = BIT(v->desc->rank) | v->lent;

	v->callee = to;
	for (struct vcpu *at = to; at; at = at->callee)
		lent(at, at->lent | ranks);
	if (runs_for(to)->state == VCPU_READY)
		v->core->ready |= ranks;
}

void sched_unlend(struct vcpu *v)
{
	uint32_t ranks = BIT(v->desc->rank) | v->lent;

	for (struct vcpu *at = v->callee; at; at = at->callee)
		lent(at, at->lent & ~ranks);
	if (v->callee)
		v->core->ready &= ~ranks;
	v->callee = NULL;
}

static void load(struct core *c, struct vcpu *v)
{
	if (c->loaded)
		arch_vcpu_save(c->loaded);
	c->loaded = v;
	arch_vcpu_load(v);
	c->realarm = 1;
}

/* From now on these are worth a kick. True: something had been posted before that was known. */
static bool set_urgent(struct core *c, uint32_t ranks)
{
	if (likely(c->urgent == ranks))
		return false;
	store_relaxed(&c->urgent, ranks);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return load_relaxed(&c->inbox);
}

/* Ranks at least as urgent as r, and those that run, or would, in the place of one of these. */
static uint32_t worth_a_kick(const struct core *c, uint32_t r)
{
	uint32_t ranks = (BIT(r) << 1) - 1;

	for (uint32_t left = c->helpers & ~ranks; unlikely(left); left &= left - 1)
		if (c->vcpu[lowest_bit(left)]->lent & ranks)
			ranks |= left & -left;
	return ranks;
}

/* One look at what is there: who is to run, or NULL after a sleep or when there is news. */
static struct vcpu *choose(struct core *c)
{
	uint32_t rank;

	if (load_relaxed(&c->inbox))
		collect(c);
	if (unlikely(!c->ready)) {
		if (set_urgent(c, ~0u))
			return NULL;
		set_alarm(c);
		arch_idle();
		return NULL;
	}
	rank = lowest_bit(c->ready);
	return set_urgent(c, worth_a_kick(c, rank)) ? NULL : runs_for(c->vcpu[rank]);
}

/*
 * The loaded vCPU stays loaded while the core idles: its virtual timer then wakes the core by
 * itself, and it goes on without a switch. The loop ends: news that comes after `urgent` is set is
 * worth a kick, which stays pending, or it is for later.
 */
struct vcpu *sched_next(void)
{
	struct core *c = this_core();
	struct vcpu *v;

	do {
		do
			v = choose(c);
		while (unlikely(!v));
		if (unlikely(v != c->loaded))
			load(c, v);
	} while (unlikely(c->own_post)); /* a switch may hand an interrupt on to a sibling here */
	if (unlikely(c->realarm)) {
		c->realarm = 0;
		set_alarm(c);
	}
	return v;
}

noreturn void sched_start(void)
{
	struct core *c = this_core();

	c->alarm = ~0ull;
	(void)set_urgent(c, ~0u); /* sched_next() looks at inbox anyway */
	store_release(&c->online, 1);
	arch_enter(sched_next());
}
