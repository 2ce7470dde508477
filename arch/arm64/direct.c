/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core and the CPU interface of vCPUs that have their interrupts directly (direct.h); their distributor is in direct_regs.c.
 *
 * Calling such a core: who calls has posted to its inbox; then direct_kick() executes a full barrier and looks whether the core sleeps in the kernel
 * (`idles`). If so, pending its interrupt (the bell) wakes it. Else the door is emptied. The core that has slept says that it does so no more, executes a
 * full barrier and looks at the inbox again before it leaves the kernel: one of them sees the other. So a bell that rings late is known of, and
 * switched off before the guest could hear it; what rings then is forgotten when it is switched on. As long as nobody called, it may stay on while the guest runs. The door may be emptied while it
 * is filled: what is left of it is found to differ from the root by the fault that follows, and it is filled again.
 *
 * A guest with `native-wfi` may sleep where only the bell reaches it: there it is always on, and rung whenever the door is emptied.
 */
#include "arm64.h"
#include "direct.h"
#include "direct_gic.h"
#include "ich.h"
#include "kernel/arch.h"
#include "kernel/print.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

#define ROOT_ENTRIES 512u

/* ISS of an abort: translation fault at level 1, where every root begins */
#define FSC(esr)       ((uint32_t)(esr)&0x3fu)
#define FSC_AT_LEVEL_1 5u

static bool has_news(const struct core *c)
{
	return load_relaxed(&c->inbox) & (c->urgent | INBOX_NOW);
}

/* --- the door --- */

static uint64_t *door(const struct core *c)
{
	return (uint64_t *)c->desc->door_va;
}

static const uint64_t *source(const struct vcpu *v)
{
	return (const uint64_t *)v->part->desc->root_va;
}

static void fill(struct vcpu *v)
{
	struct core *c = v->core;
	const uint64_t *from = source(v);

	store_relaxed(&c->called, 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < c->entries; i++)
		store_relaxed(&door(c)[i], from[i]);
	dsb(ish); /* before the inbox is looked at again */
	isb();
}

static bool is_whole(const struct vcpu *v)
{
	const uint64_t *from = source(v);

	for (uint32_t i = 0; i < v->core->entries; i++)
		if (load_relaxed(&door(v->core)[i]) != from[i])
			return false;
	return true;
}

uint64_t direct_root(struct vcpu *v)
{
	struct core *c = v->core;

	fill(v);
	if (has_news(c)) /* whoever posted it may have emptied the door before it was filled */
		c->changed = 1;
	return c->desc->door_pa | (uint64_t)v->part->desc->vmid << 48;
}

/* IRQ-5. By VMID, which TLBI takes from VTTBR_EL2 of the core that issues it; through the empty root nothing is walked meanwhile. */
static void invalidate(uint64_t vmid)
{
	uint64_t own = read_reg(vttbr_el2);

	write_reg(vttbr_el2, blob->empty_root | vmid << 48);
	isb();
	__asm__ volatile("tlbi vmalls12e1is" ::
				 : "memory");
	dsb(ish);
	write_reg(vttbr_el2, own);
	isb();
}

static void shut(struct core *c)
{
	store_relaxed(&c->called, 1);
	for (uint32_t i = 0; i < c->entries; i++)
		store_relaxed(&door(c)[i], 0);
	dsb(ishst);
	invalidate(c->vcpu[0]->part->desc->vmid);
	__asm__ volatile("sev"); /* it may be in WFE */
}

static bool is_native(const struct core *c)
{
	return c->vcpu[0]->part->desc->flags & BH_PART_NATIVE_WFI;
}

void direct_kick(struct core *c)
{
	bool sleeps;

	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* behind what was posted */
	sleeps = c != this_core() && load_relaxed(&c->idles);
	if (!sleeps)
		shut(c);
	if (!sleeps && !is_native(c))
		return;
	dsb(ishst);
	direct_gicr_write(c, GIC_SET_PENDING, BIT(blob->timer_intid));
}

bool direct_was_shut(struct vcpu *v, uint64_t esr)
{
	struct core *c = v->core;

	if (FSC(esr) != FSC_AT_LEVEL_1 || (!load_relaxed(&c->called) && is_whole(v)))
		return false;
	direct_gicr_write(c, GIC_CLEAR_PENDING, BIT(blob->timer_intid));
	fill(v);
	c->changed = 1;
	return true;
}

/* --- the bell --- */

static inline void bell_enable(struct core *c)
{
	direct_gicr_write(c, GIC_SET_ENABLE, BIT(blob->timer_intid));
	c->bell = 1;
}

/*
 * What is pending was rung for a sleep that is over: whoever rang had posted before. It is gone before this core says that it sleeps, and a guest
 * that has the bell on does not hear it.
 */
static inline void bell_on_quick(struct core *c)
{
	if (likely(c->bell))
		return;
	direct_gicr_write(c, GIC_CLEAR_PENDING, BIT(blob->timer_intid));
	direct_gicr_wait(c); /* what it reads is read behind that */
	bell_enable(c);
}

static __attribute__((noinline)) void bell_on(struct core *c)
{
	bell_on_quick(c);
}

static void bell_off(struct core *c)
{
	direct_gicr_write(c, GIC_CLEAR_ENABLE, BIT(blob->timer_intid));
	direct_gicr_wait(c);
	c->bell = 0;
}

/* --- the CPU interface --- */

static uint32_t priority_bits(void)
{
	return (uint32_t)(read_reg(icc_ctlr_el1) >> 8 & 7) + 1;
}

static uint32_t priority_registers(void)
{
	uint32_t bits = priority_bits();

	return bits > 6 ? 4 : bits > 5 ? 2
				       : 1;
}

static uint32_t active_take(uint32_t ap[4], uint32_t n)
{
	ap[0] = (uint32_t)read_reg(icc_ap1r0_el1);
	write_reg(icc_ap1r0_el1, 0);
	if (n > 1) {
		ap[1] = (uint32_t)read_reg(icc_ap1r1_el1);
		write_reg(icc_ap1r1_el1, 0);
	}
	if (n > 2) {
		ap[2] = (uint32_t)read_reg(icc_ap1r2_el1);
		ap[3] = (uint32_t)read_reg(icc_ap1r3_el1);
		write_reg(icc_ap1r2_el1, 0);
		write_reg(icc_ap1r3_el1, 0);
	}
	return n;
}

static void active_give(const uint32_t ap[4], uint32_t n)
{
	write_reg(icc_ap1r0_el1, ap[0]);
	if (n > 1)
		write_reg(icc_ap1r1_el1, ap[1]);
	if (n > 2) {
		write_reg(icc_ap1r2_el1, ap[2]);
		write_reg(icc_ap1r3_el1, ap[3]);
	}
}

static uint64_t pmr_of(const struct vcpu *v)
{
	return v->arch.direct.pmr > DIRECT_FLOOR ? v->arch.direct.pmr : DIRECT_FLOOR;
}

#define GICD_CTLR_DS BIT(6)

/*
 * The CPU interface and the redistributor have to show the same view of priorities: the only one, or the Non-secure one, whose mask has a bit
 * less than there are (PRIbits). Where Group 0 is the firmware's (GICD_CTLR.DS = 0), but its FIQs do not go there (SCR_EL3.FIQ = 0), they
 * do not (IHI 0069, ICC_PMR_EL1), and a mask would not be what it seems.
 */
static void check_views(const struct core *c)
{
	bool one = (*direct_gicd_at((enum gic_bits)0, 0) & GICD_CTLR_DS) != 0;
	uint32_t bits = priority_bits(), mask;

	write_reg(icc_pmr_el1, 0xff);
	mask = (uint32_t)read_reg(icc_pmr_el1);
	if (mask != (0xffu << (8 - bits + (one ? 0 : 1)) & 0xff))
		panic("dedicated core: the firmware keeps Group 0, and has not routed FIQs to itself (SCR_EL3.FIQ):", mask, bits, c->number);
}

static uint32_t entries_used(const struct vcpu *v)
{
	const uint64_t *root = source(v);
	uint32_t n = ROOT_ENTRIES;

	while (n > 0 && root[n - 1] == 0)
		n--;
	return n;
}

void direct_core_init(struct core *c)
{
	check_views(c);
	c->entries = entries_used(c->vcpu[0]);
	for (uint32_t i = 0; i < ROOT_ENTRIES; i++)
		door(c)[i] = 0;
	direct_gicr_write(c, GIC_CLEAR_ENABLE, ~0u);
	direct_gicr_wait(c);
	c->bell = 0;
	direct_gicr_write(c, GIC_CLEAR_PENDING, ~0u);
	direct_gicr_write(c, GIC_CLEAR_ACTIVE, ~0u);
	direct_gicr_priorities(c);
	write_reg(icc_pmr_el1, DIRECT_FLOOR);
	write_reg(cnthctl_el2, CNTHCTL_EL2_EL1PCTEN | CNTHCTL_EL2_EL1PCEN);
	isb();
}

void direct_load(struct vcpu *v)
{
	const struct direct_cpu *d = &v->arch.direct;

	ich_hcr_write(ICH_HCR_TC);
	write_reg(icc_ctlr_el1, d->ctlr);
	write_reg(icc_bpr1_el1, d->bpr);
	active_give(d->ap, priority_registers());
	write_reg(icc_igrpen1_el1, d->enable);
	write_reg(icc_pmr_el1, pmr_of(v));
	isb();
	if (is_native(v->core))
		bell_enable(v->core);
}

void direct_save(struct vcpu *v)
{
	struct direct_cpu *d = &v->arch.direct;

	write_reg(icc_pmr_el1, DIRECT_FLOOR);
	d->enable = (uint32_t)read_reg(icc_igrpen1_el1) & 1;
	d->ctlr = (uint32_t)read_reg(icc_ctlr_el1) & DIRECT_CTLR;
	d->bpr = (uint32_t)read_reg(icc_bpr1_el1) & 7;
	(void)active_take(d->ap, priority_registers());
	write_reg(icc_ctlr_el1, 2);
	write_reg(icc_bpr1_el1, 0);
	write_reg(icc_igrpen1_el1, 1);
	ich_hcr_write(ICH_HCR_REST);
	isb();
	if (v->core->bell)
		bell_off(v->core);
}

void direct_cpu_wake(struct vcpu *v)
{
	v->arch.direct = (struct direct_cpu){ .pmr = 0 };
}

/*
 * ICC_AP1R<n>_EL1 are zero, but where zero was not taken (QEMU does not let Non-secure state write the first two where there is an EL3): then
 * priorities are dropped one by one. EOImode is 1 here (direct_save()), so nothing is deactivated.
 */
#define PRIORITIES 128u

static void drop_active(void)
{
	for (uint32_t n = 0; n < PRIORITIES && read_reg(icc_rpr_el1) != 0xff; n++)
		gic_drop(0);
}

void direct_cpu_reset(struct vcpu *v)
{
	uint32_t own = v->part->arch.direct_own[0];

	direct_gicr_write(v->core, GIC_CLEAR_ENABLE, own);
	direct_gicr_wait(v->core);
	direct_gicr_write(v->core, GIC_CLEAR_PENDING, own);
	direct_gicr_write(v->core, GIC_CLEAR_ACTIVE, own);
	direct_gicr_priorities(v->core);
	dsb(sy);
	drop_active();
	ich_vmcr_write(0); /* its Group 0, which nothing comes by: FMO is set, so these are virtual */
	ich_apr_clear();
	direct_cpu_wake(v);
}

/* SGIs of others; what else they might have changed, vgic_is_reset() knows of. */
bool direct_is_reset(const struct vcpu *v)
{
	const volatile uint32_t *pending = (const volatile uint32_t *)(direct_sgi_base(v->core) + GIC_SET_PENDING * 128u);

	return (*pending & v->part->arch.direct_own[0]) == 0;
}

/* At EL2, ISR_EL1 has what the physical CPU interface signals. */
bool direct_pending(struct vcpu *v)
{
	bool woken = v->arch.direct.woken;

	v->arch.direct.woken = 0;
	return woken || (read_reg(isr_el1) & ISR_EL1_I);
}

void direct_pmr_write(struct vcpu *v, uint64_t value)
{
	v->arch.direct.pmr = (uint32_t)value & (0xffu << (8 - priority_bits())) & 0xff;
	write_reg(icc_pmr_el1, pmr_of(v));
	isb();
}

uint64_t direct_ctlr_read(void)
{
	return read_reg(icc_ctlr_el1);
}

void direct_ctlr_write(uint64_t value)
{
	write_reg(icc_ctlr_el1, value & DIRECT_CTLR);
	isb();
}

/* In EOImode 0 it does nothing. Another partition's interrupts are not its own to deactivate. */
void direct_dir(struct vcpu *v, uint64_t intid)
{
	if ((read_reg(icc_ctlr_el1) & 2) == 0 || intid >= VGIC_LINES || (v->part->arch.direct_own[intid / 32] >> intid % 32 & 1) == 0)
		return;
	gic_deactivate((uint32_t)intid);
}

/* To the cores of its own vCPUs only. One at a time, as a rule, is sent by a shorter way (traps.c). */
void direct_sgi(struct vcpu *v, uint64_t value)
{
	for (uint32_t to = sgi_targets(value, v->part->desc->n_vcpus, v->desc->index); to != 0; to &= to - 1)
		gic_kick(v->part->arch.sgi_to[lowest_bit(to)] | (value & SGI_INTID));
}

/* --- sleep --- */

/* The core's alarm, or somebody has called it: true. */
static bool is_called(struct core *c)
{
	if ((read_reg(icc_hppir1_el1) & 0xffffff) != blob->timer_intid)
		return false;
	direct_gicr_write(c, GIC_CLEAR_PENDING, BIT(blob->timer_intid));
	if ((read_reg(cnthp_ctl_el2) & (CNT_CTL_ENABLE | CNT_CTL_ISTATUS)) == (CNT_CTL_ENABLE | CNT_CTL_ISTATUS)) {
		c->now = arch_time();
		sched_alarm();
	}
	return true;
}

/* Until what the CPU interface lets through is pending; its Group 1 is enabled. True: somebody has called. */
static inline bool wait_here(struct core *c)
{
	uint64_t hcr = read_reg(hcr_el2);

	store_relaxed(&c->idles, 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	write_reg(hcr_el2, hcr | HCR_EL2_IMO);
	isb();
	if (!has_news(c))
		__asm__ volatile("dsb sy\n wfi" ::
					 : "memory");
	write_reg(hcr_el2, hcr);
	store_relaxed(&c->idles, 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return has_news(c);
}

/* Nobody is told what it has been called for: that is in the inbox. */
static __attribute__((noinline)) uint64_t called(struct core *c)
{
	(void)is_called(c);
	if (!is_native(c))
		bell_off(c);
	c->changed = 1;
	return LEFT_NEXT;
}

/* What is not as a guest has it that waits for the interrupts which it lets through. */
static bool is_special(const struct core *c)
{
	uint64_t active = read_reg(icc_ap1r0_el1);

	if (priority_registers() > 1)
		active |= read_reg(icc_ap1r1_el1);
	return active || priority_registers() > 2 || c->changed || c->alarm != BH_NEVER || !(read_reg(icc_igrpen1_el1) & 1) ||
	       (read_reg(isr_el1) & ISR_EL1_I);
}

#define PSTATE_RARE (PSTATE_32 | PSTATE_BTYPE | PSTATE_SS)

/*
 * WFI, the short way: nothing is to be put back. Neither accounted nor traced: the core is its own, whether it sleeps or not. Whatever
 * ends it, WFI is over.
 */
uint64_t direct_wait(struct vcpu *v, uint64_t esr)
{
	struct core *c = v->core;

	if ((esr & 1) || (read_reg(spsr_el2) & PSTATE_RARE) || is_special(c))
		return LEFT_SYNC;
	write_reg(elr_el2, read_reg(elr_el2) + 4);
	bell_on_quick(c);
	return unlikely(wait_here(c)) ? called(c) : left_nothing(v);
}

/*
 * Whatever the guest has left active or disabled, its interrupts wake it: WFI may end for no reason. Where active priorities stay (drop_active()), the
 * kernel's interrupt is to preempt them, whatever the guest lets preempt.
 */
static bool direct_sleep(struct vcpu *v)
{
	struct core *c = v->core;
	uint32_t n = active_take(v->arch.direct.ap, priority_registers());
	uint64_t enable = read_reg(icc_igrpen1_el1), bpr = read_reg(icc_bpr1_el1);
	bool news;

	write_reg(icc_bpr1_el1, 0);
	write_reg(icc_igrpen1_el1, 1);
	bell_on(c);
	news = wait_here(c);
	news |= is_called(c);
	if (news && !is_native(c))
		bell_off(c);
	active_give(v->arch.direct.ap, n);
	write_reg(icc_bpr1_el1, bpr);
	write_reg(icc_igrpen1_el1, enable);
	isb();
	return !news;
}

/* Nobody runs. An interrupt ends the sleep of a vCPU that is loaded and waits for one; else only the kernel's own comes through. */
void direct_idle(struct core *c)
{
	struct vcpu *v = c->loaded;

	if (v && vcpu_wakes_by_irq(v) && !v->frozen) {
		if (direct_sleep(v)) {
			v->arch.direct.woken = 1;
			vcpu_post(v, REQ_IRQ);
		}
	} else if (v) {
		write_reg(icc_pmr_el1, DIRECT_FLOOR);
		isb();
		(void)direct_sleep(v);
		write_reg(icc_pmr_el1, pmr_of(v));
		isb();
	} else {
		bell_on(c);
		(void)wait_here(c);
		(void)is_called(c);
		bell_off(c);
	}
	c->now = arch_stamp();
	trace(c, BH_TRACE_IRQ, TRACE_NOBODY, blob->timer_intid, 0, 0);
}
