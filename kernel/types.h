/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words every part of the kernel uses: scalars that must not mix, bits, atomics.
 * Atomics are C11's through the compiler; the order is always said.
 */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t ipa_t;	  /* a partition's (intermediate) physical address */
typedef uint64_t paddr_t; /* the machine's physical address */
typedef uint64_t ticks_t; /* the machine's counter */

#define BIT(n)	 (1u << (n))
#define BIT64(n) (1ull << (n))

#define must_check __attribute__((warn_unused_result))
#define noreturn   __attribute__((noreturn))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define container_of(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

/*
 * One word shared between cores. Relaxed accesses of an aligned word are single instructions either way, but of __atomic_*() GCC
 * makes one more, for the address; only a race detector has to be told.
 */
#ifdef __SANITIZE_THREAD__
#define load_relaxed(p)	    __atomic_load_n((p), __ATOMIC_RELAXED)
#define store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#else
#define load_relaxed(p)	    (*(const volatile __typeof__(*(p)) *)(p))
#define store_relaxed(p, v) (*(volatile __typeof__(*(p)) *)(p) = (v))
#endif
#define load_acquire(p)	     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, v)  __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define swap_all(p, v)	     __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define set_bits(p, v)	     __atomic_fetch_or((p), (v), __ATOMIC_ACQ_REL)
#define clear_bits(p, v)     __atomic_fetch_and((p), ~(v), __ATOMIC_ACQ_REL)
#define add_to(p, v)	     __atomic_add_fetch((p), (v), __ATOMIC_ACQ_REL)
#define change_if(p, old, v) __atomic_compare_exchange_n((p), (old), (v), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

static inline uint32_t lowest_bit(uint32_t mask)
{
	return (uint32_t)__builtin_ctz(mask);
}

static inline uint32_t highest_bit(uint32_t mask)
{
	return 31u - (uint32_t)__builtin_clz(mask);
}

#endif
