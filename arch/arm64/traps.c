/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What brought a guest here, by exception class. Each case does one thing and comes back; who runs
 * next is the scheduler's answer. Whatever a guest did is answered to that guest.
 *
 * trap_*() come first, on the spot: the guest goes on with x18-x29 as they are wherever the compiler put them (entry.S). So what
 * writes these, or takes the core from the guest before sched_next() does, is left to trap(). Of an exit that ends on the spot
 * the trace has its message, its interrupt or nothing, where it was over at once.
 */
#include "arm64.h"
#include "direct.h"
#include "vgic_again.h"
#include "kernel/arch.h"
#include "kernel/health.h"
#include "kernel/inspect.h"
#include "kernel/print.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

#include "abi/call.h"

/*
 * Did a conditional AArch32 instruction pass its condition? Traps of such instructions may come
 * although it failed (DDI 0487, "Conditional execution of trapped instructions").
 */
static bool condition_failed(uint64_t esr, uint64_t pstate)
{
	uint32_t cond = (uint32_t)(esr >> 20) & 0xf, nzcv = (uint32_t)(pstate >> 28) & 0xf;
	bool n = nzcv & 8, z = nzcv & 4, c = nzcv & 2, o = nzcv & 1, pass;

	if (!(pstate & PSTATE_32))
		return false;
	if (!(esr & BIT(24))) { /* no COND in the syndrome: T32; IT state has it */
		uint32_t it = (uint32_t)((pstate >> 25 & 3) | (pstate >> 10 & 0x3f) << 2);

		cond = it ? it >> 4 : 0xe;
	}
	switch (cond >> 1) {
	case 0: pass = z; break;
	case 1: pass = c; break;
	case 2: pass = n; break;
	case 3: pass = o; break;
	case 4: pass = c && !z; break;
	case 5: pass = n == o; break;
	case 6: pass = n == o && !z; break;
	default: return false;
	}
	return pass == (bool)(cond & 1);
}

/* Nothing is declared for this exception: the guest sees an undefined instruction. */
static void undeclared(struct vcpu *v, uint64_t esr)
{
	switch (health_vcpu(v, BH_FAULT_INSTRUCTION, BH_EVENT_OTHER, 0, esr)) {
	case HEALTH_ENDS: break;
	case HEALTH_INJECT: inject_undefined(v, esr); break;
	case HEALTH_GOES_ON: pc_advance(esr); break;
	}
}

static void fp(struct vcpu *v, uint64_t esr)
{
	if (v->part->desc->fp == BH_FP_NONE)
		undeclared(v, esr);
	else
		fp_trap(v);
}

/* A breakpoint instruction, or the step that was asked for, of a vCPU that is being debugged: it stands where it is. */
static void debugged(struct vcpu *v, uint64_t esr, enum bh_pause why)
{
	v->arch.step = 0;
	inspect_break(v, why, esr);
}

static void wfx(struct vcpu *v, uint64_t esr)
{
	pc_advance(esr);
	if (esr & 1) /* WFE traps only where v has siblings here: one of them may hold what it waits for */
		sched_give_way(v);
	else
		vcpu_wait(v);
}

static void decide(struct vcpu *v, uint64_t esr)
{
	switch (ESR_EC(esr)) {
	case EC_HVC64: smccc_call(v, false); break;
	case EC_SMC64: smccc_call(v, true); break;
	case EC_SYSREG: sysreg_trap(v, esr); break;
	case EC_DABT_LOWER: data_abort(v, esr); break;
	case EC_IABT_LOWER: fetch_abort(v, esr); break;
	case EC_WFX: wfx(v, esr); break;
	case EC_FP: fp(v, esr); break;
	case EC_BRK: debugged(v, esr, BH_PAUSE_BREAK); break;
	case EC_STEP_LOWER: debugged(v, esr, BH_PAUSE_STEP); break;
	default: undeclared(v, esr); break;
	}
}

/* --- on the spot --- */

#define WRITE_SGI1R ((uint64_t)EC_SYSREG << 26 | ESR_IL | ICC_SGI1R_EL1)

static __attribute__((noinline)) uint64_t sgi_rest(struct vcpu *v, uint64_t esr, uint64_t value)
{
	pc_advance(esr);
	if (unlikely(v->arch.is_direct)) {
		direct_sgi(v, value);
	} else {
		vgic_sgi(v, value, 1);
		trace(v->core, BH_TRACE_EXIT, v->who, EC_SYSREG, esr, read_reg(elr_el2) - 4);
	}
	return left_next(v);
}

/* Of Group 1. */
static __attribute__((noinline)) uint64_t sgi_self(struct vcpu *v, uint64_t esr, uint64_t value)
{
	uint32_t intid = (uint32_t)value >> 24 & 15, n = v->arch.vgic.home[intid];
	uint64_t lr = vgic_again(v, intid, 0, n);

	if (unlikely(!(lr & LR_GROUP1)))
		return sgi_rest(v, esr, value);
	ich_lr_write(n, lr);
	return left_past(v, esr);
}

/*
 * A write of ICC_SGI1R_EL1, to one other vCPU as a rule. Where that one is alone on its core, the interrupt is a physical one of the same INTID: it
 * finds its core asleep, running or off, and is taken, pended or dropped there by the virtual interrupt controller's rules (irq_other(),
 * irq_handle()). It cannot reach a core of another partition: sgi_to[] has those of this one's own lone vCPUs only, and no other SGI
 * than the kick is enabled on cores that others share. It neither is the kernel's kick nor comes before it: that INTID is left out, and more urgent.
 * A flood of them takes the time of the partition that it comes from. What the guest wrote before, its own DSB has seen to.
 */
static __attribute__((noinline)) uint64_t sgi_quick(struct vcpu *v, uint64_t esr)
{
	uint64_t value = reg_get(v, ISS_RT(esr)), to;
	uint32_t index = lowest_bit((uint32_t)value | BIT(BH_MAX_PART_VCPUS));

	if (unlikely((value & ~SGI_INTID) != BIT64(index)))
		return sgi_rest(v, esr, value);
	if (index == v->desc->index && !v->arch.is_direct)
		return sgi_self(v, esr, value);
	to = v->part->arch.sgi_to[index];
	if (to == 0 || unlikely(load_relaxed(&v->part->arch.sgis_kept) >> (value >> 24 & 15) & 1))
		return sgi_rest(v, esr, value);
	write_reg(icc_sgi1r_el1, to | (value & SGI_INTID));
	return left_past(v, esr);
}

static __attribute__((noinline)) uint64_t sysreg_quick(struct vcpu *v, uint64_t esr)
{
	uint32_t rt = ISS_RT(esr);

	if (ISS_READ(esr) && !is_saved(rt))
		return LEFT_SYNC;
	trace(v->core, BH_TRACE_EXIT, v->who, EC_SYSREG, esr, read_reg(elr_el2));
	sysreg_trap(v, esr);
	return left_next(v);
}

/* A kick: more often than not it is for an interrupt of v, which runs or sleeps here. */
static bool kicked(struct vcpu *v)
{
	gic_end(GIC_SGI_KICK);
	return sched_notice(v);
}

/* What woke the core is not for v alone: it sleeps on, the whole way. */
static __attribute__((noinline)) uint64_t sleep_left(struct vcpu *v, uint64_t intid)
{
	sched_sleep(v);
	trace(v->core, BH_TRACE_IRQ, TRACE_NOBODY, (uint32_t)intid, 0, 0);
	return intid == GIC_SGI_KICK ? LEFT_NEXT : LEFT_IRQ | intid << 8;
}

static uint64_t awake(struct vcpu *v, uint64_t intid)
{
	return left_nothing(sched_awake(v, (uint32_t)intid + 1));
}

/* v's timer, acknowledged: given on by the shortest way. False: it is dropped, and not given on. */
static inline bool timer_quick(struct vcpu *v)
{
	uint64_t lr;

	gic_drop(VIRTUAL_PPI);
	lr = timer_virtual_fires() ? vgic_again(v, VIRTUAL_PPI, LR_HW, 0) : 0;
	if (unlikely(lr == 0))
		return false;
	ich_lr0_write(lr);
	return true;
}

/* An SGI of another vCPU, to v, which is alone here; dropped: likewise. False: it is still active. */
static inline bool sgi_take(struct vcpu *v, uint32_t intid)
{
	uint32_t n = v->arch.vgic.home[intid];
	uint64_t lr = vgic_again(v, intid, 0, n);

	if (unlikely(!(lr & LR_GROUP1)))
		return false;
	gic_end_sgi(intid);
	ich_lr_write(n, lr);
	return true;
}

static __attribute__((noinline)) uint64_t sleep_sgi(struct vcpu *v, uint64_t intid)
{
	gic_drop(intid);
	return likely(sgi_take(v, (uint32_t)intid)) ? awake(v, intid) : sleep_left(v, intid);
}

static __attribute__((noinline)) uint64_t sleep_kicked(struct vcpu *v)
{
	gic_drop(GIC_SGI_KICK);
	return likely(kicked(v)) ? awake(v, GIC_SGI_KICK) : sleep_left(v, GIC_SGI_KICK);
}

static uint64_t sleep_quick(struct vcpu *v)
{
	uint64_t intid;

	do {
		__asm__ volatile("wfi" ::
					 : "memory");
		intid = gic_acknowledge();
		if (likely(intid == VIRTUAL_PPI))
			return timer_quick(v) ? awake(v, intid) : sleep_left(v, intid);
		if (likely(intid == GIC_SGI_KICK))
			return sleep_kicked(v);
		if (intid < GIC_SGIS)
			return sleep_sgi(v, intid);
	} while (intid >= GIC_SPURIOUS);
	gic_drop(intid);
	return sleep_left(v, intid);
}

static __attribute__((noinline)) uint64_t wait_quick(struct vcpu *v, uint64_t esr)
{
	if ((esr & 1) || (read_reg(spsr_el2) & PSTATE_32) || !vgic_irqs_quiet(v) || !sched_doze(v))
		return LEFT_SYNC;
	pc_advance(esr);
	return sleep_quick(v);
}

uint64_t trap_sync(struct vcpu *v, uint64_t esr)
{
	if (likely(ESR_EC(esr) == EC_DABT_LOWER))
		return data_abort_quick(v, esr);
	switch (ESR_EC(esr)) {
	case EC_SYSREG: return (esr & ~(0x1full << 5)) == WRITE_SGI1R ? sgi_quick(v, esr) : sysreg_quick(v, esr);
	case EC_SMC64: return smc_quick(v, esr);
	case EC_WFX: return unlikely(v->arch.is_direct) ? direct_wait(v, esr) : wait_quick(v, esr);
	default: return LEFT_SYNC;
	}
}

static __attribute__((noinline)) uint64_t sgi_left(struct vcpu *v, uint64_t intid)
{
	return likely(sgi_take(v, (uint32_t)intid)) ? left_nothing(v) : LEFT_IRQ | intid << 8;
}

static __attribute__((noinline)) uint64_t irq_other(struct vcpu *v, uint64_t intid)
{
	if (intid >= GIC_SPURIOUS)
		return left_nothing(v);
	gic_drop(intid);
	trace(v->core, BH_TRACE_IRQ, v->who, (uint32_t)intid, 0, 0);
	return likely(intid < GIC_SGIS) ? sgi_left(v, intid) : LEFT_IRQ | intid << 8;
}

static __attribute__((noinline)) uint64_t irq_left(struct vcpu *v, uint64_t intid)
{
	if (likely(intid == v->core->alarm_intid)) {
		gic_drop(intid);
		return LEFT_ALARM;
	}
	if (intid != GIC_SGI_KICK)
		return irq_other(v, intid);
	gic_drop(GIC_SGI_KICK);
	trace(v->core, BH_TRACE_IRQ, v->who, GIC_SGI_KICK, 0, 0);
	return likely(kicked(v)) ? left_next(v) : LEFT_NEXT;
}

static __attribute__((noinline)) uint64_t timer_left(struct vcpu *v)
{
	trace(v->core, BH_TRACE_IRQ, v->who, VIRTUAL_PPI, 0, 0);
	timer_virtual_irq(v);
	return left_next(v);
}

/* The guest's own timer first: it needs nobody else. */
uint64_t trap_irq(struct vcpu *v)
{
	uint64_t intid = gic_acknowledge();

	if (unlikely(intid != VIRTUAL_PPI))
		return irq_left(v, intid);
	if (unlikely(!timer_quick(v)))
		return timer_left(v);
	trace(v->core, BH_TRACE_IRQ, v->who, VIRTUAL_PPI, 0, 0);
	return left_nothing(v);
}

/*
 * An asynchronous external abort while v ran: v's own doing as far as can be told, because every
 * switch drains what is under way (serror_window()). v gets it as a virtual SError.
 */
uint64_t trap_serror(struct vcpu *v)
{
	if (health_vcpu(v, BH_FAULT_HARDWARE, BH_EVENT_SERROR, 0, read_reg(esr_el2)) == HEALTH_INJECT)
		switch_serror(v);
	return left_next(v);
}

/* --- the whole way --- */

static void sync(struct vcpu *v)
{
	uint64_t esr = read_reg(esr_el2);

	trace(v->core, BH_TRACE_EXIT, v->who, ESR_EC(esr), esr, read_reg(elr_el2));
	/* A failed condition makes the instruction a NOP. */
	if (unlikely(read_reg(spsr_el2) & PSTATE_32) && ESR_EC(esr) < EC_HVC64 &&
	    condition_failed(esr, read_reg(spsr_el2)))
		pc_advance(esr);
	else
		decide(v, esr);
}

static __attribute__((noinline)) struct vcpu *whole(struct vcpu *v, uint64_t left)
{
	if (left == LEFT_SYNC)
		sync(v);
	else
		irq_handle((uint32_t)(left >> 8));
	return sched_next(v->core);
}

static __attribute__((noinline)) struct vcpu *alarm_rest(struct core *c, const struct vcpu *v)
{
	c->now = arch_stamp();
	trace(c, BH_TRACE_IRQ, v->who, c->alarm_intid, 0, 0);
	irq_handle(c->alarm_intid);
	return sched_next(c);
}

static __attribute__((noinline)) struct vcpu *alarm(struct core *c, struct vcpu *v)
{
	struct vcpu *to = sched_edge(c, v, c->alarm_intid);

	if (unlikely(!to))
		return alarm_rest(c, v);
	isb(); /* the line is low: it is set anew */
	gic_end(c->alarm_intid);
	return arch_vcpu_switch(c, v, to);
}

struct vcpu *trap(struct vcpu *v, uint64_t left)
{
	struct core *c = v->core;

	if (likely(left == LEFT_HANDED))
		return sched_handed(v);
	if (likely(left == LEFT_WAITS))
		return sched_blocked(v);
	if (likely(left == LEFT_ALARM))
		return alarm(c, v);
	c->now = arch_stamp();
	return likely(left == LEFT_NEXT) ? sched_next(c) : whole(v, left);
}

void panic_exception(uint64_t vector, uint64_t esr, uint64_t pc, uint64_t far);
void panic_exception(uint64_t vector, uint64_t esr, uint64_t pc, uint64_t far)
{
	print("\nbulkhead: exception in the kernel, vector ");
	print_hex(vector);
	panic("syndrome, instruction, address:", esr, pc, far);
}
