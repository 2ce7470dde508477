/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bridge service: ports for guests that make no calls of ours. Each end of a channel that it
 * carries is a PL011 in the guest (a tty there), answered for here, and a port held here; carrier.h has the
 * protocol between the two.
 *
 * One loop serves all in turns of bounded length, and no guest waits for another's, with one exception: a call waits for
 * its reply, up to BH_SERIAL_CALL_MAX_MS, one call of each end a round. Guests that must not feel each other's calls get bridges of their own.
 */
#include "sdk/bulkhead.h"
#include "services/bridge/carrier.h"
#include "services/lib/served.h"

#define MAX_CLIENTS BH_PART_PORTS
#define TURN	    64u	   /* accesses of one client in one turn */
#define PORTS_EVERY 16u	   /* turns */
#define LINGER_NS   20000u /* after the last one, the next is looked for that long before sleeping */

struct client {
	struct served served;
	struct carrier carrier;
};

static struct client clients[MAX_CLIENTS];
static uint32_t n_clients;
static struct client *of_port[BH_PART_PORTS];
static uint64_t ports; /* bits of all */

uint64_t carrier_now(void)
{
	return bh_time_ticks();
}

uint64_t carrier_ticks(uint32_t ms)
{
	return bh_time_from_ns(ms * 1000000ull);
}

uint64_t carrier_ns(uint64_t ticks)
{
	return bh_time_to_ns(ticks);
}

/* --- one client --- */

/* As far as the FIFO has room. */
static void client_give(struct client *c)
{
	uint8_t byte;

	while (carrier_gives(&c->carrier, &byte) && served_give(&c->served, byte))
		carrier_given(&c->carrier);
	served_line(&c->served);
}

/* True: a request has been dealt with. */
static bool client_take(struct client *c)
{
	uint8_t byte;

	switch (served_take(&c->served, &byte)) {
	case SERVED_REGISTERS: break;
	case SERVED_CHARACTER: return carrier_take(&c->carrier, byte);
	case SERVED_RESET: carrier_reset(&c->carrier, c->served.region.queue->life); break;
	}
	return false;
}

/* At most one request: short ones are a third of a turn's accesses, and each may be a call that waits for its reply. */
static bool client_turn(struct client *c)
{
	bool whole = false;
	uint32_t n = 0;

	for (; n < TURN && !whole && region_waits(&c->served.region); n++)
		whole = client_take(c);
	if (!n)
		return false;
	client_give(c);
	region_publish_some(&c->served.region, TURN);
	return true;
}

/* --- all --- */

static bool clients_turn(void)
{
	bool done = false;

	for (struct client *c = clients; c < clients + n_clients; c++)
		done |= client_turn(c);
	return done;
}

/* @events: bits of ports. */
static void events_turn(uint64_t events)
{
	for (uint32_t port = 0; port < BH_PART_PORTS; port++) {
		struct client *c = of_port[port];

		if (!(events & BH_PORT_BIT(port)) || !c)
			continue;
		carrier_event(&c->carrier);
		client_give(c);
	}
}

/* Requests whose time is over; answers when the next one's will be. */
static uint64_t waits_turn(void)
{
	uint64_t next = BH_NEVER, now = bh_time_ticks();

	for (struct client *c = clients; c < clients + n_clients; c++) {
		if (carrier_until(&c->carrier) <= now) {
			carrier_look(&c->carrier);
			client_give(c);
		}
		if (carrier_until(&c->carrier) < next)
			next = carrier_until(&c->carrier);
	}
	return next;
}

static bool work_waits(void)
{
	for (const struct client *c = clients; c < clients + n_clients; c++)
		if (region_waits(&c->served.region))
			return true;
	return false;
}

/* Events of ports that have come by @until. With interrupts masked: a doorbell that rings after the last look ends the wait. */
static void ports_turn(uint64_t until)
{
	uint64_t daif = bh_irq_mask(), events = 0;
	enum bh_status status = bh_port_wait(ports, work_waits() ? BH_NO_WAIT : until, &events);

	bh_irq_restore(daif);
	if (status == BH_OK)
		events_turn(events);
}

static void rest(uint64_t until)
{
	for (struct client *c = clients; c < clients + n_clients; c++)
		region_publish(&c->served.region);
	ports_turn(until);
}

/*
 * A guest that reads its FIFO asks for each byte: who looks for that in the queues finds it sooner than a doorbell does.
 * Ports are looked at between times.
 */
__attribute__((noreturn)) static void serve(void)
{
	uint64_t linger = bh_time_from_ns(LINGER_NS), last = bh_time_ticks();

	for (uint32_t turn = 0;; turn++) {
		bool done = clients_turn();
		uint64_t next = waits_turn();

		if (done)
			last = bh_time_ticks();
		if (turn % PORTS_EVERY == 0)
			ports_turn(BH_NO_WAIT);
		else if (!done && bh_time_ticks() - last >= linger)
			rest(next);
		else if (!done)
			__asm__ volatile("yield");
	}
}

/* --- the start --- */

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* The end that the client would hold, were it not carried: a channel between two clients has both here. */
static const struct bh_info_entry *port_of(const struct bh_info_entry *served)
{
	const struct bh_info_entry *e = NULL, *found = NULL;

	while ((e = bh_info_next(BH_INFO_PORT, e)))
		if (same(e->name, served->peer) && (!found || !same(e->peer, served->name)))
			found = e;
	return found;
}

/* The window that this client has for that channel, or NULL. */
static const struct bh_info_entry *window_of(const struct bh_info_entry *served)
{
	const struct bh_info_entry *e = NULL;

	while ((e = bh_info_next(BH_INFO_SHARED, e)))
		if ((e->flags & BH_INFO_SHARED_CARRIED) && same(e->name, served->peer) && same(e->peer, served->name))
			break;
	return e;
}

static void client_init(const struct bh_info_entry *served, const struct bh_info_entry *port)
{
	struct client *c = &clients[n_clients++];
	const struct bh_info_entry *window = window_of(served);

	served_init(&c->served, served);
	carrier_init(&c->carrier, port, window ? (uint64_t *)(uintptr_t)window->ipa : NULL, window ? (uint32_t)window->bytes : 0,
		     (struct carrier_kept *)(c->served.region.control + 1), c->served.region.queue->life);
	of_port[port->cap] = c;
	ports |= BH_PORT_BIT(port->cap);
}

static void clients_init(void)
{
	const struct bh_info_entry *e = NULL;

	while ((e = bh_info_next(BH_INFO_SERVE, e)) && n_clients < MAX_CLIENTS) {
		const struct bh_info_entry *port = port_of(e);

		if ((e->flags & BH_INFO_SERVE_PL011) && port && port->cap < BH_PART_PORTS)
			client_init(e, port);
	}
	for (const struct client *c = clients; c < clients + n_clients; c++)
		region_listen(&c->served.region);
}

int main(void)
{
	clients_init();
	if (!n_clients) {
		bh_log("no partition has this one as its bridge");
		return 1;
	}
	bh_printf("carrying %u ends of channels\n", n_clients);
	serve();
}
