/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gdb stub needs of the partition it debugs; guest_debug.c does it with the monitor's calls, tests with memory. vCPUs are
 * numbered from 0. Registers are read and written while it stands still.
 */
#ifndef SERVICES_MONITOR_GDB_TARGET_H
#define SERVICES_MONITOR_GDB_TARGET_H

#include <stdbool.h>
#include <stdint.h>

uint32_t gdb_target_vcpus(void);

/* Numbers of enum bh_register. False: there is none, or it does not stand still. */
bool gdb_target_register(uint32_t vcpu, uint32_t number, uint64_t *value);
bool gdb_target_set_register(uint32_t vcpu, uint32_t number, uint64_t value);

/*
 * Memory at an address as that vCPU sees it (@physical: at a guest physical one): where it is here, and in *bytes, of those
 * asked for, how many are contiguous there. NULL: nothing is. Until the next call.
 */
uint8_t *gdb_target_memory(uint32_t vcpu, uint64_t address, bool physical, uint32_t *bytes);

/* A physical name for a place that gdb_target_memory() gave, and the place again: for breakpoints, which outlive an address space. */
uint64_t gdb_target_place(const uint8_t *at);
uint8_t *gdb_target_at(uint64_t place);

/* What was written there may be instructions: all of the guest's instruction caches get to know. */
void gdb_target_wrote(uint8_t *at, uint32_t bytes);

/* All vCPUs go on; @step, unless it is GDB_NO_VCPU, executes one instruction and then all stand still again. False: it cannot go on. */
bool gdb_target_go(uint32_t step);

/* Orders it to stand still; it takes time. */
bool gdb_target_halt(void);

#define GDB_NO_VCPU 0xffffffffu

enum gdb_stop {
	GDB_RUNS,
	GDB_STOP_ORDER,
	GDB_STOP_BREAK,
	GDB_STOP_STEP,
	GDB_ENDED, /* this life of it is over */
};

/* What it does; @vcpu: that stopped it (unless it runs or has ended). */
enum gdb_stop gdb_target_state(uint32_t *vcpu);

#endif
