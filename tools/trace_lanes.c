/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/trace_lanes.h"

#include "tools/analysis.h"

const char *trace_fate_name(enum trace_fate f)
{
	static const char *const name[] = { "open", "ran", "woke", "unused", "late", "missed" };

	return name[f];
}

/* --- record by record: who runs, by what, in which window --- */

struct walk {
	const struct trace *t;
	uint32_t core;
	struct trace_lane *lane;
	uint32_t room;		     /* of lane->run */
	uint32_t planned;	     /* windows before this one are over */
	struct trace_window *window; /* the one open, of the plan; NULL: none, or the plan does not have it */

	bool known; /* who runs */
	uint32_t vcpu, rank;
	uint32_t said; /* why, as its switch said */
	bool funded;
	bool windows_known;
	uint32_t ranks; /* of the window open */
	uint32_t mode;
	uint64_t since; /* it runs, by what it runs by */
	uint32_t why;
	uint64_t turned; /* the reason changed then, unless it has left by that; 0: it did not */
	bool free;	 /* in this window the core has had nobody of it to run */
};

/* Whose time is used now has the window. */
static bool in_window(const struct walk *w)
{
	return w->rank != BH_NONE && (w->ranks >> w->rank & 1);
}

static uint32_t why_now(const struct walk *w)
{
	if (w->funded)
		return BH_TRACE_BY_BUDGET;
	if (!w->windows_known)
		return w->said;
	return in_window(w) ? BH_TRACE_BY_WINDOW : BH_TRACE_BY_SLACK;
}

static void run_end(struct walk *w, uint64_t at)
{
	struct trace_lane *l = w->lane;

	if (w->known && at > w->since)
		l->run[l->n_runs++] = (struct trace_run){ w->since, at, w->vcpu, w->why, w->mode };
	w->since = at;
}

/* The kernel has been left since: whoever ran went on, by whatever it now has. */
static void confirm(struct walk *w)
{
	struct trace_window *o = w->window;

	if (w->turned) {
		run_end(w, w->turned);
		w->why = why_now(w);
		w->turned = 0;
	}
	if (!o || !w->known || o->ran)
		return;
	if (in_window(w)) {
		o->ran = o->began;
		o->vcpu = w->vcpu;
	} else {
		w->free |= w->vcpu == BH_NONE || w->why == BH_TRACE_BY_SLACK;
	}
}

static uint32_t rank_of(const struct walk *w, uint32_t vcpu)
{
	const struct plan_core *c = &w->t->p->core[w->core];

	for (uint32_t r = 0; r < c->n_vcpus; r++)
		if (c->vcpu[r] == vcpu)
			return r;
	return BH_NONE;
}

static void runs_now(struct walk *w, uint64_t at, uint32_t vcpu, uint32_t rank, uint32_t said)
{
	struct trace_window *o = w->window;

	w->turned = 0;
	run_end(w, at);
	w->known = true;
	w->vcpu = vcpu;
	w->rank = rank;
	w->said = said;
	w->funded = vcpu != BH_NONE && said == BH_TRACE_BY_BUDGET;
	w->why = said;
	if (!o || o->ran)
		return;
	if (in_window(w)) {
		o->ran = at;
		o->vcpu = vcpu;
	} else {
		w->free |= vcpu == BH_NONE || said == BH_TRACE_BY_SLACK;
	}
}

static uint64_t promised(const struct trace *t, uint32_t core, const struct trace_window *o)
{
	const struct mode_analysis *a = t->p->analysis ? &t->p->analysis->mode[o->mode] : NULL;

	for (uint32_t i = 0; a && i < a->n_vcpus; i++)
		if (a->vcpu[i].core == core && t->p->core[core].vcpu[a->vcpu[i].rank] == o->vcpu)
			return a->vcpu[i].f.late_ns;
	return NEVER;
}

static void window_judge(struct walk *w, bool whole)
{
	struct trace_window *o = w->window;

	if (!o)
		return;
	if (!o->ran) {
		o->fate = !whole ? FATE_OPEN : w->free ? FATE_UNUSED
						       : FATE_MISSED;
		return;
	}
	o->promised_ns = promised(w->t, w->core, o);
	if (o->promised_ns != NEVER && o->ran - o->from <= trace_ticks(w->t, o->promised_ns))
		o->fate = FATE_RAN;
	else if (w->free)
		o->fate = FATE_WOKE;
	else
		o->fate = o->promised_ns == NEVER || o->unjudged ? FATE_RAN : FATE_LATE;
}

static void window_begins(struct walk *w, const struct bh_trace_record *r)
{
	struct trace_lane *l = w->lane;

	window_judge(w, true);
	w->window = NULL;
	w->free = false;
	w->windows_known = true;
	w->ranks = (uint32_t)r->b;
	while (w->planned < l->n_windows && l->window[w->planned].from < r->a)
		w->planned++;
	if (r->arg == BH_TRACE_GAP || w->planned == l->n_windows || l->window[w->planned].from != r->a)
		return;
	w->window = &l->window[w->planned];
	w->window->began = r->time;
	w->window->ran = 0;
}

/* Without windows on this core the mode's priorities hold, and no record says so. */
static void mode_begins(struct walk *w, uint32_t mode)
{
	const struct mode *m = mode < w->t->p->n_modes ? &w->t->p->mode[mode] : NULL;

	w->mode = mode;
	if (!m || m->n_core_windows[w->core])
		return;
	window_judge(w, true);
	w->window = NULL;
	w->windows_known = true;
	w->ranks = m->always[w->core];
}

/* What may change why somebody runs, who is not switched by it. */
static void turn(struct walk *w, uint64_t at)
{
	if (w->known && !w->turned && why_now(w) != w->why)
		w->turned = at;
}

static void walk_record(struct walk *w, const struct bh_trace_record *r)
{
	uint32_t vcpu = trace_vcpu(w->t, r);

	switch ((enum bh_trace_kind)r->kind) {
	case BH_TRACE_SWITCH: runs_now(w, r->time, vcpu, (uint32_t)r->a, r->arg); break;
	case BH_TRACE_IDLE: runs_now(w, r->time, BH_NONE, BH_NONE, BH_TRACE_BY_SLACK); break;
	case BH_TRACE_WINDOW:
		window_begins(w, r);
		turn(w, r->time);
		break;
	case BH_TRACE_BUDGET:
		if (w->known && vcpu == w->vcpu && rank_of(w, vcpu) == w->rank) {
			w->funded = r->arg != 0;
			turn(w, r->time);
		}
		break;
	case BH_TRACE_MODE:
		mode_begins(w, r->arg);
		turn(w, r->time);
		break;
	case BH_TRACE_EXIT:
	case BH_TRACE_IRQ:
		if (!w->known) /* the trace begins here, in the middle of somebody's run */
			runs_now(w, w->t->core[w->core].record[0].time, vcpu, vcpu == BH_NONE ? BH_NONE : rank_of(w, vcpu), BH_TRACE_BY_WINDOW);
		confirm(w);
		break;
	case BH_TRACE_NONE:
	case BH_TRACE_MESSAGE:
	case BH_TRACE_FAULT:
	case BH_TRACE_SHUT: break;
	}
}

/* Those of which there is no record at all, though the core has records before and behind them. */
static void judge_unseen(const struct trace *t, uint32_t core, struct trace_lane *l)
{
	uint64_t first = t->core[core].n ? t->core[core].record[0].time : 0;

	for (uint32_t i = 0; i < l->n_windows; i++)
		if (!l->window[i].began && l->window[i].from >= first && l->window[i].to <= t->end)
			l->window[i].fate = FATE_MISSED;
}

struct trace_lane *trace_lanes(const struct trace *t)
{
	struct trace_lane *lanes = take(t->p->n_cores * sizeof(*lanes));

	for (uint32_t c = 0; c < t->p->n_cores; c++) {
		const struct trace_core *core = &t->core[c];
		struct walk w = { .t = t, .core = c, .lane = &lanes[c], .rank = BH_NONE, .vcpu = BH_NONE };

		trace_plan(t, c, &lanes[c]);
		lanes[c].run = take((2 * core->n + 2) * sizeof(lanes[c].run[0])); /* a record ends two at most */
		mode_begins(&w, core->mode[0].mode);
		for (uint32_t i = 0; i < core->n; i++)
			walk_record(&w, &core->record[i]);
		if (core->n)
			run_end(&w, t->end);
		window_judge(&w, false);
		judge_unseen(t, c, &lanes[c]);
	}
	return lanes;
}

/* --- what became of a window over many frames --- */

struct trace_tally trace_tally(const struct trace *t, const struct trace_lane *l, const struct plan_window *w, const struct trace_span *s)
{
	struct trace_tally sum = { .worst_ns = NEVER, .promised_ns = NEVER };
	uint64_t worst = 0;

	for (uint32_t i = 0; i < l->n_windows; i++) {
		const struct trace_window *o = &l->window[i];

		if (o->plan != w || !span_meets(s, o->from, o->to) || o->fate == FATE_OPEN)
			continue;
		sum.all++;
		sum.fate[o->fate]++;
		if (o->fate != FATE_RAN && o->fate != FATE_LATE)
			continue;
		worst = max_u64(worst, o->ran - o->from);
		sum.worst_ns = (uint64_t)((unsigned __int128)worst * 1000000000 / t->frequency);
		sum.promised_ns = sum.promised_ns == NEVER ? o->promised_ns : max_u64(sum.promised_ns, o->promised_ns);
	}
	return sum;
}
