/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watchdog devices of partitions with `watchdog-device`: a refresh of one (gwdt.h) feeds its partition's watchdog, in its place. What
 * happens to who does not refresh it is the kernel's matter, by the description.
 */
#ifndef SERVICES_MONITOR_WATCHDOGS_H
#define SERVICES_MONITOR_WATCHDOGS_H

#include <stdbool.h>
#include <stdint.h>

/* After census_init(). */
void watchdogs_init(void);

/* Deals with what their clients have written, a bounded number of accesses of each, and with the time that is over. */
void watchdogs_turn(uint64_t now);

/* Has one of them written something? */
bool watchdogs_wait(void);

/* When the next of them has something to do by itself; ~0: never. */
uint64_t watchdogs_deadline(void);

#endif
