/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control loop: each millisecond it takes the newest set point, moves the slide a little, and
 * publishes its state. None of its calls waits, so nobody it talks to can make it late. How late a
 * step begins is what a controller would suffer; it is part of the state.
 */
#include "sdk/bulkhead.h"
#include "systems/messages/control.h"
#include "systems/messages/plant.h"

#define STEPS_PER_SECOND 1000u
#define FASTEST_MM	 2 /* the slide's way in one step */

static struct {
	uint64_t sum, most; /* ns late */
	uint32_t steps;
} second;

/* Those it has not come to yet are old: only the newest counts. */
static void take_setpoint(struct state *s)
{
	struct setpoint wanted;
	struct bh_message m;

	while (bh_queue_receive(PORT_SETPOINT, &wanted, sizeof wanted, &m, BH_NO_WAIT) == BH_OK) {
		s->setpoint = wanted.position;
		s->taken++;
	}
}

static void move(struct state *s)
{
	int32_t way = s->setpoint - s->position;

	s->position += way > FASTEST_MM ? FASTEST_MM : way < -FASTEST_MM ? -FASTEST_MM
									 : way;
}

static void measure(struct state *s, uint64_t late_ns)
{
	s->late_ns = (uint32_t)late_ns;
	second.sum += late_ns;
	second.most = second.most > late_ns ? second.most : late_ns;
	if (++second.steps < STEPS_PER_SECOND)
		return;
	s->mean_ns = (uint32_t)(second.sum / second.steps);
	s->most_ns = (uint32_t)second.most;
	second.sum = second.most = second.steps = 0;
}

int main(void)
{
	uint64_t period = bh_time_frequency() / STEPS_PER_SECOND, due = bh_time_ticks() + period;
	struct state s = { 0 };

	for (;;) {
		uint64_t late;

		bh_sleep_until(due);
		late = bh_time_ticks() - due;
		s.missed += (uint32_t)(late / period);
		due += (late / period + 1) * period;
		s.steps++;
		measure(&s, bh_time_to_ns(late));
		take_setpoint(&s);
		move(&s);
		if (bh_sampling_write(PORT_STATE, &s, sizeof s) != BH_OK)
			return 1; /* only if description and program do not fit: the partition stops, and the health log says why */
	}
}
