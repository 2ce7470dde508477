/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's end of the link to a PC (abi/link.h): its channels over the two queues that the console
 * carries. The streams themselves are bh_link.h's. Nothing here waits; thread context.
 */
#ifndef SDK_BH_LINK_PORT_H
#define SDK_BH_LINK_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "sdk/bh_link.h"
#include "sdk/bh_port.h"

struct bh_link_port {
	uint32_t in, out;      /* ports; BH_PORT_BIT() of both for bh_port_wait() */
	struct bh_link *links; /* one for each channel, numbered from 0 */
	uint32_t n;
	uint32_t held; /* bytes of a packet that has found no room */
	uint8_t packet[BH_LINK_PACKET];
};

/* Finds the two channels and begins @n links. BH_E_CAP: this partition has no link. */
BH_MUST_CHECK enum bh_status bh_link_port_begin(struct bh_link_port *p, struct bh_link *links, uint32_t n);

/* Takes the packets that have come, at most the queue's depth, and sends what is to be sent. True: something has come. */
bool bh_link_port_turn(struct bh_link_port *p);

/* By when bh_link_port_turn() is to be called again even if no event comes, in ticks: a deadline for bh_port_wait(). */
uint64_t bh_link_port_deadline(const struct bh_link_port *p);

#endif
