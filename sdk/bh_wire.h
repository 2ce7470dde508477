/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One wire for a console's text and for packets (abi/link.h): text has no zero bytes, a packet is a
 * frame between zeros. Whatever is lost, the next whole packet is found, and text is taken for part of a packet only
 * until one could have ended. No state but the caller's; any context; also compiled for the host.
 */
#ifndef SDK_BH_WIRE_H
#define SDK_BH_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "sdk/bh_frame.h"

#define BH_WIRE_BYTES(bytes) (BH_FRAME_LINE(bytes) + 1u)
#define BH_WIRE_MAX	     BH_WIRE_BYTES(BH_FRAME_MAX)

struct bh_wire {
	struct bh_frame_reader frame;
	bool inside;		  /* between the zeros of a packet */
	uint32_t n;		  /* bytes of `raw` */
	uint8_t raw[BH_WIRE_MAX]; /* what has come since the zero */
};

enum bh_wire_news {
	BH_WIRE_NOTHING,
	BH_WIRE_TEXT,	 /* the byte is text */
	BH_WIRE_PACKET,	 /* frame.data has one, of `n` bytes, until the next byte */
	BH_WIRE_DAMAGED, /* what was taken for a packet is none: `raw`, `n` bytes without zeros, until the next byte */
};

/* Before the first byte. */
void bh_wire_begin(struct bh_wire *w);

/* The next byte from the wire. */
enum bh_wire_news bh_wire_take(struct bh_wire *w, uint8_t byte);

/* Nothing has come for long: what has begun is no packet. BH_WIRE_DAMAGED or BH_WIRE_NOTHING. */
enum bh_wire_news bh_wire_silence(struct bh_wire *w);

/* Bytes for the wire, at most BH_WIRE_BYTES(bytes), from a packet of @bytes <= BH_FRAME_MAX. */
uint32_t bh_wire_put(uint8_t *wire, const void *packet, uint32_t bytes);

#endif
