/* SPDX-License-Identifier: Apache-2.0 */
/* What captive.c says to captor.c when it begins a life: what it will do, and what it has found left of the last. */
#ifndef TESTS_NATIVE_CAPTIVE_H
#define TESTS_NATIVE_CAPTIVE_H

#include <stdint.h>

#define CAPTIVE_ACTS 15u /* odd: each is met by a restart, and by a stop */

struct captive_word {
	uint32_t act;
	uint32_t left; /* bits of its interrupt controller that are not as after a reset */
};

#endif
