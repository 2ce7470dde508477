/* SPDX-License-Identifier: Apache-2.0 */
/* What this port keeps for a partition: its interrupts, all of which its first vCPU takes. */
#ifndef HOST_ARCH_PARTITION_H
#define HOST_ARCH_PARTITION_H

#include <stdint.h>

#define HOST_INTIDS 288u

struct arch_partition {
	uint64_t edge[(HOST_INTIDS + 63) / 64];	 /* pending; atomically */
	uint64_t level[(HOST_INTIDS + 63) / 64]; /* lines; atomically */
	uint32_t resets, starts;
};

#endif
