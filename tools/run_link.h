/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link of a machine that runs (abi/link.h): takes packets out of what it says and puts them into what
 * it hears, and offers their streams on a socket (link_socket.h), a client to each channel.
 */
#ifndef TOOLS_RUN_LINK_H
#define TOOLS_RUN_LINK_H

#include <poll.h>

#include "abi/link.h"
#include "sdk/bh_link.h"
#include "sdk/bh_wire.h"
#include "tools/plan.h"

#define RUN_LINK_CLIENTS 8u
#define RUN_LINK_FDS	 (1u + RUN_LINK_CLIENTS)

struct run_link_client {
	int fd;	     /* -1: none */
	int channel; /* -1: it has not said which */
	bool told;   /* it has been answered: this is the stream */
};

struct run_link {
	const char *path; /* of the socket; NULL: there is none */
	int listener;	  /* -1 */
	struct run_link_client client[RUN_LINK_CLIENTS];
	struct bh_link link[BH_LINK_CHANNELS];
	struct bh_wire wire;
	uint64_t heard_ms; /* the wire's last byte */
};

/* Where the description has a link. Else nothing is offered, and all that comes is text. */
void run_link_begin(struct run_link *l, const struct plan *p);

/* What the machine has said: @n bytes. Answers the text that is in it, *@n_text bytes (at most BH_WIRE_MAX more than @n). */
const char *run_link_heard(struct run_link *l, const char *data, size_t n, size_t *n_text);

/* The machine says no more, or nothing for now: text that looked like a packet. */
const char *run_link_silence(struct run_link *l, size_t *n_text);

/* The next packet for the machine, at most BH_WIRE_MAX bytes; 0: there is none. */
uint32_t run_link_packet(struct run_link *l, uint8_t *wire);

/* What to wait for: how many of @fds (room for RUN_LINK_FDS) it has set. */
uint32_t run_link_poll(const struct run_link *l, struct pollfd *fds);

/* When there may be a packet, and when what the machine has begun to say is no packet, if nothing else comes. */
uint64_t run_link_due(const struct run_link *l);
uint64_t run_link_silent_at(const struct run_link *l);

/* Clients have come, said something, or can hear something. Waits for nothing. */
void run_link_turn(struct run_link *l);

void run_link_end(struct run_link *l);

uint64_t run_now_ms(void);

#endif
