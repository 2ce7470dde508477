/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains and policy: what the description says must never happen, against all that can flow. A rule
 * names sources and targets; it is broken where there is a way from one to the other, however long,
 * that meets none of those it excepts.
 */
#include <libfdt.h>
#include <string.h>

#include "tools/errors.h"
#include "tools/flow.h"
#include "tools/policy.h"
#include "tools/source.h"
#include "tools/value.h"

#define SHOWN 4u /* broken pairs of one rule that are told; the rest is counted */

/* --- domains --- */

static bool is_below(const struct plan *p, int node, const char *parent)
{
	int of = fdt_path_offset(p->fdt, parent);

	return of >= 0 && fdt_parent_offset(p->fdt, node) == of;
}

/* A partition's or owned device's node in the graph; -1: blamed. */
static int member_at(struct plan *p, const struct flows *f, int node, const char *prop, int found)
{
	int n = flow_node_of(f, found);

	if (n < 0)
		blame(p, node_path(p, node), prop, "%s is no partition%s, and no device that a partition owns; remove it",
		      node_path(p, found), is_below(p, found, "/domains") ? " (domains have no domains in them)" : "");
	return n;
}

static void read_members(struct plan *p, struct policy *pol, struct domain *d)
{
	int n = node_cells(p, d->node, "members");
	uint32_t self = (uint32_t)(d - pol->domain);

	if (n < 1)
		blame(p, d->path, "members", "must be a list of partitions and devices by their labels: members = <&%s>",
		      p->part[0].name);
	for (int i = 0; i < n; i++) {
		int found = value_node(p, d->node, "members", i, "partition or device");
		int m = found < 0 ? -1 : member_at(p, pol->flows, d->node, "members", found);

		if (m < 0)
			continue;
		if (pol->domain_of[m] >= 0)
			blame(p, d->path, "members", "%s is in %s already; a partition or device is in one domain at most",
			      pol->flows->node[m].name, pol->domain[pol->domain_of[m]].path);
		else
			pol->domain_of[m] = (int)self;
	}
}

/* One cell, as the audit reads it too. */
static bool read_level(struct plan *p, int node, uint64_t *level)
{
	if (node_cells(p, node, "level") != 2)
		return value_number(p, node, "level", level);
	blame(p, node_path(p, node), "level", "must be one number: level = <1>");
	return false;
}

static void read_domain(struct plan *p, struct policy *pol, int node)
{
	static const char *const known[] = { "members", "level", "phandle" };
	struct domain *d = &pol->domain[pol->n_domains++];
	uint64_t level = 0;

	*d = (struct domain){ .node = node, .name = fdt_get_name(p->fdt, node, NULL), .path = node_path(p, node) };
	node_known(p, node, known, 3);
	value_leaf(p, node);
	read_members(p, pol, d);
	d->has_level = fdt_getprop(p->fdt, node, "level", NULL) != NULL;
	if (d->has_level && read_level(p, node, &level) && level > 255)
		blame(p, d->path, "level", "is %llu; levels are 0 to 255", (unsigned long long)level);
	d->level = (uint32_t)level;
}

/* --- rules --- */

/* One reference of a rule: a partition, a device, or all of a domain. */
static void add_to_set(struct plan *p, const struct policy *pol, int node, const char *prop, int found, bool *set)
{
	int n;

	for (uint32_t d = 0; d < pol->n_domains; d++)
		if (pol->domain[d].node == found) {
			for (uint32_t i = 0; i < pol->flows->n_nodes; i++)
				set[i] = set[i] || pol->domain_of[i] == (int)d;
			return;
		}
	n = member_at(p, pol->flows, node, prop, found);
	if (n >= 0)
		set[n] = true;
}

static bool *read_set(struct plan *p, const struct policy *pol, const struct rule *r, const char *prop)
{
	int n = node_cells(p, r->node, prop);
	bool *set = take(pol->flows->n_nodes * sizeof(bool));

	if (!fdt_getprop(p->fdt, r->node, prop, NULL))
		return set;
	if (n < 1)
		blame(p, r->path, prop, "must be a list of partitions, devices or domains by their labels: %s = <&%s>", prop,
		      p->part[0].name);
	for (int i = 0; i < n; i++) {
		int found = value_node(p, r->node, prop, i, "partition, device or domain");

		if (found >= 0)
			add_to_set(p, pol, r->node, prop, found, set);
	}
	return set;
}

static bool flag(struct plan *p, const struct rule *r, const char *prop)
{
	return fdt_getprop(p->fdt, r->node, prop, NULL) && value_flag(p, r->node, prop);
}

static bool has(const struct plan *p, const struct rule *r, const char *prop)
{
	return fdt_getprop(p->fdt, r->node, prop, NULL) != NULL;
}

/* What a rule has must make one sentence; false: blamed. */
static bool check_form(struct plan *p, const struct rule *r)
{
	bool levels = r->down || r->up, ends = has(p, r, "from") || has(p, r, "to") || r->others;
	uint32_t before = p->n_errors;

	if (levels && ends)
		blame(p, r->path, NULL, "`%s` stands alone, or with `except-through`; make two rules of it",
		      r->down ? "no-flow-down" : "no-flow-up");
	else if (r->down && r->up)
		blame(p, r->path, NULL, "has both `no-flow-down` and `no-flow-up`; make two rules of it");
	else if (!levels && !ends)
		blame(p, r->path, NULL, "says nothing; write from = <&…>; and to = <&…>; or to-others; or no-flow-down;");
	else if (!levels && !has(p, r, "from"))
		blame(p, r->path, "from", "is missing; name where nothing may come from: from = <&%s>", p->part[0].name);
	else if (has(p, r, "to") && r->others)
		blame(p, r->path, "to-others", "cannot stand beside `to`; remove one");
	else if (!levels && !has(p, r, "to") && !r->others)
		blame(p, r->path, "to", "is missing; name where nothing may go: to = <&%s>, or to-others", p->part[0].name);
	return p->n_errors == before;
}

static void check_levels(struct plan *p, const struct policy *pol, const struct rule *r)
{
	for (uint32_t i = 0; i < pol->n_domains; i++)
		if (!pol->domain[i].has_level)
			blame(p, pol->domain[i].path, "level", "is missing; %s compares levels: level = <1>", r->path);
	if (!pol->n_domains)
		blame(p, r->path, NULL, "compares levels of domains, and there are none; add /domains");
}

static void read_rule(struct plan *p, struct policy *pol, int node)
{
	static const char *const known[] = { "from", "to", "to-others", "except-through", "no-flow-down", "no-flow-up", "phandle" };
	struct rule *r = &pol->rule[pol->n_rules];

	*r = (struct rule){ .node = node, .name = fdt_get_name(p->fdt, node, NULL), .path = node_path(p, node) };
	node_known(p, node, known, 7);
	value_leaf(p, node);
	r->others = flag(p, r, "to-others");
	r->down = flag(p, r, "no-flow-down");
	r->up = flag(p, r, "no-flow-up");
	r->from = read_set(p, pol, r, "from");
	r->to = read_set(p, pol, r, "to");
	r->except = read_set(p, pol, r, "except-through");
	if (!check_form(p, r))
		return;
	if (r->down || r->up)
		check_levels(p, pol, r);
	pol->n_rules++;
}

/* --- does it hold? --- */

static const struct domain *leveled(const struct policy *pol, uint32_t node)
{
	int d = pol->domain_of[node];

	return d >= 0 && pol->domain[d].has_level ? &pol->domain[d] : NULL;
}

/* May nothing flow from a to b? Who passes things on is no target, unless the rule names it. */
static bool forbids(const struct policy *pol, const struct rule *r, uint32_t a, uint32_t b)
{
	const struct domain *from = leveled(pol, a), *to = leveled(pol, b);

	if (a == b)
		return false;
	if (r->down || r->up)
		return from && to && !r->except[a] && !r->except[b] && (r->down ? from->level > to->level : from->level < to->level);
	return r->from[a] && (r->others ? !r->from[b] && !r->except[b] : r->to[b]);
}

static void blame_way(struct plan *p, const struct policy *pol, const struct rule *r, const struct flow **way, uint32_t n)
{
	const struct flows *f = pol->flows;
	const char *from = f->node[way[0]->from].name, *to = f->node[way[n - 1]->to].name;
	struct bytes b = { 0 };

	for (uint32_t i = 0; i < n; i++)
		bytes_print(&b, " -> %s (%s)", f->node[way[i]->to].name, way[i]->how);
	bytes_add(&b, "", 1);
	blame(p, r->path, NULL, "is broken: %s reaches %s: %s%s; take away one of these%s", from, to, from, (const char *)b.at,
	      n > 1 ? ", or name who may pass it on in `except-through`" : "");
}

/* POL-1 */
static void check_rule(struct plan *p, const struct policy *pol, struct rule *r)
{
	uint32_t broken = 0, nodes = pol->flows->n_nodes;
	const struct flow **way = take(nodes * sizeof(*way));

	for (uint32_t a = 0; a < nodes; a++)
		for (uint32_t b = 0; b < nodes; b++) {
			uint32_t n;

			if (!forbids(pol, r, a, b))
				continue;
			r->pairs++;
			n = flow_way(pol->flows, a, b, r->except, way);
			if (n && broken++ < SHOWN)
				blame_way(p, pol, r, way, n);
		}
	if (broken > SHOWN)
		blame(p, r->path, NULL, "is broken in %u more way%s", broken - SHOWN, broken - SHOWN == 1 ? "" : "s");
}

/* --- the whole --- */

static uint32_t children(const struct plan *p, int of)
{
	uint32_t n = 0;
	int node;

	if (of >= 0)
		fdt_for_each_subnode(node, p->fdt, of)
			n++;
	return n;
}

/* A node beside where /domains or /policy should be that looks like a near miss. */
static void check_names(struct plan *p)
{
	static const char *const known[] = { "domains", "policy" };
	int node;

	fdt_for_each_subnode(node, p->fdt, 0)
	{
		const char *name = fdt_get_name(p->fdt, node, NULL), *near = near_miss(name, known, 2);

		if (near[0] && strcmp(name, "domains") != 0 && strcmp(name, "policy") != 0 && !strchr(name, '@'))
			blame(p, node_path(p, node), NULL, "unknown node%s", near);
	}
}

struct policy *policy_read(struct plan *p)
{
	static const char *const known[] = { "phandle" };
	int domains = fdt_path_offset(p->fdt, "/domains"), rules = fdt_path_offset(p->fdt, "/policy"), node;
	struct policy *pol = take(sizeof(*pol));

	check_names(p);
	pol->flows = flow_graph(p);
	pol->domain = take((children(p, domains) + 1) * sizeof(*pol->domain));
	pol->rule = take((children(p, rules) + 1) * sizeof(*pol->rule));
	pol->domain_of = take((pol->flows->n_nodes + 1) * sizeof(*pol->domain_of));
	for (uint32_t i = 0; i < pol->flows->n_nodes; i++)
		pol->domain_of[i] = -1;
	if (domains >= 0) {
		node_known(p, domains, known, 1);
		fdt_for_each_subnode(node, p->fdt, domains)
			read_domain(p, pol, node);
	}
	if (rules >= 0) {
		node_known(p, rules, known, 1);
		fdt_for_each_subnode(node, p->fdt, rules)
			read_rule(p, pol, node);
	}
	return pol;
}

void policy_check(struct plan *p)
{
	struct policy *pol = p->policy = policy_read(p);

	for (uint32_t i = 0; i < pol->n_rules; i++)
		check_rule(p, pol, &pol->rule[i]);
}

void report_policy(const struct plan *p, struct bytes *b)
{
	const struct policy *pol = p->policy;

	bytes_print(b, "\nWhat flows (docs/description.md says what counts)\n");
	for (uint32_t i = 0; i < pol->flows->n_flows; i++) {
		const struct flow *f = &pol->flows->flow[i];

		bytes_print(b, "  %-16s -> %-16s  %s\n", pol->flows->node[f->from].name, pol->flows->node[f->to].name, f->how);
	}
	if (pol->n_rules)
		bytes_print(b, "\nRules of the policy, all of which hold\n");
	for (uint32_t i = 0; i < pol->n_rules; i++)
		bytes_print(b, "  %-24s %u pair%s without a way\n", pol->rule[i].name, pol->rule[i].pairs,
			    pol->rule[i].pairs == 1 ? "" : "s");
}
