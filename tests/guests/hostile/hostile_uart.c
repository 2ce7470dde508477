/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses to the UART that an emulator cannot decode from a syndrome, and those that it should refuse. */
#include "tests/guests/hostile/hostile.h"

#define UART 0x09000000ul

/* x0 = address; what is loaded goes to x1-x3, which the call may change. */
static void one(const char *what, uint32_t word, uint64_t address)
{
	uint64_t ignored;

	put("uart ");
	put(what);
	if (run_caught(word, address, &ignored)) {
		put(" exception ");
		put_hex(ESR_EC(caught.esr));
		put_char('.');
		put_hex(caught.esr & 0x3f);
		put_char('\n');
	} else {
		put(" ran\n");
	}
}

void hostile_uart(void)
{
	one("ldrb", 0x39400001, UART + 0x18);
	one("ldrh", 0x79400001, UART + 0x18);
	one("ldr", 0xb9400001, UART + 0x18);
	one("ldr_x", 0xf9400001, UART + 0x18);
	one("ldrsb", 0x39800001, UART + 0x18);
	one("ldrsw", 0xb9800001, UART + 0x18);
	one("ldr_post", 0xb8404401, UART + 0x18); /* ldr w1, [x0], #4 */
	one("ldr_pre", 0xb8404c01, UART + 0x14);
	one("str_post", 0xb8004401, UART + 0x24);
	one("ldp", 0x29400801, UART + 0x18); /* ldp w1, w2, [x0] */
	one("stp", 0x29000801, UART + 0x24);
	one("ldxr", 0x885f7c01, UART + 0x18);
	one("stxr", 0x88027c01, UART + 0x24);
	one("ldar", 0x88dffc01, UART + 0x18);
	one("ldr_s0", 0xbd400000, UART + 0x18);
	one("ldr_q0", 0x3dc00000, UART + 0x10);
	one("ld1", 0x4c407800, UART + 0x10); /* ld1 {v0.4s}, [x0] */
	one("unaligned", 0xb9400001, UART + 0x19);
	one("across_page", 0xb9400001, UART + 0xffe);
	one("prfm", 0xf9800000, UART + 0x18);
	one("dc_zva", 0xd50b7420, UART);
	one("dc_civac", 0xd50b7e20, UART);
	one("reserved", 0xb9400001, UART + 0x800);
	one("reserved_write", 0xb9000001, UART + 0x800);
	one("write_fr", 0xb900001f, UART + 0x18); /* str wzr, [x0] */
	one("write_id", 0xb900001f, UART + 0xfe0);
	uart_init();
	say("uart.still_works", "ok");
}
