/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three timers. The virtual one is the guest's own hardware while it is loaded: its interrupt
 * comes to EL2, is given on with a list register that carries the physical INTID, and the guest's
 * EOI deactivates it. The physical one (CNTP) is kept in memory. EL2's (CNTHP) is the core's alarm:
 * for CNTP of the loaded vCPU and for all timers of waiting vCPUs that are not loaded.
 *
 * CNTVOFF_EL2 is 0: every partition sees the machine's counter.
 */
#include "arm64.h"
#include "direct.h"
#include "gicv3.h"
#include "vgic_again.h"
#include "kernel/arch.h"

void timer_core_init(void)
{
	write_reg(cnthctl_el2, CNTHCTL_EL2_EL1PCTEN);
	write_reg(cntvoff_el2, 0);
	write_reg(cnthp_ctl_el2, 0);
	write_reg(cntv_ctl_el0, 0);
	write_reg(cntp_ctl_el0, 0);
	isb();
}

/* The virtual timer's line, seen from memory: is it high now, and would anybody look? */
static bool virtual_due(const struct vcpu *v)
{
	return timer_runs(v->arch.cntv_ctl) && (v->arch.vgic.own.enabled & BIT(VIRTUAL_PPI)) && arch_time() >= v->arch.cntv_cval;
}

static bool physical_level(const struct vcpu *v)
{
	return timer_runs(v->arch.cntp_ctl) && arch_time() >= v->arch.cntp_cval;
}

ticks_t arch_vcpu_deadline(const struct vcpu *v)
{
	const struct arch_vcpu *a = &v->arch;
	ticks_t first = ~0ull;

	if (unlikely(a->is_direct)) /* its timers are the core's own; not loaded, it does not wait: arch_irq_pending() */
		return first;
	/* Once the line is high nothing more happens by time alone. */
	if (timer_runs(a->cntp_ctl) && !(a->vgic.own.line & BIT(PHYSICAL_PPI)))
		first = a->cntp_cval;
	if (v->core->loaded != v && timer_runs(a->cntv_ctl) && (a->vgic.own.enabled & BIT(VIRTUAL_PPI)) && a->cntv_cval < first)
		first = a->cntv_cval;
	return first;
}

void timer_physical_changed(struct vcpu *v)
{
	vgic_line_private(v, PHYSICAL_PPI, physical_level(v));
	vcpu_timed(v->core, v);
	v->core->changed = 1;
}

static __attribute__((noinline)) void update_all(struct vcpu *v)
{
	if (timer_runs(v->arch.cntp_ctl))
		vgic_line_private(v, PHYSICAL_PPI, physical_level(v));
	if (load_relaxed(&v->arch.vgic.closed))
		vgic_lines_told(v);
	vgic_take_in(v);
}

void arch_irq_update(struct vcpu *v)
{
	if (unlikely(v->arch.is_direct))
		return;
	if (unlikely(timer_runs(v->arch.cntp_ctl) || load_relaxed(&v->arch.vgic.closed))) {
		update_all(v);
		return;
	}
	vgic_take_in(v);
}

/*
 * The guest stops its timer, or sets it anew, without our notice: a pending interrupt that it has
 * not taken must go with the level behind it. Looked at where the guest could see the difference;
 * one that it takes before is spurious.
 */
void timer_virtual_review(struct vcpu *v)
{
	const struct vgic_word *own = &v->arch.vgic.own;

	if (((own->held | own->owed) & BIT(VIRTUAL_PPI)) && !timer_virtual_fires())
		vgic_withdraw_private(v, VIRTUAL_PPI);
}

static __attribute__((noinline)) bool irq_pending(struct vcpu *v)
{
	if (v->arch.is_direct)
		return v->core->loaded != v || direct_pending(v);
	if (v->core->loaded == v)
		timer_virtual_review(v);
	return vgic_pending(v) || (v->core->loaded != v && virtual_due(v));
}

bool arch_irq_pending(struct vcpu *v)
{
	return unlikely(v->core->loaded != v || !vgic_irqs_quiet(v)) && irq_pending(v);
}

void timer_load_physical(struct vcpu *v)
{
	vgic_line_private(v, PHYSICAL_PPI, physical_level(v));
}

void timer_virtual_irq(struct vcpu *v)
{
	/* It came as its owner left, or the line fell meanwhile: nobody's. */
	if (unlikely(!v || !timer_virtual_fires())) {
		gic_end(VIRTUAL_PPI);
		return;
	}
	switch_irqs(v);
	vgic_raise_private(v, VIRTUAL_PPI, true);
	if (vcpu_wakes_by_irq(v))
		vcpu_post(v, REQ_IRQ);
}
