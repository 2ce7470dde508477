/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a guest into the kernel and back. While a guest runs, SP_EL2 is the address of its struct
 * vcpu; x[] comes first there. Interrupts stay masked in the kernel, so ELR_EL2 and SPSR_EL2 keep
 * the guest's values unless another vCPU is loaded.
 *
 * In two steps. An exit saves what C may change, x0-x17 and x30 (the kernel is compiled without x18), and calls
 * trap_*() (traps.c), which answers most exits on the spot: then the guest goes on, with x18-x29 as C has to leave them. trap_sync()
 * finds these in memory, too: a trapped instruction may read any. Otherwise trap(v, left) (traps.c) does what is left, and answers
 * the vCPU that runs next, with its registers loaded.
 */
#include "offsets.h"
#include "sysreg.h"

	.macro	save_scratch
	stp	x0, x1, [sp, #VCPU_X + 8 * 0]
	stp	x2, x3, [sp, #VCPU_X + 8 * 2]
	stp	x4, x5, [sp, #VCPU_X + 8 * 4]
	stp	x6, x7, [sp, #VCPU_X + 8 * 6]
	stp	x8, x9, [sp, #VCPU_X + 8 * 8]
	stp	x10, x11, [sp, #VCPU_X + 8 * 10]
	stp	x12, x13, [sp, #VCPU_X + 8 * 12]
	stp	x14, x15, [sp, #VCPU_X + 8 * 14]
	stp	x16, x17, [sp, #VCPU_X + 8 * 16]
	str	x30, [sp, #VCPU_X + 8 * 30]
	mov	x0, sp
	ldr	x1, [sp, #VCPU_KERNEL_SP]
	mov	sp, x1
	.endm

	/* sp = the vCPU */
	.macro	enter_scratch
	ldp	x2, x3, [sp, #VCPU_X + 8 * 2]
	ldp	x4, x5, [sp, #VCPU_X + 8 * 4]
	ldp	x6, x7, [sp, #VCPU_X + 8 * 6]
	ldp	x8, x9, [sp, #VCPU_X + 8 * 8]
	ldp	x10, x11, [sp, #VCPU_X + 8 * 10]
	ldp	x12, x13, [sp, #VCPU_X + 8 * 12]
	ldp	x14, x15, [sp, #VCPU_X + 8 * 14]
	ldp	x16, x17, [sp, #VCPU_X + 8 * 16]
	ldr	x30, [sp, #VCPU_X + 8 * 30]
	ldp	x0, x1, [sp, #VCPU_X + 8 * 0]
	eret
	/* no speculation past the return: Arm, "Straight-line speculation" */
	dsb	nsh
	isb
	.endm

	/* x0 = the vCPU */
	.macro	save_rest
	stp	x18, x19, [x0, #VCPU_X + 8 * 18]
	stp	x20, x21, [x0, #VCPU_X + 8 * 20]
	stp	x22, x23, [x0, #VCPU_X + 8 * 22]
	stp	x24, x25, [x0, #VCPU_X + 8 * 24]
	stp	x26, x27, [x0, #VCPU_X + 8 * 26]
	stp	x28, x29, [x0, #VCPU_X + 8 * 28]
	.endm

	/* a guest's exception: trap_*() answers the vCPU, whose address is even, or what is left to do */
	.macro	guest handler
	.balign	0x80
	save_scratch
	bl	\handler
	tbnz	x0, #0, guest_left
	mov	sp, x0
	enter_scratch
	.endm

	/* the same, synchronous: HVC #0, else anything */
	.macro	guest_sync
	.balign	0x80
	save_scratch
	mrs	x1, esr_el2
	mov	x2, #ESR_HVC_0
	cmp	x1, x2
	b.ne	guest_trap
	bl	trap_call
	tbnz	x0, #0, guest_left
	b	guest_again
	.endm

	/* an exception of the kernel itself: ours or the hardware's fault */
	.macro	kernel number
	.balign	0x80
	mov	x0, #\number
	b	entry_panic
	.endm

	.section .text
	.balign	0x800
	.global vectors
vectors:
	/* 0x000 current level, SP_EL0: never used */
	kernel	0x000
	kernel	0x080
	kernel	0x100
	kernel	0x180
	/* 0x200 current level, SP_EL2 */
	.balign	0x80
	b	entry_sync
	kernel	0x280
	kernel	0x300
	.balign	0x80
	b	entry_serror		// 0x380: taken where the switch asks for it
	/* 0x400 lower level, AArch64 at EL1 */
	guest_sync			// 0x400
	guest	trap_irq		// 0x480
	guest	trap_irq		// 0x500 FIQ: nothing is Group 0 here
	guest	trap_serror		// 0x580
	/* 0x600 lower level AArch32: EL1 is AArch64, so these are never taken */
	kernel	0x600
	kernel	0x680
	kernel	0x700
	kernel	0x780

	/* x0 = the vCPU, x1 = ESR_EL2 */
guest_trap:
	save_rest
	bl	trap_sync
	tbnz	x0, #0, guest_left
	/* x0 = the vCPU that has not left the core */
guest_again:
	mov	sp, x0
	enter_scratch

	/* x0 = what is left to do of the exit */
guest_left:
	mov	x1, x0
	mrs	x0, tpidr_el2
	ldr	x0, [x0, #CORE_LOADED]	// whoever ran
	save_rest
	bl	trap

	/* x0 = the vCPU to run; its system registers are loaded */
	.global guest_enter
guest_enter:
	mov	sp, x0
	ldp	x18, x19, [sp, #VCPU_X + 8 * 18]
	ldp	x20, x21, [sp, #VCPU_X + 8 * 20]
	ldp	x22, x23, [sp, #VCPU_X + 8 * 22]
	ldp	x24, x25, [sp, #VCPU_X + 8 * 24]
	ldp	x26, x27, [sp, #VCPU_X + 8 * 26]
	ldp	x28, x29, [sp, #VCPU_X + 8 * 28]
	enter_scratch

	/* An asynchronous error while the kernel runs: it is taken only in serror_window() (switch.c),
	 * on behalf of the vCPU that is being switched out. x16 is free there. */
entry_serror:
	mov	x16, #1
	eret

	/* One instruction of the kernel may meet a guest's fault: translate() in memory.c. x0 and x1
	 * are free there. Any other is ours. */
entry_sync:
	mrs	x1, elr_el2
	adrp	x0, translate_at
	add	x0, x0, :lo12:translate_at
	cmp	x0, x1
	mov	x0, #0x200
	b.ne	entry_panic
	add	x1, x1, #4
	msr	elr_el2, x1
	mov	x0, #1
	eret

	/* The stack cannot be trusted: a small one of this purpose only. */
entry_panic:
	ldr	x1, =panic_stack_top
	mov	sp, x1
	mrs	x1, esr_el2
	mrs	x2, elr_el2
	mrs	x3, far_el2
	b	panic_exception

	.section .bss
	.balign	16
panic_stack:
	.space	2048
panic_stack_top:
