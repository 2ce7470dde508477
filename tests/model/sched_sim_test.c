/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the analysis promises against what a simulation sees, on random plans, with demands and phases that are chosen to
 * be the worst, or by chance: no figure is ever exceeded; in half of the plans the worst blackout seen is at least 80 % of the promised one; and
 * in 19 of 20 the promise is at most 1.5 times what was seen.
 * TESTS=n: n times as many systems. RUNS=n: n times as many runs of each. SEED=n: others.
 * sources: tests/model/sched_sim.c tools/analysis_core.c tools/analysis_supply.c tools/bytes.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/sched_sim.h" /* before cmocka.h, which has a macro fail() */

#include <cmocka.h>

#define SYSTEMS 300u
#define RUNS	60u /* of each figure */
#define US	1000ull
#define MS	(1000 * US)

static uint64_t seed;

static uint64_t below(uint64_t n)
{
	return sim_random(&seed, n);
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* --- a random core --- */

static void draw_costs(struct core_time *c)
{
	if (below(3) == 0)
		return;
	c->cost = (struct overhead){ .switch_ns = below(3 * US), .irq_ns = below(2 * US), .inject_ns = below(2 * US) };
	c->cost.section_ns = c->cost.switch_ns + c->cost.irq_ns + c->cost.inject_ns + below(20 * US); /* a switch is one of them */
}

static void draw_tasks(struct core_vcpu *v)
{
	uint64_t period = (2 + below(10)) * 5 * MS;

	v->n_tasks = 1 + (uint32_t)below(3);
	for (uint32_t t = 0; t < v->n_tasks; t++, period *= 1 + below(3))
		v->task[t] = (struct core_task){ period, (50 + below(500)) * US, period };
}

static void draw_vcpus(struct core_time *c)
{
	static const uint64_t periods[] = { 5, 8, 10, 20, 40 };

	c->n_vcpus = 1 + (uint32_t)below(4);
	for (uint32_t v = 0; v < c->n_vcpus; v++) {
		c->vcpu[v].partition = v;
		c->vcpu[v].lines = (uint32_t)below(3);
		if (below(3) == 0) {
			c->vcpu[v].period_ns = periods[below(5)] * MS;
			c->vcpu[v].budget_ns = c->vcpu[v].period_ns * (3 + below(20)) / 100;
		}
		if (below(3) == 0)
			draw_tasks(&c->vcpu[v]);
	}
}

static uint32_t draw_ranks(const struct core_time *c)
{
	uint32_t ranks = 0;

	for (uint32_t v = 0; v < c->n_vcpus; v++)
		if (!c->vcpu[v].budget_ns && below(2))
			ranks |= 1u << v;
	return ranks;
}

static void draw_windows(struct core_time *c)
{
	uint64_t at = 0;

	c->n_windows = 0;
	c->always = 0;
	if (below(8) == 0) {
		c->frame_ns = 0;
		c->always = draw_ranks(c);
		return;
	}
	c->frame_ns = (2 + below(9)) * 5 * MS;
	while (c->n_windows < 5) {
		uint64_t gap = below(2) ? below(c->frame_ns / 3) : 0, len = c->frame_ns / 20 + below(c->frame_ns / 3);
		uint32_t ranks = draw_ranks(c);

		if (at + gap + len > c->frame_ns)
			break;
		at += gap + len;
		if (ranks)
			c->window[c->n_windows++] = (struct core_window){ at - len, at, ranks };
	}
	if (c->n_windows == 0)
		c->frame_ns = 0;
}

static void draw(struct core_time *c)
{
	memset(c, 0, sizeof(*c));
	draw_costs(c);
	draw_vcpus(c);
	draw_windows(c);
	c->one_mode = below(2);
}

/* --- runs that try to make the victim wait --- */

static uint64_t period_of(const struct core_time *c, uint32_t v)
{
	return c->vcpu[v].budget_ns ? c->vcpu[v].period_ns : c->frame_ns ? c->frame_ns
									 : 20 * MS;
}

static uint64_t budgets(const struct core_time *c, uint32_t but)
{
	uint64_t sum = 0;

	for (uint32_t v = 0; v < c->n_vcpus; v++)
		sum += v == but ? 0 : c->vcpu[v].budget_ns;
	return sum;
}

/* The moment from which on all others want everything, after they have saved their budgets: near the end of a supply. */
static uint64_t draw_ambush(const struct core_time *c, uint32_t victim, uint64_t *last, uint64_t *next)
{
	uint64_t base = 2 * period_of(c, victim), end, sum = budgets(c, victim), early;
	uint32_t w;

	if (c->vcpu[victim].budget_ns) {
		end = base + c->vcpu[victim].budget_ns;
		*next = base + c->vcpu[victim].period_ns;
	} else if (c->n_windows) {
		do
			w = (uint32_t)below(c->n_windows);
		while (!(c->window[w].ranks & 1u << victim));
		end = base + c->window[w].end_ns;
		do
			if (++w == c->n_windows) {
				w = 0;
				base += c->frame_ns;
			}
		while (!(c->window[w].ranks & 1u << victim));
		*next = base + c->window[w].start_ns;
	} else {
		end = *next = base;
	}
	*last = end;
	if (below(4) == 0)
		return *next;
	early = below(2) ? 0 : below(2) ? below(2 * sum + 1)
					: (1 + below(2)) * sum + (below(2) ? 2 * (c->cost.section_ns + c->cost.switch_ns) : 0);
	return end > early ? end - early : 0;
}

/* Whose periods may begin at any moment, as far as the analysis knows. */
static bool phase_is_free(const struct core_time *c, uint32_t victim, uint32_t v)
{
	if (c->vcpu[victim].budget_ns)
		return v != victim && c->vcpu[v].period_ns != c->vcpu[victim].period_ns;
	return !c->one_mode || !c->n_windows || c->vcpu[v].period_ns != c->frame_ns;
}

static void draw_phases(struct sim_run *r, uint64_t ambush, uint64_t next)
{
	const struct core_time *c = r->plan;
	uint64_t sum = 0;

	for (uint32_t v = 0; v < c->n_vcpus; v++) {
		uint64_t period = c->vcpu[v].period_ns, at;

		if (!c->vcpu[v].budget_ns)
			continue;
		sum += v == r->victim ? 0 : c->vcpu[v].budget_ns + 100;
		switch (below(5)) {
		case 0: at = below(period); break;
		case 1: at = next; break;
		case 2: at = next + sum; break;
		case 3: at = ambush + sum; break;
		default: at = ambush + below(next > ambush ? next - ambush : 1); break;
		}
		r->offset_ns[v] = phase_is_free(c, r->victim, v) ? at % period : 0;
	}
}

static struct sim_run draw_run(const struct core_time *c, uint32_t victim, bool chance)
{
	struct sim_run r = { .plan = c, .victim = victim, .lines_ns = below(3) ? below(2) * 10 : below(2 * MS) };
	uint64_t last, next, ambush = draw_ambush(c, victim, &last, &next), task = below(2) ? ambush : next;
	bool saves = below(2), shadows = c->n_windows && !c->vcpu[victim].budget_ns && below(2); /* for when the victim would run */

	r.slack = (uint32_t)below(1u << c->n_vcpus) & ~(1u << victim);
	r.worst_costs = below(2);
	r.end_ns = chance ? 30 * period_of(c, victim) : 2 * next + 4 * period_of(c, victim);
	draw_phases(&r, ambush, next);
	for (uint32_t v = 0; v < c->n_vcpus; v++) {
		r.want[v] = (struct sim_want){ .from_ns = v == victim ? 0 : ambush, .until_ns = ~0ull, .release_ns = task };
		r.want[v].shadows = v != victim && shadows;
		if (v != victim && saves) {
			r.want[v].quiet_ns = most(last, ambush);
			r.want[v].loud_ns = next;
		}
		if (v == victim || !chance)
			continue;
		r.want[v] = (struct sim_want){ .burst_ns = 1 + below(5 * MS), .pause_ns = 1 + below(10 * MS), .release_ns = below(20 * MS) };
	}
	if (c->vcpu[victim].n_tasks)
		r.want[victim].release_ns = below(2) ? ambush : below(2) ? ambush + below(next > ambush ? next - ambush : 1)
									 : ambush - below(ambush / 20 + 1);
	if (c->vcpu[victim].budget_ns && c->vcpu[victim].n_tasks) /* all of it is gone when its tasks are released */
		r.spent_ns[victim] = 0;
	return r;
}

/* --- promised against seen --- */

struct tally {
	uint32_t n, near, loose;
	double worst;
};

static uint32_t runs = RUNS;
static struct tally blackouts, lates, interrupts, responses, changes;

static void count(struct tally *t, uint64_t seen, uint64_t promised)
{
	double ratio = seen ? (double)promised / (double)seen : promised ? 99
									 : 1;

	t->n++;
	t->near += ratio <= 1.25;
	t->loose += ratio > 1.5;
	t->worst = ratio > t->worst ? ratio : t->worst;
}

static void assert_kept(uint64_t seen, uint64_t promised, uint64_t system, const char *what)
{
	if (seen > promised)
		fail_msg("SEED=%llu: %s: %llu ns seen, %llu ns promised", (unsigned long long)system, what, (unsigned long long)seen,
			 (unsigned long long)promised);
}

/* The victim wants to run all the time. */
static void try_blackouts(const struct core_time *c, uint32_t victim, const struct core_figures *f, uint64_t system)
{
	struct core_time greedy = *c;
	uint64_t blackout = 0, late = 0;

	greedy.vcpu[victim].n_tasks = 0;
	for (uint32_t i = 0; i < runs; i++) {
		struct sim_run r = draw_run(&greedy, victim, i % 16 == 15);

		sim(&r, &seed);
		assert_kept(r.blackout_ns, f->blackout_ns, system, "blackout");
		if (f->late_ns != NEVER)
			assert_kept(r.late_ns, f->late_ns, system, "window's start");
		blackout = most(blackout, r.blackout_ns);
		late = most(late, r.late_ns);
	}
	if (f->blackout_ns > 100 * US)
		count(&blackouts, blackout, f->blackout_ns);
	if (f->late_ns != NEVER && f->late_ns > 10 * US)
		count(&lates, late, f->late_ns);
}

static void try_interrupts(const struct core_time *c, uint32_t victim, const struct core_figures *f, uint64_t system)
{
	struct core_time sleeper = *c;
	uint64_t seen = 0;

	sleeper.vcpu[victim].n_tasks = 0;
	for (uint32_t i = 0; i < runs; i++) {
		struct sim_run r = draw_run(&sleeper, victim, i % 16 == 15);
		uint64_t last, next, at = draw_ambush(&sleeper, victim, &last, &next);

		r.want[victim].wakes = true;
		r.want[victim].from_ns = below(2) ? at : most(at, 20 * US) - below(20 * US);
		sim(&r, &seed);
		assert_kept(r.interrupt_ns, f->interrupt_ns, system, "interrupt");
		seen = most(seen, r.interrupt_ns);
	}
	if (!c->vcpu[victim].budget_ns) /* it has all its budget left, having slept */
		count(&interrupts, seen, f->interrupt_ns);
}

static void try_tasks(const struct core_time *c, uint32_t victim, const struct core_figures *f, uint64_t system)
{
	uint64_t seen[PLAN_TASKS] = { 0 };

	for (uint32_t i = 0; i < runs; i++) {
		struct sim_run r = draw_run(c, victim, i % 16 == 15);

		for (uint32_t t = 0; t < c->vcpu[victim].n_tasks; t++)
			if (f->response_ns[t] != NEVER)
				r.end_ns = most(r.end_ns, r.want[victim].release_ns + 2 * f->response_ns[t]);
		sim(&r, &seed);
		for (uint32_t t = 0; t < c->vcpu[victim].n_tasks; t++) {
			if (f->response_ns[t] <= c->vcpu[victim].task[t].deadline_ns)
				assert_kept(r.response_ns[t], f->response_ns[t], system, "response");
			else
				break; /* what is late delays others */
			seen[t] = most(seen[t], r.response_ns[t]);
		}
	}
	for (uint32_t t = 0; t < c->vcpu[victim].n_tasks && f->response_ns[t] <= c->vcpu[victim].task[t].deadline_ns; t++)
		if (!c->vcpu[victim].budget_ns)
			count(&responses, seen[t], f->response_ns[t]);
}

/* The rest is the same in both modes. */
static void try_changes(const struct core_time *c, uint32_t victim, uint64_t system)
{
	struct core_figures from[BH_MAX_CORE_VCPUS], to[BH_MAX_CORE_VCPUS];
	struct core_time old = *c, new = *c;
	bool at_once = below(2);
	uint64_t promised, seen = 0;

	old.one_mode = new.one_mode = false;
	old.vcpu[victim].n_tasks = new.vcpu[victim].n_tasks = 0;
	draw_windows(&new);
	core_analyse(&old, from);
	core_analyse(&new, to);
	if (!old.frame_ns || !new.frame_ns || from[victim].blackout_ns == NEVER || to[victim].blackout_ns == NEVER)
		return;
	promised = most(core_change(&from[victim], &to[victim], at_once), most(from[victim].blackout_ns, to[victim].blackout_ns));
	for (uint32_t i = 0; i < runs; i++) {
		struct sim_run r = draw_run(&old, victim, i % 16 == 15);
		uint64_t last, next;

		draw_ambush(&old, victim, &last, &next);
		r.next = &new;
		r.change_ns = at_once ? next + below(2) * below(MS) : (next / old.frame_ns + 1) * old.frame_ns;
		sim(&r, &seed);
		assert_kept(r.blackout_ns, promised, system, "blackout across a change of mode");
		seen = most(seen, r.blackout_ns);
	}
	count(&changes, seen, promised);
}

static bool is_promised(const struct core_time *c, const struct core_figures *f, uint32_t v)
{
	for (uint32_t r = 0; r < v; r++) /* who is late takes more than it said */
		for (uint32_t t = 0; t < c->vcpu[r].n_tasks; t++)
			if (f[r].response_ns[t] > c->vcpu[r].task[t].deadline_ns)
				return false;
	return f[v].blackout_ns != NEVER;
}

static void try_system(uint64_t system)
{
	struct core_figures f[BH_MAX_CORE_VCPUS];
	struct core_time c;
	uint32_t victim;

	seed = system;
	draw(&c);
	victim = (uint32_t)below(c.n_vcpus);
	for (uint32_t v = 0; v < c.n_vcpus; v++)
		if (v != victim && c.vcpu[v].budget_ns)
			c.vcpu[v].n_tasks = 0; /* its budget is what holds, whatever it said */
	core_analyse(&c, f);
	if (!is_promised(&c, f, victim))
		return;
	try_blackouts(&c, victim, &f[victim], system);
	try_interrupts(&c, victim, &f[victim], system);
	try_tasks(&c, victim, &f[victim], system);
	try_changes(&c, victim, system);
}

static void print_tally(const char *what, const struct tally *t)
{
	printf("  %-12s %5u compared; 80 %% of the promise was seen in %u, less than 67 %% in %u; promised at most %.2f times what was seen\n", what, t->n,
	       t->near, t->loose, t->worst);
}

/* TIME-4 */
static void no_promise_is_broken_and_half_of_them_are_nearly_reached(void **state)
{
	const char *given = getenv("SEED"), *times = getenv("TESTS"), *more = getenv("RUNS");
	uint64_t first = given ? strtoull(given, NULL, 0) : 4000, n = SYSTEMS * (times ? strtoull(times, NULL, 0) : 1);

	(void)state;
	runs = RUNS * (more ? (uint32_t)strtoul(more, NULL, 0) : 1);
	for (uint64_t i = 0; i < n; i++)
		try_system(first + i);
	printf("  %llu systems from SEED=%llu\n", (unsigned long long)n, (unsigned long long)first);
	print_tally("blackout", &blackouts);
	print_tally("window late", &lates);
	print_tally("interrupt", &interrupts);
	print_tally("response", &responses);
	print_tally("change", &changes);
	assert_true(blackouts.n > n / 4);
	assert_true(2 * blackouts.near >= blackouts.n);
	assert_true(20 * blackouts.loose <= blackouts.n && 10 * lates.loose <= lates.n && 10 * responses.loose <= responses.n);
	assert_true(10 * interrupts.loose <= interrupts.n && 10 * changes.loose <= changes.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_promise_is_broken_and_half_of_them_are_nearly_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
