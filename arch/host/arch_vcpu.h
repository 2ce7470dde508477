/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU of this port: some registers that are in the hardware while it is loaded, two timers (one
 * is the hardware's while it is loaded, one is always kept in memory), private interrupts, and what
 * the checks of the port need to know.
 */
#ifndef HOST_ARCH_VCPU_H
#define HOST_ARCH_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_REGS 8u
#define HOST_ARGS 17u /* SMCCC: x1-x17 */

enum host_private { /* private interrupts, a bit each */
		    HOST_VTIMER = 1,
		    HOST_PTIMER = 2,
		    HOST_SGI = 4,
};

struct host_registers {
	uint64_t pc, timer;	     /* timer: when the virtual timer fires; ~0: off */
	uint64_t unknown[HOST_REGS]; /* what a reset leaves UNKNOWN */
};

struct arch_vcpu {
	uint64_t x0;		    /* first argument and result; current whenever the kernel runs */
	uint64_t args[HOST_ARGS];   /* further arguments and results of a call: likewise */
	uint64_t x0_seen;	    /* as the guest last saw or left it */
	struct host_registers reg;  /* poison while loaded */
	struct host_registers mine; /* what the guest believes its registers hold */
	uint64_t ptimer;	    /* the emulated timer; ~0: off */
	uint32_t pending;	    /* enum host_private; atomically */
	uint32_t how;		    /* enum vcpu_entry of its last reset */
	bool on;		    /* reset, and not switched off since */
	bool accessing;		    /* an emulated access is not answered yet */
	bool again;		    /* it was not and the guest runs: it has to make the access again */
	bool aborted;		    /* the last one was, by an abort */
	uint64_t read;		    /* what the last one read */
	bool error;		    /* an error of its accesses comes as it is saved */
	uint64_t root;		    /* pa of the one it sees instead of its own; 0: its own */
	uint64_t other[112];	    /* registers by number (BH_REGISTER_END) but x0 and pc */
	uint32_t debug;		    /* enum bh_debug, as asked for last */
	uint32_t settled;	    /* times */
	uint32_t resets, loads, saves, syncs, answers;
};

static inline bool arch_vcpu_is_timed(const struct arch_vcpu *a)
{
	return a->reg.timer != ~0ull || a->ptimer != ~0ull;
}

struct vcpu;
uint64_t *arch_vcpu_args(struct vcpu *v);
void arch_vcpu_answer(struct vcpu *v, int64_t value);

#endif
