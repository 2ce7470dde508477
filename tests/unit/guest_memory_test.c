/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's stage 1 tables, walked from outside: built here for each granule and start level, and then as a hostile guest would.
 * sources: services/monitor/guest_memory.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/monitor/guest_memory.h"

#define RAM_BYTES (16u << 20)
#define KERNEL	  0xffff800010000000ull

static uint8_t *ram;
static struct guest_memory memory;
static struct guest_stage1 regs;
static uint64_t next_table; /* physical; tables are made from the middle of RAM on */

/* --- a guest that makes tables --- */

static uint32_t granule, bits; /* of the half being built */

static uint64_t *words(uint64_t pa)
{
	return (uint64_t *)(void *)guest_at(&memory, pa, 8);
}

static uint64_t new_table(void)
{
	uint64_t at = next_table;

	next_table += 1ull << granule;
	memset(words(at), 0, 1u << granule);
	return at;
}

static uint32_t shift(uint32_t level)
{
	return granule + (3 - level) * (granule - 3);
}

static uint32_t start_level(void)
{
	uint32_t level = 3;

	while (shift(level) + granule - 3 < bits)
		level--;
	return level;
}

/* Maps va to pa by a leaf of that level. */
static void map_at(uint64_t root, uint64_t va, uint64_t pa, uint32_t leaf)
{
	uint64_t table = root;

	for (uint32_t level = start_level();; level++) {
		uint64_t mask = level == start_level() ? (1ull << (bits - shift(level))) - 1 : (1ull << (granule - 3)) - 1;
		uint64_t *entry = words(table) + (va >> shift(level) & mask);

		if (level == leaf) {
			*entry = pa | 0x0060000000000400ull | (level == 3 ? 3 : 1);
			return;
		}
		if (!*entry)
			*entry = new_table() | 3;
		table = *entry & 0x0000fffffffff000ull;
	}
}

/* @tg: as TCR has it for that half. */
static uint64_t make_half(bool upper, uint32_t granule_log2, uint32_t address_bits)
{
	uint64_t tg0 = granule_log2 == 12 ? 0 : granule_log2 == 16 ? 1
								   : 2;
	uint64_t tg1 = granule_log2 == 12 ? 2 : granule_log2 == 16 ? 3
								   : 1;
	uint64_t root;

	granule = granule_log2;
	bits = address_bits;
	next_table = (next_table + (1ull << granule) - 1) & ~0ull << granule;
	root = new_table();
	if (upper) {
		regs.tcr = (regs.tcr & ~(0x3full << 16 | 3ull << 30 | 1ull << 23)) | (64ull - bits) << 16 | tg1 << 30;
		regs.ttbr1 = root | 0x1234ull << 48 | 1; /* an ASID, and CnP */
	} else {
		regs.tcr = (regs.tcr & ~(0x3full | 3ull << 14 | 1ull << 7)) | (64ull - bits) | tg0 << 14;
		regs.ttbr0 = root;
	}
	return root;
}

static int fresh(void **state)
{
	(void)state;
	free(ram);
	ram = aligned_alloc(65536, RAM_BYTES);
	memset(ram, 0, RAM_BYTES);
	memory = (struct guest_memory){ ram, RAM_BYTES };
	regs = (struct guest_stage1){ .sctlr = 1, .tcr = 1ull << 23 | 1ull << 7 };
	next_table = GUEST_RAM + (8u << 20);
	return 0;
}

static int done(void **state)
{
	(void)state;
	free(ram);
	ram = NULL;
	return 0;
}

static void goes_to(uint64_t va, uint64_t ipa, uint64_t bytes)
{
	struct guest_span s;

	assert_true(guest_translate(&memory, &regs, va, &s));
	assert_int_equal(s.va, va);
	assert_int_equal(s.ipa, ipa);
	assert_int_equal(s.bytes, bytes);
}

static void goes_nowhere(uint64_t va)
{
	struct guest_span s;

	assert_false(guest_translate(&memory, &regs, va, &s));
}

static void without_translation_an_address_is_itself_to_the_end_of_ram(void **state)
{
	(void)state;
	regs.sctlr = 0;
	goes_to(GUEST_RAM + 0x1234, GUEST_RAM + 0x1234, RAM_BYTES - 0x1234);
	goes_nowhere(GUEST_RAM - 1);
	goes_nowhere(GUEST_RAM + RAM_BYTES);
}

static void a_page_is_found_in_each_granule_and_from_each_start_level(void **state)
{
	static const struct {
		uint32_t granule, bits;
	} cases[] = { { 12, 48 }, { 12, 39 }, { 12, 30 }, { 12, 25 }, { 12, 42 }, { 14, 48 }, { 14, 47 }, { 14, 36 }, { 14, 25 }, { 16, 48 }, { 16, 42 }, { 16, 29 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t page = 1ull << cases[i].granule;
		uint64_t low = (1ull << (cases[i].bits - 1)) + 3 * page; /* its uppermost bit is used */
		uint64_t high = (~0ull << cases[i].bits) + 5 * page;

		fresh(NULL);
		map_at(make_half(false, cases[i].granule, cases[i].bits), low, GUEST_RAM + 7 * page, 3);
		map_at(make_half(true, cases[i].granule, cases[i].bits), high, GUEST_RAM + 9 * page, 3);
		goes_to(low + 16, GUEST_RAM + 7 * page + 16, page - 16);
		goes_to(high + page - 1, GUEST_RAM + 10 * page - 1, 1);
		goes_nowhere(low + page);
		goes_nowhere(high - page);
		goes_nowhere(low | 1ull << cases[i].bits); /* between the halves */
	}
}

static void blocks_are_found_at_the_levels_that_have_them(void **state)
{
	uint64_t root;

	(void)state;
	root = make_half(true, 12, 48);
	map_at(root, KERNEL, GUEST_RAM, 2);
	map_at(root, 0xffff000000000000, GUEST_RAM, 1);
	goes_to(KERNEL + 0x12345, GUEST_RAM + 0x12345, 0x200000 - 0x12345);
	goes_to(0xffff000000000000 + 0x12345, GUEST_RAM + 0x12345, 0x40000000 - 0x12345);
	root = make_half(true, 16, 48);
	map_at(root, KERNEL & ~0x1fffffffull, 0x40000000, 2);
	goes_to((KERNEL & ~0x1fffffffull) + 5, 0x40000005, 0x20000000 - 5);
	map_at(root, 0xffff000000000000, GUEST_RAM, 1); /* none with 64 KiB */
	goes_nowhere(0xffff000000000000);
}

static void a_half_that_is_switched_off_has_nothing(void **state)
{
	(void)state;
	map_at(make_half(true, 12, 48), KERNEL, GUEST_RAM, 3);
	regs.tcr |= 1ull << 23;
	goes_nowhere(KERNEL);
}

static void the_top_byte_is_ignored_where_the_guest_says_so(void **state)
{
	(void)state;
	map_at(make_half(true, 12, 48), KERNEL, GUEST_RAM, 3);
	goes_nowhere(KERNEL & ~(0xffull << 56));
	regs.tcr |= 1ull << 38;
	goes_to(KERNEL & ~(0xffull << 56), GUEST_RAM, 4096);
}

static void tables_outside_of_ram_are_not_followed(void **state)
{
	uint64_t root;

	(void)state;
	root = make_half(true, 12, 48);
	words(root)[KERNEL >> 39 & 511] = 0x8000000ull | 3;
	goes_nowhere(KERNEL);
	words(root)[KERNEL >> 39 & 511] = (GUEST_RAM + RAM_BYTES) | 3;
	goes_nowhere(KERNEL);
	regs.ttbr1 = 0x0000fffffffff000ull;
	goes_nowhere(KERNEL);
	regs.tcr = ~0ull;
	goes_nowhere(KERNEL);
	goes_nowhere(0x1000);
}

/* --- everything that is mapped --- */

static struct guest_span seen[64];
static uint32_t n_seen, most;

static bool take(void *arg, const struct guest_span *s)
{
	(void)arg;
	assert_true(n_seen < 64);
	seen[n_seen++] = *s;
	return n_seen < most;
}

static void look(uint32_t tables)
{
	n_seen = 0;
	guest_mappings(&memory, &regs, tables, take, NULL);
}

static void all_that_is_mapped_comes_in_whole_pieces_the_kernels_first(void **state)
{
	uint64_t root;

	(void)state;
	most = 64;
	root = make_half(true, 12, 48);
	for (uint32_t i = 0; i < 600; i++) /* over a table's end */
		map_at(root, KERNEL + i * 4096ull, GUEST_RAM + i * 4096ull, 3);
	map_at(root, KERNEL + 0x400000, GUEST_RAM, 2);
	map_at(root, KERNEL + 0x800000, GUEST_RAM + 0x5000, 3);
	map_at(root, KERNEL + 0x801000, GUEST_RAM + 0x7000, 3); /* contiguous here, not there */
	map_at(root, KERNEL + 0xa00000, 0x9000000, 3);		/* a device */
	map_at(make_half(false, 12, 39), 0x400000, GUEST_RAM + 0x3000, 3);
	look(100);
	assert_int_equal(n_seen, 5);
	assert_int_equal(seen[0].va, KERNEL);
	assert_int_equal(seen[0].ipa, GUEST_RAM);
	assert_int_equal(seen[0].bytes, 600 * 4096);
	assert_int_equal(seen[1].va, KERNEL + 0x400000);
	assert_int_equal(seen[1].bytes, 0x200000);
	assert_int_equal(seen[2].bytes, 0x1000);
	assert_int_equal(seen[3].ipa, GUEST_RAM + 0x7000);
	assert_int_equal(seen[4].va, 0x400000);
	most = 2;
	look(100);
	assert_int_equal(n_seen, 2);
}

static void a_block_over_the_end_of_ram_ends_there(void **state)
{
	(void)state;
	most = 64;
	map_at(make_half(true, 12, 48), 0xffff000000000000, GUEST_RAM, 1);
	look(100);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].bytes, RAM_BYTES);
}

static uint64_t pieces;

static bool count(void *arg, const struct guest_span *s)
{
	(void)arg;
	assert_non_null(guest_at(&memory, s->ipa, s->bytes));
	pieces++;
	return true;
}

/* Each entry of the table is the table: 512^4 pages, were it followed. */
static void tables_that_refer_to_themselves_end(void **state)
{
	uint64_t root;

	(void)state;
	root = make_half(true, 12, 48);
	for (uint32_t i = 0; i < 512; i++)
		words(root)[i] = root | 3;
	pieces = 0;
	guest_mappings(&memory, &regs, 1000, count, NULL);
	assert_true(pieces > 0 && pieces <= 1000 * 512);
}

/* Whatever stands in tables and registers, what is found lies in RAM, and ASan finds no other access. */
static void random_tables_do_no_harm(void **state)
{
	struct guest_span s;

	(void)state;
	srand(7);
	for (uint32_t i = 0; i < 3000; i++) {
		for (uint32_t k = 0; k < 600; k++)
			words(GUEST_RAM)[(uint32_t)rand() % (RAM_BYTES / 8)] =
				(uint64_t)rand() << 32 ^ ((GUEST_RAM + ((uint64_t)rand() * 4096) % (2 * RAM_BYTES)) | (uint32_t)rand() % 4);
		regs.tcr = (uint64_t)rand() << 32 ^ (uint64_t)rand() << 8 ^ (uint64_t)rand();
		regs.ttbr0 = GUEST_RAM + (uint64_t)rand() % RAM_BYTES;
		regs.ttbr1 = GUEST_RAM + (uint64_t)rand() % RAM_BYTES;
		guest_mappings(&memory, &regs, 20, count, NULL);
		for (uint32_t k = 0; k < 50; k++)
			(void)guest_translate(&memory, &regs, (k & 1 ? ~0ull << 40 : 0) ^ (uint64_t)rand() << 9, &s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_translation_an_address_is_itself_to_the_end_of_ram, fresh),
		cmocka_unit_test_setup(a_page_is_found_in_each_granule_and_from_each_start_level, fresh),
		cmocka_unit_test_setup(blocks_are_found_at_the_levels_that_have_them, fresh),
		cmocka_unit_test_setup(a_half_that_is_switched_off_has_nothing, fresh),
		cmocka_unit_test_setup(the_top_byte_is_ignored_where_the_guest_says_so, fresh),
		cmocka_unit_test_setup(tables_outside_of_ram_are_not_followed, fresh),
		cmocka_unit_test_setup(all_that_is_mapped_comes_in_whole_pieces_the_kernels_first, fresh),
		cmocka_unit_test_setup(a_block_over_the_end_of_ram_ends_there, fresh),
		cmocka_unit_test_setup(tables_that_refer_to_themselves_end, fresh),
		cmocka_unit_test_setup(random_tables_do_no_harm, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, done);
}
