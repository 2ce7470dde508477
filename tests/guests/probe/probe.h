/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probe: what a guest sees of its machine, one "key value" a line, the same on every run: no
 * times, no addresses. tests/system/test_probe.py compares the bare machine's with a partition's.
 */
#ifndef TESTS_GUESTS_PROBE_H
#define TESTS_GUESTS_PROBE_H

#include "tests/guests/guest.h"

#define LOG_MAX 320u

/* Interrupts in the order in which they were acknowledged, by core 0 or by core 1. */
struct irq_log {
	volatile uint32_t n;
	volatile uint32_t intid[LOG_MAX];
};
extern struct irq_log irq_log[2];

void log_reset(void);
bool log_wait(uint32_t core, uint32_t n); /* until n were taken, or 100 ms */
void log_say(const char *key, uint32_t core);

/* Acknowledge, log, end; what every test uses that needs no more. */
void take_simple(void);

void probe_ids(void);
void probe_features(void);
void probe_timers(void);
void probe_psci(void);
void probe_smccc(void);
void probe_gic_first(void);
void probe_gic_registers(void);
void probe_gic_delivery(void);
void probe_gic_states(void);
void probe_gic_cores(void);
void probe_debug(void);
void probe_platform(void);

#endif
