/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emulated regions (abi/emul.h): accesses by one partition that another one answers. How each
 * register answers is data; the kernel knows no device.
 */
#ifndef KERNEL_EMUL_H
#define KERNEL_EMUL_H

#include "kernel/lock.h"
#include "kernel/system.h"

struct emul {
	const struct bh_emul *desc;
	struct lock lock; /* among the client's vCPUs: orders the queue */
	uint32_t head;	  /* entries ever written */
	uint32_t wishes;  /* a vCPU of the client's has wished for room since the server said that there is some; atomically */
} __attribute__((aligned(64)));

struct access {
	uint32_t offset; /* bytes from the region's start, naturally aligned */
	uint32_t bytes;	 /* 1, 2 or 4 */
	bool write;
	uint32_t value; /* in: written; out: read */
};

enum emul_result {
	EMUL_DONE,  /* answered; value holds what was read */
	EMUL_WAIT,  /* v sleeps; arch_vcpu_finish() or _abort() comes later */
	EMUL_AGAIN, /* v sleeps; the instruction is executed again when it wakes */
	EMUL_FAULT, /* external abort */
};

void emul_init(struct emul *e, uint32_t number);
enum emul_result emul_access(struct vcpu *v, struct emul *e, struct access *a); /* own core of v */
void emul_attend(struct vcpu *v);						/* own core: v asks or is blocked, and something changed */

/* Partition p started or ended, as a client and as a server. */
void emul_started(struct partition *p);
void emul_ended(struct partition *p);

/* The server's calls (abi/call.h). */
int64_t emul_answer(struct partition *server, const uint64_t *arg); /* arg[0] is x1 */
int64_t emul_room(struct partition *server, uint64_t cap);
int64_t emul_line(struct partition *server, uint64_t cap, uint64_t level);

static inline struct emul *emul_at(uint32_t n)
{
	return STATE_AT(struct emul, blob->emul_state_va, n);
}

#endif
