/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distributor and redistributors of a partition that has its interrupts directly (direct.h): what it reads and writes is the
 * physical GIC's, of its own lines alone. Enables and trigger modes are kept as the guest wrote them: a line is enabled physically only while
 * GICD_CTLR enables Group 1, and the board says how a device triggers. All are in Group 1. Priorities below the floor are raised
 * to it. Identification and the rest are vgic_regs.c's, which has no list registers to ask here.
 */
#include "arm64.h"
#include "direct.h"
#include "direct_gic.h"
#include "kernel/partition.h"
#include "vgic_inside.h"

#define GICD_CTLR	 0x0000u
#define GICD_IROUTER	 0x6000u
#define GICD_IDREGS	 0xffd0u
#define GICD_CTLR_GRP1	 2u
#define GICD_CTLR_GROUPS 3u
#define GICR_SGI_BASE	 0x10000u

#define AFFINITY_MASK 0xff00ffffffull
#define ROUTE_AFF321  0xff00ffff00ull

static struct vgic_word *word_of(struct vcpu *owner, uint32_t w)
{
	return w == 0 ? &owner->arch.vgic.own : &owner->part->arch.vgic.word[w];
}

static volatile uint32_t *physical(const struct vcpu *owner, enum gic_bits what, uint32_t w)
{
	return w == 0 ? (volatile uint32_t *)(direct_sgi_base(owner->core) + what * 128u) : direct_gicd_at(what, w);
}

static void wait_disabled(const struct vcpu *owner, uint32_t w)
{
	if (w == 0)
		direct_gicr_wait(owner->core);
	else
		direct_gicd_wait();
	dsb(sy);
}

static bool group_open(const struct partition *p)
{
	return load_relaxed(&p->arch.vgic.ctlr) & GICD_CTLR_GRP1;
}

/* --- one bit a line --- */

static uint32_t bits_read(struct vcpu *owner, uint32_t w, uint32_t what)
{
	uint32_t own = owner->part->arch.direct_own[w];

	switch (what) {
	case GIC_GROUP: return own;
	case GIC_SET_ENABLE:
	case GIC_CLEAR_ENABLE: return load_relaxed(&word_of(owner, w)->enabled) & own;
	default: return *physical(owner, (enum gic_bits)what, w) & own;
	}
}

/* IRQ-4 */
static void bits_write(struct vcpu *owner, uint32_t w, uint32_t what, uint32_t bits)
{
	struct vgic_word *word = word_of(owner, w);

	bits &= owner->part->arch.direct_own[w];
	switch (what) {
	case GIC_GROUP: return;
	case GIC_SET_ENABLE:
		set_bits(&word->enabled, bits);
		if (group_open(owner->part))
			*physical(owner, GIC_SET_ENABLE, w) = bits;
		break;
	case GIC_CLEAR_ENABLE:
		clear_bits(&word->enabled, bits);
		*physical(owner, GIC_CLEAR_ENABLE, w) = bits;
		wait_disabled(owner, w);
		break;
	default: *physical(owner, (enum gic_bits)what, w) = bits; break;
	}
}

static void bits_access(struct vcpu *owner, uint32_t w, uint32_t what, struct vgic_access *a)
{
	if (a->bytes != 4 || w >= VGIC_WORDS)
		return;
	if (a->write)
		bits_write(owner, w, what, (uint32_t)a->value);
	else
		a->value = bits_read(owner, w, what);
}

/* --- eight bits a line --- */

static void priority_set(struct vcpu *owner, uint32_t intid, uint8_t value)
{
	volatile uint8_t *at = (volatile uint8_t *)physical(owner, GIC_PRIORITY, 0) + intid;

	if ((owner->part->arch.direct_own[intid / 32] >> intid % 32 & 1) == 0)
		return;
	if (intid >= 32)
		at = (volatile uint8_t *)direct_gicd_at(GIC_PRIORITY, 0) + intid;
	*at = value > DIRECT_FLOOR ? value : DIRECT_FLOOR;
}

static void priority_access(struct vcpu *owner, uint32_t intid, struct vgic_access *a)
{
	uint8_t *kept = intid < 32 ? owner->arch.vgic.priority + intid : owner->part->arch.vgic.priority + intid;
	uint64_t value = 0;

	if (a->bytes != 1 && a->bytes != 4)
		return;
	for (uint32_t i = 0; i < a->bytes; i++) {
		if (a->write) {
			kept[i] = (uint8_t)(a->value >> 8 * i) & 0xf8u;
			priority_set(owner, intid + i, kept[i]);
		} else {
			value |= (uint64_t)kept[i] << 8 * i;
		}
	}
	if (!a->write)
		a->value = value;
}

/* --- two bits a line: the upper one says edge --- */

static uint32_t spread(uint32_t x)
{
	uint32_t all = 0;

	for (uint32_t i = 0; i < 16; i++)
		all |= (x >> i & 1u) << (2 * i + 1);
	return all;
}

static void config_access(struct vcpu *owner, uint32_t intid, struct vgic_access *a)
{
	struct vgic_word *word = word_of(owner, intid / 32);
	uint32_t shift = intid % 32, level = 0;

	if (a->bytes != 4)
		return;
	if (!a->write) {
		a->value = spread(~load_relaxed(&word->level) >> shift);
		return;
	}
	for (uint32_t i = 0; i < 16; i++)
		level |= ((uint32_t)(a->value >> (2 * i + 1)) & 1u ? 0 : 1u) << (shift + i);
	if (intid == 0)
		return; /* SGIs are edges */
	set_bits(&word->level, level);
	clear_bits(&word->level, ~level & 0xffffu << shift);
}

/* --- the distributor --- */

static void word_apply(struct vcpu *owner, uint32_t w, bool open)
{
	uint32_t own = owner->part->arch.direct_own[w];

	if (own == 0)
		return;
	if (open) {
		*physical(owner, GIC_SET_ENABLE, w) = load_relaxed(&word_of(owner, w)->enabled) & own;
		return;
	}
	*physical(owner, GIC_CLEAR_ENABLE, w) = own;
	wait_disabled(owner, w);
}

static void ctlr_write(struct vcpu *v, uint32_t value)
{
	struct partition *p = v->part;
	bool was = group_open(p), open = value & GICD_CTLR_GRP1;

	store_relaxed(&p->arch.vgic.ctlr, value & GICD_CTLR_GROUPS);
	if (was == open)
		return;
	for (uint32_t w = 1; w < VGIC_WORDS; w++)
		word_apply(v, w, open);
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++)
		word_apply(partition_vcpu(p, i), 0, open);
}

static void route(struct partition *p, uint32_t intid, uint32_t to)
{
	store_relaxed(&p->arch.vgic.route[intid], (uint8_t)to);
	*(volatile uint64_t *)(blob->gicd_va + GICD_IROUTER + intid * 8) = partition_vcpu(p, to)->core->desc->mpidr & AFFINITY_MASK;
}

/* To one of its own cores. What names none of them stays where it was. */
static void route_access(struct vcpu *v, uint32_t offset, struct vgic_access *a)
{
	uint32_t intid = (offset - GICD_IROUTER) / 8;
	bool high = (offset & 4) != 0;

	if (intid < 32 || intid >= VGIC_LINES || (a->bytes != 4 && a->bytes != 8))
		return;
	if (!a->write) {
		a->value = high ? 0 : load_relaxed(&v->part->arch.vgic.route[intid]);
		return;
	}
	if (!high && (a->value & ROUTE_AFF321) == 0 && (a->value & 0xff) < v->part->desc->n_vcpus &&
	    (v->part->arch.direct_own[intid / 32] >> intid % 32 & 1) != 0)
		route(v->part, intid, (uint32_t)a->value & 0xff);
}

static void spi_access(struct vcpu *v, uint32_t offset, struct vgic_access *a)
{
	uint32_t what = offset / 128, intid;

	if (what < GIC_PRIORITY) {
		if (offset % 128 >= 4)
			bits_access(v, offset % 128 / 4, what, a);
		return;
	}
	if (offset >= GICD_IROUTER) {
		route_access(v, offset, a);
		return;
	}
	intid = what / 2 == GIC_CONFIG / 2 ? (offset - GIC_CONFIG * 128) * 4 : offset - GIC_PRIORITY * 128;
	if (intid < 32 || intid >= VGIC_LINES)
		return;
	if (what / 2 == GIC_CONFIG / 2)
		config_access(v, intid, a);
	else if (what < GIC_PRIORITY + 8)
		priority_access(v, intid, a);
}

enum vgic_result direct_gicd(struct vcpu *v, struct vgic_access *a)
{
	if (a->offset / 128 < GIC_GROUP || a->offset >= GICD_IDREGS) {
		if (!a->write)
			return vgic_gicd(v, a);
		if (a->offset == GICD_CTLR && a->bytes == 4)
			ctlr_write(v, (uint32_t)a->value);
		return VGIC_DONE;
	}
	if (!a->write)
		a->value = 0;
	spi_access(v, a->offset, a);
	return VGIC_DONE;
}

/* --- a redistributor --- */

static void private_access(struct vcpu *owner, uint32_t offset, struct vgic_access *a)
{
	uint32_t what = offset / 128;

	if (what >= GIC_GROUP && what < GIC_PRIORITY && offset % 128 == 0)
		bits_access(owner, 0, what, a);
	else if (offset >= GIC_PRIORITY * 128 && offset < GIC_PRIORITY * 128 + 32)
		priority_access(owner, offset - GIC_PRIORITY * 128, a);
	else if (offset == GIC_CONFIG * 128 || offset == GIC_CONFIG * 128 + 4)
		config_access(owner, offset == GIC_CONFIG * 128 ? 0 : 16, a);
}

enum vgic_result direct_gicr(struct vcpu *v, uint32_t index, struct vgic_access *a)
{
	struct vcpu *owner;

	if (a->offset < GICR_SGI_BASE)
		return vgic_gicr(v, index, a);
	if (!a->write)
		a->value = 0;
	if (index < v->part->desc->n_vcpus) {
		owner = partition_vcpu(v->part, index);
		private_access(owner, a->offset - GICR_SGI_BASE, a);
		if (a->write)
			vgic_touch(v, owner);
	}
	return VGIC_DONE;
}

/* --- what others do --- */

#define PRIVATE_LINES (0xffffu | BIT(VIRTUAL_PPI) | BIT(PHYSICAL_PPI))

static void own_lines(struct partition *p)
{
	const struct bh_irq *irq = blob_irqs(blob);

	for (uint32_t w = 0; w < VGIC_WORDS; w++)
		p->arch.direct_own[w] = w == 0 ? PRIVATE_LINES : 0;
	for (uint32_t i = 0; i < blob->n_irqs; i++)
		if (irq[i].partition == p->number && irq[i].vintid < VGIC_LINES)
			p->arch.direct_own[irq[i].vintid / 32] |= BIT(irq[i].vintid % 32);
}

void direct_dist_reset(struct partition *p)
{
	own_lines(p);
	p->arch.direct_pend = direct_gicd_at(GIC_SET_PENDING, 0);
	for (uint32_t intid = 32; intid < VGIC_LINES; intid++)
		if ((p->arch.direct_own[intid / 32] >> intid % 32 & 1) != 0) {
			*((volatile uint8_t *)direct_gicd_at(GIC_PRIORITY, 0) + intid) = DIRECT_FLOOR;
			route(p, intid, 0);
		}
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++) { /* no line is left masked, to be opened by the kernel: vgic_lines.c */
		struct vgic_cpu *c = &partition_vcpu(p, i)->arch.vgic;

		store_relaxed(&c->closed, 0);
		for (uint32_t w = 0; w < VGIC_WORDS; w++)
			store_relaxed(&c->masked[w], 0);
	}
}

void direct_raise(struct partition *p, uint32_t intid)
{
	uint32_t w = intid / 32, bit = 1u << (intid & 31);

	if (unlikely(intid < 32 || intid >= VGIC_LINES || (p->arch.direct_own[w] & bit) == 0))
		return;
	dsb(ishst); /* what it tells of is seen first */
	p->arch.direct_pend[w] = bit;
}

void direct_line(struct partition *p, uint32_t intid, bool level)
{
	struct vgic_word *word = &p->arch.vgic.word[intid / 32 % VGIC_WORDS];
	uint32_t bit = BIT(intid % 32);

	if (level) {
		set_bits(&word->line, bit);
		direct_raise(p, intid);
		return;
	}
	clear_bits(&word->line, bit);
	if (intid >= 32 && intid < VGIC_LINES && (p->arch.direct_own[intid / 32] & bit) != 0)
		*direct_gicd_at(GIC_CLEAR_PENDING, intid / 32) = bit;
}

void direct_line_again(struct partition *p, uint32_t intid)
{
	if (intid >= 32 && intid < VGIC_LINES && (load_relaxed(&p->arch.vgic.word[intid / 32].line) & BIT(intid % 32)) != 0)
		direct_raise(p, intid);
}
