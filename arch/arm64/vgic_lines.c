/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices' physical lines, open or masked at the distributor: a device steals time from nobody but
 * the vCPU that gets its interrupts. A line is open only where that vCPU has been chosen to run since the line
 * was last masked, and on that core alone: the one that opens it routes it to itself. It is masked when it
 * fires for a vCPU that is not about to run, whenever it is routed anew, and from the start of its
 * partition until the first vCPU runs. So whoever else runs on a core meets a line once at most for each
 * time that its vCPU has run there, whatever the device does, and whatever the partition's vCPUs do on
 * other cores: route it to and fro, deactivate what this core has acknowledged, start and stop.
 *
 * No line is lost: who masks one does so completely, executes a full barrier, looks to whom it is routed now and
 * leaves it to that vCPU (`masked`), to be opened. Who routes it stores the new route first and masks
 * it then. So each masking is followed by a look at the route that is as young, and by a bit that stands until the
 * line is opened; what two do at once may open a line twice, or on the core that had it before: it
 * fires there once, and is masked again. With nobody to route it to, it stays masked until there is.
 *
 * A vCPU whose lines are masked does not stay in WFI, which may end at any time: its interrupt may
 * be one that only the device knows of.
 *
 * The guest sees nothing of this: its enables, states and routes are those of struct vgic_word.
 */
#include "arch/arm64/gicv3.h"
#include "arch/arm64/vgic_inside.h"
#include "kernel/arch.h"
#include "kernel/core.h"
#include "kernel/trace.h"

static void leave_to(struct vcpu *t, uint32_t w, uint32_t bits)
{
	set_bits(&t->arch.vgic.masked[w], bits);
	set_bits(&t->arch.vgic.closed, BIT(w));
	vgic_lines_told(t);
	vcpu_post(t, REQ_IRQ); /* it may be waiting */
}

void vgic_line_mask(struct partition *p, uint32_t intid)
{
	uint32_t to;

	gic_spi_mask(p->arch.vgic.pintid[intid]);
	vgic_barrier();
	to = load_relaxed(&p->arch.vgic.route[intid]);
	if (to < p->desc->n_vcpus)
		leave_to(partition_vcpu(p, to), intid / 32, BIT(intid % 32));
}

/* Enough of a reason not to mask: whoever runs when the kernel is left, it is this one. */
static bool about_to_run(struct vcpu *t)
{
	const struct core *c = this_core();

	if (t->core != c)
		return false;
	if (t == c->loaded) /* it ran, or nobody did; off, it is alone here */
		return true;
	return (load_relaxed(&c->urgent) & t->bit) != 0 &&
	       (t->state == VCPU_READY || (vcpu_wakes_by_irq(t) && vgic_pending(t)));
}

void vgic_line_fired(struct partition *p, uint32_t intid)
{
	uint32_t to = load_relaxed(&p->arch.vgic.route[intid]);

	if (to < p->desc->n_vcpus && about_to_run(partition_vcpu(p, to)))
		return;
	vgic_line_mask(p, intid);
	trace(this_core(), BH_TRACE_SHUT, TRACE_WHO(p->number, BH_TRACE_NOBODY), p->arch.vgic.pintid[intid], 0, 0);
}

/* One that is routed elsewhere by now has been left to that one, or is about to be. */
static void open_word(struct vcpu *v, uint32_t w)
{
	const struct vgic_dist *d = &v->part->arch.vgic;

	for (uint32_t bits = swap_all(&v->arch.vgic.masked[w], 0); bits != 0; bits &= bits - 1) {
		uint32_t intid = w * 32 + lowest_bit(bits);

		if (load_relaxed(&d->route[intid]) == v->desc->index)
			gic_spi_open(d->pintid[intid], v->core->desc->mpidr);
	}
}

void arch_irq_open(struct vcpu *v)
{
	v->core->shut &= ~v->bit;
	for (uint32_t words = swap_all(&v->arch.vgic.closed, 0); words != 0; words &= words - 1)
		open_word(v, lowest_bit(words));
}

/* Nobody of p runs; its lines are masked. Another core may still be at one that fired before: it
 * leaves it to the first vCPU, too, which has them all. */
void vgic_lines_reset(struct partition *p)
{
	const struct bh_irq *irq = blob_irqs(blob);

	for (uint32_t i = 0; i < p->desc->n_vcpus; i++) {
		struct vgic_cpu *c = &partition_vcpu(p, i)->arch.vgic;

		for (uint32_t w = 1; w < VGIC_WORDS; w++)
			store_relaxed(&c->masked[w], 0);
		store_relaxed(&c->closed, 0);
	}
	for (uint32_t i = 0; i < blob->n_irqs; i++)
		if (irq[i].partition == p->number && irq[i].vintid < VGIC_LINES) {
			set_bits(&partition_vcpu(p, 0)->arch.vgic.masked[irq[i].vintid / 32], BIT(irq[i].vintid % 32));
			set_bits(&partition_vcpu(p, 0)->arch.vgic.closed, BIT(irq[i].vintid / 32));
		}
}
