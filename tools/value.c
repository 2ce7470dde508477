/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/value.h"

#include <ctype.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/errors.h"
#include "tools/source.h"

const char *value_string(struct plan *p, int node, const char *prop)
{
	const char *s = node_string(p, node, prop);

	if (s && s[0] && fdt_stringlist_count(p->fdt, node, prop) == 1)
		return s;
	blame(p, node_path(p, node), prop, "must be one string in quotes, and not empty");
	return NULL;
}

bool value_number(struct plan *p, int node, const char *prop, uint64_t *value)
{
	int n = node_cells(p, node, prop);

	if (n != 1 && n != 2) {
		blame(p, node_path(p, node), prop, "must be a number in angle brackets: %s = <10>", prop);
		return false;
	}
	*value = node_cell(p, node, prop, 0);
	if (n == 2)
		*value = *value << 32 | node_cell(p, node, prop, 1);
	return true;
}

bool value_flag(struct plan *p, int node, const char *prop)
{
	int n;

	fdt_getprop(p->fdt, node, prop, &n);
	if (n != 0)
		blame(p, node_path(p, node), prop, "is a flag and takes no value; write \"%s;\"", prop);
	return true;
}

uint32_t value_choice(struct plan *p, int node, const char *prop, const char *const *words, uint32_t n)
{
	const char *s = value_string(p, node, prop);
	struct bytes all = { 0 };

	if (!s)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(s, words[i]) == 0)
			return i;
	for (uint32_t i = 0; i < n; i++)
		bytes_print(&all, "%s\"%s\"", i == 0 ? "" : i + 1 == n ? " or "
								       : ", ",
			    words[i]);
	bytes_add(&all, "", 1);
	blame(p, node_path(p, node), prop, "\"%s\" is not known; must be %s%s", s, (char *)all.at, near_miss(s, words, n));
	return 0;
}

uint64_t value_size(struct plan *p, int node, const char *prop)
{
	const char *s = value_string(p, node, prop);
	uint64_t unit, n;
	char *end;

	if (!s)
		return 0;
	n = strtoull(s, &end, 0);
	unit = *end == 'K' ? KIB : *end == 'M' ? MIB
			   : *end == 'G'       ? 1024 * MIB
					       : 0;
	if (!isdigit((unsigned char)s[0]) || !unit || end[1] || !n)
		blame(p, node_path(p, node), prop, "\"%s\" is no size; write a number with K, M or G, as \"64M\"", s);
	else if (n > PLAN_IPA_END / unit || n * unit > PLAN_IPA_END - PLAN_RAM_IPA)
		blame(p, node_path(p, node), prop, "%s reaches beyond a partition's address space; at most 511G", s);
	else if (n * unit % BH_PAGE != 0)
		blame(p, node_path(p, node), prop, "%s is not a multiple of 4K; \"%lluK\" would be", s,
		      (unsigned long long)(align_up(n * unit, BH_PAGE) / KIB));
	else
		return n * unit;
	return 0;
}

int value_node(struct plan *p, int node, const char *prop, int i, const char *what)
{
	uint32_t phandle = node_cell(p, node, prop, i);
	int found = phandle && phandle != ~0u ? fdt_node_offset_by_phandle(p->fdt, phandle) : -1;

	if (found < 0 && (phandle != ~0u || !p->unresolved))
		blame(p, node_path(p, node), prop, "cell %d (%#x) is no %s; write <&label>", i, phandle, what);
	return found < 0 ? -1 : found;
}

static const char *all_partitions(const struct plan *p, const struct part *but)
{
	struct bytes b = { 0 };

	for (uint32_t i = 0; i < p->n_parts; i++)
		if (&p->part[i] != but)
			bytes_print(&b, "%s%s", b.n ? ", " : "", p->part[i].name);
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

int value_part(struct plan *p, int node, const char *prop, int i, const struct part *but)
{
	uint32_t phandle = node_cell(p, node, prop, i);
	int found = phandle && phandle != ~0u ? fdt_node_offset_by_phandle(p->fdt, phandle) : -1;

	for (uint32_t k = 0; k < p->n_parts && found >= 0; k++)
		if (p->part[k].node == found)
			return (int)k;
	if (phandle != ~0u || !p->unresolved)
		blame(p, node_path(p, node), prop, "%s is no partition; name one of: %s",
		      found >= 0 ? node_path(p, found) : "this reference", all_partitions(p, but));
	return -1;
}

uint64_t value_us(struct plan *p, int node, const char *prop)
{
	uint64_t us;

	if (!fdt_getprop(p->fdt, node, prop, NULL) || !value_number(p, node, prop, &us))
		return 0;
	if (us != 0 && us <= PLAN_US_MAX)
		return us * PLAN_NS_PER_US;
	blame(p, node_path(p, node), prop, "%llu is out of range; 1 to %llu us", (unsigned long long)us, PLAN_US_MAX);
	return 0;
}

uint32_t value_parts(struct plan *p, int node, const char *prop, bool *good)
{
	int n = node_cells(p, node, prop);
	uint32_t parts = 0;

	*good = true;
	if (!fdt_getprop(p->fdt, node, prop, NULL))
		return 0;
	if (n < 1) {
		blame(p, node_path(p, node), prop, "must be a list of partitions by their labels: %s = <&linux>", prop);
		*good = false;
	}
	for (int i = 0; i < n; i++) {
		int part = value_part(p, node, prop, i, NULL);

		*good = *good && part >= 0;
		if (part >= 0 && (parts >> part & 1))
			blame(p, node_path(p, node), prop, "names %s twice; remove one", p->part[part].path);
		if (part >= 0)
			parts |= 1u << part;
	}
	return parts;
}

void value_leaf(struct plan *p, int node)
{
	int inner;

	fdt_for_each_subnode(inner, p->fdt, node)
		blame(p, node_path(p, inner), NULL, "%s has no nodes in it; remove it, or move it up one level", node_path(p, node));
}
