/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emulated regions, step by step: what each kind of access does, what a server may and may not do,
 * and what a client gets while there is none.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/emul_machine.h"

enum { ZERO,
       FAULT,
       WAIT }; /* regions by what they answer without a server */

static struct vcpu *server;

static int all_run(void **state)
{
	(void)state;
	boot(&emul_description);
	server = vcpu_of(SERVER, 0);
	starts(SERVER);
	loads(SERVER);
	starts(CLIENT);
	loads(CLIENT);
	cpu_on(CLIENT, 0, 1);
	cpu_on(CLIENT, 0, 2);
	for (uint32_t n = 0; n < 3; n++)
		while (server_sees(n))
			server_eats(n); /* that the client has started */
	host_take_spi(partition_at(SERVER), HOST_DOORBELL);
	host_take_spi(partition_at(SERVER), HOST_DOORBELL + 1);
	host_take_spi(partition_at(SERVER), HOST_DOORBELL + 2);
	quiet();
	return 0;
}

static struct vcpu *client(uint32_t index)
{
	return vcpu_of(CLIENT, index);
}

static enum emul_result reads(uint32_t index, uint32_t n, uint32_t offset, uint32_t bytes)
{
	struct guest_touch t = { .emul = n, .a = { .offset = offset, .bytes = bytes } };

	does(client(index), guest_touch, &t);
	return t.result;
}

static enum emul_result writes(uint32_t index, uint32_t n, uint32_t offset, uint32_t bytes, uint32_t value)
{
	struct guest_touch t = { .emul = n, .a = { .offset = offset, .bytes = bytes, .write = true, .value = value } };

	does(client(index), guest_touch, &t);
	return t.result;
}

static int64_t calls(struct guest_call c)
{
	does(server, guest_call, &c);
	host_settle();
	return c.result;
}

static int64_t answers(uint32_t n, uint32_t index, uint32_t value, uint32_t aborts)
{
	int64_t status = calls(answer_call(n, index, value, aborts, control_of(n)->tail));

	server_eats(n);
	return status;
}

static void server_stops(void)
{
	does(server, guest_system_off, NULL);
	host_settle();
	assert_int_equal(partition_at(SERVER)->state, PARTITION_OFF);
}

static void server_runs(void)
{
	starts(SERVER);
	loads(SERVER);
}

/* --- what the register table says --- */

/* EMUL-1 */
static void a_shadow_read_gives_the_addressed_bytes(void **state)
{
	(void)state;
	*shadow_of(ZERO, REG_SHADOW) = 0x84736251;
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(reads(0, ZERO, REG_SHADOW + i, 1), EMUL_DONE);
		assert_int_equal(client(0)->arch.read, 0x84736251u >> 8 * i & 0xff);
	}
	reads(0, ZERO, REG_SHADOW, 2);
	assert_int_equal(client(0)->arch.read, 0x6251);
	reads(0, ZERO, REG_SHADOW + 2, 2);
	assert_int_equal(client(0)->arch.read, 0x8473);
	reads(0, ZERO, REG_SHADOW, 4);
	assert_int_equal(client(0)->arch.read, 0x84736251);
	assert_null(server_sees(ZERO));
}

static void an_ignored_write_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(writes(0, ZERO, REG_SHADOW, 4, 1), EMUL_DONE);
	assert_null(server_sees(ZERO));
	assert_int_equal(*shadow_of(ZERO, REG_SHADOW), 0);
}

static void a_register_that_is_not_there_faults(void **state)
{
	(void)state;
	assert_int_equal(reads(0, ZERO, REG_NONE, 4), EMUL_FAULT);
	assert_int_equal(writes(0, ZERO, REG_NONE, 4, 1), EMUL_FAULT);
	assert_true(client(0)->arch.aborted);
	assert_null(server_sees(ZERO));
}

/* EMUL-1 */
static void posted_writes_arrive_in_order_with_width_and_source(void **state)
{
	static const uint32_t bytes[] = { 1, 2, 4 };

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(writes(i, ZERO, REG_QUEUE, bytes[i], 0x10 + i), EMUL_DONE);
	for (uint32_t i = 0; i < 3; i++) {
		const struct bh_emul_entry *e = server_sees(ZERO);

		assert_int_equal(e->kind, BH_EMUL_WRITE);
		assert_int_equal(e->offset, REG_QUEUE);
		assert_int_equal(e->value, 0x10 + i);
		assert_int_equal(BH_EMUL_VCPU(e->source), i);
		assert_int_equal(BH_EMUL_BYTES(e->source), bytes[i]);
		server_eats(ZERO);
	}
	assert_null(server_sees(ZERO));
}

static void the_doorbell_rings_only_when_the_queue_was_empty(void **state)
{
	struct partition *p = partition_at(SERVER);

	(void)state;
	writes(0, ZERO, REG_QUEUE, 4, 1);
	assert_true(host_take_spi(p, HOST_DOORBELL));
	writes(0, ZERO, REG_QUEUE, 4, 2);
	assert_false(host_take_spi(p, HOST_DOORBELL));
	server_eats(ZERO);
	writes(0, ZERO, REG_QUEUE, 4, 3);
	assert_false(host_take_spi(p, HOST_DOORBELL));
	server_eats(ZERO);
	server_eats(ZERO);
	writes(0, ZERO, REG_QUEUE, 4, 4);
	assert_true(host_take_spi(p, HOST_DOORBELL));
}

static void regions_do_not_mix(void **state)
{
	(void)state;
	writes(0, FAULT, REG_QUEUE, 4, 7);
	assert_null(server_sees(ZERO));
	assert_null(server_sees(WAIT));
	assert_int_equal(server_sees(FAULT)->value, 7);
	assert_true(host_take_spi(partition_at(SERVER), HOST_DOORBELL + FAULT));
}

static void fill(uint32_t n)
{
	for (uint32_t i = 0; i < BH_EMUL_RING; i++)
		assert_int_equal(writes(0, n, REG_QUEUE, 4, i), EMUL_DONE);
}

static void a_full_queue_blocks_the_writer_until_there_is_room(void **state)
{
	(void)state;
	fill(ZERO);
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 4, BH_EMUL_RING), EMUL_AGAIN);
	assert_int_equal(host_where(0), HOST_IDLE);
	assert_int_equal(queue_of(ZERO)->waiting, 1);
	assert_int_equal(reads(1, ZERO, REG_SHADOW, 4), EMUL_DONE); /* who does not write goes on */
	host_private(client(0), HOST_SGI);
	host_settle();
	assert_int_equal(host_where(0), HOST_IDLE); /* an interrupt does not undo the block */
	assert_true(server_eats(ZERO));
	assert_int_equal(calls(room_call(ZERO)), BH_OK);
	assert_int_equal(queue_of(ZERO)->waiting, 0);
	assert_true(runs_on(client(0), 0));
	assert_true(client(0)->arch.again);
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 4, BH_EMUL_RING), EMUL_DONE);
	for (uint32_t i = 1; i <= BH_EMUL_RING; i++) {
		assert_int_equal(server_sees(ZERO)->value, i);
		server_eats(ZERO);
	}
	assert_null(server_sees(ZERO));
}

static void room_that_is_not_there_blocks_again(void **state)
{
	(void)state;
	fill(ZERO);
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 4, 1), EMUL_AGAIN);
	calls(room_call(ZERO));
	assert_true(runs_on(client(0), 0));
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 4, 1), EMUL_AGAIN);
	assert_int_equal(queue_of(ZERO)->waiting, 1);
}

static void an_ask_that_finds_no_room_is_asked_again(void **state)
{
	(void)state;
	fill(ZERO);
	assert_int_equal(reads(0, ZERO, REG_QUEUE, 4), EMUL_AGAIN);
	assert_int_equal(client(0)->ask, 0);
	server_eats(ZERO);
	calls(room_call(ZERO));
	assert_int_equal(reads(0, ZERO, REG_QUEUE, 4), EMUL_WAIT);
	while (server_sees(ZERO)->kind != BH_EMUL_ASK_READ)
		server_eats(ZERO);
	assert_int_equal(answers(ZERO, 0, 5, 0), BH_OK);
	assert_int_equal(client(0)->arch.read, 5);
}

/* --- asks --- */

/* EMUL-1 */
static void a_read_that_asks_waits_for_its_value(void **state)
{
	const struct bh_emul_entry *e;

	(void)state;
	assert_int_equal(reads(1, ZERO, REG_QUEUE, 2), EMUL_WAIT);
	assert_int_equal(host_where(1), HOST_IDLE);
	e = server_sees(ZERO);
	assert_int_equal(e->kind, BH_EMUL_ASK_READ);
	assert_int_equal(e->value, 0);
	assert_int_equal(e->source, 1 | 1 << 6);
	host_private(client(1), HOST_SGI);
	host_settle();
	assert_int_equal(client(1)->state, VCPU_ASKING); /* an interrupt does not answer it */
	assert_int_equal(answers(ZERO, 1, 0xfedcba98, 0), BH_OK);
	assert_true(runs_on(client(1), 1));
	assert_int_equal(client(1)->arch.read, 0xfedcba98);
	assert_false(client(1)->arch.aborted);
	assert_int_equal(client(1)->arch.answers, 1);
	quiet();
}

static void a_write_that_asks_waits_until_it_is_done(void **state)
{
	(void)state;
	assert_int_equal(writes(0, ZERO, REG_LINE, 4, 3), EMUL_WAIT);
	assert_int_equal(server_sees(ZERO)->kind, BH_EMUL_ASK_WRITE);
	assert_int_equal(server_sees(ZERO)->value, 3);
	assert_int_equal(answers(ZERO, 0, 0, 0), BH_OK);
	assert_true(runs_on(client(0), 0));
}

static void an_ask_can_be_answered_with_an_abort(void **state)
{
	(void)state;
	reads(0, ZERO, REG_QUEUE, 4);
	assert_int_equal(answers(ZERO, 0, 0, 1), BH_OK);
	assert_true(client(0)->arch.aborted);
	assert_true(runs_on(client(0), 0));
}

static void each_vcpu_gets_its_own_answer(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(reads(i, ZERO, REG_QUEUE, 4), EMUL_WAIT);
	for (uint32_t i = 3; i-- > 0;) /* the last first */
		assert_int_equal(calls(answer_call(ZERO, i, 100 + i, 0, control_of(ZERO)->tail + i)), BH_OK);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(client(i)->arch.read, 100 + i);
}

static void an_answer_nobody_waits_for_is_refused(void **state)
{
	uint32_t tail = control_of(ZERO)->tail;

	(void)state;
	assert_int_equal(calls(answer_call(ZERO, 0, 1, 0, tail)), BH_E_STATE);
	reads(0, ZERO, REG_QUEUE, 4);
	assert_int_equal(calls(answer_call(ZERO, 1, 1, 0, tail)), BH_E_STATE);
	assert_int_equal(calls(answer_call(FAULT, 0, 1, 0, tail)), BH_E_STATE);
	assert_int_equal(calls(answer_call(ZERO, 0, 1, 0, tail + 1)), BH_E_STATE);
	assert_int_equal(calls(answer_call(ZERO, 3, 1, 0, tail)), BH_E_ARG);
	assert_int_equal(calls(answer_call(ZERO, ~0ull, 1, 0, tail)), BH_E_ARG);
	assert_int_equal(calls(answer_call(ZERO, BIT64(32), 1, 0, tail)), BH_E_ARG);
	assert_int_equal(calls(answer_call(ZERO, 0, 1, 2, tail)), BH_E_ARG);
	assert_int_equal(client(0)->state, VCPU_ASKING);
	assert_int_equal(answers(ZERO, 0, 9, 0), BH_OK);
	assert_int_equal(calls(answer_call(ZERO, 0, 1, 0, tail)), BH_E_STATE); /* twice */
	assert_int_equal(client(0)->arch.read, 9);
	assert_int_equal(client(0)->arch.answers, 1);
}

static int64_t calls_with(struct vcpu *v, uint32_t function, uint64_t cap)
{
	struct guest_call c = { .function = function, .arg = { cap, 0, 0, 0, 0 } };

	does(v, guest_call, &c);
	host_settle();
	return c.result;
}

static void only_the_server_holds_the_capability(void **state)
{
	static const uint32_t function[] = { BH_CALL_EMUL_ANSWER, BH_CALL_EMUL_ROOM, BH_CALL_EMUL_LINE };

	(void)state;
	for (uint32_t f = 0; f < 3; f++) {
		for (uint64_t cap = 0; cap < 8; cap++)
			assert_int_equal(calls_with(client(0), function[f], cap), BH_E_CAP);
		assert_int_equal(calls_with(server, function[f], 0), BH_E_CAP); /* an empty entry */
		assert_int_equal(calls_with(server, function[f], 6), BH_E_CAP);
		assert_int_equal(calls_with(server, function[f], ~0ull), BH_E_CAP);
		assert_int_equal(calls_with(server, function[f], BIT64(32) + 1), BH_E_CAP);
	}
}

/* --- a hostile server --- */

static void a_senseless_tail_stops_only_its_own_clients_writes(void **state)
{
	(void)state;
	control_of(ZERO)->tail = queue_of(ZERO)->head + 1;
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 4, 1), EMUL_AGAIN);
	assert_int_equal(reads(1, ZERO, REG_QUEUE, 4), EMUL_AGAIN);
	assert_int_equal(writes(2, FAULT, REG_QUEUE, 4, 1), EMUL_DONE); /* the other region */
	control_of(ZERO)->tail = queue_of(ZERO)->head - BH_EMUL_RING - 1;
	calls(room_call(ZERO));
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 4, 1), EMUL_AGAIN);
	control_of(ZERO)->tail = queue_of(ZERO)->head;
	calls(room_call(ZERO));
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 4, 1), EMUL_DONE);
	quiet();
}

static void a_tail_that_wraps_is_no_special_case(void **state)
{
	(void)state;
	emul_at(ZERO)->head = queue_of(ZERO)->head = control_of(ZERO)->tail = 0xffffff80u;
	fill(ZERO);
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 4, 1), EMUL_AGAIN);
	for (uint32_t i = 0; i < BH_EMUL_RING; i++) {
		assert_int_equal(server_sees(ZERO)->value, i);
		server_eats(ZERO);
	}
	assert_null(server_sees(ZERO));
	calls(room_call(ZERO));
	assert_int_equal(reads(0, ZERO, REG_QUEUE, 4), EMUL_WAIT);
	assert_int_equal(answers(ZERO, 0, 3, 0), BH_OK);
}

/* --- without a server --- */

/* EMUL-2 */
static void an_access_without_a_server_gets_what_the_description_says(void **state)
{
	(void)state;
	server_stops();
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 4, 1), EMUL_DONE);
	assert_int_equal(reads(0, ZERO, REG_QUEUE, 4), EMUL_DONE);
	assert_int_equal(client(0)->arch.read, 0);
	*shadow_of(ZERO, REG_SHADOW) = 5;
	reads(0, ZERO, REG_SHADOW, 4);
	assert_int_equal(client(0)->arch.read, 0); /* a dead server's shadow is not believed */
	assert_null(server_sees(ZERO));
	assert_int_equal(writes(0, FAULT, REG_QUEUE, 4, 1), EMUL_FAULT);
	assert_int_equal(reads(0, FAULT, REG_QUEUE, 4), EMUL_FAULT);
	assert_int_equal(reads(0, WAIT, REG_QUEUE, 4), EMUL_AGAIN);
	assert_int_equal(host_where(0), HOST_IDLE);
	starts(SERVER);
	assert_int_equal(host_where(0), HOST_IDLE); /* loading is not running */
	loads(SERVER);
	assert_true(runs_on(client(0), 0));
	assert_true(client(0)->arch.again);
	assert_int_equal(reads(0, WAIT, REG_QUEUE, 4), EMUL_WAIT);
	assert_int_equal(answers(WAIT, 0, 8, 0), BH_OK);
	quiet();
}

/* EMUL-2 */
static void an_ask_whose_server_ends_gets_what_the_description_says(void **state)
{
	(void)state;
	reads(0, ZERO, REG_QUEUE, 4);
	reads(1, FAULT, REG_QUEUE, 4);
	reads(2, WAIT, REG_QUEUE, 4);
	server_stops();
	assert_true(runs_on(client(0), 0));
	assert_int_equal(client(0)->arch.read, 0);
	assert_false(client(0)->arch.aborted);
	assert_true(runs_on(client(1), 1));
	assert_true(client(1)->arch.aborted);
	assert_true(client(2)->arch.again);
	assert_int_equal(reads(2, WAIT, REG_QUEUE, 4), EMUL_AGAIN);
	server_runs();
	assert_int_equal(reads(2, WAIT, REG_QUEUE, 4), EMUL_WAIT);
	quiet();
}

/* EMUL-2 */
static void a_blocked_writer_whose_server_ends_gets_what_the_description_says(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 3; n++)
		fill(n);
	for (uint32_t n = 0; n < 3; n++)
		assert_int_equal(writes(n, n, REG_QUEUE, 4, 1), EMUL_AGAIN);
	server_stops();
	assert_int_equal(writes(ZERO, ZERO, REG_QUEUE, 4, 1), EMUL_DONE);
	assert_int_equal(writes(FAULT, FAULT, REG_QUEUE, 4, 1), EMUL_FAULT);
	assert_int_equal(writes(WAIT, WAIT, REG_QUEUE, 4, 1), EMUL_AGAIN);
	server_runs();
	assert_true(runs_on(client(WAIT), WAIT));
	assert_int_equal(writes(WAIT, WAIT, REG_QUEUE, 4, 1), EMUL_AGAIN); /* still full */
	while (server_sees(WAIT))
		server_eats(WAIT);
	calls(room_call(WAIT));
	assert_int_equal(writes(WAIT, WAIT, REG_QUEUE, 4, 1), EMUL_DONE);
	quiet();
}

/* A server that starts again still finds the asks of its former life. */
static void an_answer_to_an_ask_that_was_ended_does_not_answer_the_next(void **state)
{
	(void)state;
	for (uint32_t n = ZERO; n <= WAIT; n++) {
		reads(0, n, REG_QUEUE, 4);
		server_stops();
		server_runs();
		assert_true(runs_on(client(0), 0));
		assert_int_equal(reads(0, n, REG_QUEUE, 4), EMUL_WAIT);
		assert_int_equal(answers(n, 0, 111, 0), BH_E_STATE);
		assert_int_equal(client(0)->state, VCPU_ASKING);
		assert_int_equal(answers(n, 0, 222, 0), BH_OK);
		assert_int_equal(client(0)->arch.read, 222);
		assert_null(server_sees(n));
	}
}

static void an_answer_that_came_before_the_server_ended_stands(void **state)
{
	struct guest_call c;

	(void)state;
	reads(1, FAULT, REG_QUEUE, 4);
	c = answer_call(FAULT, 1, 77, 0, control_of(FAULT)->tail);
	does(server, guest_call, &c);
	assert_int_equal(c.result, BH_OK);
	does(server, guest_system_off, NULL);
	host_settle();
	assert_false(client(1)->arch.aborted);
	assert_int_equal(client(1)->arch.read, 77);
}

/* --- a client that ends --- */

static void the_server_is_told_of_its_clients_end_and_start(void **state)
{
	(void)state;
	assert_int_equal(queue_of(ZERO)->running, 1);
	assert_int_equal(queue_of(ZERO)->life, 0);
	writes(0, ZERO, REG_QUEUE, 4, 1);
	does(client(0), guest_system_reset, NULL);
	host_settle();
	assert_int_equal(queue_of(ZERO)->running, 0);
	assert_int_equal(queue_of(ZERO)->life, 1);
	assert_int_equal(server_sees(ZERO)->kind, BH_EMUL_WRITE); /* what it had written is not lost */
	server_eats(ZERO);
	assert_int_equal(server_sees(ZERO)->kind, BH_EMUL_STOP);
	server_eats(ZERO);
	assert_null(server_sees(ZERO));
	loads(CLIENT);
	assert_int_equal(queue_of(ZERO)->running, 1);
	assert_int_equal(server_sees(ZERO)->kind, BH_EMUL_RESET);
}

static void a_full_queue_does_not_hold_up_its_clients_end(void **state)
{
	(void)state;
	fill(ZERO);
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 4, 1), EMUL_AGAIN);
	does(client(1), guest_system_reset, NULL);
	host_settle();
	assert_int_equal(partition_at(CLIENT)->state, PARTITION_LOADING);
	assert_int_equal(queue_of(ZERO)->life, 1);
	loads(CLIENT);
	assert_int_equal(queue_of(ZERO)->running, 1);
	quiet();
}

static void an_answer_to_a_clients_former_life_does_not_reach_the_next(void **state)
{
	uint32_t tail;

	(void)state;
	tail = control_of(ZERO)->tail;
	reads(0, ZERO, REG_QUEUE, 4);
	does(client(1), guest_system_reset, NULL);
	host_settle();
	loads(CLIENT);
	assert_int_equal(calls(answer_call(ZERO, 0, 1, 0, tail)), BH_E_STATE);
	assert_int_equal(reads(0, ZERO, REG_QUEUE, 4), EMUL_WAIT);
	assert_int_equal(calls(answer_call(ZERO, 0, 1, 0, tail)), BH_E_STATE);
	assert_int_equal(client(0)->state, VCPU_ASKING);
	quiet();
}

/* --- the interrupt line --- */

static int64_t line(uint32_t n, uint64_t level)
{
	return calls((struct guest_call){ .function = BH_CALL_EMUL_LINE, .arg = { host_system_cap(blob, n), level } });
}

static void the_server_drives_its_regions_line(void **state)
{
	(void)state;
	assert_int_equal(line(ZERO, 1), BH_OK);
	assert_true(host_level(partition_at(CLIENT), 40));
	assert_false(host_level(partition_at(CLIENT), 41));
	does(client(0), guest_wfi, NULL);
	assert_true(runs_on(client(0), 0)); /* a level stays until the server lowers it */
	assert_int_equal(line(ZERO, 0), BH_OK);
	assert_false(host_level(partition_at(CLIENT), 40));
	does(client(0), guest_wfi, NULL);
	assert_int_equal(host_where(0), HOST_IDLE);
	assert_int_equal(line(FAULT, 1), BH_OK);
	assert_true(runs_on(client(0), 0));
}

static void a_line_that_is_not_there_is_refused(void **state)
{
	(void)state;
	assert_int_equal(line(WAIT, 1), BH_E_ARG);
	assert_int_equal(line(ZERO, 2), BH_E_ARG);
	assert_int_equal(line(ZERO, BIT64(32)), BH_E_ARG);
	assert_int_equal(line(ZERO, 1), BH_OK);
	does(client(0), guest_system_reset, NULL);
	host_settle();
	assert_int_equal(line(ZERO, 1), BH_E_PEER);
	loads(CLIENT);
	assert_false(host_level(partition_at(CLIENT), 40)); /* forgotten */
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, all_run, machine_off)

/* Nor does a server that says so again and again. */
static void room_that_nobody_waits_for_disturbs_nobody(void **state)
{
	struct guest_call room = { .function = BH_CALL_EMUL_ROOM, .arg = { host_system_cap(blob, ZERO) } };
	uint32_t before = 0, after = 0;

	(void)state;
	for (uint32_t core = 0; core < 3; core++)
		before += host_kicks(core);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(calls(room), BH_OK);
	for (uint32_t core = 0; core < 3; core++)
		after += host_kicks(core);
	assert_int_equal(after, before);
	for (uint32_t i = 0; i < BH_EMUL_RING; i++)
		writes(0, ZERO, REG_QUEUE, 1, i);
	assert_int_equal(writes(0, ZERO, REG_QUEUE, 1, 0), EMUL_AGAIN);
	server_eats(ZERO);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(calls(room), BH_OK);
	assert_int_equal(client(0)->state, VCPU_READY);
	assert_true(host_kicks(0) + host_kicks(1) + host_kicks(2) <= after + 3); /* once each */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(a_shadow_read_gives_the_addressed_bytes),
		RUN(an_ignored_write_does_nothing),
		RUN(a_register_that_is_not_there_faults),
		RUN(posted_writes_arrive_in_order_with_width_and_source),
		RUN(the_doorbell_rings_only_when_the_queue_was_empty),
		RUN(regions_do_not_mix),
		RUN(a_full_queue_blocks_the_writer_until_there_is_room),
		RUN(room_that_is_not_there_blocks_again),
		RUN(an_ask_that_finds_no_room_is_asked_again),
		RUN(a_read_that_asks_waits_for_its_value),
		RUN(a_write_that_asks_waits_until_it_is_done),
		RUN(an_ask_can_be_answered_with_an_abort),
		RUN(each_vcpu_gets_its_own_answer),
		RUN(an_answer_nobody_waits_for_is_refused),
		RUN(only_the_server_holds_the_capability),
		RUN(a_senseless_tail_stops_only_its_own_clients_writes),
		RUN(a_tail_that_wraps_is_no_special_case),
		RUN(an_access_without_a_server_gets_what_the_description_says),
		RUN(an_ask_whose_server_ends_gets_what_the_description_says),
		RUN(a_blocked_writer_whose_server_ends_gets_what_the_description_says),
		RUN(an_answer_to_an_ask_that_was_ended_does_not_answer_the_next),
		RUN(an_answer_that_came_before_the_server_ended_stands),
		RUN(the_server_is_told_of_its_clients_end_and_start),
		RUN(a_full_queue_does_not_hold_up_its_clients_end),
		RUN(an_answer_to_a_clients_former_life_does_not_reach_the_next),
		RUN(the_server_drives_its_regions_line),
		RUN(a_line_that_is_not_there_is_refused),
		RUN(room_that_nobody_waits_for_disturbs_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
