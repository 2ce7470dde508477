/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/trace_text.h"

#include <stdlib.h>
#include <string.h>

#include "tools/analysis.h"
#include "tools/trace_words.h"

/* --- all cores' records by time --- */

static int earlier(const void *a, const void *b)
{
	const struct trace_at *x = a, *y = b;

	if (x->r->time != y->r->time)
		return x->r->time < y->r->time ? -1 : 1;
	if (x->core != y->core)
		return x->core < y->core ? -1 : 1;
	return x->r < y->r ? -1 : x->r > y->r; /* one core's stand in one array */
}

uint32_t trace_merge(const struct trace *t, const struct trace_span *s, struct trace_at **out)
{
	uint32_t n = 0, all = 0;

	for (uint32_t c = 0; c < t->p->n_cores; c++)
		all += t->core[c].n;
	*out = take(all * sizeof(**out));
	for (uint32_t c = 0; c < t->p->n_cores; c++) {
		const struct trace_core *core = &t->core[c];

		for (uint32_t i = 0, m = 0; i < core->n; i++) {
			while (m + 1 < core->n_modes && core->mode[m + 1].record <= i)
				m++;
			if (span_has(s, core->record[i].time))
				(*out)[n++] = (struct trace_at){ c, core->mode[m].mode, &core->record[i] };
		}
	}
	qsort(*out, n, sizeof(**out), earlier);
	return n;
}

/* --- for people --- */

static void head(const struct trace *t, struct bytes *b)
{
	bytes_print(b, "Trace of %s; times in ms since %s\n", t->p->system_name, t->epoch ? "the epoch" : "the first record");
	for (uint32_t c = 0; c < t->p->n_cores; c++) {
		const struct trace_core *core = &t->core[c];

		if (core->n)
			bytes_print(b, "core %u: %u records from %.6f to %.6f, %u before these overwritten\n", t->p->core[c].board, core->n,
				    (double)trace_ns(t, core->record[0].time) / 1e6, (double)trace_ns(t, core->record[core->n - 1].time) / 1e6, core->lost);
		else
			bytes_print(b, "core %u: no records\n", t->p->core[c].board);
	}
}

static void listing(const struct trace *t, const struct trace_span *s, struct bytes *b)
{
	struct trace_at *at;
	uint32_t n = trace_merge(t, s, &at);

	bytes_print(b, "\n%16s  core  %-16s %-8s what\n", "ms", "who", "kind");
	for (uint32_t i = 0; i < n; i++)
		bytes_print(b, "%16.6f  %4u  %-16s %-8s %s\n", (double)trace_ns(t, at[i].r->time) / 1e6, t->p->core[at[i].core].board,
			    trace_who(t, at[i].r), trace_kind_name(at[i].r->kind), trace_words(t, at[i].core, at[i].mode, at[i].r));
}

static const char *or_dash(uint64_t ns)
{
	return ns == NEVER ? "-" : time_up(ns);
}

static void windows_row(const struct trace *t, const struct mode *m, const struct plan_window *w, const struct trace_tally *y, struct bytes *b)
{
	bytes_print(b, "%-12s %4u  %-16s %8u %6u %6u %7u %6u %7u  %12s %12s\n", m->name ? m->name : "-", t->p->core[w->core].board, w->name, y->all,
		    y->fate[FATE_RAN], y->fate[FATE_WOKE], y->fate[FATE_UNUSED], y->fate[FATE_LATE], y->fate[FATE_MISSED], or_dash(y->worst_ns),
		    or_dash(y->promised_ns));
}

/* What became of the windows. */
static void windows(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s, struct bytes *b)
{
	struct bytes rows = { 0 };

	for (uint32_t m = 0; m < t->p->n_modes; m++)
		for (uint32_t i = 0; i < t->p->mode[m].n_windows; i++) {
			const struct plan_window *w = &t->p->mode[m].window[i];
			struct trace_tally y = trace_tally(t, &lanes[w->core], w, s);

			if (y.all)
				windows_row(t, &t->p->mode[m], w, &y, &rows);
		}
	if (!rows.n)
		return;
	bytes_print(b, "\n%-12s %4s  %-16s %8s %6s %6s %7s %6s %7s  %12s %12s\n", "mode", "core", "window", "planned", "ran", "woke", "unused", "late",
		    "missed", "worst start", "promised");
	bytes_add(b, rows.at, rows.n);
}

const char *trace_text(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s)
{
	struct bytes b = { 0 };

	head(t, &b);
	listing(t, s, &b);
	windows(t, lanes, s, &b);
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

/* --- for programs; names and words have no character that would need quoting --- */

static const char *instant(const struct trace *t, uint64_t ticks)
{
	return ticks ? text("%lld", (long long)trace_ns(t, ticks)) : "null";
}

static void json_records(const struct trace *t, const struct trace_span *s, struct bytes *b)
{
	struct trace_at *at;
	uint32_t n = trace_merge(t, s, &at);

	bytes_print(b, "\"records\": [");
	for (uint32_t i = 0; i < n; i++) {
		const struct bh_trace_record *r = at[i].r;

		bytes_print(b, "%s\n  {\"ns\": %lld, \"core\": %u, \"mode\": \"%s\", \"who\": \"%s\", \"kind\": \"%s\", \"arg\": %u, \"a\": %llu, \"b\": %llu, \"what\": \"%s\"}",
			    i ? "," : "", (long long)trace_ns(t, r->time), t->p->core[at[i].core].board, trace_mode_name(t->p, at[i].mode), trace_who(t, r),
			    trace_kind_name(r->kind), r->arg, (unsigned long long)r->a, (unsigned long long)r->b,
			    trace_words(t, at[i].core, at[i].mode, r));
	}
	bytes_print(b, "],\n");
}

static void json_windows(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s, struct bytes *b)
{
	const char *comma = "";

	bytes_print(b, "\"windows\": [");
	for (uint32_t c = 0; c < t->p->n_cores; c++)
		for (uint32_t i = 0; i < lanes[c].n_windows; i++) {
			const struct trace_window *o = &lanes[c].window[i];

			if (!span_meets(s, o->from, o->to))
				continue;
			bytes_print(b, "%s\n  {\"core\": %u, \"mode\": \"%s\", \"window\": \"%s\", \"from_ns\": %lld, \"to_ns\": %lld, \"began_ns\": %s, "
				       "\"ran_ns\": %s, \"who\": \"%s\", \"promised_ns\": %s, \"fate\": \"%s\"}",
				    comma, t->p->core[c].board, trace_mode_name(t->p, o->mode), o->plan->name, (long long)trace_ns(t, o->from),
				    (long long)trace_ns(t, o->to), instant(t, o->began), instant(t, o->ran), o->ran ? trace_vcpu_name(t->p, o->vcpu) : "-",
				    o->ran && o->promised_ns != NEVER ? text("%llu", (unsigned long long)o->promised_ns) : "null",
				    trace_fate_name(o->fate));
			comma = ",";
		}
	bytes_print(b, "]}\n");
}

const char *trace_json(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s)
{
	struct bytes b = { 0 };

	bytes_print(&b, "{\"system\": \"%s\", \"epoch\": %s, \"frequency\": %llu, \"cores\": [", t->p->system_name, t->epoch ? "true" : "false",
		    (unsigned long long)t->frequency);
	for (uint32_t c = 0; c < t->p->n_cores; c++)
		bytes_print(&b, "%s{\"core\": %u, \"records\": %u, \"lost\": %u}", c ? ", " : "", t->p->core[c].board, t->core[c].n, t->core[c].lost);
	bytes_print(&b, "],\n");
	json_records(t, s, &b);
	json_windows(t, lanes, s, &b);
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}
