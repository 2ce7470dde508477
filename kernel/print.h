/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Early and last words on the board's UART. Lines of several cores may mix; every wait is bounded.
 * panic() is for our own or the hardware's faults only: nothing a partition does leads there.
 */
#ifndef KERNEL_PRINT_H
#define KERNEL_PRINT_H

#include "kernel/types.h"

void print(const char *text);
void print_hex(uint64_t value);
void print_dec(uint64_t value);

void panic_attend(void); /* another core has panicked: then this one stops, too */
noreturn void panic(const char *why, uint64_t a, uint64_t b, uint64_t c);

#endif
