/* SPDX-License-Identifier: Apache-2.0 */
/* What probe_power.S writes down: offsets, and the system registers that are zero after a reset of QEMU's processors. */
#ifndef TESTS_GUESTS_PROBE_POWER_H
#define TESTS_GUESTS_PROBE_POWER_H

/* the formatter does not agree with itself here */
/* clang-format off */
#define POWER_REGISTERS(X) \
	X(sp_el0) X(elr_el1) X(spsr_el1) X(cpacr_el1) X(ttbr0_el1) \
	X(ttbr1_el1) X(tcr_el1) X(mair_el1) X(esr_el1) X(far_el1) \
	X(vbar_el1) X(contextidr_el1) X(tpidr_el0) X(tpidrro_el0) X(tpidr_el1) \
	X(par_el1) X(csselr_el1) X(cntkctl_el1) X(mdscr_el1) X(dbgbvr0_el1) \
	X(dbgwvr0_el1) X(cntv_ctl_el0) X(cntp_ctl_el0)
/* clang-format on */

#define FOUND_SYSTEM 256
#define FOUND_FP     (FOUND_SYSTEM + 256)

#ifndef __ASSEMBLER__
#include <stdint.h>

struct found {
	uint64_t run;	/* in: where it goes on */
	uint64_t x[31]; /* x[n - 1] is x<n>; the last is unused */
	uint64_t system[32];
	uint64_t fp[66];
} __attribute__((aligned(64)));

void probe_power_spoil(void);
void probe_power_first(void);
#endif

#endif
