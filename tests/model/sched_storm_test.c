/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the model of sched_model_test.c leaves out, at random and against each other: waits and calls with deadlines at and around
 * edges, in the past and at the end of time; servers of callers in other windows; partitions that end, and begin anew, at any moment; modes
 * that change without end. After each step, all that holds on a core whoever is there. SEED=n begins elsewhere, TESTS=n plays n times as many.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/unit/machine.h"

#include <stdlib.h>

#include "abi/call.h"
#include "abi/port.h"
#include "abi/status.h"

#define SYSTEMS 100u
#define STEPS	4000u
#define US(n)	((n)*1000ull)

enum { CONTROL,
       LINUX,
       SERVER,
       RESERVED,
       LAZY,
       SMP,
       PARTITIONS };

#define CAN_RESTART BH_PART_RESTART

static struct host_partition partitions[PARTITIONS] = {
	[CONTROL] = { .name = "control", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 3 } }, .flags = CAN_RESTART },
	[LINUX] = { .name = "linux", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 5 } }, .flags = CAN_RESTART },
	[SERVER] = { .name = "server", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 2 } }, .flags = CAN_RESTART },
	[RESERVED] = { .name = "reserved", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 6 } }, .flags = CAN_RESTART },
	[LAZY] = { .name = "lazy", .n_vcpus = 1, .vcpu = { { .core = 0, .priority = 1 } }, .flags = CAN_RESTART },
	[SMP] = { .name = "smp", .n_vcpus = 3, .vcpu = { { .core = 1, .priority = 4 }, { .core = 1, .priority = 4 }, { .core = 0, .priority = 4 } }, .flags = CAN_RESTART },
};

/* The server is called by all who are on its core, one of them by way of another. */
static const struct host_port ports[] = {
	{ .kind = BH_PORT_CALL, .sender = CONTROL, .receiver = SERVER, .bytes = 32, .reply_bytes = 32, .no_irq = true },
	{ .kind = BH_PORT_CALL, .sender = LINUX, .receiver = SERVER, .bytes = 32, .reply_bytes = 32, .no_irq = true },
	{ .kind = BH_PORT_CALL, .sender = RESERVED, .receiver = LINUX, .bytes = 32, .reply_bytes = 32, .no_irq = true },
	{ .kind = BH_PORT_CALL, .sender = SMP, .receiver = SERVER, .bytes = 32, .reply_bytes = 32, .no_irq = true },
	{ .kind = BH_PORT_SIGNAL, .sender = SMP, .receiver = CONTROL },
	{ .kind = BH_PORT_SIGNAL, .sender = CONTROL, .receiver = LAZY },
	{ .kind = BH_PORT_SIGNAL, .sender = LAZY, .receiver = RESERVED },
};
#define PORTS (sizeof(ports) / sizeof(ports[0]))

/* One that follows another at once, so that edges go the short way where nobody has a reservation. */
static const struct host_window close[] = {
	{ .core = 0, .start_ns = 0, .end_ns = US(10), .partitions = BIT(CONTROL) },
	{ .core = 0, .start_ns = US(10), .end_ns = US(30), .partitions = BIT(LINUX) | BIT(SERVER) },
	{ .core = 0, .start_ns = US(30), .end_ns = US(40), .partitions = BIT(LAZY) | BIT(SMP) | BIT(CONTROL) },
	{ .core = 0, .start_ns = US(40), .end_ns = US(50), .partitions = BIT(RESERVED) | BIT(SERVER) },
};
static const struct host_window normal[] = {
	{ .core = 0, .start_ns = 0, .end_ns = US(30), .partitions = BIT(CONTROL) },
	{ .core = 0, .start_ns = US(30), .end_ns = US(60), .partitions = BIT(LINUX) | BIT(SMP) },
	{ .core = 0, .start_ns = US(70), .end_ns = US(80), .partitions = BIT(SERVER) },
	{ .core = 1, .start_ns = US(20), .end_ns = US(100), .partitions = BIT(SMP) },
};
static const struct host_window limp[] = {
	{ .core = 0, .start_ns = 0, .end_ns = US(40), .partitions = BIT(CONTROL) },
};
static const struct host_window shared[] = {
	{ .core = 0, .start_ns = 0, .end_ns = US(10), .partitions = BIT(CONTROL) | BIT(SERVER) },
	{ .core = 0, .start_ns = US(10), .end_ns = US(20), .partitions = BIT(CONTROL) | BIT(LAZY) | BIT(RESERVED) },
	{ .core = 0, .start_ns = US(20), .end_ns = US(30), .partitions = BIT(LINUX) | BIT(SERVER) | BIT(LAZY) | BIT(SMP) },
	{ .core = 0, .start_ns = US(30), .end_ns = US(50), .partitions = BIT(CONTROL) | BIT(LINUX) | BIT(SERVER) | BIT(RESERVED) | BIT(SMP) | BIT(LAZY) },
};
static const struct host_mode calm_modes[] = {
	{ .frame_ns = US(50), .slack = BIT(LAZY), .n_windows = 4, .window = shared },
	{ .frame_ns = US(50), .at_once = true, .slack = BIT(SERVER) | BIT(LINUX), .n_windows = 3, .window = shared },
};
static const struct host_mode modes[] = {
	{ .frame_ns = US(100), .slack = BIT(LAZY) | BIT(SMP), .n_windows = 4, .window = normal },
	{ .frame_ns = US(40), .at_once = true, .without = BIT(LINUX) | BIT(SERVER), .slack = BIT(LAZY), .n_windows = 1, .window = limp },
	{ .at_once = true },
	{ .frame_ns = US(50), .n_windows = 4, .window = close },
	{ .frame_ns = US(50), .slack = BIT(SERVER) | BIT(LAZY), .n_windows = 4, .window = close },
	{ .frame_ns = US(40), .slack = BIT(LINUX), .without = BIT(SMP) | BIT(SERVER) | BIT(LAZY), .n_windows = 1, .window = limp },
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

static struct host_system description = {
	.n_cores = 2,
	.n_partitions = PARTITIONS,
	.partition = partitions,
	.no_reader = true,
	.n_modes = MODES,
	.mode = modes,
	.changers = BIT(CONTROL) | BIT(SMP),
	.n_ports = PORTS,
	.port = ports,
};

static ticks_t now;
static bool calm; /* a system whose partitions mostly call, serve and wait, and seldom end */

/* --- what must hold whenever nothing is under way --- */

static uint32_t can_run(const struct core *c)
{
	uint32_t ready = 0;

	for (uint32_t r = 0; r < c->desc->n_vcpus; r++)
		ready |= stand_in(c->vcpu[r])->state == VCPU_READY ? BIT(r) : 0;
	assert_int_equal(c->ready, ready);
	if (ready & c->funded)
		return ready & c->funded;
	return ready & c->window ? ready & c->window : ready & c->slack;
}

static void holds_who_runs(const struct core *c)
{
	uint32_t can = can_run(c);
	struct vcpu *best;

	if (!can) {
		assert_int_equal(host_where(c->number), HOST_IDLE);
		return;
	}
	best = c->vcpu[lowest_bit(can)];
	assert_true(c->rank == best->desc->rank || ((best->siblings & can) >> c->rank & 1));
	assert_ptr_equal(host_guest(c->number), stand_in(c->vcpu[c->rank]));
}

static void holds_time(const struct core *c)
{
	assert_true(host_alarm(c->number) > now);
	assert_true(host_alarm(c->number) <= c->edge && host_alarm(c->number) <= c->change_at);
	for (uint32_t left = c->urgent; left; left &= left - 1) {
		const struct vcpu *v = c->vcpu[lowest_bit(left)];

		if (v->state != VCPU_LISTENING && v->state != VCPU_CALLING)
			continue;
		assert_true(v->deadline > now);
		assert_true(host_alarm(c->number) <= v->deadline);
	}
	for (uint32_t r = 0; r < c->desc->n_vcpus; r++) {
		int64_t budget = (int64_t)c->vcpu[r]->desc->budget_ns;

		assert_true(c->vcpu[r]->left <= budget);
		assert_true(c->vcpu[r]->left > 0 || !(c->funded & BIT(r)));
	}
}

/* Who waits for whom is the same from either end, and so are those that are worth a kick. */
static void holds_chains(const struct core *c)
{
	uint32_t lent[BH_MAX_CORE_VCPUS] = { 0 }, helpers = 0, self = c->rank == BH_NONE ? 0 : BIT(c->rank), upto = (self << 1) - 1, ranks = c->funded;

	for (uint32_t r = 0; r < c->desc->n_vcpus; r++)
		for (const struct vcpu *at = c->vcpu[r]->callee; at; at = at->callee)
			lent[at->desc->rank] |= BIT(r);
	for (uint32_t r = 0; r < c->desc->n_vcpus; r++) {
		assert_int_equal(c->vcpu[r]->lent, lent[r]);
		helpers |= lent[r] ? BIT(r) : 0;
	}
	assert_int_equal(c->helpers, helpers);
	if (c->rank != BH_NONE)
		upto |= c->vcpu[c->rank]->siblings;
	if (c->window & ~ranks & self)
		ranks |= c->window & upto;
	else if (ranks & self)
		ranks &= upto;
	else
		ranks |= c->window | (c->slack & upto);
	for (uint32_t r = 0; r < c->desc->n_vcpus; r++)
		ranks |= lent[r] & ranks ? BIT(r) : 0;
	if (host_where(c->number) == HOST_GUEST)
		assert_int_equal(c->urgent, ranks);
	assert_int_equal(c->changed, 0);
}

/* An alarm has a reason, which is not another one's. */
static void holds_alarm(const struct core *c)
{
	ticks_t at = host_alarm(c->number);
	bool reason = at == c->edge || at == c->change_at || c->early || c->budgets || at == BH_NEVER || c->turn_end == at;

	for (uint32_t left = c->urgent; left; left &= left - 1) {
		const struct vcpu *v = c->vcpu[lowest_bit(left)];

		reason |= at == v->deadline || at == v->vigil || at == v->arch.ptimer;
	}
	assert_true(reason);
}

/* Each instant is somebody's, and nobody's twice. */
static void holds_had(const struct core *c)
{
	ticks_t sum = sched_used(c, BH_NONE);

	for (uint32_t r = 0; r < c->desc->n_vcpus; r++)
		sum += sched_used(c, r);
	assert_int_equal(sum, now);
}

static void holds(void)
{
	for (uint32_t i = 0; i < description.n_cores; i++) {
		const struct core *c = core_at(i);

		assert_int_equal(c->inbox & (c->urgent | INBOX_NOW), 0);
		assert_true(c->frame_ticks || !c->stops);
		holds_who_runs(c);
		holds_time(c);
		holds_chains(c);
		holds_alarm(c);
		holds_had(c);
	}
}

/* --- what happens --- */

static ticks_t edge_near(void)
{
	ticks_t at = host_alarm(random_below(2));

	return at > now + US(1000000) ? now + US(10) : at; /* none, or the end of time */
}

static ticks_t some_deadline(void)
{
	if (calm && random_below(4))
		return now + US(1 + random_below(random_below(4) ? 20000 : 100));
	switch (random_below(8)) {
	case 0: return 0;
	case 1: return now;
	case 2: return edge_near() - 1;
	case 3: return edge_near();
	case 4: return edge_near() + 1;
	case 5: return BH_NEVER;
	case 6: return BH_NEVER - 1;
	}
	return now + random_below(200000);
}

static void time_goes(void)
{
	if (calm && random_below(2)) {
		host_time_set(now += random_below(1000));
		return;
	}
	switch (random_below(8)) {
	case 0: now += random_below(3000); break;
	case 1: now += US(random_below(calm ? 20 : 2000)); break;
	case 2: now = edge_near() - 1 > now ? edge_near() - 1 : now; break;
	default: now = edge_near() > now ? edge_near() : now;
	}
	host_time_set(now);
}

static void calls(struct vcpu *v, struct guest_call c)
{
	does(v, guest_call, &c);
}

static void uses_port(struct vcpu *v, const struct bh_port *p)
{
	bool sends = p->sender == v->desc->partition;
	uint32_t cap = sends ? p->send_cap : p->receive_cap;

	if (!sends && p->receiver != v->desc->partition)
		return;
	if (p->kind == BH_PORT_SIGNAL && sends)
		calls(v, (struct guest_call){ .function = BH_CALL_SIGNAL, .arg = { cap } });
	else if (p->kind == BH_PORT_SIGNAL)
		calls(v, (struct guest_call){ .function = BH_CALL_WAIT, .arg = { BIT64(cap), some_deadline() } });
	else if (sends)
		calls(v, (struct guest_call){ .function = BH_CALL_CALL, .arg = { cap, random_below(4) ? 32 : 8, 1, 2, 3, 4, some_deadline() } });
	else if (random_below(16) == 0)
		calls(v, (struct guest_call){ .function = BH_CALL_REPLY, .arg = { cap, 8, 1, 2, 3, 4, BH_NEVER } });
	else
		calls(v, (struct guest_call){ .function = BH_CALL_SERVE, .arg = { cap, random_below(4) || (calm && random_below(8)) ? 32 : 0, 1, 2, 3, 4, some_deadline() } });
}

static void guest_gives_way(struct vcpu *v, void *arg)
{
	(void)arg;
	sched_give_way(v);
}

static void guest_takes_all(struct vcpu *v, void *arg)
{
	(void)arg;
	host_take(v);
	for (uint32_t i = 0; i < 2 * HOST_PORTS && v->desc->index == 0; i++)
		host_take_spi(v->part, HOST_PORT_INTID + i);
}

static void guest_restarts(struct vcpu *v, void *arg)
{
	(void)v;
	partition_stop(arg, BH_STOP_ORDER, random_below(2));
}

static void guest_starts(struct vcpu *v, void *arg)
{
	(void)v;
	partition_start(arg);
}

static void works(struct vcpu *v)
{
	struct guest_on on = { .index = random_below(3), .entry = ENTRY };
	ticks_t when = some_deadline();
	uint32_t port = random_below(PORTS);

	if (v->part->state == PARTITION_LOADING) {
		does(v, guest_loaded, NULL);
		return;
	}
	if (calm && random_below(256)) {
		if (random_below(4))
			does(v, guest_takes_all, NULL);
		for (uint32_t i = 0; i < 8 && host_guest(v->core->number) == v; i++) {
			uses_port(v, blob_ports(blob) + random_below(random_below(16) ? 3 : PORTS));
			host_settle();
		}
		return;
	}
	if (calm && random_below(8)) {
		does(v, guest_wfi, NULL);
		return;
	}
	switch (random_below(20)) {
	case 0: does(v, guest_gives_way, NULL); break;
	case 1: does(v, guest_ptimer, &when); break;
	case 2: does(v, guest_take, NULL); break;
	case 3:
	case 4: does(v, guest_wfi, NULL); break;
	case 5: does(v, guest_cpu_on, &on); break;
	case 6: does(v, random_below(3) ? guest_wfi : guest_cpu_off, NULL); break;
	case 7: does(v, random_below(2) ? guest_system_reset : guest_system_off, NULL); break;
	case 8: does(v, guest_restarts, partition_at(random_below(PARTITIONS))); break;
	case 9:
	case 10: does(v, guest_starts, partition_at(random_below(PARTITIONS))); break;
	case 11:
	case 12: calls(v, (struct guest_call){ .function = BH_CALL_SET_MODE, .arg = { host_system_schedule(blob, v->desc->partition), random_below(description.n_modes) } }); break;
	default: uses_port(v, blob_ports(blob) + port);
	}
}

static void step(void)
{
	struct vcpu *v = host_guest(random_below(2));
	uint32_t what = random_below(100);

	if (what < 35)
		time_goes();
	else if (calm ? what < 37 && !random_below(8) : what < 45)
		host_private(vcpu_at(random_below(blob->n_vcpus)), HOST_SGI);
	else if (what < (calm ? 38 : 48))
		partition_start(partition_at(random_below(PARTITIONS)));
	else if (v)
		works(v);
	host_settle();
	holds();
}

/* Whoever was to stop has stopped when as many edges have passed as there are vCPUs. */
static void all_stop(void)
{
	for (uint32_t n = 0; n < 64; n++) {
		now = edge_near() > now ? edge_near() : now;
		host_time_set(now);
		host_settle();
		holds();
	}
	for (uint32_t i = 0; i < PARTITIONS; i++)
		assert_int_not_equal(partition_at(i)->state, PARTITION_STOPPING);
}

static void play(uint64_t seed)
{
	random_state = seed;
	calm = random_below(2);
	description.mode = calm ? calm_modes : modes;
	description.n_modes = calm ? 2 : MODES;
	partitions[RESERVED].vcpu[0].budget_ns = US(10 + random_below(20));
	partitions[RESERVED].vcpu[0].period_ns = US(40 + random_below(100));
	if (random_below(2))
		partitions[RESERVED].vcpu[0].budget_ns = partitions[RESERVED].vcpu[0].period_ns = 0;
	now = 0;
	boot(&description);
	for (uint32_t i = 0; i < PARTITIONS; i++)
		partition_start(partition_at(i));
	for (uint32_t n = 0; n < STEPS; n++)
		step();
	all_stop();
	machine_off(NULL);
}

static uint32_t number_from(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);

	return text ? (uint32_t)strtoul(text, NULL, 0) : otherwise;
}

static void whatever_happens_who_is_in_time_runs_and_nothing_is_left(void **state)
{
	uint32_t systems = SYSTEMS * number_from("TESTS", 1);
	uint64_t seed = number_from("SEED", 1) * 0x9e3779b97f4a7c15ull;

	(void)state;
	print_message("%u times %u steps, from SEED=%u\n", systems, STEPS, number_from("SEED", 1));
	for (uint32_t i = 0; i < systems; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		play(seed | 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_happens_who_is_in_time_runs_and_nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
