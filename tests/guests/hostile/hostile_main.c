/* SPDX-License-Identifier: Apache-2.0 */
/* The hostile guest's order, and its means of doing one bad thing at a time. */
#include "abi/stub.h"
#include "tests/guests/hostile/hostile.h"

static uint32_t code[1024] __attribute__((aligned(4096)));
static uint32_t random_state;

uint32_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

uint64_t run_word(uint32_t word, uint64_t x0)
{
	uint64_t (*run)(uint64_t) = (uint64_t(*)(uint64_t))(uintptr_t)code;

	code[0] = word;
	code[1] = 0xd65f03c0; /* ret */
	guest_sync_code(code, 8);
	return run(x0);
}

bool run_caught(uint32_t word, uint64_t x0, uint64_t *result)
{
	catch_start();
	*result = run_word(word, x0);
	return catch_end();
}

bool load_caught(uint64_t address, uint32_t width, uint64_t *value)
{
	uint64_t v = 0;

	catch_start();
	switch (width) {
	case 1:
		__asm__ volatile("ldrb %w0, [%1]"
				 : "=&r"(v)
				 : "r"(address)
				 : "memory");
		break;
	case 2:
		__asm__ volatile("ldrh %w0, [%1]"
				 : "=&r"(v)
				 : "r"(address)
				 : "memory");
		break;
	case 4:
		__asm__ volatile("ldr %w0, [%1]"
				 : "=&r"(v)
				 : "r"(address)
				 : "memory");
		break;
	default:
		__asm__ volatile("ldr %0, [%1]"
				 : "=&r"(v)
				 : "r"(address)
				 : "memory");
		break;
	}
	*value = v;
	return catch_end();
}

bool store_caught(uint64_t address, uint32_t width, uint64_t value)
{
	catch_start();
	switch (width) {
	case 1:
		__asm__ volatile("strb %w0, [%1]" ::"r"(value), "r"(address)
				 : "memory");
		break;
	case 2:
		__asm__ volatile("strh %w0, [%1]" ::"r"(value), "r"(address)
				 : "memory");
		break;
	case 4:
		__asm__ volatile("str %w0, [%1]" ::"r"(value), "r"(address)
				 : "memory");
		break;
	default:
		__asm__ volatile("str %0, [%1]" ::"r"(value), "r"(address)
				 : "memory");
		break;
	}
	return catch_end();
}

void map_everything(void)
{
	volatile uint64_t *level1 = (volatile uint64_t *)(uintptr_t)(read_reg(ttbr0_el1) & 0xfffffffff000);

	for (uint64_t i = 4; i < 512; i++)
		level1[i] = i << 30 | 0x0060000000000401; /* as entry 0: Device-nGnRnE, never executed */
	dsb();
	__asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::
				 : "memory");
}

/* It loads itself once more, unasked, and stays in the stub's last loop: what it did must not come to light in its neighbours later. */
static __attribute__((noreturn)) void again(void)
{
	write_reg(sctlr_el1, read_reg(sctlr_el1) & ~1ull);
	isb();
	__asm__ volatile("mov x0, %0\n br %1" ::"r"((uint64_t)BH_STUB_PARAM_IPA), "r"((uint64_t)BH_STUB_IPA)
			 : "x0", "memory");
	__builtin_unreachable();
}

void guest_main(void)
{
	random_state = 0x2545f491;
	uart_init();
	say("hostile", "begin");
	map_everything();
	hostile_registers();
	hostile_instructions();
	hostile_memory();
	hostile_gic();
	hostile_calls();
	hostile_ports();
	hostile_uart();
	say("hostile", "done");
	again();
}
