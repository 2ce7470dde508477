/* SPDX-License-Identifier: Apache-2.0 */
/* The physical GIC's registers as direct.c and direct_regs.c need them: of the distributor, and of any core's redistributor (Arm IHI 0069). */
#ifndef ARM64_DIRECT_GIC_H
#define ARM64_DIRECT_GIC_H

#include "kernel/core.h"

/* Registers with one bit per line: 128 bytes each, in the distributor and in SGI_base. */
enum gic_bits {
	GIC_GROUP = 1,
	GIC_SET_ENABLE,
	GIC_CLEAR_ENABLE,
	GIC_SET_PENDING,
	GIC_CLEAR_PENDING,
	GIC_SET_ACTIVE,
	GIC_CLEAR_ACTIVE,
	GIC_PRIORITY,		 /* eight of these */
	GIC_CONFIG = 0xc00 / 128 /* two */
};

/*
 * No interrupt of a partition is as urgent as this, and no partition's mask goes below it: only the kernel's own is above. The first
 * step that exists also in the Non-secure view of a GIC with five bits of priority, where it has four.
 */
#define DIRECT_FLOOR 0x10u
#define DIRECT_CTLR  3u /* ICC_CTLR_EL1: CBPR, EOImode */

static inline volatile uint32_t *direct_gicd_at(enum gic_bits what, uint32_t w)
{
	return (volatile uint32_t *)(blob->gicd_va + what * 128u + w * 4);
}

static inline uint64_t direct_sgi_base(const struct core *c)
{
	return c->desc->gicr_va + 0x10000;
}

static inline void direct_gicr_write(const struct core *c, enum gic_bits what, uint32_t bits)
{
	*(volatile uint32_t *)(direct_sgi_base(c) + what * 128u) = bits;
}

/* Of all private interrupts: the kernel's own first, the others as urgent as a partition's may be. */
static inline void direct_gicr_priorities(const struct core *c)
{
	uint32_t own = blob->timer_intid;

	for (uint32_t n = 0; n < 8; n++)
		*(volatile uint32_t *)(direct_sgi_base(c) + GIC_PRIORITY * 128u + n * 4) =
			DIRECT_FLOOR * 0x01010101u & ~(n == own / 4 ? 0xffu << own % 4 * 8 : 0);
}

#define DIRECT_WAIT_LIMIT 1000000u /* as in gicv3.c */

/* A register write that disables has taken effect: GICR_CTLR.RWP, GICD_CTLR.RWP. */
static inline void direct_gicr_wait(const struct core *c)
{
	for (uint32_t n = 0; n < DIRECT_WAIT_LIMIT && (*(const volatile uint32_t *)c->desc->gicr_va & BIT(3)) != 0; n++)
		;
}

static inline void direct_gicd_wait(void)
{
	for (uint32_t n = 0; n < DIRECT_WAIT_LIMIT && (*(const volatile uint32_t *)blob->gicd_va & BIT(31)) != 0; n++)
		;
}

#endif
