/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual CPU interface between memory and hardware at a switch, inline. While no vCPU is live, no list register of this core has a
 * state, and no priority is active: only what has one has to be written. A vCPU that has not used its CPU interface has nothing there:
 * what becomes of its interrupts meanwhile becomes so in memory, as of one that is not loaded.
 */
#ifndef ARM64_VGIC_SWITCH_H
#define ARM64_VGIC_SWITCH_H

#include "arch/arm64/ich.h"
#include "kernel/vcpu.h"

/* vgic.c: what is not so at every switch. */
void vgic_load_used(struct vcpu *v);   /* list registers */
void vgic_save_used(struct vcpu *v);   /* list registers, behind ich_vmcr_read() */
void vgic_save_active(struct vcpu *v); /* physical interrupts that stay active for v */

/* To hardware where there is nothing but the CPU interface's own register. */
static inline bool vgic_load_is_plain(const struct vgic_cpu *c)
{
	return (load_relaxed(&c->todo) | c->left | c->shut | c->used | c->priorities_active | c->own.owed) == 0 && c->hcr != 0;
}

static inline void vgic_load_plain(struct vcpu *v)
{
	struct vgic_cpu *c = &v->arch.vgic;

	ich_vmcr_write(c->vmcr);
	ich_hcr_write(c->hcr);
	c->live = true;
}

/* To hardware. Before the virtual timer is switched on (vgic.h). */
static inline void vgic_load(struct vcpu *v)
{
	struct vgic_cpu *c = &v->arch.vgic;

	if (!c->begun)
		return;
	if (unlikely((load_relaxed(&c->todo) | c->left | c->shut) != 0 || c->hcr == 0))
		vgic_pass(v);
	if (unlikely((c->used | c->own.owed) != 0))
		vgic_load_used(v);
	if (unlikely(c->priorities_active)) {
		ich_apr_load(c->ap0r, c->ap1r);
		c->priorities_active = 0;
	}
	vgic_load_plain(v);
}

/* From hardware, which is left disabled. After the virtual timer is off. */
static inline void vgic_save(struct vcpu *v)
{
	struct vgic_cpu *c = &v->arch.vgic;

	if (!c->begun)
		return;
	c->vmcr = ich_vmcr_read();
	if (unlikely((c->used | c->out) != 0))
		vgic_save_used(v);
	c->priorities_active = ich_apr_any();
	if (unlikely(c->priorities_active)) {
		ich_apr_save(c->ap0r, c->ap1r);
		ich_apr_clear();
	}
	ich_hcr_write(ICH_HCR_REST);
	if (unlikely((c->used | c->own.owed) != 0))
		vgic_save_active(v);
	c->live = false;
}

/* From hardware, likewise; one pair of active-priority registers is all there is. */
static inline bool vgic_save_is_plain(const struct vgic_cpu *c)
{
	return (c->used | c->out | c->own.owed | ich_apr_first()) == 0;
}

static inline void vgic_save_plain(struct vcpu *v)
{
	struct vgic_cpu *c = &v->arch.vgic;

	c->vmcr = ich_vmcr_read();
	ich_hcr_write(ICH_HCR_REST);
	c->live = false;
}

#endif
