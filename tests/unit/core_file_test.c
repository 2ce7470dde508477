/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition as an ELF core, read here as a debugger would: memory by address through the program headers, registers by the notes.
 * sources: services/monitor/core_file.c services/monitor/guest_memory.c
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/health.h"
#include "services/monitor/core_file.h"

#define RAM_BYTES (4u << 20)
#define KERNEL	  0xffffffc010000000ull /* 39 bits */
#define TABLES	  (3u << 20)		/* offset in RAM */

static uint8_t *ram, *file;
static uint64_t file_bytes;
static struct guest_memory memory;
static struct core_plan plan;

static uint64_t *words(uint64_t offset)
{
	return (uint64_t *)(void *)(ram + offset);
}

/* Three levels of 4 KiB tables for 39 bits: page n of the kernel's virtual memory is where @pages says. */
static void make_tables(const uint32_t *pages, uint32_t n)
{
	words(TABLES)[KERNEL >> 30 & 511] = (GUEST_RAM + TABLES + 0x1000) | 3;
	words(TABLES + 0x1000)[KERNEL >> 21 & 511] = (GUEST_RAM + TABLES + 0x2000) | 3;
	for (uint32_t i = 0; i < n; i++)
		words(TABLES + 0x2000)[i] = (GUEST_RAM + pages[i] * 4096ull) | 0x403;
	for (uint32_t i = 0; i < CORE_VCPUS; i++)
		plan.vcpu[i].stage1 = (struct guest_stage1){ .sctlr = 1, .tcr = 25ull << 16 | 2ull << 30 | 1ull << 7, .ttbr1 = GUEST_RAM + TABLES };
}

static int fresh(void **state)
{
	(void)state;
	free(ram);
	ram = aligned_alloc(4096, RAM_BYTES);
	for (uint32_t i = 0; i < RAM_BYTES / 8; i++)
		words(0)[i] = 0xabcd000000000000ull | i;
	memset(ram + TABLES, 0, 0x3000);
	memory = (struct guest_memory){ ram, RAM_BYTES };
	memset(&plan, 0, sizeof plan);
	plan.n_vcpus = 2;
	plan.first = 1;
	plan.signal = 11;
	for (uint32_t v = 0; v < 2; v++) {
		for (uint32_t i = 0; i < 34; i++)
			plan.vcpu[v].general[i] = v * 1000 + i;
		for (uint32_t i = 0; i < 64; i++)
			plan.vcpu[v].vector[i] = v * 10000 + i;
		plan.vcpu[v].fpsr = 5 + v;
		plan.vcpu[v].fpcr = 7 + v;
	}
	return 0;
}

static int done(void **state)
{
	(void)state;
	free(ram);
	free(file);
	ram = file = NULL;
	return 0;
}

static void write_file(void)
{
	uint64_t header = core_header_bytes(&plan);

	free(file);
	file_bytes = header + plan.ram_bytes;
	file = aligned_alloc(4096, file_bytes + 4096);
	memset(file, 0xee, file_bytes);
	core_header(&plan, file);
	for (uint32_t i = 0; i < plan.n_extents; i++)
		memcpy(file + header + plan.extent[i].to, ram + plan.extent[i].from, plan.extent[i].bytes);
}

static const Elf64_Ehdr *elf(void)
{
	return (const Elf64_Ehdr *)(void *)file;
}

static const Elf64_Phdr *program_header(uint32_t i)
{
	const Elf64_Phdr *p = (const Elf64_Phdr *)(void *)(file + elf()->e_phoff) + i;

	assert_true(p->p_offset + p->p_filesz <= file_bytes);
	return p;
}

/* The word at an address, as the first header that has it says; ~0: none has. */
static uint64_t word_at(uint64_t va)
{
	for (uint32_t i = 0; i < elf()->e_phnum; i++) {
		const Elf64_Phdr *p = program_header(i);
		uint64_t word;

		if (p->p_type != PT_LOAD || va < p->p_vaddr || va - p->p_vaddr >= p->p_filesz)
			continue;
		memcpy(&word, file + p->p_offset + (va - p->p_vaddr), 8);
		assert_int_equal(p->p_memsz, p->p_filesz);
		assert_int_equal(word, words(0)[(p->p_paddr + (va - p->p_vaddr) - GUEST_RAM) / 8]); /* p_paddr says where it is */
		return word;
	}
	return ~0ull;
}

static uint64_t word_of(uint32_t page)
{
	return 0xabcd000000000000ull | page * 512ull;
}

static void it_is_a_core_for_arm64(void **state)
{
	(void)state;
	core_plan(&plan, &memory, RAM_BYTES);
	write_file();
	assert_memory_equal(elf()->e_ident, "\177ELF\2\1\1", 7);
	assert_int_equal(elf()->e_type, ET_CORE);
	assert_int_equal(elf()->e_machine, EM_AARCH64);
	assert_int_equal(elf()->e_version, 1);
	assert_int_equal(elf()->e_ehsize, sizeof(Elf64_Ehdr));
	assert_int_equal(elf()->e_phentsize, sizeof(Elf64_Phdr));
	assert_int_equal(elf()->e_phnum, 2);
}

static void each_vcpu_is_a_thread_and_the_one_that_failed_comes_first(void **state)
{
	const uint8_t *at;
	uint64_t notes;

	(void)state;
	core_plan(&plan, &memory, RAM_BYTES);
	write_file();
	assert_int_equal(program_header(0)->p_type, PT_NOTE);
	at = file + program_header(0)->p_offset;
	notes = program_header(0)->p_filesz;
	for (uint32_t v = 2; v-- > 0;) {
		const Elf64_Nhdr *n = (const Elf64_Nhdr *)(const void *)at;
		uint64_t word;
		uint32_t half;
		uint16_t signal;

		assert_int_equal(n->n_type, NT_PRSTATUS);
		assert_int_equal(n->n_descsz, 392);
		assert_string_equal((const char *)(n + 1), "CORE");
		at += 20;
		memcpy(&half, at + 32, 4);
		assert_int_equal(half, v + 1);
		memcpy(&signal, at + 12, 2);
		assert_int_equal(signal, v ? 11 : 0);
		for (uint32_t i = 0; i < 34; i++) {
			memcpy(&word, at + 112 + 8 * i, 8);
			assert_int_equal(word, v * 1000 + i);
		}
		n = (const Elf64_Nhdr *)(const void *)(at + 392);
		assert_int_equal(n->n_type, NT_FPREGSET);
		at += 392 + 20;
		memcpy(&word, at + 63 * 8, 8);
		assert_int_equal(word, v * 10000 + 63);
		memcpy(&half, at + 512, 4);
		assert_int_equal(half, 5 + v);
		memcpy(&half, at + 516, 4);
		assert_int_equal(half, 7 + v);
		at += n->n_descsz;
	}
	assert_ptr_equal(at, file + program_header(0)->p_offset + notes);
}

static void all_of_ram_is_at_its_physical_addresses(void **state)
{
	(void)state;
	core_plan(&plan, &memory, RAM_BYTES);
	write_file();
	assert_int_equal(plan.ram_bytes, RAM_BYTES);
	assert_int_equal(word_at(GUEST_RAM), word_of(0));
	assert_int_equal(word_at(GUEST_RAM + RAM_BYTES - 4096), word_of(1023));
	assert_int_equal(word_at(GUEST_RAM + RAM_BYTES), ~0ull);
}

static void virtual_addresses_show_the_pages_that_are_mapped_there(void **state)
{
	static const uint32_t pages[] = { 10, 11, 12, 300, 40, 41 };

	(void)state;
	make_tables(pages, 6);
	core_plan(&plan, &memory, RAM_BYTES);
	write_file();
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(word_at(KERNEL + i * 4096), word_of(pages[i]));
	assert_int_equal(word_at(KERNEL + 6 * 4096), ~0ull);
	assert_int_equal(elf()->e_phnum, 1 + 3 + 1); /* notes, three pieces, RAM */
	assert_int_equal(word_at(GUEST_RAM + 40 * 4096), word_of(40));
}

static void of_a_part_of_ram_code_and_stacks_are_there_and_then_the_beginning(void **state)
{
	static const uint32_t pages[] = { 500, 7, 601, 620, 602, 603, 604, 605, 606, 607 };

	(void)state;
	make_tables(pages, 10);
	plan.vcpu[0].general[32] = KERNEL + 0x10;     /* pc: page 500 */
	plan.vcpu[0].general[31] = KERNEL + 0x2ff0;   /* sp: pages 601, 620, 602, 603, 604 */
	plan.vcpu[1].general[32] = KERNEL + 0x1010;   /* page 7 */
	plan.vcpu[1].general[31] = KERNEL + 0x100000; /* nothing there */
	core_plan(&plan, &memory, 20 * 4096);
	write_file();
	assert_int_equal(plan.ram_bytes, 20 * 4096);
	assert_int_equal(word_at(KERNEL), word_of(500));
	for (uint32_t i = 2; i < 7; i++)
		assert_int_equal(word_at(KERNEL + i * 4096), word_of(pages[i]));
	assert_int_equal(word_at(KERNEL + 7 * 4096), ~0ull); /* mapped, but not in the dump */
	assert_int_equal(word_at(KERNEL + 0x1000), word_of(7));
	for (uint32_t i = 0; i < 14; i++) /* page 7 is one of these */
		assert_int_equal(word_at(GUEST_RAM + i * 4096), word_of(i));
	assert_int_equal(word_at(GUEST_RAM + 14 * 4096), ~0ull);
}

static void of_very_little_the_most_important_is_there(void **state)
{
	static const uint32_t pages[] = { 500, 501 };

	(void)state;
	make_tables(pages, 2);
	plan.vcpu[0].general[32] = KERNEL + 0x1000;
	plan.vcpu[1].general[32] = KERNEL;
	core_plan(&plan, &memory, 4096);
	write_file();
	assert_int_equal(plan.ram_bytes, 4096);
	assert_int_equal(word_at(KERNEL + 0x1000), word_of(501));
	core_plan(&plan, &memory, 0);
	write_file();
	assert_int_equal(plan.ram_bytes, 0);
	assert_int_equal(file_bytes, core_header_bytes(&plan));
}

/* An interrupt's stack, and the interrupted one elsewhere: frame records lead from the one to the other. */
static void the_stacks_that_frames_lead_to_are_there(void **state)
{
	static const uint32_t pages[] = { 500, 601, 702, 703 };

	(void)state;
	make_tables(pages, 4);
	plan.n_vcpus = 1;
	plan.first = 0;
	plan.vcpu[0].general[32] = KERNEL;
	plan.vcpu[0].general[31] = 0; /* sp is not even mapped */
	plan.vcpu[0].general[29] = KERNEL + 0x1f00;
	words(601 * 4096 + 0xf00)[0] = KERNEL + 0x3010;
	words(703 * 4096 + 0x10)[0] = KERNEL + 0x1f00; /* and round again */
	core_plan(&plan, &memory, 8 * 4096);
	write_file();
	assert_int_equal(word_at(KERNEL + 0x1000), word_of(601));
	assert_int_equal(word_at(KERNEL + 0x3000), word_of(703));
	assert_int_equal(word_at(KERNEL + 0x2000), ~0ull);
}

/* Two kernels' address spaces have numbers; the tables are the same. */
static void mappings_of_the_same_tables_are_told_once(void **state)
{
	static const uint32_t pages[] = { 10, 20, 30 };

	(void)state;
	make_tables(pages, 3);
	plan.vcpu[0].stage1.ttbr1 |= 7ull << 48 | 1;
	core_plan(&plan, &memory, RAM_BYTES);
	assert_int_equal(plan.n_spans, 3);
}

/* The kernel's tables map memory without end; the headers end, and RAM is there nevertheless. */
static void the_headers_are_bounded_and_ram_is_always_among_them(void **state)
{
	uint32_t pages[512];

	(void)state;
	for (uint32_t i = 0; i < 512; i++)
		pages[i] = (i * 7) % 700;
	make_tables(pages, 512);
	for (uint32_t i = 0; i < 510; i++)
		words(TABLES + 0x1000)[i] = (GUEST_RAM + TABLES + 0x2000) | 3;
	core_plan(&plan, &memory, 40 * 4096);
	write_file();
	assert_int_equal(plan.n_spans, CORE_SPANS);
	assert_true(elf()->e_phnum <= 2048);
	assert_true(core_header_bytes(&plan) <= 128 * 1024);
	assert_int_equal(word_at(GUEST_RAM), word_of(0));
	core_plan_head(&plan, BH_DUMP_HEAD); /* what `bulkhead check` counts on */
	write_file();
	assert_true(core_header_bytes(&plan) <= BH_DUMP_HEAD && plan.n_spans > 0);
	assert_int_equal(word_at(GUEST_RAM), word_of(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_is_a_core_for_arm64, fresh),
		cmocka_unit_test_setup(each_vcpu_is_a_thread_and_the_one_that_failed_comes_first, fresh),
		cmocka_unit_test_setup(all_of_ram_is_at_its_physical_addresses, fresh),
		cmocka_unit_test_setup(virtual_addresses_show_the_pages_that_are_mapped_there, fresh),
		cmocka_unit_test_setup(of_a_part_of_ram_code_and_stacks_are_there_and_then_the_beginning, fresh),
		cmocka_unit_test_setup(of_very_little_the_most_important_is_there, fresh),
		cmocka_unit_test_setup(the_stacks_that_frames_lead_to_are_there, fresh),
		cmocka_unit_test_setup(mappings_of_the_same_tables_are_told_once, fresh),
		cmocka_unit_test_setup(the_headers_are_bounded_and_ram_is_always_among_them, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, done);
}
