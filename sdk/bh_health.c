/* SPDX-License-Identifier: Apache-2.0 */
/* Calls about the partition's own health. */
#include "sdk/bh_health.h"

#include "sdk/bh_log.h"

enum bh_status bh_watchdog_feed(struct bh_watchdog *next)
{
	uint64_t x[7] = { 0 };
	int64_t status = bh_call7(BH_CALL_FEED, x);

	if (status == BH_OK && next)
		*next = (struct bh_watchdog){ .by = x[0], .not_before = x[1] };
	return (enum bh_status)status;
}

void bh_deadline(uint64_t when)
{
	uint64_t x[7] = { when };

	(void)bh_call7(BH_CALL_DEADLINE, x);
}

void bh_panic(uint64_t code)
{
	uint64_t x[7] = { code };

	(void)bh_call7(BH_CALL_PANIC, x);
}

/* Where the policy would let it go on, there is nothing to go on with. */
void bh_assert_failed(const char *condition, const char *file, uint32_t line)
{
	bh_printf("%s:%u: does not hold: %s\n", file, line, condition);
	bh_panic(line);
	bh_partition_off();
}

struct bh_self bh_self(void)
{
	uint64_t x[7] = { 0 };

	(void)bh_call7(BH_CALL_SELF, x); /* on a kernel of our version it answers BH_OK only */
	return (struct bh_self){ .ends = (uint32_t)x[0], .begin = (enum bh_begin)x[1] };
}
