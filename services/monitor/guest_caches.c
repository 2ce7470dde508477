/* SPDX-License-Identifier: Apache-2.0 */
/* Telling a guest's caches what was written into its memory (gdb_target.h). */
#include "services/monitor/gdb_target.h"

#define LINE 64u /* at most: a longer line is cleaned more than once */

/*
 * The guest fetches through its own addresses, on other cores, and perhaps with its caches off: data goes to the point of coherency,
 * and of instruction caches everything is invalidated in all cores: by address would be by ours, of which a cache that is indexed
 * virtually knows nothing.
 */
void gdb_target_wrote(uint8_t *at, uint32_t bytes)
{
	for (uint64_t a = (uintptr_t)at & ~(uint64_t)(LINE - 1); a < (uintptr_t)at + bytes; a += LINE)
		__asm__ volatile("dc civac, %0"
				 :
				 : "r"(a)
				 : "memory");
	__asm__ volatile("dsb ish; ic ialluis; dsb ish; isb"
			 :
			 :
			 : "memory");
}
