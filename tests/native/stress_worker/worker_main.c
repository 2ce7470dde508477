/* SPDX-License-Identifier: Apache-2.0 */
/* What this partition has to do, and the loop that does it. */
#include "tests/native/stress_worker/worker.h"

#define MOST_PAIRS 8u
#define MOST_LINES 5u
#define LONG_NS	   20000000u
#define SHORT_NS   100000u

struct end ends[BH_PART_PORTS];
uint64_t all_ends;
const struct stress_board *board;

static struct pair pairs[MOST_PAIRS];
static const char *const names[] = ROLE_NAMES;
static const uint8_t shares[] = ROLE_SHARES;
static uint64_t random_state;

/* --- small things --- */

uint64_t chance(uint64_t of)
{
	return random_of(&random_state) % of;
}

uint32_t some_bytes(uint32_t most)
{
	return chance(4) ? MESSAGE_LEAST + (uint32_t)chance(most - MESSAGE_LEAST + 1) : most;
}

uint64_t soon(uint64_t within_ns)
{
	return bh_time_in_ns(chance(within_ns));
}

void wrong(const struct end *e, const char *what, uint64_t a, uint64_t b)
{
	static uint32_t lines;
	uint32_t *errors = e->pair->sends ? &e->pair->from->errors : &e->pair->to->errors;

	ledger_count(errors);
	if (lines++ < MOST_LINES)
		bh_printf("FAILED %s-%s: %s %llu, %llu\n", e->pair->name, names[e->role], what, (unsigned long long)a,
			  (unsigned long long)b);
}

uint64_t checked(struct end *e, const void *data, uint32_t bytes)
{
	const uint64_t *m = data;

	if (!message_good(m, e->channel, bytes)) {
		wrong(e, "spoiled message", m[0], bytes);
		return 0;
	}
	if (message_number(m[0]) > ledger_read(&e->pair->from->role[e->role].begun))
		wrong(e, "from the future", message_number(m[0]), e->seen->last);
	return message_number(m[0]);
}

/* --- how much is to be sent --- */

/* What the receiver's former lives have not read does not hold the sender back, but in the ring, where it still is. */
static uint64_t unread(struct end *e)
{
	uint64_t read = ledger_read(&e->pair->to->role[e->role].last);

	return e->sent->begun - (read > e->base ? read : e->base);
}

static bool enough(struct end *e)
{
	uint32_t phase = ledger_read(&board->phase);

	if (phase == PHASE_SEND)
		return e->sent->count >= board->quota * shares[e->role];
	if (phase != PHASE_LAST)
		return true;
	if (!e->sent->limit)
		ledger_write(&e->sent->limit, e->sent->count + LAST_MESSAGES);
	return e->sent->count >= e->sent->limit;
}

bool may_send(struct end *e)
{
	return !enough(e) && (!e->window || unread(e) < e->window);
}

static void look_at_receiver(struct pair *p)
{
	uint32_t life = ledger_read(&p->to->life);

	if (life == p->known_life)
		return;
	p->known_life = life;
	for (uint32_t i = 0; i < BH_PART_PORTS; i++)
		if (ends[i].pair == p && ends[i].sent && ends[i].role != ROLE_BELL)
			ends[i].base = ends[i].sent->begun;
}

/* --- the loop --- */

static bool turn(struct end *e)
{
	switch (e->role) {
	case ROLE_BELL: return e->sent ? end_ring(e) : end_listen(e);
	case ROLE_VALUE:
	case ROLE_PAGE: return e->sent ? end_write(e) : end_read(e);
	case ROLE_KEEP:
	case ROLE_BULK:
	case ROLE_DROP:
	case ROLE_FULL:
	case ROLE_FLOOD: return e->sent ? end_send(e) : end_receive(e);
	case ROLE_CALL:
	case ROLE_ASK: return e->sent ? end_call(e) : end_serve(e);
	case ROLE_NESTED: return e->sent ? false : end_serve(e);
	case ROLE_ACK:
	case ROLES: break;
	}
	return false;
}

/* The receiver has read, or begun: who waited for that may go on. */
static uint64_t freed_by(uint64_t events)
{
	uint64_t freed = 0;

	for (uint32_t i = 0; i < BH_PART_PORTS; i++) {
		struct end *e = &ends[i];

		if (!e->sent || !e->pair->has_ack || !(events & BH_PORT_BIT(e->pair->ack)))
			continue;
		look_at_receiver(e->pair);
		if (e->window)
			freed |= BH_PORT_BIT(i);
	}
	return freed;
}

static void acknowledge(void)
{
	for (uint32_t i = 0; i < MOST_PAIRS; i++) {
		enum bh_status status;

		if (!pairs[i].acks)
			continue;
		pairs[i].acks = false;
		status = bh_signal_send(pairs[i].ack);
		if (status != BH_OK && status != BH_E_PEER)
			bh_printf("FAILED %s: an ack answers %d\n", pairs[i].name, (int)status);
	}
}

/* For the conductor, who has no port here: once all is sent. */
static void tell_states(void)
{
	for (uint32_t i = 0; i < BH_PART_PORTS; i++) {
		struct sent *s = ends[i].sent;
		struct bh_port_state state;

		if (!s || !s->limit || s->count < s->limit || s->told == s->count || bh_port_state(i, &state) != BH_OK)
			continue;
		ledger_write(&s->dropped, state.dropped);
		ledger_write(&s->waiting, state.waiting);
		if (!state.waiting || state.kind != BH_PORT_QUEUING)
			ledger_write(&s->told, s->count);
	}
}

/* Which ends may have something to do; none when the time was over. Time alone gives no reason to look at a port. */
static uint64_t wait(uint64_t ready)
{
	uint64_t events;
	uint64_t deadline = ready ? BH_NO_WAIT : soon(chance(16) ? LONG_NS : SHORT_NS);
	enum bh_status status = bh_port_wait(all_ends, deadline, &events);

	if (status != BH_OK && status != BH_E_TIMEOUT && status != BH_E_AGAIN)
		bh_printf("FAILED waiting answers %d\n", (int)status);
	return ready | events | freed_by(events);
}

/* Who sends nothing because there was enough looks again when there is more to do: that is no event of a port. */
static uint64_t in_new_phase(void)
{
	static uint32_t known;
	uint32_t phase = ledger_read(&board->phase);
	uint64_t senders = 0;

	if (phase == known)
		return 0;
	known = phase;
	for (uint32_t i = 0; i < BH_PART_PORTS; i++)
		if (ends[i].sent)
			senders |= BH_PORT_BIT(i);
	return senders;
}

static void work(void)
{
	uint64_t ready = all_ends;

	for (;;) {
		uint64_t more = 0;

		for (uint32_t i = 0; i < BH_PART_PORTS; i++)
			if (ready & BH_PORT_BIT(i) && turn(&ends[i]))
				more |= BH_PORT_BIT(i);
		acknowledge();
		if (!more)
			tell_states();
		ready = wait(more) | in_new_phase();
	}
}

/* --- what there is --- */

static struct pair *pair_named(const char *channel, uint32_t length)
{
	uint32_t k;

	for (uint32_t i = 0; i < MOST_PAIRS; i++) {
		struct pair *p = &pairs[i];

		for (k = 0; k < length && p->name[k] == channel[k]; k++)
			;
		if (k == length && !p->name[k])
			return p;
		if (p->name[0])
			continue;
		for (k = 0; k < length; k++)
			p->name[k] = channel[k];
		return p;
	}
	bh_log("FAILED: too many pairs");
	bh_partition_off();
}

static uint32_t dash(const char *name)
{
	uint32_t at = 0;

	for (uint32_t i = 0; name[i]; i++)
		if (name[i] == '-')
			at = i;
	return at;
}

static enum role role_named(const char *name)
{
	uint32_t i = 0;

	while (i < ROLES && text_hash(names[i]) != text_hash(name))
		i++;
	return (enum role)i;
}

static void *ledger(const char *pair, const char *side)
{
	char name[BH_NAME_BYTES];
	struct bh_shared s;

	bh_snprintf(name, sizeof name, "%s-%s", pair, side);
	if (bh_shared_find(name, &s) != BH_OK) {
		bh_printf("FAILED: no %s\n", name);
		bh_partition_off();
	}
	return s.data;
}

static uint64_t window(const struct bh_info_entry *e, enum role role)
{
	switch (role) {
	case ROLE_BELL: return RING_SLOTS;
	case ROLE_VALUE:
	case ROLE_PAGE: return 24;
	case ROLE_FULL:
	case ROLE_FLOOD: return e->depth + 4;
	default: return 0;
	}
}

static void add_end(const struct bh_info_entry *i)
{
	struct end *e = &ends[i->cap];
	bool sends = (i->flags & BH_INFO_PORT_SEND) != 0;

	e->port = i->cap;
	e->role = role_named(i->name + dash(i->name) + 1);
	e->pair = pair_named(i->name, dash(i->name));
	e->channel = text_hash(i->name) & 0x7fff;
	e->bytes = (uint32_t)i->bytes;
	e->reply_bytes = i->reply_bytes;
	e->window = window(i, e->role);
	e->first = true;
	all_ends |= BH_PORT_BIT(i->cap);
	if (e->role == ROLE_ACK) {
		e->pair->has_ack = true;
		e->pair->ack = e->port;
		e->pair->sends = !sends;
		return;
	}
	e->pair->sends = sends;
	e->pair->from = ledger(e->pair->name, "from");
	e->pair->to = ledger(e->pair->name, "to");
	if (sends)
		e->sent = &e->pair->from->role[e->role];
	else
		e->seen = &e->pair->to->role[e->role];
}

/* What a former life of a receiver may have taken without writing it down: one; and what was dropped with it. */
static uint64_t slack(const struct bh_info_entry *i)
{
	return 1 + (i->flags & BH_INFO_PORT_KEEP ? 0 : i->depth);
}

static void begin_life(struct pair *p)
{
	uint32_t *life = p->sends ? &p->from->life : &p->to->life;

	ledger_count(life);
	p->known_life = ledger_read(&p->to->life);
	p->acks = !p->sends && p->has_ack;
	for (uint32_t i = 0; i < BH_PART_PORTS; i++) {
		struct end *e = &ends[i];

		if (e->pair != p)
			continue;
		if (e->sent && e->role != ROLE_BELL)
			e->base = e->sent->begun;
		if (e->seen && *life > 1)
			ledger_write(&e->seen->slack, e->seen->slack + slack(bh_port_info(i)));
	}
}

int main(void)
{
	const struct bh_info_entry *i = NULL;
	struct bh_shared s;

	if (bh_shared_find("board", &s) != BH_OK)
		return 1;
	board = s.data;
	while ((i = bh_info_next(BH_INFO_PORT, i)))
		add_end(i);
	while (ledger_read(&board->phase) == PHASE_WAIT)
		bh_sleep_until(bh_time_in_ns(1000000));
	random_state = board->seed ^ text_hash(bh_info()->name) ^ bh_time_ticks() << 32;
	for (uint32_t p = 0; p < MOST_PAIRS; p++)
		if (pairs[p].name[0])
			begin_life(&pairs[p]);
	work();
	return 0;
}
