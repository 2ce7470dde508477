/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/run_link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tools/link_socket.h"

#define SILENCE_MS 2000u /* a packet that was begun and does not go on is none */

static const char *listening; /* is removed however the tool ends */

static void forget_path(void)
{
	if (listening)
		unlink(listening);
	listening = NULL;
}

uint64_t run_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void run_link_begin(struct run_link *l, const struct plan *p)
{
	l->listener = -1;
	l->path = link_is_described(p) ? link_path(p) : NULL;
	bh_wire_begin(&l->wire);
	for (uint32_t i = 0; i < RUN_LINK_CLIENTS; i++)
		l->client[i].fd = -1;
	for (uint32_t i = 0; i < BH_LINK_CHANNELS; i++)
		bh_link_begin(&l->link[i], (uint8_t)i, true);
	if (!l->path)
		return;
	l->listener = link_listen(l->path);
	if (l->listener >= 0) {
		listening = l->path;
		atexit(forget_path);
	}
}

/* --- the wire --- */

static struct bytes *text_begin(void)
{
	static struct bytes t;

	t.n = 0;
	return &t;
}

static void packet_come(struct run_link *l)
{
	uint8_t channel = l->wire.frame.data[0];

	if (channel < BH_LINK_CHANNELS)
		bh_link_receive(&l->link[channel], l->wire.frame.data, l->wire.n, run_now_ms());
}

static void wire_take(struct run_link *l, uint8_t byte, struct bytes *t)
{
	switch (bh_wire_take(&l->wire, byte)) {
	case BH_WIRE_NOTHING: break;
	case BH_WIRE_TEXT: bytes_add(t, &byte, 1); break;
	case BH_WIRE_PACKET: packet_come(l); break;
	case BH_WIRE_DAMAGED: bytes_add(t, l->wire.raw, l->wire.n); break;
	}
}

const char *run_link_heard(struct run_link *l, const char *data, size_t n, size_t *n_text)
{
	struct bytes *t = text_begin();

	*n_text = n;
	if (!l->path)
		return data;
	l->heard_ms = run_now_ms();
	for (size_t i = 0; i < n; i++)
		wire_take(l, (uint8_t)data[i], t);
	*n_text = t->n;
	return (const char *)t->at;
}

const char *run_link_silence(struct run_link *l, size_t *n_text)
{
	struct bytes *t = text_begin();

	if (bh_wire_silence(&l->wire) == BH_WIRE_DAMAGED)
		bytes_add(t, l->wire.raw, l->wire.n);
	*n_text = t->n;
	return (const char *)t->at;
}

uint32_t run_link_packet(struct run_link *l, uint8_t *wire)
{
	uint8_t packet[BH_LINK_PACKET];

	for (uint32_t i = 0; l->path && i < BH_LINK_CHANNELS; i++) {
		uint32_t n = bh_link_send(&l->link[i], packet, run_now_ms());

		if (n)
			return bh_wire_put(wire, packet, n);
	}
	return 0;
}

/* --- clients --- */

static void hang_up(struct run_link *l, struct run_link_client *c)
{
	if (c->channel >= 0)
		bh_link_close(&l->link[c->channel]);
	close(c->fd);
	c->fd = -1;
}

/* Why not; then it is over. */
static void refuse(struct run_link_client *c, enum link_answer why, uint8_t version)
{
	const uint8_t answer[2] = { (uint8_t)why, version };

	(void)!send(c->fd, answer, why == LINK_VERSION ? 2 : 1, MSG_NOSIGNAL);
	close(c->fd);
	c->fd = -1;
}

static bool is_busy(const struct run_link *l, const struct run_link_client *but, int channel)
{
	for (const struct run_link_client *c = l->client; c < l->client + RUN_LINK_CLIENTS; c++)
		if (c != but && c->fd >= 0 && c->channel == channel)
			return true;
	return false;
}

static uint32_t other_session(uint32_t last)
{
	uint32_t session = 0;

	while (session == 0 || session == last)
		if (getrandom(&session, sizeof(session), 0) != sizeof(session))
			fail("no random numbers: %s", strerror(errno));
	return session;
}

static void choose(struct run_link *l, struct run_link_client *c)
{
	uint8_t channel;
	ssize_t n = recv(c->fd, &channel, 1, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(c->fd);
		c->fd = -1;
	} else if (channel >= BH_LINK_CHANNELS) {
		refuse(c, LINK_WRONG, 0);
	} else if (is_busy(l, c, channel)) {
		refuse(c, LINK_BUSY, 0);
	} else {
		c->channel = channel;
		bh_link_open(&l->link[channel], other_session(l->link[channel].session), run_now_ms());
	}
}

static void await(struct run_link *l, struct run_link_client *c)
{
	const struct bh_link *link = &l->link[c->channel];
	uint8_t open = LINK_OPEN;

	if (recv(c->fd, &open, 1, MSG_PEEK) == 0) {
		hang_up(l, c);
		return;
	}
	if (link->state == BH_LINK_IS_OPENING)
		return;
	open = LINK_OPEN;
	if (link->state == BH_LINK_IS_CLOSED && link->version != BH_LINK_VERSION)
		refuse(c, LINK_VERSION, link->version);
	else if (link->state == BH_LINK_IS_CLOSED && !bh_link_waits(link))
		refuse(c, LINK_SILENT, 0);
	else
		c->told = send(c->fd, &open, 1, MSG_NOSIGNAL) == 1;
}

/* From the client to the machine. False: it has hung up. */
static bool carry_in(struct run_link_client *c, struct bh_link *link)
{
	uint8_t data[BH_LINK_PAYLOAD];
	uint32_t room = bh_link_room(link);
	ssize_t n;

	while (room) {
		n = recv(c->fd, data, room < sizeof(data) ? room : sizeof(data), 0);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		bh_link_write(link, data, (uint32_t)n);
		room = bh_link_room(link);
	}
	return true;
}

/* And back: what it does not take stays. */
static bool carry_out(struct run_link_client *c, struct bh_link *link)
{
	const uint8_t *data;
	uint32_t n;

	while ((n = bh_link_peek(link, &data))) {
		ssize_t sent = send(c->fd, data, n, MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		bh_link_skip(link, (uint32_t)sent);
	}
	return true;
}

static void serve(struct run_link *l, struct run_link_client *c)
{
	struct bh_link *link = &l->link[c->channel];

	if (!carry_out(c, link) || !carry_in(c, link) || (link->state == BH_LINK_IS_CLOSED && !bh_link_waits(link)))
		hang_up(l, c);
}

static void welcome(struct run_link *l)
{
	int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (uint32_t i = 0; i < RUN_LINK_CLIENTS; i++)
		if (l->client[i].fd < 0) {
			l->client[i] = (struct run_link_client){ .fd = fd, .channel = -1 };
			return;
		}
	close(fd);
}

void run_link_turn(struct run_link *l)
{
	if (l->listener >= 0)
		welcome(l);
	for (struct run_link_client *c = l->client; c < l->client + RUN_LINK_CLIENTS; c++) {
		if (c->fd >= 0 && c->channel < 0)
			choose(l, c);
		if (c->fd >= 0 && c->channel >= 0 && !c->told)
			await(l, c);
		if (c->fd >= 0 && c->told)
			serve(l, c);
	}
}

/* 0: nothing that could be dealt with now. */
static short events(const struct run_link *l, const struct run_link_client *c)
{
	if (!c->told)
		return c->channel < 0 ? POLLIN : POLLRDHUP;
	return (short)((bh_link_room(&l->link[c->channel]) ? POLLIN : 0) | (bh_link_waits(&l->link[c->channel]) ? POLLOUT : 0));
}

uint32_t run_link_poll(const struct run_link *l, struct pollfd *fds)
{
	uint32_t n = 0;

	if (l->listener >= 0)
		fds[n++] = (struct pollfd){ .fd = l->listener, .events = POLLIN };
	for (const struct run_link_client *c = l->client; c < l->client + RUN_LINK_CLIENTS; c++)
		if (c->fd >= 0 && events(l, c))
			fds[n++] = (struct pollfd){ .fd = c->fd, .events = events(l, c) };
	return n;
}

uint64_t run_link_due(const struct run_link *l)
{
	uint64_t due = BH_LINK_NEVER;

	for (uint32_t i = 0; l->path && i < BH_LINK_CHANNELS; i++)
		due = min_u64(due, bh_link_due(&l->link[i]));
	return due;
}

uint64_t run_link_silent_at(const struct run_link *l)
{
	return l->wire.inside ? l->heard_ms + SILENCE_MS : BH_LINK_NEVER;
}

void run_link_end(struct run_link *l)
{
	for (struct run_link_client *c = l->client; c < l->client + RUN_LINK_CLIENTS; c++)
		if (c->fd >= 0)
			close(c->fd);
	if (l->listener >= 0)
		close(l->listener);
	forget_path();
}
