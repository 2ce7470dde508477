/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead trace`: its arguments, which span they choose, and which form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trace.h"
#include "tools/trace_text.h"

struct wish {
	const char *trace, *system, *out;
	bool json, from_given, to_given, last_given;
	double from_ms, to_ms, last_ms;
};

static _Noreturn void usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
static _Noreturn void usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "bulkhead: %s\nusage: bulkhead trace FILE SYSTEM [-o OUT] [--json] [--from MS] [--to MS] [--last MS]\n", vtext(format, args));
	va_end(args);
	exit(2);
}

static double milliseconds(const char *option, const char *s, bool *given)
{
	char *end;
	double ms = strtod(s, &end);

	if (end == s || *end || !(ms > -1e12 && ms < 1e12))
		usage("%s takes a number of milliseconds, not %s", option, s);
	*given = true;
	return ms;
}

static void option(struct wish *w, const char *name, const char *value)
{
	if (strcmp(name, "--from") == 0)
		w->from_ms = milliseconds(name, value, &w->from_given);
	else if (strcmp(name, "--to") == 0)
		w->to_ms = milliseconds(name, value, &w->to_given);
	else if (strcmp(name, "--last") == 0)
		w->last_ms = milliseconds(name, value, &w->last_given);
	else if (strcmp(name, "-o") == 0)
		w->out = value;
	else
		usage("trace has no option %s", name);
}

static struct wish read_wish(int argc, char **argv)
{
	struct wish w = { .trace = NULL };

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			w.json = true;
		else if (argv[i][0] == '-' && i + 1 < argc)
			option(&w, argv[i], argv[i + 1]), i++;
		else if (argv[i][0] == '-')
			usage("trace has no option %s, or it lacks its value", argv[i]);
		else if (!w.trace)
			w.trace = argv[i];
		else if (!w.system)
			w.system = argv[i];
		else
			usage("trace takes one file and one system; %s is too much", argv[i]);
	}
	if (!w.system)
		usage("trace takes the file that `bulkhead run --trace` has made, and the system that ran");
	if (w.last_given && (w.from_given || w.to_given || w.last_ms <= 0))
		usage("--last takes the milliseconds before the end, without --from and --to");
	if (w.from_given && w.to_given && w.from_ms >= w.to_ms)
		usage("--from must be before --to");
	return w;
}

enum form { FORM_TEXT,
	    FORM_JSON,
	    FORM_SVG,
	    FORM_PERFETTO };

static bool ends(const char *s, const char *end)
{
	return strlen(s) > strlen(end) && strcmp(s + strlen(s) - strlen(end), end) == 0;
}

static enum form form_of(const struct wish *w)
{
	const char *out = w->out;

	if (w->json || (out && ends(out, ".json")))
		return FORM_JSON;
	if (!out || ends(out, ".txt"))
		return FORM_TEXT;
	if (ends(out, ".svg"))
		return FORM_SVG;
	if (ends(out, ".pftrace") || ends(out, ".perfetto-trace"))
		return FORM_PERFETTO;
	usage("-o %s: its end says the form: .txt, .json, .svg, or .pftrace or .perfetto-trace for Perfetto", out);
}

static uint64_t instant(const struct trace *t, double ms)
{
	return t->zero + (uint64_t)(int64_t)(ms * (double)t->frequency / 1000);
}

static struct trace_span span_of(const struct trace *t, const struct wish *w, enum form form)
{
	struct trace_span s = { 0, t->end };
	uint64_t first = t->end, whole = 0; /* from there on there is something, or every core's records */

	for (uint32_t c = 0; c < t->p->n_cores; c++)
		if (t->core[c].n) {
			first = min_u64(first, t->core[c].record[0].time);
			whole = t->core[c].lost ? max_u64(whole, t->core[c].record[0].time) : whole;
		}
	s.from = form == FORM_SVG ? max_u64(first, whole) : first;
	if (w->from_given)
		s.from = instant(t, w->from_ms);
	if (w->to_given)
		s.to = instant(t, w->to_ms);
	if (w->last_given)
		s.from = t->end - min_u64(t->end, (uint64_t)(w->last_ms * (double)t->frequency / 1000));
	if (s.from > s.to || s.from > t->end || s.to < first)
		fail("%s has nothing in that span: it is of %.6f to %.6f ms", t->file, (double)trace_ns(t, first) / 1e6, (double)trace_ns(t, t->end) / 1e6);
	return s;
}

int trace_main(const struct plan *(*plan)(const char *system), int argc, char **argv)
{
	struct wish w = read_wish(argc, argv);
	enum form form = form_of(&w);
	const struct trace *t = trace_file_read(plan(w.system), w.trace);
	const struct trace_lane *lanes = trace_lanes(t);
	struct trace_span s = span_of(t, &w, form);
	struct bytes made = { 0 };

	switch (form) {
	case FORM_TEXT: bytes_print(&made, "%s", trace_text(t, lanes, &s)); break;
	case FORM_JSON: bytes_print(&made, "%s", trace_json(t, lanes, &s)); break;
	case FORM_SVG: bytes_print(&made, "%s", trace_svg(t, lanes, &s)); break;
	case FORM_PERFETTO: trace_perfetto(t, lanes, &s, &made); break;
	}
	if (w.out)
		file_write(w.out, made.at, made.n);
	else
		fwrite(made.at, 1, made.n, stdout);
	return 0;
}
