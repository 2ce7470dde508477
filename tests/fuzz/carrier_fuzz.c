/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bridge's side of a serial line against any guest: bytes, frames that have a right CRC and anything
 * in them, events, restarts and ends at any time. It must touch nothing outside its memory, and make
 * no call of the port that the kernel would refuse as a mistake (fake_port.h asserts that).
 * sources: services/bridge/carrier.c sdk/bh_frame.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define assert_true(x)		     ((x) ? (void)0 : abort())
#define assert_false(x)		     assert_true(!(x))
#define assert_int_equal(a, b)	     assert_true((uint64_t)(a) == (uint64_t)(b))
#define assert_in_range(a, from, to) assert_true((uint64_t)(a) >= (uint64_t)(from) && (uint64_t)(a) <= (uint64_t)(to))

#include "tests/unit/fake_port.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct carrier c;
static struct carrier_kept kept;
static uint64_t window[BH_MESSAGE_MAX / 8];
static uint32_t life;

static struct {
	const uint8_t *at, *end;
} input;

static uint8_t next(void)
{
	return input.at < input.end ? *input.at++ : 0;
}

static uint32_t next_word(void)
{
	uint32_t n = next();

	return n | (uint32_t)next() << 8;
}

static void bridge_starts(void)
{
	bool wide = fake.info.bytes > BH_SERIAL_INLINE || fake.info.reply_bytes > BH_SERIAL_INLINE;

	fake.serving = false; /* the kernel has told the caller */
	carrier_init(&c, &fake.info, wide ? window : NULL, wide ? sizeof window : 0, &kept, life);
}

static void hear(void)
{
	uint32_t n = 0;
	uint8_t byte;

	for (; carrier_gives(&c, &byte); carrier_given(&c))
		n++;
	assert_in_range(n, 0, BH_SERIAL_LINE_MAX);
}

/* A head that is nearly right, so that the fuzzer gets far: the next sequence number, mostly. */
static void frame(void)
{
	struct bh_serial_head h = { .type = next() % 12, .flags = next(), .bytes = next_word(), .time_ms = next_word() };
	uint8_t data[BH_FRAME_MAX], line[BH_FRAME_LINE(BH_FRAME_MAX)];
	uint32_t n = h.bytes < sizeof data - sizeof h ? h.bytes : next() % (uint32_t)(sizeof data - sizeof h), skip = next();

	h.sequence = kept.sequence + (skip < 200 ? 1 : skip < 230 ? 0
								  : skip);
	if (h.flags & BH_SERIAL_WINDOW)
		n = skip % 5 ? 0 : n;
	memcpy(data, &h, sizeof h);
	fake_fill(data + sizeof h, h.sequence, n);
	n = bh_frame_write(line, data, (uint32_t)sizeof h + n);
	for (uint32_t i = 0; i < n; i++)
		carrier_take(&c, line[i]);
}

static void step(uint8_t what)
{
	switch (what % 16) {
	case 0: carrier_take(&c, next()); break;
	case 1: carrier_event(&c); break;
	case 2: bridge_starts(); break;
	case 3: carrier_reset(&c, life += next() & 1); break;
	case 4: fake.waiting = next() % 3; break;
	case 5: fake.room = next() % 3; break;
	case 6: fake.peer_runs = next() & 1; break;
	case 7: fake.fresh = true; break;
	case 8: fake.bytes = 1 + next_word() % fake.bytes; break;
	case 9:
		fake.now += carrier_ticks(next_word());
		if (carrier_until(&c) <= fake.now)
			carrier_look(&c);
		break;
	case 10: hear(); break;
	default: frame(); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const uint32_t sizes[] = { 1, 32, 33, 128, 129, 4096 };
	uint8_t what;

	input.at = data;
	input.end = data + bytes;
	what = next();
	memset(&kept, 0, sizeof kept);
	fake_begin((enum bh_port_kind)(1 + what % 4), what & 4, sizes[next() % 6], sizes[next() % 6]);
	bridge_starts();
	while (input.at < input.end)
		step(next());
	hear();
	return 0;
}
