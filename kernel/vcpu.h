/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual CPU and its life. State and registers belong to the core it is bound to; other cores
 * (and other partitions' calls) reach it by posted requests only, so no lock is needed and nothing
 * another partition does can hold this core up.
 */
#ifndef KERNEL_VCPU_H
#define KERNEL_VCPU_H

/*
 * The port's struct arch_vcpu, and: arch_vcpu_is_timed(): a timer of it may fire; arch_vcpu_args(): of the hypercall it makes or waits in,
 * arg[0] is x1, and further results go there; arch_vcpu_answer(): its result, the first result register.
 */
#include "arch_vcpu.h"
#include "kernel/core.h"
#include "kernel/partition.h"

enum vcpu_state {
	VCPU_OFF = 0, /* all zero: the state at boot */
	VCPU_READY,
	VCPU_WAITING,	/* in WFI, or suspended */
	VCPU_ASKING,	/* an access to an emulated region waits for its server */
	VCPU_BLOCKED,	/* a posted write waits for room; the access is done again */
	VCPU_LISTENING, /* for events (event.h), an interrupt or its deadline */
	VCPU_CALLING,	/* for a reply (port_call.c) or its deadline */
};

/* Requests, posted with vcpu_post(); the owner handles all that are set, in this order. */
#define REQ_STOP   BIT(0) /* halt for good; the partition counts */
#define REQ_PAUSE  BIT(1) /* its partition is to stand still, or to go on */
#define REQ_AHEAD  BIT(2) /* its partition runs: off, it gets ready to be switched on */
#define REQ_START  BIT(3) /* begin at the address in `start` */
#define REQ_IRQ	   BIT(4) /* the interrupt state changed: that is looked at whatever was posted */
#define REQ_SYNC   BIT(5) /* publish what the hardware knows (interrupts) */
#define REQ_ANSWER BIT(6) /* an ask may have been answered */
#define REQ_ROOM   BIT(7) /* a queue has room, or its server went */
#define REQ_PORT   BIT(8) /* an event it listens for, or the call it makes has gone on, or its deadline is over */

/* PSCI's view, changed by compare-and-swap from any core of the partition. */
enum vcpu_power {
	POWER_OFF = 0,
	POWER_ON = 1,
	POWER_ON_PENDING = 2,
};

enum vcpu_entry {
	ENTRY_STUB = 0,	  /* the boot stub: data caching forced */
	ENTRY_GUEST = 1,  /* as the boot protocol and PSCI have it */
	ENTRY_RESUME = 2, /* the same, after a suspend: what its interrupt controller holds stays */
};

struct vcpu {
	struct arch_vcpu arch; /* first: the exit path finds the registers here */
	const struct bh_vcpu *desc;
	struct partition *part;
	struct core *core;
	uint32_t state;		    /* enum vcpu_state; own core */
	uint32_t suspended;	    /* own core: waking re-enters at start (PSCI CPU_SUSPEND to power-down) */
	uint32_t requests;	    /* REQ_*; any core, atomically */
	uint32_t power;		    /* enum vcpu_power; any core, atomically */
	uint64_t start, arg;	    /* where REQ_START begins; written before it is posted */
	uint64_t ask;		    /* emul.c; any core, atomically */
	uint32_t ask_life;	    /* own core: the server's life that is asked */
	uint32_t awaits;	    /* own core: ASKING or BLOCKED: number of the emulated region */
	uint32_t awaits_tail;	    /* own core: how far that one's server had come then */
	uint64_t listens;	    /* events it waits for; own core writes, others read */
	ticks_t deadline;	    /* own core: when LISTENING, CALLING, ASKING or BLOCKED end by themselves; else BH_NEVER */
	ticks_t vigil;		    /* own core: when watchdog.c is to look at it; else BH_NEVER */
	ticks_t due;		    /* own core: when it has said it will be done (watchdog.h); else BH_NEVER */
	ticks_t rests_from;	    /* own core: since when it stands still */
	uint32_t frozen;	    /* own core: it stands still, whatever its state (inspect.h) */
	uint32_t is_ahead;	    /* own core: OFF, but reset already, and loaded where it is alone on its core; in the life under way */
	struct partition *inspects; /* own core: whose memory it sees */
	ticks_t used;		    /* own core writes (sched.c), others read: time it has had (sched_account()) */
	struct port *serves;	    /* own core: LISTENING for a request of this port (BH_CALL_SERVE) */
	struct port *calls;	    /* own core: CALLING on this port */
	struct vcpu *callee;	    /* own core: CALLING, and this one runs in its place */
	uint32_t lent;		    /* own core: ranks of the callers in whose place it runs */
	uint32_t bit;		    /* BIT(its rank) */
	uint32_t siblings;	    /* ranks of the other vCPUs of its partition on its core */
	ticks_t turn_left;	    /* own core: of its turn among them; 0: the next is a whole one */
	uint32_t who;		    /* as the trace has it */
	int64_t left;		    /* own core: of its budget, ticks; below 0: what it has overrun (budget.h) */
	ticks_t given;		    /* own core: the instant at which its budget was given last */
} __attribute__((aligned(64)));

/* Own core: an interrupt ends its wait. */
static inline bool vcpu_wakes_by_irq(const struct vcpu *v)
{
	return v->state == VCPU_WAITING || v->state == VCPU_LISTENING;
}

void vcpu_init(struct vcpu *v, uint32_t number);
void vcpu_post(struct vcpu *v, uint32_t requests); /* any core; at most one kick, never waits */
void vcpu_attend(struct vcpu *v);		   /* own core: handle what was posted */

/* Own core: nothing but its rank keeps it from running. */
static inline bool vcpu_can_run(const struct vcpu *v)
{
	return v->state == VCPU_READY && !v->frozen;
}

void vcpu_wait(struct vcpu *v);	  /* own core: sleep until an interrupt is pending */
void vcpu_wake(struct vcpu *v);	  /* own core: it can run again */
void vcpu_freeze(struct vcpu *v); /* own core: it stands still, with all that it is */
void vcpu_thaw(struct vcpu *v);	  /* own core: and goes on */

/* Something of v that its core, c, this one, has to look at by time is set, or may have been. */
static inline void vcpu_timed(struct core *c, const struct vcpu *v)
{
	c->timed |= v->bit;
}

/* The wait that begins ends by itself then. */
static inline void vcpu_until(struct core *c, struct vcpu *v, ticks_t deadline)
{
	v->deadline = deadline;
	if (deadline != BH_NEVER)
		vcpu_timed(c, v);
}

/* Own core: it waits, for this. */
static inline void vcpu_block(struct vcpu *v, enum vcpu_state why)
{
	struct core *c = v->core;

	v->state = why;
	c->ready &= ~(v->bit | v->lent);
	c->changed = 1;
}

/* PSCI, by a vCPU of the same partition. Answers a PSCI status. */
int64_t vcpu_power_on(struct partition *p, uint64_t index, uint64_t entry, uint64_t arg);
void vcpu_power_off(struct vcpu *v); /* own core */

static inline struct vcpu *vcpu_at(uint32_t n) /* system-wide number */
{
	return STATE_AT(struct vcpu, blob->vcpu_state_va, n);
}

static inline struct vcpu *partition_vcpu(const struct partition *p, uint32_t index) /* index < n_vcpus */
{
	return &p->vcpus[index];
}

#endif
