/* SPDX-License-Identifier: Apache-2.0 */
/* COBS and CRC-32. */
#include "sdk/bh_frame.h"

enum reader_state {
	READER_LOST, /* waits for a zero */
	READER_IN,
};

/* By halves of a byte: 16 words, not 256. */
uint32_t bh_frame_crc(const void *data, uint32_t bytes)
{
	static const uint32_t half[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
	};
	const uint8_t *p = data;
	uint32_t crc = ~0u;

	for (uint32_t i = 0; i < bytes; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ half[crc & 15];
		crc = crc >> 4 ^ half[crc & 15];
	}
	return ~crc;
}

/* No frame is longer than what one code reaches: 255, which COBS has for longer runs, does not occur. */
uint32_t bh_frame_write(uint8_t *line, const void *data, uint32_t bytes)
{
	const uint8_t *p = data;
	uint32_t crc = bh_frame_crc(data, bytes), code = 1, n = 2;

	line[0] = 0;
	for (uint32_t i = 0; i < bytes + 4; i++) {
		uint8_t byte = i < bytes ? p[i] : (uint8_t)(crc >> 8 * (i - bytes));

		if (byte) {
			line[n++] = byte;
		} else {
			line[code] = (uint8_t)(n - code);
			code = n++;
		}
	}
	line[code] = (uint8_t)(n - code);
	line[n++] = 0;
	return n;
}

void bh_frame_begin(struct bh_frame_reader *r)
{
	r->n = r->left = 0;
	r->first = 1;
	r->state = READER_IN;
}

static uint32_t crc_at(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A zero: what stands there is a frame, or nothing. */
static uint32_t frame_end(struct bh_frame_reader *r)
{
	uint32_t n = r->n;
	int whole = r->state == READER_IN && !r->left && n > 4 && crc_at(r->data + n - 4) == bh_frame_crc(r->data, n - 4);

	bh_frame_begin(r);
	return whole ? n - 4 : 0;
}

static void append(struct bh_frame_reader *r, uint8_t byte)
{
	if (r->n < sizeof r->data)
		r->data[r->n++] = byte;
	else
		r->state = READER_LOST;
}

uint32_t bh_frame_read(struct bh_frame_reader *r, uint8_t byte)
{
	if (byte == 0)
		return frame_end(r);
	if (r->state == READER_LOST)
		return 0;
	if (r->left) {
		append(r, byte);
		r->left--;
		return 0;
	}
	if (!r->first)
		append(r, 0);
	r->first = 0;
	r->left = byte - 1u;
	return 0;
}
