/* SPDX-License-Identifier: Apache-2.0 */
/* Starts an image in QEMU, as the board's `qemu` property says. */
#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

#include "tools/plan.h"

struct run_options {
	const char *until;  /* POSIX extended regular expression; NULL: the terminal is the console */
	uint32_t timeout_s; /* 0: none */
	const char *log;
	const char *trace; /* file to which the trace rings go at the end; NULL: none */
	char **extra;	   /* more arguments for QEMU, NULL-terminated; or NULL */
};

/* Ends the tool with status 2 where it is no regular expression. */
void run_check_pattern(const char *until);

#define RUN_PANICKED 3 /* exit status: the kernel has panicked */

/*
 * The tool's exit status. With `until`: 0 when the console showed it, else 1; with `timeout_s` only: 0 when QEMU ended before; with neither:
 * QEMU's own. RUN_PANICKED where the kernel panicked and that was not waited for.
 */
int run(const struct plan *p, const char *image, const struct run_options *o);

#endif
