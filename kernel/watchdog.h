/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to have happened by a certain time: a partition's watchdog is fed, a vCPU is done by its deadline. Both are
 * looked at on the core of the vCPU that they belong to (the watchdog: the partition's first), when that could run: so it costs
 * nobody else's time, and what stands still by plan is not late.
 */
#ifndef KERNEL_WATCHDOG_H
#define KERNEL_WATCHDOG_H

#include "kernel/partition.h"
#include "kernel/vcpu.h"

void watchdog_started(struct partition *p); /* it begins to run; before its first vCPU does */
void watchdog_attend(struct vcpu *v);	    /* own core: v->vigil has come */
void watchdog_sooner(struct vcpu *v);	    /* own core: REQ_VIGIL */
void watchdog_forget(struct vcpu *v);	    /* own core: v halts */
void watchdog_rest(struct vcpu *v);	    /* own core: v stands still, and so does its time */
void watchdog_go_on(struct vcpu *v);	    /* own core: v goes on: it has as long as it had */

int64_t watchdog_feed(struct partition *p, uint64_t *arg); /* BH_CALL_FEED; any core */
int64_t watchdog_deadline(struct vcpu *v, uint64_t when);  /* BH_CALL_DEADLINE */

#endif
