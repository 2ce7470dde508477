/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who runs when: /schedules, with the partitions' reservations, becomes modes: for each core its windows, and who runs always,
 * on a budget, or on slack. What cannot be (overlaps, a frame that is too short, a vCPU that never runs) is refused here and in
 * schedule_windows.c; whether it is enough is a matter of analysis.c.
 */
#include "tools/schedule.h"

#include <libfdt.h>
#include <string.h>

#include "abi/trace.h"
#include "tools/errors.h"
#include "tools/source.h"
#include "tools/value.h"

#define TRACE_RECORDS 1024u /* of a core; a power of two */

uint32_t schedule_ranks(const struct plan *p, uint32_t core, uint32_t parts)
{
	uint32_t ranks = 0;

	for (uint32_t r = 0; r < p->core[core].n_vcpus; r++)
		for (uint32_t i = 0; i < p->n_parts; i++)
			if ((parts >> i & 1) && p->core[core].vcpu[r] - p->part[i].first_vcpu < p->part[i].n_cores)
				ranks |= 1u << r;
	return ranks;
}

const char *schedule_names(const struct plan *p, uint32_t parts)
{
	struct bytes b = { 0 };

	for (uint32_t i = 0; i < p->n_parts; i++)
		if (parts >> i & 1)
			bytes_print(&b, "%s%s", b.n ? ", " : "", p->part[i].name);
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

/* Whole microseconds, as the description has them. */
const char *schedule_ms(uint64_t ns)
{
	char *t = text("%llu.%03u", (unsigned long long)(ns / 1000000), (unsigned)(ns / 1000 % 1000)), *end = t + strlen(t);

	while (end[-1] == '0')
		*--end = 0;
	if (end[-1] == '.')
		*--end = 0;
	return text("%s ms", t);
}

/* --- who runs on a core in a mode --- */

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

/* In parts of ten million, rounded down, so that three thirds are no more than there is. */
static void check_shares(struct plan *p, const struct mode *m, uint32_t core)
{
	const uint64_t whole = 10000000;
	uint64_t sum = 0;
	struct bytes b = { 0 };

	for (uint32_t i = 0; i < p->n_parts; i++) {
		uint32_t n = (uint32_t)__builtin_popcount(schedule_ranks(p, core, 1u << i) & m->budgets[core]);
		uint64_t share = n ? p->part[i].budget_ns * n * whole / p->part[i].period_ns : 0;

		if (n)
			bytes_print(&b, "%s%s %.1f %%", b.n ? ", " : "", p->part[i].name, (double)share / (double)whole * 100);
		sum += share;
	}
	bytes_add(&b, "", 1);
	if (sum > whole)
		blame(p, m->path, NULL, "core %u: reservations sum to %.1f %% (%s), %.1f %% too much", p->core[core].board,
		      (double)sum / (double)whole * 100, (char *)b.at, (double)(sum - whole) / (double)whole * 100);
}

/* It has been blamed for something that would let it run. */
static bool is_unclear(const struct plan *p, const struct mode *m, uint32_t part)
{
	int node = p->part[part].node;

	return (m->unclear >> part & 1) || (!p->part[part].budget_ns && (fdt_getprop(p->fdt, node, "budget-us", NULL) ||
									 fdt_getprop(p->fdt, node, "period-us", NULL)));
}

static void check_runs(struct plan *p, const struct mode *m, uint32_t core)
{
	uint32_t windows = in_windows(m, core), runs = m->always[core] | m->budgets[core] | m->slack_ranks[core];

	for (uint32_t i = 0; i < p->n_parts; i++) {
		uint32_t own = schedule_ranks(p, core, 1u << i);
		const char *name = p->part[i].name;

		if ((windows >> i & 1) && p->part[i].budget_ns)
			blame(p, m->path, NULL, "%s has a reservation and windows on core %u; a partition has one of both in a mode", name,
			      p->core[core].board);
		if (own && !(own & runs) && !((windows | m->without) >> i & 1) && !is_unclear(p, m, i))
			blame(p, m->path, NULL,
			      "core %u: %s never runs in this mode; give it a window, a reservation or slack, or say: without = <&%s>",
			      p->core[core].board, name, name);
	}
}

static void place_on_core(struct plan *p, struct mode *m, uint32_t core)
{
	uint32_t reserved = with_reservation(p) & ~m->without & ~in_windows(m, core);

	m->slack_ranks[core] = schedule_ranks(p, core, m->slack);
	m->budgets[core] = schedule_ranks(p, core, reserved);
	m->always[core] = m->n_core_windows[core] ? 0 : schedule_ranks(p, core, ~m->without) & ~m->budgets[core];
	check_shares(p, m, core);
	check_runs(p, m, core);
}

/* --- a mode --- */

static void check_without(struct plan *p, const struct mode *m)
{
	uint32_t parts = m->slack;

	for (uint32_t i = 0; i < m->n_windows; i++)
		parts |= m->window[i].parts;
	parts &= m->without;
	if (parts)
		blame(p, m->path, "without", "%s %s a window or slack in this mode; it is one or the other", schedule_names(p, parts),
		      parts & (parts - 1) ? "have" : "has");
}

static void read_mode(struct plan *p, struct mode *m, int node)
{
	static const char *const known[] = { "frame-us", "slack", "without", "at-once", "phandle" };
	bool slack, without;

	*m = (struct mode){ .node = node, .name = fdt_get_name(p->fdt, node, NULL), .path = node_path(p, node) };
	node_known(p, node, known, sizeof(known) / sizeof(known[0]));
	if (strlen(m->name) >= BH_NAME_BYTES)
		blame(p, m->path, NULL, "the name has %zu characters; at most %u are possible", strlen(m->name), BH_NAME_BYTES - 1);
	m->frame_ns = value_us(p, node, "frame-us");
	if (m->frame_ns && m->frame_ns < BH_BUDGET_MIN_NS)
		blame(p, m->path, "frame-us", "%llu is too short; %llu at least", m->frame_ns / PLAN_NS_PER_US, BH_BUDGET_MIN_NS / PLAN_NS_PER_US);
	m->slack = value_parts(p, node, "slack", &slack);
	m->without = value_parts(p, node, "without", &without);
	m->at_once = fdt_getprop(p->fdt, node, "at-once", NULL) && value_flag(p, node, "at-once");
	m->unclear = slack && without ? 0 : ~0u;
	schedule_windows(p, m);
	check_without(p, m);
	for (uint32_t c = 0; c < p->n_cores; c++)
		place_on_core(p, m, c);
}

/* --- all --- */

/* `limp-home` and `limp_home` would be one name in a C header. */
static void check_c_names(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_modes; i++)
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(channel_c_name(p->mode[i].name), channel_c_name(p->mode[k].name)) == 0)
				blame(p, p->mode[i].path, NULL, "would be MODE_%s in a C header, as %s is; give one another name",
				      channel_c_name(p->mode[i].name), p->mode[k].path);
}

static void read_modes(struct plan *p, int all)
{
	static const char *const known[] = { "phandle" };
	uint32_t windows = 0, n = 0;
	int node;

	node_known(p, all, known, 1);
	fdt_for_each_subnode(node, p->fdt, all)
	{
		if (n++ >= BH_MAX_MODES)
			continue;
		read_mode(p, &p->mode[p->n_modes], node);
		windows += p->mode[p->n_modes++].n_windows;
	}
	if (n > BH_MAX_MODES)
		blame(p, "/schedules", NULL, "has %u modes, %u too many; a system can have %u", n, n - BH_MAX_MODES, BH_MAX_MODES);
	if (windows > BH_MAX_WINDOWS)
		blame(p, "/schedules", NULL, "has %u windows (one for each core of each), %u too many; a system can have %u", windows,
		      windows - BH_MAX_WINDOWS, BH_MAX_WINDOWS);
	if (n == 0)
		blame(p, "/schedules", NULL, "has no mode; add one (a child node), or remove it");
	check_c_names(p);
}

static void plain_mode(struct plan *p)
{
	struct mode *m = &p->mode[p->n_modes++];

	m->name = "normal";
	m->path = "/partitions";
	m->window = take(sizeof(*m->window));
	for (uint32_t c = 0; c < p->n_cores; c++)
		place_on_core(p, m, c);
}

/* A node beside where /schedules should be that looks like a near miss. */
static void check_root(struct plan *p)
{
	static const char *const known[] = { "schedules" };
	int node;

	fdt_for_each_subnode(node, p->fdt, 0)
	{
		const char *name = fdt_get_name(p->fdt, node, NULL), *near = near_miss(name, known, 1);

		if (near[0] && strcmp(name, known[0]) != 0 && !strchr(name, '@'))
			blame(p, node_path(p, node), NULL, "unknown node%s", near);
	}
}

static bool has_windows(const struct plan *p)
{
	for (uint32_t i = 0; i < p->n_modes; i++)
		if (p->mode[i].n_windows)
			return true;
	return false;
}

static bool has_tasks(const struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (p->part[i].n_tasks)
			return true;
	return false;
}

/* What time costs beside: the kernel's own lines on the UART hold its core up, with interrupts off; and its paths are what the analysis counts with. */
static void check_system(struct plan *p)
{
	bool timed = with_reservation(p) || has_windows(p);

	if (timed && p->log_reader < 0)
		blame(p, "/partitions", NULL,
		      "none has `reads-log`, so the kernel would print by itself and hold a core up; with windows or reservations "
		      "one is needed: the console");
	if ((timed || has_tasks(p)) && fdt_path_offset(p->fdt, "/bulkhead") >= 0 && fdt_path_offset(p->fdt, "/bulkhead/overhead") < 0)
		blame(p, "/bulkhead", NULL, "this board does not say what the kernel costs on it, which a system with windows, reservations or tasks "
					    "needs: overhead { section-ns = …; switch-ns = …; irq-ns = …; inject-ns = …; } (docs/time.md)");
}

void schedule_plan(struct plan *p)
{
	int all = fdt_path_offset(p->fdt, "/schedules");

	p->trace_bytes = align_up(sizeof(struct bh_trace) + TRACE_RECORDS * sizeof(struct bh_trace_record), BH_PAGE);
	check_root(p);
	schedule_own(p);
	if (all >= 0)
		read_modes(p, all);
	else
		plain_mode(p);
	check_system(p);
}
