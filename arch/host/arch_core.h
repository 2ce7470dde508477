/* SPDX-License-Identifier: Apache-2.0 */
/* The core we run on: of this thread; host_run() and host_on() change it. */
#ifndef HOST_ARCH_CORE_H
#define HOST_ARCH_CORE_H

struct core;

extern _Thread_local struct core *host_this_core;

static inline struct core *this_core(void)
{
	return host_this_core;
}

#endif
