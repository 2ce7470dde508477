/* SPDX-License-Identifier: Apache-2.0 */
/* Cleaning to the point of coherency, where debuggers and a machine that is read from outside see it. */
#include "services/monitor/dump_store.h"

#define LINE 64u /* at most: a longer line is cleaned more than once */

void dump_store_clean(const void *at, uint64_t bytes)
{
	uint64_t a = (uintptr_t)at & ~(uint64_t)(LINE - 1);

	for (; a < (uintptr_t)at + bytes; a += LINE)
		__asm__ volatile("dc cvac, %0"
				 :
				 : "r"(a)
				 : "memory");
	__asm__ volatile("dsb sy"
			 :
			 :
			 : "memory");
}
