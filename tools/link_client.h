/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the monitor of a system that runs (abi/link.h), by way of the `bulkhead run` that has started it.
 * What goes wrong ends the tool, with a sentence that says what to do.
 */
#ifndef TOOLS_LINK_CLIENT_H
#define TOOLS_LINK_CLIENT_H

#include "abi/link.h"
#include "tools/plan.h"

/* A connection that is the channel's stream. */
int link_open(const struct plan *p, enum bh_link_channel channel);

/* Exactly so many bytes. */
void link_say(int fd, const void *data, size_t n);
void link_hear(int fd, void *data, size_t n);

/* Asks, and waits for the reply; its bytes are in *@more where the status is BH_OK. Else the tool ends, with what the monitor says. */
struct bh_link_reply link_ask(int fd, struct bh_link_request request, const struct part *part, struct bytes *more);

/* Ends the tool where the monitor does not know the partition. */
struct bh_link_partition link_look(const struct plan *p, const struct part *part);

/* The ELF with symbols that the partition runs, or NULL: its payload is none. */
const char *link_symbols(const struct plan *p, const struct part *part);

/* Quotes a word for the shell, and for gdb. */
const char *link_quote(const char *word);

/* gdb's name on this machine. */
const char *link_gdb(void);

#endif
