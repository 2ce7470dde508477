/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/svg.h"

#include <string.h>

#include "tools/draw.h"

#define LETTER 6.4 /* width of one, about */
#define PAD    24.0

const char *svg_colour(uint32_t part)
{
	static const char *const colours[] = { "#93c5fd", "#fca5a5", "#86efac", "#fcd34d", "#c4b5fd", "#67e8f9",
					       "#f9a8d4", "#bef264", "#fdba74", "#a5b4fc", "#5eead4", "#d6d3d1" };

	return colours[part % (sizeof(colours) / sizeof(colours[0]))];
}

void svg_word(struct svg *c, double x, double y, const char *style, const char *s)
{
	bytes_print(&c->b, "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, style, s);
}

void svg_box(struct svg *c, double x, double y, double w, double h, const char *fill, const char *title)
{
	bytes_print(&c->b,
		    "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"%s\" stroke=\"" SVG_INK "\" stroke-width=\"0.7\"><title>%s</title></rect>\n",
		    x, y, w > 0.5 ? w : 0.5, h, fill, title);
}

const char *svg_cut(const char *s, double width)
{
	int room = (int)(width / LETTER);

	return room + 1 >= (int)strlen(s) ? s : room < 3 ? ""
							 : text("%.*s.", room - 1, s);
}

void svg_window(struct svg *c, const struct plan *p, const struct plan_window *w, double x, double wide, double high, const char *title)
{
	uint32_t n = (uint32_t)__builtin_popcount(w->ranks), i = 0;
	const struct plan_core *core = &p->core[w->core];

	for (uint32_t r = 0; r < core->n_vcpus; r++) {
		uint32_t part = 0;
		double h = high / (n ? n : 1), y = c->y + h * i;

		if (!(w->ranks >> r & 1))
			continue;
		while (core->vcpu[r] - p->part[part].first_vcpu >= p->part[part].n_cores)
			part++;
		svg_box(c, x, y, wide, h, svg_colour(part), text("%s, %s", p->part[part].name, title));
		svg_word(c, x + wide / 2, y + h / 2 + 4, h < 13 ? "class=\"s\" text-anchor=\"middle\"" : "text-anchor=\"middle\"",
			 svg_cut(p->part[part].name, wide - 4));
		i++;
	}
}

uint64_t svg_tick_ns(uint64_t shown)
{
	static const uint32_t steps[] = { 2, 5, 10 };
	uint64_t power = 1000;

	while (power * 100 < shown)
		power *= 10;
	for (uint32_t i = 0; i < 3; i++)
		if (shown / (power * steps[i]) <= 12)
			return power * steps[i];
	return power * 20;
}

const char *svg_done(struct svg *c, double width, const char *title)
{
	struct bytes out = { 0 };

	bytes_add(&c->b, "", 1);
	bytes_print(&out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n", width, c->y, width, c->y);
	bytes_print(&out, "<style>text { font: 12px Helvetica, Arial, sans-serif; fill: " SVG_INK " } .s { font-size: 10px; fill: " SVG_GREY
			  " } .b { font-weight: bold; font-size: 13px } .h { font-size: 11px; fill: " SVG_GREY " } .t { font-weight: bold; font-size: 16px }</style>\n");
	bytes_print(&out, "<defs><pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
			  "<path d=\"M0 0V5\" stroke=\"" SVG_INK "\" stroke-width=\"1.6\"/></pattern></defs>\n");
	bytes_print(&out, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n<text x=\"%.1f\" y=\"34\" class=\"t\">%s</text>\n", PAD, draw_safe(title));
	bytes_print(&out, "%s</svg>\n", (const char *)c->b.at);
	bytes_add(&out, "", 1);
	return (const char *)out.at;
}
