/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition as an ELF64 core (ET_CORE, EM_AARCH64), as gdb opens it: notes with the registers of each vCPU, as a thread, in Linux's
 * layout; RAM at its physical addresses; and, by program headers alone, the same bytes at the virtual addresses that the guest's tables
 * give them. Made of a plan, so that its size is known before its place. Pure: it copies no RAM.
 *
 *   headers and notes | RAM, the extents one behind the other, from a multiple of 4096 on
 */
#ifndef SERVICES_MONITOR_CORE_FILE_H
#define SERVICES_MONITOR_CORE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "services/monitor/guest_memory.h"

#define CORE_VCPUS   8u /* BH_MAX_PART_VCPUS */
#define CORE_EXTENTS 64u
#define CORE_SPANS   1024u /* pieces of virtual memory; what is more is not described */
#define CORE_TABLES  1024u /* stage 1 tables that are read to find them */
#define CORE_PAGE    4096u

struct core_vcpu {
	uint64_t general[34]; /* x0-x30, sp, pc, pstate: as enum bh_register counts, and Linux's user_pt_regs */
	uint64_t vector[64];  /* q0-q31, low first */
	uint32_t fpsr, fpcr;
	struct guest_stage1 stage1;
};

/* Bytes of RAM that are in the core, offsets into RAM and into the core's RAM. */
struct core_extent {
	uint64_t from, bytes, to;
};

struct core_plan {
	uint32_t n_vcpus;
	uint32_t first;	 /* the vCPU that gdb shows first */
	uint32_t signal; /* that ended it there, as Linux numbers them */
	uint32_t n_extents, n_spans;
	uint64_t ram_bytes; /* of all extents */
	struct core_vcpu vcpu[CORE_VCPUS];
	struct core_extent extent[CORE_EXTENTS];
	struct guest_span span[CORE_SPANS];
};

/*
 * Finds the virtual memory, and chooses @most bytes of RAM: all, or what the vCPUs execute and their stacks, then from the beginning
 * on. n_vcpus, first, signal and the vCPUs are the caller's.
 */
void core_plan(struct core_plan *p, const struct guest_memory *m, uint64_t most);

/* Chooses anew: the spans stay. */
void core_plan_ram(struct core_plan *p, const struct guest_memory *m, uint64_t most);

/* Leaves pieces of virtual memory out, the last ones first, until headers and notes are at most @bytes; BH_DUMP_HEAD can always be. */
void core_plan_head(struct core_plan *p, uint64_t bytes);

/* Bytes of headers and notes: where RAM begins, a multiple of CORE_PAGE. */
uint64_t core_header_bytes(const struct core_plan *p);

/* Writes them to @to. */
void core_header(const struct core_plan *p, uint8_t *to);

#endif
