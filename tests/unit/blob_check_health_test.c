/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_check() of what the health monitor goes by: each rule for actions, limits, watchdogs, the monitor and
 * whom it may inspect broken by itself, and what lies right at the edge of it passed.
 * sources: lib/blob_check.c lib/blob_check_health.c lib/blob_check_ports.c lib/blob_check_time.c lib/blob_piece.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/blob_expect.h"

/* A fresh good blob with a monitor, one change, and a part of the sentence that must come; NULL: none. */
#define EXPECT(change, part)                     \
	do {                                     \
		struct blob_fixture f;           \
                                                 \
		fixture_make(&f);                \
		fixture_monitor(&f);             \
		change;                          \
		blob_expect(&f, part, __LINE__); \
	} while (0)
#define REFUSED(change, part) EXPECT(change, part)
#define PASSED(change)	      EXPECT(change, NULL)

#define LINUX	f.part[FIX_LINUX]
#define CONSOLE f.part[FIX_CONSOLE]
#define CONTROL f.part[FIX_CONTROL]
#define INSPECT f.cap[FIX_CONTROL_CAPS + 4]
#define SEE	f.cap[FIX_CONTROL_CAPS + 5]

static const uint32_t any = 0xff, end = 0xb8; /* bits of actions: all; stop, restart, warm, system */

/* Written out again, so that a slip in bh_actions() shows. */
static uint32_t legal(uint32_t kind)
{
	switch (kind) {
	case BH_FAULT_RESET:
	case BH_FAULT_OFF:
	case BH_FAULT_BOOT: return end;
	case BH_FAULT_ACCESS:
	case BH_FAULT_INSTRUCTION:
	case BH_FAULT_HARDWARE: return any;
	default: return any & ~(1u << BH_ACTION_INJECT);
	}
}

static void each_kind_has_its_actions(void **state)
{
	(void)state;
	for (uint32_t kind = 0; kind < BH_FAULTS; kind++)
		for (uint32_t action = 0; action < 256; action++) {
			bool good = action < BH_ACTIONS && (legal(kind) >> action & 1);

			EXPECT(LINUX.health[kind] = (struct bh_health){ .action = (uint8_t)action }, good ? NULL : "cannot have");
		}
}

static void who_is_never_restarted_has_no_action_that_does(void **state)
{
	(void)state;
	PASSED(CONTROL.flags = 0);
	REFUSED(CONTROL.flags = 0; CONTROL.health[BH_FAULT_ACCESS].action = BH_ACTION_RESTART, "cannot have");
	REFUSED(CONTROL.flags = 0; CONTROL.health[BH_FAULT_BOOT].action = BH_ACTION_WARM, "cannot have");
	PASSED(CONTROL.flags = BH_PART_RESTART; CONTROL.health[BH_FAULT_BOOT].action = BH_ACTION_WARM);
	PASSED(CONTROL.flags = 0; CONTROL.health[BH_FAULT_BOOT].action = BH_ACTION_SYSTEM);
}

static struct bh_health change_to(uint8_t mode)
{
	return (struct bh_health){ .action = BH_ACTION_MODE, .mode = mode };
}

static void modes_are_there_and_only_named_to_change(void **state)
{
	(void)state;
	PASSED(LINUX.health[BH_FAULT_CALL] = change_to(1));
	REFUSED(LINUX.health[BH_FAULT_CALL] = change_to(2), "no such mode");
	REFUSED(LINUX.health[BH_FAULT_CALL] = change_to(255), "no such mode");
	REFUSED(LINUX.health[BH_FAULT_CALL].mode = 1, "a mode where none is changed");
	REFUSED(LINUX.limit.mode = 1, "a mode where none is changed");
	PASSED(LINUX.limit = change_to(1));
	REFUSED(LINUX.limit = change_to(2), "no such mode");
}

static void nothing_else_is_in_a_policy(void **state)
{
	(void)state;
	for (uint32_t kind = 0; kind < BH_FAULTS; kind++) {
		REFUSED(CONSOLE.health[kind].reserved = 1, "reserved field");
		REFUSED(CONSOLE.health[kind].flags = 2, "unknown flags");
		REFUSED(CONSOLE.health[kind].flags = 0x80, "unknown flags");
		PASSED(CONSOLE.health[kind].flags = BH_HEALTH_TELL);
	}
	REFUSED(LINUX.limit.reserved = 1, "reserved field");
	REFUSED(LINUX.limit.flags = BH_HEALTH_TELL, "unknown flags");
}

static void a_limit_is_whole_or_not_there(void **state)
{
	(void)state;
	PASSED(LINUX.limit_n = 1);
	PASSED(LINUX.limit_n = BH_LIMIT_MAX);
	REFUSED(LINUX.limit_n = BH_LIMIT_MAX + 1, "more restarts than are remembered");
	REFUSED(LINUX.limit_n = 0xffffffff, "more restarts than are remembered");
	REFUSED(LINUX.limit_ns = 0, "in no time");
	PASSED(LINUX.limit_ns = 1);
	PASSED(LINUX.limit_ns = BH_PERIOD_MAX_NS);
	REFUSED(LINUX.limit_ns = BH_PERIOD_MAX_NS + 1, "too long a time");
	PASSED(LINUX.limit_n = 0; LINUX.limit_ns = 0; LINUX.limit.action = 0);
	REFUSED(LINUX.limit_n = 0; LINUX.limit.action = 0, "a limit that there is not");
	REFUSED(LINUX.limit_n = 0; LINUX.limit_ns = 0, "a limit that there is not");
	for (uint32_t action = 0; action < BH_ACTIONS; action++) {
		bool good = action == BH_ACTION_STOP || action == BH_ACTION_MODE || action == BH_ACTION_SYSTEM;

		EXPECT(LINUX.limit.action = (uint8_t)action, good ? NULL : "cannot have");
	}
}

static void watchdogs_open_before_they_close(void **state)
{
	(void)state;
	PASSED(LINUX.watchdog_open_ns = 0);
	PASSED(LINUX.watchdog_open_ns = LINUX.watchdog_ns - 1);
	REFUSED(LINUX.watchdog_open_ns = LINUX.watchdog_ns, "wrong times");
	REFUSED(LINUX.watchdog_open_ns = UINT64_MAX, "wrong times");
	REFUSED(LINUX.watchdog_first_ns = 0, "wrong times");
	PASSED(LINUX.watchdog_first_ns = 1);
	PASSED(LINUX.watchdog_ns = LINUX.watchdog_first_ns = BH_PERIOD_MAX_NS);
	REFUSED(LINUX.watchdog_ns = BH_PERIOD_MAX_NS + 1, "wrong times");
	REFUSED(LINUX.watchdog_first_ns = BH_PERIOD_MAX_NS + 1, "wrong times");
	REFUSED(LINUX.watchdog_ns = 0, "wrong times");
	PASSED(LINUX.watchdog_ns = LINUX.watchdog_first_ns = LINUX.watchdog_open_ns = 0);
	REFUSED(LINUX.watchdog_ns = LINUX.watchdog_open_ns = 0, "wrong times");
	REFUSED(LINUX.watchdog_ns = LINUX.watchdog_first_ns = 0, "wrong times");
	PASSED(CONSOLE.answer_ns = BH_PERIOD_MAX_NS);
	REFUSED(CONSOLE.answer_ns = BH_PERIOD_MAX_NS + 1, "too long a time to answer");
	PASSED(LINUX.log_pace_ns = 1);
	PASSED(LINUX.log_pace_ns = BH_PERIOD_MAX_NS);
	REFUSED(LINUX.log_pace_ns = BH_PERIOD_MAX_NS + 1, "wrong pace");
	REFUSED(LINUX.log_pace_ns = 0, "wrong pace");
}

static void nobody_is_told_where_there_is_no_monitor(void **state)
{
	(void)state;
	PASSED(fixture_make(&f));
	REFUSED(fixture_make(&f); CONSOLE.health[BH_FAULT_CALL].flags = BH_HEALTH_TELL, "nobody who could be told");
	REFUSED(fixture_make(&f); f.cap[FIX_CONTROL_CAPS + 3].kind = BH_CAP_MONITOR, "may see all");
	REFUSED(fixture_make(&f); CONSOLE.flags |= BH_PART_DUMP, "a dump that nobody may take");
}

/* Instead of control: what it held to inspect is gone, and the right to see all is the last of Linux's table. */
static void linux_is_the_monitor(struct blob_fixture *f)
{
	f->b.monitor = FIX_LINUX;
	for (uint32_t i = FIX_CONTROL_CAPS + 4; i > FIX_CONTROL_CAPS; i--)
		f->cap[i] = f->cap[i - 1];
	f->cap[FIX_CONTROL_CAPS] = (struct bh_cap){ .kind = BH_CAP_MONITOR };
	f->b.n_caps = 13;
	f->part[FIX_LINUX].n_caps = 5, f->part[FIX_LINUX].flags = BH_PART_RESTART;
	f->part[FIX_CONTROL].first_cap++, f->part[FIX_CONTROL].n_caps = 4;
}

static void the_monitor_is_one_partition_of_one_vcpu(void **state)
{
	(void)state;
	REFUSED(f.b.monitor = 3, "wrong monitor");
	REFUSED(f.b.monitor_intid = 31, "wrong doorbell");
	REFUSED(f.b.monitor_intid = 288, "wrong doorbell");
	REFUSED(f.b.monitor_intid = 0xfffffffe, "wrong doorbell");
	REFUSED(f.b.monitor_intid = 33, "monitor: its doorbell has another source"); /* its PL011 */
	PASSED(f.b.monitor_intid = 200);					     /* a port's event: both are edges */
	REFUSED(f.b.monitor = FIX_CONSOLE, "another than the");
	REFUSED(f.b.monitor = FIX_LINUX, "another than the");
	REFUSED(SEE.kind = BH_CAP_NONE; SEE.rights = 0, "no capability to see all");
	REFUSED(f.cap[FIX_CONTROL_CAPS + 3] = SEE, "or more than one");
	REFUSED(SEE.object = 1, "reserved");
	REFUSED(SEE.rights = 2, "unknown rights");
	PASSED(SEE.rights = 0);
	REFUSED(linux_is_the_monitor(&f), "more than one vCPU");
}

static void only_the_monitor_inspects_and_has_a_root_for_each(void **state)
{
	(void)state;
	PASSED(INSPECT.rights = BH_CONTROL_MAY_INSPECT);
	REFUSED(INSPECT.root_page = 0, "no root to inspect with");
	REFUSED(INSPECT.root_page = 1u << 28, "no root to inspect with");
	PASSED(INSPECT.root_page = (1u << 28) - 1);
	REFUSED(INSPECT.rights &= ~BH_CONTROL_MAY_INSPECT; LINUX.flags = 0; LINUX.health[BH_FAULT_PANIC].action = 0, "a root where nobody is inspected");
	REFUSED(SEE.root_page = 0x44120, "a root where nobody is inspected");
	REFUSED(f.cap[FIX_CONSOLE_CAPS + 3] = INSPECT, "another than the monitor inspects");
	REFUSED(INSPECT.object = FIX_CONTROL, "no other partition");
}

static void a_dump_is_one_that_somebody_takes(void **state)
{
	(void)state;
	PASSED(LINUX.flags &= ~BH_PART_DUMP);
	REFUSED(CONSOLE.flags |= BH_PART_DUMP, "a dump that nobody may take");
	REFUSED(CONTROL.flags |= BH_PART_DUMP, "a dump that nobody may take");
	REFUSED(INSPECT.rights &= ~BH_CONTROL_MAY_INSPECT; INSPECT.root_page = 0, "a dump that nobody may take");
	REFUSED(INSPECT.object = FIX_CONSOLE, "a dump that nobody may take");
	PASSED(LINUX.flags &= ~BH_PART_RESTART; LINUX.health[BH_FAULT_PANIC].action = BH_ACTION_STOP);
	REFUSED(LINUX.flags |= 0x20, "unknown flags");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_actions),
		cmocka_unit_test(who_is_never_restarted_has_no_action_that_does),
		cmocka_unit_test(modes_are_there_and_only_named_to_change),
		cmocka_unit_test(nothing_else_is_in_a_policy),
		cmocka_unit_test(a_limit_is_whole_or_not_there),
		cmocka_unit_test(watchdogs_open_before_they_close),
		cmocka_unit_test(nobody_is_told_where_there_is_no_monitor),
		cmocka_unit_test(the_monitor_is_one_partition_of_one_vcpu),
		cmocka_unit_test(only_the_monitor_inspects_and_has_a_root_for_each),
		cmocka_unit_test(a_dump_is_one_that_somebody_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
