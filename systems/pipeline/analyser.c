/* SPDX-License-Identifier: Apache-2.0 */
/* The middle: waits for the signal, reads the new blocks where they are, and tells the keeper of each. */
#include "sdk/bulkhead.h"
#include "systems/pipeline/analyser.h"
#include "systems/pipeline/pipeline.h"

#define CALL_NS	   5000000u
#define SHOW_EVERY 100u

static uint32_t missed;

static struct result look_at(const struct samples *s, uint32_t block)
{
	struct result r = { .block = block };
	uint32_t sum = 0;

	for (uint32_t i = 0; i < BLOCK; i++) {
		int32_t v = s->sample[block % BLOCKS][i];
		uint32_t size = (uint32_t)(v < 0 ? -v : v);

		r.peak = r.peak > size ? r.peak : size;
		sum += size;
	}
	r.mean = sum / BLOCK;
	return r;
}

static void tell_keeper(struct result r)
{
	struct bh_message reply;
	enum bh_status status = bh_port_call(PORT_RESULT, &r, sizeof r, &reply, bh_time_in_ns(CALL_NS));
	const struct result *all = reply.data;

	if (status != BH_OK)
		bh_printf("block %u: the keeper does not answer (%d)\n", r.block, (int)status);
	else if (r.block % SHOW_EVERY == 0)
		bh_printf("block %u: peak %u, mean %u; keeper: %u blocks, peak %u, %u missed\n", r.block, r.peak, r.mean,
			  all->block, all->peak, all->missed);
}

/* Of what is new, the last two: older ones may be overwritten while they are read. */
static uint32_t catch_up(const struct samples *s, uint32_t next)
{
	uint32_t written = __atomic_load_n(&s->written, __ATOMIC_ACQUIRE);

	if (written - next > 2) {
		missed += written - next - 2;
		next = written - 2;
	}
	for (; next != written; next++) {
		struct result r = look_at(s, next);

		r.missed = missed;
		tell_keeper(r);
	}
	return next;
}

int main(void)
{
	struct bh_shared shared;
	uint32_t next;

	if (bh_shared_find("samples", &shared) != BH_OK || bh_port_wait_peer(PORT_RESULT, BH_NEVER) != BH_OK)
		return 1;
	next = __atomic_load_n(&((const struct samples *)shared.data)->written, __ATOMIC_ACQUIRE);
	do
		next = catch_up(shared.data, next);
	while (bh_signal_wait(PORT_BLOCK, BH_NEVER) == BH_OK);
	return 1;
}
