/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual GICv3 as the kernel sees it: interrupts are raised, vCPUs switched and reset, SGIs
 * sent. What ends up in list registers is decided in vgic_pass.c; here are only the short ways
 * around it, for what happens all the time.
 */
#include "arch/arm64/gicv3.h"
#include "arch/arm64/vgic_again.h"
#include "arch/arm64/vgic_inside.h"
#include "arch/arm64/vgic_switch.h"
#include "kernel/core.h"

void vgic_lines_told(struct vcpu *t)
{
	if (unlikely(load_relaxed(&t->arch.vgic.closed) != 0) && t->core == this_core())
		t->core->shut |= t->bit;
}

void vgic_maintenance(struct vcpu *v)
{
	vgic_pass(v);
}

void vgic_sync(struct vcpu *v)
{
	uint32_t asked = load_acquire(&v->part->arch.vgic.sync);

	vgic_pass(v);
	store_release(&v->arch.vgic.synced, asked);
}

bool vgic_pending(struct vcpu *v)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t vmcr;

	if (load_relaxed(&c->todo) != 0 || c->shut != 0)
		vgic_pass(v);
	if (unlikely(load_relaxed(&c->closed) != 0))
		return true;
	if (c->used == 0)
		return false;
	vmcr = c->live ? ich_vmcr_read() : c->vmcr;
	for (uint32_t used = c->used; used != 0; used &= used - 1) {
		uint32_t n = lowest_bit(used);
		uint64_t lr = c->live ? ich_lr_read(n) : c->lr[n];

		if ((lr & LR_STATE) == LR_PENDING && (vmcr & ((lr & LR_GROUP1) != 0 ? 2u : 1u)) != 0 &&
		    vgic_lr_priority(lr) < vmcr >> ICH_VMCR_VPMR_SHIFT)
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
		if ((lr & states) != 0 && vgic_lr_intid(lr) / 32 == w)
			bits |= BIT(vgic_lr_intid(lr) % 32);
	}
	return bits;
}

/* --- raising --- */

static inline bool put_again(struct vcpu *v, uint32_t intid, uint64_t hw)
{
	uint32_t n = v->arch.vgic.home[intid];
	uint64_t lr = vgic_again(v, intid, hw, n);

	if (lr)
		ich_lr_write(n, lr);
	return lr;
}

/*
 * The short way: v is live, the interrupt can be taken, is nowhere yet, nothing else waits for
 * room, and a list register is free. False: nothing was done.
 */
static bool direct(struct vcpu *v, struct vgic_word *word, uint32_t intid, bool hw)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t w = intid / 32, bit = BIT(intid % 32), free = vgic_lr_all() & ~c->used, n;
	uint64_t lr;

	if (!c->live || (load_relaxed(&c->todo) | c->left) != 0 || free == 0 ||
	    (word->enabled & ~(word->pending | word->active | word->held) & bit) == 0 ||
	    (vgic_open_groups(v, ich_vmcr_read()) >> ((word->group & bit) != 0) & 1) == 0 || !vgic_claim(word, w, bit))
		return false;
	n = lowest_bit(free);
	lr = vgic_lr_value(v, word, intid, hw);
	if (w == 0) {
		c->home[intid] = (uint8_t)n;
		c->again |= bit;
	}
	store_relaxed(&c->used, c->used | BIT(n));
	c->latched |= BIT(n);
	store_relaxed(&c->lr[n], lr);
	ich_lr_write(n, lr);
	return true;
}

static __attribute__((noinline)) void raise_private(struct vcpu *v, uint32_t intid, bool hw)
{
	struct vgic_cpu *c = &v->arch.vgic;

	if (direct(v, &c->own, intid, hw))
		return;
	set_bits(&c->own.pending, BIT(intid));
	if (hw)
		set_bits(&c->own.owed, BIT(intid));
	set_bits(&c->todo, VGIC_TODO_LATCHED(0));
	vgic_update(v);
}

void vgic_raise_private(struct vcpu *v, uint32_t intid, bool hw)
{
	intid %= 32;
	if (!v->arch.vgic.live || !put_again(v, intid, hw ? LR_HW : 0))
		raise_private(v, intid, hw);
}

void vgic_withdraw_private(struct vcpu *v, uint32_t intid)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t bit = BIT(intid % 32);

	if ((c->own.held & bit) != 0 && (ich_lr_read(c->home[intid % 32]) & (LR_STATE | LR_HW)) == (LR_PENDING | LR_HW))
		set_bits(&c->own.unpend, bit);
	else if ((c->own.owed & ~c->own.held & bit) != 0)
		clear_bits(&c->own.pending, bit);
	else
		return;
	set_bits(&c->todo, BIT(0));
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

/* The list register of an interrupt that one has; free, or the guest is not done with it: NO_LR. */
#define NO_LR 32u

static uint32_t done_lr(const struct vgic_cpu *c, uint32_t intid)
{
	uint32_t done = c->used & (uint32_t)read_reg(ich_elrsr_el2);

	for (; done != 0; done &= done - 1)
		if (vgic_lr_intid(c->lr[lowest_bit(done)]) == intid)
			return lowest_bit(done);
	return NO_LR;
}

/* Pending by a latch alone, and it can be taken. Where it was held before, its list register says what it would say now, or it is not the short way. */
static bool deliver(struct vcpu *v, struct vgic_word *word, uint32_t w, uint32_t bit)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t intid = w * 32 + lowest_bit(bit), n;
	uint64_t lr;

	if ((word->held & bit) == 0) {
		clear_bits(&word->pending, bit);
		if (direct(v, word, intid, false))
			return true;
		set_bits(&word->pending, bit);
		return false;
	}
	if (w == 0 && put_again(v, intid, 0)) {
		clear_bits(&word->pending, bit);
		return true;
	}
	n = done_lr(c, intid);
	if (n == NO_LR || c->left != 0)
		return false;
	lr = vgic_lr_value(v, word, intid, false);
	if (((lr ^ c->lr[n]) & ~LR_STATE) != 0 || (vgic_open_groups(v, ich_vmcr_read()) >> ((word->group & bit) != 0) & 1) == 0)
		return false;
	clear_bits(&word->pending, bit);
	c->latched |= BIT(n);
	store_relaxed(&c->lr[n], lr);
	ich_lr_write(n, lr);
	return true;
}

/*
 * All that is new is one interrupt: an SGI of another vCPU, or a partner's notice. Where a register was written, too, another of the word may
 * have to leave its list register: that is seen by a pass only. False: nothing was done but that `todo` is as it was.
 */
static bool update_quick(struct vcpu *v, uint32_t todo)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t w = lowest_bit(todo) - VGIC_WORDS, bits;
	struct vgic_word *word;

	if (w >= VGIC_WORDS || !c->live)
		return false;
	if (clear_bits(&c->todo, todo) != VGIC_TODO_LATCHED(w))
		goto pass;
	word = vgic_word(v, w);
	bits = load_relaxed(&word->pending) & load_relaxed(&word->enabled) & load_relaxed(&c->mine[w]) & ~word->active;
	if (bits == 0 || (bits & (bits - 1)) != 0 || (word->unpend | word->unactive | word->owed | word->wanted | (word->line & word->level)) != 0)
		goto pass;
	if (deliver(v, word, w, bits))
		return true;
pass:
	set_bits(&c->todo, todo);
	return false;
}

void vgic_update(struct vcpu *v)
{
	uint32_t todo = load_relaxed(&v->arch.vgic.todo);

	if (likely(todo == 0) || update_quick(v, todo))
		return;
	vgic_pass(v);
}

/* One that is pending already was told when it became so, or will be: the core is not disturbed again. */
static void latch(struct partition *p, uint32_t intid)
{
	uint32_t bit = BIT(intid % 32);

	if ((set_bits(&p->arch.vgic.word[intid / 32].pending, bit) & bit) == 0)
		vgic_spi_tell(p, intid, VGIC_TODO_LATCHED(intid / 32));
}

void vgic_raise_spi(struct partition *p, uint32_t intid)
{
	if (intid < 32 || intid >= VGIC_LINES)
		return;
	latch(p, intid);
}

void vgic_line_spi(struct partition *p, uint32_t intid, bool level)
{
	struct vgic_word *word = &p->arch.vgic.word[intid / 32 % VGIC_WORDS];
	uint32_t bit = BIT(intid % 32);

	if (intid < 32 || intid >= VGIC_LINES || ((load_relaxed(&word->line) & bit) != 0) == level)
		return;
	if (level) {
		set_bits(&word->line, bit);
		if ((load_relaxed(&word->level) & bit) == 0) { /* a rising edge */
			latch(p, intid);
			return;
		}
	} else {
		clear_bits(&word->line, bit);
		vgic_barrier();
		if ((load_relaxed(&word->held) & bit) == 0)
			return;
	}
	vgic_spi_tell(p, intid, BIT(intid / 32));
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
		if (t->core == this_core() && direct(t, word, vintid, true)) {
			vcpu_post(t, REQ_IRQ); /* it may be waiting */
			return;
		}
	}
	set_bits(&word->pending, BIT(vintid % 32));
	set_bits(&word->owed, BIT(vintid % 32));
	vgic_spi_tell(p, vintid, BIT(vintid / 32));
	vgic_line_fired(p, vintid);
}

/* Of v, to another vCPU t. The last that was sent may still be pending: as in latch(). */
static inline void sgi_to(struct vcpu *t, uint32_t bit, uint32_t group)
{
	struct vgic_word *word = &t->arch.vgic.own;

	if ((load_relaxed(&word->group) & bit) != (group ? bit : 0) || (set_bits(&word->pending, bit) & bit) != 0)
		return;
	vgic_barrier();
	if ((load_relaxed(&word->enabled) & bit) != 0)
		vgic_tell(t, VGIC_TODO_LATCHED(0), NULL);
}

void vgic_sgi_came(struct vcpu *v, uint32_t intid)
{
	intid %= 16;
	if ((load_relaxed(&v->arch.vgic.own.group) >> intid & 1) != 0)
		vgic_raise_private(v, intid, false);
}

/* A vCPU takes it in the group it has configured, or not at all. */
static __attribute__((noinline)) void sgi(struct vcpu *v, uint64_t value, uint32_t group)
{
	uint32_t intid = (uint32_t)value >> 24 & 15, bit = BIT(intid), self = BIT(v->desc->index);
	uint32_t to = sgi_targets(value, v->part->desc->n_vcpus, v->desc->index);

	if ((to & self) != 0 && ((v->arch.vgic.own.group & bit) != 0) == (group != 0))
		raise_private(v, intid, false);
	for (to &= ~self; to != 0; to &= to - 1)
		sgi_to(partition_vcpu(v->part, lowest_bit(to)), bit, group);
}

/* To one other vCPU, as a rule. */
void vgic_sgi(struct vcpu *v, uint64_t value, uint32_t group)
{
	uint32_t intid = (uint32_t)value >> 24 & 15, index = lowest_bit((uint32_t)value | BIT(16));

	if (likely((value & ~SGI_INTID) == BIT64(index) && index != v->desc->index && index < v->part->desc->n_vcpus))
		sgi_to(partition_vcpu(v->part, index), BIT(intid), group);
	else
		sgi(v, value, group);
}

/* In EOImode 1 the guest has dropped the priority before, by EOIR. In EOImode 0, and so before the interface is used, DIR does nothing. */
void vgic_dir(struct vcpu *v, uint64_t value)
{
	struct vgic_pass k = { .v = v, .c = &v->arch.vgic };
	uint32_t intid = (uint32_t)value & 0xffffffu, w = intid / 32, bit = BIT(intid % 32);
	struct vgic_word *word;

	if (intid >= VGIC_LINES || !v->arch.vgic.live || (ich_vmcr_read() & ICH_VMCR_VEOIM) == 0)
		return;
	word = vgic_word(v, w);
	vgic_pass_collect(&k);
	if ((load_relaxed(&word->active) & bit) != 0) {
		vgic_evicted_end(&k, intid);
	} else if (vgic_holds(k.c, intid)) {
		set_bits(&word->unactive, bit); /* the pass obeys */
	} else if (w != 0 && (load_relaxed(&word->held) & bit) != 0) {
		set_bits(&word->unactive, bit);
		vgic_changed(v->part, w, bit, v);
	}
	vgic_pass_end(&k);
}

/* --- switching --- */

/* Private interrupts whose physical ones are active for this vCPU, see vgic_raise_private(). */
static uint32_t physical_active(const struct vgic_cpu *c)
{
	uint32_t bits = c->own.owed;

	for (uint32_t used = c->used; used != 0; used &= used - 1) {
		uint64_t lr = c->lr[lowest_bit(used)];

		if ((lr & LR_HW) != 0 && (lr & LR_STATE) != 0 && vgic_lr_intid(lr) < 32)
			bits |= BIT(vgic_lr_intid(lr));
	}
	return bits;
}

static void physical_switch(const struct vgic_cpu *c, bool active)
{
	for (uint32_t bits = physical_active(c); unlikely(bits != 0); bits &= bits - 1)
		gic_private_active(lowest_bit(bits), active);
}

void vgic_load_used(struct vcpu *v)
{
	struct vgic_cpu *c = &v->arch.vgic;

	physical_switch(c, true);
	for (uint32_t used = c->used; used != 0; used &= used - 1)
		ich_lr_write(lowest_bit(used), c->lr[lowest_bit(used)]);
}

void vgic_save_active(struct vcpu *v)
{
	physical_switch(&v->arch.vgic, false);
}

void vgic_save_used(struct vcpu *v)
{
	struct vgic_pass k = { .v = v, .c = &v->arch.vgic };
	struct vgic_cpu *c = k.c;

	vgic_pass_collect(&k);
	for (uint32_t used = c->used; used != 0; used &= used - 1) {
		ich_lr_write(lowest_bit(used), 0);
		if ((c->lr[lowest_bit(used)] & LR_STATE) == 0)
			vgic_lr_done(&k, lowest_bit(used));
	}
	for (uint32_t words = k.words; words != 0; words &= words - 1) {
		const struct vgic_word *word = vgic_word(v, lowest_bit(words));

		if ((vgic_pending_bits(word) | load_relaxed(&word->owed)) != 0)
			set_bits(&c->todo, words & -words);
	}
}

/* The CPU interface is as after reset; of these words may be more than list registers hold. */
static void interface_reset(struct vgic_cpu *c, uint32_t words)
{
	for (uint32_t n = 0; n < 4 && c->priorities_active; n++)
		c->ap0r[n] = c->ap1r[n] = 0;
	c->priorities_active = 0;
	c->vmcr = ICH_VMCR_VFIQEN;
	c->hcr = 0; /* vgic_load() works it out */
	set_bits(&c->todo, words);
}

void vgic_cpu_wake(struct vcpu *v)
{
	interface_reset(&v->arch.vgic, VGIC_ALL_WORDS);
}

/* Bytes in multiples of 32, at 8-byte aligned places. */
static void zero(void *at, uint32_t bytes)
{
	__attribute__((may_alias)) uint64_t *to = at;

	for (uint32_t n = 0; n < bytes / 8; n += 4)
		to[n] = to[n + 1] = to[n + 2] = to[n + 3] = 0;
}

static void cpu_clear(struct vcpu *v)
{
	struct vgic_cpu *c = &v->arch.vgic;
	uint32_t waits = c->left | c->shut | c->out; /* what else is pending for it stands in `todo` */

	store_relaxed(&c->touched, 0);
	c->own = (struct vgic_word){ .level = 0xffff0000u };
	c->begun = false;
	c->asleep = true;
	c->asking = false;
	for (uint32_t used = c->used; used != 0; used &= used - 1)
		store_relaxed(&c->lr[lowest_bit(used)], 0);
	store_relaxed(&c->used, 0);
	for (uint32_t words = c->out; words != 0; words &= words - 1)
		store_relaxed(&c->evicted[lowest_bit(words)], 0);
	c->latched = c->left = c->shut = c->out = c->again = 0;
	zero(c->priority, sizeof(c->priority));
	interface_reset(c, waits);
}

void vgic_cpu_reset(struct vcpu *v)
{
	struct vgic_pass k = { .v = v, .c = &v->arch.vgic };

	for (uint32_t used = k.c->used; used != 0; used &= used - 1) {
		uint32_t intid = vgic_lr_intid(k.c->lr[lowest_bit(used)]);

		if (intid < 32)
			continue;
		vgic_lr_retract(&k, lowest_bit(used));
		vgic_changed(v->part, intid / 32, BIT(intid % 32), v);
	}
	cpu_clear(v);
	vgic_lines_told(v);
}

static void irqs_of(struct partition *p, struct vgic_dist *d)
{
	const struct bh_irq *irq = blob_irqs(blob);

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
	zero(d->priority, sizeof(d->priority));
	zero(d->route, sizeof(d->route));
	zero(d->pintid, sizeof(d->pintid));
	irqs_of(p, d);
	vgic_lines_reset(p);
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++) {
		struct vcpu *v = partition_vcpu(p, i);

		cpu_clear(v);
		for (uint32_t w = 0; w < VGIC_WORDS; w++)
			v->arch.vgic.mine[w] = w == 0 || i == 0 ? ~0u : 0;
	}
}
