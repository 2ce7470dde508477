/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text output to the partition's PL011, if it has one; else it goes nowhere. Calls from several
 * vCPUs and from handlers do not mix within one call.
 */
#ifndef SDK_BH_LOG_H
#define SDK_BH_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * As printf, with: %c %s %d %i %u %x %X %p %%; flags 0 and -, a width and, for %s, a precision
 * (numbers or *); lengths h l ll z j t. Any context.
 */
__attribute__((format(printf, 1, 2))) void bh_printf(const char *format, ...);

/* As snprintf: zero-terminated where size > 0; answers the length it would have had. */
__attribute__((format(printf, 3, 4))) size_t bh_snprintf(char *buf, size_t size, const char *format, ...);
__attribute__((format(printf, 3, 0))) size_t bh_vsnprintf(char *buf, size_t size, const char *format, va_list args);

/* A line: the text and a newline. */
void bh_log(const char *text);

/* Where output goes instead: @put takes each character ("\n" alone ends a line). */
void bh_log_to(void (*put)(char c));

#endif
