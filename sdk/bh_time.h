/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time: the virtual counter, which is the machine's and the same on all vCPUs, and one alarm a
 * vCPU on the virtual timer (PPI 27).
 */
#ifndef SDK_BH_TIME_H
#define SDK_BH_TIME_H

#include <stdint.h>

#define BH_TIMER_INTID 27u

/* Now, in ticks. Does not run ahead of earlier instructions. Any context. */
static inline uint64_t bh_time_ticks(void)
{
	uint64_t t;

	__asm__ volatile("isb; mrs %0, cntvct_el0"
			 : "=r"(t)
			 :
			 : "memory");
	return t;
}

/* Ticks a second. */
static inline uint64_t bh_time_frequency(void)
{
	uint64_t f;

	__asm__("mrs %0, cntfrq_el0"
		: "=r"(f));
	return f;
}

/* Rounded down; right for any time below 500 years and frequencies below 18 GHz. */
static inline uint64_t bh_time_to_ns(uint64_t ticks)
{
	uint64_t f = bh_time_frequency();

	return ticks / f * 1000000000u + ticks % f * 1000000000u / f;
}

static inline uint64_t bh_time_from_ns(uint64_t ns)
{
	uint64_t f = bh_time_frequency();

	return ns / 1000000000u * f + ns % 1000000000u * f / 1000000000u;
}

/* The instant @ns nanoseconds from now, in ticks: a deadline for bh_port.h and bh_sleep_until(). Any context. */
static inline uint64_t bh_time_in_ns(uint64_t ns)
{
	return bh_time_ticks() + bh_time_from_ns(ns);
}

/*
 * The calling vCPU's alarm: its handler runs once the counter has reached @when, then, with
 * @period > 0, at when + period, when + 2 * period … without drift; instants that are already over
 * when the handler ends are left out. Ticks. Setting it replaces it. Any context.
 */
void bh_alarm_at(uint64_t when, void (*handler)(void *arg), void *arg);
void bh_alarm_every(uint64_t when, uint64_t period, void (*handler)(void *arg), void *arg);
void bh_alarm_cancel(void);

/* Sleeps until the counter has reached @when (ticks). Handlers run meanwhile. Thread context, not masked. */
void bh_sleep_until(uint64_t when);

#endif
