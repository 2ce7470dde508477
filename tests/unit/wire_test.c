/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text and packets on one wire: each comes out as what it was, and after any damage the next packet and the
 * text behind it do.
 * sources: sdk/bh_wire.c sdk/bh_frame.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/bh_wire.h"

static uint64_t seed = 7;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

/* What has come out: text with damaged bytes in it, or without; the packets one after the other. */
static struct {
	struct bh_wire wire;
	uint8_t text[4096], packet[BH_FRAME_MAX];
	uint32_t n_text, n_packets, n_damaged, bytes;
} out;

static void begin(void)
{
	memset(&out, 0, sizeof out);
	bh_wire_begin(&out.wire);
}

static void note(enum bh_wire_news news, uint8_t byte)
{
	switch (news) {
	case BH_WIRE_NOTHING: break;
	case BH_WIRE_TEXT: out.text[out.n_text++ % sizeof out.text] = byte; break;
	case BH_WIRE_PACKET:
		out.n_packets++;
		out.bytes = out.wire.n;
		memcpy(out.packet, out.wire.frame.data, out.bytes);
		break;
	case BH_WIRE_DAMAGED:
		assert_in_range(out.wire.n, 1, BH_WIRE_MAX);
		assert_null(memchr(out.wire.raw, 0, out.wire.n));
		out.n_damaged += out.wire.n;
		break;
	}
}

static void feed(const void *data, uint32_t n)
{
	const uint8_t *p = data;

	for (uint32_t i = 0; i < n; i++)
		note(bh_wire_take(&out.wire, p[i]), p[i]);
}

static void feed_text(const char *text)
{
	feed(text, (uint32_t)strlen(text));
}

static void assert_text(const char *text)
{
	assert_int_equal(out.n_text, strlen(text));
	assert_memory_equal(out.text, text, out.n_text);
}

static void text_and_packets_come_out_as_they_went_in(void **state)
{
	uint8_t packet[BH_FRAME_MAX], wire[BH_WIRE_MAX];

	(void)state;
	begin();
	for (uint32_t i = 0; i < 5000; i++) {
		uint32_t bytes = 1 + any(BH_FRAME_MAX), n;

		for (uint32_t k = 0; k < bytes; k++)
			packet[k] = (uint8_t)(any(3) ? any(256) : 0);
		n = bh_wire_put(wire, packet, bytes);
		assert_in_range(n, 1, BH_WIRE_BYTES(bytes));
		feed("a", 1);
		feed(wire, n);
		assert_int_equal(out.n_packets, i + 1);
		assert_int_equal(out.bytes, bytes);
		assert_memory_equal(out.packet, packet, bytes);
	}
	assert_int_equal(out.n_text, 5000);
	assert_int_equal(out.n_damaged, 0);
}

static void the_zero_behind_a_packet_may_be_lost(void **state)
{
	uint8_t wire[BH_WIRE_MAX];
	uint32_t n = bh_wire_put(wire, "one", 3);

	(void)state;
	begin();
	feed(wire, n - 1);
	feed(wire, n);
	feed_text("text");
	assert_int_equal(out.n_packets, 2); /* the next one's first zero ends it */
	assert_text("text");
}

static void every_single_byte_may_be_lost_or_become_zero(void **state)
{
	uint8_t wire[BH_WIRE_MAX], cut[BH_WIRE_MAX];
	uint32_t n = bh_wire_put(wire, "one\0two", 7);

	(void)state;
	for (uint32_t zero = 0; zero < 2; zero++) {
		for (uint32_t i = 0; i < n; i++) {
			begin();
			memcpy(cut, wire, n);
			if (zero)
				cut[i] = 0;
			else
				memmove(cut + i, cut + i + 1, n - i - 1);
			feed(cut, n - !zero);
			feed(wire, n);
			assert_int_equal(out.bytes, 7);
			assert_memory_equal(out.packet, "one\0two", 7);
			out.n_text = 0;
			feed_text("text");
			assert_text("text");
		}
	}
}

static void text_behind_a_stray_zero_is_shown_when_no_packet_can_be_in_it(void **state)
{
	char text[BH_WIRE_MAX];

	(void)state;
	begin();
	memset(text, 'x', sizeof text);
	feed("\0", 1);
	feed(text, sizeof text);
	assert_int_equal(out.n_damaged, BH_WIRE_MAX);
	feed_text("bulkhead");
	assert_text("bulkhead");
}

static void text_behind_a_stray_zero_is_shown_after_a_silence(void **state)
{
	(void)state;
	begin();
	feed("\0$ ls", 5);
	assert_int_equal(out.n_damaged, 0);
	note(bh_wire_silence(&out.wire), 0);
	assert_int_equal(out.n_damaged, 4);
	assert_memory_equal(out.wire.raw, "$ ls", 4);
	feed_text("more");
	assert_text("more");
	note(bh_wire_silence(&out.wire), 0);
	assert_int_equal(out.n_damaged, 4);
}

static void zeros_alone_are_nothing(void **state)
{
	static const uint8_t zeros[1000];

	(void)state;
	begin();
	feed(zeros, sizeof zeros);
	note(bh_wire_silence(&out.wire), 0);
	assert_int_equal(out.n_packets + out.n_damaged + out.n_text, 0);
	feed_text("text");
	assert_text("text");
}

static void a_packet_of_a_wrong_crc_is_none(void **state)
{
	uint8_t wire[BH_WIRE_MAX];
	uint32_t n = bh_wire_put(wire, "payload", 7);

	(void)state;
	begin();
	wire[5] ^= 1;
	feed(wire, n);
	assert_int_equal(out.n_packets, 0);
	assert_int_equal(out.n_damaged, n - 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_packets_come_out_as_they_went_in),
		cmocka_unit_test(the_zero_behind_a_packet_may_be_lost),
		cmocka_unit_test(every_single_byte_may_be_lost_or_become_zero),
		cmocka_unit_test(text_behind_a_stray_zero_is_shown_when_no_packet_can_be_in_it),
		cmocka_unit_test(text_behind_a_stray_zero_is_shown_after_a_silence),
		cmocka_unit_test(zeros_alone_are_nothing),
		cmocka_unit_test(a_packet_of_a_wrong_crc_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
