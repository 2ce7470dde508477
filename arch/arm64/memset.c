/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a compiler may call where the source has an assignment or a loop (clang does, GCC as the kernel is written does not, and
 * the linker then leaves it out). Nothing in the kernel calls it by name.
 */
#include <stddef.h>
#include <stdint.h>

void *memset(void *to, int c, size_t n);

void *memset(void *to, int c, size_t n)
{
	uint8_t *at = to;

	for (size_t i = 0; i < n; i++) {
		at[i] = (uint8_t)c;
		__asm__("" ::
				: "memory"); /* else the loop is taken for what it is, and calls itself */
	}
	return to;
}
