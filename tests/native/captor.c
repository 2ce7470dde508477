/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes the cores of `captive` back, again and again, whatever that one does on them: by restarts, then by a stop and a start. Says
 * for each thing that it did how long it took from the order to the next life's first word, and what that one found left over.
 */
#include "sdk/bulkhead.h"
#include "tests/native/captive.h"

#define LIVES	   (2 * CAPTIVE_ACTS)
#define SETTLED_NS 300000u
#define PATIENT_NS 2000000000u

static uint32_t alive, cap;

static bool hear(struct captive_word *w, uint64_t *time)
{
	struct bh_message m;
	uint64_t until = bh_time_in_ns(PATIENT_NS);

	while (bh_queue_view(alive, &m, until) != BH_OK)
		if (bh_time_ticks() >= until || bh_port_wait_peer(alive, until) != BH_OK)
			return false;
	*w = *(const struct captive_word *)m.data;
	*time = m.time;
	return true;
}

static int lost(const char *how, uint32_t act)
{
	bh_printf("captive is lost: %s, it did %u\n", how, act);
	return 1;
}

static bool comes_to(enum bh_run_state run)
{
	uint64_t until = bh_time_in_ns(PATIENT_NS);
	struct bh_control_state s;

	do {
		if (bh_control_state(cap, &s) != BH_OK)
			return false;
		if (s.run == run)
			return true;
		bh_sleep_until(bh_time_in_ns(100000));
	} while (bh_time_ticks() < until);
	return false;
}

int main(void)
{
	struct captive_word w;
	uint64_t begun, time;
	uint32_t act = 0;

	if (bh_port_find("alive", &alive) != BH_OK || (bh_control_find("captive", &cap) != BH_OK && bh_control_find("trusted", &cap) != BH_OK))
		return 1;
	if (!hear(&w, &time))
		return lost("it did not begin", 0);
	for (uint32_t i = 0; i < LIVES; i++) {
		act = w.act;
		bh_sleep_until(bh_time_in_ns(SETTLED_NS));
		begun = bh_time_ticks();
		if (i % 2 == 0) {
			if (bh_control_restart(cap, NULL) != BH_OK)
				return lost("no restart", act);
		} else {
			if (bh_control_stop(cap, NULL) != BH_OK || !comes_to(BH_RUN_OFF))
				return lost("it does not stop", act);
			if (bh_control_start(cap, NULL) != BH_OK)
				return lost("it does not start", act);
		}
		if (!hear(&w, &time))
			return lost("it did not come back", act);
		bh_printf("did %u back in %u left %x\n", act, (uint32_t)bh_time_to_ns(time - begun), w.left);
	}
	bh_printf("captive was taken back %u times\n", LIVES);
	for (;;)
		bh_wait();
}
