/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A debugging session with one partition: it is stopped, gdb speaks to it through the stub (gdb.h), and when gdb is gone it goes on
 * as if nothing had been. Pausing takes time, so beginning and ending are finished in later turns.
 */
#ifndef SERVICES_MONITOR_GUEST_DEBUG_H
#define SERVICES_MONITOR_GUEST_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "sdk/bh_check.h"
#include "sdk/bh_monitor.h"

/*
 * Stops partition @name and gives it to gdb: from now on guest_debug_byte() takes what gdb says, and @put what it is told.
 * BH_E_ARG: no such partition; BH_E_RIGHT: the monitor does not inspect it; BH_E_STATE: it does not run; BH_E_AGAIN: there is a session.
 */
BH_MUST_CHECK enum bh_status guest_debug_begin(const char *name, void (*put)(const uint8_t *bytes, uint32_t n));

/* Of a session that is on. */
void guest_debug_byte(uint8_t byte);

/* gdb is gone. Nothing where there is no session. */
void guest_debug_end(void);

/* True: look again soon, also without an event. */
bool guest_debug_turn(void);

/* Is there a session, which neither gdb nor we have ended? */
bool guest_debug_on(void);

#endif
