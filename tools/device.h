/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of the board: where their registers are and which interrupts they have, from the standard
 * properties `reg`, `ranges` and `interrupts` (three cells, as a GIC has them).
 */
#ifndef TOOLS_DEVICE_H
#define TOOLS_DEVICE_H

#include "tools/plan.h"

/* The device of a node, read once; NULL and blamed (at @user, @prop) where it is none. */
struct device *device_at(struct plan *p, int node, const char *user, const char *prop);

/* The same without blame, for what nobody owns: its name, spans and whether it has DMA; what is no device that could be given away, in
 * words, or NULL. */
const char *device_look(struct plan *p, int node, struct device *d);

/* Spans of `reg`, as the processor sees them; how many, at most max. */
uint32_t device_spans(struct plan *p, int node, struct span *span, uint32_t max);

/* One interrupt specifier of three cells; false: not an SPI or PPI. */
bool device_line(struct plan *p, int node, int index, struct line *line);

#endif
