/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver as one does not want it: every few seconds it fails in another way, and in between when it is ordered to, by the name of a
 * fault. It feeds its watchdog and publishes what it "measures" for as long as it lives.
 */
#include "sdk/bulkhead.h"
#include "systems/faults/driver.h" /* PORT_MEASURED, PORT_ORDER */
#include "systems/faults/faults.h"

#define TURN_NS	 10000000u
#define FAULT_NS 6000000000ull
#define KEPT	 0x4b454550u

/* What a warm start leaves: checked, since it is what an earlier life left. */
static BH_NOINIT struct {
	uint32_t magic;
	uint32_t turns; /* of all lives since the last cold start */
} kept;

static volatile uint32_t never; /* what the compiler must not know */

static void fault_access(void)
{
	*(volatile uint32_t *)(uintptr_t)0x09050000 = 1; /* no device there */
}

static void fault_hang(void)
{
	bh_irq_mask();
	for (;;)
		;
}

static void fault_panic(void)
{
	bh_panic(4711);
}

static void fault_instruction(void)
{
	__asm__ volatile("msr actlr_el1, xzr"); /* the processor's own business */
}

static uint32_t fall(uint32_t depth)
{
	volatile uint8_t much[1024];

	much[0] = (uint8_t)depth;
	return never ? 0 : fall(depth + 1) + much[0];
}

static void fault_stack(void)
{
	never = fall(0);
}

static void fault_assert(void)
{
	bh_assert(never);
}

static void fault_call(void)
{
	(void)!bh_control_stop(63, NULL); /* whose capability would that be? */
}

static void fault_deadline(void)
{
	uint64_t end = bh_time_in_ns(5000000);

	bh_deadline(bh_time_in_ns(1000000));
	while (bh_time_ticks() < end)
		;
	bh_deadline(BH_NEVER);
}

static void fault_flood(void)
{
	for (uint32_t i = 0; i < 2000; i++) {
		bh_printf("flood %u\n", i);
		(void)!bh_control_stop(63, NULL);
	}
}

static void fault_off(void)
{
	bh_partition_off();
}

static const struct fault {
	const char *name;
	void (*commit)(void);
} faults[] = {
	{ "access", fault_access },
	{ "hang", fault_hang },
	{ "panic", fault_panic },
	{ "instruction", fault_instruction },
	{ "stack", fault_stack },
	{ "assert", fault_assert },
	{ "call", fault_call },
	{ "deadline", fault_deadline },
	{ "flood", fault_flood },
	{ "off", fault_off },
};

#define FAULTS (sizeof faults / sizeof faults[0])

static void commit(const struct fault *f)
{
	bh_printf("now: %s\n", f->name);
	f->commit();
}

/* Does the order, which may end with a newline, begin with that name? */
static bool names(const char *order, uint32_t bytes, const char *name)
{
	while (*name && bytes && *order == *name)
		order++, name++, bytes--;
	return !*name && (!bytes || *order == '\n');
}

static void obey(void)
{
	char order[PORT_ORDER_BYTES];
	struct bh_message m;

	if (bh_queue_receive(PORT_ORDER, order, sizeof order, &m, BH_NO_WAIT) != BH_OK)
		return;
	for (const struct fault *f = faults; f < faults + FAULTS; f++)
		if (names(order, m.bytes, f->name)) {
			commit(f);
			return;
		}
	bh_printf("ordered to %.*s: known are access hang panic instruction stack assert call deadline flood off\n", (int)m.bytes, order);
}

static const char *const begins[] = { "for the first time", "by order", "after a fault, cold", "after a fault, warm" };

static struct bh_self begin(void)
{
	struct bh_self self = bh_self();

	if (kept.magic != KEPT)
		kept.turns = 0;
	kept.magic = KEPT;
	bh_printf("life %u, begun %s; %u turns before it\n", self.ends + 1, begins[self.begin & 3], kept.turns);
	return self;
}

int main(void)
{
	struct bh_self self = begin();
	struct measured now = { .life = self.ends };
	uint64_t next = bh_time_in_ns(FAULT_NS);
	uint32_t which = self.ends;

	for (;;) {
		bh_sleep_until(bh_time_in_ns(TURN_NS));
		bh_assert(bh_watchdog_feed(NULL) == BH_OK);
		now.value = ++kept.turns;
		bh_assert(bh_sampling_write(PORT_MEASURED, &now, sizeof now) == BH_OK);
		obey();
		if (bh_time_ticks() < next)
			continue;
		next += bh_time_from_ns(FAULT_NS);
		commit(&faults[which++ % FAULTS]);
	}
}
