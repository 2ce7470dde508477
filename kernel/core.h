/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A physical core. A core owns the vCPUs bound to it: only it changes their scheduling state,
 * their registers and what the hardware holds of them. Everybody else posts requests (vcpu.h).
 */
#ifndef KERNEL_CORE_H
#define KERNEL_CORE_H

#include "kernel/system.h"

struct core {
	const struct bh_core *desc;
	struct vcpu *loaded;   /* whose registers the hardware holds, or NULL */
	struct vcpu *fp_owner; /* whose FP registers the hardware holds, or NULL */
	uint32_t stale;	       /* bit r: translations of that vCPU's VMID must go before it runs here; the port's */
	uint32_t number;
	uint32_t ready;			      /* bit r: the vCPU of rank r can run; own core only */
	uint32_t inbox;			      /* bit r: the vCPU of rank r has requests; set by any core, atomically */
	uint32_t urgent;		      /* bit r: a request for rank r is worth a kick; own core writes, others read */
	uint32_t helpers;		      /* bit r: the vCPU of rank r runs in a caller's place; own core only */
	uint32_t own_post;		      /* the core has posted to itself since it last looked at inbox */
	uint32_t online;		      /* set once by the core itself */
	uint32_t realarm;		      /* the alarm has to be worked out again before a guest is entered */
	ticks_t alarm;			      /* when the core's timer is set to fire; ~0: it is off */
	struct vcpu *vcpu[BH_MAX_CORE_VCPUS]; /* by rank */
} __attribute__((aligned(64)));

#include "arch_core.h" /* the port's this_core() */

#endif
