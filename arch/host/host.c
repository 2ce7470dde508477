/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "kernel/health.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

#define STACK_BYTES 0x20000u
#define TEXT_BYTES  0x10000u

struct host_core {
	enum host_where where;
	uint32_t kicked;  /* pending; atomically */
	uint32_t kicks;	  /* ever */
	bool timer_taken; /* the virtual timer's interrupt is active: the guest has not handled it */
	ticks_t alarm;
	struct vcpu *holds;	   /* whose registers are in the hardware */
	struct host_registers reg; /* the hardware */
	host_guest_fn *trap;
	void *arg;
	struct vcpu *(*next)(struct vcpu *v); /* of this exit, where it went by a short way (host_next()) */
	uint32_t asked;			      /* how often it might have */
	ucontext_t here;
};

_Thread_local struct core *host_this_core;

/* Who calls the kernel while it is no core leaves its records here. */
struct core *host_outside(void)
{
	static _Alignas(struct bh_trace) char ring[sizeof(struct bh_trace) + sizeof(struct bh_trace_record)];
	static struct core outside = { .trace = (void *)ring };

	return &outside;
}
void (*host_failed)(const char *rule);

static struct host_core cores[BH_MAX_CORES];
static char stacks[BH_MAX_CORES][STACK_BYTES] __attribute__((aligned(64)));
static uint32_t n_cores;
static bool points;
static struct host_core *running; /* whose stack we are on; NULL: the test's */
static ucontext_t test;
static ticks_t now;
static uint64_t poison = HOST_POISON;
static char text[TEXT_BYTES];
static uint32_t text_used;
static uint32_t system_resets;

void host_fail(const char *rule)
{
	if (host_failed) {
		host_failed(rule);
		return;
	}
	fprintf(stderr, "arch/host: %s\n", rule);
	abort();
}

static void rule(bool holds, const char *text_of_rule)
{
	if (!holds)
		host_fail(text_of_rule);
}

static struct host_core *hardware(const struct core *c)
{
	return &cores[c->number];
}

/* A value that nobody could have expected, another one each time. */
static uint64_t unknown(void)
{
	return __atomic_fetch_add(&poison, 1, __ATOMIC_RELAXED);
}

static void scramble(struct host_registers *r)
{
	r->pc = unknown();
	r->timer = unknown();
	for (uint32_t i = 0; i < HOST_REGS; i++)
		r->unknown[i] = unknown();
}

static bool same(const struct host_registers *a, const struct host_registers *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void own(const struct vcpu *v)
{
	rule(v, "a vCPU that is NULL");
	rule(v->core == this_core(), "a vCPU's registers are touched by a core that does not own it");
}

/* --- stacks --- */

/* ASan follows when it is told which stack comes next; the test's is where we came from. */
#if defined(__SANITIZE_ADDRESS__)
#define FIBERS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBERS 1
#endif
#endif

#ifdef FIBERS
#include <sanitizer/common_interface_defs.h>
#else
static void __sanitizer_start_switch_fiber(void **save, const void *bottom, size_t size)
{
	(void)save, (void)bottom, (void)size;
}
static void __sanitizer_finish_switch_fiber(void *save, const void **bottom, size_t *size)
{
	(void)save, (void)bottom, (void)size;
}
#endif

static const void *test_stack;
static size_t test_stack_bytes;

static void stop_at(enum host_where where)
{
	struct host_core *c = running;
	void *fake;

	c->where = where;
	running = NULL;
	host_this_core = NULL;
	__sanitizer_start_switch_fiber(&fake, test_stack, test_stack_bytes);
	swapcontext(&c->here, &test);
	__sanitizer_finish_switch_fiber(fake, &test_stack, &test_stack_bytes);
}

void host_point(void)
{
	if (points && running)
		stop_at(HOST_POINT);
}

void arch_relax(void)
{
	if (running)
		stop_at(HOST_SPIN);
	else
		sched_yield();
}

static void core_main(void)
{
	__sanitizer_finish_switch_fiber(NULL, &test_stack, &test_stack_bytes);
	arch_core_init(this_core());
	sched_start();
}

static void go_on(uint32_t n)
{
	void *fake;

	running = &cores[n];
	host_this_core = core_at(n);
	__sanitizer_start_switch_fiber(&fake, stacks[n], STACK_BYTES);
	swapcontext(&test, &cores[n].here);
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
}

/* --- interrupts of the machine --- */

static bool timer_due(const struct host_core *c)
{
	return c->holds && !c->timer_taken && c->reg.timer <= now;
}

static bool interrupted(const struct host_core *c)
{
	return load_acquire(&c->kicked) || c->alarm <= now || timer_due(c);
}

static void timer_irq(struct host_core *c)
{
	c->timer_taken = true;
	set_bits(&c->holds->arch.pending, (uint32_t)HOST_VTIMER);
	if (vcpu_wakes_by_irq(c->holds))
		vcpu_post(c->holds, REQ_IRQ);
}

static void take_interrupts(struct host_core *c)
{
	this_core()->now = now;
	trace(this_core(), BH_TRACE_IRQ, trace_running(this_core()), 0, 0, 0);
	(void)swap_all(&c->kicked, 0);
	if (timer_due(c))
		timer_irq(c);
	if (c->alarm <= now) {
		sched_alarm();
		rule(c->alarm > now, "the alarm still fires after it was handled");
	}
}

bool arch_irq_waits(void)
{
	return interrupted(hardware(this_core()));
}

void arch_irq_take(void)
{
	take_interrupts(hardware(this_core()));
}

void arch_idle(void)
{
	struct host_core *c = hardware(this_core());

	rule(!(this_core()->ready & (this_core()->funded | this_core()->window | this_core()->slack)),
	     "a core idles although a vCPU that may run is ready");
	host_point();
	while (!interrupted(c))
		stop_at(HOST_IDLE);
	host_point();
	take_interrupts(c);
}

static void doze(struct host_core *c, struct vcpu *v)
{
	host_point();
	while (!interrupted(c))
		stop_at(HOST_IDLE);
	host_point();
	if (timer_due(c)) {
		timer_irq(c);
		(void)sched_awake(v, 1);
	} else if (c->alarm > now && swap_all(&c->kicked, 0) && sched_notice(v)) {
		(void)sched_awake(v, 2);
	} else {
		sched_sleep(v);
		take_interrupts(c);
	}
}

void host_wfi(struct vcpu *v)
{
	own(v);
	if (!arch_irq_pending(v) && sched_doze(v))
		doze(hardware(v->core), v);
	else
		vcpu_wait(v);
}

bool host_may_be_quick(struct vcpu *v)
{
	struct host_core *c = hardware(v->core);

	own(v);
	c->next = NULL;
	return c->asked++ % 2 != 0;
}

bool host_has_timers(const struct vcpu *v)
{
	return hardware(v->core)->reg.timer != ~0ull || v->arch.ptimer != ~0ull;
}

bool host_next(struct vcpu *v, struct vcpu *(*next)(struct vcpu *v))
{
	hardware(v->core)->next = next;
	return true;
}

/* --- the guest's side --- */

static void check_guest(const struct host_core *c, struct vcpu *v)
{
	rule(v == this_core()->loaded && v == c->holds, "the guest that is entered is not the one that is loaded");
	rule(v->state == VCPU_READY && v->arch.on, "a guest is entered that cannot run");
	rule(same(&c->reg, &v->arch.mine), "a guest comes back with other registers than it left with");
	v->arch.again |= v->arch.accessing;
	v->arch.accessing = false;
}

static struct vcpu *edge_passed(struct vcpu *v)
{
	return arch_vcpu_switch(this_core(), v, this_core()->runs);
}

/* The alarm alone, every other time by the short way. */
static bool edge(struct host_core *c, struct vcpu *v)
{
	struct vcpu *to;

	if (c->alarm > now || timer_due(c) || c->asked++ % 2 == 0)
		return false;
	this_core()->now = now;
	to = sched_edge(this_core(), v, 0);
	if (to)
		c->next = edge_passed;
	return to != NULL;
}

noreturn void arch_enter(struct vcpu *v)
{
	struct host_core *c = hardware(this_core());

	for (;;) {
		check_guest(c, v);
		c->trap = NULL;
		c->next = NULL;
		if (!interrupted(c))
			stop_at(HOST_GUEST);
		if (c->trap) {
			this_core()->now = now;
			trace(this_core(), BH_TRACE_EXIT, v->who, 0, 0, 0);
			c->trap(v, c->arg);
		} else if (!edge(c, v)) {
			take_interrupts(c);
		}
		v = c->next ? c->next(v) : sched_next(this_core());
	}
}

static struct host_registers *truth(struct vcpu *v)
{
	struct host_core *c = hardware(v->core);

	return c->holds == v ? &c->reg : &v->arch.reg;
}

static const struct host_registers *truth_const(const struct vcpu *v)
{
	const struct host_core *c = hardware(v->core);

	return c->holds == v ? &c->reg : &v->arch.reg;
}

void host_timer(struct vcpu *v, ticks_t when)
{
	own(v);
	truth(v)->timer = v->arch.mine.timer = when;
	hardware(v->core)->timer_taken = false;
	(void)clear_bits(&v->arch.pending, (uint32_t)HOST_VTIMER);
}

void host_ptimer(struct vcpu *v, ticks_t when)
{
	own(v);
	v->arch.ptimer = when;
	vcpu_timed(v->core, v);
	(void)clear_bits(&v->arch.pending, (uint32_t)HOST_PTIMER);
	v->core->changed = 1; /* as the port does when it emulates the timer */
}

void host_private(struct vcpu *v, uint32_t which)
{
	set_bits(&v->arch.pending, which);
	vcpu_post(v, REQ_IRQ);
}

/* Taking the virtual timer's interrupt switches it off, as a handler does. */
uint32_t host_take(struct vcpu *v)
{
	uint32_t taken;

	own(v);
	taken = swap_all(&v->arch.pending, 0);
	if (taken & HOST_VTIMER)
		host_timer(v, ~0ull);
	if (taken & HOST_PTIMER)
		host_ptimer(v, ~0ull);
	return taken;
}

bool host_take_spi(struct partition *p, uint32_t intid)
{
	uint64_t bit = BIT64(intid % 64);

	return (clear_bits(&p->arch.edge[intid / 64], bit) & bit) != 0;
}

bool host_level(const struct partition *p, uint32_t intid)
{
	return (load_acquire(&p->arch.level[intid / 64]) >> intid % 64 & 1) != 0;
}

enum emul_result host_access(struct vcpu *v, struct emul *e, struct access *a)
{
	enum emul_result result;

	own(v);
	v->arch.accessing = true;
	v->arch.again = false;
	result = emul_access(v, e, a);
	if (result == EMUL_DONE)
		arch_vcpu_finish(v, a->value);
	else if (result == EMUL_FAULT)
		arch_vcpu_abort(v);
	return result;
}

/* --- kernel/arch.h: the core --- */

uint64_t arch_stamp(void)
{
	return arch_time();
}

static uint64_t frequency = 1000000000u;

void host_frequency_set(uint64_t hz)
{
	frequency = hz;
}

uint64_t arch_frequency(void)
{
	return frequency;
}

ticks_t arch_time(void)
{
	return load_relaxed(&now);
}

void arch_kick(struct core *c)
{
	struct host_core *h = hardware(c);

	rule(c != this_core(), "a core kicks itself");
	add_to(&h->kicks, 1);
	store_release(&h->kicked, 1);
	host_point();
}

bool arch_core_start(uint32_t n)
{
	return n < n_cores;
}

void arch_core_init(struct core *c)
{
	rule(c == this_core(), "a core is set up by another one");
}

noreturn void arch_halt(void)
{
	for (;;) {
		rule(running != NULL, "panic outside a core");
		stop_at(HOST_HALTED);
	}
}

void arch_system_reset(void)
{
	system_resets++;
}

uint32_t host_system_resets(void)
{
	return system_resets;
}

void arch_putc(char c)
{
	uint32_t i = __atomic_fetch_add(&text_used, 1, __ATOMIC_RELAXED);

	if (i < TEXT_BYTES - 1)
		text[i] = c;
}

void arch_timer_set(ticks_t when)
{
	hardware(this_core())->alarm = when;
}

/* --- kernel/arch.h: a vCPU --- */

void arch_vcpu_init(struct vcpu *v)
{
	rule(v->desc && v->part && v->core, "a vCPU is set up before it knows whose it is");
	scramble(&v->arch.reg);
	v->arch.x0 = unknown();
}

void arch_vcpu_reset(struct vcpu *v, enum vcpu_entry how, uint64_t pc, uint64_t arg)
{
	struct arch_vcpu *a = &v->arch;

	own(v);
	rule(hardware(v->core)->holds != v, "a vCPU is reset while it is loaded");
	scramble(&a->reg);
	a->reg.pc = pc;
	a->reg.timer = a->ptimer = ~0ull; /* off after a reset: the one thing the manual promises */
	a->x0 = a->x0_seen = arg;
	if (how != ENTRY_RESUME)
		store_release(&a->pending, 0);
	a->how = how;
	a->root = 0;
	a->on = true;
	a->accessing = a->aborted = a->again = false;
	a->mine = a->reg;
	a->resets++;
	host_point();
}

bool arch_vcpu_begin(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	struct arch_vcpu *a = &v->arch;

	own(v);
	rule(a->on && a->how == ENTRY_GUEST, "a vCPU begins that was not reset for it");
	rule(same(truth(v), &a->mine), "a vCPU begins with other registers than it was reset to");
	if (load_relaxed(&a->pending))
		return false;
	truth(v)->pc = a->mine.pc = pc;
	a->x0 = a->x0_seen = arg;
	arch_irq_update(v);
	host_point();
	return true;
}

void arch_vcpu_off(struct vcpu *v)
{
	own(v);
	rule(hardware(v->core)->holds != v, "a vCPU is switched off while it is loaded");
	v->arch.reg.timer = v->arch.ptimer = ~0ull;
	store_release(&v->arch.pending, 0);
	v->arch.on = v->arch.accessing = false;
}

void arch_vcpu_settle(struct vcpu *v)
{
	own(v);
	rule(hardware(v->core)->holds != v, "a vCPU is settled while it is loaded");
	v->arch.settled++;
}

void arch_vcpu_root(struct vcpu *v, uint64_t root)
{
	own(v);
	rule(hardware(v->core)->holds != v, "a vCPU gets another root while it is loaded");
	v->arch.root = root == v->part->desc->root ? 0 : root;
}

/* Of another core's vCPU too: it stands still. */
uint64_t *arch_vcpu_register(struct vcpu *v, uint32_t n)
{
	rule(hardware(v->core)->holds != v, "registers are looked at of a vCPU that is loaded");
	return n == BH_REGISTER_X0 ? &v->arch.x0 : n == BH_REGISTER_PC ? &v->arch.reg.pc
								       : &v->arch.other[n];
}

bool arch_vcpu_set_register(struct vcpu *v, uint32_t n, uint64_t value)
{
	if (n > BH_REGISTER_PC && n < BH_REGISTER_FPSR)
		return false;
	*arch_vcpu_register(v, n) = value;
	if (n == BH_REGISTER_PC)
		v->arch.mine.pc = value;
	if (n == BH_REGISTER_X0)
		v->arch.x0_seen = value;
	return true;
}

void arch_vcpu_debug(struct vcpu *v, enum bh_debug how)
{
	rule(hardware(v->core)->holds != v, "a vCPU is debugged while it is loaded");
	v->arch.debug = how;
}

void arch_vcpu_load(struct vcpu *v)
{
	struct host_core *c;

	own(v);
	c = hardware(v->core);
	rule(v->arch.on, "a vCPU is loaded that is switched off");
	rule(!c->holds, "a vCPU is loaded over another one, or twice");
	c->reg = v->arch.reg;
	scramble(&v->arch.reg);
	v->arch.reg.timer = c->reg.timer; /* as it was, for arch_vcpu_is_timed() */
	c->timer_taken = (load_relaxed(&v->arch.pending) & HOST_VTIMER) != 0;
	c->holds = v;
	v->arch.loads++;
	host_point();
}

void arch_vcpu_save(struct vcpu *v)
{
	struct host_core *c;

	own(v);
	c = hardware(v->core);
	rule(c->holds == v, "a vCPU is saved that is not loaded");
	v->arch.reg = c->reg;
	if (c->reg.timer != ~0ull)
		vcpu_timed(v->core, v);
	scramble(&c->reg);
	c->holds = NULL;
	v->arch.saves++;
	if (v->arch.error) {
		v->arch.error = false;
		rule(health_vcpu(v, BH_FAULT_HARDWARE, BH_EVENT_SERROR, 0, 0) != HEALTH_INJECT, "a guest has no vector for its error here");
	}
	host_point();
}

struct vcpu *arch_vcpu_switch(struct core *c, struct vcpu *from, struct vcpu *to)
{
	arch_vcpu_save(from);
	if (c->changed)
		store_release(&hardware(c)->kicked, 1);
	c->loaded = to;
	arch_vcpu_load(to);
	return to;
}

void arch_vcpu_answer(struct vcpu *v, int64_t value)
{
	own(v);
	v->arch.x0 = v->arch.x0_seen = (uint64_t)value;
}

uint64_t *arch_vcpu_args(struct vcpu *v)
{
	own(v);
	return v->arch.args;
}

static void access_ends(struct vcpu *v, bool aborted, uint64_t value)
{
	own(v);
	rule(v->arch.accessing, "an access is answered that was not made, or twice");
	v->arch.accessing = false;
	v->arch.aborted = aborted;
	v->arch.read = value;
	v->arch.answers++;
}

void arch_vcpu_finish(struct vcpu *v, uint64_t value)
{
	access_ends(v, false, value);
}

void arch_vcpu_abort(struct vcpu *v)
{
	access_ends(v, true, 0);
}

uint64_t arch_vcpu_pc(const struct vcpu *v)
{
	own(v);
	return truth_const(v)->pc;
}

ticks_t arch_vcpu_deadline(const struct vcpu *v)
{
	ticks_t first = ~0ull;
	uint32_t pending;

	own(v);
	pending = load_relaxed(&v->arch.pending);
	if (!(pending & HOST_PTIMER))
		first = v->arch.ptimer;
	if (hardware(v->core)->holds != v && !(pending & HOST_VTIMER) && v->arch.reg.timer < first)
		first = v->arch.reg.timer;
	return first;
}

/* --- kernel/arch.h: interrupts of partitions --- */

void arch_irq_raise(struct partition *p, uint32_t intid)
{
	rule(intid >= 32 && intid < HOST_INTIDS, "an interrupt is raised that no partition has");
	set_bits(&p->arch.edge[intid / 64], BIT64(intid % 64));
	vcpu_post(partition_vcpu(p, 0), REQ_IRQ);
}

const uint32_t *arch_irq_raised(const struct partition *p, uint32_t intid)
{
	return (const uint32_t *)p->arch.edge + intid / 32;
}

void arch_irq_line(struct partition *p, uint32_t intid, bool level)
{
	rule(intid >= 32 && intid < HOST_INTIDS, "a line is driven that no partition has");
	if (level)
		set_bits(&p->arch.level[intid / 64], BIT64(intid % 64));
	else
		clear_bits(&p->arch.level[intid / 64], BIT64(intid % 64));
	vcpu_post(partition_vcpu(p, 0), REQ_IRQ);
}

void arch_irq_update(struct vcpu *v)
{
	own(v);
	if (v->arch.ptimer <= arch_time())
		set_bits(&v->arch.pending, (uint32_t)HOST_PTIMER);
	if (hardware(v->core)->holds != v && v->arch.reg.timer <= arch_time())
		set_bits(&v->arch.pending, (uint32_t)HOST_VTIMER);
	host_point();
}

void arch_irq_sync(struct vcpu *v)
{
	own(v);
	v->arch.syncs++;
}

void arch_irq_open(struct vcpu *v)
{
	v->core->shut &= ~v->bit;
}

bool arch_irq_pending(struct vcpu *v)
{
	struct arch_partition *p = &v->part->arch;

	own(v);
	if (load_acquire(&v->arch.pending))
		return true;
	for (uint32_t i = 0; v->desc->index == 0 && i < (HOST_INTIDS + 63) / 64; i++)
		if (load_acquire(&p->edge[i]) | load_acquire(&p->level[i]))
			return true;
	return hardware(v->core)->holds != v && v->arch.reg.timer <= arch_time();
}

/* --- kernel/arch.h: a partition --- */

static bool nobody_runs(const struct partition *p)
{
	for (uint32_t i = 0; i < p->desc->n_vcpus; i++) {
		const struct vcpu *v = partition_vcpu(p, i);

		if (hardware(v->core)->holds == v || v->arch.on)
			return false;
	}
	return true;
}

void arch_partition_reset(struct partition *p)
{
	rule(nobody_runs(p), "a partition is reset while a vCPU of it is on");
	p->arch.resets++;
	host_point();
}

void arch_partition_start(struct partition *p)
{
	rule(nobody_runs(p), "a partition is started while a vCPU of it is on");
	memset(p->arch.edge, 0, sizeof(p->arch.edge));
	memset(p->arch.level, 0, sizeof(p->arch.level));
	p->arch.starts++;
}

/* --- the machine --- */

static void core_on(uint32_t n)
{
	struct host_core *c = &cores[n];

	memset(c, 0, sizeof(*c));
	scramble(&c->reg);
	c->alarm = ~0ull;
	getcontext(&c->here);
	c->here.uc_stack.ss_sp = stacks[n];
	c->here.uc_stack.ss_size = STACK_BYTES;
	makecontext(&c->here, core_main, 0);
}

void host_power_on(const struct bh_blob *b)
{
	system_resets = 0;
	host_power_off();
	n_cores = b->n_cores;
	for (uint32_t i = 0; i < n_cores; i++)
		core_on(i);
	points = false;
	now = 0;
	host_text_clear();
	host_this_core = NULL;
	system_init(b);
}

void host_power_off(void)
{
	n_cores = 0;
	host_this_core = NULL;
}

void host_points(bool on)
{
	points = on;
}

enum host_where host_where(uint32_t core)
{
	return cores[core].where;
}

bool host_can_run(uint32_t core)
{
	const struct host_core *c = &cores[core];

	switch (c->where) {
	case HOST_GUEST:
	case HOST_IDLE: return interrupted(c);
	case HOST_OFF:
	case HOST_POINT:
	case HOST_SPIN: return true;
	case HOST_HALTED: break;
	}
	return false;
}

enum host_where host_run(uint32_t core)
{
	if (host_can_run(core))
		go_on(core);
	return cores[core].where;
}

enum host_where host_trap(uint32_t core, host_guest_fn *fn, void *arg)
{
	rule(cores[core].where == HOST_GUEST, "a trap where no guest runs");
	cores[core].trap = fn;
	cores[core].arg = arg;
	go_on(core);
	return cores[core].where;
}

void host_settle(void)
{
	bool any;

	do {
		any = false;
		for (uint32_t i = 0; i < n_cores; i++)
			while (host_can_run(i)) {
				any = true;
				host_run(i);
			}
	} while (any);
}

void host_time_set(ticks_t t)
{
	store_relaxed(&now, t);
}

struct vcpu *host_guest(uint32_t core)
{
	return cores[core].where == HOST_GUEST ? cores[core].holds : NULL;
}

ticks_t host_alarm(uint32_t core)
{
	return cores[core].alarm;
}

uint32_t host_kicks(uint32_t core)
{
	return load_acquire(&cores[core].kicks);
}

void host_on(uint32_t core)
{
	host_this_core = core_at(core);
}

void host_off(void)
{
	host_this_core = NULL;
}

const char *host_text(void)
{
	return text;
}

void host_text_clear(void)
{
	memset(text, 0, sizeof(text));
	text_used = 0;
}
