/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition's life: stub, guest, stop in every state of its vCPUs, restart; and its vCPUs' lives
 * by PSCI.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/machine.h"

enum { SERVER,
       GUEST,
       ONCE,
       PAIR,
       PARTITIONS };

/* A server on core 3, a guest on the first four, one that may not be restarted, and one whose second vCPU is alone on its core. */
static const struct host_partition partitions[PARTITIONS] = {
	[SERVER] = { .name = "server", .n_vcpus = 1, .vcpu = { { 3, 9 } } },
	[GUEST] = { .name = "guest", .n_vcpus = 6, .vcpu = { { 0, 5 }, { 1, 5 }, { 2, 5 }, { 2, 4 }, { 3, 5 }, { 0, 6 } }, .flags = BH_PART_RESTART },
	[ONCE] = { .name = "once", .n_vcpus = 2, .vcpu = { { 0, 1 }, { 1, 1 } } },
	[PAIR] = { .name = "pair", .n_vcpus = 2, .vcpu = { { 3, 1 }, { 4, 1 } }, .flags = BH_PART_RESTART },
};

static const struct host_emul emuls[] = {
	{ .client = GUEST, .server = SERVER, .down = BH_DOWN_ZERO, .ipa = 0x9000000 },
};

static const struct host_system description = {
	.n_cores = 5, .n_partitions = PARTITIONS, .n_emuls = 1, .partition = partitions, .emul = emuls, .no_reader = true
};

static struct vcpu *first;

static int booted(void **state)
{
	(void)state;
	boot(&description);
	first = vcpu_of(GUEST, 0);
	starts(SERVER);
	loads(SERVER);
	does(vcpu_of(SERVER, 0), guest_wfi, NULL);
	return 0;
}

/* It hears its doorbell and waits again. */
static void server_waits(void)
{
	struct vcpu *server = vcpu_of(SERVER, 0);

	host_settle();
	if (!runs_on(server, 3))
		return;
	host_take_spi(partition_at(SERVER), HOST_DOORBELL);
	does(server, guest_wfi, NULL);
}

static int guest_runs(void **state)
{
	booted(state);
	starts(GUEST);
	loads(GUEST);
	server_waits();
	return 0;
}

static void a_partition_begins_in_its_boot_stub(void **state)
{
	(void)state;
	starts(GUEST);
	assert_int_equal(partition_at(GUEST)->state, PARTITION_LOADING);
	assert_true(runs_on(first, 0));
	assert_int_equal(first->arch.how, ENTRY_STUB);
	assert_int_equal(pc_of(first), BH_STUB_IPA);
	assert_int_equal(first->arch.x0, BH_STUB_PARAM_IPA);
	for (uint32_t i = 1; i < 6; i++)
		assert_int_equal(vcpu_of(GUEST, i)->state, VCPU_OFF);
	quiet();
}

static void a_loaded_partition_goes_on_at_its_entry_with_clean_registers(void **state)
{
	(void)state;
	starts(GUEST);
	loads(GUEST);
	assert_int_equal(partition_at(GUEST)->state, PARTITION_RUNNING);
	assert_int_equal(first->arch.how, ENTRY_GUEST);
	assert_int_equal(first->arch.resets, 2);
	assert_int_equal(pc_of(first), ENTRY);
	assert_int_equal(first->arch.x0, DTB);
	quiet();
}

static void only_a_stub_can_say_that_it_loaded(void **state)
{
	int64_t status = 0;

	(void)state;
	does(first, guest_loaded, &status);
	assert_int_equal(status, BH_E_STATE);
	assert_int_equal(pc_of(first), ENTRY);
	assert_int_equal(first->arch.resets, 2);
}

static void guest_load_fails(struct vcpu *v, void *arg)
{
	*(int64_t *)arg = partition_load_failed(v, BH_BOOT_E_CRC, 3);
}

static void a_partition_that_cannot_be_loaded_is_stopped_and_says_why(void **state)
{
	int64_t status = 0;

	(void)state;
	starts(GUEST);
	host_text_clear();
	does(first, guest_load_fails, &status);
	host_settle();
	assert_int_equal(status, CALL_NO_RETURN);
	assert_int_equal(partition_at(GUEST)->state, PARTITION_OFF);
	assert_non_null(strstr(host_text(), "guest: could not be loaded"));
	assert_non_null(strstr(host_text(), "guest: stopped: it could not be loaded"));
	quiet();
}

static void a_guest_cannot_claim_that_its_loading_failed(void **state)
{
	int64_t status = 0;

	(void)state;
	does(first, guest_load_fails, &status);
	assert_int_equal(status, BH_E_STATE);
	assert_true(partition_runs(partition_at(GUEST)));
}

/* vCPU 0 runs, 1 waits, 2 asks, 3 is ready behind 2's core mate, 4 was suspended, 5 is off. */
static void every_state(void)
{
	struct guest_touch ask = { .emul = 0, .a = { .offset = 0, .bytes = 4 } };
	struct guest_on resume = { .entry = ENTRY, .arg = 1 };

	cpu_on(GUEST, 0, 1);
	does(vcpu_of(GUEST, 1), guest_wfi, NULL);
	cpu_on(GUEST, 0, 2);
	does(vcpu_of(GUEST, 2), guest_touch, &ask);
	assert_int_equal(ask.result, EMUL_WAIT);
	cpu_on(GUEST, 0, 3);
	server_waits();
	cpu_on(GUEST, 0, 4);
	does(vcpu_of(GUEST, 4), guest_suspend, &resume);
	host_settle();
	assert_int_equal(first->state, VCPU_READY);
	assert_int_equal(vcpu_of(GUEST, 1)->state, VCPU_WAITING);
	assert_int_equal(vcpu_of(GUEST, 2)->state, VCPU_ASKING);
	assert_int_equal(vcpu_of(GUEST, 3)->state, VCPU_READY);
	assert_int_equal(vcpu_of(GUEST, 4)->state, VCPU_WAITING);
	assert_int_equal(vcpu_of(GUEST, 4)->suspended, 1);
	assert_int_equal(vcpu_of(GUEST, 5)->state, VCPU_OFF);
	quiet();
}

static void a_stop_ends_vcpus_in_every_state_on_every_core(void **state)
{
	(void)state;
	every_state();
	does(first, guest_system_off, NULL);
	host_settle();
	assert_int_equal(partition_at(GUEST)->state, PARTITION_OFF);
	assert_int_equal(partition_at(GUEST)->arch.resets, 1);
	assert_int_equal(partition_at(GUEST)->life, 1);
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(vcpu_of(GUEST, i)->state, VCPU_OFF);
		assert_int_equal(vcpu_of(GUEST, i)->suspended, 0);
		assert_int_equal(vcpu_of(GUEST, i)->ask, 0);
	}
	for (uint32_t c = 0; c < 3; c++)
		assert_null(core_at(c)->loaded);
	quiet();
}

static void a_stop_does_not_wait_for_a_more_urgent_partition(void **state)
{
	struct vcpu *server = vcpu_of(SERVER, 0);

	(void)state;
	cpu_on(GUEST, 0, 4);
	host_private(server, HOST_SGI);
	host_settle();
	assert_true(runs_on(server, 3)); /* and spins there from now on */
	does(first, guest_system_reset, NULL);
	host_settle();
	assert_int_equal(partition_at(GUEST)->state, PARTITION_LOADING);
	assert_true(runs_on(server, 3));
}

static void a_restart_is_a_stop_and_a_first_start(void **state)
{
	(void)state;
	every_state();
	does(first, guest_system_reset, NULL);
	host_settle();
	assert_int_equal(partition_at(GUEST)->state, PARTITION_LOADING);
	assert_int_equal(partition_at(GUEST)->arch.starts, 2);
	assert_int_equal(first->arch.how, ENTRY_STUB);
	assert_int_equal(pc_of(first), BH_STUB_IPA);
	quiet();
	loads(GUEST);
	every_state();
}

static void a_restart_again_and_again_leaves_nothing_behind(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 50; i++) {
		every_state();
		does(first, guest_system_reset, NULL);
		host_settle();
		assert_int_equal(partition_at(GUEST)->life, i);
		quiet();
		loads(GUEST);
		server_waits();
	}
}

static void a_partition_stopped_while_it_loads_ends_too(void **state)
{
	(void)state;
	starts(GUEST);
	does(first, guest_system_off, NULL);
	host_settle();
	assert_int_equal(partition_at(GUEST)->state, PARTITION_OFF);
	quiet();
}

static void a_partition_without_a_pristine_copy_is_not_restarted(void **state)
{
	(void)state;
	starts(ONCE);
	loads(ONCE);
	does(vcpu_of(ONCE, 0), guest_system_reset, NULL);
	host_settle();
	assert_int_equal(partition_at(ONCE)->state, PARTITION_OFF);
	quiet();
}

/* PSCI-2 */
static void the_end_of_one_partition_leaves_the_others_alone(void **state)
{
	uint32_t resets = vcpu_of(SERVER, 0)->arch.resets;

	(void)state;
	starts(ONCE);
	every_state();
	does(first, guest_system_off, NULL);
	host_settle();
	assert_true(runs_on(vcpu_of(ONCE, 0), 0));
	assert_int_equal(vcpu_of(SERVER, 0)->arch.resets, resets);
	assert_true(partition_runs(partition_at(SERVER)));
}

static void a_stop_of_what_is_off_does_nothing(void **state)
{
	(void)state;
	partition_stop(partition_at(GUEST), BH_STOP_OFF, true);
	host_settle();
	assert_int_equal(partition_at(GUEST)->state, PARTITION_OFF);
	assert_int_equal(partition_at(GUEST)->life, 0);
	quiet();
}

/* --- PSCI --- */

static int64_t psci_on(uint64_t index)
{
	struct guest_on on = { .index = index, .entry = ENTRY, .arg = 5 };

	does(first, guest_cpu_on, &on);
	return on.status;
}

static void cpu_on_starts_a_vcpu_where_it_is_told(void **state)
{
	struct vcpu *second = vcpu_of(GUEST, 1);
	struct guest_on on = { .index = 1, .entry = ENTRY + 0x100, .arg = 0x123456789abcdefull };

	(void)state;
	does(first, guest_cpu_on, &on);
	assert_int_equal(on.status, 0);
	assert_int_equal(second->power, POWER_ON_PENDING);
	host_settle();
	assert_true(runs_on(second, 1));
	assert_int_equal(second->power, POWER_ON);
	assert_int_equal(second->arch.how, ENTRY_GUEST);
	assert_int_equal(pc_of(second), on.entry);
	assert_int_equal(second->arch.x0, on.arg);
	quiet();
}

static void cpu_on_answers_as_psci_has_it(void **state)
{
	(void)state;
	assert_int_equal(psci_on(6), -2);
	assert_int_equal(psci_on(~0ull), -2);
	assert_int_equal(psci_on(BIT64(32)), -2);
	assert_int_equal(psci_on(0), -4);
	assert_int_equal(psci_on(1), 0);
	assert_int_equal(psci_on(1), -5); /* its core has not come to it */
	host_settle();
	assert_int_equal(psci_on(1), -4);
	quiet();
}

static void cpu_on_of_a_more_urgent_vcpu_on_the_same_core_preempts(void **state)
{
	(void)state;
	assert_int_equal(psci_on(5), 0);
	assert_true(runs_on(vcpu_of(GUEST, 5), 0));
	quiet();
}

static void a_vcpu_that_is_off_can_be_switched_on_again_and_sees_nothing_of_before(void **state)
{
	struct vcpu *second = vcpu_of(GUEST, 1);
	ticks_t when = 100;

	(void)state;
	cpu_on(GUEST, 0, 1);
	does(second, guest_timer, &when);
	host_private(second, HOST_SGI);
	does(second, guest_cpu_off, NULL);
	assert_int_equal(second->power, POWER_OFF);
	assert_int_equal(host_where(1), HOST_IDLE);
	host_time_set(200);
	host_settle();
	assert_int_equal(second->state, VCPU_OFF);
	cpu_on(GUEST, 0, 1);
	assert_int_equal(second->arch.pending, 0);
	assert_int_equal(second->arch.resets, 2);
	quiet();
}

static struct vcpu *pair_runs(void)
{
	starts(PAIR);
	loads(PAIR);
	host_settle();
	return vcpu_of(PAIR, 1);
}

static void a_vcpu_is_reset_while_it_is_off_not_when_it_is_switched_on(void **state)
{
	struct vcpu *second = vcpu_of(GUEST, 1);

	(void)state;
	host_settle();
	assert_true(second->is_ahead);
	assert_int_equal(second->arch.resets, 1);
	assert_int_equal(second->arch.loads, 0); /* others may want its core */
	cpu_on(GUEST, 0, 1);
	assert_false(second->is_ahead);
	assert_int_equal(second->arch.resets, 1);
	quiet();
}

static void one_that_is_alone_on_its_core_is_loaded_while_it_is_off(void **state)
{
	struct vcpu *v = pair_runs();

	(void)state;
	for (uint32_t times = 1; times <= 3; times++) {
		assert_ptr_equal(core_at(4)->loaded, v);
		assert_int_equal(host_where(4), HOST_IDLE);
		cpu_on(PAIR, 0, 1);
		assert_true(runs_on(v, 4));
		assert_int_equal(pc_of(v), ENTRY + 0x1000);
		assert_int_equal(v->arch.x0, 1);
		assert_int_equal(v->arch.resets, times);
		assert_int_equal(v->arch.loads, times);
		does(v, guest_cpu_off, NULL);
		host_settle();
	}
	quiet();
}

static void what_is_done_to_a_vcpu_that_is_off_it_does_not_find(void **state)
{
	struct vcpu *v = pair_runs();

	(void)state;
	host_private(v, HOST_SGI);
	host_settle();
	cpu_on(PAIR, 0, 1);
	assert_true(runs_on(v, 4));
	assert_int_equal(v->arch.pending, 0);
	assert_int_equal(v->arch.resets, 2);
	quiet();
}

static void a_stop_takes_back_what_was_ahead(void **state)
{
	struct vcpu *v = pair_runs();

	(void)state;
	assert_true(partition_stop(partition_at(PAIR), BH_STOP_ORDER, BH_BEGIN_ORDER));
	host_settle();
	assert_false(v->is_ahead);
	assert_null(core_at(4)->loaded);
	quiet();
	loads(PAIR);
	assert_true(v->is_ahead); /* anew: of the new life */
	assert_int_equal(v->arch.resets, 2);
	cpu_on(PAIR, 0, 1);
	assert_int_equal(v->arch.resets, 2);
	quiet();
}

static void the_last_vcpu_that_switches_off_ends_the_partition(void **state)
{
	(void)state;
	cpu_on(GUEST, 0, 1);
	does(first, guest_cpu_off, NULL);
	host_settle();
	assert_true(partition_runs(partition_at(GUEST)));
	host_text_clear();
	does(vcpu_of(GUEST, 1), guest_cpu_off, NULL);
	host_settle();
	assert_int_equal(partition_at(GUEST)->state, PARTITION_OFF);
	assert_non_null(strstr(host_text(), "last vCPU"));
	quiet();
}

static void a_suspended_vcpu_starts_anew_where_it_said(void **state)
{
	struct guest_on resume = { .entry = ENTRY + 0x200, .arg = 9 };

	(void)state;
	does(first, guest_suspend, &resume);
	assert_int_equal(host_where(0), HOST_IDLE);
	host_private(first, HOST_SGI);
	host_settle();
	assert_true(runs_on(first, 0));
	assert_int_equal(first->arch.how, ENTRY_RESUME);
	assert_int_equal(pc_of(first), resume.entry);
	assert_int_equal(first->arch.x0, 9);
	assert_int_equal(first->arch.pending, HOST_SGI); /* what woke it is still there */
	does(first, guest_take, NULL);
	does(first, guest_wfi, NULL);
	host_private(first, HOST_SGI);
	host_settle();
	assert_int_equal(first->arch.resets, 3); /* a plain wait goes on where it was */
	quiet();
}

static void a_stale_start_does_not_start_a_vcpu_that_is_off(void **state)
{
	(void)state;
	vcpu_post(vcpu_of(GUEST, 1), REQ_START);
	vcpu_post(first, REQ_START);
	host_settle();
	assert_int_equal(vcpu_of(GUEST, 1)->state, VCPU_OFF);
	assert_int_equal(first->arch.resets, 2);
	quiet();
}

static void requests_to_a_vcpu_that_is_off_are_dropped(void **state)
{
	(void)state;
	vcpu_post(vcpu_of(GUEST, 1), REQ_IRQ | REQ_ANSWER | REQ_ROOM | REQ_SYNC);
	host_settle();
	assert_int_equal(vcpu_of(GUEST, 1)->state, VCPU_OFF);
	assert_int_equal(vcpu_of(GUEST, 1)->arch.syncs, 0);
	quiet();
}

static void a_request_to_publish_reaches_the_port(void **state)
{
	(void)state;
	vcpu_post(first, REQ_SYNC);
	host_settle();
	assert_int_equal(first->arch.syncs, 1);
}

#define AFTER(setup, test) cmocka_unit_test_setup_teardown(test, setup, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AFTER(booted, a_partition_begins_in_its_boot_stub),
		AFTER(booted, a_loaded_partition_goes_on_at_its_entry_with_clean_registers),
		AFTER(guest_runs, only_a_stub_can_say_that_it_loaded),
		AFTER(booted, a_partition_that_cannot_be_loaded_is_stopped_and_says_why),
		AFTER(guest_runs, a_guest_cannot_claim_that_its_loading_failed),
		AFTER(guest_runs, a_stop_ends_vcpus_in_every_state_on_every_core),
		AFTER(guest_runs, a_stop_does_not_wait_for_a_more_urgent_partition),
		AFTER(guest_runs, a_restart_is_a_stop_and_a_first_start),
		AFTER(guest_runs, a_restart_again_and_again_leaves_nothing_behind),
		AFTER(booted, a_partition_stopped_while_it_loads_ends_too),
		AFTER(booted, a_partition_without_a_pristine_copy_is_not_restarted),
		AFTER(guest_runs, the_end_of_one_partition_leaves_the_others_alone),
		AFTER(booted, a_stop_of_what_is_off_does_nothing),
		AFTER(guest_runs, cpu_on_starts_a_vcpu_where_it_is_told),
		AFTER(guest_runs, cpu_on_answers_as_psci_has_it),
		AFTER(guest_runs, cpu_on_of_a_more_urgent_vcpu_on_the_same_core_preempts),
		AFTER(guest_runs, a_vcpu_that_is_off_can_be_switched_on_again_and_sees_nothing_of_before),
		AFTER(guest_runs, a_vcpu_is_reset_while_it_is_off_not_when_it_is_switched_on),
		AFTER(booted, one_that_is_alone_on_its_core_is_loaded_while_it_is_off),
		AFTER(booted, what_is_done_to_a_vcpu_that_is_off_it_does_not_find),
		AFTER(booted, a_stop_takes_back_what_was_ahead),
		AFTER(guest_runs, the_last_vcpu_that_switches_off_ends_the_partition),
		AFTER(guest_runs, a_suspended_vcpu_starts_anew_where_it_said),
		AFTER(guest_runs, a_stale_start_does_not_start_a_vcpu_that_is_off),
		AFTER(guest_runs, requests_to_a_vcpu_that_is_off_are_dropped),
		AFTER(guest_runs, a_request_to_publish_reaches_the_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
