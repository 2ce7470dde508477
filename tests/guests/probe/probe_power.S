/* SPDX-License-Identifier: Apache-2.0 */
/* What a core finds in its registers when it is switched on (probe_psci.c): entered by CPU_ON, before anything of C. */
#include "tests/guests/probe/probe_power.h"

	.text
	/* void probe_power_spoil(void): its FP registers are used */
	.global probe_power_spoil
probe_power_spoil:
	mov	x0, #-1
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ins	v\n\().d[0], x0
	ins	v\n\().d[1], x0
	.endr
	mov	w0, #0x00c00000
	msr	fpcr, x0
	mov	w0, #0x9
	msr	fpsr, x0
	ret

	/* x0 = struct found, whose first word is the C function to go on at */
	.global probe_power_first
probe_power_first:
	.irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	str	x\n, [x0, #8 * \n]
	.endr
	add	x2, x0, #FOUND_SYSTEM
#define X(reg) mrs x1, reg; str x1, [x2], #8;
	POWER_REGISTERS(X)
#undef X
	mov	x1, #(3 << 20)	/* CPACR_EL1.FPEN */
	msr	cpacr_el1, x1
	isb
	add	x2, x0, #FOUND_FP
	.irp n, 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30
	str	q\n, [x2], #16
	.endr
	.irp n, 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31
	str	q\n, [x2], #16
	.endr
	mrs	x1, fpcr
	mrs	x3, fpsr
	stp	x1, x3, [x2]
	ldr	x0, [x0]
	b	guest_secondary
