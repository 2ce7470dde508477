/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot stub: the first thing a partition runs at every start (abi/stub.h). Entered at EL1 with
 * the MMU off and x0 = struct bh_stub_params. It carries out the tool's list of operations, makes
 * RAM coherent with what an MMU-off payload will see, and asks the kernel to enter the payload (MEM-4, MEM-5).
 *
 * It has no stack and writes nothing but what the list names. The kernel runs it with HCR_EL2.DC
 * set, so memory is Normal write-back although the MMU is off: DC ZVA and pairs are allowed.
 */
#include "sdk/stub/stub_numbers.h"

	.arch_extension crc

/* Throughout: */
params	.req x19
op	.req x20	/* the operation being carried out */
index	.req w21	/* its number */
count	.req w22	/* how many there are */
crcs	.req x23	/* not 0: the processor has CRC32 instructions */
warm	.req w24	/* a warm start: operations marked STUB_COLD are passed over */
/* Of one operation: */
dst	.req x9
src	.req x10
bytes	.req x11
value	.req x12
crc	.req w13	/* x13: CRC so far; begins as ~0 */

.macro const32 reg, number
	movz	\reg, #((\number) & 0xffff)
	movk	\reg, #((\number) >> 16), lsl #16
.endm

	.section .text.stub, "ax"
	.global stub_start
stub_start:
	bic	params, x0, #STUB_WARM
	and	warm, w0, #STUB_WARM
	mov	index, wzr
	adr	x1, vectors
	msr	vbar_el1, x1
	isb
	mrs	x1, id_aa64isar0_el1
	ubfx	crcs, x1, #16, #4

	ldp	w1, w2, [params, #PARAMS_MAGIC]
	const32	w3, STUB_MAGIC
	cmp	w1, w3
	ccmp	w2, #STUB_ABI_VERSION, #0, eq
	b.ne	bad_params
	ldr	count, [params, #PARAMS_N_OPS]
	add	op, params, #PARAMS_OP

next_op:
	cmp	index, count
	b.hs	all_done
	ldp	w1, w2, [op, #OP_KIND]
	and	w2, w2, #STUB_COLD
	tst	w2, warm
	b.ne	op_done
	ldp	dst, src, [op, #OP_DST]
	ldp	bytes, value, [op, #OP_BYTES]
	cmp	w1, #STUB_CLEAR
	b.eq	op_clear
	cmp	w1, #STUB_COPY
	b.eq	op_copy
	cmp	w1, #STUB_CHECK
	b.eq	op_check
	cmp	w1, #STUB_QUIET
	b.ne	bad_op

/* One store of the width the register has. */
op_quiet:
	cmp	bytes, #1
	b.eq	1f
	cmp	bytes, #2
	b.eq	2f
	cmp	bytes, #4
	b.eq	4f
	cmp	bytes, #8
	b.ne	bad_op
	str	value, [dst]
	b	op_done
1:	strb	w12, [dst]
	b	op_done
2:	strh	w12, [dst]
	b	op_done
4:	str	w12, [dst]

op_done:
	add	op, op, #OP_SIZE
	add	index, index, #1
	b	next_op

/*
 * Zero by whole ZVA blocks, and the pieces before the first and after the last (there are some
 * only where a block is larger than 64 bytes) by stores.
 * x1 = where we are, x3 = end, x4 = end of the last whole block, x5 = bytes of a block.
 */
op_clear:
	mov	x1, dst
	add	x3, dst, bytes
	mrs	x6, dczid_el0
	tbnz	w6, #4, clear_tail		/* DZP: DC ZVA is prohibited */
	and	x6, x6, #15			/* BS: log2 of the block in words */
	mov	x5, #4
	lsl	x5, x5, x6
	sub	x6, x5, #1
	bic	x4, x3, x6
	add	x2, x1, x6
	bic	x2, x2, x6			/* the first whole block */
	cmp	x2, x4
	b.hs	clear_tail
	bl	zero_by_stores
	sub	x6, x4, x5, lsl #3		/* up to here eight blocks fit; not below 0, RAM is high */
	cmp	x1, x6
	b.hi	2f
1:	.rept	8
	dc	zva, x1
	add	x1, x1, x5
	.endr
	cmp	x1, x6
	b.ls	1b
2:	cmp	x1, x4
	b.hs	clear_tail
	dc	zva, x1
	add	x1, x1, x5
	b	2b
clear_tail:
	mov	x2, x3
	bl	zero_by_stores
	b	op_done

/* Zero [x1, x2), 64 bytes at a time; leaves x1 = x2. */
zero_by_stores:
	cmp	x1, x2
	b.hs	1f
	stp	xzr, xzr, [x1]
	stp	xzr, xzr, [x1, #16]
	stp	xzr, xzr, [x1, #32]
	stp	xzr, xzr, [x1, #48]
	add	x1, x1, #64
	b	zero_by_stores
1:	ret

/* Copy and check in one pass: 18 instructions for 64 bytes. */
op_copy:
	mov	crc, #-1
	cbz	bytes, crc_done
	cbz	crcs, copy_only
	mov	x14, dst
1:	ldp	x0, x1, [src], #64
	ldp	x2, x3, [src, #-48]
	ldp	x4, x5, [src, #-32]
	ldp	x6, x7, [src, #-16]
	stp	x0, x1, [x14], #64
	stp	x2, x3, [x14, #-48]
	stp	x4, x5, [x14, #-32]
	stp	x6, x7, [x14, #-16]
	crc32cx	crc, crc, x0
	crc32cx	crc, crc, x1
	crc32cx	crc, crc, x2
	crc32cx	crc, crc, x3
	crc32cx	crc, crc, x4
	crc32cx	crc, crc, x5
	crc32cx	crc, crc, x6
	crc32cx	crc, crc, x7
	subs	bytes, bytes, #64
	b.ne	1b
	b	crc_done

/* Without the instructions: copy, then check what arrived. */
copy_only:
	mov	x14, dst
	add	x15, dst, bytes
1:	ldp	x0, x1, [src], #16
	stp	x0, x1, [x14], #16
	cmp	x14, x15
	b.lo	1b
	b	crc_by_table

op_check:
	mov	crc, #-1
	cbz	bytes, crc_done
	cbz	crcs, crc_by_table
1:	ldp	x0, x1, [dst], #64
	ldp	x2, x3, [dst, #-48]
	ldp	x4, x5, [dst, #-32]
	ldp	x6, x7, [dst, #-16]
	crc32cx	crc, crc, x0
	crc32cx	crc, crc, x1
	crc32cx	crc, crc, x2
	crc32cx	crc, crc, x3
	crc32cx	crc, crc, x4
	crc32cx	crc, crc, x5
	crc32cx	crc, crc, x6
	crc32cx	crc, crc, x7
	subs	bytes, bytes, #64
	b.ne	1b
	b	crc_done

/* CRC of [dst, dst + bytes), a byte at a time. */
crc_by_table:
	adr	x1, crc_table
1:	ldrb	w0, [dst], #1
	eor	w0, w0, crc
	and	w0, w0, #0xff
	ldr	w0, [x1, w0, uxtw #2]
	eor	crc, w0, crc, lsr #8
	subs	bytes, bytes, #1
	b.ne	1b

crc_done:
	mvn	crc, crc
	cmp	x13, value
	b.eq	op_done
	mov	x1, #STUB_E_CRC
	b	failed

/*
 * The payload begins with the MMU off and without HCR_EL2.DC: it sees memory past the caches, and
 * lines of ours that stayed dirty would overwrite its later stores. So all RAM goes to the point of
 * coherency, and stale instructions of a former life go too.
 */
all_done:
	ldp	x1, x2, [params, #PARAMS_RAM]
	add	x2, x1, x2
	mrs	x3, ctr_el0
	ubfx	x3, x3, #16, #4			/* DminLine: log2 of the smallest line in words */
	mov	x4, #4
	lsl	x4, x4, x3
	mov	x5, #512			/* eight lines must not pass the end of a page */
	cmp	x4, x5
	csel	x4, x4, x5, lo
	cmp	x1, x2
	b.hs	2f
1:	.rept	8
	dc	civac, x1
	add	x1, x1, x4
	.endr
	cmp	x1, x2
	b.lo	1b
2:	dsb	sy
	ic	ialluis
	dsb	sy
	isb
	ldp	x1, x2, [params, #PARAMS_ENTRY]
	const32	w0, STUB_CALL_DONE
	msr	vbar_el1, xzr
	hvc	#0				/* does not come back ... */
	b	astray

bad_op:
	mov	x1, #STUB_E_OP
	b	failed
bad_params:
	mov	x1, #STUB_E_PARAMS
failed:
	mov	w2, index
	const32	w0, STUB_CALL_FAILED
	hvc	#0				/* nor does this, ... */

/*
 * ... but where the partition runs already: a wild jump led here, so its end is told like another's. Or where a stop has overtaken
 * the stub: then the kernel takes the call for nothing, and the stop comes.
 */
astray:
	adr	x1, stub_start
	const32	w0, STUB_CALL_PANIC
	hvc	#0
1:	wfi
	b	1b

/* Any exception: the operation touched what the partition does not hold. */
	.balign	2048
vectors:
	.rept	16
	b	bad_op
	.balign	128
	.endr

/* CRC-32C of every byte: the reflected polynomial 0x82f63b78. */
crc_table:
	.set	byte, 0
	.rept	256
	.set	word, byte
	.rept	8
	.set	word, (word >> 1) ^ (0x82f63b78 & -(word & 1))
	.endr
	.word	word
	.set	byte, byte + 1
	.endr
