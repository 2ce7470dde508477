/* SPDX-License-Identifier: Apache-2.0 */
/* Callers and servers. Each request has a number of its own, also one that is made again; no server gets one twice. */
#include "tests/native/stress_worker/worker.h"

#define BURST 8u
#define REPLY 0x8000u /* in a reply's channel */

static void check_reply(struct end *e, const struct bh_message *reply, uint64_t number)
{
	const uint64_t *m = reply->data;

	if (!message_good(m, e->channel ^ REPLY, reply->bytes))
		wrong(e, "spoiled reply to", number, reply->bytes);
	else if (message_number(m[0]) != number)
		wrong(e, "reply to another request", message_number(m[0]), number);
	ledger_write(&e->sent->done, number);
	ledger_count(&e->sent->count);
}

static bool failed(struct end *e, enum bh_status status, bool hurried)
{
	switch (status) {
	case BH_E_AGAIN: ledger_count(&e->sent->again); return false;
	case BH_E_PEER: ledger_count(&e->sent->peer); return false;
	case BH_E_TIMEOUT:
		ledger_count(&e->sent->timeout);
		if (!hurried)
			wrong(e, "a call hung", e->sent->begun, 0);
		return true;
	default: wrong(e, "a call answers", (uint64_t) - (int64_t)status, e->sent->begun); return false;
	}
}

static bool call(struct end *e)
{
	static uint64_t own[MESSAGE_WORDS + 1];
	uint32_t bytes = some_bytes(e->bytes);
	uint64_t number = e->sent->begun + 1;
	bool hurried = !chance(16);
	uint64_t *request = bh_port_buffer(e->port);
	struct bh_message reply;
	enum bh_status status;

	if (!request || !chance(4))
		request = own;
	ledger_write(&e->sent->begun, number);
	message_fill(request, message_head(e->channel, number, 0), bytes);
	status = bh_port_call(e->port, request, bytes, &reply, hurried ? soon(100000) : bh_time_in_ns(PATIENCE_NS));
	if (status != BH_OK)
		return failed(e, status, hurried);
	check_reply(e, &reply, number);
	return true;
}

bool end_call(struct end *e)
{
	for (uint64_t n = 1 + chance(BURST); n; n--) {
		if (!may_send(e))
			return false;
		if (!call(e))
			return false;
	}
	return true;
}

void call_nested(struct end *e)
{
	(void)call(e);
}

/* --- the server --- */

static void dawdle(void)
{
	uint64_t until;

	if (chance(64))
		return;
	until = soon(50000);
	while (bh_time_ticks() < until)
		__asm__ volatile("yield");
}

static void record_request(struct end *e, uint64_t number)
{
	if (number <= e->seen->last)
		wrong(e, "request twice", number, e->seen->last);
	ledger_write(&e->seen->last, number);
	ledger_count(&e->seen->count);
}

static uint32_t answer(void *arg, const struct bh_message *request, void *reply)
{
	struct end *e = arg;
	uint64_t number = checked(e, request->data, request->bytes);
	uint32_t bytes = some_bytes(e->reply_bytes);

	if (number)
		record_request(e, number);
	for (uint32_t i = 0; i < BH_PART_PORTS; i++)
		if (ends[i].role == ROLE_NESTED && ends[i].sent && !chance(4))
			call_nested(&ends[i]);
	dawdle();
	if (!message_good(request->data, e->channel, request->bytes))
		wrong(e, "a request changed while served", number, request->bytes);
	message_fill(reply, message_head(e->channel ^ REPLY, number, 0), bytes);
	return bytes;
}

static bool serve_one(struct end *e)
{
	static uint64_t own[MESSAGE_WORDS + 1];
	void *reply = bh_port_buffer(e->port) ? bh_port_buffer(e->port) : own;
	struct bh_message request;
	enum bh_status status = bh_port_request(e->port, &request, BH_NO_WAIT);

	if (status == BH_E_AGAIN || status == BH_E_PEER)
		return false;
	if (status != BH_OK)
		wrong(e, "taking a request answers", (uint64_t) - (int64_t)status, 0);
	status = bh_port_reply(e->port, reply, answer(e, &request, reply));
	if (status == BH_E_TIMEOUT)
		ledger_count(&e->seen->timeout);
	else if (status == BH_E_PEER)
		ledger_count(&e->seen->peer);
	else if (status != BH_OK)
		wrong(e, "a reply answers", (uint64_t) - (int64_t)status, e->seen->last);
	return true;
}

bool end_serve(struct end *e)
{
	enum bh_status status;

	if (chance(2))
		return serve_one(e);
	status = bh_port_serve(e->port, answer, e, soon(200000));
	if (status != BH_E_TIMEOUT)
		wrong(e, "serving answers", (uint64_t) - (int64_t)status, e->seen->last);
	return false;
}
