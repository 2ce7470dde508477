/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a PC asks the monitor, and is answered. The link's streams are played here (link_test.c has the real ones): they take few bytes
 * at a time, so that each reply is told in many turns; and so is the debugging session (guest_debug_test.c).
 * sources: sdk/bh_frame.c
 */
#include "tests/unit/monitor_fixture.h"

#define SDK_BH_PORT_H	  /* the port is played as a whole */
#define BH_PORT_BIT(port) (1ull << (port))

#include "abi/port.h"

#include "services/monitor/census.c"
#include "services/monitor/dump_store.c"
#include "services/monitor/pc_link.c"

#define BITE 100u /* bytes that a stream takes in a turn */
#define DUMP 40000u

static struct {
	uint8_t to[4096], from[3 * BH_LINK_READ_MAX];
	uint32_t n_to, n_from, room;
	bool closed;
} stream[BH_LINK_CHANNELS];

static struct {
	enum bh_status status;
	uint32_t begun, ended, bytes;
	bool on;
	void (*put)(const uint8_t *bytes, uint32_t n);
} debug;

static union {
	struct bh_monitor_store store;
	uint8_t page[BH_MONITOR_STORE_BYTES];
} directory;
static _Alignas(4096) uint8_t store_room[1 << 17];

void dump_store_clean(const void *at, uint64_t bytes)
{
	(void)at, (void)bytes;
}

enum bh_status bh_link_port_begin(struct bh_link_port *p, struct bh_link *l, uint32_t n)
{
	assert_int_equal(n, BH_LINK_CHANNELS);
	memset(l, 0, n * sizeof *l);
	*p = (struct bh_link_port){ .in = 3, .out = 4, .links = l, .n = n };
	return BH_OK;
}

bool bh_link_port_turn(struct bh_link_port *p)
{
	(void)p;
	for (uint32_t i = 0; i < BH_LINK_CHANNELS; i++)
		stream[i].room = BITE;
	return false;
}

uint64_t bh_link_port_deadline(const struct bh_link_port *p)
{
	(void)p;
	return 4711;
}

void bh_link_close(struct bh_link *l)
{
	stream[l - links].closed = true;
	l->state = BH_LINK_IS_CLOSED;
}

uint32_t bh_link_write(struct bh_link *l, const void *data, uint32_t bytes)
{
	uint32_t c = (uint32_t)(l - links), n = bytes < stream[c].room ? bytes : stream[c].room;

	assert_true(stream[c].n_from + n <= sizeof stream[c].from);
	memcpy(stream[c].from + stream[c].n_from, data, n);
	stream[c].n_from += n;
	stream[c].room -= n;
	return n;
}

uint32_t bh_link_peek(const struct bh_link *l, const uint8_t **data)
{
	*data = stream[l - links].to;
	return stream[l - links].n_to;
}

void bh_link_skip(struct bh_link *l, uint32_t bytes)
{
	uint32_t c = (uint32_t)(l - links);

	stream[c].n_to -= bytes;
	memmove(stream[c].to, stream[c].to + bytes, stream[c].n_to);
}

/* As slowly as the line is. */
uint32_t bh_link_read(struct bh_link *l, void *to, uint32_t room)
{
	uint32_t c = (uint32_t)(l - links), n = room < stream[c].n_to ? room : stream[c].n_to;

	n = n < 7 ? n : 7;
	memcpy(to, stream[c].to, n);
	bh_link_skip(l, n);
	return n;
}

enum bh_status guest_debug_begin(const char *name, void (*put_bytes)(const uint8_t *bytes, uint32_t n))
{
	(void)name;
	debug.begun++;
	debug.put = put_bytes;
	debug.on = debug.status == BH_OK;
	return debug.status;
}

void guest_debug_byte(uint8_t byte)
{
	debug.bytes++;
	debug.put(&byte, 1); /* an echo */
}

void guest_debug_end(void)
{
	debug.ended++;
	debug.on = false;
}

bool guest_debug_on(void)
{
	return debug.on;
}

static void open_channel(uint32_t channel, uint32_t session)
{
	links[channel].state = BH_LINK_IS_OPEN;
	links[channel].session = session;
	stream[channel].n_from = 0;
	stream[channel].closed = false;
}

static int fresh(void **state)
{
	(void)state;
	make_system();
	assert_true(census_init());
	memset(&directory, 0, sizeof directory);
	memset(stream, 0, sizeof stream);
	memset(&debug, 0, sizeof debug);
	memset(talks, 0, sizeof talks);
	debug.status = BH_OK;
	dump_store_init(&directory.store, store_room, sizeof store_room);
	assert_int_equal(pc_link_init(), 1u << 3 | 1u << 4);
	for (uint32_t c = 0; c < BH_LINK_CHANNELS; c++)
		open_channel(c, 100 + c);
	return 0;
}

static void write_to(uint32_t channel, const void *data, uint32_t n)
{
	memcpy(stream[channel].to + stream[channel].n_to, data, n);
	stream[channel].n_to += n;
}

static void turns(uint32_t n)
{
	while (n--)
		(void)pc_link_turn();
}

static const struct bh_link_reply *asked(uint32_t channel, struct bh_link_request r, const char *name)
{
	const struct bh_link_reply *reply = (const void *)stream[channel].from;

	snprintf(r.name, sizeof r.name, "%s", name);
	stream[channel].n_from = 0;
	write_to(channel, &r, sizeof r);
	turns(2000);
	assert_true(stream[channel].n_from >= sizeof *reply);
	assert_int_equal(reply->ask, r.ask);
	return reply;
}

static const struct bh_link_reply *ask(uint32_t channel, uint32_t what, const char *name)
{
	return asked(channel, (struct bh_link_request){ .ask = what }, name);
}

/* Bytes, runs of zeros that are too short to be worth it, and long ones. */
static uint8_t byte_of(uint32_t i)
{
	return i % 5000 < 3000 && i % 40 >= 20 ? (uint8_t)(i * 7 + 1) : 0;
}

static uint32_t make_dump(const char *name)
{
	struct bh_monitor_dump *d = dump_store_begin(name, DUMP, 4096);
	uint8_t *at;

	assert_non_null(d);
	at = (uint8_t *)(uintptr_t)d->ipa;
	for (uint32_t i = 0; i < d->bytes; i++)
		at[i] = byte_of(i);
	dump_store_end(BH_DUMP_WHOLE);
	return d->sequence;
}

static void any_channel_lists_the_partitions_and_what_may_be_done(void **state)
{
	(void)state;
	make_dump("driver");
	for (uint32_t c = 0; c < BH_LINK_CHANNELS; c++) {
		const struct bh_link_reply *r = ask(c, BH_LINK_LIST, "");
		const struct bh_link_partition *p = (const void *)(r + 1);

		assert_int_equal(r->status, BH_OK);
		assert_int_equal(r->bytes, PARTITIONS * sizeof *p);
		assert_int_equal(stream[c].n_from, sizeof *r + r->bytes);
		for (uint32_t i = 0; i < PARTITIONS; i++) {
			assert_string_equal(p[i].name, names[i]);
			assert_int_equal(p[i].ends, i);
			assert_int_equal(p[i].flags, i == DRIVER ? BH_LINK_MAY_INSPECT | BH_LINK_HAS_DUMP : 0);
		}
	}
}

static void what_is_not_known_or_not_on_this_channel_is_refused_in_words(void **state)
{
	static const uint32_t wrong[][2] = {
		{ BH_LINK_CONTROL, BH_LINK_SELECT },
		{ BH_LINK_CONTROL, BH_LINK_DUMP_READ },
		{ BH_LINK_DUMP, BH_LINK_SELECT },
		{ BH_LINK_GDB, 99 },
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		const struct bh_link_reply *r = ask(wrong[i][0], wrong[i][1], "driver");

		assert_int_equal(r->status, BH_E_UNKNOWN);
		assert_int_equal(stream[wrong[i][0]].n_from, sizeof *r + r->bytes);
		assert_memory_equal(r + 1, "the monitor does not know", 25);
	}
	assert_int_equal(debug.begun, 0);
}

static void a_dump_that_is_not_there_is_refused_with_the_reason(void **state)
{
	(void)state;
	assert_int_equal(ask(BH_LINK_DUMP, BH_LINK_DUMP_LOOK, "nobody")->status, BH_E_ARG);
	assert_int_equal(ask(BH_LINK_DUMP, BH_LINK_DUMP_LOOK, "linux")->status, BH_E_RIGHT);
	assert_int_equal(ask(BH_LINK_DUMP, BH_LINK_DUMP_LOOK, "driver")->status, BH_E_AGAIN);
	dump_store_begin("driver", DUMP, 4096);
	assert_int_equal(ask(BH_LINK_DUMP, BH_LINK_DUMP_LOOK, "driver")->status, BH_E_AGAIN);
	assert_memory_equal(stream[BH_LINK_DUMP].from + sizeof(struct bh_link_reply), "its dump is not whole", 21);
}

static void a_dump_is_told_before_it_is_read(void **state)
{
	uint32_t id = make_dump("driver");
	const struct bh_link_reply *r = ask(BH_LINK_DUMP, BH_LINK_DUMP_LOOK, "driver");
	const struct bh_link_dump *d = (const void *)(r + 1);

	(void)state;
	assert_int_equal(r->status, BH_OK);
	assert_int_equal(r->bytes, sizeof *d);
	assert_int_equal(d->id, id);
	assert_int_equal(d->bytes, DUMP);
}

/* Puts pieces together as a PC does; what is left over is the CRC. */
static uint32_t put_together(uint8_t *to, uint32_t bytes)
{
	const uint8_t *at = stream[BH_LINK_DUMP].from + sizeof(struct bh_link_reply), *end = stream[BH_LINK_DUMP].from + stream[BH_LINK_DUMP].n_from;
	uint32_t done = 0, crc;

	while (done < bytes) {
		struct bh_link_piece piece;

		assert_true(end - at >= (ptrdiff_t)sizeof piece);
		memcpy(&piece, at, sizeof piece);
		at += sizeof piece;
		assert_true(piece.bytes || piece.zeros);
		assert_true(done + (uint64_t)piece.bytes + piece.zeros <= bytes);
		memcpy(to + done, at, piece.bytes);
		memset(to + done + piece.bytes, 0, piece.zeros);
		at += piece.bytes;
		done += piece.bytes + piece.zeros;
	}
	assert_int_equal(end - at, sizeof crc);
	memcpy(&crc, at, sizeof crc);
	return crc;
}

static void a_range_of_a_dump_comes_whole_and_its_zeros_are_not_sent(void **state)
{
	static const struct {
		uint32_t offset, bytes;
	} ranges[] = { { 0, DUMP }, { 1, 1 }, { 2990, 3100 }, { 3000, 2000 }, { DUMP - 1, 1 } };
	static uint8_t got[DUMP];
	uint32_t id = make_dump("driver");

	(void)state;
	for (uint32_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		const struct bh_link_reply *r = asked(
			BH_LINK_DUMP, (struct bh_link_request){ .ask = BH_LINK_DUMP_READ, .id = id, .offset = ranges[i].offset, .bytes = ranges[i].bytes },
			"driver");
		uint32_t crc = put_together(got, ranges[i].bytes);

		assert_int_equal(r->status, BH_OK);
		assert_int_equal(crc, bh_frame_crc(got, ranges[i].bytes));
		for (uint32_t k = 0; k < ranges[i].bytes; k++)
			assert_int_equal(got[k], byte_of(ranges[i].offset + k));
		if (i == 0)
			assert_true(stream[BH_LINK_DUMP].n_from < 3 * DUMP / 4); /* 2000 of each 5000 bytes are one run */
	}
}

static void what_is_beyond_its_end_or_of_another_dump_is_refused(void **state)
{
	uint32_t id = make_dump("driver");
	const struct {
		struct bh_link_request r;
		int32_t status;
	} wrong[] = {
		{ { .id = id + 1, .bytes = 1 }, BH_E_STATE },
		{ { .id = id, .bytes = 0 }, BH_E_ARG },
		{ { .id = id, .bytes = DUMP + 1 }, BH_E_ARG },
		{ { .id = id, .offset = DUMP, .bytes = 1 }, BH_E_ARG },
		{ { .id = id, .offset = DUMP + 1, .bytes = 1 }, BH_E_ARG },
		{ { .id = id, .offset = ~0ull, .bytes = 2 }, BH_E_ARG },
		{ { .id = id, .offset = 0, .bytes = BH_LINK_READ_MAX + 1 }, BH_E_ARG },
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct bh_link_request r = wrong[i].r;

		r.ask = BH_LINK_DUMP_READ;
		assert_int_equal(asked(BH_LINK_DUMP, r, "driver")->status, wrong[i].status);
	}
}

static void a_new_session_gets_nothing_of_the_last_one(void **state)
{
	uint32_t id = make_dump("driver");
	struct bh_link_request r = { .ask = BH_LINK_DUMP_READ, .id = id, .bytes = DUMP, .name = "driver" };

	(void)state;
	write_to(BH_LINK_DUMP, &r, sizeof r);
	turns(40); /* in the midst of it */
	assert_true(stream[BH_LINK_DUMP].n_from > 0);
	open_channel(BH_LINK_DUMP, 7);
	turns(40);
	assert_int_equal(stream[BH_LINK_DUMP].n_from, 0);
	assert_int_equal(ask(BH_LINK_DUMP, BH_LINK_DUMP_LOOK, "driver")->status, BH_OK);
}

static void half_a_request_of_a_last_session_is_forgotten(void **state)
{
	struct bh_link_request r = { .ask = BH_LINK_LIST };

	(void)state;
	write_to(BH_LINK_CONTROL, &r, 20);
	turns(10);
	open_channel(BH_LINK_CONTROL, 8);
	assert_int_equal(ask(BH_LINK_CONTROL, BH_LINK_LIST, "")->status, BH_OK);
}

static void who_cannot_be_debugged_is_refused(void **state)
{
	static const enum bh_status wrong[] = { BH_E_ARG, BH_E_RIGHT, BH_E_STATE };

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		debug.status = wrong[i];
		assert_int_equal(ask(BH_LINK_GDB, BH_LINK_SELECT, "driver")->status, wrong[i]);
		assert_false(talks[BH_LINK_GDB].debugging);
	}
}

static void debugging_begins_when_the_session_before_has_ended(void **state)
{
	struct bh_link_request r = { .ask = BH_LINK_SELECT, .name = "driver" };

	(void)state;
	debug.status = BH_E_AGAIN;
	write_to(BH_LINK_GDB, &r, sizeof r);
	turns(50);
	assert_true(debug.begun > 1);
	assert_int_equal(stream[BH_LINK_GDB].n_from, 0);
	debug.status = BH_OK;
	turns(5);
	assert_int_equal(stream[BH_LINK_GDB].n_from, sizeof(struct bh_link_reply));
	assert_true(talks[BH_LINK_GDB].debugging);
}

static void gdbs_bytes_go_both_ways_until_it_detaches(void **state)
{
	(void)state;
	assert_int_equal(ask(BH_LINK_GDB, BH_LINK_SELECT, "driver")->status, BH_OK);
	stream[BH_LINK_GDB].n_from = 0;
	write_to(BH_LINK_GDB, "$qSupported#37", 14);
	turns(5);
	assert_int_equal(debug.bytes, 14);
	assert_int_equal(stream[BH_LINK_GDB].n_from, 14);
	assert_memory_equal(stream[BH_LINK_GDB].from, "$qSupported#37", 14);
	debug.on = false; /* the stub says that gdb has detached */
	turns(2);
	assert_true(stream[BH_LINK_GDB].closed);
}

/* What the stub answers must find room, or it is lost. */
static void what_gdb_says_waits_while_its_answers_do_not_go(void **state)
{
	static uint8_t much[4000];

	(void)state;
	assert_int_equal(ask(BH_LINK_GDB, BH_LINK_SELECT, "driver")->status, BH_OK);
	stream[BH_LINK_GDB].n_from = 0;
	memset(much, 'x', sizeof much);
	write_to(BH_LINK_GDB, much, sizeof much);
	turns(500);
	assert_int_equal(debug.bytes, sizeof much);
	assert_int_equal(stream[BH_LINK_GDB].n_from, sizeof much);
}

static void a_pc_that_goes_away_ends_the_debugging(void **state)
{
	(void)state;
	assert_int_equal(ask(BH_LINK_GDB, BH_LINK_SELECT, "driver")->status, BH_OK);
	links[BH_LINK_GDB].state = BH_LINK_IS_CLOSED;
	turns(1);
	assert_int_equal(debug.ended, 1);
	turns(5);
	assert_int_equal(debug.ended, 1);
	assert_int_equal(pc_link_deadline(), 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(any_channel_lists_the_partitions_and_what_may_be_done, fresh),
		cmocka_unit_test_setup(what_is_not_known_or_not_on_this_channel_is_refused_in_words, fresh),
		cmocka_unit_test_setup(a_dump_that_is_not_there_is_refused_with_the_reason, fresh),
		cmocka_unit_test_setup(a_dump_is_told_before_it_is_read, fresh),
		cmocka_unit_test_setup(a_range_of_a_dump_comes_whole_and_its_zeros_are_not_sent, fresh),
		cmocka_unit_test_setup(what_is_beyond_its_end_or_of_another_dump_is_refused, fresh),
		cmocka_unit_test_setup(a_new_session_gets_nothing_of_the_last_one, fresh),
		cmocka_unit_test_setup(half_a_request_of_a_last_session_is_forgotten, fresh),
		cmocka_unit_test_setup(who_cannot_be_debugged_is_refused, fresh),
		cmocka_unit_test_setup(debugging_begins_when_the_session_before_has_ended, fresh),
		cmocka_unit_test_setup(gdbs_bytes_go_both_ways_until_it_detaches, fresh),
		cmocka_unit_test_setup(what_gdb_says_waits_while_its_answers_do_not_go, fresh),
		cmocka_unit_test_setup(a_pc_that_goes_away_ends_the_debugging, fresh),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
