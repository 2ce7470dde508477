/* SPDX-License-Identifier: Apache-2.0 */
/* What the SDK's own files share, and programs do not use. */
#ifndef SDK_SDK_INSIDE_H
#define SDK_SDK_INSIDE_H

#include <stdint.h>

#include "sdk/bh_fault.h"

/* start.S: x0 of a further vCPU. */
struct bh_cpu_start {
	void (*main)(void *arg);
	void *arg;
	uint64_t stack, handler_stack;
};
void bh_start_further(void);

/* Called by start.S. bh_mmu_tables: with the MMU off, so all accesses are aligned. */
void bh_mmu_tables(void);
__attribute__((noreturn)) void bh_begin(const void *dtb);
__attribute__((noreturn)) void bh_begin_further(void (*main)(void *arg), void *arg);

/* Called by vectors.S. */
void bh_irq_take(void);
void bh_fault_take(struct bh_frame *f);
__attribute__((noreturn)) void bh_fault_fatal(struct bh_frame *f);

#define MAX_VCPUS 8u /* of a partition */

void bh_irq_init_cpu(void);   /* on each vCPU, when it is switched on */
void bh_timer_init_cpu(void); /* likewise */
void bh_log_init(void);
void bh_log_break(void); /* a fault prints, whoever holds the output */

#define BH_PSCI_CPU_OFF	     0x84000002u
#define BH_PSCI_CPU_ON	     0xc4000003u
#define BH_PSCI_SYSTEM_OFF   0x84000008u
#define BH_PSCI_SYSTEM_RESET 0x84000009u

/* An emulated register takes only plain loads and stores: the compiler must not fold an increment
 * of the address into the access, so it is not told where the address comes from. */
static inline volatile uint32_t *bh_reg32(uint64_t address)
{
	__asm__(""
		: "+r"(address));
	return (volatile uint32_t *)(uintptr_t)address;
}

static inline volatile uint8_t *bh_reg8(uint64_t address)
{
	return (volatile uint8_t *)bh_reg32(address);
}

static inline volatile uint64_t *bh_reg64(uint64_t address)
{
	return (volatile uint64_t *)bh_reg32(address);
}

#endif
