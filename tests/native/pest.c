/* SPDX-License-Identifier: Apache-2.0 */
/* For test_dedicated.py: sends signals to a partition all the time, whether it runs, stops, is off or begins. */
#include "sdk/bulkhead.h"

int main(void)
{
	uint32_t poke;

	if (bh_port_find("poke", &poke) != BH_OK)
		return 1;
	for (;;) {
		for (uint32_t i = 0; i < 64; i++)
			(void)!bh_signal_send(poke);
		bh_sleep_until(bh_time_in_ns(5000));
	}
}
