/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uses the registers that the stress test's server answers for, while that is killed over and over. Where
 * the description has the guest wait for the next server ("waiter"), it must not notice at all; else what it reads is 0
 * while there is no server, and never anything that it has not written.
 */
#include "sdk/bulkhead.h"
#include "tests/native/stress.h"

#define IBRD 0x24u /* writes are posted, reads ask */
#define IMSC 0x38u /* writes ask, reads are answered by the kernel */

static struct stress_client *state;
static bool waiter;
static uint64_t uart;

/* Plain accesses: the compiler is not told where the address comes from. */
static volatile uint32_t *reg(uint64_t address)
{
	__asm__(""
		: "+r"(address));
	return (volatile uint32_t *)(uintptr_t)address;
}

/* @last: what was read before; while the server is down, writes are lost. */
static void check(uint32_t value, uint32_t n, uint32_t *last)
{
	if (value == n) {
		*last = n;
	} else if (waiter || value > n || (value && value < *last)) {
		ledger_count(&state->errors);
	} else {
		ledger_count(&state->down);
		*last = value ? value : *last;
	}
}

static void access(uint32_t n)
{
	static uint32_t last_read, last_shadow;
	uint32_t read;

	*reg(uart + IBRD) = n;
	*reg(uart + IMSC) = n;
	read = *reg(uart + IBRD);
	check(read ? SERVED_ANSWER(read) : 0, n, &last_read);
	check(*reg(uart + IMSC), n, &last_shadow);
	ledger_count(&state->count);
}

int main(void)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_EMULATED, NULL);
	const struct stress_board *board;
	struct bh_shared b, s;

	if (!e || bh_shared_find("board", &b) != BH_OK || bh_shared_find(bh_info()->name, &s) != BH_OK)
		return 1;
	uart = e->ipa;
	board = b.data;
	state = s.data;
	waiter = text_hash(bh_info()->name) == text_hash("waiter");
	for (;;) {
		uint32_t phase = ledger_read(&board->phase);

		if (phase == PHASE_SEND && (ledger_read(&board->more) || state->count < board->quota))
			access((uint32_t)state->count + 1);
		else
			bh_sleep_until(bh_time_in_ns(1000000));
	}
}
