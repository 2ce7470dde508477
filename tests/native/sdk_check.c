/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SDK promises, checked from inside a partition with two vCPUs. One line a promise, "ok"
 * or "FAILED" first; at the end it overruns its stack, which must be reported as that.
 */
#include "sdk/bulkhead.h"

#define MS	   1000000u
#define NOTHING	   0x30000000u /* IPA at which nothing is declared */
#define SGI	   3u
#define SPI	   40u
#define FP_ROUNDS  3000000u
#define RECOVERED  0x77u
#define MAX_FRAMES 1000u

static void check(bool ok, const char *what)
{
	bh_printf("%s %s\n", ok ? "ok" : "FAILED", what);
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

#define formats(want, ...)                                     \
	do {                                                   \
		char text_[80];                                \
		bh_snprintf(text_, sizeof text_, __VA_ARGS__); \
		check(same(text_, want), want);                \
	} while (0)

static void check_format(void)
{
	char four[4];

	formats("1 -2 3 ff FF", "%d %i %u %x %X", 1, -2, 3, 255, 255);
	formats("-9223372036854775808 18446744073709551615", "%lld %llu", (long long)INT64_MIN,
		(unsigned long long)UINT64_MAX);
	formats("|   42|42   |00042|-0042|", "|%5d|%-5d|%05d|%05d|", 42, 42, 42, -42);
	formats("|  ab|ab  |a|xyz |", "|%4s|%-4s|%.1s|%*s|", "ab", "ab", "ab", -4, "xyz");
	formats("%c0x1234", "%%%c%p", 'c', (void *)0x1234);
	formats("000000004000beef 7", "%016llx %zu", 0x4000beefull, (size_t)7);
	check(bh_snprintf(four, sizeof four, "abcdef") == 6 && same(four, "abc"), "too long a text is cut");
}

static volatile uint32_t count;

static void counted(void *arg)
{
	(void)arg;
	count = count + 1;
}

static void wait_ns(uint64_t ns)
{
	bh_sleep_until(bh_time_ticks() + bh_time_from_ns(ns));
}

static void check_interrupts(void)
{
	uint64_t daif;

	count = 0;
	bh_irq_enable(SGI, counted, NULL, BH_PRIORITY_NORMAL);
	bh_irq_send(SGI, 0);
	wait_ns(MS);
	check(count == 1, "an interrupt sent to oneself is handled once");
	daif = bh_irq_mask();
	bh_irq_send(SGI, 0);
	bh_time_ticks();
	check(count == 1, "a masked interrupt waits");
	bh_wait();
	check(count == 2, "waiting lets it through, even if it came before");
	bh_irq_restore(daif);
	bh_irq_edge(SPI, true);
	bh_irq_enable(SPI, counted, NULL, BH_PRIORITY_LOW);
	bh_irq_pend(SPI);
	wait_ns(MS);
	check(count == 3, "an edge is handled once");
	bh_irq_disable(SPI);
	bh_irq_pend(SPI);
	wait_ns(MS);
	check(count == 3, "a disabled interrupt does not come");
}

static void check_time(void)
{
	uint64_t begin = bh_time_ticks(), ns = 123456789012345678u;

	wait_ns(20 * MS);
	check(bh_time_to_ns(bh_time_ticks() - begin) >= 20 * MS, "a sleep is not too short");
	check(ns - bh_time_to_ns(bh_time_from_ns(ns)) <= 1000, "years of nanoseconds convert without overflow");
	count = 0;
	begin = bh_time_ticks();
	bh_alarm_every(begin, bh_time_from_ns(10 * MS), counted, NULL);
	bh_sleep_until(begin + bh_time_from_ns(205 * MS));
	bh_alarm_cancel();
	check(count > 2 && count <= (bh_time_ticks() - begin) / bh_time_from_ns(10 * MS) + 1,
	      "a periodic alarm keeps to its period");
	count = 0;
	wait_ns(30 * MS);
	check(count == 0, "a cancelled alarm does not go off");
	bh_alarm_at(bh_time_ticks() + bh_time_from_ns(MS), counted, NULL);
	wait_ns(30 * MS);
	check(count == 1, "an alarm goes off once");
}

static bool step_over(struct bh_frame *f)
{
	f->pc += 4;
	f->x[0] = RECOVERED;
	return true;
}

/* x0 after a load from there, a store there, and an undefined instruction. */
static uint64_t after_load(uint64_t address)
{
	register uint64_t x0 __asm__("x0") = address;

	__asm__ volatile("ldr x0, [x0]"
			 : "+r"(x0)
			 :
			 : "memory");
	return x0;
}

static uint64_t after_store(uint64_t address)
{
	register uint64_t x0 __asm__("x0") = address;

	__asm__ volatile("str x0, [x0]"
			 : "+r"(x0)
			 :
			 : "memory");
	return x0;
}

static uint64_t after_undefined(void)
{
	register uint64_t x0 __asm__("x0") = 1;

	__asm__ volatile("udf #0"
			 : "+r"(x0)
			 :
			 : "memory");
	return x0;
}

int main(void);

static void check_faults(void)
{
	static uint64_t data;

	bh_fault_handler(step_over);
	check(after_load(NOTHING) == RECOVERED, "a load from nothing can be recovered");
	check(after_undefined() == RECOVERED, "an undefined instruction can be recovered");
	check(after_store((uintptr_t)main) == RECOVERED, "code cannot be written");
	check(after_store((uintptr_t)&data) != RECOVERED, "data can be written");
	bh_fault_handler(NULL);
}

static volatile double handler_value = 1;
static volatile bool further_done;

static void use_fp(void *arg)
{
	(void)arg;
	handler_value = handler_value * 1.5 + 0.25;
	count = count + 1;
}

static double rounds(void)
{
	double x = 1;

	for (uint32_t i = 0; i < FP_ROUNDS; i++)
		x = x * 0.999 + 0.5;
	return x;
}

static void further(void *arg)
{
	double *sum = arg;

	bh_alarm_every(bh_time_ticks(), bh_time_from_ns(MS), use_fp, NULL);
	*sum = rounds();
	bh_alarm_cancel();
	further_done = bh_cpu_index() == 1;
}

static void check_cpus(void)
{
	static char stack[BH_CPU_STACK_MIN] __attribute__((aligned(16)));
	static double sum;
	uint32_t patience = 1000;

	check(bh_cpu_on(7, further, NULL, stack, sizeof stack) != 0, "a vCPU that is not there does not start");
	check(bh_cpu_on(1, further, &sum, stack, 64) != 0, "nor one with too small a stack");
	check(bh_cpu_on(1, further, &sum, stack, sizeof stack) == 0, "a further vCPU starts");
	while (!further_done && patience--)
		wait_ns(10 * MS);
	check(further_done, "and does its work");
	check(count > 1 && sum == rounds(), "handlers that use FP leave a thread's as it was");
}

static uint32_t overrun(uint32_t n)
{
	volatile char frame[512];

	frame[0] = (char)n;
	return n < MAX_FRAMES ? overrun(n + 1) + (uint32_t)frame[0] : 0;
}

int main(void)
{
	check_format();
	check_interrupts();
	check_time();
	check_faults();
	count = 0;
	check_cpus();
	bh_log("all promises checked");
	check(overrun(0) == 0 && false, "the end of the stack is guarded");
	return 0;
}
