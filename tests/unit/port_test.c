/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports, events, calls and control, one promise of abi/port.h and abi/call.h a test. What happens when
 * cores interleave is in port_race_test.c, what happens in long random traces in tests/model.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/machine.h"

/* NEAR serves HIGH on the same core, below MIDDLE, and UPPER, which sleeps; HIGH serves MIDDLE; FAR is alone on another. BOSS controls. */
enum { HIGH,
       MIDDLE,
       NEAR,
       FAR,
       BOSS,
       UPPER,
       PARTITIONS };

static const struct host_partition partitions[PARTITIONS] = {
	[HIGH] = { .name = "high", .n_vcpus = 1, .vcpu = { { 0, 9 } }, .flags = BH_PART_RESTART },
	[MIDDLE] = { .name = "middle", .n_vcpus = 1, .vcpu = { { 0, 5 } }, .flags = BH_PART_RESTART },
	[NEAR] = { .name = "near", .n_vcpus = 1, .vcpu = { { 0, 3 } }, .flags = BH_PART_RESTART },
	[FAR] = { .name = "far", .n_vcpus = 2, .vcpu = { { 1, 9 }, { 2, 9 } }, .flags = BH_PART_RESTART },
	[BOSS] = { .name = "boss", .n_vcpus = 1, .vcpu = { { 3, 9 } } },
	[UPPER] = { .name = "upper", .n_vcpus = 1, .vcpu = { { 0, 7 } } },
};

enum { SIGNAL,
       VALUE,
       BIG_VALUE,
       QUEUE,
       BIG_QUEUE,
       DROPPING,
       KEEPING,
       CALL_NEAR,
       CALL_FAR,
       NESTED,
       CALL_UPPER,
       UPWARD,
       PORTS };

static const struct host_port ports[PORTS] = {
	[SIGNAL] = { .kind = BH_PORT_SIGNAL, .sender = HIGH, .receiver = FAR },
	[VALUE] = { .kind = BH_PORT_SAMPLING, .sender = HIGH, .receiver = FAR, .bytes = 32, .no_irq = true },
	[BIG_VALUE] = { .kind = BH_PORT_SAMPLING, .sender = HIGH, .receiver = FAR, .bytes = 100, .no_irq = true },
	[QUEUE] = { .kind = BH_PORT_QUEUING, .sender = HIGH, .receiver = FAR, .bytes = 16, .depth = 3 },
	[BIG_QUEUE] = { .kind = BH_PORT_QUEUING, .sender = HIGH, .receiver = FAR, .bytes = 4096, .depth = 2, .no_irq = true },
	[DROPPING] = { .kind = BH_PORT_QUEUING, .sender = HIGH, .receiver = FAR, .bytes = 8, .depth = 1, .flags = BH_PORT_DROP, .no_irq = true },
	[KEEPING] = { .kind = BH_PORT_QUEUING, .sender = HIGH, .receiver = FAR, .bytes = 8, .depth = 2, .flags = BH_PORT_KEEP, .no_irq = true },
	[CALL_NEAR] = { .kind = BH_PORT_CALL, .sender = HIGH, .receiver = NEAR, .bytes = 32, .reply_bytes = 32, .no_irq = true },
	[CALL_FAR] = { .kind = BH_PORT_CALL, .sender = HIGH, .receiver = FAR, .bytes = 200, .reply_bytes = 300, .no_irq = true },
	[NESTED] = { .kind = BH_PORT_CALL, .sender = NEAR, .receiver = FAR, .bytes = 8, .reply_bytes = 8, .no_irq = true },
	[CALL_UPPER] = { .kind = BH_PORT_CALL, .sender = UPPER, .receiver = NEAR, .bytes = 32, .reply_bytes = 32, .no_irq = true },
	[UPWARD] = { .kind = BH_PORT_CALL, .sender = MIDDLE, .receiver = HIGH, .bytes = 32, .reply_bytes = 32, .no_irq = true },
};

static const struct host_control controls[] = {
	{ BOSS, FAR, BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP },
	{ BOSS, HIGH, BH_CONTROL_MAY_STOP | BH_CONTROL_MAY_INSPECT },
	{ BOSS, NEAR, BH_CONTROL_MAY_INSPECT },
};

static const struct host_system description = { .n_cores = 4,
						.n_partitions = PARTITIONS,
						.n_ports = PORTS,
						.n_controls = 3,
						.partition = partitions,
						.port = ports,
						.control = controls,
						.no_reader = true,
						.monitor = BOSS + 1 };

static struct vcpu *high, *middle, *near, *far, *boss, *upper;

static void runs(uint32_t n)
{
	starts(n);
	if (!host_guest(vcpu_of(n, 0)->core->number) || host_guest(vcpu_of(n, 0)->core->number) != vcpu_of(n, 0))
		return;
	loads(n);
}

/* All run; those on core 0 that are more urgent sleep while the next one loads. */
static int all_run(void **state)
{
	(void)state;
	boot(&description);
	high = vcpu_of(HIGH, 0);
	middle = vcpu_of(MIDDLE, 0);
	near = vcpu_of(NEAR, 0);
	far = vcpu_of(FAR, 0);
	boss = vcpu_of(BOSS, 0);
	upper = vcpu_of(UPPER, 0);
	runs(NEAR);
	runs(MIDDLE);
	runs(UPPER);
	does(upper, guest_wfi, NULL);
	runs(HIGH);
	runs(FAR);
	runs(BOSS);
	assert_true(runs_on(high, 0) && runs_on(far, 1) && runs_on(boss, 3));
	for (uint32_t i = 0; i < PARTITIONS; i++) { /* that the others began to run */
		partition_at(i)->events = 0;
		memset(partition_at(i)->arch.edge, 0, sizeof(partition_at(i)->arch.edge));
	}
	host_time_set(1000);
	return 0;
}

/* --- calls, as a guest makes them --- */

static struct guest_call last;

static int64_t call(struct vcpu *v, uint32_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
	last = (struct guest_call){ .function = function, .arg = { x1, x2, x3, x3 + 1, x3 + 2, x3 + 3, ~0ull } };
	does(v, guest_call, &last);
	host_settle();
	return last.result;
}

static uint64_t send_cap(uint32_t n)
{
	return blob_ports(blob)[n].send_cap;
}

static uint64_t receive_cap(uint32_t n)
{
	return blob_ports(blob)[n].receive_cap;
}

static int64_t send(uint32_t n, uint64_t bytes, uint64_t word)
{
	return call(high, BH_CALL_SEND, send_cap(n), bytes, word);
}

static int64_t receive(uint32_t n)
{
	return call(far, BH_CALL_RECEIVE, receive_cap(n), 0, 0);
}

static int64_t wait(struct vcpu *v, uint64_t mask, ticks_t deadline)
{
	return call(v, BH_CALL_WAIT, mask, deadline, 0);
}

/* The timeout is the seventh argument. */
static int64_t make_call(struct vcpu *v, uint32_t n, uint64_t bytes, uint64_t word, ticks_t deadline)
{
	last = (struct guest_call){ .function = BH_CALL_CALL, .arg = { send_cap(n), bytes, word, word + 1, word + 2, word + 3, deadline } };
	does(v, guest_call, &last);
	host_settle();
	return last.result;
}

static int64_t serve(struct vcpu *v, uint32_t n, uint64_t bytes, uint64_t word, ticks_t deadline)
{
	last = (struct guest_call){ .function = BH_CALL_SERVE, .arg = { receive_cap(n), bytes, word, word + 1, word + 2, word + 3, deadline } };
	does(v, guest_call, &last);
	host_settle();
	return last.result;
}

static int64_t reply(struct vcpu *v, uint32_t n, uint64_t bytes, uint64_t word)
{
	return call(v, BH_CALL_REPLY, receive_cap(n), bytes, word);
}

/* What v got when its wait or call ended later. */
static int64_t status_of(const struct vcpu *v)
{
	return (int64_t)v->arch.x0;
}

static void time_is(ticks_t now)
{
	host_time_set(now);
	host_settle();
}

static void partition_restarts(uint32_t n)
{
	does(vcpu_of(n, 0), guest_system_reset, NULL);
	host_settle();
	loads(n);
}

static void far_sleeps(void)
{
	does(far, guest_wfi, NULL);
	host_settle();
}

/* --- what a table does not hold --- */

/* CALL-1 */
static void a_number_that_is_no_port_is_refused(void **state)
{
	static const uint32_t functions[] = { BH_CALL_SIGNAL, BH_CALL_SEND, BH_CALL_RECEIVE, BH_CALL_CALL, BH_CALL_REPLY, BH_CALL_SERVE, BH_CALL_PORT_STATE };

	(void)state;
	for (uint32_t i = 0; i < 7; i++) {
		assert_int_equal(call(high, functions[i], 60, 8, 0), BH_E_CAP);
		assert_int_equal(call(high, functions[i], ~0ull, 8, 0), BH_E_CAP);
		assert_int_equal(call(high, functions[i], 1ull << 32, 8, 0), BH_E_CAP);
		assert_int_equal(call(middle == host_guest(0) ? middle : high, functions[i], BH_NONE, 8, 0), BH_E_CAP);
	}
	assert_int_equal(call(boss, BH_CALL_SEND, 0, 8, 0), BH_E_CAP); /* a control */
	assert_int_equal(wait(high, BIT64(60), 0), BH_E_CAP);
	quiet();
}

/* CALL-1 */
static void each_end_can_do_only_what_its_right_says(void **state)
{
	(void)state;
	assert_int_equal(call(high, BH_CALL_RECEIVE, send_cap(QUEUE), 0, 0), BH_E_RIGHT);
	assert_int_equal(call(far, BH_CALL_SEND, receive_cap(QUEUE), 8, 0), BH_E_RIGHT);
	assert_int_equal(call(far, BH_CALL_SIGNAL, receive_cap(SIGNAL), 0, 0), BH_E_RIGHT);
	assert_int_equal(call(high, BH_CALL_REPLY, send_cap(CALL_FAR), 8, 0), BH_E_RIGHT);
	assert_int_equal(call(high, BH_CALL_SERVE, send_cap(CALL_FAR), 8, 0), BH_E_RIGHT);
	assert_int_equal(call(far, BH_CALL_CALL, receive_cap(CALL_FAR), 8, 0), BH_E_RIGHT);
	assert_int_equal(call(boss, BH_CALL_CONTROL, host_system_control(blob, &description, 2), BH_CONTROL_STOP, 0), BH_E_RIGHT);
}

static void a_port_of_another_kind_is_refused(void **state)
{
	(void)state;
	assert_int_equal(call(high, BH_CALL_SIGNAL, send_cap(QUEUE), 0, 0), BH_E_CAP);
	assert_int_equal(send(SIGNAL, 8, 0), BH_E_CAP);
	assert_int_equal(send(CALL_FAR, 8, 0), BH_E_CAP);
	assert_int_equal(make_call(high, QUEUE, 8, 0, 2000), BH_E_CAP);
	assert_int_equal(receive(SIGNAL), BH_E_CAP);
	assert_int_equal(reply(far, QUEUE, 8, 0), BH_E_CAP);
	assert_int_equal(serve(far, QUEUE, 0, 0, 2000), BH_E_CAP);
}

static void a_message_has_one_byte_to_the_ports_largest(void **state)
{
	(void)state;
	assert_int_equal(send(QUEUE, 0, 0), BH_E_ARG);
	assert_int_equal(send(QUEUE, 17, 0), BH_E_ARG);
	assert_int_equal(send(QUEUE, 1ull << 32 | 8, 0), BH_E_ARG);
	assert_int_equal(send(QUEUE, ~0ull, 0), BH_E_ARG);
	assert_int_equal(send(QUEUE, 1, 0), BH_OK);
	assert_int_equal(send(QUEUE, 16, 0), BH_OK);
	assert_int_equal(send(BIG_QUEUE, 4096, 0), BH_OK);
	assert_int_equal(send(BIG_QUEUE, 4097, 0), BH_E_ARG);
	assert_int_equal(make_call(high, CALL_FAR, 201, 0, 2000), BH_E_ARG);
	assert_int_equal(make_call(high, CALL_FAR, 0, 0, 2000), BH_E_ARG);
}

static void a_refused_call_is_a_line_of_the_log(void **state)
{
	uint32_t next = log_next(HIGH);
	const struct bh_record *r = log_record(HIGH, next);

	(void)state;
	call(high, BH_CALL_SEND, 60, 8, 0);
	assert_int_equal(log_next(HIGH), next + 1);
	assert_int_equal(r->event, BH_EVENT_CALL);
	assert_int_equal(r->partition, HIGH);
	assert_int_equal(r->address, BH_CALL_SEND);
	assert_int_equal((int32_t)r->value, BH_E_CAP);
	assert_int_equal(r->value >> 32, 60);
	send(QUEUE, 8, 0);
	assert_int_equal(log_next(HIGH), next + 1); /* a good call is none */
}

static void no_byte_of_a_register_but_the_messages_reaches_the_receiver(void **state)
{
	(void)state;
	send(VALUE, 32, 0);
	receive(VALUE);
	send(QUEUE, 3, 0xaabbccddeeff1122ull);
	assert_int_equal(receive(QUEUE), BH_OK);
	assert_int_equal(last.arg[3], 0xff1122);
	assert_int_equal(last.arg[4], 0);
	send(QUEUE, 9, 0xaabbccddeeff1122ull);
	assert_int_equal(receive(QUEUE), BH_OK);
	assert_int_equal(last.arg[3], 0xaabbccddeeff1122ull);
	assert_int_equal(last.arg[4], 0x23);
}

/* --- signal --- */

static void a_signal_is_an_event_and_an_interrupt_at_the_receiver(void **state)
{
	(void)state;
	assert_int_equal(call(high, BH_CALL_SIGNAL, send_cap(SIGNAL), 0, 0), BH_OK);
	assert_int_equal(partition_at(FAR)->events, BIT64(receive_cap(SIGNAL)));
	assert_true(host_take_spi(partition_at(FAR), blob_ports(blob)[SIGNAL].receive_intid));
	assert_int_equal(wait(far, BIT64(receive_cap(SIGNAL)), 0), BH_OK);
	assert_int_equal(last.arg[0], BIT64(receive_cap(SIGNAL)));
	assert_int_equal(wait(far, BIT64(receive_cap(SIGNAL)), 0), BH_E_TIMEOUT); /* it was taken */
}

/* The short way is taken where the long one would do it, and does the same; else it does nothing. */
static void the_short_way_of_a_signal_is_open_where_the_long_one_is(void **state)
{
	static const uint64_t far_off[] = { BH_PART_PORTS - 1, BH_PART_PORTS, BH_PART_PORTS + SIGNAL, 1ull << 32, ~0ull };
	uint32_t done = 0;

	(void)state;
	for (uint32_t i = 0; i < PARTITIONS; i++)
		for (uint64_t n = 0; n < BH_PART_PORTS; n++) {
			struct vcpu *v = vcpu_of(i, 0);
			bool quick;

			partition_at(FAR)->events = 0;
			quick = port_signal_quick(v, n);
			assert_int_equal(partition_at(FAR)->events, quick ? BIT64(receive_cap(SIGNAL)) : 0);
			assert_int_equal(quick, port_signal(v, &n) == BH_OK);
			done += quick;
		}
	assert_int_equal(done, 1);
	for (uint32_t i = 0; i < sizeof(far_off) / sizeof(far_off[0]); i++)
		assert_false(port_signal_quick(high, far_off[i]));
	assert_true(partition_stop(partition_at(FAR), BH_STOP_ORDER, BH_BEGIN_FIRST));
	assert_false(port_signal_quick(high, send_cap(SIGNAL)));
	host_settle();
	assert_false(port_signal_quick(high, send_cap(SIGNAL)));
	host_settle();
}

static void a_signal_to_one_that_does_not_run_is_told(void **state)
{
	(void)state;
	does(far, guest_system_off, NULL);
	host_settle();
	assert_int_equal(call(high, BH_CALL_SIGNAL, send_cap(SIGNAL), 0, 0), BH_E_PEER);
}

/* --- sampling --- */

static void a_value_is_read_as_it_was_written_last_with_its_time(void **state)
{
	(void)state;
	assert_int_equal(receive(VALUE), BH_E_AGAIN);
	send(VALUE, 32, 100);
	time_is(1234);
	send(VALUE, 24, 200);
	time_is(2345);
	assert_int_equal(receive(VALUE), BH_OK);
	assert_int_equal(last.arg[0], 24 | BH_GOT_NEW);
	assert_int_equal(last.arg[2], 1234);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(last.arg[3 + i], 200 + i);
	assert_int_equal(receive(VALUE), BH_OK);
	assert_int_equal(last.arg[0], 24); /* read before */
	assert_int_equal(last.arg[3], 200);
}

static void a_value_stays_in_its_slot_while_others_are_written(void **state)
{
	uint64_t slot;

	(void)state;
	memset(host_buffer(blob, BIG_VALUE), 1, 100);
	send(BIG_VALUE, 100, 0);
	receive(BIG_VALUE);
	slot = last.arg[1];
	for (uint32_t i = 2; i < 10; i++) {
		memset(host_buffer(blob, BIG_VALUE), (int)i, 100);
		send(BIG_VALUE, 100, 0);
		assert_int_equal(host_slot(blob, BIG_VALUE, (uint32_t)slot)->data[5], 0x0101010101010101ull);
	}
	receive(BIG_VALUE);
	assert_int_equal(host_slot(blob, BIG_VALUE, (uint32_t)last.arg[1])->data[5], 0x0909090909090909ull);
}

static void a_value_survives_its_writer(void **state)
{
	(void)state;
	send(VALUE, 8, 7);
	does(high, guest_system_off, NULL);
	host_settle();
	assert_int_equal(receive(VALUE), BH_OK);
	assert_int_equal(last.arg[3], 7);
	assert_int_equal(receive(BIG_VALUE), BH_E_PEER); /* never written, and nobody will */
}

/* --- queuing --- */

static void messages_come_in_order_and_once(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 20; i++) {
		assert_int_equal(send(QUEUE, 16, 10 * i), BH_OK);
		if (i > 0) {
			assert_int_equal(receive(QUEUE), BH_OK);
			assert_int_equal(last.arg[0], 16);
			assert_int_equal(last.arg[3], 10 * (i - 1));
			assert_int_equal(last.arg[4], 10 * (i - 1) + 1);
		}
	}
	assert_int_equal(receive(QUEUE), BH_OK);
	assert_int_equal(last.arg[3], 190);
	assert_int_equal(receive(QUEUE), BH_E_AGAIN);
}

static void a_full_queue_refuses_and_tells_when_there_is_room(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(send(QUEUE, 8, i), BH_OK);
	assert_int_equal(send(QUEUE, 8, 3), BH_E_AGAIN);
	assert_int_equal(partition_at(HIGH)->events, 0);
	assert_int_equal(receive(QUEUE), BH_OK);
	assert_int_equal(partition_at(HIGH)->events, BIT64(send_cap(QUEUE)));
	assert_true(host_take_spi(partition_at(HIGH), blob_ports(blob)[QUEUE].send_intid));
	assert_int_equal(send(QUEUE, 8, 3), BH_OK);
	receive(QUEUE);
	assert_false(host_take_spi(partition_at(HIGH), blob_ports(blob)[QUEUE].send_intid)); /* it did not ask again */
}

static void a_message_stays_in_its_slot_until_the_next_is_taken(void **state)
{
	const struct bh_slot *held;

	(void)state;
	memset(host_buffer(blob, BIG_QUEUE), 1, 4096);
	send(BIG_QUEUE, 4096, 0);
	receive(BIG_QUEUE);
	held = host_slot(blob, BIG_QUEUE, (uint32_t)last.arg[1]);
	memset(host_buffer(blob, BIG_QUEUE), 2, 4096);
	assert_int_equal(send(BIG_QUEUE, 4096, 0), BH_OK);
	assert_int_equal(send(BIG_QUEUE, 4096, 0), BH_OK);
	assert_int_equal(send(BIG_QUEUE, 4096, 0), BH_E_AGAIN);
	for (uint32_t i = 0; i < 512; i++)
		assert_int_equal(held->data[i], 0x0101010101010101ull);
	assert_int_equal(held->bytes, 4096);
}

static void a_dropping_queue_accepts_all_and_says_what_was_lost(void **state)
{
	(void)state;
	assert_int_equal(send(DROPPING, 8, 1), BH_OK);
	assert_int_equal(send(DROPPING, 8, 2), BH_OK);
	assert_int_equal(send(DROPPING, 8, 3), BH_OK);
	assert_int_equal(call(high, BH_CALL_PORT_STATE, send_cap(DROPPING), 0, 0), BH_OK);
	assert_int_equal(last.arg[0], 1);
	assert_int_equal(last.arg[2], 2);
	assert_int_equal(receive(DROPPING), BH_OK);
	assert_int_equal(last.arg[0], 8 | BH_GOT_LOST);
	assert_int_equal(last.arg[3], 1);
	send(DROPPING, 8, 4);
	assert_int_equal(receive(DROPPING), BH_OK);
	assert_int_equal(last.arg[0], 8);
	assert_int_equal(last.arg[3], 4);
}

static void messages_wait_for_the_next_life_only_where_it_is_said(void **state)
{
	(void)state;
	send(QUEUE, 8, 1);
	send(KEEPING, 8, 1);
	send(KEEPING, 8, 2);
	receive(KEEPING); /* handed out: not again */
	partition_restarts(FAR);
	assert_int_equal(receive(QUEUE), BH_E_AGAIN);
	assert_int_equal(receive(KEEPING), BH_OK);
	assert_int_equal(last.arg[3], 2);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(send(QUEUE, 8, 5 + i), BH_OK); /* all its room is there again */
	assert_int_equal(send(QUEUE, 8, 8), BH_E_AGAIN);
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(receive(QUEUE), BH_OK);
		assert_int_equal(last.arg[3], 5 + i);
	}
}

static void a_queue_says_that_its_other_end_is_gone(void **state)
{
	(void)state;
	send(QUEUE, 8, 1);
	does(high, guest_system_off, NULL);
	host_settle();
	assert_int_equal(receive(QUEUE), BH_OK); /* what was accepted is there */
	assert_int_equal(receive(QUEUE), BH_E_PEER);
	assert_int_equal(call(far, BH_CALL_PORT_STATE, receive_cap(QUEUE), 0, 0), BH_OK);
	assert_int_equal(last.arg[1], 1 << 1);
}

static void nothing_is_accepted_for_one_that_does_not_run(void **state)
{
	(void)state;
	does(far, guest_system_off, NULL);
	host_settle();
	assert_int_equal(send(QUEUE, 8, 1), BH_E_PEER);
	assert_int_equal(send(DROPPING, 8, 1), BH_E_PEER);
	assert_int_equal(send(VALUE, 8, 1), BH_OK);
}

/* --- waiting --- */

static void a_wait_ends_with_the_events_that_came(void **state)
{
	uint64_t mask = BIT64(receive_cap(KEEPING)) | BIT64(receive_cap(VALUE));

	(void)state;
	assert_int_equal(wait(far, mask, BH_NEVER), CALL_NO_RETURN);
	assert_int_equal(host_where(1), HOST_IDLE);
	send(BIG_VALUE, 8, 1); /* not one of these */
	assert_int_equal(host_where(1), HOST_IDLE);
	send(KEEPING, 8, 1);
	assert_true(runs_on(far, 1));
	assert_int_equal(status_of(far), BH_OK);
	assert_int_equal(far->arch.args[0], BIT64(receive_cap(KEEPING)));
	quiet();
}

static void a_wait_ends_at_its_deadline(void **state)
{
	(void)state;
	assert_int_equal(wait(far, BIT64(receive_cap(QUEUE)), 5000), CALL_NO_RETURN);
	assert_int_equal(host_alarm(1), 5000);
	time_is(4999);
	assert_int_equal(host_where(1), HOST_IDLE);
	time_is(5000);
	assert_true(runs_on(far, 1));
	assert_int_equal(status_of(far), BH_E_TIMEOUT);
	quiet();
}

static void an_interrupt_ends_a_wait(void **state)
{
	(void)state;
	assert_int_equal(wait(far, BIT64(receive_cap(QUEUE)), BH_NEVER), CALL_NO_RETURN);
	host_private(far, HOST_SGI);
	vcpu_post(far, REQ_IRQ);
	host_settle();
	assert_true(runs_on(far, 1));
	assert_int_equal(status_of(far), BH_E_AGAIN);
	assert_int_equal(wait(far, 0, BH_NEVER), BH_E_AGAIN); /* it is still pending */
	does(far, guest_take, NULL);
	assert_int_equal(wait(far, 0, BH_NEVER), CALL_NO_RETURN);
}

static void the_end_and_the_start_of_the_other_end_are_events(void **state)
{
	uint64_t mask = BIT64(send_cap(KEEPING));

	(void)state;
	assert_int_equal(wait(high, mask, BH_NEVER), CALL_NO_RETURN);
	does(far, guest_system_off, NULL);
	host_settle();
	assert_int_equal(status_of(high), BH_OK);
	assert_true(host_take_spi(partition_at(HIGH), blob_ports(blob)[QUEUE].send_intid)); /* of a port that has one */
	assert_true(host_take_spi(partition_at(HIGH), blob_ports(blob)[SIGNAL].send_intid));
	assert_int_equal(wait(high, mask, BH_NEVER), CALL_NO_RETURN);
	starts(FAR);
	assert_false(runs_on(high, 0)); /* it loads, which is nothing to it */
	loads(FAR);
	assert_int_equal(status_of(high), BH_OK);
	assert_true(runs_on(high, 0));
}

static void of_two_that_wait_one_gets_the_event(void **state)
{
	struct vcpu *second = vcpu_of(FAR, 1);
	uint64_t mask = BIT64(receive_cap(KEEPING));

	(void)state;
	cpu_on(FAR, 0, 1);
	assert_int_equal(wait(far, mask, BH_NEVER), CALL_NO_RETURN);
	assert_int_equal(wait(second, mask, BH_NEVER), CALL_NO_RETURN);
	send(KEEPING, 8, 1);
	assert_int_equal(runs_on(far, 1) + runs_on(second, 2), 1);
	quiet();
}

/* --- calls --- */

static void wakes(struct vcpu *v)
{
	host_private(v, HOST_SGI);
	host_settle();
	does(v, guest_take, NULL);
}

/* NEAR waits in SERVE; MIDDLE is ready; HIGH runs. */
static void near_serves(void)
{
	does(high, guest_wfi, NULL);
	host_settle();
	if (runs_on(middle, 0)) {
		does(middle, guest_take, NULL);
		does(middle, guest_wfi, NULL);
	}
	host_settle();
	assert_int_equal(serve(near, CALL_NEAR, 0, 0, BH_NEVER), CALL_NO_RETURN);
	vcpu_post(middle, REQ_IRQ);
	host_private(middle, HOST_SGI);
	vcpu_post(middle, REQ_IRQ);
	host_private(high, HOST_SGI);
	vcpu_post(high, REQ_IRQ);
	host_settle();
	does(high, guest_take, NULL);
	assert_true(runs_on(high, 0));
	assert_int_equal(middle->state, VCPU_READY);
}

static void a_call_on_one_core_runs_the_server_in_the_callers_place(void **state)
{
	(void)state;
	near_serves();
	assert_int_equal(make_call(high, CALL_NEAR, 32, 50, 9000), CALL_NO_RETURN);
	assert_true(runs_on(near, 0)); /* although the middle one is more urgent than it is */
	quiet();
	assert_int_equal(status_of(near), BH_OK);
	assert_int_equal(near->arch.args[0], 32);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(near->arch.args[3 + i], 50 + i);
	assert_int_equal(serve(near, CALL_NEAR, 16, 70, BH_NEVER), CALL_NO_RETURN);
	assert_true(runs_on(high, 0));
	assert_int_equal(status_of(high), BH_OK);
	assert_int_equal(high->arch.args[0], 16);
	assert_int_equal(high->arch.args[3], 70);
	assert_int_equal(high->arch.args[4], 71);
	assert_int_equal(near->lent, 0);
	quiet();
}

static void what_was_masked_is_open_once_its_vcpu_has_the_core_by_a_call_or_its_reply(void **state)
{
	(void)state;
	near_serves();
	for (uint32_t i = 0; i < 2; i++) { /* one way and the other */
		core_at(0)->shut = near->bit;
		make_call(high, CALL_NEAR, 32, 50, 9000);
		assert_true(runs_on(near, 0));
		assert_int_equal(core_at(0)->shut, 0);
		core_at(0)->shut = high->bit;
		serve(near, CALL_NEAR, 32, 70, BH_NEVER);
		assert_true(runs_on(high, 0));
		assert_int_equal(core_at(0)->shut, 0);
		receive(QUEUE);
		make_call(high, CALL_NEAR, 32, 50, 9000);
		serve(near, CALL_NEAR, 32, 70, BH_NEVER);
		send(QUEUE, 8, 1);
	}
}

static void what_was_masked_is_open_once_its_vcpu_has_the_core_by_anothers_wait(void **state)
{
	(void)state;
	near_serves();
	for (uint32_t i = 0; i < 2; i++) { /* one way and the other */
		core_at(0)->shut = middle->bit;
		assert_int_equal(wait(high, 0, BH_NEVER), CALL_NO_RETURN);
		assert_true(runs_on(middle, 0));
		assert_int_equal(core_at(0)->shut, 0);
		wakes(high);
	}
}

/* Its alarm may stay, but no longer than who was answered runs. */
static void a_call_that_was_answered_interrupts_nobody_who_runs_later(void **state)
{
	(void)state;
	near_serves();
	for (uint32_t i = 0; i < 2; i++) { /* one way and the other */
		make_call(high, CALL_NEAR, 32, 50, 9000);
		assert_int_equal(host_alarm(0), 9000);
		serve(near, CALL_NEAR, 32, 70, BH_NEVER);
		assert_int_equal(wait(high, 0, BH_NEVER), CALL_NO_RETURN);
		assert_true(runs_on(middle, 0));
		assert_true(host_alarm(0) == BH_NEVER);
		wakes(high);
	}
}

/* HEALTH-4 */
static void what_a_server_has_said_it_will_be_done_by_counts_once_it_has_the_core_by_a_call(void **state)
{
	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 32, 50, 9000);
	assert_int_equal(call(near, BH_CALL_DEADLINE, 3000, 0, 0), BH_OK);
	serve(near, CALL_NEAR, 32, 70, BH_NEVER);
	vcpu_post(high, REQ_IRQ);
	host_settle();
	assert_true(host_alarm(0) == BH_NEVER); /* for a less urgent one nobody is interrupted */
	make_call(high, CALL_NEAR, 32, 50, 9000);
	time_is(3000);
	assert_true(runs_on(near, 0));
	assert_int_equal(log_newest(NEAR)->event, BH_EVENT_DEADLINE);
}

static void a_servers_timer_fires_once_it_has_the_core_by_a_call(void **state)
{
	ticks_t when = 3000;
	uint32_t taken = 0;

	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 32, 50, 9000);
	does(near, guest_ptimer, &when);
	serve(near, CALL_NEAR, 32, 70, BH_NEVER);
	vcpu_post(high, REQ_IRQ);
	host_settle();
	assert_true(host_alarm(0) == BH_NEVER); /* for a less urgent one nobody is interrupted */
	make_call(high, CALL_NEAR, 32, 50, 9000);
	time_is(when);
	assert_true(runs_on(near, 0));
	does(near, guest_take, &taken);
	assert_int_equal(taken, HOST_PTIMER);
}

static void a_server_that_stands_still_gets_no_core_by_a_call(void **state)
{
	uint64_t to_near = host_system_control(blob, &description, 2);

	(void)state;
	near_serves();
	assert_int_equal(call(boss, BH_CALL_CONTROL, to_near, BH_CONTROL_PAUSE, 0), BH_OK);
	make_call(high, CALL_NEAR, 32, 50, 9000);
	assert_true(runs_on(middle, 0));
	quiet();
	assert_int_equal(call(boss, BH_CALL_CONTROL, to_near, BH_CONTROL_RESUME, 0), BH_OK);
	assert_true(runs_on(near, 0));
	assert_int_equal(near->arch.args[3], 50);
	quiet();
}

static void a_caller_that_stands_still_gets_no_core_by_its_reply(void **state)
{
	uint64_t to_high = host_system_control(blob, &description, 1);

	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 32, 50, 9000);
	assert_int_equal(call(boss, BH_CALL_CONTROL, to_high, BH_CONTROL_PAUSE, 0), BH_OK);
	assert_true(runs_on(near, 0)); /* in its place, and on */
	serve(near, CALL_NEAR, 32, 70, BH_NEVER);
	assert_true(runs_on(middle, 0));
	quiet();
	assert_int_equal(call(boss, BH_CALL_CONTROL, to_high, BH_CONTROL_RESUME, 0), BH_OK);
	assert_true(runs_on(high, 0));
	assert_int_equal(status_of(high), BH_OK);
	assert_int_equal(high->arch.args[3], 70);
	quiet();
}

/* As near_serves(), but for UPPER, which runs; HIGH sleeps. */
static void near_serves_upper(void)
{
	does(high, guest_wfi, NULL);
	does(middle, guest_take, NULL);
	does(middle, guest_wfi, NULL);
	assert_int_equal(serve(near, CALL_UPPER, 0, 0, BH_NEVER), CALL_NO_RETURN);
	wakes(upper);
}

/* In one exit: HIGH can run again, and the call. */
static void guest_wakes_high_and_calls(struct vcpu *v, void *arg)
{
	vcpu_wake(high);
	guest_call(v, arg);
}

/* HIGH has the core, and `next`, which would have had it, is not loaded on the way there. */
static void high_is_next(struct vcpu *v, uint32_t function, uint64_t cap, uint64_t word, const struct vcpu *next)
{
	struct guest_call c = { .function = function, .arg = { cap, 32, word, word + 1, word + 2, word + 3, 9000 } };
	uint32_t loads = next->arch.loads;

	does(v, guest_wakes_high_and_calls, &c);
	assert_true(runs_on(high, 0));
	assert_int_equal(next->arch.loads, loads);
	quiet();
	does(high, guest_wfi, NULL);
	assert_true(runs_on(next, 0));
	assert_int_equal(next->arch.args[3], word);
}

static void what_has_changed_in_the_same_exit_is_looked_at_before_a_call_or_its_reply_passes_the_core_on(void **state)
{
	(void)state;
	near_serves_upper();
	for (uint32_t i = 0; i < 2; i++) { /* one way and the other */
		high_is_next(upper, BH_CALL_CALL, send_cap(CALL_UPPER), 50, near);
		high_is_next(near, BH_CALL_SERVE, receive_cap(CALL_UPPER), 70, upper);
		call(upper, BH_CALL_PORT_STATE, send_cap(CALL_UPPER), 0, 0); /* the third of each turn, so the next ones go the other way */
	}
}

static uint32_t interrupts(uint32_t core)
{
	const struct bh_trace *ring = core_at(core)->trace;
	uint32_t n = 0;

	assert_true(ring->next <= ring->n);
	for (uint32_t i = 0; i < ring->next; i++)
		n += ring->record[i].kind == BH_TRACE_IRQ;
	return n;
}

/* Else the core has to interrupt itself for it. */
static void what_has_changed_in_the_same_exit_is_looked_at_before_anothers_wait_passes_the_core_on(void **state)
{
	struct guest_call c = { .function = BH_CALL_WAIT, .arg = { 0, BH_NEVER } };

	(void)state;
	does(high, guest_wfi, NULL);
	for (uint32_t i = 0; i < 2; i++) { /* one way and the other */
		uint32_t before;

		does(middle, guest_take, NULL);
		before = interrupts(0);
		does(middle, guest_wakes_high_and_calls, &c);
		assert_int_equal(c.result, CALL_NO_RETURN);
		assert_true(runs_on(high, 0));
		assert_int_equal(interrupts(0), before);
		quiet();
		host_private(middle, HOST_SGI);
		does(high, guest_wfi, NULL);
	}
}

/* UPPER's request waits meanwhile, and with that UPPER: on its time, too. */
static void a_server_that_is_called_by_two_runs_in_the_place_of_either(void **state)
{
	(void)state;
	near_serves();
	does(high, guest_wfi, NULL);
	wakes(upper);
	make_call(upper, CALL_UPPER, 32, 60, 9000);
	assert_true(runs_on(middle, 0)); /* NEAR waits for HIGH's requests only */
	wakes(high);
	make_call(high, CALL_NEAR, 32, 50, 2000);
	assert_true(runs_on(near, 0));
	time_is(2000);
	assert_true(runs_on(high, 0));
	does(high, guest_wfi, NULL);
	assert_true(runs_on(near, 0)); /* although MIDDLE is more urgent than it is */
	quiet();
}

/* It is not handed the core, and does not hand it back: UPPER, between the two, has become ready meanwhile. */
static void a_server_that_is_more_urgent_than_its_caller_runs_on_its_own_time(void **state)
{
	ticks_t used = sched_used(core_at(0), high->desc->rank);

	(void)state;
	assert_int_equal(serve(high, UPWARD, 0, 0, BH_NEVER), CALL_NO_RETURN);
	make_call(middle, UPWARD, 32, 50, 9000);
	assert_true(runs_on(high, 0));
	time_is(1500);
	assert_int_equal(sched_used(core_at(0), high->desc->rank), used + 500);
	host_private(upper, HOST_SGI);
	sched_post_now(core_at(0)); /* as an order to all cores: it attends to everybody */
	host_settle();
	serve(high, UPWARD, 32, 70, BH_NEVER);
	assert_true(runs_on(upper, 0));
	quiet();
}

/* Its caller's end is an event for later, and nothing that its core has to attend to. */
static void a_server_that_is_at_a_request_listens_to_nothing(void **state)
{
	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 32, 50, 2000);
	time_is(2000);
	does(high, guest_system_off, NULL);
	assert_true(runs_on(middle, 0));
	assert_int_equal(partition_at(NEAR)->events, BIT64(receive_cap(CALL_NEAR)));
	assert_int_equal(core_at(0)->inbox, 0);
	assert_int_equal(near->requests, 0);
	quiet();
}

/* An event came just before: it is to answer without passing the core on, and may not come to wait at all. */
static void a_server_that_cannot_reply_the_short_way_listens_to_nothing(void **state)
{
	const struct port *p = port_at(CALL_NEAR);

	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 32, 50, 9000);
	host_on(0);
	assert_true(near_can_reply(core_at(0), near, p, high, p->call, BH_NEVER));
	near->listens = 0;
	partition_at(NEAR)->events = p->receive_bit;
	assert_false(near_can_reply(core_at(0), near, p, high, p->call, BH_NEVER));
	host_off();
	assert_int_equal(near->listens, 0);
	serve(near, CALL_NEAR, 32, 70, BH_NEVER);
	assert_true(runs_on(high, 0));
	quiet();
}

static void a_servers_wait_that_a_request_has_ended_has_no_deadline_any_more(void **state)
{
	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 32, 50, 9000);
	serve(near, CALL_NEAR, 32, 70, 3000);
	make_call(high, CALL_NEAR, 32, 51, 9000);
	vcpu_post(near, REQ_IRQ);
	host_settle();
	assert_int_equal(host_alarm(0), 9000);
	time_is(3000);
	assert_int_equal(status_of(near), BH_OK);
	quiet();
}

/* Whatever it did before. */
static void a_server_that_waits_for_events_is_told_of_a_request_and_takes_it_itself(void **state)
{
	uint64_t mask = BIT64(receive_cap(CALL_NEAR));

	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 32, 50, 9000);
	assert_int_equal(reply(near, CALL_NEAR, 32, 70), BH_OK);
	does(high, guest_wfi, NULL);
	does(middle, guest_take, NULL);
	does(middle, guest_wfi, NULL);
	assert_int_equal(wait(near, mask, BH_NEVER), CALL_NO_RETURN);
	wakes(high);
	make_call(high, CALL_NEAR, 32, 51, 9000);
	assert_int_equal(status_of(near), BH_OK);
	assert_int_equal(near->arch.args[0], mask);
	assert_int_equal(call(near, BH_CALL_RECEIVE, receive_cap(CALL_NEAR), 0, 0), BH_OK);
	assert_int_equal(near->arch.args[3], 51);
	quiet();
}

static void a_call_to_another_core_waits_for_the_reply(void **state)
{
	(void)state;
	memset(host_buffer(blob, CALL_FAR), 0x11, 200);
	assert_int_equal(wait(far, BIT64(receive_cap(CALL_FAR)), BH_NEVER), CALL_NO_RETURN);
	assert_int_equal(make_call(high, CALL_FAR, 200, 0, 9000), CALL_NO_RETURN);
	assert_true(runs_on(middle, 0)); /* its core is others' meanwhile */
	assert_int_equal(status_of(far), BH_OK);
	assert_int_equal(receive(CALL_FAR), BH_OK);
	assert_int_equal(last.arg[0], 200);
	assert_int_equal(host_slot(blob, CALL_FAR, 0)->data[24], 0x1111111111111111ull);
	memset(host_reply_buffer(blob, CALL_FAR), 0x22, 300);
	assert_int_equal(reply(far, CALL_FAR, 300, 0), BH_OK);
	assert_true(runs_on(high, 0));
	assert_int_equal(status_of(high), BH_OK);
	assert_int_equal(high->arch.args[0], 300);
	assert_int_equal(host_reply_slot(blob, CALL_FAR)->data[36], 0x2222222222222222ull);
	assert_int_equal(reply(far, CALL_FAR, 8, 0), BH_E_STATE);
	quiet();
}

static void nested_calls_run_at_the_first_callers_urgency(void **state)
{
	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 8, 1, 9000);
	assert_int_equal(make_call(near, NESTED, 8, 2, 9000), CALL_NO_RETURN);
	assert_true(runs_on(middle, 0));
	assert_int_equal(receive(NESTED), BH_OK);
	assert_int_equal(reply(far, NESTED, 8, 3), BH_OK);
	assert_true(runs_on(near, 0)); /* it was kicked for: whom it serves is more urgent than who ran */
	quiet();
	assert_int_equal(status_of(near), BH_OK);
	reply(near, CALL_NEAR, 8, 4);
	assert_int_equal(high->arch.args[3], 4);
	assert_true(runs_on(high, 0));
	quiet();
}

static void a_call_needs_an_end(void **state)
{
	(void)state;
	assert_int_equal(make_call(high, CALL_FAR, 8, 0, BH_NEVER), BH_E_ARG);
	assert_int_equal(make_call(high, CALL_FAR, 8, 0, 1000), BH_E_TIMEOUT);
	near_serves();
	for (uint32_t i = 0; i < 2; i++) { /* one way and the other */
		assert_int_equal(make_call(high, CALL_NEAR, 32, 0, BH_NEVER), BH_E_ARG);
		assert_int_equal(make_call(high, CALL_NEAR, 32, 0, 1000), BH_E_TIMEOUT);
		assert_int_equal(make_call(high, CALL_NEAR, 32, 0, 1000), BH_E_TIMEOUT);
	}
}

/* Its caller's time is over, and it waits for the next request without having been done with this one. */
static void a_server_that_is_not_done_with_a_request_gets_no_other(void **state)
{
	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 32, 50, 2000);
	assert_int_equal(serve(near, CALL_NEAR, 0, 0, BH_NEVER), CALL_NO_RETURN);
	assert_true(runs_on(middle, 0));
	time_is(2000);
	assert_int_equal(status_of(high), BH_E_TIMEOUT);
	for (uint32_t i = 0; i < 2; i++) { /* one way and the other */
		assert_int_equal(make_call(high, CALL_NEAR, 32, 51, 9000), BH_E_AGAIN);
		assert_true(runs_on(high, 0));
	}
	quiet();
}

/* It is answered at once, and is ready. */
static void a_server_that_replies_and_has_no_time_to_wait_does_not_wait(void **state)
{
	(void)state;
	near_serves();
	for (uint32_t i = 0; i < 2; i++) { /* one way and the other */
		make_call(high, CALL_NEAR, 32, 50, 9000);
		assert_int_equal(serve(near, CALL_NEAR, 32, 70, 1000), BH_E_TIMEOUT);
		assert_true(runs_on(high, 0));
		assert_int_equal(high->arch.args[3], 70);
		assert_int_equal(near->state, VCPU_READY);
		quiet();
		near_serves();
	}
}

static void a_call_ends_in_time_whatever_the_server_does(void **state)
{
	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 8, 1, 2000);
	assert_true(runs_on(near, 0)); /* and does not reply */
	time_is(2000);
	assert_true(runs_on(high, 0));
	assert_int_equal(status_of(high), BH_E_TIMEOUT);
	assert_int_equal(near->lent, 0);
	assert_int_equal(make_call(high, CALL_NEAR, 8, 1, 3000), BH_E_AGAIN); /* it is at the old one */
	does(high, guest_wfi, NULL);
	host_settle();
	does(middle, guest_take, NULL);
	does(middle, guest_wfi, NULL);
	host_settle();
	assert_int_equal(reply(near, CALL_NEAR, 8, 9), BH_E_TIMEOUT);
	assert_int_equal(partition_at(HIGH)->events, BIT64(send_cap(CALL_NEAR)));
	assert_int_equal(reply(near, CALL_NEAR, 8, 9), BH_E_STATE);
	quiet();
}

static void a_request_nobody_has_taken_is_withdrawn_in_time(void **state)
{
	(void)state;
	far_sleeps();
	make_call(high, CALL_FAR, 8, 1, 2000);
	time_is(2000);
	assert_int_equal(status_of(high), BH_E_TIMEOUT);
	host_private(far, HOST_SGI);
	vcpu_post(far, REQ_IRQ);
	host_settle();
	assert_int_equal(receive(CALL_FAR), BH_E_AGAIN);
	assert_int_equal(make_call(high, CALL_FAR, 8, 1, 3000), CALL_NO_RETURN);
}

static void a_caller_is_told_when_its_server_ends(void **state)
{
	(void)state;
	make_call(high, CALL_FAR, 8, 1, 9000);
	receive(CALL_FAR);
	does(far, guest_system_off, NULL);
	host_settle();
	assert_true(runs_on(high, 0));
	assert_int_equal(status_of(high), BH_E_PEER);
	assert_int_equal(make_call(high, CALL_FAR, 8, 1, 9000), BH_E_PEER);
	starts(FAR);
	loads(FAR);
	assert_int_equal(make_call(high, CALL_FAR, 8, 1, 9000), CALL_NO_RETURN);
	quiet();
}

static void a_server_on_the_callers_core_ends_while_it_runs_in_its_place(void **state)
{
	(void)state;
	near_serves();
	make_call(high, CALL_NEAR, 8, 1, 9000);
	does(near, guest_system_off, NULL);
	host_settle();
	assert_true(runs_on(high, 0));
	assert_int_equal(status_of(high), BH_E_PEER);
	quiet();
}

static void a_caller_that_ends_leaves_the_server_its_request(void **state)
{
	(void)state;
	make_call(high, CALL_FAR, 8, 1, 9000);
	receive(CALL_FAR);
	partition_stop(partition_at(HIGH), BH_STOP_OFF, true);
	host_settle();
	loads(HIGH);
	assert_int_equal(make_call(high, CALL_FAR, 8, 5, 9000), BH_E_AGAIN);
	assert_int_equal(reply(far, CALL_FAR, 8, 0), BH_E_TIMEOUT);
	assert_int_equal(make_call(high, CALL_FAR, 8, 5, 9000), CALL_NO_RETURN);
	assert_int_equal(receive(CALL_FAR), BH_OK);
	quiet();
}

static void a_server_that_waits_for_requests_waits_on_when_one_is_withdrawn(void **state)
{
	(void)state;
	assert_int_equal(serve(far, NESTED, 0, 0, 5000), CALL_NO_RETURN);
	partition_stop(partition_at(NEAR), BH_STOP_OFF, false);
	host_settle(); /* its end is an event of this port, but no request */
	assert_int_equal(host_where(1), HOST_IDLE);
	time_is(5000);
	assert_int_equal(status_of(far), BH_E_TIMEOUT);
	quiet();
}

/* --- control --- */

static int64_t order(uint32_t what)
{
	return call(boss, BH_CALL_CONTROL, host_system_control(blob, &description, 0), what, 0);
}

static void a_partition_is_stopped_and_started_by_who_may(void **state)
{
	(void)state;
	assert_int_equal(order(BH_CONTROL_STATE), BH_OK);
	assert_int_equal(last.arg[0], BH_RUN_RUNNING);
	assert_int_equal(order(BH_CONTROL_START), BH_E_STATE);
	assert_int_equal(order(BH_CONTROL_STOP), BH_OK);
	assert_int_equal(partition_at(FAR)->state, PARTITION_OFF);
	assert_int_equal(order(BH_CONTROL_STOP), BH_OK);
	assert_int_equal(order(BH_CONTROL_RESTART), BH_E_STATE);
	assert_int_equal(order(BH_CONTROL_START), BH_OK);
	assert_int_equal(last.arg[0], BH_RUN_LOADING);
	assert_int_equal(last.arg[1], 1);
	loads(FAR);
	assert_int_equal(order(BH_CONTROL_RESTART), BH_OK);
	loads(FAR);
	assert_int_equal(order(BH_CONTROL_STATE), BH_OK);
	assert_int_equal(last.arg[1], 2);
	assert_int_equal(order(8), BH_E_ARG);
	assert_int_equal(call(boss, BH_CALL_CONTROL, 50, 0, 0), BH_E_CAP);
	assert_int_equal(call(high, BH_CALL_CONTROL, 0, 0, 0), BH_E_CAP); /* a port */
	quiet();
}

#define ALL(test) cmocka_unit_test_setup_teardown(test, all_run, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ALL(a_number_that_is_no_port_is_refused),
		ALL(each_end_can_do_only_what_its_right_says),
		ALL(a_port_of_another_kind_is_refused),
		ALL(a_message_has_one_byte_to_the_ports_largest),
		ALL(a_refused_call_is_a_line_of_the_log),
		ALL(no_byte_of_a_register_but_the_messages_reaches_the_receiver),
		ALL(a_signal_is_an_event_and_an_interrupt_at_the_receiver),
		ALL(the_short_way_of_a_signal_is_open_where_the_long_one_is),
		ALL(a_signal_to_one_that_does_not_run_is_told),
		ALL(a_value_is_read_as_it_was_written_last_with_its_time),
		ALL(a_value_stays_in_its_slot_while_others_are_written),
		ALL(a_value_survives_its_writer),
		ALL(messages_come_in_order_and_once),
		ALL(a_full_queue_refuses_and_tells_when_there_is_room),
		ALL(a_message_stays_in_its_slot_until_the_next_is_taken),
		ALL(a_dropping_queue_accepts_all_and_says_what_was_lost),
		ALL(messages_wait_for_the_next_life_only_where_it_is_said),
		ALL(a_queue_says_that_its_other_end_is_gone),
		ALL(nothing_is_accepted_for_one_that_does_not_run),
		ALL(a_wait_ends_with_the_events_that_came),
		ALL(a_wait_ends_at_its_deadline),
		ALL(an_interrupt_ends_a_wait),
		ALL(the_end_and_the_start_of_the_other_end_are_events),
		ALL(of_two_that_wait_one_gets_the_event),
		ALL(a_call_on_one_core_runs_the_server_in_the_callers_place),
		ALL(what_was_masked_is_open_once_its_vcpu_has_the_core_by_a_call_or_its_reply),
		ALL(what_was_masked_is_open_once_its_vcpu_has_the_core_by_anothers_wait),
		ALL(a_call_that_was_answered_interrupts_nobody_who_runs_later),
		ALL(what_a_server_has_said_it_will_be_done_by_counts_once_it_has_the_core_by_a_call),
		ALL(a_servers_timer_fires_once_it_has_the_core_by_a_call),
		ALL(a_server_that_stands_still_gets_no_core_by_a_call),
		ALL(a_caller_that_stands_still_gets_no_core_by_its_reply),
		ALL(what_has_changed_in_the_same_exit_is_looked_at_before_a_call_or_its_reply_passes_the_core_on),
		ALL(what_has_changed_in_the_same_exit_is_looked_at_before_anothers_wait_passes_the_core_on),
		ALL(a_server_that_is_called_by_two_runs_in_the_place_of_either),
		ALL(a_server_that_is_more_urgent_than_its_caller_runs_on_its_own_time),
		ALL(a_server_that_is_at_a_request_listens_to_nothing),
		ALL(a_server_that_cannot_reply_the_short_way_listens_to_nothing),
		ALL(a_servers_wait_that_a_request_has_ended_has_no_deadline_any_more),
		ALL(a_server_that_waits_for_events_is_told_of_a_request_and_takes_it_itself),
		ALL(a_call_to_another_core_waits_for_the_reply),
		ALL(nested_calls_run_at_the_first_callers_urgency),
		ALL(a_call_needs_an_end),
		ALL(a_server_that_is_not_done_with_a_request_gets_no_other),
		ALL(a_server_that_replies_and_has_no_time_to_wait_does_not_wait),
		ALL(a_call_ends_in_time_whatever_the_server_does),
		ALL(a_request_nobody_has_taken_is_withdrawn_in_time),
		ALL(a_caller_is_told_when_its_server_ends),
		ALL(a_server_on_the_callers_core_ends_while_it_runs_in_its_place),
		ALL(a_caller_that_ends_leaves_the_server_its_request),
		ALL(a_server_that_waits_for_requests_waits_on_when_one_is_withdrawn),
		ALL(a_partition_is_stopped_and_started_by_who_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
