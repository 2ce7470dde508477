/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ready word has a bit for each vCPU of the core, most urgent lowest, and so have the words that say who may run,
 * so choosing is a few instructions. Where the chosen one waits for another of this
 * core (sched_lend()), its bit says whether the one at the end of the chain can run.
 *
 * inbox pairs set_bits() in sched_post() with swap_all() in collect(): what was posted before is
 * seen after. A kick that comes between the last look at inbox and the guest's entry stays pending
 * (interrupts are masked) and brings the guest straight back.
 *
 * A core is kicked only for a vCPU that would run at once, were it ready, and attends to no other: what is posted
 * for the rest waits in inbox until the one that runs leaves the core, or their time comes, and costs it
 * nothing. (Only a stop does not wait until the urgent one leaves the core: its partition could not end.) `urgent` says
 * which those are. The poster writes inbox, then reads urgent; the core writes urgent, then reads
 * inbox; a full barrier between on both sides, so that one of them sees the other.
 */
#include "kernel/sched.h"

#include "abi/port.h"
#include "kernel/arch.h"
#include "kernel/budget.h"
#include "kernel/call.h"
#include "kernel/mode.h"
#include "kernel/print.h"
#include "kernel/trace.h"
#include "kernel/window.h"

void sched_post_stop(struct core *c, uint32_t bit)
{
	set_bits(&c->stops, bit);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (load_relaxed(&c->frame_ticks)) { /* an edge will come: pass_edge() */
		sched_post(c, bit);
		return;
	}
	set_bits(&c->inbox, bit);
	sched_post_now(c);
}

void sched_post_now(struct core *c)
{
	set_bits(&c->inbox, INBOX_NOW);
	if (c == this_core())
		c->changed = 1;
	else
		arch_kick(c);
}

/* When v wants this core's attention by time. */
static inline ticks_t wants_at(const struct core *c, const struct vcpu *v)
{
	ticks_t first = sched_earlier(v->deadline, v->vigil);

	if (likely(!arch_vcpu_is_timed(&v->arch)) || (!vcpu_wakes_by_irq(v) && v != c->loaded))
		return first;
	return sched_earlier(arch_vcpu_deadline(v), first);
}

/* When the first of those that would run wants attention by time. */
static inline ticks_t first_wish(struct core *c)
{
	ticks_t first = BH_NEVER;

	for (uint32_t left = c->urgent & c->timed; left; left &= left - 1) {
		const struct vcpu *v = c->vcpu[lowest_bit(left)];
		ticks_t at = wants_at(c, v);

		first = sched_earlier(first, at);
		if (at == BH_NEVER && !arch_vcpu_is_timed(&v->arch))
			c->timed &= ~v->bit;
	}
	return first;
}

/* Of time itself, whatever vCPUs want. */
static inline ticks_t next_edge(const struct core *c)
{
	ticks_t first = sched_earlier(c->edge, c->change_at);

	if (unlikely(c->budgets))
		first = sched_earlier(first, budget_alarm(c));
	return first;
}

/*
 * The core's own timer: time's edges, and the timers of vCPUs that would run if theirs fired and that the hardware does not
 * hold. One vCPU alone on its core, without windows and reservation, has none of these. (TIME-5)
 */
static __attribute__((noinline)) void set_alarm(struct core *c)
{
	ticks_t first = next_edge(c);

	if (unlikely(c->turn_end != BH_NEVER) && (c->ready & c->vcpu[c->rank]->siblings))
		first = sched_earlier(first, c->turn_end);
	c->early = 0;
	sched_timer(c, sched_earlier(first, first_wish(c)));
}

static void attend(struct core *c, uint32_t rank)
{
	struct vcpu *v = c->vcpu[rank];
	ticks_t from = unlikely(c->funded & BIT(rank)) ? arch_time() : 0;

	if (unlikely(load_relaxed(&c->stops) & BIT(rank)))
		clear_bits(&c->stops, BIT(rank));
	vcpu_attend(v);
	if (unlikely(from) && v->state != VCPU_READY)
		budget_pay(c, v, from);
}

/*
 * What others post meanwhile comes with their kick. An interrupt waits for one of these at most: it may be the alarm, for
 * somebody whose time has come.
 */
static void collect(struct core *c)
{
	uint32_t these = load_relaxed(&c->inbox) & INBOX_NOW ? ~0u : c->urgent, posted = clear_bits(&c->inbox, these) & these;
	uint32_t now = posted & INBOX_NOW;

	if (unlikely(now)) {
		panic_attend();
		store_relaxed(&c->asked_at, 0);
		mode_attend(c);
	}
	posted &= ~INBOX_NOW;
	if (unlikely(posted & (posted - 1)))
		sched_timer(c, next_edge(c));
	for (; posted; posted &= posted - 1) {
		uint32_t rest = posted & (posted - 1);

		attend(c, lowest_bit(posted));
		if (unlikely(rest) && arch_irq_waits()) {
			set_bits(&c->inbox, rest | now);
			c->changed = 1;
			arch_irq_take();
			return;
		}
	}
}

/* Whoever may not run now finds it in his inbox later. */
static void wake_by_time(struct core *c, ticks_t now)
{
	for (uint32_t left = c->timed; left; left &= left - 1) {
		struct vcpu *v = c->vcpu[lowest_bit(left)];

		if (unlikely(wants_at(c, v) <= now)) {
			set_bits(&v->requests, REQ_IRQ | REQ_PORT);
			set_bits(&c->inbox, v->bit);
		}
	}
}

/*
 * An edge: one of those that are to stop does, whoever's window begins. All in turn, or one that starts and stops without end would keep
 * others from it.
 */
static inline void stop_one(struct core *c)
{
	uint32_t stops = load_relaxed(&c->stops);

	if (likely(!stops))
		return;
	if (!c->frame_ticks) { /* no more edges */
		sched_post_now(c);
		return;
	}
	if (!(stops & ~c->stopped))
		c->stopped = 0;
	stops &= ~c->stopped;
	c->stopped |= stops & -stops;
	attend(c, lowest_bit(stops));
}

static inline void pass_edge(struct core *c, ticks_t now)
{
	if (now >= c->change_at)
		mode_change(c, now);
	else if (now >= c->edge)
		window_advance(c, now);
	else
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* a stop sees that there are no more edges, or is seen */
	stop_one(c);
}

void sched_alarm(void)
{
	struct core *c = this_core();
	ticks_t now = c->now;

	c->alarm = BH_NEVER;
	arch_timer_set(BH_NEVER);
	c->changed = 1;
	if (unlikely(c->budgets))
		budget_charge(c, now);
	pass_edge(c, now);
	if (!c->plan)
		return;
	if (unlikely(c->budgets))
		budget_give(c, now);
	if (unlikely(now >= c->turn_end)) {
		c->turned |= BIT(c->rank);
		c->turn_end = now + ticks_of(BH_SLICE_NS); /* the next one, should none of its siblings be in time now */
	}
	wake_by_time(c, now);
}

void sched_give_way(struct vcpu *v)
{
	v->core->turned |= v->bit;
	v->core->changed = 1;
}

void sched_unload(struct vcpu *v)
{
	struct core *c = v->core;

	if (c->loaded != v)
		return;
	arch_vcpu_save(v);
	c->loaded = NULL;
	c->changed = 1;
}

static void lent(struct vcpu *to, uint32_t ranks)
{
	to->lent = ranks;
	if (ranks)
		to->core->helpers |= to->bit;
	else
		to->core->helpers &= ~to->bit;
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
	uint32_t ranks = v->bit | v->lent;

	v->callee = to;
	v->core->changed = 1;
	for (struct vcpu *at = to; at; at = at->callee)
		lent(at, at->lent | ranks);
	if (vcpu_can_run(runs_for(to)))
		v->core->ready |= ranks;
}

void sched_unlend(struct vcpu *v)
{
	uint32_t ranks = v->bit | v->lent;

	for (struct vcpu *at = v->callee; at; at = at->callee)
		lent(at, at->lent & ~ranks);
	if (v->callee) {
		v->core->ready &= ~ranks;
		v->core->changed = 1;
	}
	v->callee = NULL;
}

/*
 * Where this rank runs (BH_NONE: nobody): those that would run at once in its stead, or again; and those that would do so in the
 * place of one of these.
 */
static inline uint32_t worth_a_kick(const struct core *c, uint32_t rank)
{
	uint32_t self = rank == BH_NONE ? 0 : BIT(rank), upto = (self << 1) - 1, ranks = c->funded;

	if (likely(self))
		upto |= c->vcpu[rank]->siblings; /* their turn comes, too */
	if (likely(c->window & ~ranks & self))
		ranks |= c->window & upto;
	else if (ranks & self)
		ranks &= upto;
	else
		ranks |= c->window | (c->slack & upto);
	for (uint32_t left = c->helpers & ~ranks; unlikely(left); left &= left - 1)
		if (c->vcpu[lowest_bit(left)]->lent & ranks)
			ranks |= left & -left;
	return ranks;
}

/* From now on these are worth a kick. True: they were others before, so something may have been posted to them. */
static inline bool set_urgent(struct core *c, uint32_t ranks)
{
	if (likely(c->urgent == ranks))
		return false;
	store_relaxed(&c->urgent, ranks);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return true;
}

static void load(struct core *c, struct vcpu *v)
{
	if (likely(c->loaded)) {
		(void)arch_vcpu_switch(c, c->loaded, v);
	} else {
		c->loaded = v;
		arch_vcpu_load(v);
	}
}

/* The rank that runs leaves the core. What is left of its turn it has when it comes back: windows may be shorter. */
static void turn_pause(struct core *c)
{
	struct vcpu *v = c->vcpu[c->rank];

	v->turn_left = c->turn_end > c->now && !(c->turned & BIT(c->rank)) ? c->turn_end - c->now : 0;
	c->turn_end = BH_NEVER;
}

static void turn_begin(struct core *c)
{
	struct vcpu *v = c->vcpu[c->rank];

	c->turned &= ~BIT(c->rank);
	c->turn_end = c->now + (v->turn_left ? v->turn_left : ticks_of(BH_SLICE_NS));
}

#define LOOKS 8u

/* As long as the word does not change its owner has the core without a break. (One who gets and leaves it all the while: until lately.) */
ticks_t sched_used(const struct core *c, uint32_t rank)
{
	const ticks_t *had = rank == BH_NONE ? &c->idled : &c->vcpu[rank]->used;
	ticks_t word = load_relaxed(had), now;

	for (uint32_t i = 0; i < LOOKS && (int64_t)word < 0; i++) {
		ticks_t before = word;

		now = arch_time();
		word = load_relaxed(had);
		if (word == before)
			break;
	}
	if ((int64_t)word >= 0)
		return word;
	word += now + 1;
	return (int64_t)word < 0 ? 0 : word; /* it has got the core since the counter was read */
}

/* v runs from now on, on the time of that rank; NULL and BH_NONE: nobody does. */
static void run(struct core *c, struct vcpu *v, uint32_t rank)
{
	if (v && v != c->loaded)
		load(c, v);
	if (unlikely(c->budgets))
		budget_charge(c, arch_time());
	if (unlikely(c->turn_end != BH_NEVER))
		turn_pause(c);
	sched_account(c, v ? &c->vcpu[rank]->used : &c->idled, rank, c->now);
	c->runs = v;
	if (!v) {
		trace(c, BH_TRACE_IDLE, TRACE_NOBODY, 0, 0, 0);
		return;
	}
	if (unlikely(c->vcpu[rank]->siblings))
		turn_begin(c);
	if (unlikely(c->funded))
		budget_begin(c);
	sched_trace(c, v, rank);
}

/* Siblings take turns: of a group, those that have not had theirs; then all again. */
static inline uint32_t pick(struct core *c, uint32_t can)
{
	uint32_t rank = lowest_bit(can), group = c->vcpu[rank]->siblings;

	if (likely(!group))
		return rank;
	group |= BIT(rank);
	if (!(can & group & ~c->turned))
		c->turned &= ~group;
	return lowest_bit(can & group & ~c->turned);
}

/* TIME-3: who is marked for slack, when nobody else can run. */
static uint32_t contenders(const struct core *c)
{
	uint32_t can = c->ready & c->funded;

	if (likely(!can))
		can = c->ready & c->window;
	return can ? can : c->ready & c->slack;
}

/*
 * Who is to run, once all that is urgent has been attended to; NULL: nobody. It is looked for news once, and again where
 * others have become urgent or the core has posted to itself: what comes later is worth a kick, or it can wait. Bounded, should
 * others post without end.
 */
#define MAX_TURNS (2 * BH_MAX_CORE_VCPUS)

static struct vcpu *choose(struct core *c, uint32_t *rank)
{
	bool look = true;

	for (uint32_t turns = 0;; turns++) {
		uint32_t can = contenders(c);

		*rank = likely(can) ? pick(c, can) : BH_NONE;
		look |= c->changed;
		c->changed = 0;
		look |= set_urgent(c, worth_a_kick(c, *rank));
		look = look && sched_news(c);
		if (likely(!look) || turns == MAX_TURNS) {
			if (unlikely(look))
				arch_kick(c); /* what is left comes with that */
			return likely(can) ? runs_for(c->vcpu[*rank]) : NULL;
		}
		look = false;
		collect(c);
	}
}

/*
 * Something was posted to the core's only vCPU, which slept and is loaded: if it can run now, nobody else is to be asked. As in sched_doze() neither
 * `urgent` depends on that, nor who pays. NULL: not this way, and the whole way goes on from here.
 */
static inline struct vcpu *wake_alone(struct core *c)
{
	struct vcpu *v = c->vcpu[0];

	if (c->changed || load_relaxed(&c->inbox) != v->bit || load_relaxed(&c->stops) || c->loaded != v || c->budgets || !(c->window & v->bit))
		return NULL;
	clear_bits(&c->inbox, v->bit);
	vcpu_attend(v);
	if (!vcpu_can_run(v) || c->loaded != v || (c->shut | load_relaxed(&c->inbox)) != 0) /* it may have posted to itself, and nobody kicks for that */
		return NULL;
	c->changed = 0;
	c->runs = v;
	if (c->alarm != sched_earlier(c->edge, c->change_at) || wants_at(c, v) != BH_NEVER) /* it was its deadline's, or is to be */
		set_alarm(c);
	return sched_goes_on(v, 0, 0);
}

/*
 * The loaded vCPU stays loaded while the core idles: its virtual timer then wakes the core by
 * itself, and it goes on without a switch. (A switch may hand an interrupt on to a sibling here, or use a budget up: changed.)
 */
struct vcpu *sched_choose(struct core *c)
{
	for (;;) {
		uint32_t rank;
		struct vcpu *v = choose(c, &rank);

		if (v != c->runs || rank != c->rank || (v && v != c->loaded))
			run(c, v, rank);
		if (unlikely(c->changed))
			continue;
		set_alarm(c);
		if (unlikely(v && (c->shut & v->bit)))
			arch_irq_open(v);
		if (v)
			return v;
		arch_idle();
		if (c->desc->n_vcpus == 1) {
			v = wake_alone(c);
			if (v)
				return v;
		}
	}
}

/* It is not for sched_blocked() to say who is next. */
static __attribute__((noinline)) struct vcpu *blocked_otherwise(struct vcpu *v)
{
	v->core->now = arch_stamp();
	v->core->changed = 1;
	v->core->ready &= ~v->lent;
	trace_message(v, BH_CALL_WAIT, v->listens, v->deadline, CALL_NO_RETURN);
	return sched_choose(v->core);
}

/*
 * As sched_choose(). The alarm is as it was set for those that were urgent: of those who become so, none has timers, and v has none but the
 * wait's; or the whole way it is.
 */
struct vcpu *sched_blocked(struct vcpu *v)
{
	struct core *c = v->core;
	uint32_t can = c->ready & c->window, was = c->urgent, urgent, rank;
	struct vcpu *to;
	ticks_t now;

	if (unlikely(can == 0 || (c->budgets | c->helpers | c->families) != 0))
		return blocked_otherwise(v);
	rank = lowest_bit(can);
	to = c->vcpu[rank];
	urgent = c->window & ((BIT(rank) << 1) - 1);
	store_relaxed(&c->urgent, urgent);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unlikely(((load_relaxed(&c->inbox) & (urgent | INBOX_NOW)) | (c->timed & urgent & ~was) | (c->shut & to->bit) | c->early) != 0))
		return blocked_otherwise(v);
	now = arch_stamp();
	sched_account(c, &to->used, rank, now);
	c->runs = to;
	trace_leaves(c, now, v, BH_CALL_WAIT, v->listens, v->deadline, to, BH_TRACE_BY_WINDOW, rank);
	sched_timer(c, sched_earlier(c->alarm, v->deadline));
	return arch_vcpu_switch(c, v, to);
}

/* As sched_alarm() and sched_choose(), but for the switch. Whose time has come in another window hears of it when that comes (wake_by_time()). */
struct vcpu *sched_edge(struct core *c, const struct vcpu *v, uint32_t intid)
{
	uint32_t can, window, urgent, rank;
	ticks_t now = arch_stamp(), first;
	struct window_edge e;
	struct vcpu *to;

	if (now < c->edge || unlikely(now >= c->change_at) || unlikely((c->budgets | c->helpers | c->families | c->changed | load_relaxed(&c->stops)) != 0) ||
	    !window_follows(c, now, &e))
		return NULL;
	window = c->windows[e.next].ranks;
	can = c->ready & window;
	if (unlikely(can == 0 || (c->timed & window) != 0))
		return NULL;
	rank = lowest_bit(can);
	to = c->vcpu[rank];
	urgent = window & ((BIT(rank) << 1) - 1);
	store_relaxed(&c->urgent, urgent);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unlikely(to == v || ((load_relaxed(&c->inbox) & (urgent | INBOX_NOW)) | (c->shut & to->bit)) != 0))
		return NULL;
	window_follow(c, &e);
	sched_account(c, &to->used, rank, now);
	c->runs = to;
	trace_edge(c, now, v, intid, e.planned, to, rank);
	c->early = 0;
	first = sched_earlier(c->edge, c->change_at);
	c->alarm = first;
	arch_timer_set(first);
	return to;
}

/* Beside others, none of which can run. Everybody is urgent from now on. */
static __attribute__((noinline)) bool doze_beside(struct core *c, struct vcpu *v)
{
	if ((c->ready & (c->window | c->slack)) != v->bit || v->siblings || c->early)
		return false;
	c->doze_urgent = c->urgent;
	c->doze_alarm = c->alarm;
	if (set_urgent(c, worth_a_kick(c, BH_NONE)) && sched_news(c)) {
		c->changed = 1;
		return false;
	}
	set_alarm(c);
	return true;
}

/* Of budgets it would matter who pays, and of siblings whose turn it is. With one vCPU neither `urgent` nor the alarm depends on whether it sleeps. */
bool sched_doze(struct vcpu *v)
{
	struct core *c = v->core;

	if (c->budgets || !(c->window & v->bit) || c->changed)
		return false;
	if (c->desc->n_vcpus > 1 && !doze_beside(c, v))
		return false;
	sched_account(c, &c->idled, BH_NONE, arch_stamp());
	trace(c, BH_TRACE_IDLE, TRACE_NOBODY, 0, 0, 0);
	return true;
}

void sched_sleep(struct vcpu *v)
{
	v->core->runs = NULL;
	vcpu_block(v, VCPU_WAITING);
}

struct vcpu *sched_awake_beside(struct vcpu *v, uint32_t by)
{
	struct core *c = v->core;

	store_relaxed(&c->urgent, c->doze_urgent);
	sched_timer(c, c->doze_alarm);
	return sched_goes_on(v, v->desc->rank, by);
}

static __attribute__((noinline)) struct vcpu *handed_timed(struct core *c, struct vcpu *v, struct vcpu *to)
{
	(void)arch_vcpu_switch(c, v, to);
	sched_timer(c, sched_earlier(c->alarm, wants_at(c, to)));
	return to;
}

struct vcpu *sched_handed(struct vcpu *v)
{
	struct core *c = v->core;
	struct vcpu *to = c->runs;

	if (unlikely(to->vigil != BH_NEVER || arch_vcpu_is_timed(&to->arch)))
		return handed_timed(c, v, to);
	return arch_vcpu_switch(c, v, to);
}

noreturn void sched_start(void)
{
	struct core *c = this_core();

	c->changed = 1;
	store_release(&c->online, 1);
	mode_arrive();
	arch_enter(sched_next(c));
}
