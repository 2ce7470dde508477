/* SPDX-License-Identifier: Apache-2.0 */
/* Sampling ports: the last value, whoever writes and reads how often. */
#include "sdk/bh_call.h"
#include "sdk/bh_port.h"
#include "sdk/bh_time.h"
#include "sdk/port_inside.h"

enum bh_status bh_sampling_write(uint32_t port, const void *message, uint32_t bytes)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_SAMPLING);
	struct bh_port_args a;

	if (!e)
		return bh_port_refuse(port);
	a = bh_port_load(e, true, (uint32_t)e->bytes, message, bytes);
	return (enum bh_status)bh_call7(BH_CALL_SEND, a.x);
}

static bool within(uint64_t period_ns, uint64_t time)
{
	return !period_ns || bh_time_ticks() - time <= bh_time_from_ns(period_ns);
}

static int64_t view(const struct bh_info_entry *e, struct bh_message *m)
{
	int64_t status = bh_port_take(e, m);

	if (status)
		return status;
	m->valid = within(e->period_ns, m->time);
	bh_port_note_valid(e->cap, m->valid);
	return BH_OK;
}

enum bh_status bh_sampling_view(uint32_t port, struct bh_message *m)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_SAMPLING);

	return e ? (enum bh_status)view(e, m) : bh_port_refuse(port);
}

enum bh_status bh_sampling_read(uint32_t port, void *to, uint32_t room, struct bh_message *m)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_SAMPLING);
	int64_t status;

	if (!e)
		return bh_port_refuse(port);
	if (room < e->bytes)
		return BH_E_ARG;
	status = view(e, m);
	if (status == BH_OK)
		bh_port_copy(m, to);
	return (enum bh_status)status;
}

/* Nothing fresh: why, or BH_OK once there was an event. */
static int64_t await_fresh(uint32_t port, uint64_t deadline)
{
	struct bh_port_state state;
	int64_t status = bh_port_state(port, &state);

	if (status)
		return status;
	if (!state.peer_runs)
		return BH_E_PEER;
	return deadline == BH_NO_WAIT ? BH_E_AGAIN : bh_port_await(port, deadline);
}

/* What a writer left that has ended meanwhile comes first: the value is looked at again before it is given up. */
enum bh_status bh_sampling_wait(uint32_t port, struct bh_message *m, uint64_t deadline)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_SAMPLING);
	int64_t why = BH_OK;

	if (!e)
		return bh_port_refuse(port);
	for (;;) {
		int64_t status = view(e, m);

		if (status == BH_OK && m->fresh)
			return BH_OK;
		if (status != BH_OK && status != BH_E_AGAIN && status != BH_E_PEER)
			return (enum bh_status)status;
		if (why)
			return (enum bh_status)why;
		why = await_fresh(port, deadline);
	}
}
