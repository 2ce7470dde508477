/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that a guest has no business with, and what each of them did. */
#include "tests/guests/hostile/hostile.h"

static uint64_t scratch[64] __attribute__((aligned(64)));

static void one(const char *what, uint32_t word)
{
	uint64_t ignored;

	put("insn ");
	put(what);
	if (run_caught(word, (uint64_t)(uintptr_t)scratch, &ignored)) {
		put(" exception ");
		put_hex(ESR_EC(caught.esr));
		put_char('\n');
	} else {
		put(" ran\n");
	}
}

/* Words that are unallocated in every revision known: op0 of the top-level table 0000, and 0b0001/0b0011. */
static void unallocated(void)
{
	uint32_t undefined = 0;

	for (uint32_t i = 0; i < 10000; i++) {
		uint64_t ignored;
		uint32_t word = random_next() & 0x01ffffffu; /* bits 28:25 = 0000, bit 31 = 0 */

		if (run_caught(word, 0, &ignored) && ESR_EC(caught.esr) == 0)
			undefined++;
	}
	say_dec("insn.unallocated.undefined", undefined);
}

/* Set and way, over the whole geometry that CCSIDR shows and past it. */
static void set_way(void)
{
	static const uint32_t word[3] = { 0xd5087640, 0xd5087a40, 0xd5087e40 }; /* dc isw, csw, cisw, x0 */
	uint32_t refused = 0, ran = 0;

	for (uint32_t i = 0; i < 3; i++)
		for (uint32_t n = 0; n < 100; n++) {
			uint64_t ignored, where = (uint64_t)(n & 1) << 1 | (uint64_t)n << 6 | (uint64_t)(n & 3) << 30;

			if (run_caught(word[i], where, &ignored))
				refused++;
			else
				ran++;
		}
	say_dec("setway.refused", refused);
	say_dec("setway.ran", ran);
}

void hostile_instructions(void)
{
	one("udf", 0x00000000);
	one("udf_ffff", 0x0000ffff);
	one("hlt", 0xd4400000);
	one("hlt_f000", 0xd45e0000);
	one("dcps1", 0xd4a00001);
	one("dcps2", 0xd4a00002);
	one("dcps3", 0xd4a00003);
	one("drps", 0xd6bf03e0);
	one("svc", 0xd4000001);
	one("brk", 0xd4200000);
	one("tlbi_alle1", 0xd50c879f);
	one("tlbi_alle2", 0xd50c871f);
	one("tlbi_vmalls12e1", 0xd50c87df);
	one("at_s12e1r", 0xd50c7880);
	one("at_s1e2r", 0xd50c7800);
	one("ldxp_device_free", 0xc87f0400); /* ldxp x0, x1, [x0] */
	one("clrex", 0xd5033f5f);
	one("fp", 0x1e212800);
	one("sve", 0x04203000);
	one("pacga", 0x9ac03000);
	one("msr_pan", 0xd500419f);
	unallocated();
	set_way();
}
