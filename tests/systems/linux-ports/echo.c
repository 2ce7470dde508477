/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native partner of test_linux_ports.py. It sends back what it gets: messages, values (one more in
 * each byte), notices, requests (bytes in reverse order). A message that begins with ! is an order instead.
 */
#include "sdk/bulkhead.h"
#include "sdk/bh_control.h"

static uint32_t out, in, brief, setting, measured, knock, bell, ask;
static uint8_t buffer[4096] __attribute__((aligned(8)));

static uint32_t port(const char *name)
{
	uint32_t p = 0;

	if (bh_port_find(name, &p) != BH_OK)
		bh_printf("no port %s\n", name);
	return p;
}

static bool is(const char *order)
{
	uint32_t i = 0;

	while (order[i] && order[i] == (char)buffer[i])
		i++;
	return !order[i];
}

/* The shared memory's first word, doubled, into its second; the message says the rest. */
static void pool(void)
{
	struct bh_shared s;

	if (bh_shared_find("pool", &s) != BH_OK)
		return;
	((volatile uint32_t *)s.data)[1] = 2 * ((volatile uint32_t *)s.data)[0];
	bh_printf("pool %u\n", ((volatile uint32_t *)s.data)[0]);
}

static void send_brief(void)
{
	for (char c = 'a'; c <= 'd'; c++)
		(void)!bh_queue_send(brief, &c, 1, BH_NO_WAIT);
	bh_log("sent four");
}

/* The bridge begins anew, and everything that it had in memory is gone. */
static void restart_bridge(void)
{
	uint32_t cap;

	if (bh_control_find("bridge", &cap) == BH_OK && bh_control_restart(cap, NULL) == BH_OK)
		bh_log("the bridge begins anew");
}

static bool order(void)
{
	if (is("!restart"))
		bh_partition_restart();
	else if (is("!off"))
		bh_partition_off();
	else if (is("!pool"))
		pool();
	else if (is("!brief"))
		send_brief();
	else if (is("!bridge"))
		restart_bridge();
	else
		return false;
	return true;
}

static void messages(void)
{
	struct bh_message m;

	while (bh_queue_receive(out, buffer, sizeof buffer, &m, BH_NO_WAIT) == BH_OK)
		if (!order() && bh_queue_send(in, buffer, m.bytes, BH_NEVER) != BH_OK)
			bh_log("a message was not sent back");
}

static void values(void)
{
	struct bh_message m;

	if (bh_sampling_read(setting, buffer, sizeof buffer, &m) != BH_OK || !m.fresh)
		return;
	for (uint32_t i = 0; i < m.bytes; i++)
		buffer[i]++;
	(void)!bh_sampling_write(measured, buffer, m.bytes);
}

static void requests(void)
{
	struct bh_message m;

	while (bh_port_request(ask, &m, BH_NO_WAIT) == BH_OK) {
		const uint8_t *from = m.data;

		for (uint32_t i = 0; i < m.bytes; i++)
			buffer[i] = from[m.bytes - 1 - i];
		(void)!bh_port_reply(ask, buffer, m.bytes);
	}
}

int main(void)
{
	uint64_t events = ~0ull;

	out = port("out"), in = port("in"), brief = port("brief"), setting = port("setting"), measured = port("measured");
	knock = port("knock"), bell = port("bell"), ask = port("ask");
	bh_log("ready");
	for (;;) {
		messages();
		values();
		requests();
		if (events != ~0ull && (events & BH_PORT_BIT(knock)))
			(void)!bh_signal_send(bell);
		events = 0;
		(void)!bh_port_wait(BH_PORT_BIT(out) | BH_PORT_BIT(setting) | BH_PORT_BIT(knock) | BH_PORT_BIT(ask), BH_NEVER, &events);
	}
}
