/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control loop at 1 kHz: each step is due at a fixed instant, and how late it begins is what a
 * controller would suffer. Every two seconds a line says the least, mean and greatest lateness.
 */
#include "sdk/bulkhead.h"

#define STEPS_PER_SECOND 1000u
#define REPORT_SECONDS	 2u

struct lateness {
	uint64_t least, most, sum; /* ticks */
	uint32_t steps, missed;	   /* missed: its instant was over before it began */
};

static uint64_t period, due; /* ticks */
static struct lateness now_measured;

static void step(void *arg)
{
	struct lateness *l = arg;
	uint64_t late = bh_time_ticks() - due;

	l->least = l->steps && l->least < late ? l->least : late;
	l->most = l->most > late ? l->most : late;
	l->sum += late;
	l->steps++;
	l->missed += (uint32_t)(late / period);
	due += (late / period + 1) * period;
}

static struct lateness take_measured(void)
{
	uint64_t daif = bh_irq_mask();
	struct lateness l = now_measured;

	now_measured = (struct lateness){ 0 };
	bh_irq_restore(daif);
	return l;
}

static void report(uint64_t *worst)
{
	struct lateness l = take_measured();

	if (!l.steps)
		return;
	*worst = *worst > l.most ? *worst : l.most;
	bh_printf("jitter of %u steps: late by %llu / %llu / %llu ns (min / avg / max), worst %llu ns, %u missed\n", l.steps,
		  (unsigned long long)bh_time_to_ns(l.least), (unsigned long long)bh_time_to_ns(l.sum / l.steps),
		  (unsigned long long)bh_time_to_ns(l.most), (unsigned long long)bh_time_to_ns(*worst), l.missed);
}

int main(void)
{
	uint64_t worst = 0, next = bh_time_ticks();

	period = bh_time_frequency() / STEPS_PER_SECOND;
	due = next + period;
	bh_alarm_every(due, period, step, &now_measured);
	for (;;) {
		next += REPORT_SECONDS * bh_time_frequency();
		bh_sleep_until(next);
		report(&worst);
	}
}
