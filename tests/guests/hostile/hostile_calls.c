/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A million calls by HVC and SMC: functions and arguments at random, many of them near real ones.
 * Left out are only those that end or suspend the caller, by their exact numbers.
 */
#include "abi/call.h"
#include "tests/guests/hostile/hostile.h"

#ifndef HOSTILE_CALLS
#define HOSTILE_CALLS 1070000u /* those that would end the partition are skipped: a million are made */
#endif

static bool ends_us(uint32_t f)
{
	switch (f & ~0x40000000u) {
	case 0x84000001: /* CPU_SUSPEND */
	case 0x84000002: /* CPU_OFF */
	case 0x84000008: /* SYSTEM_OFF */
	case 0x84000009: /* SYSTEM_RESET */
	case 0x84000012: /* SYSTEM_RESET2 */
	case 0x8400000c: /* CPU_DEFAULT_SUSPEND */
	case 0x8400000e: /* SYSTEM_SUSPEND */
		return true;
	default:
		return false;
	}
}

static uint32_t function(void)
{
	uint32_t r = random_next(), n = random_next();

	switch (r & 7) {
	case 0: return 0x84000000u | (n & 0x1f);
	case 1: return 0xc4000000u | (n & 0x1f);
	case 2:
	case 3: return BH_CALL(n & 0x1f); /* all there are, and as many beyond */
	case 4: return 0x80000000u | (n & 0xf);
	case 5: return (n & 0xff000000u) | (r >> 8 & 0xff);
	case 6: return 0x86000000u | (n & 0xffff);
	default: return n;
	}
}

static uint64_t argument(void)
{
	uint32_t r = random_next();

	switch (r & 3) {
	case 0: return r >> 8 & 7;
	case 1: return 0x40000000u + (r >> 2);
	case 2: return (uint64_t)random_next() << 32 | r;
	default: return (uint64_t)(int64_t)(int32_t)r;
	}
}

void hostile_calls(void)
{
	uint32_t done = 0, accepted = 0;

	for (uint32_t i = 0; i < HOSTILE_CALLS; i++) {
		uint32_t f = function();
		uint64_t a = argument(), b = argument(), c = argument();
		struct answer r;

		if (ends_us(f))
			continue;
		if (f == BH_CALL_WAIT)
			b &= 0xffff; /* long ago: it looks, and does not wait */
		r = random_next() & 1 ? call_hvc(f, a, b, c) : call_smc(f, a, b, c);
		done++;
		if ((int64_t)r.x[0] >= 0)
			accepted++;
	}
	say_dec("calls.done", done);
	say_dec("calls.accepted", accepted);
	for (uint32_t imm = 1; imm < 0x10000; imm += 257) {
		uint64_t ignored;

		run_caught(0xd4000002u | imm << 5, PSCI_VERSION, &ignored); /* hvc #imm */
		run_caught(0xd4000003u | imm << 5, PSCI_VERSION, &ignored); /* smc #imm */
	}
	say_hex("calls.still_answers", call_hvc(PSCI_VERSION, 0, 0, 0).x[0]);
}
