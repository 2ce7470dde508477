/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls (abi/call.h) and PSCI, as C functions. Any context: thread or interrupt handler, any
 * vCPU. Each is bounded; none blocks.
 */
#ifndef SDK_BH_CALL_H
#define SDK_BH_CALL_H

#include <stdint.h>

#include "abi/call.h"
#include "abi/status.h"

#define BH_MUST_CHECK __attribute__((warn_unused_result))

/* The call itself: SMCCC by HVC. Answers x0. Memory written before it is written when it is made. */
static inline int64_t bh_call5(uint32_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a1;
	register uint64_t x2 __asm__("x2") = a2;
	register uint64_t x3 __asm__("x3") = a3;
	register uint64_t x4 __asm__("x4") = a4;
	register uint64_t x5 __asm__("x5") = a5;

	/* x4-x17 are kept by SMCCC 1.1, but not by 1.0 nor by what may stand in for the kernel in a test. */
	__asm__ volatile("hvc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5)
			 :
			 : "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
			   "memory", "cc");
	return (int64_t)x0;
}

static inline int64_t bh_call(uint32_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	return bh_call5(function, a1, a2, a3, a4, 0);
}

/* The kernel's ABI version; start-up has compared it with ours. */
static inline int64_t bh_version(void)
{
	return bh_call(BH_CALL_VERSION, 0, 0, 0, 0);
}

/*
 * Answers the access that a client's vCPU waits on. @cap: of BH_INFO_SERVE; @vcpu: the entry's
 * BH_EMUL_VCPU; @position: entries consumed before it, modulo 2^32; @value: what it reads (0 for a
 * write); @abort: 1 answers with an external abort.
 * BH_OK, BH_E_CAP, BH_E_ARG, BH_E_STATE (it does not wait for this any more).
 */
BH_MUST_CHECK static inline int64_t bh_emul_answer(uint32_t cap, uint32_t vcpu, uint32_t position, uint32_t value,
						   uint32_t abort)
{
	return bh_call5(BH_CALL_EMUL_ANSWER, cap, vcpu, value, abort, position);
}

/* Lets a client's blocked writers go on. BH_OK, BH_E_CAP. */
BH_MUST_CHECK static inline int64_t bh_emul_room(uint32_t cap)
{
	return bh_call(BH_CALL_EMUL_ROOM, cap, 0, 0, 0);
}

/* Drives the region's line at the client. @level: 0 or 1. BH_OK, BH_E_CAP, BH_E_ARG, BH_E_PEER. */
BH_MUST_CHECK static inline int64_t bh_emul_line(uint32_t cap, uint32_t level)
{
	return bh_call(BH_CALL_EMUL_LINE, cap, level, 0, 0);
}

/* PSCI (Arm DEN 0022): end or restart this partition, all its vCPUs. They do not return. */
__attribute__((noreturn)) void bh_partition_off(void);
__attribute__((noreturn)) void bh_partition_restart(void);

#endif
