/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of another partition as the monitor sees it, and its stage 1 translation (Arm DDI 0487, VMSAv8-64): from a virtual
 * address to the guest's physical one. Everything in that memory is the guest's doing: each step is bounded, no address is
 * followed outside of it, and no word is read twice where it must be the same.
 */
#ifndef SERVICES_MONITOR_GUEST_MEMORY_H
#define SERVICES_MONITOR_GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_RAM 0x40000000ull /* where RAM begins, in every partition */

struct guest_memory {
	uint8_t *at;	/* of its RAM, here */
	uint64_t bytes; /* of it */
};

/* The registers that say how a vCPU translates. */
struct guest_stage1 {
	uint64_t sctlr, tcr, ttbr0, ttbr1;
};

/* Its physical address @ipa, here, of @bytes; NULL: not all of that is its RAM. */
static inline uint8_t *guest_at(const struct guest_memory *m, uint64_t ipa, uint64_t bytes)
{
	if (ipa < GUEST_RAM || ipa - GUEST_RAM > m->bytes || bytes > m->bytes - (ipa - GUEST_RAM))
		return 0;
	return m->at + (ipa - GUEST_RAM);
}

/* A piece of virtual memory that is contiguous in physical memory too. */
struct guest_span {
	uint64_t va, ipa, bytes;
};

/*
 * Translates @va: false: it is not mapped (or by tables that are not in RAM). @span: from @va on, to the end of the page or block.
 * With translation off, an address is itself, to the end of RAM. Four table reads at most.
 */
bool guest_translate(const struct guest_memory *m, const struct guest_stage1 *s, uint64_t va, struct guest_span *span);

/*
 * All that is mapped to RAM by the tables, TTBR1's first (a kernel's), each in order of addresses: contiguous pieces are one. @take answers false
 * to end it. At most @tables tables are read: tables may refer to themselves.
 */
void guest_mappings(const struct guest_memory *m, const struct guest_stage1 *s, uint32_t tables,
		    bool (*take)(void *arg, const struct guest_span *span), void *arg);

#endif
