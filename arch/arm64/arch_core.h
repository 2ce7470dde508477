/* SPDX-License-Identifier: Apache-2.0 */
/* The core we run on (TPIDR_EL2 holds its struct core from boot on) and its clock. */
#ifndef ARM64_ARCH_CORE_H
#define ARM64_ARCH_CORE_H

#include <stdint.h>

struct core;

static inline struct core *this_core(void)
{
	struct core *c;

	__asm__("mrs %0, tpidr_el2"
		: "=r"(c));
	return c;
}

/* The counter without a barrier: it may be read some instructions early. */
static inline uint64_t arch_stamp(void)
{
	uint64_t t;

	__asm__ volatile("mrs %0, cntpct_el0"
			 : "=r"(t));
	return t;
}

#endif
