/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crash dumps: a partition that the kernel holds after its end (BH_RUN_HELD) is written into the store as an ELF core, and let go. A
 * piece in each turn, so that nobody waits for it; one partition after the other.
 */
#ifndef SERVICES_MONITOR_DUMPER_H
#define SERVICES_MONITOR_DUMPER_H

#include <stdbool.h>

/* The kernel has rung, or a second is over: some partition may be held. */
void dumper_look(void);

/* True: there is more to do. */
bool dumper_turn(void);

#endif
