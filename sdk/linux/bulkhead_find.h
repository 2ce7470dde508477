/* SPDX-License-Identifier: Apache-2.0 */
/* Finding channels and mapping memory; what the files of the Linux library share. */
#ifndef SDK_LINUX_BULKHEAD_FIND_H
#define SDK_LINUX_BULKHEAD_FIND_H

#include "sdk/linux/bulkhead_port.h"

#define BULKHEAD_CHANNELS 64 /* of a partition, at most */

/* The channel of that name, memory (@shared) or not. 0, -ENOENT. */
int bulkhead_find(const char *name, bool shared, struct bulkhead_channel *c);

/* Maps physical memory that is not Linux's. 0, or what /dev/mem says. */
int bulkhead_map_memory(uint64_t address, size_t bytes, bool writable, volatile void **memory);

#endif
