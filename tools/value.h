/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a node's properties. Each function blames what is not of its kind and then answers
 * something harmless.
 */
#ifndef TOOLS_VALUE_H
#define TOOLS_VALUE_H

#include "tools/plan.h"

const char *value_string(struct plan *p, int node, const char *prop);					 /* NULL: blamed */
bool value_number(struct plan *p, int node, const char *prop, uint64_t *value);				 /* 1 or 2 cells */
bool value_flag(struct plan *p, int node, const char *prop);						 /* always true */
uint32_t value_choice(struct plan *p, int node, const char *prop, const char *const *words, uint32_t n); /* n: blamed */
uint64_t value_size(struct plan *p, int node, const char *prop);					 /* "64M"; 0: blamed */

/* Cell i as a reference to a partition: its number; -1: blamed. Only after describe(). @but: is not proposed. */
int value_part(struct plan *p, int node, const char *prop, int i, const struct part *but);

/* A list of partitions, as bits; 0: absent, or blamed. @good: out: nothing of it has been blamed. */
uint32_t value_parts(struct plan *p, int node, const char *prop, bool *good);

#define PLAN_NS_PER_US 1000ull
#define PLAN_US_MAX    (BH_PERIOD_MAX_NS / PLAN_NS_PER_US)
uint64_t value_us(struct plan *p, int node, const char *prop); /* a time in us, as ns; 0: absent, or blamed */

void value_leaf(struct plan *p, int node); /* a node that has no nodes in it */

/* Cell i as a reference to a node: -1: none, and blamed unless dtc has said so. @what: "device of the board" */
int value_node(struct plan *p, int node, const char *prop, int i, const char *what);

#endif
