/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fails as it is ordered to, at a moment that is drawn by chance, and says how it began and, if it goes on, what it saw
 * (tests/systems/campaign). What is done to it is its description's business. Where others' accesses come to it, it answers them.
 */
#include "sdk/bulkhead.h"
#include "tests/native/campaign.h"
#include "tests/native/campaign_victim/campaign_serve.h"

#define NOWHERE	   0x09050000u
#define FEED_NS	   700000u
#define LATE_NS	   100000u
#define SPREE_NS   600000u
#define STUPOR_NS  5000000u
#define SILENCE_NS 15000000u

static BH_NOINIT uint64_t kept;
static volatile uint32_t exception;
static uint32_t order_port, said_port;

static bool take(struct bh_frame *f)
{
	exception = (uint32_t)(f->esr >> 26 & 0x3f);
	f->pc += 4;
	return true;
}

/* "order-" and the partition's own name. */
static uint32_t port_of(const char *what)
{
	char name[2 * BH_NAME_BYTES];
	uint32_t port = 0;

	bh_snprintf(name, sizeof name, "%s-%s", what, bh_info()->name);
	if (bh_port_find(name, &port) != BH_OK)
		bh_partition_off();
	return port;
}

static void busy_for(uint64_t ns)
{
	uint64_t end = bh_time_in_ns(ns);

	while (bh_time_ticks() < end)
		;
}

/* Alive by its watchdog; its client waits. */
static void be_silent(void)
{
	uint64_t end = bh_time_in_ns(SILENCE_NS);

	while (bh_time_ticks() < end) {
		(void)!bh_watchdog_feed(NULL);
		bh_sleep_until(bh_time_in_ns(FEED_NS));
	}
}

static uint64_t read_pmu(void)
{
	uint64_t value = 0x5a;

	__asm__ volatile("mrs %0, s3_3_c9_c12_0"
			 : "+r"(value)); /* PMCR_EL0 */
	return value;
}

/* It has no floating point, although its own CPACR_EL1 would allow it: passed over, it leaves the register as it is. Not allowed any longer, or each interrupt would save it. */
static uint64_t use_fp(void)
{
	uint64_t value = 0;

	__asm__ volatile(".arch_extension fp\n msr cpacr_el1, %1\n isb\n fmov %0, d0\n msr cpacr_el1, xzr\n isb"
			 : "+r"(value)
			 : "r"(3ull << 20));
	return value;
}

static uint64_t commit(uint32_t fault, uint32_t delay)
{
	switch (fault) {
	case BH_FAULT_ACCESS: return *(volatile uint32_t *)(uintptr_t)NOWHERE;
	case BH_FAULT_CALL: return (uint64_t)bh_call(BH_CALL_SIGNAL, 63, 0, 0, 0);
	case BH_FAULT_INSTRUCTION: return delay % 2 ? use_fp() : read_pmu();
	case BH_FAULT_WATCHDOG: busy_for(STUPOR_NS); return 0;
	case BH_FAULT_DEADLINE:
		bh_deadline(bh_time_in_ns(LATE_NS));
		busy_for(4 * LATE_NS);
		return 0;
	case BH_FAULT_BUDGET: busy_for(SPREE_NS); return 0;
	case BH_FAULT_SILENT: be_silent(); return 0;
	case BH_FAULT_PANIC: return (uint64_t)bh_call(BH_CALL_PANIC, 0x2a, 0, 0, 0);
	case BH_FAULT_RESET: bh_partition_restart();
	default: bh_partition_off();
	}
}

static void say(enum campaign_what what, uint64_t seen)
{
	struct bh_self self = bh_self();
	struct campaign_said said = { .what = what, .begin = self.begin, .ends = self.ends, .exception = exception, .seen = seen, .kept = kept, .last = serve_last(), .gaps = serve_gaps() };

	while (bh_queue_send(said_port, &said, sizeof said, BH_NEVER) == BH_E_PEER) { /* the conductor is still loaded */
		(void)!bh_watchdog_feed(NULL);
		(void)!bh_port_wait_peer(said_port, bh_time_in_ns(FEED_NS));
	}
}

int main(void)
{
	struct campaign_order order;
	struct bh_message m;

	kept++;
	order_port = port_of("order");
	said_port = port_of("said");
	bh_fault_handler(take);
	serve_begin();
	say(CAMPAIGN_BEGUN, 0);
	for (;;) {
		(void)!bh_watchdog_feed(NULL);
		serve_turn();
		if (bh_queue_receive(order_port, &order, sizeof order, &m, bh_time_in_ns(FEED_NS)) != BH_OK)
			continue;
		for (volatile uint32_t i = 0; i < order.delay; i++)
			;
		exception = CAMPAIGN_NO_EXCEPTION;
		say(CAMPAIGN_WENT_ON, commit(order.fault, order.delay));
	}
}
