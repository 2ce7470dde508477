/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this port share. The exit path: entry.S saves and calls trap_*(), and trap() for what these leave; traps.c
 * decodes and asks the portable kernel or one of these, sched_next() answers who runs.
 */
#ifndef ARM64_ARM64_H
#define ARM64_ARM64_H

#include "gicv3.h"
#include "kernel/core.h"
#include "kernel/vcpu.h"
#include "sysreg.h"
#include "vgic_again.h"

/* traps.c, called from entry.S */
uint64_t trap_call(struct vcpu *v); /* these four: v, which goes on, or what is left for trap(), odd */
uint64_t trap_sync(struct vcpu *v, uint64_t esr);
uint64_t trap_irq(struct vcpu *v);
uint64_t trap_serror(struct vcpu *v);
struct vcpu *trap(struct vcpu *v, uint64_t left);
noreturn void guest_enter(struct vcpu *v); /* entry.S */

/* inject.c: exceptions into the guest; v is loaded */
void inject_undefined(struct vcpu *v, uint64_t esr);
void inject_abort(struct vcpu *v, uint64_t esr, uint64_t far, bool fetch);
void pc_step(uint64_t esr, uint64_t *pc, uint64_t *pstate); /* past the instruction that was trapped, of a vCPU that is not loaded */
void pc_advance_rare(uint64_t esr);

/* There is more to it than the pc. */
static inline bool pc_is_rare(void)
{
	return read_reg(spsr_el2) & (PSTATE_32 | PSTATE_BTYPE | PSTATE_SS);
}

/* The same, of one that is loaded. */
static inline void pc_advance(uint64_t esr)
{
	if (unlikely(pc_is_rare()))
		pc_advance_rare(esr);
	else
		write_reg(elr_el2, read_reg(elr_el2) + 4);
}

/* sysregs.c: a trapped MSR, MRS or system instruction; esr has its ISS */
void sysreg_trap(struct vcpu *v, uint64_t esr);
void fp_trap(struct vcpu *v);

/* idregs.c: identification registers, one policy. reg: op0..op2 as in ISS_SYSREG(). */
bool id_register(const struct vcpu *v, uint32_t reg, uint64_t *value);

/* memory.c: stage 2 aborts */
void data_abort(struct vcpu *v, uint64_t esr);
uint64_t data_abort_quick(struct vcpu *v, uint64_t esr); /* on the spot: a vCPU, or what is left */
void fetch_abort(struct vcpu *v, uint64_t esr);

/* smccc.c: HVC and SMC */
void smccc_call(struct vcpu *v, bool smc);
uint64_t smc_quick(struct vcpu *v, uint64_t esr); /* SMC on the spot: v, or what is left */
void smccc_probe(void);				  /* boot core: what the firmware offers */
int64_t firmware_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

/* What interrupts this core: INTID, and then gic_drop() is next; or >= GIC_SPURIOUS: nothing. */
static inline uint64_t gic_acknowledge(void)
{
	uint64_t intid = read_reg(icc_iar1_el1);

	dsb(sy); /* the acknowledgement takes effect at the GIC before what follows */
	return intid;
}

/* What was acknowledged: its priority is dropped, it stays active. */
static inline void gic_drop(uint64_t intid)
{
	write_reg(icc_eoir1_el1, intid);
	isb();
}

/* It was dropped, and is active no more. What the handler did to a device comes first, or a level would fire once more. */
static inline void gic_end(uint64_t intid)
{
	dsb(sy);
	write_reg(icc_dir_el1, intid);
	isb();
}

/* Likewise, of one that no handler saw to. */
static inline void gic_end_sgi(uint64_t intid)
{
	write_reg(icc_dir_el1, intid);
	isb();
}

/* To another core, by gic_kick_value(). Preceding stores are visible first. */
static inline void gic_kick(uint64_t value)
{
	dsb(ishst);
	write_reg(icc_sgi1r_el1, value);
	isb();
}

/* timer.c */
#define VIRTUAL_PPI  27u
#define PHYSICAL_PPI 30u

/* The guest's virtual timer has fired, and has not been stopped since. */
static inline bool timer_virtual_fires(void)
{
	return (read_reg(cntv_ctl_el0) & (CNT_CTL_ENABLE | CNT_CTL_IMASK | CNT_CTL_ISTATUS)) == (CNT_CTL_ENABLE | CNT_CTL_ISTATUS);
}

void timer_core_init(void);
void timer_load_physical(struct vcpu *v);    /* it runs: its line */
void timer_physical_changed(struct vcpu *v); /* CNTP_* was written */
void timer_virtual_irq(struct vcpu *v);	     /* it came; v: who is loaded, or NULL */
void timer_virtual_review(struct vcpu *v);   /* v loaded: before it looks whether the timer's interrupt is pending */

static inline bool timer_runs(uint64_t ctl)
{
	return (ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK)) == CNT_CTL_ENABLE;
}

static inline void timer_load_virtual(struct vcpu *v)
{
	uint64_t cval = v->arch.cntv_cval, ctl = v->arch.cntv_ctl; /* by one instruction */

	write_reg(cntv_cval_el0, cval);
	write_reg(cntv_ctl_el0, ctl);
}

/* Its line is low behind the next ISB. */
static inline void timer_save_virtual(struct vcpu *v)
{
	uint64_t cval = read_reg(cntv_cval_el0), ctl = read_reg(cntv_ctl_el0);

	v->arch.cntv_cval = cval;
	v->arch.cntv_ctl = ctl;
	if (unlikely(ctl & CNT_CTL_ENABLE)) {
		write_reg(cntv_ctl_el0, 0);
		vcpu_timed(v->core, v);
	}
}

/* The quick look of a loaded one: no interrupt of v is pending. One that has not used its CPU interface can take none. */
static inline bool vgic_irqs_quiet(const struct vcpu *v)
{
	if (likely(v->arch.more == 0))
		return load_relaxed(&v->arch.vgic.closed) == 0;
	return !v->arch.is_direct && vgic_is_quiet(v);
}

/* Of the vCPU that is loaded. */
static inline bool timer_virtual_on(void)
{
	return read_reg(cntv_ctl_el0) & CNT_CTL_ENABLE;
}

/* Both timers are the hardware's where interrupts are direct. */
static inline void timer_load(struct vcpu *v, bool both)
{
	timer_load_virtual(v);
	if (both) {
		write_reg(cntp_cval_el0, v->arch.cntp_cval);
		write_reg(cntp_ctl_el0, v->arch.cntp_ctl);
	} else if (unlikely(timer_runs(v->arch.cntp_ctl))) {
		timer_load_physical(v);
	}
}

static inline void timer_save(struct vcpu *v, bool both)
{
	timer_save_virtual(v);
	if (both) {
		v->arch.cntp_ctl = read_reg(cntp_ctl_el0) & (CNT_CTL_ENABLE | CNT_CTL_IMASK);
		v->arch.cntp_cval = read_reg(cntp_cval_el0);
		write_reg(cntp_ctl_el0, 0);
	}
	isb(); /* its level is low before the next one's interrupts are looked at */
}

/* machine.c */
void irq_handle(uint32_t intid); /* acknowledged and dropped */

/* switch.c */
void switch_core_init(struct core *c);
void switch_review(struct vcpu *v); /* what `more` depends on has changed */
void switch_irqs(struct vcpu *v);   /* v, loaded, uses its CPU interface from now on */
void debug_enable(struct vcpu *v);  /* v touched its debug registers for the first time */
void switch_serror(struct vcpu *v); /* v, loaded, has an SError pending */

/*
 * What is left of an exit that is not over on the spot (traps.c), in entry.S's x0: odd, other than the address of a vCPU.
 * Until then what is in memory of the guest's x18-x29 does not reach it.
 */
#define LEFT_SYNC   1u	/* all of it */
#define LEFT_IRQ    3u	/* this interrupt, which has been acknowledged: INTID << 8 */
#define LEFT_ALARM  11u /* the core's own timer, acknowledged */
#define LEFT_NEXT   5u	/* who runs */
#define LEFT_HANDED 9u	/* the same, and all that was done is that another has the core: port_near.h */
#define LEFT_WAITS  7u	/* the same, and all that was done is that the vCPU waits: event_wait_quick() */

/* The guest sees what is written to this register's place in memory, on the spot. 31 is none. */
static inline bool is_saved(uint32_t n)
{
	return n < 18 || n == 31;
}

/* v goes on. */
static inline uint64_t left_nothing(const struct vcpu *v)
{
	return (uint64_t)(uintptr_t)v;
}

/* v goes on, unless something was done that who runs depends on. What others post comes with a kick (sched.c). */
static inline uint64_t left_next(const struct vcpu *v)
{
	return likely(!v->core->changed) ? left_nothing(v) : LEFT_NEXT;
}

uint64_t left_past_rare(struct vcpu *v, uint64_t esr); /* inject.c */

/* v goes on behind the instruction that was trapped. */
static inline uint64_t left_past(struct vcpu *v, uint64_t esr)
{
	if (unlikely(pc_is_rare()))
		return left_past_rare(v, esr);
	write_reg(elr_el2, read_reg(elr_el2) + 4);
	return left_nothing(v);
}

/* Trapped system register's name, from the ISS of EC 0x18: op0 op1 CRn CRm op2. */
#define SYSREG(op0, op1, crn, crm, op2) \
	((uint32_t)((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1))
static inline bool core_is_dedicated(const struct core *c)
{
	return c->desc->door_va != 0;
}

/* arch_vcpu.h */
static inline bool core_is_lone(const struct core *c)
{
	return c->desc->n_vcpus == 1 && c->vcpu[0]->arch.is_lone;
}

#define ICC_SGI1R_EL1	SYSREG(3, 0, 12, 11, 5)
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
