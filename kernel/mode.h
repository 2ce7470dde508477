/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mode of the whole system: which plan is in force. A change is ordered with the counter value at which all cores make
 * it; each is told once and makes it by its own alarm, so nobody waits for anybody. One that learns late makes it late, but into
 * the same frames. Boot is the first change: the last core that is ready orders it, for now, and that is the epoch.
 */
#ifndef KERNEL_MODE_H
#define KERNEL_MODE_H

#include "kernel/core.h"

void mode_init(void);					/* boot core, once */
void mode_arrive(void);					/* each core, once: it is ready to run guests */
void mode_attend(struct core *c);			/* own core: INBOX_NOW; perhaps there is an order */
void mode_change(struct core *c, ticks_t now);		/* own core: c->change_at has come */
void mode_wish(uint32_t mode);				/* any core: this mode is to come, as soon as no other change is under way */
int64_t mode_look(const struct core *c, uint64_t *arg); /* BH_LOOK_SYSTEM */
int64_t mode_set(struct vcpu *v, uint64_t *arg);	/* BH_CALL_SET_MODE */
int64_t mode_frame(struct vcpu *v, uint64_t *arg);	/* BH_CALL_FRAME */

#endif
