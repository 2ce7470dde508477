/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest native partition: says hello, then counts seconds. (SDK-1) */
#include "sdk/bulkhead.h"

int main(void)
{
	uint64_t second = bh_time_frequency();
	uint64_t next = bh_time_ticks();

	bh_printf("hello from %s: %u vCPU, %llu KiB of RAM\n", bh_info()->name, bh_info()->n_vcpus,
		  (unsigned long long)bh_info()->ram_bytes / 1024);
	for (uint32_t i = 1; i <= 5; i++) {
		next += second;
		bh_sleep_until(next);
		bh_printf("%u s\n", i);
	}
	return 0; /* the partition stops */
}
