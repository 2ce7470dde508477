/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead gdb`, `link` and `dump`: one partition of a system that runs, under a debugger or as a core file. */
#ifndef TOOLS_DEBUG_H
#define TOOLS_DEBUG_H

#include "tools/plan.h"

/* @plan: the description, planned as far as its own text goes; or ends the tool. Exit statuses. */
int gdb_main(struct plan *(*plan)(const char *system), int argc, char **argv);
int link_main(struct plan *(*plan)(const char *system), int argc, char **argv);
int dump_main(struct plan *(*plan)(const char *system), int argc, char **argv);

#endif
