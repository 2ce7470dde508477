/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each channel is a conversation: a request is gathered, its reply made in `out`, and the next request looked at when that is gone.
 * Two replies are longer: a range of a dump, of which the next piece is made when the last is gone, and gdb, which goes on until it ends.
 */
#include "services/monitor/pc_link.h"

#include <stddef.h>

#include "sdk/bh_frame.h"
#include "sdk/bh_link_port.h"
#include "sdk/bh_monitor.h"
#include "services/monitor/census.h"
#include "services/monitor/dump_store.h"
#include "services/monitor/gdb_packet.h"
#include "services/monitor/guest_debug.h"

#define OUT_BYTES   5120u
#define PIECE_BYTES 2048u /* of a dump in one go */
#define ZEROS_LEAST 32u	  /* fewer are sent as they are */

struct talk {
	struct bh_link *link;
	uint32_t session; /* of the link, that this is about */
	uint32_t got;	  /* bytes of `request` */
	struct bh_link_request request;
	bool debugging;		  /* GDB: what comes and goes is gdb's */
	const uint8_t *at, *end;  /* DUMP: of the range that is being told; at == end == NULL: none is */
	uint32_t crc;		  /* of all of it */
	uint32_t out_n, out_done; /* bytes in `out`, and gone */
	uint8_t out[OUT_BYTES];
};

static struct bh_link links[BH_LINK_CHANNELS];
static struct bh_link_port port;
static struct talk talks[BH_LINK_CHANNELS];
static bool there;

/* --- out --- */

/* Of what finds no room nothing is kept: the largest reply has room, and gdb says things again. */
static void put(struct talk *t, const void *data, uint32_t bytes)
{
	if (bytes > OUT_BYTES - t->out_n)
		return;
	__builtin_memcpy(t->out + t->out_n, data, bytes);
	t->out_n += bytes;
}

/* True: all is gone. */
static bool flush(struct talk *t)
{
	t->out_done += bh_link_write(t->link, t->out + t->out_done, t->out_n - t->out_done);
	if (t->out_done < t->out_n)
		return false;
	t->out_n = t->out_done = 0;
	return true;
}

static void reply(struct talk *t, int32_t status, uint32_t bytes)
{
	struct bh_link_reply r = { .ask = t->request.ask, .status = status, .bytes = bytes };

	put(t, &r, sizeof r);
}

static void refuse(struct talk *t, int32_t status, const char *why)
{
	uint32_t n = 0;

	while (why[n])
		n++;
	reply(t, status, n);
	put(t, why, n);
}

/* --- the list --- */

static bool may_inspect(const struct census_partition *p)
{
	return p->control && (p->control->flags & BH_CONTROL_MAY_INSPECT);
}

/* One that can be fetched. */
static const struct bh_monitor_dump *dump_of(const struct census_partition *p)
{
	const struct bh_monitor_dump *d = dump_store_find(p->info->name);

	return d && (d->state == BH_DUMP_WHOLE || d->state == BH_DUMP_CUT) ? d : NULL;
}

static bool fill(const struct census_partition *p, struct bh_link_partition *to)
{
	struct bh_look_partition l;

	if (!p->info || bh_monitor_partition(census.monitor, census_number(p), &l) != BH_OK)
		return false;
	*to = (struct bh_link_partition){ .state = l.run, .ends = l.ends, .faults = l.faults, .last = l.last_fault };
	__builtin_memcpy(to->name, p->info->name, sizeof to->name);
	to->flags = (may_inspect(p) ? BH_LINK_MAY_INSPECT : 0) | (dump_of(p) ? BH_LINK_HAS_DUMP : 0);
	return true;
}

static void answer_list(struct talk *t)
{
	struct bh_link_partition all[CENSUS_PARTITIONS];
	uint32_t n = 0;

	for (uint32_t i = 0; i < census.n_partitions; i++)
		n += fill(&census.partition[i], &all[n]);
	reply(t, BH_OK, n * (uint32_t)sizeof all[0]);
	put(t, all, n * (uint32_t)sizeof all[0]);
}

/* --- dumps --- */

/* The dump that the request is about, or NULL: refused. */
static const struct bh_monitor_dump *asked_dump(struct talk *t)
{
	const struct census_partition *p = census_find(t->request.name);
	const struct bh_monitor_dump *d = p ? dump_of(p) : NULL;

	if (!p)
		refuse(t, BH_E_ARG, "there is no partition of that name");
	else if (!may_inspect(p))
		refuse(t, BH_E_RIGHT, "the monitor does not inspect it; `inspects` in the description says whom it does");
	else if (!d && dump_store_find(t->request.name))
		refuse(t, BH_E_AGAIN, "its dump is not whole: it is being copied, or that was broken off");
	else if (!d)
		refuse(t, BH_E_AGAIN, "there is no dump of it; it has not failed yet, or `dump` in the description says none");
	return d;
}

static void answer_dump_look(struct talk *t)
{
	const struct bh_monitor_dump *d = asked_dump(t);
	struct bh_link_dump about;

	if (!d)
		return;
	about = (struct bh_link_dump){ .id = d->sequence,
				       .ends = d->ends,
				       .bytes = d->bytes,
				       .time = d->time,
				       .ticks_per_s = d->ticks_per_s,
				       .cause = d->cause,
				       .vcpus = d->vcpus };
	reply(t, BH_OK, sizeof about);
	put(t, &about, sizeof about);
}

/* A newer dump may lie there before all is told: its CRC is of what the range is now, so the PC notices, and asks again. */
static void answer_dump_read(struct talk *t)
{
	const struct bh_monitor_dump *d = asked_dump(t);
	const struct bh_link_request *r = &t->request;

	if (!d)
		return;
	if (d->sequence != r->id) {
		refuse(t, BH_E_STATE, "there is a newer dump");
	} else if (!r->bytes || r->bytes > BH_LINK_READ_MAX || r->offset > d->bytes || r->bytes > d->bytes - r->offset) {
		refuse(t, BH_E_ARG, "that is beyond its end");
	} else {
		t->at = (const uint8_t *)(uintptr_t)(d->ipa + r->offset);
		t->end = t->at + r->bytes;
		t->crc = bh_frame_crc(t->at, r->bytes);
		reply(t, BH_OK, 0);
	}
}

static uint32_t zeros_from(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;

	while (p < end && !*p)
		p++;
	return (uint32_t)(p - at);
}

/* Bytes before the next zeros that are worth it. */
static uint32_t bytes_from(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;

	while (p < end && p - at < PIECE_BYTES && (*p || zeros_from(p, p + ZEROS_LEAST < end ? p + ZEROS_LEAST : end) < ZEROS_LEAST))
		p++;
	return (uint32_t)(p - at);
}

static void dump_piece(struct talk *t)
{
	struct bh_link_piece piece = { .bytes = bytes_from(t->at, t->end) };

	piece.zeros = zeros_from(t->at + piece.bytes, t->end);
	put(t, &piece, sizeof piece);
	put(t, t->at, piece.bytes);
	t->at += piece.bytes + piece.zeros;
	if (t->at < t->end)
		return;
	put(t, &t->crc, sizeof t->crc);
	t->at = t->end = NULL;
}

/* --- gdb --- */

static void put_gdb(const uint8_t *bytes, uint32_t n)
{
	put(&talks[BH_LINK_GDB], bytes, n);
}

/* False: the session before is still being ended: later. */
static bool answer_select(struct talk *t)
{
	enum bh_status status = guest_debug_begin(t->request.name, put_gdb);

	switch ((int)status) {
	case BH_E_AGAIN: return false;
	case BH_OK:
		t->debugging = true;
		reply(t, BH_OK, 0);
		break;
	case BH_E_ARG: refuse(t, status, "there is no partition of that name"); break;
	case BH_E_RIGHT: refuse(t, status, "the monitor does not inspect it; `inspects` in the description says whom it does"); break;
	default: refuse(t, status, "it does not run"); break;
	}
	return true;
}

/* As long as there is room for what the stub answers. True: something came. */
static bool gdb_turn_in(struct talk *t)
{
	const uint8_t *data;
	uint32_t n = bh_link_peek(t->link, &data), done = 0;

	while (done < n && OUT_BYTES - t->out_n >= 2 * (GDB_PACKET + 8))
		guest_debug_byte(data[done++]);
	bh_link_skip(t->link, done);
	return done > 0;
}

/* --- conversations --- */

static bool answer(struct talk *t)
{
	uint32_t channel = (uint32_t)(t - talks), ask = t->request.ask;

	t->request.name[BH_NAME_BYTES - 1] = 0;
	if (ask == BH_LINK_LIST)
		answer_list(t);
	else if (ask == BH_LINK_SELECT && channel == BH_LINK_GDB)
		return answer_select(t);
	else if (ask == BH_LINK_DUMP_LOOK && channel == BH_LINK_DUMP)
		answer_dump_look(t);
	else if (ask == BH_LINK_DUMP_READ && channel == BH_LINK_DUMP)
		answer_dump_read(t);
	else
		refuse(t, BH_E_UNKNOWN, "the monitor does not know this request, or not on this channel");
	return true;
}

static bool request_turn(struct talk *t)
{
	uint8_t *to = (uint8_t *)&t->request;
	uint32_t n = bh_link_read(t->link, to + t->got, (uint32_t)sizeof t->request - t->got);

	t->got += n;
	if (t->got < sizeof t->request)
		return n > 0;
	if (!answer(t))
		return false;
	t->got = 0;
	return true;
}

/* Another session, or none: what the last one had is nobody's. */
static void begin(struct talk *t)
{
	if (t->debugging)
		guest_debug_end();
	t->debugging = false;
	t->session = t->link->session;
	t->got = t->out_n = t->out_done = 0;
	t->at = t->end = NULL;
}

static bool talk_turn(struct talk *t)
{
	bool open = t->link->state == BH_LINK_IS_OPEN;

	if (!open || t->session != t->link->session)
		begin(t);
	if (!open || !flush(t))
		return false;
	if (t->debugging && !guest_debug_on()) {
		bh_link_close(t->link); /* gdb has detached, or the partition has ended */
		return true;
	}
	if (t->debugging)
		return gdb_turn_in(t);
	if (!t->at)
		return request_turn(t);
	dump_piece(t);
	return true;
}

bool pc_link_turn(void)
{
	bool more;

	if (!there)
		return false;
	more = bh_link_port_turn(&port);
	for (struct talk *t = talks; t < talks + BH_LINK_CHANNELS; t++)
		more |= talk_turn(t);
	for (struct talk *t = talks; t < talks + BH_LINK_CHANNELS; t++)
		(void)flush(t); /* what was made just now */
	return bh_link_port_turn(&port) || more;
}

uint64_t pc_link_deadline(void)
{
	return there ? bh_link_port_deadline(&port) : BH_NEVER;
}

uint64_t pc_link_init(void)
{
	there = bh_link_port_begin(&port, links, BH_LINK_CHANNELS) == BH_OK;
	for (uint32_t i = 0; i < BH_LINK_CHANNELS; i++)
		talks[i].link = &links[i];
	return there ? BH_PORT_BIT(port.in) | BH_PORT_BIT(port.out) : 0;
}
