/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every system register encoding of op0 = 2 and 3, read and written, and every system instruction
 * of op0 = 1. Readable ones are written with what was read, so that the guest survives; the rest
 * with 0. What is not listed in the output was UNDEFINED both ways.
 */
#include "tests/guests/hostile/hostile.h"

#define MRS 0xd5300000u
#define MSR 0xd5100000u
#define SYS 0xd5080000u

#define ENCODING(op0, op1, crn, crm, op2) \
	((op0 - 2) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)

static uint32_t other_exceptions;

/* true: it ran. UNDEFINED is EC 0, or 0x18 where the processor says "trapped" to EL1. */
static bool works(uint32_t word, uint64_t value, uint64_t *result)
{
	if (!run_caught(word, value, result))
		return true;
	if (ESR_EC(caught.esr) != 0 && ESR_EC(caught.esr) != 0x18)
		other_exceptions++;
	return false;
}

static void name(uint32_t op0, uint32_t encoding)
{
	put_dec(op0);
	for (uint32_t i = 0; i < 4; i++) {
		static const uint8_t shift[4] = { 16, 12, 8, 5 }, mask[4] = { 7, 15, 15, 7 };

		put_char('.');
		put_dec(encoding >> shift[i] & mask[i]);
	}
}

static void one_register(uint32_t op0, uint32_t op1, uint32_t crn, uint32_t crm, uint32_t op2)
{
	uint32_t e = ENCODING(op0, op1, crn, crm, op2);
	uint64_t value = 0, ignored;
	bool readable = works(MRS | e, 0, &value);
	bool writable = works(MSR | e, readable ? value : 0, &ignored);

	if (!readable && !writable)
		return;
	put("reg ");
	name(op0, e);
	put(readable ? writable ? " rw\n" : " r\n" : " w\n");
}

/* Cache, TLB and address translation instructions; x0 is an address of this guest's own. */
static uint64_t line[8] __attribute__((aligned(64)));

static void one_instruction(uint32_t op1, uint32_t crn, uint32_t crm, uint32_t op2)
{
	uint32_t e = op1 << 16 | crn << 12 | crm << 8 | op2 << 5;
	uint64_t x0 = (uint64_t)(uintptr_t)line, ignored;

	if (crn == 8)
		x0 >>= 12; /* TLBI takes a page */
	if (!works(SYS | e, x0, &ignored))
		return;
	put("sys ");
	name(1, e);
	put("\n");
}

static void all(uint32_t op0)
{
	for (uint32_t op1 = 0; op1 < 8; op1++)
		for (uint32_t crn = 0; crn < 16; crn++)
			for (uint32_t rest = 0; rest < 128; rest++) {
				uint32_t crm = rest >> 3, op2 = rest & 7;

				if (op0 == 1)
					one_instruction(op1, crn, crm, op2);
				else
					one_register(op0, op1, crn, crm, op2);
			}
}

void hostile_registers(void)
{
	other_exceptions = 0;
	all(2);
	all(3);
	all(1);
	say_dec("registers.other_exceptions", other_exceptions);
}
