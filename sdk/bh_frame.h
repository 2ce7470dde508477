/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames over a line of bytes: COBS with a CRC-32, between zero bytes. A reader that begins anywhere,
 * or loses its partner in the middle, is in step again at the next zero. No state but the caller's; any context.
 * Also compiled for Linux, see sdk/linux.
 */
#ifndef SDK_BH_FRAME_H
#define SDK_BH_FRAME_H

#include <stdint.h>

#define BH_FRAME_MAX 248u /* bytes of a frame without its CRC, so that one COBS code may reach all of it */

/* On the line: zero, code, frame, CRC, zero. */
#define BH_FRAME_LINE(bytes) ((bytes) + 4u + 1u + 2u)

struct bh_frame_reader {
	uint32_t n;			/* bytes decoded so far */
	uint32_t left;			/* bytes until the next code */
	uint8_t state;			/* private: enum in bh_frame.c */
	uint8_t first;			/* private: the next code is the frame's first */
	uint8_t data[BH_FRAME_MAX + 4]; /* a whole frame, then its CRC */
};

/* CRC-32 (IEEE 802.3). */
uint32_t bh_frame_crc(const void *data, uint32_t bytes);

/* Bytes for the line, at most BH_FRAME_LINE(bytes), from @bytes <= BH_FRAME_MAX bytes. */
uint32_t bh_frame_write(uint8_t *line, const void *data, uint32_t bytes);

/* Before the first byte. */
void bh_frame_begin(struct bh_frame_reader *r);

/*
 * The next byte of the line. Answers bytes of the frame that it completes, in r->data until the next
 * byte, or 0. What is damaged, or too long, or empty, is dropped.
 */
uint32_t bh_frame_read(struct bh_frame_reader *r, uint8_t byte);

#endif
