/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/digest.h"

#define PRIME_A 0x9e3779b97f4a7c15ull
#define PRIME_B 0xc2b2ae3d27d4eb4full
#define TURN	29 /* or what is high in a word would never reach what is low */

static inline uint64_t step(uint64_t h, uint64_t word, uint64_t prime)
{
	return (word ^ (h >> TURN | h << (64 - TURN))) * prime;
}

/* At boot every byte of the image goes through here, so eight words a turn. */
uint64_t digest(const void *start, uint64_t bytes)
{
	const uint64_t *w = start, *end = w + bytes / 8;
	uint64_t a = PRIME_B, b = PRIME_A;

	for (; end - w >= 8; w += 8) {
		a = step(a, w[0], PRIME_A);
		b = step(b, w[1], PRIME_B);
		a = step(a, w[2], PRIME_A);
		b = step(b, w[3], PRIME_B);
		a = step(a, w[4], PRIME_A);
		b = step(b, w[5], PRIME_B);
		a = step(a, w[6], PRIME_A);
		b = step(b, w[7], PRIME_B);
	}
	for (; w < end; w++)
		a = step(a, *w, PRIME_A);
	a = step(a, b, PRIME_B);
	a = step(a, bytes, PRIME_A);
	return a ^ a >> 32;
}
