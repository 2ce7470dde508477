/* SPDX-License-Identifier: Apache-2.0 */
/* What the identification registers show must work: an instruction of each feature shown. */
#include "tests/guests/probe/probe.h"

static uint64_t scratch[8] __attribute__((aligned(64)));

/* Fields whose value 15 means "absent" are signed. */
static void feature(const char *name, uint64_t reg, uint32_t lsb, uint32_t least, bool sign, void (*run)(void *))
{
	uint32_t field = (uint32_t)(reg >> lsb) & 0xf;

	put("feature.");
	put(name);
	if ((sign && field == 15) || field < least) {
		put(" absent\n");
		return;
	}
	catch_start();
	run(scratch);
	put(catch_end() ? " shown-but-WRONG\n" : " works\n");
}

#define FEATURE(name, reg, lsb, least)                               \
	do {                                                         \
		void insn_##name(void *);                            \
		feature(#name, reg, lsb, least, false, insn_##name); \
	} while (0)
#define FEATURE_SIGNED(name, reg, lsb, least)                       \
	do {                                                        \
		void insn_##name(void *);                           \
		feature(#name, reg, lsb, least, true, insn_##name); \
	} while (0)

static void features_pfr(uint64_t pfr0, uint64_t pfr1)
{
	FEATURE_SIGNED(fp, pfr0, 16, 0);
	FEATURE_SIGNED(fp16, pfr0, 16, 1);
	FEATURE_SIGNED(simd, pfr0, 20, 0);
	FEATURE_SIGNED(simd16, pfr0, 20, 1);
	FEATURE(gic, pfr0, 24, 1);
	FEATURE(ras, pfr0, 28, 1);
	FEATURE(sve, pfr0, 32, 1);
	FEATURE(amu, pfr0, 44, 1);
	FEATURE(dit, pfr0, 48, 1);
	FEATURE(csv2, pfr0, 56, 2);
	FEATURE(bti, pfr1, 0, 1);
	FEATURE(ssbs, pfr1, 4, 2);
	FEATURE(mte, pfr1, 8, 1);
}

static void features_isar0(uint64_t isar0)
{
	FEATURE(aes, isar0, 4, 1);
	FEATURE(pmull, isar0, 4, 2);
	FEATURE(sha1, isar0, 8, 1);
	FEATURE(sha256, isar0, 12, 1);
	FEATURE(sha512, isar0, 12, 2);
	FEATURE(crc32, isar0, 16, 1);
	FEATURE(atomic, isar0, 20, 2);
	FEATURE(rdm, isar0, 28, 1);
	FEATURE(sha3, isar0, 32, 1);
	FEATURE(sm3, isar0, 36, 1);
	FEATURE(sm4, isar0, 40, 1);
	FEATURE(dp, isar0, 44, 1);
	FEATURE(fhm, isar0, 48, 1);
	FEATURE(ts, isar0, 52, 1);
	FEATURE(ts2, isar0, 52, 2);
	FEATURE(tlbios, isar0, 56, 1);
	FEATURE(tlbirange, isar0, 56, 2);
	FEATURE(rndr, isar0, 60, 1);
}

static void features_isar1(uint64_t isar1)
{
	FEATURE(dpb, isar1, 0, 1);
	FEATURE(dpb2, isar1, 0, 2);
	FEATURE(jscvt, isar1, 12, 1);
	FEATURE(fcma, isar1, 16, 1);
	FEATURE(lrcpc, isar1, 20, 1);
	FEATURE(lrcpc2, isar1, 20, 2);
	FEATURE(pauth, isar1, 24, 1); /* GPA */
	FEATURE(frintts, isar1, 32, 1);
	FEATURE(sb, isar1, 36, 1);
	FEATURE(specres, isar1, 40, 1);
	FEATURE(bf16, isar1, 44, 1);
	FEATURE(i8mm, isar1, 52, 1);
}

static void features_mmfr(uint64_t mmfr0, uint64_t mmfr1, uint64_t mmfr2)
{
	FEATURE(ecv, mmfr0, 60, 1);
	FEATURE(lor, mmfr1, 16, 1);
	FEATURE(pan, mmfr1, 20, 1);
	FEATURE(pan2, mmfr1, 20, 2);
	FEATURE(uao, mmfr2, 4, 1);
	FEATURE(lse2, mmfr2, 32, 1);
}

static void features_dfr(uint64_t dfr0)
{
	FEATURE(breakpoint, dfr0, 0, 6);
	FEATURE(trace, dfr0, 4, 1);
	FEATURE_SIGNED(pmu, dfr0, 8, 1);
	FEATURE(spe, dfr0, 32, 1);
	FEATURE_SIGNED(osdlr, dfr0, 36, 0);
	FEATURE(trf, dfr0, 40, 1);
}

void probe_features(void)
{
	features_pfr(read_reg(id_aa64pfr0_el1), read_reg(id_aa64pfr1_el1));
	features_isar0(read_reg(id_aa64isar0_el1));
	features_isar1(read_reg(id_aa64isar1_el1));
	features_mmfr(read_reg(id_aa64mmfr0_el1), read_reg(id_aa64mmfr1_el1), read_reg(S3_0_C0_C7_2));
	features_dfr(read_reg(id_aa64dfr0_el1));
	say_dec("debug.breakpoints", (read_reg(id_aa64dfr0_el1) >> 12 & 0xf) + 1);
	say_dec("debug.watchpoints", (read_reg(id_aa64dfr0_el1) >> 20 & 0xf) + 1);
}
