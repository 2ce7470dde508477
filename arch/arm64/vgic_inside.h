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
#include "kernel/sched.h"
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

/* t has this to look at (vgic_cpu.todo); self: the vCPU that causes it, which will look by itself, or NULL. */
static inline void vgic_tell(struct vcpu *t, uint32_t todo, const struct vcpu *self)
{
	set_bits(&t->arch.vgic.todo, todo); /* as good as REQ_IRQ */
	if (t != self)
		sched_post(t->core, t->bit);
}

static inline uint32_t vgic_todo_take(struct vgic_cpu *c)
{
	uint32_t todo = swap_all(&c->todo, 0);

	return (todo | todo >> VGIC_WORDS) & VGIC_ALL_WORDS;
}

/* v has changed something in the redistributor of owner. */
static inline void vgic_touch(const struct vcpu *v, struct vcpu *owner)
{
	if (owner != v)
		store_release(&owner->arch.vgic.touched, 1);
}

/* Bits of SPI word w changed: every vCPU that delivers or holds one of them looks. self: as above. */
void vgic_changed(struct partition *p, uint32_t w, uint32_t bits, struct vcpu *self);

/* These, active in no list register, are so no more; v: whose private ones w = 0 means. */
void vgic_deactivate(struct vcpu *v, uint32_t w, uint32_t bits);

/* Bits of word w that are in t's list registers, in one of the states. Own core, or after a sync. */
uint32_t vgic_lr_bits(const struct vcpu *t, uint32_t w, uint64_t states);

/* --- vgic_lines.c --- */

/* A device's physical interrupt: it has fired here, and what it is to p is noted already. */
void vgic_line_fired(struct partition *p, uint32_t intid);
void vgic_lines_reset(struct partition *p);
void vgic_line_mask(struct partition *p, uint32_t intid); /* any core; until the vCPU that it is routed to runs */

/* --- list registers --- */

static inline uint32_t vgic_lr_intid(uint64_t lr)
{
	return (uint32_t)lr; /* below VGIC_LINES: only we wrote it */
}

static inline uint32_t vgic_lr_priority(uint64_t lr)
{
	return (uint32_t)(lr >> LR_PRIO_SHIFT) & 0xff;
}

static inline uint32_t vgic_lr_all(void)
{
	return (2u << (ich_vtr() & 31u)) - 1;
}

static inline uint8_t vgic_priority(const struct vcpu *v, uint32_t intid)
{
	return intid < 32 ? v->arch.vgic.priority[intid] : v->part->arch.vgic.priority[intid];
}

/* Word 0's `held` is written by its owner only. */
static inline bool vgic_claim(struct vgic_word *word, uint32_t w, uint32_t bit)
{
	if (w != 0)
		return (set_bits(&word->held, bit) & bit) == 0;
	store_relaxed(&word->held, word->held | bit);
	return true;
}

/* Bit g: group g is enabled at the distributor and at the CPU interface (GICD_CTLR and ICH_VMCR_EL2
 * have the same two bits). */
static inline uint32_t vgic_open_groups(const struct vcpu *v, uint32_t vmcr)
{
	return load_relaxed(&v->part->arch.vgic.ctlr) & vmcr & 3u;
}

static inline uint64_t vgic_lr_value(struct vcpu *v, struct vgic_word *word, uint32_t intid, bool hw)
{
	uint32_t bit = BIT(intid % 32);
	uint64_t lr = LR_PENDING | (uint64_t)vgic_priority(v, intid) << LR_PRIO_SHIFT | intid;

	if ((word->group & bit) != 0)
		lr |= LR_GROUP1;
	if (hw)
		return lr | LR_HW | (uint64_t)(intid < 32 ? intid : v->part->arch.vgic.pintid[intid]) << LR_PINTID_SHIFT;
	if ((word->level & bit) != 0)
		lr |= LR_EOI; /* its line is looked at again when the guest is done */
	return lr;
}

/* --- vgic_pass.c --- */

/* One look at a vCPU: collect, then end. Between the two vgic_cpu.lr says how things are. */
struct vgic_pass {
	struct vcpu *v;
	struct vgic_cpu *c;
	uint32_t words; /* to look at */
	uint32_t dirty; /* list registers that the hardware has not seen */
	uint32_t vmcr;
	uint32_t shut_groups;
};

void vgic_pass_collect(struct vgic_pass *k);
void vgic_pass_end(struct vgic_pass *k);

void vgic_lr_done(struct vgic_pass *k, uint32_t n);    /* the guest is done with what was there */
void vgic_lr_retract(struct vgic_pass *k, uint32_t n); /* back to the words, in whatever state it is */
void vgic_evicted_end(struct vgic_pass *k, uint32_t intid);
bool vgic_holds(const struct vgic_cpu *c, uint32_t intid);

/* An SPI became pending, or its line changed: who delivers it looks. todo: as vgic_cpu.todo has it. */
void vgic_spi_tell(struct partition *p, uint32_t intid, uint32_t todo);

#endif
