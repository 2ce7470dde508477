/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings of the counter at which the paths of rows begin and end. Each is in the ELF's section .stamps, which is not
 * loaded: its address, and what it says. So tests/bench/path.py, which sees the address of every instruction that was executed in the
 * kernel, knows which of them are a row's. A stamp costs nothing beside the reading.
 *
 *   "begin ROW..."  paths of these rows begin
 *   "arm ROW..."    likewise, but what counts begins with the interrupt that is to come: behind the last WFI of the kernel, if any
 *   "end ROW..."    they end, where they had begun
 *                   (of a row that never begins: the path from reset)
 *   "drop ROW..."   they were none
 *   "...; ..."      both
 *
 * A stamp's text is a literal, also where an inline function passes it on: these are inlined always.
 */
#ifndef TESTS_BENCH_STAMP_H
#define TESTS_BENCH_STAMP_H

#include <stdint.h>

#define STAMPING static inline __attribute__((always_inline))

/* In an asm statement: reads the counter into operand `to`; the text is the operand `text`, constraint "S". */
#define STAMP(to, text)                    \
	"7731:\tmrs\t" to ", cntvct_el0\n" \
	"\t.pushsection .stamps, \"\", %%progbits\n\t.quad\t7731b, " text "\n\t.popsection\n\t"

STAMPING uint64_t stamp(const char *text)
{
	uint64_t t;

	__asm__ volatile(STAMP("%0", "%1")
			 : "=r"(t)
			 : "S"(text)
			 : "memory");
	return t;
}

#endif
