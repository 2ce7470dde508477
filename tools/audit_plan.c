/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time in the image against the description: each mode with its frame, on each core exactly the declared
 * windows with whom they are for, who runs always, who on slack, whose reservation is in force and how much it is.
 * That windows are sorted and disjoint, blob_check() has seen; that they are enough, `bulkhead check` works out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/audit.h"

/* Ranks of a core, as a bit for each partition of the description; those who have no vCPU there fall away. */
static uint32_t ranks_of(const struct audit *a, uint32_t c, uint32_t parts)
{
	const struct bh_core *core = &blob_cores(a->b)[c];
	uint32_t ranks = 0;

	for (uint32_t r = 0; r < core->n_vcpus; r++)
		if (parts >> a->part_of[blob_vcpus(a->b)[core->vcpu[r]].partition] & 1)
			ranks |= 1u << r;
	return ranks;
}

/* In words: "control, linux". One of two buffers, so that one sentence can have both. */
static const char *who(const struct audit *a, uint32_t c, uint32_t ranks)
{
	static char text[2][256];
	static uint32_t turn;
	const struct bh_core *core = &blob_cores(a->b)[c];
	char *out = text[turn++ % 2];
	size_t n = 0;

	snprintf(out, sizeof(text[0]), "nobody");
	for (uint32_t r = 0; r < core->n_vcpus && n < sizeof(text[0]); r++)
		if (ranks >> r & 1)
			n += (size_t)snprintf(out + n, sizeof(text[0]) - n, "%s%s", n ? ", " : "",
					      owner_name(a, blob_vcpus(a->b)[core->vcpu[r]].partition));
	return out;
}

struct place { /* a mode of the description on a core of the image */
	struct audit *a;
	const struct audit_mode *m;
	uint32_t core;
};

static void check_who(const struct place *p, const char *what, uint32_t is, uint32_t want)
{
	if (is != want)
		finding(p->a, "mode %s, core %u: %s: %s, but the description gives %s", p->m->name, p->a->core_of[p->core], what,
			who(p->a, p->core, is), who(p->a, p->core, want));
}

static void check_window(const struct place *p, uint32_t n, const struct bh_window *is, const struct audit_time_window *want)
{
	char what[32];

	if (is->start_ns != want->start_ns || is->end_ns != want->end_ns)
		finding(p->a, "mode %s, core %u: window %u is from %" PRIu64 " to %" PRIu64 " ns, but the description gives %" PRIu64 " to %" PRIu64,
			p->m->name, p->a->core_of[p->core], n, is->start_ns, is->end_ns, want->start_ns, want->end_ns);
	snprintf(what, sizeof(what), "window %u", n);
	check_who(p, what, is->ranks, ranks_of(p->a, p->core, want->parts));
}

/* The core's windows in the mode stand together, sorted, as in the plan. Answers their number. */
static uint32_t check_windows(const struct place *p, const struct bh_plan *plan)
{
	const struct audit_time_window *w = p->m->window, *end = w + p->m->n_windows;
	uint32_t n = 0;

	while (w < end && w->core != p->a->core_of[p->core])
		w++;
	for (; w < end && w->core == p->a->core_of[p->core]; w++, n++)
		if (n < plan->n_windows)
			check_window(p, n, &blob_windows(p->a->b)[plan->first_window + n], w);
	if (n != plan->n_windows)
		finding(p->a, "mode %s, core %u: %u windows, but the description gives %u", p->m->name, p->a->core_of[p->core],
			plan->n_windows, n);
	return n;
}

/* Whose reservation is in force in a mode: not without him, and he has no windows in it. */
static uint32_t budgeted(const struct audit *a, const struct audit_mode *m)
{
	uint32_t parts = 0;

	for (uint32_t i = 0; i < a->d.n_parts; i++)
		parts |= a->d.part[i].budget_ns ? 1u << i : 0;
	return parts & ~m->without & ~m->windowed;
}

static uint32_t check_plan(const struct place *p, const struct bh_plan *plan)
{
	uint32_t budgets = budgeted(p->a, p->m), n = check_windows(p, plan);
	uint32_t always = n ? 0 : ranks_of(p->a, p->core, ~p->m->without & ~budgets), slack = ranks_of(p->a, p->core, p->m->slack);

	check_who(p, "reservations in force", plan->budgets, ranks_of(p->a, p->core, budgets));
	check_who(p, "runs always", plan->always, always);
	check_who(p, "runs on slack", plan->slack & ~always, slack & ~always); /* who runs always needs none */
	return n;
}

static void check_mode(struct audit *a, uint32_t n)
{
	const struct bh_mode *is = &blob_modes(a->b)[n];
	const struct audit_mode *m = &a->d.mode[n];
	uint32_t windows = 0;

	if (strcmp(blob_name(a->b, is->name), m->name) != 0)
		finding(a, "mode %u is \"%s\", but the description gives \"%s\"", n, blob_name(a->b, is->name), m->name);
	if (is->flags != (m->at_once ? BH_MODE_AT_ONCE : 0))
		finding(a, "mode %s: a change to it comes %s, not as declared", m->name, m->at_once ? "at the frame's end" : "at once");
	if (is->frame_ns != m->frame_ns)
		finding(a, "mode %s: its frame is %" PRIu64 " ns, but the description gives %" PRIu64, m->name, is->frame_ns, m->frame_ns);
	for (uint32_t c = 0; c < a->b->n_cores; c++)
		windows += check_plan(&(struct place){ a, m, c }, blob_plan(a->b, n, c));
	if (windows != m->n_windows)
		finding(a, "mode %s: windows on a core that the image does not have", m->name);
}

static void check_reservation(struct audit *a, const struct bh_vcpu *v)
{
	const struct audit_part *p = &a->d.part[a->part_of[v->partition]];

	if (v->budget_ns != p->budget_ns || v->period_ns != p->period_ns)
		finding(a, "%s: vCPU %u has %" PRIu64 " ns every %" PRIu64 ", but the description gives %" PRIu64 " every %" PRIu64, p->name,
			v->index, v->budget_ns, v->period_ns, p->budget_ns, p->period_ns);
}

/* The kernel's own printing takes as long as a UART does: where there is a schedule, somebody else has to read the log. */
static void check_printing(struct audit *a)
{
	bool schedule = a->b->n_windows != 0;

	for (uint32_t i = 0; i < a->b->n_plans; i++)
		schedule = schedule || blob_plan(a->b, 0, i)->budgets != 0;
	if (schedule && a->b->log_reader == BH_NONE)
		finding(a, "there is a schedule, but nobody reads the health log: the kernel's own printing would hold cores up");
}

void time_audit(struct audit *a)
{
	if (a->b->n_modes != a->d.n_modes)
		finding(a, "the image has %u modes, the description gives %u", a->b->n_modes, a->d.n_modes);
	for (uint32_t n = 0; n < a->b->n_modes && n < a->d.n_modes; n++)
		check_mode(a, n);
	for (uint32_t i = 0; i < a->b->n_vcpus; i++)
		check_reservation(a, &blob_vcpus(a->b)[i]);
	check_printing(a);
}
