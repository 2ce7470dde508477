/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console of a machine that runs: shown, logged, and looked through line by line, without escape
 * sequences, the line that has not ended yet included: for what is waited for, and for the kernel's panic.
 */
#ifndef TOOLS_RUN_CONSOLE_H
#define TOOLS_RUN_CONSOLE_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#define RUN_LINE_BYTES 4096u

struct run_console {
	int log; /* file; -1: none */
	bool waits;
	regex_t until;
	char line[RUN_LINE_BYTES], panic[RUN_LINE_BYTES]; /* panic: the line that said it, or empty */
	size_t n;
	int state; /* of the escape sequence it is in */
};

/* @until, @log: NULL: none. Ends the tool where the log cannot be written. */
void run_console_begin(struct run_console *c, const char *until, const char *log);

/* Text from the machine. True: it shows what is waited for; that is c->line. */
bool run_console_text(struct run_console *c, const char *data, size_t n);

/* No more comes. */
void run_console_end(struct run_console *c);

#endif
