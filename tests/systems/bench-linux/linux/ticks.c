/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the virtual counter: instructions since reset, on a machine that counts them. */
#include <stdint.h>
#include <stdio.h>

int main(void)
{
	uint64_t t;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0"
			 : "=r"(t));
	printf("ticks %llu\n", (unsigned long long)t);
	return 0;
}
