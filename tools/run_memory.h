/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's memory as this process has it too, so that what the kernel has left there can be read when QEMU has ended, however it ended: it
 * is an anonymous file that QEMU maps, which is nowhere on a disk and goes with the last of us.
 */
#ifndef TOOLS_RUN_MEMORY_H
#define TOOLS_RUN_MEMORY_H

#include "tools/plan.h"

#define RUN_MEMORY_ARGUMENTS 4u

/* Adds what QEMU needs for it to its arguments (room for RUN_MEMORY_ARGUMENTS more). Answers the file; ends the tool where there can be none. */
int run_memory(const struct plan *p, const char **argv);

/* Keeps the trace rings that are in it, as trace_file.h has them. False: there are none; what went wrong was said. */
bool run_memory_trace(const struct plan *p, int memory, const char *file);

#endif
