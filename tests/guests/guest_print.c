/* SPDX-License-Identifier: Apache-2.0 */
/* Output of the test guests: the PL011 at 0x09000000, polled. */
#include "tests/guests/guest.h"

#define PL011	   0x09000000ul
#define PL011_DR   0x00
#define PL011_FR   0x18
#define PL011_LCRH 0x2c
#define PL011_CR   0x30
#define FR_TXFF	   0x20u
#define LINE_BYTES 240u

void uart_init(void)
{
	*reg32(PL011 + PL011_CR) = 0;
	*reg32(PL011 + PL011_LCRH) = 0x70; /* 8 bits, FIFOs */
	*reg32(PL011 + PL011_CR) = 0x301;  /* on, transmit, receive */
}

static char line[LINE_BYTES];
static uint32_t used;

static void send(char c)
{
	while (*reg32(PL011 + PL011_FR) & FR_TXFF)
		relax();
	*reg32(PL011 + PL011_DR) = (uint8_t)c;
}

/* Whole lines are sent at once, so that nobody else's come between their parts. */
void put_char(char c)
{
	line[used++] = c;
	if (c != '\n' && used < LINE_BYTES)
		return;
	for (uint32_t i = 0; i < used; i++) {
		if (line[i] == '\n')
			send('\r');
		send(line[i]);
	}
	used = 0;
}

void put(const char *s)
{
	while (*s)
		put_char(*s++);
}

void put_hex(uint64_t v)
{
	int shift = 60;

	put("0x");
	while (shift > 0 && !(v >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put_char("0123456789abcdef"[v >> shift & 0xf]);
}

void put_dec(uint64_t v)
{
	char digit[20];
	uint32_t n = 0;

	do {
		digit[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (n)
		put_char(digit[--n]);
}

void say(const char *key, const char *value)
{
	put(key);
	put_char(' ');
	put(value);
	put_char('\n');
}

void say_hex(const char *key, uint64_t value)
{
	put(key);
	put_char(' ');
	put_hex(value);
	put_char('\n');
}

void say_dec(const char *key, uint64_t value)
{
	put(key);
	put_char(' ');
	put_dec(value);
	put_char('\n');
}

void say_ok(const char *key, bool ok)
{
	say(key, ok ? "ok" : "WRONG");
}
