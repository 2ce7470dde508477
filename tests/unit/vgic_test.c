/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual interrupt controller against the architecture: random traces on a modelled CPU
 * interface (vgic_fakes.h), compared step by step with a reference that knows no list registers.
 * Nothing is lost, nothing comes twice, the best comes first, whatever the number of list registers,
 * and while vCPUs share cores, SPIs are routed anew and actives outnumber the list registers.
 */
#include "tests/unit/vgic_fakes.h"

#include "arch/arm64/vgic.c"
#include "arch/arm64/vgic_lines.c"
#include "arch/arm64/vgic_pass.c"
#include "arch/arm64/vgic_regs.c"

/* --- the reference --- */

struct irq {
	bool enabled, group, level; /* level: as configured */
	bool latch, line, active;
	uint8_t prio, route;
};

#define DEPTH 300u

struct guest {
	uint32_t stack[DEPTH], depth;	    /* acknowledged, priority not dropped */
	uint32_t dropped[DEPTH], n_dropped; /* EOImode 1: priority dropped, not deactivated */
	bool timer_line;
	uint32_t vmcr; /* as the guest set it */
};

static struct irq ref_private[VCPUS][32], ref_spi[VGIC_LINES];
static struct guest guests[VCPUS];
static uint32_t ref_ctlr;
static uint64_t acknowledged; /* of the whole trace */

static struct irq *ref(uint32_t i, uint32_t intid)
{
	return intid < 32 ? &ref_private[i][intid] : &ref_spi[intid];
}

static bool ref_pending(const struct irq *q)
{
	return q->latch || (q->line && q->level);
}

static bool ref_wanted(uint32_t i, uint32_t intid)
{
	const struct irq *q = ref(i, intid);

	return q->enabled && ref_pending(q) && !q->active && (intid < 32 || q->route == i) &&
	       (ref_ctlr & guests[i].vmcr & (q->group ? 2u : 1u)) != 0;
}

/* Interrupts that traces use; the rest of the 288 stays quiet. */
static const uint16_t used_intids[] = { 0, 1, 2, 3, 7, 8, 14, 15, 20, 27, 30, 33, 34,
					35, 40, 45, 63, 64, 70, 95, 96, 100, 150, 200, 255, 287 };
#define N_USED (sizeof(used_intids) / sizeof(used_intids[0]))

static uint32_t ref_best(uint32_t i)
{
	uint32_t best = 1023;

	for (uint32_t k = 0; k < N_USED; k++) {
		uint32_t intid = used_intids[k];

		if (ref_wanted(i, intid) && (best == 1023 || ref(i, intid)->prio < ref(i, best)->prio))
			best = intid;
	}
	return best;
}

/* --- the machine goes on --- */

static uint64_t seed;

static uint32_t any(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static void on(const struct vcpu *v)
{
	here = vcpu_desc[v - vcpus].core;
}

/* v, loaded, uses its CPU interface: as switch_irqs(). */
static void begin(struct vcpu *v)
{
	on(v);
	if (v->arch.vgic.begun)
		return;
	v->arch.vgic.begun = true;
	vgic_load(v);
}

static bool loaded(const struct vcpu *v)
{
	return interfaces[vcpu_desc[v - vcpus].core].loaded == v;
}

/* As the scheduler does when it has chosen v. */
static void runs(struct vcpu *v)
{
	if (loaded(v) && (v->core->shut & BIT(v->desc->rank)) != 0)
		arch_irq_open(v);
}

/* v's core attends to what was posted, and to the maintenance interrupt. */
static void settle(struct vcpu *v)
{
	uint32_t was = here, requests = v->requests;

	on(v);
	v->requests = 0;
	if (requests & REQ_IRQ) {
		vgic_lines_told(v);
		vgic_take_in(v);
	}
	if (requests & REQ_SYNC)
		vgic_sync(v);
	runs(v);
	for (uint32_t n = 0; loaded(v) && hw_maintenance(); n++) {
		assert_true(n < 2); /* it must stop asking */
		vgic_maintenance(v);
	}
	here = was;
}

static void physical(void);

static void settle_all(void)
{
	for (uint32_t n = 0;; n++) {
		uint32_t left = 0;

		assert_true(n < 50); /* vCPUs must not go on telling each other for ever */
		for (uint32_t i = 0; i < part_desc.n_vcpus; i++)
			settle(&vcpus[i]);
		physical();
		for (uint32_t i = 0; i < part_desc.n_vcpus; i++)
			left |= vcpus[i].requests;
		if (left == 0)
			return;
	}
}

/* Lines that are open and up, and whose interrupt is not active, fire: once, where somebody else runs. */
static void physical(void)
{
	uint32_t was = here;

	for (uint32_t d = 0; d < DEVICES; d++)
		if (device_open[d] && device_line[d] && !device_active[d]) {
			uint32_t route = ref_spi[DEVICE_VINTID(d)].route;

			here = device_core[d];
			device_active[d] = true;
			ref_spi[DEVICE_VINTID(d)].latch = true;
			vgic_raise_device(&part, DEVICE_VINTID(d));
			assert_int_equal(device_open[d], route < part_desc.n_vcpus && interfaces[here].loaded == &vcpus[route]);
		}
	for (here = 0; here < CORES; here++) {
		struct vcpu *v = interfaces[here].loaded;

		if (v && guests[v - vcpus].timer_line && !(interfaces[here].private & BIT(27))) {
			interfaces[here].private |= BIT(27);
			ref_private[v - vcpus][27].latch = true;
			begin(v);
			vgic_raise_private(v, 27, true);
		}
	}
	here = was;
}

static void unload(uint32_t core)
{
	struct interface *f = &interfaces[core];

	if (!f->loaded)
		return;
	here = core;
	switch_out(f->loaded);
	f->loaded = cores[here].loaded = NULL;
	assert_int_equal(f->private & BIT(27), 0); /* or the next one's timer would be dead */
	assert_int_equal(f->ap[0] | f->ap[1], 0);  /* this is relied upon, and nothing else may be left to luck */
	for (uint32_t n = 0; n < lrs; n++) {
		assert_int_equal(f->lr[n] & (LR_STATE | LR_EOI), 0);
		f->lr[n] = any(288);
	}
	f->vmcr = any(~0u);
}

static void load(struct vcpu *v)
{
	on(v);
	if (loaded(v))
		return;
	unload(here);
	here = vcpu_desc[v - vcpus].core;
	switch_in(v);
	interfaces[here].loaded = cores[here].loaded = v;
	runs(v);
}

/* --- what guests do --- */

static uint64_t access_of(struct vcpu *v, bool redistributor, uint32_t index, struct vgic_access a)
{
	enum vgic_result done;

	on(v);
	for (uint32_t n = 0;; n++) {
		done = redistributor ? vgic_gicr(v, index, &a) : vgic_gicd(v, &a);
		if (done == VGIC_DONE)
			return a.value;
		assert_false(a.write);
		assert_true(n < 3);
		for (uint32_t i = 0; i < part_desc.n_vcpus; i++)
			settle(&vcpus[i]);
		on(v);
	}
}

static void gicd_write(struct vcpu *v, uint32_t offset, uint32_t bytes, uint64_t value)
{
	access_of(v, false, 0, (struct vgic_access){ offset, bytes, true, value });
}

static uint64_t gicd_read(struct vcpu *v, uint32_t offset, uint32_t bytes)
{
	return access_of(v, false, 0, (struct vgic_access){ offset, bytes, false, 0x5a5a });
}

static void gicr_write(struct vcpu *v, uint32_t index, uint32_t offset, uint32_t bytes, uint64_t value)
{
	access_of(v, true, index, (struct vgic_access){ offset, bytes, true, value });
}

static uint64_t gicr_read(struct vcpu *v, uint32_t index, uint32_t offset, uint32_t bytes)
{
	return access_of(v, true, index, (struct vgic_access){ offset, bytes, false, 0x5a5a });
}

/* A register with one bit per line, of the distributor or of vCPU i's redistributor. */
static void bit_write(struct vcpu *v, uint32_t i, uint32_t reg, uint32_t intid)
{
	if (intid < 32)
		gicr_write(v, i, 0x10000 + reg, 4, BIT(intid));
	else
		gicd_write(v, reg + intid / 32 * 4, 4, BIT(intid % 32));
}

static uint32_t word_read(struct vcpu *v, uint32_t i, uint32_t reg, uint32_t intid)
{
	if (intid < 32)
		return (uint32_t)gicr_read(v, i, 0x10000 + reg, 4);
	return (uint32_t)gicd_read(v, reg + intid / 32 * 4, 4);
}

static void group_write(struct vcpu *v, uint32_t i, uint32_t intid, bool group)
{
	uint32_t old = word_read(v, i, 0x080, intid), bit = BIT(intid % 32);
	uint32_t value = group ? old | bit : old & ~bit;

	if (intid < 32)
		gicr_write(v, i, 0x10080, 4, value);
	else
		gicd_write(v, 0x080 + intid / 32 * 4, 4, value);
	ref(i, intid)->group = group;
}

static void config_write(struct vcpu *v, uint32_t i, uint32_t intid, bool level)
{
	uint32_t reg = 0xc00 + intid / 16 * 4, field = 2u << intid % 16 * 2, old;

	if (intid < 32) {
		old = (uint32_t)gicr_read(v, i, 0x10000 + reg, 4);
		gicr_write(v, i, 0x10000 + reg, 4, level ? old & ~field : old | field);
	} else {
		old = (uint32_t)gicd_read(v, reg, 4);
		gicd_write(v, reg, 4, level ? old & ~field : old | field);
	}
	ref(i, intid)->level = level;
}

static void priority_write(struct vcpu *v, uint32_t i, uint32_t intid, uint8_t prio)
{
	if (intid < 32)
		gicr_write(v, i, 0x10400 + intid, 1, prio);
	else
		gicd_write(v, 0x400 + intid, 1, prio);
	ref(i, intid)->prio = prio & 0xf8;
}

static void vmcr_write(struct vcpu *v, uint32_t value)
{
	begin(v);
	guests[v - vcpus].vmcr = interfaces[here].vmcr = value;
}

/* Takes what the CPU interface gives; it must be something the reference would give. */
static uint32_t acknowledge(struct vcpu *v)
{
	uint32_t i = (uint32_t)(v - vcpus), intid;
	struct guest *g = &guests[i];

	begin(v);
	intid = hw_acknowledge();
	if (intid == 1023)
		return intid;
	assert_true(intid < VGIC_LINES);
	assert_true(ref_wanted(i, intid));
	assert_true(g->depth < DEPTH);
	ref(i, intid)->active = true;
	ref(i, intid)->latch = false;
	g->stack[g->depth++] = intid;
	acknowledged++;
	return intid;
}

static bool is_stacked(uint32_t i, uint32_t intid)
{
	for (uint32_t n = 0; n < guests[i].depth; n++)
		if (guests[i].stack[n] == intid)
			return true;
	for (uint32_t n = 0; n < guests[i].n_dropped; n++)
		if (guests[i].dropped[n] == intid)
			return true;
	return false;
}

static bool is_acknowledged(uint32_t i, uint32_t intid)
{
	if (intid < 32)
		return is_stacked(i, intid);
	for (uint32_t n = 0; n < part_desc.n_vcpus; n++)
		if (is_stacked(n, intid))
			return true;
	return false;
}

static void end(struct vcpu *v)
{
	uint32_t i = (uint32_t)(v - vcpus), intid;
	struct guest *g = &guests[i];

	if (g->depth == 0)
		return;
	on(v);
	intid = g->stack[--g->depth];
	hw_end(intid);
	if (g->vmcr & ICH_VMCR_VEOIM)
		g->dropped[g->n_dropped++] = intid;
	else
		ref(i, intid)->active = false;
}

/* DIR by vCPU i, of what vCPU `of` has dropped. */
static void dir(struct vcpu *v, uint32_t of)
{
	uint32_t i = (uint32_t)(v - vcpus), n, intid;
	struct guest *g = &guests[of];

	if (!v->arch.vgic.begun) { /* it traps, whatever the hardware has of others, and EOImode is 0 */
		on(v);
		vgic_dir(v, used_intids[any(N_USED)]);
		return;
	}
	if (g->n_dropped == 0 || !(guests[i].vmcr & ICH_VMCR_VEOIM))
		return;
	n = any(g->n_dropped);
	intid = g->dropped[n];
	if (intid < 32 && i != of)
		return;
	on(v);
	if (interfaces[here].hcr & ICH_HCR_TDIR)
		vgic_dir(v, intid);
	else
		hw_deactivate(intid);
	g->dropped[n] = g->dropped[--g->n_dropped];
	ref(of, intid)->active = false;
}

/* With everything settled, the interface offers exactly the best of what the reference has. */
static void check_best(struct vcpu *v)
{
	uint32_t i = (uint32_t)(v - vcpus), want = ref_best(i), n;
	bool waits;

	on(v);
	waits = want == 1023 || ref(i, want)->prio >= guests[i].vmcr >> 24;
	assert_int_equal(vgic_pending(v), !waits || v->arch.vgic.closed != 0);
	if (!loaded(v))
		return;
	if (!v->arch.vgic.begun) {
		assert_int_equal(want, 1023);
		assert_int_equal(v->arch.vgic.used, 0);
		assert_int_equal(interfaces[here].hcr & ICH_HCR_EN, 0);
		return;
	}
	n = hw_best();
	if (want == 1023) {
		assert_int_equal(n, 16);
		return;
	}
	assert_int_not_equal(n, 16);
	assert_true(ref_wanted(i, (uint32_t)interfaces[here].lr[n]));
	assert_int_equal(interfaces[here].lr[n] >> 48 & 0xff, ref(i, want)->prio);
}

static void check_states(struct vcpu *v, uint32_t i, uint32_t intid)
{
	uint32_t first = intid & ~31u, pending = 0, active = 0;

	for (uint32_t k = 0; k < 32; k++) {
		pending |= ref_pending(ref(i, first + k)) ? BIT(k) : 0;
		active |= ref(i, first + k)->active ? BIT(k) : 0;
	}
	assert_int_equal(word_read(v, i, 0x200, intid), pending);
	assert_int_equal(word_read(v, i, 0x380, intid), active);
}

/* A physical interrupt is active as long as somebody still has to deal with it, and no longer. It can
 * fire where the one runs who gets it. */
static void check_physical(void)
{
	for (uint32_t d = 0; d < DEVICES; d++) {
		const struct irq *q = &ref_spi[DEVICE_VINTID(d)];

		assert_int_equal(device_active[d], q->latch || q->active);
		if (q->route < part_desc.n_vcpus && loaded(&vcpus[q->route])) {
			assert_true(device_open[d]);
			assert_int_equal(device_core[d], vcpu_desc[q->route].core);
		}
	}
	for (uint32_t core = 0; core < CORES; core++) {
		const struct vcpu *v = interfaces[core].loaded;

		if (v)
			assert_int_equal((interfaces[core].private & BIT(27)) != 0,
					 ref_private[v - vcpus][27].latch || ref_private[v - vcpus][27].active);
	}
}

/* --- set-up --- */

static bool late; /* nobody has used its CPU interface when the trace begins */

static void machine(uint32_t n_vcpus, uint32_t n_lrs, bool tdir)
{
	hw_reset(n_vcpus, n_lrs, tdir);
	memset(ref_private, 0, sizeof(ref_private));
	memset(ref_spi, 0, sizeof(ref_spi));
	memset(guests, 0, sizeof(guests));
	for (uint32_t i = 0; i < n_vcpus; i++) {
		vcpus[i].arch.vgic.begun = !late;
		guests[i].vmcr = ICH_VMCR_VFIQEN;
		for (uint32_t n = 0; n < 32; n++)
			ref_private[i][n].level = n >= 16;
	}
	for (uint32_t n = 32; n < VGIC_LINES; n++)
		ref_spi[n].level = true;
	ref_ctlr = 0;
}

static void ctlr_set(struct vcpu *v, uint32_t groups)
{
	gicd_write(v, 0, 4, groups);
	ref_ctlr = groups;
}

/* All that traces use is enabled, in Group 1, at random priorities; the emulated devices' are levels. */
static void guest_starts(void)
{
	for (uint32_t i = 0; i < part_desc.n_vcpus; i++) {
		load(&vcpus[i]);
		for (uint32_t k = 0; k < N_USED; k++) {
			uint32_t intid = used_intids[k];

			if (intid >= 32 && i > 0)
				continue;
			group_write(&vcpus[i], i, intid, true);
			if (intid >= 16)
				config_write(&vcpus[i], i, intid, intid == 27 || intid == 30 || intid == 33 || intid == 64);
			priority_write(&vcpus[i], i, intid, (uint8_t)any(256));
			bit_write(&vcpus[i], i, 0x100, intid);
			ref(i, intid)->enabled = true;
		}
		if (!late)
			vmcr_write(&vcpus[i], 0xf0u << 24 | ICH_VMCR_VENG1 | ICH_VMCR_VFIQEN);
		if (i == 0)
			ctlr_set(&vcpus[0], 2);
	}
	settle_all();
}

/* --- a random step --- */

static bool is_line(uint32_t intid)
{
	return intid == 30 || intid == 33 || intid == 64;
}

static bool is_physical(uint32_t intid)
{
	return intid == 27 || intid == DEVICE_VINTID(0) || intid == DEVICE_VINTID(1);
}

static void step_sgi(struct vcpu *v)
{
	uint32_t i = (uint32_t)(v - vcpus), list = any(16), group = any(10) != 0;
	uint32_t n = used_intids[any(8)];
	bool all = any(8) == 0;

	if (!all && (list & (list - 1)) == 0 && list >> part_desc.n_vcpus == 0 && list != 0 && group && !(list >> i & 1)) { /* as a physical one */
		on(&vcpus[lowest_bit(list)]);
		vgic_sgi_came(&vcpus[lowest_bit(list)], n);
		vcpu_post(&vcpus[lowest_bit(list)], REQ_IRQ);
	} else {
		on(v);
		vgic_sgi(v, (all ? SGI_IRM : 0) | (uint64_t)n << 24 | list, group);
	}
	for (uint32_t t = 0; t < part_desc.n_vcpus; t++)
		if ((all ? t != i : (list >> t & 1) != 0) && ref(t, n)->group == group)
			ref(t, n)->latch = true;
}

static void step_raise(struct vcpu *v, uint32_t intid)
{
	uint32_t i = (uint32_t)(v - vcpus);
	struct irq *q = ref(i, intid);

	here = any(CORES);
	if (intid == 27) {
		guests[i].timer_line = !guests[i].timer_line;
	} else if (is_physical(intid)) {
		device_line[(intid - DEVICE_VINTID(0)) / 60] ^= true;
	} else if (is_line(intid)) {
		on(v);
		q->line = !q->line;
		if (q->line && !q->level)
			q->latch = true;
		if (intid < 32)
			vgic_line_private(v, intid, q->line);
		else
			vgic_line_spi(&part, intid, q->line);
	} else if (intid >= 32) {
		vgic_raise_spi(&part, intid);
		q->latch = true;
	} else if (intid >= 16) {
		on(v);
		vgic_raise_private(v, intid, false);
		q->latch = true;
	}
}

static void step_register(struct vcpu *v, uint32_t intid)
{
	/* Now and then another vCPU's redistributor */
	uint32_t i = any(6) == 0 ? any(part_desc.n_vcpus) : (uint32_t)(v - vcpus);
	struct irq *q = ref(i, intid);

	switch (any(12)) {
	case 0:
		if (any(3) != 0)
			break;
		bit_write(v, i, 0x180, intid);
		q->enabled = false;
		break;
	case 1:
	case 2:
		bit_write(v, i, 0x100, intid);
		q->enabled = true;
		break;
	case 3:
		if (is_physical(intid))
			break;
		bit_write(v, i, 0x200, intid);
		q->latch = true;
		break;
	case 4:
		if (is_physical(intid) && i != (uint32_t)(v - vcpus))
			break;
		bit_write(v, i, 0x280, intid);
		q->latch = false;
		break;
	case 5:
		if (is_acknowledged(i, intid) || is_physical(intid) || any(3) != 0)
			break;
		bit_write(v, i, 0x300, intid);
		q->active = true;
		break;
	case 6:
		if (is_acknowledged(i, intid))
			break;
		bit_write(v, i, 0x380, intid);
		q->active = false;
		break;
	case 7:
		if (!q->active) /* the order in which evicted ones end is by priority */
			priority_write(v, i, intid, (uint8_t)any(256));
		break;
	case 8:
		if (intid >= 32) {
			q->route = (uint8_t)any(part_desc.n_vcpus + (any(8) == 0));
			gicd_write(v, 0x6000 + intid * 8, 8, q->route);
		}
		break;
	case 9:
		group_write(v, i, intid, any(8) != 0);
		break;
	case 10:
		if (intid >= 16 && !is_physical(intid) && !q->active)
			config_write(v, i, intid, any(2));
		break;
	case 11:
		settle_all();
		check_states(v, i, intid);
		break;
	}
}

static void step_interface(struct vcpu *v)
{
	struct guest *g = &guests[v - vcpus];
	uint32_t value = g->vmcr;

	switch (any(6)) {
	case 0:
		value = any(4) ? value | ICH_VMCR_VENG0 : value & ~ICH_VMCR_VENG0;
		break;
	case 1:
		value = any(8) ? value | ICH_VMCR_VENG1 : value & ~ICH_VMCR_VENG1;
		break;
	case 2:
		value = (value & 0xffffff) | (any(6) ? 0xf8u : any(32) << 3) << 24;
		break;
	case 3:
		if (g->depth == 0 && g->n_dropped == 0 && has_tdir) {
			settle_all();
			value ^= ICH_VMCR_VEOIM;
		}
		break;
	case 4:
		ctlr_set(v, any(8) ? 3 : any(4));
		return;
	case 5:
		on(v);
		vgic_maintenance(v); /* one that nobody asked for */
		return;
	}
	vmcr_write(v, value);
}

static void step(void)
{
	struct vcpu *v = interfaces[any(CORES)].loaded;
	uint32_t intid = used_intids[any(N_USED)];

	if (!v || any(40) == 0) {
		v = &vcpus[any(part_desc.n_vcpus)];
		load(v);
	}
	switch (v->arch.vgic.begun || any(60) == 0 ? any(16) : (any(9) + 14) % 16) {
	case 0:
	case 1:
		step_sgi(v);
		break;
	case 2:
	case 3:
	case 4:
		step_raise(v, intid);
		break;
	case 5:
	case 6:
		step_register(v, intid);
		break;
	case 7:
		if (v->arch.vgic.begun || any(40) == 0)
			step_interface(v);
		break;
	case 8:
	case 9:
	case 10:
		settle(v);
		if (v->arch.vgic.begun || any(40) == 0)
			acknowledge(v);
		break;
	case 11:
	case 12:
	case 13:
		end(v);
		break;
	case 14:
		dir(v, (uint32_t)(v - vcpus));
		dir(v, any(part_desc.n_vcpus));
		break;
	case 15:
		settle_all();
		for (uint32_t i = 0; i < part_desc.n_vcpus; i++)
			check_best(&vcpus[i]);
		check_physical();
		break;
	}
	settle(v); /* a maintenance interrupt comes at once */
	physical();
}

/* Everything that is pending can be taken in the end. */
static void drain(void)
{
	settle_all();
	for (uint32_t round = 0; round < 4; round++)
		for (uint32_t i = 0; i < part_desc.n_vcpus; i++) {
			load(&vcpus[i]);
			vmcr_write(&vcpus[i], (guests[i].vmcr & 0xffffff) | 0xf8u << 24);
			settle_all();
			for (uint32_t n = 0; n < 400 && guests[i].depth + guests[i].n_dropped > 0; n++) {
				end(&vcpus[i]);
				dir(&vcpus[i], i);
				settle_all();
			}
			assert_int_equal(guests[i].depth + guests[i].n_dropped, 0);
			check_best(&vcpus[i]);
		}
	check_physical();
}

static void random_trace(uint32_t n_vcpus, uint32_t n_lrs, bool tdir, uint64_t with_seed, uint32_t steps)
{
	seed = with_seed;
	acknowledged = 0;
	machine(n_vcpus, n_lrs, tdir);
	guest_starts();
	for (uint32_t n = 0; n < steps; n++)
		step();
	drain();
	print_message("vcpus %u, list registers %u, seed %llu: %u steps, %llu acknowledged\n", n_vcpus, n_lrs,
		      (unsigned long long)with_seed, steps, (unsigned long long)acknowledged);
	assert_true(acknowledged > steps / 50);
}

static void random_traces_on_one_vcpu_follow_the_architecture(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= 4; n++)
		for (uint64_t s = 1; s <= 3; s++)
			random_trace(1, n, true, s, 20000);
	random_trace(1, 16, true, 7, 20000);
}

static void random_traces_on_four_vcpus_that_share_two_cores_follow_the_architecture(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= 4; n++)
		for (uint64_t s = 11; s <= 14; s++)
			random_trace(4, n, true, s, 25000);
	random_trace(4, 16, true, 17, 25000);
	random_trace(2, 4, true, 18, 25000);
}

static void random_traces_without_a_trap_of_dir_follow_the_architecture(void **state)
{
	(void)state;
	random_trace(1, 2, false, 21, 20000);
	random_trace(4, 4, false, 22, 20000);
}

/* What became of their interrupts meanwhile became so in memory, and none is lost. */
static void random_traces_on_vcpus_that_use_their_interface_late_follow_the_architecture(void **state)
{
	(void)state;
	late = true;
	for (uint64_t s = 31; s <= 60; s++) {
		random_trace(1, 1 + s % 4, true, s, 2000);
		random_trace(4, 1 + s % 4, true, s, 4000);
		random_trace(4, 4, false, s, 4000);
	}
	late = false;
}

/* Two interrupts that are on at v; the first is more urgent. */
static void two_are_on(struct vcpu *v, const uint32_t intids[2])
{
	for (uint32_t k = 0; k < 2; k++) {
		uint32_t i = (uint32_t)(v - vcpus);

		group_write(v, i, intids[k], true);
		if (intids[k] >= 16)
			config_write(v, i, intids[k], false);
		priority_write(v, i, intids[k], (uint8_t)(0x80 + k * 8));
		bit_write(v, i, 0x100, intids[k]);
	}
}

static void comes(uint32_t intid)
{
	on(&vcpus[2]);
	if (intid >= 32)
		vgic_raise_spi(&part, intid);
	else
		vgic_sgi(&vcpus[2], (uint64_t)intid << 24 | 1, 1);
}

/* Another core disables one that waits in a list register, and another of the same word comes before the first core has looked. */
static void check_disabled(uint32_t disabled, uint32_t other)
{
	machine(4, 4, true);
	guest_starts();
	load(&vcpus[0]);
	load(&vcpus[2]);
	two_are_on(&vcpus[0], (uint32_t[]){ disabled, other });
	comes(other); /* the quick ways are known to it */
	settle(&vcpus[0]);
	on(&vcpus[0]);
	assert_int_equal(hw_acknowledge(), other);
	hw_end(other);
	hw_deactivate(other);
	comes(disabled);
	settle(&vcpus[0]);
	bit_write(&vcpus[2], 0, 0x180, disabled);
	comes(other);
	settle(&vcpus[0]);
	on(&vcpus[0]);
	assert_int_equal(hw_acknowledge(), other);
	hw_end(other);
	hw_deactivate(other);
	assert_int_equal(hw_acknowledge(), 1023);
	bit_write(&vcpus[2], 0, 0x100, disabled);
	settle(&vcpus[0]);
	on(&vcpus[0]);
	assert_int_equal(hw_acknowledge(), disabled);
}

static void one_that_is_disabled_elsewhere_is_taken_back_whatever_comes_beside_it(void **state)
{
	(void)state;
	check_disabled(50, 51);
	check_disabled(3, 4);
}

/* Whatever is raised, and whoever is switched in and out, the interface is not touched; used, it has all of it. */
static void what_was_raised_before_the_interface_is_used_comes_then(void **state)
{
	static const uint32_t intids[] = { 45, 33, 3, 30 };
	struct vcpu *v = &vcpus[0];

	(void)state;
	late = true;
	machine(4, 4, true);
	late = false;
	load(v);
	ctlr_set(v, 2);
	for (uint32_t i = 0; i < 4; i++) {
		group_write(v, 0, intids[i], true);
		priority_write(v, 0, intids[i], (uint8_t)(0x10 * (i + 1)));
		bit_write(v, 0, 0x100, intids[i]);
		ref(0, intids[i])->enabled = true;
	}
	for (uint32_t turns = 0; turns < 3; turns++) {
		vgic_raise_spi(&part, 45);
		vgic_line_spi(&part, 33, true);
		vgic_sgi(&vcpus[2], 3ull << 24 | 1, 1);
		vgic_line_private(v, 30, true);
		settle(v);
		on(v);
		assert_false(vgic_pending(v));
		assert_int_equal(interfaces[here].hcr, ICH_HCR_REST);
		for (uint32_t n = 0; n < lrs; n++)
			assert_int_equal(interfaces[here].lr[n] & LR_STATE, 0);
		load(&vcpus[1]);
		load(v);
	}
	vmcr_write(v, 0xf0u << 24 | ICH_VMCR_VENG1 | ICH_VMCR_VFIQEN);
	settle(v);
	on(v);
	assert_true(vgic_pending(v));
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(hw_acknowledge(), intids[i]);
		if (intids[i] == 33)
			vgic_line_spi(&part, 33, false);
		if (intids[i] == 30)
			vgic_line_private(v, 30, false);
		on(v);
		hw_end(intids[i]);
		hw_deactivate(intids[i]);
		settle(v);
		on(v);
	}
	assert_int_equal(hw_acknowledge(), 1023);
	unload(0);
	vgic_cpu_reset(v);
	assert_false(v->arch.vgic.begun);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_traces_on_one_vcpu_follow_the_architecture),
		cmocka_unit_test(random_traces_on_four_vcpus_that_share_two_cores_follow_the_architecture),
		cmocka_unit_test(random_traces_without_a_trap_of_dir_follow_the_architecture),
		cmocka_unit_test(random_traces_on_vcpus_that_use_their_interface_late_follow_the_architecture),
		cmocka_unit_test(one_that_is_disabled_elsewhere_is_taken_back_whatever_comes_beside_it),
		cmocka_unit_test(what_was_raised_before_the_interface_is_used_comes_then),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
