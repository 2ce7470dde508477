/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports: how partitions talk. A port has one sending and one receiving partition; what it may
 * carry is fixed by the description. Five channels are declared there; four are ports of the kernel,
 * and the fifth, shared memory, needs no kernel at run time: the tool maps it at both ends.
 *
 *   signal    no data: the receiver's event bit and interrupt
 *   sampling  the last value, with the time it was written; writing and reading never wait
 *   queuing   up to `depth` messages, in order, each handed out once
 *   call      a request, and its reply within a time
 *
 * Port n of a partition is entry n of its capability table and bit n of its event word. Numbers come
 * from the generated header, the information page or the guest's device tree.
 *
 * Memory. A partition with ports has up to two windows, fixed at build time:
 *   in   read-only for the partition, written by the kernel: the slots of all ports it receives on
 *   out  written by the partition, read by the kernel: one buffer for each port it sends on whose
 *        messages can be longer than BH_SHORT_BYTES; shorter ones travel in registers
 * The kernel copies a message once, from registers or the out buffer into a slot, and the receiver
 * reads it there. No address is ever passed. Whoever changes its out buffer while the kernel copies
 * spoils that message of its own, and nothing else.
 */
#ifndef ABI_PORT_H
#define ABI_PORT_H

#include <stdint.h>

enum bh_port_kind {
	BH_PORT_SIGNAL = 1,
	BH_PORT_SAMPLING = 2,
	BH_PORT_QUEUING = 3,
	BH_PORT_CALL = 4,
};

#define BH_PART_PORTS  64u   /* of one partition, both directions together */
#define BH_SHORT_BYTES 32u   /* ports whose messages are at most so long use registers */
#define BH_MESSAGE_MAX 4096u /* bytes; larger things go through shared memory */
#define BH_DEPTH_MAX   256u  /* messages of one queue */

/* Rights of a capability of kind BH_CAP_PORT: which end it is. */
#define BH_PORT_SEND	0x1u /* signal, write, send, call */
#define BH_PORT_RECEIVE 0x2u /* read, receive, serve */

/* Flags of a port. */
#define BH_PORT_DROP 0x1u /* queuing: a message for a full queue is dropped and counted; else the sender is told */
#define BH_PORT_KEEP 0x2u /* queuing: messages wait for a receiver's next life; else they are dropped when it ends */

/*
 * A slot: where a message lies at its receiver. Slot s of a port is at s * bh_slot_bytes(its largest
 * message) from the port's first one. Sampling ports have 3, queues depth + 1, calls one for the
 * request (at the server) and one for the reply (at the client).
 */
struct bh_slot {
	uint64_t time;	/* counter ticks when it was sent; 0: there has never been a message */
	uint32_t bytes; /* of the message */
	uint32_t reserved;
	uint64_t data[]; /* behind `bytes`: left over from earlier messages, or up to 15 bytes more of the sender's buffer */
};

#define BH_SAMPLING_SLOTS 3u

static inline uint32_t bh_slot_bytes(uint32_t message_bytes)
{
	return ((uint32_t)sizeof(struct bh_slot) + message_bytes + 63u) & ~63u;
}

/* Of a message in a port's out buffer; multiples of 64 keep the buffers of ports apart. */
static inline uint32_t bh_buffer_bytes(uint32_t message_bytes)
{
	return message_bytes <= BH_SHORT_BYTES ? 0 : (message_bytes + 63u) & ~63u;
}

/* Of one end's in window: request slots, queue slots, value slots. */
static inline uint32_t bh_port_slots(uint32_t kind, uint32_t depth)
{
	return kind == BH_PORT_SAMPLING ? BH_SAMPLING_SLOTS : kind == BH_PORT_QUEUING ? depth + 1
										      : kind == BH_PORT_CALL;
}

/* x1 of BH_CALL_RECEIVE: bytes in bits 0-31, and */
#define BH_GOT_NEW  (1ull << 32) /* sampling: not read before */
#define BH_GOT_LOST (1ull << 33) /* queuing: messages have been dropped since the last one received */

#define BH_NEVER (~0ull) /* a deadline that does not come */

/*
 * Events. A bit of the partition's event word is set, its interrupt (where the end has one) becomes
 * pending, and a vCPU that waits for it in BH_CALL_WAIT goes on, when
 *   signal    it was sent                                  (receiver)
 *   sampling  a value was written                          (receiver)
 *   queuing   a message was sent                           (receiver)
 *             there is room, after BH_E_AGAIN              (sender)
 *   call      a request waits                              (receiver)
 *             the server is done with one that had timed out (sender)
 *   all       the other end began to run, or ended         (both)
 * An event says "look again"; it counts nothing, and may come without cause. To lose none: look,
 * and only if there is nothing, wait, then look again.
 */

#endif
