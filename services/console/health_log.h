/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's health log, read and said as lines (abi/log.h). */
#ifndef SERVICES_CONSOLE_HEALTH_LOG_H
#define SERVICES_CONSOLE_HEALTH_LOG_H

#include <stdbool.h>

/* Finds the log, if this partition reads one. @put: takes each character of the lines. */
void health_log_init(void (*put)(char c));

/* Says a few records; true: there may be more. Thread context. */
bool health_log_turn(void);

/* Is there a record that was not said? */
bool health_log_waits(void);

#endif
