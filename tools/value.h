/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a partition's properties. Each function blames what is not of its kind and then answers
 * something harmless.
 */
#ifndef TOOLS_VALUE_H
#define TOOLS_VALUE_H

#include "tools/plan.h"

const char *value_string(struct plan *p, const struct part *part, const char *prop);	       /* NULL: blamed */
bool value_number(struct plan *p, const struct part *part, const char *prop, uint64_t *value); /* 1 or 2 cells */
bool value_flag(struct plan *p, const struct part *part, const char *prop);		       /* always true */
uint32_t value_choice(struct plan *p, const struct part *part, const char *prop, const char *const *words, uint32_t n);
uint64_t value_size(struct plan *p, const struct part *part, const char *prop); /* "64M"; 0: blamed */

#endif
