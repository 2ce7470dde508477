/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conducts the stress test: reads from its keyboard how many messages each role of each pair is to send, and how
 * many times partitions are to be stopped; stops and starts them at random while the messages flow, the server
 * also while a guest waits for it; and says at the end what all ledgers have.
 */
#include "sdk/bulkhead.h"
#include "tests/native/stress.h"

#define MS	    1000000ull
#define STALLED	    (60000 * MS) /* nobody has got anywhere for so long: something hangs */
#define MOST_PAIRS  16u
#define MOST_STATES 2u

struct pair {
	char name[BH_NAME_BYTES];
	const struct stress_from *from;
	const struct stress_to *to;
	bool nests;
};

/* Who is stopped, and whose progress says when: so stops are spread over all of its messages. */
static struct target {
	const char *name, *pair[2];
	uint32_t cap;
	uint32_t made, tries;
	bool down, hold;
	uint32_t life; /* of the server, when it was stopped last */
	uint64_t threshold, until;
} targets[] = {
	{ .name = "fox", .pair = { "mort" } },
	{ .name = "hare", .pair = { "mort" } },
	{ .name = "cat", .pair = { "twin" } },
	{ .name = "mouse", .pair = { "twin" } },
	{ .name = "leaf", .pair = { "far", "down" } },
	{ .name = "server" },
};
#define TARGETS (sizeof targets / sizeof targets[0])
#define SERVER	(TARGETS - 1)

static struct pair pairs[MOST_PAIRS];
static uint32_t n_pairs;
static const char *const names[] = ROLE_NAMES;
static const uint8_t shares[] = ROLE_SHARES;
static struct stress_board *board;
static const struct stress_server *server;
static const struct stress_client *waiter, *zero;
static uint64_t random_state, stops_each;

static uint64_t chance(uint64_t of)
{
	return random_of(&random_state) % of;
}

/* --- progress --- */

static bool has_role(const struct pair *p, uint32_t role)
{
	return role < ROLE_ACK && (role == ROLE_NESTED) == p->nests;
}

static uint64_t sent_by(const struct pair *p)
{
	uint64_t n = 0;

	for (uint32_t r = 0; r < ROLES; r++)
		if (has_role(p, r))
			n += ledger_read(&p->from->role[r].count);
	return n;
}

static uint64_t sent_by_name(const char *name)
{
	for (uint32_t i = 0; name && i < n_pairs; i++)
		if (text_hash(pairs[i].name) == text_hash(name))
			return sent_by(&pairs[i]);
	return 0;
}

static uint64_t all_progress(void)
{
	uint64_t n = ledger_read(&waiter->count) + ledger_read(&zero->count);

	for (uint32_t i = 0; i < n_pairs; i++) {
		n += sent_by(&pairs[i]);
		for (uint32_t r = 0; r < ROLES; r++)
			n += ledger_read(&pairs[i].to->role[r].count);
	}
	return n;
}

static bool enough_sent(void)
{
	if (ledger_read(&waiter->count) < board->quota || ledger_read(&zero->count) < board->quota)
		return false;
	for (uint32_t i = 0; i < n_pairs; i++)
		for (uint32_t r = 0; r < ROLES; r++)
			if (has_role(&pairs[i], r) && !pairs[i].nests &&
			    ledger_read(&pairs[i].from->role[r].count) < board->quota * shares[r])
				return false;
	return true;
}

/* --- stopping and starting --- */

static uint64_t progress_of(const struct target *t)
{
	if (!t->pair[0])
		return ledger_read(&waiter->count) + ledger_read(&zero->count);
	return sent_by_name(t->pair[0]) + sent_by_name(t->pair[1]);
}

/* What progress_of() will be in the end, about. */
static uint64_t whole(const struct target *t)
{
	return board->quota * (!t->pair[0] ? 2 : t->pair[1] ? 2 * ROLE_NESTED
							    : ROLE_NESTED);
}

static void plan_next(struct target *t)
{
	uint64_t step = whole(t) / (stops_each + 1);

	t->threshold = step * t->made + chance(step + 1) + step / 2;
	t->hold = !t->pair[0] && t->made % 2 == 0;
}

static void must(const struct target *t, enum bh_status status, const char *what)
{
	if (status != BH_OK && status != BH_E_STATE)
		bh_printf("FAILED %s %s: %d\n", what, t->name, (int)status);
}

static void stop(struct target *t)
{
	bool restart = !chance(4);
	enum bh_status status = restart ? bh_control_restart(t->cap, NULL) : bh_control_stop(t->cap, NULL);

	must(t, status, "stopping");
	if (status != BH_OK)
		return;
	t->made++;
	t->life = ledger_read(&server->life);
	t->down = !restart;
	t->until = bh_time_in_ns(chance(2 * MS));
	plan_next(t);
}

/* Now and then it is stopped again while it loads. */
static void start(struct target *t)
{
	enum bh_status status = bh_control_start(t->cap, NULL);

	must(t, status, "starting");
	if (status != BH_OK)
		return;
	t->down = false;
	if (!chance(8) && t->made < stops_each)
		t->threshold = 0;
}

/*
 * The server is stopped when it has begun to work; every other time it is first told to keep an ask for itself, so
 * that it ends while a guest waits for it.
 */
static bool is_ripe(const struct target *t)
{
	uint32_t life = ledger_read(&server->life);

	if (t->pair[0] || !t->threshold)
		return true;
	if (life == t->life)
		return false;
	if (!t->hold || ledger_read(&server->holds) == life)
		return true;
	ledger_write(&board->hold, life);
	return false;
}

static void attend(struct target *t)
{
	if (t->down && bh_time_ticks() >= t->until)
		start(t);
	else if (!t->down && t->made < stops_each && progress_of(t) >= t->threshold && is_ripe(t))
		stop(t);
}

static bool all_stopped_enough(void)
{
	for (uint32_t i = 0; i < TARGETS; i++)
		if (targets[i].made < stops_each || targets[i].down)
			return false;
	return true;
}

static bool all_run(void)
{
	struct bh_control_state s;

	for (uint32_t i = 0; i < TARGETS; i++)
		if (bh_control_state(targets[i].cap, &s) != BH_OK || s.run != BH_RUN_RUNNING)
			return false;
	return true;
}

/* --- is everything where it should be? --- */

static bool steady(const struct pair *p)
{
	return p->from->life == 1 && p->to->life == 1;
}

static bool role_settled(const struct pair *p, uint32_t r)
{
	const struct sent *s = &p->from->role[r];
	const struct seen *q = &p->to->role[r];
	uint64_t count = ledger_read(&s->count);

	if (!s->limit || count < s->limit || ledger_read(&s->told) != count)
		return false;
	switch ((enum role)r) {
	case ROLE_CALL:
	case ROLE_ASK: return true;
	case ROLE_FULL:
	case ROLE_FLOOD: return !steady(p) || count == ledger_read(&q->count) + s->dropped;
	default: return s->done == s->begun && ledger_read(&q->last) == s->done;
	}
}

static bool settled(void)
{
	for (uint32_t i = 0; i < n_pairs; i++)
		for (uint32_t r = 0; r < ROLES; r++)
			if (has_role(&pairs[i], r) && !pairs[i].nests && !role_settled(&pairs[i], r))
				return false;
	return true;
}

/* --- what is said --- */

static void say_role(const struct pair *p, uint32_t r)
{
	const struct sent *s = &p->from->role[r];
	const struct seen *q = &p->to->role[r];

	bh_printf("channel %s %s sent %llu received %llu missing %llu tail %lld unsure %llu dropped %llu told %llu", p->name,
		  names[r], (unsigned long long)s->count, (unsigned long long)q->count, (unsigned long long)q->missing,
		  (long long)(s->done - q->last), (unsigned long long)s->unsure, (unsigned long long)s->dropped,
		  (unsigned long long)q->told);
	bh_printf(" again %llu %llu peer %llu %llu timeout %llu %llu\n", (unsigned long long)s->again,
		  (unsigned long long)q->again, (unsigned long long)s->peer, (unsigned long long)q->peer,
		  (unsigned long long)s->timeout, (unsigned long long)q->timeout);
}

static void say_all(void)
{
	struct bh_control_state state;

	for (uint32_t i = 0; i < n_pairs; i++) {
		const struct pair *p = &pairs[i];

		bh_printf("pair %s lives %u %u errors %u %u locked %llu\n", p->name, p->from->life, p->to->life, p->from->errors,
			  p->to->errors, (unsigned long long)p->to->torn_not);
		for (uint32_t r = 0; r < ROLES; r++)
			if (has_role(p, r))
				say_role(p, r);
	}
	for (uint32_t i = 0; i < TARGETS; i++)
		if (bh_control_state(targets[i].cap, &state) == BH_OK)
			bh_printf("target %s stops %u ends %u\n", targets[i].name, targets[i].made, state.ends);
	bh_printf("guest waiter count %llu down %llu errors %u\n", (unsigned long long)waiter->count,
		  (unsigned long long)waiter->down, waiter->errors);
	bh_printf("guest zero count %llu down %llu errors %u\n", (unsigned long long)zero->count,
		  (unsigned long long)zero->down, zero->errors);
	bh_printf("server lives %u asks %llu stale %llu\n", server->life, (unsigned long long)server->asks,
		  (unsigned long long)server->stale);
}

/* False: for a long time nothing has moved. Also tells people how far it is. */
static bool moves(void)
{
	static uint64_t known, since, said;
	uint64_t progress = all_progress(), now = bh_time_ticks();

	if (progress != known || !since) {
		known = progress;
		since = now;
	}
	if (now - said > bh_time_from_ns(10000 * MS)) {
		said = now;
		bh_printf("progress %llu\n", (unsigned long long)progress);
	}
	return now - since < bh_time_from_ns(STALLED);
}

/* --- the course of it --- */

static void pause(void)
{
	bh_sleep_until(bh_time_in_ns(chance(3 * MS)));
}

static bool until(bool (*done)(void))
{
	while (!done()) {
		if (!moves()) {
			bh_log("stress stalled");
			return false;
		}
		for (uint32_t i = 0; i < TARGETS; i++)
			attend(&targets[i]);
		pause();
	}
	return true;
}

static bool sent_and_stopped(void)
{
	if (board->more && targets[SERVER].made >= stops_each && !targets[SERVER].down)
		ledger_write(&board->more, 0);
	return all_stopped_enough() && enough_sent();
}

static bool conduct(void)
{
	if (!until(sent_and_stopped) || !until(all_run))
		return false;
	ledger_write(&board->phase, PHASE_LAST);
	return until(settled);
}

static void find_pairs(void)
{
	const struct bh_info_entry *i = NULL;
	struct bh_shared s;
	char name[BH_NAME_BYTES + 8];

	while ((i = bh_info_next(BH_INFO_SHARED, i))) {
		struct pair *p = &pairs[n_pairs];
		uint32_t k = 0;

		while (i->name[k] && i->name[k] != '-')
			p->name[k] = i->name[k], k++;
		p->name[k] = 0;
		if (text_hash(i->name + k) != text_hash("-from"))
			continue;
		p->from = (const void *)(uintptr_t)i->ipa;
		p->nests = k > 4 && text_hash(p->name + k - 4) == text_hash("nest");
		bh_snprintf(name, sizeof name, "%s-to", p->name);
		if (bh_shared_find(name, &s) != BH_OK)
			bh_printf("FAILED: no %s\n", name);
		p->to = s.data;
		n_pairs++;
	}
}

static void *shared(const char *name)
{
	struct bh_shared s;

	if (bh_shared_find(name, &s) == BH_OK)
		return s.data;
	bh_printf("FAILED: no %s\n", name);
	bh_partition_off();
}

static void find_all(void)
{
	board = shared("board");
	server = shared("server");
	waiter = shared("waiter");
	zero = shared("zero");
	find_pairs();
	for (uint32_t i = 0; i < TARGETS; i++)
		if (bh_control_find(targets[i].name, &targets[i].cap) != BH_OK)
			bh_printf("FAILED: no control of %s\n", targets[i].name);
}

#define UART_DR 0
#define UART_FR 6
#define FR_RXFE 0x10u
#define FR_TXFE 0x80u

static volatile uint32_t *uart;

/* Its registers are all 0 until there is a console. */
static void find_uart(void)
{
	uart = (volatile uint32_t *)(uintptr_t)bh_info_find(BH_INFO_EMULATED, NULL)->ipa;
	while (!(uart[UART_FR] & FR_TXFE))
		bh_sleep_until(bh_time_in_ns(MS));
}

static uint8_t key(void)
{
	while (uart[UART_FR] & FR_RXFE)
		bh_sleep_until(bh_time_in_ns(MS));
	return (uint8_t)uart[UART_DR];
}

static uint64_t typed_number(void)
{
	uint64_t n = 0;
	uint8_t c;

	while ((c = key()) >= '0' && c <= '9')
		n = n * 10 + c - '0';
	return n;
}

int main(void)
{
	bool good;

	find_uart();
	find_all();
	bh_printf("stress of %u pairs: type how many messages, stops, seed\n", n_pairs);
	board->quota = typed_number();
	stops_each = (typed_number() + TARGETS - 1) / TARGETS;
	board->seed = typed_number() | 1;
	random_state = board->seed;
	bh_printf("quota %llu stops %llu seed %llu\n", (unsigned long long)board->quota,
		  (unsigned long long)(stops_each * TARGETS), (unsigned long long)board->seed);
	for (uint32_t i = 0; i < TARGETS; i++)
		plan_next(&targets[i]);
	board->more = stops_each != 0;
	ledger_write(&board->phase, PHASE_SEND);
	good = conduct();
	say_all();
	bh_log(good ? "stress done" : "stress FAILED");
	return 0;
}
