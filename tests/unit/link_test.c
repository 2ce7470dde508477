/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link's streams between a PC and a monitor, over a line that loses, repeats and damages packets: what
 * is written is read, once and in order; sessions begin and end at both ends; who is gone is noticed.
 * sources: sdk/bh_link.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/bh_link.h"

#define FLIGHT 64u

static uint64_t seed = 3, now;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

/* A line one way: packets under way, first in, first out. */
struct line {
	uint32_t head, tail;
	uint32_t loss, twice; /* of 100 */
	uint32_t sent;	      /* packets since it began */
	struct {
		uint32_t n;
		uint8_t data[BH_LINK_PACKET];
	} packet[FLIGHT];
};

static struct bh_link pc, monitor;
static struct line to_monitor, to_pc;

static void begin(uint32_t loss, uint32_t twice)
{
	memset(&to_monitor, 0, sizeof to_monitor);
	memset(&to_pc, 0, sizeof to_pc);
	to_monitor.loss = to_pc.loss = loss;
	to_monitor.twice = to_pc.twice = twice;
	now = 1000;
	bh_link_begin(&pc, BH_LINK_GDB, true);
	bh_link_begin(&monitor, BH_LINK_GDB, false);
}

static void put(struct line *line, const uint8_t *packet, uint32_t n)
{
	if (any(100) < line->loss || line->head - line->tail == FLIGHT)
		return;
	line->packet[line->head % FLIGHT].n = n;
	memcpy(line->packet[line->head++ % FLIGHT].data, packet, n);
}

static void send(struct bh_link *l, struct line *line)
{
	uint8_t packet[BH_LINK_PACKET];
	uint32_t n;

	while ((n = bh_link_send(l, packet, now))) {
		assert_in_range(n, sizeof(struct bh_link_head), BH_LINK_PACKET);
		line->sent++;
		put(line, packet, n);
		if (any(100) < line->twice)
			put(line, packet, n);
	}
	assert_true(bh_link_due(l) > now);
}

static void deliver(struct line *line, struct bh_link *l)
{
	for (; line->tail != line->head; line->tail++)
		bh_link_receive(l, line->packet[line->tail % FLIGHT].data, line->packet[line->tail % FLIGHT].n, now);
}

static void turn(uint32_t ms)
{
	send(&pc, &to_monitor);
	send(&monitor, &to_pc);
	now += ms;
	deliver(&to_monitor, &monitor);
	deliver(&to_pc, &pc);
}

static void turns(uint32_t n, uint32_t ms)
{
	while (n--)
		turn(ms);
}

static void open_session(uint32_t session)
{
	bh_link_open(&pc, session, now);
	for (uint32_t i = 0; i < 1000 && pc.state != BH_LINK_IS_OPEN; i++)
		turn(50);
	assert_int_equal(pc.state, BH_LINK_IS_OPEN);
	assert_int_equal(monitor.state, BH_LINK_IS_OPEN);
	assert_int_equal(monitor.session, session);
}

static uint8_t byte_at(uint32_t i, uint32_t salt)
{
	return (uint8_t)(i * 7 + i / 251 + salt);
}

/* Writes what there is room for, or less, of a stream that is numbered. */
static void write_some(struct bh_link *l, uint32_t *at, uint32_t end, uint32_t salt)
{
	uint8_t data[700];
	uint32_t n = any(sizeof data) + 1;

	n = n < end - *at ? n : end - *at;
	for (uint32_t i = 0; i < n; i++)
		data[i] = byte_at(*at + i, salt);
	*at += bh_link_write(l, data, n);
}

static void read_some(struct bh_link *l, uint32_t *at, uint32_t salt)
{
	uint8_t data[500];
	uint32_t n = bh_link_read(l, data, any(sizeof data) + 1);

	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(data[i], byte_at(*at + i, salt));
	*at += n;
}

/* Both ways at once. Answers how many turns of 50 ms it took. */
static uint32_t exchange(uint32_t bytes)
{
	uint32_t up = 0, up_read = 0, down = 0, down_read = 0, n = 0;

	while (up_read < bytes || down_read < bytes) {
		write_some(&pc, &up, bytes, 1);
		write_some(&monitor, &down, bytes, 2);
		turn(50);
		read_some(&monitor, &up_read, 1);
		read_some(&pc, &down_read, 2);
		assert_true(n++ < 200000);
	}
	assert_int_equal(up_read, bytes);
	assert_int_equal(down_read, bytes);
	return n;
}

static void streams_arrive_whole_and_in_order(void **state)
{
	(void)state;
	begin(0, 0);
	open_session(1);
	assert_in_range(exchange(100000), 1, 2000);
}

static uint32_t drain(struct bh_link *l)
{
	uint32_t n = bh_link_waits(l);

	bh_link_skip(l, n);
	return n;
}

static void nothing_is_sent_twice_on_a_good_line(void **state)
{
	uint32_t written = 0, read = 0, n = 50000 / BH_LINK_PAYLOAD;

	(void)state;
	begin(0, 0);
	open_session(1);
	to_pc.sent = 0;
	for (uint32_t i = 0; read < n * BH_LINK_PAYLOAD; i++) {
		uint8_t data[BH_LINK_PAYLOAD] = { 0 };

		for (uint32_t k = any(4); k && written < n && bh_link_room(&monitor) >= sizeof data; k--, written++)
			assert_int_equal(bh_link_write(&monitor, data, sizeof data), sizeof data);
		turn(10);
		read += drain(&pc);
		assert_true(i < 10000);
	}
	assert_int_equal(to_pc.sent, n);
}

static void fill_window(struct bh_link *l)
{
	static const uint8_t data[BH_LINK_WINDOW * BH_LINK_PAYLOAD];

	assert_int_equal(bh_link_write(l, data, sizeof data), sizeof data);
}

static void one_that_is_lost_among_others_is_asked_for_at_once(void **state)
{
	(void)state;
	begin(0, 0);
	open_session(1);
	fill_window(&monitor);
	send(&monitor, &to_pc);
	to_pc.tail++; /* the first one is lost */
	for (uint32_t i = 0; i < 40; i++) {
		if (to_pc.tail != to_pc.head) {
			bh_link_receive(&pc, to_pc.packet[to_pc.tail % FLIGHT].data, to_pc.packet[to_pc.tail % FLIGHT].n, now);
			to_pc.tail++;
		}
		send(&pc, &to_monitor);
		deliver(&to_monitor, &monitor);
		send(&monitor, &to_pc);
	}
	assert_int_equal(bh_link_waits(&pc), BH_LINK_WINDOW * BH_LINK_PAYLOAD);
	assert_int_equal(to_pc.sent, 1 + 2 * BH_LINK_WINDOW); /* with the OPENED */
}

static void what_found_no_room_is_asked_for_when_there_is_some(void **state)
{
	(void)state;
	begin(0, 0);
	open_session(1);
	fill_window(&monitor);
	turns(4, 10);
	fill_window(&monitor);
	turns(100, 10);
	assert_int_equal(bh_link_waits(&pc), BH_LINK_WINDOW * BH_LINK_PAYLOAD);
	turns(1, (uint32_t)(monitor.again_at - now + 1));
	turn(10); /* it has just tried again, in vain */
	assert_true(monitor.again_at > now + 100);
	bh_link_skip(&pc, BH_LINK_RING);
	turns(4, 10);
	assert_int_equal(bh_link_waits(&pc), BH_LINK_WINDOW * BH_LINK_PAYLOAD);
}

/* 2 kB under way are 2 s of a line of 9600 bit/s. */
static void a_slow_line_is_not_filled_with_repetitions(void **state)
{
	static const uint8_t data[BH_LINK_WINDOW * BH_LINK_PAYLOAD];
	uint32_t n = 400 * BH_LINK_PAYLOAD, read = 0;

	(void)state;
	begin(0, 0);
	open_session(1);
	to_pc.sent = 0;
	while (read < n) {
		bh_link_write(&monitor, data, bh_link_room(&monitor) / BH_LINK_PAYLOAD * BH_LINK_PAYLOAD);
		turn(900);
		read += drain(&pc);
	}
	assert_in_range(to_pc.sent, 400, 450);
}

static void streams_survive_loss_and_repetition(void **state)
{
	(void)state;
	for (uint32_t loss = 5; loss <= 50; loss += 15) {
		begin(loss, 20);
		open_session(loss);
		exchange(30000);
	}
}

static void a_reader_that_does_not_read_holds_the_writer(void **state)
{
	uint32_t written = 0, read = 0;

	(void)state;
	begin(0, 0);
	open_session(9);
	for (uint32_t i = 0; i < 500; i++) {
		write_some(&monitor, &written, 100000, 2);
		turn(50);
	}
	assert_in_range(written, BH_LINK_RING / 2, BH_LINK_RING + BH_LINK_WINDOW * BH_LINK_PAYLOAD);
	assert_true(bh_link_waits(&pc) <= BH_LINK_RING);
	while (read < 100000) {
		write_some(&monitor, &written, 100000, 2);
		turn(50);
		read_some(&pc, &read, 2);
	}
	assert_int_equal(pc.state, BH_LINK_IS_OPEN);
}

static void what_was_written_arrives_before_the_end(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 50; i++) {
		uint32_t written = 0, read = 0;

		begin(30, 10);
		open_session(i + 1);
		while (written < 1000)
			write_some(&monitor, &written, 1000, 2);
		bh_link_close(&monitor);
		assert_int_equal(bh_link_write(&monitor, "x", 1), 0);
		for (uint32_t k = 0; k < 1000 && (pc.state != BH_LINK_IS_CLOSED || monitor.state != BH_LINK_IS_CLOSED); k++)
			turn(50);
		assert_int_equal(pc.state, BH_LINK_IS_CLOSED);
		assert_int_equal(monitor.state, BH_LINK_IS_CLOSED);
		while (read < written)
			read_some(&pc, &read, 2);
		assert_int_equal(bh_link_waits(&pc), 0);
	}
}

static void a_new_session_begins_where_the_old_one_was_cut(void **state)
{
	uint32_t written = 0;

	(void)state;
	begin(20, 20);
	for (uint32_t s = 1; s < 40; s++) {
		open_session(s);
		for (uint32_t i = 0; i < any(20); i++) {
			written = 0;
			write_some(&pc, &written, 600, 1);
			turn(30);
		}
		if (any(2))
			bh_link_close(&pc);
	}
	open_session(1000);
	exchange(5000);
}

static void the_end_is_told_both_ways(void **state)
{
	(void)state;
	begin(20, 20);
	open_session(5);
	bh_link_close(&pc);
	turns(100, 50);
	assert_int_equal(pc.state, BH_LINK_IS_CLOSED);
	assert_int_equal(monitor.state, BH_LINK_IS_CLOSED);
}

/* An OPEN that was repeated, and comes late. */
static void a_session_that_has_ended_does_not_begin_again(void **state)
{
	struct bh_link_head h = { .channel = BH_LINK_GDB, .type = BH_LINK_OPEN, .sequence = BH_LINK_VERSION, .session = 5 };
	uint8_t packet[BH_LINK_PACKET];

	(void)state;
	begin(0, 0);
	open_session(5);
	bh_link_close(&monitor);
	turns(5, 50);
	bh_link_receive(&monitor, &h, sizeof h, now);
	assert_int_equal(monitor.state, BH_LINK_IS_CLOSED);
	assert_int_equal(bh_link_send(&monitor, packet, now), sizeof h);
	assert_int_equal(packet[1], BH_LINK_CLOSED);
}

static void a_monitor_that_began_anew_says_so(void **state)
{
	(void)state;
	begin(0, 0);
	open_session(5);
	bh_link_begin(&monitor, BH_LINK_GDB, false);
	turns(3, BH_LINK_ALIVE_MS);
	assert_int_equal(pc.state, BH_LINK_IS_CLOSED);
	open_session(6);
}

static void a_session_lasts_while_both_are_there(void **state)
{
	(void)state;
	begin(20, 0);
	open_session(5);
	turns(200, 1000);
	assert_int_equal(pc.state, BH_LINK_IS_OPEN);
	assert_int_equal(monitor.state, BH_LINK_IS_OPEN);
	exchange(1000);
}

static void a_pc_that_is_gone_is_noticed(void **state)
{
	(void)state;
	begin(0, 0);
	open_session(5);
	now = bh_link_due(&monitor);
	assert_in_range(now - monitor.heard_at, BH_LINK_GONE_MS, BH_LINK_GONE_MS);
	send(&monitor, &to_pc);
	assert_int_equal(monitor.state, BH_LINK_IS_CLOSED);
	assert_true(bh_link_due(&monitor) == BH_LINK_NEVER);
}

static void a_monitor_that_is_gone_is_noticed(void **state)
{
	(void)state;
	begin(0, 0);
	open_session(5);
	for (uint32_t i = 0; i < BH_LINK_GONE_MS / 1000 + 1; i++) {
		send(&pc, &to_monitor);
		now += 1000;
	}
	send(&pc, &to_monitor);
	assert_int_equal(pc.state, BH_LINK_IS_CLOSED);
}

static void nobody_who_answers_is_no_session(void **state)
{
	(void)state;
	begin(100, 0);
	bh_link_open(&pc, 1, now);
	for (uint32_t i = 0; i < 300 && pc.state == BH_LINK_IS_OPENING; i++)
		turn(100);
	assert_int_equal(pc.state, BH_LINK_IS_CLOSED);
	assert_int_equal(pc.version, BH_LINK_VERSION);
	assert_in_range(to_monitor.sent, 5, 30);
}

static void another_version_is_refused_with_its_own(void **state)
{
	struct bh_link_head h = { .channel = BH_LINK_GDB, .type = BH_LINK_OPEN, .sequence = BH_LINK_VERSION + 1, .session = 4 };
	uint8_t packet[BH_LINK_PACKET];

	(void)state;
	begin(0, 0);
	bh_link_receive(&monitor, &h, sizeof h, now);
	assert_int_equal(monitor.state, BH_LINK_IS_CLOSED);
	assert_int_equal(bh_link_send(&monitor, packet, now), sizeof h);
	memcpy(&h, packet, sizeof h);
	assert_int_equal(h.type, BH_LINK_CLOSED);
	assert_int_equal(h.session, 4);
	assert_int_equal(h.sequence, BH_LINK_VERSION);

	bh_link_open(&pc, 4, now);
	h.sequence = 9;
	bh_link_receive(&pc, &h, sizeof h, now);
	assert_int_equal(pc.state, BH_LINK_IS_CLOSED);
	assert_int_equal(pc.version, 9);
}

/* CRC-32 lets one damaged packet in 2^32 through; one that did could spoil the stream's bytes, and must spoil no more. */
static void packets_of_any_content_break_nothing(void **state)
{
	(void)state;
	begin(0, 0);
	open_session(0x01010101);
	for (uint32_t i = 0; i < 300000; i++) {
		struct bh_link *l = any(2) ? &pc : &monitor;
		uint8_t packet[BH_LINK_PACKET + 8];
		uint32_t n = any(20) ? any(24) : any(sizeof packet);

		for (uint32_t k = 0; k < n; k++)
			packet[k] = (uint8_t)any(256);
		if (n > 8 && any(4)) {
			packet[0] = BH_LINK_GDB;
			packet[1] = (uint8_t)any(9);
			memset(packet + 4, any(3) ? 1 : 2, 4);
		}
		bh_link_receive(l, packet, n, now);
		assert_true(bh_link_waits(l) <= BH_LINK_RING);
		assert_in_range(l->n_out, 0, BH_LINK_WINDOW);
		assert_true(l->sent <= l->ever && l->ever <= l->n_out);
		if (!any(10))
			turn(any(30));
	}
	to_monitor.head = to_monitor.tail = to_pc.head = to_pc.tail = 0;
	open_session(77);
	exchange(3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_arrive_whole_and_in_order),
		cmocka_unit_test(nothing_is_sent_twice_on_a_good_line),
		cmocka_unit_test(one_that_is_lost_among_others_is_asked_for_at_once),
		cmocka_unit_test(what_found_no_room_is_asked_for_when_there_is_some),
		cmocka_unit_test(a_slow_line_is_not_filled_with_repetitions),
		cmocka_unit_test(streams_survive_loss_and_repetition),
		cmocka_unit_test(a_reader_that_does_not_read_holds_the_writer),
		cmocka_unit_test(what_was_written_arrives_before_the_end),
		cmocka_unit_test(a_new_session_begins_where_the_old_one_was_cut),
		cmocka_unit_test(the_end_is_told_both_ways),
		cmocka_unit_test(a_session_that_has_ended_does_not_begin_again),
		cmocka_unit_test(a_monitor_that_began_anew_says_so),
		cmocka_unit_test(a_session_lasts_while_both_are_there),
		cmocka_unit_test(a_pc_that_is_gone_is_noticed),
		cmocka_unit_test(a_monitor_that_is_gone_is_noticed),
		cmocka_unit_test(nobody_who_answers_is_no_session),
		cmocka_unit_test(another_version_is_refused_with_its_own),
		cmocka_unit_test(packets_of_any_content_break_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
