/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trace as a timeline. For each core: which windows were planned, below that who ran, below that interrupts, messages and faults. A window that
 * was missed is framed in red, and one that began later than promised has a red line from its plan to its start.
 */
#include <string.h>

#include "tools/analysis.h"
#include "tools/draw.h"
#include "tools/svg.h"
#include "tools/trace.h"
#include "tools/trace_words.h"

#define LEFT	90.0
#define BAND	1000.0
#define WIDTH	1120.0
#define PAD	24.0
#define PLANNED 24.0 /* heights of the lanes */
#define ACTUAL	30.0
#define EVENTS	10.0
#define ROW	19.0
#define NARROW	1.5  /* what is below this is drawn without a title, together with others of its kind */
#define LABEL	40.0 /* room for a mark's word */

struct timeline {
	struct svg c;
	const struct trace *t;
	struct trace_span span;
};

static double x_at(const struct timeline *l, uint64_t ticks)
{
	if (ticks <= l->span.from)
		return LEFT;
	if (ticks >= l->span.to)
		return LEFT + BAND;
	return LEFT + BAND * (double)(ticks - l->span.from) / (double)(l->span.to - l->span.from);
}

static const char *ms(const struct timeline *l, uint64_t ticks)
{
	return text("%.6f ms", (double)trace_ns(l->t, ticks) / 1e6);
}

static const char *span_text(const struct timeline *l, uint64_t from, uint64_t to)
{
	return text("%s to %s", ms(l, from), ms(l, to));
}

static uint32_t part_of(const struct timeline *l, uint32_t vcpu)
{
	uint32_t part = 0;

	while (vcpu - l->t->p->part[part].first_vcpu >= l->t->p->part[part].n_cores)
		part++;
	return part;
}

/* --- planned --- */

static const char *fate_text(const struct timeline *l, const struct trace_window *o)
{
	const char *late = o->ran ? time_up((uint64_t)(trace_ns(l->t, o->ran) - trace_ns(l->t, o->from))) : "";

	switch (o->fate) {
	case FATE_OPEN: return "the trace does not have all of it";
	case FATE_RAN: return text("%s ran after %s%s", trace_vcpu_name(l->t->p, o->vcpu), late,
				   o->promised_ns == NEVER ? "" : text(", promised %s", time_up(o->promised_ns)));
	case FATE_WOKE: return text("%s wanted to run after %s", trace_vcpu_name(l->t->p, o->vcpu), late);
	case FATE_UNUSED: return "nobody wanted to run";
	case FATE_LATE: return text("LATE: %s ran after %s, promised %s", trace_vcpu_name(l->t->p, o->vcpu), late, time_up(o->promised_ns));
	case FATE_MISSED: return o->began ? "MISSED: others had all of it" : "MISSED: the kernel did not begin it";
	}
	return "";
}

/* @labelled: where the last word ends, so that words do not lie over each other. */
static void mark(struct timeline *l, const struct trace_window *o, double *labelled)
{
	double x = x_at(l, o->from), end = x_at(l, o->fate == FATE_LATE ? o->ran : o->to), y = l->c.y;
	const char *what = fate_text(l, o);

	if (o->fate == FATE_MISSED)
		bytes_print(&l->c.b, "<rect class=\"missed\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"" SVG_RED "\" fill-opacity=\"0.15\" stroke=\"" SVG_RED "\" "
				     "><title>%s, %s: %s</title></rect>\n",
			    x, y - 2, end - x, PLANNED + ACTUAL + 6, o->plan->name, span_text(l, o->from, o->to), what);
	else
		bytes_print(&l->c.b, "<path class=\"late\" d=\"M%.2f %.1fv%.1fh%.2fv-8v16\" fill=\"none\" stroke=\"" SVG_RED "\" stroke-width=\"2\"><title>%s: %s</title></path>\n",
			    x, y, PLANNED + ACTUAL / 2, end - x, o->plan->name, what);
	if (x >= *labelled) {
		svg_word(&l->c, x + 2, y - 4, "class=\"s\" style=\"fill:" SVG_RED "\"", o->fate == FATE_MISSED ? "missed" : "late");
		*labelled = x + LABEL;
	}
}

static bool is_marked(const struct timeline *l, const struct trace_window *o)
{
	return (o->fate == FATE_MISSED || o->fate == FATE_LATE) && span_meets(&l->span, o->from, o->to);
}

/* A frame of many windows, or many frames: only where they are. */
static void narrow_windows(struct timeline *l, const struct trace_lane *lane)
{
	struct bytes d = { 0 };
	double drawn = 0;

	for (uint32_t i = 0; i < lane->n_windows; i++) {
		const struct trace_window *o = &lane->window[i];
		double x = x_at(l, o->from);

		if (!span_meets(&l->span, o->from, o->to) || x_at(l, o->to) - x >= NARROW || x < drawn + 0.5)
			continue;
		bytes_print(&d, "M%.1f %.1fv%.1f", x, l->c.y, PLANNED);
		drawn = x;
	}
	if (d.n)
		bytes_print(&l->c.b, "<path stroke=\"" SVG_GREY "\" stroke-width=\"0.5\" d=\"%.*s\"><title>windows</title></path>\n", (int)d.n, (const char *)d.at);
}

static void planned(struct timeline *l, const struct trace_lane *lane)
{
	bytes_print(&l->c.b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#f1f5f9\" stroke=\"" SVG_LINE "\"/>\n", LEFT, l->c.y, BAND, PLANNED);
	if (!lane->n_windows)
		svg_word(&l->c, LEFT + 6, l->c.y + 16, "class=\"s\"", "no windows");
	for (uint32_t i = 0; i < lane->n_windows; i++) {
		const struct trace_window *o = &lane->window[i];
		double x = x_at(l, o->from), wide = x_at(l, o->to) - x;

		if (wide >= NARROW && span_meets(&l->span, o->from, o->to))
			svg_window(&l->c, l->t->p, o->plan, x, wide, PLANNED,
				   text("window %s planned %s: %s", o->plan->name, span_text(l, o->from, o->to), fate_text(l, o)));
	}
	narrow_windows(l, lane);
}

/* --- actual --- */

static const char *opacity(uint32_t why)
{
	return why == BH_TRACE_BY_SLACK ? "0.45" : "1";
}

static void wide_run(struct timeline *l, uint32_t core, const struct trace_run *r)
{
	double x = x_at(l, r->from), w = x_at(l, r->to) - x;
	uint32_t part = part_of(l, r->vcpu);

	bytes_print(&l->c.b, "<g><title>%s ran %s, by %s</title><rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"%s\" fill-opacity=\"%s\"/>",
		    trace_vcpu_name(l->t->p, r->vcpu), span_text(l, r->from, r->to), trace_why_name(l->t->p, core, r->mode, r->why), x, l->c.y, w, ACTUAL,
		    svg_colour(part), opacity(r->why));
	if (r->why == BH_TRACE_BY_BUDGET)
		bytes_print(&l->c.b, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"url(#hatch)\" fill-opacity=\"0.5\"/>", x, l->c.y, w, ACTUAL);
	bytes_print(&l->c.b, "</g>\n");
	if (w > 6 * (double)strlen(l->t->p->part[part].name))
		svg_word(&l->c, x + w / 2, l->c.y + ACTUAL / 2 + 4, "class=\"s\" text-anchor=\"middle\"", l->t->p->part[part].name);
}

/* All short runs of a partition for one reason: one path, in steps of a third of a pixel. */
static void narrow_runs(struct timeline *l, const struct trace_lane *lane, uint32_t part, uint32_t why)
{
	struct bytes d = { 0 };
	double drawn = 0;

	for (uint32_t i = 0; i < lane->n_runs; i++) {
		const struct trace_run *r = &lane->run[i];
		double x = x_at(l, r->from), w = x_at(l, r->to) - x;

		if (r->vcpu == BH_NONE || r->why != why || w >= NARROW || !span_meets(&l->span, r->from, r->to) || part_of(l, r->vcpu) != part || x + w < drawn)
			continue;
		bytes_print(&d, "M%.1f %.1fh%.1fv%.1fh-%.1fz", x, l->c.y, w > 0.4 ? w : 0.4, ACTUAL, w > 0.4 ? w : 0.4);
		drawn = x + (w > 0.4 ? w : 0.4);
	}
	if (d.n)
		bytes_print(&l->c.b, "<path fill=\"%s\" fill-opacity=\"%s\" stroke=\"%s\" stroke-width=\"0.3\" d=\"%.*s\"><title>%s, by %s</title></path>\n",
			    svg_colour(part), opacity(why), svg_colour(part), (int)d.n, (const char *)d.at, l->t->p->part[part].name,
			    trace_why_name(l->t->p, 0, BH_TRACE_NO_MODE, why));
}

static void actual(struct timeline *l, uint32_t core, const struct trace_lane *lane)
{
	const struct trace_core *c = &l->t->core[core];

	bytes_print(&l->c.b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"white\" stroke=\"" SVG_LINE "\"/>\n", LEFT, l->c.y, BAND, ACTUAL);
	if (!c->n || c->record[0].time > l->span.from) {
		double end = c->n ? x_at(l, c->record[0].time) : LEFT + BAND;

		svg_box(&l->c, LEFT, l->c.y, end - LEFT, ACTUAL, "#e2e8f0", "not in the trace any more");
		svg_word(&l->c, LEFT + 6, l->c.y + 19, "class=\"s\"", svg_cut("overwritten", end - LEFT - 8));
	}
	for (uint32_t i = 0; i < lane->n_runs; i++) {
		const struct trace_run *r = &lane->run[i];

		if (r->vcpu != BH_NONE && span_meets(&l->span, r->from, r->to) && x_at(l, r->to) - x_at(l, r->from) >= NARROW)
			wide_run(l, core, r);
	}
	for (uint32_t part = 0; part < l->t->p->n_parts; part++)
		for (uint32_t why = BH_TRACE_BY_BUDGET; why <= BH_TRACE_BY_SLACK; why++)
			narrow_runs(l, lane, part, why);
}

/* --- events: one mark for each pixel --- */

static void events_of(struct timeline *l, uint32_t core, enum bh_trace_kind kind, const char *colour, double y, double high)
{
	const struct trace_core *c = &l->t->core[core];
	struct bytes d = { 0 };
	uint32_t n = 0;
	double drawn = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		double x = x_at(l, c->record[i].time);

		if (c->record[i].kind != kind || !span_has(&l->span, c->record[i].time))
			continue;
		n++;
		if (d.n && x - drawn < 1)
			continue;
		bytes_print(&d, "M%.1f %.1fv%.1f", x, y, high);
		drawn = x;
	}
	if (d.n)
		bytes_print(&l->c.b, "<path stroke=\"%s\" d=\"%.*s\"><title>%u %s records</title></path>\n", colour, (int)d.n, (const char *)d.at, n,
			    trace_kind_name(kind));
}

static void faults(struct timeline *l, uint32_t core)
{
	const struct trace_core *c = &l->t->core[core];
	double drawn = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct bh_trace_record *r = &c->record[i];
		double x = x_at(l, r->time);

		if (r->kind != BH_TRACE_FAULT || !span_has(&l->span, r->time) || x - drawn < 1)
			continue;
		bytes_print(&l->c.b, "<path class=\"fault\" fill=\"" SVG_RED "\" d=\"M%.1f %.1fl4 -4l4 4l-4 4z\"><title>%s: %s</title></path>\n", x - 4,
			    l->c.y + EVENTS / 2, trace_who(l->t, r), draw_safe(trace_words(l->t, core, BH_TRACE_NO_MODE, r)));
		drawn = x;
	}
}

/* --- modes --- */

static void modes(struct timeline *l, uint32_t core, double top)
{
	const struct trace_core *c = &l->t->core[core];
	for (uint32_t i = 0; i < c->n_modes; i++) {
		uint64_t from = c->mode[i].start ? c->mode[i].start : l->span.from;
		uint64_t end = i + 1 < c->n_modes ? c->mode[i + 1].start : l->span.to;
		double x = x_at(l, from);

		if (!span_meets(&l->span, from, end) || !l->t->p->mode[0].name)
			continue;
		if (from > l->span.from)
			bytes_print(&l->c.b, "<path d=\"M%.2f %.1fV%.1f\" stroke=\"" SVG_INK "\" stroke-dasharray=\"4 3\"/>\n", x, top, l->c.y);
		if (x_at(l, end) - x > 2 * LABEL)
			svg_word(&l->c, x + 3, top + 9, "class=\"h\"", text("mode %s", trace_mode_name(l->t->p, c->mode[i].mode)));
	}
}

/* --- one core, the axis, the legend --- */

static void core_lanes(struct timeline *l, uint32_t core, const struct trace_lane *lane)
{
	double top = l->c.y, labelled = 0;

	l->c.y += 24;
	svg_word(&l->c, PAD, l->c.y + 8, "class=\"b\"", text("core %u", l->t->p->core[core].board));
	svg_word(&l->c, LEFT - 6, l->c.y + 20, "class=\"s\" text-anchor=\"end\"", "planned");
	planned(l, lane);
	l->c.y += PLANNED + 2;
	svg_word(&l->c, LEFT - 6, l->c.y + 19, "class=\"s\" text-anchor=\"end\"", "actual");
	actual(l, core, lane);
	l->c.y -= PLANNED + 2;
	for (uint32_t i = 0; i < lane->n_windows; i++)
		if (is_marked(l, &lane->window[i]))
			mark(l, &lane->window[i], &labelled);
	l->c.y += PLANNED + ACTUAL + 4;
	events_of(l, core, BH_TRACE_IRQ, "#94a3b8", l->c.y, EVENTS);
	events_of(l, core, BH_TRACE_MESSAGE, "#2563eb", l->c.y + 3, EVENTS - 3);
	events_of(l, core, BH_TRACE_SHUT, "#b45309", l->c.y, EVENTS);
	faults(l, core);
	l->c.y += EVENTS + 4;
	modes(l, core, top);
	l->c.y += 8;
}

static const char *axis_ms(double at, uint64_t step)
{
	return text("%.*f ms", step % 1000000 == 0 ? 0 : step % 1000 == 0 ? 3
									  : 6,
		    at / 1e6);
}

static void axis(struct timeline *l)
{
	int64_t from = trace_ns(l->t, l->span.from), to = trace_ns(l->t, l->span.to);
	uint64_t step = svg_tick_ns((uint64_t)(to - from));
	int64_t first = from / (int64_t)step * (int64_t)step;

	first += first < from ? (int64_t)step : 0;
	bytes_print(&l->c.b, "<path d=\"M%.1f %.1fH%.1f", LEFT, l->c.y, LEFT + BAND);
	for (int64_t at = first; at <= to; at += (int64_t)step)
		bytes_print(&l->c.b, "M%.1f %.1fv5", LEFT + BAND * (double)(at - from) / (double)(to - from), l->c.y);
	bytes_print(&l->c.b, "\" stroke=\"" SVG_GREY "\" fill=\"none\"/>\n");
	for (int64_t at = first; at <= to; at += (int64_t)step)
		svg_word(&l->c, LEFT + BAND * (double)(at - from) / (double)(to - from), l->c.y + 17, "class=\"s\" text-anchor=\"middle\"",
			 axis_ms((double)at, step));
	l->c.y += 40;
}

static void swatch(struct timeline *l, double *x, const char *fill, const char *more, const char *name)
{
	double wide = 24 + 6.6 * (double)strlen(name);

	if (*x + wide > WIDTH - PAD) {
		*x = LEFT;
		l->c.y += ROW;
	}
	bytes_print(&l->c.b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"12\" fill=\"%s\" stroke=\"" SVG_INK "\" stroke-width=\"0.5\" %s/>\n", *x, l->c.y - 10,
		    fill, more);
	svg_word(&l->c, *x + 17, l->c.y, "", name);
	*x += wide + 8;
}

static void legend(struct timeline *l)
{
	double x = LEFT;

	for (uint32_t i = 0; i < l->t->p->n_parts; i++)
		swatch(l, &x, svg_colour(i), "", l->t->p->part[i].name);
	swatch(l, &x, "url(#hatch)", "", "by its budget");
	swatch(l, &x, SVG_GREY, "fill-opacity=\"0.45\"", "pale: on slack");
	swatch(l, &x, "white", "", "nobody");
	swatch(l, &x, SVG_RED, "fill-opacity=\"0.15\" style=\"stroke:" SVG_RED "\"", "a window missed, or late");
	swatch(l, &x, "#94a3b8", "", "interrupt");
	swatch(l, &x, "#2563eb", "", "message");
	l->c.y += 30;
}

/* --- what became of the windows --- */

static const double column[] = { LEFT, 210, 270, 430, 500, 560, 630, 700, 760, 840, 950 };

static void table_row(struct timeline *l, const char *style, const char *const *cell)
{
	for (uint32_t i = 0; i < sizeof(column) / sizeof(column[0]); i++)
		svg_word(&l->c, column[i], l->c.y, style, cell[i]);
	l->c.y += ROW;
}

static const char *or_dash(uint64_t ns)
{
	return ns == NEVER ? "-" : time_up(ns);
}

static void table(struct timeline *l, const struct trace_lane *lanes)
{
	static const char *const head[] = { "mode", "core", "window", "planned", "ran", "woke", "unused", "late", "missed", "worst start", "promised" };
	const struct plan *p = l->t->p;
	bool first = true;

	for (uint32_t m = 0; m < p->n_modes; m++)
		for (uint32_t i = 0; i < p->mode[m].n_windows; i++) {
			const struct plan_window *w = &p->mode[m].window[i];
			struct trace_tally y = trace_tally(l->t, &lanes[w->core], w, &l->span);
			const char *cell[] = { p->mode[m].name ? p->mode[m].name : "-", text("%u", p->core[w->core].board), w->name, text("%u", y.all),
					       text("%u", y.fate[FATE_RAN]), text("%u", y.fate[FATE_WOKE]), text("%u", y.fate[FATE_UNUSED]),
					       text("%u", y.fate[FATE_LATE]), text("%u", y.fate[FATE_MISSED]), or_dash(y.worst_ns), or_dash(y.promised_ns) };

			if (!y.all)
				continue;
			if (first)
				table_row(l, "class=\"h\"", head);
			first = false;
			table_row(l, "", cell);
		}
}

const char *trace_svg(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s)
{
	struct timeline l = { .c.y = 50, .t = t, .span = *s };

	if (s->from == s->to)
		fail("a timeline needs a span of time, and the trace has only one instant of it");
	for (uint32_t c = 0; c < t->p->n_cores; c++)
		if (t->p->core[c].n_vcpus)
			core_lanes(&l, c, &lanes[c]);
	axis(&l);
	legend(&l);
	table(&l, lanes);
	l.c.y += 6;
	return svg_done(&l.c, WIDTH, text("%s on %s: planned and actual, %s since %s", t->p->system_name, t->p->board.name, text("%.3f to %.3f ms", (double)trace_ns(t, s->from) / 1e6, (double)trace_ns(t, s->to) / 1e6), t->epoch ? "the epoch" : "the first record"));
}
