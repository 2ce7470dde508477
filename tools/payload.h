/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of a partition's memory: what formats.c and payload.c add, guest_tree.c describes, and
 * boot_list.c turns into operations of the stub.
 */
#ifndef TOOLS_PAYLOAD_H
#define TOOLS_PAYLOAD_H

#include "tools/plan.h"

/* Adds a piece; blamed at @prop where it lies outside of RAM or meets another piece. */
void segment_add(struct plan *p, struct part *part, const char *prop, struct segment s);

/* Does it lie in RAM? Blamed if not, all its parts at once. */
bool segment_fits(struct plan *p, const struct part *part, const char *prop, struct segment s);

/* formats.c: finds the format from the content, adds its pieces, sets the entry. */
void format_read(struct plan *p, struct part *part, const char *path, struct bytes file);

/* guest_tree.c: the guest's device tree. Its size does not depend on addresses in it. */
struct bytes guest_tree(const struct plan *p, const struct part *part);

#endif
