/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What vgic.c and vgic_regs.c share: words of interrupts, and how one vCPU tells another that
 * something in a word changed.
 */
#ifndef ARM64_VGIC_INSIDE_H
#define ARM64_VGIC_INSIDE_H

#include "arch/arm64/ich.h"
#include "arch/arm64/vgic.h"
#include "kernel/partition.h"
#include "kernel/vcpu.h"

#define VGIC_ALL_WORDS (BIT(VGIC_WORDS) - 1)

/* Pairs of "change a word, then look who delivers it" and "change who delivers, then look at the
 * word" on two cores: one of them sees the other's change only if both have a full barrier between. */
#define vgic_barrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)

static inline struct vgic_word *vgic_word(struct vcpu *v, uint32_t w)
{
	return w == 0 ? &v->arch.vgic.own : &v->part->arch.vgic.word[w];
}

static inline uint32_t vgic_pending_bits(const struct vgic_word *word)
{
	return load_relaxed(&word->pending) | (load_relaxed(&word->line) & load_relaxed(&word->level));
}

/* Word w of t has something new; self: the vCPU that causes it, which will look by itself, or NULL. */
static inline void vgic_tell(struct vcpu *t, uint32_t w, const struct vcpu *self)
{
	set_bits(&t->arch.vgic.todo, BIT(w));
	if (t != self)
		vcpu_post(t, REQ_IRQ);
}

/* Bits of SPI word w changed: every vCPU that delivers or holds one of them looks. self: as above. */
void vgic_changed(struct partition *p, uint32_t w, uint32_t bits, struct vcpu *self);

/* These, active in no list register, are so no more; v: whose private ones w = 0 means. */
void vgic_deactivate(struct vcpu *v, uint32_t w, uint32_t bits);

/* Bits of word w that are in t's list registers, in one of the states. Own core, or after a sync. */
uint32_t vgic_lr_bits(const struct vcpu *t, uint32_t w, uint64_t states);

#endif
