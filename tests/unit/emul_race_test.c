/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emulated regions while everybody moves: three vCPUs write and ask, the server consumes, both ends
 * are restarted now and then, and any core may run between any two steps. Every write arrives
 * once and in order, every ask gets its own answer or what the description says, nobody sleeps
 * for ever.
 * sources: arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/points.h"

#include "tests/unit/emul_machine.h"

#define REGIONS	  3u
#define VCPUS	  3u
#define MAX_SENT  100000u
#define STEPS	  4000000u
#define ANSWER(x) ((x)*2654435761u ^ 0x5a5a5a5au)

static struct {
	uint32_t sent, seen; /* the last write's number */
	bool must[MAX_SENT]; /* the server ran all the time: it has to arrive */
} writes[REGIONS][VCPUS];

static struct {
	struct guest_touch touch;
	bool asked;	  /* the access waits for an answer */
	uint32_t life;	  /* the server's, when it was made */
	uint32_t answers; /* that the port had counted by then */
} client[VCPUS];

static bool winding_down, server_is_slow;
static uint32_t answered, refused, blocked, server_lives, client_lives;

/* --- the server --- */

static void server_write(uint32_t n, const struct bh_emul_entry *e)
{
	uint32_t i = BH_EMUL_VCPU(e->source);

	assert_in_range(e->value, writes[n][i].seen + 1, writes[n][i].sent); /* in order, and once */
	for (uint32_t missing = writes[n][i].seen + 1; missing < e->value; missing++)
		assert_false(writes[n][i].must[missing]);
	writes[n][i].seen = e->value;
}

static void server_entry(struct vcpu *v, uint32_t n, struct bh_emul_entry e)
{
	struct guest_call c;

	if (e.kind == BH_EMUL_WRITE) {
		server_write(n, &e);
	} else if (e.kind == BH_EMUL_ASK_WRITE) {
		c = answer_call(n, BH_EMUL_VCPU(e.source), ANSWER(e.value), 0, control_of(n)->tail);
		guest_call(v, &c);
		assert_true(c.result == BH_OK || c.result == BH_E_STATE);
		*(c.result == BH_OK ? &answered : &refused) += 1;
	}
	host_point();
	if (server_eats(n)) {
		c = room_call(n);
		guest_call(v, &c);
	}
}

static void server_turn(struct vcpu *v, void *arg)
{
	(void)arg;
	if (v->part->state == PARTITION_LOADING) {
		guest_loaded(v, NULL);
		return;
	}
	if (server_is_slow && random_below(8)) {
		guest_nothing(v, NULL);
		return;
	}
	if (!winding_down && random_below(1500) == 0) {
		server_lives++;
		guest_system_reset(v, NULL);
		return;
	}
	for (uint32_t n = 0; n < REGIONS; n++)
		host_take_spi(v->part, HOST_DOORBELL + n);
	for (uint32_t n = 0; n < REGIONS; n++) {
		host_point();
		if (!server_sees(n))
			continue;
		server_entry(v, n, *server_sees(n));
		return;
	}
	guest_wfi(v, NULL);
}

/* --- the client --- */

static void client_finished(struct vcpu *v)
{
	uint32_t i = v->desc->index, n = client[i].touch.emul;
	bool ended = partition_at(SERVER)->life != client[i].life;

	client[i].asked = false;
	assert_int_equal(v->arch.answers, client[i].answers + 1);
	if (v->arch.aborted)
		assert_true(ended && n == BH_DOWN_FAULT);
	else if (v->arch.read != ANSWER(client[i].touch.a.value))
		assert_true(ended && n == BH_DOWN_ZERO && v->arch.read == 0);
}

static void client_touch(struct vcpu *v)
{
	uint32_t i = v->desc->index, n = client[i].touch.emul, value = client[i].touch.a.value;
	struct partition *server_part = partition_at(SERVER);
	bool ran = server_part->state == PARTITION_RUNNING;

	client[i].life = server_part->life;
	client[i].answers = v->arch.answers;
	client[i].asked = false;
	guest_touch(v, &client[i].touch);
	switch (client[i].touch.result) {
	case EMUL_WAIT: client[i].asked = true; break;
	case EMUL_AGAIN: blocked++; break;
	case EMUL_FAULT: assert_int_equal(n, BH_DOWN_FAULT); break;
	case EMUL_DONE:
		ran &= server_part->state == PARTITION_RUNNING && server_part->life == client[i].life;
		if (client[i].touch.a.offset == REG_QUEUE && ran && writes[n][i].seen < value)
			writes[n][i].must[value] = true;
		break;
	}
}

static void client_chooses(struct vcpu *v)
{
	uint32_t i = v->desc->index, n = random_below(REGIONS), others = random_below(VCPUS);
	struct access *a = &client[i].touch.a;

	if (others && v->part->state == PARTITION_RUNNING && partition_vcpu(v->part, others)->power == POWER_OFF)
		(void)vcpu_power_on(v->part, others, ENTRY, 0);
	client[i].touch.emul = n;
	*a = (struct access){ .bytes = 4, .write = true };
	if (random_below(3)) {
		a->offset = REG_QUEUE;
		a->value = ++writes[n][i].sent;
	} else {
		a->offset = REG_LINE;
		a->value = random_below(1u << 30);
	}
	assert_true(writes[n][i].sent < MAX_SENT - 1);
	client_touch(v);
}

static void client_turn(struct vcpu *v, void *arg)
{
	uint32_t i = v->desc->index;

	(void)arg;
	if (v->part->state == PARTITION_LOADING) {
		memset(client, 0, sizeof(client));
		guest_loaded(v, NULL);
	} else if (v->arch.again || client[i].touch.result == EMUL_AGAIN) {
		client_touch(v);
	} else {
		if (client[i].asked)
			client_finished(v);
		if (winding_down) {
			guest_wfi(v, NULL);
		} else if (random_below(3000) == 0) {
			client_lives++;
			guest_system_reset(v, NULL);
		} else {
			client_chooses(v);
		}
	}
}

static void guest_turn(uint32_t core)
{
	struct vcpu *v = host_guest(core);

	host_trap(core, v->part->number == SERVER ? server_turn : client_turn, NULL);
}

static void take_steps(uint32_t steps)
{
	uint32_t core = 0, sleeping = 0;

	for (uint32_t i = 0; i < steps && sleeping < 200; i++, sleeping++) {
		if (i % 4096 == 0)
			server_is_slow = !winding_down && random_below(2);
		if (random_below(5) == 0)
			core = random_below(4);
		if (host_can_run(core)) {
			host_run(core);
		} else if (host_guest(core)) {
			guest_turn(core);
		} else {
			core = random_below(4);
			continue;
		}
		sleeping = 0;
	}
	if (!winding_down)
		assert_true(sleeping < 200); /* the server sleeps and all clients wait for it */
}

static void nothing_is_lost_doubled_or_left_asleep_in_a_random_trace(void **state)
{
	(void)state;
	random_seed("emul", 0xe3171a7ed);
	boot(&emul_description);
	for (uint32_t n = 0; n < REGIONS; n++) /* soon to wrap */
		emul_at(n)->head = queue_of(n)->head = control_of(n)->tail = 0u - 500;
	host_points(true);
	partition_start(partition_at(SERVER));
	partition_start(partition_at(CLIENT));
	take_steps(STEPS);
	winding_down = true;
	take_steps(STEPS);
	print_message("answered %u, refused %u, blocked %u, lives %u and %u\n", answered, refused, blocked, server_lives,
		      client_lives);
	host_points(false);
	for (uint32_t i = 0; i < VCPUS; i++) {
		assert_int_not_equal(vcpu_of(CLIENT, i)->state, VCPU_ASKING);
		assert_int_not_equal(vcpu_of(CLIENT, i)->state, VCPU_BLOCKED);
	}
	for (uint32_t n = 0; n < REGIONS; n++) {
		assert_null(server_sees(n));
		for (uint32_t i = 0; i < VCPUS; i++)
			for (uint32_t w = writes[n][i].seen + 1; w <= writes[n][i].sent; w++)
				assert_false(writes[n][i].must[w]);
	}
	quiet();
	assert_true(answered > 1000 && refused > 0 && blocked > 100 && server_lives > 10 && client_lives > 5);
}

/* --- a few accesses in every order --- */

#define REGION 2u /* down = wait */

static uint32_t left[VCPUS], eaten, region;
static bool server_goes;

static void guest_fills(struct vcpu *v, void *arg)
{
	struct guest_touch t = { .emul = region, .a = { .offset = REG_QUEUE, .bytes = 4, .write = true } };

	(void)arg;
	while (queue_of(region)->head - control_of(region)->tail < BH_EMUL_RING)
		guest_touch(v, &t);
}

static void setup_two(bool full)
{
	host_points(false);
	boot(&emul_description);
	starts(SERVER);
	loads(SERVER);
	starts(CLIENT);
	loads(CLIENT);
	cpu_on(CLIENT, 0, 1);
	if (full)
		does(vcpu_of(CLIENT, 0), guest_fills, NULL);
	host_settle();
	memset(client, 0, sizeof(client));
	left[0] = left[1] = 1;
	left[2] = eaten = 0;
	host_points(true);
}

static void few_turn(struct vcpu *v, void *arg)
{
	uint32_t i = v->desc->index;

	(void)arg;
	left[i] = 0;
	client[i].touch = (struct guest_touch){ .emul = region, .a = { .offset = server_goes ? REG_LINE : REG_QUEUE, .bytes = 4, .write = true } };
	guest_touch(v, &client[i].touch);
	if (client[i].touch.result == EMUL_AGAIN)
		left[i] = 1;
}

/* Eats an entry, later all there is, and tells if it is asked to. */
static void eat_turn(struct vcpu *v, void *arg)
{
	struct guest_call c = room_call(region);

	(void)arg;
	if (eaten++ >= 3)
		control_of(region)->tail = queue_of(region)->head - 1;
	if (server_eats(region))
		guest_call(v, &c);
}

static bool server_has_work(void)
{
	return host_guest(3) == vcpu_of(SERVER, 0) && (server_goes ? !eaten : server_sees(region) != NULL);
}

static bool few_can(uint32_t core)
{
	if (host_can_run(core))
		return true;
	if (core == 3)
		return server_has_work();
	return host_guest(core) && left[core];
}

static void few_step(uint32_t core)
{
	if (host_can_run(core)) {
		host_run(core);
	} else if (core < 3) {
		host_trap(core, few_turn, NULL);
	} else if (server_goes) {
		eaten = 1;
		host_trap(core, guest_system_off, NULL);
	} else {
		host_trap(core, eat_turn, NULL);
	}
}

static void setup_full(void)
{
	region = REGION;
	setup_two(true);
}

static void nobody_is_left_blocked(void)
{
	host_points(false);
	quiet();
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(vcpu_of(CLIENT, i)->state, VCPU_READY);
		assert_int_equal(left[i], 0);
	}
	assert_null(server_sees(region));
}

static void writers_that_find_no_room_get_it_in_every_order(void **state)
{
	static const struct race race = {
		.setup = setup_full, .can = few_can, .step = few_step, .check = nobody_is_left_blocked, .n_cores = 4
	};

	(void)state;
	server_goes = false;
	print_message("%u orders\n", all_orders(&race, 2, (struct switches){ .n = 0 }));
	random_seed("room", 0x4007);
	for (uint32_t i = 0; i < 1500; i++)
		random_order(&race);
}

static void setup_end(void)
{
	region = BH_DOWN_ZERO;
	setup_two(false);
}

static void nobody_is_left_asking(void)
{
	host_points(false);
	quiet();
	assert_int_equal(partition_at(SERVER)->state, PARTITION_OFF);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(vcpu_of(CLIENT, i)->state, VCPU_READY);
}

static void an_ask_that_meets_its_servers_end_is_ended_in_every_order(void **state)
{
	static const struct race race = {
		.setup = setup_end, .can = few_can, .step = few_step, .check = nobody_is_left_asking, .n_cores = 4
	};

	(void)state;
	server_goes = true;
	print_message("%u orders\n", all_orders(&race, 2, (struct switches){ .n = 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(writers_that_find_no_room_get_it_in_every_order, machine_off),
		cmocka_unit_test_teardown(an_ask_that_meets_its_servers_end_is_ended_in_every_order, machine_off),
		cmocka_unit_test_teardown(nothing_is_lost_doubled_or_left_asleep_in_a_random_trace, machine_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
