/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a core's plan to the supply of each vCPU, and from that to the figures. Who may run instead of whom:
 * - reservations instead of whoever has windows, and of less urgent reservations;
 * - in a window, a more urgent vCPU: as much as its tasks take, or all of it where it declares none;
 * - siblings in turns. Slack takes from nobody.
 */
#include "tools/analysis_core.h"

#include <string.h>

#include "tools/analysis_supply.h"

/* --- what the kernel costs --- */

/* Interrupts for others while one vCPU runs: each line is masked at its first one; the timer of who was there before expires once. */
static uint64_t disturbance(const struct core_time *c, uint32_t rank)
{
	uint64_t seen = 1ull << c->vcpu[rank].partition, n = c->n_vcpus > 1;

	for (uint32_t r = 0; r < c->n_vcpus; r++) {
		if (!(seen >> c->vcpu[r].partition & 1))
			n += c->vcpu[r].lines;
		seen |= 1ull << c->vcpu[r].partition;
	}
	return n * c->cost.irq_ns;
}

/* Until the first instruction of one who may run now: the section under way, the switch, and what comes between. */
static uint64_t start_cost(const struct core_time *c, uint32_t rank)
{
	return c->cost.section_ns + c->cost.switch_ns + disturbance(c, rank);
}

static uint64_t path(const struct core_time *c) /* which nobody can end */
{
	return c->cost.section_ns + c->cost.switch_ns;
}

/* --- rivals --- */

static bool is_sibling(const struct core_time *c, uint32_t a, uint32_t b)
{
	return a != b && c->vcpu[a].partition == c->vcpu[b].partition;
}

static void add_budget(struct supply *s, const struct core_time *c, uint32_t rank, bool fixed)
{
	const struct core_vcpu *v = &c->vcpu[rank];

	s->rival[s->n_rivals++] = (struct rival){
		.rank = rank,
		.budget = true,
		.fixed = fixed,
		.take_ns = v->budget_ns + 2 * c->cost.switch_ns + v->lines * c->cost.irq_ns,
		.every_ns = v->period_ns,
		.once_ns = path(c),
	};
}

/* Each job may be interrupted for others; and it opens its own lines, which then interrupt who comes after it. */
static void add_tasks(struct supply *s, const struct core_time *c, uint32_t rank, const struct core_figures *f)
{
	const struct core_vcpu *v = &c->vcpu[rank];

	for (uint32_t i = 0; i < v->n_tasks; i++)
		s->rival[s->n_rivals++] = (struct rival){
			.rank = rank,
			.take_ns = v->task[i].cost_ns + 2 * c->cost.switch_ns + c->cost.inject_ns + v->lines * c->cost.irq_ns + disturbance(c, rank),
			.every_ns = v->task[i].period_ns,
			.jitter_ns = f->response_ns[i],
		};
}

static bool keeps_to_tasks(const struct core_vcpu *v, const struct core_figures *f)
{
	for (uint32_t i = 0; i < v->n_tasks; i++)
		if (f->response_ns[i] == NEVER)
			return false;
	return v->n_tasks > 0;
}

/* Those that may have all of a window: more urgent, of another partition, and without tasks that say how much. */
static uint32_t greedy_ranks(const struct core_time *c, uint32_t rank, const struct core_figures *done)
{
	uint32_t ranks = 0;

	for (uint32_t r = 0; r < rank; r++)
		if (!is_sibling(c, r, rank) && !c->vcpu[r].budget_ns && !keeps_to_tasks(&c->vcpu[r], &done[r]))
			ranks |= 1u << r;
	return ranks;
}

/* --- supplies --- */

static bool follows(const struct core_window *a, const struct core_window *b, uint64_t frame)
{
	return a->end_ns % frame == b->start_ns;
}

/* It runs on from the window before, and only the alarm at the edge comes between. */
static bool runs_on(const struct core_time *c, uint32_t w, uint32_t rank, uint32_t greedy)
{
	const struct core_window *before = &c->window[(w + c->n_windows - 1) % c->n_windows];

	return before->ranks & 1u << rank && !(before->ranks & greedy) && follows(before, &c->window[w], c->frame_ns);
}

static void add_windows(struct supply *s, const struct core_time *c, uint32_t rank, uint32_t greedy)
{
	for (uint32_t i = 0; i < c->n_windows; i++) {
		const struct core_window *w = &c->window[i];

		if (!(w->ranks & 1u << rank) || w->ranks & greedy)
			continue;
		s->piece[s->n_pieces++] = (struct piece){
			.start_ns = w->start_ns,
			.end_ns = w->end_ns,
			.cost_ns = runs_on(c, i, rank, greedy) ? c->cost.irq_ns : start_cost(c, rank),
			.ranks = w->ranks,
		};
	}
}

static void add_endless(struct supply *s, const struct core_time *c, uint32_t rank, uint32_t greedy)
{
	if (!(c->always & 1u << rank) || c->always & greedy)
		return;
	s->endless = true;
	s->piece[s->n_pieces++] = (struct piece){ .cost_ns = disturbance(c, rank), .ranks = c->always };
}

static void window_supply(struct supply *s, const struct core_time *c, uint32_t rank, const struct core_figures *done)
{
	uint32_t greedy = greedy_ranks(c, rank, done);

	*s = (struct supply){ .frame_ns = c->frame_ns, .most_ns = NEVER, .cut_ns = disturbance(c, rank) };
	for (uint32_t r = 0; r < c->n_vcpus; r++)
		if (r == rank || c->vcpu[r].out)
			continue;
		else if (c->vcpu[r].budget_ns)
			add_budget(s, c, r, c->one_mode && c->n_windows && c->vcpu[r].period_ns == c->frame_ns);
		else if (r < rank && !is_sibling(c, r, rank) && !(greedy & 1u << r))
			add_tasks(s, c, r, &done[r]);
	if (c->n_windows)
		add_windows(s, c, rank, greedy);
	else
		add_endless(s, c, rank, greedy);
}

/* How often less can run at most: each time that it is interrupted, its budget pays for the way back. */
static uint64_t budget_left(const struct supply *s, const struct core_time *c, uint32_t rank)
{
	uint64_t lost = c->cost.switch_ns + disturbance(c, rank);

	for (uint32_t i = 0; i < s->n_rivals; i++)
		lost += (s->frame_ns / s->rival[i].every_ns + 2) * c->cost.switch_ns;
	return c->vcpu[rank].budget_ns > lost ? c->vcpu[rank].budget_ns - lost : 0;
}

static void budget_supply(struct supply *s, const struct core_time *c, uint32_t rank)
{
	const struct core_vcpu *v = &c->vcpu[rank];

	*s = (struct supply){ .frame_ns = v->period_ns, .cut_ns = disturbance(c, rank), .n_pieces = 1 };
	s->piece[0] = (struct piece){ .end_ns = v->period_ns, .cost_ns = start_cost(c, rank) };
	for (uint32_t r = 0; r < c->n_vcpus; r++)
		if (r != rank && !c->vcpu[r].out && c->vcpu[r].budget_ns && (r < rank || is_sibling(c, r, rank)))
			add_budget(s, c, r, c->vcpu[r].period_ns == v->period_ns);
	s->most_ns = budget_left(s, c, rank);
}

/* --- figures --- */

static uint32_t turns(const struct core_time *c, uint32_t rank)
{
	uint32_t n = 1;

	for (uint32_t r = 0; r < c->n_vcpus; r++)
		n += is_sibling(c, r, rank) && !c->vcpu[r].out;
	return c->vcpu[rank].budget_ns ? 1 : n;
}

static struct demand demand_of(const struct core_time *c, uint32_t rank, uint64_t first_ns)
{
	return (struct demand){
		.first_ns = first_ns,
		.turns = turns(c, rank),
		.slice_ns = BH_SLICE_NS,
		.turn_ns = BH_SLICE_NS + path(c),
	};
}

/* What is sure to come; what does not is looked for until then. */
static void set_limit(struct supply *s, const struct core_figures *f, uint64_t want, double used)
{
	double left = f->share - used, much = (double)want;

	for (uint32_t i = 0; i < s->n_rivals; i++)
		much += 2.0 * (double)s->rival[i].take_ns + (double)s->rival[i].once_ns;
	for (uint32_t i = 0; i < s->n_pieces; i++)
		much += (double)s->piece[i].cost_ns;
	much = left > 1e-6 ? 2 * much / left + 4 * (double)s->frame_ns : 0;
	s->limit_ns = much < 1e15 ? (uint64_t)much : 0;
}

static uint64_t done_after(const struct supply *s, const struct demand *d, const struct core_vcpu *v, uint64_t late)
{
	uint64_t spent, end;

	if (!v->budget_ns)
		return supply_worst(s, d);
	spent = v->budget_ns > late ? v->budget_ns - late : 0;
	end = supply_end(s, d, spent, true);
	return end == NEVER ? NEVER : end - spent;
}

static void respond(const struct core_time *c, uint32_t rank, struct supply *s, struct core_figures *f)
{
	const struct core_vcpu *v = &c->vcpu[rank];
	uint64_t job = c->cost.inject_ns + (v->budget_ns ? 2 * c->cost.switch_ns : 0), want = 0;
	double used = 0;

	s->cut_ns = start_cost(c, rank);
	for (uint32_t i = 0; i < v->n_tasks; i++) {
		struct demand d = demand_of(c, rank, v->task[i].cost_ns + job);

		want += v->task[i].cost_ns + job;
		set_limit(s, f, want * d.turns * 2 + d.turns * d.turn_ns, used);
		d.task = v->task;
		d.n_tasks = i;
		d.job_ns = job;
		f->response_ns[i] = done_after(s, &d, v, path(c));
		used += (double)(v->task[i].cost_ns + job) / (double)v->task[i].period_ns;
	}
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	return a == NEVER || b == NEVER ? NEVER : a + b;
}

/* The first moment from a stretch's start on at which no rival can hold it up. */
static uint64_t begin(const struct supply *s, const struct piece *p, bool fixed)
{
	struct supply one = *s;
	struct demand d = { .first_ns = 1, .turns = 1 };
	uint64_t end;

	one.piece[0] = *p;
	one.n_pieces = 1;
	one.endless = p->end_ns == 0;
	for (uint32_t i = 0; i < one.n_rivals; i++)
		one.rival[i].fixed = fixed && one.rival[i].fixed;
	end = supply_end(&one, &d, p->start_ns, false);
	return end == NEVER || (!one.endless && end > p->end_ns) ? NEVER : end - 1 - p->start_ns;
}

static uint32_t windows_of(const struct core_time *c, uint32_t rank)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_windows; i++)
		n += c->window[i].ranks >> rank & 1;
	return n;
}

static uint64_t worst_start(const struct core_time *c, uint32_t rank, const struct supply *s)
{
	uint64_t late = 0;

	if (!c->n_windows || s->n_pieces == 0 || s->n_pieces < windows_of(c, rank)) /* a more urgent one may take one of them */
		return NEVER;
	for (uint32_t i = 0; i < s->n_pieces; i++)
		late = max_u64(late, begin(s, &s->piece[i], true));
	return late;
}

/* In a new mode nothing is known of the phase, and nobody ran on. */
static uint64_t after_change(const struct core_time *c, uint32_t rank, const struct supply *s, const struct demand *d)
{
	struct supply one = *s;
	uint64_t end;

	for (uint32_t i = 0; i < one.n_rivals; i++)
		one.rival[i].fixed = false;
	for (uint32_t i = 0; i < one.n_pieces; i++)
		one.piece[i].cost_ns = start_cost(c, rank);
	end = supply_end(&one, d, 0, false);
	return end == NEVER ? NEVER : end - 1;
}

/* How long before the end of a frame it may have run for the last time. */
static uint64_t before_change(const struct supply *s, const struct demand *d, uint64_t blackout)
{
	uint64_t low = 0, high, end;

	if (s->endless || blackout == NEVER)
		return blackout;
	high = end = (blackout / s->frame_ns + 2) * s->frame_ns;
	while (high - low > 1) {
		uint64_t mid = low + (high - low) / 2;

		if (supply_end(s, d, mid, false) > end)
			high = mid;
		else
			low = mid;
	}
	return end - high;
}

static void window_figures(const struct core_time *c, uint32_t rank, struct supply *s, struct core_figures *f)
{
	struct demand d = demand_of(c, rank, 1);

	f->share = supply_share(s);
	f->frame_ns = c->n_windows ? supply_frame(s) : 0;
	if (d.turns > 1) {
		f->share *= (double)d.slice_ns / (double)(d.turns * d.turn_ns);
		f->frame_ns = f->frame_ns / (d.turns * d.turn_ns) * d.slice_ns;
	}
	set_limit(s, f, d.turns * d.turn_ns, 0);
	f->blackout_ns = supply_worst(s, &d);
	f->blackout_ns -= f->blackout_ns != NEVER;
	f->late_ns = worst_start(c, rank, s);
	f->start_ns = after_change(c, rank, s, &d);
	f->tail_ns = before_change(s, &d, f->blackout_ns);
	f->funded_ns = NEVER;
}

static void budget_figures(const struct core_time *c, uint32_t rank, struct supply *s, struct core_figures *f)
{
	const struct core_vcpu *v = &c->vcpu[rank];
	struct demand d = demand_of(c, rank, 1), all = demand_of(c, rank, v->budget_ns + 2 * c->cost.switch_ns);
	struct supply rest = *s;
	struct piece any = { .cost_ns = disturbance(c, rank) };

	f->late_ns = f->need_ns = NEVER;
	rest.endless = true;
	rest.most_ns = NEVER;
	rest.limit_ns = 64 * v->period_ns;
	rest.cut_ns = start_cost(c, rank);
	f->need_ns = supply_end(&rest, &all, 0, false);
	rest.cut_ns = s->cut_ns;
	f->funded_ns = plus(begin(&rest, &any, false), path(c) + c->cost.inject_ns);
	f->blackout_ns = f->tail_ns = f->start_ns = NEVER;
	if (f->need_ns > v->period_ns || s->most_ns == 0)
		return;
	f->share = (double)s->most_ns / (double)v->period_ns;
	set_limit(s, f, v->budget_ns, 0);
	f->blackout_ns = done_after(s, &d, v, path(c));
	f->blackout_ns = f->tail_ns = f->start_ns = f->blackout_ns - (f->blackout_ns != NEVER);
}

static void figures_of(const struct core_time *c, uint32_t rank, struct core_figures *out)
{
	struct core_figures *f = &out[rank];
	struct supply supply, *s = &supply;

	*f = (struct core_figures){ .share = 0 };
	if (c->vcpu[rank].budget_ns && !c->vcpu[rank].out)
		budget_supply(s, c, rank);
	else
		window_supply(s, c, rank, out);
	if (c->vcpu[rank].out)
		s->n_pieces = 0;
	if (c->vcpu[rank].budget_ns && !c->vcpu[rank].out)
		budget_figures(c, rank, s, f);
	else
		window_figures(c, rank, s, f);
	f->interrupt_ns = plus(f->blackout_ns, path(c) + c->cost.inject_ns);
	respond(c, rank, s, f);
}

/* TIME-4 */
void core_analyse(const struct core_time *c, struct core_figures *out)
{
	for (uint32_t r = 0; r < c->n_vcpus; r++)
		figures_of(c, r, out);
}

uint64_t core_window_lost(const struct core_time *c, uint32_t window, const struct core_figures *f)
{
	uint32_t rank = (uint32_t)__builtin_ctz(c->window[window].ranks);
	struct piece piece = { .start_ns = c->window[window].start_ns };
	struct supply s;

	window_supply(&s, c, rank, f);
	for (uint32_t i = 0; i < s.n_pieces; i++)
		if (s.piece[i].start_ns == piece.start_ns)
			s.cut_ns = s.piece[i].cost_ns;
	s.limit_ns = 64 * c->frame_ns;
	return begin(&s, &piece, true);
}

uint64_t core_change(const struct core_figures *from, const struct core_figures *to, bool at_once)
{
	if (from->need_ns && to->need_ns)
		return max_u64(from->blackout_ns, to->blackout_ns);
	return plus(at_once ? from->blackout_ns : from->tail_ns, to->start_ns);
}
