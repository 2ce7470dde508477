/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry, vectors and secondary start of the test guests. See guest.h. Nothing here is an absolute
 * address: the image may lie anywhere.
 */
#include "tests/guests/guest.h"

	.section .text.header, "ax"
	.global guest_header
guest_header:
	b	start
	mrs	x9, cntvct_el0		/* keeps the header's shape; start reads the counter */
	.quad	0			/* text_offset: 2 MiB alignment is enough */
	.quad	guest_end		/* image_size (linked at 0) */
	.quad	0xa			/* little-endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

start:
	mrs	x9, cntvct_el0
	mov	x19, x0
	mov	x20, x9
	msr	daifset, #0xf
	mrs	x21, currentel
	lsr	x21, x21, #2
	adrp	x0, guest_bss
	add	x0, x0, :lo12:guest_bss
	adrp	x1, guest_bss_end
	add	x1, x1, :lo12:guest_bss_end
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	adrp	x0, guest_entry_ticks
	str	x20, [x0, :lo12:guest_entry_ticks]
	adrp	x0, guest_fdt
	str	x19, [x0, :lo12:guest_fdt]
	adrp	x0, guest_entry_el
	str	x21, [x0, :lo12:guest_entry_el]
	bl	tables
	mov	x2, #0
	bl	stack
	cmp	x21, #2
	b.ne	2f
	mov	x0, x19
	bl	guest_el2
	adr	x3, 2f
	b	drop
2:	mov	x2, #0
	bl	stack
	bl	machine
	bl	guest_main
	bl	power_off

/* Core x2's stack; clobbers x0, x1. */
stack:
	adrp	x0, guest_bss_end
	add	x0, x0, :lo12:guest_bss_end
	mov	x1, #GUEST_STACK_BYTES
	madd	x0, x2, x1, x0
	add	sp, x0, x1
	ret

/* PSCI CPU_ON leads here, at the highest level there is; x0 = C function. */
	.global guest_secondary
guest_secondary:
	mov	x19, x0
	mrs	x0, currentel
	cmp	x0, #8
	b.ne	1f
	adr	x3, 1f
	b	drop
1:	mrs	x2, mpidr_el1
	and	x2, x2, #0xff
	bl	stack
	bl	machine
	blr	x19
	bl	core_stop

/* From EL2 to EL1h at x3: nothing traps, HVC goes to the stub below. */
drop:
	mov	x0, #(1 << 31)		/* RW */
	msr	hcr_el2, x0
	mov	x0, #3			/* EL1 may use the physical counter and timer */
	msr	cnthctl_el2, x0
	msr	cntvoff_el2, xzr
	mov	x0, #0x33ff		/* RES1: no FP trap */
	msr	cptr_el2, x0
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mrs	x0, mdcr_el2
	and	x0, x0, #0x1f		/* HPMN stays */
	msr	mdcr_el2, x0
	mrs	x0, midr_el1
	msr	vpidr_el2, x0
	mrs	x0, mpidr_el1
	msr	vmpidr_el2, x0
	mrs	x0, id_aa64pfr0_el1
	tbz	x0, #24, 1f		/* GIC system registers */
	mov	x0, #0xf
	msr	S3_4_C12_C9_5, x0	/* ICC_SRE_EL2 */
	isb
	msr	S3_4_C12_C11_0, xzr	/* ICH_HCR_EL2 */
1:	mov	x0, #0x0800
	movk	x0, #0x30d0, lsl #16	/* SCTLR_EL1: RES1, MMU off */
	msr	sctlr_el1, x0
	adrp	x0, el2_vectors
	add	x0, x0, :lo12:el2_vectors
	msr	vbar_el2, x0
	mov	x0, #0x3c5		/* EL1h, DAIF */
	msr	spsr_el2, x0
	msr	elr_el2, x3
	isb
	eret

/* Level 1 table: 1 GiB of devices, 3 GiB of RAM. */
tables:
	adrp	x0, level1
	add	x0, x0, :lo12:level1
	mov	x1, #0x401		/* block, AF, attribute 0 */
	movk	x1, #0x60, lsl #48	/* never executed */
	str	x1, [x0]
	mov	x1, #0x40000000
	add	x2, x1, #0x705		/* block, AF, inner shareable, attribute 1 */
	str	x2, [x0, #8]
	add	x2, x2, x1
	str	x2, [x0, #16]
	add	x2, x2, x1
	str	x2, [x0, #24]
	dsb	sy
	ret

/* MMU, FP, vectors of this core. */
machine:
	mov	x0, #0xff00		/* 0: Device-nGnRnE, 1: Normal write-back */
	msr	mair_el1, x0
	adrp	x0, level1
	add	x0, x0, :lo12:level1
	msr	ttbr0_el1, x0
	ldr	x0, =0x280803519	/* 39 bits, 4 KiB, write-back, inner shareable, 40 bits PA, no TTBR1 */
	msr	tcr_el1, x0
	mov	x0, #(0x33 << 16)	/* FP, and SVE where it is */
	msr	cpacr_el1, x0
	adrp	x0, vectors
	add	x0, x0, :lo12:vectors
	msr	vbar_el1, x0
	isb
	tlbi	vmalle1
	dsb	sy
	isb
	ldr	x0, =0x30d0180d		/* RES1, I, C, SA, M */
	msr	sctlr_el1, x0
	isb
	ret

/* void guest_sync_code(void *code, size_t bytes) */
	.global guest_sync_code
guest_sync_code:
	add	x1, x0, x1
	bic	x0, x0, #15
1:	dc	cvau, x0
	dsb	ish
	ic	ivau, x0
	add	x0, x0, #16
	cmp	x0, x1
	b.lo	1b
	dsb	ish
	isb
	ret

/* struct answer call_xvc(f, a, b, c): x8 is where the answer goes. */
	.macro	call	name, instruction
	.global \name
\name:
	stp	x29, x30, [sp, #-32]!
	str	x8, [sp, #16]
	\instruction #0
	ldr	x8, [sp, #16]
	stp	x0, x1, [x8]
	stp	x2, x3, [x8, #16]
	ldp	x29, x30, [sp], #32
	ret
	.endm
	call	call_hvc, hvc
	call	call_smc, smc

/* --- EL1 vectors --- */

	.macro	slot	kind
	.balign	128
	sub	sp, sp, #FRAME_BYTES
	stp	x0, x1, [sp]
	mov	x0, #\kind
	b	exception
	.endm

	/* The registers a C function may change, and the return state: handlers may nest. */
	.macro	interrupt	handler
	.balign	128
	sub	sp, sp, #192
	stp	x0, x1, [sp]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x30, [sp, #144]
	mrs	x0, elr_el1
	mrs	x1, spsr_el1
	stp	x0, x1, [sp, #160]
	adrp	x0, \handler
	ldr	x0, [x0, :lo12:\handler]
	blr	x0
	b	interrupt_return
	.endm

	.balign	2048
vectors:
	slot	0
	slot	1
	slot	2
	slot	3
	slot	4
	interrupt irq_handler
	interrupt fiq_handler
	slot	7
	slot	8
	slot	9
	slot	10
	slot	11
	slot	12
	slot	13
	slot	14
	slot	15

	.balign	128
interrupt_return:
	ldp	x0, x1, [sp, #160]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x0, x1, [sp]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x30, [sp, #144]
	add	sp, sp, #192
	eret

exception:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x1, elr_el1
	stp	x30, x1, [sp, #240]
	mrs	x1, spsr_el1
	mrs	x2, esr_el1
	stp	x1, x2, [sp, #256]
	mrs	x1, far_el1
	stp	x1, x0, [sp, #272]
	mov	x0, sp
	adrp	x1, sync_handler
	ldr	x1, [x1, :lo12:sync_handler]
	cbnz	x1, 1f
	adrp	x1, guest_report
	add	x1, x1, :lo12:guest_report
1:	blr	x1
	ldr	x1, [sp, #248]
	msr	elr_el1, x1
	ldr	x1, [sp, #256]
	msr	spsr_el1, x1
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	ldr	x30, [sp, #240]
	ldp	x0, x1, [sp]
	add	sp, sp, #FRAME_BYTES
	eret

/* --- the EL2 stub of the bare machine: PSCI_VERSION, SMCCC_VERSION, the cheapest call --- */

	.macro	stop
	.balign	128
	b	.
	.endm

	.balign	2048
el2_vectors:
	.rept	8
	stop
	.endr
	.balign	128			/* lower EL, AArch64, synchronous: HVC. May change x1-x3. */
	mov	w1, #0x84000000
	cmp	w0, w1
	b.ne	1f
	mov	w0, #0x0001
	movk	w0, #1, lsl #16
	eret
1:	mov	w1, #0x80000000
	cmp	w0, w1
	b.ne	2f
	mov	w0, #0x0001
	movk	w0, #1, lsl #16
	eret
2:	mov	w1, #0xc6000000
	cmp	w0, w1
	b.ne	3f
	mov	x0, #1
	eret
3:	mov	x0, #-1
	eret
	.rept	7
	stop
	.endr

	.bss
	.balign	4096
level1:
	.space	4096
	.global guest_entry_ticks, guest_fdt, guest_entry_el, irq_handler, fiq_handler, sync_handler
guest_entry_ticks: .space 8
guest_fdt:	.space 8
guest_entry_el:	.space 8
irq_handler:	.space 8
fiq_handler:	.space 8
sync_handler:	.space 8
