/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's registers between memory and hardware. While a vCPU is loaded the hardware has the
 * truth for all but x[]; its pc and pstate are in ELR_EL2 and SPSR_EL2.
 *
 * Stage 2 and TLB: every partition has its VMID, so a switch between partitions needs no
 * invalidation. Two vCPUs of one partition share VMID and ASIDs; where they share a core, what the
 * first cached with a translation of its own must not serve the second: TLBI VMALLE1 and IC IALLU,
 * both local, at such a switch (DDI 0487, "Common not Private translations"). Another life, the end of
 * loading (HCR_EL2.DC) and another root (to inspect with) are followed by the same for stage 1 and 2.
 */
#include "arm64.h"
#include "direct.h"
#include "gicv3.h"
#include "vgic_switch.h"
#include "vgic_again.h"
#include "kernel/arch.h"
#include "kernel/health.h"

#define HCR_BASE                                                                                    \
	((uint64_t)HCR_EL2_VM | HCR_EL2_SWIO | HCR_EL2_FMO | HCR_EL2_IMO | HCR_EL2_AMO |            \
	 HCR_EL2_BSU_IS | HCR_EL2_TWI | HCR_EL2_TID3 | HCR_EL2_TSC | HCR_EL2_TIDCP | HCR_EL2_TACR | \
	 HCR_EL2_RW | HCR_EL2_TLOR | HCR_EL2_TERR)

#define MDCR_BASE                                                                                  \
	((uint64_t)MDCR_EL2_TPMCR | MDCR_EL2_TPM | MDCR_EL2_TDA | MDCR_EL2_TDOSA | MDCR_EL2_TDRA | \
	 MDCR_EL2_TPMS | MDCR_EL2_TTRF)

_Static_assert(__builtin_offsetof(struct vcpu, arch) == 0, "arch_of() relies on it");

static uint64_t vttbr(const struct partition *p, uint64_t root)
{
	return root | (uint64_t)p->desc->vmid << 48;
}

void arch_vcpu_init(struct vcpu *v)
{
	v->arch.kernel_sp = v->core->desc->stack_va;
	v->arch.is_direct = (v->part->desc->flags & BH_PART_DEDICATED) != 0;
	v->arch.is_lone = !v->arch.is_direct && v->core->desc->n_vcpus == 1 && v->part->desc->n_vcpus > 1;
	if (v->arch.is_direct || v->arch.is_lone)
		v->part->arch.sgi_to[v->desc->index] = gic_sgi_value(v->core->desc->mpidr);
	v->arch.more = MORE_HEED;
}

static __attribute__((noinline)) void reset_debug(struct arch_vcpu *a)
{
	a->mdscr = 0;
	for (uint32_t i = 0; i < 16; i++)
		a->bvr[i] = a->bcr[i] = a->wvr[i] = a->wcr[i] = 0;
}

static __attribute__((noinline)) void reset_fp(struct arch_vcpu *a)
{
	a->fpsr = a->fpcr = 0;
	for (uint32_t i = 0; i < 64; i += 8)
		a->q[i] = a->q[i + 1] = a->q[i + 2] = a->q[i + 3] = a->q[i + 4] = a->q[i + 5] = a->q[i + 6] = a->q[i + 7] = 0;
}

/* EL1 as after a reset: what the architecture leaves UNKNOWN starts as zero. What was never used is zero from boot on. */
static void reset_registers(struct arch_vcpu *a)
{
	for (uint32_t i = 0; i < 30; i += 6)
		a->x[i] = a->x[i + 1] = a->x[i + 2] = a->x[i + 3] = a->x[i + 4] = a->x[i + 5] = 0;
	a->x[30] = 0;
#define X(reg)	   a->reg = 0;
#define PAIR(x, y) a->x = a->y = 0;
	EL1_REGISTERS(PAIR)
	EL1_REGISTERS_OF_FEW(X)
#undef PAIR
#undef X
	a->sctlr_el1 = SCTLR_EL1_RESET;
	a->cntv_ctl = a->cntv_cval = 0;
	a->cntp_ctl = a->cntp_cval = 0;
	if (a->debug_used)
		reset_debug(a);
	if (a->fp_used)
		reset_fp(a);
	a->debug_used = a->fp_used = a->abort_pending = a->step = 0;
	a->os_lock = 1;
}

/* What every partition finds trapped; FP beside it. */
static uint64_t cptr_base(void)
{
	bool amu = read_reg(id_aa64pfr0_el1) >> 44 & 0xf;

	return CPTR_EL2_RES1 | CPTR_EL2_TTA | (amu ? (uint64_t)CPTR_EL2_TAM : 0);
}

/* MDCR_EL2.HPMN: all event counters are EL1's (and trap); 0 would be CONSTRAINED UNPREDICTABLE. */
static uint64_t hpmn(void)
{
	uint64_t pmu = read_reg(id_aa64dfr0_el1) >> 8 & 0xf;

	return pmu && pmu != 0xf ? read_reg(pmcr_el0) >> 11 & 0x1f : 0;
}

/* Another life of v, or another root: what is cached of it here must go before it runs. */
static inline void mark_stale(struct vcpu *v)
{
	v->core->stale |= v->bit;
	v->arch.more |= MORE_HEED;
}

/* SGIs that were sent to the life that is over, and have not been taken yet, are over too; one under way finds Group 0 and is dropped. */
static void cpu_reset(struct vcpu *v)
{
	if (v->arch.is_lone)
		gic_sgis_forget(BIT(GIC_SGIS) - 1 - load_relaxed(&v->part->arch.sgis_kept));
	vgic_cpu_reset(v);
	if (v->arch.is_direct)
		direct_cpu_reset(v);
}

/* Another life, or another vCPU with the same VMID and ASIDs, ran on this core. */
static void flush(void)
{
	__asm__ volatile("tlbi vmalls12e1\n ic iallu" ::
				 : "memory");
	dsb(nsh);
	isb();
}

void arch_vcpu_reset(struct vcpu *v, enum vcpu_entry how, uint64_t pc, uint64_t arg)
{
	const struct bh_partition *d = v->part->desc;
	struct arch_vcpu *a = &v->arch;

	reset_registers(a);
	a->x[0] = arg;
	a->pc = pc;
	a->pstate = PSTATE_EL1H | PSTATE_DAIF;
	a->vmpidr = 1ull << 31 | v->desc->index;
	a->hcr = HCR_BASE | (d->flags & BH_PART_SETWAY_NATIVE ? 0 : HCR_EL2_TSW) |
		 (how == ENTRY_STUB ? HCR_EL2_DC : 0) | (v->siblings ? HCR_EL2_TWE : 0);
	if (d->flags & BH_PART_NATIVE_WFI)
		a->hcr &= ~(uint64_t)HCR_EL2_TWI;
	if (a->is_direct)
		a->hcr &= ~(uint64_t)HCR_EL2_IMO;
	a->vttbr = vttbr(v->part, d->root);
	a->mdcr = MDCR_BASE | hpmn() | (a->mdcr & MDCR_EL2_TDE); /* who debugs the partition debugs a vCPU that it switches on, too */
	a->cptr = cptr_base() | (d->fp == BH_FP_EAGER ? 0 : CPTR_EL2_TFP);
	if (v->core->fp_owner == v)
		v->core->fp_owner = NULL;
	mark_stale(v);
	if (how == ENTRY_RESUME) {
		vgic_cpu_wake(v);
		direct_cpu_wake(v);
		vgic_line_private(v, 30, false); /* the physical timer is off again */
	} else {
		cpu_reset(v);
	}
	switch_review(v);
}

/* What others have done meanwhile is taken in, unless a reset is to undo it. */
static __attribute__((noinline)) bool catch_up(struct vcpu *v)
{
	if (!vgic_is_reset(v) || (v->arch.is_direct && !direct_is_reset(v)))
		return false;
	arch_irq_update(v);
	return true;
}

/* Not loaded, it is stale from the reset on (flush()). Loaded ahead, it has run nothing, but its core may have fetched and walked for it. */
bool arch_vcpu_begin(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	v->arch.x[0] = arg;
	v->arch.pc = pc;
	if (likely(v->core->loaded == v)) {
		write_reg(elr_el2, pc);
		flush();
	}
	return likely(!v->arch.is_direct && vgic_is_untouched(v)) || catch_up(v);
}

void arch_vcpu_off(struct vcpu *v)
{
	if (v->core->fp_owner == v)
		v->core->fp_owner = NULL;
	cpu_reset(v);
}

static void fp_save(struct arch_vcpu *a)
{
	__asm__ volatile(".arch_extension fp\n"
			 "stp q0, q1, [%1]\n stp q2, q3, [%1, #32]\n stp q4, q5, [%1, #64]\n"
			 "stp q6, q7, [%1, #96]\n stp q8, q9, [%1, #128]\n stp q10, q11, [%1, #160]\n"
			 "stp q12, q13, [%1, #192]\n stp q14, q15, [%1, #224]\n stp q16, q17, [%1, #256]\n"
			 "stp q18, q19, [%1, #288]\n stp q20, q21, [%1, #320]\n stp q22, q23, [%1, #352]\n"
			 "stp q24, q25, [%1, #384]\n stp q26, q27, [%1, #416]\n stp q28, q29, [%1, #448]\n"
			 "stp q30, q31, [%1, #480]\n"
			 : "=m"(a->q)
			 : "r"(a->q));
	a->fpsr = read_reg(fpsr);
	a->fpcr = read_reg(fpcr);
}

static void fp_load(const struct arch_vcpu *a)
{
	__asm__ volatile(".arch_extension fp\n"
			 "ldp q0, q1, [%0]\n ldp q2, q3, [%0, #32]\n ldp q4, q5, [%0, #64]\n"
			 "ldp q6, q7, [%0, #96]\n ldp q8, q9, [%0, #128]\n ldp q10, q11, [%0, #160]\n"
			 "ldp q12, q13, [%0, #192]\n ldp q14, q15, [%0, #224]\n ldp q16, q17, [%0, #256]\n"
			 "ldp q18, q19, [%0, #288]\n ldp q20, q21, [%0, #320]\n ldp q22, q23, [%0, #352]\n"
			 "ldp q24, q25, [%0, #384]\n ldp q26, q27, [%0, #416]\n ldp q28, q29, [%0, #448]\n"
			 "ldp q30, q31, [%0, #480]\n" ::"r"(a->q),
			 "m"(a->q));
	write_reg(fpsr, a->fpsr);
	write_reg(fpcr, a->fpcr);
}

/* The hardware's FP registers become v's. CPTR_EL2.TFP is clear, or FP access is possible here. (CPU-3) */
static void fp_switch(struct core *c, struct vcpu *v)
{
	if (c->fp_owner == v)
		return;
	if (c->fp_owner)
		fp_save(&c->fp_owner->arch);
	fp_load(&v->arch);
	v->arch.fp_used = 1;
	c->fp_owner = v;
	v->arch.more |= MORE_HEED;
}

/* The first FP instruction since v was loaded, of a partition that has FP lazily. */
void fp_trap(struct vcpu *v)
{
	write_reg(cptr_el2, cptr_base());
	isb();
	fp_switch(v->core, v);
}

/* the formatter does not agree with itself here */
/* clang-format off */
#define DEBUG_EACH(n, X)                                                 \
	X(n, 0) X(n, 1) X(n, 2) X(n, 3) X(n, 4) X(n, 5) X(n, 6) X(n, 7)  \
	X(n, 8) X(n, 9) X(n, 10) X(n, 11) X(n, 12) X(n, 13) X(n, 14) X(n, 15)
/* clang-format on */

static uint32_t breakpoints(void)
{
	return (uint32_t)(read_reg(id_aa64dfr0_el1) >> 12 & 0xf) + 1;
}

static uint32_t watchpoints(void)
{
	return (uint32_t)(read_reg(id_aa64dfr0_el1) >> 20 & 0xf) + 1;
}

/* Only as many pairs exist as the identification register says: others would be UNDEFINED. (CPU-2) */
static void debug_save(struct arch_vcpu *a)
{
	uint32_t nb = breakpoints(), nw = watchpoints();

	a->mdscr = read_reg(mdscr_el1);
	write_reg(mdscr_el1, 0); /* no debug exception for whoever comes next */
#define X(count, i)                                    \
	if (i < count) {                               \
		a->bvr[i] = read_reg(dbgbvr##i##_el1); \
		a->bcr[i] = read_reg(dbgbcr##i##_el1); \
	}
	DEBUG_EACH(nb, X)
#undef X
#define X(count, i)                                    \
	if (i < count) {                               \
		a->wvr[i] = read_reg(dbgwvr##i##_el1); \
		a->wcr[i] = read_reg(dbgwcr##i##_el1); \
	}
	DEBUG_EACH(nw, X)
#undef X
}

static void debug_load(const struct arch_vcpu *a)
{
	uint32_t nb = breakpoints(), nw = watchpoints();

#define X(count, i)                                    \
	if (i < count) {                               \
		write_reg(dbgbvr##i##_el1, a->bvr[i]); \
		write_reg(dbgbcr##i##_el1, a->bcr[i]); \
	}
	DEBUG_EACH(nb, X)
#undef X
#define X(count, i)                                    \
	if (i < count) {                               \
		write_reg(dbgwvr##i##_el1, a->wvr[i]); \
		write_reg(dbgwcr##i##_el1, a->wcr[i]); \
	}
	DEBUG_EACH(nw, X)
#undef X
	write_reg(oslar_el1, a->os_lock);
	write_reg(mdscr_el1, a->mdscr);
}

void debug_enable(struct vcpu *v)
{
	v->arch.debug_used = 1;
	v->arch.mdcr &= ~(uint64_t)MDCR_EL2_TDA;
	switch_review(v);
	write_reg(mdcr_el2, v->arch.mdcr);
	debug_load(&v->arch);
	isb();
}

/*
 * Being debugged from outside (MDCR_EL2.TDE): MDSCR_EL1 is the debugger's. Its step needs SPSR.SS too, and an open OS lock
 * (DDI 0487, "Software Step exceptions"); the vCPU's own debug registers rest meanwhile.
 */
static void debug_from_outside(const struct arch_vcpu *a)
{
	write_reg(oslar_el1, 0);
	write_reg(mdscr_el1, a->step ? MDSCR_EL1_SS : 0);
	write_reg(spsr_el2, a->step ? a->pstate | PSTATE_SS : a->pstate & ~PSTATE_SS);
}

/* Words that lie side by side are moved by one instruction where both are read before the first is written. */
#define load_pair(x, one, y, two)                          \
	do {                                               \
		uint64_t value_x = (one), value_y = (two); \
		write_reg(x, value_x);                     \
		write_reg(y, value_y);                     \
	} while (0)
#define save_pair(one, x, two, y)                                      \
	do {                                                           \
		uint64_t value_x = read_reg(x), value_y = read_reg(y); \
		(one) = value_x;                                       \
		(two) = value_y;                                       \
	} while (0)

/* Of the shortest switch the vCPU needs no more than what all have. (Where it is frozen, a debugger may set MORE_RARE at this moment.) */
void switch_review(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;
	bool rare = v->frozen || a->is_direct || !(a->cptr & CPTR_EL2_TFP) || (a->mdcr & MDCR_EL2_TDE) || a->debug_used || a->abort_pending || (a->hcr & HCR_EL2_VSE) ||
		    timer_runs(a->cntp_ctl) || v->core->extras;

	a->more = (a->more & MORE_HEED) | (rare ? MORE_RARE : 0) | (a->vgic.begun ? MORE_IRQS : 0);
}

void switch_irqs(struct vcpu *v)
{
	if (v->arch.vgic.begun)
		return;
	v->arch.vgic.begun = true;
	switch_review(v);
	vgic_load(v);
}

/* Registers of EL1's, which nobody uses yet: have they bits to hold something? */
void switch_core_init(struct core *c)
{
#define X(reg)                           \
	write_reg(reg, ~0ull);           \
	isb();                           \
	c->extras |= read_reg(reg) != 0; \
	write_reg(reg, 0);
	EL1_REGISTERS_OF_FEW(X)
#undef X
	c->extras |= !ich_apr_is_one();
	c->stale = ~0u;
}

/*
 * Until here the root is the empty one (leave_root(), boot), through which no walk succeeds: speculation cannot pair these EL1 tables with
 * another partition's stage 2 (erratum 1319367 of Cortex-A72 is about that).
 */
static inline void enter_root(uint64_t root)
{
	isb();
	write_reg(vttbr_el2, root);
	isb();
}

/* In its root: what this core, and not the vCPU, has to remember at its load. MORE_HEED have all who are stale, the owner of FP, and all with siblings; these keep it. */
static __attribute__((noinline)) void heed(struct vcpu *v)
{
	struct core *c = v->core;

	if (c->stale & v->bit)
		flush();
	c->stale = (c->stale & ~v->bit) | v->siblings;
	if (c->fp_owner == v)
		write_reg(cptr_el2, v->arch.cptr & ~(uint64_t)CPTR_EL2_TFP);
	else if (!v->siblings)
		v->arch.more &= ~MORE_HEED;
}

static inline void leave_root(const struct core *c)
{
	write_reg(vttbr_el2, c->empty_root);
	isb();
}

static __attribute__((noinline)) void load_rest(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	if (v->core->extras) {
#define X(reg) write_reg(reg, a->reg);
		EL1_REGISTERS_OF_FEW(X)
#undef X
	}
	enter_root(a->is_direct ? direct_root(v) : a->vttbr);
	if (a->more & MORE_HEED)
		heed(v);
	if (!(a->cptr & CPTR_EL2_TFP))
		fp_switch(v->core, v);
	if (a->mdcr & MDCR_EL2_TDE)
		debug_from_outside(a);
	else if (a->debug_used)
		debug_load(a);
	if (a->is_direct) {
		direct_load(v);
		timer_load(v, true);
	} else {
		vgic_load(v); /* its list registers before its timer's line, see vgic.h */
		timer_load(v, false);
	}
	if (a->abort_pending) {
		a->abort_pending = 0;
		inject_abort(v, a->access, a->access_far, false);
	}
	switch_review(v);
}

/* All but what nobody has set but the kernel, and the same for all who have nothing in `more`. */
static inline void load_registers(const struct arch_vcpu *a)
{
#define PAIR(x, y) load_pair(x, a->x, y, a->y);
	EL1_REGISTERS(PAIR)
#undef PAIR
	load_pair(elr_el2, a->pc, spsr_el2, a->pstate);
	load_pair(hcr_el2, a->hcr, vmpidr_el2, a->vmpidr);
	ich_sre_load();
}

void arch_vcpu_load(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	load_registers(a);
	load_pair(mdcr_el2, a->mdcr, cptr_el2, a->cptr);
	if (unlikely(a->more & MORE_RARE) || unlikely((a->more & MORE_IRQS) && !vgic_load_is_plain(&a->vgic))) {
		load_rest(v);
		return;
	}
	enter_root(a->vttbr);
	if (a->more & MORE_HEED)
		heed(v);
	if (a->more & MORE_IRQS)
		vgic_load_plain(v);
	timer_load_virtual(v);
}

/*
 * An asynchronous external abort that v's accesses caused may still be on its way. DSB makes them
 * complete, and with PSTATE.A open the error is taken here, so it is not charged to who comes next.
 */
static inline uint64_t serror_window(void)
{
	register uint64_t taken __asm__("x16"); /* entry_serror writes it */

	__asm__ volatile("mov x16, #0\n dsb sy\n isb\n msr daifclr, #4\n isb\n msr daifset, #4"
			 : "=r"(taken)::"memory");
	return taken;
}

static __attribute__((noinline)) void save_serror(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	write_reg(elr_el2, a->pc); /* the error's own return address has replaced it */
	if (health_vcpu(v, BH_FAULT_HARDWARE, BH_EVENT_SERROR, 0, read_reg(esr_el2)) == HEALTH_INJECT)
		a->hcr |= HCR_EL2_VSE;
	switch_review(v);
	leave_root(v->core);
}

static inline void save_last(struct vcpu *v)
{
	if (unlikely(serror_window()))
		save_serror(v);
	else
		leave_root(v->core);
}

void switch_serror(struct vcpu *v)
{
	v->arch.hcr |= HCR_EL2_VSE;
	write_reg(hcr_el2, v->arch.hcr);
	switch_review(v);
}

static __attribute__((noinline)) void save_rest(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	if (v->core->extras) {
#define X(reg) a->reg = read_reg(reg);
		EL1_REGISTERS_OF_FEW(X)
#undef X
	}
	if (a->is_direct) {
		timer_save(v, true);
		direct_save(v);
	} else {
		timer_save(v, false);
		vgic_save(v);
	}
	if (a->mdcr & MDCR_EL2_TDE)
		write_reg(mdscr_el1, 0);
	else if (a->debug_used)
		debug_save(a);
	a->hcr = read_reg(hcr_el2); /* an SError that was pending may have been taken */
	switch_review(v);
	save_last(v);
}

static inline void save_registers(struct arch_vcpu *a)
{
	save_pair(a->pc, elr_el2, a->pstate, spsr_el2);
#define PAIR(x, y) save_pair(a->x, x, a->y, y);
	EL1_REGISTERS(PAIR)
#undef PAIR
}

void arch_vcpu_save(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	save_registers(a);
	if (unlikely(a->more & MORE_RARE) || unlikely((a->more & MORE_IRQS) && !vgic_save_is_plain(&a->vgic))) {
		save_rest(v);
		return;
	}
	timer_save_virtual(v);
	if (a->more & MORE_IRQS)
		vgic_save_plain(v);
	save_last(v);
}

/* One of them has more than what all have; or an error came, and the registers of the first are saved. */
static __attribute__((noinline)) struct vcpu *switch_whole(struct core *c, struct vcpu *from, struct vcpu *to, bool error)
{
	if (error)
		save_serror(from);
	else
		arch_vcpu_save(from);
	if (unlikely(c->changed))
		arch_kick(c);
	c->loaded = to;
	arch_vcpu_load(to);
	return to;
}

struct vcpu *arch_vcpu_switch(struct core *c, struct vcpu *from, struct vcpu *to)
{
	if (unlikely((from->arch.more | to->arch.more) != 0))
		return switch_whole(c, from, to, false);
	save_registers(&from->arch);
	timer_save_virtual(from);
	if (unlikely(serror_window()))
		return switch_whole(c, from, to, true);
	leave_root(c);
	c->loaded = to;
	load_registers(&to->arch);
	enter_root(to->arch.vttbr);
	timer_load_virtual(to);
	return to;
}

/* CPTR_EL2.TFP does not hold EL2's own accesses up but where it is set: it is cleared for the moment. */
void arch_vcpu_settle(struct vcpu *v)
{
	uint64_t cptr = read_reg(cptr_el2);

	if (v->core->fp_owner != v)
		return;
	write_reg(cptr_el2, cptr_base());
	isb();
	fp_save(&v->arch);
	write_reg(cptr_el2, cptr);
	v->core->fp_owner = NULL;
}

void arch_vcpu_root(struct vcpu *v, uint64_t root)
{
	v->arch.vttbr = vttbr(v->part, root);
	mark_stale(v);
}

uint64_t arch_vcpu_pc(const struct vcpu *v)
{
	return v->core->loaded == v ? read_reg(elr_el2) : v->arch.pc;
}
