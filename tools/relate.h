/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt lines of a partition that no device of the board has: doorbells, events, lines of carriers. */
#ifndef TOOLS_RELATE_H
#define TOOLS_RELATE_H

#include "tools/plan.h"

/* A free INTID, from the highest down; blamed at @prop where there is none left. */
uint32_t doorbell(struct plan *p, struct part *part, const char *prop);

/* The generic watchdogs that the monitor answers for: those that can be. And, once all times are known, whether they are right. */
void watchdog_devices_relate(struct plan *p);
void watchdog_device_check(struct plan *p, const struct part *part);

#endif
