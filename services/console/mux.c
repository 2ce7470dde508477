/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of several sources on one terminal. */
#include "services/console/mux.h"

#include <stddef.h>

static uint32_t put_text(struct mux *m, const char *text)
{
	uint32_t n = 0;

	while (text[n])
		m->put(text[n++]);
	return n;
}

static void put_prefix(struct mux *m, const struct source *s)
{
	uint32_t n;

	put_text(m, "\033[");
	put_text(m, s->colour);
	put_text(m, "m");
	for (n = put_text(m, s->name); n < m->width; n++)
		m->put(' ');
	put_text(m, "| ");
}

static void end_line(struct mux *m)
{
	put_text(m, "\033[0m\r\n");
	m->holder = NULL;
}

static void take_line(struct mux *m, struct source *s)
{
	if (m->holder == s)
		return;
	if (m->holder)
		end_line(m);
	m->holder = s;
	put_prefix(m, s);
	if (s->replay)
		s->shown = 0;
}

void mux_show(struct mux *m, struct source *s)
{
	if (!mux_waits(s))
		return;
	take_line(m, s);
	for (; s->shown < s->used; s->shown++) {
		m->put(s->line[s->shown]);
		if (s->line[s->shown] == '\r') /* what follows would be written over the name */
			put_prefix(m, s);
	}
}

/* Of a line that was interrupted when all of it had been shown, only its end is left to be said. */
static void line_complete(struct mux *m, struct source *s)
{
	if (!s->used || mux_waits(s) || m->holder == s) {
		mux_show(m, s);
		take_line(m, s);
		end_line(m);
	}
	s->used = s->shown = 0;
}

static void append(struct mux *m, struct source *s, char c)
{
	if (s->used == MUX_LINE) {
		mux_show(m, s);
		s->used = s->shown = 0;
	}
	s->line[s->used++] = c;
}

void mux_put(struct mux *m, struct source *s, char c)
{
	bool returned = s->returned;

	s->returned = c == '\r';
	if (c == '\n') {
		line_complete(m, s);
	} else if (c != '\r') {
		if (returned)
			append(m, s, '\r');
		append(m, s, c);
	}
}

void mux_end(struct mux *m, struct source *s)
{
	mux_show(m, s);
	if (m->holder == s)
		end_line(m);
	s->used = s->shown = 0;
	s->returned = false;
}
