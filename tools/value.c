/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/value.h"

#include <ctype.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/errors.h"
#include "tools/source.h"

const char *value_string(struct plan *p, const struct part *part, const char *prop)
{
	const char *s = node_string(p, part->node, prop);

	if (s && s[0] && fdt_stringlist_count(p->fdt, part->node, prop) == 1)
		return s;
	blame(p, part->path, prop, "must be one string in quotes, and not empty");
	return NULL;
}

bool value_number(struct plan *p, const struct part *part, const char *prop, uint64_t *value)
{
	int n = node_cells(p, part->node, prop);

	if (n != 1 && n != 2) {
		blame(p, part->path, prop, "must be a number in angle brackets: %s = <10>", prop);
		return false;
	}
	*value = node_cell(p, part->node, prop, 0);
	if (n == 2)
		*value = *value << 32 | node_cell(p, part->node, prop, 1);
	return true;
}

bool value_flag(struct plan *p, const struct part *part, const char *prop)
{
	int n;

	fdt_getprop(p->fdt, part->node, prop, &n);
	if (n != 0)
		blame(p, part->path, prop, "is a flag and takes no value; write \"%s;\"", prop);
	return true;
}

uint32_t value_choice(struct plan *p, const struct part *part, const char *prop, const char *const *words, uint32_t n)
{
	const char *s = value_string(p, part, prop);
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
	blame(p, part->path, prop, "\"%s\" is not known; must be %s%s", s, (char *)all.at, near_miss(s, words, n));
	return 0;
}

uint64_t value_size(struct plan *p, const struct part *part, const char *prop)
{
	const char *s = value_string(p, part, prop);
	uint64_t unit, n;
	char *end;

	if (!s)
		return 0;
	n = strtoull(s, &end, 0);
	unit = *end == 'K' ? KIB : *end == 'M' ? MIB
			   : *end == 'G'       ? 1024 * MIB
					       : 0;
	if (!isdigit((unsigned char)s[0]) || !unit || end[1] || !n)
		blame(p, part->path, prop, "\"%s\" is no size; write a number with K, M or G, as \"64M\"", s);
	else if (n > PLAN_IPA_END / unit || n * unit > PLAN_IPA_END - PLAN_RAM_IPA)
		blame(p, part->path, prop, "%s reaches beyond a partition's address space; at most 511G", s);
	else if (n * unit % BH_PAGE != 0)
		blame(p, part->path, prop, "%s is not a multiple of 4K; \"%lluK\" would be", s,
		      (unsigned long long)(align_up(n * unit, BH_PAGE) / KIB));
	else
		return n * unit;
	return 0;
}
