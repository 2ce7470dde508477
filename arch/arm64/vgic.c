/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delivery: which interrupts are in a vCPU's list registers.
 *
 * One pass does all that is not a fast path: read the list registers back, put back what must not
 * be there, offer every candidate of the words that changed, arrange to be called again. It works
 * on vgic_cpu.lr, so it is the same for a vCPU that the hardware does not hold. After a pass:
 *
 *  - the list registers hold the best pending interrupts; what found no room is in `left`, and then
 *    at least one list register is pending, so the "no pending" maintenance interrupt comes when the
 *    guest has acknowledged the last;
 *  - an active interrupt that was put out of the list registers is in `evicted`. The worst goes first:
 *    the guest ends better ones before. Its end is seen by EOIcount, or in EOImode 1 by a trap of DIR;
 *  - an active interrupt that is pending again has both states in its list register where the
 *    hardware allows that and nothing is left over, else a maintenance interrupt at its end.
 *
 * Loops run over list registers, over the partition's vCPUs, or over the candidates of a word.
 */
#include "arch/arm64/gicv3.h"
#include "arch/arm64/vgic_inside.h"
#include "kernel/core.h"

#define NO_LR 32u

#define LR_PINTID_MASK (0x1fffull << LR_PINTID_SHIFT)

struct pass {
	struct vcpu *v;
	struct vgic_cpu *c;
	uint32_t words; /* to look at */
	uint32_t dirty; /* list registers that the hardware has not seen */
	uint32_t vmcr;
	uint32_t shut_groups;
};

static uint32_t lr_intid(uint64_t lr)
{
	return (uint32_t)lr % VGIC_LINES; /* only we wrote it: the remainder is for the reader's peace */
}

static uint32_t lr_priority(uint64_t lr)
{
	return (uint32_t)(lr >> LR_PRIO_SHIFT) & 0xff;
}

static uint32_t lr_all(void)
{
	return (2u << (ich_vtr() & 31u)) - 1;
}

static void lr_set(struct pass *k, uint32_t n, uint64_t lr)
{
	store_relaxed(&k->c->lr[n], lr);
	k->dirty |= BIT(n);
}

static uint8_t priority(const struct vcpu *v, uint32_t intid)
{
	return intid < 32 ? v->arch.vgic.priority[intid] : v->part->arch.vgic.priority[intid];
}

/* Word 0's `held` is written by its owner only. */
static bool claim(struct vgic_word *word, uint32_t w, uint32_t bit)
{
	if (w != 0)
		return (set_bits(&word->held, bit) & bit) == 0;
	store_relaxed(&word->held, word->held | bit);
	return true;
}

static void unclaim(struct vgic_word *word, uint32_t w, uint32_t bit)
{
	if (w != 0)
		clear_bits(&word->held, bit);
	else
		store_relaxed(&word->held, word->held & ~bit);
}

/* --- telling others --- */

void vgic_changed(struct partition *p, uint32_t w, uint32_t bits, struct vcpu *self)
{
	const struct vgic_word *word = &p->arch.vgic.word[w];
	uint32_t held;

	vgic_barrier();
	held = load_relaxed(&word->held) & bits;
	if ((load_relaxed(&word->owed) & bits) != 0)
		vgic_tell(self, w, self); /* whoever looks ends it, and it may be routed to nobody */
	bits &= vgic_pending_bits(word);
	if ((held | bits) == 0)
		return;
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++) {
		struct vcpu *t = partition_vcpu(p, i);

		if (held != 0 || (load_relaxed(&t->arch.vgic.mine[w]) & bits) != 0)
			vgic_tell(t, w, self);
	}
}

/* An SPI became pending: who delivers it looks. */
static void spi_tell(struct partition *p, uint32_t intid)
{
	uint32_t to;

	vgic_barrier();
	to = load_relaxed(&p->arch.vgic.route[intid]);
	if (to < p->desc->n_vcpus && (load_relaxed(&p->arch.vgic.word[intid / 32].enabled) & BIT(intid % 32)) != 0)
		vgic_tell(partition_vcpu(p, to), intid / 32, NULL);
}

/* An SPI ended here that is routed elsewhere, or went back to its word: it may be pending there. */
static void spi_pass_on(struct vcpu *v, uint32_t intid)
{
	uint32_t w = intid / 32, bit = BIT(intid % 32);

	if (w == 0)
		return;
	vgic_barrier();
	if ( (load_relaxed(&v->arch.vgic.mine[w]) & bit) == 0 &&
	    (vgic_pending_bits(vgic_word(v, w)) & bit) != 0)
		spi_tell(v->part, intid);
}

/* --- out of a list register --- */

/* List register n is free; what becomes of its interrupt was settled before. */
static void lr_free(struct vcpu *v, uint32_t n)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t intid = lr_intid(c->lr[n]), w = intid / 32, bit = BIT(intid % 32);
	struct vgic_word *word = vgic_word(v, w);

	store_relaxed(&c->used, c->used & ~BIT(n));
	c->latched &= ~BIT(n);
	store_relaxed(&c->lr[n], 0);
	if (unlikely((word->unpend | word->unactive | word->wanted) & bit)) {
		clear_bits(&word->unpend, bit);
		clear_bits(&word->unactive, bit);
		clear_bits(&word->wanted, bit);
	}
	unclaim(word, w, bit);
	spi_pass_on(v, intid);
}

/* The physical interrupt behind a list register, or behind a word, can fire again. */
static void physical_end(struct vcpu *v, uint32_t intid)
{
	if (intid >= 32)
		gic_deactivate(v->part->arch.vgic.pintid[intid]);
	else if (v->arch.vgic.live)
		gic_deactivate(intid);
}

/* The guest is done with it. */
static void lr_done(struct pass *k, uint32_t n)
{
	k->words |= BIT(lr_intid(k->c->lr[n]) / 32);
	if ((k->c->lr[n] & LR_EOI) != 0)
		k->dirty |= BIT(n); /* else its maintenance interrupt would stay */
	lr_free(k->v, n);
}

/* Back to the words, in whatever state it is. */
static void lr_retract(struct pass *k, uint32_t n)
{
	struct vgic_cpu *c = k->c;
	uint64_t lr = c->lr[n];
	uint32_t intid = lr_intid(lr), w = intid / 32, bit = BIT(intid % 32);
	struct vgic_word *word = vgic_word(k->v, w);

	if ((lr & LR_HW) != 0)
		set_bits(&word->owed, bit);
	if ((lr & LR_PENDING) != 0 && (c->latched & BIT(n)) != 0)
		set_bits(&word->pending, bit);
	if ((lr & LR_ACTIVE) != 0) {
		set_bits(&word->active, bit);
		set_bits(&c->evicted[w], bit);
		c->out |= BIT(w);
	}
	k->words |= BIT(w);
	k->dirty |= BIT(n);
	lr_free(k->v, n);
}

/* What register writes asked of an interrupt while it was in a list register. */
static uint64_t lr_obey(struct pass *k, uint32_t n, uint64_t lr, struct vgic_word *word, uint32_t bit)
{
	uint64_t was = lr;

	if ((word->unpend & bit) != 0) {
		clear_bits(&word->unpend, bit);
		lr &= ~LR_PENDING;
		k->c->latched &= ~BIT(n);
	}
	if ((word->unactive & bit) != 0) {
		clear_bits(&word->unactive, bit);
		lr &= ~LR_ACTIVE;
	}
	if ((lr & LR_STATE) == 0 && (was & LR_HW) != 0)
		physical_end(k->v, lr_intid(lr));
	if (lr != was)
		lr_set(k, n, lr);
	return lr;
}

/* Bit g: group g is enabled at the distributor and at the CPU interface (GICD_CTLR and ICH_VMCR_EL2
 * have the same two bits). */
static uint32_t open_groups(const struct vcpu *v, uint32_t vmcr)
{
	return load_relaxed(&v->part->arch.vgic.ctlr) & vmcr & 3u;
}

/* Would this interrupt, only pending in list register n, be put there again? */
static bool lr_wanted(struct pass *k, uint32_t n, uint64_t lr, const struct vgic_word *word, uint32_t w, uint32_t bit)
{
	uint32_t group = (word->group & bit) != 0;

	return (load_relaxed(&word->enabled) & load_relaxed(&k->c->mine[w]) & ~word->active & bit) != 0 &&
	       ((k->c->latched & BIT(n)) != 0 || (word->line & word->level & bit) != 0) &&
	       (open_groups(k->v, k->vmcr) >> group & 1) != 0 && group == ((lr & LR_GROUP1) != 0) &&
	       ((lr & (LR_EOI | LR_HW)) != 0 || (word->level & bit) == 0) &&
	       lr_priority(lr) == priority(k->v, lr_intid(lr));
}

static void lr_review(struct pass *k, uint32_t n)
{
	uint64_t lr = k->c->lr[n];
	uint32_t intid = lr_intid(lr), w = intid / 32, bit = BIT(intid % 32);
	struct vgic_word *word = vgic_word(k->v, w);

	if ((lr & LR_STATE) != 0 && unlikely((word->unpend | word->unactive) & bit))
		lr = lr_obey(k, n, lr, word, bit);
	if ((lr & LR_STATE) == 0) {
		lr_done(k, n);
		return;
	}
	if ((lr & LR_ACTIVE) == 0) {
		if (unlikely((load_relaxed(&word->pending) & bit) != 0)) { /* once more before it was taken: still once */
			clear_bits(&word->pending, bit);
			k->c->latched |= BIT(n);
		}
		if (!lr_wanted(k, n, lr, word, w, bit))
			lr_retract(k, n);
		return;
	}
	if (unlikely((word->active & bit) != 0)) /* set by a write, and it is */
		clear_bits(&word->active, bit);
	if ((lr & LR_PENDING) != 0) { /* pass_end() puts this state back where it can stay */
		lr_set(k, n, lr & ~LR_PENDING);
		if ((k->c->latched & BIT(n)) != 0)
			set_bits(&word->pending, bit);
		k->c->latched &= ~BIT(n);
	}
}

/* --- active ones in no list register --- */

void vgic_deactivate(struct vcpu *v, uint32_t w, uint32_t bits)
{
	clear_bits(&vgic_word(v, w)->active, bits);
	if (w == 0) {
		clear_bits(&v->arch.vgic.evicted[0], bits);
		return;
	}
	for (uint32_t i = 0; i < v->part->desc->n_vcpus; i++) {
		struct vgic_cpu *c = &partition_vcpu(v->part, i)->arch.vgic;

		if ((load_relaxed(&c->evicted[w]) & bits) != 0)
			clear_bits(&c->evicted[w], bits);
	}
}

static void evicted_end(struct pass *k, uint32_t intid)
{
	vgic_deactivate(k->v, intid / 32, BIT(intid % 32));
	k->words |= BIT(intid / 32);
	spi_pass_on(k->v, intid);
}

/* The evicted interrupt that runs: priorities nest, so it is the best. VGIC_LINES: none. */
static uint32_t evicted_innermost(const struct pass *k)
{
	uint32_t best = VGIC_LINES, best_priority = 256;

	for (uint32_t words = k->c->out; words != 0; words &= words - 1) {
		uint32_t w = lowest_bit(words);
		uint32_t bits = load_relaxed(&k->c->evicted[w]);

		for (; bits != 0; bits &= bits - 1) {
			uint32_t intid = w * 32 + lowest_bit(bits);

			if (priority(k->v, intid) < best_priority) {
				best = intid;
				best_priority = priority(k->v, intid);
			}
		}
	}
	return best;
}

/* The guest has ended interrupts that were in no list register. */
static void evicted_count(struct pass *k, uint32_t ended)
{
	for (; ended > 0; ended--) {
		uint32_t intid = evicted_innermost(k);

		if (intid == VGIC_LINES)
			return;
		evicted_end(k, intid);
	}
}

static void evicted_tidy(struct vgic_cpu *c)
{
	for (uint32_t words = c->out; words != 0; words &= words - 1)
		if (load_relaxed(&c->evicted[lowest_bit(words)]) == 0)
			c->out &= ~BIT(lowest_bit(words));
}

/* --- into a list register --- */

/* Nothing else deactivates the physical interrupt of these. */
static void end_owed(struct vcpu *v, uint32_t w, struct vgic_word *word)
{
	uint32_t bits = load_relaxed(&word->owed);

	bits &= ~(load_relaxed(&word->pending) | load_relaxed(&word->held) | load_relaxed(&word->active));
	for (; bits != 0; bits &= bits - 1) {
		uint32_t bit = bits & -bits;

		if ((clear_bits(&word->owed, bit) & bit) != 0) /* two vCPUs may look at once */
			physical_end(v, w * 32 + lowest_bit(bit));
	}
}

static uint64_t lr_value(struct vcpu *v, struct vgic_word *word, uint32_t intid, bool hw)
{
	uint32_t bit = BIT(intid % 32);
	uint64_t lr = LR_PENDING | (uint64_t)priority(v, intid) << LR_PRIO_SHIFT | intid;

	if ((word->group & bit) != 0)
		lr |= LR_GROUP1;
	if (hw)
		return lr | LR_HW | (uint64_t)(intid < 32 ? intid : v->part->arch.vgic.pintid[intid]) << LR_PINTID_SHIFT;
	if ((word->level & bit) != 0)
		lr |= LR_EOI; /* its line is looked at again when the guest is done */
	return lr;
}

/* Into the free list register n; claimed. */
static void lr_fill(struct pass *k, uint32_t n, struct vgic_word *word, uint32_t intid)
{
	uint32_t bit = BIT(intid % 32);
	bool hw = (load_relaxed(&word->owed) & bit) != 0 && (clear_bits(&word->owed, bit) & bit) != 0;

	if (unlikely((word->wanted & bit) != 0))
		clear_bits(&word->wanted, bit);
	if ((clear_bits(&word->pending, bit) & bit) != 0)
		k->c->latched |= BIT(n);
	store_relaxed(&k->c->used, k->c->used | BIT(n));
	lr_set(k, n, lr_value(k->v, word, intid, hw));
}

/*
 * A list register for an interrupt of this priority, or NO_LR: a free one, else that of the worst
 * pending interrupt if that is worse, else, where all are active, that of the worst of them. The
 * last keeps one pending among the list registers, see the head.
 */
static uint32_t lr_choose(struct pass *k, uint32_t prio)
{
	struct vgic_cpu *c = k->c;
	uint32_t all = lr_all(), pending = NO_LR, active = NO_LR;

	if ((all & ~c->used) != 0)
		return lowest_bit(all & ~c->used);
	for (uint32_t n = 0; (all >> n) != 0; n++) {
		uint32_t *worst = (c->lr[n] & LR_ACTIVE) != 0 ? &active : &pending;

		if (*worst == NO_LR || lr_priority(c->lr[n]) > lr_priority(c->lr[*worst]))
			*worst = n;
	}
	if (pending != NO_LR) {
		if (lr_priority(c->lr[pending]) <= prio)
			return NO_LR;
		c->left |= BIT(lr_intid(c->lr[pending]) / 32);
		lr_retract(k, pending);
		return pending;
	}
	lr_retract(k, active);
	return active;
}

static bool holds(const struct vgic_cpu *c, uint32_t intid)
{
	for (uint32_t used = c->used; used != 0; used &= used - 1)
		if (lr_intid(c->lr[lowest_bit(used)]) == intid)
			return true;
	return false;
}

static void offer(struct pass *k, struct vgic_word *word, uint32_t intid)
{
	uint32_t w = intid / 32, bit = BIT(intid % 32), n;

	if ((load_relaxed(&word->held) & bit) != 0) {
		/* In a list register of ours: pass_end() sees to it. Of another vCPU, before it was routed
		 * here: that one gives it back, or at its end tells us. */
		if (w != 0 && !holds(k->c, intid) && (set_bits(&word->wanted, bit) & bit) == 0)
			vgic_changed(k->v->part, w, bit, k->v);
		return;
	}
	if ((load_relaxed(&word->active) & bit) != 0)
		return; /* evicted for a candidate before it */
	n = lr_choose(k, priority(k->v, intid));
	if (n == NO_LR) {
		k->c->left |= BIT(w);
		return;
	}
	if (!claim(word, w, bit))
		return;
	lr_fill(k, n, word, intid);
	if (w == 0)
		return;
	/* A write that disables it saw it not held, or we see it disabled. */
	vgic_barrier();
	if ((load_relaxed(&word->enabled) & bit) == 0)
		lr_retract(k, n);
}

static void scan(struct pass *k, uint32_t w)
{
	struct vgic_word *word = vgic_word(k->v, w);
	uint32_t dist = load_relaxed(&k->v->part->arch.vgic.ctlr), groups = dist & k->vmcr;
	uint32_t g0, g1, bits;

	if (unlikely(load_relaxed(&word->owed) != 0))
		end_owed(k->v, w, word);
	bits = vgic_pending_bits(word) & load_relaxed(&word->enabled) & load_relaxed(&k->c->mine[w]);
	bits &= ~load_relaxed(&word->active);
	g1 = bits & word->group;
	g0 = bits & ~word->group;
	if ((g0 != 0 && (dist & ~k->vmcr & 1) != 0) || (g1 != 0 && (dist & ~k->vmcr & 2) != 0)) {
		k->c->shut |= BIT(w);
		k->shut_groups |= (g0 != 0 ? 1u : 0u) | (g1 != 0 ? 2u : 0u);
	}
	bits = ((groups & 1) != 0 ? g0 : 0) | ((groups & 2) != 0 ? g1 : 0);
	for (; bits != 0; bits &= bits - 1)
		offer(k, word, w * 32 + lowest_bit(bits));
}

/* An active interrupt that is pending again. */
static void lr_again(struct pass *k, uint32_t n)
{
	uint64_t lr = k->c->lr[n];
	uint32_t intid = lr_intid(lr), w = intid / 32, bit = BIT(intid % 32);
	struct vgic_word *word = vgic_word(k->v, w);
	uint32_t group = (word->group & bit) != 0;

	if ((lr & LR_ACTIVE) == 0 || (vgic_pending_bits(word) & bit) == 0)
		return;
	if ((lr & LR_HW) != 0) { /* no maintenance interrupt with LR.HW: the kernel deactivates it */
		set_bits(&word->owed, bit);
		lr_set(k, n, (lr & ~(LR_HW | LR_PINTID_MASK)) | LR_EOI);
		return;
	}
	/* Both states in the list register would keep "no pending" quiet; see the head. */
	if (k->c->left != 0 || (word->level & bit) != 0 || (word->enabled & k->c->mine[w] & bit) == 0 ||
	    (open_groups(k->v, k->vmcr) >> group & 1) == 0) {
		if ((lr & LR_EOI) == 0)
			lr_set(k, n, lr | LR_EOI);
		return;
	}
	if ((clear_bits(&word->pending, bit) & bit) == 0)
		return;
	k->c->latched |= BIT(n);
	lr_set(k, n, lr | LR_PENDING);
}

/* --- the pass --- */

/* What the hardware did since it was entered. */
static void pass_collect(struct pass *k)
{
	struct vgic_cpu *c = k->c;

	if (!c->live) {
		k->vmcr = c->vmcr;
		return;
	}
	k->vmcr = ich_vmcr_read();
	for (uint32_t used = c->used; used != 0; used &= used - 1) {
		uint32_t n = lowest_bit(used);

		store_relaxed(&c->lr[n], ich_lr_read(n));
	}
	if (c->out != 0) {
		evicted_count(k, ich_hcr_read() >> ICH_HCR_EOICOUNT_SHIFT);
		k->c->hcr = 0; /* pass_end() writes it, and so clears EOIcount */
	}
}

/*
 * DIR of an interrupt that is in no list register of this vCPU only counts in EOIcount, which does
 * not say which one. So it traps where that can be: another vCPU may have acknowledged it, or it
 * was evicted. (Without ICH_VTR_EL2.TDS we go by EOIcount as in EOImode 0.)
 */
static uint32_t pass_hcr(const struct pass *k)
{
	uint32_t hcr = ICH_HCR_EN;

	/* Pending ones of a group that the guest disables keep "no pending" quiet, and the rest out. */
	if (k->c->left != 0)
		hcr |= ICH_HCR_NPIE | ((k->vmcr & 1) != 0 ? ICH_HCR_VGRP0DIE : 0) |
		       ((k->vmcr & 2) != 0 ? ICH_HCR_VGRP1DIE : 0);
	if (k->c->out != 0)
		hcr |= ICH_HCR_LRENPIE;
	if ((k->shut_groups & ~k->vmcr & 1) != 0)
		hcr |= ICH_HCR_VGRP0EIE;
	if ((k->shut_groups & ~k->vmcr & 2) != 0)
		hcr |= ICH_HCR_VGRP1EIE;
	if ((k->c->out != 0 || k->v->part->desc->n_vcpus > 1) && (ich_vtr() & ICH_VTR_TDS) != 0)
		hcr |= ICH_HCR_TDIR;
	return hcr;
}

static void pass_end(struct pass *k)
{
	struct vgic_cpu *c = k->c;
	uint32_t hcr;

	/* First, so that whatever comes while we look is looked at the next time. */
	k->words |= swap_all(&c->todo, 0) | c->left | c->shut;
	for (uint32_t used = c->used; used != 0; used &= used - 1)
		lr_review(k, lowest_bit(used));
	c->left = 0;
	c->shut = 0;
	for (uint32_t w = 0; w < VGIC_WORDS; w++)
		if ((k->words & BIT(w)) != 0)
			scan(k, w);
	for (uint32_t used = c->used; used != 0; used &= used - 1)
		lr_again(k, lowest_bit(used));
	if (c->out != 0)
		evicted_tidy(c);
	hcr = pass_hcr(k);
	if (c->live) {
		for (uint32_t dirty = k->dirty; dirty != 0; dirty &= dirty - 1)
			ich_lr_write(lowest_bit(dirty), c->lr[lowest_bit(dirty)]);
		if (hcr != c->hcr)
			ich_hcr_write(hcr);
	}
	c->hcr = hcr;
}

static void pass(struct vcpu *v)
{
	struct pass k = { .v = v, .c = &v->arch.vgic };

	pass_collect(&k);
	pass_end(&k);
}

void vgic_update(struct vcpu *v)
{
	if (load_relaxed(&v->arch.vgic.todo) != 0)
		pass(v);
}

void vgic_maintenance(struct vcpu *v)
{
	pass(v);
}

void vgic_sync(struct vcpu *v)
{
	uint32_t asked = load_acquire(&v->part->arch.vgic.sync);

	pass(v);
	store_release(&v->arch.vgic.synced, asked);
}

bool vgic_pending(struct vcpu *v)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t vmcr;

	if (load_relaxed(&c->todo) != 0 || c->shut != 0)
		pass(v);
	if (c->used == 0)
		return false;
	vmcr = c->live ? ich_vmcr_read() : c->vmcr;
	for (uint32_t used = c->used; used != 0; used &= used - 1) {
		uint32_t n = lowest_bit(used);
		uint64_t lr = c->live ? ich_lr_read(n) : c->lr[n];

		if ((lr & LR_STATE) == LR_PENDING && (vmcr & ((lr & LR_GROUP1) != 0 ? 2u : 1u)) != 0 &&
		    lr_priority(lr) < vmcr >> ICH_VMCR_VPMR_SHIFT)
			return true;
	}
	return false;
}

uint32_t vgic_lr_bits(const struct vcpu *t, uint32_t w, uint64_t states)
{
	const struct vgic_cpu *c = &t->arch.vgic;
	uint32_t bits = 0;

	for (uint32_t used = load_relaxed(&c->used); used != 0; used &= used - 1) {
		uint32_t n = lowest_bit(used) % VGIC_LRS;
		uint64_t lr = load_relaxed(&c->lr[n]);

		if (c->live && t->core == this_core())
			lr = ich_lr_read(n);
		if ((lr & states) != 0 && lr_intid(lr) / 32 == w)
			bits |= BIT(lr_intid(lr) % 32);
	}
	return bits;
}

/* --- raising --- */

/*
 * The short way, for what happens all the time: v is live, the interrupt can be taken, is nowhere
 * yet, nothing else waits for room, and a list register is free. False: nothing was done.
 */
static bool direct(struct vcpu *v, struct vgic_word *word, uint32_t intid, bool hw)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t w = intid / 32, bit = BIT(intid % 32), free, n;
	uint64_t lr;

	if ((word->enabled & bit) == 0 || c->left != 0 ||
	    (open_groups(v, ich_vmcr_read()) >> ((word->group & bit) != 0) & 1) == 0)
		return false;
	for (uint32_t done = c->used == 0 ? 0 : ich_elrsr() & c->used; done != 0; done &= done - 1) {
		uint32_t was = lr_intid(c->lr[lowest_bit(done)]) / 32;

		lr_free(v, lowest_bit(done));
		if ((vgic_word(v, was)->pending | vgic_word(v, was)->owed) != 0)
			set_bits(&c->todo, BIT(was));
	}
	free = lr_all() & ~c->used;
	if (((word->pending | word->active) & bit) != 0 || free == 0 || (word->held & bit) != 0 || !claim(word, w, bit))
		return false;
	n = lowest_bit(free);
	lr = lr_value(v, word, intid, hw);
	store_relaxed(&c->used, c->used | BIT(n));
	c->latched |= BIT(n);
	store_relaxed(&c->lr[n], lr);
	ich_lr_write(n, lr);
	return true;
}

void vgic_raise_private(struct vcpu *v, uint32_t intid, bool hw)
{
	struct vgic_cpu *c = &v->arch.vgic;

	intid %= 32;
	if (!c->live || !direct(v, &c->own, intid, hw)) {
		set_bits(&c->own.pending, BIT(intid));
		if (hw)
			set_bits(&c->own.owed, BIT(intid));
		set_bits(&c->todo, BIT(0));
	}
	vgic_update(v);
}

void vgic_line_private(struct vcpu *v, uint32_t intid, bool level)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t bit = BIT(intid % 32);

	if (((load_relaxed(&c->own.line) & bit) != 0) == level)
		return;
	if (level) {
		set_bits(&c->own.line, bit);
		if ((load_relaxed(&c->own.level) & bit) == 0)
			set_bits(&c->own.pending, bit); /* a rising edge */
	} else {
		clear_bits(&c->own.line, bit);
	}
	set_bits(&c->todo, BIT(0));
	vgic_update(v);
}

void vgic_raise_spi(struct partition *p, uint32_t intid)
{
	if (intid < 32 || intid >= VGIC_LINES)
		return;
	set_bits(&p->arch.vgic.word[intid / 32].pending, BIT(intid % 32));
	spi_tell(p, intid);
}

void vgic_line_spi(struct partition *p, uint32_t intid, bool level)
{
	struct vgic_word *word = &p->arch.vgic.word[intid / 32 % VGIC_WORDS];
	uint32_t bit = BIT(intid % 32);

	if (intid < 32 || intid >= VGIC_LINES || ((load_relaxed(&word->line) & bit) != 0) == level)
		return;
	if (level) {
		set_bits(&word->line, bit);
		if ((load_relaxed(&word->level) & bit) == 0)
			set_bits(&word->pending, bit); /* a rising edge */
	} else {
		clear_bits(&word->line, bit);
		vgic_barrier();
		if ((load_relaxed(&word->held) & bit) == 0)
			return;
	}
	spi_tell(p, intid);
}

/*
 * Pending before owed: whoever sees the first without the second delivers it without LR.HW, and
 * the kernel deactivates it at the end. The other way round it would look like one that nobody
 * waits for (end_owed()).
 */
void vgic_raise_device(struct partition *p, uint32_t vintid)
{
	struct vgic_word *word = &p->arch.vgic.word[vintid / 32 % VGIC_WORDS];
	uint32_t to;
	struct vcpu *t;

	if (vintid < 32 || vintid >= VGIC_LINES)
		return;
	to = load_relaxed(&p->arch.vgic.route[vintid]);
	if (to < p->desc->n_vcpus) {
		t = partition_vcpu(p, to);
		if (t->core == this_core() && t->arch.vgic.live && direct(t, word, vintid, true)) {
			vcpu_post(t, REQ_IRQ); /* it may be waiting */
			return;
		}
	}
	set_bits(&word->pending, BIT(vintid % 32));
	set_bits(&word->owed, BIT(vintid % 32));
	spi_tell(p, vintid);
}

/* ICC_SGI1R_EL1 and its kin: Aff3 [55:48], RS [47:44], IRM [40], Aff2 [39:32], INTID [27:24],
 * Aff1 [23:16], target list [15:0]. A vCPU takes it in the group it has configured, or not at all. */
#define SGI_ELSEWHERE 0x00fff0ff00ff0000ull /* Aff3, RS, Aff2, Aff1: no vCPU is there */
#define SGI_IRM	      BIT64(40)

void vgic_sgi(struct vcpu *v, uint64_t value, uint32_t group)
{
	uint32_t bit = BIT(value >> 24 & 15), self = BIT(v->desc->index), to = 0;
	uint32_t all = BIT(v->part->desc->n_vcpus) - 1;

	if ((value & SGI_IRM) != 0)
		to = all & ~self;
	else if ((value & SGI_ELSEWHERE) == 0)
		to = all & (uint32_t)value & 0xffffu;
	if ((to & self) != 0 && ((v->arch.vgic.own.group & bit) != 0) == (group != 0)) {
		if (!direct(v, &v->arch.vgic.own, lowest_bit(bit), false)) {
			set_bits(&v->arch.vgic.own.pending, bit);
			set_bits(&v->arch.vgic.todo, BIT(0));
		}
	}
	for (to &= ~self; to != 0; to &= to - 1) {
		struct vcpu *t = partition_vcpu(v->part, lowest_bit(to));
		struct vgic_word *word = &t->arch.vgic.own;

		if (((load_relaxed(&word->group) & bit) != 0) != (group != 0))
			continue;
		set_bits(&word->pending, bit);
		vgic_barrier();
		if ((load_relaxed(&word->enabled) & bit) != 0)
			vgic_tell(t, 0, v);
	}
	vgic_update(v);
}

/* In EOImode 1 the guest has dropped the priority before, by EOIR. In EOImode 0 DIR does nothing. */
void vgic_dir(struct vcpu *v, uint64_t value)
{
	struct pass k = { .v = v, .c = &v->arch.vgic };
	uint32_t intid = (uint32_t)value & 0xffffffu, w = intid / 32, bit = BIT(intid % 32);
	struct vgic_word *word;

	if (intid >= VGIC_LINES || (ich_vmcr_read() & ICH_VMCR_VEOIM) == 0)
		return;
	word = vgic_word(v, w);
	pass_collect(&k);
	if ((load_relaxed(&word->active) & bit) != 0) {
		evicted_end(&k, intid);
	} else if (holds(k.c, intid)) {
		set_bits(&word->unactive, bit); /* the pass obeys */
	} else if (w != 0 && (load_relaxed(&word->held) & bit) != 0) {
		set_bits(&word->unactive, bit);
		vgic_changed(v->part, w, bit, v);
	}
	pass_end(&k);
}

/* --- switching --- */

/* Private interrupts whose physical ones are active for this vCPU, see vgic_raise_private(). */
static uint32_t physical_active(const struct vgic_cpu *c)
{
	uint32_t bits = c->own.owed;

	for (uint32_t used = c->used; used != 0; used &= used - 1) {
		uint64_t lr = c->lr[lowest_bit(used)];

		if ((lr & LR_HW) != 0 && (lr & LR_STATE) != 0 && lr_intid(lr) < 32)
			bits |= BIT(lr_intid(lr));
	}
	return bits;
}

static void physical_switch(const struct vgic_cpu *c, bool active)
{
	for (uint32_t bits = physical_active(c); unlikely(bits != 0); bits &= bits - 1)
		gic_private_active(lowest_bit(bits), active);
}

void vgic_load(struct vcpu *v)
{
	struct vgic_cpu *c = &v->arch.vgic;

	if ((load_relaxed(&c->todo) | c->left | c->shut) != 0 || c->hcr == 0)
		pass(v);
	physical_switch(c, true);
	ich_sre_load();
	ich_lrs_write(c->lr);
	ich_apr_load(c->ap0r, c->ap1r);
	ich_vmcr_write(c->vmcr);
	ich_hcr_write(c->hcr);
	c->live = true;
}

void vgic_save(struct vcpu *v)
{
	struct pass k = { .v = v, .c = &v->arch.vgic };
	struct vgic_cpu *c = k.c;

	pass_collect(&k);
	for (uint32_t used = c->used; used != 0; used &= used - 1)
		if ((c->lr[lowest_bit(used)] & LR_STATE) == 0)
			lr_done(&k, lowest_bit(used));
	if (k.words != 0)
		set_bits(&c->todo, k.words);
	c->vmcr = k.vmcr;
	ich_apr_save(c->ap0r, c->ap1r);
	ich_hcr_write(0);
	physical_switch(c, false);
	c->live = false;
}

static void cpu_clear(struct vgic_cpu *c)
{
	c->own = (struct vgic_word){ .level = 0xffff0000u };
	c->asleep = true;
	c->asking = false;
	store_relaxed(&c->used, 0);
	c->latched = c->left = c->shut = c->out = 0;
	for (uint32_t w = 0; w < VGIC_WORDS; w++)
		store_relaxed(&c->evicted[w], 0);
	for (uint32_t n = 0; n < 32; n++)
		c->priority[n] = 0;
	for (uint32_t n = 0; n < VGIC_LRS; n++)
		store_relaxed(&c->lr[n], 0);
	for (uint32_t n = 0; n < 4; n++)
		c->ap0r[n] = c->ap1r[n] = 0;
	c->vmcr = ICH_VMCR_VFIQEN;
	c->hcr = 0; /* vgic_load() works it out */
	set_bits(&c->todo, VGIC_ALL_WORDS);
}

void vgic_cpu_reset(struct vcpu *v)
{
	struct pass k = { .v = v, .c = &v->arch.vgic };

	for (uint32_t used = k.c->used; used != 0; used &= used - 1) {
		uint32_t intid = lr_intid(k.c->lr[lowest_bit(used)]);

		if (intid < 32)
			continue;
		lr_retract(&k, lowest_bit(used));
		vgic_changed(v->part, intid / 32, BIT(intid % 32), v);
	}
	cpu_clear(k.c);
}

static void irqs_of(struct partition *p, struct vgic_dist *d)
{
	const struct bh_irq *irq = (const void *)((const char *)blob + blob->off_irqs);

	for (uint32_t i = 0; i < blob->n_irqs; i++)
		if (irq[i].partition == p->number && irq[i].vintid < VGIC_LINES)
			d->pintid[irq[i].vintid] = (uint16_t)irq[i].pintid;
}

void vgic_dist_reset(struct partition *p)
{
	struct vgic_dist *d = &p->arch.vgic;

	d->ctlr = 0;
	for (uint32_t w = 0; w < VGIC_WORDS; w++)
		d->word[w] = (struct vgic_word){ .level = ~0u };
	for (uint32_t n = 0; n < VGIC_LINES; n++) {
		d->priority[n] = 0;
		d->route[n] = 0;
		d->pintid[n] = 0;
	}
	irqs_of(p, d);
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++) {
		struct vgic_cpu *c = &partition_vcpu(p, i)->arch.vgic;

		cpu_clear(c);
		for (uint32_t w = 0; w < VGIC_WORDS; w++)
			c->mine[w] = w == 0 || i == 0 ? ~0u : 0;
	}
}
