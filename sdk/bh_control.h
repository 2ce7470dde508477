/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control of other partitions: those that the description's `controls` names. Any context; none of these
 * waits. A change has been ordered when the function returns, and takes time: look at the state, or wait
 * for an event of a port that one shares with that partition (bh_port_wait_peer()).
 */
#ifndef SDK_BH_CONTROL_H
#define SDK_BH_CONTROL_H

#include <stdint.h>

#include "sdk/bh_call.h"

/* The capability to control partition @name. BH_E_CAP: there is none. */
BH_MUST_CHECK enum bh_status bh_control_find(const char *name, uint32_t *cap);

struct bh_control_state {
	enum bh_run_state run;
	uint32_t ends; /* times it has ended since the system began */
};

/* All of these: BH_E_CAP: @cap is no control; BH_E_RIGHT: not this. @state, if not NULL: as it was when the call was done. */
BH_MUST_CHECK enum bh_status bh_control_state(uint32_t cap, struct bh_control_state *state);
BH_MUST_CHECK enum bh_status bh_control_start(uint32_t cap, struct bh_control_state *state);   /* BH_E_STATE: it is not off */
BH_MUST_CHECK enum bh_status bh_control_stop(uint32_t cap, struct bh_control_state *state);    /* of one that is off: BH_OK */
BH_MUST_CHECK enum bh_status bh_control_restart(uint32_t cap, struct bh_control_state *state); /* BH_E_STATE: off, or restart = "never" */
BH_MUST_CHECK enum bh_status bh_control_feed(uint32_t cap, struct bh_control_state *state);    /* its watchdog, in its place. BH_E_STATE: it has none, or does not run */

/*
 * For who `inspects` it. Pausing takes time, as stopping does: bh_control_state() says BH_RUN_PAUSED when all its vCPUs stand still.
 * _release: of one that has ended and is held; it goes on to its next start, or is off. BH_E_STATE: it is not in the state that this ends.
 */
BH_MUST_CHECK enum bh_status bh_control_pause(uint32_t cap, struct bh_control_state *state);
BH_MUST_CHECK enum bh_status bh_control_resume(uint32_t cap, struct bh_control_state *state);
BH_MUST_CHECK enum bh_status bh_control_release(uint32_t cap, struct bh_control_state *state);

#endif
