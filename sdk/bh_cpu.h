/* SPDX-License-Identifier: Apache-2.0 */
/* vCPUs of the partition, and what every vCPU has: interrupt mask, caches, barriers. */
#ifndef SDK_BH_CPU_H
#define SDK_BH_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define BH_CPU_STACK_MIN     8192u /* of a further vCPU, bytes */
#define BH_CPU_STACK_HANDLER 4096u /* of these, interrupt and fault handlers get the upper ones */

/* Number of the calling vCPU, 0 to bh_info()->n_vcpus - 1. */
static inline uint32_t bh_cpu_index(void)
{
	uint64_t mpidr;

	__asm__("mrs %0, mpidr_el1"
		: "=r"(mpidr));
	return (uint32_t)mpidr & 0xff;
}

/*
 * Starts a further vCPU: it calls main(arg) with interrupts on, and is switched off when that
 * returns. @stack: 16-byte aligned, @bytes >= BH_CPU_STACK_MIN, its own until it is off.
 * Answers 0, or PSCI's error: -2 (no such vCPU, or the stack is too small), -4 (already on).
 * Thread context.
 */
__attribute__((warn_unused_result)) int32_t bh_cpu_on(uint32_t index, void (*main)(void *arg), void *arg, void *stack,
						      uint64_t bytes);

/* Switches the calling vCPU off; with the last one the partition stops. Does not return. */
__attribute__((noreturn)) void bh_cpu_off(void);

/* Masks interrupts of this vCPU; answers what bh_irq_restore() takes. They nest. */
static inline uint64_t bh_irq_mask(void)
{
	uint64_t daif;

	__asm__ volatile("mrs %0, daif; msr daifset, #2"
			 : "=r"(daif)
			 :
			 : "memory");
	return daif;
}

static inline void bh_irq_restore(uint64_t daif)
{
	__asm__ volatile("msr daif, %0"
			 :
			 : "r"(daif)
			 : "memory");
}

/*
 * Waits until an interrupt is pending and lets its handler run. Race-free use: mask, look whether
 * there is still reason to wait, bh_wait(), look again: an interrupt that came after the mask makes
 * it return at once. The mask is as before when it returns. Thread context.
 */
static inline void bh_wait(void)
{
	uint64_t daif = bh_irq_mask();

	__asm__ volatile("dsb sy; wfi; msr daifclr, #2; isb"
			 :
			 :
			 : "memory");
	bh_irq_restore(daif);
}

/* Lets the handlers of pending interrupts run now, also where the caller has masked them. Thread context. */
static inline void bh_irq_let(void)
{
	uint64_t daif = bh_irq_mask();

	__asm__ volatile("msr daifclr, #2; isb"
			 :
			 :
			 : "memory");
	bh_irq_restore(daif);
}

/* Full barrier: all that this vCPU has read and written comes before what follows, for all vCPUs of the machine. */
static inline void bh_barrier(void)
{
	__asm__ volatile("dmb ish"
			 :
			 :
			 : "memory");
}

#endif
