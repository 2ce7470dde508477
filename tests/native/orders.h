/* SPDX-License-Identifier: Apache-2.0 */
/* What sdk_ports.c asks of its partner, sdk_partner.c: one order a call; what takes time is done after the reply. */
#ifndef TESTS_NATIVE_ORDERS_H
#define TESTS_NATIVE_ORDERS_H

#include <stdint.h>

enum order_kind {
	ORDER_NOTHING = 1,
	ORDER_RING,   /* the bell, n times */
	ORDER_WRITE,  /* n as a value */
	ORDER_STREAM, /* sends n long messages, waiting for room */
	ORDER_WORDS,  /* n short ones */
	ORDER_BOTH,   /* n of each, in turns */
	ORDER_DROPS,  /* n to a queue that drops */
	ORDER_DRAIN,  /* receives n messages */
	ORDER_STORE,  /* tries to write to memory that it may only read */
	ORDER_SLOW,   /* replies after n ms */
	ORDER_LEAVE,  /* switches itself off */
};

struct order {
	uint32_t kind, n;
};

struct report {
	uint32_t drained, wrong; /* messages received since it began; that were not the ones expected */
	uint32_t stores, sum;	 /* stores that were faults; of the bytes of shared memory */
};

struct numbered { /* a message that can be checked: each word says which it is and where */
	uint32_t word[50];
};

static inline uint32_t numbered_bytes(uint32_t n, uint32_t most)
{
	return 4 * (n % (most / 4)) + 4;
}

static inline void numbered_fill(struct numbered *m, uint32_t n, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes / 4; i++)
		m->word[i] = n * 1000003u + i;
}

static inline uint32_t numbered_wrong(const void *data, uint32_t bytes, uint32_t n, uint32_t most)
{
	const uint32_t *word = data;

	if (bytes != numbered_bytes(n, most))
		return 1;
	for (uint32_t i = 0; i < bytes / 4; i++)
		if (word[i] != n * 1000003u + i)
			return 1;
	return 0;
}

#define LONG_BYTES  200u
#define SHORT_BYTES 20u

#endif
