/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vCPUs that have their interrupts directly: HCR_EL2.IMO is clear, Group 1 goes to EL1, the CPU interface and both EL1 timers are the
 * processor's. What reaches beyond the partition does not: distributor and redistributors are emulated, each access filtered to the
 * partition's own lines; PMR, RPR, CTLR, DIR and the SGI registers trap (ICH_HCR_EL2.TC) and are applied to the physical interface.
 * A virtual INTID is the physical one there. No list register is used.
 *
 * While such a vCPU runs its core takes no interrupt to EL2, so whoever needs that core takes its stage 2 away: the core's root is a page of
 * the kernel's (its door), into which the kernel copies one of the partition's roots, whole; emptied, by any core, and the TLB
 * invalidated, the next instruction faults, whatever the guest has masked. While the kernel sleeps there, it takes one interrupt: that of the
 * EL2 timer, which is also what others pend to wake it: no guest sees that, but one with `native-wfi` may, as an interrupt that it does not know.
 */
#ifndef ARM64_DIRECT_H
#define ARM64_DIRECT_H

#include "arch/arm64/vgic.h"

struct core;

struct direct_cpu {
	uint32_t pmr; /* as the guest wrote it: always current; the hardware's is never below what lets the kernel's interrupt through */
	/* current while not loaded; ap also while it sleeps */
	uint32_t ctlr, bpr, enable;
	uint32_t ap[4]; /* ICC_AP1R<n>_EL1 */
	uint32_t woken; /* an interrupt has ended its sleep that it lets not through itself: its WFI returns all the same */
};

/* --- the core --- */
void direct_core_init(struct core *c); /* on core c, which is dedicated; behind gic_core_init() */
void direct_idle(struct core *c);      /* arch_idle() */
void direct_kick(struct core *c);      /* any core: c comes to the kernel */

/* --- a vCPU; on its core --- */
void direct_dist_reset(struct partition *p); /* nobody of p runs: behind vgic_dist_reset() */
void direct_cpu_reset(struct vcpu *v);	     /* not loaded: its private interrupts and its CPU interface */
bool direct_is_reset(const struct vcpu *v);  /* as vgic_is_reset(), beside that */
void direct_cpu_wake(struct vcpu *v);	     /* not loaded: its CPU interface only */
void direct_load(struct vcpu *v);
void direct_save(struct vcpu *v);
uint64_t direct_root(struct vcpu *v);		    /* fills the door: what VTTBR_EL2 is to have */
bool direct_was_shut(struct vcpu *v, uint64_t esr); /* a stage 2 abort: true: it came by the door, which is open again: the core was called */
bool direct_pending(struct vcpu *v);		    /* loaded: would WFI return? */

uint64_t direct_wait(struct vcpu *v, uint64_t esr); /* WFI or WFE, on the spot: v, or what is left (arm64.h) */

/* --- any core --- */
void direct_raise(struct partition *p, uint32_t intid);
/*
 * A level input, of an emulated device: pended when it rises, and anew at each access of the guest to the device while it is high, as nobody
 * sees the guest's EOI. When it falls, what is pending goes.
 */
void direct_line(struct partition *p, uint32_t intid, bool level);
void direct_line_again(struct partition *p, uint32_t intid);

/* --- trapped accesses --- */
enum vgic_result direct_gicd(struct vcpu *v, struct vgic_access *a);
enum vgic_result direct_gicr(struct vcpu *v, uint32_t index, struct vgic_access *a);
void direct_sgi(struct vcpu *v, uint64_t value);
void direct_dir(struct vcpu *v, uint64_t intid);
void direct_pmr_write(struct vcpu *v, uint64_t value);
uint64_t direct_ctlr_read(void);
void direct_ctlr_write(uint64_t value);

#endif
