/* SPDX-License-Identifier: Apache-2.0 */
/* A native partition whose first instruction reads the counter; it stands on nothing of the SDK but the linker script. */
	.section .text.start, "ax"
	.global bh_start
bh_start:
	mrs	x0, cntvct_el0
	ldr	x1, =bh_main_stack
	mov	sp, x1
	msr	spsel, #1
	mov	sp, x1
	b	boot_main
	.ltorg

	/* as STAMP() of tests/bench/stamp.h */
	.pushsection .stamps, "", %progbits
	.quad	bh_start, said
	.popsection

	.section .rodata
said:	.asciz	"end boot_native restart"

	/* With this the payload has 16 KiB: a page of code, one of constants, two of data. */
	.section .data
	.fill	2048, 4, 0x5a17c0de
