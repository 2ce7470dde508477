/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions that the kernel gives to a guest's EL1, as the processor would (DDI 0487,
 * "AArch64.TakeException"), and stepping over a trapped instruction. v is loaded.
 */
#include "arm64.h"
#include "kernel/arch.h"

/* The vector's offset from VBAR_EL1, by where the guest was. */
static uint64_t vector(uint64_t pstate)
{
	if (pstate & PSTATE_32)
		return 0x600; /* EL0, AArch32 */
	switch (pstate & 0xf) {
	case 0: return 0x400;  /* EL0t */
	case 4: return 0x000;  /* EL1t */
	default: return 0x200; /* EL1h */
	}
}

static void take(uint64_t esr)
{
	uint64_t pstate = read_reg(spsr_el2), sctlr = read_reg(sctlr_el1);
	uint64_t next = PSTATE_EL1H | PSTATE_DAIF;
	uint64_t mmfr1 = read_reg(id_aa64mmfr1_el1), pfr1 = read_reg(id_aa64pfr1_el1);

	if (mmfr1 >> 20 & 0xf) /* FEAT_PAN */
		next |= sctlr & SCTLR_EL1_SPAN ? pstate & PSTATE_PAN : PSTATE_PAN;
	if (pfr1 >> 4 & 0xf) /* FEAT_SSBS */
		next |= sctlr & SCTLR_EL1_DSSBS ? PSTATE_SSBS : 0;
	if (!(pstate & PSTATE_32))
		next |= pstate & (PSTATE_NZCV | PSTATE_DIT);
	write_reg(elr_el1, read_reg(elr_el2));
	write_reg(spsr_el1, pstate);
	write_reg(esr_el1, esr);
	write_reg(elr_el2, read_reg(vbar_el1) + vector(pstate));
	write_reg(spsr_el2, next);
}

void inject_undefined(struct vcpu *v, uint64_t esr)
{
	(void)v;
	take((uint64_t)EC_UNKNOWN << 26 | (esr & ESR_IL));
}

/* A synchronous external abort; the class says whether it comes from EL0 or EL1. */
void inject_abort(struct vcpu *v, uint64_t esr, uint64_t far, bool fetch)
{
	uint64_t pstate = read_reg(spsr_el2);
	bool user = (pstate & PSTATE_32) || (pstate & 0xf) == 0;
	uint64_t ec = fetch ? EC_IABT_LOWER : EC_DABT_LOWER;
	uint64_t iss = 0x10; /* synchronous external abort, not on a table walk */

	(void)v;
	if (!user)
		ec += 1;
	if (!fetch)
		iss |= esr & (1u << 6); /* WnR */
	write_reg(far_el1, far);
	take(ec << 26 | ESR_IL | iss);
}

/*
 * The IT state of a T32 block moves on with each instruction (DDI 0487, "AArch32.ITAdvance").
 * SPSR: IT[1:0] in bits 26:25, IT[7:2] in 15:10.
 */
static uint64_t it_advance(uint64_t pstate)
{
	uint64_t it = (pstate >> 25 & 3) | (pstate >> 10 & 0x3f) << 2;

	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	pstate &= ~(3ull << 25 | 0x3full << 10);
	return pstate | (it & 3) << 25 | (it >> 2 & 0x3f) << 10;
}

void pc_step(uint64_t esr, uint64_t *pc, uint64_t *pstate)
{
	if (unlikely(*pstate & PSTATE_32))
		*pstate = it_advance(*pstate);
	else
		*pstate &= ~PSTATE_BTYPE;
	*pstate &= ~PSTATE_SS; /* a single-stepped instruction is done: the step exception comes next */
	*pc += esr & ESR_IL ? 4 : 2;
}

void pc_advance_rare(uint64_t esr)
{
	uint64_t pc = read_reg(elr_el2), pstate = read_reg(spsr_el2);

	pc_step(esr, &pc, &pstate);
	write_reg(spsr_el2, pstate);
	write_reg(elr_el2, pc);
}

uint64_t left_past_rare(struct vcpu *v, uint64_t esr)
{
	pc_advance_rare(esr);
	return left_nothing(v);
}
