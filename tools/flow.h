/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can flow from where to where: a graph whose nodes are partitions and the devices they own,
 * made from everything the description allows (docs/description.md, "Domains and policy"). The
 * audit makes its own from the finished image.
 */
#ifndef TOOLS_FLOW_H
#define TOOLS_FLOW_H

#include "tools/plan.h"

struct flow {
	uint32_t from, to;
	const char *how; /* `channel "state", sampling` */
};

struct flow_node {
	const char *name;
	int node; /* of the description */
};

struct flows {
	struct flow_node *node; /* partitions by their numbers, then owned devices */
	uint32_t n_nodes;
	struct flow *flow;
	uint32_t n_flows;
};

struct flows *flow_graph(const struct plan *p);

/* The node for a node of the description; -1: no partition, and no device that one owns. */
int flow_node_of(const struct flows *f, int node);

/*
 * The shortest way from one node to another that meets none of `closed` between its ends: the flows in
 * their order, written to way[], which has room for n_nodes. Answers how many; 0: there is no way.
 */
uint32_t flow_way(const struct flows *f, uint32_t from, uint32_t to, const bool *closed, const struct flow **way);

#endif
