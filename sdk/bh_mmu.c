/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stage 1 tables of a native partition: an identity map that gives memory its type (exclusives
 * and unaligned accesses need Normal memory) and the program's sections their rights, W^X. What a
 * partition may reach is not decided here but by stage 2.
 *
 *   0x00000000  devices; 2 MiB around the information page, where windows are as well, and what lies from BH_WINDOW_IPA on are Normal
 *   0x40000000  RAM: the first 2 MiB by page, the rest as far as the information page says
 *   above       devices, but Normal where shared memory is, and at BH_INSPECT_IPA where another partition's RAM can appear
 *
 * Runs once, on the first vCPU, with the MMU off. The stub has left no cached line of these tables.
 */
#include "sdk/sdk_inside.h"

#include "abi/call.h"
#include "sdk/bh_info.h"

#define ENTRIES 512u
#define MIB2	0x200000ull
#define GIB	0x40000000ull
#define RAM	GIB

/* Descriptors (Arm DDI 0487, VMSAv8-64): AF is set in all, EL0 has no access. */
#define TABLE	   3ull
#define PAGE	   3ull
#define BLOCK	   1ull
#define AF	   (1ull << 10)
#define READ_ONLY  (2ull << 6)
#define NORMAL	   (1ull << 2 | 3ull << 8) /* MAIR index 1, inner shareable */
#define NO_EXECUTE (3ull << 53)
#define UXN	   (1ull << 54)

#define DEVICE_RW (AF | NO_EXECUTE)
#define MEMORY_RW (AF | NORMAL | NO_EXECUTE)
#define MEMORY_R  (MEMORY_RW | READ_ONLY)
#define MEMORY_RX (AF | NORMAL | READ_ONLY | UXN)

extern char bh_rodata_start[], bh_data_start[], bh_guard_handler[], bh_guard_main[];

static uint64_t low[ENTRIES] __attribute__((aligned(4096)));
static uint64_t ram[ENTRIES] __attribute__((aligned(4096)));
static uint64_t first[ENTRIES] __attribute__((aligned(4096)));
uint64_t bh_mmu_root[ENTRIES] __attribute__((aligned(4096))); /* start.S */

static uint64_t page(uint64_t a)
{
	if (a < (uintptr_t)bh_rodata_start)
		return a | MEMORY_RX | PAGE;
	if (a < (uintptr_t)bh_data_start)
		return a | MEMORY_R | PAGE;
	if (a == (uintptr_t)bh_guard_handler || a == (uintptr_t)bh_guard_main)
		return 0;
	return a | MEMORY_RW | PAGE;
}

static uint64_t low_block(uint64_t a)
{
	if (a == BH_INFO_IPA / MIB2 * MIB2 || a >= BH_WINDOW_IPA)
		return a | MEMORY_RW | BLOCK;
	return a | DEVICE_RW | BLOCK;
}

static uint64_t root_block(uint64_t a, uint64_t ram_end)
{
	return a | (a < ram_end ? MEMORY_RW : DEVICE_RW) | BLOCK;
}

/* What finds no room among the windows lies above RAM. (A device in the same GiB is one by stage 2.) */
static void normal_blocks(const struct bh_info_entry *e)
{
	for (uint64_t a = e->ipa / GIB; a <= (e->ipa + e->bytes - 1) / GIB; a++)
		bh_mmu_root[a % ENTRIES] = a * GIB | MEMORY_RW | BLOCK;
}

void bh_mmu_tables(void)
{
	const struct bh_info_entry *e = 0;
	uint64_t ram_end = bh_info()->ram_base + bh_info()->ram_bytes;

	for (uint32_t i = 0; i < ENTRIES; i++) {
		low[i] = low_block(i * MIB2);
		ram[i] = (RAM + i * MIB2) | MEMORY_RW | BLOCK;
		first[i] = page(RAM + i * 4096ull);
		bh_mmu_root[i] = root_block(i * GIB, ram_end);
	}
	while ((e = bh_info_next(BH_INFO_SHARED, e)))
		normal_blocks(e);
	while ((e = bh_info_next(BH_INFO_CONTROL, e)))
		if ((e->flags & BH_CONTROL_MAY_INSPECT) && e->bytes)
			normal_blocks(e);
	ram[0] = (uintptr_t)first | TABLE;
	bh_mmu_root[0] = (uintptr_t)low | TABLE;
	bh_mmu_root[1] = (uintptr_t)ram | TABLE;
}
