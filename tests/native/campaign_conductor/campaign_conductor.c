/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conducts the fault campaign (tests/systems/campaign*): victims and faults by chance, from the seed that its own name ends in. Its victims
 * are those that it controls. The first word of a victim's name is the action that is declared for its faults, the second what it is, so
 * which faults it can have. Of each it checks that the action was the one that is declared, by what the victim says and what the kernel says
 * of it; that no number of `source` is missing; and that a server's client lost nothing. Anything else is a line with FAILED.
 */
#include "sdk/bulkhead.h"
#include "tests/native/campaign.h"
#include "tests/native/campaign_conductor/campaign_replace.h"

#define OF_EACH	 21u	    /* injections, on average */
#define PATIENCE 500000000u /* ns */
#define TURN	 300000u
#define DELAY	 400u

enum declared { LOGS,
		INJECTS, /* or ignores, where that is not possible */
		STOPS,
		RESTARTS,
		WARMS,
		MODES,
		ACTIONS };

static const char *const actions[ACTIONS] = { "logs", "injects", "stops", "restarts", "warms", "modes" };

#define BIT(n)	(1u << (n))
#define PROGRAM (BIT(BH_FAULT_ACCESS) | BIT(BH_FAULT_CALL) | BIT(BH_FAULT_INSTRUCTION) | BIT(BH_FAULT_WATCHDOG) | BIT(BH_FAULT_DEADLINE) | BIT(BH_FAULT_PANIC) | BIT(BH_FAULT_RESET) | BIT(BH_FAULT_OFF))

static const struct {
	const char *word;
	uint32_t faults;
} sorts[] = {
	{ "", PROGRAM },
	{ "-server", PROGRAM | BIT(BH_FAULT_SILENT) },
	{ "-budget", BIT(BH_FAULT_BUDGET) },
	{ "-boot", BIT(BH_FAULT_BOOT) }, /* its pristine store is damaged */
	{ "-service", REPLACED },	 /* knows nothing of this: its next instruction is replaced */
};

#define MOST_VICTIMS 16u
#define MOST_KINDS   (MOST_VICTIMS * BH_FAULTS)

/* What a description says of those that cannot be loaded. */
#define BOOT_RESTARTS 2u
#define BOOT_LIMIT_NS 5000000u

static struct victim {
	const char *name;
	const struct bh_info_entry *info; /* BH_INFO_CONTROL */
	enum declared declared;
	uint32_t order, said, number, control;
	uint32_t ends, faults, restarts, gaps;
	uint64_t kept;
	uint32_t count[BH_FAULTS];
} victims[MOST_VICTIMS];

static struct kind {
	struct victim *victim;
	enum bh_fault fault;
} kinds[MOST_KINDS];

static uint32_t n_victims, n_kinds, stream, monitor, failed;
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

static void fail(const struct victim *v, uint32_t fault, const char *what, uint64_t is)
{
	failed++;
	bh_printf("FAILED %s, fault %u: %s %llx\n", v->name, fault, what, (unsigned long long)is);
}

static void hear_source(void)
{
	struct bh_message m;
	uint64_t n;

	while (bh_queue_receive(stream, &n, sizeof n, &m, BH_NO_WAIT) == BH_OK) {
		if (n != numbers)
			fail(&victims[0], 0, "the stream has a gap before", n);
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
		v->gaps = status == BH_OK ? said->gaps : v->gaps;
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

static bool ends(const struct victim *v, uint32_t fault)
{
	return v->declared == STOPS || v->declared == RESTARTS || v->declared == WARMS || fault == BH_FAULT_RESET || fault == BH_FAULT_OFF;
}

static bool is_ignored(const struct victim *v, uint32_t fault)
{
	return v->declared == INJECTS && !ends(v, fault) && fault != BH_FAULT_ACCESS && fault != BH_FAULT_INSTRUCTION;
}

static enum bh_begin begins(const struct victim *v, uint32_t fault)
{
	if (v->declared == STOPS || (fault == BH_FAULT_OFF && v->declared != RESTARTS && v->declared != WARMS))
		return BH_BEGIN_ORDER; /* by us */
	return v->declared == WARMS ? BH_BEGIN_WARM : BH_BEGIN_RESTART;
}

/* It has gone on: with what it should have seen? */
static void check_went_on(struct victim *v, uint32_t fault, const struct campaign_said *said)
{
	bool injected = v->declared == INJECTS && (fault == BH_FAULT_ACCESS || fault == BH_FAULT_INSTRUCTION);
	uint32_t class = fault == BH_FAULT_ACCESS ? 0x25 : 0;

	if (said->what != CAMPAIGN_WENT_ON)
		fail(v, fault, "did not go on, but said", said->what);
	if (injected ? said->exception != class : said->exception != CAMPAIGN_NO_EXCEPTION)
		fail(v, fault, "met exception", said->exception);
	if (!injected && fault == BH_FAULT_CALL && (int64_t)said->seen != BH_E_CAP)
		fail(v, fault, "its call was answered", said->seen);
	if (!injected && fault != BH_FAULT_CALL && said->seen != 0)
		fail(v, fault, "saw", said->seen);
	if (said->ends != v->ends)
		fail(v, fault, "has ended, times", said->ends);
}

static void check_begun(struct victim *v, uint32_t fault, const struct campaign_said *said)
{
	enum bh_begin how = begins(v, fault);

	if (said->what != CAMPAIGN_BEGUN)
		fail(v, fault, "went on, and said", said->what);
	if (said->begin != how)
		fail(v, fault, "began", said->begin);
	if (said->ends != v->ends + 1)
		fail(v, fault, "has ended, times", said->ends);
	if (said->kept != (how == BH_BEGIN_WARM ? v->kept + 1 : 1))
		fail(v, fault, "its memory kept", said->kept);
	v->ends = said->ends;
	v->kept = said->kept;
}

static void check_kernel(struct victim *v, uint32_t fault)
{
	struct bh_look_partition p = look(v);
	bool ignored = is_ignored(v, fault);

	if (ignored ? p.faults != v->faults : p.faults == v->faults)
		fail(v, fault, "faults counted", p.faults - v->faults);
	if (!ignored && p.last_fault != fault)
		fail(v, fault, "the kernel says fault", p.last_fault);
	v->faults = p.faults;
}

/* Each of its starts fails: as often as its limit says, if there was none for as long. */
static void inject_boot(struct victim *v)
{
	uint32_t again = v->declared == STOPS ? 0 : BOOT_RESTARTS;
	struct bh_look_partition p;

	bh_sleep_until(bh_time_in_ns(BOOT_LIMIT_NS + TURN));
	if (bh_control_start(v->control, NULL) != BH_OK)
		fail(v, BH_FAULT_BOOT, "does not start, its state is", look(v).run);
	if (!wait_off(v))
		fail(v, BH_FAULT_BOOT, "does not go off, its state is", look(v).run);
	p = look(v);
	if (p.faults != v->faults + 1 + again || p.ends != v->ends + 1 + again)
		fail(v, BH_FAULT_BOOT, "faults counted", p.faults - v->faults);
	if (p.restarts != v->restarts + again)
		fail(v, BH_FAULT_BOOT, "restarted, times", p.restarts - v->restarts);
	if (p.last_fault != BH_FAULT_BOOT)
		fail(v, BH_FAULT_BOOT, "the kernel says fault", p.last_fault);
	v->faults = p.faults;
	v->ends = p.ends;
	v->restarts = p.restarts;
}

static bool wait_run(const struct victim *v, enum bh_run_state run, uint32_t life)
{
	uint64_t end = bh_time_in_ns(PATIENCE);
	struct bh_look_partition p;

	while (bh_time_ticks() < end) {
		hear_source();
		p = look(v);
		if (p.run == run && p.ends == life)
			return true;
		bh_sleep_until(bh_time_in_ns(TURN));
	}
	return false;
}

/* Its clients wait for it meanwhile, or have what is declared. */
static void inject_service(struct victim *v, uint32_t fault)
{
	bh_sleep_until(bh_time_in_ns(chance(DELAY) * 10000));
	if (!replace_next(v->info, (enum bh_fault)fault))
		fail(v, fault, "is not to be changed, its state is", look(v).run);
	if (!wait_run(v, BH_RUN_RUNNING, v->ends + 1))
		fail(v, fault, "does not begin again, its state is", look(v).run);
	v->ends++;
	v->restarts++;
	if (look(v).restarts != v->restarts)
		fail(v, fault, "restarted, times", look(v).restarts);
	check_kernel(v, fault);
}

static void inject(struct victim *v, uint32_t fault, uint64_t number)
{
	struct campaign_order order = { .fault = fault, .delay = chance(DELAY), .number = number };
	struct campaign_said said = { 0 };

	if (bh_queue_send(v->order, &order, sizeof order, bh_time_in_ns(PATIENCE)) != BH_OK) {
		fail(v, fault, "takes no order, number", number);
		return;
	}
	if (ends(v, fault) && begins(v, fault) == BH_BEGIN_ORDER) {
		if (!wait_off(v))
			fail(v, fault, "does not go off, its state is", look(v).run);
		check_kernel(v, fault);
		if (bh_control_start(v->control, NULL) != BH_OK)
			fail(v, fault, "does not start, order", number);
	}
	if (!hear(v, &said)) {
		fail(v, fault, "is silent, its state is", look(v).run);
		return;
	}
	if (ends(v, fault))
		check_begun(v, fault, &said);
	else
		check_went_on(v, fault, &said);
	if (!ends(v, fault) || begins(v, fault) != BH_BEGIN_ORDER)
		check_kernel(v, fault);
	if (v->declared == MODES && !ends(v, fault) && bh_mode_set("shared") == BH_E_ARG)
		fail(v, fault, "there is no mode to go back to", 0);
}

static void inject_any(uint64_t number)
{
	struct kind *k = &kinds[chance(n_kinds)];

	if (k->fault == BH_FAULT_BOOT)
		inject_boot(k->victim);
	else if (k->victim->info->flags & BH_CONTROL_MAY_INSPECT)
		inject_service(k->victim, k->fault);
	else
		inject(k->victim, k->fault, number);
	k->victim->count[k->fault]++;
}

/* What stands behind the word that the name begins with; NULL: it does not. */
static const char *behind(const char *name, const char *word)
{
	while (*word && *name == *word)
		name++, word++;
	return *word ? NULL : name;
}

static bool is(const char *a, const char *b)
{
	const char *rest = behind(a, b);

	return rest && !*rest;
}

static uint32_t port_of(const char *what, const struct victim *v)
{
	char name[2 * BH_NAME_BYTES];
	uint32_t port = UINT32_MAX;

	bh_snprintf(name, sizeof name, "%s-%s", what, v->name);
	return bh_port_find(name, &port) == BH_OK ? port : UINT32_MAX;
}

/* Which faults it can have, by its name. */
static uint32_t classify(struct victim *v)
{
	for (uint32_t d = 0; d < ACTIONS; d++) {
		const char *sort = behind(v->name, actions[d]);

		for (uint32_t i = 0; sort && i < sizeof sorts / sizeof sorts[0]; i++)
			if (is(sort, sorts[i].word)) {
				v->declared = (enum declared)d;
				return sorts[i].faults;
			}
	}
	bh_assert(false); /* the description is not the campaign's */
	return 0;
}

/* It begins; or, if it cannot, it is off in the end. */
static void meet(struct victim *v)
{
	struct campaign_said said = { 0 };
	struct bh_look_partition p;

	if (v->info->flags & BH_CONTROL_MAY_INSPECT)
		bh_assert(wait_run(v, BH_RUN_RUNNING, 0));
	else if (v->said == UINT32_MAX)
		bh_assert(wait_off(v));
	else
		bh_assert(hear(v, &said) && said.what == CAMPAIGN_BEGUN);
	p = look(v);
	v->kept = said.kept;
	v->faults = p.faults;
	v->ends = p.ends;
	v->restarts = p.restarts;
}

static void join(const struct bh_info_entry *control)
{
	struct victim *v = &victims[n_victims++];
	uint32_t faults;

	bh_assert(n_victims <= MOST_VICTIMS);
	v->name = control->name;
	v->info = control;
	v->control = control->cap;
	v->number = bh_info_find(BH_INFO_PARTITION, v->name)->cap;
	v->order = port_of("order", v);
	v->said = port_of("said", v);
	faults = classify(v);
	for (uint32_t fault = 0; fault < BH_FAULTS; fault++)
		if (faults & BIT(fault))
			kinds[n_kinds++] = (struct kind){ v, (enum bh_fault)fault };
	meet(v);
}

/* Of a server's client: all that it wrote has come, in order, and it was never answered anything else; but, where that is declared, while its server was dead. */
static void check_client(const struct victim *v)
{
	uint32_t whole = port_of("whole", v), holes = port_of("holes", v);
	struct campaign_tells tells = { 0 };
	struct bh_message m;

	if (whole == UINT32_MAX && holes == UINT32_MAX)
		return;
	if (bh_sampling_read(whole == UINT32_MAX ? holes : whole, &tells, sizeof tells, &m) != BH_OK || tells.number < 100)
		fail(v, BH_FAULT_SILENT, "its client stands still at", tells.number);
	if (tells.wrong)
		fail(v, BH_FAULT_SILENT, "answered what was not written, times", tells.wrong);
	if (whole != UINT32_MAX && tells.others)
		fail(v, BH_FAULT_SILENT, "answered another number, times", tells.others);
	if (v->gaps > (whole == UINT32_MAX ? v->ends : 0))
		fail(v, BH_FAULT_SILENT, "its client's numbers have gaps", v->gaps);
	bh_printf("%s: its client wrote %u numbers, %u answers were others, %u gaps\n", v->name, tells.number, tells.others, v->gaps);
}

static uint32_t least(void)
{
	uint32_t n = UINT32_MAX;

	for (const struct kind *k = kinds; k < kinds + n_kinds; k++)
		n = k->victim->count[k->fault] < n ? k->victim->count[k->fault] : n;
	return n;
}

/* --- what it says, where its victim is the console: by way of another, whose console that is --- */

static uint32_t words;

static void say(char c)
{
	static char line[CAMPAIGN_WORDS];
	static uint32_t n;

	line[n++] = c;
	if (c != '\n' && n < sizeof line)
		return;
	(void)!bh_queue_send(words, line, n, bh_time_in_ns(PATIENCE));
	n = 0;
}

int main(void)
{
	const struct bh_info_entry *e = NULL;

	if (bh_port_find("words", &words) == BH_OK)
		bh_log_to(say);
	random_state = seed() * 0x9e3779b97f4a7c15ull | 1;
	bh_assert(bh_port_find("stream", &stream) == BH_OK && bh_monitor_find(&monitor, NULL) == BH_OK);
	while ((e = bh_info_next(BH_INFO_CONTROL, e)))
		join(e);
	for (uint64_t n = 0; n < n_kinds * OF_EACH; n++)
		inject_any(n);
	hear_source();
	for (const struct victim *v = victims; v < victims + n_victims; v++)
		check_client(v);
	bh_printf("campaign seed %llu injections %u failed %u stream %llu kinds %u least %u\n", (unsigned long long)seed(), n_kinds * OF_EACH, failed,
		  (unsigned long long)numbers, n_kinds, least());
	for (;;) {
		hear_source();
		bh_sleep_until(bh_time_in_ns(TURN));
	}
}
