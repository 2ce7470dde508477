/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition's life: OFF -> STARTING -> LOADING (boot stub) -> RUNNING -> STOPPING -> OFF or STARTING again; where what it
 * left is to be looked at first, it is HELD before it goes on from STOPPING.
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
	PARTITION_HELD,
};

struct partition {
	struct arch_partition arch;
	const struct bh_partition *desc;
	const struct bh_cap *caps;	/* desc->n_caps */
	struct vcpu *vcpus, *vcpus_end; /* side by side; desc->n_vcpus, at least one */
	struct port *port_base;		/* port_at(0) */
	uint32_t number;
	uint32_t state;			  /* enum partition_state; atomically */
	uint32_t stop_left;		  /* vCPUs that have not halted yet; atomically */
	uint32_t again;			  /* enum bh_begin: how it begins again once stopped; _FIRST: it does not; between stop and end only; atomically */
	uint32_t begun;			  /* enum bh_begin: how this life began */
	uint32_t ends_by;		  /* why it is stopped: enum bh_stop | enum bh_fault << 8; between stop and end only */
	uint64_t ports;			  /* bit n: capability n is a port ... */
	uint64_t signals;		  /* ... and the sending end of a signal */
	uint64_t near_calls, near_serves; /* ... and the sending, or the receiving, end of a call that is near (port_near.h) */
	uint64_t events;		  /* bit n: something happened at port n (event.h); atomically */
	uint32_t life;			  /* times it has ended; atomically */
	uint32_t repeats;		  /* log: equal events not written since the last record */
	uint32_t last_event;		  /* log: what the last record said */
	uint64_t last_pc, last_address;
	ticks_t log_at;	     /* log: what it may still leave (log.c); atomically */
	uint32_t printed;    /* log: lines printed for want of a reader; atomically */
	uint32_t faults;     /* health: how many; atomically */
	uint32_t last_fault; /* health: enum bh_fault + 1; 0: there was none */
	uint32_t restarts;   /* health: by policy */
	ticks_t last_fault_at;
	ticks_t restart_at[BH_LIMIT_MAX]; /* the last ones, by restarts % limit_n */
	ticks_t feed_by, feed_from;	  /* watchdog: when it is to be fed next, and not before; any core */
	const struct bh_region *begins;	  /* the port's: one that it may execute, where a vCPU began last, or NULL; any core */
	uint32_t pause;			  /* inspect.c; atomically */
	uint32_t pause_vcpu;		  /* whose doing it was, and with what syndrome */
	uint64_t pause_syndrome;
	uint32_t pause_life, debug_life; /* of the monitor that asked for that, and who debugs it */
	uint32_t inspected;		 /* its memory is shown to the monitor; atomically */
} __attribute__((aligned(64)));

void partition_init(struct partition *p, uint32_t number);
bool partition_start(struct partition *p); /* any core; false: it was not OFF */
/* Any core; why: enum bh_stop, with BH_STOP_FAULT and where its policy decided | enum bh_fault << 8; false: it did not run. */
bool partition_stop(struct partition *p, uint32_t why, enum bh_begin again);
void partition_halted(struct partition *p);  /* by each vCPU that handled REQ_STOP */
void partition_release(struct partition *p); /* any core: it is not held any more */

int64_t partition_control(struct vcpu *v, uint64_t *arg);   /* BH_CALL_CONTROL */
int64_t partition_self(struct partition *p, uint64_t *arg); /* BH_CALL_SELF */
enum bh_run_state partition_run_state(const struct partition *p);

/* The boot stub's two calls, by the partition's first vCPU on its core. */
int64_t partition_loaded(struct vcpu *v, uint64_t entry, uint64_t arg);
int64_t partition_load_failed(struct vcpu *v, uint64_t error, uint64_t op);

static inline bool partition_runs(const struct partition *p)
{
	return load_acquire(&p->state) == PARTITION_RUNNING;
}

static inline struct partition *partition_at(uint32_t n)
{
	return STATE_AT(struct partition, blob->partition_state_va, n);
}

#endif
