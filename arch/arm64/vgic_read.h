/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guests read of the distributor again and again, inline for the exit that it is; all else is vgic_gicd()'s.
 */
#ifndef ARM64_VGIC_READ_H
#define ARM64_VGIC_READ_H

#include "arch/arm64/vgic.h"
#include "kernel/partition.h"
#include "kernel/vcpu.h"

#define GICD_TYPER   0x0004u
#define GICD_ENABLES 0x0100u /* ISENABLER, and 128 bytes further ICENABLER */

/* ITLinesNumber, IDbits (10), A3V, No1N: SPIs go to one PE only */
#define GICD_TYPER_VALUE ((VGIC_WORDS - 1) | 9u << 19 | BIT(24) | BIT(25))

/* GICD_ISENABLER and GICD_ICENABLER of SPIs: the word of 32 interrupts; else 0. */
static inline uint32_t vgic_enable_word(uint32_t offset)
{
	uint32_t w = offset % 128 / 4;

	return (offset & ~0xffu) == GICD_ENABLES && offset % 4 == 0 && w < VGIC_WORDS ? w : 0;
}

/* A word, or < 0: not by this way. */
static inline int64_t vgic_gicd_read(const struct vcpu *v, uint32_t offset)
{
	uint32_t w;

	if (offset == GICD_TYPER)
		return GICD_TYPER_VALUE;
	w = vgic_enable_word(offset);
	return w ? (int64_t)load_relaxed(&v->part->arch.vgic.word[w].enabled) : -1;
}

#endif
