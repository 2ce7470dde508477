/* SPDX-License-Identifier: Apache-2.0 */
/* For test_monitor.py: fails as it is ordered to, deep in its stack. */
#include "sdk/bulkhead.h"

static volatile uint32_t mark;

__attribute__((noinline)) void failing_inner(char how)
{
	if (how == 'a')
		*(volatile uint32_t *)(uintptr_t)0x09050000 = 1;
	if (how == 'p')
		bh_panic(4711);
	mark = (uint32_t)how;
}

__attribute__((noinline)) void failing_outer(char how)
{
	failing_inner(how);
	mark++;
}

int main(void)
{
	struct bh_self self = bh_self();
	struct bh_message m;
	char order[16];
	uint32_t port;

	bh_assert(bh_port_find("fail", &port) == BH_OK);
	bh_printf("life %u\n", self.ends + 1);
	for (;;)
		if (bh_queue_receive(port, order, sizeof order, &m, BH_NEVER) == BH_OK)
			failing_outer(order[0]);
}
