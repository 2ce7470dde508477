/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One port as the bridge sees it, made of arrays, with a clock that only the test moves. It refuses by
 * assertion what the kernel would put in the health log: the bridge must not pass a guest's mistakes on.
 * `die` lets the bridge end inside a call of the port: before or after the port has done it.
 */
#ifndef TESTS_UNIT_FAKE_PORT_H
#define TESTS_UNIT_FAKE_PORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef assert_true /* a fuzzer has its own */
#include <cmocka.h>
#endif

#include "abi/port.h"
#include "sdk/bh_port.h"
#include "services/bridge/carrier.h"

#define FAKE_PORT 5u
#define FAKE_DEEP 8u

enum fake_death {
	FAKE_LIVES,
	FAKE_DIES_BEFORE,
	FAKE_DIES_AFTER,
};

static struct fake {
	struct bh_info_entry info;
	uint64_t buffer[BH_MESSAGE_MAX / 8];
	uint64_t now;
	bool peer_runs;

	/* what was sent, the last of it, and what may still be */
	uint32_t sent, room;
	uint8_t last[BH_MESSAGE_MAX];
	uint32_t last_bytes;

	/* what comes: a queue of numbers; message n has its bytes from fake_fill() */
	uint32_t next, waiting, bytes;
	bool lost, fresh;
	uint64_t slot[BH_MESSAGE_MAX / 8];
	bool serving; /* call: a request was taken and not replied to */
	uint32_t replies, late;

	enum fake_death die;
	uint32_t died_taking; /* messages that were the bridge's when it died, and nobody's since */
	jmp_buf grave;
} fake;

static inline void fake_fill(void *to, uint32_t number, uint32_t bytes)
{
	uint8_t *p = to;

	for (uint32_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(number * 31 + i * 7 + (i >> 8));
	if (bytes >= 4)
		memcpy(p, &number, 4);
}

static inline void fake_die(enum fake_death when)
{
	if (fake.die != when)
		return;
	fake.die = FAKE_LIVES;
	longjmp(fake.grave, 1);
}

static inline enum bh_status fake_accept(const void *message, uint32_t bytes, uint64_t most)
{
	assert_in_range(bytes, 1, most);
	fake_die(FAKE_DIES_BEFORE);
	memcpy(fake.last, message, bytes);
	fake.last_bytes = bytes;
	fake.sent++;
	fake_die(FAKE_DIES_AFTER);
	return BH_OK;
}

static inline void fake_is(uint32_t port, enum bh_port_kind kind, bool sends)
{
	assert_int_equal(port, FAKE_PORT);
	assert_int_equal(BH_INFO_PORT_KIND(fake.info.flags), kind);
	assert_int_equal(!!(fake.info.flags & BH_INFO_PORT_SEND), sends);
}

static inline void fake_show(struct bh_message *m, uint32_t number)
{
	memset(fake.slot, 0xee, sizeof fake.slot);
	fake_fill(fake.slot, number, fake.bytes);
	*m = (struct bh_message){ .data = fake.slot, .bytes = fake.bytes, .time = fake.now, .fresh = true, .valid = true };
}

uint64_t carrier_now(void)
{
	return fake.now;
}

uint64_t carrier_ticks(uint32_t ms)
{
	return ms * 1000000ull;
}

uint64_t carrier_ns(uint64_t ticks)
{
	return ticks;
}

void *bh_port_buffer(uint32_t port)
{
	uint32_t out = BH_INFO_PORT_KIND(fake.info.flags) == BH_PORT_CALL && !(fake.info.flags & BH_INFO_PORT_SEND)
			       ? fake.info.reply_bytes
			       : (uint32_t)fake.info.bytes;

	assert_int_equal(port, FAKE_PORT);
	return out > BH_SHORT_BYTES ? fake.buffer : NULL;
}

enum bh_status bh_signal_send(uint32_t port)
{
	fake_is(port, BH_PORT_SIGNAL, true);
	if (!fake.peer_runs)
		return BH_E_PEER;
	fake_die(FAKE_DIES_BEFORE);
	fake.sent++;
	fake_die(FAKE_DIES_AFTER);
	return BH_OK;
}

enum bh_status bh_sampling_write(uint32_t port, const void *message, uint32_t bytes)
{
	fake_is(port, BH_PORT_SAMPLING, true);
	return fake_accept(message, bytes, fake.info.bytes);
}

enum bh_status bh_queue_send(uint32_t port, const void *message, uint32_t bytes, uint64_t deadline)
{
	fake_is(port, BH_PORT_QUEUING, true);
	assert_true(deadline == BH_NO_WAIT);
	if (!fake.peer_runs)
		return BH_E_PEER;
	if (!fake.room)
		return BH_E_AGAIN;
	fake.room--;
	return fake_accept(message, bytes, fake.info.bytes);
}

/* The value is number `next`; `fresh` until it is read. */
enum bh_status bh_sampling_view(uint32_t port, struct bh_message *m)
{
	fake_is(port, BH_PORT_SAMPLING, false);
	if (!fake.waiting)
		return fake.peer_runs ? BH_E_AGAIN : BH_E_PEER;
	fake_show(m, fake.next);
	m->fresh = fake.fresh;
	m->valid = fake.peer_runs;
	fake.fresh = false;
	return BH_OK;
}

enum bh_status bh_sampling_wait(uint32_t port, struct bh_message *m, uint64_t deadline)
{
	assert_true(deadline == BH_NO_WAIT);
	if (!fake.waiting || !fake.fresh)
		return fake.peer_runs ? BH_E_AGAIN : BH_E_PEER;
	return bh_sampling_view(port, m);
}

enum bh_status bh_queue_view(uint32_t port, struct bh_message *m, uint64_t deadline)
{
	fake_is(port, BH_PORT_QUEUING, false);
	assert_true(deadline == BH_NO_WAIT);
	if (!fake.waiting)
		return fake.peer_runs ? BH_E_AGAIN : BH_E_PEER;
	fake_die(FAKE_DIES_BEFORE);
	fake.waiting--;
	fake_show(m, fake.next++);
	m->lost = fake.lost;
	fake.lost = false;
	if (fake.die == FAKE_DIES_AFTER)
		fake.died_taking++;
	fake_die(FAKE_DIES_AFTER);
	return BH_OK;
}

enum bh_status bh_queue_clear(uint32_t port)
{
	fake_is(port, BH_PORT_QUEUING, false);
	fake.next += fake.waiting;
	fake.waiting = 0;
	return BH_OK;
}

/* The server answers with the next number, and takes 10 ms. */
enum bh_status bh_port_call(uint32_t port, const void *request, uint32_t bytes, struct bh_message *reply, uint64_t deadline)
{
	enum bh_status status;

	fake_is(port, BH_PORT_CALL, true);
	assert_true(deadline > fake.now && deadline != BH_NEVER);
	if (!fake.peer_runs)
		return BH_E_PEER;
	status = fake_accept(request, bytes, fake.info.bytes);
	if (deadline < fake.now + carrier_ticks(10)) {
		fake.now = deadline;
		return BH_E_TIMEOUT;
	}
	fake.now += carrier_ticks(10);
	fake_show(reply, fake.next++);
	return status;
}

enum bh_status bh_port_request(uint32_t port, struct bh_message *request, uint64_t deadline)
{
	fake_is(port, BH_PORT_CALL, false);
	assert_true(deadline == BH_NO_WAIT);
	assert_false(fake.serving);
	if (!fake.waiting)
		return fake.peer_runs ? BH_E_AGAIN : BH_E_PEER;
	fake.waiting--;
	fake.serving = true;
	fake_show(request, fake.next++);
	return BH_OK;
}

enum bh_status bh_port_reply(uint32_t port, const void *reply, uint32_t bytes)
{
	fake_is(port, BH_PORT_CALL, false);
	assert_true(fake.serving);
	fake.serving = false;
	if (fake.late) {
		fake.late--;
		return BH_E_TIMEOUT;
	}
	return fake_accept(reply, bytes, fake.info.reply_bytes);
}

enum bh_status bh_port_state(uint32_t port, struct bh_port_state *state)
{
	assert_int_equal(port, FAKE_PORT);
	*state = (struct bh_port_state){ .waiting = fake.waiting, .dropped = 7, .peer_runs = fake.peer_runs, .peer_ends = 3 };
	return BH_OK;
}

/* A new port of that kind, its partner running. */
static inline void fake_begin(enum bh_port_kind kind, bool sends, uint32_t bytes, uint32_t reply_bytes)
{
	memset(&fake, 0, sizeof fake);
	fake.info = (struct bh_info_entry){ .kind = BH_INFO_PORT,
					    .cap = FAKE_PORT,
					    .flags = (uint32_t)kind | (sends ? BH_INFO_PORT_SEND : 0),
					    .bytes = bytes,
					    .reply_bytes = reply_bytes,
					    .depth = FAKE_DEEP,
					    .name = "channel",
					    .peer = "partner" };
	fake.now = 1000;
	fake.peer_runs = true;
	fake.room = FAKE_DEEP;
	fake.bytes = kind == BH_PORT_CALL && sends ? reply_bytes : bytes;
}

#endif
