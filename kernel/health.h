/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health policy (abi/health.h): something has gone wrong with a partition, and what its description says is done
 * about it. Whoever notices comes here, and nowhere else is a partition ended for what it did.
 */
#ifndef KERNEL_HEALTH_H
#define KERNEL_HEALTH_H

#include "kernel/partition.h"
#include "kernel/vcpu.h"

enum health_verdict {
	HEALTH_GOES_ON, /* as if it had been allowed, without effect */
	HEALTH_INJECT,	/* the guest takes an exception */
	HEALTH_ENDS,	/* the partition stops: nothing more is to be done for it */
};

/* v did it, with its last instruction. Own core. */
must_check enum health_verdict health_vcpu(struct vcpu *v, enum bh_fault kind, enum bh_event event, uint64_t address, uint64_t value);

/* It is no instruction's doing. Any core. */
enum health_verdict health_partition(struct partition *p, enum bh_fault kind, enum bh_event event, uint64_t address, uint64_t value);

/* It cannot go on anyhow (BH_FAULT_RESET, _OFF, _BOOT): the record is that of its stop. Any core. */
void health_end(struct partition *p, enum bh_fault kind, enum bh_stop why);

/* p has halted, to begin again by its policy: is it one restart too many? Then the limit's action has been taken, the monitor told, and it stays off. */
must_check bool health_limit(struct partition *p);

/* Is there a monitor, and does it run? Any core. */
bool health_is_watched(void);

/* The monitor is to look. Any core. */
void health_tell(void);

#endif
