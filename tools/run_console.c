/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/run_console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/bytes.h"

#define PANIC "bulkhead: PANIC"

enum { PLAIN,
       ESCAPE,
       SEQUENCE,
       SHORT };

/* True when the character is part of the text and not of an escape sequence (ECMA-48). */
static bool is_text(struct run_console *c, char ch)
{
	switch (c->state) {
	case PLAIN:
		if (ch == 0x1b)
			c->state = ESCAPE;
		return ch != 0x1b && (ch == '\t' || (unsigned char)ch >= ' ');
	case ESCAPE:
		c->state = ch == '[' ? SEQUENCE : ch == '(' || ch == ')' ? SHORT
									 : PLAIN;
		return false;
	case SEQUENCE:
		if (ch >= 0x40 && ch <= 0x7e)
			c->state = PLAIN;
		return false;
	case SHORT:
		c->state = PLAIN;
		return false;
	}
	return false;
}

static bool matches(struct run_console *c)
{
	c->line[c->n] = 0;
	return c->waits && regexec(&c->until, c->line, 0, NULL, 0) == 0;
}

/* The first one says why; others may follow from it. */
static void line_end(struct run_console *c)
{
	c->line[c->n] = 0;
	if (!c->panic[0] && strncmp(c->line, PANIC, strlen(PANIC)) == 0)
		memcpy(c->panic, c->line, c->n + 1);
	c->n = 0;
}

static bool look(struct run_console *c, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			if (matches(c))
				return true;
			line_end(c);
		} else if (is_text(c, data[i]) && c->n < RUN_LINE_BYTES - 1) {
			c->line[c->n++] = data[i];
		}
	}
	return matches(c);
}

void run_console_begin(struct run_console *c, const char *until, const char *log)
{
	c->waits = until != NULL;
	if (until && regcomp(&c->until, until, REG_EXTENDED | REG_NOSUB))
		fail("--until \"%s\": out of memory", until);
	c->log = log ? open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
	if (log && c->log < 0)
		fail("cannot write %s: %s", log, strerror(errno));
}

static bool put(int fd, const char *data, size_t n)
{
	for (ssize_t done; n; data += done, n -= (size_t)done) {
		done = write(fd, data, n);
		if (done < 0 && errno == EINTR)
			done = 0;
		if (done < 0)
			return false;
	}
	return true;
}

bool run_console_text(struct run_console *c, const char *data, size_t n)
{
	if (!put(1, data, n))
		errno = 0; /* who does not look at us does not stop the run */
	if (c->log >= 0 && !put(c->log, data, n))
		fail("cannot write the log: %s", strerror(errno));
	return look(c, data, n);
}

void run_console_end(struct run_console *c)
{
	line_end(c);
	if (c->log >= 0)
		close(c->log);
}
