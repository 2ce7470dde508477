/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual interrupt controller's registers: what they show, which widths they take, what they
 * do to interrupts that another vCPU holds, and that no access whatever reaches beyond them.
 */
#include "tests/unit/vgic_fakes.h"

#include "arch/arm64/vgic.c"
#include "arch/arm64/vgic_lines.c"
#include "arch/arm64/vgic_pass.c"
#include "arch/arm64/vgic_regs.c"

#define SGI_BASE 0x10000u

static void attend(struct vcpu *v)
{
	uint32_t was = here, requests = v->requests;

	here = v->desc->core;
	v->requests = 0;
	if (requests & REQ_IRQ) {
		vgic_lines_told(v);
		vgic_take_in(v);
	}
	if (requests & REQ_SYNC)
		vgic_sync(v);
	here = was;
}

static void attend_all(void)
{
	for (uint32_t n = 0; n < 10; n++)
		for (uint32_t i = 0; i < part_desc.n_vcpus; i++)
			attend(&vcpus[i]);
}

static void load(struct vcpu *v)
{
	here = v->desc->core;
	if (interfaces[here].loaded == v)
		return;
	if (interfaces[here].loaded)
		switch_out(interfaces[here].loaded);
	switch_in(v);
	interfaces[here].loaded = cores[here].loaded = v;
	if ((cores[here].shut & BIT(v->desc->rank)) != 0)
		arch_irq_open(v);
}

static uint64_t gicd(struct vcpu *v, uint32_t offset, uint32_t bytes)
{
	struct vgic_access a = { offset, bytes, false, ~0ull };

	load(v);
	assert_int_equal(vgic_gicd(v, &a), VGIC_DONE);
	return a.value;
}

static void gicd_set(struct vcpu *v, uint32_t offset, uint32_t bytes, uint64_t value)
{
	struct vgic_access a = { offset, bytes, true, value };

	load(v);
	assert_int_equal(vgic_gicd(v, &a), VGIC_DONE);
}

static uint64_t gicr(struct vcpu *v, uint32_t index, uint32_t offset, uint32_t bytes)
{
	struct vgic_access a = { offset, bytes, false, ~0ull };

	load(v);
	assert_int_equal(vgic_gicr(v, index, &a), VGIC_DONE);
	return a.value;
}

static void gicr_set(struct vcpu *v, uint32_t index, uint32_t offset, uint32_t bytes, uint64_t value)
{
	struct vgic_access a = { offset, bytes, true, value };

	load(v);
	assert_int_equal(vgic_gicr(v, index, &a), VGIC_DONE);
}

/* Everything on, in Group 1, of one priority. */
static void guest_starts(void)
{
	for (uint32_t i = 0; i < part_desc.n_vcpus; i++) {
		struct vcpu *v = &vcpus[i];

		gicr_set(v, i, 0x14, 4, 0);
		gicr_set(v, i, SGI_BASE + 0x080, 4, ~0u);
		gicr_set(v, i, SGI_BASE + 0x100, 4, ~0u);
		for (uint32_t n = 0; n < 32; n += 4)
			gicr_set(v, i, SGI_BASE + 0x400 + n, 4, 0xa0a0a0a0);
		interfaces[here].vmcr = 0xf0u << 24 | ICH_VMCR_VENG1 | ICH_VMCR_VFIQEN;
	}
	for (uint32_t w = 1; w < VGIC_WORDS; w++) {
		gicd_set(&vcpus[0], 0x080 + 4 * w, 4, ~0u);
		gicd_set(&vcpus[0], 0x100 + 4 * w, 4, ~0u);
	}
	for (uint32_t n = 32; n < VGIC_LINES; n += 4)
		gicd_set(&vcpus[0], 0x400 + n, 4, 0xa0a0a0a0);
	gicd_set(&vcpus[0], 0, 4, 2);
	attend_all();
}

static void identification_shows_a_gicv3_without_lpis(void **state)
{
	(void)state;
	hw_reset(4, 4, true);
	assert_int_equal(gicd(&vcpus[0], 0x0000, 4), 0x50);
	assert_int_equal(gicd(&vcpus[0], 0x0004, 4), 0x03480008);
	assert_int_equal(gicd(&vcpus[0], 0xffe8, 4), 0x3b);
	assert_int_equal(gicr(&vcpus[1], 2, 0xffe8, 4), 0x3b);
	for (uint32_t i = 0; i < 4; i++) {
		uint64_t typer = (uint64_t)i << 32 | i << 8 | (i == 3 ? 0x10 : 0);

		assert_int_equal(gicr(&vcpus[0], i, 8, 8), typer);
		assert_int_equal(gicr(&vcpus[0], i, 8, 4), (uint32_t)typer);
		assert_int_equal(gicr(&vcpus[0], i, 12, 4), typer >> 32);
	}
	assert_int_equal(gicr(&vcpus[0], 0, 0, 4), 0);
}

static void a_redistributor_wakes_when_told_to(void **state)
{
	(void)state;
	hw_reset(2, 4, true);
	assert_int_equal(gicr(&vcpus[0], 0, 0x14, 4), 6);
	gicr_set(&vcpus[0], 0, 0x14, 4, 0);
	assert_int_equal(gicr(&vcpus[0], 0, 0x14, 4), 0);
	gicr_set(&vcpus[0], 0, 0x14, 4, 2);
	assert_int_equal(gicr(&vcpus[0], 0, 0x14, 4), 6);
}

static void words_read_back_and_only_as_words(void **state)
{
	static const uint32_t set_clear[][2] = { { 0x100, 0x180 }, { 0x200, 0x280 }, { 0x300, 0x380 } };
	struct vcpu *v = &vcpus[0];

	(void)state;
	hw_reset(1, 4, true);
	for (uint32_t k = 0; k < 3; k++) {
		uint32_t set = set_clear[k][0], clear = set_clear[k][1];

		gicd_set(v, set + 8, 4, 0x00ff00ff);
		gicd_set(v, clear + 8, 4, 0x000000f0);
		assert_int_equal(gicd(v, set + 8, 4), 0x00ff000f);
		assert_int_equal(gicd(v, clear + 8, 4), 0x00ff000f);
		assert_int_equal(gicd(v, set + 8, 1), 0);
		assert_int_equal(gicd(v, set + 8, 2), 0);
		assert_int_equal(gicd(v, set + 8, 8), 0);
		gicd_set(v, clear + 8, 1, 0xff);
		gicd_set(v, clear + 8, 8, ~0ull);
		assert_int_equal(gicd(v, set + 8, 4), 0x00ff000f);
		gicd_set(v, set, 4, ~0u); /* word 0 is in the redistributors */
		assert_int_equal(gicd(v, set, 4), 0);
		gicd_set(v, set + 4 * VGIC_WORDS, 4, ~0u);
		assert_int_equal(gicd(v, set + 4 * VGIC_WORDS, 4), 0);
	}
	gicd_set(v, 0x084, 4, 0x12345678);
	assert_int_equal(gicd(v, 0x084, 4), 0x12345678);
	assert_int_equal(gicd(v, 0xd04, 4), 0);
}

static void priorities_are_bytes_and_words_of_the_bits_there_are(void **state)
{
	struct vcpu *v = &vcpus[0];

	(void)state;
	hw_reset(1, 4, true);
	gicd_set(v, 0x420, 4, 0xffa58741);
	assert_int_equal(gicd(v, 0x420, 4), 0xf8a08040);
	gicd_set(v, 0x422, 1, 0x11);
	assert_int_equal(gicd(v, 0x420, 4), 0xf8108040);
	assert_int_equal(gicd(v, 0x423, 1), 0xf8);
	assert_int_equal(gicd(v, 0x420, 2), 0);
	assert_int_equal(gicd(v, 0x421, 4), 0);
	gicd_set(v, 0x400, 4, ~0u);
	assert_int_equal(gicd(v, 0x400, 4), 0);
	gicr_set(v, 0, SGI_BASE + 0x41c, 4, 0xa0b0c0d0);
	assert_int_equal(gicr(v, 0, SGI_BASE + 0x41c, 4), 0xa0b0c0d0);
	assert_int_equal(gicr(v, 0, SGI_BASE + 0x420, 4), 0);
}

static void configuration_keeps_the_bits_that_mean_something(void **state)
{
	struct vcpu *v = &vcpus[0];

	(void)state;
	hw_reset(1, 4, true);
	assert_int_equal(gicd(v, 0xc08, 4), 0);
	gicd_set(v, 0xc08, 4, 0xffffffff);
	gicd_set(v, 0xc0c, 4, 0x80000012);
	assert_int_equal(gicd(v, 0xc08, 4), 0xaaaaaaaa);
	assert_int_equal(gicd(v, 0xc0c, 4), 0x80000002);
	gicr_set(v, 0, SGI_BASE + 0xc00, 4, 0);
	assert_int_equal(gicr(v, 0, SGI_BASE + 0xc00, 4), 0xaaaaaaaa);
	gicr_set(v, 0, SGI_BASE + 0xc04, 4, 0x8);
	assert_int_equal(gicr(v, 0, SGI_BASE + 0xc04, 4), 0x8);
}

static void routes_are_doublewords_or_halves(void **state)
{
	struct vcpu *v = &vcpus[0];

	(void)state;
	hw_reset(4, 4, true);
	gicd_set(v, 0x6000 + 8 * 33, 8, 3);
	assert_int_equal(gicd(v, 0x6000 + 8 * 33, 8), 3);
	assert_int_equal(gicd(v, 0x6000 + 8 * 33, 4), 3);
	gicd_set(v, 0x6000 + 8 * 33, 4, 0x80000002);
	gicd_set(v, 0x6004 + 8 * 33, 4, 0);
	assert_int_equal(gicd(v, 0x6000 + 8 * 33, 8), 2);
	gicd_set(v, 0x6000 + 8 * 33, 1, 1);
	assert_int_equal(gicd(v, 0x6000 + 8 * 33, 8), 2);
	gicd_set(v, 0x6000 + 8 * 33, 8, 0x100000001ull);
	vgic_raise_spi(&part, 33);
	attend_all();
	for (uint32_t i = 0; i < 4; i++) /* nobody has such an affinity */
		assert_int_equal(vcpus[i].arch.vgic.used, 0);
	assert_int_equal(gicd(v, 0x6000 + 8 * 288, 8), 0);
	assert_int_equal(gicd(v, 0x6000, 8), 0);
}

static void sgis_reach_those_they_name(void **state)
{
	struct vcpu *v = &vcpus[0];

	(void)state;
	hw_reset(4, 4, true);
	guest_starts();
	load(v);
	vgic_sgi(v, 5ull << 24 | 0xa, 1);
	vgic_sgi(v, SGI_IRM | 6ull << 24 | 1, 1);
	vgic_sgi(v, 7ull << 24 | 1ull << 44 | 2, 1); /* range 1: Aff0 16 and above */
	vgic_sgi(v, 7ull << 24 | 1ull << 16 | 2, 1); /* Aff1 1 */
	vgic_sgi(v, 8ull << 24 | 2, 0);		     /* a Group 0 SGI; it is configured in Group 1 */
	vgic_sgi(v, 9ull << 24 | 0xfff0, 1);	     /* those do not exist */
	attend_all();
	assert_false(vgic_pending(v));
	for (uint32_t i = 1; i < 4; i++) {
		load(&vcpus[i]);
		attend_all();
		assert_int_equal(gicr(&vcpus[i], i, SGI_BASE + 0x200, 4), i == 2 ? 0x40 : 0x60);
	}
}

static void a_read_waits_for_the_core_that_knows_and_no_longer(void **state)
{
	struct vgic_access a = { 0x304, 4, false, 0 };
	struct vcpu *v = &vcpus[0], *t = &vcpus[2];

	(void)state;
	hw_reset(4, 4, true);
	guest_starts();
	gicd_set(v, 0x6000 + 8 * 33, 8, 2);
	load(t);
	vgic_raise_spi(&part, 33);
	attend(t);
	here = 1;
	assert_int_equal(hw_acknowledge(), 33);

	load(v);
	for (uint32_t n = 0; n < 5; n++)
		assert_int_equal(vgic_gicd(v, &a), VGIC_AGAIN);
	attend(t);
	assert_int_equal(vgic_gicd(v, &a), VGIC_DONE);
	assert_int_equal(a.value, 2);

	/* What it knew then is no answer now. */
	here = 1;
	hw_end(33);
	here = 0;
	assert_int_equal(vgic_gicd(v, &a), VGIC_AGAIN);
	attend(t);
	assert_int_equal(vgic_gicd(v, &a), VGIC_DONE);
	assert_int_equal(a.value, 0);

	/* Nobody waits for a vCPU that is off. */
	vgic_raise_spi(&part, 33);
	attend(t);
	assert_int_equal(vgic_gicd(v, &a), VGIC_AGAIN);
	t->power = POWER_OFF;
	assert_int_equal(vgic_gicd(v, &a), VGIC_DONE);
}

static void a_vcpu_that_is_switched_off_gives_back_what_it_held(void **state)
{
	struct vcpu *v = &vcpus[0], *t = &vcpus[2];

	(void)state;
	hw_reset(4, 4, true);
	guest_starts();
	gicd_set(v, 0x6000 + 8 * 33, 8, 2);
	load(t);
	vgic_raise_spi(&part, 33);
	attend(t);
	assert_true(vgic_pending(t));
	switch_out(t);
	interfaces[1].loaded = NULL;
	vgic_cpu_reset(t);
	t->power = POWER_OFF;
	gicd_set(v, 0x6000 + 8 * 33, 8, 0);
	assert_true(vgic_pending(v));
	assert_int_equal(hw_acknowledge(), 33);
}

/* A guest may write ICC_AP1R0_EL1, so this needs no interrupt that is active. */
static void an_active_priority_goes_with_its_vcpu(void **state)
{
	(void)state;
	hw_reset(4, 4, true);
	guest_starts();
	load(&vcpus[0]);
	interfaces[0].ap[1] = BIT(4);
	load(&vcpus[1]);
	assert_int_equal(interfaces[0].ap[1], 0);
	load(&vcpus[0]);
	assert_int_equal(interfaces[0].ap[1], BIT(4));
	interfaces[0].ap[1] = 0;
	load(&vcpus[1]);
	load(&vcpus[0]);
	assert_int_equal(interfaces[0].ap[1], 0);
}

static void a_physical_sgi_is_taken_as_the_target_has_it_configured(void **state)
{
	struct vcpu *v = &vcpus[2];

	(void)state;
	hw_reset(4, 4, true);
	guest_starts();
	load(v);
	vgic_sgi_came(v, 5);
	assert_int_equal(hw_acknowledge(), 5);
	hw_end(5);
	gicr_set(v, 2, SGI_BASE + 0x080, 4, ~BIT(5)); /* Group 0 now: the SGI was one of Group 1 */
	vgic_sgi_came(v, 5);
	assert_false(vgic_pending(v));
	assert_int_equal(gicr(v, 2, SGI_BASE + 0x200, 4), 0);
	gicr_set(v, 2, SGI_BASE + 0x080, 4, ~0u);
	gicr_set(v, 2, SGI_BASE + 0x180, 4, BIT(5));
	vgic_sgi_came(v, 5);
	assert_false(vgic_pending(v));
	gicr_set(v, 2, SGI_BASE + 0x100, 4, BIT(5)); /* enabled again: it has waited */
	assert_int_equal(hw_acknowledge(), 5);
	hw_end(5);
	load(&vcpus[3]); /* another runs, or nobody does */
	vgic_sgi_came(v, 5);
	load(v);
	assert_int_equal(hw_acknowledge(), 5);
}

static void what_came_while_it_was_not_loaded_is_there_when_it_is(void **state)
{
	(void)state;
	hw_reset(4, 4, true);
	guest_starts();
	for (uint32_t i = 0; i < 2; i++) /* neither has anything left to look at */
		load(&vcpus[i]);
	load(&vcpus[0]);
	(void)vgic_sgi(&vcpus[0], 1ull << 24 | 1u << 1, 1);
	load(&vcpus[1]);
	assert_int_equal(hw_acknowledge(), 1);
}

static void what_others_do_to_the_redistributor_of_one_that_is_off_is_known(void **state)
{
	struct vcpu *v = &vcpus[0], *t = &vcpus[2];

	(void)state;
	hw_reset(4, 4, true);
	guest_starts();
	for (uint32_t offset = 0; offset < VGIC_GICR_BYTES; offset += 4) {
		vgic_cpu_reset(t);
		(void)gicr(v, 2, offset, 4);
		assert_true(vgic_is_reset(t));
		gicr_set(v, 2, offset, 4, ~0u);
		assert_false(vgic_is_reset(t));
	}
	vgic_cpu_reset(t);
	(void)vgic_sgi(v, 1ull << 24 | 1u << 2, 1); /* in Group 1; it is in Group 0 */
	assert_true(vgic_is_reset(t));
	(void)vgic_sgi(v, 1ull << 24 | 1u << 2, 0);
	assert_false(vgic_is_reset(t));
	vgic_cpu_reset(t);
	assert_true(vgic_is_reset(t));
	assert_int_equal(gicr(v, 2, 0x10200, 4), 0); /* GICR_ISPENDR0 */
}

static void the_distributor_says_until_when_a_disabled_interrupt_may_come(void **state)
{
	struct vcpu *v = &vcpus[0], *t = &vcpus[2];

	(void)state;
	hw_reset(4, 4, true);
	guest_starts();
	gicd_set(v, 0x6000 + 8 * 33, 8, 2);
	load(t);
	vgic_raise_spi(&part, 33);
	attend(t);
	assert_int_equal(gicd(v, 0, 4), 0x52);
	gicd_set(v, 0x184, 4, 2);
	assert_int_equal(gicd(v, 0, 4), 0x80000052);
	attend(t);
	assert_int_equal(gicd(v, 0, 4), 0x52);
	here = 1;
	assert_int_equal(hw_acknowledge(), 1023);
}

static void the_timer_of_each_vcpu_on_a_core_is_its_own(void **state)
{
	(void)state;
	hw_reset(2, 4, true);
	guest_starts();
	for (uint32_t i = 0; i < 2; i++) {
		load(&vcpus[i]);
		assert_int_equal(interfaces[0].private, 0); /* it can fire for this one */
		interfaces[0].private = BIT(27);
		vgic_raise_private(&vcpus[i], 27, true);
	}
	for (uint32_t i = 0; i < 2; i++) {
		load(&vcpus[i]);
		assert_int_equal(interfaces[0].private, BIT(27));
		assert_int_equal(hw_acknowledge(), 27);
		hw_end(27);
		assert_int_equal(interfaces[0].private, 0);
	}
}

static void a_group_that_the_guest_enables_lets_in_what_waited(void **state)
{
	struct vcpu *v = &vcpus[0];

	(void)state;
	hw_reset(1, 1, true);
	guest_starts();
	interfaces[0].vmcr &= ~ICH_VMCR_VENG1;
	vgic_raise_private(v, 20, false); /* takes the way through the words: nothing is there yet */
	gicr_set(v, 0, SGI_BASE + 0x200, 4, BIT(21));
	assert_false(vgic_pending(v));
	assert_false(hw_maintenance());
	interfaces[0].vmcr |= ICH_VMCR_VENG1;
	assert_true(hw_maintenance());
	vgic_maintenance(v);
	assert_false(hw_maintenance() && hw_best() == 16);
	assert_in_range(hw_acknowledge(), 20, 21);
}

static void an_active_interrupt_ends_by_the_register_wherever_it_is(void **state)
{
	struct vcpu *v = &vcpus[0], *t = &vcpus[2];

	(void)state;
	hw_reset(4, 4, true);
	guest_starts();
	gicd_set(v, 0x6000 + 8 * DEVICE_VINTID(0), 8, 2);
	load(t);
	device_active[0] = true;
	here = 0;
	vgic_raise_device(&part, DEVICE_VINTID(0));
	attend(t);
	here = 1;
	assert_int_equal(hw_acknowledge(), DEVICE_VINTID(0));
	gicd_set(v, 0x380 + DEVICE_VINTID(0) / 32 * 4, 4, BIT(DEVICE_VINTID(0) % 32));
	attend(t);
	assert_false(device_active[0]);
	assert_int_equal(t->arch.vgic.used, 0);

	load(v);
	vgic_sgi(v, 5ull << 24 | 1, 1);
	assert_int_equal(hw_acknowledge(), 5);
	assert_int_equal(gicr(v, 0, SGI_BASE + 0x300, 4), BIT(5));
	gicr_set(v, 0, SGI_BASE + 0x380, 4, BIT(5));
	assert_int_equal(gicr(v, 0, SGI_BASE + 0x300, 4), 0);
}

static void an_interrupt_that_comes_again_does_not_overtake_a_better_one_left_over(void **state)
{
	struct vcpu *v = &vcpus[0];

	(void)state;
	hw_reset(1, 2, true);
	guest_starts();
	gicr_set(v, 0, SGI_BASE + 0x401, 1, 0x80);
	gicr_set(v, 0, SGI_BASE + 0x402, 1, 0x40);
	gicr_set(v, 0, SGI_BASE + 0x403, 1, 0x60);
	vgic_sgi(v, 1ull << 24 | 1, 1);
	assert_int_equal(hw_acknowledge(), 1);
	vgic_sgi(v, 2ull << 24 | 1, 1);
	vgic_sgi(v, 3ull << 24 | 1, 1);
	hw_end(1);
	vgic_sgi(v, 1ull << 24 | 1, 1);
	for (uint32_t n = 0; n < 3; n++) {
		if (hw_maintenance())
			vgic_maintenance(v);
		assert_int_equal(hw_acknowledge(), n == 0 ? 2 : n == 1 ? 3
								       : 1);
		hw_end(n == 0 ? 2 : n == 1 ? 3
					   : 1);
	}
}

/* The slowest way to find the best. */
static uint8_t best_of(const bool pending[VGIC_LINES], const uint8_t priority[VGIC_LINES])
{
	uint8_t best = 0xff;

	for (uint32_t n = 32; n < VGIC_LINES; n++)
		if (pending[n] && priority[n] < best)
			best = priority[n];
	return best;
}

enum { EQUAL,
       BETTER_BY_NUMBER,
       WORSE_BY_NUMBER,
       AT_RANDOM,
       ORDERS };

static uint8_t priority_of(uint32_t order, uint32_t n)
{
	switch (order) {
	case EQUAL: return 0xa0;
	case BETTER_BY_NUMBER: return (uint8_t)(0xe0 - ((n - 32) & 0xf8) * 7 / 8) & 0xf8;
	case WORSE_BY_NUMBER: return (uint8_t)((n - 32) * 7 / 8) & 0xf8;
	}
	return (uint8_t)(n * 2654435761u >> 24) % 0xe8 & 0xf8;
}

/* All are pending, and some once more while others are taken. */
static void all_pending_are_taken(uint32_t n_lrs, uint32_t order)
{
	struct vcpu *v = &vcpus[0];
	bool pending[VGIC_LINES] = { false };
	uint8_t priority[VGIC_LINES];
	uint32_t taken = 0, raised = 0, intid;

	hw_reset(1, n_lrs, true);
	guest_starts();
	for (uint32_t n = 32; n < VGIC_LINES; n++) {
		priority[n] = priority_of(order, n);
		gicd_set(v, 0x400 + n, 1, priority[n]);
		gicd_set(v, 0xc00 + n / 16 * 4, 4, 0xaaaaaaaa);
	}
	for (uint32_t n = 32; n < VGIC_LINES; n++, raised++) {
		vgic_raise_spi(&part, n);
		pending[n] = true;
		if (n % 7 == 0)
			attend(v);
	}
	for (uint32_t round = 0;; round++) {
		attend(v);
		for (uint32_t n = 0; hw_maintenance(); n++) {
			assert_true(n < 2);
			vgic_maintenance(v);
		}
		intid = hw_acknowledge();
		if (intid == 1023)
			break;
		assert_true(pending[intid]);
		assert_int_equal(priority[intid], best_of(pending, priority));
		pending[intid] = false;
		taken++;
		hw_end(intid);
		intid = 32 + round * 89 % 256;
		if (round % 3 == 0 && raised < 400 && !pending[intid]) {
			vgic_raise_spi(&part, intid);
			pending[intid] = true;
			raised++;
		}
	}
	assert_int_equal(taken, raised);
}

static void of_all_that_is_pending_the_best_comes_first_and_each_once(void **state)
{
	static const uint32_t n_lrs[] = { 1, 2, 4, 16 };

	(void)state;
	for (uint32_t n = 0; n < 4; n++)
		for (uint32_t order = 0; order < ORDERS; order++)
			all_pending_are_taken(n_lrs[n], order);
}

/* A guest may access anything, at any width, as often as it likes. */
static void no_access_reaches_beyond_the_registers(void **state)
{
	uint64_t value = 0x9e3779b97f4a7c15ull;

	(void)state;
	hw_reset(2, 4, true);
	guest_starts();
	for (uint32_t offset = 0; offset < 0x20000; offset++)
		for (uint32_t bytes = 1; bytes <= 8; bytes *= 2) {
			struct vgic_access a = { offset, bytes, false, 0 };

			load(&vcpus[offset & 1]);
			if (offset < 0x10000)
				vgic_gicd(&vcpus[offset & 1], &a);
			vgic_gicr(&vcpus[offset & 1], offset % 3, &a);
			a.write = true;
			value = value * 6364136223846793005ull + 1;
			a.value = value >> 8;
			if (offset < 0x10000)
				vgic_gicd(&vcpus[offset & 1], &a);
			a.value = value >> 8;
			vgic_gicr(&vcpus[offset & 1], offset % 3, &a);
			vgic_sgi(&vcpus[offset & 1], value, bytes & 1);
			vgic_dir(&vcpus[offset & 1], value);
			attend_all();
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identification_shows_a_gicv3_without_lpis),
		cmocka_unit_test(a_redistributor_wakes_when_told_to),
		cmocka_unit_test(words_read_back_and_only_as_words),
		cmocka_unit_test(priorities_are_bytes_and_words_of_the_bits_there_are),
		cmocka_unit_test(configuration_keeps_the_bits_that_mean_something),
		cmocka_unit_test(routes_are_doublewords_or_halves),
		cmocka_unit_test(sgis_reach_those_they_name),
		cmocka_unit_test(a_read_waits_for_the_core_that_knows_and_no_longer),
		cmocka_unit_test(a_vcpu_that_is_switched_off_gives_back_what_it_held),
		cmocka_unit_test(an_active_priority_goes_with_its_vcpu),
		cmocka_unit_test(what_came_while_it_was_not_loaded_is_there_when_it_is),
		cmocka_unit_test(what_others_do_to_the_redistributor_of_one_that_is_off_is_known),
		cmocka_unit_test(the_distributor_says_until_when_a_disabled_interrupt_may_come),
		cmocka_unit_test(the_timer_of_each_vcpu_on_a_core_is_its_own),
		cmocka_unit_test(a_group_that_the_guest_enables_lets_in_what_waited),
		cmocka_unit_test(an_active_interrupt_ends_by_the_register_wherever_it_is),
		cmocka_unit_test(a_physical_sgi_is_taken_as_the_target_has_it_configured),
		cmocka_unit_test(an_interrupt_that_comes_again_does_not_overtake_a_better_one_left_over),
		cmocka_unit_test(of_all_that_is_pending_the_best_comes_first_and_each_once),
		cmocka_unit_test(no_access_reaches_beyond_the_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
