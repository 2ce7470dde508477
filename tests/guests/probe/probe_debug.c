/* SPDX-License-Identifier: Apache-2.0 */
/* Breakpoints, watchpoints, single step and BRK, by EL1 on itself. */
#include "tests/guests/probe/probe.h"

#define MDSCR_SS  0x1u
#define MDSCR_KDE 0x2000u
#define MDSCR_MDE 0x8000u
#define SPSR_SS	  (1ull << 21)

#define EC_BREAKPOINT 0x31u
#define EC_STEP	      0x33u
#define EC_WATCHPOINT 0x35u
#define EC_BRK	      0x3cu

static volatile uint32_t hits, steps_left, stepped;
static volatile uint64_t hit_at, hit_far, step_first;
static uint64_t watched[4];

static void on_debug(struct frame *f)
{
	switch (ESR_EC(f->esr)) {
	case EC_BREAKPOINT:
		hits = hits + 1;
		hit_at = f->elr;
		write_reg(mdscr_el1, 0); /* go on past it */
		break;
	case EC_WATCHPOINT:
		hits = hits + 1;
		hit_far = f->far;
		write_reg(mdscr_el1, 0);
		break;
	case EC_BRK:
		hits = hits + 1;
		f->elr += 4;
		if (steps_left) {
			write_reg(mdscr_el1, MDSCR_SS | MDSCR_KDE);
			f->spsr |= SPSR_SS;
			step_first = f->elr;
		}
		break;
	case EC_STEP:
		if (f->elr == step_first + (stepped + 1) * 4)
			stepped = stepped + 1;
		steps_left = steps_left - 1;
		if (steps_left)
			f->spsr |= SPSR_SS;
		else
			write_reg(mdscr_el1, 0);
		break;
	default:
		guest_report(f);
	}
	isb();
}

#define PAIR(n, kind, value, control)                                                      \
	case n:                                                                            \
		__asm__ volatile("msr dbg" kind "vr" #n "_el1, %0\n\tmsr dbg" kind "cr" #n \
				 "_el1, %1\n\tisb" ::"r"(value),                           \
				 "r"((uint64_t)(control)));                                \
		break

static void set_breakpoint(uint32_t n, uint64_t value, uint64_t control)
{
	switch (n) {
		PAIR(0, "b", value, control);
		PAIR(1, "b", value, control);
		PAIR(2, "b", value, control);
		PAIR(3, "b", value, control);
		PAIR(4, "b", value, control);
		PAIR(5, "b", value, control);
	}
}

static void set_watchpoint(uint32_t n, uint64_t value, uint64_t control)
{
	switch (n) {
		PAIR(0, "w", value, control);
		PAIR(1, "w", value, control);
		PAIR(2, "w", value, control);
		PAIR(3, "w", value, control);
	}
}

static void __attribute__((noinline)) target(void)
{
	__asm__ volatile("nop");
}

static void debug_on(uint64_t mdscr)
{
	write_reg(mdscr_el1, mdscr);
	isb();
	__asm__ volatile("msr daifclr, #8" ::
				 : "memory");
}

static void debug_off(void)
{
	__asm__ volatile("msr daifset, #8" ::
				 : "memory");
	write_reg(mdscr_el1, 0);
	isb();
}

static void breakpoints(uint32_t n)
{
	uint32_t good = 0;

	for (uint32_t i = 0; i < n; i++) {
		hits = 0;
		hit_at = 0;
		set_breakpoint(i, (uint64_t)(uintptr_t)target, 0x1e3); /* E, EL1, all bytes: A64 */
		debug_on(MDSCR_MDE | MDSCR_KDE);
		delay_us(2000); /* someone else may run on this core meanwhile */
		target();
		debug_off();
		set_breakpoint(i, 0, 0);
		target();
		if (hits == 1 && hit_at == (uint64_t)(uintptr_t)target)
			good++;
	}
	say_dec("debug.breakpoints_hit", good);
}

static void watchpoints(uint32_t n)
{
	uint32_t stores = 0, loads = 0;

	for (uint32_t i = 0; i < n; i++) {
		volatile uint64_t *w = &watched[2];

		hits = 0;
		hit_far = 0;
		set_watchpoint(i, (uint64_t)(uintptr_t)w, 0x1ff3); /* E, EL1, stores, 8 bytes */
		debug_on(MDSCR_MDE | MDSCR_KDE);
		(void)*w;
		w[1] = 1;
		*w = i;
		debug_off();
		if (hits == 1 && hit_far == (uint64_t)(uintptr_t)w)
			stores++;
		hits = 0;
		set_watchpoint(i, (uint64_t)(uintptr_t)w, 0x1feb); /* loads */
		debug_on(MDSCR_MDE | MDSCR_KDE);
		*w = 2;
		(void)*w;
		debug_off();
		set_watchpoint(i, 0, 0);
		if (hits == 1 && *w == 2)
			loads++;
	}
	say_dec("debug.watchpoints_hit_by_stores", stores);
	say_dec("debug.watchpoints_hit_by_loads", loads);
}

static void single_step(void)
{
	uint64_t x = 0;

	hits = 0;
	stepped = 0;
	steps_left = 5;
	debug_on(MDSCR_MDE | MDSCR_KDE);
	__asm__ volatile("brk #1\n\t"
			 "add %0, %0, #1\n\tadd %0, %0, #1\n\tadd %0, %0, #1\n\tadd %0, %0, #1\n\tadd %0, %0, #1\n\t"
			 "add %0, %0, #1\n\tadd %0, %0, #1"
			 : "+r"(x)::"memory");
	debug_off();
	say_dec("debug.steps", stepped);
	say_ok("debug.step_end", steps_left == 0 && hits == 1 && x == 7);
}

static void masked(void)
{
	hits = 0;
	set_breakpoint(0, (uint64_t)(uintptr_t)target, 0x1e3);
	write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
	isb();
	target(); /* PSTATE.D is set */
	say_ok("debug.masked_by_d", hits == 0);
	write_reg(mdscr_el1, MDSCR_MDE);
	isb();
	__asm__ volatile("msr daifclr, #8" ::
				 : "memory");
	target(); /* KDE is clear */
	debug_off();
	set_breakpoint(0, 0, 0);
	say_ok("debug.masked_by_kde", hits == 0);
}

static void os_lock(void)
{
	say_hex("debug.oslsr", read_reg(oslsr_el1));
	write_reg(oslar_el1, 1);
	isb();
	say_hex("debug.oslsr_locked", read_reg(oslsr_el1));
	hits = 0;
	set_breakpoint(0, (uint64_t)(uintptr_t)target, 0x1e3);
	debug_on(MDSCR_MDE | MDSCR_KDE);
	target();
	debug_off();
	set_breakpoint(0, 0, 0);
	say_dec("debug.os_lock.hits", hits); /* 0 by the architecture; QEMU forgets the lock */
	write_reg(oslar_el1, 0);
	isb();
	say_hex("debug.oslsr_unlocked", read_reg(oslsr_el1));
}

void probe_debug(void)
{
	uint64_t dfr0 = read_reg(id_aa64dfr0_el1);

	sync_handler = on_debug;
	say_hex("debug.mdscr", read_reg(mdscr_el1));
	os_lock();
	breakpoints((uint32_t)(dfr0 >> 12 & 0xf) + 1);
	watchpoints((uint32_t)(dfr0 >> 20 & 0xf) + 1);
	single_step();
	masked();
	hits = 0;
	__asm__ volatile("brk #0x123");
	say_dec("debug.brk", hits);
	sync_handler = NULL;
}
