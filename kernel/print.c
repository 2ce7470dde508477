/* SPDX-License-Identifier: Apache-2.0 */
/* Text for the board's UART, a character at a time: no buffer, no state. */
#include "kernel/print.h"

#include "kernel/arch.h"

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

/* A fixed record: one line that a script can find, with what the caller knows. */
noreturn void panic(const char *why, uint64_t a, uint64_t b, uint64_t c)
{
	print("\nbulkhead: PANIC core ");
	print_dec(this_core() ? this_core()->number : 0);
	print(": ");
	print(why);
	print(" ");
	print_hex(a);
	print(" ");
	print_hex(b);
	print(" ");
	print_hex(c);
	print("\n");
	arch_halt();
}
