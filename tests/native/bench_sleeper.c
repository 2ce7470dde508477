/* SPDX-License-Identifier: Apache-2.0 */
/* Is there, and sleeps: another of the benchmark's core. */
#include "sdk/bulkhead.h"

int main(void)
{
	for (;;)
		bh_wait();
}
