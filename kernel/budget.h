/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reservations: so much time every period, given anew at fixed instants, whole periods from the epoch on; what is left then is
 * lost. A rank's budget is charged from the exit that brought it to run until another's registers are loaded, so a partition
 * pays for its own switches. It is overrun by one path of the kernel at most, and that is taken from the next one. (Where the
 * machine stood still meanwhile: by one budget at most.)
 */
#ifndef KERNEL_BUDGET_H
#define KERNEL_BUDGET_H

#include "kernel/core.h"

/* All on their own core. c->funded: ranks with budget left. */
void budget_epoch(struct core *c, ticks_t epoch);	       /* once: the instant 0 of all reservations here */
void budget_mode(struct core *c, ticks_t now);		       /* another plan is in force */
void budget_begin(struct core *c);			       /* c->rank begins to run, from c->now on */
void budget_charge(struct core *c, ticks_t now);	       /* what c->rank has used until now */
void budget_pay(struct core *c, struct vcpu *v, ticks_t from); /* v has kept the core busy since then and does not run */
void budget_give(struct core *c, ticks_t now);		       /* to those without, whose next instant has come */
ticks_t budget_alarm(const struct core *c);		       /* when one of these two has to be done next */

#endif
