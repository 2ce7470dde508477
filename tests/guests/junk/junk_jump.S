/* SPDX-License-Identifier: Apache-2.0 */
/*
 * void junk_jump(uint64_t where): every EL1 and EL2 register of a Cortex-A72 that can hold junk, then
 * the jump. Kept as the boot protocol says: MMU and data cache off, DAIF masked, little-endian.
 */
	.macro	junk	name
	msr	\name, x1
	ror	x1, x1, #7
	.endm

	.text
	.global junk_jump
junk_jump:
	msr	daifset, #0xf
	ldr	x1, =0xdb6f3a95c7e1f53d
	.irp	r, sp_el1, spsr_el1, spsr_abt, spsr_und, spsr_irq, spsr_fiq, elr_el1, esr_el1, far_el1, afsr0_el1, afsr1_el1
	junk	\r
	.endr
	.irp	r, ttbr0_el1, ttbr1_el1, tcr_el1, mair_el1, amair_el1, vbar_el1, contextidr_el1, cpacr_el1, par_el1
	junk	\r
	.endr
	.irp	r, tpidr_el0, tpidrro_el0, tpidr_el1, tpidr_el2, csselr_el1, cntkctl_el1
	junk	\r
	.endr
	.irp	r, pmcntenset_el0, pmovsset_el0, pmintenset_el1, pmselr_el0, pmccntr_el0, pmuserenr_el0
	junk	\r
	.endr
	.irp	n, 0,1,2,3,4,5
	junk	dbgbvr\n\()_el1
	mov	x2, #0x1e7		/* enabled, all levels */
	msr	dbgbcr\n\()_el1, x2
	.endr
	.irp	n, 0,1,2,3
	junk	dbgwvr\n\()_el1
	mov	x2, #0x1fff
	msr	dbgwcr\n\()_el1, x2
	.endr
	mov	x2, #0xa001		/* MDSCR_EL1: MDE, KDE, SS */
	msr	mdscr_el1, x2
	mov	x2, #1
	msr	oslar_el1, x2
	ldr	w2, =0x34d5d91d		/* SCTLR_EL1: MMU and everything on */
	msr	sctlr_el1, x2

	/* Timers: all enabled and long over. */
	mov	x2, #1
	msr	cntv_cval_el0, xzr
	msr	cntv_ctl_el0, x2
	msr	cntp_cval_el0, xzr
	msr	cntp_ctl_el0, x2
	msr	cnthp_cval_el2, xzr
	msr	cnthp_ctl_el2, x2
	junk	cntvoff_el2
	junk	cnthctl_el2

	.irp	r, elr_el2, esr_el2, far_el2, hpfar_el2, afsr0_el2, afsr1_el2, vbar_el2, mair_el2, amair_el2
	junk	\r
	.endr
	.irp	r, ttbr0_el2, tcr_el2, vttbr_el2, vtcr_el2, vpidr_el2, vmpidr_el2, hstr_el2, hacr_el2, dacr32_el2, ifsr32_el2
	junk	\r
	.endr
	mov	x2, #0x3ef
	msr	spsr_el2, x2
	mov	x2, #-1
	msr	mdcr_el2, x2

	/* The virtual interrupt interface: interrupts pending in every list register. */
	mov	x2, #0xf
	msr	S3_4_C12_C9_5, x2	/* ICC_SRE_EL2 */
	isb
	ldr	x3, =0x50a0000000000041
	msr	S3_4_C12_C12_0, x3	/* ICH_LR0_EL2 */
	add	x3, x3, #1
	msr	S3_4_C12_C12_1, x3
	add	x3, x3, #1
	msr	S3_4_C12_C12_2, x3
	add	x3, x3, #1
	msr	S3_4_C12_C12_3, x3
	junk	S3_4_C12_C8_0		/* ICH_AP0R0_EL2 */
	junk	S3_4_C12_C9_0		/* ICH_AP1R0_EL2 */
	mov	x2, #-1
	msr	S3_4_C12_C11_7, x2	/* ICH_VMCR_EL2 */
	msr	S3_4_C12_C11_0, x2	/* ICH_HCR_EL2 */
	mov	x2, #0x20
	msr	S3_0_C4_C6_0, x2	/* ICC_PMR */
	mov	x2, #7
	msr	S3_0_C12_C12_3, x2	/* ICC_BPR1 */
	msr	S3_0_C12_C8_3, x2	/* ICC_BPR0 */
	mov	x2, #3
	msr	S3_0_C12_C12_4, x2	/* ICC_CTLR: EOImode, CBPR */
	mov	x2, #1
	msr	S3_0_C12_C12_6, x2	/* ICC_IGRPEN0 */
	msr	S3_0_C12_C12_7, x2	/* ICC_IGRPEN1 */
	mov	w2, #0x0f0f0f0f
	msr	S3_0_C12_C9_0, x2	/* ICC_AP1R0 */

	/* FP, before it is trapped. */
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	dup	v\n\().2d, x1
	ror	x1, x1, #3
	.endr
	ldr	w2, =0x07c00000
	msr	fpcr, x2
	mov	x2, #-1
	msr	fpsr, x2
	msr	cptr_el2, x2

	/* HCR_EL2: every trap and virtual interrupt, but E2H and TGE, which a Cortex-A72 has no E2H for. */
	ldr	w2, =0xf7ffffff
	msr	hcr_el2, x2
	ldr	w2, =0x30c5183a		/* SCTLR_EL2: RES1, A, SA, I; MMU and data cache off */
	msr	sctlr_el2, x2
	isb

	msr	nzcv, x1
	mov	sp, x1
	msr	spsel, #0
	bic	x2, x1, #8
	mov	sp, x2
	mov	x30, x0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
	.if	\n != 1
	mov	x\n, x1
	.endif
	ror	x1, x1, #5
	.endr
	br	x30
