/* SPDX-License-Identifier: Apache-2.0 */
/* The core we run on: TPIDR_EL2 holds its struct core from boot on. */
#ifndef ARM64_ARCH_CORE_H
#define ARM64_ARCH_CORE_H

struct core;

static inline struct core *this_core(void)
{
	struct core *c;

	__asm__("mrs %0, tpidr_el2"
		: "=r"(c));
	return c;
}

#endif
