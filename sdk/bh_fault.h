/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions that are no interrupts. Unless the program says otherwise, the fault is printed with
 * all registers, and the partition ends by bh_panic() with the syndrome: what comes then says its health policy.
 */
#ifndef SDK_BH_FAULT_H
#define SDK_BH_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* Layout known to vectors.S. */
struct bh_frame {
	uint64_t x[31];
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate;
	uint64_t esr; /* ESR_EL1: class in bits 31-26 */
	uint64_t far; /* FAR_EL1: address of aborts and alignment faults, else old */
};

/*
 * The program's own handler for synchronous exceptions of thread context (not of interrupt
 * handlers), or NULL for none. It may change the frame, as in f->pc += 4 to step over the
 * instruction; true: go on as the frame says, false: print and stop. It runs on the handlers'
 * stack with interrupts masked. One for all vCPUs.
 */
void bh_fault_handler(bool (*handler)(struct bh_frame *f));

#endif
