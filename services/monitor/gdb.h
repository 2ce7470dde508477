/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stub for gdb's remote serial protocol: one partition, whose vCPUs are the threads. Bytes in, bytes out; what it does to the
 * partition goes through gdb_target.h. All stop together. While gdb's breakpoints are in memory, gdb reads what was there before.
 *
 * Not there: hardware breakpoints and watchpoints, non-stop mode, tracepoints, files. A guest's own BRK stops it too, and it stays
 * there until gdb moves the pc.
 */
#ifndef SERVICES_MONITOR_GDB_H
#define SERVICES_MONITOR_GDB_H

#include <stdbool.h>
#include <stdint.h>

/* A new session with a partition that stands still, or is about to. @put takes what goes to gdb. */
void gdb_begin(void (*put)(const uint8_t *bytes, uint32_t n));

/* Bytes from gdb. */
void gdb_bytes(const uint8_t *bytes, uint32_t n);

/* Has it come to a stop? To be called while gdb_waits(), every now and then. */
void gdb_turn(void);
bool gdb_waits(void);

/* gdb is gone, or has said that it goes: its breakpoints are taken out; whether the partition goes on is the caller's to order. */
void gdb_end(void);

/* gdb has detached, or the partition has ended: gdb_end() is due. */
bool gdb_done(void);

#endif
