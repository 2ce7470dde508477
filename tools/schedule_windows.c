/* SPDX-License-Identifier: Apache-2.0 */
/* Windows of a mode: a node of the description becomes one window on each of its cores; those of a core must fit into the frame, side by side. */
#include <libfdt.h>
#include <stdlib.h>

#include "tools/errors.h"
#include "tools/schedule.h"
#include "tools/source.h"
#include "tools/value.h"

/* --- where --- */

static int core_of(const struct plan *p, uint32_t board)
{
	for (uint32_t c = 0; c < p->n_cores; c++)
		if (p->core[c].board == board)
			return (int)c;
	return -1;
}

static uint32_t cores_of(const struct plan *p, uint32_t parts)
{
	uint32_t cores = 0;

	for (uint32_t c = 0; c < p->n_cores; c++)
		cores |= (uint32_t)(schedule_ranks(p, c, parts) != 0) << c;
	return cores;
}

/* As `cores` says it. Each must be of use to somebody there, and everybody there must have one. */
static uint32_t named_cores(struct plan *p, const struct plan_window *w)
{
	uint32_t cores = 0, possible = cores_of(p, w->parts);
	int n = node_cells(p, w->node, "cores");

	if (n < 1)
		blame(p, w->path, "cores", "must be a list of the board's cores: cores = <0 1>");
	for (int i = 0; i < n; i++) {
		uint32_t board = node_cell(p, w->node, "cores", i);
		int c = core_of(p, board);

		if (c < 0 || !(possible >> c & 1))
			blame(p, w->path, "cores", "none of its partitions (%s) has a vCPU on core %u", schedule_names(p, w->parts), board);
		else if (cores >> c & 1)
			blame(p, w->path, "cores", "names core %u twice; remove one", board);
		else
			cores |= 1u << c;
	}
	for (uint32_t i = 0; i < p->n_parts && cores; i++)
		if ((w->parts >> i & 1) && !(cores_of(p, 1u << i) & cores))
			blame(p, w->path, "partitions", "%s has no vCPU on the cores that this window is on", p->part[i].name);
	return cores;
}

static uint32_t window_cores(struct plan *p, const struct plan_window *w)
{
	if (!fdt_getprop(p->fdt, w->node, "cores", NULL))
		return cores_of(p, w->parts);
	return w->parts ? named_cores(p, w) : 0;
}

/* Where the last of the windows before this one ends, on any of these cores. */
static uint64_t follows(const struct mode *m, uint32_t cores)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < m->n_windows; i++)
		if (cores >> m->window[i].core & 1)
			end = max_u64(end, m->window[i].end_ns);
	return end;
}

/* --- reading --- */

static uint64_t read_length(struct plan *p, const struct plan_window *w)
{
	uint64_t length = value_us(p, w->node, "length-us");

	if (!fdt_getprop(p->fdt, w->node, "length-us", NULL))
		blame(p, w->path, "length-us", "is missing; how long it is");
	else if (length && length < BH_BUDGET_MIN_NS)
		blame(p, w->path, "length-us", "%llu is too short; %llu at least", length / PLAN_NS_PER_US, BH_BUDGET_MIN_NS / PLAN_NS_PER_US);
	return length;
}

static bool read_start(struct plan *p, const struct mode *m, struct plan_window *w, uint32_t cores)
{
	uint64_t at;

	if (!fdt_getprop(p->fdt, w->node, "at-us", NULL)) {
		w->start_ns = follows(m, cores);
		return true;
	}
	if (!value_number(p, w->node, "at-us", &at))
		return false;
	w->start_ns = at * PLAN_NS_PER_US;
	if (at > PLAN_US_MAX)
		blame(p, w->path, "at-us", "%llu is out of range; 0 to %llu us", (unsigned long long)at, PLAN_US_MAX);
	return at <= PLAN_US_MAX;
}

static void read_window(struct plan *p, struct mode *m, int node)
{
	static const char *const known[] = { "partitions", "cores", "at-us", "length-us", "phandle" };
	struct plan_window w = { .name = fdt_get_name(p->fdt, node, NULL), .path = node_path(p, node), .node = node };
	uint32_t cores;
	uint64_t length;
	bool parts_good, good;

	node_known(p, node, known, sizeof(known) / sizeof(known[0]));
	value_leaf(p, node);
	if (!fdt_getprop(p->fdt, node, "partitions", NULL))
		blame(p, w.path, "partitions", "is missing; who runs in this window: partitions = <&%s>", p->part[0].name);
	w.parts = value_parts(p, node, "partitions", &parts_good);
	cores = window_cores(p, &w);
	length = read_length(p, &w);
	good = read_start(p, m, &w, cores) && length;
	w.end_ns = w.start_ns + length;
	if (!good || !cores || !parts_good)
		m->unclear |= w.parts && parts_good ? w.parts : ~0u;
	for (w.core = 0; w.core < p->n_cores && good; w.core++) {
		w.ranks = schedule_ranks(p, w.core, w.parts);
		if (w.ranks && (cores >> w.core & 1))
			m->window[m->n_windows++] = w;
	}
}

/* --- checking --- */

/* @a: of those that begin before @b, the one that lasts longest; NULL: there is none. */
static void check_overlap(struct plan *p, uint32_t core, const struct plan_window *a, const struct plan_window *b)
{
	uint64_t end = a ? min_u64(a->end_ns, b->end_ns) : 0;

	if (b->start_ns < end)
		blame(p, b->path, "at-us", "core %u: begins at %s, while %s lasts until %s: they overlap by %s", p->core[core].board,
		      schedule_ms(b->start_ns), a->name, schedule_ms(a->end_ns), schedule_ms(end - b->start_ns));
}

static void check_core(struct plan *p, const struct mode *m, uint32_t core)
{
	const struct plan_window *w = m->window + m->first_window[core], *last = NULL;
	uint32_t n = m->n_core_windows[core], board = p->core[core].board;
	uint64_t sum = 0;

	if (n > BH_MAX_CORE_WINDOWS)
		blame(p, m->path, NULL, "core %u has %u windows, %u too many; a core can have %u in a mode", board, n, n - BH_MAX_CORE_WINDOWS,
		      BH_MAX_CORE_WINDOWS);
	for (uint32_t i = 0; i < n; i++) {
		sum += w[i].end_ns - w[i].start_ns;
		check_overlap(p, core, last, &w[i]);
		if (!last || w[i].end_ns > last->end_ns)
			last = &w[i];
	}
	if (!m->frame_ns)
		return;
	if (sum > m->frame_ns) { /* so the last one ends too late, which is no news */
		blame(p, m->path, "frame-us", "core %u: windows sum to %s in a frame of %s, %s too much", board, schedule_ms(sum),
		      schedule_ms(m->frame_ns), schedule_ms(sum - m->frame_ns));
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		if (w[i].end_ns > m->frame_ns)
			blame(p, w[i].path, "at-us", "core %u: ends at %s, %s behind the end of the frame of %s", board, schedule_ms(w[i].end_ns),
			      schedule_ms(w[i].end_ns - m->frame_ns), schedule_ms(m->frame_ns));
}

/* Nodes stand in the source's order. */
static int by_place(const void *x, const void *y)
{
	const struct plan_window *a = x, *b = y;

	if (a->core != b->core)
		return a->core < b->core ? -1 : 1;
	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

void schedule_windows(struct plan *p, struct mode *m)
{
	uint32_t nodes = 0;
	int node;

	fdt_for_each_subnode(node, p->fdt, m->node)
		nodes++;
	m->window = take((nodes * p->n_cores + 1) * sizeof(*m->window));
	fdt_for_each_subnode(node, p->fdt, m->node)
		read_window(p, m, node);
	qsort(m->window, m->n_windows, sizeof(*m->window), by_place);
	for (uint32_t i = 0; i < m->n_windows; i++)
		if (m->n_core_windows[m->window[i].core]++ == 0)
			m->first_window[m->window[i].core] = i;
	if (nodes && !fdt_getprop(p->fdt, m->node, "frame-us", NULL))
		blame(p, m->path, "frame-us", "is missing; the windows come again after so long");
	for (uint32_t c = 0; c < p->n_cores; c++)
		check_core(p, m, c);
}
