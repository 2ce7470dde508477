/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal while a machine has it: each key comes at once and as it is. It is as before whatever ends the tool, but SIGKILL. */
#ifndef TOOLS_RUN_TERMINAL_H
#define TOOLS_RUN_TERMINAL_H

/* Nothing where the standard input is no terminal. Until the tool ends or run_terminal_restore(). */
void run_terminal_take(void);
void run_terminal_restore(void);

#endif
