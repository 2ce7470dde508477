/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's registers for who inspects or debugs it, by number (abi/call.h, enum bh_register). It stands still, and all of it
 * is in memory (arch_vcpu_settle()); what is changed here the hardware gets when it is loaded again.
 */
#include "arm64.h"
#include "kernel/arch.h"

static uint64_t *stack_pointer(struct arch_vcpu *a)
{
	return (a->pstate & PSTATE_32) || !(a->pstate & 1) ? &a->sp_el0 : &a->sp_el1;
}

static uint64_t *system_register(struct arch_vcpu *a, enum bh_register n)
{
	switch (n) {
	case BH_REGISTER_SP: return stack_pointer(a);
	case BH_REGISTER_PC: return &a->pc;
	case BH_REGISTER_PSTATE: return &a->pstate;
	case BH_REGISTER_SP_EL0: return &a->sp_el0;
	case BH_REGISTER_SP_EL1: return &a->sp_el1;
	case BH_REGISTER_SCTLR: return &a->sctlr_el1;
	case BH_REGISTER_TCR: return &a->tcr_el1;
	case BH_REGISTER_TTBR0: return &a->ttbr0_el1;
	case BH_REGISTER_TTBR1: return &a->ttbr1_el1;
	case BH_REGISTER_MAIR: return &a->mair_el1;
	case BH_REGISTER_ESR: return &a->esr_el1;
	case BH_REGISTER_FAR: return &a->far_el1;
	case BH_REGISTER_ELR: return &a->elr_el1;
	case BH_REGISTER_SPSR: return &a->spsr_el1;
	case BH_REGISTER_VBAR: return &a->vbar_el1;
	case BH_REGISTER_FPSR: return &a->fpsr;
	default: return &a->fpcr;
	}
}

uint64_t *arch_vcpu_register(struct vcpu *v, uint32_t n)
{
	if (n <= 30)
		return &v->arch.x[n];
	if (n >= BH_REGISTER_Q0)
		return &v->arch.q[n - BH_REGISTER_Q0];
	return system_register(&v->arch, (enum bh_register)n);
}

/* PSTATE: the flags and the interrupt masks; the exception level and the rest decide what the kernel returns to. */
#define PSTATE_WRITABLE (PSTATE_NZCV | PSTATE_DAIF)

bool arch_vcpu_set_register(struct vcpu *v, uint32_t n, uint64_t value)
{
	struct arch_vcpu *a = &v->arch;

	if (n == BH_REGISTER_PSTATE) {
		a->pstate = (a->pstate & ~PSTATE_WRITABLE) | (value & PSTATE_WRITABLE);
		return true;
	}
	if (n > BH_REGISTER_PC && n < BH_REGISTER_FPSR)
		return false;
	*arch_vcpu_register(v, n) = n == BH_REGISTER_FPSR || n == BH_REGISTER_FPCR ? (uint32_t)value : value;
	return true;
}

/* TDE brings its debug exceptions to EL2, and makes its accesses to the debug registers trap (sysregs.c). */
void arch_vcpu_debug(struct vcpu *v, enum bh_debug how)
{
	struct arch_vcpu *a = &v->arch;

	a->step = how == BH_DEBUG_STEP;
	if (how == BH_DEBUG_OFF)
		a->mdcr &= ~(uint64_t)MDCR_EL2_TDE;
	else
		a->mdcr |= MDCR_EL2_TDE;
	set_bits(&a->more, MORE_RARE); /* it stands still, but its own core may attend to it at this moment: that one alone takes it back (load_rest()) */
}
