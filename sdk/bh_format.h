/* SPDX-License-Identifier: Apache-2.0 */
/* Formatting to any sink; programs use bh_log.h. */
#ifndef SDK_BH_FORMAT_H
#define SDK_BH_FORMAT_H

#include <stdarg.h>

#include "sdk/bh_log.h"

struct bh_out {
	void (*put)(void *arg, char c);
	void *arg;
};

/* What bh_printf() understands, each character to @o->put. */
__attribute__((format(printf, 2, 0))) void bh_format(const struct bh_out *o, const char *format, va_list args);

#endif
