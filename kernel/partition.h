/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition's life: OFF -> STARTING -> LOADING (boot stub) -> RUNNING -> STOPPING -> OFF or STARTING again.
 * Stopping posts REQ_STOP to every vCPU; the last one that halts, on its own core, ends the
 * partition. First start and restart are one path.
 */
#ifndef KERNEL_PARTITION_H
#define KERNEL_PARTITION_H

#include "arch_partition.h" /* the port's struct arch_partition */
#include "kernel/system.h"

enum partition_state {
	PARTITION_OFF = 0,
	PARTITION_LOADING,
	PARTITION_RUNNING,
	PARTITION_STOPPING,
	PARTITION_STARTING, /* one core prepares it; a few instructions */
};

struct partition {
	struct arch_partition arch;
	const struct bh_partition *desc;
	uint32_t number;
	uint32_t state;	     /* enum partition_state; atomically */
	uint32_t stop_left;  /* vCPUs that have not halted yet; atomically */
	uint32_t again;	     /* start again once stopped; between stop and end only; atomically */
	uint64_t ports;	     /* bit n: capability n is a port */
	uint64_t events;     /* bit n: something happened at port n (event.h); atomically */
	uint32_t life;	     /* times it has ended; atomically */
	uint32_t repeats;    /* log: equal events not written since the last record */
	uint32_t last_event; /* log: what the last record said */
	uint64_t last_pc, last_address;
	uint32_t printed; /* log: lines printed for want of a reader; atomically */
} __attribute__((aligned(64)));

void partition_init(struct partition *p, uint32_t number);
bool partition_start(struct partition *p);				/* any core; false: it was not OFF */
bool partition_stop(struct partition *p, enum bh_stop why, bool again); /* any core; false: it did not run */
void partition_halted(struct partition *p);				/* by each vCPU that handled REQ_STOP */

int64_t partition_control(struct vcpu *v, uint64_t *arg); /* BH_CALL_CONTROL */

/* The boot stub's two calls, by the partition's first vCPU on its core. */
int64_t partition_loaded(struct vcpu *v, uint64_t entry, uint64_t arg);
int64_t partition_load_failed(struct vcpu *v, uint64_t error, uint64_t op);

static inline bool partition_runs(const struct partition *p)
{
	return load_acquire(&p->state) == PARTITION_RUNNING;
}

#endif
