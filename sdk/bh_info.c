/* SPDX-License-Identifier: Apache-2.0 */
/* Looking things up in the information page. */
#include "sdk/bh_info.h"

#include <stdbool.h>
#include <stddef.h>

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const struct bh_info_entry *bh_info_next(enum bh_info_kind kind, const struct bh_info_entry *after)
{
	const struct bh_info_entry *end = bh_info()->entry + bh_info()->n_entries;

	for (after = after ? after + 1 : bh_info()->entry; after < end; after++)
		if (after->kind == (uint32_t)kind)
			return after;
	return NULL;
}

const struct bh_info_entry *bh_info_find(enum bh_info_kind kind, const char *name)
{
	const struct bh_info_entry *e = NULL;

	while ((e = bh_info_next(kind, e)))
		if (!name || same(e->name, name))
			break;
	return e;
}
