/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of the link against any line: bytes, packets with a right CRC and anything in them, and time. They must touch nothing
 * outside their memory, never take more than a packet or a ring holds, and still make a session afterwards.
 * sources: sdk/bh_link.c sdk/bh_wire.c sdk/bh_frame.c
 */
#include <stdlib.h>
#include <string.h>

#include "sdk/bh_link.h"
#include "sdk/bh_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct bh_link pc, monitor;
static struct bh_wire to_pc, to_monitor;
static uint64_t now;

static void check(int good)
{
	if (!good)
		abort();
}

static void check_link(const struct bh_link *l)
{
	check(bh_link_waits(l) <= BH_LINK_RING && l->n_out <= BH_LINK_WINDOW && l->sent <= l->ever && l->ever <= l->n_out);
	check(bh_link_room(l) <= BH_LINK_WINDOW * BH_LINK_PAYLOAD);
}

static void hear(struct bh_wire *w, struct bh_link *l, const uint8_t *line, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		switch (bh_wire_take(w, line[i])) {
		case BH_WIRE_NOTHING: break;
		case BH_WIRE_TEXT: check(line[i] != 0); break;
		case BH_WIRE_PACKET: bh_link_receive(l, w->frame.data, w->n, now); break;
		case BH_WIRE_DAMAGED: check(w->n >= 1 && w->n <= BH_WIRE_MAX && !memchr(w->raw, 0, w->n)); break;
		}
	}
	check_link(l);
}

/* @lost: what is said is lost. */
static void speak(struct bh_link *l, struct bh_wire *w, struct bh_link *other, int lost)
{
	uint8_t packet[BH_LINK_PACKET], line[BH_WIRE_MAX];
	uint32_t n, most = 4 * BH_LINK_WINDOW;

	while ((n = bh_link_send(l, packet, now))) {
		check(n <= BH_LINK_PACKET && most--);
		if (!lost)
			hear(w, other, line, bh_wire_put(line, packet, n));
	}
	check_link(l);
}

static void both_speak(int lost)
{
	speak(&pc, &to_monitor, &monitor, lost);
	speak(&monitor, &to_pc, &pc, lost);
}

static void act(struct bh_link *l, uint8_t what, const uint8_t *data, uint32_t n)
{
	uint8_t line[BH_WIRE_MAX], read[64];
	int is_pc = l == &pc;

	switch (what % 8) {
	case 0: hear(is_pc ? &to_pc : &to_monitor, l, data, n); break;
	case 1: hear(is_pc ? &to_pc : &to_monitor, l, line, bh_wire_put(line, data, n < BH_FRAME_MAX ? n : BH_FRAME_MAX)); break;
	case 2: bh_link_receive(l, data, n, now); break;
	case 3: check(bh_link_write(l, data, n) <= n); break;
	case 4: check(bh_link_read(l, read, sizeof read) <= sizeof read); break;
	case 5: bh_link_close(l); break;
	case 6: bh_link_open(&pc, pc.session + 1 ? pc.session + 1 : 1, now); break;
	case 7: both_speak(n & 1); break;
	}
	check_link(l);
}

/* Whatever was: a new session works. */
static void end(void)
{
	char said[] = "all is well", heard[sizeof said];
	uint32_t session = 1;

	both_speak(0);
	while (session == 0 || session == pc.session || session == monitor.session)
		session++;
	bh_link_open(&pc, session, now);
	for (uint32_t i = 0; i < 20 && (pc.state != BH_LINK_IS_OPEN || monitor.session != pc.session); i++, now += 400)
		both_speak(0);
	check(pc.state == BH_LINK_IS_OPEN);
	check(bh_link_write(&pc, said, sizeof said) == sizeof said);
	for (uint32_t i = 0; i < 10; i++, now += 400)
		both_speak(0);
	check(bh_link_read(&monitor, heard, sizeof heard) == sizeof heard && memcmp(said, heard, sizeof said) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const uint8_t *stop = data + bytes;

	now = 1000;
	bh_link_begin(&pc, BH_LINK_GDB, true);
	bh_link_begin(&monitor, BH_LINK_GDB, false);
	bh_wire_begin(&to_pc);
	bh_wire_begin(&to_monitor);
	while (stop - data >= 3) {
		uint32_t n = (uint32_t)(data[1] < stop - data - 3 ? data[1] : stop - data - 3);

		now += data[2] < 200 ? data[2] : (data[2] - 199u) * 500;
		act(data[0] & 8 ? &pc : &monitor, data[0], data + 3, n);
		data += 3 + n;
	}
	end();
	return 0;
}
