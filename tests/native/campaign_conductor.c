/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conducts the fault campaign (tests/systems/campaign): victims and faults by chance, from the seed that its own name ends in. Of
 * each it checks that the action was the one that is declared, by what the victim says and what the kernel says of it; and that no number
 * of `source` is missing. Anything else is a line with FAILED.
 */
#include "sdk/bulkhead.h"
#include "tests/native/campaign.h"

#define INJECTIONS 1000u
#define PATIENCE   60000000u /* ns */
#define TURN	   300000u
#define DELAY	   400u

enum declared { LOGS,
		INJECTS,
		STOPS,
		RESTARTS,
		WARMS,
		MODES,
		VICTIMS };

static const char *const names[VICTIMS] = { "logs", "injects", "stops", "restarts", "warms", "modes" };

static struct victim {
	uint32_t order, said, number, control;
	uint32_t ends, faults;
	uint64_t kept;
} victims[VICTIMS];

static uint32_t counts[VICTIMS][BH_FAULTS];
static uint32_t stream, monitor, failed;
static uint64_t numbers, random_state;

static uint32_t chance(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

static uint64_t seed(void)
{
	uint64_t n = 0;

	for (const char *s = bh_info()->name; *s; s++)
		if (*s >= '0' && *s <= '9')
			n = n * 10 + (uint64_t)(*s - '0');
	return n;
}

static void fail(uint32_t v, uint32_t fault, const char *what, uint64_t is)
{
	failed++;
	bh_printf("FAILED %s, fault %u: %s %llx\n", names[v], fault, what, (unsigned long long)is);
}

static void hear_source(void)
{
	struct bh_message m;
	uint64_t n;

	while (bh_queue_receive(stream, &n, sizeof n, &m, BH_NO_WAIT) == BH_OK) {
		if (n != numbers)
			fail(0, 0, "the stream has a gap before", n);
		numbers = n + 1;
	}
}

/* What the victim says next; false: nothing comes. */
static bool hear(struct victim *v, struct campaign_said *said)
{
	uint64_t end = bh_time_in_ns(PATIENCE);
	struct bh_message m;

	while (bh_time_ticks() < end) {
		enum bh_status status;

		hear_source();
		status = bh_queue_receive(v->said, said, sizeof *said, &m, bh_time_in_ns(TURN));
		if (status == BH_OK)
			return true;
		if (status == BH_E_PEER)
			bh_sleep_until(bh_time_in_ns(TURN)); /* it is between two lives, or off */
	}
	return false;
}

static struct bh_look_partition look(const struct victim *v)
{
	struct bh_look_partition p = { .run = BH_RUN_OFF };

	(void)!bh_monitor_partition(monitor, v->number, &p);
	return p;
}

static bool wait_off(const struct victim *v)
{
	uint64_t end = bh_time_in_ns(PATIENCE);

	while (bh_time_ticks() < end) {
		hear_source();
		if (look(v).run == BH_RUN_OFF)
			return true;
		bh_sleep_until(bh_time_in_ns(TURN));
	}
	return false;
}

static bool ends(uint32_t v, uint32_t fault)
{
	return v == STOPS || v == RESTARTS || v == WARMS || fault == BH_FAULT_RESET || fault == BH_FAULT_OFF;
}

static enum bh_begin begins(uint32_t v, uint32_t fault)
{
	if (v == STOPS || (fault == BH_FAULT_OFF && v != RESTARTS && v != WARMS))
		return BH_BEGIN_ORDER; /* by us */
	return v == WARMS ? BH_BEGIN_WARM : BH_BEGIN_RESTART;
}

/* It has gone on: with what it should have seen? */
static void check_went_on(uint32_t v, uint32_t fault, const struct campaign_said *said)
{
	bool injected = v == INJECTS && (fault == BH_FAULT_ACCESS || fault == BH_FAULT_INSTRUCTION);
	uint32_t class = fault == BH_FAULT_ACCESS ? 0x25 : 0;

	if (said->what != CAMPAIGN_WENT_ON)
		fail(v, fault, "did not go on, but said", said->what);
	if (injected ? said->exception != class : said->exception != CAMPAIGN_NO_EXCEPTION)
		fail(v, fault, "met exception", said->exception);
	if (!injected && fault == BH_FAULT_CALL && (int64_t)said->seen != BH_E_CAP)
		fail(v, fault, "its call was answered", said->seen);
	if (!injected && fault != BH_FAULT_CALL && said->seen != 0)
		fail(v, fault, "saw", said->seen);
	if (said->ends != victims[v].ends)
		fail(v, fault, "has ended, times", said->ends);
}

static void check_begun(uint32_t v, uint32_t fault, const struct campaign_said *said)
{
	struct victim *x = &victims[v];
	enum bh_begin how = begins(v, fault);

	if (said->what != CAMPAIGN_BEGUN)
		fail(v, fault, "went on, and said", said->what);
	if (said->begin != how)
		fail(v, fault, "began", said->begin);
	if (said->ends != x->ends + 1)
		fail(v, fault, "has ended, times", said->ends);
	if (said->kept != (how == BH_BEGIN_WARM ? x->kept + 1 : 1))
		fail(v, fault, "its memory kept", said->kept);
	x->ends = said->ends;
	x->kept = said->kept;
}

static void check_kernel(uint32_t v, uint32_t fault)
{
	struct victim *x = &victims[v];
	struct bh_look_partition p = look(x);
	bool ignored = v == INJECTS && fault != BH_FAULT_ACCESS && fault != BH_FAULT_INSTRUCTION && fault != BH_FAULT_RESET && fault != BH_FAULT_OFF;

	if (ignored ? p.faults != x->faults : p.faults == x->faults)
		fail(v, fault, "faults counted", p.faults - x->faults);
	if (!ignored && p.last_fault != fault)
		fail(v, fault, "the kernel says fault", p.last_fault);
	x->faults = p.faults;
}

static void inject(uint64_t number)
{
	static const uint32_t kinds[] = { BH_FAULT_ACCESS, BH_FAULT_CALL, BH_FAULT_INSTRUCTION, BH_FAULT_WATCHDOG, BH_FAULT_DEADLINE, BH_FAULT_PANIC, BH_FAULT_RESET, BH_FAULT_OFF };
	uint32_t v = chance(VICTIMS), fault = kinds[chance(sizeof kinds / sizeof kinds[0])];
	struct campaign_order order = { .fault = fault, .delay = chance(DELAY), .number = number };
	struct campaign_said said = { 0 };
	struct victim *x = &victims[v];

	if (bh_queue_send(x->order, &order, sizeof order, bh_time_in_ns(PATIENCE)) != BH_OK) {
		fail(v, fault, "takes no order, number", number);
		return;
	}
	if (ends(v, fault) && begins(v, fault) == BH_BEGIN_ORDER) {
		if (!wait_off(x))
			fail(v, fault, "does not go off, its state is", look(x).run);
		check_kernel(v, fault);
		if (bh_control_start(x->control, NULL) != BH_OK)
			fail(v, fault, "does not start, order", number);
	}
	if (!hear(x, &said)) {
		fail(v, fault, "is silent, its state is", look(x).run);
		return;
	}
	if (ends(v, fault))
		check_begun(v, fault, &said);
	else
		check_went_on(v, fault, &said);
	if (!ends(v, fault) || begins(v, fault) != BH_BEGIN_ORDER)
		check_kernel(v, fault);
	if (v == MODES && !ends(v, fault) && bh_mode_set("shared") == BH_E_ARG)
		fail(v, fault, "there is no mode to go back to", 0);
	counts[v][fault]++;
}

static void join(uint32_t v)
{
	struct victim *x = &victims[v];
	const struct bh_info_entry *e = bh_info_find(BH_INFO_PARTITION, names[v]);
	char name[BH_NAME_BYTES];
	struct campaign_said said = { 0 };

	bh_snprintf(name, sizeof name, "order-%s", names[v]);
	bh_assert(bh_port_find(name, &x->order) == BH_OK);
	bh_snprintf(name, sizeof name, "said-%s", names[v]);
	bh_assert(bh_port_find(name, &x->said) == BH_OK);
	bh_assert(bh_control_find(names[v], &x->control) == BH_OK && e);
	x->number = e->cap;
	bh_assert(hear(x, &said) && said.what == CAMPAIGN_BEGUN);
	x->kept = said.kept;
	x->faults = look(x).faults;
}

int main(void)
{
	uint32_t least = UINT32_MAX;

	random_state = seed() * 0x9e3779b97f4a7c15ull | 1;
	bh_assert(bh_port_find("stream", &stream) == BH_OK && bh_monitor_find(&monitor, NULL) == BH_OK);
	for (uint32_t v = 0; v < VICTIMS; v++)
		join(v);
	for (uint64_t n = 0; n < INJECTIONS; n++)
		inject(n);
	hear_source();
	for (uint32_t v = 0; v < VICTIMS; v++)
		for (uint32_t fault = 0; fault < BH_FAULTS; fault++)
			if (fault != BH_FAULT_BUDGET && fault != BH_FAULT_SILENT && fault != BH_FAULT_HARDWARE && fault != BH_FAULT_BOOT)
				least = counts[v][fault] < least ? counts[v][fault] : least;
	bh_printf("campaign seed %llu injections %u failed %u stream %llu least %u\n", (unsigned long long)seed(), INJECTIONS, failed,
		  (unsigned long long)numbers, least);
	for (;;) {
		hear_source();
		bh_sleep_until(bh_time_in_ns(TURN));
	}
}
