/* SPDX-License-Identifier: Apache-2.0 */
/* For test_dedicated.py: waits until it is let go, sleeps by WFI, and says how often it has heard the kernel's own interrupt. */
#include "sdk/bulkhead.h"

#define KERNEL_PPI 26u
#define TIMER_PPI  27u
#define SLEEPS	   5u

volatile uint32_t go; /* written from outside */
static volatile uint32_t heard, woken;

static void on_kernel(void *arg)
{
	(void)arg;
	heard++;
}

static void on_timer(void *arg)
{
	(void)arg;
	__asm__ volatile("msr cntv_ctl_el0, xzr\n isb");
	woken++;
}

int main(void)
{
	bh_irq_enable(KERNEL_PPI, on_kernel, NULL, BH_PRIORITY_NORMAL);
	bh_irq_enable(TIMER_PPI, on_timer, NULL, BH_PRIORITY_NORMAL);
	bh_printf("listening\n");
	while (!go)
		__asm__ volatile("yield");
	while (woken < SLEEPS) {
		uint32_t before = woken;

		__asm__ volatile("msr cntv_cval_el0, %0\n msr cntv_ctl_el0, %1\n isb" ::"r"(bh_time_in_ns(1000000)), "r"(1ull));
		while (woken == before)
			bh_wait();
	}
	bh_printf("slept %u times, heard %u\n", woken, heard);
	for (;;)
		bh_wait();
}
