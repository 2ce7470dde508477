/* SPDX-License-Identifier: Apache-2.0 */
/* What the whole system is doing, for the partition that may know (BH_CAP_MONITOR): numbers, nothing is changed by looking. */
#ifndef KERNEL_MONITOR_H
#define KERNEL_MONITOR_H

#include "kernel/vcpu.h"

int64_t monitor_look(struct vcpu *v, uint64_t *arg);  /* BH_CALL_LOOK */
int64_t monitor_reset(struct vcpu *v, uint64_t *arg); /* BH_CALL_RESET */

#endif
