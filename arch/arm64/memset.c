/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a compiler may call where the source has an assignment or a loop: clang does; GCC does not, and the linker leaves it out.
 * Nothing in the kernel calls it by name.
 */
#include <stddef.h>

void *memset(void *to, int c, size_t n)
{
	volatile char *at = to; /* volatile: else this loop, too, is taken for a memset() */

	for (size_t i = 0; i < n; i++)
		at[i] = (char)c;
	return to;
}
