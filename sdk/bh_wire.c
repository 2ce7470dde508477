/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text and packets on one wire. A packet begins with two zeros: where the zero that ended the last one
 * was lost, the first ends that, and the second begins this; else the two begin it.
 */
#include "sdk/bh_wire.h"

void bh_wire_begin(struct bh_wire *w)
{
	w->inside = false;
	w->n = 0;
}

static void enter(struct bh_wire *w)
{
	bh_frame_begin(&w->frame);
	w->inside = true;
	w->n = 0;
}

static enum bh_wire_news leave(struct bh_wire *w)
{
	uint32_t bytes = bh_frame_read(&w->frame, 0);

	w->inside = false;
	if (!bytes)
		return BH_WIRE_DAMAGED;
	w->n = bytes;
	return BH_WIRE_PACKET;
}

enum bh_wire_news bh_wire_take(struct bh_wire *w, uint8_t byte)
{
	if (!w->inside) {
		if (byte)
			return BH_WIRE_TEXT;
		enter(w);
		return BH_WIRE_NOTHING;
	}
	if (!byte)
		return w->n ? leave(w) : BH_WIRE_NOTHING;
	bh_frame_read(&w->frame, byte);
	w->raw[w->n++] = byte;
	if (w->n < BH_WIRE_MAX)
		return BH_WIRE_NOTHING;
	w->inside = false; /* longer than any packet */
	return BH_WIRE_DAMAGED;
}

enum bh_wire_news bh_wire_silence(struct bh_wire *w)
{
	if (!w->inside)
		return BH_WIRE_NOTHING;
	w->inside = false;
	return w->n ? BH_WIRE_DAMAGED : BH_WIRE_NOTHING;
}

uint32_t bh_wire_put(uint8_t *wire, const void *packet, uint32_t bytes)
{
	wire[0] = 0;
	return 1 + bh_frame_write(wire + 1, packet, bytes);
}
