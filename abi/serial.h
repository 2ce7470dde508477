/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a guest that makes no calls of ours uses a port: over a PL011 that the bridge service answers
 * for, one for each end of a channel (`bridge` in the description). The program in the guest asks,
 * the bridge answers; it never speaks first. One request is under way at a time.
 *
 * A frame is head, message and CRC-32 (IEEE, of head and message, little-endian), COBS-encoded, with a
 * zero byte before and behind. So whoever begins in the middle of one finds the next, and a frame that
 * either end did not finish is dropped. The bridge says nothing to what is no frame, to an answer (a terminal that
 * echoes) and to a request of less than a head.
 *
 * Sequence. HELLO begins a session with any number; each request after it has the next one. A
 * request that is repeated because no answer came has the same, and is done once. Whatever has another
 * number gets BH_SERIAL_E_SESSION. Answers have the number of their request; others are old ones.
 *
 * A message longer than BH_SERIAL_INLINE bytes does not follow the head but lies at the start of the
 * channel's window, memory that both ends see (Normal non-cacheable at stage 2, so that Device mappings in the guest
 * see the same). Whoever asks or answers writes it before the frame, and after a DSB; it is read before the next request. The bridge
 * reads each word of it once: what a guest changes meanwhile spoils its own message.
 */
#ifndef ABI_SERIAL_H
#define ABI_SERIAL_H

#include <stdint.h>

#include "abi/info.h"

#define BH_SERIAL_VERSION     1u
#define BH_SERIAL_INLINE      128u  /* channels whose messages or replies can be longer have a window */
#define BH_SERIAL_WAIT_MAX_MS 5000u /* no request waits longer: the next one asks again, and finds out whether the bridge lives */
#define BH_SERIAL_CALL_MAX_MS 1000u /* of a call: meanwhile the bridge does nothing else */

/* Requests; the answer to each has BH_SERIAL_ANSWER added. A new one ends the wait of the one before. */
enum bh_serial_type {
	/* A program begins: what an earlier one waited for is forgotten. -> struct bh_serial_hello */
	BH_SERIAL_HELLO = 1,

	/* Signal: `bytes` is 0. Sampling: writes the value. Queuing: sends a message; for a full queue it waits for `time_ms`.
	 * -> BH_OK: done. BH_E_TIMEOUT: no room. BH_E_PEER. BH_E_ARG: size. BH_SERIAL_E_FATE. */
	BH_SERIAL_SEND = 2,

	/* Signal: has one come? Sampling: the value. Queuing: the next message; call: the next request. Waits for
	 * `time_ms` until there is one (sampling: a new one, unless `time_ms` is 0).
	 * -> BH_OK, BH_SERIAL_STAMP and the message (signal: neither). BH_E_TIMEOUT: there is none. BH_E_PEER: there is none, and the
	 * sender does not run: at once, unless BH_SERIAL_PATIENT (call: never).
	 *
	 * The bridge keeps a queue's message and a notice until BH_SERIAL_TAKEN in a later RECEIVE or an ACK, a call's request
	 * until a REPLY: until then each RECEIVE answers the same; a message, with BH_SERIAL_AGAIN where it has been an answer before. */
	BH_SERIAL_RECEIVE = 3,

	/* The message or notice received last has been dealt with. -> BH_OK, also where there is none. */
	BH_SERIAL_ACK = 4,

	/* A request to the server, and its reply within `time_ms` (1 to BH_SERIAL_CALL_MAX_MS). -> as BH_CALL_CALL; BH_SERIAL_E_FATE. */
	BH_SERIAL_CALL = 5,

	/* To the request received. -> as BH_CALL_REPLY, which ends the request, or BH_E_STATE: there is none; BH_E_ARG: size; BH_SERIAL_E_FATE. */
	BH_SERIAL_REPLY = 6,

	/* -> struct bh_serial_state. */
	BH_SERIAL_STATE = 7,
};

#define BH_SERIAL_ANSWER 0x80u

/* Status of an answer: enum bh_status (BH_E_RIGHT: the other end does that; BH_E_UNKNOWN: no such request), or */
#define BH_SERIAL_E_SESSION (-100) /* there has been no HELLO for this sequence number; nothing was done */
#define BH_SERIAL_E_FATE    (-101) /* the bridge ended in the middle of it: it may have been done or not */

/* Flags of requests */
#define BH_SERIAL_WINDOW  0x01u /* the message lies in the window; of answers too */
#define BH_SERIAL_TAKEN	  0x02u /* RECEIVE: what was received before has been dealt with */
#define BH_SERIAL_PATIENT 0x04u /* RECEIVE: waits also while the sender does not run */

/* and of answers. */
#define BH_SERIAL_STAMP 0x08u /* a struct bh_serial_stamp stands between head and message (also where that is in the window) */
#define BH_SERIAL_AGAIN 0x10u /* queuing, call: it has been an answer to an earlier RECEIVE, which may have arrived */
#define BH_SERIAL_NEW	0x20u /* sampling: not read before */
#define BH_SERIAL_VALID 0x40u /* sampling: not older than the refresh period */
#define BH_SERIAL_LOST	0x80u /* queuing: messages were dropped since the last one received */

/* Little-endian, as everything here. */
struct bh_serial_head {
	uint8_t type;
	uint8_t flags;
	int8_t status;	   /* of answers; 0 */
	uint8_t reserved;  /* 0 */
	uint32_t sequence; /* of the request */
	uint32_t bytes;	   /* of the message, inline or in the window */
	uint32_t time_ms;  /* of requests: how long it may take; at most BH_SERIAL_WAIT_MAX_MS counts. HELLO: BH_SERIAL_VERSION */
};

struct bh_serial_stamp {
	uint64_t time;	 /* when it was sent: ticks of the virtual counter, which is the guest's too */
	uint64_t age_ns; /* when the bridge answered */
};

struct bh_serial_hello {
	uint32_t version;
	uint32_t flags; /* BH_INFO_PORT_*: kind, which end, full queues */
	uint32_t bytes, reply_bytes, depth;
	uint32_t window_bytes; /* 0: none */
	uint64_t period_ns;
	char name[BH_NAME_BYTES], peer[BH_NAME_BYTES];
};

/* As BH_CALL_PORT_STATE answers. */
struct bh_serial_state {
	uint64_t waiting, peer, dropped;
};

/* Of a frame without its CRC, and as it is on the line. */
#define BH_SERIAL_FRAME_MAX (sizeof(struct bh_serial_head) + sizeof(struct bh_serial_stamp) + BH_SERIAL_INLINE)
#define BH_SERIAL_LINE_MAX  (BH_SERIAL_FRAME_MAX + 4 + 2 + 2) /* CRC, one COBS code for each 254 bytes and one more, zeros */

#endif
