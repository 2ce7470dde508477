/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark's guest: lengths of paths in counter ticks, which are instructions under
 * `-icount shift=0` with a counter of 1 GHz. The same file runs bare and in a partition.
 * Prints "row NAME MIN MEDIAN"; reading the counter twice with nothing between is subtracted.
 */
#include "abi/call.h"
#include "tests/guests/bench/bench.h"

#define SPARE_SPI    200u
#define GAP_LOOPS    200000u
#define UNKNOWN_CALL 0x8400ff00u
#define WORK_BYTES   0x100000u
#define WORK_LOADS   1024u
#define WORK_STRIDE  0x1040u /* a page and a line */
#define WORK_ROUNDS  1000u

uint64_t sample[ROUNDS];
uint64_t empty;

void row(const char *name)
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

static void measure_empty(void)
{
	uint64_t a, b;

	__asm__ volatile("mrs %0, cntvct_el0\n\tmrs %1, cntvct_el0"
			 : "=&r"(a), "=&r"(b));
	__asm__ volatile("mrs %0, cntvct_el0\n\tmrs %1, cntvct_el0"
			 : "=&r"(a), "=&r"(b));
	empty = b - a;
}

/* --- one instruction between two readings of the counter --- */

STAMPING uint64_t time_hvc(const char *begin, const char *end, uint64_t function)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = 0;
	uint64_t before, after;

	__asm__ volatile(STAMP("%0", "%4") "hvc #0\n" STAMP("%1", "%5")
			 : "=&r"(before), "=&r"(after), "+r"(x0), "+r"(x1)
			 : "S"(begin), "S"(end)
			 : "x2", "x3", "memory");
	return after - before - empty;
}

STAMPING uint64_t time_smc(const char *begin, const char *end, uint64_t function)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = 0;
	uint64_t before, after;

	__asm__ volatile(STAMP("%0", "%4") "smc #0\n" STAMP("%1", "%5")
			 : "=&r"(before), "=&r"(after), "+r"(x0), "+r"(x1)
			 : "S"(begin), "S"(end)
			 : "x2", "x3", "memory");
	return after - before - empty;
}

STAMPING uint64_t time_load(const char *begin, const char *end, uint64_t address)
{
	uint64_t before, after, value;

	__asm__ volatile(STAMP("%0", "%4") "ldr %w2, [%3]\n" STAMP("%1", "%5")
			 : "=&r"(before), "=&r"(after), "=&r"(value)
			 : "r"(address), "S"(begin), "S"(end)
			 : "memory");
	return after - before - empty;
}

STAMPING uint64_t time_store(const char *begin, const char *end, uint64_t address, uint64_t value)
{
	uint64_t before, after;

	__asm__ volatile(STAMP("%0", "%4") "str %w2, [%3]\n" STAMP("%1", "%5")
			 : "=&r"(before), "=&r"(after)
			 : "r"(value), "r"(address), "S"(begin), "S"(end)
			 : "memory");
	return after - before - empty;
}

STAMPING uint64_t time_id_register(const char *begin, const char *end)
{
	uint64_t before, after, value;

	__asm__ volatile(STAMP("%0", "%3") "mrs %2, id_aa64mmfr0_el1\n" STAMP("%1", "%4")
			 : "=&r"(before), "=&r"(after), "=&r"(value)
			 : "S"(begin), "S"(end)
			 : "memory");
	return after - before - empty;
}

#define ROW(name, call)                               \
	do {                                          \
		for (uint32_t i = 0; i < ROUNDS; i++) \
			sample[i] = (call);           \
		row(name);                            \
	} while (0)

static void bench_calls(void)
{
	ROW("hvc_null", time_hvc(PATH("hvc_null"), BH_CALL_VERSION));
	ROW("hvc_psci_version", time_hvc(PATH("hvc_psci_version"), PSCI_VERSION));
	ROW("hvc_smccc_version", time_hvc(PATH("hvc_smccc_version"), SMCCC_VERSION));
	ROW("hvc_unknown", time_hvc(PATH("hvc_unknown"), UNKNOWN_CALL));
	ROW("smc_psci_version", time_smc(PATH("smc_psci_version"), PSCI_VERSION));
}

static void bench_registers(void)
{
	uint64_t word = SPARE_SPI / 32 * 4, bit = 1u << SPARE_SPI % 32;

	ROW("id_register_read", time_id_register(PATH("id_register_read")));
	ROW("gicd_typer_read", time_load(PATH("gicd_typer_read"), GICD + GICD_TYPER));
	ROW("gicd_enable_read", time_load(PATH("gicd_enable_read"), GICD + GICD_ISENABLER + word));
	ROW("gicd_enable_write", time_store(PATH("gicd_enable_write"), GICD + GICD_ISENABLER + word, bit));
	ROW("gicd_disable_write", time_store(PATH("gicd_disable_write"), GICD + GICD_ICENABLER + word, bit));
}

/* --- what needs no kernel --- */

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

static uint64_t walk(const uint8_t *memory)
{
	uint64_t sum = 0;

	for (uint32_t i = 0, at = 0; i < WORK_LOADS; i++, at = (at + WORK_STRIDE) % WORK_BYTES)
		sum += *(const volatile uint64_t *)(memory + at);
	return sum;
}

static uint64_t compute(uint64_t x)
{
	for (uint32_t i = 0; i < WORK_ROUNDS; i++) {
		x = x * 6364136223846793005ul + i;
		x ^= x >> 29;
	}
	return x;
}

static void bench_work(void)
{
	static uint8_t memory[WORK_BYTES] __attribute__((aligned(4096)));
	static volatile uint64_t sink;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before = ticks();

		sink = walk(memory);
		sample[i] = ticks() - before - empty;
	}
	row("memory_walk");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before = ticks();

		sink = compute(sink);
		sample[i] = ticks() - before - empty;
	}
	row("integer_work");
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

void guest_main(void)
{
	uart_init();
	measure_empty();
	say("bench", "1");
	say("where", in_partition() ? "partition" : "bare");
	say_hex("base", (uint64_t)(uintptr_t)guest_header);
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
	bench_work();
	interrupts_on();
	bench_sgi();
	bench_acknowledge();
	bench_timer();
	bench_device();
	bench_gap();
	bench_start();
	bench_ipi();
	interrupts_off();
	say("bench", "done");
}
