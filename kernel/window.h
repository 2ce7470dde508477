/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames and windows: who is in time on this core, in a cyclic plan as ARINC 653 has it. Nothing is counted up: each edge
 * is worked out from the start of its frame, and each frame's start from the mode's, so all cores stay together.
 */
#ifndef KERNEL_WINDOW_H
#define KERNEL_WINDOW_H

#include "kernel/core.h"

ticks_t ticks_of(uint64_t ns); /* at most 60 s; rounded down */

/* Own core: c->window and c->edge become those of now; windows that lie behind are passed over. */
void window_advance(struct core *c, ticks_t now);

#endif
