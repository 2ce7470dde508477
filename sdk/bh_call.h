/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls (abi/call.h) and PSCI, as C functions. Any context: thread or interrupt handler, any
 * vCPU. Each is bounded; of the calls themselves only WAIT, CALL and SERVE block. Those of ports have
 * their functions in bh_port.h, which also wait and copy.
 */
#ifndef SDK_BH_CALL_H
#define SDK_BH_CALL_H

#include <stdint.h>

#include "abi/call.h"
#include "abi/status.h"
#include "sdk/bh_check.h"

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

/*
 * The same for calls with up to 7 arguments and results: x[0] to x[6] are x1 to x7, both ways. The
 * kernel keeps x8 to x17, and what the call has no result in. An index known at compile time makes the
 * array registers. For calls of Bulkhead only: another's callee may take x8 to x17 for itself.
 */
static inline int64_t bh_call7(uint32_t function, uint64_t x[7])
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1");
	register uint64_t x2 __asm__("x2");
	register uint64_t x3 __asm__("x3");
	register uint64_t x4 __asm__("x4");
	register uint64_t x5 __asm__("x5");
	register uint64_t x6 __asm__("x6");
	register uint64_t x7 __asm__("x7");

	x1 = x[0];
	x2 = x[1];
	x3 = x[2];
	x4 = x[3];
	x5 = x[4];
	x6 = x[5];
	x7 = x[6];
	__asm__ volatile("hvc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7)
			 :
			 : "memory", "cc");
	x[0] = x1;
	x[1] = x2;
	x[2] = x3;
	x[3] = x4;
	x[4] = x5;
	x[5] = x6;
	x[6] = x7;
	return (int64_t)x0;
}

/* One argument; results in x1 to x3, out[0] to out[2]. As bh_call7() in all else. */
static inline int64_t bh_call1(uint32_t function, uint64_t a1, uint64_t out[3])
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a1;
	register uint64_t x2 __asm__("x2");
	register uint64_t x3 __asm__("x3");

	__asm__ volatile("hvc #0"
			 : "+r"(x0), "+r"(x1), "=r"(x2), "=r"(x3)
			 :
			 : "x4", "x5", "x6", "x7", "memory", "cc");
	out[0] = x1;
	out[1] = x2;
	out[2] = x3;
	return (int64_t)x0;
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
