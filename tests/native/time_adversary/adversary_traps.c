/* SPDX-License-Identifier: Apache-2.0 */
/* Storms of exits that the partition makes by itself. */
#include "tests/native/time_adversary/adversary.h"

#define NOWHERE 0x0b000000ull /* an address that no partition has */
#define UART	0x09000000ull

void storm_busy(void)
{
	for (;;)
		__asm__ volatile("");
}

static void nothing(void *arg)
{
	(void)arg;
}

/*
 * Masked, so that what ends a wait is not taken: the timer, a little later, or something that is pending already. Between waits
 * it works for a moment: the emulator takes long for a core that sleeps and wakes.
 */
void storm_wfi(void)
{
	bh_irq_enable(0, nothing, NULL, BH_PRIORITY_NORMAL);
	bh_sleep_until(bh_time_ticks()); /* the timer takes interrupts */
	(void)bh_irq_mask();
	for (;;) {
		uint64_t r = chance();

		if (r % 16 == 0)
			bh_irq_send(0, 0);
		__asm__ volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb\n\twfi" ::"r"(bh_time_ticks() + (r >> 8 & 511)),
				 "r"(1ull));
		for (uint32_t i = 0; i < (r >> 20 & 4095); i++)
			__asm__ volatile("");
		if (r % 16 == 1)
			bh_irq_let();
	}
}

/* Functions that exist, that once did and that never did; arguments likewise. PSCI's that would end the storm are left out. */
static uint32_t some_function(uint64_t r)
{
	switch (r % 4) {
	case 0: return BH_CALL(0);
	case 1: return BH_CALL((uint32_t)(r >> 8) % 9 + (r >> 8 & 1 ? 8 : 0)); /* but WAIT, CALL and SERVE may wait: see below */
	case 2: return 0xc4000000u + (uint32_t)(r >> 8) % 2 * 4;	       /* a call of PSCI's range; AFFINITY_INFO */
	}
	return (uint32_t)r;
}

void storm_calls(void)
{
	for (;;) {
		uint64_t r = chance();
		uint32_t f = some_function(r);

		if (f == 0x84000008u || f == 0x84000009u || f == 0x84000002u)
			continue;
		/* x2 is WAIT's deadline: long over */
		(void)bh_call5(f, r >> 16 & 63, r >> 24 & 15, r >> 32, r, r);
	}
}

static bool step_over(struct bh_frame *f)
{
	f->pc += 4;
	return true;
}

void storm_faults(void)
{
	bh_fault_handler(step_over);
	for (;;) {
		uint64_t at = NOWHERE + chance() % 0x100000 / 8 * 8;

		__asm__ volatile("ldr xzr, [%0]\n\tstr wzr, [%0]"
				 :
				 : "r"(at)
				 : "memory");
	}
}

/* At any moment of a frame: what it does is short beside its loading, and would always come at the same ones. */
void storm_restarts(void)
{
	uint64_t now = bh_time_ticks(), until = now + bh_time_from_ns(now * 0x9e3779b97f4a7c15u % 100000);

	while (bh_time_ticks() < until)
		;
	bh_partition_restart();
}

void storm_console(void)
{
	for (;;) {
		uint32_t value;

		for (uint32_t i = 0; i < 200; i++)
			__asm__ volatile("str %w0, [%1]"
					 :
					 : "r"('a' + i % 26), "r"(UART)
					 : "memory");
		/* a register whose answer is the console's: the data that nobody has typed */
		__asm__ volatile("ldr %w0, [%1]\n\tstr %w2, [%1, #0x30]"
				 : "=&r"(value)
				 : "r"(UART), "r"(0x301)
				 : "memory");
		__asm__ volatile("str %w0, [%1]"
				 :
				 : "r"('\n'), "r"(UART)
				 : "memory");
	}
}

#define TEXT 30000u /* characters */
#define LINE 100u

static uint64_t put(uint32_t c)
{
	uint64_t begin = bh_time_ticks();

	__asm__ volatile("str %w0, [%1]"
			 :
			 : "r"(c), "r"(UART)
			 : "memory");
	return bh_time_ticks() - begin;
}

void measure_printing(void)
{
	for (;;) {
		uint64_t begin = bh_time_ticks(), longest = 0, took;

		for (uint32_t i = 1; i <= TEXT; i++) {
			took = put(i % LINE ? '.' : '\n');
			longest = took > longest ? took : longest;
		}
		took = bh_time_ticks() - begin;
		bh_printf("printed %u characters in %u us, longest wait %u us\n", TEXT, (uint32_t)(bh_time_to_ns(took) / 1000),
			  (uint32_t)(bh_time_to_ns(longest) / 1000));
	}
}
