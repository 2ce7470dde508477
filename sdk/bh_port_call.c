/* SPDX-License-Identifier: Apache-2.0 */
/* Call ports: the caller's side, and the server's, by steps or as a loop. */
#include "sdk/bh_call.h"
#include "sdk/bh_cpu.h"
#include "sdk/bh_port.h"
#include "sdk/port_inside.h"

enum bh_status bh_port_call(uint32_t port, const void *request, uint32_t bytes, struct bh_message *reply,
			    uint64_t deadline)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_CALL);
	struct bh_port_args a;
	int64_t status;

	if (!e)
		return bh_port_refuse(port);
	a = bh_port_load(e, true, (uint32_t)e->bytes, request, bytes);
	a.x[X_DEADLINE] = deadline;
	status = bh_call7(BH_CALL_CALL, a.x);
	if (status == BH_OK)
		bh_port_show(reply, e, e->reply_bytes, a.x);
	else
		*reply = (struct bh_message){ 0 };
	return (enum bh_status)status;
}

/* SERVE, over interrupts: their handlers run, and what has been replied is not replied again. */
static int64_t serve(const struct bh_info_entry *e, struct bh_port_args a, struct bh_message *request,
		     uint64_t deadline)
{
	int64_t status;

	for (;;) {
		a.x[X_DEADLINE] = deadline;
		status = bh_call7(BH_CALL_SERVE, a.x);
		if (status != BH_E_AGAIN)
			break;
		bh_irq_let();
		a = (struct bh_port_args){ .x = { e->cap } };
	}
	if (status == BH_OK)
		bh_port_show(request, e, (uint32_t)e->bytes, a.x);
	else
		*request = (struct bh_message){ 0 };
	return status;
}

enum bh_status bh_port_request(uint32_t port, struct bh_message *request, uint64_t deadline)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_CALL);

	if (!e)
		return bh_port_refuse(port);
	if (deadline == BH_NO_WAIT)
		return (enum bh_status)bh_port_take(e, request);
	return (enum bh_status)serve(e, (struct bh_port_args){ .x = { port } }, request, deadline);
}

enum bh_status bh_port_reply(uint32_t port, const void *reply, uint32_t bytes)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_CALL);
	struct bh_port_args a;

	if (!e)
		return bh_port_refuse(port);
	a = bh_port_load(e, false, e->reply_bytes, reply, bytes);
	return (enum bh_status)bh_call7(BH_CALL_REPLY, a.x);
}

enum bh_status bh_port_serve(uint32_t port,
			     uint32_t (*answer)(void *arg, const struct bh_message *request, void *reply), void *arg,
			     uint64_t deadline)
{
	const struct bh_info_entry *e = bh_port_of(port, BH_PORT_CALL);
	uint64_t words[BH_SHORT_BYTES / sizeof(uint64_t)];
	void *reply = bh_port_buffer(port) ? bh_port_buffer(port) : words;
	struct bh_port_args a = { .x = { port } };
	struct bh_message request;

	if (!e)
		return bh_port_refuse(port);
	for (;;) {
		int64_t status = serve(e, a, &request, deadline);
		uint32_t bytes;

		if (status)
			return (enum bh_status)status;
		bytes = answer(arg, &request, reply);
		if (!bytes)
			return BH_OK;
		a = bh_port_load(e, false, e->reply_bytes, reply, bytes);
	}
}
