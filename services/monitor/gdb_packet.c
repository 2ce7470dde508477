/* SPDX-License-Identifier: Apache-2.0 */
/* Framing and digits. No payload of ours contains $, #, } or *, so nothing is escaped; of gdb's only binary writes would, which the stub has not. */
#include "services/monitor/gdb_packet.h"

enum { OUTSIDE,
       INSIDE,
       SUM_HIGH,
       SUM_LOW };

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* --- in --- */

void gdb_read_begin(struct gdb_reader *r)
{
	r->state = OUTSIDE;
	r->silent = false;
	r->n = 0;
}

static enum gdb_read outside(struct gdb_reader *r, uint8_t byte)
{
	if (byte == '$') {
		r->state = INSIDE;
		r->sum = 0;
		r->n = 0;
	}
	if (byte == '-' && !r->silent)
		return GDB_READ_REPEAT;
	return byte == 3 ? GDB_READ_INTERRUPT : GDB_READ_MORE;
}

/* What is too long is taken to its end, and then is damaged. */
static void inside(struct gdb_reader *r, uint8_t byte)
{
	if (byte == '#') {
		r->state = SUM_HIGH;
		return;
	}
	if (byte == '$') { /* the one before was never finished */
		r->sum = 0;
		r->n = 0;
		return;
	}
	r->sum = (uint8_t)(r->sum + byte);
	if (r->n < GDB_PACKET)
		r->data[r->n] = (char)byte;
	r->n++;
}

static enum gdb_read whole(struct gdb_reader *r, uint8_t byte)
{
	r->state = OUTSIDE;
	r->told = (uint8_t)(r->told | (digit((char)byte) & 0xf));
	if (r->n > GDB_PACKET || digit((char)byte) < 0 || (!r->silent && r->told != r->sum))
		return GDB_READ_DAMAGED;
	r->data[r->n] = 0;
	return GDB_READ_PACKET;
}

enum gdb_read gdb_read_byte(struct gdb_reader *r, uint8_t byte)
{
	switch (r->state) {
	case INSIDE: inside(r, byte); return GDB_READ_MORE;
	case SUM_HIGH:
		r->told = (uint8_t)((digit((char)byte) & 0xf) << 4);
		r->state = SUM_LOW;
		return GDB_READ_MORE;
	case SUM_LOW: return whole(r, byte);
	default: return outside(r, byte);
	}
}

/* --- out --- */

void gdb_write_begin(struct gdb_writer *w)
{
	w->n = 0;
	w->full = false;
	w->data[0] = '$';
}

void gdb_write_char(struct gdb_writer *w, char c)
{
	if (w->n == GDB_PACKET) {
		w->full = true;
		return;
	}
	w->data[1 + w->n++] = (uint8_t)c;
}

void gdb_write_text(struct gdb_writer *w, const char *text)
{
	while (*text)
		gdb_write_char(w, *text++);
}

static const char digits[] = "0123456789abcdef";

void gdb_write_hex(struct gdb_writer *w, const void *bytes, uint32_t n)
{
	const uint8_t *b = bytes;

	for (uint32_t i = 0; i < n; i++) {
		gdb_write_char(w, digits[b[i] >> 4]);
		gdb_write_char(w, digits[b[i] & 15]);
	}
}

void gdb_write_number(struct gdb_writer *w, uint64_t v)
{
	uint32_t n = 1;

	while (n < 16 && v >> 4 * n)
		n++;
	while (n--)
		gdb_write_char(w, digits[v >> 4 * n & 15]);
}

uint32_t gdb_write_end(struct gdb_writer *w)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < w->n; i++)
		sum = (uint8_t)(sum + w->data[1 + i]);
	w->data[w->n + 1] = '#';
	w->data[w->n + 2] = (uint8_t)digits[sum >> 4];
	w->data[w->n + 3] = (uint8_t)digits[sum & 15];
	return w->n + 4;
}

/* --- hexadecimal --- */

bool gdb_number(const char **at, uint64_t *v)
{
	const char *begin = *at;

	for (*v = 0; digit(**at) >= 0; (*at)++)
		*v = *v << 4 | (uint32_t)digit(**at);
	return *at != begin;
}

bool gdb_unhex(const char **at, void *to, uint32_t n)
{
	uint8_t *b = to;

	for (uint32_t i = 0; i < n; i++, *at += 2) {
		int high = digit((*at)[0]), low = high < 0 ? -1 : digit((*at)[1]);

		if (low < 0)
			return false;
		b[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
