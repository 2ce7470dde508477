/* SPDX-License-Identifier: Apache-2.0 */
/* Text for the board's UART, a character at a time: no buffer, no state. */
#include "kernel/print.h"

#include "kernel/arch.h"
#include "kernel/sched.h"

void print(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			arch_putc('\r');
		arch_putc(*text);
	}
}

void print_hex(uint64_t value)
{
	int shift = 60;

	print("0x");
	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4) {
		uint32_t digit = value >> shift & 0xf;

		arch_putc((char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
	}
}

void print_dec(uint64_t value)
{
	char digit[20];
	uint32_t n = 0;

	do {
		digit[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (n)
		arch_putc(digit[--n]);
}

/* For whoever opens a dump of the machine, as the line is for whoever reads the console. */
static struct {
	uint64_t magic; /* "BHPANIC" once all of it is there */
	uint64_t core, a, b, c;
	ticks_t time;
	const char *why;
} last_words;

static uint32_t panic_begun;

#define PANIC_MAGIC 0x0043494e41504842ull

void panic_attend(void)
{
	if (load_relaxed(&panic_begun))
		arch_halt();
}

/* The others leave their guests and stop; one that is in the kernel stops when it would leave it. */
static void stop_others(void)
{
	for (uint32_t i = 0; blob && i < blob->n_cores; i++)
		if (core_at(i) != this_core() && load_acquire(&core_at(i)->online))
			sched_post_now(core_at(i));
}

static void say(const char *why, uint32_t core, uint64_t a, uint64_t b, uint64_t c)
{
	print("\nbulkhead: PANIC core ");
	print_dec(core);
	print(": ");
	print(why);
	print(" ");
	print_hex(a);
	print(" ");
	print_hex(b);
	print(" ");
	print_hex(c);
	print("\n");
}

/* HEALTH-8. A fixed record: one line that a script can find, with what the caller knows. Of several cores that panic the first one speaks. */
noreturn void panic(const char *why, uint64_t a, uint64_t b, uint64_t c)
{
	uint32_t core = this_core() ? this_core()->number : 0;

	if (swap_all(&panic_begun, 1))
		arch_halt();
	last_words.core = core;
	last_words.a = a;
	last_words.b = b;
	last_words.c = c;
	last_words.time = arch_time();
	last_words.why = why;
	store_release(&last_words.magic, PANIC_MAGIC);
	stop_others();
	say(why, core, a, b, c);
	arch_halt();
}
