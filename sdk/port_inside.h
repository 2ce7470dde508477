/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files about ports share: a message on its way into the kernel, and out of it.
 *
 * Barriers. The kernel copies on the core and in the program order of who calls it, so of a message
 * sent, and of a slot received or given back, the caller's accesses are ordered by the kernel's own release and
 * acquire. Here it is enough that the compiler moves nothing across the call (its "memory" clobber).
 */
#ifndef SDK_PORT_INSIDE_H
#define SDK_PORT_INSIDE_H

#include "sdk/bh_port.h"

/* The arguments of SEND, CALL, REPLY and SERVE: x1 to x7. */
struct bh_port_args {
	uint64_t x[7];
};
#define X_BYTES	   1
#define X_MESSAGE  2
#define X_DEADLINE 6

/* The port, if it is of that kind. Else NULL; then what to answer, and where there is none the kernel logs it. */
const struct bh_info_entry *bh_port_of(uint32_t port, enum bh_port_kind kind);
enum bh_status bh_port_refuse(uint32_t port);

/*
 * Makes the arguments for an end that sends (@sends; a server that replies does not) messages of at most
 * @most bytes. A long message is copied to the end's buffer unless it lies there; a short one to registers,
 * never reading behind it. Where the size or the end are wrong nothing is copied: the kernel refuses the
 * call, and logs it.
 */
struct bh_port_args bh_port_load(const struct bh_info_entry *e, bool sends, uint32_t most, const void *message,
				 uint32_t bytes);

/* The message that a call told of: x1 to x3, behind the call. @most: bytes of the longest one received at this end. */
void bh_port_show(struct bh_message *m, const struct bh_info_entry *e, uint32_t most, const uint64_t *x);

/* RECEIVE, once. */
int64_t bh_port_take(const struct bh_info_entry *e, struct bh_message *m);

/* Waits for the event of a port that there is; handlers run. BH_OK (perhaps without cause), BH_E_TIMEOUT. */
int64_t bh_port_await(uint32_t port, uint64_t deadline);

/* To the caller's buffer. */
void bh_port_copy(struct bh_message *m, void *to);

void bh_port_note_valid(uint32_t port, bool valid);

#endif
