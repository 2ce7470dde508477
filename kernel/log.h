/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health log (abi/log.h): what happened, as fixed records, in a ring for each partition. A declared reader gets a doorbell
 * and prints them; until it runs, and where there is none, the kernel prints them on the board's UART.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include "kernel/system.h"

void log_init(void);

/* False: it was only counted, as equal to the one before or as more than the partition may leave. */
bool log_vcpu(struct vcpu *v, enum bh_event event, uint64_t address, uint64_t value);		/* own core */
bool log_partition(struct partition *p, enum bh_event event, uint64_t address, uint64_t value); /* any core */

#endif
