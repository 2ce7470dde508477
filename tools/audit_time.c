/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time in the description: /schedules with their modes and windows, reservations, who changes modes and who
 * reads the trace. Tasks are not read: they say what a partition needs, and nothing of them is in an image.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "tools/audit.h"

static uint64_t us(const struct audit_desc *d, int node, const char *name, uint64_t otherwise)
{
	return fdt_cells(d, node, name) < 0 ? otherwise : fdt_number(d, node, name, 0, 1) * 1000;
}

static bool flag(const struct audit_desc *d, int node, const char *name)
{
	return fdt_getprop(d->fdt, node, name, NULL) != NULL;
}

static void read_part(const struct audit_desc *d, struct audit_part *p)
{
	p->changes_mode = flag(d, p->node, "changes-mode");
	p->reads_trace = flag(d, p->node, "reads-trace");
	p->budget_ns = us(d, p->node, "budget-us", 0);
	p->period_ns = us(d, p->node, "period-us", 0);
}

/* Of these, the partitions that have a vCPU on this core of the board. */
static uint32_t parts_on(const struct audit_desc *d, uint32_t parts, uint32_t core)
{
	uint32_t on = 0;

	for (uint32_t p = 0; p < d->n_parts; p++)
		for (uint32_t i = 0; i < d->part[p].n_cores; i++)
			if ((parts >> p & 1) != 0 && d->part[p].core[i] == core)
				on |= 1u << p;
	return on;
}

/* Cores that a window is on, a bit for each of the board's: as listed, or all where one of its partitions has a vCPU. */
static uint32_t window_cores(const struct audit_desc *d, int node, uint32_t parts)
{
	int n = fdt_cells(d, node, "cores");
	uint32_t cores = 0;

	for (int i = 0; i < n; i++) {
		uint64_t core = fdt_number(d, node, "cores", (uint32_t)i, 1);

		if (core >= d->n_cores || !parts_on(d, parts, (uint32_t)core))
			unreadable("window %s: has nobody on core %u", fdt_get_name(d->fdt, node, NULL), (unsigned)core);
		cores |= 1u << core;
	}
	for (uint32_t c = 0; n < 0 && c < d->n_cores; c++)
		cores |= parts_on(d, parts, c) ? 1u << c : 0;
	return cores;
}

/* Kept in the order of cores, and of starts on each. */
static void window_add(struct audit_mode *m, struct audit_time_window w)
{
	uint32_t at = m->n_windows++;

	if (at == BH_MAX_WINDOWS)
		unreadable("mode %s: too many windows", m->name);
	for (; at && (m->window[at - 1].core > w.core || (m->window[at - 1].core == w.core && m->window[at - 1].start_ns > w.start_ns)); at--)
		m->window[at] = m->window[at - 1];
	m->window[at] = w;
}

/* @end_ns: on each core, the latest end of the windows that were read before. */
static void read_window(const struct audit_desc *d, int node, struct audit_mode *m, uint64_t *end_ns)
{
	uint32_t parts = fdt_partitions(d, node, "partitions"), cores = window_cores(d, node, parts);
	uint64_t start = 0, length = us(d, node, "length-us", 0);

	if (!parts || !length)
		unreadable("window %s: without partitions or length", fdt_get_name(d->fdt, node, NULL));
	m->windowed |= parts;
	for (uint32_t c = 0; c < d->n_cores; c++)
		if ((cores >> c & 1) != 0 && end_ns[c] > start)
			start = end_ns[c];
	start = us(d, node, "at-us", start);
	for (uint32_t c = 0; c < d->n_cores; c++) {
		if ((cores >> c & 1) == 0)
			continue;
		end_ns[c] = end_ns[c] > start + length ? end_ns[c] : start + length;
		window_add(m, (struct audit_time_window){ .core = c, .start_ns = start, .end_ns = start + length, .parts = parts_on(d, parts, c) });
	}
}

static void read_mode(const struct audit_desc *d, int node, struct audit_mode *m)
{
	uint64_t end_ns[BH_MAX_CORES] = { 0 };
	int window;

	snprintf(m->name, sizeof(m->name), "%.63s", fdt_get_name(d->fdt, node, NULL));
	m->frame_ns = us(d, node, "frame-us", 0);
	m->at_once = flag(d, node, "at-once");
	m->slack = fdt_partitions(d, node, "slack");
	m->without = fdt_partitions(d, node, "without");
	fdt_for_each_subnode(window, d->fdt, node)
		read_window(d, window, m, end_ns);
}

void time_read(struct audit_desc *d)
{
	int schedules = fdt_path_offset(d->fdt, "/schedules"), node;

	for (uint32_t i = 0; i < d->n_parts; i++)
		read_part(d, &d->part[i]);
	if (schedules >= 0)
		fdt_for_each_subnode(node, d->fdt, schedules)
		{
			if (d->n_modes == BH_MAX_MODES)
				unreadable("too many modes");
			read_mode(d, node, &d->mode[d->n_modes++]);
		}
	if (d->n_modes == 0) /* everything runs by priority, but for reservations */
		snprintf(d->mode[d->n_modes++].name, AUDIT_NAME, AUDIT_ONLY_MODE);
}
