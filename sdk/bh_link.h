/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One channel of the link between a PC and the monitor (abi/link.h): a stream of bytes each way, whole
 * and in order, over packets that may be lost, damaged and repeated. The same file is used at both ends. It sends
 * nothing itself and knows no clock: who uses it carries packets, and says what time it is. Times are
 * milliseconds from any origin. One context at a time; no state but the caller's.
 *
 * What one end has written when it closes still arrives. What has arrived can be read after the end of the
 * session, until the next one begins.
 */
#ifndef SDK_BH_LINK_H
#define SDK_BH_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/link.h"

#define BH_LINK_RING  2048u /* bytes that have arrived and were not read */
#define BH_LINK_NEVER (~0ull)

enum bh_link_state {
	BH_LINK_IS_CLOSED,
	BH_LINK_IS_OPENING, /* PC: not answered yet */
	BH_LINK_IS_OPEN,
	BH_LINK_IS_CLOSING, /* this end has closed it, the other one has not said so yet */
};

/* All private but for what the functions below and these comments say. */
struct bh_link {
	uint8_t channel;
	bool is_pc;	  /* this end opens */
	uint8_t state;	  /* enum bh_link_state */
	uint8_t version;  /* PC: other than BH_LINK_VERSION where the monitor's refused ours */
	uint32_t session; /* of the state; 0: there never was one */

	uint8_t base;  /* sequence number of out[first] */
	uint8_t first; /* oldest of the ring `out` */
	uint8_t n_out; /* DATA not acknowledged or not sent */
	uint8_t sent;  /* of these: sent since they were last begun with */
	uint8_t ever;  /* of these: ever sent, so not to be changed */
	uint8_t expected;
	bool owes_ack, owes_again, owes_opened, owes_closed;
	bool asked;		 /* for what is expected, since something behind it came */
	bool refused;		 /* the last that was expected found no room */
	uint32_t closed_session; /* of owes_closed */
	bool timed;		 /* it is measured how long a packet's acknowledgement takes: */
	uint8_t timed_sequence;	 /* of that one */
	uint64_t timed_at;
	uint32_t wait_ms;  /* until what is not answered is sent again */
	uint64_t again_at; /* when that is; 0: at once */
	uint64_t sent_at, heard_at;
	uint32_t in_head, in_tail;
	struct {
		uint8_t n;
		uint8_t data[BH_LINK_PAYLOAD];
	} out[BH_LINK_WINDOW];
	uint8_t in[BH_LINK_RING];
};

/* Once. @is_pc: this end opens sessions. */
void bh_link_begin(struct bh_link *l, uint8_t channel, bool is_pc);

/* PC: begins a session. @session: not 0, and not the last one's. What an earlier one had is forgotten. */
void bh_link_open(struct bh_link *l, uint32_t session, uint64_t now_ms);

/* Ends the session: when all that was written has arrived. */
void bh_link_close(struct bh_link *l);

/* Bytes taken, as many as there is room for: 0 also where the session is not open. */
uint32_t bh_link_write(struct bh_link *l, const void *data, uint32_t bytes);

/* Bytes that bh_link_write() would take. */
uint32_t bh_link_room(const struct bh_link *l);

/* Bytes read, at most @room. */
uint32_t bh_link_read(struct bh_link *l, void *to, uint32_t room);

/* The same without a copy: how many of the bytes that can be read lie at *@data; and that so many of them were read. */
uint32_t bh_link_peek(const struct bh_link *l, const uint8_t **data);
void bh_link_skip(struct bh_link *l, uint32_t bytes);

/* Bytes that can be read. */
static inline uint32_t bh_link_waits(const struct bh_link *l)
{
	return l->in_head - l->in_tail;
}

/* Has all that was written arrived? */
static inline bool bh_link_flushed(const struct bh_link *l)
{
	return l->n_out == 0;
}

/* A packet of this channel has come. Whatever is not right in it is ignored. */
void bh_link_receive(struct bh_link *l, const void *packet, uint32_t bytes, uint64_t now_ms);

/*
 * The next packet to be sent now, at most BH_LINK_PACKET bytes: its size, or 0: there is none. Called until it
 * answers 0, after each of the functions above and at bh_link_due(); a packet that finds no room is lost, and comes again.
 */
uint32_t bh_link_send(struct bh_link *l, void *packet, uint64_t now_ms);

/* When bh_link_send() may have something without any other cause. */
uint64_t bh_link_due(const struct bh_link *l);

#endif
