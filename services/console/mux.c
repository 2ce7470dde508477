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

/* Length of a question to the terminal (ESC [ numbers n or c), or 0: shown again, it would be answered again. */
static uint32_t question(const struct source *s, uint32_t at)
{
	uint32_t i = at + 2;

	if (i >= s->used || s->line[at] != '\033' || s->line[at + 1] != '[')
		return 0;
	while (i < s->used && s->line[i] >= '0' && s->line[i] <= '?')
		i++;
	return i < s->used && (s->line[i] == 'n' || s->line[i] == 'c') ? i + 1 - at : 0;
}

/* CON-1 */
static void put_line(struct mux *m, const struct source *s, uint32_t i)
{
	m->put(s->line[i]);
	if (s->line[i] == '\r') /* what follows would be written over the name */
		put_prefix(m, s);
}

/* Interrupted, a line is shown from its start again: whoever reads finds it whole somewhere. */
static void take_line(struct mux *m, struct source *s)
{
	if (m->holder == s)
		return;
	if (m->holder)
		end_line(m);
	m->holder = s;
	put_prefix(m, s);
	for (uint32_t i = 0; i < s->shown;) {
		uint32_t skip = question(s, i);

		if (!skip)
			put_line(m, s, i++);
		i += skip;
	}
}

void mux_show(struct mux *m, struct source *s)
{
	if (!mux_waits(s))
		return;
	take_line(m, s);
	while (s->shown < s->used)
		put_line(m, s, s->shown++);
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

	if (!c)
		return;
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
