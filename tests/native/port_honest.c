/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends the victim (port_victim.c) numbered messages on all ports that it has to it, and now and then calls whoever
 * it may call, who may answer what he likes.
 */
#include "sdk/bulkhead.h"
#include "tests/native/stress.h"

#define PACE_NS 100000u
#define CALL_NS 50000u

static uint64_t random_state = 0x9e3779b97f4a7c15u;
static uint64_t numbers[BH_PART_PORTS];

static void send(const struct bh_info_entry *e)
{
	static uint64_t message[BH_MESSAGE_MAX / 8 + 1];
	uint32_t bytes = MESSAGE_LEAST + (uint32_t)(random_of(&random_state) % (e->bytes - MESSAGE_LEAST + 1));
	enum bh_status status;

	message_fill(message, message_head(text_hash(e->name) & 0xffff, numbers[e->cap] + 1, 0), bytes);
	if (BH_INFO_PORT_KIND(e->flags) == BH_PORT_SAMPLING)
		status = bh_sampling_write(e->cap, message, bytes);
	else
		status = bh_queue_send(e->cap, message, bytes, BH_NO_WAIT);
	if (status == BH_OK)
		numbers[e->cap]++;
	else if (status != BH_E_AGAIN && status != BH_E_PEER)
		bh_printf("FAILED %s: sending answers %d\n", e->name, (int)status);
}

static void call(const struct bh_info_entry *e)
{
	static uint64_t request[BH_MESSAGE_MAX / 8];
	struct bh_message reply;
	enum bh_status status = bh_port_call(e->cap, request, (uint32_t)e->bytes, &reply, bh_time_in_ns(CALL_NS));

	if (status == BH_E_CAP || status == BH_E_RIGHT || status == BH_E_ARG || status == BH_E_STATE)
		bh_printf("FAILED %s: a call answers %d\n", e->name, (int)status);
	if (status == BH_OK && (!reply.bytes || reply.bytes > e->reply_bytes))
		bh_printf("FAILED %s: a reply of %u bytes\n", e->name, reply.bytes);
}

int main(void)
{
	for (;;) {
		const struct bh_info_entry *e = NULL;

		while ((e = bh_info_next(BH_INFO_PORT, e))) {
			if (BH_INFO_PORT_KIND(e->flags) == BH_PORT_CALL)
				call(e);
			else
				send(e);
		}
		bh_sleep_until(bh_time_in_ns(PACE_NS));
	}
}
