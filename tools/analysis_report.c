/* SPDX-License-Identifier: Apache-2.0 */
/* The promised figures: a table for each mode for people, JSON for programs (docs/time.md has the fields). */
#include "tools/analysis.h"

#include <string.h>

const char *time_up(uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} unit[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" } };

	if (ns == NEVER)
		return "never";
	for (uint32_t i = 0; i < 3; i++) {
		uint64_t thousandths = ns / unit[i].ns * 1000 + (ns % unit[i].ns * 1000 + unit[i].ns - 1) / unit[i].ns;
		uint32_t digits = thousandths % 1000 == 0 ? 0 : thousandths % 100 == 0 ? 1
							: thousandths % 10 == 0	       ? 2
										       : 3;

		if (ns >= unit[i].ns)
			return text("%.*f %s", (int)digits, (double)thousandths / 1000, unit[i].name);
	}
	return text("%llu ns", (unsigned long long)ns);
}

static const char *or_dash(uint64_t ns)
{
	return ns == NEVER ? "-" : time_up(ns);
}

const char *analysis_means(const struct vcpu_analysis *v)
{
	switch (v->promise) {
	case PROMISE_NONE: return "-";
	case PROMISE_SLACK: return "slack";
	case PROMISE_WINDOWS: return v->slack ? "windows, slack" : "windows";
	case PROMISE_BUDGET: return v->slack ? "budget, slack" : "budget";
	case PROMISE_ALWAYS: return "always";
	}
	return "?";
}

const char *analysis_vcpu_name(const struct plan *p, const struct vcpu_analysis *v)
{
	return p->part[v->part].n_cores > 1 ? text("%s.%u", p->part[v->part].name, v->index) : p->part[v->part].name;
}

static bool runs(const struct vcpu_analysis *v)
{
	return v->promise != PROMISE_NONE;
}

static void row(const struct plan *p, const struct vcpu_analysis *v, struct bytes *b)
{
	bool promised = v->f.share > 0;

	bytes_print(b, "  %-20s %4u  %-14s %7s  %12s  %12s  %12s  %12s%s", analysis_vcpu_name(p, v), p->core[v->core].board, analysis_means(v),
		    promised ? text("%.1f %%", v->f.share * 100) : "-", promised ? or_dash(v->f.blackout_ns) : "-",
		    promised ? or_dash(v->f.interrupt_ns) : "-", or_dash(v->f.late_ns),
		    promised && v->change_ns ? or_dash(v->change_ns) : "-", v->f.funded_ns == NEVER ? "\n" : "");
	if (v->f.funded_ns != NEVER)
		bytes_print(b, "  (%s with budget left)\n", time_up(v->f.funded_ns));
}

static void tasks(const struct plan *p, const struct vcpu_analysis *v, struct bytes *b)
{
	const struct part *part = &p->part[v->part];
	uint32_t n = 0;

	for (uint32_t i = 0; i < part->n_tasks; i++)
		if (part->task[i].vcpu == v->index) {
			bytes_print(b, "    task %-16s worst response %s, deadline %s\n", part->task[i].name, time_up(v->f.response_ns[n]),
				    time_up(part->task[i].deadline_ns));
			n++;
		}
}

const char *analysis_text(const struct plan *p)
{
	struct bytes b = { 0 };

	for (uint32_t m = 0; p->analysis && m < p->n_modes; m++) {
		const struct mode_analysis *a = &p->analysis->mode[m];

		bytes_print(&b, "\nTime%s%s%s\n", p->mode[m].name ? ", mode " : "", p->mode[m].name ? p->mode[m].name : "",
			    p->mode[m].frame_ns ? text(" (frame %s)", time_up(p->mode[m].frame_ns)) : "");
		bytes_print(&b, "  %-20s %4s  %-14s %7s  %12s  %12s  %12s  %12s\n", "vCPU", "core", "by", "share", "blackout", "interrupt", "window late",
			    "at a change");
		for (uint32_t i = 0; i < a->n_vcpus; i++)
			if (runs(&a->vcpu[i])) {
				row(p, &a->vcpu[i], &b);
				tasks(p, &a->vcpu[i], &b);
			}
	}
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

/* --- JSON; names have no character that would need quoting --- */

static const char *number(uint64_t ns)
{
	return ns == NEVER ? "null" : text("%llu", (unsigned long long)ns);
}

static void json_tasks(const struct plan *p, const struct vcpu_analysis *v, struct bytes *b)
{
	const struct part *part = &p->part[v->part];
	uint32_t n = 0;

	bytes_print(b, ", \"tasks\": [");
	for (uint32_t i = 0; i < part->n_tasks; i++)
		if (part->task[i].vcpu == v->index) {
			bytes_print(b, "%s{\"name\": \"%s\", \"response_ns\": %s, \"deadline_ns\": %s}", n ? ", " : "", part->task[i].name,
				    number(v->f.response_ns[n]), number(part->task[i].deadline_ns));
			n++;
		}
	bytes_print(b, "]}");
}

static void json_vcpu(const struct plan *p, const struct vcpu_analysis *v, struct bytes *b)
{
	bytes_print(b, "{\"partition\": \"%s\", \"vcpu\": %u, \"core\": %u, \"rank\": %u, \"by\": \"%s\", \"share\": %.6f, \"frame_ns\": %s, ",
		    p->part[v->part].name, v->index, p->core[v->core].board, v->rank, analysis_means(v), v->f.share, number(v->f.frame_ns));
	bytes_print(b, "\"blackout_ns\": %s, \"interrupt_ns\": %s, \"interrupt_funded_ns\": %s, \"window_late_ns\": %s, \"change_ns\": %s",
		    number(v->f.blackout_ns), number(v->f.interrupt_ns), number(v->f.funded_ns), number(v->f.late_ns), number(v->change_ns ? v->change_ns : NEVER));
	json_tasks(p, v, b);
}

const char *analysis_json(const struct plan *p)
{
	struct bytes b = { 0 };

	bytes_print(&b, "{\"system\": \"%s\", \"modes\": [", p->system_name);
	for (uint32_t m = 0; p->analysis && m < p->n_modes; m++) {
		const struct mode_analysis *a = &p->analysis->mode[m];

		bytes_print(&b, "%s\n  {\"name\": \"%s\", \"frame_ns\": %s, \"vcpus\": [", m ? "," : "", p->mode[m].name ? p->mode[m].name : "",
			    number(p->mode[m].frame_ns));
		for (uint32_t i = 0, n = 0; i < a->n_vcpus; i++)
			if (runs(&a->vcpu[i])) {
				bytes_print(&b, "%s\n    ", n++ ? "," : "");
				json_vcpu(p, &a->vcpu[i], &b);
			}
		bytes_print(&b, "]}");
	}
	bytes_print(&b, "]}\n");
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}
