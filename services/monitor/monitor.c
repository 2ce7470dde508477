/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor service: an ordinary partition that sees what the system does (`monitor;`) and, where the description says so, controls
 * and inspects others. It answers partitions' questions and orders (abi/monitor.h), keeps a watch on the cores, is the watchdog device of
 * those that have one, writes the crash dumps of partitions that are held for it, and stops one for gdb on a PC (abi/link.h).
 *
 * One loop serves all in turns of bounded length; nothing waits for a single client or partition.
 */
#include "sdk/bulkhead.h"
#include "services/monitor/answers.h"
#include "services/monitor/census.h"
#include "services/monitor/core_watch.h"
#include "services/monitor/dump_store.h"
#include "services/monitor/dumper.h"
#include "services/monitor/guest_debug.h"
#include "services/monitor/logbook.h"
#include "services/monitor/pc_link.h"
#include "services/monitor/watchdogs.h"

#define SECOND_NS     1000000000ull
#define DEBUG_LOOK_NS 2000000ull /* while a partition runs under gdb: whether it has stopped */

extern char bh_image_end[];

static const struct bh_info_entry *client[BH_PART_PORTS]; /* call ports on which somebody asks */
static uint32_t n_clients;
static uint64_t ports; /* their bits, and the link's */
static bool rung;      /* by the kernel; set by the handler */
static bool fed;       /* it has a watchdog of its own */

static void doorbell(void *arg)
{
	(void)arg;
	__atomic_store_n(&rung, true, __ATOMIC_RELAXED);
}

/* At most one request, so that a client that asks without end is one among others. */
static void client_turn(const struct bh_info_entry *e)
{
	struct bh_message request;
	void *reply = bh_port_buffer(e->cap);
	uint32_t n;

	if (bh_port_request(e->cap, &request, BH_NO_WAIT) != BH_OK)
		return;
	n = answers_to(e->peer, request.data, request.bytes, reply, e->reply_bytes, bh_time_ticks());
	(void)!bh_port_reply(e->cap, reply, n); /* who has not waited for it does not get it */
}

static void clients_turn(void)
{
	for (uint32_t i = 0; i < n_clients; i++)
		client_turn(client[i]);
}

static bool request_waits(void)
{
	struct bh_port_state s;

	for (uint32_t i = 0; i < n_clients; i++)
		if (bh_port_state(client[i]->cap, &s) == BH_OK && s.waiting)
			return true;
	return false;
}

/* --- each second --- */

static void second_turn(uint64_t *due)
{
	uint64_t now = bh_time_ticks();

	if (now < *due)
		return;
	*due += bh_time_from_ns(SECOND_NS);
	if (*due <= now)
		*due = now + bh_time_from_ns(SECOND_NS);
	census_take(now);
	core_watch_turn();
	dumper_look(); /* a doorbell that was not heard */
	if (fed)
		(void)!bh_watchdog_feed(NULL);
}

/* --- the loop --- */

/* Until something happens. With interrupts masked: a doorbell that rings after the last look ends the wait. */
static void rest(uint64_t until)
{
	uint64_t daif = bh_irq_mask(), events;
	bool now = __atomic_load_n(&rung, __ATOMIC_RELAXED) || request_waits() || watchdogs_wait();

	(void)!bh_port_wait(ports, now ? BH_NO_WAIT : until, &events); /* the loop looks at everything anyway */
	bh_irq_restore(daif);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

__attribute__((noreturn)) static void serve(void)
{
	uint64_t due = bh_time_ticks(), until;
	bool busy;

	for (;;) {
		until = BH_NEVER;
		if (__atomic_exchange_n(&rung, false, __ATOMIC_RELAXED))
			dumper_look();
		watchdogs_turn(bh_time_ticks());
		clients_turn();
		second_turn(&due);
		busy = pc_link_turn();
		if (guest_debug_turn())
			until = earlier(until, bh_time_in_ns(DEBUG_LOOK_NS));
		if (!dumper_turn() && !busy)
			rest(earlier(earlier(until, due), earlier(pc_link_deadline(), watchdogs_deadline())));
	}
}

/* --- the start --- */

static void clients_init(void)
{
	const struct bh_info_entry *e = NULL;

	while ((e = bh_info_next(BH_INFO_PORT, e)) && n_clients < BH_PART_PORTS) {
		if (BH_INFO_PORT_KIND(e->flags) != BH_PORT_CALL || (e->flags & BH_INFO_PORT_SEND))
			continue;
		if (e->bytes < BH_MONITOR_REQUEST_BYTES || e->reply_bytes < BH_MONITOR_REPLY_MIN) {
			bh_printf("channel %s is not served: it has bytes = <%u>, reply-bytes = <%u>; %u and %u are needed\n", e->name,
				  (uint32_t)e->bytes, e->reply_bytes, BH_MONITOR_REQUEST_BYTES, BH_MONITOR_REPLY_MIN);
			continue;
		}
		client[n_clients++] = e;
		ports |= BH_PORT_BIT(e->cap);
	}
}

/* From the end of the program to the directory in RAM's last page. */
static void store_init(void)
{
	uint64_t end = bh_info()->ram_base + bh_info()->ram_bytes - BH_MONITOR_STORE_BYTES;
	uint64_t begin = ((uintptr_t)bh_image_end + BH_MONITOR_STORE_ALIGN - 1) & ~(uint64_t)(BH_MONITOR_STORE_ALIGN - 1);

	bh_assert(begin < end);
	dump_store_init((struct bh_monitor_store *)(uintptr_t)end, (void *)(uintptr_t)begin, end - begin);
}

static void listen(void)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_MONITOR, NULL);

	if (!e->intid)
		return;
	bh_irq_edge(e->intid, true);
	bh_irq_enable(e->intid, doorbell, NULL, BH_PRIORITY_NORMAL);
}

int main(void)
{
	const struct bh_info_entry *log = bh_info_find(BH_INFO_LOG, NULL);

	if (!census_init()) {
		bh_log("this partition is no monitor: the description does not say `monitor;`");
		return 1;
	}
	if (!log || !logbook_init((const struct bh_log *)(uintptr_t)log->ipa, log->bytes))
		bh_log("there is no health log of this version: no records are shown");
	core_watch_init(bh_info_find(BH_INFO_MONITOR, NULL)->period_ns);
	store_init();
	clients_init();
	watchdogs_init();
	ports |= pc_link_init();
	listen();
	fed = bh_watchdog_feed(NULL) == BH_OK;
	bh_printf("watching %u partitions on %u cores, answering on %u channels, %llu KiB for crash dumps\n", census.n_partitions,
		  census.n_cores, n_clients, (unsigned long long)(dump_store_directory()->bytes / 1024));
	serve();
}
