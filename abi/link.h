/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link: what a person's PC and the monitor partition say to each other over the board's UART, beside the console's text.
 *
 * On the line a packet is a frame as abi/serial.h has it (COBS, CRC-32, between zero bytes; sdk/bh_frame.h), with one more zero
 * before it, so that who has lost count of zeros is in step again. Console text has no zero bytes. The console service carries packets and
 * looks at none: from the line into the queuing channel BH_LINK_IN (console -> monitor), from BH_LINK_OUT (monitor -> console) to
 * the line, a packet a message. It may drop packets, as the line may; sdk/bh_link.h makes streams of bytes of them, whole and in order.
 *
 * Packets. A channel is a stream of bytes each way, independent of others. The PC opens it: OPEN with a session number (any, but
 * for the last one), until OPENED comes with the same; an OPEN with another number ends the session before. DATA has sequence
 * numbers from 0 on, each way, modulo 256, and at most BH_LINK_WINDOW of them are under way. `next` of DATA and ACK is the number
 * that is expected next: what was sent before it has arrived. What is not expected is dropped, and answered by an ACK; what is
 * not acknowledged is sent again, from the oldest on. Either end says CLOSE, until CLOSED comes; CLOSED also answers
 * packets of a session that is not open. While a session is open and the PC has nothing to say, it says PING every BH_LINK_ALIVE_MS,
 * which an ACK answers: so the monitor does not hold a partition for a PC that is gone, nor a PC wait for a monitor that is.
 *
 * Messages. On each channel the PC asks: a struct bh_link_request; the monitor answers: a struct bh_link_reply and so many bytes as
 * it says. One request is under way at a time. All is little-endian.
 */
#ifndef ABI_LINK_H
#define ABI_LINK_H

#include <stdint.h>

#include "abi/info.h"

#define BH_LINK_IN	      "link-in"	 /* name of the channel from console to monitor: queuing, */
#define BH_LINK_OUT	      "link-out" /* and back; messages of BH_LINK_MESSAGE_BYTES, BH_LINK_DEPTH deep */
#define BH_LINK_MESSAGE_BYTES 256u
#define BH_LINK_DEPTH	      16u

#define BH_LINK_VERSION	 1u
#define BH_LINK_WINDOW	 8u   /* DATA under way, each way */
#define BH_LINK_PACKET	 248u /* bytes of a packet; BH_FRAME_MAX */
#define BH_LINK_PAYLOAD	 (BH_LINK_PACKET - (uint32_t)sizeof(struct bh_link_head))
#define BH_LINK_ALIVE_MS 2000u	/* the PC is heard of at least so often */
#define BH_LINK_GONE_MS	 20000u /* who hears nothing for so long takes the session for closed */

enum bh_link_channel {
	BH_LINK_CONTROL = 0, /* requests: LIST */
	BH_LINK_GDB = 1,     /* SELECT; once that is answered with BH_OK, gdb's remote serial protocol */
	BH_LINK_DUMP = 2,    /* requests: DUMP_LOOK, DUMP_READ */
};

#define BH_LINK_CHANNELS 3u

enum bh_link_type {
	BH_LINK_OPEN = 1,   /* PC -> monitor; sequence = BH_LINK_VERSION */
	BH_LINK_OPENED = 2, /* and back */
	BH_LINK_DATA = 3,
	BH_LINK_ACK = 4,
	BH_LINK_CLOSE = 5,
	BH_LINK_CLOSED = 6, /* sequence = BH_LINK_VERSION */
	BH_LINK_PING = 7,   /* PC -> monitor */
};

#define BH_LINK_AGAIN 1u /* what was sent from `next` on is lost, or found no room, which there is now: it need not be waited for */

/* Begins each packet. */
struct bh_link_head {
	uint8_t channel;  /* enum bh_link_channel */
	uint8_t type;	  /* enum bh_link_type */
	uint8_t sequence; /* DATA: its number; ACK: BH_LINK_AGAIN, or 0 */
	uint8_t next;	  /* DATA, ACK, PING: the number expected next */
	uint32_t session;
};

/* --- messages --- */

enum bh_link_ask {
	/* Any channel. -> n struct bh_link_partition, as many as fit the reply's bytes. */
	BH_LINK_LIST = 1,

	/* GDB: stops the partition `name` and debugs it, until the channel is closed: then its breakpoints are gone and it goes on.
	 * BH_E_RIGHT: the monitor may not inspect it; BH_E_ARG: no such partition; BH_E_STATE: it does not run. */
	BH_LINK_SELECT = 2,

	/* DUMP: the last dump of `name`. -> struct bh_link_dump. BH_E_AGAIN: there is none (yet); BH_E_RIGHT; BH_E_ARG. */
	BH_LINK_DUMP_LOOK = 3,

	/* DUMP: `bytes` (at most BH_LINK_READ_MAX) from `offset` on of the dump `id` of `name`, an ELF core.
	 * -> BH_OK with reply.bytes 0, then struct bh_link_piece and their bytes until all are told, then a uint32_t: CRC-32
	 * (sdk/bh_frame.h) of the range, zeros included. BH_E_STATE: there is another dump now; BH_E_ARG: beyond its end. */
	BH_LINK_DUMP_READ = 4,
};

#define BH_LINK_READ_MAX 65536u

struct bh_link_request {
	uint32_t ask; /* enum bh_link_ask */
	uint32_t id;
	uint64_t offset;
	uint32_t bytes;
	uint32_t reserved; /* 0 */
	char name[BH_NAME_BYTES];
};

struct bh_link_reply {
	uint32_t ask;	/* of the request */
	int32_t status; /* enum bh_status; BH_E_UNKNOWN: no such request on this channel */
	uint32_t bytes; /* that follow: what the request says; where the status is not BH_OK, text for a person, why */
	uint32_t reserved;
};

/* A piece of a dump: so many bytes follow it here; behind them, in the dump, are so many zeros. Not both 0. */
struct bh_link_piece {
	uint32_t bytes;
	uint32_t zeros;
};

struct bh_link_partition {
	char name[BH_NAME_BYTES];
	uint32_t state; /* enum bh_run_state (call.h) */
	uint32_t ends;	/* times it has ended */
	uint32_t faults;
	uint32_t last;	/* the last one's enum bh_fault (health.h), or BH_NONE */
	uint32_t flags; /* BH_LINK_MAY_*, BH_LINK_HAS_DUMP */
	uint32_t reserved;
};

#define BH_LINK_MAY_INSPECT 0x1u /* SELECT may be asked */
#define BH_LINK_HAS_DUMP    0x2u

struct bh_link_dump {
	uint32_t id;	/* of this dump: another one has another */
	uint32_t ends;	/* times the partition had ended, this one included */
	uint64_t bytes; /* of the ELF core */
	uint64_t time;	/* when it ended: ticks of the counter */
	uint64_t ticks_per_s;
	uint32_t cause; /* enum bh_stop (log.h), as in BH_EVENT_STOP */
	uint32_t vcpus; /* whose registers it has */
};

#endif
