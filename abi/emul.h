/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emulated regions: how an access by a client reaches the partition that serves the region.
 *
 * A region's register table (blob.h) says for each 32-bit register, separately for reads and
 * writes, how the kernel answers:
 *   read   shadow: the kernel returns the register's word of the server page, no call
 *          ask:    the access is queued, the vCPU waits for BH_CALL_EMUL_ANSWER
 *   write  posted: the access is queued, the vCPU goes on (and waits only when the queue is full)
 *          ask:    as above
 * Posted writes and asks share one queue, so the server sees one order. When the queue turns
 * from empty to not empty the server's doorbell interrupt is pended.
 *
 * Two pieces of memory carry this. Both are Normal write-back, inner shareable.
 *   queue page   one page, written by the kernel, read by the server
 *   server pages page 0 (control) and page 1.. (shadow words), written by the server
 * What the server writes can mislead only its own clients: the kernel bounds what it reads there.
 */
#ifndef ABI_EMUL_H
#define ABI_EMUL_H

#include <stdint.h>

/* How one 32-bit register answers: one byte for each, in the blob's register table. */
#define BH_REG_READ_SHADOW  0x01u /* else a read asks */
#define BH_REG_WRITE_POSTED 0x02u /* else a write asks */
#define BH_REG_READ_NONE    0x04u /* a read is a fault */
#define BH_REG_WRITE_NONE   0x08u /* a write is a fault */
#define BH_REG_WRITE_IGNORE 0x10u /* a write does nothing */

enum bh_emul_kind {
	BH_EMUL_WRITE = 1,     /* posted write */
	BH_EMUL_ASK_READ = 2,  /* the vCPU waits for a value */
	BH_EMUL_ASK_WRITE = 3, /* the vCPU waits for an acknowledgement */
	BH_EMUL_RESET = 4,     /* the client started anew: forget its device state */
	BH_EMUL_STOP = 5,      /* the client stopped */
};

struct bh_emul_entry {
	uint16_t offset; /* bytes from the region's start */
	uint8_t kind;	 /* enum bh_emul_kind */
	uint8_t source;	 /* bits 0-5 client's vCPU index, bits 6-7 log2 of the access's bytes */
	uint32_t value;	 /* written value, zero-extended */
};

#define BH_EMUL_VCPU(source)  ((source)&0x3fu)
#define BH_EMUL_BYTES(source) (1u << ((source) >> 6))

#define BH_EMUL_RING 256u /* entries; a power of two */

/*
 * head counts entries ever written, modulo 2^32 (the newest is entry[(head - 1) % BH_EMUL_RING]);
 * the kernel writes the entry first and stores head with release order. The server loads head with
 * acquire order, consumes, then stores `tail` (server page) with release order, executes a full
 * barrier (DMB ISH), and calls BH_CALL_EMUL_ROOM if `waiting` is then not zero; it looks at head
 * once more before it sleeps.
 *
 * The pages survive a restart of either end. A server that starts goes on at `tail` (entries that
 * were queued for its former life are still there; answers to their asks give BH_E_STATE where the
 * kernel has answered already); only if head - tail > BH_EMUL_RING it sets tail = head.
 */
struct bh_emul_queue {
	uint32_t head;
	uint32_t waiting; /* a client's vCPU waits for room */
	uint32_t running; /* 1 while the client runs */
	uint32_t life;	  /* times the client has ended */
	uint32_t reserved[12];
	struct bh_emul_entry entry[BH_EMUL_RING];
};

/* Page 0 of the server's pages. */
struct bh_emul_control {
	uint32_t tail; /* entries consumed, modulo 2^32 */
	uint32_t reserved[15];
};

/* Page 1 and on: the shadow word of the register at byte offset o is word o / 4. A narrower read
 * gets the addressed bytes of the word. Registers are 32 bits; wider accesses are faults. */

#endif
