/* SPDX-License-Identifier: Apache-2.0 */
/* The client of a victim of the fault campaign that is a server: writes number after number, and asks after each what the last one was. */
#include "sdk/bulkhead.h"
#include "tests/native/campaign.h"

#define TURN_NS 300000u

/* The name of the channel to the conductor says what it may see: no gap (`whole-`), or one while the server is dead (`holes-`). */
static uint32_t conductor(const char *server)
{
	char name[2 * BH_NAME_BYTES];
	uint32_t port = 0;

	bh_snprintf(name, sizeof name, "whole-%s", server);
	if (bh_port_find(name, &port) == BH_OK)
		return port;
	bh_snprintf(name, sizeof name, "holes-%s", server);
	bh_assert(bh_port_find(name, &port) == BH_OK);
	return port;
}

int main(void)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_EMULATED, NULL);
	volatile uint32_t *data = (volatile uint32_t *)(uintptr_t)e->ipa;
	struct campaign_tells tells = { 0 };
	uint32_t port = conductor(e->name);

	for (;;) {
		uint32_t answer;

		*data = ++tells.number;
		answer = *data;
		tells.others += answer != tells.number;
		tells.wrong += answer > tells.number;
		bh_assert(bh_sampling_write(port, &tells, sizeof tells) == BH_OK);
		bh_sleep_until(bh_time_in_ns(TURN_NS));
	}
}
