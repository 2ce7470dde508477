/* SPDX-License-Identifier: Apache-2.0 */
/* What a partition can do to take others' time. Each function goes on for ever, or until nothing is left of the partition. */
#ifndef TESTS_TIME_ADVERSARY_H
#define TESTS_TIME_ADVERSARY_H

#include "sdk/bulkhead.h"

/* Some number, other than the last. */
uint64_t chance(void);

void storm_busy(void);
void storm_wfi(void);	   /* waits that end at once, or nearly so */
void storm_calls(void);	   /* calls of all kinds, mostly wrong ones */
void storm_faults(void);   /* accesses that nothing answers */
void storm_restarts(void); /* ends as soon as it has begun */
void storm_console(void);  /* prints, and asks the console's registers */

void storm_ipi(void);	 /* all its vCPUs send each other all SGIs, and themselves */
void storm_timers(void); /* both timers, always in the past */
void storm_device(void); /* its devices' lines are high and stay so */
void storm_gic(void);	 /* the interrupt controller's registers, at random; everything pending, everything enabled */
void storm_hoard(void);	 /* everything pending, and a timer that expires just before each frame: several of these together */

/* Prints a long text, over and over, and says how long that took and what the longest wait for a character was. */
void measure_printing(void);

/* How long each kind of these exits takes at most, where nobody else has the core; says so. */
void measure_sections(void);

#endif
