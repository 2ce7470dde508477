/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket by which other programs of this machine use the link of a system that `bulkhead run` has started. A client says
 * which channel (one byte, abi/link.h), and is answered by one byte: LINK_OPEN, and the connection is the channel's stream, or why not.
 */
#ifndef TOOLS_LINK_SOCKET_H
#define TOOLS_LINK_SOCKET_H

#include "tools/plan.h"

enum link_answer {
	LINK_OPEN = 0,
	LINK_BUSY = 1,	  /* another client has the channel */
	LINK_SILENT = 2,  /* the monitor does not answer */
	LINK_VERSION = 3, /* it speaks another version; a byte with that follows */
	LINK_WRONG = 4,	  /* there is no such channel */
};

/* Has the description the link's channels? And are they as they must be, where it has? (link_plan.c) */
bool link_is_described(const struct plan *p);
void link_check(struct plan *p);

/* Its path: SYSTEM.link beside the images. */
const char *link_path(const struct plan *p);

/* A socket that listens at the path, for this user only; or -1, and why was said. */
int link_listen(const char *path);

/* A connection, or -1 with errno. */
int link_connect_to(const char *path);

#endif
