/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/digest.h"

#define PRIME_A 0x9e3779b97f4a7c15ull
#define PRIME_B 0xc2b2ae3d27d4eb4full

static uint64_t step(uint64_t h, uint64_t word, uint64_t prime)
{
	h = (h ^ word) * prime;
	return h ^ (h >> 32);
}

uint64_t digest(const void *start, uint64_t bytes)
{
	const uint64_t *w = start;
	uint64_t n = bytes / 8, a = PRIME_B, b = PRIME_A;

	for (uint64_t i = 0; i + 1 < n; i += 2) {
		a = step(a, w[i], PRIME_A);
		b = step(b, w[i + 1], PRIME_B);
	}
	if (n & 1)
		a = step(a, w[n - 1], PRIME_A);
	a = step(a, b, PRIME_B);
	return step(a, bytes, PRIME_A);
}
