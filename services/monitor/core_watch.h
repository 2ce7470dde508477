/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's own watchdog: a core that does not come into the kernel when it is asked to is said so, and, where the description
 * gives that right, the machine is reset. The questions are asked by census_take().
 */
#ifndef SERVICES_MONITOR_CORE_WATCH_H
#define SERVICES_MONITOR_CORE_WATCH_H

#include <stdint.h>

#define CORE_WATCH_NS 2000000000ull /* so long a core may be silent */

/* After each census_take(). */
void core_watch_turn(void);

#endif
