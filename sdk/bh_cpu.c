/* SPDX-License-Identifier: Apache-2.0 */
/* Further vCPUs, by PSCI. */
#include "sdk/bh_cpu.h"

#include "sdk/bh_call.h"
#include "sdk/sdk_inside.h"

#define PSCI_INVALID -2

/* The new vCPU reads its start with the MMU off, so past the caches. */
static void clean(const void *p)
{
	__asm__ volatile("dc civac, %0; dsb sy"
			 :
			 : "r"(p)
			 : "memory");
}

int32_t bh_cpu_on(uint32_t index, void (*main)(void *arg), void *arg, void *stack, uint64_t bytes)
{
	uint64_t top = (uintptr_t)stack + bytes;
	struct bh_cpu_start *start = (void *)(top - 64); /* within one cache line */

	if (bytes < BH_CPU_STACK_MIN || (uintptr_t)stack % 16 || bytes % 16)
		return PSCI_INVALID;
	start = (void *)((uintptr_t)start & ~63ull);
	start->main = main;
	start->arg = arg;
	start->stack = top - BH_CPU_STACK_HANDLER;
	start->handler_stack = (uintptr_t)start;
	clean(start);
	return (int32_t)bh_call(BH_PSCI_CPU_ON, index, (uintptr_t)bh_start_further, (uintptr_t)start, 0);
}

void bh_cpu_off(void)
{
	bh_irq_mask();
	for (;;)
		(void)bh_call(BH_PSCI_CPU_OFF, 0, 0, 0, 0);
}
