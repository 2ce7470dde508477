/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person's PC, over the console's line (abi/link.h): what it asks about partitions, dumps that it fetches, and gdb. Replies go out
 * piece by piece as the line takes them; nothing here waits.
 */
#ifndef SERVICES_MONITOR_PC_LINK_H
#define SERVICES_MONITOR_PC_LINK_H

#include <stdbool.h>
#include <stdint.h>

/* Finds the link, if there is one. Answers its ports, bits of bh_port_wait(). */
uint64_t pc_link_init(void);

/* True: there may be more to do at once. */
bool pc_link_turn(void);

/* By when to call again even if no event comes, ticks. */
uint64_t pc_link_deadline(void);

#endif
