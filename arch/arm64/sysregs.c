/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trapped system registers. What is listed works; everything else is UNDEFINED for the guest, as
 * the identification registers said, and logged.
 */
#include "arm64.h"
#include "direct.h"
#include "kernel/arch.h"
#include "kernel/health.h"

#define ICC_PMR_EL1	  SYSREG(3, 0, 4, 6, 0)
#define ICC_DIR_EL1	  SYSREG(3, 0, 12, 11, 1)
#define ICC_RPR_EL1	  SYSREG(3, 0, 12, 11, 3)
#define ICC_CTLR_EL1	  SYSREG(3, 0, 12, 12, 4)
#define ICC_ASGI1R_EL1	  SYSREG(3, 0, 12, 11, 6)
#define ICC_SGI0R_EL1	  SYSREG(3, 0, 12, 11, 7)
#define ICC_SRE_EL1	  SYSREG(3, 0, 12, 12, 5)
#define CNTP_TVAL_EL0	  SYSREG(3, 3, 14, 2, 0)
#define CNTP_CTL_EL0	  SYSREG(3, 3, 14, 2, 1)
#define CNTP_CVAL_EL0	  SYSREG(3, 3, 14, 2, 2)
#define ACTLR_EL1	  SYSREG(3, 0, 1, 0, 1)
#define OSLAR_EL1	  SYSREG(2, 0, 1, 0, 4)
#define OSLSR_EL1	  SYSREG(2, 0, 1, 1, 4)
#define OSDLR_EL1	  SYSREG(2, 0, 1, 3, 4)
#define DBGPRCR_EL1	  SYSREG(2, 0, 1, 4, 4)
#define MDRAR_EL1	  SYSREG(2, 0, 1, 0, 0)
#define MDSCR_EL1	  SYSREG(2, 0, 0, 2, 2)
#define DBGCLAIMSET_EL1	  SYSREG(2, 0, 7, 8, 6)
#define DBGCLAIMCLR_EL1	  SYSREG(2, 0, 7, 9, 6)
#define DBGAUTHSTATUS_EL1 SYSREG(2, 0, 7, 14, 6)
#define MDCCINT_EL1	  SYSREG(2, 0, 0, 2, 0)
#define MDCCSR_EL0	  SYSREG(2, 3, 0, 1, 0)
#define DBGDTR_EL0	  SYSREG(2, 3, 0, 4, 0)
#define DBGDTRRX_EL0	  SYSREG(2, 3, 0, 5, 0)
#define OSDTRRX_EL1	  SYSREG(2, 0, 0, 0, 2)
#define OSDTRTX_EL1	  SYSREG(2, 0, 0, 3, 2)
#define OSECCR_EL1	  SYSREG(2, 0, 0, 6, 2)

/* The physical timer, kept in memory: always current (timer.c). */
static void timer_read(struct vcpu *v, uint32_t reg, uint32_t rt)
{
	const struct arch_vcpu *a = &v->arch;
	ticks_t now = arch_time();

	if (reg == CNTP_CVAL_EL0)
		reg_set(v, rt, a->cntp_cval);
	else if (reg == CNTP_TVAL_EL0)
		reg_set(v, rt, (uint32_t)(a->cntp_cval - now));
	else
		reg_set(v, rt, a->cntp_ctl | ((a->cntp_ctl & CNT_CTL_ENABLE) && now >= a->cntp_cval ? CNT_CTL_ISTATUS : 0));
}

static void timer_write(struct vcpu *v, uint32_t reg, uint64_t value)
{
	struct arch_vcpu *a = &v->arch;

	if (reg == CNTP_CVAL_EL0)
		a->cntp_cval = value;
	else if (reg == CNTP_TVAL_EL0)
		a->cntp_cval = arch_time() + (uint64_t)(int64_t)(int32_t)value;
	else {
		a->cntp_ctl = value & (CNT_CTL_ENABLE | CNT_CTL_IMASK);
		switch_review(v);
	}
	timer_physical_changed(v);
}

static void physical_timer(struct vcpu *v, uint64_t esr, uint32_t reg)
{
	if (ISS_READ(esr))
		timer_read(v, reg, ISS_RT(esr));
	else
		timer_write(v, reg, reg_get(v, ISS_RT(esr)));
}

/* OS lock: emulated, because the processor's would stay with whoever runs next. */
static void os_lock(struct vcpu *v, uint64_t value)
{
	v->arch.os_lock = value & 1;
	if (v->arch.debug_used)
		write_reg(oslar_el1, value & 1);
}

/* Registers that read as a constant and swallow writes. */
static bool constant(struct vcpu *v, uint32_t reg, uint64_t *value)
{
	switch (reg) {
	case OSLSR_EL1:
		*value = 1u << 3 | v->arch.os_lock << 1; /* OSLM: the OS lock is implemented */
		return true;
	case ICC_SRE_EL1:
		*value = 7; /* system registers, always */
		return true;
	case ACTLR_EL1:
	case OSDLR_EL1:
	case DBGPRCR_EL1:
	case MDRAR_EL1:
	case DBGCLAIMCLR_EL1:
	case DBGAUTHSTATUS_EL1:
	case MDCCINT_EL1:
	case MDCCSR_EL0:
	case DBGDTR_EL0:
	case DBGDTRRX_EL0:
	case OSDTRRX_EL1:
	case OSDTRTX_EL1:
	case OSECCR_EL1:
		*value = 0;
		return true;
	case DBGCLAIMSET_EL1:
		*value = 0xff;
		return true;
	default:
		return false;
	}
}

/* MDSCR_EL1, DBGBVR<n>, DBGBCR<n>, DBGWVR<n>, DBGWCR<n> of a pair that exists: the partition's own. */
static bool is_own_debug(uint32_t reg)
{
	uint32_t n = reg >> 1 & 0xf, kind = reg >> 17 & 7;
	uint64_t dfr0 = read_reg(id_aa64dfr0_el1);

	if (reg == MDSCR_EL1)
		return true;
	if ((reg & ~(0xfu << 1 | 7u << 17)) != SYSREG(2, 0, 0, 0, 0))
		return false;
	if (kind == 4 || kind == 5)
		return n <= (dfr0 >> 12 & 0xf);
	return (kind == 6 || kind == 7) && n <= (dfr0 >> 20 & 0xf);
}

/* The CPU interface's, which trap until it is used for the first time. */
static bool is_own_interrupts(uint32_t reg)
{
	return reg == ICC_PMR_EL1 || ((reg & ~(7u << 17 | 7u << 1)) == SYSREG(3, 0, 12, 8, 0));
}

/* CPU-1, CPU-4: what is not shown is UNDEFINED. */
static void undeclared(struct vcpu *v, uint64_t esr)
{
	switch (health_vcpu(v, BH_FAULT_INSTRUCTION, BH_EVENT_SYSREG, esr & 0x1ffffff, ESR_EC(esr))) {
	case HEALTH_ENDS: break;
	case HEALTH_INJECT: inject_undefined(v, esr); break;
	case HEALTH_GOES_ON:
		if (ISS_READ(esr))
			reg_set(v, ISS_RT(esr), 0);
		pc_advance(esr);
		break;
	}
}

/* Of the CPU interface, what a vCPU that has its interrupts directly finds trapped. False: not that. */
static bool direct_register(struct vcpu *v, uint64_t esr, uint32_t reg)
{
	uint32_t rt = ISS_RT(esr);
	bool read = ISS_READ(esr);

	switch (reg) {
	case ICC_PMR_EL1:
		if (read)
			reg_set(v, rt, v->arch.direct.pmr);
		else
			direct_pmr_write(v, reg_get(v, rt));
		break;
	case ICC_CTLR_EL1:
		if (read)
			reg_set(v, rt, direct_ctlr_read());
		else
			direct_ctlr_write(reg_get(v, rt));
		break;
	case ICC_RPR_EL1:
		if (!read)
			return false;
		reg_set(v, rt, read_reg(icc_rpr_el1));
		break;
	case ICC_SGI1R_EL1:
	case ICC_ASGI1R_EL1:
	case ICC_SGI0R_EL1: /* it has no Group 0 */
		if (read)
			return false;
		if (reg == ICC_SGI1R_EL1)
			direct_sgi(v, reg_get(v, rt));
		break;
	case ICC_DIR_EL1:
		if (read)
			return false;
		direct_dir(v, reg_get(v, rt) & 0xffffff);
		break;
	default: return false;
	}
	pc_advance(esr);
	return true;
}

void sysreg_trap(struct vcpu *v, uint64_t esr)
{
	uint32_t reg = ISS_SYSREG(esr);
	uint64_t value = 0;

	if (unlikely(v->arch.is_direct) && direct_register(v, esr, reg))
		return;
	switch (reg) {
	case ICC_SGI1R_EL1:
	case ICC_ASGI1R_EL1:
	case ICC_SGI0R_EL1:
		if (ISS_READ(esr))
			break; /* write-only */
		vgic_sgi(v, reg_get(v, ISS_RT(esr)), reg == ICC_SGI1R_EL1);
		pc_advance(esr);
		return;
	case ICC_DIR_EL1:
		if (ISS_READ(esr))
			break;
		vgic_dir(v, reg_get(v, ISS_RT(esr)));
		pc_advance(esr);
		return;
	case CNTP_TVAL_EL0:
	case CNTP_CTL_EL0:
	case CNTP_CVAL_EL0:
		physical_timer(v, esr, reg);
		pc_advance(esr);
		return;
	case OSLAR_EL1:
		if (ISS_READ(esr))
			break;
		os_lock(v, reg_get(v, ISS_RT(esr)));
		pc_advance(esr);
		return;
	default:
		if (!v->arch.vgic.begun && !v->arch.is_direct && is_own_interrupts(reg)) {
			switch_irqs(v); /* and the access is made again */
			return;
		}
		if (is_own_debug(reg) && (v->arch.mdcr & MDCR_EL2_TDE)) { /* it is being debugged: these are not its own now */
			if (ISS_READ(esr))
				reg_set(v, ISS_RT(esr), 0);
			pc_advance(esr);
			return;
		}
		if (is_own_debug(reg) && !v->arch.debug_used) {
			debug_enable(v); /* and the access is made again */
			return;
		}
		if (!(ISS_READ(esr) && id_register(v, reg, &value)) && !constant(v, reg, &value))
			break;
		if (ISS_READ(esr))
			reg_set(v, ISS_RT(esr), value);
		pc_advance(esr);
		return;
	}
	undeclared(v, esr);
}
