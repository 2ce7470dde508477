/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partition's own health: feeding its watchdog, saying by when a vCPU will be done, giving up, and finding out how
 * this life began. What is done about a fault is the description's business (`health`), not the program's.
 */
#ifndef SDK_BH_HEALTH_H
#define SDK_BH_HEALTH_H

#include <stdint.h>

#include "abi/health.h"
#include "sdk/bh_call.h"

/* When the watchdog is to be fed again: ticks. */
struct bh_watchdog {
	uint64_t by;	     /* later is a fault */
	uint64_t not_before; /* sooner is one too */
};

/* Feeds the partition's watchdog. @next may be NULL. BH_E_STATE: the description gives it none. Any context, any vCPU. */
BH_MUST_CHECK enum bh_status bh_watchdog_feed(struct bh_watchdog *next);

/*
 * The calling vCPU will be done by @when (ticks, absolute): if it does not say otherwise before, that is a fault (BH_FAULT_DEADLINE),
 * once. A new deadline replaces the old; BH_NEVER: it is done. On a dedicated core nobody looks. Any context.
 */
void bh_deadline(uint64_t when);

/*
 * The program cannot go on; @code is for the log. Comes back only where the policy for BH_FAULT_PANIC lets it go on.
 * Any context.
 */
void bh_panic(uint64_t code);

/* What must hold. If it does not: a line that says where, and the end of the partition by bh_panic() with the line's number. */
#define bh_assert(condition) ((condition) ? (void)0 : bh_assert_failed(#condition, __FILE__, __LINE__))
__attribute__((noreturn)) void bh_assert_failed(const char *condition, const char *file, uint32_t line);

struct bh_self {
	uint32_t ends; /* times this partition has ended */
	enum bh_begin begin;
};

/* How this life began. Any context. */
struct bh_self bh_self(void);

/*
 * Of a variable (file scope, no initialiser): it keeps what it holds across a warm start (BH_BEGIN_WARM); after any other
 * start it is zero. Whoever uses it checks it: a life may have ended in the middle of writing it.
 */
#define BH_NOINIT __attribute__((section(".noinit")))

#endif
