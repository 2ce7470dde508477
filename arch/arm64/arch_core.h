/* SPDX-License-Identifier: Apache-2.0 */
/* The core we run on (TPIDR_EL2 holds its struct core from boot on) and its clock. */
#ifndef ARM64_ARCH_CORE_H
#define ARM64_ARCH_CORE_H

#include <stdint.h>

#include "sysreg.h"

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

/* The counter is not read early: DDI 0487, "CNTPCT_EL0". */
static inline uint64_t arch_time(void)
{
	isb();
	return arch_stamp();
}

static inline uint64_t arch_frequency(void)
{
	return read_reg(cntfrq_el0);
}

static inline void arch_timer_set(uint64_t when)
{
	if (when == ~0ull) {
		write_reg(cnthp_ctl_el2, 0);
		return;
	}
	write_reg(cnthp_cval_el2, when);
	write_reg(cnthp_ctl_el2, CNT_CTL_ENABLE);
}

#endif
