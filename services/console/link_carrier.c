/* SPDX-License-Identifier: Apache-2.0 */
/* Packets between the UART and the monitor. */
#include "services/console/link_carrier.h"

#include <stddef.h>

#include "abi/link.h"
#include "sdk/bh_wire.h"
#include "sdk/bulkhead.h"

#define SILENCE_NS 500000000u /* no packet takes so long on a line of 9600 bit/s */

static struct {
	bool there;
	bool rang; /* there may be a message from the monitor; set by the handler */
	uint32_t in, out;
	uint32_t dropped; /* packets for the monitor */
	uint64_t last;	  /* when the last byte of a packet came */
	struct bh_wire wire;
	void (*put)(char c);
} carrier;

static void doorbell(void *arg)
{
	(void)arg;
	__atomic_store_n(&carrier.rang, true, __ATOMIC_RELAXED);
}

/* The port of a channel, if it is as abi/link.h has it. */
static bool find(const char *name, bool sends, uint32_t *port)
{
	const struct bh_info_entry *e;

	if (bh_port_find(name, port) != BH_OK)
		return false;
	e = bh_port_info(*port);
	if (BH_INFO_PORT_KIND(e->flags) == BH_PORT_QUEUING && !(e->flags & BH_INFO_PORT_SEND) == !sends && e->bytes == BH_LINK_MESSAGE_BYTES)
		return true;
	bh_printf("channel %s is no link: it is to be a queue %s here, of messages of %u bytes\n", name, sends ? "from" : "to", BH_LINK_MESSAGE_BYTES);
	return false;
}

bool link_carrier_init(void (*put)(char c))
{
	carrier.put = put;
	bh_wire_begin(&carrier.wire);
	carrier.there = find(BH_LINK_IN, true, &carrier.in) && find(BH_LINK_OUT, false, &carrier.out);
	if (!carrier.there)
		return false;
	carrier.rang = true; /* what came before makes no interrupt */
	if (bh_port_interrupt(carrier.out, doorbell, NULL, BH_PRIORITY_NORMAL) != BH_OK) {
		bh_printf("channel %s has no interrupt: there is no link\n", BH_LINK_OUT);
		carrier.there = false;
	}
	return carrier.there;
}

/* Told when it is twice as many as last time. */
static void drop(void)
{
	if ((carrier.dropped & (carrier.dropped + 1)) == 0)
		bh_printf("the monitor does not take what the PC sends: %u packets dropped\n", carrier.dropped + 1);
	carrier.dropped++;
}

bool link_carrier_input(uint8_t byte)
{
	uint64_t now;

	if (!carrier.there || (!carrier.wire.inside && byte))
		return false;
	now = bh_time_ticks();
	if (carrier.wire.inside && bh_time_to_ns(now - carrier.last) > SILENCE_NS)
		bh_wire_silence(&carrier.wire);
	carrier.last = now;
	switch (bh_wire_take(&carrier.wire, byte)) {
	case BH_WIRE_TEXT: return false;
	case BH_WIRE_PACKET:
		if (bh_queue_send(carrier.in, carrier.wire.frame.data, carrier.wire.n, BH_NO_WAIT) != BH_OK)
			drop();
		break;
	case BH_WIRE_NOTHING:
	case BH_WIRE_DAMAGED: break;
	}
	return true;
}

bool link_carrier_waits(void)
{
	return carrier.there && __atomic_load_n(&carrier.rang, __ATOMIC_RELAXED);
}

/* The flag first: what comes behind the look rings again. */
bool link_carrier_turn(uint32_t room)
{
	uint8_t wire[BH_WIRE_MAX];
	struct bh_message m;
	uint32_t n;

	if (!link_carrier_waits() || room < BH_WIRE_MAX)
		return false;
	__atomic_store_n(&carrier.rang, false, __ATOMIC_RELAXED);
	if (bh_queue_view(carrier.out, &m, BH_NO_WAIT) != BH_OK)
		return false;
	__atomic_store_n(&carrier.rang, true, __ATOMIC_RELAXED); /* there may be more */
	if (m.bytes > BH_LINK_PACKET)
		return false;
	n = bh_wire_put(wire, m.data, m.bytes);
	for (uint32_t i = 0; i < n; i++)
		carrier.put((char)wire[i]);
	return true;
}
