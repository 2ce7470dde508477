/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identification policy (MEM of features): a field is shown as the processor has it where its
 * feature works in a partition, and as "not implemented" otherwise. What is not listed reads as
 * zero, which in these registers means absent. Fields: Arm DDI 0487, "ID_AA64PFR0_EL1" and others.
 */
#include "arm64.h"
#include "kernel/partition.h"

#define F(lsb) (0xfull << (lsb)) /* a four-bit field */

/* Fields passed on, by register. PAuth, SVE, SME, MTE, RAS, PMU, SPE, trace, LORegions, nested
 * virtualization: EL2 neither switches nor allows them, so they are not among these. */
#define PFR0_SHOWN  (F(0) | F(16) | F(20) | F(24) | F(48) | F(60)) /* EL0 FP AdvSIMD GIC DIT CSV3 */
#define PFR1_SHOWN  (F(0) | F(4))				   /* BT SSBS */
#define DFR0_SHOWN  (F(0) | F(12) | F(20) | F(28))		   /* DebugVer BRPs WRPs CTX_CMPs */
#define ISAR0_SHOWN (~(F(0) | F(24)))				   /* all but TME */
#define ISAR1_SHOWN (F(0) | F(12) | F(16) | F(20) | F(32) | F(36) | F(40) | F(44) | F(48) | F(52))
#define MMFR0_SHOWN (F(4) | F(20) | F(24) | F(28))	   /* ASIDBits TGran; not BigEnd: emulated registers are little-endian */
#define MMFR1_SHOWN (F(0) | F(12) | F(20) | F(28) | F(36)) /* HAFDBS HPDS PAN XNX-free ETS */
#define MMFR2_SHOWN (F(0) | F(4) | F(8) | F(12) | F(20) | F(28) | F(32) | F(36) | F(48) | F(52) | F(60))

/* The generic name of the register with this CRm and op2. */
#define RAW(crm, op2) read_reg(s3_0_c0_c##crm##_##op2)

static uint64_t pfr0(const struct vcpu *v)
{
	uint64_t raw = RAW(4, 0), value = raw & PFR0_SHOWN;

	value |= 1ull << 4; /* EL1: AArch64 only; EL2 and EL3: not implemented */
	if ((raw >> 56 & 0xf) != 0)
		value |= 1ull << 56; /* CSV2, without SCXTNUM */
	if (v->part->desc->fp == BH_FP_NONE)
		value |= F(16) | F(20);
	return value;
}

static uint64_t dfr0(void)
{
	return (RAW(5, 0) & DFR0_SHOWN) | F(36); /* DoubleLock: not implemented */
}

/* Physical addresses end where the kernel's stage 2 does, at 40 bits or below. */
static uint64_t mmfr0(void)
{
	uint64_t raw = RAW(7, 0), range = raw & 0xf;

	return (raw & MMFR0_SHOWN) | (range > 2 ? 2 : range);
}

static uint64_t mmfr1(void)
{
	return RAW(7, 1) & MMFR1_SHOWN & ~F(28);
}

/* AArch32, at EL0 only: everything but the PMU, trace and the debug features of the external kind. */
static bool aarch32(uint32_t crm, uint32_t op2, uint64_t *value)
{
	switch (crm << 4 | op2) {
	case 0x10: *value = RAW(1, 0) & 0xffff; return true;   /* PFR0: no RAS, no AMU */
	case 0x11: *value = RAW(1, 1) & ~(F(12)); return true; /* no virtualization */
	case 0x12: *value = RAW(1, 2) & 0xf; return true;      /* DFR0: debug only */
	case 0x13: *value = 0; return true;
	case 0x14: *value = RAW(1, 4); return true;
	case 0x15: *value = RAW(1, 5); return true;
	case 0x16: *value = RAW(1, 6); return true;
	case 0x17: *value = RAW(1, 7); return true;
	case 0x20: *value = RAW(2, 0); return true;
	case 0x21: *value = RAW(2, 1); return true;
	case 0x22: *value = RAW(2, 2); return true;
	case 0x23: *value = RAW(2, 3); return true;
	case 0x24: *value = RAW(2, 4); return true;
	case 0x25: *value = RAW(2, 5); return true;
	case 0x26: *value = RAW(2, 6); return true;
	case 0x27: *value = RAW(2, 7); return true;
	case 0x30: *value = RAW(3, 0); return true;
	case 0x31: *value = RAW(3, 1); return true;
	case 0x32: *value = RAW(3, 2); return true;
	default: *value = 0; return true;
	}
}

/* CPU-1: the policy for what is shown. */
bool id_register(const struct vcpu *v, uint32_t reg, uint64_t *value)
{
	uint32_t crm = reg >> 1 & 0xf, op2 = reg >> 17 & 7;

	if ((reg & ~(0xfu << 1 | 7u << 17)) != SYSREG(3, 0, 0, 0, 0) || crm == 0 || crm > 7)
		return false;
	if (crm < 4)
		return aarch32(crm, op2, value);
	switch (crm << 4 | op2) {
	case 0x40: *value = pfr0(v); break;
	case 0x41: *value = RAW(4, 1) & PFR1_SHOWN; break;
	case 0x50: *value = dfr0(); break;
	case 0x60: *value = RAW(6, 0) & ISAR0_SHOWN; break;
	case 0x61: *value = RAW(6, 1) & ISAR1_SHOWN; break;
	case 0x70: *value = mmfr0(); break;
	case 0x71: *value = mmfr1(); break;
	case 0x72: *value = RAW(7, 2) & MMFR2_SHOWN; break;
	default: *value = 0; break;
	}
	return true;
}
