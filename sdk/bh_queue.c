/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queuing ports. The kernel never waits in SEND and RECEIVE: who finds no room, or nothing, waits for the
 * port's event here and looks again. An event that came between the look and the wait ends the wait at
 * once, so none is lost; one without cause costs another look.
 */
#include "sdk/bh_call.h"
#include "sdk/bh_port.h"
#include "sdk/port_inside.h"

/* By value: the call changes them. */
static int64_t send_once(struct bh_port_args a)
{
	return bh_call7(BH_CALL_SEND, a.x);
}

enum bh_status bh_queue_send(uint32_t port, const void *message, uint32_t bytes, uint64_t deadline)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_QUEUING);
	struct bh_port_args a;
	int64_t status;

	if (!e)
		return bh_port_refuse(port);
	a = bh_port_load(e, true, (uint32_t)e->bytes, message, bytes);
	for (;;) {
		status = send_once(a);
		if (status != BH_E_AGAIN || deadline == BH_NO_WAIT)
			return (enum bh_status)status;
		status = bh_port_await(port, deadline);
		if (status)
			return (enum bh_status)status;
	}
}

static int64_t receive(const struct bh_info_entry *e, struct bh_message *m, uint64_t deadline)
{
	for (;;) {
		int64_t status = bh_port_take(e, m);

		if (status != BH_E_AGAIN || deadline == BH_NO_WAIT)
			return status;
		status = bh_port_await(e->cap, deadline);
		if (status)
			return status;
	}
}

enum bh_status bh_queue_view(uint32_t port, struct bh_message *m, uint64_t deadline)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_QUEUING);

	return e ? (enum bh_status)receive(e, m, deadline) : bh_port_refuse(port);
}

enum bh_status bh_queue_receive(uint32_t port, void *to, uint32_t room, struct bh_message *m, uint64_t deadline)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_QUEUING);
	int64_t status;

	if (!e)
		return bh_port_refuse(port);
	if (room < e->bytes)
		return BH_E_ARG;
	status = receive(e, m, deadline);
	if (status == BH_OK)
		bh_port_copy(m, to);
	return (enum bh_status)status;
}

/* No more than can have been there: a sender that is faster does not keep us here. */
enum bh_status bh_queue_clear(uint32_t port)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_QUEUING);
	struct bh_message m;
	int64_t status = BH_OK;

	if (!e)
		return bh_port_refuse(port);
	for (uint32_t i = 0; i < e->depth && status == BH_OK; i++)
		status = bh_port_take(e, &m);
	return status == BH_E_AGAIN || status == BH_E_PEER ? BH_OK : (enum bh_status)status;
}
