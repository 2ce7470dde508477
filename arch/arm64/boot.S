/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first instructions, in the image's first page. Before the MMU is on everything is reached PC-relative, the
 * kernel's writable memory through the header only (it does not follow the text physically), and
 * nothing but what the arm64 boot protocol promises is assumed of any register or memory (IMG-2).
 */
#include "offsets.h"
#include "sysreg.h"

	/* any 48-bit constant */
	.macro	mov_q reg, value
	movz	\reg, #((\value) & 0xffff)
	movk	\reg, #((\value) >> 16 & 0xffff), lsl #16
	movk	\reg, #((\value) >> 32 & 0xffff), lsl #32
	.endm

	/* What decides the meaning of everything after it: HCR_EL2 first, E2H changes the others. */
	.macro	known
	msr	spsel, #1		// SP_EL2: the protocol does not say which is selected
	mov_q	x0, (1 << 31)		// HCR_EL2.RW, and nothing else
	msr	hcr_el2, x0
	isb
	mov_q	x0, SCTLR_EL2_RES1
	msr	sctlr_el2, x0
	mov	x0, #CPTR_EL2_RES1
	msr	cptr_el2, x0
	isb
	.endm

	.section .head, "ax"
	.global image_header
image_header:
	/* the arm64 Image header: Linux, Documentation/arch/arm64/booting.rst */
	b	boot
	nop
	.quad	0			// text_offset: any 2 MiB aligned place; load_pa says which
	.quad	0			// image_size, by the tool
	.quad	0xa			// flags: little-endian, 4 KiB pages, anywhere in memory
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.quad	0			// digest, by the tool
	.quad	BH_IMAGE_MAGIC
	.long	BH_ABI_VERSION
	.long	HDR_BYTES
	.long	kernel_text_bytes
	.long	kernel_rodata_bytes
	.long	kernel_bss_bytes
	.long	BOOT_STACK_BYTES
	.long	CORE_BYTES
	.long	PARTITION_BYTES
	.long	VCPU_BYTES
	.long	EMUL_BYTES
	.long	PORT_BYTES
	.long	kernel_check_bytes
	.org	image_header + HDR_BYTES

/* What a core takes as its state: exception level 2, MMU and caches off, everything masked. */
boot:
	msr	daifset, #0xf
	adr	x19, image_header
	mrs	x0, currentel
	cmp	x0, #(2 << 2)
	b.ne	boot_level
	known
	/* The end of what is shared, which is zeroed later, is the stack until the core's own can be mapped. */
	ldr	x0, [x19, #HDR_LOAD_PA]
	cmp	x0, x19
	b.ne	boot_place
	/* IMG-1: the end first, which says that what checks the rest is there. A size that cannot be is left to boot_check(). */
	ldr	x1, [x19, #HDR_FILE_BYTES]
	ldr	x2, [x19, #HDR_IMAGE_SIZE]
	sub	x3, x1, #8
	cmp	x3, x2
	b.hs	1f
	tst	x1, #7
	b.ne	1f
	ldr	x1, [x19, x3]
	ldr	x2, =BH_END_MARK
	cmp	x1, x2
	b.ne	boot_cut
1:	ldr	x1, [x19, #HDR_SHARE_PA]
	ldr	x2, [x19, #HDR_SHARE_BYTES]
	add	sp, x1, x2
	mov	x0, x19
	bl	boot_check		// 0, or a sentence
	cbnz	x0, boot_refuse
	mov	x20, #0			// core number
	b	mmu_on

	/* 0x200 of a vector table at image_header, for as long as mmu_on needs one: synchronous, current level, SP_EL2 */
	.org	image_header + 0x200
	b	boot_high

/* A core that PSCI CPU_ON started: x0 = its number. */
	.global boot_secondary
boot_secondary:
	msr	daifset, #0xf
	mov	x20, x0
	adr	x19, image_header
	known

/*
 * The kernel is not mapped where it lies, so the first fetch with the MMU on is a translation fault. It is taken like any exception: to the
 * vector, where the kernel is linked, and it synchronizes the context as an ISB would (DDI 0487, "Synchronization requirements for AArch64
 * System registers", "Exception entry"). So no identity map is needed; image_check() sees to it that no other page is mapped there.
 */
mmu_on:
	ldr	x0, =image_header
	msr	vbar_el2, x0
	mov_q	x0, MAIR_EL2_VALUE
	msr	mair_el2, x0
	mov_q	x0, TCR_EL2_BASE
	mrs	x1, id_aa64mmfr0_el1
	and	x1, x1, #0xf		// PARange
	mov	x2, #5			// 48 bits: more needs other descriptors
	cmp	x1, x2
	csel	x1, x1, x2, lo
	orr	x0, x0, x1, lsl #16	// TCR_EL2.PS
	ldr	w1, [x19, #HDR_VA_BITS]
	mov	x2, #64
	sub	x1, x2, x1
	orr	x0, x0, x1		// TCR_EL2.T0SZ
	msr	tcr_el2, x0
	ldr	x0, [x19, #HDR_EL2_ROOT]
	msr	ttbr0_el2, x0
	isb
	tlbi	alle2
	tlbi	alle1			// no stage 2 translation of an earlier life
	ic	iallu
	dsb	nsh
	isb
	mov_q	x0, SCTLR_EL2_RES1 | SCTLR_EL2_M | SCTLR_EL2_A | SCTLR_EL2_C | SCTLR_EL2_SA | SCTLR_EL2_I | SCTLR_EL2_WXN
	msr	sctlr_el2, x0
	isb
	b	.			// not reached

	.ltorg

/* No way to go on: one line on the UART, without a stack, and stop. x0 = text, x19 = header. */
boot_level:
	adr	x0, text_level
	b	boot_refuse
boot_cut:
	adr	x0, text_cut
	b	boot_refuse
boot_place:
	adr	x0, text_place
boot_refuse:
	mov	x5, x0
	adr	x0, text_refused
	bl	boot_puts
	mov	x0, x5
	bl	boot_puts
	adr	x0, text_end
	bl	boot_puts
1:	wfe
	b	1b

/* x0 = text. Changes x0-x4, x6. A UART that never gets ready is not waited for longer than this. */
boot_puts:
	ldr	x1, [x19, #HDR_UART_PA]
	ldr	w2, [x19, #HDR_UART_KIND]
	cbz	w2, 3f			// BH_UART_NONE
1:	ldrb	w3, [x0], #1
	cbz	w3, 3f
	mov	w4, #0x100000
	cmp	w2, #BH_UART_PL011
	b.ne	4f
2:	sub	w4, w4, #1
	cbz	w4, 5f
	ldr	w6, [x1, #0x18]		// UARTFR
	tbnz	w6, #5, 2b		// TXFF
5:	str	w3, [x1]		// UARTDR
	b	1b
4:	sub	w4, w4, #1
	cbz	w4, 6f
	ldr	w6, [x1, #0x2c]		// Cadence Channel_sts
	tbnz	w6, #4, 4b		// TXFULL
6:	str	w3, [x1, #0x30]		// TX_RX_FIFO
	b	1b
3:	ret

text_refused:
	.asciz	"\r\nbulkhead: refused: "
text_end:
	.asciz	"\r\n"
text_level:
	.asciz	"not started at exception level 2; start this image where Linux with KVM would be started"
text_cut:
	.asciz	"the image is not whole: its end is missing"
text_place:
	.asciz	"not where it was built for; load it at the board's load-address"
	.balign	4

	.section .text
/* At the kernel's own addresses now. x19 is still the physical address of the header. */
boot_high:
	ldr	x19, =image_header
	ldr	x0, =vectors
	msr	vbar_el2, x0
	ldr	x21, [x19, #HDR_BLOB_VA]
	cbnz	x20, 1f
	/* All writable memory of the kernel starts as zero. Nothing of it is in use yet. */
	ldr	x0, =kernel_bss
	ldr	w1, [x19, #HDR_BSS_BYTES]
	bl	zero
	ldr	x0, [x19, #HDR_STATE_VA]
	ldr	x1, [x19, #HDR_STATE_BYTES]
	bl	zero
	ldr	x0, [x19, #HDR_SHARE_VA]
	ldr	x1, [x19, #HDR_SHARE_BYTES]
	bl	zero
1:	ldr	w0, [x21, #BLOB_OFF_CORES]
	add	x0, x0, x21
	mov	x1, #BH_CORE_BYTES
	madd	x0, x20, x1, x0		// its struct bh_core
	ldr	x0, [x0, #BH_CORE_STACK_VA]
	mov	sp, x0
	ldr	x0, [x21, #BLOB_CORE_STATE_VA]
	mov	x1, #CORE_BYTES
	madd	x0, x20, x1, x0
	msr	tpidr_el2, x0
	mov	x0, x20
	mov	x1, x21
	mov	x29, xzr
	mov	x30, xzr
	b	boot_main

/* x0 = start, x1 = bytes, a multiple of 64: by the processor's own, where that clears 64 bytes (DCZID_EL0: not prohibited, 2^4 words) */
zero:
	cbz	x1, 2f
	add	x1, x1, x0
	mrs	x2, dczid_el0
	and	x2, x2, #0x1f
	cmp	x2, #4
	b.ne	1f
	sub	x2, x1, #256
3:	cmp	x0, x2
	b.hi	4f
	.rept	4
	dc	zva, x0
	add	x0, x0, #64
	.endr
	b	3b
4:	cmp	x0, x1
	b.hs	2f
1:	stp	xzr, xzr, [x0]
	stp	xzr, xzr, [x0, #16]
	stp	xzr, xzr, [x0, #32]
	stp	xzr, xzr, [x0, #48]
	add	x0, x0, #64
	cmp	x0, x1
	b.lo	1b
2:	ret
