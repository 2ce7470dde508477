/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot stub under a kernel of 40 instructions: run at EL1, its HVC comes back as a return, its
 * aborts are given back to it, and its reads of ID_AA64ISAR0_EL1, where they trap, show no CRC32.
 * The stub uses none of x24-x29.
 */
#define stub_start stubtest_stub
#include "sdk/stub/stub.S"

	.text
/* void stubtest_run(const struct bh_stub_params *params, uint64_t x[3]); at EL2 */
	.global stubtest_run
stubtest_run:
	stp	x29, x30, [sp, #-112]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x1, [sp, #96]
	adr	x2, from_stub
	msr	vbar_el2, x2
	mov	x2, #0x3c5
	msr	spsr_el2, x2
	adr	x2, stubtest_stub
	msr	elr_el2, x2
	isb
	eret

from_lower:
	mrs	x24, esr_el2
	lsr	x25, x24, #26
	cmp	x25, #0x16		/* HVC */
	b.eq	1f
	cmp	x25, #0x18		/* MRS of an identification register, into x1 */
	b.eq	2f
	mrs	x24, elr_el2		/* an abort: as if EL1 had met it itself */
	msr	elr_el1, x24
	mrs	x24, spsr_el2
	msr	spsr_el1, x24
	mrs	x24, vbar_el1
	add	x24, x24, #0x200
	msr	elr_el2, x24
	eret
1:	ldr	x24, [sp, #96]
	stp	x0, x1, [x24]
	str	x2, [x24, #16]
	ldp	x27, x28, [sp, #80]
	ldp	x25, x26, [sp, #64]
	ldp	x23, x24, [sp, #48]
	ldp	x21, x22, [sp, #32]
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #112
	ret
2:	mrs	x1, id_aa64isar0_el1
	and	x1, x1, #~(15 << 16)
	mrs	x24, elr_el2
	add	x24, x24, #4
	msr	elr_el2, x24
	eret

	.balign	2048
from_stub:
	.skip	0x400
	b	from_lower
	.balign	2048
