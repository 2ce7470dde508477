/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A post that meets a core on its way to another vCPU, or to sleep: in no order of their steps is it
 * left lying. And a reader that looks at the log while a record is being written.
 * sources: arch/host/[a-z]*.c lib/[a-z]*.c
 */
#define POINTS_LATE_STORES
#include "tests/unit/points.h"

enum { LOW,
       HIGH,
       OTHER,
       PARTITIONS };

static const struct host_partition partitions[PARTITIONS] = {
	[LOW] = { .name = "low", .n_vcpus = 1, .vcpu = { { 0, 1 } } },
	[HIGH] = { .name = "high", .n_vcpus = 1, .vcpu = { { 0, 2 } } },
	[OTHER] = { .name = "other", .n_vcpus = 1, .vcpu = { { 1, 1 } } },
};

static const struct host_system description = {
	.n_cores = 2, .n_partitions = PARTITIONS, .partition = partitions, .no_reader = true
};

static bool waits, posts, low_waits; /* what is still to be done */
static uint32_t whom;

static void setup(void)
{
	host_points(false);
	memset(late, 0, sizeof(late));
	boot(&description);
	starts(LOW);
	loads(LOW);
	if (low_waits)
		does(vcpu_of(LOW, 0), guest_wfi, NULL);
	starts(HIGH);
	loads(HIGH);
	starts(OTHER);
	loads(OTHER);
	waits = posts = true;
	host_points(true);
}

static bool can(uint32_t core)
{
	if (host_can_run(core))
		return true;
	return core == 0 ? waits && host_guest(0) == vcpu_of(HIGH, 0) : posts;
}

static void guest_posts(struct vcpu *v, void *arg)
{
	(void)v;
	host_private(vcpu_of(*(uint32_t *)arg, 0), HOST_SGI);
}

static void step(uint32_t core)
{
	if (host_can_run(core)) {
		host_run(core);
	} else if (core == 0) {
		waits = false;
		host_trap(0, guest_wfi, NULL);
	} else {
		posts = false;
		host_trap(1, guest_posts, &whom);
	}
	if (host_where(core) != HOST_POINT)
		late_lands(core);
}

static void check(void)
{
	host_points(false);
	quiet();
	assert_int_equal(vcpu_of(whom, 0)->state, VCPU_READY);
	assert_int_equal(vcpu_of(whom, 0)->requests, 0);
}

static void all_posts(void)
{
	static const struct race race = {
		.setup = setup, .can = can, .step = step, .check = check, .n_cores = 2
	};

	print_message("%u orders\n", all_orders(&race, 3, (struct switches){ .n = 0 }));
}

static void a_post_to_who_is_about_to_wait_wakes_it(void **state)
{
	(void)state;
	whom = HIGH;
	low_waits = true;
	all_posts();
	low_waits = false;
	all_posts();
}

static void a_post_to_the_less_urgent_is_seen_when_the_other_waits(void **state)
{
	(void)state;
	whom = LOW;
	low_waits = true;
	all_posts();
}

/* --- the log --- */

static void guest_faults(struct vcpu *v, void *arg)
{
	log_vcpu(v, BH_EVENT_ACCESS, *(uint64_t *)arg, ~*(uint64_t *)arg);
}

static uint32_t faulty; /* partition whose records are looked at */

static void every_record_that_looks_whole_is(void)
{
	for (uint32_t i = 0; i < log_of()->n; i++) {
		const struct bh_record *r = log_record(faulty, i);

		if (r->sequence && r->event == BH_EVENT_ACCESS)
			assert_true(r->address == ~r->value && r->address % log_of()->n == (r->sequence - 1) % log_of()->n);
	}
}

static void a_record_that_is_being_written_does_not_look_whole(void **state)
{
	(void)state;
	low_waits = true;
	setup();
	faulty = host_guest(0)->part->number;
	for (uint32_t i = 0; i < 3 * log_of()->n; i++) {
		uint32_t first = log_next(faulty);
		uint64_t address = first + (uint64_t)log_of()->n * 1000;

		log_quota_anew(faulty);
		host_trap(0, guest_faults, &address);
		while (host_can_run(0)) {
			const struct bh_record *old = log_record(faulty, first);

			/* The one that is overwritten: either the old one still, all of it, or none. */
			if (log_next(faulty) == first + 1 && old->sequence && old->sequence != first + 1)
				assert_true(old->address != address);
			every_record_that_looks_whole_is();
			host_run(0);
		}
	}
}

#define RACE(test) cmocka_unit_test_teardown(test, machine_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RACE(a_post_to_who_is_about_to_wait_wakes_it),
		RACE(a_post_to_the_less_urgent_is_seen_when_the_other_waits),
		RACE(a_record_that_is_being_written_does_not_look_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
