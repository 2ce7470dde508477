/* SPDX-License-Identifier: Apache-2.0 */
/* For test_monitor.py: something to debug. Two vCPUs count; the first says what gdb changes. */
#include "sdk/bulkhead.h"

volatile uint64_t counts[2], outer;
volatile uint32_t wish; /* set by gdb */
static uint8_t stack[BH_CPU_STACK_MIN] __attribute__((aligned(16)));

__attribute__((noinline)) uint64_t debugged_inner(uint64_t n, uint32_t cpu)
{
	counts[cpu] = n;
	return n + 1;
}

__attribute__((noinline)) uint64_t debugged_outer(uint64_t n, uint32_t cpu)
{
	uint64_t next = debugged_inner(n, cpu);

	outer++; /* so it comes back here */
	return next;
}

static void count(void *arg)
{
	uint64_t n = 0;

	(void)arg;
	for (;;) {
		n = debugged_outer(n, bh_cpu_index());
		bh_sleep_until(bh_time_in_ns(1000000));
		if (bh_cpu_index() == 0 && wish) {
			bh_printf("gdb wishes %u\n", wish);
			wish = 0;
		}
	}
}

int main(void)
{
	bh_assert(bh_cpu_on(1, count, NULL, stack, sizeof stack) == 0);
	bh_log("counting");
	count(NULL);
	return 0;
}
