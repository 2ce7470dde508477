/* SPDX-License-Identifier: Apache-2.0 */
/* What switch_caller.c orders switch_server.c to do, in a message of the shortest kind. */
#ifndef TESTS_NATIVE_SWITCH_ORDER_H
#define TESTS_NATIVE_SWITCH_ORDER_H

#include <stdint.h>

enum order { ORDER_NOTHING,
	     ORDER_FP_SWAP, /* value: for its FP register; the answer: what that held */
	     ORDER_BREAK }; /* a breakpoint instruction, which it handles itself; the answer: how many it has had */

struct order_message {
	uint64_t order, value, rest[2];
};

/* What d8 held, and from now on holds this. The compiler has nothing there: no C of these programs uses FP. */
static inline uint64_t fp_swap(uint64_t value)
{
	uint64_t held;

	__asm__ volatile("fmov %0, d8\n fmov d8, %1"
			 : "=&r"(held)
			 : "r"(value));
	return held;
}

#endif
