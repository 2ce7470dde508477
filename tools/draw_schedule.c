/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan as an SVG: for each mode and core one frame as a band, windows in their partitions' colours (several in one: the most
 * urgent on top), reservations hatched above it, who takes the slack beside it, and the promised figures below.
 */
#include <string.h>

#include "tools/analysis.h"
#include "tools/draw.h"
#include "tools/svg.h"

#define LEFT  150.0
#define BAND  860.0
#define WIDTH 1120.0
#define HIGH  40.0 /* of a band */
#define THIN  15.0 /* of a reservation's */
#define ROW   19.0
#define PAD   24.0

/* --- the time that a mode's bands show --- */

static uint64_t shown_ns(const struct plan *p, const struct mode *m)
{
	uint64_t most = m->frame_ns;

	if (most)
		return most;
	for (uint32_t i = 0; i < p->n_parts; i++)
		most = max_u64(most, p->part[i].period_ns);
	return most ? most : 10000000;
}

static double x_of(uint64_t ns, uint64_t shown)
{
	return LEFT + BAND * (double)ns / (double)shown;
}

static void axis(struct svg *c, uint64_t shown)
{
	uint64_t step = svg_tick_ns(shown);

	bytes_print(&c->b, "<path d=\"M%.1f %.1fH%.1f", LEFT, c->y, LEFT + BAND);
	for (uint64_t t = 0; t <= shown; t += step)
		bytes_print(&c->b, "M%.1f %.1fv5", x_of(t, shown), c->y);
	bytes_print(&c->b, "\" stroke=\"" SVG_GREY "\" fill=\"none\"/>\n");
	for (uint64_t t = 0; t <= shown; t += step)
		svg_word(c, x_of(t, shown), c->y + 17, "class=\"s\" text-anchor=\"middle\"", time_up(t));
	c->y += 44;
}

/* --- a core's band --- */

static void window_box(struct svg *c, const struct plan *p, const struct plan_window *w, uint64_t shown)
{
	double x = x_of(w->start_ns, shown), wide = x_of(w->end_ns, shown) - x;

	svg_window(c, p, w, x, wide, HIGH, text("%s: %s to %s", w->name, time_up(w->start_ns), time_up(w->end_ns)));
	svg_word(c, x + 2, c->y + HIGH + 12, "class=\"s\"", svg_cut(w->name, wide + 8));
}

static void reservation(struct svg *c, const struct plan *p, const struct vcpu_analysis *v, uint64_t shown)
{
	const struct part *part = &p->part[v->part];
	uint64_t n = (shown + part->period_ns - 1) / part->period_ns;

	bytes_print(&c->b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" fill-opacity=\"0.25\"/>\n", LEFT, c->y, BAND, THIN,
		    svg_colour(v->part));
	for (uint64_t k = 0; k < n && n <= 400; k++) {
		double x = x_of(k * part->period_ns, shown), end = x_of(min_u64(k * part->period_ns + part->budget_ns, shown), shown);
		const char *what = text("%s: %s in any place of this period of %s", part->name, time_up(part->budget_ns), time_up(part->period_ns));

		svg_box(c, x, c->y, end - x, THIN, svg_colour(v->part), what);
		svg_box(c, x, c->y, end - x, THIN, "url(#hatch)", what);
	}
	svg_word(c, LEFT - 6, c->y + 11, "class=\"s\" text-anchor=\"end\"", svg_cut(text("%s %s / %s", part->name, time_up(part->budget_ns), time_up(part->period_ns)), LEFT));
	c->y += THIN + 3;
}

static void slack(struct svg *c, const struct plan *p, const struct mode_analysis *a, uint32_t core)
{
	struct bytes b = { 0 };

	for (uint32_t i = 0; i < a->n_vcpus; i++)
		if (a->vcpu[i].core == core && a->vcpu[i].slack)
			bytes_print(&b, "%s%s", b.n ? ", " : "", p->part[a->vcpu[i].part].name);
	if (!b.n)
		return;
	bytes_add(&b, "", 1);
	svg_word(c, LEFT + BAND + 8, c->y + 16, "class=\"s\"", "the rest to");
	svg_word(c, LEFT + BAND + 8, c->y + 29, "class=\"s\"", (const char *)b.at);
}

static void always(struct svg *c, const struct plan *p, const struct mode_analysis *a, uint32_t core)
{
	uint32_t n = 0, i = 0;

	for (uint32_t v = 0; v < a->n_vcpus; v++)
		n += a->vcpu[v].core == core && a->vcpu[v].promise == PROMISE_ALWAYS;
	for (uint32_t v = 0; v < a->n_vcpus; v++) {
		const struct part *part = &p->part[a->vcpu[v].part];
		double h = HIGH / (n ? n : 1), y = c->y + h * i;

		if (a->vcpu[v].core != core || a->vcpu[v].promise != PROMISE_ALWAYS)
			continue;
		svg_box(c, LEFT, y, BAND, h, svg_colour(part->number), text("%s, always by priority", part->name));
		svg_word(c, LEFT + BAND / 2, y + h / 2 + 4, h < 13 ? "class=\"s\" text-anchor=\"middle\"" : "text-anchor=\"middle\"", part->name);
		i++;
	}
}

static void core_band(struct svg *c, const struct plan *p, const struct mode *m, const struct mode_analysis *a, uint32_t core, uint64_t shown)
{
	for (uint32_t i = 0; i < a->n_vcpus; i++)
		if (a->vcpu[i].core == core && a->vcpu[i].promise == PROMISE_BUDGET)
			reservation(c, p, &a->vcpu[i], shown);
	svg_word(c, PAD, c->y + HIGH / 2 + 4, "class=\"b\"", text("core %u", p->core[core].board));
	bytes_print(&c->b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#f1f5f9\" stroke=\"" SVG_LINE "\"/>\n", LEFT, c->y, BAND, HIGH);
	slack(c, p, a, core);
	for (uint32_t i = 0; i < m->n_core_windows[core]; i++)
		window_box(c, p, &m->window[m->first_window[core] + i], shown);
	if (m->n_core_windows[core] == 0)
		always(c, p, a, core);
	c->y += HIGH + 24;
}

/* --- the figures --- */

static const double column[] = { PAD, 190, 250, 380, 470, 590, 710, 850, 980 };

static void table_head(struct svg *c)
{
	static const char *const head[] = { "vCPU", "core", "by", "share", "blackout", "interrupt", "window late", "at a change", "with budget left" };

	for (uint32_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		svg_word(c, column[i], c->y, "class=\"h\"", head[i]);
	bytes_print(&c->b, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"" SVG_LINE "\"/>\n", PAD, c->y + 5, WIDTH - PAD);
	c->y += ROW;
}

static const char *or_dash(uint64_t ns, bool promised)
{
	return promised && ns != NEVER ? time_up(ns) : "-";
}

static void table_row(struct svg *c, const struct plan *p, const struct vcpu_analysis *v)
{
	bool promised = v->f.share > 0;
	const char *cell[] = {
		analysis_vcpu_name(p, v),
		text("%u", p->core[v->core].board),
		analysis_means(v),
		promised ? text("%.1f %%", v->f.share * 100) : "-",
		or_dash(v->f.blackout_ns, promised),
		or_dash(v->f.interrupt_ns, promised),
		or_dash(v->f.late_ns, true),
		or_dash(v->change_ns, promised && v->change_ns),
		or_dash(v->f.funded_ns, true),
	};

	bytes_print(&c->b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"11\" height=\"11\" rx=\"2\" fill=\"%s\" stroke=\"" SVG_INK "\" stroke-width=\"0.5\"/>\n", PAD,
		    c->y - 10, svg_colour(v->part));
	for (uint32_t i = 0; i < sizeof(cell) / sizeof(cell[0]); i++)
		svg_word(c, column[i] + (i == 0 ? 17 : 0), c->y, "", cell[i]);
	c->y += ROW;
}

static void table_tasks(struct svg *c, const struct plan *p, const struct vcpu_analysis *v)
{
	const struct part *part = &p->part[v->part];
	uint32_t n = 0;

	for (uint32_t i = 0; i < part->n_tasks; i++)
		if (part->task[i].vcpu == v->index) {
			svg_word(c, PAD + 34, c->y - 2, "class=\"s\"",
				 text("task %s: every %s, answers within %s (deadline %s)", part->task[i].name, time_up(part->task[i].period_ns),
				      time_up(v->f.response_ns[n]), time_up(part->task[i].deadline_ns)));
			n++;
			c->y += ROW - 3;
		}
}

static void mode_picture(struct svg *c, const struct plan *p, uint32_t mode)
{
	const struct mode *m = &p->mode[mode];
	const struct mode_analysis *a = &p->analysis->mode[mode];
	uint64_t shown = shown_ns(p, m);

	svg_word(c, PAD, c->y, "class=\"b\"",
		 text("%s%s%s%s", m->name ? "mode " : "", m->name ? m->name : "", m->frame_ns ? text("%sframe %s", m->name ? ", " : "", time_up(m->frame_ns)) : "",
		      m->at_once ? ", a change to it is at once" : ""));
	c->y += 18;
	for (uint32_t core = 0; core < p->n_cores; core++)
		if (p->core[core].n_vcpus)
			core_band(c, p, m, a, core, shown);
	axis(c, shown);
	table_head(c);
	for (uint32_t i = 0; i < a->n_vcpus; i++)
		if (a->vcpu[i].promise != PROMISE_NONE) {
			table_row(c, p, &a->vcpu[i]);
			table_tasks(c, p, &a->vcpu[i]);
		}
	c->y += 30;
}

const char *draw_schedule(const struct plan *p)
{
	struct svg c = { .y = 64 };

	for (uint32_t m = 0; m < p->n_modes; m++)
		mode_picture(&c, p, m);
	return svg_done(&c, WIDTH, text("%s on %s: who runs when", p->system_name, p->board.name));
}
