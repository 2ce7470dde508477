/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual timer of each vCPU carries its alarm and its sleep, whichever comes first. Its line
 * is level: it falls when the comparator is set to the future or the timer is off.
 */
#include "sdk/bh_time.h"

#include <stddef.h>

#include "sdk/bh_cpu.h"
#include "sdk/bh_irq.h"
#include "sdk/sdk_inside.h"

#define NEVER  UINT64_MAX
#define CTL_ON 1ull

struct clock {
	uint64_t alarm, period, sleep; /* ticks; NEVER */
	void (*handler)(void *arg);
	void *arg;
	bool enabled; /* its interrupt: from the first alarm or sleep on */
};
static struct clock clocks[MAX_VCPUS];

static struct clock *mine(void)
{
	return &clocks[bh_cpu_index() % MAX_VCPUS];
}

static void program(const struct clock *c)
{
	uint64_t next = c->alarm < c->sleep ? c->alarm : c->sleep;

	__asm__ volatile("msr cntv_cval_el0, %0"
			 :
			 : "r"(next));
	__asm__ volatile("msr cntv_ctl_el0, %0; isb"
			 :
			 : "r"(next == NEVER ? 0 : CTL_ON)
			 : "memory");
}

/* The instants that have passed while it was late are left out, in one step. */
static uint64_t following(uint64_t when, uint64_t period)
{
	uint64_t now = bh_time_ticks();

	if (!period)
		return NEVER;
	when += period;
	return when > now ? when : when + (now - when) / period * period + period;
}

static void ring(struct clock *c)
{
	uint64_t when = c->alarm, period = c->period;

	c->alarm = NEVER;
	if (period) /* before the handler, which may set another */
		c->alarm = when + period;
	c->handler(c->arg);
	if (period && c->alarm == when + period && c->period == period && c->alarm <= bh_time_ticks())
		c->alarm = following(when, period);
}

static void expired(void *arg)
{
	struct clock *c = mine();

	(void)arg;
	if (c->alarm <= bh_time_ticks())
		ring(c);
	if (c->sleep <= bh_time_ticks())
		c->sleep = NEVER;
	program(c);
}

void bh_timer_init_cpu(void)
{
	*mine() = (struct clock){ .alarm = NEVER, .sleep = NEVER };
	program(mine());
}

/* The calling vCPU's, to be set. Interrupts are masked. */
static struct clock *begin(void)
{
	struct clock *c = mine();

	if (!c->enabled) {
		c->enabled = true;
		bh_irq_enable(BH_TIMER_INTID, expired, NULL, BH_PRIORITY_HIGH);
	}
	return c;
}

void bh_alarm_every(uint64_t when, uint64_t period, void (*handler)(void *arg), void *arg)
{
	uint64_t daif = bh_irq_mask();
	struct clock *c = begin();

	c->alarm = when;
	c->period = period;
	c->handler = handler;
	c->arg = arg;
	program(c);
	bh_irq_restore(daif);
}

void bh_alarm_at(uint64_t when, void (*handler)(void *arg), void *arg)
{
	bh_alarm_every(when, 0, handler, arg);
}

void bh_alarm_cancel(void)
{
	bh_alarm_every(NEVER, 0, NULL, NULL);
}

void bh_sleep_until(uint64_t when)
{
	uint64_t daif = bh_irq_mask();
	struct clock *c = begin();

	c->sleep = when;
	program(c);
	while (bh_time_ticks() < when)
		bh_wait();
	c->sleep = NEVER;
	program(c);
	bh_irq_restore(daif);
}
