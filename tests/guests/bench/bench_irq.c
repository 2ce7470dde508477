/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts to the core that benches: from itself, its timer, a device. Each is timed to the first statement of a C handler. */
#include "tests/guests/bench/bench.h"

#define TIMER_LEAD 20000u

/* PL031 (Arm DDI 0224): a second's counter, and a match register that interrupts. */
#define RTC	  0x09010000ul
#define RTC_DR	  0x00u
#define RTC_MR	  0x04u
#define RTC_IMSC  0x10u
#define RTC_ICR	  0x1cu
#define RTC_INTID 34u

volatile uint64_t handler_time;
volatile uint32_t handled;

void on_interrupt(void)
{
	uint32_t intid;

	handler_time = stamp("end sgi_self_handler timer_spin_handler timer_wfi_handler device_handler ipi_wfi_round_trip ipi_spin_round_trip");
	intid = gic_acknowledge();
	if (intid == TIMER_VIRTUAL)
		write_reg(cntv_ctl_el0, 0);
	if (intid == RTC_INTID)
		*reg32(RTC + RTC_ICR) = 1;
	gic_end(intid);
	handled = handled + 1;
}

/* Sends SGI_HERE to this core; answers when that began, and when it went on behind the handler. */
STAMPING uint64_t send_here(const char *begin, const char *end, uint64_t *after)
{
	uint64_t before, value = (uint64_t)SGI_HERE << 24 | 1u;

	handled = 0;
	__asm__ volatile(STAMP("%0", "%3") "msr S3_0_C12_C11_5, %2\n\tisb\n" STAMP("%1", "%4")
			 : "=&r"(before), "=&r"(*after)
			 : "r"(value), "S"(begin), "S"(end)
			 : "memory");
	while (!handled)
		relax();
	return before;
}

void bench_sgi(void)
{
	uint64_t after;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		sample[i] = 0 - send_here(PATH("sgi_self_handler"), &after);
		sample[i] += handler_time - empty;
	}
	row("sgi_self_handler");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		sample[i] = 0 - send_here(PATH("sgi_self_round_trip"), &after);
		if (handler_time > after)
			say("note", "sgi_self was late");
		sample[i] += after - empty;
	}
	row("sgi_self_round_trip");
}

/* Acknowledge, and end of interrupt, with the barriers a driver has between. */
STAMPING uint64_t acknowledge_end(const char *begin, const char *end)
{
	uint64_t before, after, intid;

	__asm__ volatile(STAMP("%0", "%3") "mrs %2, S3_0_C12_C12_0\n\tdsb sy\n\tmsr S3_0_C12_C12_1, %2\n\tisb\n" STAMP("%1", "%4")
			 : "=&r"(before), "=&r"(after), "=&r"(intid)
			 : "S"(begin), "S"(end)
			 : "memory");
	if (intid != SGI_HERE)
		say_dec("note acknowledge", intid);
	return after - before - empty;
}

void bench_acknowledge(void)
{
	interrupts_off();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		sgi_self(SGI_HERE);
		while (!gic_bit(GICD_ISPENDR, SGI_HERE))
			relax();
		sample[i] = acknowledge_end(PATH("acknowledge_end"));
	}
	interrupts_on();
	row("acknowledge_end");
}

STAMPING uint64_t arm_timer(const char *arm, uint32_t lead)
{
	uint64_t when = ticks() + lead;

	handled = 0;
	write_reg(cntv_cval_el0, when);
	write_reg(cntv_ctl_el0, 1);
	isb();
	(void)stamp(arm);
	return when;
}

void bench_timer(void)
{
	gic_enable(TIMER_VIRTUAL);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t when = arm_timer("arm timer_spin_handler", TIMER_LEAD + i);

		while (!handled)
			relax();
		sample[i] = handler_time - when;
	}
	row("timer_spin_handler");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t when = arm_timer("arm timer_wfi_handler", TIMER_LEAD + i);

		while (!handled)
			wfi();
		sample[i] = handler_time - when;
	}
	row("timer_wfi_handler");
	gic_disable(TIMER_VIRTUAL);
}

/* The alarm for the second that it is already comes at once. */
static uint64_t raise_device(void)
{
	uint64_t before;
	uint32_t now;

	do {
		now = *reg32(RTC + RTC_DR);
		before = stamp("begin device_handler");
		*reg32(RTC + RTC_MR) = now;
	} while (*reg32(RTC + RTC_DR) != now);
	return before;
}

void bench_device(void)
{
	*reg32(RTC + RTC_IMSC) = 1;
	gic_route(RTC_INTID, 0);
	gic_enable(RTC_INTID);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		handled = 0;
		sample[i] = 0 - raise_device();
		while (!handled)
			relax();
		sample[i] += handler_time - empty;
	}
	row("device_handler");
	gic_disable(RTC_INTID);
	*reg32(RTC + RTC_IMSC) = 0;
}
