/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gdb's software breakpoints: BRK #0 in place of the instruction. They are in memory while gdb is attached, by physical
 * place, so one set in a process is taken out although another runs; who reads through gdb_break_hide() does not see them.
 */
#ifndef SERVICES_MONITOR_GDB_BREAK_H
#define SERVICES_MONITOR_GDB_BREAK_H

#include <stdbool.h>
#include <stdint.h>

#define GDB_BREAKS 64u

/* As vCPU @vcpu sees @address. False: it is not memory, not aligned, or there are GDB_BREAKS. */
bool gdb_break_set(uint32_t vcpu, uint64_t address);

/* False: there is none. @address is as it was given, whatever it means now. */
bool gdb_break_clear(uint64_t address);
void gdb_break_clear_all(void);

/* The partition has ended, and its memory is new: nothing is to be put back. */
void gdb_break_forget(void);

/* Bytes that were read from @at: as they would be without breakpoints. */
void gdb_break_hide(const uint8_t *at, uint8_t *bytes, uint32_t n);

/* Writes @n bytes to @at, below the breakpoints there. */
void gdb_break_write(uint8_t *at, const uint8_t *bytes, uint32_t n);

#endif
