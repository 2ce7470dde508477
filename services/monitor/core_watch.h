/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's own watchdog: a core that does not come into the kernel when it is asked to is said so, and, where the description
 * gives that right, the machine is reset. The questions are asked by census_take().
 *
 * Counted is only time in which the monitor looked: a core is late as well where all of the machine stands still or is slow, as an
 * emulated one on a loaded host is, and that is nothing to reset it for.
 */
#ifndef SERVICES_MONITOR_CORE_WATCH_H
#define SERVICES_MONITOR_CORE_WATCH_H

#include <stdint.h>

#define CORE_WATCH_LOOK_NS 1000000000ull /* for the time between two looks so much is counted at most */

/* @silent_ns: so long a core may be silent. */
void core_watch_init(uint64_t silent_ns);

/* After each census_take(). */
void core_watch_turn(void);

#endif
