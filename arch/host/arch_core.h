/* SPDX-License-Identifier: Apache-2.0 */
/* The core we run on: of this thread; host_run() and host_on() change it. */
#ifndef HOST_ARCH_CORE_H
#define HOST_ARCH_CORE_H

#include <stdint.h>

struct core;

extern _Thread_local struct core *host_this_core; /* NULL: of the test itself, which stands for a core outside the system */
struct core *host_outside(void);

static inline struct core *this_core(void)
{
	return host_this_core ? host_this_core : host_outside();
}

uint64_t arch_time(void);
uint64_t arch_stamp(void);
uint64_t arch_frequency(void);
void arch_timer_set(uint64_t when);

#endif
