/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who runs on this core. Of the vCPUs that are ready: who has budget left (budget.h), else who is in the window
 * under way (window.h), else who takes slack; in each the lowest rank (highest priority). Nobody else runs.
 * Preemptive, tickless, O(1) but for the alarm, which is bounded by the core's vCPUs. Interrupts are masked; touches this core only.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "kernel/arch.h"
#include "kernel/core.h"
#include "kernel/trace.h"

/* Any core: core c has to attend its vCPU with this bit, when it could run. */
static inline void sched_post(struct core *c, uint32_t bit)
{
	uint32_t was = set_bits(&c->inbox, bit), urgent;

	if (c == this_core()) {
		c->changed = 1;
		return;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	urgent = load_relaxed(&c->urgent);
	if ((bit & urgent) && !(was & urgent))
		arch_kick(c);
}

/*
 * Likewise, whoever runs there, and for however long: at once where the core has no windows, else at one of the next edges: one stop an
 * edge, so that nobody's stops and starts take others' time in between.
 */
void sched_post_stop(struct core *c, uint32_t bit);
void sched_post_now(struct core *c); /* any core: it has to attend to everything that was posted, and to orders (mode.h) */
void sched_alarm(void);		     /* this core's timer has fired; core->now is not before that */
void sched_unload(struct vcpu *v);   /* own core: the hardware holds nothing of v any more */
void sched_give_way(struct vcpu *v); /* own core: v gives way to its siblings */

/*
 * The short way of one that waits for an interrupt and that nobody here could run instead of. Own core, v runs, and no interrupt of it is
 * pending. sched_doze(): true: it sleeps from now on, still loaded; the port waits for what comes and then calls either sched_awake(), and v goes on, or sched_sleep(), and the rest is as after
 * vcpu_wait(). sched_notice(), when a kick has come for v, asleep or running: true: it was no more than an interrupt of v, which has been taken in.
 */
bool sched_doze(struct vcpu *v);
void sched_sleep(struct vcpu *v);

/* Something that is urgent, or cannot wait, has been posted to this core. */
static inline bool sched_news(const struct core *c)
{
	return load_relaxed(&c->inbox) & (c->urgent | INBOX_NOW);
}

static inline ticks_t sched_earlier(ticks_t a, ticks_t b)
{
	return a < b ? a : b;
}

/* The core's own timer. */
static inline void sched_timer(struct core *c, ticks_t when)
{
	if (when == c->alarm)
		return;
	c->alarm = when;
	arch_timer_set(when);
}

struct vcpu *sched_choose(struct core *c);				       /* whatever has happened */
struct vcpu *sched_blocked(struct vcpu *v);				       /* v, which ran, waits since event_wait_quick(), nothing else has happened, and it has no timer that runs */
struct vcpu *sched_edge(struct core *c, const struct vcpu *v, uint32_t intid); /* v, which runs, has been interrupted by the core's timer, of that INTID: who runs from now on, not loaded yet. NULL: it is more than a window's edge: nothing has been done, and the rest is sched_alarm()'s */
struct vcpu *sched_handed(struct vcpu *v);				       /* who has the core now was not loaded until now; its emulated timer is the alarm's affair */

/* Own core: who runs now; idles until there is one; loads its registers. */
static inline struct vcpu *sched_next(struct core *c)
{
	if (c->changed || unlikely(sched_news(c)))
		return sched_choose(c);
	return likely(c->runs == c->loaded) ? c->runs : sched_handed(c->loaded);
}

/*
 * Another rank has the core from now on. A word of time had is that time while its owner does not have the core. While he does it is less the
 * instant from which on he would have had it without a break, less one: so below zero, and anybody who adds the time now has it up to now.
 */
static inline void sched_account(struct core *c, ticks_t *had, uint32_t rank, ticks_t now)
{
	store_relaxed(c->had, *c->had + (now + 1));
	store_relaxed(had, *had - (now + 1));
	c->had = had;
	c->rank = rank;
}

static inline struct vcpu *sched_goes_on(struct vcpu *v, uint32_t rank, uint32_t by)
{
	struct core *c = v->core;

	sched_account(c, &v->used, rank, arch_stamp());
	trace(c, BH_TRACE_SWITCH, v->who, BH_TRACE_BY_WINDOW, rank, by);
	return v;
}

struct vcpu *sched_awake_beside(struct vcpu *v, uint32_t by);

/* Answers v. by: as the trace has it, BH_TRACE_SWITCH's b. Alone, it has the first rank. */
static inline struct vcpu *sched_awake(struct vcpu *v, uint32_t by)
{
	return unlikely(v->core->doze_urgent) ? sched_awake_beside(v, by) : sched_goes_on(v, 0, by);
}

static inline bool sched_notice(struct vcpu *v)
{
	struct core *c = v->core;

	if ((load_relaxed(&c->inbox) & (c->urgent | INBOX_NOW)) != v->bit)
		return false;
	clear_bits(&c->inbox, v->bit); /* before requests: what is posted meanwhile has its bit there again */
	if (likely(!(load_relaxed(&v->requests) & ~REQ_IRQ))) {
		arch_irq_update(v);
		if (likely(!(c->shut & v->bit)))
			return true;
	}
	set_bits(&c->inbox, v->bit);
	c->changed = 1;
	return false;
}

/* Any core: how long this rank has had core c until now; BH_NONE: how long it has idled. (Where c changes who runs all the while: until lately.) */
ticks_t sched_used(const struct core *c, uint32_t rank);

/*
 * v waits for a vCPU of its core, which runs in v's place until sched_unlend(): with v's rank, so on v's time, and with
 * what is lent to v. Own core; v is blocked. Chains are as long as calls are nested, and have no cycle
 * (lib/blob_check.c).
 */
void sched_lend(struct vcpu *v, struct vcpu *to);
void sched_unlend(struct vcpu *v); /* nothing where it has not lent */

/* Why who runs on the time of that rank may, as the trace has it. */
static inline uint32_t sched_why(const struct core *c, uint32_t rank)
{
	uint32_t self = BIT(rank);

	return c->funded & self ? BH_TRACE_BY_BUDGET : c->window & self ? BH_TRACE_BY_WINDOW
									: BH_TRACE_BY_SLACK;
}

/* v runs from now on, on the time of that rank. */
static inline void sched_trace(struct core *c, const struct vcpu *v, uint32_t rank)
{
	trace(c, BH_TRACE_SWITCH, v->who, sched_why(c, rank), rank, 0);
}

/*
 * The short way of a call within one core (port_near.h): the server's vCPU waits for just that, so the caller's time goes to it, and back with the
 * reply, and nobody else is looked at. _can_: nothing speaks against it: nothing is on its way to anybody here, and the server would not have
 * run by itself in the place of who pays. c: this core; v runs.
 */
static inline bool sched_can_hand_over(const struct core *c, const struct vcpu *to)
{
	return (c->changed | load_relaxed(&c->inbox) | to->frozen | to->lent | ((c->urgent | c->shut) & to->bit)) == 0;
}

/* v, which is not ready any more until then, lends to `to`, which is. False: something has come for `to` meanwhile, so sched_next() has to say who runs. */
static inline bool sched_hand_over(struct core *c, struct vcpu *v, struct vcpu *to, ticks_t deadline)
{
	uint32_t bit = to->bit, urgent = c->urgent | bit;

	v->callee = to;
	to->lent = v->bit | v->lent;
	c->helpers |= bit;
	c->ready |= bit;
	c->runs = to;
	store_relaxed(&c->urgent, urgent);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (deadline < c->alarm) {
		c->alarm = deadline;
		arch_timer_set(deadline);
	}
	if (likely(!(load_relaxed(&c->inbox) & (urgent | INBOX_NOW))))
		return true;
	c->changed = 1;
	return false;
}

/* `to` waits for v, and it is its time, or one's that waits for `to`. */
static inline bool sched_can_hand_back(const struct core *c, const struct vcpu *v, const struct vcpu *to)
{
	uint32_t ranks = to->bit | to->lent;

	return (c->changed | load_relaxed(&c->inbox) | to->frozen | (v->lent ^ ranks) | (c->shut & to->bit)) == 0 && (ranks >> (c->rank & 31) & 1);
}

/* v, which is not ready any more, has answered `to`, which is. The alarm may stay that of the call's end: it would be `to`'s affair. */
static inline void sched_hand_back(struct core *c, struct vcpu *v, struct vcpu *to)
{
	uint32_t bit = v->bit;

	c->ready &= ~bit;
	v->lent = 0;
	c->helpers &= ~bit;
	to->callee = NULL;
	c->runs = to;
	store_relaxed(&c->urgent, c->urgent & ~bit);
	c->early = 1;
}

noreturn void sched_start(void); /* a core's first and last step of boot */

#endif
