/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions of a native partition. Interrupts keep what a C function may destroy, faults keep
 * everything as struct bh_frame (bh_fault.h). Nothing nests: handlers run with all masked, and a fault there is
 * the partition's end; so ELR_EL1 and SPSR_EL1 stay as they are meanwhile.
 */
#define IRQ_FRAME   176		/* x0-x18, x29, x30; 16-byte aligned */
#define FP_FRAME    528		/* q0-q31, FPCR, FPSR */
#define FAULT_FRAME 288		/* struct bh_frame */

.macro entry target
	.balign	128
	b	\target
.endm

	.section .text.vectors, "ax"
	.balign	2048
	.global bh_vectors
bh_vectors:
	entry	fault_thread		/* SP_EL0: synchronous */
	entry	irq_thread		/* IRQ */
	entry	fault_fatal		/* FIQ: group 0 is not enabled */
	entry	fault_fatal		/* SError */
	entry	fault_handler		/* SP_EL1, so in a handler: synchronous */
	entry	fault_handler		/* IRQ: masked there */
	entry	fault_handler
	entry	fault_handler
	.rept	8			/* from EL0, which is not used */
	entry	fault_handler
	.endr

irq_thread:
	sub	sp, sp, #IRQ_FRAME
	stp	x0, x1, [sp]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x29, [sp, #144]
	str	x30, [sp, #160]
	mrs	x0, cpacr_el1
	tbnz	x0, #20, irq_fp
	bl	bh_irq_take
irq_done:
	ldr	x30, [sp, #160]
	ldp	x18, x29, [sp, #144]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp]
	add	sp, sp, #IRQ_FRAME
	eret

/* All 32 in full: of v8-v15 a C function keeps only the lower halves. */
irq_fp:
	.arch_extension fp
	sub	sp, sp, #FP_FRAME
	stp	q0, q1, [sp]
	stp	q2, q3, [sp, #32]
	stp	q4, q5, [sp, #64]
	stp	q6, q7, [sp, #96]
	stp	q8, q9, [sp, #128]
	stp	q10, q11, [sp, #160]
	stp	q12, q13, [sp, #192]
	stp	q14, q15, [sp, #224]
	stp	q16, q17, [sp, #256]
	stp	q18, q19, [sp, #288]
	stp	q20, q21, [sp, #320]
	stp	q22, q23, [sp, #352]
	stp	q24, q25, [sp, #384]
	stp	q26, q27, [sp, #416]
	stp	q28, q29, [sp, #448]
	stp	q30, q31, [sp, #480]
	mrs	x0, fpcr
	mrs	x1, fpsr
	str	x0, [sp, #512]
	str	x1, [sp, #520]
	bl	bh_irq_take
	ldr	x0, [sp, #512]
	ldr	x1, [sp, #520]
	msr	fpcr, x0
	msr	fpsr, x1
	ldp	q0, q1, [sp]
	ldp	q2, q3, [sp, #32]
	ldp	q4, q5, [sp, #64]
	ldp	q6, q7, [sp, #96]
	ldp	q8, q9, [sp, #128]
	ldp	q10, q11, [sp, #160]
	ldp	q12, q13, [sp, #192]
	ldp	q14, q15, [sp, #224]
	ldp	q16, q17, [sp, #256]
	ldp	q18, q19, [sp, #288]
	ldp	q20, q21, [sp, #320]
	ldp	q22, q23, [sp, #352]
	ldp	q24, q25, [sp, #384]
	ldp	q26, q27, [sp, #416]
	ldp	q28, q29, [sp, #448]
	ldp	q30, q31, [sp, #480]
	add	sp, sp, #FP_FRAME
	b	irq_done

.macro save_frame
	stp	x0, x1, [sp]
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
	mrs	x2, spsr_el1
	mrs	x3, esr_el1
	mrs	x4, far_el1
	str	x30, [sp, #240]
	stp	x1, x2, [sp, #256]
	stp	x3, x4, [sp, #272]
.endm

fault_thread:
	sub	sp, sp, #FAULT_FRAME
	save_frame
	mrs	x0, sp_el0
	str	x0, [sp, #248]
	mov	x0, sp
	bl	bh_fault_take		/* returns if the program wants to go on */
	ldr	x0, [sp, #248]
	ldp	x1, x2, [sp, #256]
	msr	sp_el0, x0
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x0, x1, [sp]
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
	add	sp, sp, #FAULT_FRAME
	eret

/* In a handler its stack may be what is wrong: report from a stack of its own, which vCPUs share;
 * the first to come ends the partition. */
fault_handler:
	msr	tpidrro_el0, x0
	mov	x0, sp
	msr	tpidr_el1, x0
	ldr	x0, =last_stack
	mov	sp, x0
	sub	sp, sp, #FAULT_FRAME
	mrs	x0, tpidrro_el0
	save_frame
	mrs	x0, tpidr_el1
	str	x0, [sp, #248]
	mov	x0, sp
	b	bh_fault_fatal

fault_fatal:
	sub	sp, sp, #FAULT_FRAME
	save_frame
	mrs	x0, sp_el0
	str	x0, [sp, #248]
	mov	x0, sp
	b	bh_fault_fatal

	.ltorg

	.bss
	.balign	16
	.skip	2048
last_stack:
