/* SPDX-License-Identifier: Apache-2.0 */
/* A fault of the program: its own handler, or a report and the end of the partition. */
#include "sdk/bh_fault.h"

#include <stddef.h>

#include "sdk/bh_call.h"
#include "sdk/bh_cpu.h"
#include "sdk/bh_health.h"
#include "sdk/bh_info.h"
#include "sdk/bh_log.h"
#include "sdk/sdk_inside.h"

extern char bh_guard_handler[], bh_guard_main[];

static bool (*own)(struct bh_frame *f);

void bh_fault_handler(bool (*handler)(struct bh_frame *f))
{
	own = handler;
}

/* Exception classes (Arm DDI 0487, ESR_EL1.EC) a native program can meet. */
static const char *what(const struct bh_frame *f)
{
	switch (f->esr >> 26 & 0x3f) {
	case 0x00: return "undefined instruction";
	case 0x07: return "FP or SIMD instruction, which this partition has not";
	case 0x0e: return "illegal execution state";
	case 0x15: return "SVC";
	case 0x18: return "system register";
	case 0x21: return "instruction fetch";
	case 0x22: return "misaligned pc";
	case 0x25: return f->esr & 0x40 ? "write" : "read";
	case 0x26: return "misaligned sp";
	case 0x2f: return "asynchronous abort";
	case 0x3c: return "brk";
	default: return "exception";
	}
}

static bool has_address(const struct bh_frame *f)
{
	uint32_t class = (uint32_t)(f->esr >> 26 & 0x3f);

	return class == 0x21 || class == 0x22 || class == 0x25;
}

static bool in_page(uint64_t a, const char *page)
{
	return a - (uintptr_t)page < 4096;
}

static void print_registers(const struct bh_frame *f)
{
	for (uint32_t i = 0; i < 31; i++)
		bh_printf("  x%-2u %016llx%s", i, (unsigned long long)f->x[i], i % 4 == 3 ? "\n" : "");
	bh_printf("\n  sp  %016llx  esr %08llx  pstate %08llx\n", (unsigned long long)f->sp, (unsigned long long)f->esr,
		  (unsigned long long)f->pstate);
}

void bh_fault_fatal(struct bh_frame *f)
{
	bh_log_break();
	bh_printf("\nfault on vCPU %u: %s at pc 0x%llx", bh_cpu_index(), what(f), (unsigned long long)f->pc);
	if (has_address(f))
		bh_printf(", address 0x%llx", (unsigned long long)f->far);
	if (has_address(f) && (in_page(f->far, bh_guard_main) || in_page(f->far, bh_guard_handler)))
		bh_printf(" (stack overflow)");
	bh_printf("\n");
	print_registers(f);
	bh_panic(f->esr);
	bh_partition_off(); /* a policy that would let it go on: there is nothing to go on with */
}

void bh_fault_take(struct bh_frame *f)
{
	if (!own || !own(f))
		bh_fault_fatal(f);
}
