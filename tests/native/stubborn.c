/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For test_monitor.py: counts on a dedicated core, for ever, with everything masked that a guest can mask: an interrupt that it never ends, all
 * priorities active, no group, no priority let through. What it has set it looks at all the time.
 */
#include "sdk/bulkhead.h"

#define ALL_ACTIVE 0xffffffffull

volatile uint64_t turns, broken; /* read by gdb */
volatile uint32_t sleeps;	 /* set by gdb: it sleeps between its turns */

static uint64_t active(void)
{
	uint64_t ap;

	__asm__ volatile("mrs %0, S3_0_C12_C9_0"
			 : "=r"(ap));
	return ap;
}

static void never(void *arg)
{
	(void)arg;
}

int main(void)
{
	uint64_t group, mask, kept;

	(void)bh_irq_mask();
	bh_irq_enable(3, never, NULL, BH_PRIORITY_HIGH);
	bh_irq_send(3, 0);
	__asm__ volatile("mrs x9, S3_0_C12_C12_0\n" /* acknowledged */
			 "msr S3_0_C12_C9_0, %0\n"
			 "msr S3_0_C12_C12_3, %1\n" /* no priority preempts another */
			 "msr S3_0_C12_C12_7, xzr\n"
			 "msr S3_0_C4_C6_0, xzr\n"
			 "msr daifset, #15\n isb" ::"r"(ALL_ACTIVE),
			 "r"(7ull)
			 : "x9");
	kept = active();
	for (;;) {
		__asm__ volatile("mrs %0, S3_0_C12_C12_7\n mrs %1, S3_0_C4_C6_0"
				 : "=r"(group), "=r"(mask));
		if (group != 0 || mask != 0 || active() != kept)
			broken++;
		turns++;
		if (sleeps)
			__asm__ volatile("dsb sy\n wfi");
	}
}
