/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a channel that the bridge carries: what the guest asks for is done once, nothing is lost
 * or doubled beyond what abi/serial.h says, whoever dies when, and no guest's mistake reaches the port.
 * sources: services/bridge/carrier.c sdk/bh_frame.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fake_port.h"

static struct carrier c;
static struct carrier_kept kept;
static uint64_t window[BH_MESSAGE_MAX / 8];
static uint32_t sequence;
static uint32_t life;

/* The answer to the last request. */
static struct bh_serial_head head;
static uint8_t rest[BH_SERIAL_FRAME_MAX];
static uint32_t rest_bytes;
static struct bh_frame_reader reader;

/* The bridge begins, for the first time or again. */
static void bridge_starts(void)
{
	uint32_t longest = fake.info.bytes > fake.info.reply_bytes ? (uint32_t)fake.info.bytes : fake.info.reply_bytes;
	bool wide = longest > BH_SERIAL_INLINE;

	memset(&c, 0xaa, sizeof c);
	carrier_init(&c, &fake.info, wide ? window : NULL, wide ? sizeof window : 0, &kept, life);
}

static void begin(enum bh_port_kind kind, bool sends, uint32_t bytes, uint32_t reply_bytes)
{
	fake_begin(kind, sends, bytes, reply_bytes);
	memset(&kept, 0, sizeof kept);
	memset(window, 0xcc, sizeof window);
	bh_frame_begin(&reader);
	life = 0;
	sequence = 0xfffffffe; /* soon over the edge */
	bridge_starts();
}

/* Everything the bridge has to say; true: with an answer among it. */
static bool hear(void)
{
	bool heard = false;
	uint8_t byte;

	while (carrier_gives(&c, &byte)) {
		uint32_t n = bh_frame_read(&reader, byte);

		carrier_given(&c);
		if (!n)
			continue;
		assert_true(n >= sizeof head);
		memcpy(&head, reader.data, sizeof head);
		rest_bytes = n - (uint32_t)sizeof head;
		memcpy(rest, reader.data + sizeof head, rest_bytes);
		assert_true(head.type & BH_SERIAL_ANSWER);
		heard = true;
	}
	return heard;
}

static void say(const void *line, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		carrier_take(&c, ((const uint8_t *)line)[i]);
}

/* A frame as it is on the line. */
static uint32_t make(uint8_t *line, uint8_t type, uint8_t flags, uint32_t time_ms, const void *message, uint32_t bytes)
{
	struct bh_serial_head h = { .type = type, .flags = flags, .sequence = sequence, .bytes = bytes, .time_ms = time_ms };
	uint8_t frame[BH_FRAME_MAX];
	uint32_t n = sizeof h;

	memcpy(frame, &h, sizeof h);
	if (bytes && message) {
		memcpy(frame + n, message, bytes);
		n += bytes;
	}
	return bh_frame_write(line, frame, n);
}

static bool repeat(uint8_t type, uint8_t flags, uint32_t time_ms, const void *message, uint32_t bytes)
{
	uint8_t line[BH_FRAME_LINE(BH_FRAME_MAX)];
	bool heard;

	say(line, make(line, type, flags, time_ms, message, bytes));
	heard = hear();
	if (heard) {
		assert_int_equal(head.type, type | BH_SERIAL_ANSWER);
		assert_int_equal(head.sequence, sequence);
	}
	return heard;
}

/* The next request; true: it was answered. */
static bool request(uint8_t type, uint8_t flags, uint32_t time_ms, const void *message, uint32_t bytes)
{
	sequence++;
	return repeat(type, flags, time_ms, message, bytes);
}

static void session(void)
{
	sequence += 1000;
	assert_true(repeat(BH_SERIAL_HELLO, 0, BH_SERIAL_VERSION, NULL, 0));
	assert_int_equal(head.status, BH_OK);
}

static int status_of(uint8_t type, uint8_t flags, uint32_t time_ms, const void *message, uint32_t bytes)
{
	assert_true(request(type, flags, time_ms, message, bytes));
	return head.status;
}

/* The message of the answer is that of this number. */
static void assert_message(uint32_t number, uint32_t bytes)
{
	uint8_t right[BH_MESSAGE_MAX];
	bool wide = bytes > BH_SERIAL_INLINE;

	fake_fill(right, number, bytes);
	assert_int_equal(head.bytes, bytes);
	assert_true(head.flags & BH_SERIAL_STAMP);
	assert_int_equal(!!(head.flags & BH_SERIAL_WINDOW), wide);
	assert_int_equal(rest_bytes, sizeof(struct bh_serial_stamp) + (wide ? 0 : bytes));
	assert_memory_equal(wide ? (uint8_t *)window : rest + sizeof(struct bh_serial_stamp), right, bytes);
}

static void after_ms(uint32_t ms)
{
	fake.now += carrier_ticks(ms);
	if (carrier_until(&c) <= fake.now)
		carrier_look(&c);
}

/* --- sessions --- */

static void a_greeting_is_answered_with_what_the_end_is(void **state)
{
	struct bh_serial_hello hello;

	(void)state;
	begin(BH_PORT_QUEUING, true, 300, 0);
	session();
	assert_int_equal(rest_bytes, sizeof hello);
	memcpy(&hello, rest, sizeof hello);
	assert_int_equal(hello.version, BH_SERIAL_VERSION);
	assert_int_equal(hello.flags, BH_PORT_QUEUING | BH_INFO_PORT_SEND);
	assert_int_equal(hello.bytes, 300);
	assert_int_equal(hello.depth, FAKE_DEEP);
	assert_int_equal(hello.window_bytes, sizeof window);
	assert_string_equal(hello.name, "channel");
	assert_string_equal(hello.peer, "partner");
}

static void nothing_is_done_without_a_session(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, "x", 1), BH_SERIAL_E_SESSION);
	session();
	sequence += 7;
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, "x", 1), BH_SERIAL_E_SESSION);
	assert_int_equal(fake.sent, 0);
}

static void what_is_no_request_is_not_answered(void **state)
{
	uint8_t line[BH_SERIAL_LINE_MAX], answer[BH_SERIAL_LINE_MAX], byte;
	uint32_t n = 0;

	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	say(line, bh_frame_write(line, "short", 5));
	say("garbage", 7);
	say(line, make(line, BH_SERIAL_HELLO | BH_SERIAL_ANSWER, 0, 0, NULL, 0));
	assert_false(hear());
	/* a terminal that echoes brings the answer back: that must not go round for ever */
	say(line, make(line, BH_SERIAL_HELLO, 0, 0, NULL, 0));
	for (; carrier_gives(&c, &byte); carrier_given(&c))
		answer[n++] = byte;
	assert_true(n > 0);
	say(answer, n);
	assert_false(hear());
}

static void a_frame_that_was_not_finished_does_not_hide_the_next(void **state)
{
	uint8_t line[BH_SERIAL_LINE_MAX];

	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	session();
	sequence++;
	for (uint32_t n = make(line, BH_SERIAL_SEND, 0, 0, "message", 7) - 2; n; n--) {
		say(line, n);
		assert_false(hear());
		assert_true(repeat(BH_SERIAL_STATE, 0, 0, NULL, 0));
		sequence++;
	}
	assert_int_equal(fake.sent, 0);
}

static void an_unknown_request_is_told_so(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	session();
	assert_int_equal(status_of(0x33, 0, 0, NULL, 0), BH_E_UNKNOWN);
}

static void the_state_is_the_ports(void **state)
{
	struct bh_serial_state s;

	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	fake.waiting = 2;
	session();
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_int_equal(status_of(BH_SERIAL_STATE, 0, 0, NULL, 0), BH_OK);
	memcpy(&s, rest, sizeof s);
	assert_int_equal(s.waiting, 2); /* the one that is not acknowledged counts */
	assert_int_equal(s.peer, 3 << 1 | 1);
	assert_int_equal(s.dropped, 7);
}

/* --- sending --- */

static void a_message_is_sent_once_however_often_it_is_repeated(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	session();
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, "message", 7), BH_OK);
	for (uint32_t i = 0; i < 5; i++) {
		assert_true(repeat(BH_SERIAL_SEND, 0, 0, "message", 7));
		assert_int_equal(head.status, BH_OK);
	}
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake.last_bytes, 7);
	assert_memory_equal(fake.last, "message", 7);
}

static void a_full_queue_is_waited_for_and_the_message_goes_when_there_is_room(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	session();
	fake.room = 0;
	assert_false(request(BH_SERIAL_SEND, 0, 100, "message", 7));
	carrier_event(&c);
	assert_false(repeat(BH_SERIAL_SEND, 0, 100, "message", 7));
	fake.room = 1;
	carrier_event(&c);
	assert_true(hear());
	assert_int_equal(head.status, BH_OK);
	assert_int_equal(fake.sent, 1);
	assert_memory_equal(fake.last, "message", 7);
}

static void a_full_queue_is_told_when_the_time_is_over(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	session();
	fake.room = 0;
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, "m", 1), BH_E_TIMEOUT);
	assert_false(request(BH_SERIAL_SEND, 0, 100, "m", 1));
	after_ms(50);
	assert_false(repeat(BH_SERIAL_SEND, 0, 100, "m", 1)); /* is the same request, and not a longer wait */
	after_ms(49);
	assert_false(hear());
	after_ms(1);
	assert_true(hear());
	assert_int_equal(head.status, BH_E_TIMEOUT);
	fake.room = 1;
	carrier_event(&c);
	assert_int_equal(fake.sent, 0);
}

static void a_new_request_ends_the_wait_of_the_one_before(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	session();
	fake.room = 0;
	assert_false(request(BH_SERIAL_SEND, 0, 1000, "m", 1));
	assert_int_equal(status_of(BH_SERIAL_STATE, 0, 0, NULL, 0), BH_OK);
	fake.room = 1;
	carrier_event(&c);
	after_ms(2000);
	assert_false(hear());
	assert_int_equal(fake.sent, 0);
}

static void a_receiver_that_does_not_run_is_told(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	session();
	fake.peer_runs = false;
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 1000, "m", 1), BH_E_PEER);
}

static void no_size_but_the_channels_reaches_the_port(void **state)
{
	static uint8_t message[BH_SERIAL_INLINE];

	(void)state;
	begin(BH_PORT_QUEUING, true, 100, 0);
	session();
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, NULL, 0), BH_E_ARG);
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, message, 101), BH_E_ARG);
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, NULL, 100), BH_E_ARG);		       /* says more than it has */
	assert_int_equal(status_of(BH_SERIAL_SEND, BH_SERIAL_WINDOW, 0, NULL, 100), BH_E_ARG); /* there is none */
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, NULL, 0xffffffff), BH_E_ARG);
	begin(BH_PORT_QUEUING, true, 4000, 0);
	session();
	for (uint32_t bytes = BH_SERIAL_INLINE + 1; bytes <= BH_FRAME_MAX - sizeof head; bytes++) /* longer than a frame may be */
		assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, window, bytes), BH_E_ARG);
	assert_int_equal(status_of(BH_SERIAL_SEND, BH_SERIAL_WINDOW, 0, NULL, 4001), BH_E_ARG);
	assert_int_equal(status_of(BH_SERIAL_SEND, BH_SERIAL_WINDOW, 0, NULL, 0xffffffff), BH_E_ARG);
	assert_int_equal(status_of(BH_SERIAL_SEND, BH_SERIAL_WINDOW, 0, NULL, 0), BH_E_ARG);
	assert_int_equal(fake.sent, 0);
}

static void what_the_other_end_does_is_refused(void **state)
{
	static const struct {
		enum bh_port_kind kind;
		bool sends;
		uint8_t type;
	} wrong[] = {
		{ BH_PORT_SIGNAL, false, BH_SERIAL_SEND },
		{ BH_PORT_SIGNAL, true, BH_SERIAL_RECEIVE },
		{ BH_PORT_SAMPLING, false, BH_SERIAL_SEND },
		{ BH_PORT_SAMPLING, true, BH_SERIAL_RECEIVE },
		{ BH_PORT_QUEUING, false, BH_SERIAL_SEND },
		{ BH_PORT_QUEUING, true, BH_SERIAL_RECEIVE },
		{ BH_PORT_QUEUING, true, BH_SERIAL_ACK },
		{ BH_PORT_QUEUING, true, BH_SERIAL_CALL },
		{ BH_PORT_QUEUING, false, BH_SERIAL_REPLY },
		{ BH_PORT_CALL, true, BH_SERIAL_SEND },
		{ BH_PORT_CALL, true, BH_SERIAL_REPLY },
		{ BH_PORT_CALL, true, BH_SERIAL_RECEIVE },
		{ BH_PORT_CALL, false, BH_SERIAL_SEND },
		{ BH_PORT_CALL, false, BH_SERIAL_CALL },
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		begin(wrong[i].kind, wrong[i].sends, 32, 32);
		fake.waiting = 1;
		session();
		assert_int_equal(status_of(wrong[i].type, 0, 10, NULL, 0), BH_E_RIGHT);
		assert_int_equal(status_of(wrong[i].type, 0, 10, "m", 1), BH_E_RIGHT);
		assert_int_equal(fake.sent, 0);
		assert_int_equal(fake.waiting, 1);
	}
}

static void a_long_message_goes_through_the_window(void **state)
{
	uint8_t right[4096];

	(void)state;
	begin(BH_PORT_QUEUING, true, 4096, 0);
	session();
	for (uint32_t bytes = BH_SERIAL_INLINE + 1; bytes <= 4096; bytes += 333) {
		fake.room = 1;
		fake_fill(window, bytes, bytes);
		fake_fill(right, bytes, bytes);
		assert_int_equal(status_of(BH_SERIAL_SEND, BH_SERIAL_WINDOW, 0, NULL, bytes), BH_OK);
		memset(window, 0, sizeof window);
		assert_int_equal(fake.last_bytes, bytes);
		assert_memory_equal(fake.last, right, bytes);
	}
}

static void a_window_that_is_too_small_is_not_overrun(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, true, 4000, 0);
	carrier_init(&c, &fake.info, window, 200, &kept, life);
	session();
	assert_int_equal(status_of(BH_SERIAL_SEND, BH_SERIAL_WINDOW, 0, NULL, 200), BH_OK);
	assert_int_equal(status_of(BH_SERIAL_SEND, BH_SERIAL_WINDOW, 0, NULL, 201), BH_E_ARG);
	begin(BH_PORT_QUEUING, false, 4000, 0);
	carrier_init(&c, &fake.info, NULL, 0, &kept, life);
	session();
	fake.waiting = 1;
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_E_ARG);
}

/* --- receiving --- */

static void a_message_is_kept_until_it_is_acknowledged(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	fake.waiting = 3;
	session();
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_message(0, 32);
	assert_false(head.flags & BH_SERIAL_AGAIN);
	assert_true(repeat(BH_SERIAL_RECEIVE, 0, 0, NULL, 0)); /* the answer was lost: not a second one */
	assert_message(0, 32);
	assert_false(head.flags & BH_SERIAL_AGAIN);
	session(); /* the program was killed */
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_message(0, 32);
	assert_true(head.flags & BH_SERIAL_AGAIN);
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 0, NULL, 0), BH_OK);
	assert_message(1, 32);
	assert_false(head.flags & BH_SERIAL_AGAIN);
	assert_true(repeat(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 0, NULL, 0)); /* takes only the one before */
	assert_message(1, 32);
	assert_int_equal(status_of(BH_SERIAL_ACK, 0, 0, NULL, 0), BH_OK);
	assert_true(repeat(BH_SERIAL_ACK, 0, 0, NULL, 0));
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_message(2, 32);
}

static void a_long_message_comes_through_the_window(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, false, 4096, 0);
	session();
	for (uint32_t i = 0; i < 20; i++) {
		fake.bytes = 1 + i * 211;
		fake.waiting = 1;
		assert_int_equal(status_of(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 0, NULL, 0), BH_OK);
		assert_message(i, fake.bytes);
	}
}

static void who_waits_is_told_when_a_message_comes(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	session();
	assert_false(request(BH_SERIAL_RECEIVE, 0, 1000, NULL, 0));
	carrier_event(&c);
	assert_false(hear());
	fake.waiting = 1;
	fake.lost = true;
	carrier_event(&c);
	assert_true(hear());
	assert_message(0, 32);
	assert_true(head.flags & BH_SERIAL_LOST);
}

static void nobody_waits_longer_than_the_bound(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	session();
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_E_TIMEOUT);
	assert_false(request(BH_SERIAL_RECEIVE, 0, 0xffffffff, NULL, 0));
	after_ms(BH_SERIAL_WAIT_MAX_MS);
	assert_true(hear());
	assert_int_equal(head.status, BH_E_TIMEOUT);
	assert_true(carrier_until(&c) == BH_NEVER);
}

static void a_sender_that_does_not_run_is_told_unless_one_is_patient(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	session();
	fake.waiting = 1;
	fake.peer_runs = false;
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 1000, NULL, 0), BH_OK); /* it has left one */
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 1000, NULL, 0), BH_E_PEER);
	assert_false(request(BH_SERIAL_RECEIVE, BH_SERIAL_PATIENT, 1000, NULL, 0));
	fake.waiting = 1;
	carrier_event(&c);
	assert_true(hear());
	assert_int_equal(head.status, BH_OK);
}

static void a_value_is_read_whether_new_or_not_and_only_a_new_one_ends_a_wait(void **state)
{
	struct bh_serial_stamp stamp;

	(void)state;
	begin(BH_PORT_SAMPLING, false, 200, 0);
	session();
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_E_TIMEOUT); /* there has never been one */
	fake.waiting = 1;
	fake.fresh = true;
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_message(0, 200);
	assert_true(head.flags & BH_SERIAL_NEW);
	assert_true(head.flags & BH_SERIAL_VALID);
	memcpy(&stamp, rest, sizeof stamp);
	assert_true(stamp.time == fake.now && stamp.age_ns == 0);
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_message(0, 200);
	assert_false(head.flags & BH_SERIAL_NEW);
	assert_false(request(BH_SERIAL_RECEIVE, 0, 100, NULL, 0));
	fake.next = 9;
	fake.fresh = true;
	carrier_event(&c);
	assert_true(hear());
	assert_message(9, 200);
	assert_false(request(BH_SERIAL_RECEIVE, 0, 100, NULL, 0));
	after_ms(100);
	assert_true(hear());
	assert_int_equal(head.status, BH_E_TIMEOUT);
	fake.peer_runs = false;
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 100, NULL, 0), BH_E_PEER);
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_false(head.flags & BH_SERIAL_VALID);
}

static void a_notice_is_kept_until_it_is_dealt_with(void **state)
{
	(void)state;
	begin(BH_PORT_SIGNAL, false, 0, 0);
	session();
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK); /* a bridge that begins does not know */
	assert_true(repeat(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 0, NULL, 0));
	assert_int_equal(head.status, BH_OK);
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 0, NULL, 0), BH_E_TIMEOUT);
	carrier_event(&c);
	carrier_event(&c);
	session();
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_int_equal(head.bytes, 0);
	assert_int_equal(status_of(BH_SERIAL_ACK, 0, 0, NULL, 0), BH_OK);
	assert_false(request(BH_SERIAL_RECEIVE, 0, 100, NULL, 0));
	carrier_event(&c); /* to a program that has died meanwhile */
	assert_true(hear());
	session();
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	carrier_event(&c); /* one more, before the first was dealt with */
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 0, NULL, 0), BH_OK);
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 0, NULL, 0), BH_E_TIMEOUT);
}

static void a_notice_is_given_once(void **state)
{
	(void)state;
	begin(BH_PORT_SIGNAL, true, 0, 0);
	session();
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, NULL, 0), BH_OK);
	assert_true(repeat(BH_SERIAL_SEND, 0, 0, NULL, 0));
	assert_int_equal(fake.sent, 1);
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, "x", 1), BH_E_ARG);
	fake.peer_runs = false;
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, NULL, 0), BH_E_PEER);
}

/* --- calls --- */

static void a_call_brings_its_reply_and_is_made_once(void **state)
{
	(void)state;
	begin(BH_PORT_CALL, true, 64, 512);
	session();
	assert_int_equal(status_of(BH_SERIAL_CALL, 0, 100, "question", 8), BH_OK);
	assert_message(0, 512);
	memset(window, 0, 8);
	assert_true(repeat(BH_SERIAL_CALL, 0, 100, "question", 8));
	assert_int_equal(head.status, BH_OK);
	assert_int_equal(fake.sent, 1);
	assert_int_equal(status_of(BH_SERIAL_CALL, 0, 5, "question", 8), BH_E_TIMEOUT);
}

static void a_call_without_a_time_or_with_too_long_a_one_is_refused(void **state)
{
	(void)state;
	begin(BH_PORT_CALL, true, 64, 64);
	session();
	assert_int_equal(status_of(BH_SERIAL_CALL, 0, 0, "q", 1), BH_E_ARG);
	assert_int_equal(status_of(BH_SERIAL_CALL, 0, BH_SERIAL_CALL_MAX_MS + 1, "q", 1), BH_E_ARG);
	assert_int_equal(fake.sent, 0);
}

static void a_request_is_served_until_it_is_replied_to(void **state)
{
	(void)state;
	begin(BH_PORT_CALL, false, 64, 32);
	session();
	assert_int_equal(status_of(BH_SERIAL_REPLY, 0, 0, "r", 1), BH_E_STATE);
	fake.waiting = 1;
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_message(0, 64);
	session(); /* the server died; and what is no reply does not end a request */
	assert_int_equal(status_of(BH_SERIAL_ACK, 0, 0, NULL, 0), BH_OK);
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 0, NULL, 0), BH_OK);
	assert_message(0, 64);
	assert_true(head.flags & BH_SERIAL_AGAIN);
	assert_int_equal(status_of(BH_SERIAL_REPLY, 0, 0, window, 33), BH_E_ARG);
	assert_int_equal(status_of(BH_SERIAL_REPLY, 0, 0, "reply", 5), BH_OK);
	assert_true(repeat(BH_SERIAL_REPLY, 0, 0, "reply", 5));
	assert_int_equal(fake.sent, 1);
	fake.waiting = 1;
	fake.late = 1;
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_int_equal(status_of(BH_SERIAL_REPLY, 0, 0, "reply", 5), BH_E_TIMEOUT);
	assert_int_equal(status_of(BH_SERIAL_REPLY, 0, 0, "reply", 5), BH_E_STATE);
}

/* --- lives --- */

static void messages_for_a_life_that_ended_are_dropped_unless_the_channel_keeps_them(void **state)
{
	(void)state;
	for (uint32_t keeps = 0; keeps < 2; keeps++) {
		begin(BH_PORT_QUEUING, false, 32, 0);
		fake.info.flags |= keeps ? BH_INFO_PORT_KEEP : 0;
		fake.waiting = 3;
		session();
		assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
		carrier_reset(&c, ++life); /* it ended */
		fake.waiting += 1;
		carrier_reset(&c, life); /* it begins: what came meanwhile is for it */
		assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_SERIAL_E_SESSION);
		session();
		assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
		assert_message(keeps ? 0 : 3, 32);
	}
}

static void a_bridge_that_was_restarted_goes_on_with_the_session(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, false, 4096, 0);
	session();
	for (uint32_t i = 0; i < 10; i++) {
		fake.bytes = 1 + i * 400;
		fake.waiting = 1;
		assert_int_equal(status_of(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 0, NULL, 0), BH_OK);
		bridge_starts();
		assert_true(repeat(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 0, NULL, 0));
		assert_message(i, fake.bytes);
		assert_false(head.flags & BH_SERIAL_AGAIN);
	}
	assert_false(request(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 1000, NULL, 0));
	bridge_starts();
	fake.waiting = 1;
	assert_true(repeat(BH_SERIAL_RECEIVE, BH_SERIAL_TAKEN, 1000, NULL, 0));
	assert_message(10, fake.bytes);
}

static void memory_that_says_nothing_sensible_begins_anew(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, false, 32, 0);
	memset(&kept, 0x5a, sizeof kept);
	kept.magic = CARRIER_KEPT;
	bridge_starts();
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_SERIAL_E_SESSION);
	fake.waiting = 1;
	session();
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	assert_message(0, 32);
}

/* The bridge dies in the port's call; the same request to its next life. */
static int status_after_death(enum fake_death when, uint8_t type)
{
	fake.die = when;
	if (!setjmp(fake.grave)) {
		request(type, 0, 100, "m", 1);
		fail_msg("it did not die");
	}
	bridge_starts();
	assert_true(repeat(type, 0, 100, "m", 1));
	return head.status;
}

static void a_bridge_that_died_in_the_middle_says_that_it_does_not_know(void **state)
{
	(void)state;
	begin(BH_PORT_QUEUING, true, 32, 0);
	session();
	assert_int_equal(status_after_death(FAKE_DIES_BEFORE, BH_SERIAL_SEND), BH_SERIAL_E_FATE);
	assert_int_equal(status_after_death(FAKE_DIES_AFTER, BH_SERIAL_SEND), BH_SERIAL_E_FATE);
	assert_int_equal(fake.sent, 1);
	assert_int_equal(status_of(BH_SERIAL_SEND, 0, 0, "n", 1), BH_OK);
	bridge_starts(); /* and one that was done is known to be done */
	assert_true(repeat(BH_SERIAL_SEND, 0, 0, "n", 1));
	assert_int_equal(head.status, BH_OK);
	assert_int_equal(fake.sent, 2);
	begin(BH_PORT_CALL, true, 32, 32);
	session();
	assert_int_equal(status_after_death(FAKE_DIES_AFTER, BH_SERIAL_CALL), BH_SERIAL_E_FATE);
	assert_int_equal(status_of(BH_SERIAL_CALL, 0, 100, "n", 1), BH_OK);
	bridge_starts(); /* the reply was in its memory only */
	assert_true(repeat(BH_SERIAL_CALL, 0, 100, "n", 1));
	assert_int_equal(head.status, BH_SERIAL_E_FATE);
}

static void a_request_that_a_bridge_took_ends_with_it(void **state)
{
	(void)state;
	begin(BH_PORT_CALL, false, 32, 32);
	fake.waiting = 1;
	session();
	assert_int_equal(status_of(BH_SERIAL_RECEIVE, 0, 0, NULL, 0), BH_OK);
	fake.serving = false; /* the kernel told the caller */
	bridge_starts();
	assert_int_equal(status_of(BH_SERIAL_REPLY, 0, 0, "r", 1), BH_E_STATE);
}

/* --- anything, at any time --- */

static uint64_t seed;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

/* The line, as an evil one: part of the bytes, then another program, or another bridge. */
static bool spoil(uint8_t type, uint8_t flags, const void *message, uint32_t bytes)
{
	uint8_t line[BH_SERIAL_LINE_MAX];
	uint32_t n = make(line, type, flags, 0, message, bytes);

	say(line, any(n));
	if (any(2))
		bridge_starts();
	hear();
	return any(3) == 0; /* and the program dies, too */
}

/*
 * A request until it is answered, with whatever happens on the way. False: the program died. The
 * answer's status is in head.
 */
static bool stubborn(uint8_t type, uint8_t flags, const void *message, uint32_t bytes)
{
	sequence++;
	for (;;) {
		if (setjmp(fake.grave)) {
			bridge_starts();
			continue;
		}
		if (any(8) == 0 && spoil(type, flags, message, bytes))
			return false;
		fake.die = any(6) ? FAKE_LIVES : any(2) ? FAKE_DIES_BEFORE
							: FAKE_DIES_AFTER;
		if (repeat(type, flags, 0, message, bytes) && any(8)) { /* or the answer gets lost */
			fake.die = FAKE_LIVES;
			return true;
		}
		fake.die = FAKE_LIVES;
	}
}

/* Longer ones in the window. */
static bool stubborn_send(uint32_t number, uint32_t bytes)
{
	uint8_t message[BH_SERIAL_INLINE];
	bool wide = bytes > BH_SERIAL_INLINE;

	fake_fill(wide ? (void *)window : message, number, bytes);
	return stubborn(BH_SERIAL_SEND, wide ? BH_SERIAL_WINDOW : 0, wide ? NULL : message, bytes);
}

static void what_was_sent_was_sent_once_whoever_dies_when(void **state)
{
	uint8_t right[400];

	(void)state;
	begin(BH_PORT_QUEUING, true, 400, 0);
	for (uint32_t number = 0; number < 20000; number++) {
		uint32_t before, bytes = 4 + any(397);
		bool alive;

		seed = number + 1;
		fake.room = any(4) ? 1 : 0;
		session(); /* the zero at its beginning may complete what a program that died had said */
		before = fake.sent;
		alive = stubborn_send(number, bytes);
		if (alive && head.status == BH_OK)
			assert_int_equal(fake.sent, before + 1);
		else if (alive && head.status == BH_E_TIMEOUT)
			assert_int_equal(fake.sent, before);
		else
			assert_in_range(fake.sent, before, before + 1);
		if (alive)
			assert_true(head.status == BH_OK || head.status == BH_E_TIMEOUT || head.status == BH_SERIAL_E_FATE);
		if (fake.sent == before)
			continue;
		fake_fill(right, number, bytes);
		assert_int_equal(fake.last_bytes, bytes);
		assert_memory_equal(fake.last, right, bytes);
	}
}

/* Every message in order, each once, or again with the flag that says so; but for those that the bridge died with in its hands. */
static void what_comes_is_received_whoever_dies_when(void **state)
{
	uint32_t expected = 0, got = 0;
	bool dealt_with = true; /* the last one that arrived */

	(void)state;
	begin(BH_PORT_QUEUING, false, 400, 0);
	session();
	for (uint32_t i = 0; i < 30000; i++) {
		uint32_t number, lost = fake.died_taking;

		seed = i + 1;
		fake.waiting = any(5);
		fake.bytes = 4 + fake.next * 13 % 397;
		if (fake.waiting > 1)
			fake.waiting = 1; /* each has its own length */
		if (!stubborn(BH_SERIAL_RECEIVE, dealt_with && got ? BH_SERIAL_TAKEN : 0, NULL, 0)) {
			expected += fake.died_taking - lost;
			/* the program died before or after the bridge knew that it was done with the last one */
			session();
			dealt_with = false;
			continue;
		}
		expected += fake.died_taking - lost;
		if (head.status == BH_E_TIMEOUT) {
			continue;
		}
		assert_int_equal(head.status, BH_OK);
		memcpy(&number, head.flags & BH_SERIAL_WINDOW ? (uint8_t *)window : rest + sizeof(struct bh_serial_stamp), 4);
		if (head.flags & BH_SERIAL_AGAIN && number + 1 == expected) {
			dealt_with = true;
			continue; /* and that is the program's affair */
		}
		assert_int_equal(number, expected);
		assert_message(number, 4 + number * 13 % 397);
		expected++;
		got++;
		dealt_with = true;
	}
	assert_true(got > 5000);
}

/* So that the bridge's turn can end with it: what comes at once are many calls, each of which may wait. */
static void whoever_gives_bytes_learns_where_a_frame_has_ended(void **state)
{
	uint8_t line[BH_FRAME_LINE(BH_FRAME_MAX)];
	uint32_t n = make(line, BH_SERIAL_STATE, 0, 0, NULL, 0);

	(void)state;
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(carrier_take(&c, line[i]), i == n - 1);
	assert_false(carrier_take(&c, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_greeting_is_answered_with_what_the_end_is),
		cmocka_unit_test(nothing_is_done_without_a_session),
		cmocka_unit_test(what_is_no_request_is_not_answered),
		cmocka_unit_test(whoever_gives_bytes_learns_where_a_frame_has_ended),
		cmocka_unit_test(a_frame_that_was_not_finished_does_not_hide_the_next),
		cmocka_unit_test(an_unknown_request_is_told_so),
		cmocka_unit_test(the_state_is_the_ports),
		cmocka_unit_test(a_message_is_sent_once_however_often_it_is_repeated),
		cmocka_unit_test(a_full_queue_is_waited_for_and_the_message_goes_when_there_is_room),
		cmocka_unit_test(a_full_queue_is_told_when_the_time_is_over),
		cmocka_unit_test(a_new_request_ends_the_wait_of_the_one_before),
		cmocka_unit_test(a_receiver_that_does_not_run_is_told),
		cmocka_unit_test(no_size_but_the_channels_reaches_the_port),
		cmocka_unit_test(what_the_other_end_does_is_refused),
		cmocka_unit_test(a_long_message_goes_through_the_window),
		cmocka_unit_test(a_window_that_is_too_small_is_not_overrun),
		cmocka_unit_test(a_message_is_kept_until_it_is_acknowledged),
		cmocka_unit_test(a_long_message_comes_through_the_window),
		cmocka_unit_test(who_waits_is_told_when_a_message_comes),
		cmocka_unit_test(nobody_waits_longer_than_the_bound),
		cmocka_unit_test(a_sender_that_does_not_run_is_told_unless_one_is_patient),
		cmocka_unit_test(a_value_is_read_whether_new_or_not_and_only_a_new_one_ends_a_wait),
		cmocka_unit_test(a_notice_is_kept_until_it_is_dealt_with),
		cmocka_unit_test(a_notice_is_given_once),
		cmocka_unit_test(a_call_brings_its_reply_and_is_made_once),
		cmocka_unit_test(a_call_without_a_time_or_with_too_long_a_one_is_refused),
		cmocka_unit_test(a_request_is_served_until_it_is_replied_to),
		cmocka_unit_test(messages_for_a_life_that_ended_are_dropped_unless_the_channel_keeps_them),
		cmocka_unit_test(a_bridge_that_was_restarted_goes_on_with_the_session),
		cmocka_unit_test(memory_that_says_nothing_sensible_begins_anew),
		cmocka_unit_test(a_bridge_that_died_in_the_middle_says_that_it_does_not_know),
		cmocka_unit_test(a_request_that_a_bridge_took_ends_with_it),
		cmocka_unit_test(what_was_sent_was_sent_once_whoever_dies_when),
		cmocka_unit_test(what_comes_is_received_whoever_dies_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
