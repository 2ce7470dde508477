/* SPDX-License-Identifier: Apache-2.0 */
/* What the partition holds, by name: the information page (abi/info.h). Any context. */
#ifndef SDK_BH_INFO_H
#define SDK_BH_INFO_H

#include "abi/info.h"

static inline const struct bh_info *bh_info(void)
{
	return (const struct bh_info *)(uintptr_t)BH_INFO_IPA;
}

/* The entry of that kind and name, or NULL. @name NULL: the first of its kind. */
const struct bh_info_entry *bh_info_find(enum bh_info_kind kind, const char *name);

/* The next of that kind behind @after, or the first (@after NULL); NULL: there is no more. */
const struct bh_info_entry *bh_info_next(enum bh_info_kind kind, const struct bh_info_entry *after);

#endif
