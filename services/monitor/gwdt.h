/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generic watchdog (abi/gwdt.h) that a client sees. A model only: no call and no clock, so that it runs in a unit test. All of its
 * state lies in the shadow words, where the kernel answers reads from, so that it survives a restart of this service.
 *
 * It stands for the watchdog that the description gives the client, which runs from the client's start on: WCS.EN is always 1, what is
 * written there does not switch it off, and WOR cannot be longer than half of `watchdog-us` (the second stage ends a partition). It may be
 * shorter: then WS0 and its interrupt come the sooner, and WS1; the end of the partition is the kernel's, by `watchdog-us`.
 */
#ifndef SERVICES_MONITOR_GWDT_H
#define SERVICES_MONITOR_GWDT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/gwdt.h"

#define GWDT_WCS_EN  0x1u
#define GWDT_WCS_WS0 0x2u /* not refreshed for WOR; the interrupt */
#define GWDT_WCS_WS1 0x4u /* nor for WOR after that */

#define GWDT_IIDR 0x0001043bu /* architecture version 1, implementer Arm */

#define GWDT_NEVER (~0ull)

struct gwdt {
	uint32_t *shadow; /* BH_GWDT_BYTES */
	uint64_t longest; /* ticks: WOR at most, and at first */
	uint64_t written; /* WOR as the client has written it: half by half, so that the first may be of no use yet */
};

/* Takes over shadow words: as a former life left them, or zero and then reset. */
void gwdt_init(struct gwdt *w, uint32_t *shadow, uint64_t longest, uint64_t now);

/* As the client finds it at its start. */
void gwdt_reset(struct gwdt *w, uint64_t now);

/* A write of the client's; true: it refreshes. @offset: as in enum bh_gwdt_reg; a write elsewhere does nothing. */
bool gwdt_write(struct gwdt *w, uint32_t offset, uint32_t value, uint64_t now);

/* From @now on it has time again; by a refresh, or since its client stood still. */
void gwdt_refresh(struct gwdt *w, uint64_t now);

/* What became of it until @now. */
void gwdt_turn(struct gwdt *w, uint64_t now);

/* When gwdt_turn() will change something; GWDT_NEVER. */
uint64_t gwdt_due(const struct gwdt *w);

/* The level of the interrupt line: WS0. */
bool gwdt_line(const struct gwdt *w);

#endif
