/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler and its model, on random systems (windows, reservations, slack, siblings, modes) and random events: after each
 * the same vCPU runs on each core for the same reason, as far as siblings are concerned one of them in turn; the same may run,
 * budgets, frames and modes are the same, and no alarm comes too late. SEED=n begins elsewhere, TESTS=n plays n times as many.
 * sources: kernel/[a-z]*.c arch/host/[a-z]*.c lib/[a-z]*.c tests/model/sched_model.c
 */
#include "tests/unit/machine.h"

#include <stdlib.h>

#include "abi/call.h"
#include "abi/port.h"
#include "abi/status.h"
#include "tests/model/sched_model.h"

#define SYSTEMS	   700u
#define STEPS	   1500u
#define US(n)	   ((n)*1000ull)
#define PARTITIONS 6u
#define MODES	   3u
#define WINDOWS	   12u /* of a core in a mode */
#define PATIENCE   (8 * BH_SLICE_NS)

static struct host_partition partitions[PARTITIONS];
static struct host_window windows[MODES][4 * WINDOWS];
static struct host_mode modes[MODES];
static struct host_system description;
static struct sched_model model;
static uint64_t group_had[BH_MAX_VCPUS]; /* what its siblings had since it could have run */
static bool tells;

#define SAY(...)                                         \
	do {                                             \
		if (tells)                               \
			print_message("  " __VA_ARGS__); \
	} while (0)

/* --- a random system --- */

static void draw_partition(uint32_t i)
{
	static const char *const names[PARTITIONS] = { "a", "b", "c", "d", "e", "f" };
	uint64_t period = 0, budget = 0;
	uint32_t core = random_below(description.n_cores), next = random_below(2) ? 0 : 1;

	if (random_below(3) == 0) {
		period = US(50 + random_below(2000));
		budget = US(10 + random_below((uint32_t)(period / US(1)) - 10));
		budget = random_below(3) ? US(10) + budget / 8 : budget;
		budget = budget > period ? period : budget;
	}
	partitions[i] = (struct host_partition){ .name = names[i], .n_vcpus = 1 + (random_below(3) == 0) };
	for (uint32_t v = 0; v < partitions[i].n_vcpus; v++)
		partitions[i].vcpu[v] = (struct host_vcpu){ .core = (core + v * next) % description.n_cores,
							    .priority = i * 7 % PARTITIONS,
							    .budget_ns = budget,
							    .period_ns = period };
}

static uint32_t on_core(uint32_t core)
{
	uint32_t parts = 0;

	for (uint32_t i = 0; i < description.n_partitions; i++)
		for (uint32_t v = 0; v < partitions[i].n_vcpus; v++)
			parts |= (uint32_t)(partitions[i].vcpu[v].core == core) << i;
	return parts;
}

static void draw_windows(struct host_mode *m, struct host_window *w, uint32_t core)
{
	uint64_t at = 0;

	for (uint32_t n = random_below(WINDOWS); n; n--) {
		uint32_t parts = on_core(core) & (1 + random_below(63));
		uint64_t start = at + (random_below(2) ? US(random_below(60)) : 0), end = start + US(10 + random_below(120));

		if (end > m->frame_ns)
			return;
		at = end;
		if (parts)
			w[m->n_windows++] = (struct host_window){ .core = core, .partitions = parts, .start_ns = start, .end_ns = end };
	}
}

static void draw_mode(uint32_t i)
{
	struct host_mode *m = &modes[i];

	*m = (struct host_mode){ .frame_ns = US(100 + random_below(900)), .at_once = random_below(3) == 0, .slack = random_below(64), .without = random_below(64) & random_below(64) };
	m->window = windows[i];
	if (i == 0)
		m->slack = ~0u; /* so that all can load */
	if (random_below(5) == 0)
		return;
	for (uint32_t c = 0; c < description.n_cores; c++)
		if (random_below(4))
			draw_windows(m, windows[i], c);
}

static void draw_system(void)
{
	description = (struct host_system){ .no_reader = true, .partition = partitions, .mode = modes, .changers = ~0u };
	description.n_cores = 1 + random_below(4);
	description.n_partitions = 1 + random_below(PARTITIONS);
	description.changers = (1u << description.n_partitions) - 1;
	description.n_modes = 1 + random_below(MODES);
	for (uint32_t i = 0; i < description.n_partitions; i++)
		draw_partition(i);
	for (uint32_t i = 0; i < description.n_modes; i++)
		draw_mode(i);
}

/* --- at the beginning everybody has loaded and waits, and no time has passed --- */

static void begin(void)
{
	host_points(false);
	boot(&description);
	for (uint32_t i = 0; i < description.n_partitions; i++) {
		starts(i);
		loads(i);
		if (partitions[i].n_vcpus > 1)
			cpu_on(i, 0, 1);
		does(vcpu_of(i, 0), guest_wfi, NULL);
		if (partitions[i].n_vcpus > 1)
			does(vcpu_of(i, 1), guest_wfi, NULL);
	}
	host_settle();
	sched_model_begin(&model, blob, 0);
	memset(group_had, 0, sizeof(group_had));
}

/* --- comparing --- */

static bool differs;

static void same(const char *what, uint32_t core, uint64_t is, uint64_t wanted)
{
	if (is == wanted)
		return;
	differs = true;
	if (tells)
		print_message("  core %u, %s: %#llx, in the model %#llx\n", core, what, (unsigned long long)is, (unsigned long long)wanted);
}

static uint32_t group(uint32_t core, uint32_t rank)
{
	return core_at(core)->vcpu[rank]->siblings | BIT(rank);
}

static uint32_t reason(uint32_t core, uint32_t rank)
{
	return sched_model_funded(&model, core) >> rank & 1 ? 0 : sched_model_window(&model, core) >> rank & 1 ? 1
													       : 2;
}

static void compare_runs(uint32_t core)
{
	const struct core *c = core_at(core);
	const struct vcpu *v = host_guest(core);
	uint32_t wanted = model.runs[core], is = v ? v->desc->rank : BH_NONE;

	/* of siblings that can run for the same reason, the kernel's choice: the model follows it */
	if (is != BH_NONE && wanted != BH_NONE && (group(core, wanted) >> is & 1) && !sched_model_at(&model, core, is)->waits &&
	    reason(core, is) == reason(core, wanted))
		wanted = model.runs[core] = is;
	same("who runs", core, is, wanted);
	same("funded", core, c->funded, sched_model_funded(&model, core));
	same("in the window", core, c->window, sched_model_window(&model, core));
	same("slack", core, c->slack, sched_model_slack(&model, core));
	same("mode", core, c->mode, model.mode);
	same("frame", core, c->frame, sched_model_frame(&model, core));
}

static void compare_budget(uint32_t core)
{
	const struct core *c = core_at(core);
	uint32_t r = model.runs[core];

	if (r == BH_NONE || !(c->funded >> r & 1))
		return;
	if (model.now < c->vcpu[r]->given + blob_vcpus(blob)[c->desc->vcpu[r]].period_ns)
		same("left of its budget", core, (uint64_t)c->vcpu[r]->left - (model.now - c->since), (uint64_t)sched_model_at(&model, core, r)->left);
}

static void compare_alarm(uint32_t core)
{
	uint64_t must = sched_model_alarm(&model, core), is = host_alarm(core);
	bool siblings = false, timers = false;

	for (uint32_t r = 0; r < core_at(core)->desc->n_vcpus; r++) {
		siblings |= core_at(core)->vcpu[r]->siblings != 0;
		timers |= sched_model_at(&model, core, r)->timer != BH_NEVER;
	}
	if (is > must)
		same("alarm", core, is, must);
	if (must == BH_NEVER && !siblings && !timers)
		same("alarm where there is none", core, is, BH_NEVER);
}

static void compare(void)
{
	for (uint32_t c = 0; c < description.n_cores; c++) {
		compare_runs(c);
		compare_budget(c);
		compare_alarm(c);
	}
}

/* --- siblings: none waits for its turn for longer than the others' turns --- */

static void count_turns(uint64_t passed)
{
	for (uint32_t c = 0; c < description.n_cores; c++) {
		uint32_t runs = model.runs[c];

		if (runs == BH_NONE)
			continue;
		group_had[core_at(c)->desc->vcpu[runs]] = 0;
		for (uint32_t left = core_at(c)->vcpu[runs]->siblings; left; left &= left - 1) {
			uint32_t v = core_at(c)->desc->vcpu[lowest_bit(left)];

			group_had[v] = model.vcpu[v].waits ? 0 : group_had[v] + passed;
			if (group_had[v] > PATIENCE)
				same("turn of a sibling has not come for", c, group_had[v], PATIENCE);
		}
	}
}

/* --- events --- */

static void time_moves(uint64_t now)
{
	uint64_t before = model.now;

	SAY("t %llu\n", (unsigned long long)now);
	host_time_set(now);
	sched_model_time(&model, now);
	if (now - before <= US(200)) /* a machine that stands still gives no turns */
		count_turns(now - before);
}

static uint64_t next_alarm(void)
{
	uint64_t first = model.now + US(1000);

	for (uint32_t c = 0; c < description.n_cores; c++)
		if (host_alarm(c) < first && host_alarm(c) > model.now)
			first = host_alarm(c);
	return first;
}

static void time_goes(void)
{
	uint64_t next = next_alarm();

	switch (random_below(8)) {
	case 0: time_moves(model.now + random_below(3000)); break;
	case 1: time_moves(next + random_below(5000)); break;
	case 2: time_moves(random_below(10) ? next : next + US(random_below(5000))); break;
	case 3: time_moves(next - 1); break;
	default: time_moves(next); break;
	}
}

static void guest_works(struct vcpu *v, void *arg)
{
	const ticks_t *timer = arg;

	host_take(v);
	host_ptimer(v, *timer);
}

static void guest_sleeps(struct vcpu *v, void *arg)
{
	(void)arg;
	host_wfi(v);
}

static void works(struct vcpu *v)
{
	struct sched_model_vcpu *m = &model.vcpu[v->desc - blob_vcpus(blob)];
	ticks_t timer = random_below(2) ? BH_NEVER : model.now + 1 + random_below(400000);
	uint32_t waits = random_below(4);

	SAY("vCPU %u works, timer %llu%s\n", (uint32_t)(v->desc - blob_vcpus(blob)), (unsigned long long)timer, waits ? ", waits" : "");
	m->pending = false;
	m->timer = timer;
	m->waits = false;
	host_trap(v->core->number, guest_works, &timer);
	if (!waits || host_guest(v->core->number) != v)
		return;
	m->waits = true;
	host_trap(v->core->number, guest_sleeps, NULL);
}

static void guest_interrupts(struct vcpu *v, void *arg)
{
	(void)v;
	host_private(arg, HOST_SGI);
}

static void interrupts(struct vcpu *by)
{
	uint32_t n = random_below(blob->n_vcpus);

	SAY("interrupt for vCPU %u\n", n);
	model.vcpu[n].pending = true;
	if (by && by != vcpu_at(n))
		host_trap(by->core->number, guest_interrupts, vcpu_at(n));
	else
		host_private(vcpu_at(n), HOST_SGI);
}

static void guest_gives_way(struct vcpu *v, void *arg)
{
	(void)arg;
	sched_give_way(v);
}

static void orders(struct vcpu *v)
{
	uint32_t mode = random_below(description.n_modes);
	struct guest_call c = { .function = BH_CALL_SET_MODE, .arg = { host_system_schedule(blob, v->desc->partition), mode } };
	int64_t wanted = sched_model_order(&model, mode);

	SAY("mode %u is ordered\n", mode);
	host_trap(v->core->number, guest_call, &c);
	same("status of an order", v->core->number, (uint64_t)c.result, (uint64_t)wanted);
}

static void step(void)
{
	struct vcpu *v = host_guest(random_below(description.n_cores));
	uint32_t what = random_below(100);

	if (what < 45)
		time_goes();
	else if (what < 65)
		interrupts(random_below(2) ? v : NULL);
	else if (v && what < 92)
		works(v);
	else if (v && what < 96)
		host_trap(v->core->number, guest_gives_way, NULL);
	else if (v && random_below(3) == 0)
		orders(v);
	host_settle();
	sched_model_rest(&model);
	compare();
}

/* Answers at which step they differ, or 0. */
static uint32_t play(uint64_t seed)
{
	random_state = seed;
	differs = false;
	draw_system();
	begin();
	sched_model_rest(&model);
	compare();
	for (uint32_t n = 1; n <= STEPS; n++) {
		step();
		if (differs)
			return n;
	}
	return 0;
}

static void tell_system(uint64_t seed)
{
	print_message("system %#llx:\n", (unsigned long long)seed);
	for (uint32_t i = 0; i < blob->n_vcpus; i++) {
		const struct bh_vcpu *v = blob_vcpus(blob) + i;

		print_message("  vCPU %u: partition %u, core %u, rank %u, budget %llu in %llu\n", i, v->partition, v->core, v->rank,
			      (unsigned long long)v->budget_ns, (unsigned long long)v->period_ns);
	}
	for (uint32_t i = 0; i < blob->n_plans; i++) {
		const struct bh_plan *p = blob_plan(blob, 0, 0) + i;

		print_message("  mode %u core %u: frame %llu, always %#x, slack %#x, budgets %#x\n", i / blob->n_cores, i % blob->n_cores,
			      (unsigned long long)blob_modes(blob)[i / blob->n_cores].frame_ns, p->always, p->slack, p->budgets);
		for (uint32_t w = 0; w < p->n_windows; w++)
			print_message("    %llu - %llu: %#x\n", (unsigned long long)blob_windows(blob)[p->first_window + w].start_ns,
				      (unsigned long long)blob_windows(blob)[p->first_window + w].end_ns, blob_windows(blob)[p->first_window + w].ranks);
	}
}

static uint32_t number_from(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);

	return text ? (uint32_t)strtoul(text, NULL, 0) : otherwise;
}

static void the_kernel_schedules_as_the_model_does(void **state)
{
	uint32_t systems = SYSTEMS * number_from("TESTS", 1);
	uint64_t seed = number_from("SEED", 1) * 0x9e3779b97f4a7c15ull;

	(void)state;
	print_message("%u systems, %u steps each, from SEED=%u\n", systems, STEPS, number_from("SEED", 1));
	for (uint32_t i = 0; i < systems; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		if (!play(seed | 1))
			continue;
		tells = true;
		play(seed | 1);
		tell_system(seed | 1);
		fail_msg("the kernel and the model differ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_kernel_schedules_as_the_model_does, machine_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
