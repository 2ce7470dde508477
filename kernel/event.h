/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events (abi/port.h): one word a partition, a bit for each of its ports. Anybody may set a bit at any
 * time; a vCPU waits for some of them, and an interrupt or a deadline ends that wait too.
 */
#ifndef KERNEL_EVENT_H
#define KERNEL_EVENT_H

#include "kernel/system.h"

/* Any core. number: of p's port. intid: virtual INTID that becomes pending with it, or BH_NONE. */
void event_raise(struct partition *p, uint32_t number, uint32_t intid);

/* Own core. Takes those of mask that have come. */
uint64_t event_take(struct partition *p, uint64_t mask);

int64_t event_wait(struct vcpu *v, uint64_t *arg); /* BH_CALL_WAIT */

/* Own core of v, a wait for mask: a status at once, or CALL_NO_RETURN, and event_attend() ends it. */
int64_t event_listen(struct vcpu *v, uint64_t mask, ticks_t deadline);
void event_attend(struct vcpu *v); /* v listens, and something may have come */
void event_forget(struct vcpu *v); /* v is halted */

#endif
