/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's end of the link, in place of a monitor: what comes on a channel goes back on it. A
 * line "end" ends the session from here, "pour" is answered by POUR bytes that count. Prints what would spoil packets on a line
 * that keeps them apart badly.
 */
#include "sdk/bh_link_port.h"
#include "sdk/bulkhead.h"

#define POUR 200000u

static struct bh_link links[BH_LINK_CHANNELS];
static struct bh_link_port port;
static bool was_open[BH_LINK_CHANNELS];
static uint32_t bytes[BH_LINK_CHANNELS];
static uint32_t poured[BH_LINK_CHANNELS], to_pour[BH_LINK_CHANNELS];

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
	bytes[i] = poured[i] = to_pour[i] = 0;
}

static bool is_line(const uint8_t *data, uint32_t n, const char *line)
{
	for (uint32_t i = 0; i < n; i++)
		if (data[i] != (uint8_t)line[i])
			return false;
	return line[n] == 0;
}

static bool pour(uint32_t i)
{
	uint8_t data[128];
	uint32_t n = to_pour[i] - poured[i] < sizeof data ? to_pour[i] - poured[i] : sizeof data;

	for (uint32_t k = 0; k < n; k++)
		data[k] = (uint8_t)(poured[i] + k);
	n = bh_link_write(&links[i], data, n);
	poured[i] += n;
	return n > 0;
}

/* True: something went back. */
static bool echo(uint32_t i)
{
	uint8_t data[128];
	uint32_t room = bh_link_room(&links[i]), n = bh_link_read(&links[i], data, room < sizeof data ? room : sizeof data);

	if (!n)
		return pour(i);
	if (is_line(data, n, "pour\n")) {
		to_pour[i] = POUR;
		return true;
	}
	bytes[i] += bh_link_write(&links[i], data, n);
	if (is_line(data, n, "end\n"))
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
