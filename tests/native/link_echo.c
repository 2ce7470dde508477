/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's end of the link, in place of a monitor: what comes on a channel goes back on it. A
 * line "end" ends the session from here. Prints what would spoil packets on a line that keeps them apart badly.
 */
#include "sdk/bh_link_port.h"
#include "sdk/bulkhead.h"

static struct bh_link links[BH_LINK_CHANNELS];
static struct bh_link_port port;
static bool was_open[BH_LINK_CHANNELS];
static uint32_t bytes[BH_LINK_CHANNELS];

static void tell(uint32_t i)
{
	bool open = links[i].state == BH_LINK_IS_OPEN;

	if (open == was_open[i])
		return;
	was_open[i] = open;
	if (open)
		bh_printf("channel %u opened\n", i);
	else
		bh_printf("channel %u closed after %u bytes\n", i, bytes[i]);
	bytes[i] = 0;
}

static bool is_end(const uint8_t *data, uint32_t n)
{
	return n == 4 && data[0] == 'e' && data[1] == 'n' && data[2] == 'd' && data[3] == '\n';
}

/* True: something went back. */
static bool echo(uint32_t i)
{
	uint8_t data[128];
	uint32_t room = bh_link_room(&links[i]), n = bh_link_read(&links[i], data, room < sizeof data ? room : sizeof data);

	if (!n)
		return false;
	bytes[i] += bh_link_write(&links[i], data, n);
	if (is_end(data, n))
		bh_link_close(&links[i]);
	return true;
}

static bool turn(void)
{
	bool busy = bh_link_port_turn(&port);

	for (uint32_t i = 0; i < BH_LINK_CHANNELS; i++) {
		tell(i);
		busy |= echo(i);
	}
	return busy;
}

int main(void)
{
	uint64_t events;

	if (bh_link_port_begin(&port, links, BH_LINK_CHANNELS) != BH_OK) {
		bh_printf("there is no link\n");
		return 1;
	}
	bh_printf("ready, with zeros: a%cb%c%c\n", 0, 0, 0);
	for (;;) {
		while (turn())
			;
		if (bh_port_wait(BH_PORT_BIT(port.in) | BH_PORT_BIT(port.out), bh_link_port_deadline(&port), &events) == BH_E_CAP)
			return 1;
	}
}
