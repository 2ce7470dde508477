/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One carried end of a channel: the protocol of abi/serial.h on one side, the port on the other. Bytes
 * go in and out by the caller's hand; nothing here waits, except for a call's reply.
 *
 * What must survive a restart of the bridge is in struct carrier_kept, in memory that does (the
 * server's pages of the emulated region): the session, how far the last request got, and the message
 * that the guest has not yet acknowledged. The guest's program notices a restart only where it fell
 * between the port's call and the note of its outcome, which is then told (BH_SERIAL_E_FATE).
 */
#ifndef SERVICES_BRIDGE_CARRIER_H
#define SERVICES_BRIDGE_CARRIER_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/info.h"
#include "abi/serial.h"
#include "sdk/bh_frame.h"

#define CARRIER_KEPT 0x4b455054u /* "KEPT": of this layout */

enum carrier_progress {
	CARRIER_IDLE = 0, /* the last request was taken up; whatever it needs can be done again */
	CARRIER_DOING,	  /* its call of the port is being made */
	CARRIER_DONE,	  /* its outcome is `status` */
};

/* Stored word by word, the word that makes others valid last. */
struct carrier_kept {
	uint32_t magic;
	uint32_t session; /* 0: there is none */
	uint32_t sequence;
	uint32_t progress; /* enum carrier_progress */
	int32_t status;
	uint32_t life; /* of the guest, when its messages were dropped last */
	/* the message that is not acknowledged: here or, a longer one, in the window */
	uint32_t held; /* bytes; 0: there is none */
	uint32_t held_lost;
	uint32_t held_sequence; /* of the RECEIVE it answered first */
	uint64_t held_time;
	uint64_t data[BH_SERIAL_INLINE / 8];
};

struct carrier {
	const struct bh_info_entry *port; /* BH_INFO_PORT */
	struct carrier_kept *kept;
	uint64_t *window; /* NULL: none */
	uint32_t window_bytes;
	uint8_t pending; /* type of the request that waits; 0: none does */
	bool patient;	 /* BH_SERIAL_PATIENT */
	bool signalled;	 /* signal: one has come, and nobody has dealt with it yet */
	bool told;	 /* in the answer to `told_sequence` */
	uint64_t until;	 /* ticks: when that wait ends */
	uint32_t bytes;	 /* of `message`; of what waits to be sent */
	uint32_t told_sequence;
	uint32_t out_bytes, out_at;
	uint32_t out_sequence; /* whose answer is in `out` */
	uint64_t message[BH_SERIAL_INLINE / 8];
	struct bh_frame_reader in;
	uint8_t out[BH_SERIAL_LINE_MAX];
};

/* @window: memory of the channel's window, @window_bytes of it, or NULL and 0. @kept: survives restarts; @life: as of carrier_reset(). Thread context, as all here. */
void carrier_init(struct carrier *c, const struct bh_info_entry *port, uint64_t *window, uint32_t window_bytes,
		  struct carrier_kept *kept, uint32_t life);

/*
 * A life of the guest began or ended; @life counts its ends. What waits for one that has ended is dropped,
 * unless the channel says restart = "keep".
 */
void carrier_reset(struct carrier *c, uint32_t life);

/* A byte from the guest. True: it ended a frame. Bounded, but for a call: until its reply or BH_SERIAL_CALL_MAX_MS. */
bool carrier_take(struct carrier *c, uint8_t byte);

/* Is there a byte for the guest? Then *byte is the next, until carrier_given(). */
static inline bool carrier_gives(const struct carrier *c, uint8_t *byte)
{
	if (c->out_at == c->out_bytes)
		return false;
	*byte = c->out[c->out_at];
	return true;
}

static inline void carrier_given(struct carrier *c)
{
	c->out_at++;
}

/* The port's event has come, or the instant carrier_until() may be over. */
void carrier_event(struct carrier *c);
void carrier_look(struct carrier *c);

/* When carrier_look() is due, ticks; BH_NEVER: not without an event. */
uint64_t carrier_until(const struct carrier *c);

/* What it needs to know of time; bridge.c has it from the SDK. */
uint64_t carrier_now(void); /* ticks */
uint64_t carrier_ticks(uint32_t ms);
uint64_t carrier_ns(uint64_t ticks);

#endif
