/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this port share. The exit path: entry.S saves and calls trap_*(), traps.c
 * decodes and asks the portable kernel or one of these, sched_next() answers who runs.
 */
#ifndef ARM64_ARM64_H
#define ARM64_ARM64_H

#include "kernel/vcpu.h"
#include "sysreg.h"

/* traps.c, called from entry.S */
struct vcpu *trap_sync(struct vcpu *v);
struct vcpu *trap_irq(struct vcpu *v);
struct vcpu *trap_serror(struct vcpu *v);
noreturn void guest_enter(struct vcpu *v); /* entry.S */

/* inject.c: exceptions into the guest; v is loaded */
void inject_undefined(struct vcpu *v, uint64_t esr);
void inject_abort(struct vcpu *v, uint64_t esr, uint64_t far, bool fetch);
void pc_advance(uint64_t esr);				    /* past the instruction that was trapped */
void pc_step(uint64_t esr, uint64_t *pc, uint64_t *pstate); /* the same, of a vCPU that is not loaded */

/* sysregs.c: a trapped MSR, MRS or system instruction; esr has its ISS */
void sysreg_trap(struct vcpu *v, uint64_t esr);
void fp_trap(struct vcpu *v);

/* idregs.c: identification registers, one policy. reg: op0..op2 as in ISS_SYSREG(). */
bool id_register(const struct vcpu *v, uint32_t reg, uint64_t *value);

/* memory.c: stage 2 aborts */
void data_abort(struct vcpu *v, uint64_t esr);
void fetch_abort(struct vcpu *v, uint64_t esr);

/* smccc.c: HVC and SMC */
void smccc_call(struct vcpu *v, bool smc);
void smccc_probe(void); /* boot core: what the firmware offers */
int64_t firmware_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

/* timer.c */
void timer_core_init(void);
void timer_load(struct vcpu *v);
void timer_save(struct vcpu *v);
void timer_physical_changed(struct vcpu *v); /* CNTP_* was written */
void timer_virtual_irq(struct core *c);	     /* the loaded vCPU's */
void timer_virtual_review(struct vcpu *v);   /* v loaded: before it looks whether the timer's interrupt is pending */

/* machine.c */
void irq_handle(void);

/* switch.c */
void debug_enable(struct vcpu *v); /* v touched its debug registers for the first time */
bool serror_window(void);	   /* true: an asynchronous error was pending */

/* Trapped system register's name, from the ISS of EC 0x18: op0 op1 CRn CRm op2. */
#define SYSREG(op0, op1, crn, crm, op2) \
	((uint32_t)((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1))
#define ISS_SYSREG(esr) ((uint32_t)(esr)&0x3ffc1eu)
#define ISS_RT(esr)	((uint32_t)((esr) >> 5) & 0x1fu)
#define ISS_READ(esr)	((esr)&1u)

/* Register 31 reads as zero and swallows what is written. */
static inline uint64_t reg_get(const struct vcpu *v, uint32_t n)
{
	return n < 31 ? v->arch.x[n] : 0;
}

static inline void reg_set(struct vcpu *v, uint32_t n, uint64_t value)
{
	if (n < 31)
		v->arch.x[n] = value;
}

#endif
