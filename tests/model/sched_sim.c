/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules: funded before window before slack, the most urgent of each; siblings in turns of a slice; a budget pays from
 * the exit that ends another's run to the switch back, what it overruns is taken from the next; it is full again at
 * every instant. Events that come while the kernel works wait for it to end: that is a section, where another vCPU than
 * the victim was there before, or a switch, or an interrupt's exit.
 */
#include "tests/model/sched_sim.h"

#include <string.h>

#define NOBODY 32u

uint64_t sim_random(uint64_t *seed, uint64_t n)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return n ? (z ^ z >> 31) % n : 0;
}

struct job {
	uint64_t next, released[4]; /* next release; those not yet done */
	uint64_t n, work;	    /* how many are released; of the first what is left to do */
};

struct actor {
	bool ready;
	int64_t left;	  /* of its budget */
	uint64_t instant; /* when it is given next */
	uint64_t toggle;  /* of bursts */
	struct job job[PLAN_TASKS];
	uint32_t shut; /* of its lines: masked since one interrupted another */
};

struct core {
	struct sim_run *r;
	const struct core_time *plan;
	uint64_t *seed;
	uint64_t now, frame; /* start of the frame under way */
	uint64_t looked;     /* what was due until then has been seen; since then the kernel may have worked */
	uint32_t runs, before;
	bool pays;		 /* who runs does so on its budget */
	uint64_t since;		 /* paid until then */
	uint64_t line_at;	 /* the next interrupt for others */
	uint32_t lines_seen;	 /* of this run */
	uint32_t group_turn[32]; /* by partition: who has the turn */
	uint64_t group_left[32]; /* of that turn */
	struct actor a[BH_MAX_CORE_VCPUS];

	uint64_t last;	/* the victim's last instruction */
	uint64_t start; /* of its window, when it waits for its first instruction there; ~0 */
	bool begun, injected, told;
};

static uint64_t cost(struct core *c, uint64_t most)
{
	return c->r->worst_costs ? most : sim_random(c->seed, most + 1);
}

static bool reserved(const struct core *c, uint32_t v)
{
	return c->plan->vcpu[v].budget_ns && !c->plan->vcpu[v].out;
}

/* --- what they want --- */

static uint32_t window_ranks(const struct core *c)
{
	uint64_t at = c->now - c->frame;

	if (c->plan->n_windows == 0)
		return c->plan->always;
	for (uint32_t i = 0; i < c->plan->n_windows; i++)
		if (at >= c->plan->window[i].start_ns && at < c->plan->window[i].end_ns)
			return c->plan->window[i].ranks;
	return 0;
}

static bool has_work(const struct actor *a, uint32_t n_tasks)
{
	for (uint32_t t = 0; t < n_tasks; t++)
		if (a->job[t].n)
			return true;
	return false;
}

static void release(struct core *c, uint32_t v, uint32_t t)
{
	struct job *j = &c->a[v].job[t];

	if (j->n == 4)
		return; /* hopeless; what is there counts */
	if (j->n == 0)
		j->work = c->plan->vcpu[v].task[t].cost_ns + cost(c, c->plan->cost.inject_ns);
	j->released[j->n++] = j->next;
}

static void want(struct core *c, uint32_t v)
{
	const struct sim_want *w = &c->r->want[v];
	const struct core_vcpu *d = &c->plan->vcpu[v];
	struct actor *a = &c->a[v];

	if (d->n_tasks) {
		for (uint32_t t = 0; t < d->n_tasks; t++)
			for (; a->job[t].next <= c->now; a->job[t].next += d->task[t].period_ns)
				release(c, v, t);
		a->ready = has_work(a, d->n_tasks);
	} else if (w->wakes) {
		a->ready = c->now >= w->from_ns && !c->told;
	} else if (w->burst_ns) {
		while (a->toggle <= c->now) {
			a->ready = !a->ready;
			a->toggle += 1 + sim_random(c->seed, a->ready ? w->burst_ns : w->pause_ns);
		}
	} else {
		a->ready = c->now >= w->from_ns && c->now < w->until_ns && !(c->now >= w->quiet_ns && c->now < w->loud_ns) &&
			   (!w->shadows || window_ranks(c) >> c->r->victim & 1);
	}
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next_want(const struct core *c, uint32_t v)
{
	const struct sim_want *w = &c->r->want[v];
	const struct core_vcpu *d = &c->plan->vcpu[v];
	uint64_t first = ~0ull;

	for (uint32_t t = 0; t < d->n_tasks; t++)
		first = sooner(first, c->a[v].job[t].next);
	if (d->n_tasks)
		return first;
	if (w->burst_ns && !w->wakes)
		return c->a[v].toggle;
	if (c->looked < w->from_ns)
		return w->from_ns;
	if (c->looked < w->quiet_ns)
		return sooner(w->quiet_ns, w->until_ns);
	if (c->looked < w->loud_ns)
		return sooner(w->loud_ns, w->until_ns);
	return c->looked < w->until_ns ? w->until_ns : ~0ull;
}

/* The most urgent task of who runs. */
static struct job *current(struct core *c, uint32_t v, uint32_t *t)
{
	for (*t = 0; *t < c->plan->vcpu[v].n_tasks; ++*t)
		if (c->a[v].job[*t].n)
			return &c->a[v].job[*t];
	return NULL;
}

/* --- what is planned --- */

static uint64_t next_edge(const struct core *c)
{
	uint64_t at = c->looked - c->frame, first = c->plan->frame_ns;

	if (c->plan->n_windows == 0)
		return ~0ull;
	if (c->looked < c->frame)
		return c->frame;
	for (uint32_t i = 0; i < c->plan->n_windows; i++) {
		if (c->plan->window[i].start_ns > at)
			first = sooner(first, c->plan->window[i].start_ns);
		if (c->plan->window[i].end_ns > at)
			first = sooner(first, c->plan->window[i].end_ns);
	}
	return c->frame + first;
}

static void frames(struct core *c)
{
	if (c->r->next && c->plan != c->r->next && c->now >= c->r->change_ns) {
		c->plan = c->r->next;
		c->frame = c->r->change_ns;
	}
	while (c->plan->n_windows && c->now >= c->frame + c->plan->frame_ns)
		c->frame += c->plan->frame_ns;
}

/* --- budgets --- */

static void charge(struct core *c, uint64_t until)
{
	if (c->pays && until > c->since) {
		c->a[c->runs].left -= (int64_t)(until - c->since);
		c->since = until;
	}
}

static void give(struct core *c)
{
	for (uint32_t v = 0; v < c->plan->n_vcpus; v++) {
		int64_t full = (int64_t)c->plan->vcpu[v].budget_ns;

		if (!c->plan->vcpu[v].budget_ns)
			continue;
		for (; c->a[v].instant <= c->now; c->a[v].instant += c->plan->vcpu[v].period_ns) {
			if (c->runs == v)
				charge(c, c->a[v].instant);
			c->a[v].left = c->a[v].left >= 0 ? full : c->a[v].left + full > 0 ? c->a[v].left + full
											  : 0;
		}
	}
}

/* --- who runs --- */

static uint32_t choose(struct core *c, bool *pays)
{
	uint32_t ready = 0, funded = 0, window = window_ranks(c), can, rank, p;

	for (uint32_t v = 0; v < c->plan->n_vcpus; v++) {
		ready |= (uint32_t)c->a[v].ready << v;
		funded |= (uint32_t)(reserved(c, v) && c->a[v].left > 0) << v;
	}
	can = ready & funded ? ready & funded : ready & window ? ready & window
							       : ready & c->r->slack;
	*pays = (ready & funded) != 0;
	if (!can)
		return NOBODY;
	rank = (uint32_t)__builtin_ctz(can);
	p = c->plan->vcpu[rank].partition;
	for (uint32_t i = 0; i < c->plan->n_vcpus; i++) { /* whose turn is it? */
		uint32_t v = (c->group_turn[p] + i) % c->plan->n_vcpus;

		if (!(can & 1u << v) || c->plan->vcpu[v].partition != p)
			continue;
		if (v != c->group_turn[p])
			c->group_left[p] = BH_SLICE_NS;
		c->group_turn[p] = v;
		return v;
	}
	return rank;
}

static void open_lines(struct core *c, uint32_t v)
{
	for (uint32_t i = 0; i < c->plan->n_vcpus; i++)
		if (c->plan->vcpu[i].partition == c->plan->vcpu[v].partition)
			c->a[i].shut = 0;
}

/* An interrupt for it does not disturb who runs, but ends its run. */
static bool would_preempt(const struct core *c, uint32_t v)
{
	bool funded = reserved(c, v) && c->a[v].left > 0, windowed = window_ranks(c) >> v & 1;

	if (c->pays)
		return funded && v < c->runs;
	if (window_ranks(c) >> c->runs & 1)
		return funded || (windowed && v < c->runs);
	return funded || windowed;
}

/* Lines of others that were open: they interrupt who runs once each; and so does the timer of who ran before. */
static uint32_t open_for(struct core *c)
{
	uint32_t n = c->before != NOBODY && !c->lines_seen && !would_preempt(c, c->before), seen = 1u << c->plan->vcpu[c->runs].partition;

	c->lines_seen = 1;
	for (uint32_t i = 0; i < c->plan->n_vcpus; i++) {
		uint32_t p = 1u << c->plan->vcpu[i].partition;

		if (!(seen & p) && !c->a[i].shut && !would_preempt(c, i)) {
			n += c->plan->vcpu[i].lines;
			c->a[i].shut = 1;
		}
		seen |= p;
	}
	return n;
}

static void change(struct core *c, uint32_t to, bool pays)
{
	uint64_t entry = c->now;

	c->now += to == NOBODY ? 0 : cost(c, c->plan->cost.switch_ns);
	charge(c, c->now);
	if (to != c->runs) {
		c->lines_seen = 0;
		c->before = c->runs;
	}
	c->runs = to;
	c->pays = pays;
	c->since = entry;
	c->line_at = to == NOBODY || c->r->lines_ns == ~0ull ? ~0ull : c->now + c->r->lines_ns;
	if (to != NOBODY)
		open_lines(c, to);
}

/* --- time passes --- */

static uint64_t next_event(struct core *c)
{
	uint64_t first = sooner(next_edge(c), c->r->end_ns);
	uint32_t t;

	if (!c->begun) {
		c->begun = true;
		return 0;
	}
	if (c->r->next && c->plan != c->r->next)
		first = sooner(first, c->r->change_ns);
	for (uint32_t v = 0; v < c->plan->n_vcpus; v++) {
		first = sooner(first, next_want(c, v));
		if (c->plan->vcpu[v].budget_ns)
			first = sooner(first, c->a[v].instant);
	}
	if (c->runs == NOBODY)
		return first;
	first = sooner(first, c->line_at);
	first = sooner(first, c->now + c->group_left[c->plan->vcpu[c->runs].partition]);
	if (c->pays)
		first = sooner(first, c->a[c->runs].left > 0 ? c->since + (uint64_t)c->a[c->runs].left : c->now);
	if (current(c, c->runs, &t))
		first = sooner(first, c->now + current(c, c->runs, &t)->work);
	return first;
}

static void note(uint64_t *most, uint64_t value)
{
	*most = value > *most ? value : *most;
}

static void served(struct core *c, uint64_t from, uint64_t until)
{
	struct sim_run *r = c->r;

	r->served_ns += until - from;
	if (r->want[r->victim].wakes && !c->told) {
		c->told = true;
		note(&r->interrupt_ns, from - r->want[r->victim].from_ns);
		return;
	}
	if (c->last != ~0ull)
		note(&r->blackout_ns, from - c->last);
	c->last = until;
	if (c->start != ~0ull)
		note(&r->late_ns, from - c->start);
	c->start = ~0ull;
}

static void work(struct core *c, uint64_t until)
{
	uint32_t t, v = c->runs, p;
	struct job *j;

	if (v == NOBODY || until <= c->now)
		return;
	if (v == c->r->victim)
		served(c, c->now, until);
	p = c->plan->vcpu[v].partition;
	c->group_left[p] -= sooner(c->group_left[p], until - c->now);
	j = current(c, v, &t);
	if (j)
		j->work -= sooner(j->work, until - c->now);
}

static void finish(struct core *c)
{
	uint32_t t, v = c->runs;
	struct job *j = v == NOBODY ? NULL : current(c, v, &t);

	if (!j || j->work)
		return;
	if (v == c->r->victim)
		note(&c->r->response_ns[t], c->now - j->released[0]);
	memmove(j->released, j->released + 1, sizeof(j->released) - sizeof(j->released[0]));
	if (--j->n)
		j->work = c->plan->vcpu[v].task[t].cost_ns;
}

/* A handler begins with the injection; a slice ends; lines interrupt who runs. */
static void small_things(struct core *c)
{
	uint32_t p;

	if (c->runs == NOBODY)
		return;
	p = c->plan->vcpu[c->runs].partition;
	if (c->group_left[p] == 0) {
		c->group_turn[p] = (c->group_turn[p] + 1) % c->plan->n_vcpus;
		c->group_left[p] = BH_SLICE_NS;
	}
	if (c->line_at <= c->now) {
		c->line_at = ~0ull;
		for (uint32_t n = open_for(c); n; n--)
			c->now += cost(c, c->plan->cost.irq_ns);
	}
}

/* At a window's start: does the victim wait for its first instruction there? */
static void watch_window(struct core *c, uint64_t event)
{
	uint32_t bit = 1u << c->r->victim;

	if (c->plan->n_windows && (window_ranks(c) & bit) && c->runs != c->r->victim && c->a[c->r->victim].ready)
		for (uint32_t i = 0; i < c->plan->n_windows; i++)
			if (c->frame + c->plan->window[i].start_ns == event && (c->plan->window[i].ranks & bit) && c->last != event)
				c->start = event;
	if (!(window_ranks(c) & bit))
		c->start = ~0ull;
}

/* Events wait for what the kernel does for who runs, or for nobody. It is part of a task's own cost. */
static void section(struct core *c)
{
	uint64_t most = c->plan->cost.section_ns;
	uint32_t t, v = c->runs;

	if (v != NOBODY && c->plan->vcpu[v].n_tasks) {
		struct job *j = current(c, v, &t);

		most = cost(c, sooner(most, j ? j->work : 0));
		if (j)
			j->work -= most;
		c->now += most;
	} else {
		c->now += cost(c, most);
	}
}

static void step(struct core *c)
{
	uint64_t event = next_event(c);
	bool pays, at_edge = event == next_edge(c), worked = event > c->now; /* else the kernel goes from one thing to the next */
	uint32_t next;

	event = worked ? event : c->now;
	work(c, event);
	c->now = event;
	frames(c);
	finish(c);
	if (worked && c->runs != c->r->victim)
		section(c);
	frames(c);
	c->looked = c->now;
	give(c);
	if (c->pays)
		charge(c, c->now);
	for (uint32_t v = 0; v < c->plan->n_vcpus; v++)
		want(c, v);
	watch_window(c, event);
	small_things(c);
	next = choose(c, &pays);
	if (next != c->runs || pays != c->pays)
		change(c, next, pays);
	else if (c->runs == c->r->victim && at_edge)
		c->now += cost(c, c->plan->cost.irq_ns);
	if (next == c->r->victim && c->r->want[next].wakes && !c->injected) {
		c->now += cost(c, c->plan->cost.inject_ns);
		c->injected = true; /* it stays so, if its window is over by now */
	}
}

static void begin(struct core *c)
{
	for (uint32_t v = 0; v < c->plan->n_vcpus; v++) {
		c->a[v].left = (int64_t)c->plan->vcpu[v].budget_ns - (int64_t)c->r->spent_ns[v];
		c->a[v].instant = c->r->offset_ns[v];
		if (c->plan->vcpu[v].budget_ns && !c->a[v].instant)
			c->a[v].instant = c->plan->vcpu[v].period_ns;
		for (uint32_t t = 0; t < c->plan->vcpu[v].n_tasks; t++)
			c->a[v].job[t].next = c->r->want[v].release_ns;
		c->group_turn[c->plan->vcpu[v].partition] = v;
		c->group_left[c->plan->vcpu[v].partition] = BH_SLICE_NS;
	}
}

void sim(struct sim_run *r, uint64_t *seed)
{
	struct core core = { .r = r, .plan = r->plan, .seed = seed, .runs = NOBODY, .before = NOBODY, .last = ~0ull, .start = ~0ull, .line_at = ~0ull }, *c = &core;

	begin(c);
	while (c->now < r->end_ns)
		step(c);
	if (c->last != ~0ull && !r->want[r->victim].wakes && !c->plan->vcpu[r->victim].n_tasks && c->a[r->victim].ready)
		note(&r->blackout_ns, r->end_ns > c->last ? r->end_ns - c->last : 0);
	for (uint32_t t = 0; t < c->plan->vcpu[r->victim].n_tasks; t++)
		if (c->a[r->victim].job[t].n)
			note(&r->response_ns[t], r->end_ns - sooner(r->end_ns, c->a[r->victim].job[t].released[0]));
	if (r->want[r->victim].wakes && !c->told && r->end_ns > r->want[r->victim].from_ns)
		note(&r->interrupt_ns, r->end_ns - r->want[r->victim].from_ns);
}
