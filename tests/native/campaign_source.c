/* SPDX-License-Identifier: Apache-2.0 */
/* Counts, for the conductor of the fault campaign: a number that is missing would be a message lost. */
#include "sdk/bulkhead.h"

int main(void)
{
	uint32_t stream = 0;

	if (bh_port_find("stream", &stream) != BH_OK)
		return 1;
	for (uint64_t n = 0;;)
		if (bh_queue_send(stream, &n, sizeof n, BH_NEVER) == BH_OK)
			n++;
		else
			(void)!bh_port_wait_peer(stream, BH_NEVER);
}
