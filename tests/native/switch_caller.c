/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For test_switch.py: neither this nor its server takes interrupts, so each call goes over and back by the shortest switch that there is. First
 * both use FP; then the server meets breakpoints of its own, between which gdb may have some here.
 */
#include "sdk/bulkhead.h"

#include "tests/native/switch_order.h"

#define MS	  1000000u
#define FP_ROUNDS 1000u

volatile uint64_t turns, broken; /* what gdb asks for; broken: turns after which the server had not had each breakpoint of its own */
static uint32_t port;

static uint64_t order(uint64_t what, uint64_t value)
{
	struct order_message m = { .order = what, .value = value };
	struct bh_message reply;

	bh_assert(bh_port_call(port, &m, sizeof m, &reply, bh_time_in_ns(60000u * MS)) == BH_OK);
	return ((const struct order_message *)reply.data)->value;
}

/* Each has a value of its own, of which the other sees nothing. This one has FP last: once gdb has stopped it nobody does, and neither has more than all. */
static uint32_t fp_lost(void)
{
	uint32_t lost = 0;

	(void)order(ORDER_FP_SWAP, 2000000);
	(void)fp_swap(1000000);
	for (uint32_t i = 1; i <= FP_ROUNDS; i++) {
		(void)order(ORDER_NOTHING, 0);
		lost += order(ORDER_FP_SWAP, 2000000 + i) != 2000000 + i - 1;
		(void)order(ORDER_NOTHING, 0);
		lost += fp_swap(1000000 + i) != 1000000 + i - 1;
	}
	return lost;
}

__attribute__((noinline)) void switch_turn(uint64_t breaks)
{
	broken = broken + (breaks != turns + 1);
	turns = turns + 1;
}

int main(void)
{
	uint64_t events;

	bh_assert(bh_port_find("order", &port) == BH_OK && bh_port_wait_peer(port, BH_NEVER) == BH_OK);
	bh_printf("FP lost in %u of %u rounds\n", fp_lost(), FP_ROUNDS);
	for (;;) {
		switch_turn(order(ORDER_BREAK, 0));
		bh_assert(bh_port_wait(0, bh_time_in_ns(MS), &events) == BH_E_TIMEOUT);
	}
}
