/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells when its first instruction ran, and asks for a restart, over and over: how long is it from reset, and from that call, to a
 * partition's first instruction? With the MMU off, on the board's UART, which is its own.
 */
#include "tests/bench/stamp.h"

#define UART	   0x09000000ul
#define UART_DR	   0u
#define UART_FR	   6u
#define FR_TXFF	   0x20u
#define PSCI_RESET 0x84000009ul
#define LEAD	   20000u /* in which it says when it is going to ask */

void boot_main(uint64_t began) __attribute__((noreturn));

static void put_char(char c)
{
	volatile uint32_t *uart = (volatile uint32_t *)UART;

	while (uart[UART_FR] & FR_TXFF)
		;
	uart[UART_DR] = (uint8_t)c;
}

static void tell(const char *what, uint64_t n)
{
	char digits[20];
	uint32_t k = 0;

	while (*what)
		put_char(*what++);
	do
		digits[k++] = (char)('0' + n % 10);
	while (n /= 10);
	while (k)
		put_char(digits[--k]);
	put_char('\n');
}

static void reset_at(uint64_t when) __attribute__((noreturn));
static void reset_at(uint64_t when)
{
	register uint64_t x0 __asm__("x0") = PSCI_RESET;
	uint64_t now;

	__asm__ volatile("1:\n" STAMP("%1", "%3") "cmp\t%1, %2\n\tb.lo\t1b\n\thvc\t#0"
			 : "+r"(x0), "=&r"(now)
			 : "r"(when), "S"("begin restart")
			 : "x1", "x2", "x3", "memory", "cc");
	for (;;)
		;
}

void boot_main(uint64_t began)
{
	uint64_t when = stamp("") + LEAD;

	tell("began ", began);
	tell("asks ", when);
	reset_at(when);
}
