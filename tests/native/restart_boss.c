/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restarts `phoenix` as many times as its own name says, and tells how long each took, from the order to the first message of the
 * new life: the first, the last, the shortest and the longest (test_restarts.py). Then it rests for ever. The first ten do not count:
 * of so many the kernel still prints the log's lines itself.
 */
#include "sdk/bulkhead.h"

#define PRINTED 10u

static struct {
	uint64_t first, last, least, most;
} took = { .least = UINT64_MAX };

static uint32_t alive, cap;

static uint32_t wanted(void)
{
	const char *s = bh_info()->name;
	uint32_t n = 0;

	for (; *s; s++)
		if (*s >= '0' && *s <= '9')
			n = n * 10 + (uint32_t)(*s - '0');
	return n;
}

/* The new life has said so; its predecessor's last words were dropped. */
static uint64_t hear(void)
{
	struct bh_message m;

	while (bh_queue_view(alive, &m, BH_NEVER) != BH_OK)
		if (bh_port_wait_peer(alive, BH_NEVER) != BH_OK)
			return 0;
	return m.time;
}

static void account(uint32_t i, uint64_t ticks)
{
	if (i < PRINTED)
		return;
	took.first = took.first ? took.first : ticks;
	took.last = ticks;
	took.least = ticks < took.least ? ticks : took.least;
	took.most = ticks > took.most ? ticks : took.most;
}

int main(void)
{
	uint32_t n = wanted();

	if (bh_port_find("alive", &alive) != BH_OK || bh_control_find("phoenix", &cap) != BH_OK)
		return 1;
	hear();
	for (uint32_t i = 0; i < n; i++) {
		uint64_t begun;

		bh_sleep_until(bh_time_in_ns(20000)); /* it comes to rest */
		begun = bh_time_ticks();
		if (bh_control_restart(cap, NULL) != BH_OK)
			return 1;
		account(i, hear() - begun);
	}
	bh_printf("restarts %u first %u last %u least %u most %u\n", n, (uint32_t)bh_time_to_ns(took.first), (uint32_t)bh_time_to_ns(took.last),
		  (uint32_t)bh_time_to_ns(took.least), (uint32_t)bh_time_to_ns(took.most));
	for (;;)
		bh_wait();
}
