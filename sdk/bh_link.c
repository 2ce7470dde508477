/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go-back-N: what is expected is taken, all else is dropped; what is not acknowledged in time is sent
 * again, from the oldest on. In time: twice as long as it took last (RFC 6298, in short), of a packet that was sent once only, for of another nobody
 * knows which one was acknowledged; each time in vain it is twice as long, until a packet says better.
 */
#include "sdk/bh_link.h"

#define AGAIN_MS      200u
#define AGAIN_MOST_MS 4000u
#define OPEN_MOST_MS  1000u

_Static_assert(sizeof(struct bh_link_head) == 8, "as abi/link.h says");
_Static_assert(BH_LINK_PAYLOAD <= 255 && (BH_LINK_RING & (BH_LINK_RING - 1)) == 0, "sizes");

static void copy(void *to, const void *from, uint32_t n)
{
	__builtin_memcpy(to, from, n);
}

/* --- sessions --- */

static void session_begin(struct bh_link *l, uint32_t session, enum bh_link_state state, uint64_t now)
{
	l->session = session;
	l->state = (uint8_t)state;
	l->base = l->first = l->n_out = l->sent = l->ever = l->expected = 0;
	l->owes_ack = l->owes_again = l->owes_opened = l->timed = l->asked = l->refused = false;
	l->wait_ms = AGAIN_MS;
	l->again_at = 0;
	l->heard_at = l->sent_at = now;
	l->in_head = l->in_tail = 0;
}

/* What has arrived stays. */
static void session_end(struct bh_link *l)
{
	l->state = BH_LINK_IS_CLOSED;
	l->n_out = l->sent = l->ever = 0;
	l->owes_ack = l->owes_again = l->owes_opened = false;
}

static bool is_up(const struct bh_link *l)
{
	return l->state == BH_LINK_IS_OPEN || l->state == BH_LINK_IS_CLOSING;
}

void bh_link_begin(struct bh_link *l, uint8_t channel, bool is_pc)
{
	l->channel = channel;
	l->is_pc = is_pc;
	l->version = BH_LINK_VERSION;
	l->owes_closed = false;
	session_begin(l, 0, BH_LINK_IS_CLOSED, 0);
}

void bh_link_open(struct bh_link *l, uint32_t session, uint64_t now_ms)
{
	session_begin(l, session, BH_LINK_IS_OPENING, now_ms);
}

void bh_link_close(struct bh_link *l)
{
	if (l->state == BH_LINK_IS_OPENING)
		l->n_out = 0;
	if (l->state == BH_LINK_IS_OPENING || l->state == BH_LINK_IS_OPEN)
		l->state = BH_LINK_IS_CLOSING;
	if (!l->n_out)
		l->again_at = 0;
}

/* --- the stream --- */

uint32_t bh_link_room(const struct bh_link *l)
{
	uint32_t room = (BH_LINK_WINDOW - l->n_out) * BH_LINK_PAYLOAD;

	if (l->state != BH_LINK_IS_OPEN)
		return 0;
	if (l->n_out > l->ever)
		room += BH_LINK_PAYLOAD - l->out[(l->first + l->n_out - 1u) % BH_LINK_WINDOW].n;
	return room;
}

static uint32_t less(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint32_t bh_link_write(struct bh_link *l, const void *data, uint32_t bytes)
{
	const uint8_t *from = data;
	uint32_t most = less(bytes, bh_link_room(l));

	for (uint32_t done = 0, n; done < most; done += n) {
		uint32_t last = (l->first + l->n_out - 1u) % BH_LINK_WINDOW;

		if (l->n_out == l->ever || l->out[last].n == BH_LINK_PAYLOAD) {
			last = (last + 1) % BH_LINK_WINDOW;
			l->out[last].n = 0;
			l->n_out++;
		}
		n = less(most - done, BH_LINK_PAYLOAD - l->out[last].n);
		copy(l->out[last].data + l->out[last].n, from + done, n);
		l->out[last].n = (uint8_t)(l->out[last].n + n);
	}
	return most;
}

uint32_t bh_link_peek(const struct bh_link *l, const uint8_t **data)
{
	uint32_t at = l->in_tail % BH_LINK_RING;

	*data = l->in + at;
	return less(bh_link_waits(l), BH_LINK_RING - at);
}

/* A packet found no room; now there is some. */
static void ask_again(struct bh_link *l)
{
	l->refused = false;
	l->owes_again = l->owes_ack = l->state == BH_LINK_IS_OPEN || l->state == BH_LINK_IS_CLOSING;
}

void bh_link_skip(struct bh_link *l, uint32_t bytes)
{
	l->in_tail += less(bytes, bh_link_waits(l));
	if (l->refused && bh_link_waits(l) <= BH_LINK_RING / 2)
		ask_again(l);
}

uint32_t bh_link_read(struct bh_link *l, void *to, uint32_t room)
{
	uint32_t most = less(room, bh_link_waits(l));

	for (uint32_t done = 0, n; done < most; done += n) {
		const uint8_t *data;

		n = less(bh_link_peek(l, &data), most - done);
		copy((uint8_t *)to + done, data, n);
		bh_link_skip(l, n);
	}
	return most;
}

/* --- receiving --- */

/* The packet that was timed has arrived, and was sent once. */
static void timing_end(struct bh_link *l, uint64_t now)
{
	uint64_t took = 2 * (now - l->timed_at);

	l->timed = false;
	l->wait_ms = took < AGAIN_MS ? AGAIN_MS : less((uint32_t)took, AGAIN_MOST_MS);
}

/* What was sent before number @next has arrived. A number that was not sent says nothing. */
static void acknowledged(struct bh_link *l, uint8_t next, uint64_t now)
{
	uint8_t n = (uint8_t)(next - l->base);

	if (n == 0 || n > l->ever)
		return;
	if (l->timed && (uint8_t)(l->timed_sequence - l->base) < n)
		timing_end(l, now);
	l->base = next;
	l->first = (uint8_t)((l->first + n) % BH_LINK_WINDOW);
	l->n_out = (uint8_t)(l->n_out - n);
	l->ever = (uint8_t)(l->ever - n);
	l->sent = l->sent > n ? (uint8_t)(l->sent - n) : 0;
	l->again_at = l->n_out ? now + l->wait_ms : 0;
}

/* Not what is expected. Where it is behind that, something was lost, which is asked for once; the time of who sent it does the rest. */
static void missed(struct bh_link *l, uint8_t sequence)
{
	if ((uint8_t)(sequence - l->expected) >= BH_LINK_WINDOW || l->asked || l->refused)
		return;
	l->asked = l->owes_again = true;
}

static void data_come(struct bh_link *l, uint8_t sequence, const uint8_t *data, uint32_t n)
{
	l->owes_ack = true;
	if (sequence != l->expected) {
		missed(l, sequence);
		return;
	}
	l->refused = n > BH_LINK_RING - bh_link_waits(l);
	if (l->refused)
		return;
	l->expected++;
	l->asked = false;
	for (uint32_t i = 0; i < n; i++)
		l->in[l->in_head++ % BH_LINK_RING] = data[i];
}

static void owe_closed(struct bh_link *l, uint32_t session)
{
	l->owes_closed = true;
	l->closed_session = session;
}

/* Monitor. A repeated one is answered again, unless its session has ended. */
static void open_come(struct bh_link *l, const struct bh_link_head *h, uint64_t now)
{
	if (h->sequence != BH_LINK_VERSION || h->session == 0 || (h->session == l->session && !is_up(l))) {
		owe_closed(l, h->session);
		return;
	}
	if (h->session != l->session)
		session_begin(l, h->session, BH_LINK_IS_OPEN, now);
	l->owes_opened = true;
}

static void closed_come(struct bh_link *l, const struct bh_link_head *h)
{
	if (h->session != l->session || l->state == BH_LINK_IS_CLOSED)
		return;
	if (l->state == BH_LINK_IS_OPENING)
		l->version = h->sequence;
	session_end(l);
}

static void opened_come(struct bh_link *l, uint64_t now)
{
	if (l->state != BH_LINK_IS_OPENING)
		return;
	l->state = BH_LINK_IS_OPEN;
	l->heard_at = now;
	l->wait_ms = AGAIN_MS;
	l->again_at = 0;
}

/* From the oldest on. */
static void send_again(struct bh_link *l)
{
	l->sent = 0;
	l->timed = false;
}

/* Of the session that is up. */
static void session_come(struct bh_link *l, const struct bh_link_head *h, const uint8_t *data, uint32_t n, uint64_t now)
{
	l->heard_at = now;
	switch (h->type) {
	case BH_LINK_DATA:
		acknowledged(l, h->next, now);
		data_come(l, h->sequence, data, n);
		break;
	case BH_LINK_PING:
		acknowledged(l, h->next, now);
		l->owes_ack = true;
		break;
	case BH_LINK_ACK:
		acknowledged(l, h->next, now);
		if (h->sequence == BH_LINK_AGAIN)
			send_again(l);
		break;
	case BH_LINK_CLOSE:
		session_end(l);
		owe_closed(l, h->session);
		break;
	}
}

void bh_link_receive(struct bh_link *l, const void *packet, uint32_t bytes, uint64_t now_ms)
{
	struct bh_link_head h;

	if (bytes < sizeof h || bytes > BH_LINK_PACKET)
		return;
	copy(&h, packet, sizeof h);
	if (h.channel != l->channel || h.type < BH_LINK_OPEN || h.type > BH_LINK_PING)
		return;
	if (h.type == BH_LINK_OPEN) {
		if (!l->is_pc)
			open_come(l, &h, now_ms);
	} else if (h.type == BH_LINK_CLOSED) {
		closed_come(l, &h);
	} else if (h.session == l->session && h.type == BH_LINK_OPENED) {
		opened_come(l, now_ms);
	} else if (h.session == l->session && is_up(l)) {
		session_come(l, &h, (const uint8_t *)packet + sizeof h, bytes - (uint32_t)sizeof h, now_ms);
	} else if (h.session != l->session || l->state != BH_LINK_IS_OPENING) {
		owe_closed(l, h.session);
	}
}

/* --- sending --- */

/* Does this end wait for an answer? */
static bool is_waiting(const struct bh_link *l)
{
	return l->state == BH_LINK_IS_OPENING || l->state == BH_LINK_IS_CLOSING || l->n_out;
}

/* When the other end is gone, if nothing comes. */
static uint64_t gone_at(const struct bh_link *l)
{
	return l->state != BH_LINK_IS_CLOSED ? l->heard_at + BH_LINK_GONE_MS : BH_LINK_NEVER;
}

static uint64_t alive_at(const struct bh_link *l)
{
	return l->is_pc && is_up(l) ? l->sent_at + BH_LINK_ALIVE_MS : BH_LINK_NEVER;
}

static uint32_t head(struct bh_link *l, void *packet, enum bh_link_type type, uint8_t sequence, uint32_t session, uint64_t now)
{
	const struct bh_link_head h = { .channel = l->channel, .type = (uint8_t)type, .sequence = sequence, .next = l->expected, .session = session };

	copy(packet, &h, sizeof h);
	l->sent_at = now;
	if (type == BH_LINK_DATA || type == BH_LINK_ACK || type == BH_LINK_PING)
		l->owes_ack = l->owes_again;
	return sizeof h;
}

static void in_vain(struct bh_link *l)
{
	l->wait_ms = less(l->wait_ms * 2, AGAIN_MOST_MS);
	l->timed = false;
}

static uint32_t send_repeatedly(struct bh_link *l, void *packet, enum bh_link_type type, uint64_t now)
{
	if (now < l->again_at)
		return 0;
	l->again_at = now + l->wait_ms;
	l->wait_ms = less(l->wait_ms * 2, OPEN_MOST_MS); /* until it is answered */
	return head(l, packet, type, BH_LINK_VERSION, l->session, now);
}

static void begin_timing(struct bh_link *l, uint64_t now)
{
	if (l->timed)
		return;
	l->timed = true;
	l->timed_sequence = (uint8_t)(l->base + l->sent);
	l->timed_at = now;
}

static uint32_t send_data(struct bh_link *l, void *packet, uint64_t now)
{
	uint32_t i, n;

	if (l->sent && now >= l->again_at) {
		send_again(l);
		in_vain(l);
	}
	if (l->sent == l->n_out)
		return 0;
	if (l->sent == 0)
		l->again_at = now + l->wait_ms;
	if (l->sent == l->ever)
		begin_timing(l, now);
	i = (l->first + l->sent) % BH_LINK_WINDOW;
	n = head(l, packet, BH_LINK_DATA, (uint8_t)(l->base + l->sent), l->session, now);
	copy((uint8_t *)packet + n, l->out[i].data, l->out[i].n);
	l->sent++;
	if (l->ever < l->sent)
		l->ever = l->sent;
	return n + l->out[i].n;
}

static uint32_t send_ack(struct bh_link *l, void *packet, uint64_t now)
{
	uint8_t again = l->owes_again ? BH_LINK_AGAIN : 0;

	l->owes_again = false;
	return head(l, packet, BH_LINK_ACK, again, l->session, now);
}

static uint32_t send_up(struct bh_link *l, void *packet, uint64_t now)
{
	uint32_t n = send_data(l, packet, now);

	if (!n && l->state == BH_LINK_IS_CLOSING && !l->n_out)
		n = send_repeatedly(l, packet, BH_LINK_CLOSE, now);
	if (!n && now >= alive_at(l))
		n = head(l, packet, BH_LINK_PING, 0, l->session, now);
	return n || !l->owes_ack ? n : send_ack(l, packet, now);
}

uint32_t bh_link_send(struct bh_link *l, void *packet, uint64_t now_ms)
{
	if (l->owes_closed) {
		l->owes_closed = false;
		return head(l, packet, BH_LINK_CLOSED, BH_LINK_VERSION, l->closed_session, now_ms);
	}
	if (now_ms >= gone_at(l))
		session_end(l);
	if (l->owes_opened) {
		l->owes_opened = false;
		return head(l, packet, BH_LINK_OPENED, BH_LINK_VERSION, l->session, now_ms);
	}
	switch ((enum bh_link_state)l->state) {
	case BH_LINK_IS_CLOSED: break;
	case BH_LINK_IS_OPENING: return send_repeatedly(l, packet, BH_LINK_OPEN, now_ms);
	case BH_LINK_IS_OPEN:
	case BH_LINK_IS_CLOSING: return send_up(l, packet, now_ms);
	}
	return 0;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t bh_link_due(const struct bh_link *l)
{
	uint64_t due = sooner(gone_at(l), alive_at(l));

	if (l->owes_closed || l->owes_opened || (is_up(l) && (l->owes_ack || l->sent < l->n_out)))
		return 0;
	return is_waiting(l) ? sooner(due, l->again_at) : due;
}
