/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition of the stress test: serves all its ends of channels, as sender or receiver, by what the
 * information page says of them. An end that had nothing to do is looked at again only after its event:
 * one event lost, and it stands still.
 */
#ifndef TESTS_NATIVE_STRESS_WORKER_WORKER_H
#define TESTS_NATIVE_STRESS_WORKER_WORKER_H

#include "sdk/bulkhead.h"
#include "tests/native/stress.h"

#define PATIENCE_NS   60000000000ull /* of a caller: only a call that hangs lasts so long */
#define MESSAGE_WORDS (BH_MESSAGE_MAX / 8)

struct pair {
	char name[BH_NAME_BYTES];
	bool sends;
	struct stress_from *from; /* the one of them that is not ours is read only */
	struct stress_to *to;
	uint32_t known_life; /* of the receiver */
	bool acks;	     /* something was read since the sender was told */
	bool has_ack;
	uint32_t ack; /* port */
};

struct end {
	uint32_t port;
	enum role role;
	uint32_t channel; /* in messages */
	uint32_t bytes, reply_bytes;
	uint64_t window; /* 0: the kernel holds the sender back; else so many may be unread */
	uint64_t base;	 /* what was sent before the receiver's life counts as read */
	struct pair *pair;
	struct sent *sent;
	struct seen *seen;
	bool first;    /* no message yet in this life */
	uint64_t time; /* of the last message */
};

extern struct end ends[BH_PART_PORTS];
extern uint64_t all_ends;
extern const struct stress_board *board;

/* One turn of an end. True: there may be more to do; false: not before its event (or the other end's ACK). */
bool end_send(struct end *e);
bool end_write(struct end *e);
bool end_ring(struct end *e);
bool end_call(struct end *e);
bool end_receive(struct end *e);
bool end_read(struct end *e);
bool end_listen(struct end *e);
bool end_serve(struct end *e);

bool may_send(struct end *e); /* neither enough nor too far ahead */
void call_nested(struct end *e);

uint64_t chance(uint64_t of); /* 0 to of - 1 */
uint32_t some_bytes(uint32_t most);
uint64_t soon(uint64_t within_ns); /* a deadline */

/* The number of a message that is whole and not from the future; 0: neither. */
uint64_t checked(struct end *e, const void *data, uint32_t bytes);

/* Something is not as the kernel promises. */
void wrong(const struct end *e, const char *what, uint64_t a, uint64_t b);

#endif
