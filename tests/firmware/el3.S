/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware at EL3 for QEMU's `virt,secure=on`, as little as the kernel needs of one: interrupts are all Non-secure Group 1, Group 0 is the
 * firmware's, EL2 is entered at KERNEL, and PSCI VERSION and CPU_ON answer SMC. It lies at 0, in flash; its
 * words for the other cores are in secure RAM. Every core starts here; all but the first wait to be switched on.
 */
#define KERNEL	0x40200000
#define MAILBOX 0x0e000000 /* 16 bytes a core: entry, argument */
#define GICD	0x08000000
#define GICR	0x080a0000
#define SPSR_EL2H_MASKED 0x3c9
#define SCR_EL3	0x535 /* NS, FIQ, HCE, RW: FIQs and SMCs go here */

#define PSCI_VERSION	0x84000000
#define PSCI_CPU_ON	0xc4000003
#define NOT_SUPPORTED	-1

	.section .text
	.global _start
_start:
	b	reset
	.balign	0x800
vectors:
	.rept	0x400 / 4
	b	.
	.endr
	b	smc		// 0x400: lower level, AArch64, synchronous
	b	.

	.balign	0x800
reset:
	adr	x1, vectors
	msr	vbar_el3, x1
	mrs	x19, mpidr_el1
	and	x19, x19, #0xff
	bl	redistributor
	msr	S3_6_C12_C12_5, x3	// ICC_SRE_EL3, x3 = 0xf
	isb
	mov	x0, #1
	msr	S3_6_C12_C12_7, x0	// ICC_IGRPEN1_EL3: EnableGrp1NS
	mov	x0, #0xff
	msr	S3_0_C4_C6_0, x0	// ICC_PMR_EL1: Non-secure values are the lower half
	mov	x0, #SCR_EL3
	msr	scr_el3, x0
	msr	cptr_el3, xzr
	mrs	x0, cntfrq_el0		// QEMU has set it
	msr	cntfrq_el0, x0
	ldr	x20, =MAILBOX
	add	x20, x20, x19, lsl #4
	cbnz	x19, wait
	bl	distributor
	ldr	x0, =KERNEL
	mov	x1, #0
	b	enter
wait:
	wfe
	ldr	x0, [x20]
	cbz	x0, wait
	ldr	x1, [x20, #8]
enter:	/* x0 = address, x1 = argument, which is the context in x0 there */
	msr	elr_el3, x0
	mov	x0, #SPSR_EL2H_MASKED
	msr	spsr_el3, x0
	ldr	x2, =0x30c50830
	msr	sctlr_el2, x2
	mov	x0, x1
	isb
	eret

	/* this core's: awake, and all its interrupts Non-secure Group 1, but SGIs 8 to 15, which are the Secure side's as a rule. x3 = 0xf behind it */
redistributor:
	ldr	x0, =GICR
	add	x0, x0, x19, lsl #17
	str	wzr, [x0, #0x14]	// GICR_WAKER
1:	ldr	w1, [x0, #0x14]
	tbnz	w1, #2, 1b
	add	x0, x0, #0x10000
	mov	w1, #0xffff00ff
	str	w1, [x0, #0x80]		// GICR_IGROUPR0
	str	wzr, [x0, #0xd00]	// GICR_IGRPMODR0
	mov	x3, #0xf
	ret

	/* all SPIs Non-secure Group 1; affinity routing for both states, Group 0 and Non-secure Group 1 enabled */
distributor:
	ldr	x0, =GICD
	mov	w1, #0x30		// ARE_S, ARE_NS
	str	w1, [x0]
	mov	w1, #0x37
	str	w1, [x0]
	mov	w1, #-1
	add	x2, x0, #0x84
	mov	w4, #31
2:	str	w1, [x2], #4
	subs	w4, w4, #1
	b.ne	2b
	ret

	/* A call of the kernel's: x0 = function, x1-x3 = its arguments. x4 and x5 change: there is no stack. */
smc:
	ldr	w4, =PSCI_VERSION
	cmp	w0, w4
	b.eq	version
	ldr	w4, =PSCI_CPU_ON
	cmp	w0, w4
	mov	x0, #NOT_SUPPORTED
	b.ne	answer
	ldr	x4, =MAILBOX
	and	x5, x1, #0xff
	add	x4, x4, x5, lsl #4
	str	x3, [x4, #8]
	dsb	sy
	str	x2, [x4]
	dsb	sy
	sev
	mov	x0, #0
	b	answer
version:
	ldr	w0, =0x10000
answer:
	eret
