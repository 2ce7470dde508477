/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who runs when: /schedules, with the partitions' reservations, becomes modes of windows on cores, in partitions and in ranks.
 * What cannot be (overlaps, frames that are too short, a vCPU that never runs) is refused here; whether it is enough
 * is a matter of analysis.c.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "abi/trace.h"
#include "tools/errors.h"
#include "tools/plan.h"
#include "tools/source.h"
#include "tools/value.h"

#define NS_PER_US     1000ull
#define TRACE_RECORDS 1024u /* of a core; a power of two */

static bool on_core(const struct plan *p, uint32_t part, uint32_t core)
{
	for (uint32_t k = 0; k < p->part[part].n_cores; k++)
		if (p->part[part].core[k] == p->core[core].board)
			return true;
	return false;
}

/* Of these partitions' vCPUs on that core. */
static uint32_t ranks_of(const struct plan *p, uint32_t core, uint32_t parts)
{
	uint32_t ranks = 0;

	for (uint32_t r = 0; r < p->core[core].n_vcpus; r++)
		for (uint32_t i = 0; i < p->n_parts; i++)
			if ((parts >> i & 1) && p->core[core].vcpu[r] - p->part[i].first_vcpu < p->part[i].n_cores)
				ranks |= 1u << r;
	return ranks;
}

static const char *names_of(const struct plan *p, uint32_t parts)
{
	struct bytes b = { 0 };

	for (uint32_t i = 0; i < p->n_parts; i++)
		if (parts >> i & 1)
			bytes_print(&b, "%s%s", b.n ? ", " : "", p->part[i].name);
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

static const char *ms(uint64_t ns)
{
	char *t = text("%.3f", (double)ns / 1e6), *end = t + strlen(t) - 1;

	while (*end == '0')
		*end-- = 0;
	if (*end == '.')
		*end = 0;
	return text("%s ms", t);
}

/* A time in us, as ns; 0: absent or blamed. */
static uint64_t time_us(struct plan *p, int node, const char *prop)
{
	uint64_t us;

	if (!fdt_getprop(p->fdt, node, prop, NULL) || !value_number(p, node, prop, &us))
		return 0;
	if (us != 0 && us <= BH_PERIOD_MAX_NS / NS_PER_US)
		return us * NS_PER_US;
	blame(p, node_path(p, node), prop, "%llu is out of range; 1 to %llu us", (unsigned long long)us,
	      BH_PERIOD_MAX_NS / NS_PER_US);
	return 0;
}

static uint32_t parts_of(struct plan *p, int node, const char *prop)
{
	uint32_t parts = 0;

	for (int i = 0; i < node_cells(p, node, prop); i++) {
		int part = value_part(p, node, prop, i, NULL);

		if (part >= 0)
			parts |= 1u << part;
	}
	return parts;
}

/* --- reservations and tasks of partitions --- */

static void check_reservation(struct plan *p, struct part *part)
{
	bool budget = fdt_getprop(p->fdt, part->node, "budget-us", NULL), period = fdt_getprop(p->fdt, part->node, "period-us", NULL);

	if (budget != period)
		blame(p, part->path, budget ? "period-us" : "budget-us", "is missing; a reservation is a budget in every period");
	part->budget_ns = time_us(p, part->node, "budget-us");
	part->period_ns = time_us(p, part->node, "period-us");
	if (!part->budget_ns || !part->period_ns)
		part->budget_ns = part->period_ns = 0;
	else if (part->budget_ns < BH_BUDGET_MIN_NS)
		blame(p, part->path, "budget-us", "%llu is too short; 10 us at least", part->budget_ns / NS_PER_US);
	else if (part->budget_ns > part->period_ns)
		blame(p, part->path, "budget-us", "%s is more than its period of %s", ms(part->budget_ns), ms(part->period_ns));
}

static void read_task(struct plan *p, struct part *part, int node)
{
	static const char *const known[] = { "period-us", "cost-us", "deadline-us", "vcpu", "phandle" };
	struct task *t = &part->task[part->n_tasks];
	uint64_t vcpu = 0;

	if (part->n_tasks == PLAN_TASKS) {
		blame(p, node_path(p, node), NULL, "is one too many; a partition can have %u tasks", PLAN_TASKS);
		return;
	}
	node_known(p, node, known, sizeof(known) / sizeof(known[0]));
	t->node = node;
	t->name = fdt_get_name(p->fdt, node, NULL);
	t->path = node_path(p, node);
	t->period_ns = time_us(p, node, "period-us");
	t->cost_ns = time_us(p, node, "cost-us");
	t->deadline_ns = fdt_getprop(p->fdt, node, "deadline-us", NULL) ? time_us(p, node, "deadline-us") : t->period_ns;
	if (!fdt_getprop(p->fdt, node, "period-us", NULL))
		blame(p, t->path, "period-us", "is missing; the least time between two releases of this task");
	if (!fdt_getprop(p->fdt, node, "cost-us", NULL))
		blame(p, t->path, "cost-us", "is missing; how long it takes at most, alone on its core");
	if (fdt_getprop(p->fdt, node, "vcpu", NULL) && value_number(p, node, "vcpu", &vcpu) && vcpu >= part->n_cores)
		blame(p, t->path, "vcpu", "%llu is none of its vCPUs, 0 to %u", (unsigned long long)vcpu, part->n_cores - 1);
	if (!t->period_ns || !t->cost_ns || !t->deadline_ns || vcpu >= part->n_cores)
		return;
	t->vcpu = (uint32_t)vcpu;
	if (t->cost_ns > t->deadline_ns)
		blame(p, t->path, "cost-us", "%s is more than its deadline of %s", ms(t->cost_ns), ms(t->deadline_ns));
	else if (t->deadline_ns > t->period_ns)
		blame(p, t->path, "deadline-us", "%s is more than its period of %s", ms(t->deadline_ns), ms(t->period_ns));
	else
		part->n_tasks++;
}

static void read_tasks(struct plan *p, struct part *part)
{
	static const char *const known[] = { "phandle" };
	int all = fdt_subnode_offset(p->fdt, part->node, "tasks"), node;

	if (all < 0)
		return;
	node_known(p, all, known, 1);
	fdt_for_each_subnode(node, p->fdt, all)
		read_task(p, part, node);
}

/* --- windows --- */

/* The board's cores that a window is on, as a word of plan cores. */
static uint32_t window_cores(struct plan *p, int node, uint32_t parts)
{
	uint32_t cores = 0;
	int n = node_cells(p, node, "cores");

	for (uint32_t c = 0; c < p->n_cores; c++) {
		bool named = n < 0 && ranks_of(p, c, parts);

		for (int i = 0; i < n; i++)
			named |= node_cell(p, node, "cores", i) == p->core[c].board;
		cores |= (uint32_t)named << c;
	}
	for (int i = 0; i < n; i++) {
		bool any = false;

		for (uint32_t c = 0; c < p->n_cores; c++)
			any |= p->core[c].board == node_cell(p, node, "cores", i) && ranks_of(p, c, parts);
		if (!any)
			blame(p, node_path(p, node), "cores", "none of its partitions (%s) has a vCPU on core %u", names_of(p, parts),
			      node_cell(p, node, "cores", i));
	}
	if (n >= 0)
		for (uint32_t i = 0; i < p->n_parts; i++) {
			bool any = !(parts >> i & 1);

			for (uint32_t c = 0; c < p->n_cores; c++)
				any |= (cores >> c & 1) && on_core(p, i, c);
			if (!any)
				blame(p, node_path(p, node), "partitions", "%s has no vCPU on the cores that this window is on",
				      p->part[i].name);
		}
	return cores;
}

/* Where the last of the windows before this one ends, on any of these cores. */
static uint64_t window_follows(const struct mode *m, uint32_t cores)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < m->n_windows; i++)
		if (cores >> m->window[i].core & 1)
			end = max_u64(end, m->window[i].end_ns);
	return end;
}

static void window_add(struct plan *p, struct mode *m, struct plan_window w)
{
	w.ranks = ranks_of(p, w.core, w.parts);
	if (!w.ranks || m->n_windows == BH_MAX_WINDOWS)
		return;
	m->window[m->n_windows++] = w;
}

static void read_window(struct plan *p, struct mode *m, int node)
{
	static const char *const known[] = { "partitions", "cores", "at-us", "length-us", "phandle" };
	struct plan_window w = { .name = fdt_get_name(p->fdt, node, NULL), .path = node_path(p, node), .node = node };
	uint32_t cores;
	uint64_t length = time_us(p, node, "length-us"), at;

	node_known(p, node, known, sizeof(known) / sizeof(known[0]));
	if (node_cells(p, node, "partitions") < 1)
		blame(p, w.path, "partitions", "is missing, or no list; who runs in this window: partitions = <&control>");
	if (!fdt_getprop(p->fdt, node, "length-us", NULL))
		blame(p, w.path, "length-us", "is missing; how long it is");
	else if (length && length < BH_BUDGET_MIN_NS)
		blame(p, w.path, "length-us", "%llu is too short; 10 us at least", length / NS_PER_US);
	w.parts = parts_of(p, node, "partitions");
	cores = window_cores(p, node, w.parts);
	w.start_ns = window_follows(m, cores);
	if (fdt_getprop(p->fdt, node, "at-us", NULL) && value_number(p, node, "at-us", &at)) {
		if (at > BH_PERIOD_MAX_NS / NS_PER_US)
			blame(p, w.path, "at-us", "%llu is out of range; 0 to %llu us", (unsigned long long)at, BH_PERIOD_MAX_NS / NS_PER_US);
		else
			w.start_ns = at * NS_PER_US;
	}
	w.end_ns = w.start_ns + length;
	for (w.core = 0; w.core < p->n_cores && length; w.core++)
		if (cores >> w.core & 1)
			window_add(p, m, w);
}

static int by_place(const void *x, const void *y)
{
	const struct plan_window *a = x, *b = y;

	if (a->core != b->core)
		return a->core < b->core ? -1 : 1;
	return a->start_ns < b->start_ns ? -1 : a->start_ns > b->start_ns;
}

static void check_core_windows(struct plan *p, const struct mode *m, uint32_t core)
{
	const struct plan_window *w = m->window + m->first_window[core];
	uint32_t n = m->n_core_windows[core];
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += w[i].end_ns - w[i].start_ns;
	if (n > BH_MAX_CORE_WINDOWS)
		blame(p, m->path, NULL, "core %u has %u windows; %u are possible", p->core[core].board, n, BH_MAX_CORE_WINDOWS);
	if (sum > m->frame_ns) {
		blame(p, m->path, "frame-us", "core %u: windows sum to %s in a frame of %s, %s too much", p->core[core].board, ms(sum),
		      ms(m->frame_ns), ms(sum - m->frame_ns));
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (w[i].end_ns > m->frame_ns)
			blame(p, w[i].path, "at-us", "core %u: ends at %s, %s behind the end of the frame of %s", p->core[core].board,
			      ms(w[i].end_ns), ms(w[i].end_ns - m->frame_ns), ms(m->frame_ns));
		if (i + 1 < n && w[i].end_ns > w[i + 1].start_ns)
			blame(p, w[i + 1].path, "at-us", "core %u: begins at %s, while %s lasts until %s: they overlap by %s", p->core[core].board,
			      ms(w[i + 1].start_ns), w[i].name, ms(w[i].end_ns),
			      ms(min_u64(w[i].end_ns, w[i + 1].end_ns) - w[i + 1].start_ns));
	}
}

/* --- a mode --- */

static void sort_windows(struct plan *p, struct mode *m)
{
	qsort(m->window, m->n_windows, sizeof(*m->window), by_place);
	for (uint32_t i = 0; i < m->n_windows; i++)
		if (m->n_core_windows[m->window[i].core]++ == 0)
			m->first_window[m->window[i].core] = i;
	if (m->n_windows && !fdt_getprop(p->fdt, m->node, "frame-us", NULL))
		blame(p, m->path, "frame-us", "is missing; the windows come again after so long");
	else if (m->frame_ns)
		for (uint32_t c = 0; c < p->n_cores; c++)
			check_core_windows(p, m, c);
}

/* Partitions with a window on that core. */
static uint32_t in_windows(const struct mode *m, uint32_t core)
{
	uint32_t parts = 0;

	for (uint32_t i = 0; i < m->n_core_windows[core]; i++)
		parts |= m->window[m->first_window[core] + i].parts;
	return parts;
}

static uint32_t with_reservation(const struct plan *p)
{
	uint32_t parts = 0;

	for (uint32_t i = 0; i < p->n_parts; i++)
		parts |= (uint32_t)(p->part[i].budget_ns != 0) << i;
	return parts;
}

static void check_shares(struct plan *p, const struct mode *m, uint32_t core)
{
	double sum = 0;
	struct bytes b = { 0 };

	for (uint32_t i = 0; i < p->n_parts; i++)
		for (uint32_t k = 0; k < p->part[i].n_cores; k++)
			if (p->part[i].core[k] == p->core[core].board && p->part[i].budget_ns && !(m->without >> i & 1)) {
				double share = (double)p->part[i].budget_ns / (double)p->part[i].period_ns;

				bytes_print(&b, "%s%s %.1f %%", b.n ? ", " : "", p->part[i].name, share * 100);
				sum += share;
			}
	bytes_add(&b, "", 1);
	if (sum > 1.0000001)
		blame(p, m->path, NULL, "core %u: reservations sum to %.1f %% (%s)", p->core[core].board, sum * 100, (char *)b.at);
}

static void place_on_core(struct plan *p, struct mode *m, uint32_t core)
{
	uint32_t windows = in_windows(m, core), reserved = with_reservation(p) & ~m->without & ~windows, all = ranks_of(p, core, ~m->without);

	m->slack_ranks[core] = ranks_of(p, core, m->slack);
	m->budgets[core] = ranks_of(p, core, reserved);
	m->always[core] = m->n_core_windows[core] ? 0 : all & ~m->budgets[core];
	check_shares(p, m, core);
	for (uint32_t i = 0; i < p->n_parts; i++) {
		uint32_t own = ranks_of(p, core, 1u << i);
		bool runs = (windows >> i & 1) || (own & (m->budgets[core] | m->always[core] | m->slack_ranks[core]));

		if (!own)
			continue;
		if ((windows >> i & 1) && p->part[i].budget_ns)
			blame(p, m->path, NULL, "%s has a reservation and windows on core %u; a partition has one of both", p->part[i].name,
			      p->core[core].board);
		if (!runs && !(m->without >> i & 1))
			blame(p, m->path, NULL,
			      "core %u: %s never runs in this mode; give it a window, a reservation or slack, or say: without = <&%s>",
			      p->core[core].board, p->part[i].name, p->part[i].name);
	}
}

static void check_without(struct plan *p, const struct mode *m)
{
	uint32_t parts = m->slack;

	for (uint32_t i = 0; i < m->n_windows; i++)
		parts |= m->window[i].parts;
	if (parts & m->without)
		blame(p, m->path, "without", "%s %s a window or slack in this mode", names_of(p, parts & m->without),
		      (parts & m->without) & ((parts & m->without) - 1) ? "have" : "has");
}

static void read_mode(struct plan *p, struct mode *m, int node)
{
	static const char *const known[] = { "frame-us", "slack", "without", "at-once", "phandle" };
	int child;

	m->node = node;
	m->name = fdt_get_name(p->fdt, node, NULL);
	m->path = node_path(p, node);
	m->window = take(BH_MAX_WINDOWS * sizeof(*m->window));
	node_known(p, node, known, sizeof(known) / sizeof(known[0]));
	if (strlen(m->name) >= BH_NAME_BYTES)
		blame(p, m->path, NULL, "the name has %zu characters; at most %u are possible", strlen(m->name), BH_NAME_BYTES - 1);
	m->frame_ns = time_us(p, node, "frame-us");
	m->slack = parts_of(p, node, "slack");
	m->without = parts_of(p, node, "without");
	m->at_once = fdt_getprop(p->fdt, node, "at-once", NULL) && value_flag(p, node, "at-once");
	fdt_for_each_subnode(child, p->fdt, node)
		read_window(p, m, child);
	sort_windows(p, m);
	check_without(p, m);
	for (uint32_t c = 0; c < p->n_cores; c++)
		place_on_core(p, m, c);
}

/* --- all --- */

static void read_modes(struct plan *p, int all)
{
	static const char *const known[] = { "phandle" };
	uint32_t windows = 0;
	int node;

	node_known(p, all, known, 1);
	fdt_for_each_subnode(node, p->fdt, all)
	{
		if (p->n_modes == BH_MAX_MODES) {
			blame(p, node_path(p, node), NULL, "is one mode too many; a system can have %u", BH_MAX_MODES);
			return;
		}
		read_mode(p, &p->mode[p->n_modes], node);
		windows += p->mode[p->n_modes++].n_windows;
	}
	if (windows > BH_MAX_WINDOWS)
		blame(p, "/schedules", NULL, "have %u windows together; a system can have %u", windows, BH_MAX_WINDOWS);
	if (p->n_modes == 0)
		blame(p, "/schedules", NULL, "has no mode; add one (a child node), or remove it");
}

static void plain_mode(struct plan *p)
{
	struct mode *m = &p->mode[p->n_modes++];

	m->name = "normal";
	m->path = "/schedules";
	m->window = take(sizeof(*m->window));
	for (uint32_t c = 0; c < p->n_cores; c++)
		place_on_core(p, m, c);
}

/* The kernel's own lines on the UART hold its core up, with interrupts off. */
static void check_reader(struct plan *p)
{
	bool timed = with_reservation(p) != 0;

	for (uint32_t i = 0; i < p->n_modes; i++)
		timed |= p->mode[i].n_windows != 0;
	if (timed && p->log_reader < 0)
		blame(p, "/partitions", NULL,
		      "none has `reads-log`, so the kernel would print by itself and hold a core up; with windows or reservations "
		      "one is needed: the console");
}

void schedule_plan(struct plan *p)
{
	int all = fdt_path_offset(p->fdt, "/schedules");

	p->trace_bytes = align_up(sizeof(struct bh_trace) + TRACE_RECORDS * sizeof(struct bh_trace_record), BH_PAGE);
	for (uint32_t i = 0; i < p->n_parts; i++) {
		check_reservation(p, &p->part[i]);
		read_tasks(p, &p->part[i]);
	}
	if (all >= 0)
		read_modes(p, all);
	else
		plain_mode(p);
	check_reader(p);
}
