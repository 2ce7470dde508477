/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition that shares a core and leaves junk in every register that a careless kernel would not
 * switch: FP and SIMD, thread and debug registers. What it finds changed in its own, it tells.
 */
#include "sdk/bulkhead.h"

#define PERIOD_NS 1000000u

static volatile uint32_t rounds;
static uint32_t foreign;

static void debug_check(uint64_t junk)
{
	uint64_t was, value;

	__asm__ volatile("mrs %0, dbgbvr0_el1"
			 : "=r"(value));
	was = junk << 2 & 0x0000fffffffffffcu;
	foreign += rounds > 1 && value != was;
	__asm__ volatile("mrs %0, tpidrro_el0"
			 : "=r"(value));
	foreign += rounds > 1 && value != junk;
	__asm__ volatile("mrs %0, dbgwcr1_el1"
			 : "=r"(value));
	foreign += (value & 1) != 0;
}

static void spoil(uint64_t junk)
{
	__asm__ volatile("dup v0.2d, %0\n\tdup v1.2d, %0\n\tdup v2.2d, %0\n\tdup v3.2d, %0\n\t"
			 "dup v4.2d, %0\n\tdup v5.2d, %0\n\tdup v6.2d, %0\n\tdup v7.2d, %0\n\t"
			 "dup v8.2d, %0\n\tdup v15.2d, %0\n\tdup v16.2d, %0\n\tdup v23.2d, %0\n\t"
			 "dup v24.2d, %0\n\tdup v29.2d, %0\n\tdup v30.2d, %0\n\tdup v31.2d, %0\n\t"
			 "msr fpsr, %0\n\tmsr tpidrro_el0, %0\n\tmsr dbgbvr0_el1, %1\n\tmsr dbgwvr0_el1, %1" ::"r"(junk),
			 "r"(junk << 2 & 0x0000fffffffffffcu)
			 : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v15", "v16", "v23", "v24", "v29",
			   "v30", "v31", "memory");
}

/* Of its CPU interface: left set while others run. */
static void eoimode(uint64_t on)
{
	__asm__ volatile("msr s3_0_c12_c12_4, %0\n\tisb" ::"r"(on << 1)
			 : "memory");
}

static void on_tick(void *arg)
{
	static uint64_t junk;

	(void)arg;
	eoimode(0);
	rounds = rounds + 1;
	debug_check(junk);
	junk = (uint64_t)rounds * 0x0101010101010101u;
	spoil(junk);
}

int main(void)
{
	uint64_t period = bh_time_from_ns(PERIOD_NS);

	bh_alarm_every(bh_time_ticks() + period, period, on_tick, NULL);
	for (;;) {
		uint32_t until = rounds + 500;

		while (rounds < until) {
			uint64_t daif = bh_irq_mask();

			eoimode(1);
			bh_wait();
			eoimode(0);
			bh_irq_restore(daif);
		}
		bh_printf("rounds %u foreign %u\n", rounds, foreign);
	}
}
