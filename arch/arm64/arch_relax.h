/* SPDX-License-Identifier: Apache-2.0 */
/* In every spin loop: tells the processor, and the emulator, that another should go on. */
#ifndef ARM64_ARCH_RELAX_H
#define ARM64_ARCH_RELAX_H

static inline void arch_relax(void)
{
	__asm__ volatile("yield" ::
				 : "memory");
}

#endif
