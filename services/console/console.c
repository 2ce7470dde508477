/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console service: an ordinary partition that owns the board's UART and answers for the PL011
 * of each of its clients (abi/emul.h). It shows their lines with their names, gives the keyboard to
 * one of them, says what the kernel's health log holds, and carries the packets of the link to a PC.
 *
 * One loop serves all in turns of bounded length. Nothing waits: where the line is slower than the
 * clients their queues fill, and the kernel lets them wait.
 */
#include "sdk/bulkhead.h"
#include "services/console/board_uart.h"
#include "services/console/health_log.h"
#include "services/console/link_carrier.h"
#include "services/console/mux.h"
#include "services/lib/served.h"

#define MAX_CLIENTS 31u
#define TURN	    64u	     /* entries of one client in one turn */
#define INPUT_TURN  1024u    /* bytes of input in one turn */
#define HOT_KEY	    0x1d     /* Ctrl-] */
#define PAUSE_NS    5000000u /* an incomplete line is shown after that long a silence: typing feels immediate */
#define LINGER_NS   20000u   /* after the last entry the next is looked for that long before sleeping */

struct client {
	struct served served;
	bool recent; /* said something since the last tick */
	struct source text;
};

static struct client clients[MAX_CLIENTS];
static uint32_t n_clients;
static struct client *focus; /* has the keyboard; NULL: there is no client */
static bool ticking;	     /* the alarm is set */
static bool ticked;	     /* it has gone off; set by the handler */

static struct source own = { .name = "console", .colour = "1" };
static struct source kernel = { .name = "bulkhead", .colour = "1;31" };
static struct mux screen = { .put = board_uart_put, .width = 8 };

static const char *const colours[] = { "36", "32", "33", "35", "34", "96", "92", "93" };

static void put_own(char c)
{
	mux_put(&screen, &own, c);
	if (c == '\n')
		board_uart_send(); /* it may be the last: a fault of this program */
}

static void put_kernel(char c)
{
	mux_put(&screen, &kernel, c);
}

static void tick(void *arg)
{
	(void)arg;
	__atomic_store_n(&ticked, true, __ATOMIC_RELAXED);
}

/* What it had said stands, also when its life has ended. */
static void client_take(struct client *c)
{
	uint8_t character;

	switch (served_take(&c->served, &character)) {
	case SERVED_REGISTERS: break;
	case SERVED_CHARACTER:
		mux_put(&screen, &c->text, (char)character);
		c->recent = true;
		break;
	case SERVED_RESET: mux_end(&screen, &c->text); break;
	}
}

/* Bounded; entries that find no room on the terminal stay in the queue. True: something was done. */
static bool client_turn(struct client *c)
{
	uint32_t n = 0;

	for (; n < TURN && region_waits(&c->served.region) && board_uart_room() >= MUX_BURST; n++)
		client_take(c);
	if (!n)
		return false;
	served_line(&c->served);
	region_publish_some(&c->served.region, TURN);
	return true;
}

static bool clients_turn(void)
{
	static uint32_t first; /* whoever is first when there is room for one only, is last the next time */
	bool done = false;

	for (uint32_t i = 0; i < n_clients; i++)
		done |= client_turn(&clients[(first + i) % n_clients]);
	first = n_clients ? (first + 1) % n_clients : 0;
	return done;
}

/* CON-1 */
static void next_focus(void)
{
	if (!focus)
		return;
	focus = &clients[(uint32_t)(focus - clients + 1) % n_clients];
	bh_printf("the keyboard is %s's\n", focus->served.region.info->name);
}

static void keyboard_turn(void)
{
	int32_t c;

	for (uint32_t n = 0; n < INPUT_TURN && (c = board_uart_take()) >= 0; n++) {
		if (link_carrier_input((uint8_t)c))
			continue;
		if (c == HOT_KEY)
			next_focus();
		else if (focus && focus->served.region.queue->running && served_give(&focus->served, (uint8_t)c))
			served_line(&focus->served);
	}
}

/* One packet, and no second one before the clients have had room again: neither starves where the line is slow. */
static bool link_turn(void)
{
	static bool owed; /* it is the clients' turn */

	if (board_uart_room() < MUX_BURST)
		return false;
	owed = !owed && link_carrier_turn(board_uart_room());
	return owed;
}

/* Incomplete lines of clients that have paused; the alarm goes on while there are any. */
static void pause_turn(void)
{
	bool waits = false;

	if (__atomic_exchange_n(&ticked, false, __ATOMIC_RELAXED)) {
		ticking = false;
		for (struct client *c = clients; c < clients + n_clients; c++) {
			if (!c->recent)
				mux_show(&screen, &c->text);
			c->recent = false;
		}
	}
	for (struct client *c = clients; c < clients + n_clients; c++)
		waits = waits || mux_waits(&c->text);
	if (waits && !ticking) {
		ticking = true;
		bh_alarm_at(bh_time_ticks() + bh_time_from_ns(PAUSE_NS), tick, NULL);
	}
}

static bool work_waits(void)
{
	if (board_uart_has_input() || __atomic_load_n(&ticked, __ATOMIC_RELAXED))
		return true;
	if (board_uart_room() < MUX_BURST)
		return false; /* the UART's interrupt comes when it has sent some */
	if (health_log_waits() || link_carrier_waits())
		return true;
	for (const struct client *c = clients; c < clients + n_clients; c++)
		if (region_waits(&c->served.region))
			return true;
	return false;
}

static void client_init(struct client *c, const struct bh_info_entry *e)
{
	c->text.name = e->name;
	c->text.colour = colours[n_clients % (sizeof colours / sizeof colours[0])];
	served_init(&c->served, e);
}

static uint32_t length(const char *s)
{
	uint32_t n = 0;

	while (s[n])
		n++;
	return n;
}

/* Shadow words first: clients may be running. */
static void clients_init(void)
{
	const struct bh_info_entry *e = NULL;

	while ((e = bh_info_next(BH_INFO_SERVE, e)) && n_clients < MAX_CLIENTS) {
		struct client *c = &clients[n_clients];

		if (!(e->flags & BH_INFO_SERVE_PL011))
			continue;
		client_init(c, e);
		n_clients++;
		if (!focus || (e->flags & BH_INFO_SERVE_FOCUS))
			focus = c;
		if (length(e->name) > screen.width)
			screen.width = length(e->name);
	}
	for (const struct client *c = clients; c < clients + n_clients; c++)
		region_listen(&c->served.region);
}

static void banner(void)
{
	if (n_clients > 1)
		bh_printf("the keyboard is %s's; Ctrl-] gives it to the next of %u\n", focus->served.region.info->name, n_clients);
	else if (n_clients)
		bh_printf("the keyboard is %s's\n", focus->served.region.info->name);
	else
		bh_printf("no partition has this one as its console\n");
}

/* With interrupts masked: one that comes after the last look ends the wait. */
static void rest(void)
{
	uint64_t daif = bh_irq_mask();

	for (struct client *c = clients; c < clients + n_clients; c++)
		region_publish(&c->served.region);
	if (!work_waits())
		bh_wait();
	bh_irq_restore(daif);
}

__attribute__((noreturn)) static void serve(void)
{
	uint64_t linger = bh_time_from_ns(LINGER_NS), last = bh_time_ticks();

	for (;;) {
		keyboard_turn();
		if (link_turn())
			last = bh_time_ticks();
		if (clients_turn())
			last = bh_time_ticks();
		if (board_uart_room() >= MUX_BURST)
			health_log_turn(); /* after the last words of whom it is about */
		pause_turn();
		board_uart_send();
		if (bh_time_ticks() - last >= linger)
			rest();
		else
			__asm__ volatile("yield");
	}
}

int main(void)
{
	const struct bh_info_entry *uart = bh_info_find(BH_INFO_DEVICE, NULL);

	clients_init();
	if (!uart)
		return 1; /* nothing to say it on */
	board_uart_init(uart->ipa, uart->intid);
	bh_log_to(put_own);
	health_log_init(put_kernel);
	link_carrier_init(board_uart_put);
	banner();
	serve();
}
