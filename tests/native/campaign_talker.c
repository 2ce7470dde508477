/* SPDX-License-Identifier: Apache-2.0 */
/* Says number after number on its console, and asks it for a key after each: the client of a service that fails (tests/systems/campaign-service). */
#include "sdk/bulkhead.h"

#define TURN_NS 1000000u

int main(void)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_EMULATED, NULL);

	for (uint32_t n = 1;; n++) {
		bh_printf("number %u.\n", n);
		(void)*(volatile uint32_t *)(uintptr_t)e->ipa;
		bh_sleep_until(bh_time_in_ns(TURN_NS));
	}
}
