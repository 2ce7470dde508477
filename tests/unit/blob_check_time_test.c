/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_check() of what the scheduler goes by: each rule for modes, plans, windows, reservations and the
 * trace rings broken by itself, and what lies right at the edge of it passed.
 * sources: lib/blob_check.c lib/blob_check_health.c lib/blob_check_ports.c lib/blob_check_time.c lib/blob_piece.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/blob_expect.h"

/* A fresh good blob, one change, and a part of the sentence that must come; NULL: none. */
#define EXPECT(change, part)                     \
	do {                                     \
		struct blob_fixture f;           \
                                                 \
		fixture_make(&f);                \
		change;                          \
		blob_expect(&f, part, __LINE__); \
	} while (0)
#define REFUSED(change, part) EXPECT(change, part)
#define PASSED(change)	      EXPECT(change, NULL)

#define PLAN(mode, core) (*fixture_plan(&f, mode, core))
#define WINDOWED	 PLAN(FIX_NORMAL, 1) /* has the two windows */
#define FREE		 PLAN(FIX_NORMAL, 0) /* has an endless one */
#define BUDGETED	 PLAN(FIX_LIMP, 1)   /* has a reservation in force */

static void modes_are_named_and_of_a_length(void **state)
{
	(void)state;
	REFUSED(f.mode[1].name = 64, "mode: name");
	REFUSED(f.mode[0].flags = 2, "mode: unknown flags");
	PASSED(f.mode[0].flags = BH_MODE_AT_ONCE);
	REFUSED(f.mode[1].frame_ns = BH_PERIOD_MAX_NS + 1, "wrong length");
	PASSED(f.mode[1].frame_ns = BH_PERIOD_MAX_NS); /* its cores have no windows all the same */
	REFUSED(f.mode[1].frame_ns = BH_BUDGET_MIN_NS - 1, "wrong length");
	REFUSED(f.mode[1].frame_ns = 1, "wrong length");
	PASSED(f.mode[1].frame_ns = BH_BUDGET_MIN_NS);
	REFUSED(f.mode[0].frame_ns = 0, "not in its frame"); /* core 1 has windows in it */
}

static void windows_are_grouped_by_plan(void **state)
{
	(void)state;
	REFUSED(FREE.first_window = 1, "wrong windows");
	REFUSED(WINDOWED.first_window = 1, "wrong windows");
	REFUSED(BUDGETED.first_window = 0, "wrong windows");
	REFUSED(WINDOWED.n_windows = 3, "wrong windows");
	REFUSED(WINDOWED.n_windows = 0xffffffff, "wrong windows");
	REFUSED(f.b.n_windows = 1, "wrong windows");
	REFUSED(WINDOWED.n_windows = 1, "wrong windows"); /* the next plan goes on behind two */
	REFUSED(f.b.n_windows = 3, "in no plan");
	REFUSED(WINDOWED.n_windows = 1; PLAN(FIX_LIMP, 0).first_window = 1; BUDGETED.first_window = 1, "in no plan");
	PASSED(WINDOWED.n_windows = 1; PLAN(FIX_LIMP, 0).first_window = 1; BUDGETED.first_window = 1; f.b.n_windows = 1);
}

static void a_plan_has_at_most_64_windows(void **state)
{
	struct {
		struct blob_fixture f;
		struct bh_window window[BH_MAX_CORE_WINDOWS + 1];
	} *many = calloc(1, sizeof(*many));

	(void)state;
	assert_non_null(many);
	for (uint32_t n = BH_MAX_CORE_WINDOWS; n <= BH_MAX_CORE_WINDOWS + 1; n++) {
		const char *wrong;

		fixture_make(&many->f);
		many->f.b.total_bytes = sizeof(*many);
		many->f.b.n_windows = n, many->f.b.off_windows = offsetof(typeof(*many), window);
		for (uint32_t i = 0; i < n; i++)
			many->window[i] = (struct bh_window){ 100000 * i, 100000 * i + BH_BUDGET_MIN_NS, FIX_SECOND, 0 };
		fixture_plan(&many->f, FIX_NORMAL, 1)->n_windows = n;
		fixture_plan(&many->f, FIX_LIMP, 0)->first_window = fixture_plan(&many->f, FIX_LIMP, 1)->first_window = n;
		wrong = blob_check(&many->f.b, sizeof(*many));
		if (n == BH_MAX_CORE_WINDOWS)
			assert_null(wrong);
		else
			assert_non_null(strstr(wrong, "wrong windows"));
	}
	free(many);
}

static void windows_are_sorted_disjoint_and_in_their_frame(void **state)
{
	(void)state;
	REFUSED(f.window[1].end_ns++, "not in its frame");
	REFUSED(f.mode[0].frame_ns--, "not in its frame");
	PASSED(f.window[1].end_ns--);
	REFUSED(f.window[1].start_ns--, "overlaps");
	PASSED(f.window[1].start_ns++); /* a gap */
	REFUSED(f.window[0].start_ns = 2000000; f.window[0].end_ns = 10000000; f.window[1].start_ns = 0; f.window[1].end_ns = 2000000, "not sorted");
	REFUSED(f.window[0].start_ns = 3000000, "not sorted"); /* ends before it starts */
	REFUSED(f.window[1].start_ns = UINT64_MAX, "not sorted");
	REFUSED(f.window[1].end_ns = UINT64_MAX, "not in its frame");
	REFUSED(f.window[1] = f.window[0], "overlaps");
	PASSED(f.window[0].end_ns = BH_BUDGET_MIN_NS);
	REFUSED(f.window[0].end_ns = BH_BUDGET_MIN_NS - 1, "too short");
	REFUSED(f.window[0].end_ns = 0, "too short");
}

static void windows_are_of_ranks_that_the_core_has(void **state)
{
	(void)state;
	REFUSED(f.window[0].ranks = 0, "of nobody");
	REFUSED(f.window[0].ranks = 4, "ranks that its core does not have");
	REFUSED(f.window[1].ranks |= 0x80000000, "ranks that its core does not have");
	PASSED(f.window[0].ranks = FIX_FIRST | FIX_SECOND);
	REFUSED(f.window[1].reserved = 1, "reserved field");
	REFUSED(FREE.always = 4, "ranks that its core does not have");
	REFUSED(WINDOWED.slack = 0x10000, "ranks that its core does not have");
	PASSED(WINDOWED.slack = FIX_FIRST | FIX_SECOND);
	PASSED(FREE.slack = FIX_FIRST);
	PASSED(FREE.always = 0); /* nobody runs there in that mode */
	REFUSED(FREE.reserved = 1, "plan: reserved field");
	/* the same numbers are other vCPUs elsewhere: core 1 has but one rank now */
	PASSED(fixture_siblings(&f));
	REFUSED(fixture_siblings(&f); f.window[1].ranks = FIX_SECOND, "ranks that its core does not have");
	REFUSED(fixture_siblings(&f); WINDOWED.slack = FIX_SECOND, "ranks that its core does not have");
}

static void who_runs_always_has_no_windows_beside(void **state)
{
	(void)state;
	REFUSED(WINDOWED.always = FIX_SECOND, "always");
	REFUSED(WINDOWED.always = FIX_FIRST, "always");
	PASSED(BUDGETED.always = FIX_SECOND);
}

static void who_has_a_reservation_in_force_has_no_window(void **state)
{
	(void)state;
	REFUSED(BUDGETED.always = FIX_FIRST, "always");
	REFUSED(BUDGETED.always = FIX_FIRST | FIX_SECOND, "always");
	REFUSED(WINDOWED.budgets = FIX_FIRST, "of those with reservations");
	PASSED(WINDOWED.budgets = FIX_FIRST; f.window[0].ranks = FIX_SECOND);
	PASSED(BUDGETED.slack |= FIX_FIRST); /* but slack, when its budget is used up */
	REFUSED(BUDGETED.budgets = FIX_SECOND, "without a reservation");
	REFUSED(BUDGETED.budgets |= 4, "without a reservation");
	REFUSED(f.vcpu[3].budget_ns = f.vcpu[3].period_ns = 0, "without a reservation");
	PASSED(BUDGETED.budgets = 0);							      /* it does not run in that mode */
	REFUSED(FREE.budgets = FIX_FIRST; FREE.always = FIX_SECOND, "without a reservation"); /* another core's rank 0 has */
	PASSED(f.vcpu[0].budget_ns = f.vcpu[0].period_ns = 20000; FREE.budgets = FIX_FIRST; FREE.always = FIX_SECOND);
}

static void reservations_are_whole_or_not_there(void **state)
{
	(void)state;
	REFUSED(f.vcpu[3].budget_ns = 0, "budget or period");
	REFUSED(f.vcpu[3].period_ns = 0, "budget or period");
	REFUSED(f.vcpu[1].budget_ns = BH_BUDGET_MIN_NS, "budget or period");
	REFUSED(f.vcpu[1].period_ns = BH_BUDGET_MIN_NS, "budget or period");
	PASSED(f.vcpu[3].budget_ns = BH_BUDGET_MIN_NS);
	REFUSED(f.vcpu[3].budget_ns = BH_BUDGET_MIN_NS - 1, "budget or period");
	PASSED(f.vcpu[3].budget_ns = f.vcpu[3].period_ns);
	REFUSED(f.vcpu[3].budget_ns = f.vcpu[3].period_ns + 1, "budget or period");
	PASSED(f.vcpu[3].period_ns = BH_PERIOD_MAX_NS);
	REFUSED(f.vcpu[3].period_ns = BH_PERIOD_MAX_NS + 1, "budget or period");
	REFUSED(f.vcpu[3].budget_ns = f.vcpu[3].period_ns = BH_BUDGET_MIN_NS - 1, "budget or period");
	REFUSED(f.vcpu[3].budget_ns = f.vcpu[3].period_ns = UINT64_MAX, "budget or period");
}

/* Two of a partition with another's between them. */
static void part_siblings(struct blob_fixture *f)
{
	fixture_siblings(f);
	f->core[0].vcpu[0] = 1, f->core[0].vcpu[1] = 0;
	f->vcpu[1].rank = 0, f->vcpu[0].rank = 1;
}

static void siblings_have_ranks_in_a_row(void **state)
{
	(void)state;
	PASSED(fixture_siblings(&f));
	REFUSED(part_siblings(&f), "not in a row");
	PASSED(part_siblings(&f); f.core[0].vcpu[1] = 2; f.core[0].vcpu[2] = 0; f.vcpu[2].rank = 1; f.vcpu[0].rank = 2);
}

static void trace_rings_are_of_whole_pages_and_apart(void **state)
{
	(void)state;
	REFUSED(f.b.trace_bytes = 0; f.b.trace_va = 0, "trace rings");
	REFUSED(f.b.trace_bytes = 0x800, "trace rings");
	REFUSED(f.b.trace_va += 0x800; f.b.log_va = FIX_VA(0x30), "trace rings");
	REFUSED(f.b.trace_va = 0, "too many");
	REFUSED(f.b.trace_va = 0x1000, "lie wrong");
	REFUSED(f.b.trace_va = BLOB_VA_END - 0x1000, "lie wrong"); /* room for one core's */
	PASSED(f.b.trace_va = BLOB_VA_END - 0x2000);
	REFUSED(f.b.trace_va += 0x1000, "overlap"); /* the second core's is the log */
	REFUSED(f.b.trace_va = f.b.log_va, "overlap");
	REFUSED(f.b.trace_va = f.emul[1].queue_va, "overlap");
	REFUSED(f.b.trace_va = FIX_VA(0x5c), "overlap");
	PASSED(f.b.trace_va = FIX_VA(0x1000); f.b.trace_bytes = 0x400000);
	REFUSED(f.b.trace_va = FIX_VA(0x1000); f.b.trace_bytes = 0x401000, "trace rings");
	REFUSED(f.b.trace_bytes = 1ull << 63, "many"); /* twice that is nothing */
	REFUSED(f.b.trace_bytes = (1ull << 63) + 0x1000, "trace rings");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_are_named_and_of_a_length),
		cmocka_unit_test(windows_are_grouped_by_plan),
		cmocka_unit_test(a_plan_has_at_most_64_windows),
		cmocka_unit_test(windows_are_sorted_disjoint_and_in_their_frame),
		cmocka_unit_test(windows_are_of_ranks_that_the_core_has),
		cmocka_unit_test(who_runs_always_has_no_windows_beside),
		cmocka_unit_test(who_has_a_reservation_in_force_has_no_window),
		cmocka_unit_test(reservations_are_whole_or_not_there),
		cmocka_unit_test(siblings_have_ranks_in_a_row),
		cmocka_unit_test(trace_rings_are_of_whole_pages_and_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
