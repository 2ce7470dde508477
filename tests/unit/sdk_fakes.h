/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of the kernel under the SDK: hypercalls become the function fake_call() of the test, interrupts
 * a counter, time a variable. It stands in front of sdk/bh_call.h, sdk/bh_cpu.h and sdk/bh_time.h, so that the
 * SDK's files about ports are compiled here as they are. The information page and the windows are memory
 * at the addresses they have in a partition.
 */
#ifndef TESTS_SDK_FAKES_H
#define TESTS_SDK_FAKES_H

#define SDK_BH_CALL_H
#define SDK_BH_CPU_H
#define SDK_BH_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "abi/call.h"
#include "abi/status.h"
#include "sdk/bh_check.h"

int64_t fake_call(uint32_t function, uint64_t x[7]);
void fake_handlers(void); /* pending interrupts are handled */

static uint64_t fake_now; /* ticks */

static inline int64_t bh_call7(uint32_t function, uint64_t x[7])
{
	return fake_call(function, x);
}

static inline int64_t bh_call1(uint32_t function, uint64_t a1, uint64_t out[3])
{
	uint64_t x[7] = { a1 };
	int64_t status = fake_call(function, x);

	memcpy(out, x, 3 * sizeof(out[0]));
	return status;
}

static inline void bh_irq_let(void)
{
	fake_handlers();
}

static inline void bh_barrier(void)
{
}

static inline uint64_t bh_time_ticks(void)
{
	return fake_now;
}

static inline void bh_sleep_until(uint64_t when)
{
	fake_now = fake_now > when ? fake_now : when;
}

static inline uint64_t bh_time_from_ns(uint64_t ns) /* 100 MHz */
{
	return ns / 10;
}

#endif
