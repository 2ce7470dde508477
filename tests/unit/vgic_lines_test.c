/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices' lines in time: on a core where somebody else runs, a line fires once at most for each time
 * that its vCPU has run there, and it is open again as soon as that one runs. The guest's other vCPUs do what
 * they can against that.
 */
#include "tests/unit/vgic_fakes.h"

#include "arch/arm64/vgic.c"
#include "arch/arm64/vgic_lines.c"
#include "arch/arm64/vgic_pass.c"
#include "arch/arm64/vgic_regs.c"

#define INTID	DEVICE_VINTID(0)
#define ROUTER	(0x6000 + 8 * INTID)
#define WORD(r) ((r) + INTID / 32 * 4)

static uint32_t fired[CORES];

/* The core attends, and whoever is loaded runs on. */
static void go_on(uint32_t core)
{
	struct vcpu *v = interfaces[core].loaded;

	here = core;
	for (uint32_t i = 0; i < part_desc.n_vcpus; i++) {
		struct vcpu *t = &vcpus[i];

		if (t->core != &cores[core] || (t->requests & REQ_IRQ) == 0)
			continue;
		t->requests = 0;
		vgic_lines_told(t);
		vgic_take_in(t);
	}
	if (v && (cores[core].shut & BIT(v->desc->rank)) != 0)
		arch_irq_open(v);
}

static void run(uint32_t i)
{
	struct vcpu *v = &vcpus[i];

	here = v->desc->core;
	if (interfaces[here].loaded == v)
		return;
	if (interfaces[here].loaded)
		switch_out(interfaces[here].loaded);
	switch_in(v);
	interfaces[here].loaded = cores[here].loaded = v;
	cores[here].urgent = 2 * BIT(v->desc->rank) - 1;
	go_on(here);
}

/* The device holds its line. */
static void device(void)
{
	for (uint32_t n = 0; n < 3 && device_line[0] && device_open[0] && !device_active[0]; n++) {
		here = device_core[0];
		fired[here]++;
		device_active[0] = true;
		vgic_raise_device(&part, INTID);
		go_on(here);
	}
}

static void gicd(uint32_t i, uint32_t offset, uint32_t bytes, uint64_t value)
{
	struct vgic_access a = { offset, bytes, true, value };

	here = vcpu_desc[i].core;
	assert_ptr_equal(interfaces[here].loaded, &vcpus[i]);
	assert_int_equal(vgic_gicd(&vcpus[i], &a), VGIC_DONE);
	go_on(0);
	go_on(1);
	device();
}

/* vCPUs 0 and 1 share core 0, 2 and 3 core 1; the device's interrupt goes to vCPU 1. */
static void machine(void)
{
	hw_reset(4, 4, true);
	for (uint32_t i = 0; i < 4; i++) {
		vcpus[i].arch.vgic.vmcr = 0xf0u << 24 | ICH_VMCR_VENG1 | ICH_VMCR_VFIQEN;
		vcpus[i].state = VCPU_READY;
	}
	run(0);
	run(2);
	gicd(2, 0, 4, 2);
	gicd(2, WORD(0x080), 4, ~0u);
	gicd(2, WORD(0x100), 4, BIT(INTID % 32));
	gicd(2, ROUTER, 8, 1);
	fired[0] = fired[1] = lines_shut = 0;
	run(1);
	assert_true(device_open[0]);
	assert_int_equal(device_core[0], 0);
}

static void a_line_is_masked_until_the_first_vcpu_runs(void **state)
{
	(void)state;
	hw_reset(4, 4, true);
	assert_false(device_open[0]);
	run(2);
	run(3);
	assert_false(device_open[0]);
	run(0);
	assert_true(device_open[0]);
}

static void a_line_fires_once_where_its_vcpu_does_not_run_and_again_when_it_does(void **state)
{
	(void)state;
	machine();
	run(0);
	device_line[0] = true;
	device();
	assert_int_equal(fired[0], 1);
	assert_int_equal(lines_shut, 1);
	assert_false(device_open[0]);
	run(1);
	assert_true(device_open[0]);
	assert_int_equal(hw_acknowledge(), INTID);
	hw_end(INTID);
	device();
	assert_int_equal(fired[0], 2);
	assert_int_equal(lines_shut, 1); /* it runs: nothing to be masked for */
	assert_true(device_open[0]);
	run(0);
	device();
	assert_int_equal(fired[0], 2);
}

/* In each round, each of what another vCPU of the partition can do from its core. */
static void nothing_that_other_vcpus_do_makes_it_fire_twice(void **state)
{
	(void)state;
	machine();
	run(0);
	device_line[0] = true;
	device();
	for (uint32_t n = 0; n < 10; n++) {
		gicd(2, WORD(0x280), 4, BIT(INTID % 32)); /* no longer pending: the kernel deactivates it */
		assert_false(device_active[0]);
		gicd(2, ROUTER, 8, 3); /* to one that does not run, here, and back */
		gicd(2, ROUTER, 8, 1);
		gicd(2, ROUTER, 8, 99); /* to nobody, and back */
		gicd(2, ROUTER, 8, 1);
		gicd(2, WORD(0x180), 4, BIT(INTID % 32));
		gicd(2, WORD(0x100), 4, BIT(INTID % 32));
		gicd(2, WORD(0x380), 4, BIT(INTID % 32));
		gicd(2, 0, 4, 0);
		gicd(2, 0, 4, 2);
	}
	assert_int_equal(fired[0], 1);
	gicd(2, ROUTER, 8, 2); /* to itself: it is its own time */
	assert_int_equal(fired[0], 1);
	assert_int_equal(fired[1], 1);
	gicd(2, ROUTER, 8, 1);
	assert_int_equal(fired[0], 1);
	run(1);
	assert_true(device_open[0]);
	assert_int_equal(device_core[0], 0);
}

static void a_line_that_was_routed_to_nobody_is_open_again_where_it_is_routed(void **state)
{
	(void)state;
	machine();
	gicd(2, ROUTER, 8, 99);
	assert_false(device_open[0]);
	run(0);
	run(1);
	assert_false(device_open[0]);
	gicd(2, ROUTER, 8, 2);
	assert_true(device_open[0]);
	assert_int_equal(device_core[0], 1);
	device_line[0] = true;
	device();
	assert_int_equal(fired[0], 0);
	assert_int_equal(fired[1], 1);
}

static void a_line_of_one_that_will_run_at_once_stays_open(void **state)
{
	(void)state;
	machine();
	run(0);
	vcpus[1].state = VCPU_WAITING;
	cores[0].urgent |= BIT(vcpu_desc[1].rank);
	device_line[0] = true;
	device();
	assert_int_equal(lines_shut, 0);
	assert_true(device_open[0]);
	run(1);
	assert_int_equal(hw_acknowledge(), INTID);
}

/* It waits for something else, or for another interrupt, and would let others pay for its device. */
static void a_line_of_an_urgent_one_that_does_not_run_for_it_is_masked(void **state)
{
	(void)state;
	machine();
	run(0);
	vcpus[1].state = VCPU_CALLING;
	cores[0].urgent |= BIT(vcpu_desc[1].rank);
	device_line[0] = true;
	device();
	assert_false(device_open[0]);

	machine();
	gicd(2, WORD(0x180), 4, BIT(INTID % 32));
	run(0);
	vcpus[1].state = VCPU_WAITING;
	cores[0].urgent |= BIT(vcpu_desc[1].rank);
	device_line[0] = true;
	device();
	assert_false(device_open[0]);
	assert_true(vgic_pending(&vcpus[1])); /* so it is woken, runs, and opens its line */
	run(1);
	assert_true(device_open[0]);
	assert_false(vgic_pending(&vcpus[1]));
}

static void an_edge_that_comes_while_its_line_is_masked_is_not_lost(void **state)
{
	(void)state;
	machine();
	run(0);
	device_line[0] = true;
	device();
	run(1);
	assert_int_equal(hw_acknowledge(), INTID);
	run(0);
	run(1);
	hw_end(INTID);
	device(); /* still up */
	assert_int_equal(fired[0], 2);
	assert_int_equal(hw_acknowledge(), INTID);
}

static void a_line_that_fires_where_it_was_routed_before_goes_to_whom_it_is_routed(void **state)
{
	(void)state;
	machine();
	run(3);
	here = 0;
	part.arch.vgic.route[INTID] = 2; /* half of what vCPU 0 does when it writes the register */
	device_line[0] = true;
	device();
	assert_false(device_open[0]);
	assert_int_equal(vcpus[2].requests, REQ_IRQ);
	run(2);
	go_on(1);
	assert_true(device_open[0]);
	assert_int_equal(device_core[0], 1);
}

/* vCPU 1 does not take it: its group is disabled. Its sender does not stop others on that core by saying so again. */
static void an_edge_that_is_pending_already_disturbs_nobody(void **state)
{
	(void)state;
	machine();
	interfaces[0].vmcr &= ~ICH_VMCR_VENG1;
	run(0);
	gicd(2, 0x6000 + 8 * 50, 8, 1);
	gicd(2, 0x100 + 4, 4, BIT(50 % 32));
	here = 1;
	vgic_raise_spi(&part, 50);
	assert_int_equal(vcpus[1].requests, REQ_IRQ);
	go_on(0);
	here = 1;
	vgic_raise_spi(&part, 50);
	assert_int_equal(vcpus[1].requests, 0);
	vgic_sgi(&vcpus[2], 5ull << 24 | 2, 1);
	assert_int_equal(vcpus[1].requests, 0); /* not enabled there */
	vcpus[1].arch.vgic.own.enabled = vcpus[1].arch.vgic.own.group = BIT(6);
	vgic_sgi(&vcpus[2], 6ull << 24 | 2, 1);
	assert_int_equal(vcpus[1].requests, REQ_IRQ);
	go_on(0);
	here = 1;
	vgic_sgi(&vcpus[2], 6ull << 24 | 2, 1);
	assert_int_equal(vcpus[1].requests, 0);
	run(1);
	interfaces[0].vmcr |= ICH_VMCR_VENG1;
	vgic_maintenance(&vcpus[1]);
	assert_int_equal(hw_acknowledge(), 6);
	hw_end(6);
	assert_int_equal(hw_acknowledge(), 50);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_masked_until_the_first_vcpu_runs),
		cmocka_unit_test(a_line_fires_once_where_its_vcpu_does_not_run_and_again_when_it_does),
		cmocka_unit_test(nothing_that_other_vcpus_do_makes_it_fire_twice),
		cmocka_unit_test(a_line_that_was_routed_to_nobody_is_open_again_where_it_is_routed),
		cmocka_unit_test(a_line_of_one_that_will_run_at_once_stays_open),
		cmocka_unit_test(a_line_of_an_urgent_one_that_does_not_run_for_it_is_masked),
		cmocka_unit_test(an_edge_that_comes_while_its_line_is_masked_is_not_lost),
		cmocka_unit_test(a_line_that_fires_where_it_was_routed_before_goes_to_whom_it_is_routed),
		cmocka_unit_test(an_edge_that_is_pending_already_disturbs_nobody),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
