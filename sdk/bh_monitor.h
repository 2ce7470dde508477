/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a monitor may do (`monitor;` in the description): look at what the whole system is doing, reset the machine, and, of a
 * partition that stands still and that it `inspects`, see and change memory and registers, and debug it. Any context; none of
 * these waits. Numbers of partitions, ports and cores are the system's: BH_INFO_PARTITION and BH_INFO_CHANNEL have them by name.
 *
 * A number that does not exist is BH_E_ARG, and a line of the health log, so loops end by what the information page says.
 */
#ifndef SDK_BH_MONITOR_H
#define SDK_BH_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/health.h"
#include "sdk/bh_call.h"

/* The capability to look. BH_E_CAP: the partition is no monitor. @rights: BH_MONITOR_MAY_*; may be NULL. */
BH_MUST_CHECK enum bh_status bh_monitor_find(uint32_t *cap, uint32_t *rights);

struct bh_look_partition {
	enum bh_run_state run;
	uint32_t ends;	     /* times it has ended */
	uint32_t restarts;   /* by its policy */
	uint32_t faults;     /* but for those that are ignored */
	uint32_t last_fault; /* enum bh_fault; BH_NO_FAULT: none yet */
	uint64_t fault_time; /* ticks */
};

#define BH_NO_FAULT 0xffffffffu

struct bh_look_vcpu {
	uint32_t core;
	bool on;
	uint64_t ticks; /* that it has had the core since boot */
};

struct bh_look_port {
	uint32_t waiting; /* messages */
	uint32_t depth;
	uint32_t dropped; /* since the system began */
};

struct bh_look_core {
	uint64_t silent; /* ticks since the oldest question that it has not answered; 0: it has answered the one before */
	uint64_t idle;	 /* ticks since boot */
};

struct bh_look_system {
	uint64_t now, epoch; /* ticks */
	uint32_t mode;
};

/* All of these: BH_E_CAP, BH_E_ARG: no such object; then @out is as it was. */
BH_MUST_CHECK enum bh_status bh_monitor_partition(uint32_t cap, uint32_t partition, struct bh_look_partition *out);
BH_MUST_CHECK enum bh_status bh_monitor_vcpu(uint32_t cap, uint32_t partition, uint32_t vcpu, struct bh_look_vcpu *out);
BH_MUST_CHECK enum bh_status bh_monitor_port(uint32_t cap, uint32_t port, struct bh_look_port *out);
BH_MUST_CHECK enum bh_status bh_monitor_system(uint32_t cap, struct bh_look_system *out);

/* Asks the core to come into the kernel, and says how long it has not done so. */
BH_MUST_CHECK enum bh_status bh_monitor_core(uint32_t cap, uint32_t core, struct bh_look_core *out);

/* Resets the machine by firmware; does not return, but for BH_E_CAP, BH_E_RIGHT (no BH_MONITOR_MAY_RESET), BH_E_STATE: firmware refuses. */
BH_MUST_CHECK enum bh_status bh_monitor_reset(uint32_t cap);

/*
 * The rest takes a control capability with BH_CONTROL_MAY_INSPECT (bh_control.h), of a partition that is held or paused; else
 * BH_E_STATE. BH_E_CAP, BH_E_RIGHT.
 */

/* Its RAM appears at BH_INSPECT_IPA, as many bytes as the BH_INFO_CONTROL entry says, until bh_inspect_end(). One at a time. */
BH_MUST_CHECK enum bh_status bh_inspect(uint32_t control);
void bh_inspect_end(void);

/* Four registers from @first on, and one (only of a paused one). Numbers: enum bh_register. BH_E_ARG: no such vCPU or register. */
BH_MUST_CHECK enum bh_status bh_registers(uint32_t control, uint32_t vcpu, uint32_t first, uint64_t value[4]);
BH_MUST_CHECK enum bh_status bh_register_set(uint32_t control, uint32_t vcpu, uint32_t number, uint64_t value);

struct bh_debug_stop {
	enum bh_pause why; /* it stands still */
	uint32_t vcpu;	   /* that did it */
	uint64_t syndrome; /* ESR_EL2 of a break or a step */
};

/* Breakpoints and single steps of a vCPU come to the monitor from now on, or no more; @out may be NULL. */
BH_MUST_CHECK enum bh_status bh_debug(uint32_t control, uint32_t vcpu, enum bh_debug what, struct bh_debug_stop *out);

#endif
