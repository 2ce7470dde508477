/* SPDX-License-Identifier: Apache-2.0 */
/* uint64_t probe_fp_hold(uint64_t ticks): how many FP registers changed while that time passed. */
	.text
	.global probe_fp_hold
probe_fp_hold:
	stp	d8, d9, [sp, #-80]!
	stp	d10, d11, [sp, #16]
	stp	d12, d13, [sp, #32]
	stp	d14, d15, [sp, #48]
	mrs	x9, fpcr
	mrs	x10, fpsr
	stp	x9, x10, [sp, #64]
	mrs	x2, cntvct_el0
	add	x0, x0, x2
	orr	x3, x2, #1
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ins	v\n\().d[0], x3
	add	x3, x3, #17
	ins	v\n\().d[1], x3
	add	x3, x3, #17
	.endr
	mov	w11, #0x00c00000	/* round towards zero */
	msr	fpcr, x11
	mov	w12, #0x9
	msr	fpsr, x12
1:	mov	x4, #200
2:	subs	x4, x4, #1
	b.ne	2b
	yield
	mrs	x4, cntvct_el0
	cmp	x4, x0
	b.lo	1b
	mov	x0, #0
	orr	x3, x2, #1
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	umov	x5, v\n\().d[0]
	cmp	x5, x3
	cinc	x0, x0, ne
	add	x3, x3, #17
	umov	x5, v\n\().d[1]
	cmp	x5, x3
	cinc	x0, x0, ne
	add	x3, x3, #17
	.endr
	mrs	x5, fpcr
	cmp	x5, x11
	cinc	x0, x0, ne
	mrs	x5, fpsr
	cmp	x5, x12
	cinc	x0, x0, ne
	ldp	x9, x10, [sp, #64]
	msr	fpcr, x9
	msr	fpsr, x10
	ldp	d14, d15, [sp, #48]
	ldp	d12, d13, [sp, #32]
	ldp	d10, d11, [sp, #16]
	ldp	d8, d9, [sp], #80
	ret
