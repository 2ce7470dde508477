/* SPDX-License-Identifier: Apache-2.0 */
/* Domains and rules of a description (docs/description.md, "Domains and policy"), as the tool has read them. */
#ifndef TOOLS_POLICY_H
#define TOOLS_POLICY_H

#include "tools/flow.h"

struct domain {
	const char *name, *path;
	int node;
	bool has_level;
	uint32_t level;
};

/* Sets have an element for each node of the graph. */
struct rule {
	const char *name, *path;
	int node;
	bool *from, *to, *except;
	bool others, down, up;
	uint32_t pairs; /* that it forbids; counted when it is checked */
};

struct policy {
	struct flows *flows;
	struct domain *domain;
	uint32_t n_domains;
	int *domain_of; /* of each node: its domain, or -1 */
	struct rule *rule;
	uint32_t n_rules;
};

/* Reads them, blaming what is wrong; the rules are not checked yet. After channels_relate(). */
struct policy *policy_read(struct plan *p);

void report_policy(const struct plan *p, struct bytes *b); /* a part of the report; after policy_check() */

#endif
