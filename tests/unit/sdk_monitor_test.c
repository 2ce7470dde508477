/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SDK's calls about health and of a monitor: each argument reaches the kernel in its place, and each answer the program.
 * The kernel is played here: a call is noted, and what it answers is set before it.
 */
#include "tests/unit/sdk_fakes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

__attribute__((noreturn)) void bh_partition_off(void);

#include "sdk/bh_control.c"
#include "sdk/bh_health.c"
#include "sdk/bh_info.c"
#include "sdk/bh_monitor.c"

#define MONITOR 5u /* capabilities */
#define LINUX	6u

static uint32_t function;      /* of the last call */
static uint64_t given[7];      /* with it */
static uint64_t answer[7];     /* to the next */
static int64_t status = BH_OK; /* likewise */
static char said[200];
static jmp_buf ended;

static struct bh_info *page(void)
{
	return (struct bh_info *)(uintptr_t)BH_INFO_IPA;
}

static int map(void **state)
{
	void *at = (void *)(uintptr_t)BH_INFO_IPA;

	(void)state;
	return mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at ? 0 : -1;
}

static int fresh(void **state)
{
	(void)state;
	*page() = (struct bh_info){ .magic = BH_INFO_MAGIC, .n_entries = 2 };
	page()->entry[0] = (struct bh_info_entry){ .kind = BH_INFO_CONTROL, .cap = LINUX, .name = "linux" };
	page()->entry[1] = (struct bh_info_entry){ .kind = BH_INFO_MONITOR, .cap = MONITOR, .flags = BH_MONITOR_MAY_RESET };
	memset(given, 0, sizeof given);
	status = BH_OK;
	for (uint32_t i = 0; i < 7; i++)
		answer[i] = 100 + i;
	return 0;
}

void fake_handlers(void)
{
}

int64_t fake_call(uint32_t f, uint64_t x[7])
{
	function = f;
	memcpy(given, x, sizeof given);
	memcpy(x, answer, sizeof answer);
	return status;
}

void bh_printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof said, format, args);
	va_end(args);
}

void bh_partition_off(void)
{
	longjmp(ended, 1);
}

static void a_watchdog_that_was_fed_says_when_it_will_be_hungry(void **state)
{
	struct bh_watchdog w = { 0 };

	(void)state;
	assert_int_equal(bh_watchdog_feed(&w), BH_OK);
	assert_int_equal(function, BH_CALL_FEED);
	assert_int_equal(w.by, 100);
	assert_int_equal(w.not_before, 101);
	assert_int_equal(bh_watchdog_feed(NULL), BH_OK);
	status = BH_E_STATE;
	w.by = 7;
	assert_int_equal(bh_watchdog_feed(&w), BH_E_STATE);
	assert_int_equal(w.by, 7);
}

static void a_deadline_and_a_panic_are_the_callers_own(void **state)
{
	(void)state;
	bh_deadline(12345);
	assert_int_equal(function, BH_CALL_DEADLINE);
	assert_int_equal(given[0], 12345);
	bh_panic(0xdead);
	assert_int_equal(function, BH_CALL_PANIC);
	assert_int_equal(given[0], 0xdead);
}

static void an_assertion_says_where_and_panics_with_the_line(void **state)
{
	static uint32_t line;

	(void)state;
	bh_assert(1 + 1 == 2);
	if (!setjmp(ended)) {
		line = __LINE__ + 1;
		bh_assert(1 + 1 == 3);
		fail();
	}
	assert_int_equal(function, BH_CALL_PANIC);
	assert_int_equal(given[0], line);
	assert_non_null(strstr(said, "1 + 1 == 3"));
	assert_non_null(strstr(said, __FILE__));
}

static void a_life_knows_how_it_began(void **state)
{
	struct bh_self self;

	(void)state;
	answer[0] = 3;
	answer[1] = BH_BEGIN_WARM;
	self = bh_self();
	assert_int_equal(function, BH_CALL_SELF);
	assert_int_equal(self.ends, 3);
	assert_int_equal(self.begin, BH_BEGIN_WARM);
}

static void control_asks_for_what_it_is_named_after(void **state)
{
	static const struct {
		enum bh_status (*control)(uint32_t cap, struct bh_control_state *state);
		enum bh_control what;
	} cases[] = {
		{ bh_control_state, BH_CONTROL_STATE },
		{ bh_control_start, BH_CONTROL_START },
		{ bh_control_stop, BH_CONTROL_STOP },
		{ bh_control_restart, BH_CONTROL_RESTART },
		{ bh_control_feed, BH_CONTROL_FEED },
		{ bh_control_pause, BH_CONTROL_PAUSE },
		{ bh_control_resume, BH_CONTROL_RESUME },
		{ bh_control_release, BH_CONTROL_RELEASE },
	};
	struct bh_control_state s;
	uint32_t cap = 0;

	(void)state;
	assert_int_equal(bh_control_find("linux", &cap), BH_OK);
	assert_int_equal(bh_control_find("other", &cap), BH_E_CAP);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		answer[0] = BH_RUN_PAUSED;
		assert_int_equal(cases[i].control(cap, &s), BH_OK);
		assert_int_equal(function, BH_CALL_CONTROL);
		assert_int_equal(given[0], LINUX);
		assert_int_equal(given[1], cases[i].what);
		assert_int_equal(s.run, BH_RUN_PAUSED);
		assert_int_equal(s.ends, 101);
	}
}

static void looked(uint32_t what, uint64_t number)
{
	assert_int_equal(function, BH_CALL_LOOK);
	assert_int_equal(given[0], MONITOR);
	assert_int_equal(given[1], what);
	assert_int_equal(given[2], number);
}

static void a_monitor_looks_at_each_kind_of_object(void **state)
{
	struct bh_look_partition p;
	struct bh_look_system s;
	struct bh_look_vcpu v;
	struct bh_look_port q;
	struct bh_look_core c;
	uint32_t cap = 0, rights = 0;

	(void)state;
	assert_int_equal(bh_monitor_find(&cap, &rights), BH_OK);
	assert_int_equal(rights, BH_MONITOR_MAY_RESET);
	assert_int_equal(bh_monitor_partition(cap, 4, &p), BH_OK);
	looked(BH_LOOK_PARTITION, 4);
	assert_int_equal(p.run, 100);
	assert_int_equal(p.ends, 101);
	assert_int_equal(p.restarts, 102);
	assert_int_equal(p.faults, 103);
	assert_int_equal(p.last_fault, 104);
	assert_int_equal(p.fault_time, 105);
	assert_int_equal(bh_monitor_vcpu(cap, 4, 2, &v), BH_OK);
	looked(BH_LOOK_VCPU, 0x200000004);
	assert_int_equal(v.core, 100);
	assert_int_equal(v.ticks, 101);
	assert_true(v.on);
	assert_int_equal(bh_monitor_port(cap, 9, &q), BH_OK);
	looked(BH_LOOK_PORT, 9);
	assert_int_equal(q.waiting, 100);
	assert_int_equal(q.depth, 101);
	assert_int_equal(q.dropped, 102);
	assert_int_equal(bh_monitor_core(cap, 3, &c), BH_OK);
	looked(BH_LOOK_CORE, 3);
	assert_int_equal(c.silent, 100);
	assert_int_equal(c.idle, 101);
	assert_int_equal(bh_monitor_system(cap, &s), BH_OK);
	looked(BH_LOOK_SYSTEM, 0);
	assert_int_equal(s.now, 100);
	assert_int_equal(s.epoch, 101);
	assert_int_equal(s.mode, 102);
}

static void what_is_refused_leaves_the_answer_alone(void **state)
{
	struct bh_look_partition p = { .ends = 77 };
	uint64_t value[4] = { 77, 77, 77, 77 };

	(void)state;
	status = BH_E_ARG;
	assert_int_equal(bh_monitor_partition(MONITOR, 99, &p), BH_E_ARG);
	assert_int_equal(p.ends, 77);
	assert_int_equal(bh_registers(LINUX, 0, 0, value), BH_E_ARG);
	assert_int_equal(value[0], 77);
	page()->n_entries = 1;
	assert_int_equal(bh_monitor_find(&(uint32_t){ 0 }, NULL), BH_E_CAP);
}

static void memory_and_registers_of_one_that_stands_still(void **state)
{
	struct bh_debug_stop stop;
	uint64_t value[4];

	(void)state;
	assert_int_equal(bh_inspect(LINUX), BH_OK);
	assert_int_equal(function, BH_CALL_INSPECT);
	assert_int_equal(given[0], LINUX);
	bh_inspect_end();
	assert_int_equal(given[0], 0xffffffffu);
	assert_int_equal(bh_registers(LINUX, 1, BH_REGISTER_PC, value), BH_OK);
	assert_int_equal(function, BH_CALL_REGISTERS);
	assert_int_equal(given[1], 1);
	assert_int_equal(given[2], BH_REGISTER_PC);
	assert_int_equal(value[0], 100);
	assert_int_equal(value[3], 103);
	assert_int_equal(bh_register_set(LINUX, 1, BH_REGISTER_PC, 0x40001000), BH_OK);
	assert_int_equal(function, BH_CALL_SET_REGISTER);
	assert_int_equal(given[3], 0x40001000);
	assert_int_equal(bh_debug(LINUX, 1, BH_DEBUG_STEP, &stop), BH_OK);
	assert_int_equal(function, BH_CALL_DEBUG);
	assert_int_equal(given[2], BH_DEBUG_STEP);
	assert_int_equal(stop.vcpu, 101);
	assert_int_equal(stop.syndrome, 102);
	assert_int_equal(bh_monitor_reset(MONITOR), BH_OK);
	assert_int_equal(function, BH_CALL_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_watchdog_that_was_fed_says_when_it_will_be_hungry, fresh),
		cmocka_unit_test_setup(a_deadline_and_a_panic_are_the_callers_own, fresh),
		cmocka_unit_test_setup(an_assertion_says_where_and_panics_with_the_line, fresh),
		cmocka_unit_test_setup(a_life_knows_how_it_began, fresh),
		cmocka_unit_test_setup(control_asks_for_what_it_is_named_after, fresh),
		cmocka_unit_test_setup(a_monitor_looks_at_each_kind_of_object, fresh),
		cmocka_unit_test_setup(what_is_refused_leaves_the_answer_alone, fresh),
		cmocka_unit_test_setup(memory_and_registers_of_one_that_stands_still, fresh),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
