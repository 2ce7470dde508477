/* SPDX-License-Identifier: Apache-2.0 */
/* A server on its caller's core that takes no interrupts, for switch_caller.c. */
#include "sdk/bulkhead.h"

#include "tests/native/switch_order.h"

#define CLASS_BRK 0x3cu

static uint64_t breaks;

static bool step_over(struct bh_frame *f)
{
	if (f->esr >> 26 != CLASS_BRK)
		return false;
	f->pc += 4;
	breaks++;
	return true;
}

static uint32_t answer(void *arg, const struct bh_message *request, void *reply)
{
	const struct order_message *order = request->data;
	struct order_message *said = reply;

	(void)arg;
	*said = *order;
	if (order->order == ORDER_FP_SWAP)
		said->value = fp_swap(order->value);
	if (order->order == ORDER_BREAK) {
		__asm__ volatile("brk #7" ::
					 : "memory");
		said->value = breaks;
	}
	return sizeof *said;
}

int main(void)
{
	uint32_t port;

	bh_fault_handler(step_over);
	if (bh_port_find("order", &port) == BH_OK)
		bh_printf("serving ended: %d\n", (int)bh_port_serve(port, answer, NULL, BH_NEVER));
	return 1;
}
