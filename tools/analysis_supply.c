/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two lower bounds of what is supplied in a stretch, of which the better one counts: each piece less what rivals can take
 * of it, or all pieces less what rivals can take in the whole stretch. `end` solves for the first moment when a demand is met,
 * by iterating from below, as in response time analysis.
 */
#include "tools/analysis_supply.h"

#include <string.h>

#define EXACT_STEPS 2000u
#define MOST_STEPS  20000u
#define MOST_PIECES 2000000u

static uint64_t ceil_div(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/* What is left of a reservation's period under way when a stretch begins at the worst moment, or at a known one. */
static uint64_t first_part(const struct rival *r, uint64_t start)
{
	return r->fixed ? r->every_ns - start % r->every_ns : r->take_ns;
}

/* What a rival may take of a stretch; @whole: of each period that the stretch touches all, else what fits into it. */
static uint64_t rival_take(const struct rival *r, uint64_t start, uint64_t len, bool whole)
{
	uint64_t part, rest;

	if (len == 0)
		return 0;
	if (!r->budget)
		return ceil_div(len + r->jitter_ns, r->every_ns) * r->take_ns;
	if (r->take_ns >= r->every_ns)
		return len + r->take_ns;
	part = first_part(r, start);
	rest = len > part ? len - part : 0;
	if (whole)
		return r->once_ns + min_u64(r->take_ns, part) + ceil_div(rest, r->every_ns) * r->take_ns;
	return r->once_ns + min_u64(min_u64(r->take_ns, part), len) + rest / r->every_ns * r->take_ns +
	       min_u64(rest % r->every_ns, r->take_ns);
}

static bool meets(const struct rival *r, const struct piece *p)
{
	return r->budget || (p->ranks & 1u << r->rank);
}

static uint64_t demand_at(const struct demand *d, uint64_t after)
{
	uint64_t want = d->first_ns;

	for (uint32_t i = 0; i < d->n_tasks; i++)
		want += ceil_div(after ? after : 1, d->task[i].period_ns) * (d->task[i].cost_ns + d->job_ns);
	if (d->turns > 1)
		want += (d->turns - 1) * d->turn_ns * ceil_div(want, d->slice_ns);
	return want;
}

/* --- a walk from piece to piece --- */

struct walk {
	const struct supply *s;
	const struct demand *d;
	uint64_t from;
	uint64_t each, all; /* supplied before this piece: piece by piece; with nothing yet taken */
	uint64_t taken[SUPPLY_RIVALS];
};

struct stretch { /* the piece, or what is left of it */
	const struct piece *piece;
	uint64_t start, len, cost;
};

static uint64_t taken_each(const struct walk *w, const struct stretch *t, uint64_t len, bool whole)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < w->s->n_rivals; i++)
		if (meets(&w->s->rival[i], t->piece))
			sum += rival_take(&w->s->rival[i], t->start, len, whole);
	return sum;
}

static uint64_t taken_all(const struct walk *w, const struct stretch *t, uint64_t len, bool whole)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < w->s->n_rivals; i++) {
		const struct rival *r = &w->s->rival[i];
		uint64_t here = meets(r, t->piece) ? rival_take(r, t->start, len, whole) : 0;

		sum += min_u64(w->taken[i] + here, rival_take(r, w->from, t->start + len - w->from, whole));
	}
	return sum;
}

/* The first length of a stretch at which the demand is met; more than it has: not in it. */
static uint64_t solve(const struct walk *w, const struct stretch *t, uint64_t before, uint64_t (*taken)(const struct walk *, const struct stretch *, uint64_t, bool))
{
	uint64_t len, next = t->cost;

	do {
		uint64_t want = demand_at(w->d, t->start + next - w->from) + taken(w, t, next, true);

		len = next;
		next = max_u64(len, t->cost + (want > before ? want - before : 0));
	} while (next > len && next <= t->len);
	return next;
}

/* The most that a period of a reservation supplies ends the stretch, too. */
static uint64_t solve_stretch(const struct walk *w, const struct stretch *t)
{
	uint64_t len = solve(w, t, w->each, taken_each);

	if (w->s->most_ns == NEVER)
		return min_u64(len, solve(w, t, w->all, taken_all));
	return len <= t->len && demand_at(w->d, t->start + len - w->from) > w->each + w->s->most_ns ? NEVER : len;
}

static void pass(struct walk *w, const struct stretch *t)
{
	uint64_t lost = t->cost + taken_each(w, t, t->len, false);

	w->each += min_u64(t->len > lost ? t->len - lost : 0, w->s->most_ns);
	w->all += t->len > t->cost ? t->len - t->cost : 0;
	for (uint32_t i = 0; i < w->s->n_rivals; i++)
		if (meets(&w->s->rival[i], t->piece))
			w->taken[i] += rival_take(&w->s->rival[i], t->start, t->len, false);
}

/* False: the n-th piece from frame 0 on is over. */
static bool stretch_of(const struct walk *w, uint64_t n, struct stretch *t)
{
	const struct supply *s = w->s;
	uint64_t base = s->endless ? 0 : n / s->n_pieces * s->frame_ns, start, end;

	t->piece = &s->piece[n % s->n_pieces];
	start = base + t->piece->start_ns;
	end = s->endless ? s->limit_ns : base + t->piece->end_ns;
	t->start = max_u64(start, w->from);
	t->len = end > t->start ? end - t->start : 0;
	t->cost = s->endless || w->from > start ? s->cut_ns : t->piece->cost_ns;
	return t->len > 0;
}

uint64_t supply_end(const struct supply *s, const struct demand *d, uint64_t from_ns, bool skip)
{
	struct walk w = { .s = s, .d = d, .from = from_ns };
	uint64_t n = s->n_pieces && !s->endless ? from_ns / s->frame_ns * s->n_pieces : 0;
	struct stretch t;

	if (s->n_pieces == 0)
		return NEVER;
	for (uint32_t steps = 0; steps < MOST_PIECES; steps++, n++) {
		uint64_t len;

		if (!stretch_of(&w, n, &t))
			continue;
		if (skip) {
			skip = false;
			continue;
		}
		if (t.start - from_ns > s->limit_ns)
			return NEVER;
		len = solve_stretch(&w, &t);
		if (len <= t.len)
			return t.start + len;
		if (s->endless)
			return NEVER;
		pass(&w, &t);
	}
	return NEVER;
}

/* --- from the worst moment on --- */

struct search {
	const struct supply *s;
	const struct demand *d;
	uint64_t best, sure; /* found; not found, but no better can be told */
	uint32_t steps;
};

static uint64_t end_from(struct search *f, uint64_t from)
{
	uint64_t end = supply_end(f->s, f->d, from, false);

	f->steps++;
	if (end == NEVER)
		f->best = NEVER;
	else if (f->best != NEVER)
		f->best = max_u64(f->best, end - from);
	return end;
}

/* Who begins earlier does not end later: from a moment in [a, b] it takes at most until b's end, from a on. */
static void search(struct search *f, uint64_t a, uint64_t b, uint64_t b_end)
{
	while (f->best != NEVER && b - a > 1 && b_end - a > max_u64(f->best, f->sure)) {
		uint64_t mid = a + (b - a) / 2, mid_end;

		if (f->steps > MOST_STEPS || (f->steps > EXACT_STEPS && b - a < f->best / 1024)) {
			f->sure = max_u64(f->sure, b_end - a);
			return;
		}
		mid_end = end_from(f, mid);
		search(f, mid, b, b_end);
		b = mid;
		b_end = mid_end;
	}
}

/* Without rivals the worst moment is a window's end, and what the kernel takes may be its last instructions. */
static uint64_t worst_end(const struct supply *s, const uint64_t *end)
{
	uint64_t worst = 0;

	for (uint32_t i = 0; i < s->n_pieces; i++) {
		const struct piece *p = &s->piece[i];

		if (end[i] == NEVER)
			return NEVER;
		worst = max_u64(worst, end[i] - p->end_ns + min_u64(s->cut_ns, p->end_ns - p->start_ns));
	}
	return worst;
}

uint64_t supply_worst(const struct supply *s, const struct demand *d)
{
	struct search f = { .s = s, .d = d };
	uint64_t end[BH_MAX_CORE_WINDOWS];

	if (s->endless || s->n_pieces == 0)
		return supply_end(s, d, 0, false);
	for (uint32_t i = 0; i < s->n_pieces; i++)
		end[i] = end_from(&f, s->piece[i].end_ns);
	if (s->n_rivals == 0)
		return worst_end(s, end);
	for (uint32_t i = 0; i < s->n_pieces && f.best != NEVER; i++) {
		end_from(&f, s->piece[i].start_ns);
		search(&f, s->piece[i].start_ns, s->piece[i].end_ns, end[i]);
	}
	return max_u64(f.best, f.sure);
}

/* --- shares --- */

uint64_t supply_frame(const struct supply *s)
{
	struct walk w = { .s = s };
	struct stretch t;
	uint64_t all = 0;

	for (uint32_t i = 0; i < s->n_pieces; i++) {
		stretch_of(&w, i, &t);
		pass(&w, &t);
	}
	for (uint32_t i = 0; i < s->n_rivals; i++)
		all += min_u64(w.taken[i], rival_take(&s->rival[i], 0, s->frame_ns, false));
	return max_u64(w.each, w.all > all ? w.all - all : 0);
}

double supply_share(const struct supply *s)
{
	struct walk w = { .s = s };
	double frame = (double)s->frame_ns, left;
	struct stretch t;

	if (s->endless || s->n_pieces == 0) {
		left = s->n_pieces ? 1 : 0;
		frame = 1;
	} else {
		for (uint32_t i = 0; i < s->n_pieces; i++) {
			stretch_of(&w, i, &t);
			pass(&w, &t);
		}
		left = (double)w.all / frame;
	}
	for (uint32_t i = 0; i < s->n_rivals; i++) {
		double rate = (double)s->rival[i].take_ns / (double)s->rival[i].every_ns;
		double here = s->endless ? rate : (double)w.taken[i] / frame;

		left -= rate < here ? rate : here;
	}
	left = left > (double)w.each / frame ? left : (double)w.each / frame;
	return left > 0 ? left : 0;
}
