/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of a port at once, and the ends of their partitions: in no order of the cores' steps is a
 * message lost, doubled or torn, a waiter left asleep, a call answered by another one's reply, or a port
 * left unusable. With TESTS set in the environment the search goes one switch deeper.
 * sources: arch/host/[a-z]*.c lib/[a-z]*.c
 */
#define POINTS_LATE_STORES
#define POINTS_IN_COPIES /* another core may run between a message's bytes and its time */
#include "tests/unit/points.h"

#include <stdlib.h>

#define ACTORS 5u
#define CLOCK  4u /* the pseudo core that moves the time to LATER, once */
#define LATER  200u
#define SOON   100u

/* --- who takes part: each vCPU makes one call after the other --- */

struct actor {
	uint32_t partition, index;
	void (*next)(struct actor *a);		      /* the next call, or done */
	void (*got)(struct actor *a, struct vcpu *v); /* what the last one answered; x0 is the status */
	struct guest_call c;
	void (*cut)(struct actor *a); /* its partition ended during a call; or NULL */
	bool called, done;
	bool yields;   /* the other vCPU is in a call on the same end: it has to go on first */
	uint32_t life; /* when it was called */
	uint32_t n;
	uint32_t phase, request; /* 0 when its partition begins again */
	uint32_t held;		 /* slot + 1 that it holds, of held_port, with this value; 0: none */
	uint32_t held_port;
	uint64_t held_value;
};

static struct actor actor[ACTORS];
static uint32_t n_actors;
static bool clock_moves, clock_moved;
static const struct host_system *description;
static void (*scene)(void); /* sets the actors */
static void (*verdict)(void);

static uint32_t cap(uint32_t port, bool sends)
{
	return sends ? blob_ports(blob)[port].send_cap : blob_ports(blob)[port].receive_cap;
}

static void asks(struct actor *a, uint32_t function, uint64_t x1, uint64_t x2, uint64_t word, uint64_t x7)
{
	a->c = (struct guest_call){ .function = function, .arg = { x1, x2, word, word, word, word, x7 } };
}

static void waits(struct actor *a, uint64_t mask, ticks_t deadline)
{
	a->c = (struct guest_call){ .function = BH_CALL_WAIT, .arg = { mask, deadline } };
}

static struct actor *add(uint32_t partition, uint32_t index, void (*next)(struct actor *), void (*got)(struct actor *, struct vcpu *))
{
	struct actor *a = &actor[n_actors++];

	*a = (struct actor){ .partition = partition, .index = index, .next = next, .got = got };
	return a;
}

static struct actor *actor_of(const struct vcpu *v)
{
	for (uint32_t i = 0; v && i < n_actors; i++)
		if (v == vcpu_of(actor[i].partition, actor[i].index))
			return &actor[i];
	return NULL;
}

static bool loads_now(const struct vcpu *v)
{
	return v && v->part->state == PARTITION_LOADING;
}

/* Else it need not wait for them. */
static bool others_go_on(uint32_t core)
{
	for (uint32_t i = 0; i < blob->n_cores; i++)
		if (i != core && host_can_run(i))
			return true;
	return false;
}

static bool can(uint32_t core)
{
	const struct vcpu *v;
	const struct actor *a;

	if (core == CLOCK)
		return clock_moves && !clock_moved;
	if (core >= blob->n_cores)
		return false;
	if (host_can_run(core))
		return true;
	v = host_guest(core);
	a = actor_of(v);
	return loads_now(v) || (a && !a->done && !(a->yields && others_go_on(core)));
}

/* Nobody writes the slot that a receiver holds. */
static void check_held(void)
{
	for (uint32_t i = 0; i < n_actors; i++)
		if (actor[i].held)
			assert_int_equal(host_slot(blob, actor[i].held_port, actor[i].held - 1)->data[0], actor[i].held_value);
}

static void begins_again(struct actor *a, uint32_t life)
{
	if (a->called && a->cut)
		a->cut(a);
	a->called = false;
	a->life = life;
	a->phase = a->request = a->held = 0;
}

static void act(uint32_t core, struct vcpu *v, struct actor *a)
{
	if (a->life != v->part->life)
		begins_again(a, v->part->life);
	if (a->called)
		a->got(a, v);
	if (a->called && (int64_t)v->arch.x0 == BH_E_STATE) {
		a->yields = true;
	}
	a->called = false;
	if (a->yields)
		return;
	if (!a->done)
		a->next(a);
	if (a->done)
		return;
	a->called = true;
	if (a->c.function == BH_CALL_RECEIVE)
		a->held = 0;
	host_trap(core, guest_call, &a->c);
}

static void step(uint32_t core)
{
	struct vcpu *v;

	for (uint32_t i = 0; i < n_actors; i++)
		actor[i].yields = false;
	if (core == CLOCK) {
		clock_moved = true;
		host_time_set(LATER);
	} else if (host_can_run(core)) {
		host_run(core);
	} else {
		v = host_guest(core);
		if (loads_now(v))
			host_trap(core, guest_loaded, NULL);
		else
			act(core, v, actor_of(v));
	}
	if (core < blob->n_cores && host_where(core) != HOST_POINT)
		late_lands(core);
	check_held();
}

static void check(void)
{
	host_points(false);
	quiet();
	verdict();
}

/* --- on cores of their own; both vCPUs of B receive or serve where a scene says so; BOSS stops or restarts --- */

enum { A,
       B,
       BOSS,
       PARTITIONS };

static const struct host_partition partitions[PARTITIONS] = {
	[A] = { .name = "a", .n_vcpus = 1, .vcpu = { { 0, 9 } }, .flags = BH_PART_RESTART },
	[B] = { .name = "b", .n_vcpus = 2, .vcpu = { { 1, 9 }, { 2, 9 } }, .flags = BH_PART_RESTART },
	[BOSS] = { .name = "boss", .n_vcpus = 1, .vcpu = { { 3, 9 } } },
};

enum { SIGNAL,
       VALUE,
       QUEUE,
       KEEPING,
       CALL,
       BACK,
       PORTS };

static const struct host_port ports[PORTS] = {
	[SIGNAL] = { .kind = BH_PORT_SIGNAL, .sender = A, .receiver = B, .no_irq = true },
	[VALUE] = { .kind = BH_PORT_SAMPLING, .sender = A, .receiver = B, .bytes = 32, .no_irq = true },
	[QUEUE] = { .kind = BH_PORT_QUEUING, .sender = A, .receiver = B, .bytes = 32, .depth = 1, .no_irq = true },
	[KEEPING] = { .kind = BH_PORT_QUEUING, .sender = A, .receiver = B, .bytes = 8, .depth = 2, .flags = BH_PORT_KEEP, .no_irq = true },
	[CALL] = { .kind = BH_PORT_CALL, .sender = A, .receiver = B, .bytes = 32, .reply_bytes = 32, .no_irq = true },
	[BACK] = { .kind = BH_PORT_SIGNAL, .sender = B, .receiver = A, .no_irq = true },
};

static const struct host_control controls[] = {
	{ BOSS, A, BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP },
	{ BOSS, B, BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP },
};

static const struct host_system apart = {
	.n_cores = 4, .n_partitions = PARTITIONS, .n_ports = PORTS, .n_controls = 2, .partition = partitions, .port = ports, .control = controls, .no_reader = true
};

static bool second_vcpu;
static uint32_t sleeper = BH_NONE; /* this partition has nothing to do */

static void forget_the_start(void)
{
	for (uint32_t i = 0; i < blob->n_partitions; i++)
		partition_at(i)->events = 0;
}

static void setup(void)
{
	host_points(false);
	memset(late, 0, sizeof(late));
	boot(description);
	for (uint32_t i = 0; i < blob->n_partitions; i++) { /* the least urgent of a core come first */
		starts(i);
		loads(i);
		if (i == sleeper)
			does(vcpu_of(i, 0), guest_wfi, NULL);
	}
	if (second_vcpu)
		cpu_on(B, 0, 1);
	forget_the_start();
	n_actors = 0;
	clock_moved = false;
	scene();
	host_points(true);
}

static void play(const struct host_system *s, void (*of)(void), void (*judge)(void), bool with_clock, uint32_t bound, uint32_t random_orders)
{
	static const struct race race = { .setup = setup, .can = can, .step = step, .check = check, .n_cores = 5 };

	description = s;
	scene = of;
	verdict = judge;
	clock_moves = with_clock;
	if (getenv("TESTS"))
		bound++;
	print_message("%u orders with at most %u switches\n", all_orders(&race, bound, (struct switches){ .n = 0 }), bound);
	random_seed("then random ones", 0x90125);
	for (uint32_t i = 0; i < random_orders; i++)
		random_order(&race);
	second_vcpu = false;
}

/* --- BOSS: one order, then done --- */

static uint32_t boss_orders, boss_whom; /* enum bh_control, index of the control */

static void boss_next(struct actor *a)
{
	a->done = a->n++;
	asks(a, BH_CALL_CONTROL, host_system_control(blob, description, boss_whom), boss_orders, 0, 0);
	a->c.arg[1] = boss_orders;
}

static void boss_got(struct actor *a, struct vcpu *v)
{
	(void)a;
	assert_int_equal(v->arch.x0, BH_OK);
}

static void boss_acts(uint32_t order, uint32_t whom)
{
	boss_orders = order;
	boss_whom = whom;
}

/* --- queues: the sender waits for room, the receiver for messages --- */

#define MESSAGES 4u

static uint32_t channel, unsure; /* unsure: messages that a vCPU may have sent or got as it ended */
static uint32_t received[MESSAGES + 2], last_received;

static void sender_next(struct actor *a)
{
	a->done = a->n == MESSAGES;
	if (a->phase) /* after AGAIN or PEER */
		waits(a, BIT64(cap(channel, true)), BH_NEVER);
	else
		asks(a, BH_CALL_SEND, cap(channel, true), 8, a->n + 1, 0);
}

static void sender_got(struct actor *a, struct vcpu *v)
{
	int64_t status = (int64_t)v->arch.x0;

	if (a->c.function == BH_CALL_WAIT) {
		assert_int_equal(status, BH_OK);
		a->phase = 0;
	} else if (status == BH_OK) {
		a->n++;
	} else {
		assert_true(status == BH_E_AGAIN || (status == BH_E_PEER && boss_orders));
		a->phase = 1;
	}
}

static void sender_cut(struct actor *a)
{
	if (a->c.function != BH_CALL_SEND)
		return;
	unsure++;
	a->n++;
}

static void receiver_next(struct actor *a)
{
	if (a->phase)
		waits(a, BIT64(cap(channel, false)), BH_NEVER);
	else
		asks(a, BH_CALL_RECEIVE, cap(channel, false), 0, 0, 0);
}

static void receiver_got_message(struct actor *a, const uint64_t *x)
{
	assert_in_range(x[3], 1, MESSAGES);
	assert_int_equal(received[x[3]]++, 0);
	if (!second_vcpu) {
		assert_true(x[3] > last_received);
		a->held = (uint32_t)x[1] + 1;
		a->held_value = x[3];
		a->held_port = channel;
	}
	last_received = (uint32_t)x[3];
}

static void receiver_got(struct actor *a, struct vcpu *v)
{
	int64_t status = (int64_t)v->arch.x0;

	a->phase = 0;
	if (a->c.function == BH_CALL_WAIT) {
		assert_int_equal(status, BH_OK);
	} else if (status == BH_OK) {
		receiver_got_message(a, v->arch.args);
	} else if (status == BH_E_STATE) {
		assert_true(second_vcpu);
	} else {
		assert_true(status == BH_E_AGAIN || (status == BH_E_PEER && boss_orders));
		a->phase = 1;
	}
}

static void receiver_cut(struct actor *a)
{
	unsure += a->c.function == BH_CALL_RECEIVE;
}

static void queue_scene(void)
{
	memset(received, 0, sizeof(received));
	last_received = unsure = 0;
	add(A, 0, sender_next, sender_got)->cut = sender_cut;
	add(B, 0, receiver_next, receiver_got)->cut = receiver_cut;
	if (second_vcpu)
		add(B, 1, receiver_next, receiver_got);
	if (boss_orders)
		add(BOSS, 0, boss_next, boss_got);
}

static uint32_t missing(void)
{
	uint32_t n = 0;

	assert_true(actor[0].done);
	assert_int_equal(port_at(channel)->send.head, port_at(channel)->receive.taken);
	for (uint32_t i = 1; i <= MESSAGES; i++)
		n += received[i] == 0;
	return n;
}

/* Nobody can go on: nobody sleeps while there is something, and everything has come. */
static void all_came(void)
{
	assert_int_equal(missing(), 0);
}

static void all_came_but_what_an_end_cut(void)
{
	assert_in_range(missing(), 0, unsure);
}

static void the_sender_is_done(void)
{
	(void)missing();
}

/* PORT-2 */
static void sender_and_receiver_of_a_queue_never_miss_each_other(void **state)
{
	(void)state;
	channel = QUEUE;
	boss_acts(0, 0);
	play(&apart, queue_scene, all_came, false, 2, 4000);
	channel = KEEPING;
	play(&apart, queue_scene, all_came, false, 1, 4000);
}

static void two_vcpus_that_receive_get_each_message_once(void **state)
{
	(void)state;
	channel = QUEUE;
	boss_acts(0, 0);
	second_vcpu = true;
	play(&apart, queue_scene, all_came, false, 1, 4000);
}

static void counter_next(struct actor *a)
{
	a->done = a->n++ == MESSAGES;
	asks(a, BH_CALL_PORT_STATE, cap(channel, false), 0, 0, 0);
}

static void counter_got(struct actor *a, struct vcpu *v)
{
	(void)a;
	assert_int_equal(v->arch.x0, BH_OK);
	assert_in_range(v->arch.args[0], 0, ports[channel].depth);
}

static void counted_scene(void)
{
	queue_scene();
	actor[2].next = counter_next;
	actor[2].got = counter_got;
}

static void no_more_wait_than_there_is_room_for(void **state)
{
	(void)state;
	channel = QUEUE;
	boss_acts(0, 0);
	second_vcpu = true;
	play(&apart, counted_scene, all_came, false, 1, 4000);
}

static void a_restart_loses_no_message_of_a_queue_that_keeps(void **state)
{
	(void)state;
	channel = KEEPING;
	boss_acts(BH_CONTROL_RESTART, 1);
	play(&apart, queue_scene, all_came_but_what_an_end_cut, false, 1, 4000);
}

static void a_restart_of_the_receiver_leaves_no_sender_asleep(void **state)
{
	(void)state;
	channel = QUEUE;
	boss_acts(BH_CONTROL_RESTART, 1);
	play(&apart, queue_scene, the_sender_is_done, false, 1, 4000);
}

static void a_restart_of_the_sender_leaves_no_receiver_asleep(void **state)
{
	(void)state;
	channel = QUEUE;
	boss_acts(BH_CONTROL_RESTART, 0);
	play(&apart, queue_scene, all_came_but_what_an_end_cut, false, 1, 4000);
}

/* --- sampling --- */

static void writer_next(struct actor *a)
{
	a->done = a->n == MESSAGES;
	asks(a, BH_CALL_SEND, cap(VALUE, true), 32, a->n + 1, 0);
	a->n++;
}

static void writer_got(struct actor *a, struct vcpu *v)
{
	(void)a;
	assert_int_equal(v->arch.x0, BH_OK);
}

static uint64_t last_value, last_time;

static void reader_next(struct actor *a)
{
	a->done = last_value == MESSAGES;
	if (a->phase)
		waits(a, BIT64(cap(VALUE, false)), BH_NEVER);
	else
		asks(a, BH_CALL_RECEIVE, cap(VALUE, false), 0, 0, 0);
}

static void reader_got(struct actor *a, struct vcpu *v)
{
	const uint64_t *x = v->arch.args;

	a->phase = a->c.function != BH_CALL_WAIT;
	if (!a->phase)
		return;
	if ((int64_t)v->arch.x0 == BH_E_AGAIN) {
		assert_int_equal(last_value, 0);
		return;
	}
	assert_int_equal(v->arch.x0, BH_OK);
	for (uint32_t i = 4; i < 7; i++)
		assert_int_equal(x[i], x[3]);
	assert_true(x[3] >= last_value && x[2] >= last_time);
	assert_int_equal((x[0] & BH_GOT_NEW) != 0, x[3] > last_value);
	last_value = x[3];
	last_time = x[2];
	a->held = (uint32_t)x[1] + 1;
	a->held_value = x[3];
	a->held_port = VALUE;
}

static void sampling_scene(void)
{
	last_value = last_time = 0;
	add(A, 0, writer_next, writer_got);
	add(B, 0, reader_next, reader_got);
}

static void the_newest_was_read(void)
{
	assert_int_equal(last_value, MESSAGES);
}

/* PORT-1 */
static void a_value_is_never_torn_never_older_and_the_last_one_comes(void **state)
{
	(void)state;
	boss_acts(0, 0);
	play(&apart, sampling_scene, the_newest_was_read, true, 2, 10000);
}

/* What was sent before the sender ended is there: PEER means that there is nothing. */
static void poller_next(struct actor *a)
{
	a->done = a->n == 3;
	asks(a, BH_CALL_RECEIVE, cap(channel, false), 0, 0, 0);
	a->n++;
}

static void poller_got(struct actor *a, struct vcpu *v)
{
	(void)a;
	if ((int64_t)v->arch.x0 == BH_E_PEER)
		assert_int_equal(port_at(channel)->send.head, port_at(channel)->receive.taken);
}

static void leaver_next(struct actor *a)
{
	if (a->n++ == 0) {
		asks(a, BH_CALL_SEND, cap(channel, true), 8, 1, 0);
		return;
	}
	a->done = true;
	host_trap(0, guest_system_off, NULL);
}

static void last_words_scene(void)
{
	add(A, 0, leaver_next, writer_got);
	add(B, 0, poller_next, poller_got);
}

static void nothing(void)
{
}

static void a_sender_that_ended_has_left_what_it_sent(void **state)
{
	(void)state;
	boss_acts(0, 0);
	channel = VALUE;
	play(&apart, last_words_scene, nothing, false, 2, 4000);
	channel = QUEUE;
	play(&apart, last_words_scene, nothing, false, 2, 4000);
}

/* --- events --- */

static uint32_t woken;
static ticks_t patience;

static void signaller_next(struct actor *a)
{
	a->done = a->n++;
	asks(a, BH_CALL_SIGNAL, cap(SIGNAL, true), 0, 0, 0);
}

static void listener_next(struct actor *a)
{
	a->done = a->n;
	waits(a, BIT64(cap(SIGNAL, false)), patience);
}

static void listener_got(struct actor *a, struct vcpu *v)
{
	int64_t status = (int64_t)v->arch.x0;

	a->n = 1;
	if (status == BH_OK) {
		assert_int_equal(v->arch.args[0], BIT64(cap(SIGNAL, false)));
		woken++;
		return;
	}
	assert_int_equal(status, BH_E_TIMEOUT);
	assert_true(clock_moved);
}

static void event_scene(void)
{
	woken = 0;
	add(A, 0, signaller_next, writer_got);
	add(B, 0, listener_next, listener_got);
	if (second_vcpu)
		add(B, 1, listener_next, listener_got);
}

static void one_was_woken(void)
{
	assert_int_equal(woken + (partition_at(B)->events != 0), 1);
	if (patience == BH_NEVER)
		assert_int_equal(woken, 1);
}

static void an_event_wakes_exactly_one_waiter(void **state)
{
	(void)state;
	boss_acts(0, 0);
	patience = BH_NEVER;
	play(&apart, event_scene, one_was_woken, false, 2, 5000);
	second_vcpu = true;
	play(&apart, event_scene, one_was_woken, false, 2, 5000);
}

/* PORT-2 */
static void an_event_or_its_deadline_ends_a_wait_and_neither_is_lost(void **state)
{
	(void)state;
	boss_acts(0, 0);
	patience = SOON;
	play(&apart, event_scene, one_was_woken, true, 2, 5000);
	second_vcpu = true;
	play(&apart, event_scene, one_was_woken, true, 2, 5000);
}

/* --- calls --- */

#define CALLS	 3u
#define REPLY(q) ((q)*1000u + 7)

static uint32_t handed_out[64], answered, requests;
static ticks_t limit;

static void caller_next(struct actor *a)
{
	a->done = a->n == CALLS;
	if (a->phase)
		waits(a, BIT64(cap(CALL, true)), BH_NEVER);
	else
		asks(a, BH_CALL_CALL, cap(CALL, true), 32, ++requests, limit);
}

static void caller_got(struct actor *a, struct vcpu *v)
{
	int64_t status = (int64_t)v->arch.x0;

	if (a->c.function == BH_CALL_WAIT) {
		a->phase = 0;
		return;
	}
	switch (status) {
	case BH_OK:
		assert_int_equal(handed_out[requests], 1);
		for (uint32_t i = 3; i < 7; i++)
			assert_int_equal(v->arch.args[i], REPLY(requests));
		answered++;
		a->n++;
		break;
	case BH_E_TIMEOUT:
		assert_true(clock_moved);
		limit = 100 * LATER; /* the next ones are patient */
		a->n++;
		break;
	case BH_E_AGAIN: /* an event will tell */
		assert_true(clock_moved || boss_orders);
		a->phase = 1;
		break;
	case BH_E_PEER:
		assert_true(boss_orders && boss_whom == 1);
		a->phase = 1;
		if (boss_orders == BH_CONTROL_STOP) /* it does not come back */
			a->n = CALLS;
		break;
	default: fail_msg("status %d", (int)status);
	}
}

static void server_next(struct actor *a)
{
	asks(a, BH_CALL_SERVE, cap(CALL, false), a->request ? 32 : 0, REPLY(a->request), BH_NEVER);
}

static void server_got_request(struct actor *a, const uint64_t *x)
{
	assert_in_range(x[3], 1, requests);
	assert_int_equal(handed_out[x[3]]++, 0);
	assert_int_equal(x[4], x[3]);
	a->request = (uint32_t)x[3];
}

static void server_got(struct actor *a, struct vcpu *v)
{
	if ((int64_t)v->arch.x0 == BH_E_STATE && second_vcpu)
		return; /* once more, with the same reply */
	assert_int_equal(v->arch.x0, BH_OK);
	server_got_request(a, v->arch.args);
}

#define POLLS 6u

static void poll_server_next(struct actor *a)
{
	a->done = !a->request && a->n++ == POLLS;
	asks(a, a->request ? BH_CALL_REPLY : BH_CALL_RECEIVE, cap(CALL, false), 32, REPLY(a->request), 0);
}

static void poll_server_got(struct actor *a, struct vcpu *v)
{
	int64_t status = (int64_t)v->arch.x0;

	if (status == BH_E_STATE)
		return;
	if (a->c.function == BH_CALL_REPLY) {
		assert_true(status == BH_OK || status == BH_E_TIMEOUT);
		a->request = 0;
	} else if (status == BH_OK) {
		server_got_request(a, v->arch.args);
	}
}

static void call_scene(void)
{
	memset(handed_out, 0, sizeof(handed_out));
	answered = requests = 0;
	limit = SOON;
	add(A, 0, caller_next, caller_got);
	add(B, 0, server_next, server_got);
	if (second_vcpu)
		add(B, 1, poll_server_next, poll_server_got);
	if (boss_orders)
		add(BOSS, 0, boss_next, boss_got);
}

/* The caller came to its end, whatever happened, and the port is as at the beginning. */
static void caller_is_done(void)
{
	assert_true(actor[0].done);
	assert_int_equal(port_at(CALL)->call & 0xff, 0);
	assert_false(port_at(CALL)->send.busy | port_at(CALL)->receive.busy);
	if (!clock_moves && !boss_orders)
		assert_int_equal(answered, CALLS);
	for (uint32_t i = 0; i < blob->n_vcpus; i++)
		assert_int_equal(vcpu_at(i)->lent, 0);
}

static void each_call_gets_its_own_reply(void **state)
{
	(void)state;
	boss_acts(0, 0);
	play(&apart, call_scene, caller_is_done, false, 2, 5000);
}

static void a_reply_or_the_deadline_ends_a_call_and_the_next_one_works(void **state)
{
	(void)state;
	boss_acts(0, 0);
	play(&apart, call_scene, caller_is_done, true, 2, 5000);
}

static void a_server_with_two_vcpus_answers_each_request_once(void **state)
{
	(void)state;
	boss_acts(0, 0);
	second_vcpu = true;
	play(&apart, call_scene, caller_is_done, true, 1, 5000);
}

static void a_servers_restart_ends_its_callers_wait(void **state)
{
	(void)state;
	boss_acts(BH_CONTROL_RESTART, 1);
	play(&apart, call_scene, caller_is_done, false, 1, 5000);
	play(&apart, call_scene, caller_is_done, true, 1, 5000);
}

static void the_caller_was_told(void)
{
	assert_true(actor[0].done);
	assert_int_equal(port_at(CALL)->call & 0xff, 0);
}

/* Also a request that comes as the server ends, too late for its end to see it. (PORT-2) */
static void a_servers_end_ends_its_callers_wait(void **state)
{
	(void)state;
	boss_acts(BH_CONTROL_STOP, 1);
	play(&apart, call_scene, the_caller_was_told, false, 2, 2000);
}

static void a_callers_restart_leaves_the_port_usable(void **state)
{
	(void)state;
	boss_acts(BH_CONTROL_RESTART, 0);
	play(&apart, call_scene, caller_is_done, false, 1, 5000);
	play(&apart, call_scene, caller_is_done, true, 1, 5000);
}

/* --- on one core: TOP calls BOTTOM, which asks FAR; MIDDLE never stops computing --- */

enum { BOTTOM,
       MIDDLE,
       TOP,
       FAR,
       ONE_CORE };

static const struct host_partition one_core[ONE_CORE] = {
	[TOP] = { .name = "top", .n_vcpus = 1, .vcpu = { { 0, 9 } }, .flags = BH_PART_RESTART },
	[MIDDLE] = { .name = "middle", .n_vcpus = 1, .vcpu = { { 0, 5 } } },
	[BOTTOM] = { .name = "bottom", .n_vcpus = 1, .vcpu = { { 0, 3 } }, .flags = BH_PART_RESTART },
	[FAR] = { .name = "far", .n_vcpus = 1, .vcpu = { { 1, 9 } } },
};

enum { CALL_BOTTOM,
       ASK,
       TELL };

static const struct host_port one_core_ports[] = {
	[CALL_BOTTOM] = { .kind = BH_PORT_CALL, .sender = TOP, .receiver = BOTTOM, .bytes = 32, .reply_bytes = 32, .no_irq = true },
	[ASK] = { .kind = BH_PORT_SIGNAL, .sender = BOTTOM, .receiver = FAR, .no_irq = true },
	[TELL] = { .kind = BH_PORT_SIGNAL, .sender = FAR, .receiver = BOTTOM, .no_irq = true },
};

static const struct host_control one_core_controls[] = {
	{ FAR, TOP, BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP },
	{ FAR, BOTTOM, BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP },
};

static const struct host_system together = {
	.n_cores = 2, .n_partitions = ONE_CORE, .n_ports = 3, .n_controls = 2, .partition = one_core, .port = one_core_ports, .control = one_core_controls, .no_reader = true
};

static void top_next(struct actor *a)
{
	a->done = a->n == CALLS;
	if (a->phase)
		waits(a, BIT64(cap(CALL_BOTTOM, true)), BH_NEVER);
	else
		asks(a, BH_CALL_CALL, cap(CALL_BOTTOM, true), 32, ++requests, limit);
}

/* Takes a request; asks FAR; waits for it, in TOP's place; replies. */
static void bottom_next(struct actor *a)
{
	switch (a->phase) {
	case 0: asks(a, BH_CALL_SERVE, cap(CALL_BOTTOM, false), a->request ? 32 : 0, REPLY(a->request), BH_NEVER); break;
	case 1: asks(a, BH_CALL_SIGNAL, cap(ASK, true), 0, 0, 0); break;
	case 2: waits(a, BIT64(cap(TELL, false)), BH_NEVER); break;
	}
	a->phase = (a->phase + 1) % 3;
}

static void bottom_got(struct actor *a, struct vcpu *v)
{
	assert_int_equal(v->arch.x0, BH_OK);
	if (a->c.function == BH_CALL_SERVE)
		server_got_request(a, v->arch.args);
}

/* Tells when it is asked; gives its order before it tells the second time. */
static void far_next(struct actor *a)
{
	if (boss_orders && a->n == 1) {
		boss_next(a);
		a->done = false;
	} else if (a->phase) {
		asks(a, BH_CALL_SIGNAL, cap(TELL, true), 0, 0, 0);
	} else {
		waits(a, BIT64(cap(ASK, false)), BH_NEVER);
	}
}

static void far_got(struct actor *a, struct vcpu *v)
{
	assert_true(v->arch.x0 == BH_OK || ((int64_t)v->arch.x0 == BH_E_PEER && boss_orders));
	if (a->c.function == BH_CALL_WAIT)
		a->phase = 1;
	else if (a->c.function == BH_CALL_SIGNAL)
		a->phase = 0;
	a->n += a->c.function == BH_CALL_SIGNAL;
}

static void one_core_scene(void)
{
	memset(handed_out, 0, sizeof(handed_out));
	answered = requests = 0;
	limit = SOON;
	add(TOP, 0, top_next, caller_got);
	add(BOTTOM, 0, bottom_next, bottom_got);
	add(FAR, 0, far_next, far_got);
}

static void top_is_done(void)
{
	assert_true(actor[0].done);
	if (!clock_moves && !boss_orders)
		assert_int_equal(answered, CALLS);
	for (uint32_t i = 0; i < blob->n_vcpus; i++)
		assert_int_equal(vcpu_at(i)->lent, 0);
	assert_int_equal(port_at(CALL_BOTTOM)->send.busy, 0);
}

static void a_server_that_waits_in_its_callers_place_is_woken_over_who_runs(void **state)
{
	(void)state;
	boss_acts(0, 0);
	play(&together, one_core_scene, top_is_done, false, 1, 4000);
	sleeper = MIDDLE; /* else a server whose caller has given up would never run */
	play(&together, one_core_scene, top_is_done, true, 1, 4000);
	sleeper = BH_NONE;
}

static void a_restart_from_afar_ends_what_was_lent(void **state)
{
	(void)state;
	sleeper = MIDDLE;
	boss_acts(BH_CONTROL_RESTART, 1);
	play(&together, one_core_scene, top_is_done, false, 1, 4000);
	boss_acts(BH_CONTROL_RESTART, 0);
	play(&together, one_core_scene, top_is_done, true, 1, 4000);
	sleeper = BH_NONE;
}

/* --- on one core: a notice for a server from afar, as a call hands it the core --- */

static void computing_server_next(struct actor *a)
{
	a->done = handed_out[2] != 0; /* it computes from the second request on */
	asks(a, BH_CALL_SERVE, cap(CALL_BOTTOM, false), a->request ? 32 : 0, REPLY(a->request), BH_NEVER);
}

static void guest_posts(struct vcpu *v, void *arg)
{
	(void)v;
	(void)arg;
	host_private(vcpu_of(BOTTOM, 0), HOST_SGI);
}

static void poster_next(struct actor *a)
{
	a->done = true;
	host_trap(1, guest_posts, NULL);
}

static void computing_server_got(struct actor *a, struct vcpu *v)
{
	a->request = 0;
	if ((int64_t)v->arch.x0 == BH_E_AGAIN)
		(void)swap_all(&v->arch.pending, 0);
	else
		server_got(a, v);
}

static void noticed_scene(void)
{
	one_core_scene();
	actor[1].next = computing_server_next;
	actor[1].got = computing_server_got;
	actor[2].next = poster_next;
}

static void it_was_noticed(void)
{
	assert_int_equal(vcpu_of(BOTTOM, 0)->requests, 0);
}

static void a_notice_for_a_server_that_has_just_been_handed_the_core_is_not_left_lying(void **state)
{
	(void)state;
	sleeper = MIDDLE;
	boss_acts(0, 0);
	play(&together, noticed_scene, it_was_noticed, false, 2, 4000);
	sleeper = BH_NONE;
}

#define RACE(test) cmocka_unit_test_teardown(test, machine_off)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		RACE(sender_and_receiver_of_a_queue_never_miss_each_other),
		RACE(two_vcpus_that_receive_get_each_message_once),
		RACE(no_more_wait_than_there_is_room_for),
		RACE(a_restart_loses_no_message_of_a_queue_that_keeps),
		RACE(a_restart_of_the_receiver_leaves_no_sender_asleep),
		RACE(a_restart_of_the_sender_leaves_no_receiver_asleep),
		RACE(a_value_is_never_torn_never_older_and_the_last_one_comes),
		RACE(a_sender_that_ended_has_left_what_it_sent),
		RACE(an_event_wakes_exactly_one_waiter),
		RACE(an_event_or_its_deadline_ends_a_wait_and_neither_is_lost),
		RACE(each_call_gets_its_own_reply),
		RACE(a_reply_or_the_deadline_ends_a_call_and_the_next_one_works),
		RACE(a_server_with_two_vcpus_answers_each_request_once),
		RACE(a_servers_restart_ends_its_callers_wait),
		RACE(a_servers_end_ends_its_callers_wait),
		RACE(a_callers_restart_leaves_the_port_usable),
		RACE(a_server_that_waits_in_its_callers_place_is_woken_over_who_runs),
		RACE(a_restart_from_afar_ends_what_was_lent),
		RACE(a_notice_for_a_server_that_has_just_been_handed_the_core_is_not_left_lying),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
