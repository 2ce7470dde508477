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

struct tally {
	uint32_t fate[FATE_MISSED + 1], all;
	uint64_t worst, promised_ns; /* of those that were wanted from their start */
};

static struct tally tally(const struct trace *t, const struct trace_lane *l, const struct plan_window *w, const struct trace_span *s)
{
	struct tally sum = { .promised_ns = 0 };

	(void)t;
	for (uint32_t i = 0; i < l->n_windows; i++) {
		const struct trace_window *o = &l->window[i];

		if (o->plan != w || !span_has(s, o->from) || o->fate == FATE_OPEN)
			continue;
		sum.all++;
		sum.fate[o->fate]++;
		if (o->fate != FATE_RAN && o->fate != FATE_LATE)
			continue;
		sum.worst = max_u64(sum.worst, o->ran - o->from);
		sum.promised_ns = max_u64(sum.promised_ns, o->promised_ns);
	}
	return sum;
}

static void tally_row(const struct trace *t, uint32_t core, const struct mode *m, const struct plan_window *w, const struct tally *y, struct bytes *b)
{
	bool measured = y->fate[FATE_RAN] + y->fate[FATE_LATE] > 0;
	const char *worst = measured ? time_up((uint64_t)((unsigned __int128)y->worst * 1000000000 / t->frequency)) : "-";

	bytes_print(b, "%-12s %4u  %-16s %8u %6u %6u %7u %6u %7u  %12s %12s\n", m->name ? m->name : "-", t->p->core[core].board, w->name, y->all,
		    y->fate[FATE_RAN], y->fate[FATE_WOKE], y->fate[FATE_UNUSED], y->fate[FATE_LATE], y->fate[FATE_MISSED], worst,
		    measured && y->promised_ns != NEVER ? time_up(y->promised_ns) : "-");
}

static void windows(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s, struct bytes *b)
{
	bool first = true;

	for (uint32_t k = 0; k < t->p->n_modes; k++)
		for (uint32_t c = 0; c < t->p->n_cores; c++)
			for (uint32_t i = 0; i < t->p->mode[k].n_core_windows[c]; i++) {
				const struct mode *m = &t->p->mode[k];
				const struct plan_window *w = &m->window[m->first_window[c] + i];
				struct tally y = tally(t, &lanes[c], w, s);

				if (!y.all)
					continue;
				if (first)
					bytes_print(b, "\n%-12s %4s  %-16s %8s %6s %6s %7s %6s %7s  %12s %12s\n", "mode", "core", "window", "planned",
						    "ran", "woke", "unused", "late", "missed", "worst start", "promised");
				first = false;
				tally_row(t, c, m, w, &y, b);
			}
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

			if (!span_has(s, o->from))
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
