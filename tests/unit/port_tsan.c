/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports between real threads: a queue, a value, signals, calls with a clock that lets some of them time
 * out. Everything carries a number and a checksum. Built with the thread sanitizer: what release and
 * acquire do not cover is a report; a lost event, room or reply is a hang. (It does not follow fences:
 * of those, port_race_test.c shows the places, and the machine under this test shows their lack.)
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/machine.h"

#include <pthread.h>
#include <unistd.h>

#define MESSAGES 60000u
#define SIGNALS	 60000u
#define CALLS	 40000u
#define HANG_S	 240u /* this much later, it hangs */

enum { A,
       B,
       PARTITIONS };

static const struct host_partition partitions[PARTITIONS] = {
	[A] = { .name = "a", .n_vcpus = 1, .vcpu = { { 0, 1 } } },
	[B] = { .name = "b", .n_vcpus = 1, .vcpu = { { 1, 1 } } },
};

enum { SHORT_QUEUE,
       LONG_QUEUE,
       SHORT_VALUE,
       LONG_VALUE,
       PING,
       PONG,
       CALL,
       PORTS };

static const struct host_port ports[PORTS] = {
	[SHORT_QUEUE] = { .kind = BH_PORT_QUEUING, .sender = A, .receiver = B, .bytes = 32, .depth = 2, .no_irq = true },
	[LONG_QUEUE] = { .kind = BH_PORT_QUEUING, .sender = A, .receiver = B, .bytes = 256, .depth = 1, .no_irq = true },
	[SHORT_VALUE] = { .kind = BH_PORT_SAMPLING, .sender = A, .receiver = B, .bytes = 32, .no_irq = true },
	[LONG_VALUE] = { .kind = BH_PORT_SAMPLING, .sender = A, .receiver = B, .bytes = 256, .no_irq = true },
	[PING] = { .kind = BH_PORT_SIGNAL, .sender = A, .receiver = B, .no_irq = true },
	[PONG] = { .kind = BH_PORT_SIGNAL, .sender = B, .receiver = A, .no_irq = true },
	[CALL] = { .kind = BH_PORT_CALL, .sender = A, .receiver = B, .bytes = 256, .reply_bytes = 32, .no_irq = true },
};

static const struct host_system description = {
	.n_cores = 2, .n_partitions = PARTITIONS, .n_ports = PORTS, .partition = partitions, .port = ports, .no_reader = true
};

static uint32_t channel, wrong, over; /* wrong: how often; over: a thread is done; both atomically */

static void must(bool holds)
{
	if (!holds)
		add_to(&wrong, 1);
}

/* --- a thread is a core whose guest never leaves it --- */

/* What the exit path does until v can run again; its alarm included. */
static void attend(struct vcpu *v)
{
	while (v->state != VCPU_READY) {
		if (v->deadline <= arch_time())
			set_bits(&v->requests, REQ_PORT);
		if (load_acquire(&v->requests))
			vcpu_attend(v);
		else
			arch_relax();
	}
}

static int64_t does_call(struct vcpu *v, uint32_t function, uint64_t x1, uint64_t x2, const uint64_t *words, uint64_t x7)
{
	struct guest_call c = { .function = function, .arg = { x1, x2 } };

	for (uint32_t i = 0; words && i < 4; i++)
		c.arg[2 + i] = words[i];
	c.arg[6] = x7;
	guest_call(v, &c);
	attend(v);
	return (int64_t)v->arch.x0;
}

static void waits(struct vcpu *v, uint32_t number)
{
	must(does_call(v, BH_CALL_WAIT, BIT64(number), BH_NEVER, NULL, 0) == BH_OK);
}

/* --- messages: a number, and words that follow from it --- */

static uint64_t word(uint64_t number, uint32_t i)
{
	return i ? (number + i) * 0x9e3779b97f4a7c15ull : number;
}

static void make(uint64_t *to, uint64_t number, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes / 8; i++)
		to[i] = word(number, i);
}

static bool is_whole(const uint64_t *data, uint32_t bytes)
{
	for (uint32_t i = 1; i < bytes / 8; i++)
		if (data[i] != word(data[0], i))
			return false;
	return true;
}

/* Of the message v has just received; 0: it is torn. */
static uint64_t number_received(struct vcpu *v, uint32_t n)
{
	const uint64_t *data = ports[n].bytes <= BH_SHORT_BYTES ? &v->arch.args[3] : host_slot(blob, n, (uint32_t)v->arch.args[1])->data;

	return is_whole(data, ports[n].bytes) ? data[0] : 0;
}

static int64_t sends(struct vcpu *v, uint32_t function, uint32_t n, uint64_t number, uint64_t deadline)
{
	uint64_t words[4], *buffer = host_buffer(blob, n);

	make(buffer ? buffer : words, number, buffer ? ports[n].bytes : sizeof(words));
	return does_call(v, function, blob_ports(blob)[n].send_cap, ports[n].bytes, words, deadline);
}

/* --- the threads --- */

static void *queue_sender(void *arg)
{
	struct vcpu *v = arg;
	int64_t status;

	host_on(v->core->number);
	for (uint64_t i = 1; i <= MESSAGES; i++) {
		while ((status = sends(v, BH_CALL_SEND, channel, i, 0)) == BH_E_AGAIN)
			waits(v, blob_ports(blob)[channel].send_cap);
		must(status == BH_OK);
	}
	return NULL;
}

static void *queue_receiver(void *arg)
{
	struct vcpu *v = arg;
	uint32_t number = blob_ports(blob)[channel].receive_cap;

	host_on(v->core->number);
	for (uint64_t i = 1; i <= MESSAGES; i++) {
		while (does_call(v, BH_CALL_RECEIVE, number, 0, NULL, 0) == BH_E_AGAIN)
			waits(v, number);
		must(number_received(v, channel) == i);
	}
	return NULL;
}

static void *value_writer(void *arg)
{
	struct vcpu *v = arg;

	host_on(v->core->number);
	for (uint64_t i = 1; i <= MESSAGES; i++)
		must(sends(v, BH_CALL_SEND, channel, i, 0) == BH_OK);
	return NULL;
}

static void *value_reader(void *arg)
{
	struct vcpu *v = arg;
	uint64_t last = 0, now;
	uint32_t number = blob_ports(blob)[channel].receive_cap;

	host_on(v->core->number);
	while (last != MESSAGES) {
		if (does_call(v, BH_CALL_RECEIVE, number, 0, NULL, 0) != BH_OK || !(v->arch.args[0] & BH_GOT_NEW)) {
			waits(v, number);
			continue;
		}
		now = number_received(v, channel);
		must(now > last);
		last = now > last ? now : last + 1;
	}
	return NULL;
}

/* Each signals when it was signalled: one event lost, and both sleep. */
static void *signals_first(void *arg)
{
	struct vcpu *v = arg;

	host_on(v->core->number);
	for (uint32_t i = 0; i < SIGNALS; i++) {
		must(does_call(v, BH_CALL_SIGNAL, blob_ports(blob)[PING].send_cap, 0, NULL, 0) == BH_OK);
		waits(v, blob_ports(blob)[PONG].receive_cap);
	}
	return NULL;
}

static void *signals_back(void *arg)
{
	struct vcpu *v = arg;

	host_on(v->core->number);
	for (uint32_t i = 0; i < SIGNALS; i++) {
		waits(v, blob_ports(blob)[PING].receive_cap);
		must(does_call(v, BH_CALL_SIGNAL, blob_ports(blob)[PONG].send_cap, 0, NULL, 0) == BH_OK);
	}
	return NULL;
}

static uint32_t replies, timeouts;

static void *caller(void *arg)
{
	struct vcpu *v = arg;
	uint64_t i = 1;

	host_on(v->core->number);
	while (i <= CALLS) {
		int64_t status = sends(v, BH_CALL_CALL, CALL, i, arch_time() + 1 + i % 5);

		if (status == BH_E_AGAIN) {
			waits(v, blob_ports(blob)[CALL].send_cap);
			continue;
		}
		must(status == BH_OK || status == BH_E_TIMEOUT);
		if (status == BH_OK)
			must(v->arch.args[3] == ~i && is_whole(&v->arch.args[3], 32));
		*(status == BH_OK ? &replies : &timeouts) += 1;
		i++;
	}
	sends(v, BH_CALL_CALL, CALL, CALLS + 1, arch_time() + 1000000); /* the server's last */
	store_release(&over, 1);
	return NULL;
}

static void *server(void *arg)
{
	struct vcpu *v = arg;
	uint64_t number = 0, words[4] = { 0 }, last = 0;

	host_on(v->core->number);
	while (number <= CALLS && !load_acquire(&over)) {
		if (does_call(v, BH_CALL_SERVE, blob_ports(blob)[CALL].receive_cap, number ? 32 : 0, words, arch_time() + 100) != BH_OK) {
			number = 0;
			continue;
		}
		number = number_received(v, CALL);
		must(number > last); /* each once */
		last = number;
		make(words, ~number, 32);
	}
	does_call(v, BH_CALL_REPLY, blob_ports(blob)[CALL].receive_cap, 32, words, 0);
	return NULL;
}

static void *clock_thread(void *arg)
{
	(void)arg;
	for (ticks_t t = 1; !load_acquire(&over); t++) {
		host_time_set(t);
		usleep(20);
	}
	return NULL;
}

/* --- --- */

static void runs_by_hand(struct vcpu *v)
{
	v->part->state = PARTITION_RUNNING;
	v->state = VCPU_READY;
	v->power = POWER_ON;
	v->arch.on = true;
	v->arch.ptimer = v->arch.reg.timer = ~0ull; /* off, as a reset leaves them */
}

static void both(void *(*of_a)(void *), void *(*of_b)(void *), void *(*beside)(void *))
{
	pthread_t a, b, c;

	alarm(HANG_S);
	wrong = 0;
	host_power_on(host_system_make(&description));
	runs_by_hand(vcpu_of(A, 0));
	runs_by_hand(vcpu_of(B, 0));
	if (beside)
		pthread_create(&c, NULL, beside, NULL);
	pthread_create(&a, NULL, of_a, vcpu_of(A, 0));
	pthread_create(&b, NULL, of_b, vcpu_of(B, 0));
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	if (beside)
		pthread_join(c, NULL);
	assert_int_equal(wrong, 0);
}

static void a_queue_hands_out_each_message_whole_and_in_order(void **state)
{
	(void)state;
	channel = SHORT_QUEUE;
	both(queue_sender, queue_receiver, NULL);
	channel = LONG_QUEUE;
	both(queue_sender, queue_receiver, NULL);
}

static void a_value_is_whole_and_newer_than_the_last(void **state)
{
	(void)state;
	channel = SHORT_VALUE;
	both(value_writer, value_reader, NULL);
	channel = LONG_VALUE;
	both(value_writer, value_reader, NULL);
}

static void no_signal_is_lost(void **state)
{
	(void)state;
	both(signals_first, signals_back, NULL);
}

static void a_call_gets_its_reply_or_its_timeout(void **state)
{
	(void)state;
	over = replies = timeouts = 0;
	both(caller, server, clock_thread);
	print_message("%u replies, %u timeouts\n", replies, timeouts);
	assert_true(replies);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_queue_hands_out_each_message_whole_and_in_order, machine_off),
		cmocka_unit_test_teardown(a_value_is_whole_and_newer_than_the_last, machine_off),
		cmocka_unit_test_teardown(no_signal_is_lost, machine_off),
		cmocka_unit_test_teardown(a_call_gets_its_reply_or_its_timeout, machine_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
