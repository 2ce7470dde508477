/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux's library for ports against the bridge's side of the protocol, each in a thread of its own, over a
 * pair of sockets. What only the bridge's side decides is in carrier_test.c.
 * sources: services/bridge/carrier.c sdk/bh_frame.c sdk/linux/bulkhead_port.c sdk/linux/bulkhead_find.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sdk/linux/bulkhead_port.h"
#include "tests/unit/fake_port.h"

#define WINDOW 4096u

/* What the bridge's thread is to do beside serving; all under the lock, as is `fake`. */
static struct {
	pthread_mutex_t lock;
	pthread_t thread;
	int line;
	uint32_t deaf;	/* bytes of requests that it does not hear */
	uint32_t noise; /* bytes of garbage before each answer */
	bool restart, forget, stop;
} bridge = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct carrier c;
static struct carrier_kept kept;
static uint64_t *window;
static struct bulkhead_channel channel;
static struct bulkhead_port *port;

static void lock(void)
{
	pthread_mutex_lock(&bridge.lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&bridge.lock);
}

static void clock_goes_on(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	fake.now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void bridge_starts(void)
{
	carrier_init(&c, &fake.info, channel.size ? window : NULL, (uint32_t)channel.size, &kept, 0);
}

static void bridge_hears(void)
{
	uint8_t in[64];
	ssize_t n = recv(bridge.line, in, sizeof in, MSG_DONTWAIT);

	for (ssize_t i = 0; i < n; i++)
		if (bridge.deaf)
			bridge.deaf--;
		else
			carrier_take(&c, in[i]);
}

/* At once: a socket has room for few single bytes. */
static void bridge_says(void)
{
	uint8_t out[BH_SERIAL_LINE_MAX + 1000], byte;
	uint32_t n = 0;

	for (uint32_t i = 0; carrier_gives(&c, &byte) && i < bridge.noise; i++)
		out[n++] = (uint8_t)(i * 89);
	for (; carrier_gives(&c, &byte); carrier_given(&c))
		out[n++] = byte;
	if (n)
		(void)!send(bridge.line, out, n, MSG_NOSIGNAL);
}

static void bridge_turn(void)
{
	clock_goes_on();
	if (bridge.forget)
		memset(&kept, 0, sizeof kept);
	if (bridge.restart || bridge.forget)
		bridge_starts();
	bridge.restart = bridge.forget = false;
	bridge_hears();
	carrier_look(&c);
	bridge_says();
}

static void *bridge_main(void *arg)
{
	bool stop = false;

	while (!stop) {
		struct pollfd f = { .fd = bridge.line, .events = POLLIN };

		poll(&f, 1, 1);
		lock();
		bridge_turn();
		stop = bridge.stop;
		unlock();
	}
	return arg;
}

static void open_port(void)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	bridge.line = fd[1];
	bridge.stop = false;
	assert_int_equal(pthread_create(&bridge.thread, NULL, bridge_main, NULL), 0);
	window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(window != MAP_FAILED);
	lock();
	bridge_starts();
	unlock();
	assert_int_equal(bulkhead_attach(&port, fd[0], &channel, window, channel.size), 0);
}

static void begin(enum bh_port_kind kind, bool sends, uint32_t bytes, uint32_t reply_bytes)
{
	fake_begin(kind, sends, bytes, reply_bytes);
	clock_goes_on();
	memset(&kept, 0, sizeof kept);
	channel = (struct bulkhead_channel){ .kind = (enum bulkhead_kind)kind,
					     .sends = sends,
					     .bytes = bytes,
					     .reply_bytes = reply_bytes,
					     .size = bytes > BH_SERIAL_INLINE || reply_bytes > BH_SERIAL_INLINE ? WINDOW : 0,
					     .name = "channel",
					     .peer = "partner" };
	open_port();
}

static void bridge_stops(void)
{
	lock();
	bridge.stop = true;
	unlock();
	pthread_join(bridge.thread, NULL);
	close(bridge.line);
}

/* The program ends; killed: without a word. */
static void end(bool killed)
{
	if (killed)
		shutdown(bulkhead_fd(port), SHUT_RDWR);
	bulkhead_close(port);
	bridge_stops();
	if (!channel.size)
		munmap(window, WINDOW);
}

static void give(uint32_t messages)
{
	lock();
	fake.waiting = messages;
	fake.fresh = true;
	unlock();
}

static void assert_received(uint32_t number, uint32_t bytes, int timeout_ms, struct bulkhead_message *m)
{
	uint8_t got[BH_MESSAGE_MAX], right[BH_MESSAGE_MAX];

	fake_fill(right, number, bytes);
	assert_int_equal(bulkhead_receive(port, got, sizeof got, m, timeout_ms), bytes);
	assert_memory_equal(got, right, bytes);
	assert_int_equal(m->bytes, bytes);
}

static void messages_of_all_sizes_arrive_as_they_were_sent(void **state)
{
	uint8_t message[4096];

	(void)state;
	begin(BH_PORT_QUEUING, true, 4096, 0);
	for (uint32_t bytes = 1; bytes <= 4096; bytes += bytes < 140 ? 1 : 43) {
		lock();
		fake.room = 1;
		unlock();
		fake_fill(message, bytes, bytes);
		assert_int_equal(bulkhead_send(port, message, bytes, 0), 0);
		lock();
		assert_int_equal(fake.last_bytes, bytes);
		assert_memory_equal(fake.last, message, bytes);
		unlock();
	}
	assert_int_equal(bulkhead_send(port, message, 4097, 0), -EMSGSIZE);
	assert_int_equal(bulkhead_send(port, message, 0, 0), -EINVAL);
	assert_int_equal(bulkhead_receive(port, message, 10, NULL, 0), -EPERM);
	end(false);
}

static void messages_of_all_sizes_are_received(void **state)
{
	struct bulkhead_message m;
	uint32_t number = 0;

	(void)state;
	begin(BH_PORT_QUEUING, false, 4096, 0);
	for (uint32_t bytes = 1; bytes <= 4096; bytes += bytes < 140 ? 1 : 43) {
		lock();
		fake.bytes = bytes;
		fake.waiting = 1;
		unlock();
		assert_received(number++, bytes, BULKHEAD_FOREVER, &m);
		assert_false(m.again || m.lost);
	}
	end(false);
}

static void nothing_and_no_room_are_told_at_once_or_after_the_time(void **state)
{
	char byte;

	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	assert_int_equal(bulkhead_receive(port, &byte, 1, NULL, 0), -EAGAIN);
	assert_int_equal(bulkhead_receive(port, &byte, 1, NULL, 20), -ETIMEDOUT);
	lock();
	fake.peer_runs = false;
	unlock();
	assert_int_equal(bulkhead_receive(port, &byte, 1, NULL, 10000), -ENOTCONN);
	bulkhead_patient(port, true);
	assert_int_equal(bulkhead_receive(port, &byte, 1, NULL, 20), -ETIMEDOUT);
	end(false);
	begin(BH_PORT_QUEUING, true, 32, 0);
	lock();
	fake.room = 0;
	unlock();
	assert_int_equal(bulkhead_send(port, "x", 1, 0), -EAGAIN);
	assert_int_equal(bulkhead_send(port, "x", 1, 20), -ETIMEDOUT);
	lock();
	fake.peer_runs = false;
	unlock();
	assert_int_equal(bulkhead_send(port, "x", 1, BULKHEAD_FOREVER), -ENOTCONN);
	end(false);
}

static void a_buffer_that_is_too_short_loses_nothing(void **state)
{
	struct bulkhead_message m;
	uint8_t byte;

	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	give(1);
	assert_int_equal(bulkhead_receive(port, &byte, 1, &m, 0), -EMSGSIZE);
	assert_int_equal(m.bytes, 32);
	assert_received(0, 32, 0, &m);
	end(false);
}

static void a_program_that_was_killed_leaves_its_message_to_the_next(void **state)
{
	struct bulkhead_message m;

	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	give(2);
	assert_received(0, 32, 0, &m);
	end(true);
	open_port();
	assert_received(0, 32, 0, &m);
	assert_true(m.again);
	assert_int_equal(bulkhead_done(port), 0);
	end(true);
	open_port();
	assert_received(1, 32, 0, &m);
	assert_false(m.again);
	end(false); /* closing says that it is done */
	open_port();
	assert_int_equal(bulkhead_receive(port, &m, sizeof m, NULL, 0), -EAGAIN);
	end(false);
}

static void a_request_that_was_not_heard_is_repeated(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	lock();
	bridge.deaf = 12;
	unlock();
	assert_int_equal(bulkhead_send(port, "message", 7, 0), 0);
	lock();
	assert_int_equal(fake.sent, 1);
	unlock();
	end(false);
}

static void garbage_on_the_line_does_no_harm(void **state)
{
	struct bulkhead_message m;

	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	lock();
	bridge.noise = 700;
	unlock();
	for (uint32_t i = 0; i < 50; i++) {
		give(1);
		assert_received(i, 32, 1000, &m);
	}
	lock();
	bridge.noise = 0;
	unlock();
	end(false);
}

static void a_bridge_that_was_restarted_is_not_noticed(void **state)
{
	struct bulkhead_message m;

	(void)state;
	begin(BH_PORT_QUEUING, false, 300, 0);
	for (uint32_t i = 0; i < 50; i++) {
		lock();
		fake.waiting = 1;
		bridge.restart = true;
		unlock();
		assert_received(i, 300, 5000, &m);
	}
	end(false);
}

static void a_bridge_that_has_lost_the_session_leaves_only_a_message_under_way_unknown(void **state)
{
	struct bulkhead_message m;

	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	lock();
	bridge.forget = true;
	unlock();
	assert_int_equal(bulkhead_send(port, "x", 1, 0), -ECONNRESET);
	assert_int_equal(bulkhead_send(port, "x", 1, 0), 0);
	end(false);
	begin(BH_PORT_QUEUING, false, 32, 0);
	lock();
	bridge.forget = true;
	fake.waiting = 1;
	unlock();
	assert_received(0, 32, 5000, &m);
	end(false);
}

static void a_bridge_of_another_channel_is_refused(void **state)
{
	int fd[2];

	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	end(false);
	strcpy(channel.name, "other");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	bridge.line = fd[1];
	bridge.stop = false;
	assert_int_equal(pthread_create(&bridge.thread, NULL, bridge_main, NULL), 0);
	assert_int_equal(bulkhead_attach(&port, fd[0], &channel, NULL, 0), -EPROTO);
	bridge_stops();
}

static void a_value_has_its_age_and_validity(void **state)
{
	struct bulkhead_message m;

	(void)state;
	begin(BH_PORT_SAMPLING, false, 200, 0);
	assert_int_equal(bulkhead_receive(port, &m, sizeof m, NULL, 0), -EAGAIN);
	give(1);
	assert_received(0, 200, 1000, &m);
	assert_true(m.fresh && m.valid);
	assert_received(0, 200, 0, &m);
	assert_false(m.fresh);
	assert_int_equal(bulkhead_receive(port, &m, sizeof m, NULL, 20), -ETIMEDOUT);
	end(false);
}

static void a_notice_ends_a_wait(void **state)
{
	(void)state;
	begin(BH_PORT_SIGNAL, false, 0, 0);
	assert_int_equal(bulkhead_receive(port, NULL, 0, NULL, 0), 0);
	assert_int_equal(bulkhead_receive(port, NULL, 0, NULL, 20), -ETIMEDOUT);
	lock();
	carrier_event(&c);
	unlock();
	assert_int_equal(bulkhead_receive(port, NULL, 0, NULL, BULKHEAD_FOREVER), 0);
	end(false);
}

static void a_call_brings_its_reply(void **state)
{
	uint8_t reply[1000], right[1000];

	(void)state;
	begin(BH_PORT_CALL, true, 500, 1000);
	fake_fill(right, 0, 1000);
	assert_int_equal(bulkhead_call(port, right, 500, reply, sizeof reply, 1000), 1000);
	assert_memory_equal(reply, right, 1000);
	assert_int_equal(bulkhead_call(port, right, 500, reply, sizeof reply, 1), -ETIMEDOUT);
	assert_int_equal(bulkhead_call(port, right, 500, reply, sizeof reply, 1001), -EINVAL);
	assert_int_equal(bulkhead_call(port, right, 501, reply, sizeof reply, 10), -EMSGSIZE);
	assert_int_equal(bulkhead_send(port, right, 5, 10), -EPERM);
	end(false);
}

static void a_program_serves_calls(void **state)
{
	struct bulkhead_message m;

	(void)state;
	begin(BH_PORT_CALL, false, 64, 200);
	assert_int_equal(bulkhead_reply(port, "r", 1), -ENOMSG);
	give(1);
	assert_received(0, 64, 1000, &m);
	assert_int_equal(bulkhead_reply(port, window, 201), -EMSGSIZE);
	assert_int_equal(bulkhead_reply(port, "reply", 5), 0);
	lock();
	assert_memory_equal(fake.last, "reply", 5);
	unlock();
	end(false);
}

static void an_event_loop_waits_with_poll(void **state)
{
	struct bulkhead_message m;
	struct pollfd f;

	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	f = (struct pollfd){ .fd = bulkhead_fd(port), .events = POLLIN };
	assert_int_equal(bulkhead_arm(port), 0);
	assert_int_equal(bulkhead_receive(port, &m, sizeof m, NULL, 0), -EAGAIN);
	assert_int_equal(bulkhead_arm(port), 0);
	assert_int_equal(poll(&f, 1, 50), 0);
	give(1);
	assert_int_equal(poll(&f, 1, 60000), 1);
	assert_received(0, 32, 1000, &m);
	end(false);
}

static void the_state_is_told(void **state)
{
	struct bulkhead_state s;

	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	assert_int_equal(bulkhead_state(port, &s), 0);
	assert_true(s.peer_runs);
	assert_int_equal(s.peer_ends, 3);
	assert_int_equal(s.dropped, 7);
	end(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_all_sizes_arrive_as_they_were_sent),
		cmocka_unit_test(messages_of_all_sizes_are_received),
		cmocka_unit_test(nothing_and_no_room_are_told_at_once_or_after_the_time),
		cmocka_unit_test(a_buffer_that_is_too_short_loses_nothing),
		cmocka_unit_test(a_program_that_was_killed_leaves_its_message_to_the_next),
		cmocka_unit_test(a_request_that_was_not_heard_is_repeated),
		cmocka_unit_test(garbage_on_the_line_does_no_harm),
		cmocka_unit_test(a_bridge_that_was_restarted_is_not_noticed),
		cmocka_unit_test(a_bridge_that_has_lost_the_session_leaves_only_a_message_under_way_unknown),
		cmocka_unit_test(a_bridge_of_another_channel_is_refused),
		cmocka_unit_test(a_value_has_its_age_and_validity),
		cmocka_unit_test(a_notice_ends_a_wait),
		cmocka_unit_test(a_call_brings_its_reply),
		cmocka_unit_test(a_program_serves_calls),
		cmocka_unit_test(an_event_loop_waits_with_poll),
		cmocka_unit_test(the_state_is_told),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
