/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/digest.h"

#define PRIME_A 0x9e3779b97f4a7c15ull
#define PRIME_B 0xc2b2ae3d27d4eb4full
#define TURN	29 /* or what is high in a word would never reach what is low */

static inline uint64_t step(uint64_t h, uint64_t word, uint64_t prime)
{
	return (word ^ (h >> TURN | h << (64 - TURN))) * prime;
}

/* Eight words: loaded first, or the compiler would not load them in pairs. */
static inline void eight(const uint64_t *w, uint64_t *a, uint64_t *b)
{
	uint64_t x0 = w[0], x1 = w[1], x2 = w[2], x3 = w[3], x4 = w[4], x5 = w[5], x6 = w[6], x7 = w[7];

	__asm__(""
		: "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7));
	*a = step(step(step(step(*a, x0, PRIME_A), x2, PRIME_A), x4, PRIME_A), x6, PRIME_A);
	*b = step(step(step(step(*b, x1, PRIME_B), x3, PRIME_B), x5, PRIME_B), x7, PRIME_B);
}

/* At boot every byte of the image goes through here, so sixteen words a turn. */
uint64_t digest(const void *start, uint64_t bytes)
{
	const uint64_t *w = start, *end = w + bytes / 8;
	uint64_t a = PRIME_B, b = PRIME_A;

	for (; end - w >= 16; w += 16) {
		eight(w, &a, &b);
		eight(w + 8, &a, &b);
	}
	for (; end - w >= 8; w += 8)
		eight(w, &a, &b);
	for (; w < end; w++)
		a = step(a, *w, PRIME_A);
	a = step(a, b, PRIME_B);
	a = step(a, bytes, PRIME_A);
	return a ^ a >> 32;
}
