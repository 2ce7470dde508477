/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue between kernel and server with real threads: two cores write and ask, the server's
 * core consumes, answers, and sleeps until its doorbell. Built with the thread sanitizer: what the
 * release and acquire orders do not cover is a report; a lost doorbell, room or answer is a hang.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/emul_machine.h"

#include <pthread.h>

#define ACCESSES 60000u
#define CLIENTS	 2u

static uint32_t seen[CLIENTS], answered;
static uint32_t finished; /* clients; atomically */
static bool out_of_order;

static void thread_is(struct vcpu *v)
{
	host_on(v->core->number);
}

/* What the exit path does until v can run again. */
static void attend(struct vcpu *v)
{
	while (v->state != VCPU_READY) {
		while (!load_acquire(&v->requests))
			arch_relax();
		vcpu_attend(v);
	}
}

static void access_once(struct vcpu *v, uint32_t value, bool asks)
{
	struct access a = { .offset = asks ? REG_LINE : REG_QUEUE, .bytes = 4, .write = true, .value = value };
	uint32_t answers = v->arch.answers;

	do {
		host_access(v, emul_at(0), &a);
		attend(v);
	} while (v->arch.answers == answers);
	if (asks && v->arch.read != value + 1)
		store_relaxed(&out_of_order, true);
}

static void *client_thread(void *arg)
{
	struct vcpu *v = arg;

	thread_is(v);
	for (uint32_t i = 1; i <= ACCESSES; i++)
		access_once(v, i, i % 16 == 0);
	add_to(&finished, 1);
	arch_irq_raise(partition_at(SERVER), HOST_DOORBELL);
	return NULL;
}

static void server_entry(struct vcpu *v, const struct bh_emul_entry *e)
{
	uint32_t i = BH_EMUL_VCPU(e->source);
	struct guest_call c;

	if (e->value != seen[i] + 1)
		store_relaxed(&out_of_order, true);
	seen[i] = e->value;
	if (e->kind == BH_EMUL_ASK_WRITE) {
		c = answer_call(0, i, e->value + 1, 0, control_of(0)->tail);
		guest_call(v, &c);
		answered += c.result == BH_OK;
	}
	if (server_eats(0)) {
		c = room_call(0);
		guest_call(v, &c);
	}
}

static void *server_thread(void *arg)
{
	struct vcpu *v = arg;

	thread_is(v);
	while (load_acquire(&finished) < CLIENTS || server_sees(0)) {
		if (server_sees(0)) {
			server_entry(v, server_sees(0));
			continue;
		}
		while (!host_take_spi(partition_at(SERVER), HOST_DOORBELL))
			arch_relax();
	}
	return NULL;
}

static void runs_by_hand(struct vcpu *v)
{
	v->part->state = PARTITION_RUNNING;
	v->state = VCPU_READY;
	v->power = POWER_ON;
	v->arch.on = true;
}

static void the_ring_holds_between_threads(void **state)
{
	pthread_t thread[CLIENTS + 1];

	(void)state;
	host_power_on(host_system_make(&emul_description));
	runs_by_hand(vcpu_of(SERVER, 0));
	pthread_create(&thread[CLIENTS], NULL, server_thread, vcpu_of(SERVER, 0));
	for (uint32_t i = 0; i < CLIENTS; i++) {
		runs_by_hand(vcpu_of(CLIENT, i));
		pthread_create(&thread[i], NULL, client_thread, vcpu_of(CLIENT, i));
	}
	for (uint32_t i = 0; i <= CLIENTS; i++)
		pthread_join(thread[i], NULL);
	assert_false(out_of_order);
	assert_int_equal(answered, CLIENTS * (ACCESSES / 16));
	for (uint32_t i = 0; i < CLIENTS; i++)
		assert_int_equal(seen[i], ACCESSES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_ring_holds_between_threads, machine_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
