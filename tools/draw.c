/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture of a system: partitions with what they own, inside their domains; every channel; in grey
 * what comes with a console or a bridge; in red what the system has to trust.
 * The order is the description's, so the same description gives the same text.
 */
#include "tools/draw.h"

#include <string.h>

#include "tools/health.h"
#include "tools/policy.h"

#define INK    "#1f2937"
#define GREY   "#8a94a3"
#define RED    "#c81e1e"
#define VIOLET "#6d28d9"
#define BLUE   "#1d4ed8"
#define GREEN  "#047857"
#define AMBER  "#b45309"
#define TEAL   "#0e7490"

const char *draw_safe(const char *s)
{
	struct bytes b = { 0 };

	for (; *s; s++)
		switch (*s) {
		case '&': bytes_print(&b, "&amp;"); break;
		case '<': bytes_print(&b, "&lt;"); break;
		case '>': bytes_print(&b, "&gt;"); break;
		case '"': bytes_print(&b, "&quot;"); break;
		default: bytes_add(&b, s, 1); break;
		}
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

static const char *bytes_text(uint64_t n)
{
	if (n >= MIB && n % MIB == 0)
		return text("%llu MiB", (unsigned long long)(n / MIB));
	if (n >= KIB && n % KIB == 0)
		return text("%llu KiB", (unsigned long long)(n / KIB));
	return text("%llu byte%s", (unsigned long long)n, n == 1 ? "" : "s");
}

static const char *time_text(uint64_t us)
{
	if (us % 1000)
		return text("%llu us", (unsigned long long)us);
	return us % 1000000 ? text("%llu ms", (unsigned long long)(us / 1000)) : text("%llu s", (unsigned long long)(us / 1000000));
}

/* --- partitions --- */

static void row(struct bytes *b, const char *colour, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void row(struct bytes *b, const char *colour, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	bytes_print(b, "<TR><TD ALIGN=\"LEFT\"><FONT POINT-SIZE=\"10\" COLOR=\"%s\">%s</FONT></TD></TR>", colour,
		    draw_safe(vtext(format, args)));
	va_end(args);
}

static const char *cores(const struct part *part)
{
	struct bytes b = { 0 };

	bytes_print(&b, part->n_cores == 1 ? "core" : "cores");
	for (uint32_t i = 0; i < part->n_cores; i++)
		bytes_print(&b, "%s %u", i ? "," : "", part->core[i]);
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

static bool is_trusted(const struct part *part)
{
	for (uint32_t i = 0; i < part->n_devices; i++)
		if (part->device[i]->trusted)
			return true;
	return false;
}

/* Its core comes back only if it can be woken: a dedicated one takes no interrupt to the kernel. */
static bool is_trusted_core(const struct part *part)
{
	return part->native_wfi && part->dedicated;
}

static void health_rows(const struct plan *p, const struct part *part, struct bytes *b)
{
	if (p->monitor == (int)part->number)
		row(b, INK, "monitor: is told of faults, sees what all do");
	if (part->resets_system)
		row(b, AMBER, "may reset the machine");
	if (health_does(part, BH_ACTION_SYSTEM))
		row(b, AMBER, "its faults can reset the machine");
	if (health_does(part, BH_ACTION_MODE))
		row(b, AMBER, "its faults can change the mode");
	if (part->watchdog_ns)
		row(b, INK, "watchdog, %s", time_text(part->watchdog_ns / 1000));
	if (part->limit_n)
		row(b, INK, "at most %u restart%s in %s", part->limit_n, part->limit_n == 1 ? "" : "s", time_text(part->limit_ns / 1000));
	if (part->dump_bytes)
		row(b, INK, "dumped: %s", part->dump_bytes == PLAN_DUMP_ALL ? "all of its memory" : bytes_text(part->dump_bytes));
}

static void part_box(const struct plan *p, const struct part *part, struct bytes *b, const char *indent)
{
	bytes_print(b, "%sp%u [color=\"%s\", label=<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"1\" CELLPADDING=\"1\">", indent,
		    part->number, is_trusted(part) || is_trusted_core(part) ? RED : INK);
	bytes_print(b, "<TR><TD ALIGN=\"LEFT\"><B>%s</B></TD></TR>", draw_safe(part->name));
	row(b, INK, "%s%s, %s", part->dedicated ? "dedicated " : "", cores(part), bytes_text(part->ram_bytes));
	if (is_trusted_core(part))
		row(b, RED, "sleeps by itself: trusted with its cores");
	else if (part->native_wfi)
		row(b, INK, "sleeps by itself");
	if (part->image)
		row(b, INK, "%s", base_name(part->image));
	for (uint32_t i = 0; i < part->n_devices; i++)
		if (!part->device[i]->trusted)
			row(b, INK, "owns %s", part->device[i]->name);
	for (uint32_t i = 0; i < part->n_devices; i++)
		if (part->device[i]->trusted)
			row(b, RED, "owns %s: its DMA is trusted with all memory", part->device[i]->name);
	if (part->console >= 0)
		row(b, GREY, "terminal by %s", p->part[part->console].name);
	if (p->log_reader == (int)part->number)
		row(b, INK, "reads the health log of all");
	health_rows(p, part, b);
	if (part->n_smcs)
		row(b, AMBER, "%u firmware call%s allowed", part->n_smcs, part->n_smcs == 1 ? "" : "s");
	bytes_print(b, "</TABLE>>];\n");
}

static void domain_boxes(const struct plan *p, struct bytes *b)
{
	const struct policy *pol = p->policy;

	for (uint32_t d = 0; d < pol->n_domains; d++) {
		const struct domain *dom = &pol->domain[d];

		bytes_print(b, "\tsubgraph cluster_%u {\n\t\tlabel=<<B>%s</B>%s>; labeljust=l; style=\"rounded,filled\"; color=\"#cbd5e1\"; "
			       "fillcolor=\"#eef2f7\"; fontcolor=\"%s\"; margin=14;\n",
			    d, draw_safe(dom->name), dom->has_level ? text(", level %u", dom->level) : "", INK);
		for (uint32_t i = 0; i < p->n_parts; i++)
			if (pol->domain_of[i] == (int)d)
				part_box(p, &p->part[i], b, "\t\t");
		bytes_print(b, "\t}\n");
	}
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (pol->domain_of[i] < 0)
			part_box(p, &p->part[i], b, "\t");
}

/* --- channels --- */

static const char *channel_text(const struct channel *c)
{
	switch (c->kind) {
	case CHANNEL_SIGNAL: return "signal";
	case CHANNEL_SAMPLING:
		return text("value, %s%s", bytes_text(c->bytes), c->period_us ? text(", %s", time_text(c->period_us)) : "");
	case CHANNEL_QUEUING:
		return text("queue, %u x %s%s%s", c->depth, bytes_text(c->bytes), c->drop ? ", drops" : "", c->keep ? ", keeps" : "");
	case CHANNEL_CALL: return text("call, %u / %s", c->bytes, bytes_text(c->reply_bytes));
	case CHANNEL_SHARED: return text("shared, %s%s", bytes_text(c->size), c->uncached ? ", uncached" : "");
	}
	return "";
}

static const char *const style[] = {
	[CHANNEL_SIGNAL] = "color=\"" AMBER "\", fontcolor=\"" AMBER "\", style=dashed",
	[CHANNEL_SAMPLING] = "color=\"" GREEN "\", fontcolor=\"" GREEN "\"",
	[CHANNEL_QUEUING] = "color=\"" BLUE "\", fontcolor=\"" BLUE "\", penwidth=2",
	[CHANNEL_CALL] = "color=\"" VIOLET "\", fontcolor=\"" VIOLET "\"",
	[CHANNEL_SHARED] = "color=\"" TEAL "\", fontcolor=\"" TEAL "\"",
};

static void shared_memory(const struct plan *p, const struct channel *c, uint32_t n, struct bytes *b)
{
	bytes_print(b, "\tc%u [shape=cylinder, style=filled, fillcolor=\"#e0f2f1\", margin=0.08, %s, label=<<B>%s</B><BR/>"
		       "<FONT POINT-SIZE=\"10\">%s</FONT>>];\n",
		    n, style[c->kind], draw_safe(c->name), draw_safe(channel_text(c)));
	for (uint32_t i = 0; i < p->n_parts; i++) {
		if (c->writer[i])
			bytes_print(b, "\tp%u -> c%u [%s, dir=both, label=<rw>];\n", i, n, style[c->kind]);
		if (c->reader[i])
			bytes_print(b, "\tc%u -> p%u [%s, label=<r>];\n", n, i, style[c->kind]);
	}
}

/*
 * How far each partition is from a guest with a bridge (or from the first one, where there is no way):
 * edges are drawn away from there, whatever flows back, so that the picture reads from left to right.
 */
static void depths(const struct plan *p, uint32_t *depth)
{
	bool moved = true;

	for (uint32_t i = 0; i < p->n_parts; i++)
		depth[i] = p->part[i].bridge >= 0 ? 0 : BH_MAX_PARTITIONS;
	for (uint32_t n = 0; n < p->n_parts && moved; n++) {
		moved = false;
		for (uint32_t i = 0; i < p->n_parts; i++)
			if (p->part[i].bridge >= 0)
				depth[p->part[i].bridge] = 1;
		for (uint32_t i = 0; i < p->n_channels; i++) {
			uint32_t from = (uint32_t)p->channel[i].from.holder, to = (uint32_t)p->channel[i].to.holder;

			if (p->channel[i].kind == CHANNEL_SHARED)
				continue;
			if (depth[from] + 1 < depth[to])
				depth[to] = depth[from] + 1, moved = true;
			else if (depth[to] + 1 < depth[from])
				depth[from] = depth[to] + 1, moved = true;
		}
	}
}

static void port_edge(const struct channel *c, const uint32_t *depth, struct bytes *b)
{
	int from = c->from.holder, to = c->to.holder;
	const char *tail = c->kind == CHANNEL_CALL ? "odot" : "none";

	if (depth[from] <= depth[to])
		bytes_print(b, "\tp%d -> p%d [dir=both, arrowtail=%s, ", from, to, tail);
	else
		bytes_print(b, "\tp%d -> p%d [dir=both, arrowhead=%s, ", to, from, tail);
	bytes_print(b, "%s, label=<<B>%s</B><BR/><FONT POINT-SIZE=\"10\">%s</FONT>>];\n", style[c->kind], draw_safe(c->name),
		    draw_safe(channel_text(c)));
}

static void channels(const struct plan *p, struct bytes *b)
{
	uint32_t depth[BH_MAX_PARTITIONS];

	depths(p, depth);
	for (uint32_t i = 0; i < p->n_channels; i++)
		if (p->channel[i].kind == CHANNEL_SHARED)
			shared_memory(p, &p->channel[i], i, b);
		else
			port_edge(&p->channel[i], depth, b);
}

/* --- what comes with services and rights --- */

static const char *carried(const struct plan *p, const struct part *part)
{
	struct bytes b = { 0 };

	for (uint32_t i = 0; i < p->n_emuls; i++)
		if (p->emul[i].client == part->number && p->emul[i].channel)
			bytes_print(&b, "<BR/>%s", draw_safe(p->emul[i].channel->name));
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

/* First of all edges: then a guest stands before its bridge, and that before its partners. */
static void bridges(const struct plan *p, struct bytes *b)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		const struct part *part = &p->part[i];

		if (part->bridge >= 0)
			bytes_print(b,
				    "\tp%u -> p%d [color=\"" GREY "\", fontcolor=\"" GREY "\", penwidth=0.9, dir=both, arrowsize=0.5, weight=3, "
				    "label=<<FONT POINT-SIZE=\"10\">carries%s</FONT>>];\n",
				    i, part->bridge, carried(p, part));
	}
}

static const char *rights_text(uint32_t rights)
{
	if (!(rights & BH_CONTROL_MAY_INSPECT))
		return "controls";
	return rights == BH_CONTROL_MAY_INSPECT ? "inspects" : "controls, inspects";
}

static void controls(const struct plan *p, struct bytes *b)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		const struct part *part = &p->part[i];

		for (uint32_t k = 0; k < part->n_controls; k++)
			bytes_print(b, "\tp%u -> p%u [color=\"" AMBER "\", fontcolor=\"" AMBER "\", style=dotted, arrowhead=diamond, "
				       "label=<<FONT POINT-SIZE=\"10\">%s</FONT>>];\n",
				    i, part->control[k].part, rights_text(part->control[k].rights));
	}
}

/* --- the legend: only what there is --- */

static bool any_channel(const struct plan *p, enum channel_kind kind)
{
	for (uint32_t i = 0; i < p->n_channels; i++)
		if (p->channel[i].kind == kind)
			return true;
	return false;
}

static void legend_row(struct bytes *b, bool there, const char *colour, const char *sign, const char *what)
{
	if (there)
		bytes_print(b, "<TR><TD ALIGN=\"RIGHT\"><FONT COLOR=\"%s\">%s</FONT></TD><TD ALIGN=\"LEFT\">%s</TD></TR>", colour, sign, what);
}

static void legend(const struct plan *p, struct bytes *b)
{
	bool trusted = false, core = false, bridge = false;
	uint32_t rights = 0;

	for (uint32_t i = 0; i < p->n_parts; i++) {
		trusted = trusted || is_trusted(&p->part[i]);
		core = core || is_trusted_core(&p->part[i]);
		for (uint32_t k = 0; k < p->part[i].n_controls; k++)
			rights |= p->part[i].control[k].rights;
		bridge = bridge || p->part[i].bridge >= 0;
	}
	bytes_print(b, "\tlegend [shape=plain, fontsize=10, fontcolor=\"" INK "\", label=<<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\">");
	legend_row(b, any_channel(p, CHANNEL_SAMPLING), GREEN, "&#8594;", "value: the last one, with its age");
	legend_row(b, any_channel(p, CHANNEL_QUEUING), BLUE, "<B>&#8594;</B>", "queue of messages");
	legend_row(b, any_channel(p, CHANNEL_CALL), VIOLET, "o&#8594;", "call: request and reply");
	legend_row(b, any_channel(p, CHANNEL_SIGNAL), AMBER, "- -&#8594;", "signal");
	legend_row(b, any_channel(p, CHANNEL_SHARED), TEAL, "[ ]", "shared memory");
	legend_row(b, rights & BH_CONTROL_MAY_START, AMBER, "&#8943;&#9670;", "may start and stop");
	legend_row(b, rights & BH_CONTROL_MAY_INSPECT, AMBER, "&#8943;&#9670;", "inspects: sees its memory while it stands still");
	legend_row(b, bridge, GREY, "&#8596;", "serial lines to a bridge");
	legend_row(b, trusted, RED, "red", "trusted with all memory");
	legend_row(b, core, RED, "red", "trusted with its cores");
	bytes_print(b, "<TR><TD COLSPAN=\"2\"> </TD></TR></TABLE>>];\n");
}

const char *draw(const struct plan *p)
{
	struct bytes b = { 0 };

	bytes_print(&b, "digraph \"%s\" {\n", p->name);
	bytes_print(&b, "\tgraph [rankdir=LR, bgcolor=white, fontname=\"Helvetica,Arial,sans-serif\", fontsize=12, nodesep=0.35, "
			"ranksep=0.9, pad=0.3, label=<<B>%s</B> on %s>, labelloc=t, fontcolor=\"" INK "\"];\n",
		    draw_safe(p->system_name), draw_safe(p->board.name));
	bytes_print(&b, "\tnode [shape=box, style=\"rounded,filled\", fillcolor=white, color=\"" INK "\", fontcolor=\"" INK
			"\", fontname=\"Helvetica,Arial,sans-serif\", fontsize=13, margin=0.06];\n");
	bytes_print(&b, "\tedge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, arrowsize=0.8];\n");
	domain_boxes(p, &b);
	bridges(p, &b);
	channels(p, &b);
	controls(p, &b);
	legend(p, &b);
	bytes_print(&b, "}\n");
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}
