/* SPDX-License-Identifier: Apache-2.0 */
/* For test_linux_ports.py: at each notice it asks Linux something, and says what came of it. */
#include "sdk/bulkhead.h"

#define PATIENCE_NS 20000000000u

static void call_linux(uint32_t asked)
{
	struct bh_message reply;
	enum bh_status status = bh_port_call(asked, "how much is it?", 15, &reply, bh_time_in_ns(PATIENCE_NS));

	if (status == BH_OK)
		bh_printf("linux replied \"%.*s\"\n", (int)reply.bytes, (const char *)reply.data);
	else
		bh_printf("linux did not reply: %d\n", (int)status);
}

int main(void)
{
	uint32_t dial, asked;

	if (bh_port_find("dial", &dial) != BH_OK || bh_port_find("asked", &asked) != BH_OK)
		return 1;
	while (bh_signal_wait(dial, BH_NEVER) == BH_OK)
		call_linux(asked);
	return 1;
}
