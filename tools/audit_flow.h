/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What flows where, from the finished image: a graph over partitions and devices. An edge is a way that
 * the image has; what the description calls it is only its name. docs/description.md has the table of
 * what counts.
 */
#ifndef TOOLS_AUDIT_FLOW_H
#define TOOLS_AUDIT_FLOW_H

#include "tools/audit.h"

#define FLOW_NODES 192u /* partitions (of the blob, by their numbers) first, then devices */

struct flow_node {
	const char *name;
	int node; /* of the description */
	struct audit_device device;
};

struct flow_edge {
	uint32_t from, to;
	char why[2 * AUDIT_NAME];
};

struct flows {
	struct audit *a;
	struct flow_node node[FLOW_NODES];
	uint32_t n_nodes;
	struct flow_edge *edge;
	uint32_t n_edges, room;
};

struct flows *flows_make(struct audit *a); /* partitions and their devices, without edges */

/* Number of a node of the description, which becomes one of the graph's if it is a device that nobody has. */
uint32_t flow_node(struct flows *f, int node);

/* All edges; @w: the walked roots. Devices that only the policy names must be nodes before. */
void flows_find(struct flows *f, const struct audit_walked *w, uint32_t n);

#endif
