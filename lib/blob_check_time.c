/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler's part of blob_check(): modes, plans, windows, reservations, and where the trace
 * rings are. Its sums are in nanoseconds and cannot overflow; that the windows are enough for anybody is
 * the tool's analysis, not asked here.
 */
#include <stddef.h>

#include "abi/trace.h"
#include "lib/blob_at.h"
#include "lib/blob_check.h"

#define TRACE_BYTES_MAX (2ull * BH_TRACE_MAX * sizeof(struct bh_trace_record))

/* [low, high], or nothing at all */
static bool is_time(uint64_t ns, uint64_t high)
{
	return ns == 0 || (ns >= BH_BUDGET_MIN_NS && ns <= high);
}

static const char *check_vcpu(const struct bh_vcpu *v)
{
	if (!is_time(v->period_ns, BH_PERIOD_MAX_NS) || !is_time(v->budget_ns, v->period_ns) ||
	    (v->budget_ns == 0) != (v->period_ns == 0))
		return "vCPU: wrong budget or period";
	return NULL;
}

/* vCPUs of a partition that take turns: their ranks are in a row. And out: the ranks that have reservations. */
static const char *check_ranks(const struct bh_blob *b, const struct bh_core *c, uint32_t *reserved)
{
	uint32_t seen = 0, before = BH_NONE;

	*reserved = 0;
	for (uint32_t r = 0; r < c->n_vcpus; r++) {
		const struct bh_vcpu *v = &blob_vcpus(b)[c->vcpu[r]];

		if (v->partition != before && (seen >> v->partition & 1) != 0)
			return "core: vCPUs of a partition whose ranks are not in a row";
		before = v->partition;
		seen |= 1u << before;
		*reserved |= v->budget_ns ? 1u << r : 0;
	}
	return NULL;
}

/* @from: where the window before it ends. */
static const char *check_window(const struct bh_window *w, uint64_t from, uint64_t frame_ns, uint32_t ranks)
{
	if (w->start_ns < from || w->end_ns < w->start_ns || w->end_ns > frame_ns)
		return "window: not in its frame, not sorted, or overlaps the one before";
	if (w->end_ns - w->start_ns < BH_BUDGET_MIN_NS)
		return "window: too short";
	if (w->ranks == 0 || (w->ranks & ~ranks) != 0)
		return "window: of nobody, of ranks that its core does not have, or of those with reservations";
	return w->reserved ? "window: reserved field is not zero" : NULL;
}

/* @first: windows of the plans before it. @reserved: ranks that have reservations. */
static const char *check_plan(const struct bh_blob *b, const struct bh_plan *p, const struct bh_mode *m, uint32_t first,
			      const struct bh_core *c, uint32_t reserved)
{
	const struct bh_window *w = &blob_windows(b)[first];
	uint32_t ranks = (1u << c->n_vcpus) - 1;
	const char *wrong = NULL;
	uint64_t from = 0;

	if (p->first_window != first || p->n_windows > BH_MAX_CORE_WINDOWS || p->n_windows > b->n_windows - first)
		return "plan: wrong windows";
	if (((p->always | p->slack) & ~ranks) != 0 || (p->budgets & ~reserved) != 0)
		return "plan: ranks that its core does not have, or without a reservation";
	if ((p->always & p->budgets) != 0 || (p->always && p->n_windows))
		return "plan: always, and in windows or with reservations";
	if (p->reserved != 0)
		return "plan: reserved field is not zero";
	for (uint32_t i = 0; i < p->n_windows && !wrong; from = w[i].end_ns, i++)
		wrong = check_window(&w[i], from, m->frame_ns, ranks & ~p->budgets);
	return wrong;
}

static const char *check_mode(const struct bh_blob *b, const struct bh_mode *m)
{
	if (!blob_has_name(b, m->name))
		return "mode: name out of range";
	if ((m->flags & ~BH_MODE_AT_ONCE) != 0)
		return "mode: unknown flags";
	return is_time(m->frame_ns, BH_PERIOD_MAX_NS) ? NULL : "mode: wrong length of its frame";
}

/* Plans are in the order of their windows: of each mode those of its cores. */
static const char *check_plans(const struct bh_blob *b, const uint32_t *reserved)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i < b->n_plans; i++) {
		uint32_t m = i / b->n_cores, c = i % b->n_cores;
		const struct bh_plan *p = blob_plan(b, m, c);
		const char *wrong = check_plan(b, p, &blob_modes(b)[m], first, &blob_cores(b)[c], reserved[c]);

		if (wrong)
			return wrong;
		first += p->n_windows;
	}
	return first == b->n_windows ? NULL : "window: in no plan";
}

const char *blob_check_time(const struct bh_blob *b)
{
	uint32_t reserved[BH_MAX_CORES];
	const char *wrong = NULL;

	if (b->trace_bytes == 0 || b->trace_bytes > TRACE_BYTES_MAX || b->trace_bytes % BH_PAGE != 0 || b->trace_va % BH_PAGE != 0)
		return "blob: trace rings of a wrong size or not of whole pages";
	for (uint32_t i = 0; i < b->n_vcpus && !wrong; i++)
		wrong = check_vcpu(&blob_vcpus(b)[i]);
	for (uint32_t i = 0; i < b->n_cores && !wrong; i++)
		wrong = check_ranks(b, &blob_cores(b)[i], &reserved[i]);
	for (uint32_t i = 0; i < b->n_modes && !wrong; i++)
		wrong = check_mode(b, &blob_modes(b)[i]);
	return wrong ? wrong : check_plans(b, reserved);
}
