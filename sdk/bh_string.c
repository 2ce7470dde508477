/* SPDX-License-Identifier: Apache-2.0 */
/* The four functions that a C compiler calls by itself. Words where both ends are aligned; messages are. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/* The compiler must not turn these loops into calls of themselves. */
#ifdef __clang__
#define KEEP
#else
#define KEEP __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

typedef uint64_t __attribute__((may_alias)) word_t;

struct four {
	word_t a, b, c, d;
};

KEEP void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if (!(((uintptr_t)t | (uintptr_t)f) & 7)) {
		for (; n >= 32; n -= 32, t += 32, f += 32)
			*(struct four *)(void *)t = *(const struct four *)(const void *)f;
		for (; n >= 8; n -= 8, t += 8, f += 8)
			*(word_t *)(void *)t = *(const word_t *)(const void *)f;
	}
	while (n--)
		*t++ = *f++;
	return to;
}

KEEP void *memmove(void *to, const void *from, size_t n)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if (t <= f || t >= f + n) {
		while (n--)
			*t++ = *f++;
	} else {
		while (n--)
			t[n] = f[n];
	}
	return to;
}

KEEP void *memset(void *to, int c, size_t n)
{
	unsigned char *t = to;
	uint64_t w = (unsigned char)c * 0x0101010101010101ull;

	for (; n && (uintptr_t)t & 7; n--)
		*t++ = (unsigned char)c;
	for (; n >= 8; n -= 8, t += 8)
		*(word_t *)(void *)t = w;
	while (n--)
		*t++ = (unsigned char)c;
	return to;
}

KEEP int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}
