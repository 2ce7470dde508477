/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several sources of text on one terminal. Each line is one source's, begins with its name and has
 * its colour; a line that is not complete holds the terminal until another source needs it. No
 * call, no hardware, so that it runs in a unit test.
 */
#ifndef SERVICES_CONSOLE_MUX_H
#define SERVICES_CONSOLE_MUX_H

#include <stdbool.h>
#include <stdint.h>

#define MUX_LINE  256u	/* longer lines are shown in pieces */
#define MUX_BURST 8192u /* no call puts out more bytes than this */

struct source {
	const char *name;
	const char *colour; /* parameters of SGR, as in "1;31" */
	bool returned;	    /* a carriage return came last */
	uint32_t used, shown;
	char line[MUX_LINE];
};

struct mux {
	void (*put)(char c);
	uint32_t width;	       /* of the names' column */
	struct source *holder; /* whose line is begun on the terminal, or NULL */
};

/* A character of a source. Complete lines appear at once, others wait for mux_show(). A zero shows nothing, and is left out: it would begin a packet (sdk/bh_wire.h). */
void mux_put(struct mux *m, struct source *s, char c);

/* All that the source has said. */
void mux_show(struct mux *m, struct source *s);

/* Ends the source's line where it has begun one: it says no more. */
void mux_end(struct mux *m, struct source *s);

/* Is something said and not shown? */
static inline bool mux_waits(const struct source *s)
{
	return s->shown != s->used;
}

#endif
