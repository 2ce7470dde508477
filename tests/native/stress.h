/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stress test's common ground: what a message looks like, and the ledgers in shared memory in which
 * each end writes how far it is. Ledgers outlive their writers, so an end that was stopped goes on where it
 * was, and says what it cannot know: the fate of the one message it was busy with.
 *
 * Channels are named PAIR-ROLE. Of each pair one partition sends in all roles and writes PAIR-from, the other
 * receives and writes PAIR-to; the conductor reads both.
 */
#ifndef TESTS_NATIVE_STRESS_H
#define TESTS_NATIVE_STRESS_H

#include <stdbool.h>
#include <stdint.h>

enum role {
	ROLE_BELL,   /* signal: there is more in the ring (shared memory) */
	ROLE_VALUE,  /* sampling, in registers */
	ROLE_PAGE,   /* sampling, 4 KiB */
	ROLE_KEEP,   /* queuing, in registers, kept over the receiver's lives */
	ROLE_BULK,   /* queuing, 4 KiB, likewise */
	ROLE_DROP,   /* queuing, dropped when the receiver ends */
	ROLE_FULL,   /* queuing, in registers, dropped when full */
	ROLE_FLOOD,  /* queuing, 4 KiB, likewise, and when the receiver ends */
	ROLE_CALL,   /* call, in registers */
	ROLE_ASK,    /* call, 4 KiB */
	ROLE_NESTED, /* call made by a server while it is called itself */
	ROLE_ACK,    /* signal, the other way: the receiver has read */
	ROLES,
};

#define ROLE_NAMES                                                                                               \
	{                                                                                                        \
		"bell", "value", "page", "keep", "bulk", "drop", "full", "flood", "call", "ask", "nested", "ack" \
	}

/* There are more queues than callers and values, and only one bell, so each of those sends more: quotas of a role. */
#define ROLE_SHARES                                \
	{                                          \
		4, 2, 2, 1, 1, 1, 1, 1, 2, 2, 0, 0 \
	}

/* --- ledgers --- */

struct sent {			       /* of one role; written by who sends */
	uint64_t begun;		       /* number of the last message given to the kernel */
	uint64_t done;		       /* of the last one accepted (call: replied to) */
	uint64_t count;		       /* accepted */
	uint64_t unsure;	       /* given to the kernel by a life that ended before it was told */
	uint64_t again, peer, timeout; /* answers */
	uint64_t limit;		       /* of count, once it is settled */
	uint64_t dropped, waiting;     /* as the kernel says */
	uint64_t told;		       /* count when it said so */
};

struct seen {		  /* by who receives */
	uint64_t last;	  /* number of the last message recorded */
	uint64_t slack;	  /* since then so many may be missing, because lives have ended */
	uint64_t count;	  /* recorded */
	uint64_t missing; /* numbers left out */
	uint64_t told;	  /* queuing: BH_GOT_LOST; sampling: reads that were not fresh */
	uint64_t again, peer, timeout;
};

#define RING_SLOTS 64u
#define RING_WORDS 64u
#define LOCKED	   16u

struct stress_from {
	uint32_t life, errors;
	struct sent role[ROLES];
	uint64_t lock; /* odd while `locked` is written */
	uint64_t locked[LOCKED];
	uint64_t ring[RING_SLOTS][RING_WORDS];
};

struct stress_to {
	uint32_t life, errors;
	uint64_t torn_not; /* looks at `locked` that were whole */
	struct seen role[ROLES];
};

/* Of a guest whose UART is answered by the server under test. */
struct stress_client {
	uint32_t errors;
	uint64_t count; /* rounds: a write that is posted, one that waits, and two reads */
	uint64_t down;	/* reads that were told that there is no server */
};

/* Of that server. */
struct stress_server {
	uint32_t life;
	uint32_t holds; /* the number of the life in which it has got an ask that it will not answer */
	uint64_t asks;
	uint64_t stale; /* answers that came too late */
};

enum phase {
	PHASE_WAIT,
	PHASE_SEND,
	PHASE_LAST, /* all partitions run for good: some messages more */
	PHASE_OVER,
};

#define LAST_MESSAGES 64u

struct stress_board {	/* written by the conductor */
	uint64_t quota; /* messages of each queue; ROLE_SHARES */
	uint64_t seed;
	uint32_t phase;
	uint32_t more; /* the server is still to be stopped: its guests go on */
	uint32_t hold; /* the life in which the server shall keep an ask for itself */
};

/* --- messages: number, checksum, and words that follow from number, channel and size --- */

#define NUMBER_BITS   40
#define MESSAGE_LEAST 16u

static inline uint64_t message_head(uint32_t channel, uint64_t number, uint64_t unsure)
{
	return number | (unsure > 255 ? 255 : unsure) << NUMBER_BITS | (uint64_t)channel << 48;
}

static inline uint64_t message_number(uint64_t head)
{
	return head & ((1ull << NUMBER_BITS) - 1);
}

static inline uint32_t message_unsure(uint64_t head)
{
	return (uint32_t)(head >> NUMBER_BITS) & 0xff;
}

static inline uint64_t message_begin(uint64_t head, uint32_t bytes)
{
	return (head ^ bytes) * 0x9e3779b97f4a7c15u;
}

static inline uint64_t message_next(uint64_t x)
{
	return x * 6364136223846793005u + 1442695040888963407u;
}

static inline uint64_t message_sum(uint64_t sum, uint64_t word)
{
	return (sum << 7 | sum >> 57) + word;
}

static inline uint64_t message_tail(uint64_t word, uint32_t bytes)
{
	return word & ((1ull << 8 * bytes) - 1);
}

/* @to has room for whole words. @bytes >= MESSAGE_LEAST. */
static inline void message_fill(uint64_t *to, uint64_t head, uint32_t bytes)
{
	uint64_t x = message_begin(head, bytes), sum = head;
	uint32_t words = bytes / 8;

	to[0] = head;
	for (uint32_t i = 2; i < words; i++) {
		x = message_next(x);
		sum = message_sum(sum, x);
		to[i] = x;
	}
	if (bytes % 8) {
		to[words] = message_tail(message_next(x), bytes % 8);
		sum = message_sum(sum, to[words]);
	}
	to[1] = sum;
}

/* Whole, of that channel, and what its sender has made. */
static inline bool message_good(const uint64_t *m, uint32_t channel, uint32_t bytes)
{
	uint64_t x, sum = m[0];
	uint32_t words = bytes / 8;

	if (bytes < MESSAGE_LEAST || m[0] >> 48 != channel)
		return false;
	x = message_begin(m[0], bytes);
	for (uint32_t i = 2; i < words; i++) {
		x = message_next(x);
		if (m[i] != x)
			return false;
		sum = message_sum(sum, m[i]);
	}
	if (bytes % 8) {
		uint64_t tail = message_tail(m[words], bytes % 8);

		if (tail != message_tail(message_next(x), bytes % 8))
			return false;
		sum = message_sum(sum, tail);
	}
	return m[1] == sum;
}

/* --- small things --- */

static inline uint64_t random_of(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1du >> 20;
}

static inline uint32_t text_hash(const char *s)
{
	uint32_t h = 2166136261u;

	while (*s)
		h = (h ^ (uint8_t)*s++) * 16777619u;
	return h;
}

#define ledger_read(p)	   __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define ledger_write(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define ledger_count(p)	   ledger_write(p, *(p) + 1)

/* What the server answers for a register that was written with n. */
#define SERVED_ANSWER(n) ((uint32_t)(n) ^ 0x5bd1e995u)

#endif
