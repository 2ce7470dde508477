/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition that counts: a tick every millisecond, none of which it may miss, and memory that
 * nobody else may change. Every 250 ticks it says how that went.
 */
#include "sdk/bulkhead.h"

#define PERIOD_NS 1000000u
#define REPORT	  250u
#define WORDS	  8192u

static uint64_t pattern[WORDS];
static volatile uint64_t ticks, worst;
static uint64_t begin, period;

static void on_tick(void *arg)
{
	uint64_t now = bh_time_ticks(), nth = (now - begin) / period;
	uint64_t late = now - begin - nth * period;

	(void)arg;
	ticks = ticks + 1;
	if (late > worst)
		worst = late;
}

static uint64_t expected(uint64_t i)
{
	return i * 0x9e3779b97f4a7c15u ^ 0x5bd1e995u;
}

static uint32_t changed(void)
{
	uint32_t n = 0;

	for (uint64_t i = 0; i < WORDS; i++)
		n += ((volatile uint64_t *)pattern)[i] != expected(i);
	return n;
}

int main(void)
{
	uint64_t next = REPORT;

	for (uint64_t i = 0; i < WORDS; i++)
		pattern[i] = expected(i);
	period = bh_time_from_ns(PERIOD_NS);
	begin = bh_time_ticks() + period;
	bh_alarm_every(begin, period, on_tick, NULL);
	for (;;) {
		while (ticks < next)
			bh_wait();
		/* Instants that were over before their handler ran were left out: they are missing here. */
		bh_printf("ticks %llu missed %lld changed %u worst %llu us\n", (unsigned long long)ticks,
			  (long long)((bh_time_ticks() - begin) / period + 1 - ticks), changed(),
			  (unsigned long long)(bh_time_to_ns(worst) / 1000));
		next = ticks + REPORT;
	}
}
