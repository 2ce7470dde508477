/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes each core's plan in each mode out of struct plan, has it analysed, and refuses what does not fit: a reservation that more
 * urgent ones delay beyond its period, a window that may be lost altogether, a task that may miss its deadline.
 */
#include "tools/analysis.h"

#include <string.h>

#include "tools/errors.h"

bool analysis_wanted(const struct plan *p)
{
	bool wanted = p->n_modes > 1;

	for (uint32_t m = 0; m < p->n_modes; m++)
		wanted |= p->mode[m].n_windows > 0;
	for (uint32_t i = 0; i < p->n_parts; i++)
		wanted |= p->part[i].budget_ns || p->part[i].n_tasks;
	return wanted;
}

/* --- out of the plan --- */

static uint32_t part_of(const struct plan *p, uint32_t vcpu)
{
	uint32_t i = 0;

	while (i + 1 < p->n_parts && vcpu >= p->part[i + 1].first_vcpu)
		i++;
	return i;
}

static uint32_t lines_of(const struct part *part)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < part->n_devices; i++)
		n += part->device[i]->n_lines;
	return n;
}

static void core_vcpu(const struct plan *p, const struct mode *m, uint32_t core, uint32_t rank, struct core_vcpu *v)
{
	uint32_t vcpu = p->core[core].vcpu[rank], n = part_of(p, vcpu);
	const struct part *part = &p->part[n];

	v->partition = n;
	v->out = m->without >> n & 1;
	v->lines = lines_of(part);
	if (m->budgets[core] >> rank & 1) {
		v->budget_ns = part->budget_ns;
		v->period_ns = part->period_ns;
	}
	for (uint32_t i = 0; i < part->n_tasks && v->n_tasks < PLAN_TASKS; i++)
		if (part->task[i].vcpu == vcpu - part->first_vcpu)
			v->task[v->n_tasks++] =
				(struct core_task){ part->task[i].period_ns, part->task[i].cost_ns, part->task[i].deadline_ns };
}

void analysis_core(const struct plan *p, const struct mode *m, uint32_t core, struct core_time *c)
{
	memset(c, 0, sizeof(*c));
	c->cost = p->board.overhead;
	c->one_mode = p->n_modes == 1;
	c->frame_ns = m->frame_ns;
	c->always = m->always[core];
	c->n_windows = m->n_core_windows[core];
	for (uint32_t i = 0; i < c->n_windows; i++) {
		const struct plan_window *w = &m->window[m->first_window[core] + i];

		c->window[i] = (struct core_window){ w->start_ns, w->end_ns, w->ranks };
	}
	c->n_vcpus = p->core[core].n_vcpus;
	for (uint32_t r = 0; r < c->n_vcpus; r++)
		core_vcpu(p, m, core, r, &c->vcpu[r]);
}

static uint32_t window_ranks(const struct core_time *c)
{
	uint32_t ranks = 0;

	for (uint32_t i = 0; i < c->n_windows; i++)
		ranks |= c->window[i].ranks;
	return ranks;
}

static enum promise promise_of(const struct core_time *c, uint32_t slack, uint32_t rank)
{
	if (c->vcpu[rank].out)
		return PROMISE_NONE;
	if (c->vcpu[rank].budget_ns)
		return PROMISE_BUDGET;
	if (window_ranks(c) >> rank & 1)
		return PROMISE_WINDOWS;
	if (c->always >> rank & 1)
		return PROMISE_ALWAYS;
	return slack >> rank & 1 ? PROMISE_SLACK : PROMISE_NONE;
}

/* --- what does not fit --- */

static bool is_promised(const struct vcpu_analysis *v)
{
	return v->promise >= PROMISE_WINDOWS;
}

static const char *where(const struct plan *p, const struct mode *m, const struct vcpu_analysis *v)
{
	return m->name ? text("mode %s, core %u", m->name, p->core[v->core].board) : text("core %u", p->core[v->core].board);
}

static void check_budget(struct plan *p, const struct mode *m, const struct vcpu_analysis *v)
{
	const struct part *part = &p->part[v->part];

	if (v->f.need_ns == NEVER)
		blame(p, part->path, "budget-us", "%s: the reservations that are more urgent leave it less than %s every %s; make budgets smaller, or "
						  "give it another core",
		      where(p, m, v), time_up(part->budget_ns), time_up(part->period_ns));
	else if (v->f.need_ns > part->period_ns)
		blame(p, part->path, "budget-us", "%s: %s every %s may be given as late as %s after a period's start, %s too late, for reservations that "
						  "are more urgent come first; make budgets smaller, or its priority higher",
		      where(p, m, v), time_up(part->budget_ns), time_up(part->period_ns), time_up(v->f.need_ns), time_up(v->f.need_ns - part->period_ns));
	else if (v->f.share <= 0)
		blame(p, part->path, "budget-us", "%s: the kernel itself may need all of %s (its costs on this board: docs/time.md); make it longer",
		      where(p, m, v), time_up(part->budget_ns));
}

static bool reserved(const struct core_time *c)
{
	for (uint32_t r = 0; r < c->n_vcpus; r++)
		if (c->vcpu[r].budget_ns)
			return true;
	return false;
}

/* The most urgent one of each window can expect something of it; the others may have to leave it to that one. */
static void check_windows(struct plan *p, const struct mode *m, uint32_t core, const struct core_time *c, const struct core_figures *f)
{
	for (uint32_t i = 0; i < c->n_windows; i++) {
		const struct plan_window *w = &m->window[m->first_window[core] + i];
		uint64_t lost = w->ranks ? core_window_lost(c, i, f) : 0, len = w->end_ns - w->start_ns;

		if (lost == NEVER)
			blame(p, w->path, NULL, "core %u: the reservations on it may take all of its time; make budgets smaller", p->core[core].board);
		else if (lost >= len)
			blame(p, w->path, NULL, "core %u: of its %s, %s may be lost to %s before %s runs; make it longer than that%s", p->core[core].board,
			      time_up(len), time_up(lost), reserved(c) ? "reservations and the kernel" : "the kernel",
			      p->part[c->vcpu[__builtin_ctz(w->ranks)].partition].name, reserved(c) ? ", or budgets smaller" : "");
	}
}

static void check_tasks(struct plan *p, const struct mode *m, const struct vcpu_analysis *v)
{
	const struct part *part = &p->part[v->part];
	uint32_t n = 0;

	for (uint32_t i = 0; i < part->n_tasks; i++) {
		const struct task *t = &part->task[i];
		uint64_t worst;

		if (t->vcpu != v->index)
			continue;
		worst = v->f.response_ns[n++];
		if (v->promise == PROMISE_SLACK)
			blame(p, t->path, NULL, "%s: %s runs on slack only, so nothing can be promised for it; give it a window or a reservation", where(p, m, v),
			      part->name);
		else if (worst == NEVER)
			blame(p, t->path, NULL, "%s: no response time can be promised: it and what is more urgent want more than the %.1f %% that is guaranteed; "
						"give %s longer windows or more budget",
			      where(p, m, v), v->f.share * 100, part->name);
		else if (worst > t->deadline_ns)
			blame(p, t->path, NULL, "%s: worst response %s is over its deadline of %s by %s; %s may get nothing for %s: give it time more often, or a "
						"deadline of %s",
			      where(p, m, v), time_up(worst), time_up(t->deadline_ns), time_up(worst - t->deadline_ns), part->name, time_up(v->f.blackout_ns),
			      time_up(worst));
	}
}

static void check_mode(struct plan *p, const struct mode *m)
{
	const struct mode_analysis *a = &p->analysis->mode[m - p->mode];

	for (uint32_t i = 0; i < a->n_vcpus; i++) {
		if (a->vcpu[i].promise == PROMISE_BUDGET)
			check_budget(p, m, &a->vcpu[i]);
		if (a->vcpu[i].promise != PROMISE_NONE)
			check_tasks(p, m, &a->vcpu[i]);
	}
}

/* --- all of it --- */

static void analyse_core(struct plan *p, const struct mode *m, uint32_t core)
{
	struct mode_analysis *a = &p->analysis->mode[m - p->mode];
	struct core_time *c = take(sizeof(*c));
	struct core_figures f[BH_MAX_CORE_VCPUS];

	analysis_core(p, m, core, c);
	core_analyse(c, f);
	for (uint32_t r = 0; r < c->n_vcpus; r++)
		a->vcpu[a->n_vcpus++] = (struct vcpu_analysis){
			.part = c->vcpu[r].partition,
			.index = p->core[core].vcpu[r] - p->part[c->vcpu[r].partition].first_vcpu,
			.core = core,
			.rank = r,
			.promise = promise_of(c, m->slack_ranks[core], r),
			.slack = m->slack_ranks[core] >> r & 1,
			.f = f[r],
		};
	check_windows(p, m, core, c, f);
}

static void changes(struct plan *p, uint32_t to)
{
	struct mode_analysis *a = &p->analysis->mode[to];

	for (uint32_t i = 0; i < a->n_vcpus; i++)
		for (uint32_t from = 0; from < p->n_modes; from++) {
			const struct vcpu_analysis *v = &p->analysis->mode[from].vcpu[i];

			if (from != to && is_promised(v) && is_promised(&a->vcpu[i]))
				a->vcpu[i].change_ns = max_u64(a->vcpu[i].change_ns, core_change(&v->f, &a->vcpu[i].f, p->mode[to].at_once));
		}
}

void analysis_check(struct plan *p)
{
	if (p->n_errors || !analysis_wanted(p))
		return;
	p->analysis = take(sizeof(*p->analysis));
	for (uint32_t m = 0; m < p->n_modes; m++)
		for (uint32_t c = 0; c < p->n_cores; c++)
			analyse_core(p, &p->mode[m], c);
	for (uint32_t m = 0; m < p->n_modes; m++) {
		changes(p, m);
		check_mode(p, &p->mode[m]);
	}
}
