/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual GICv3's memory-mapped registers (Arm IHI 0069, chapter 12): GICD, and of each vCPU
 * RD_base and SGI_base. One security state (GICD_CTLR.DS = 1), affinity routing always on (ARE),
 * no LPIs, no message-based SPIs. What is not here reads as zero and ignores writes, as do
 * accesses of a width that the architecture does not allow.
 *
 * A register changes words of 32 interrupts at once, with atomics, then whoever delivers or holds
 * one of them is told. A list register of another vCPU cannot be read from here: a read of pending
 * or active states asks for it, and the guest executes the load again until the answer is there.
 */
#include "arch/arm64/gicv3.h"
#include "arch/arm64/vgic_inside.h"
#include "arch/arm64/vgic_read.h"
#include "kernel/core.h"

enum gicd_reg {
	GICD_CTLR = 0x0000,
	GICD_IIDR = 0x0008,
	GIC_IPRIORITYR = 0x0400, /* this and the next two: in GICD and in SGI_base */
	GIC_ICFGR = 0x0c00,
	GICD_IROUTER = 0x6000, /* 64 bits per line */
	GICD_IDREGS = 0xffd0,
};

/* Registers with one bit per line are 128 bytes each: offset / 128 */
enum gic_bits {
	BITS_GROUP = 1,
	BITS_SET_ENABLE, /* this and the next: vgic_read.h */
	BITS_CLEAR_ENABLE,
	BITS_SET_PENDING,
	BITS_CLEAR_PENDING,
	BITS_SET_ACTIVE,
	BITS_CLEAR_ACTIVE,
	BITS_PRIORITY,		       /* eight of these */
	BITS_CONFIG = GIC_ICFGR / 128, /* two */
};

enum gicr_reg {
	GICR_CTLR = 0x0000,
	GICR_IIDR = 0x0004,
	GICR_TYPER = 0x0008,
	GICR_WAKER = 0x0014,
	GICR_IDREGS = 0xffd0,
	GICR_SGI_BASE = 0x10000,
};

#define GICD_CTLR_GROUPS 0x3u
#define GICD_CTLR_ARE	 BIT(4)
#define GICD_CTLR_DS	 BIT(6)
#define GICD_CTLR_RWP	 BIT(31)

#define GIC_IIDR_VALUE 0x43bu /* implementer: Arm; no product, no revision */

#define GICR_TYPER_LAST	  BIT64(4)
#define GICR_WAKER_SLEEP  BIT(1)
#define GICR_WAKER_ASLEEP BIT(2)

/* PIDR4-7, PIDR0-3, CIDR0-3; PIDR2.ArchRev = 3 */
static const uint8_t id_registers[12] = { 0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

/* --- list registers of others --- */

static bool answered(const struct vcpu *t, uint32_t asked)
{
	return (int32_t)(load_acquire(&t->arch.vgic.synced) - asked) >= 0;
}

/*
 * Bits of word w in list registers, in one of the states; owner: whose word 0, or any for SPIs.
 * False: not all have answered. Each does within a bounded time, on its core, whatever it runs;
 * one that is off holds nothing new.
 */
static bool gather(struct vcpu *v, struct vcpu *owner, uint32_t w, uint64_t states, uint32_t *bits)
{
	struct vgic_cpu *c = &v->arch.vgic;
	bool all = true;

	for (uint32_t i = 0; i < v->part->desc->n_vcpus; i++) {
		struct vcpu *t = partition_vcpu(v->part, i);

		if (w == 0 && t != owner)
			continue;
		if (t != v && load_relaxed(&t->arch.vgic.used) != 0 && !answered(t, c->ask_sync) &&
		    load_acquire(&t->power) != POWER_OFF) {
			if (t->core == v->core) {
				vgic_sync(t);
			} else {
				vcpu_post(t, REQ_SYNC);
				all = false;
			}
		}
		*bits |= vgic_lr_bits(t, w, states);
	}
	return all;
}

static enum vgic_result read_states(struct vcpu *v, struct vcpu *owner, uint32_t w, uint32_t what, uint64_t states,
				    uint32_t *bits)
{
	struct vgic_cpu *c = &v->arch.vgic;

	if (load_relaxed(&vgic_word(owner, w)->held) == 0) {
		c->asking = false;
		return VGIC_DONE;
	}
	if (!c->asking || c->ask_what != what) {
		c->ask_what = what;
		c->ask_sync = add_to(&v->part->arch.vgic.sync, 1);
	}
	c->asking = !gather(v, owner, w, states, bits);
	return c->asking ? VGIC_AGAIN : VGIC_DONE;
}

/* Another vCPU has not yet taken notice of what was written, and may hold an interrupt that it must let go. */
static bool writes_pending(const struct vcpu *v, const struct vcpu *t)
{
	return t != v && load_acquire(&t->arch.vgic.todo) != 0 && load_relaxed(&t->arch.vgic.used) != 0 &&
	       load_acquire(&t->power) != POWER_OFF;
}

/* --- registers with one bit per line --- */

static enum vgic_result bits_read(struct vcpu *v, struct vcpu *owner, uint32_t w, uint32_t what, uint64_t *value)
{
	const struct vgic_word *word = vgic_word(owner, w);
	enum vgic_result done = VGIC_DONE;
	uint32_t bits = 0;

	switch (what % 32) {
	case BITS_GROUP:
		bits = load_relaxed(&word->group);
		break;
	case BITS_SET_ENABLE:
	case BITS_CLEAR_ENABLE:
		bits = load_relaxed(&word->enabled);
		break;
	case BITS_SET_PENDING:
	case BITS_CLEAR_PENDING:
		/* Before and after: it may go into a list register meanwhile, or come back from one. */
		bits = vgic_pending_bits(word);
		done = read_states(v, owner, w, what, LR_PENDING, &bits);
		bits |= vgic_pending_bits(word);
		break;
	case BITS_SET_ACTIVE:
	case BITS_CLEAR_ACTIVE:
		bits = load_relaxed(&word->active);
		done = read_states(v, owner, w, what, LR_ACTIVE, &bits);
		bits |= load_relaxed(&word->active);
		break;
	}
	*value = bits;
	return done;
}

/* Answers which bits matter to those who deliver or hold them. */
static uint32_t bits_write(struct vcpu *owner, uint32_t w, uint32_t what, uint32_t bits)
{
	struct vgic_word *word = vgic_word(owner, w);

	switch (what) {
	case BITS_GROUP:
		return bits ^ swap_all(&word->group, bits);
	case BITS_SET_ENABLE:
		return bits & ~set_bits(&word->enabled, bits);
	case BITS_CLEAR_ENABLE:
		return bits & clear_bits(&word->enabled, bits);
	case BITS_SET_PENDING:
		set_bits(&word->pending, bits);
		break;
	case BITS_CLEAR_PENDING:
		clear_bits(&word->pending, bits);
		set_bits(&word->unpend, bits & load_relaxed(&word->held));
		break;
	case BITS_SET_ACTIVE:
		set_bits(&word->active, bits);
		break;
	case BITS_CLEAR_ACTIVE:
		vgic_deactivate(owner, w, bits);
		set_bits(&word->unactive, bits & load_relaxed(&word->held));
		break;
	}
	return bits;
}

/* --- fields of two and of eight bits per line --- */

/* Bit n of x to bit 2n + 1: ICFGR's upper bit of each field is the one that means something. */
static uint32_t spread(uint32_t x)
{
	x &= 0xffff;
	x = (x | x << 8) & 0x00ff00ff;
	x = (x | x << 4) & 0x0f0f0f0f;
	x = (x | x << 2) & 0x33333333;
	x = (x | x << 1) & 0x55555555;
	return x << 1;
}

static uint32_t gather_odd(uint32_t x)
{
	x = x >> 1 & 0x55555555;
	x = (x | x >> 1) & 0x33333333;
	x = (x | x >> 2) & 0x0f0f0f0f;
	x = (x | x >> 4) & 0x00ff00ff;
	x = (x | x >> 8) & 0x0000ffff;
	return x;
}

/* ICFGR: 1 is edge-triggered. SGIs are, and stay so. */
static uint32_t config_access(struct vgic_word *word, uint32_t shift, bool sgis, const struct vgic_access *a)
{
	uint32_t old = load_relaxed(&word->level), level;

	if (!a->write)
		return spread(~old >> shift);
	if (sgis)
		return 0;
	level = ~gather_odd((uint32_t)a->value) << shift & 0xffffu << shift;
	set_bits(&word->level, level);
	clear_bits(&word->level, ~level & 0xffffu << shift);
	return (old ^ level) & 0xffffu << shift;
}

/* IPRIORITYR: 1 or 4 bytes of the array. */
static void priority_access(uint8_t *p, struct vgic_access *a)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < a->bytes; i++) {
		if (a->write)
			p[i] = (uint8_t)(a->value >> 8 * i) & ich_priority_mask();
		else
			value |= (uint64_t)p[i] << 8 * i;
	}
	if (!a->write)
		a->value = value;
}

/* --- word 0, in SGI_base of owner --- */

static enum vgic_result private_access(struct vcpu *v, struct vcpu *owner, uint32_t offset, struct vgic_access *a)
{
	struct vgic_cpu *c = &owner->arch.vgic;
	uint32_t what = offset / 128;
	enum vgic_result done = VGIC_DONE;

	if (what >= BITS_GROUP && what < BITS_PRIORITY && offset % 128 == 0 && a->bytes == 4) {
		if (!a->write)
			return bits_read(v, owner, 0, what | (owner->desc->index + 1) << 12, &a->value);
		bits_write(owner, 0, what, (uint32_t)a->value);
	} else if (offset >= GIC_IPRIORITYR && offset < GIC_IPRIORITYR + 32 && (a->bytes == 1 || a->bytes == 4)) {
		priority_access(c->priority + (offset - GIC_IPRIORITYR), a);
	} else if ((offset == GIC_ICFGR || offset == GIC_ICFGR + 4) && a->bytes == 4) {
		uint32_t value = config_access(&c->own, offset == GIC_ICFGR ? 0 : 16, offset == GIC_ICFGR, a);

		if (!a->write)
			a->value = value;
	}
	if (a->write)
		vgic_tell(owner, BIT(0), v);
	return done;
}

/* --- the distributor --- */

static void ctlr_write(struct vcpu *v, uint32_t value)
{
	struct partition *p = v->part;

	if (load_relaxed(&p->arch.vgic.ctlr) == (value & GICD_CTLR_GROUPS))
		return;
	store_relaxed(&p->arch.vgic.ctlr, value & GICD_CTLR_GROUPS);
	vgic_barrier();
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++) {
		struct vcpu *t = partition_vcpu(p, i);

		vgic_tell(t, VGIC_ALL_WORDS, v);
	}
}

static uint32_t ctlr_read(struct vcpu *v)
{
	uint32_t value = load_relaxed(&v->part->arch.vgic.ctlr) | GICD_CTLR_ARE | GICD_CTLR_DS;

	for (uint32_t i = 0; i < v->part->desc->n_vcpus; i++)
		if (writes_pending(v, partition_vcpu(v->part, i)))
			value |= GICD_CTLR_RWP;
	return value;
}

static void route_set(struct vcpu *v, uint32_t intid, uint32_t to)
{
	struct partition *p = v->part;
	uint32_t w = intid / 32, bit = BIT(intid % 32), n = p->desc->n_vcpus;
	uint32_t from = load_relaxed(&p->arch.vgic.route[intid]);

	if (from == to)
		return;
	store_relaxed(&p->arch.vgic.route[intid], (uint8_t)to);
	if (from < n)
		clear_bits(&partition_vcpu(p, from)->arch.vgic.mine[w], bit);
	if (to < n)
		set_bits(&partition_vcpu(p, to)->arch.vgic.mine[w], bit);
	if (p->arch.vgic.pintid[intid] != 0)
		vgic_line_mask(p, intid);
	vgic_changed(p, w, bit, v);
}

/*
 * IROUTER keeps Aff0 only, which is all that tells our vCPUs apart; an affinity that needs more is
 * nobody's. Interrupt_Routing_Mode stays 0 (TYPER.No1N).
 */
#define ROUTE_NOBODY 0xffu
#define ROUTE_AFF321 0xff00ffff00ull

static void route_access(struct vcpu *v, uint32_t offset, struct vgic_access *a)
{
	uint32_t intid = (offset - GICD_IROUTER) / 8;
	bool high = (offset & 4) != 0;
	uint64_t aff;

	if (intid < 32 || intid >= VGIC_LINES || (a->bytes != 4 && a->bytes != 8))
		return;
	if (!a->write) {
		a->value = high ? 0 : load_relaxed(&v->part->arch.vgic.route[intid]);
		return;
	}
	aff = high ? a->value << 32 : a->value;
	if ((aff & ROUTE_AFF321) != 0)
		route_set(v, intid, ROUTE_NOBODY);
	else if (!high)
		route_set(v, intid, (uint32_t)aff & 0xff);
}

static uint32_t id_register(uint32_t offset)
{
	return id_registers[(offset - GICD_IDREGS) / 4 % 12];
}

/* GICD_IPRIORITYR and GICD_ICFGR of SPIs */
static void spi_fields(struct vcpu *v, uint32_t offset, struct vgic_access *a)
{
	struct vgic_dist *d = &v->part->arch.vgic;
	uint32_t intid, w, bits = 0;

	if (offset < GIC_ICFGR) {
		intid = offset - GIC_IPRIORITYR;
		if (intid < 32 || intid >= VGIC_LINES || (a->bytes != 1 && a->bytes != 4))
			return;
		priority_access(d->priority + intid, a);
		bits = (a->bytes == 4 ? 0xfu : 1u) << intid % 32;
		w = intid / 32;
	} else {
		intid = (offset - GIC_ICFGR) * 4;
		w = intid / 32;
		if (intid < 32 || intid >= VGIC_LINES || a->bytes != 4)
			return;
		bits = config_access(&d->word[w], intid % 32, false, a);
		if (!a->write)
			a->value = bits;
	}
	if (a->write)
		vgic_changed(v->part, w, bits, v);
}

static enum vgic_result spi_bits(struct vcpu *v, uint32_t offset, struct vgic_access *a)
{
	uint32_t w = offset % 128 / 4;

	if (w == 0 || w >= VGIC_WORDS || a->bytes != 4)
		return VGIC_DONE;
	if (!a->write)
		return bits_read(v, v, w, offset / 128 | w << 5, &a->value);
	vgic_changed(v->part, w, bits_write(v, w, offset / 128, (uint32_t)a->value), v);
	return VGIC_DONE;
}

static void dist_read(struct vcpu *v, uint32_t offset, struct vgic_access *a)
{
	if (a->bytes != 4)
		return;
	switch (offset) {
	case GICD_CTLR:
		a->value = ctlr_read(v);
		break;
	case GICD_IIDR:
		a->value = GIC_IIDR_VALUE;
		break;
	default:
		if (offset >= GICD_IDREGS)
			a->value = id_register(offset);
		break;
	}
}

static __attribute__((noinline)) enum vgic_result dist_access(struct vcpu *v, struct vgic_access *a)
{
	uint32_t offset = a->offset, what = offset / 128;
	enum vgic_result done = VGIC_DONE;

	if (!a->write)
		a->value = 0;
	if ((offset & (a->bytes - 1)) != 0)
		return VGIC_DONE;
	if (!(what >= BITS_GROUP && offset < GICD_IDREGS)) {
		if (!a->write)
			dist_read(v, offset, a);
		else if (offset == GICD_CTLR && a->bytes == 4)
			ctlr_write(v, (uint32_t)a->value);
	} else if (what < BITS_PRIORITY) {
		done = spi_bits(v, offset, a);
	} else if (what < BITS_PRIORITY + 8 || what / 2 == BITS_CONFIG / 2) {
		spi_fields(v, offset, a);
	} else if (offset >= GICD_IROUTER) {
		route_access(v, offset, a);
	}
	if (a->write)
		vgic_update(v);
	return done;
}

/* IRQ-2, IRQ-3 */
enum vgic_result vgic_gicd(struct vcpu *v, struct vgic_access *a)
{
	int64_t value = a->bytes == 4 && !a->write ? vgic_gicd_read(v, a->offset) : -1;

	if (value < 0)
		return dist_access(v, a);
	a->value = (uint64_t)value;
	return VGIC_DONE;
}

bool vgic_gicd_write(struct vcpu *v, uint32_t offset, uint32_t value)
{
	uint32_t w = vgic_enable_word(offset);

	if (w == 0)
		return false;
	value = bits_write(v, w, offset / 128, value);
	if (value != 0) {
		vgic_changed(v->part, w, value, v);
		vgic_update(v);
	}
	return true;
}

/* --- a redistributor --- */

/* TYPER: affinity, processor number, Last; no LPIs. */
static uint64_t typer(const struct vcpu *owner)
{
	uint64_t index = owner->desc->index;

	return index << 32 | index << 8 | (index + 1 == owner->part->desc->n_vcpus ? GICR_TYPER_LAST : 0);
}

static void redist_read(struct vcpu *v, struct vcpu *owner, struct vgic_access *a)
{
	if (a->offset == GICR_TYPER && a->bytes >= 4)
		a->value = a->bytes == 8 ? typer(owner) : (uint32_t)typer(owner);
	if (a->bytes != 4)
		return;
	if (a->offset == GICR_TYPER + 4)
		a->value = typer(owner) >> 32;
	else if (a->offset == GICR_CTLR)
		a->value = writes_pending(v, owner) ? BIT(3) : 0; /* RWP */
	else if (a->offset == GICR_IIDR)
		a->value = GIC_IIDR_VALUE;
	else if (a->offset == GICR_WAKER)
		a->value = owner->arch.vgic.asleep ? GICR_WAKER_SLEEP | GICR_WAKER_ASLEEP : 0;
	else if (a->offset >= GICR_IDREGS)
		a->value = id_register(a->offset);
}

enum vgic_result vgic_gicr(struct vcpu *v, uint32_t index, struct vgic_access *a)
{
	enum vgic_result done = VGIC_DONE;
	struct vcpu *owner;

	if (!a->write)
		a->value = 0;
	if (index >= v->part->desc->n_vcpus || (a->offset & (a->bytes - 1)) != 0)
		return VGIC_DONE;
	owner = partition_vcpu(v->part, index);
	if (a->offset >= GICR_SGI_BASE)
		done = private_access(v, owner, a->offset - GICR_SGI_BASE, a);
	else if (!a->write)
		redist_read(v, owner, a);
	else if (a->offset == GICR_WAKER && a->bytes == 4)
		owner->arch.vgic.asleep = (a->value & GICR_WAKER_SLEEP) != 0;
	if (a->write) {
		vgic_touch(v, owner);
		vgic_update(v);
	}
	return done;
}
