/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the benchmark's guest share: samples of one row at a time, in counter ticks, and the handler that most of its
 * interrupts go to.
 */
#ifndef TESTS_GUESTS_BENCH_H
#define TESTS_GUESTS_BENCH_H

#include "tests/bench/stamp.h"
#include "tests/guests/guest.h"

#define ROUNDS	 31u
#define SGI_HERE 1u

extern uint64_t sample[ROUNDS];
extern uint64_t empty; /* two readings of the counter with nothing between */

/* Prints "row NAME MIN MEDIAN" of what is in sample[]. */
void row(const char *name);

/* The arguments `begin` and `end` of what times one path. */
#define PATH(row) "begin " row, "end " row

extern volatile uint64_t handler_time; /* when on_interrupt() was last begun */
extern volatile uint32_t handled;      /* how often */
void on_interrupt(void);

void bench_sgi(void);
void bench_acknowledge(void);
void bench_timer(void);
void bench_device(void);

/* CPU_ON, and IPIs to the core that it started; nothing where there is no other core. */
void bench_start(void);
void bench_ipi(void);

#endif
