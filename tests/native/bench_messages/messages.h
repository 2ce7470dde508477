/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the meter and its partners (one on its core, or none; one on another) share: what a partner is to do, and
 * when it did it. All are one program, so that a stamp's address is one partition's. Times are ticks of the counter: instructions, under instruction counting with a counter of 1 GHz.
 */
#ifndef TESTS_NATIVE_MESSAGES_H
#define TESTS_NATIVE_MESSAGES_H

#include <stdint.h>

#include "sdk/bulkhead.h"
#include "tests/bench/stamp.h"

#define ROUNDS 31u
#define STREAM 2000u /* messages of a throughput */
#define BATCH  8u    /* a queue's depth, at least */

enum job {
	JOB_NONE,
	JOB_HANDLE, /* sleeps; the handler of `go` takes the time and rings back */
	JOB_BUSY,   /* the same, and spins meanwhile */
	JOB_WAIT,   /* waits for `go`, takes the time, rings back */
	JOB_SERVE,  /* replies with what it is asked, until that is 0 */
	JOB_POLL,   /* receives ROUNDS messages of `port`, each when it was sent, and times it */
	JOB_WAKE,   /* waits for each of ROUNDS messages of `port` and receives it */
	JOB_DRAIN,  /* receives STREAM messages of `port` */
	JOB_TIMER,  /* sleeps by its timer, for a moment: from then on it takes interrupts */
	JOB_SPIN,   /* reads the counter, and notes when it was not for a while */
};

struct bench_board { /* one for each partner, written by both ends */
	uint64_t job;
	char port[BH_NAME_BYTES]; /* the channel's name */
	uint64_t time;		  /* of the last event at the partner */
	uint64_t left, resumed;	  /* JOB_SPIN */
	uint64_t done;
	uint64_t sent; /* JOB_POLL: messages so far, by the meter */
	uint64_t sample[ROUNDS];
};

#define board_read(p)	  __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define board_write(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

static inline uint64_t ticks(void)
{
	uint64_t t;

	__asm__ volatile("mrs %0, cntvct_el0"
			 : "=r"(t)
			 :
			 : "memory");
	return t;
}

/* The counter, the call, the counter, with nothing between them. x[0] to x[6] are x1 to x7, both ways. */
struct timed {
	int64_t status;
	uint64_t before, after;
};

STAMPING struct timed timed_call(const char *begin, const char *end, uint32_t function, uint64_t x[7])
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = x[0];
	register uint64_t x2 __asm__("x2") = x[1];
	register uint64_t x3 __asm__("x3") = x[2];
	register uint64_t x4 __asm__("x4") = x[3];
	register uint64_t x5 __asm__("x5") = x[4];
	register uint64_t x6 __asm__("x6") = x[5];
	register uint64_t x7 __asm__("x7") = x[6];
	struct timed t;

	__asm__ volatile(STAMP("%0", "%10") "hvc #0\n" STAMP("%1", "%11")
			 : "=&r"(t.before), "=&r"(t.after), "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5),
			   "+r"(x6), "+r"(x7)
			 : "S"(begin), "S"(end)
			 : "memory", "cc");
	t.status = (int64_t)x0;
	x[0] = x1;
	x[1] = x2;
	x[2] = x3;
	x[3] = x4;
	x[4] = x5;
	x[5] = x6;
	x[6] = x7;
	return t;
}

/* The arguments `begin` and `end` where the call is a row's path, and where it is none. */
#define PATH(row)   "begin " row, "end " row
#define JUST_A_CALL "", ""

/* What the partners, and the meter, do. */
int partner(void);
int meter(void);

#endif
