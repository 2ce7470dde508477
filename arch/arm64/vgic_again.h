/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shortest way into a list register, inline for the exits that happen most: a private interrupt whose last one still has it, and is
 * done. Nothing that was written to the GIC's registers since (`todo`, `again`) lets it be filled otherwise now. One whose end is
 * looked at (LR.EOI) does not come this way: it does not read as free.
 */
#ifndef ARM64_VGIC_AGAIN_H
#define ARM64_VGIC_AGAIN_H

#include "arch/arm64/ich.h"
#include "arch/arm64/vgic.h"
#include "kernel/vcpu.h"

/*
 * v is loaded, n is the list register that had this one last. hw: LR_HW or 0, as in vgic_raise_private(). What is to be written there;
 * 0: not this way. No list register has been written since the guest's exit or the core's sleep: ELRSR is up to date.
 */
static inline uint64_t vgic_again(const struct vcpu *v, uint32_t intid, uint64_t hw, uint32_t n)
{
	const struct vgic_cpu *c = &v->arch.vgic;
	uint64_t lr = c->lr[n]; /* all but its state is as it was written */

	if (unlikely(load_relaxed(&c->todo) != 0 || (c->again >> intid & 1) == 0 || ((lr ^ hw) & LR_HW) != 0) ||
	    n != c->home[intid] || (read_reg(ich_elrsr_el2) >> n & 1) == 0)
		return 0;
	return (lr & ~LR_STATE) | LR_PENDING;
}

/* All that is new to v, which is live, is one private latch, and it goes where its last one was. Nothing else: what is changed has its own bit in `todo`. */
static inline bool vgic_again_sgi(struct vcpu *v)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t bit, n;

	if (load_relaxed(&c->todo) != VGIC_TODO_LATCHED(0))
		return false;
	clear_bits(&c->todo, VGIC_TODO_LATCHED(0));
	bit = load_relaxed(&c->own.pending);
	if (likely(bit != 0 && (bit & (bit - 1)) == 0 && (c->again & bit) != 0)) {
		uint64_t lr;

		n = c->home[lowest_bit(bit)];
		lr = c->lr[n];
		if (likely((lr & LR_HW) == 0 && (read_reg(ich_elrsr_el2) >> n & 1) != 0)) {
			clear_bits(&c->own.pending, bit);
			ich_lr_write(n, (lr & ~LR_STATE) | LR_PENDING);
			return true;
		}
	}
	set_bits(&c->todo, VGIC_TODO_LATCHED(0));
	return false;
}

/* REQ_IRQ: takes in what others posted. */
static inline void vgic_take_in(struct vcpu *v)
{
	if (load_relaxed(&v->arch.vgic.todo) != 0 && !(v->arch.vgic.live && vgic_again_sgi(v)))
		vgic_update(v);
}

/* The quick look of a live one: nothing is pending, active or owed anywhere, nor masked. */
static inline bool vgic_is_quiet(const struct vcpu *v)
{
	const struct vgic_cpu *c = &v->arch.vgic;

	return (load_relaxed(&c->todo) | c->left | c->shut | load_relaxed(&c->closed) | c->own.owed) == 0 &&
	       (c->used & ~(uint32_t)read_reg(ich_elrsr_el2)) == 0;
}

/* Of one that has not run since it was reset: nor has its redistributor been written to by others since, or an SGI come. */
static inline bool vgic_is_reset(const struct vcpu *v)
{
	const struct vgic_cpu *c = &v->arch.vgic;

	return (load_relaxed(&c->touched) | load_relaxed(&c->own.pending)) == 0;
}

/* The same, and nothing else has become of it either: no SPI is posted to it, and no line left to it. */
static inline bool vgic_is_untouched(const struct vcpu *v)
{
	const struct vgic_cpu *c = &v->arch.vgic;

	return (load_relaxed(&c->touched) | load_relaxed(&c->own.pending) | load_relaxed(&c->todo) | load_relaxed(&c->closed)) == 0;
}

#endif
