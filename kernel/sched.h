/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who runs on this core: the ready vCPU of lowest rank (highest priority). Fixed priorities,
 * preemptive; O(1). Runs with interrupts masked, touches this core only.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "kernel/core.h"

/* Any core: core c has to attend its vCPU of this rank. at_once: although somebody more urgent runs there. */
void sched_post(struct core *c, uint32_t rank, bool at_once);
struct vcpu *sched_next(void);	   /* who runs now; idles until there is one; loads its registers */
void sched_alarm(void);		   /* this core's timer fired */
void sched_unload(struct vcpu *v); /* own core: the hardware holds nothing of v any more */

/*
 * v waits for a vCPU of its core, which runs in v's place until sched_unlend(): with v's rank, and with
 * what is lent to v. Own core; v is blocked. Chains are as long as calls are nested, and have no cycle
 * (lib/blob_check.c).
 */
void sched_lend(struct vcpu *v, struct vcpu *to);
void sched_unlend(struct vcpu *v); /* nothing where it has not lent */

noreturn void sched_start(void); /* a core's first and last step of boot */

#endif
