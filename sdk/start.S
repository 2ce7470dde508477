/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start of a native partition: the first vCPU with x0 = device tree, as the arm64 boot protocol
 * has it, and further vCPUs as PSCI CPU_ON enters them. Both at EL1 with the MMU off and all
 * interrupts masked. RAM is clear when a partition starts, so bss needs nothing.
 *
 * Threads use SP_EL0 and handlers SP_EL1: a program that overruns its stack can still be told so.
 */
#define SCTLR_ON 0x30d8180d	/* RES1 bits, WXN, I, SA, C, M */
#define MAIR	 0x44ff04	/* 0: Device-nGnRE, 1: Normal write-back, 2: Normal non-cacheable */
#define TCR	 0x803519	/* 39 bits, 4 KiB, walks write-back inner shareable, TTBR1 off */

	.section .text.start, "ax"
	.global bh_start
bh_start:
	mov	x19, x0
	msr	spsel, #1
	ldr	x1, =bh_handler_stack
	mov	sp, x1
	msr	spsel, #0
	ldr	x1, =bh_main_stack
	mov	sp, x1
	bl	common
	bl	bh_mmu_tables
	bl	mmu_on
	mov	x0, x19
	bl	bh_begin		/* does not return */

/* x0 = struct bh_cpu_start: main, its argument, top of its stack, top of the handlers' stack. */
	.global bh_start_further
bh_start_further:
	mov	x19, x0
	bl	common
	bl	mmu_on
	ldp	x0, x1, [x19]
	ldp	x2, x3, [x19, #16]
	msr	spsel, #1
	mov	sp, x3
	msr	spsel, #0
	mov	sp, x2
	bl	bh_begin_further	/* does not return */

/* Vectors, and FP where the partition has it. */
common:
	adrp	x1, bh_vectors
	add	x1, x1, :lo12:bh_vectors
	msr	vbar_el1, x1
	mrs	x1, id_aa64pfr0_el1
	ubfx	x1, x1, #16, #4
	cmp	x1, #15			/* FP: not implemented */
	mov	x2, #(3 << 20)
	csel	x1, xzr, x2, eq
	msr	cpacr_el1, x1
	isb
	ret

mmu_on:
	ldr	x1, =MAIR
	msr	mair_el1, x1
	mrs	x1, id_aa64mmfr0_el1
	and	x1, x1, #15		/* PARange; from 6 on it means more than this granule has */
	mov	x2, #5
	cmp	x1, x2
	csel	x1, x1, x2, lo
	ldr	x2, =TCR
	orr	x1, x2, x1, lsl #32
	msr	tcr_el1, x1
	adrp	x1, bh_mmu_root
	add	x1, x1, :lo12:bh_mmu_root
	msr	ttbr0_el1, x1
	dsb	sy			/* the tables are written before they are walked */
	isb
	tlbi	vmalle1
	dsb	nsh
	ldr	x1, =SCTLR_ON
	msr	sctlr_el1, x1
	isb
	ret

	.ltorg
