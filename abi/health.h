/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health policy: what can go wrong with a partition, and what is done about it. Each kind has
 * one action, by description; whatever is done is a record of the health log (log.h), unless the action is to ignore it.
 */
#ifndef ABI_HEALTH_H
#define ABI_HEALTH_H

#include <stdint.h>

enum bh_fault {
	BH_FAULT_ACCESS = 0,	  /* an access to memory that it does not have, or not so */
	BH_FAULT_CALL = 1,	  /* a call that names what it does not have */
	BH_FAULT_INSTRUCTION = 2, /* a register or an instruction that a partition may not use */
	BH_FAULT_WATCHDOG = 3,	  /* its watchdog was not fed in time, or too early */
	BH_FAULT_DEADLINE = 4,	  /* a vCPU was not done when it had said it would be (BH_CALL_DEADLINE) */
	BH_FAULT_BUDGET = 5,	  /* a vCPU's budget is used up, and it would go on */
	BH_FAULT_PANIC = 6,	  /* it says itself that it cannot go on (BH_CALL_PANIC) */
	BH_FAULT_RESET = 7,	  /* it asks for a restart (PSCI SYSTEM_RESET), as a Linux that panics does */
	BH_FAULT_OFF = 8,	  /* it switches itself off (PSCI SYSTEM_OFF, or its last vCPU) */
	BH_FAULT_SILENT = 9,	  /* as a server: a client's access to an emulated region has waited too long */
	BH_FAULT_HARDWARE = 10,	  /* an asynchronous external abort in its time */
	BH_FAULT_BOOT = 11,	  /* it cannot be loaded */
};

#define BH_FAULTS 12u /* kinds */

enum bh_action {
	BH_ACTION_IGNORE = 0,  /* no record; then as LOG */
	BH_ACTION_LOG = 1,     /* it goes on: an access reads zero and writes nothing, a call is refused */
	BH_ACTION_INJECT = 2,  /* the guest takes an exception: external abort, undefined instruction, SError */
	BH_ACTION_STOP = 3,    /* the partition is stopped */
	BH_ACTION_RESTART = 4, /* stopped, and started with all of its memory as at first */
	BH_ACTION_WARM = 5,    /* likewise, but memory beside the payload keeps what it holds */
	BH_ACTION_MODE = 6,    /* the mode is changed, and it goes on as with LOG */
	BH_ACTION_SYSTEM = 7,  /* the whole machine is reset by firmware */
};

#define BH_ACTIONS 8u

/* Actions that a kind can have, a bit each. */
#define BH_ACTIONS_END (1u << BH_ACTION_STOP | 1u << BH_ACTION_RESTART | 1u << BH_ACTION_WARM | 1u << BH_ACTION_SYSTEM)
#define BH_ACTIONS_ANY (BH_ACTIONS_END | 1u << BH_ACTION_IGNORE | 1u << BH_ACTION_LOG | 1u << BH_ACTION_MODE)

static inline uint32_t bh_actions(uint32_t fault)
{
	switch (fault) {
	case BH_FAULT_ACCESS:
	case BH_FAULT_INSTRUCTION:
	case BH_FAULT_HARDWARE: return BH_ACTIONS_ANY | 1u << BH_ACTION_INJECT;
	case BH_FAULT_RESET:
	case BH_FAULT_OFF:
	case BH_FAULT_BOOT: return BH_ACTIONS_END; /* there is nothing to go on with */
	default: return BH_ACTIONS_ANY;
	}
}

#define BH_HEALTH_TELL 0x1u /* the monitor's doorbell, beside the action */

struct bh_health {
	uint8_t action; /* enum bh_action, one of bh_actions() */
	uint8_t mode;	/* BH_ACTION_MODE: its number; else 0 */
	uint8_t flags;	/* BH_HEALTH_TELL */
	uint8_t reserved;
};

#define BH_LIMIT_MAX 8u /* restarts that are remembered */

/* A dump is an ELF core: its headers and the registers of all vCPUs take no more than that, before the memory. */
#define BH_DUMP_HEAD 0x4000u

/* For so long a core may be silent when the monitor asks: unless the description says otherwise, and the least that it may say. */
#define BH_CORE_SILENT_NS	10000000000ull
#define BH_CORE_SILENT_LEAST_NS 2000000000ull

/* How a partition began (BH_CALL_SELF). */
enum bh_begin {
	BH_BEGIN_FIRST = 0,   /* for the first time */
	BH_BEGIN_ORDER = 1,   /* by who controls it */
	BH_BEGIN_RESTART = 2, /* after a fault, BH_ACTION_RESTART */
	BH_BEGIN_WARM = 3,    /* after a fault, BH_ACTION_WARM: memory beside the payload is as it was */
};

#endif
