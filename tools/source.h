/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The description as dtc reads it: the compiled tree, and where each node and property stands in
 * the sources.
 */
#ifndef TOOLS_SOURCE_H
#define TOOLS_SOURCE_H

#include "tools/plan.h"

/* "file:line" of a node or property, or NULL. */
const char *source_place(const struct plan *p, const char *path);

/* The file beside the description, or in the tool's folder; NULL: there is none. */
char *source_find(const struct plan *p, const char *name);

/* A node's path; its properties. All point into the tree or are never given back. */
const char *node_path(const struct plan *p, int node);
const char *node_string(const struct plan *p, int node, const char *name); /* NULL: absent or not a string */
int node_cells(const struct plan *p, int node, const char *name);	   /* -1: absent or not whole cells */
uint32_t node_cell(const struct plan *p, int node, const char *name, int i);
void node_known(struct plan *p, int node, const char *const *known, uint32_t n); /* blames all other properties */

#endif
