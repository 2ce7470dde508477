/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hostile guest: does what no guest should, everywhere it can, and reports what it got.
 * tests/system/test_hostile.py compares with expected tables, and looks at the neighbours.
 */
#ifndef TESTS_GUESTS_HOSTILE_H
#define TESTS_GUESTS_HOSTILE_H

#include "tests/guests/guest.h"

uint32_t random_next(void); /* seeded: every run does the same */

/* Two instructions in a page of their own: the word given, and a return. x0 is passed and returned. */
uint64_t run_word(uint32_t word, uint64_t x0);
bool run_caught(uint32_t word, uint64_t x0, uint64_t *result); /* true: it took an exception */

/* Loads and stores that may fault; width 1, 2, 4 or 8. */
bool load_caught(uint64_t address, uint32_t width, uint64_t *value);
bool store_caught(uint64_t address, uint32_t width, uint64_t value);

void map_everything(void); /* all 512 GiB of stage 1, as devices but for RAM */

void hostile_registers(void);
void hostile_memory(void);
void hostile_gic(void);
void hostile_calls(void);
void hostile_ports(void);
void hostile_instructions(void);
void hostile_uart(void);

#endif
