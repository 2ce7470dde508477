/* SPDX-License-Identifier: Apache-2.0 */
/* The source: every 10 ms a block of samples, as a converter's interrupt would bring them. */
#include "sdk/bulkhead.h"
#include "systems/pipeline/pipeline.h"
#include "systems/pipeline/sampler.h"

#define PERIOD_NS 10000000u

/* A triangle between -1000 and 1000, one turn of 400 samples after the other. */
static int16_t sample(uint32_t n)
{
	int32_t phase = (int32_t)(n % 400);

	return (int16_t)(phase < 200 ? 10 * phase - 1000 : 3000 - 10 * phase);
}

int main(void)
{
	uint64_t due = bh_time_ticks();
	struct bh_shared shared;
	struct samples *s;

	if (bh_shared_find("samples", &shared) != BH_OK)
		return 1;
	s = shared.data;
	for (;;) {
		uint32_t n = s->written; /* outlives a restart of ours */

		for (uint32_t i = 0; i < BLOCK; i++)
			s->sample[n % BLOCKS][i] = sample(n * BLOCK + i);
		__atomic_store_n(&s->written, n + 1, __ATOMIC_RELEASE);
		/* An analyser that does not run misses blocks, no more. */
		if (bh_signal_send(PORT_BLOCK) == BH_E_CAP)
			return 1;
		due += bh_time_from_ns(PERIOD_NS);
		bh_sleep_until(due);
	}
}
