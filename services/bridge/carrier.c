/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol, from whole frames to calls of the port and back. The guest is not trusted: lengths are
 * checked here, so that no mistake of its becomes one of this partition's, and words of the window are read once.
 */
#include "services/bridge/carrier.h"

#include <stddef.h>

#include "abi/port.h"
#include "abi/status.h"
#include "sdk/bh_port.h"

static void note(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE); /* in program order: a next life reads what is here */
}

static void copy_bytes(void *to, const void *from, uint32_t bytes)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	for (uint32_t i = 0; i < bytes; i++)
		t[i] = f[i];
}

/* Both aligned, with room for whole words. The window is Device memory to the guest and uncached here. */
static void copy_words(uint64_t *to, const uint64_t *from, uint32_t bytes)
{
	for (uint32_t i = 0; i < (bytes + 7) / 8; i++)
		__atomic_store_n(&to[i], __atomic_load_n(&from[i], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

/* What was stored to the window is seen by the guest before the frame that speaks of it. */
static void window_written(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#ifdef __aarch64__
	__asm__ volatile("dsb sy" ::
				 : "memory"); /* the fence above orders inner shareable memory only */
#endif
}

static enum bh_port_kind kind(const struct carrier *c)
{
	return (enum bh_port_kind)BH_INFO_PORT_KIND(c->port->flags);
}

static bool sends(const struct carrier *c)
{
	return c->port->flags & BH_INFO_PORT_SEND;
}

/* --- answers --- */

struct answer {
	int64_t status;
	uint8_t flags;
	uint32_t bytes;	  /* of the message */
	const void *data; /* NULL: it is in the window already */
	uint64_t time;
};

static uint32_t put_stamp(uint8_t *to, uint64_t time)
{
	struct bh_serial_stamp stamp = { .time = time, .age_ns = carrier_ns(carrier_now() - time) };

	copy_bytes(to, &stamp, sizeof stamp);
	return sizeof stamp;
}

/* @data: in a slot, or anything that is aligned and has whole words. A message without a place is none. */
static uint32_t put_message(struct carrier *c, uint8_t *to, struct bh_serial_head *head, const struct answer *a)
{
	if (a->bytes <= BH_SERIAL_INLINE) {
		copy_bytes(to, a->data, a->bytes);
		return a->bytes;
	}
	head->flags |= BH_SERIAL_WINDOW;
	if (a->data) {
		copy_words(c->window, a->data, a->bytes);
		window_written();
	}
	return 0;
}

static void answer(struct carrier *c, uint8_t type, uint32_t sequence, const struct answer *a)
{
	struct bh_serial_head head = { .type = type | BH_SERIAL_ANSWER,
				       .flags = a->flags,
				       .status = (int8_t)a->status,
				       .sequence = sequence,
				       .bytes = a->bytes };
	uint8_t frame[BH_SERIAL_FRAME_MAX];
	uint32_t n = sizeof head;

	if (a->flags & BH_SERIAL_STAMP)
		n += put_stamp(frame + n, a->time);
	n += put_message(c, frame + n, &head, a);
	copy_bytes(frame, &head, sizeof head);
	c->out_bytes = bh_frame_write(c->out, frame, n);
	c->out_at = 0;
	c->out_sequence = sequence;
}

/* The outcome of the request under way, noted before it is told. */
static void finish(struct carrier *c, uint8_t type, const struct answer *a)
{
	c->pending = 0;
	c->kept->status = (int32_t)a->status;
	note(&c->kept->progress, CARRIER_DONE);
	answer(c, type, c->kept->sequence, a);
}

static void finish_status(struct carrier *c, uint8_t type, int64_t status)
{
	finish(c, type, &(struct answer){ .status = status });
}

/* --- what the guest sends --- */

static int64_t port_send(const struct carrier *c, const void *message)
{
	switch (kind(c)) {
	case BH_PORT_SIGNAL: return bh_signal_send(c->port->cap);
	case BH_PORT_SAMPLING: return bh_sampling_write(c->port->cap, message, c->bytes);
	case BH_PORT_QUEUING: return bh_queue_send(c->port->cap, message, c->bytes, BH_NO_WAIT);
	case BH_PORT_CALL: break;
	}
	return BH_E_ARG;
}

/* Where take_message() has put it. */
static const void *message_at(const struct carrier *c)
{
	return c->bytes > BH_SERIAL_INLINE ? bh_port_buffer(c->port->cap) : c->message;
}

static bool over(const struct carrier *c)
{
	return carrier_now() >= c->until;
}

static void look_send(struct carrier *c)
{
	int64_t status;

	note(&c->kept->progress, CARRIER_DOING);
	status = port_send(c, message_at(c));
	if (status == BH_E_AGAIN || status == BH_E_STATE) {
		if (!over(c)) {
			note(&c->kept->progress, CARRIER_IDLE);
			return;
		}
		status = BH_E_TIMEOUT;
	}
	finish_status(c, BH_SERIAL_SEND, status);
}

/* A description's channels have a window where they need one; that of another tool might not. */
static bool has_place(const struct carrier *c, uint32_t bytes)
{
	return bytes <= BH_SERIAL_INLINE || bytes <= c->window_bytes;
}

static void do_call(struct carrier *c, uint32_t ms)
{
	struct bh_message reply = { 0 };
	struct answer a = { 0 };

	note(&c->kept->progress, CARRIER_DOING);
	a.status = bh_port_call(c->port->cap, message_at(c), c->bytes, &reply, carrier_now() + carrier_ticks(ms));
	if (a.status == BH_OK && !has_place(c, reply.bytes))
		a.status = BH_E_ARG;
	if (a.status == BH_OK) {
		a.flags = BH_SERIAL_STAMP;
		a.bytes = reply.bytes;
		a.data = reply.data;
		a.time = reply.time;
	}
	finish(c, BH_SERIAL_CALL, &a);
}

/* Whatever the kernel says to a reply, the request is done with. */
static void do_reply(struct carrier *c)
{
	int64_t status;

	if (!c->kept->held) {
		finish_status(c, BH_SERIAL_REPLY, BH_E_STATE);
		return;
	}
	note(&c->kept->progress, CARRIER_DOING);
	status = bh_port_reply(c->port->cap, message_at(c), c->bytes);
	note(&c->kept->held, 0);
	finish_status(c, BH_SERIAL_REPLY, status);
}

/* --- what it receives --- */

/* The kernel's slot is free for another; what is in `kept` and the window is the message from now on. */
static void hold(struct carrier *c, const struct bh_message *m)
{
	struct carrier_kept *k = c->kept;

	if (m->bytes > BH_SERIAL_INLINE) {
		copy_words(c->window, m->data, m->bytes);
		window_written();
	} else {
		copy_bytes(k->data, m->data, m->bytes);
	}
	k->held_time = m->time;
	k->held_lost = m->lost;
	k->held_sequence = k->sequence;
	note(&k->held, m->bytes);
}

static int64_t fetch(struct carrier *c)
{
	struct bh_message m = { 0 };
	int64_t status = kind(c) == BH_PORT_CALL ? bh_port_request(c->port->cap, &m, BH_NO_WAIT)
						 : bh_queue_view(c->port->cap, &m, BH_NO_WAIT);

	if (status != BH_OK)
		return status;
	if (!has_place(c, m.bytes))
		return BH_E_ARG;
	hold(c, &m);
	return BH_OK;
}

static void finish_held(struct carrier *c)
{
	const struct carrier_kept *k = c->kept;
	struct answer a = { .flags = BH_SERIAL_STAMP, .bytes = k->held, .time = k->held_time };

	if (k->held <= BH_SERIAL_INLINE)
		a.data = k->data;
	if (k->held_lost)
		a.flags |= BH_SERIAL_LOST;
	if (k->held_sequence != k->sequence)
		a.flags |= BH_SERIAL_AGAIN;
	finish(c, BH_SERIAL_RECEIVE, &a);
}

/* Nothing there: goes on waiting, or tells. */
static void none(struct carrier *c, int64_t status)
{
	bool dead = status == BH_E_PEER && !c->patient && kind(c) != BH_PORT_CALL;

	if (status == BH_E_AGAIN || status == BH_E_TIMEOUT || status == BH_E_PEER || status == BH_E_STATE) {
		if (!dead && !over(c))
			return;
		status = dead ? BH_E_PEER : BH_E_TIMEOUT;
	}
	finish_status(c, BH_SERIAL_RECEIVE, status);
}

static void look_queue(struct carrier *c)
{
	int64_t status = c->kept->held ? BH_OK : fetch(c);

	if (status == BH_OK)
		finish_held(c);
	else
		none(c, status);
}

/* Only who does not wait gets a value that is not new. */
static void look_sampling(struct carrier *c)
{
	struct bh_message m = { 0 };
	struct answer a = { .flags = BH_SERIAL_STAMP };
	int64_t status = c->until ? bh_sampling_wait(c->port->cap, &m, BH_NO_WAIT) : bh_sampling_view(c->port->cap, &m);

	if (status == BH_OK && !has_place(c, m.bytes))
		status = BH_E_ARG;
	if (status != BH_OK) {
		none(c, status);
		return;
	}
	if (m.fresh)
		a.flags |= BH_SERIAL_NEW;
	if (m.valid)
		a.flags |= BH_SERIAL_VALID;
	a.bytes = m.bytes;
	a.data = m.data;
	a.time = m.time;
	finish(c, BH_SERIAL_RECEIVE, &a);
}

/* It stays until it is dealt with: who asked may be dead. */
static void look_signal(struct carrier *c)
{
	if (!c->signalled) {
		none(c, BH_E_AGAIN);
		return;
	}
	c->told = true;
	c->told_sequence = c->kept->sequence;
	finish_status(c, BH_SERIAL_RECEIVE, BH_OK);
}

static void look_receive(struct carrier *c)
{
	switch (kind(c)) {
	case BH_PORT_SIGNAL: look_signal(c); break;
	case BH_PORT_SAMPLING: look_sampling(c); break;
	case BH_PORT_QUEUING:
	case BH_PORT_CALL: look_queue(c); break;
	}
}

/* What was given as the answer to this very request has not been dealt with yet: the request came twice. */
static void dealt_with(struct carrier *c)
{
	uint32_t now = c->kept->sequence;

	if (kind(c) == BH_PORT_QUEUING && c->kept->held_sequence != now)
		note(&c->kept->held, 0);
	if (c->told && c->told_sequence != now)
		c->signalled = c->told = false;
}

/* --- the rest --- */

static void copy_name(char *to, const char *from)
{
	copy_bytes(to, from, BH_NAME_BYTES);
}

static void do_hello(struct carrier *c)
{
	const struct bh_info_entry *e = c->port;
	struct bh_serial_hello hello = { .version = BH_SERIAL_VERSION,
					 .flags = e->flags,
					 .bytes = (uint32_t)e->bytes,
					 .reply_bytes = e->reply_bytes,
					 .depth = e->depth,
					 .window_bytes = c->window_bytes,
					 .period_ns = e->period_ns };

	copy_name(hello.name, e->name);
	copy_name(hello.peer, e->peer);
	finish(c, BH_SERIAL_HELLO, &(struct answer){ .bytes = sizeof hello, .data = &hello });
}

static void do_state(struct carrier *c)
{
	struct bh_port_state s = { 0 };
	struct bh_serial_state state;
	int64_t status = bh_port_state(c->port->cap, &s);

	state.waiting = s.waiting + (kind(c) == BH_PORT_QUEUING && c->kept->held);
	state.peer = (uint64_t)s.peer_ends << 1 | s.peer_runs;
	state.dropped = s.dropped;
	if (status == BH_OK)
		finish(c, BH_SERIAL_STATE, &(struct answer){ .bytes = sizeof state, .data = &state });
	else
		finish_status(c, BH_SERIAL_STATE, status);
}

/* --- requests --- */

/* Is this a request to this end? */
static bool may(const struct carrier *c, uint8_t type)
{
	bool call = kind(c) == BH_PORT_CALL;

	switch (type) {
	case BH_SERIAL_SEND: return sends(c) && !call;
	case BH_SERIAL_CALL: return sends(c) && call;
	case BH_SERIAL_REPLY: return !sends(c) && call;
	default: return !sends(c);
	}
}

static bool size_ok(const struct carrier *c, const struct bh_serial_head *h)
{
	uint64_t most = h->type == BH_SERIAL_REPLY ? c->port->reply_bytes : c->port->bytes;

	return kind(c) == BH_PORT_SIGNAL ? h->bytes == 0 : h->bytes && h->bytes <= most;
}

/* The message is brought to where the port takes it from. @inline_bytes: what stands behind the head. */
static bool take_message(struct carrier *c, const struct bh_serial_head *h, uint32_t inline_bytes)
{
	uint64_t *buffer = bh_port_buffer(c->port->cap);

	c->bytes = h->bytes;
	if (!size_ok(c, h))
		return false;
	if (!(h->flags & BH_SERIAL_WINDOW)) {
		if (inline_bytes != h->bytes || inline_bytes > sizeof c->message)
			return false;
		copy_bytes(c->message, c->in.data + sizeof *h, inline_bytes);
		return true;
	}
	if (inline_bytes || h->bytes <= BH_SERIAL_INLINE || h->bytes > c->window_bytes || !buffer)
		return false;
	copy_words(buffer, c->window, h->bytes);
	return true;
}

static void wait_at_most(struct carrier *c, const struct bh_serial_head *h)
{
	uint32_t ms = h->time_ms < BH_SERIAL_WAIT_MAX_MS ? h->time_ms : BH_SERIAL_WAIT_MAX_MS;

	c->pending = h->type;
	c->patient = h->flags & BH_SERIAL_PATIENT;
	c->until = ms ? carrier_now() + carrier_ticks(ms) : 0;
}

static void do_sending(struct carrier *c, const struct bh_serial_head *h, uint32_t inline_bytes)
{
	bool call_time = h->time_ms && h->time_ms <= BH_SERIAL_CALL_MAX_MS;

	if (!take_message(c, h, inline_bytes) || (h->type == BH_SERIAL_CALL && !call_time)) {
		finish_status(c, h->type, BH_E_ARG);
	} else if (h->type == BH_SERIAL_CALL) {
		do_call(c, h->time_ms);
	} else if (h->type == BH_SERIAL_REPLY) {
		do_reply(c);
	} else {
		wait_at_most(c, h);
		look_send(c);
	}
}

static void do_receive(struct carrier *c, const struct bh_serial_head *h)
{
	if (h->flags & BH_SERIAL_TAKEN)
		dealt_with(c);
	wait_at_most(c, h);
	look_receive(c);
}

static void do_ack(struct carrier *c)
{
	dealt_with(c);
	finish_status(c, BH_SERIAL_ACK, BH_OK);
}

static void do_request(struct carrier *c, const struct bh_serial_head *h, uint32_t inline_bytes)
{
	bool known = h->type > BH_SERIAL_HELLO && h->type <= BH_SERIAL_STATE;

	if (!known || (h->type != BH_SERIAL_STATE && !may(c, h->type))) {
		finish_status(c, h->type, known ? BH_E_RIGHT : BH_E_UNKNOWN);
		return;
	}
	switch (h->type) {
	case BH_SERIAL_RECEIVE: do_receive(c, h); break;
	case BH_SERIAL_ACK: do_ack(c); break;
	case BH_SERIAL_STATE: do_state(c); break;
	default: do_sending(c, h, inline_bytes); break;
	}
}

/* The same request once more: its answer was not seen, or it still waits, or a former life had it. */
static void repeat(struct carrier *c, const struct bh_serial_head *h, uint32_t inline_bytes)
{
	const struct carrier_kept *k = c->kept;
	bool once = h->type == BH_SERIAL_SEND || h->type == BH_SERIAL_CALL || h->type == BH_SERIAL_REPLY;

	if (c->pending)
		return;
	if (k->progress == CARRIER_DONE && c->out_bytes && c->out_sequence == h->sequence)
		c->out_at = 0;
	else if (k->progress == CARRIER_DONE && once)
		answer(c, h->type, h->sequence,
		       &(struct answer){ .status = h->type == BH_SERIAL_CALL && !k->status ? BH_SERIAL_E_FATE : k->status });
	else
		do_request(c, h, inline_bytes);
}

static void begin_session(struct carrier *c, const struct bh_serial_head *h)
{
	c->pending = 0;
	note(&c->kept->session, 0);
	note(&c->kept->sequence, h->sequence);
	note(&c->kept->session, 1);
	do_hello(c);
}

static void take_frame(struct carrier *c, uint32_t bytes)
{
	struct carrier_kept *k = c->kept;
	struct bh_serial_head h;

	if (bytes < sizeof h)
		return;
	copy_bytes(&h, c->in.data, sizeof h);
	if (h.type & BH_SERIAL_ANSWER)
		return;
	if (h.type == BH_SERIAL_HELLO) {
		begin_session(c, &h);
	} else if (!k->session || h.sequence - k->sequence > 1) {
		answer(c, h.type, h.sequence, &(struct answer){ .status = BH_SERIAL_E_SESSION });
	} else if (h.sequence == k->sequence) {
		repeat(c, &h, bytes - (uint32_t)sizeof h);
	} else {
		note(&k->progress, CARRIER_IDLE);
		note(&k->sequence, h.sequence);
		do_request(c, &h, bytes - (uint32_t)sizeof h);
	}
}

bool carrier_take(struct carrier *c, uint8_t byte)
{
	uint32_t n = bh_frame_read(&c->in, byte);

	if (n)
		take_frame(c, n);
	return n != 0;
}

/* --- events, lives --- */

void carrier_look(struct carrier *c)
{
	if (c->pending == BH_SERIAL_SEND)
		look_send(c);
	else if (c->pending == BH_SERIAL_RECEIVE)
		look_receive(c);
}

void carrier_event(struct carrier *c)
{
	if (kind(c) == BH_PORT_SIGNAL && !sends(c)) {
		c->signalled = true;
		c->told = false;
	}
	carrier_look(c);
}

uint64_t carrier_until(const struct carrier *c)
{
	return c->pending ? c->until : BH_NEVER;
}

static void forget(struct carrier *c)
{
	bh_frame_begin(&c->in);
	c->pending = 0;
	c->out_bytes = c->out_at = 0;
}

void carrier_reset(struct carrier *c, uint32_t life)
{
	bool ended = c->kept->life != life;

	forget(c);
	c->signalled = c->told = false;
	note(&c->kept->session, 0);
	note(&c->kept->life, life);
	if (!ended || kind(c) != BH_PORT_QUEUING || sends(c) || (c->port->flags & BH_INFO_PORT_KEEP))
		return;
	note(&c->kept->held, 0);
	(void)!bh_queue_clear(c->port->cap);
}

/* What a former life left, unless it was another program's. A call's request that it had taken has ended with it. */
static void take_over(struct carrier *c, uint32_t life)
{
	struct carrier_kept *k = c->kept;

	if (k->magic != CARRIER_KEPT || k->held > c->port->bytes || !has_place(c, k->held)) {
		*k = (struct carrier_kept){ .life = life };
		note(&k->magic, CARRIER_KEPT);
	}
	if (kind(c) == BH_PORT_CALL)
		note(&k->held, 0);
	if (k->progress != CARRIER_DOING)
		return;
	k->status = BH_SERIAL_E_FATE;
	note(&k->progress, CARRIER_DONE);
}

void carrier_init(struct carrier *c, const struct bh_info_entry *port, uint64_t *window, uint32_t window_bytes,
		  struct carrier_kept *kept, uint32_t life)
{
	c->port = port;
	c->kept = kept;
	c->window = window;
	c->window_bytes = window_bytes;
	c->signalled = true; /* what came while nobody looked is not known */
	c->told = false;
	forget(c);
	take_over(c, life);
}
