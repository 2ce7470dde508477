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
 * Loops run over list registers, over the partition's vCPUs, or over the candidates of a word; all
 * together a pass takes some 5,000 instructions at most.
 */
#include "arch/arm64/gicv3.h"
#include "arch/arm64/vgic_inside.h"
#include "kernel/core.h"

#define NO_LR 32u

#define LR_PINTID_MASK (0x1fffull << LR_PINTID_SHIFT)

static void lr_set(struct vgic_pass *k, uint32_t n, uint64_t lr)
{
	store_relaxed(&k->c->lr[n], lr);
	k->dirty |= BIT(n);
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
		vgic_tell(self, BIT(w), self); /* whoever looks ends it, and it may be routed to nobody */
	bits &= vgic_pending_bits(word);
	if ((held | bits) == 0)
		return;
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++) {
		struct vcpu *t = partition_vcpu(p, i);

		if (held != 0 || (load_relaxed(&t->arch.vgic.mine[w]) & bits) != 0)
			vgic_tell(t, BIT(w), self);
	}
}

void vgic_spi_tell(struct partition *p, uint32_t intid, uint32_t todo)
{
	uint32_t to;

	vgic_barrier();
	to = load_relaxed(&p->arch.vgic.route[intid]);
	if (to < p->desc->n_vcpus && (load_relaxed(&p->arch.vgic.word[intid / 32].enabled) & BIT(intid % 32)) != 0)
		vgic_tell(partition_vcpu(p, to), todo, NULL);
}

/* An SPI ended here that is routed elsewhere, or went back to its word: it may be pending there. */
static void spi_pass_on(struct vcpu *v, uint32_t intid)
{
	uint32_t w = intid / 32, bit = BIT(intid % 32);

	if (w == 0)
		return;
	vgic_barrier();
	if ((load_relaxed(&v->arch.vgic.mine[w]) & bit) == 0 &&
	    (vgic_pending_bits(vgic_word(v, w)) & bit) != 0)
		vgic_spi_tell(v->part, intid, BIT(w));
}

/* --- out of a list register --- */

/* List register n is free; what becomes of its interrupt was settled before. */
static void lr_free(struct vcpu *v, uint32_t n)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t intid = vgic_lr_intid(c->lr[n]), w = intid / 32, bit = BIT(intid % 32);
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
	if (w == 0)
		c->again &= ~bit;
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

void vgic_lr_done(struct vgic_pass *k, uint32_t n)
{
	k->words |= BIT(vgic_lr_intid(k->c->lr[n]) / 32);
	if ((k->c->lr[n] & LR_EOI) != 0)
		k->dirty |= BIT(n); /* else its maintenance interrupt would stay */
	lr_free(k->v, n);
}

void vgic_lr_retract(struct vgic_pass *k, uint32_t n)
{
	struct vgic_cpu *c = k->c;
	uint64_t lr = c->lr[n];
	uint32_t intid = vgic_lr_intid(lr), w = intid / 32, bit = BIT(intid % 32);
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
static uint64_t lr_obey(struct vgic_pass *k, uint32_t n, uint64_t lr, struct vgic_word *word, uint32_t bit)
{
	uint64_t was = lr;

	if ((word->unpend & bit) != 0) {
		clear_bits(&word->unpend, bit);
		lr &= ~LR_PENDING;
	}
	if ((word->unactive & bit) != 0) {
		clear_bits(&word->unactive, bit);
		lr &= ~LR_ACTIVE;
	}
	if ((lr & LR_STATE) == 0 && (was & LR_HW) != 0)
		physical_end(k->v, vgic_lr_intid(lr));
	if (lr != was)
		lr_set(k, n, lr);
	return lr;
}

/* Would this interrupt, were it pending, be put into a list register just like this? */
static bool lr_wanted(struct vgic_pass *k, uint64_t lr, const struct vgic_word *word, uint32_t w, uint32_t bit)
{
	uint32_t group = (word->group & bit) != 0;

	return (load_relaxed(&word->enabled) & load_relaxed(&k->c->mine[w]) & ~word->active & bit) != 0 &&
	       (vgic_open_groups(k->v, k->vmcr) >> group & 1) != 0 && group == ((lr & LR_GROUP1) != 0) &&
	       ((lr & (LR_EOI | LR_HW)) != 0 || (word->level & bit) == 0) &&
	       vgic_lr_priority(lr) == vgic_priority(k->v, vgic_lr_intid(lr));
}

static void lr_review(struct vgic_pass *k, uint32_t n)
{
	uint64_t lr = k->c->lr[n];
	uint32_t intid = vgic_lr_intid(lr), w = intid / 32, bit = BIT(intid % 32);
	struct vgic_word *word = vgic_word(k->v, w);

	if ((lr & LR_STATE) != 0 && unlikely((word->unpend | word->unactive) & bit))
		lr = lr_obey(k, n, lr, word, bit);
	if ((lr & LR_STATE) == 0) {
		vgic_lr_done(k, n);
		return;
	}
	if ((lr & LR_ACTIVE) == 0) {
		if (unlikely((load_relaxed(&word->pending) & bit) != 0)) { /* once more before it was taken: still once */
			clear_bits(&word->pending, bit);
			k->c->latched |= BIT(n);
		}
		if (!lr_wanted(k, lr, word, w, bit) ||
		    ((k->c->latched & BIT(n)) == 0 && (word->line & word->level & bit) == 0))
			vgic_lr_retract(k, n);
		return;
	}
	if (w == 0 && !lr_wanted(k, lr, word, w, bit))
		k->c->again &= ~bit;
	if (unlikely((word->active & bit) != 0)) /* set by a write, and it is */
		clear_bits(&word->active, bit);
	if ((lr & LR_PENDING) != 0) { /* vgic_pass_end() puts this state back where it can stay */
		lr_set(k, n, lr & ~LR_PENDING);
		if ((k->c->latched & BIT(n)) != 0)
			set_bits(&word->pending, bit);
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

void vgic_evicted_end(struct vgic_pass *k, uint32_t intid)
{
	vgic_deactivate(k->v, intid / 32, BIT(intid % 32));
	k->words |= BIT(intid / 32);
	spi_pass_on(k->v, intid);
}

/* The evicted interrupt that runs: priorities nest, so it is the best. VGIC_LINES: none. A guest that
 * changes the priority of an interrupt while it handles it may end another one of its own here. */
static uint32_t evicted_innermost(const struct vgic_pass *k)
{
	uint32_t best = VGIC_LINES, best_priority = 256;

	for (uint32_t words = k->c->out; words != 0; words &= words - 1) {
		uint32_t w = lowest_bit(words);
		uint32_t bits = load_relaxed(&k->c->evicted[w]);

		for (; bits != 0; bits &= bits - 1) {
			uint32_t intid = w * 32 + lowest_bit(bits);

			if (vgic_priority(k->v, intid) < best_priority) {
				best = intid;
				best_priority = vgic_priority(k->v, intid);
			}
		}
	}
	return best;
}

/* The guest has ended interrupts that were in no list register. */
static void evicted_count(struct vgic_pass *k, uint32_t ended)
{
	for (; ended > 0; ended--) {
		uint32_t intid = evicted_innermost(k);

		if (intid == VGIC_LINES)
			return;
		vgic_evicted_end(k, intid);
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

/* Into the free list register n; claimed. */
static void lr_fill(struct vgic_pass *k, uint32_t n, struct vgic_word *word, uint32_t intid)
{
	uint32_t bit = BIT(intid % 32);
	bool hw = (load_relaxed(&word->owed) & bit) != 0 && (clear_bits(&word->owed, bit) & bit) != 0;

	if (unlikely((word->wanted & bit) != 0))
		clear_bits(&word->wanted, bit);
	if ((clear_bits(&word->pending, bit) & bit) != 0)
		k->c->latched |= BIT(n);
	if (intid < 32) {
		k->c->home[intid] = (uint8_t)n;
		k->c->again |= bit;
	}
	store_relaxed(&k->c->used, k->c->used | BIT(n));
	lr_set(k, n, vgic_lr_value(k->v, word, intid, hw));
}

/*
 * A list register for an interrupt of this priority, or NO_LR: a free one, else that of the worst
 * pending interrupt if that is worse, else, where all are active, that of the worst of them. The
 * last keeps one pending among the list registers, see the head.
 */
static uint32_t lr_choose(struct vgic_pass *k, uint32_t prio)
{
	struct vgic_cpu *c = k->c;
	uint32_t all = vgic_lr_all(), pending = NO_LR, active = NO_LR;

	if ((all & ~c->used) != 0)
		return lowest_bit(all & ~c->used);
	for (uint32_t n = 0; (all >> n) != 0; n++) {
		uint32_t *worst = (c->lr[n] & LR_ACTIVE) != 0 ? &active : &pending;

		if (*worst == NO_LR || vgic_lr_priority(c->lr[n]) > vgic_lr_priority(c->lr[*worst]))
			*worst = n;
	}
	if (pending != NO_LR) {
		if (vgic_lr_priority(c->lr[pending]) <= prio)
			return NO_LR;
		c->left |= BIT(vgic_lr_intid(c->lr[pending]) / 32);
		vgic_lr_retract(k, pending);
		return pending;
	}
	vgic_lr_retract(k, active);
	return active;
}

bool vgic_holds(const struct vgic_cpu *c, uint32_t intid)
{
	for (uint32_t used = c->used; used != 0; used &= used - 1)
		if (vgic_lr_intid(c->lr[lowest_bit(used)]) == intid)
			return true;
	return false;
}

/*
 * What found no free list register: a list for each of the 32 priorities that are kept
 * (ich_priority_mask()), made by one look at each, whatever their order. Built from the highest INTID down, so
 * each has the lowest first.
 */
#define LEVELS	    32u
#define LEVEL_SHIFT 3
#define NO_NEXT	    0xffffu

struct candidates {
	uint32_t levels; /* bit n: there are some at level n */
	uint16_t first[LEVELS];
	uint16_t next[VGIC_LINES]; /* of those that are on a list */
	uint32_t words;		   /* bit w: */
	uint32_t rest[VGIC_WORDS]; /* ... those of the word that are on a list */
};

static void list_word(const struct vgic_pass *k, struct candidates *list, uint32_t w)
{
	const uint8_t *priority = w == 0 ? k->c->priority : k->v->part->arch.vgic.priority + w * 32;
	uint32_t levels = list->levels;

	for (uint32_t bits = list->rest[w]; bits != 0;) {
		uint32_t b = highest_bit(bits), level = priority[b] >> LEVEL_SHIFT;

		bits ^= BIT(b);
		levels |= BIT(level);
		list->next[w * 32 + b] = list->first[level];
		list->first[level] = (uint16_t)(w * 32 + b);
	}
	list->levels = levels;
}

/* The first of the best, which is no longer on its list; VGIC_LINES: none is left. */
static uint32_t take_best(struct candidates *list)
{
	uint32_t level, intid;

	if (list->levels == 0)
		return VGIC_LINES;
	level = lowest_bit(list->levels);
	intid = list->first[level];
	list->first[level] = list->next[intid];
	if (list->first[level] == NO_NEXT)
		list->levels &= ~BIT(level);
	list->rest[intid / 32] &= ~BIT(intid % 32);
	return intid;
}

static void put_in(struct vgic_pass *k, uint32_t n, uint32_t intid)
{
	uint32_t w = intid / 32, bit = BIT(intid % 32);
	struct vgic_word *word = vgic_word(k->v, w);

	if (!vgic_claim(word, w, bit))
		return;
	lr_fill(k, n, word, intid);
	if (w == 0)
		return;
	/* A write that disables it saw it not held, or we see it disabled. */
	vgic_barrier();
	if ((load_relaxed(&word->enabled) & bit) == 0)
		vgic_lr_retract(k, n);
}

/* The best first, so that none that is put in gives way to a later one. */
static __attribute__((noinline)) void place_best(struct vgic_pass *k, struct candidates *list)
{
	list->levels = 0;
	for (uint32_t n = 0; n < LEVELS; n++)
		list->first[n] = NO_NEXT;
	for (uint32_t words = list->words; words != 0; words ^= BIT(highest_bit(words)))
		list_word(k, list, highest_bit(words));
	for (uint32_t intid = take_best(list); intid != VGIC_LINES; intid = take_best(list)) {
		uint32_t n = lr_choose(k, vgic_priority(k->v, intid));

		if (n == NO_LR) {
			k->c->left |= BIT(intid / 32);
			break;
		}
		put_in(k, n, intid);
	}
	for (uint32_t words = list->words; words != 0; words &= words - 1)
		if (list->rest[lowest_bit(words)] != 0)
			k->c->left |= words & -words;
}

/* In a list register of another vCPU, to which they were routed before: that one gives them back, or at
 * its end tells us. Ours vgic_pass_end() sees to. */
static void ask_back(struct vgic_pass *k, struct vgic_word *word, uint32_t w, uint32_t bits)
{
	for (uint32_t used = k->c->used; used != 0; used &= used - 1) {
		uint32_t intid = vgic_lr_intid(k->c->lr[lowest_bit(used)]);

		if (intid / 32 == w)
			bits &= ~BIT(intid % 32);
	}
	bits &= ~load_relaxed(&word->wanted);
	if (bits != 0 && (bits &= ~set_bits(&word->wanted, bits)) != 0)
		vgic_changed(k->v->part, w, bits, k->v);
}

/* Bits of word w that could be put into list registers. */
static uint32_t scan(struct vgic_pass *k, uint32_t w)
{
	struct vgic_word *word = vgic_word(k->v, w);
	uint32_t dist = load_relaxed(&k->v->part->arch.vgic.ctlr), groups = dist & k->vmcr;
	uint32_t g0, g1, bits, held;

	bits = vgic_pending_bits(word);
	if (likely((bits | load_relaxed(&word->owed)) == 0))
		return 0;
	if (unlikely(load_relaxed(&word->owed) != 0))
		end_owed(k->v, w, word);
	bits &= load_relaxed(&word->enabled) & load_relaxed(&k->c->mine[w]);
	bits &= ~load_relaxed(&word->active);
	if (bits == 0)
		return 0;
	g1 = bits & word->group;
	g0 = bits & ~word->group;
	if ((g0 != 0 && (dist & ~k->vmcr & 1) != 0) || (g1 != 0 && (dist & ~k->vmcr & 2) != 0)) {
		k->c->shut |= BIT(w);
		k->shut_groups |= (g0 != 0 ? 1u : 0u) | (g1 != 0 ? 2u : 0u);
	}
	bits = ((groups & 1) != 0 ? g0 : 0) | ((groups & 2) != 0 ? g1 : 0);
	held = load_relaxed(&word->held) & bits;
	if (w != 0 && held != 0)
		ask_back(k, word, w, held);
	return bits & ~held;
}

/* What is pending costs a look each, not a choice each: whoever finds a free list register takes it; of the rest, the best. */
static void fill(struct vgic_pass *k)
{
	struct candidates list;

	list.words = 0;
	for (uint32_t words = k->words; words != 0; words &= words - 1) {
		uint32_t w = lowest_bit(words), bits = scan(k, w), free;

		for (; bits != 0 && (free = vgic_lr_all() & ~k->c->used) != 0; bits &= bits - 1)
			put_in(k, lowest_bit(free), w * 32 + lowest_bit(bits));
		if (unlikely(bits != 0)) {
			list.words |= BIT(w);
			list.rest[w] = bits;
		}
	}
	if (unlikely(list.words != 0))
		place_best(k, &list);
}

/* An active interrupt that is pending again. */
static void lr_again(struct vgic_pass *k, uint32_t n)
{
	uint64_t lr = k->c->lr[n];
	uint32_t intid = vgic_lr_intid(lr), w = intid / 32, bit = BIT(intid % 32);
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
	    (vgic_open_groups(k->v, k->vmcr) >> group & 1) == 0) {
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
void vgic_pass_collect(struct vgic_pass *k)
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
		/* Where DIR traps nothing is counted in EOImode 1, but QEMU counts EOIR. */
		if ((k->vmcr & ICH_VMCR_VEOIM) == 0 || (ich_vtr() & ICH_VTR_TDS) == 0)
			evicted_count(k, ich_hcr_read() >> ICH_HCR_EOICOUNT_SHIFT);
		k->c->hcr = 0; /* vgic_pass_end() writes it, and so clears EOIcount */
	}
}

/*
 * DIR of an interrupt that is in no list register of this vCPU only counts in EOIcount, which does
 * not say which one. So it traps where that can be: another vCPU may have acknowledged it, or it
 * was evicted. (Without ICH_VTR_EL2.TDS we go by EOIcount as in EOImode 0.)
 */
static uint32_t pass_hcr(const struct vgic_pass *k)
{
	uint32_t hcr = ICH_HCR_EN;

	/* Pending ones of a group that the guest disables keep "no pending" quiet, and those of the other
	 * group out. (QEMU holds VGRP0DIE up while Group 1 is disabled: one reason more to want both.) */
	if (k->c->left != 0)
		hcr |= ICH_HCR_NPIE | ((k->vmcr & 3) == 3 ? ICH_HCR_VGRP0DIE | ICH_HCR_VGRP1DIE : 0);
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

void vgic_pass_end(struct vgic_pass *k)
{
	struct vgic_cpu *c = k->c;
	uint32_t hcr;

	/* First, so that whatever comes while we look is looked at the next time. */
	k->words |= vgic_todo_take(c) | c->left | c->shut;
	for (uint32_t used = c->used; used != 0; used &= used - 1)
		lr_review(k, lowest_bit(used));
	c->left = 0;
	c->shut = 0;
	fill(k);
	if (c->left != 0)
		c->again = 0;
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

/* IRQ-1 */
void vgic_pass(struct vcpu *v)
{
	struct vgic_pass k = { .v = v, .c = &v->arch.vgic };

	vgic_pass_collect(&k);
	vgic_pass_end(&k);
}
