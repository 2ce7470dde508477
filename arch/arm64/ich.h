/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual CPU interface of this core: ICH_* registers (Arm IHI 0069). What is written here
 * reaches the guest at the next exception return; nothing here has an ISB unless it says so.
 * Unit tests put a header of the same name, a model of the hardware, first on the include path.
 */
#ifndef ARM64_ICH_H
#define ARM64_ICH_H

#include "arch/arm64/sysreg.h"
#include "kernel/types.h"

/* ICH_LR<n>_EL2 - List Register */
#define LR_EOI		BIT64(41) /* HW clear: maintenance interrupt when the guest deactivates it */
#define LR_PINTID_SHIFT 32
#define LR_PRIO_SHIFT	48
#define LR_GROUP1	BIT64(60)
#define LR_HW		BIT64(61) /* deactivation reaches the physical interrupt pINTID */
#define LR_PENDING	BIT64(62)
#define LR_ACTIVE	BIT64(63)
#define LR_STATE	(LR_PENDING | LR_ACTIVE)

/* ICH_HCR_EL2 - Hypervisor Control Register */
#define ICH_HCR_EN	       BIT(0)
#define ICH_HCR_LRENPIE	       BIT(2) /* maintenance: EOIcount is not zero */
#define ICH_HCR_NPIE	       BIT(3) /* maintenance: no list register is pending */
#define ICH_HCR_VGRP0EIE       BIT(4) /* maintenance: the guest enables Group 0 */
#define ICH_HCR_VGRP0DIE       BIT(5) /* ... disables it */
#define ICH_HCR_VGRP1EIE       BIT(6) /* the same for Group 1 */
#define ICH_HCR_VGRP1DIE       BIT(7)
#define ICH_HCR_TC	       BIT(10) /* what Groups 0 and 1 have in common traps: PMR, RPR, CTLR, DIR, SGIs */
#define ICH_HCR_TALL0	       BIT(11) /* what Group 0 has alone traps */
#define ICH_HCR_TALL1	       BIT(12) /* ... Group 1 */
#define ICH_HCR_TDIR	       BIT(14) /* ICC_DIR_EL1 traps; only where ICH_VTR_EL2.TDS is set */
#define ICH_HCR_EOICOUNT_SHIFT 27
#define ICH_HCR_REST	       (ICH_HCR_TC | ICH_HCR_TALL0 | ICH_HCR_TALL1) /* while nobody has it: off, and every access traps */

/* ICH_VMCR_EL2 - Virtual Machine Control Register */
#define ICH_VMCR_VENG0	    BIT(0)
#define ICH_VMCR_VENG1	    BIT(1)
#define ICH_VMCR_VFIQEN	    BIT(3) /* RES1 with system registers */
#define ICH_VMCR_VEOIM	    BIT(9)
#define ICH_VMCR_VPMR_SHIFT 24

/* ICH_VTR_EL2 - VGIC Type Register */
#define ICH_VTR_TDS BIT(19)

#define ICH_READ(name, reg)                     \
	static inline uint32_t name(void)       \
	{                                       \
		return (uint32_t)read_reg(reg); \
	}
#define ICH_WRITE(name, reg)                    \
	static inline void name(uint32_t value) \
	{                                       \
		write_reg(reg, value);          \
	}

ICH_READ(ich_vtr, ich_vtr_el2)
ICH_READ(ich_hcr_read, ich_hcr_el2)
ICH_WRITE(ich_hcr_write, ich_hcr_el2)
ICH_READ(ich_vmcr_read, ich_vmcr_el2)
ICH_WRITE(ich_vmcr_write, ich_vmcr_el2)

/* The first one, without a jump to the instruction that names it. */
static inline void ich_lr0_write(uint64_t value)
{
	write_reg(ich_lr0_el2, value);
}

/* List registers there are, 1-16. */
static inline uint32_t ich_lrs(void)
{
	return (ich_vtr() & 31u) + 1;
}

/* Bits of a virtual priority that are kept: 5, or 4 where the hardware has no more (vgic_pass.c has a
 * list for each of the 32). */
static inline uint8_t ich_priority_mask(void)
{
	return (uint8_t)(0xff00u >> ((ich_vtr() >> 29) + 1)) & 0xf8u;
}

/*
 * Bit n: list register n is free and owes no EOI maintenance interrupt. With an ISB: a list register
 * written since the last context synchronisation might still read as free here.
 */
static inline uint32_t ich_elrsr(void)
{
	isb();
	return (uint32_t)read_reg(ich_elrsr_el2);
}

/* ICC_SRE_EL1: system registers, no bypass. EL1 may have changed it where ICC_SRE_EL2.Enable cannot be 0 (IHI 0069, "ICC_SRE_EL2"). */
static inline void ich_sre_load(void)
{
	write_reg(icc_sre_el1, 7);
}

/* gicv3.c */
uint64_t ich_lr_read(uint32_t n); /* n < 16 */
void ich_lr_write(uint32_t n, uint64_t value);
void ich_apr_save(uint32_t ap0r[4], uint32_t ap1r[4]);
uint32_t ich_apr_others(void); /* as ich_apr_any(), of all pairs but the first */
void ich_apr_load(const uint32_t ap0r[4], const uint32_t ap1r[4]);
void ich_apr_clear(void);

/* Of 32 priorities one pair of active-priority registers has all; ICH_VTR_EL2.PREbits says whether there are more. */
static inline bool ich_apr_is_one(void)
{
	return (ich_vtr() >> 26 & 7u) < 5;
}

static inline uint32_t ich_apr_first(void)
{
	return (uint32_t)read_reg(ich_ap0r0_el2) | (uint32_t)read_reg(ich_ap1r0_el2);
}

/* Is a priority active? */
static inline uint32_t ich_apr_any(void)
{
	uint32_t any = ich_apr_first();

	return likely(ich_apr_is_one()) ? any : any | ich_apr_others();
}

#endif
