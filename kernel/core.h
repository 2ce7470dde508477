/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A physical core. A core owns the vCPUs bound to it: only it changes their scheduling state,
 * their registers and what the hardware holds of them. Everybody else posts requests (vcpu.h).
 * Words of ranks: bit r stands for the vCPU of rank r.
 */
#ifndef KERNEL_CORE_H
#define KERNEL_CORE_H

#include "abi/port.h"
#include "abi/trace.h"
#include "kernel/system.h"

#define INBOX_NOW BIT(31) /* somebody is to stop (sched_post()), or the mode to change: whoever runs here */

struct core {
	const struct bh_core *desc;
	struct vcpu *loaded;   /* whose registers the hardware holds, or NULL */
	struct vcpu *fp_owner; /* whose FP registers the hardware holds, or NULL */
	uint32_t stale;	       /* ranks: translations of that vCPU's VMID must go before it runs here; the port's */
	uint64_t empty_root;   /* of stage 2, which it has between two vCPUs; the port's */
	uint32_t alarm_intid;  /* of its own timer; the port's */
	uint32_t extras;       /* its processor has what few have and every switch has to move; the port's */
	uint32_t number;
	uint64_t kick; /* what makes the others' kicks reach it; the port's */

	/* written, or read, by others */
	uint32_t inbox;	  /* ranks that have requests; INBOX_NOW; set by any core, atomically */
	uint32_t stops;	  /* of these, ranks that are to stop; set before, likewise */
	uint32_t urgent;  /* ranks: a request for one is worth a kick; own core writes, others read */
	uint32_t online;  /* set once by the core itself */
	ticks_t *had;	  /* the word of who has the core (sched_account()): his vCPU's `used`, or ... */
	ticks_t idled;	  /* ... nobody's; own core writes, others read */
	ticks_t asked_at; /* when it was asked to come into the kernel, and has not yet; 0: it has; any core */

	/* who can run, and who does */
	uint32_t ready;	      /* ranks that can run */
	uint32_t window;      /* ranks that are in the window under way (window.h) */
	uint32_t budgets;     /* ranks: the plan's: have one, and are charged */
	uint32_t helpers;     /* ranks that run in a caller's place */
	uint32_t families;    /* ranks that have siblings here */
	uint32_t timed;	      /* ranks that may want attention by time: a deadline, a vigil or a timer of theirs is set; all such, and more */
	uint32_t changed;     /* something that who runs, `urgent` and the alarm depend on; or the core has posted to itself */
	uint32_t rank;	      /* whose time is used (its own, or a caller's), or BH_NONE */
	struct vcpu *runs;    /* who runs, or NULL: the core idles */
	ticks_t alarm;	      /* when the core's timer is set to fire; BH_NEVER: it is off */
	uint32_t doze_urgent; /* when the one that runs went to sleep by the short way, beside others ... */
	ticks_t doze_alarm;   /* ... and so the alarm */
	uint32_t early;	      /* it may fire before it is needed by who runs now (sched_hand_back()) */
	ticks_t turn_end;     /* of the one that runs, where it has siblings here; else BH_NEVER */
	uint32_t turned;      /* ranks: of siblings here, that one has had its turn */
	uint32_t stopped;     /* ranks: of those that were to stop, that one has had its edge */
	uint32_t shut;	      /* ranks: lines of that vCPU's devices are masked until it runs; the port's */
	uint32_t called;      /* dedicated, the port's: its root has been emptied, by any core; atomically */
	uint32_t idles;	      /* likewise: the kernel sleeps there; own core writes, others read these two */
	uint32_t entries;     /* likewise: of its root that are in use */
	uint32_t bell;	      /* likewise: what others pend to wake it is enabled; own core */

	/* who may run: words of ranks (budget.h, window.h) */
	uint32_t funded; /* have budget left: some of `budgets` */
	uint32_t slack;

	/* time */
	uint32_t mode;
	const struct bh_plan *plan;	   /* of the mode in force; NULL: not yet */
	const struct bh_window *windows;   /* the plan's ... */
	ticks_t ends[BH_MAX_CORE_WINDOWS]; /* ... and when each ends, in the frame */
	uint64_t follows;		   /* bit n: window n begins as the one before it ends, or with the frame */
	uint32_t next;			   /* number in the plan of the window under way, or of the one behind the gap */
	uint32_t orders;		   /* changes of the mode that are known here (mode.c) */
	ticks_t change_at;		   /* when the one under way is made here; BH_NEVER: there is none */
	ticks_t mode_start;		   /* when the mode's first frame began */
	ticks_t frame;			   /* when the frame under way began */
	ticks_t frame_ticks;		   /* its length; 0: no windows. Others read that */
	ticks_t edge;			   /* when the window or the gap under way ends */
	ticks_t since;			   /* from when on the running rank's budget has not been charged */

	struct bh_trace *trace;
	uint32_t trace_mask;
	ticks_t now; /* when the kernel was entered, as good as a second look at the counter; the port's */

	struct vcpu *vcpu[BH_MAX_CORE_VCPUS]; /* by rank */
} __attribute__((aligned(64)));

/*
 * The port's: this_core(); arch_time(): the machine's counter; arch_stamp(): the same without a barrier; arch_frequency(): of that counter, Hz;
 * arch_timer_set(): this core's own alarm, BH_NEVER: off.
 */
#include "arch_core.h"

/* BH_NEVER does not come, and the counter is not read for it. Where it is read a little early, the alarm comes at once. */
static inline bool time_has_come(ticks_t when)
{
	return when != BH_NEVER && when <= arch_stamp();
}

static inline struct core *core_at(uint32_t n)
{
	return STATE_AT(struct core, blob->core_state_va, n);
}

#endif
