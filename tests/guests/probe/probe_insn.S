/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One instruction of each feature that an identification register can show; x0 is an aligned
 * scratch address. Caught if UNDEFINED.
 */
	.arch	armv8.6-a+crypto+sha3+sm4+rng+memtag+sve+profile+ssbs+fp16fml
	.text

	.macro	insn	name, text:vararg
	.global insn_\name
insn_\name:
	\text
	ret
	.endm

	insn	fp, fadd s0, s1, s2
	insn	fp16, fadd h0, h1, h2
	insn	simd, add v0.4s, v1.4s, v2.4s
	insn	simd16, fadd v0.8h, v1.8h, v2.8h
	insn	gic, mrs x1, S3_0_C12_C12_5
	insn	ras, mrs x1, S3_0_C5_C3_0
	insn	sve, mov z0.b, #1
	insn	dit, msr dit, #0
	insn	amu, mrs x1, S3_3_C13_C2_0
	insn	csv2, mrs x1, S3_0_C13_C0_7
	insn	ssbs, msr ssbs, #1
	insn	mte, irg x1, x0
	insn	bti, bti c

	insn	aes, aese v0.16b, v1.16b
	insn	pmull, pmull v0.1q, v1.1d, v2.1d
	insn	sha1, sha1h s0, s1
	insn	sha256, sha256su0 v0.4s, v1.4s
	insn	sha512, sha512su0 v0.2d, v1.2d
	insn	crc32, crc32x w1, w1, x0
	insn	atomic, ldadd x1, x2, [x0]
	insn	rdm, sqrdmlah v0.4s, v1.4s, v2.4s
	insn	sha3, eor3 v0.16b, v1.16b, v2.16b, v3.16b
	insn	sm3, sm3ss1 v0.4s, v1.4s, v2.4s, v3.4s
	insn	sm4, sm4e v0.4s, v1.4s
	insn	dp, udot v0.4s, v1.16b, v2.16b
	insn	fhm, fmlal v0.4s, v1.4h, v2.4h
	insn	ts, cfinv
	insn	ts2, axflag
	insn	tlbios, .inst 0xd508811f /* tlbi vmalle1os */
	insn	tlbirange, .inst 0xd5088221 /* tlbi rvae1is, x1 */
	insn	rndr, mrs x1, S3_3_C2_C4_0

	insn	dpb, .inst 0xd50b7c20 /* dc cvap, x0 */
	insn	dpb2, .inst 0xd50b7d20 /* dc cvadp, x0 */
	insn	pauth, pacga x1, x0, x0
	insn	jscvt, fjcvtzs w1, d0
	insn	fcma, fcadd v0.4s, v1.4s, v2.4s, #90
	insn	lrcpc, ldapr x1, [x0]
	insn	lrcpc2, ldapur x1, [x0]
	insn	frintts, frint32z s0, s1
	insn	sb, sb
	insn	specres, .inst 0xd50b7380 /* cfp rctx, x0 */
	insn	bf16, bfdot v0.4s, v1.8h, v2.8h
	insn	i8mm, smmla v0.4s, v1.16b, v2.16b

	insn	pan, msr pan, #0
	insn	pan2, .inst 0xd5087900 /* at s1e1rp, x0 */
	insn	lor, mrs x1, S3_0_C10_C4_7
	insn	uao, msr uao, #0
	insn	lse2, ldp x1, x2, [x0]
	insn	ecv, mrs x1, S3_3_C14_C0_6

	insn	pmu, mrs x1, pmcr_el0
	insn	spe, mrs x1, S3_0_C9_C9_7
	insn	trace, mrs x1, S2_1_C0_C8_7
	insn	trf, mrs x1, S3_0_C1_C2_1
	insn	breakpoint, mrs x1, S2_0_C0_C0_5
	insn	osdlr, mrs x1, S2_0_C1_C3_4
