/* SPDX-License-Identifier: Apache-2.0 */
/* A server on its caller's core, for sdk_ports.c: a number and one is the reply. */
#include "sdk/bulkhead.h"

static uint32_t answer(void *arg, const struct bh_message *request, void *reply)
{
	(void)arg;
	*(uint64_t *)reply = *(const uint64_t *)request->data + 1;
	return sizeof(uint64_t);
}

int main(void)
{
	uint32_t port;

	if (bh_port_find("near", &port) == BH_OK)
		bh_printf("serving ended: %d\n", (int)bh_port_serve(port, answer, NULL, BH_NEVER));
	return 1;
}
