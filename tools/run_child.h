/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU as a child of this process: known by its pid only, and always waited for. */
#ifndef TOOLS_RUN_CHILD_H
#define TOOLS_RUN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct run_child {
	pid_t pid;
	int to, from; /* its standard input and output, for us; neither blocks */
};

/* @errors: its standard error comes from `from` too; else it is ours. Ends the tool where it cannot be started. */
struct run_child run_child_start(const char *const *argv, bool errors);

/* It has closed its output, so it is about to end: its exit status; where it was ended by a signal, or does not end, 1. */
int run_child_ended(struct run_child *c);

/* Ends it. */
void run_child_end(struct run_child *c);

#endif
