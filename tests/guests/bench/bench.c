/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark's guest: lengths of paths in counter ticks, which are instructions under
 * `-icount shift=0` with a counter of 1 GHz. The same file runs bare and in a partition.
 * Prints "row NAME MIN MEDIAN"; reading the counter twice with nothing between is subtracted.
 */
#include "abi/call.h"
#include "tests/guests/guest.h"

#define ROUNDS	     101u
#define SGI_HERE     1u
#define SGI_THERE    2u
#define SPARE_SPI    200u
#define TIMER_LEAD   20000u
#define GAP_LOOPS    200000u
#define UNKNOWN_CALL 0x8400ff00u

static uint64_t sample[ROUNDS];
static uint64_t empty;
static volatile uint64_t handler_time;
static volatile uint32_t handled;
static volatile uint64_t other_time;
static volatile uint32_t other_state;

static void row(const char *name)
{
	for (uint32_t i = 1; i < ROUNDS; i++) {
		uint64_t v = sample[i];
		uint32_t k = i;

		for (; k && sample[k - 1] > v; k--)
			sample[k] = sample[k - 1];
		sample[k] = v;
	}
	put("row ");
	put(name);
	put_char(' ');
	put_dec(sample[0]);
	put_char(' ');
	put_dec(sample[ROUNDS / 2]);
	put_char('\n');
}

/* One load or store between two readings of the counter. */
#define TIMED(name, instruction, address, value)                                        \
	do {                                                                            \
		for (uint32_t i_ = 0; i_ < ROUNDS; i_++) {                              \
			uint64_t before_, after_, value_ = (value);                     \
			__asm__ volatile("mrs %0, cntvct_el0\n\t" instruction           \
					 " %w2, [%3]\n\tmrs %1, cntvct_el0"             \
					 : "=&r"(before_), "=&r"(after_), "+&r"(value_) \
					 : "r"((uint64_t)(address))                     \
					 : "memory");                                   \
			sample[i_] = after_ - before_ - empty;                          \
		}                                                                       \
		row(name);                                                              \
	} while (0)

static void measure_empty(void)
{
	uint64_t a, b;

	__asm__ volatile("mrs %0, cntvct_el0\n\tmrs %1, cntvct_el0"
			 : "=&r"(a), "=&r"(b));
	__asm__ volatile("mrs %0, cntvct_el0\n\tmrs %1, cntvct_el0"
			 : "=&r"(a), "=&r"(b));
	empty = b - a;
}

static uint64_t time_hvc(uint64_t function)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = 0;
	uint64_t before, after;

	__asm__ volatile("mrs %0, cntvct_el0\n\thvc #0\n\tmrs %1, cntvct_el0"
			 : "=&r"(before), "=&r"(after), "+r"(x0), "+r"(x1)
			 :
			 : "x2", "x3", "memory");
	return after - before - empty;
}

static uint64_t time_smc(uint64_t function)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = 0;
	uint64_t before, after;

	__asm__ volatile("mrs %0, cntvct_el0\n\tsmc #0\n\tmrs %1, cntvct_el0"
			 : "=&r"(before), "=&r"(after), "+r"(x0), "+r"(x1)
			 :
			 : "x2", "x3", "memory");
	return after - before - empty;
}

static void bench_calls(void)
{
	for (uint32_t i = 0; i < ROUNDS; i++)
		sample[i] = time_hvc(PSCI_VERSION);
	row("hvc_psci_version");
	for (uint32_t i = 0; i < ROUNDS; i++)
		sample[i] = time_hvc(SMCCC_VERSION);
	row("hvc_smccc_version");
	for (uint32_t i = 0; i < ROUNDS; i++)
		sample[i] = time_hvc(UNKNOWN_CALL);
	row("hvc_unknown");
	for (uint32_t i = 0; i < ROUNDS; i++)
		sample[i] = time_hvc(BH_CALL_VERSION);
	row("hvc_null");
	for (uint32_t i = 0; i < ROUNDS; i++)
		sample[i] = time_smc(PSCI_VERSION);
	row("smc_psci_version");
}

static void bench_registers(void)
{
	uint32_t word = SPARE_SPI / 32 * 4, bit = 1u << SPARE_SPI % 32;

	TIMED("gicd_typer_read", "ldr", GICD + GICD_TYPER, 0);
	TIMED("gicd_enable_read", "ldr", GICD + GICD_ISENABLER + word, 0);
	TIMED("gicd_enable_write", "str", GICD + GICD_ISENABLER + word, bit);
	TIMED("gicd_disable_write", "str", GICD + GICD_ICENABLER + word, bit);
}

/* What a message's bytes alone cost: 16 at a time, as the kernel copies them. */
static void bench_copy(const char *name, uint32_t bytes)
{
	static uint64_t from[512] __attribute__((aligned(64))), to[512] __attribute__((aligned(64)));

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before, after, f = (uint64_t)from, t = (uint64_t)to, end = f + bytes, a, b;

		__asm__ volatile("mrs %0, cntvct_el0\n"
				 "1:\tldp %5, %6, [%2], #16\n\tstp %5, %6, [%3], #16\n\tcmp %2, %4\n\tb.lo 1b\n\t"
				 "mrs %1, cntvct_el0"
				 : "=&r"(before), "=&r"(after), "+&r"(f), "+&r"(t), "+&r"(end), "=&r"(a), "=&r"(b)
				 :
				 : "memory", "cc");
		sample[i] = after - before - empty;
	}
	row(name);
}

/* Handlers: the first statement takes the time. */
static void on_interrupt(void)
{
	uint32_t intid;

	handler_time = ticks();
	intid = gic_acknowledge();
	if (intid == TIMER_VIRTUAL)
		write_reg(cntv_ctl_el0, 0);
	gic_end(intid);
	handled = handled + 1;
}

static void bench_sgi(void)
{
	uint64_t value = (uint64_t)SGI_HERE << 24 | 1u;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before, after;

		handled = 0;
		__asm__ volatile("mrs %0, cntvct_el0\n\tmsr S3_0_C12_C11_5, %2\n\tisb\n\tmrs %1, cntvct_el0"
				 : "=&r"(before), "=&r"(after)
				 : "r"(value)
				 : "memory");
		while (!handled)
			relax();
		sample[i] = handler_time - before - empty;
	}
	row("sgi_self_handler");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before, after;

		handled = 0;
		__asm__ volatile("mrs %0, cntvct_el0\n\tmsr S3_0_C12_C11_5, %2\n\tisb\n\tmrs %1, cntvct_el0"
				 : "=&r"(before), "=&r"(after)
				 : "r"(value)
				 : "memory");
		if (handled != 1)
			say("note", "sgi_self was late");
		sample[i] = after - before - empty;
	}
	row("sgi_self_round_trip");
}

/* Acknowledge, and end of interrupt, with the barriers a driver has between. */
static void bench_acknowledge(void)
{
	interrupts_off();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before, after, intid;

		sgi_self(SGI_HERE);
		while (!gic_bit(GICD_ISPENDR, SGI_HERE))
			relax();
		__asm__ volatile("mrs %0, cntvct_el0\n\tmrs %2, S3_0_C12_C12_0\n\tdsb sy\n\tmsr S3_0_C12_C12_1, %2\n\tisb\n\t"
				 "mrs %1, cntvct_el0"
				 : "=&r"(before), "=&r"(after), "=&r"(intid)
				 :
				 : "memory");
		if (intid != SGI_HERE)
			say_dec("note acknowledge", intid);
		sample[i] = after - before - empty;
	}
	interrupts_on();
	row("acknowledge_end");
}

static void arm_timer(uint64_t when)
{
	handled = 0;
	write_reg(cntv_cval_el0, when);
	write_reg(cntv_ctl_el0, 1);
	isb();
}

static void bench_timer(void)
{
	gic_enable(TIMER_VIRTUAL);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t when = ticks() + TIMER_LEAD + i;

		arm_timer(when);
		while (!handled)
			relax();
		sample[i] = handler_time - when;
	}
	row("timer_spin_handler");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t when = ticks() + TIMER_LEAD + i;

		arm_timer(when);
		while (!handled)
			wfi();
		sample[i] = handler_time - when;
	}
	row("timer_wfi_handler");
	gic_disable(TIMER_VIRTUAL);
}

static void bench_gap(void)
{
	uint64_t last = ticks(), worst = 0, least = ~0ul;

	for (uint32_t i = 0; i < GAP_LOOPS; i++) {
		uint64_t now = ticks(), gap = now - last;

		worst = gap > worst ? gap : worst;
		least = gap < least ? gap : least;
		last = now;
	}
	for (uint32_t i = 0; i < ROUNDS; i++)
		sample[i] = worst;
	row("longest_gap");
	say_dec("note shortest gap", least);
}

/* --- the other core --- */

static void other_first(void)
{
	other_time = ticks();
	other_state = 1;
}

static void on_other(void)
{
	uint32_t intid;

	other_time = ticks();
	intid = gic_acknowledge();
	sgi_core(SGI_HERE, 0);
	gic_end(intid);
}

/* Both cores use one handler pointer: the core's number decides. */
static void on_either(void)
{
	if (core_index())
		on_other();
	else
		on_interrupt();
}

static void other_wait(void)
{
	gic_core_init();
	gic_enable(SGI_THERE);
	gic_enable(SGI_HERE);
	other_state = 1;
	interrupts_on();
	for (;;)
		wfi();
}

static void other_spin(void)
{
	gic_core_init();
	gic_enable(SGI_THERE);
	other_state = 1;
	interrupts_on();
	while (other_state == 1)
		relax();
	interrupts_off();
}

static bool other_start(void (*run)(void))
{
	other_state = 0;
	if (core_start(1, run) != 0)
		return false;
	while (!other_state)
		relax();
	return true;
}

static void other_end(void)
{
	while (psci(PSCI_AFFINITY_INFO, 1, 0, 0) != 1)
		relax();
}

static void bench_start(void)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before;

		other_state = 0;
		before = ticks();
		if (core_start(1, other_first) != 0)
			return;
		while (!other_state)
			relax();
		sample[i] = other_time - before - empty;
		other_end();
	}
	row("cpu_on_first_c");
}

static uint64_t ping(bool sleep)
{
	uint64_t before;

	handled = 0;
	before = ticks();
	__asm__ volatile("msr S3_0_C12_C11_5, %0\n\tisb" ::"r"((uint64_t)SGI_THERE << 24 | 2u)
			 : "memory");
	while (!handled) {
		if (sleep)
			wfi();
		else
			relax();
	}
	return before;
}

static void bench_ipi(void)
{
	irq_handler = on_either;
	if (!other_start(other_spin))
		return;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		delay_us(20);
		sample[i] = 0 - ping(false);
		sample[i] += handler_time - empty;
	}
	row("ipi_spin_round_trip");
	other_state = 2;
	other_end();

	if (!other_start(other_wait))
		return;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before;

		delay_us(20); /* it sleeps again */
		before = ping(true);
		sample[i] = other_time - before - empty;
	}
	row("ipi_wfi_one_way");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before;

		delay_us(20);
		before = ping(true);
		sample[i] = handler_time - before - empty;
	}
	row("ipi_wfi_round_trip");
}

void guest_main(void)
{
	uart_init();
	measure_empty();
	say("bench", "1");
	say("where", in_partition() ? "partition" : "bare");
	say_dec("empty", empty);
	sample[0] = guest_entry_ticks;
	for (uint32_t i = 1; i < ROUNDS; i++)
		sample[i] = guest_entry_ticks;
	row("boot_first_instruction");
	gic_init();
	gic_core_init();
	gic_enable(SGI_HERE);
	irq_handler = on_interrupt;
	bench_calls();
	bench_registers();
	bench_copy("copy_32", 32);
	bench_copy("copy_64", 64);
	bench_copy("copy_4096", 4096);
	interrupts_on();
	bench_sgi();
	bench_acknowledge();
	bench_timer();
	bench_gap();
	bench_start();
	bench_ipi();
	interrupts_off();
	say("bench", "done");
}
