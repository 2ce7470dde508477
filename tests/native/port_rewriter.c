/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends from one vCPU what another one is writing at that moment: all its out buffers, over and over, while the
 * kernel copies; and now and then the other one sends as well. It may spoil its own messages, and nothing else.
 */
#include "sdk/bulkhead.h"
#include "tests/native/port_tag.h"
#include "tests/native/stress.h"

#define MESSAGES 50000u
#define ARRIVED	 11000u /* of these at least: accepted where nothing is dropped or written over */
#define PAUSE_NS 1000000u

static volatile uint64_t answers[9]; /* by -status */
static char stack[BH_CPU_STACK_MIN] __attribute__((aligned(16)));

static void rewrite(const struct bh_info_entry *e, uint64_t *random)
{
	volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)e->ipa2;

	for (uint32_t i = 0; word && i < bh_buffer_bytes((uint32_t)e->bytes) / 8; i++)
		word[i] = tagged(random_of(random));
}

static int64_t send(const struct bh_info_entry *e, uint64_t *random)
{
	uint64_t x[7] = { e->cap, 8 + random_of(random) % (e->bytes - 7) };
	int64_t status = bh_call7(BH_CALL_SEND, x);

	if (status <= 0 && status > -9)
		answers[-status] = answers[-status] + 1;
	return status;
}

static void rewriting(void *arg)
{
	uint64_t random = 0x1234567;

	(void)arg;
	for (;;) {
		const struct bh_info_entry *e = NULL;

		while ((e = bh_info_next(BH_INFO_PORT, e))) {
			rewrite(e, &random);
			if (random_of(&random) % 8 == 0)
				(void)send(e, &random);
		}
	}
}

int main(void)
{
	const struct bh_info_entry *e = NULL;
	uint64_t random = 0x7654321, events, all = 0;

	while ((e = bh_info_next(BH_INFO_PORT, e))) {
		rewrite(e, &random);
		all |= BH_PORT_BIT(e->cap);
	}
	if (bh_cpu_on(1, rewriting, NULL, stack, sizeof stack) != 0)
		bh_log("FAILED: no second vCPU");
	for (uint32_t n = 0, arrived = 0; n < MESSAGES || arrived < ARRIVED;) {
		while ((e = bh_info_next(BH_INFO_PORT, e)))
			if (send(e, &random) == BH_OK) {
				n++;
				arrived += BH_INFO_PORT_KIND(e->flags) == BH_PORT_QUEUING && !(e->flags & BH_INFO_PORT_DROP);
			}
		if (random_of(&random) % 4 == 0)
			(void)!bh_port_wait(all, bh_time_in_ns(random_of(&random) % PAUSE_NS), &events);
	}
	bh_printf("rewritten: sent %llu busy %llu full %llu other %llu\n", (unsigned long long)answers[0],
		  (unsigned long long)answers[-BH_E_STATE], (unsigned long long)answers[-BH_E_AGAIN],
		  (unsigned long long)(answers[-BH_E_CAP] + answers[-BH_E_RIGHT] + answers[-BH_E_ARG]));
	for (;;)
		(void)!bh_port_wait(all, BH_NEVER, &events);
}
