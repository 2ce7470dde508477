/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ticket lock: first come, first served. Used only among vCPUs of one partition, so that a
 * partition can wait only for itself; the holder runs a bounded number of instructions with
 * interrupts masked, so the wait is bounded by that times the partition's vCPUs.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "arch_relax.h"
#include "kernel/types.h"

struct lock {
	uint32_t next, serving;
};

static inline void lock_take(struct lock *l)
{
	uint32_t mine = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	while (load_acquire(&l->serving) != mine)
		arch_relax();
}

static inline void lock_drop(struct lock *l)
{
	store_release(&l->serving, l->serving + 1); /* pairs with the acquire above */
}

#endif
