/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real-time task of the demo's rt partition: a SCHED_FIFO thread that wakes every millisecond
 * and keeps how late it woke at worst. A second, ordinary thread prints it, so that the console's
 * time is not in the figure.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 1000000
#define REPORT_S  3

static _Atomic long worst_ns; /* since the last report */
static _Atomic long wakes;

static long since_ns(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - then->tv_sec) * 1000000000 + now.tv_nsec - then->tv_nsec;
}

static void add_ns(struct timespec *t, long ns)
{
	t->tv_nsec += ns;
	t->tv_sec += t->tv_nsec / 1000000000;
	t->tv_nsec %= 1000000000;
}

static void *periodic(void *unused)
{
	struct timespec next;

	(void)unused;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		long late;

		add_ns(&next, PERIOD_NS);
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
			;
		late = since_ns(&next);
		if (late > atomic_load(&worst_ns))
			atomic_store(&worst_ns, late);
		atomic_fetch_add(&wakes, 1);
		/* Late by periods: the lost ones are counted as lateness once, not caught up one by one. */
		if (late > PERIOD_NS)
			add_ns(&next, late / PERIOD_NS * PERIOD_NS);
	}
	return NULL;
}

static void must(int error, const char *what)
{
	if (error) {
		fprintf(stderr, "latency: %s: %s\n", what, strerror(error));
		exit(1);
	}
}

int main(void)
{
	struct sched_param urgent = { .sched_priority = 80 };
	pthread_attr_t attr;
	pthread_t thread;
	long all = 0;

	must(mlockall(MCL_CURRENT | MCL_FUTURE) ? errno : 0, "mlockall");
	must(pthread_attr_init(&attr), "thread");
	must(pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED), "thread");
	must(pthread_attr_setschedpolicy(&attr, SCHED_FIFO), "SCHED_FIFO");
	must(pthread_attr_setschedparam(&attr, &urgent), "priority");
	must(pthread_create(&thread, &attr, periodic, NULL), "thread");
	for (;;) {
		long worst;

		sleep(REPORT_S);
		worst = atomic_exchange(&worst_ns, 0);
		if (worst > all)
			all = worst;
		printf("latency: worst wake-up %ld us late in the last %d s, %ld us since start, %ld wake-ups\n", worst / 1000,
		       REPORT_S, all / 1000, atomic_load(&wakes));
		fflush(stdout);
	}
}
