/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pages answer: every 4 KiB near what `virt` has and after RAM, coarser elsewhere, to the end of
 * the address space; then the edges of what is declared, at each width. "map FIRST LAST rw" says what
 * answers to reads and writes (RAM of its own it does not overwrite while it sweeps).
 */
#include "abi/info.h"
#include "abi/stub.h"
#include "tests/guests/hostile/hostile.h"

#define GIB	(1ull << 30)
#define MIB	(1ull << 20)
#define KIB	(1ull << 10)
#define TOP	(512 * GIB)
#define UART_DR 0x09000000u

static uint64_t ram_base, ram_end;
static uint64_t run_first, run_last;
static uint32_t run_rights;
static uint64_t faults, odd_faults;

static void run_print(void)
{
	if (!run_rights)
		return;
	put("map ");
	put_hex(run_first);
	put_char(' ');
	put_hex(run_last);
	put(run_rights == 3 ? " rw\n" : run_rights == 1 ? " r\n"
							: " w\n");
}

/* A refused access: an external abort, or a fault of the translation that the architecture has for
 * addresses the partition cannot even express. */
static void count_fault(void)
{
	uint32_t dfsc = caught.esr & 0x3f;

	faults++;
	if (ESR_EC(caught.esr) != 0x25 || dfsc != 0x10)
		odd_faults++;
}

static uint32_t rights_at(uint64_t address)
{
	uint32_t rights = 0;
	uint64_t value = 0;

	if (load_caught(address, 4, &value))
		count_fault();
	else
		rights = 1;
	/* A page that answers is written with what it had; registers get 0. */
	if (address >= ram_base && address < ram_end)
		return rights | 2;
	if (store_caught(address, 4, 0))
		count_fault();
	else
		rights |= 2;
	return rights;
}

static void sweep(uint64_t from, uint64_t to, uint64_t step)
{
	for (uint64_t a = from; a < to; a += step) {
		uint32_t rights = rights_at(a + 0x18); /* of a UART: no data register */

		if (rights == run_rights && run_last + 1 == a) {
			run_last = a + step - 1;
			continue;
		}
		run_print();
		run_rights = rights;
		run_first = a;
		run_last = a + step - 1;
	}
}

static void edge(const char *what, uint64_t address)
{
	for (uint32_t width = 1; width <= 8; width *= 2) {
		uint64_t a = address & ~(uint64_t)(width - 1), value = 0;
		bool read = !load_caught(a, width, &value);
		bool written = !store_caught(a, width, a == UART_DR ? '\n' : value); /* it is what prints this, too */

		put("edge ");
		put(what);
		put_char(' ');
		put_hex(address);
		put_char(' ');
		put_dec(width);
		put(read ? " ok" : " abort");
		put(written ? " ok\n" : " abort\n");
	}
}

static void edges(const char *what, uint64_t first, uint64_t last)
{
	edge(what, first - 1);
	edge(what, first);
	edge(what, last);
	edge(what, last + 1);
}

/* An instruction fetch from where nothing may be executed; not by the guest's own tables, either: they are off. */
static void jump(const char *what, uint64_t address)
{
	uint64_t sctlr = read_reg(sctlr_el1);

	write_reg(sctlr_el1, sctlr & ~1ull);
	isb();
	catch_start();
	((void (*)(void))(uintptr_t)address)();
	write_reg(sctlr_el1, sctlr);
	isb();
	put("jump ");
	put(what);
	put(catch_end() ? " abort\n" : " ran\n");
}

void hostile_memory(void)
{
	const volatile struct bh_info *info = (const volatile struct bh_info *)(uintptr_t)BH_INFO_IPA;
	uint64_t value;

	ram_base = 0x40000000;
	ram_end = ram_base + 128 * MIB;
	if (!load_caught(BH_INFO_IPA, 4, &value) && (uint32_t)value == BH_INFO_MAGIC)
		ram_end = info->ram_base + info->ram_bytes;
	say_hex("ram.end", ram_end);
	sweep(0, 0x08000000, 64 * KIB);
	sweep(0x08000000, 0x0c000000, 4 * KIB);
	sweep(0x0c000000, 0x10000000, 64 * KIB);
	sweep(0x10000000, 0x10400000, 4 * KIB);
	sweep(0x10400000, 0x20000000, 64 * KIB);
	sweep(0x20000000, 0x20100000, 4 * KIB);
	sweep(0x20100000, 0x40000000, 64 * KIB);
	sweep(0x40000000, ram_end, 2 * MIB);
	sweep(ram_end, ram_end + 4 * MIB, 4 * KIB);
	sweep(ram_end + 4 * MIB, 0x60000000, 64 * KIB);
	sweep(0x60000000, 8 * GIB, 2 * MIB);
	sweep(8 * GIB, TOP, 64 * MIB);
	run_print();
	say_dec("memory.faults", faults);
	say_dec("memory.odd_faults", odd_faults);
	edges("gicd", GICD, GICD + 0xffff);
	edges("gicr", GICR, GICR + 0x1ffff);
	edges("uart", UART_DR, UART_DR + 0xfff);
	edges("virtio", 0x0a000000, 0x0a003fff);
	edges("stub", 0x0a100000, 0x0a10ffff);
	edges("parameters", 0x0a110000, 0x0a11ffff);
	edges("info", BH_INFO_IPA, BH_INFO_IPA + 0xfff);
	edges("pristine", 0x0a140000, 0x0a140fff);
	edges("window", BH_WINDOW_NEAR_IPA, BH_WINDOW_NEAR_IPA + 0xfff);
	edge("ram", ram_base - 1);
	edge("ram", ram_base);
	edge("ram", ram_end - 1);
	edge("ram", ram_end);
	jump("parameters", BH_STUB_PARAM_IPA);
	jump("pristine", BH_PRISTINE_NEAR_IPA);
	jump("info", BH_INFO_IPA);
	jump("uart", UART_DR);
	jump("beyond_ram", ram_end);
	jump("null", 0);
}
