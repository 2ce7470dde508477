/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of the link between two queuing ports and the channels' streams. */
#include "sdk/bh_link_port.h"

#include "sdk/bh_time.h"

#define MS 1000000u

_Static_assert(BH_LINK_PACKET <= BH_LINK_MESSAGE_BYTES, "a packet is a message");

static uint64_t now_ms(void)
{
	return bh_time_to_ns(bh_time_ticks()) / MS;
}

enum bh_status bh_link_port_begin(struct bh_link_port *p, struct bh_link *links, uint32_t n)
{
	p->links = links;
	p->n = n;
	p->held = 0;
	for (uint32_t i = 0; i < n; i++)
		bh_link_begin(&links[i], (uint8_t)i, false);
	if (bh_port_find(BH_LINK_IN, &p->in) != BH_OK)
		return BH_E_CAP;
	return bh_port_find(BH_LINK_OUT, &p->out);
}

static bool take_one(struct bh_link_port *p)
{
	struct bh_message m;
	uint8_t channel;

	if (bh_queue_view(p->in, &m, BH_NO_WAIT) != BH_OK)
		return false;
	channel = *(const uint8_t *)m.data;
	if (channel < p->n)
		bh_link_receive(&p->links[channel], m.data, m.bytes, now_ms());
	return true;
}

/* False: there is no room; an event will come. Where the console does not run the packet is lost, as on a line. */
static bool send_held(struct bh_link_port *p)
{
	if (p->held && bh_queue_send(p->out, p->packet, p->held, BH_NO_WAIT) == BH_E_AGAIN)
		return false;
	p->held = 0;
	return true;
}

static void send_all(struct bh_link_port *p, struct bh_link *l)
{
	while (send_held(p)) {
		p->held = bh_link_send(l, p->packet, now_ms());
		if (!p->held)
			return;
	}
}

bool bh_link_port_turn(struct bh_link_port *p)
{
	bool came = false;

	for (uint32_t i = 0; i < BH_LINK_DEPTH && take_one(p); i++)
		came = true;
	for (uint32_t i = 0; i < p->n; i++)
		send_all(p, &p->links[i]);
	return came;
}

/* With a packet held the event of the queue ends the wait. One more millisecond: times are rounded down. */
uint64_t bh_link_port_deadline(const struct bh_link_port *p)
{
	uint64_t due = BH_LINK_NEVER;

	for (uint32_t i = 0; i < p->n; i++) {
		uint64_t at = bh_link_due(&p->links[i]);

		due = at < due ? at : due;
	}
	if (p->held || due == BH_LINK_NEVER)
		return BH_NEVER;
	return bh_time_from_ns((due + 1) * MS);
}
