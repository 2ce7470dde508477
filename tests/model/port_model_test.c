/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random systems, random traces: partitions start, load, signal, write, read, send, receive, call, serve,
 * wait, sleep, stop, restart and control each other, rightly and wrongly, in the kernel and in the model
 * (port_model.h); after each step every status, result, message, event, interrupt and life is the same,
 * every core is kicked exactly when it has to be, and the same vCPU runs there. What differs is made as
 * short a trace as removing steps can, and printed. TESTS=n: n times as many systems. SEED=n: others.
 * sources: tests/model/port_model.c kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c
 */
#include "tests/model/port_model.h"
#include "tests/unit/machine.h"

#include <stdlib.h>

#define SYSTEMS	   700u
#define STEPS	   1500u
#define PARTITIONS 5u
#define PORTS	   12u
#define CONTROLS   4u

/* --- a random system --- */

static struct host_partition partitions[PARTITIONS];
static struct host_port ports[PORTS];
static struct host_control controls[CONTROLS];
static struct host_system description;

static bool near_calls; /* a system of calls within a core, the shortest way there is */

static void draw_partitions(void)
{
	static const char *const names[PARTITIONS] = { "a", "b", "c", "d", "e" };
	uint32_t used = 0;

	for (uint32_t i = 0; i < description.n_partitions; i++) {
		struct host_partition *p = &partitions[i];

		*p = (struct host_partition){ .name = names[i], .n_vcpus = !near_calls && random_below(4) == 0 ? 2 : 1, .flags = random_below(4) ? BH_PART_RESTART : 0 };
		if (p->n_vcpus > description.n_cores)
			p->n_vcpus = description.n_cores;
		for (uint32_t v = 0, core = random_below(description.n_cores); v < p->n_vcpus; v++) { /* siblings: sched_model.c */
			uint32_t priority;

			do
				priority = random_below(32);
			while (used & BIT(priority));
			used |= BIT(priority);
			p->vcpu[v] = (struct host_vcpu){ .core = (core + v) % description.n_cores, .priority = priority };
		}
	}
}

static uint32_t draw_bytes(void)
{
	static const uint32_t bytes[] = { 1, 8, 13, 32, 33, 100, 200 };

	return bytes[random_below(7)];
}

/* The sender of a call has the lower number: no circle. */
static struct host_port draw_port(void)
{
	uint32_t a = random_below(description.n_partitions);
	uint32_t b = (a + 1 + random_below(description.n_partitions - 1)) % description.n_partitions;
	struct host_port p = { .kind = near_calls ? BH_PORT_CALL : 1 + random_below(4), .sender = a, .receiver = b, .no_irq = random_below(2) };

	if (p.kind == BH_PORT_SIGNAL)
		return p;
	p.bytes = draw_bytes();
	if (p.kind == BH_PORT_QUEUING) {
		p.depth = 1 + random_below(4);
		p.flags = random_below(4); /* drop, keep */
	}
	if (p.kind == BH_PORT_CALL) {
		p.reply_bytes = draw_bytes();
		p.sender = a < b ? a : b;
		p.receiver = a < b ? b : a;
	}
	return p;
}

static void draw_system(uint64_t seed)
{
	random_state = seed;
	near_calls = random_below(3) == 0;
	description = (struct host_system){ .n_cores = near_calls ? 1 : 1 + random_below(3),
					    .n_partitions = 2 + random_below(PARTITIONS - 1),
					    .n_ports = 1 + random_below(PORTS),
					    .n_controls = random_below(CONTROLS),
					    .no_reader = true,
					    .partition = partitions,
					    .port = ports,
					    .control = controls };
	draw_partitions();
	for (uint32_t i = 0; i < description.n_ports; i++)
		ports[i] = draw_port();
	for (uint32_t i = 0; i < description.n_controls; i++) {
		uint32_t holder = random_below(description.n_partitions);

		controls[i] = (struct host_control){ holder, (holder + 1 + random_below(description.n_partitions - 1)) % description.n_partitions, random_below(4) };
	}
}

/* --- what differs --- */

static bool failed, tells; /* tells: prints what is done and what differs */
static uint32_t seen[BH_CALL_CONTROL - BH_CALL_SIGNAL + 1][9];

static void differ(const char *what, uint32_t which, uint64_t is, uint64_t should)
{
	failed = true;
	if (tells)
		print_message("  %s %u: %#llx, in the model %#llx\n", what, which, (unsigned long long)is, (unsigned long long)should);
}

static void same(const char *what, uint32_t which, uint64_t is, uint64_t should)
{
	if (is != should)
		differ(what, which, is, should);
}

static void rule_broken(const char *rule)
{
	failed = true;
	if (tells)
		print_message("  %s\n", rule);
}

/* The slot each receiver holds: nobody may write there. */
static struct {
	const struct bh_slot *slot;
	struct model_message message;
} held[PORTS][2]; /* of the receiver, of the caller */

static void same_message(uint32_t port, const struct bh_slot *slot, const struct model_message *m)
{
	same("bytes of a message of port", port, slot->bytes, m->bytes);
	same("time of a message of port", port, slot->time, m->time);
	if (slot->bytes == m->bytes && memcmp(slot->data, m->data, m->bytes))
		differ("message of port", port, slot->data[0], m->data[0]);
}

static uint64_t low_bytes(uint64_t word, uint32_t bytes)
{
	return bytes >= 8 ? word : word & ~(~0ull << 8 * bytes);
}

static void same_registers(uint32_t port, const uint64_t *x4, const struct model_message *m)
{
	for (uint32_t i = 0; i < BH_SHORT_BYTES / 8 && 8 * i < m->bytes; i++)
		same("short message of port", port, low_bytes(x4[i], m->bytes - 8 * i), low_bytes(m->data[i], m->bytes - 8 * i));
}

static void compare_message(const struct model_answer *a, const uint64_t *x)
{
	const struct host_port *p = &ports[a->port];
	uint32_t most = a->is_reply ? p->reply_bytes : p->bytes;
	uint32_t slots = a->is_reply ? 1 : bh_port_slots(p->kind, p->depth);
	const struct bh_slot *slot;

	same("bytes and flags of port", a->port, x[0], a->message.bytes | a->flags);
	same("time of port", a->port, x[2], a->message.time);
	if (x[1] >= slots) {
		differ("slot of port", a->port, x[1], slots);
		return;
	}
	slot = a->is_reply ? host_reply_slot(blob, a->port) : host_slot(blob, a->port, (uint32_t)x[1]);
	if (most <= BH_SHORT_BYTES)
		same_registers(a->port, &x[3], &a->message);
	same_message(a->port, slot, &a->message);
	held[a->port][a->is_reply].slot = slot;
	held[a->port][a->is_reply].message = a->message;
}

static void compare_answer(const struct model_vcpu *m, const struct vcpu *v, uint32_t n)
{
	const struct model_answer *a = &m->answer;

	same("status of vCPU", n, v->arch.x0, (uint64_t)a->status);
	for (uint32_t i = 0; i < a->n; i++)
		same("result of vCPU", n, v->arch.args[i], a->x[i]);
	if (a->has_message && v->arch.x0 == BH_OK)
		compare_message(a, v->arch.args);
}

static uint32_t state_of(enum model_vcpu_state s)
{
	static const uint32_t states[] = { [MODEL_OFF] = VCPU_OFF, [MODEL_READY] = VCPU_READY, [MODEL_WFI] = VCPU_WAITING, [MODEL_LISTENS] = VCPU_LISTENING, [MODEL_CALLS] = VCPU_CALLING };

	return states[s];
}

static uint32_t power_of(const struct model_vcpu *m)
{
	return m->pending_on ? POWER_ON_PENDING : m->state == MODEL_OFF ? POWER_OFF
									: POWER_ON;
}

static void compare_vcpus(void)
{
	for (uint32_t i = 0; i < model.n_vcpus; i++) {
		const struct vcpu *v = vcpu_at(i);

		same("state of vCPU", i, v->state, state_of(model.vcpu[i].state));
		same("power of vCPU", i, v->power, power_of(&model.vcpu[i]));
		if (model.vcpu[i].answered)
			compare_answer(&model.vcpu[i], v, i);
		model.vcpu[i].answered = false;
	}
}

static void compare_partitions(void)
{
	static const uint32_t lives[] = { PARTITION_OFF, PARTITION_LOADING, PARTITION_RUNNING, PARTITION_STOPPING };

	for (uint32_t i = 0; i < description.n_partitions; i++) {
		const struct partition *p = partition_at(i);
		const struct model_partition *m = &model.partition[i];

		same("state of partition", i, p->state, lives[m->life]);
		same("life of partition", i, p->life, m->ended);
		same("events of partition", i, p->events, m->events);
		same("interrupts of partition", i, p->arch.edge[0] >> HOST_PORT_INTID | p->arch.edge[1] << (64 - HOST_PORT_INTID), m->interrupts[0]);
	}
}

static uint32_t number(const struct vcpu *v)
{
	return v ? (uint32_t)(v->desc - blob_vcpus(blob)) : BH_NONE;
}

static void compare_cores(void)
{
	for (uint32_t i = 0; i < description.n_cores; i++) {
		const struct model_vcpu *m = model_runs(i);

		same("who runs on core", i, number(host_guest(i)), m ? (uint32_t)(m - model.vcpu) : BH_NONE);
		if (host_alarm(i) > model_alarm(i))
			differ("alarm of core", i, host_alarm(i), model_alarm(i));
	}
}

/* A request is the server's until it is done with; the others until the next one, or the end of the holder. */
static void compare_held(void)
{
	for (uint32_t i = 0; i < description.n_ports; i++) {
		const struct model_port *m = &model.port[i];

		if (model.partition[ports[i].receiver].life != MODEL_PART_RUNS || (ports[i].kind == BH_PORT_CALL && !(m->taken && m->end == MODEL_OPEN)))
			held[i][0].slot = NULL;
		if (model.partition[ports[i].sender].life != MODEL_PART_RUNS || m->asked)
			held[i][1].slot = NULL;
		for (uint32_t end = 0; end < 2; end++)
			if (held[i][end].slot)
				same_message(i, held[i][end].slot, &held[i][end].message);
	}
}

static void compare(void)
{
	compare_vcpus();
	compare_partitions();
	compare_cores();
	compare_held();
}

/* --- both go on --- */

/* A core that the test runs leaves its guest exactly if somebody has a reason. */
static bool goes_on(uint32_t core)
{
	bool alarm = host_alarm(core) <= model.now, can = host_can_run(core);

	same("core that leaves its guest", core, can, alarm || model.kicked[core]);
	if (!can || failed)
		return false;
	host_run(core);
	model_core_exits(core, alarm);
	return true;
}

static void settle(void)
{
	bool any;

	do {
		any = false;
		for (uint32_t i = 0; i < description.n_cores; i++)
			while (goes_on(i))
				any = true;
	} while (any && !failed);
}

/* The guest v does fn in the kernel; the model has done it. */
static void trap(const struct model_vcpu *m, host_guest_fn *fn, void *arg)
{
	host_trap(m->core, fn, arg);
	model_core_exits(m->core, false);
}

#define SAY(...)                                         \
	do {                                             \
		if (tells)                               \
			print_message("  " __VA_ARGS__); \
	} while (0)

/* --- calls --- */

static const char *const names[] = { "signal", "send", "receive", "wait", "call", "reply", "serve", "port_state", "control" };

static uint64_t random_word(void)
{
	return (uint64_t)random_below(1u << 30) << 40 ^ (uint64_t)random_below(1u << 30) << 20 ^ random_below(1u << 30);
}

static uint64_t draw_size(uint32_t most)
{
	static const uint64_t wrong[] = { 0, 1ull << 32 | 1, ~0ull };

	if (most && random_below(16))
		return 1 + random_below(most);
	return random_below(4) ? wrong[random_below(3)] : most + 1;
}

static uint64_t draw_deadline(void)
{
	if (near_calls && random_below(3))
		return model.now + 1000;
	return random_below(20) ? model.now + random_below(60) : random_below(2) ? BH_NEVER
										 : random_below(5);
}

static uint32_t draw_function(const struct model_port *p, bool is_sender)
{
	static const uint32_t sends[] = { [BH_PORT_SIGNAL] = BH_CALL_SIGNAL, [BH_PORT_SAMPLING] = BH_CALL_SEND, [BH_PORT_QUEUING] = BH_CALL_SEND, [BH_PORT_CALL] = BH_CALL_CALL };

	if (random_below(16) == 0)
		return BH_CALL_SIGNAL + random_below(BH_CALL_CONTROL - BH_CALL_SIGNAL + 1);
	if (random_below(16) == 0)
		return BH_CALL_PORT_STATE;
	if (is_sender)
		return sends[p->is->kind];
	if (p->is->kind == BH_PORT_SIGNAL)
		return BH_CALL_WAIT;
	if (p->is->kind != BH_PORT_CALL)
		return BH_CALL_RECEIVE;
	if (p->taken && random_below(2) && !(near_calls && random_below(4)))
		return BH_CALL_REPLY;
	return random_below(near_calls ? 8 : 2) ? BH_CALL_SERVE : BH_CALL_RECEIVE;
}

/* What lies in its out buffer, made anew. */
static const uint64_t *fill(uint64_t *buffer, uint32_t bytes)
{
	for (uint32_t i = 0; buffer && i < (bytes + 7) / 8; i++)
		buffer[i] = random_word();
	return buffer;
}

/* A call that names what the caller does not have is logged, or counted where it is the same again; no other is. */
static void check_log(const struct model_vcpu *m, const struct guest_call *c, uint32_t next, uint32_t repeats)
{
	const struct partition *p = partition_at(m->partition);
	bool refused = c->result == BH_E_CAP || c->result == BH_E_RIGHT || c->result == BH_E_ARG;

	if (refused)
		same("log lines of a refused call of partition", m->partition, log_next(m->partition) == next + 1 || p->repeats == repeats + 1, true);
	else if (c->function != BH_CALL_CONTROL)
		same("log lines of a call of partition", m->partition, log_next(m->partition), next);
}

static void count(uint32_t function, int64_t status)
{
	if (status <= 0 && status >= -8)
		seen[function - BH_CALL_SIGNAL][-status]++;
}

static void makes_call(struct model_vcpu *m, struct guest_call *c, const uint64_t *buffer)
{
	uint32_t next = log_next(m->partition), repeats = partition_at(m->partition)->repeats;

	SAY("t %llu  vCPU %u of %u  %s %#llx %#llx %#llx ... %#llx\n", (unsigned long long)model.now, m->index, m->partition, names[c->function - BH_CALL_SIGNAL],
	    (unsigned long long)c->arg[0], (unsigned long long)c->arg[1], (unsigned long long)c->arg[2], (unsigned long long)c->arg[6]);
	model_call(m, c->function, c->arg, buffer);
	if (m->answered)
		count(c->function, m->answer.status);
	trap(m, guest_call, c);
	check_log(m, c, next, repeats);
}

static uint64_t wrong_number(const struct model_partition *p)
{
	static const uint64_t wrong[] = { 63, 64, 1ull << 32, ~0ull };

	return random_below(2) ? p->n_ports + random_below(4) : wrong[random_below(4)];
}

static const struct model_port *port_of(const struct model_vcpu *m, uint64_t n)
{
	for (uint32_t i = 0; i < description.n_ports; i++)
		if ((ports[i].sender == m->partition && model.port[i].send_number == n) || (ports[i].receiver == m->partition && model.port[i].receive_number == n))
			return &model.port[i];
	return NULL;
}

static void port_call_step(struct model_vcpu *m)
{
	const struct model_partition *part = &model.partition[m->partition];
	uint64_t n = part->n_ports && random_below(24) ? random_below(part->n_ports) : wrong_number(part);
	const struct model_port *p = port_of(m, n);
	bool is_sender = p && p->is->sender == m->partition;
	struct guest_call c = { .function = p ? draw_function(p, is_sender) : BH_CALL_SIGNAL + random_below(9), .arg = { n } };
	const uint64_t *buffer = NULL;

	for (uint32_t i = 1; i < 7; i++)
		c.arg[i] = random_word();
	c.arg[1] = p ? draw_size(is_sender ? p->is->bytes : p->is->reply_bytes ? p->is->reply_bytes
									       : 1)
		     : random_below(40);
	if (c.function == BH_CALL_SERVE && random_below(2))
		c.arg[1] = 0;
	if (c.function == BH_CALL_CONTROL)
		c.arg[1] = random_below(2); /* else there is too much of it */
	c.arg[6] = draw_deadline();
	if (p && is_sender)
		buffer = fill(host_buffer(blob, (uint32_t)(p - model.port)), p->is->bytes);
	else if (p && p->is->kind == BH_PORT_CALL)
		buffer = fill(host_reply_buffer(blob, (uint32_t)(p - model.port)), p->is->reply_bytes);
	if (c.function == BH_CALL_WAIT) {
		c.arg[0] = p ? BIT64(n) : n;
		c.arg[1] = draw_deadline();
	}
	makes_call(m, &c, buffer);
}

static void wait_step(struct model_vcpu *m)
{
	uint64_t all = BIT64(model.partition[m->partition].n_ports) - 1;
	struct guest_call c = { .function = BH_CALL_WAIT, .arg = { random_below(2) ? all : all & random_word(), draw_deadline() } };

	if (random_below(24) == 0)
		c.arg[0] |= BIT64(random_below(64));
	makes_call(m, &c, NULL);
}

static void control_step(struct model_vcpu *m)
{
	uint32_t mine = 0;
	struct guest_call c = { .function = BH_CALL_CONTROL };

	for (uint32_t i = 0; i < description.n_controls; i++)
		mine += controls[i].holder == m->partition;
	c.arg[0] = model.partition[m->partition].n_ports + random_below(mine + 1);
	c.arg[1] = random_below(10);
	makes_call(m, &c, NULL);
}

/* --- what else a guest does --- */

static void cpu_on_step(struct model_vcpu *m)
{
	struct guest_on on = { .index = random_below(3), .entry = ENTRY };
	int64_t status;

	SAY("t %llu  vCPU %u of %u  CPU_ON %llu\n", (unsigned long long)model.now, m->index, m->partition, (unsigned long long)on.index);
	status = model_cpu_on(m, (uint32_t)on.index);
	trap(m, guest_cpu_on, &on);
	same("CPU_ON by vCPU", (uint32_t)(m - model.vcpu), (uint64_t)on.status, (uint64_t)status);
}

static void takes_all(struct vcpu *v, void *arg)
{
	(void)arg;
	host_take(v);
	for (uint32_t i = 0; i < 2 * HOST_PORTS && v->desc->index == 0; i++)
		host_take_spi(v->part, HOST_PORT_INTID + i);
}

static bool interrupted(const struct model_vcpu *m)
{
	const struct model_partition *p = &model.partition[m->partition];

	return m->private_interrupt || (m->index == 0 && (p->interrupts[0] | p->interrupts[1]));
}

static void rare_step(struct model_vcpu *m)
{
	uint32_t what = random_below(4);

	SAY("t %llu  vCPU %u of %u  %s\n", (unsigned long long)model.now, m->index, m->partition, what == 0 ? "off" : what == 1 ? "reset"
																: "CPU_OFF");
	if (what < 2) {
		model_system_off(m, what);
		trap(m, what ? guest_system_reset : guest_system_off, NULL);
	} else {
		model_cpu_off(m);
		trap(m, guest_cpu_off, NULL);
	}
}

static void simple_step(struct model_vcpu *m, const char *what, void (*in_model)(struct model_vcpu *), host_guest_fn *fn)
{
	SAY("t %llu  vCPU %u of %u  %s\n", (unsigned long long)model.now, m->index, m->partition, what);
	in_model(m);
	trap(m, fn, NULL);
}

static void guest_step(struct model_vcpu *m)
{
	uint32_t what = random_below(200);

	if (model.partition[m->partition].life == MODEL_PART_LOADING && m->index == 0 && random_below(8))
		simple_step(m, "is loaded", model_loaded, guest_loaded);
	else if (interrupted(m) && what % 4 == 0)
		simple_step(m, "takes its interrupts", model_takes, takes_all);
	else if (what < 1)
		rare_step(m);
	else if (what < 8)
		cpu_on_step(m);
	else if (what < 30)
		simple_step(m, "WFI", model_wfi, guest_wfi);
	else if (what < 60)
		wait_step(m);
	else if (what < 63)
		control_step(m);
	else
		port_call_step(m);
}

/* --- a step of the system --- */

static void time_goes_on(void)
{
	model.now += 1 + random_below(30);
	SAY("t %llu\n", (unsigned long long)model.now);
	host_time_set(model.now);
}

static void from_outside(uint32_t n)
{
	uint32_t v = random_below(model.n_vcpus), what = random_below(16);

	if (model.partition[n].life == MODEL_PART_OFF) {
		SAY("start %u\n", n);
		same("start of partition", n, partition_start(partition_at(n)), model_start(n));
	} else if (what < 2) {
		SAY("%s %u\n", what ? "restart" : "stop", n);
		same("stop of partition", n, partition_stop(partition_at(n), BH_STOP_ORDER, what), model_stop(n, what));
	} else {
		SAY("interrupt for vCPU %u\n", v);
		model_interrupt(&model.vcpu[v]);
		host_private(vcpu_at(v), HOST_SGI);
	}
}

static void step(uint64_t seed)
{
	struct model_vcpu *m;
	uint32_t what;

	random_state = seed;
	what = random_below(20);
	m = model_runs(random_below(description.n_cores));
	if (what < 1)
		from_outside(random_below(description.n_partitions));
	else if (what < 3 || !m)
		time_goes_on();
	else
		guest_step(m);
	settle();
	if (!failed)
		compare();
}

/* --- traces --- */

static uint64_t steps_taken[STEPS];

/* Answers the number of steps until something differs, the last one included; 0: nothing does. */
static uint32_t play(uint64_t system, const uint64_t *seeds, uint32_t n)
{
	failed = false;
	memset(held, 0, sizeof(held));
	draw_system(system);
	model_power_on(&description);
	boot(&description);
	for (uint32_t i = 0; i < n; i++) {
		step(seeds[i]);
		if (failed)
			return i + 1;
	}
	return 0;
}

/* Takes away as much as it can, in ever smaller parts. */
static uint32_t shrink(uint64_t system, uint32_t n)
{
	static uint64_t less[STEPS];

	for (uint32_t part = n / 2; part; part = part == 1 ? 0 : part / 2)
		for (uint32_t at = 0; at + part <= n;) {
			uint32_t fails;

			memcpy(less, steps_taken, at * sizeof(less[0]));
			memcpy(less + at, steps_taken + at + part, (n - at - part) * sizeof(less[0]));
			fails = play(system, less, n - part);
			if (!fails) {
				at += part;
				continue;
			}
			memcpy(steps_taken, less, sizeof(less));
			n = fails;
		}
	return n;
}

static void draw_partition_names(void)
{
	for (uint32_t i = 0; i < description.n_partitions; i++)
		for (uint32_t v = 0; v < partitions[i].n_vcpus; v++)
			print_message("  vCPU %u of %u: core %u, priority %u\n", v, i, partitions[i].vcpu[v].core, partitions[i].vcpu[v].priority);
	for (uint32_t i = 0; i < description.n_ports; i++)
		print_message("  port %u: kind %u, from %u (%u) to %u (%u), %u and %u bytes, depth %u, flags %u\n", i, ports[i].kind, ports[i].sender, model.port[i].send_number, ports[i].receiver, model.port[i].receive_number, ports[i].bytes, ports[i].reply_bytes, ports[i].depth, ports[i].flags);
}

static void report(uint64_t system, uint32_t n)
{
	n = shrink(system, n);
	print_message("system %#llx:\n", (unsigned long long)system);
	play(system, steps_taken, 0);
	draw_partition_names();
	tells = true;
	play(system, steps_taken, n);
	tells = false;
}

static uint32_t number_from(const char *variable, uint32_t otherwise)
{
	const char *text = getenv(variable);

	return text ? (uint32_t)strtoul(text, NULL, 0) : otherwise;
}

/* Each status that a call can give comes up; else the traces are not worth their time. */
static void check_seen(void)
{
	static const char *const can[] = { "ok cap right peer", "ok cap right arg again peer", "ok cap right again peer", "ok cap timeout again", "cap right arg timeout again peer",
					   "ok cap right arg state timeout peer", "ok cap right arg timeout again", "ok cap", "ok cap right arg state" };
	static const char *const status[] = { "ok", "unknown", "cap", "right", "arg", "state", "again", "timeout", "peer" };

	for (uint32_t f = 0; f < 9; f++)
		for (uint32_t s = 0; s < 9; s++)
			if (strstr(can[f], status[s]) && seen[f][s] < 10)
				fail_msg("%s answered %s only %u times", names[f], status[s], seen[f][s]);
			else if (!strstr(can[f], status[s]) && seen[f][s])
				fail_msg("%s answered %s", names[f], status[s]);
}

/* PORT-1, PORT-2 */
static void the_kernel_does_what_the_model_does(void **state)
{
	uint32_t systems = SYSTEMS * number_from("TESTS", 1);
	uint64_t system, seed = number_from("SEED", 1) * 0x9e3779b97f4a7c15ull;

	(void)state;
	print_message("%u systems, %u steps each, from SEED=%u\n", systems, STEPS, number_from("SEED", 1));
	host_failed = rule_broken;
	for (uint32_t i = 0; i < systems; i++) {
		uint32_t n;

		random_state = seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		system = seed | 1;
		for (uint32_t s = 0; s < STEPS; s++)
			steps_taken[s] = random_word() << 1 | 1;
		n = play(system, steps_taken, STEPS);
		if (n) {
			report(system, n);
			fail_msg("the kernel and the model differ");
		}
	}
	check_seen();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_kernel_does_what_the_model_does, machine_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
