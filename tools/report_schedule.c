/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the report about time as it is planned: of each mode and core the windows, and who runs by what else. What that promises is analysis_report.c's. */
#include "tools/report_schedule.h"

#include "tools/schedule.h"

static const struct part *part_of(const struct plan *p, uint32_t vcpu)
{
	uint32_t i = 0;

	while (vcpu - p->part[i].first_vcpu >= p->part[i].n_cores)
		i++;
	return &p->part[i];
}

/* Most urgent first: "control, linux.0, linux.1" */
static const char *vcpus_text(const struct plan *p, uint32_t core, uint32_t ranks)
{
	struct bytes b = { 0 };

	for (uint32_t r = 0; r < p->core[core].n_vcpus; r++) {
		uint32_t vcpu = p->core[core].vcpu[r];
		const struct part *part = part_of(p, vcpu);

		if (!(ranks >> r & 1))
			continue;
		bytes_print(&b, "%s%s", b.n ? ", " : "", part->name);
		if (part->n_cores > 1)
			bytes_print(&b, ".%u", vcpu - part->first_vcpu);
	}
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

static void ranks_line(const struct plan *p, uint32_t core, uint32_t ranks, const char *what, struct bytes *b)
{
	if (ranks)
		bytes_print(b, "    core %-2u %26s  %s\n", p->core[core].board, what, vcpus_text(p, core, ranks));
}

static void core_lines(const struct plan *p, const struct mode *m, uint32_t core, struct bytes *b)
{
	for (uint32_t i = 0; i < m->n_core_windows[core]; i++) {
		const struct plan_window *w = &m->window[m->first_window[core] + i];

		bytes_print(b, "    core %-2u %12s - %11s  %s (window %s)\n", p->core[core].board, schedule_ms(w->start_ns), schedule_ms(w->end_ns),
			    vcpus_text(p, core, w->ranks), w->name);
	}
	ranks_line(p, core, m->always[core], "always", b);
	ranks_line(p, core, m->budgets[core], "by their reservations", b);
	ranks_line(p, core, m->slack_ranks[core], "what is left", b);
}

static void mode_lines(const struct plan *p, const struct mode *m, struct bytes *b)
{
	bytes_print(b, "  mode %u, %s", (unsigned)(m - p->mode), m->name);
	if (m->frame_ns)
		bytes_print(b, ": a frame of %s", schedule_ms(m->frame_ns));
	if (m->at_once)
		bytes_print(b, "; a change to it comes at once");
	if (m->without)
		bytes_print(b, "; without %s", schedule_names(p, m->without));
	bytes_print(b, "\n");
	for (uint32_t c = 0; c < p->n_cores; c++)
		core_lines(p, m, c, b);
}

void report_schedule(const struct plan *p, struct bytes *b)
{
	bytes_print(b, "\nWho runs when, the most urgent first\n");
	for (uint32_t i = 0; i < p->n_modes; i++)
		mode_lines(p, &p->mode[i], b);
}

void report_part_time(const struct plan *p, const struct part *part, struct bytes *b)
{
	if (part->budget_ns)
		bytes_print(b, "  reserved:  %s every %s%s\n", schedule_ms(part->budget_ns), schedule_ms(part->period_ns),
			    part->n_cores > 1 ? ", for each vCPU" : "");
	for (uint32_t i = 0; i < part->n_tasks; i++) {
		const struct task *t = &part->task[i];

		bytes_print(b, "  task:      %s: %s every %s, within %s, on vCPU %u\n", t->name, schedule_ms(t->cost_ns), schedule_ms(t->period_ns),
			    schedule_ms(t->deadline_ns), t->vcpu);
	}
	if (part->sets_mode)
		bytes_print(b, "  schedule:  capability %u changes the mode\n", part->schedule_cap);
	if (part->reads_trace)
		bytes_print(b, "  trace:     %u rings of %llu KiB at %#llx, read-only\n", p->n_cores, (unsigned long long)(p->trace_bytes / KIB),
			    (unsigned long long)part->trace_ipa);
}
