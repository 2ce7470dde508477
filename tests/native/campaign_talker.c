/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says number after number on its console, and asks it for a key after each: the client of a service that fails (tests/systems/campaign-service).
 * It also says what the conductor has to say, who cannot speak through one that he stops.
 */
#include "sdk/bulkhead.h"
#include "tests/native/campaign.h"

#define TURN_NS 1000000u

static void say_for_conductor(uint32_t port)
{
	char line[CAMPAIGN_WORDS];
	struct bh_message m;

	while (bh_queue_receive(port, line, sizeof line, &m, BH_NO_WAIT) == BH_OK)
		bh_printf("%.*s", (int)m.bytes, line);
}

int main(void)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_EMULATED, NULL);
	uint32_t port = 0;

	bh_assert(bh_port_find("words", &port) == BH_OK);
	for (uint32_t n = 1;; n++) {
		bh_printf("number %u.\n", n);
		(void)*(volatile uint32_t *)(uintptr_t)e->ipa;
		say_for_conductor(port);
		bh_sleep_until(bh_time_in_ns(TURN_NS));
	}
}
