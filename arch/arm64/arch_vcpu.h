/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's registers on this port. x[] and kernel_sp come first: while a guest runs, SP_EL2 points
 * here, and the vectors save the general registers without needing another one.
 * x[] is current whenever the kernel runs; all else is current only while the vCPU is not loaded.
 */
#ifndef ARM64_ARCH_VCPU_H
#define ARM64_ARCH_VCPU_H

#include "direct.h"
#include "vgic.h"

/*
 * The EL1 and EL0 system registers that belong to a vCPU, as the EL1 guest changes them without a
 * trap. One list for save, load and reset; in pairs, which one instruction stores or loads. Source: Arm DDI 0487, "AArch64 System Registers".
 */
#define EL1_REGISTERS(PAIR)            \
	PAIR(sp_el0, sp_el1)           \
	PAIR(elr_el1, spsr_el1)        \
	PAIR(sctlr_el1, cpacr_el1)     \
	PAIR(ttbr0_el1, ttbr1_el1)     \
	PAIR(tcr_el1, mair_el1)        \
	PAIR(esr_el1, far_el1)         \
	PAIR(vbar_el1, contextidr_el1) \
	PAIR(tpidr_el0, tpidrro_el0)   \
	PAIR(tpidr_el1, par_el1)       \
	PAIR(csselr_el1, cntkctl_el1)

/* These, what they hold is up to the processor, and most have nothing there (switch_core_init()). */
#define EL1_REGISTERS_OF_FEW(X) \
	X(amair_el1)            \
	X(afsr0_el1)            \
	X(afsr1_el1)

struct arch_vcpu {
	uint64_t x[31];
	uint64_t kernel_sp; /* top of its core's kernel stack */

	uint64_t pc, pstate;
#define X(reg)	   uint64_t reg;
#define PAIR(a, b) uint64_t a, b;
	EL1_REGISTERS(PAIR)
	EL1_REGISTERS_OF_FEW(X)
#undef PAIR
#undef X
	/* what EL2 sets for it */
	uint64_t vttbr;
	uint64_t hcr, vmpidr; /* in pairs, too */
	uint64_t mdcr, cptr;

	uint64_t cntv_cval, cntv_ctl;
	uint64_t cntp_ctl, cntp_cval; /* the emulated physical timer: always current */

	uint64_t access, access_far; /* ESR_EL2 and FAR_EL2 of the access to an emulated region that is being answered */
	uint32_t abort_pending;	     /* it failed while v was not loaded: external abort at the next load */

	uint32_t step;	     /* being debugged: it stops after its next instruction */
	uint32_t debug_used; /* it has touched its breakpoint registers: they are switched with it */
	uint32_t fp_used;    /* its FP registers have been in the hardware */
	uint32_t os_lock;
	uint64_t mdscr;
	uint64_t bvr[16], bcr[16], wvr[16], wcr[16];

	uint64_t fpsr, fpcr;
	uint64_t q[64] __attribute__((aligned(16)));

	uint32_t more;	    /* MORE_*: it has what the shortest way of a switch does not move (switch.c); only its own core clears a bit */
	uint32_t is_direct; /* its core is dedicated: for good */
	uint32_t is_lone;   /* alone on a core that is not, and its partition has others: a physical SGI that comes there, but for the kick, is its; for good */
	struct direct_cpu direct;
	struct vgic_cpu vgic;
};

#define MORE_IRQS BIT(0) /* its CPU interface */
#define MORE_HEED BIT(1) /* what depends on what its core has done: stale, owner of FP, siblings */
#define MORE_RARE BIT(2) /* something that few have */

static inline bool arch_vcpu_is_timed(const struct arch_vcpu *a)
{
	return (a->cntv_ctl | a->cntp_ctl) & 1; /* ENABLE */
}

/* struct vcpu begins with it. */
static inline struct arch_vcpu *arch_of(struct vcpu *v)
{
	return (struct arch_vcpu *)(void *)v;
}

static inline uint64_t *arch_vcpu_args(struct vcpu *v)
{
	return &arch_of(v)->x[1];
}

static inline void arch_vcpu_answer(struct vcpu *v, int64_t value)
{
	arch_of(v)->x[0] = (uint64_t)value;
}

#endif
