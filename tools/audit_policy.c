/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of the description against what flows in the image. A path is any number of flows one
 * behind the other; a rule that one breaks is a finding with the shortest such path.
 *
 *   from, to         no path from any of these to any of those
 *   to-others        to any that is not in `from`
 *   except-through   a path may not lead over these; with to-others and no-flow-* they are no ends either
 *   no-flow-down/up  no path from a member of a domain to one of a domain of lower (higher) level
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "tools/audit_flow.h"

#define NOBODY FLOW_NODES

struct set {
	bool has[FLOW_NODES];
};

struct policy {
	struct audit *a;
	struct flows *f;
	bool leveled[FLOW_NODES];
	uint32_t level[FLOW_NODES];
	uint32_t rules;
};

static const char *name_of(const struct policy *p, int node)
{
	return fdt_get_name(p->a->d.fdt, node, NULL);
}

/* --- sets of nodes, by their phandles --- */

static bool is_child(const struct policy *p, int node, const char *of)
{
	int parent = fdt_path_offset(p->a->d.fdt, of);

	return parent >= 0 && fdt_parent_offset(p->a->d.fdt, node) == parent;
}

static void set_read(struct policy *p, int node, const char *prop, struct set *s, bool domains)
{
	const struct audit_desc *d = &p->a->d;
	int n = fdt_cells(d, node, prop);

	for (int i = 0; i < n; i++) {
		int member = fdt_node_offset_by_phandle(d->fdt, (uint32_t)fdt_number(d, node, prop, (uint32_t)i, 1));

		if (member < 0 || (!domains && is_child(p, member, "/domains")))
			unreadable("%s: %s names no partition or device", name_of(p, node), prop);
		if (is_child(p, member, "/domains"))
			set_read(p, member, "members", s, false);
		else
			s->has[flow_node(p->f, member)] = true;
	}
}

static void read_domains(struct policy *p)
{
	const struct audit_desc *d = &p->a->d;
	int domains = fdt_path_offset(d->fdt, "/domains"), node;

	if (domains < 0)
		return;
	fdt_for_each_subnode(node, d->fdt, domains)
	{
		struct set members = { { false } };
		bool leveled = fdt_cells(d, node, "level") == 1;

		set_read(p, node, "members", &members, false);
		for (uint32_t i = 0; i < FLOW_NODES; i++)
			if (members.has[i] && leveled) {
				p->leveled[i] = true;
				p->level[i] = (uint32_t)fdt_number(d, node, "level", 0, 1);
			}
	}
}

/* --- paths --- */

/* Breadth first, so that the path found is a shortest. before[n]: the edge that led to n. */
static uint32_t search(const struct policy *p, const struct set *from, const struct set *to, const struct set *except, uint32_t *before)
{
	uint32_t queue[FLOW_NODES], head = 0, tail = 0;
	bool seen[FLOW_NODES] = { false };

	for (uint32_t i = 0; i < p->f->n_nodes; i++)
		if (from->has[i])
			before[i] = NOBODY, seen[i] = true, queue[tail++] = i;
	while (head < tail) {
		uint32_t at = queue[head++];

		if (except->has[at] && !from->has[at])
			continue;
		for (uint32_t i = 0; i < p->f->n_edges; i++) {
			const struct flow_edge *e = &p->f->edge[i];

			if (e->from != at || seen[e->to])
				continue;
			before[e->to] = i;
			if (to->has[e->to])
				return e->to;
			seen[e->to] = true;
			queue[tail++] = e->to;
		}
	}
	return NOBODY;
}

static void path_text(const struct policy *p, uint32_t at, const uint32_t *before, const struct set *from, char *out, size_t room)
{
	const struct flow_edge *e = &p->f->edge[before[at]];
	size_t used;

	if (from->has[e->from])
		snprintf(out, room, "%s", p->f->node[e->from].name);
	else
		path_text(p, e->from, before, from, out, room);
	used = strlen(out);
	snprintf(out + used, room - used, " -> %s (%s)", p->f->node[at].name, e->why);
}

/* A path between two nodes of these sets. */
struct path {
	uint32_t from, to, steps;
	char text[800];
};

static uint32_t steps_back(const struct policy *p, uint32_t from, uint32_t to, const uint32_t *before)
{
	uint32_t steps = 0;

	for (; to != from; to = p->f->edge[before[to]].from)
		steps++;
	return steps;
}

/* From this node the shortest; kept if it is shorter than what was found before. A node is no path to itself. */
static void try_from(const struct policy *p, uint32_t from, const struct set *to, const struct set *except, struct path *best)
{
	uint32_t before[FLOW_NODES], end, steps;
	struct set one = { { false } }, others = *to;

	one.has[from] = true;
	others.has[from] = false;
	end = search(p, &one, &others, except, before);
	if (end == NOBODY)
		return;
	steps = steps_back(p, from, end, before);
	if (best->steps && best->steps <= steps)
		return;
	*best = (struct path){ .from = from, .to = end, .steps = steps };
	path_text(p, end, before, &one, best->text, sizeof(best->text));
}

static void blame(struct policy *p, int rule, const struct path *path)
{
	if (path->steps)
		finding(p->a, "policy %s: %s reaches %s: %s", name_of(p, rule), p->f->node[path->from].name,
			p->f->node[path->to].name, path->text);
}

/* --- rules --- */

static void check_ends(struct policy *p, int rule, const struct set *except)
{
	bool others = fdt_getprop(p->a->d.fdt, rule, "to-others", NULL) != NULL;
	struct set from = { { false } }, to = { { false } };
	struct path path = { .steps = 0 };

	set_read(p, rule, "from", &from, true);
	set_read(p, rule, "to", &to, true);
	for (uint32_t i = 0; others && i < p->f->n_nodes; i++)
		to.has[i] = !from.has[i] && !except->has[i];
	for (uint32_t i = 0; i < p->f->n_nodes; i++)
		if (from.has[i])
			try_from(p, i, &to, except, &path);
	blame(p, rule, &path);
}

/* down: to a level below; else above. */
static void check_levels(struct policy *p, int rule, bool down, const struct set *except)
{
	struct path path = { .steps = 0 };

	for (uint32_t i = 0; i < p->f->n_nodes; i++) {
		struct set to = { { false } };

		for (uint32_t k = 0; k < p->f->n_nodes; k++)
			to.has[k] = p->leveled[k] && !except->has[k] && (down ? p->level[k] < p->level[i] : p->level[k] > p->level[i]);
		if (p->leveled[i] && !except->has[i])
			try_from(p, i, &to, except, &path);
	}
	blame(p, rule, &path);
}

/* POL-2 */
static void check_rule(struct policy *p, int rule)
{
	bool down = fdt_getprop(p->a->d.fdt, rule, "no-flow-down", NULL) != NULL;
	bool up = fdt_getprop(p->a->d.fdt, rule, "no-flow-up", NULL) != NULL;
	struct set except = { { false } };

	set_read(p, rule, "except-through", &except, true);
	if (down)
		check_levels(p, rule, true, &except);
	if (up)
		check_levels(p, rule, false, &except);
	if (!down && !up)
		check_ends(p, rule, &except);
	p->rules++;
}

/* Each device that a rule or a domain names is a node, whoever may have it in the image. */
static void read_nodes(struct policy *p, int policy)
{
	static const char *const lists[] = { "from", "to", "except-through" };
	struct set unused;
	int rule;

	read_domains(p);
	if (policy < 0)
		return;
	fdt_for_each_subnode(rule, p->a->d.fdt, policy)
	{
		for (uint32_t i = 0; i < 3; i++)
			set_read(p, rule, lists[i], &unused, true);
	}
}

struct audit_flows policy_audit(struct audit *a, const struct audit_walked *w, uint32_t n)
{
	int policy = fdt_path_offset(a->d.fdt, "/policy"), rule;
	struct policy p = { .a = a, .f = flows_make(a) };

	read_nodes(&p, policy);
	flows_find(p.f, w, n);
	if (policy >= 0)
		fdt_for_each_subnode(rule, a->d.fdt, policy) check_rule(&p, rule);
	return (struct audit_flows){ .flows = p.f->n_edges, .rules = p.rules };
}
