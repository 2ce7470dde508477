/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as text, for the command: "--format text|raw|hex|u8|…|f64". */
#ifndef SDK_LINUX_VALUE_TEXT_H
#define SDK_LINUX_VALUE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct value_format {
	const char *name;
	char kind;    /* t text, r raw, x bytes in hexadecimal, u unsigned, i signed, f floating point */
	size_t bytes; /* of one value */
};

/* NULL: no such format. */
const struct value_format *value_format(const char *name);

/* A line (raw: the bytes). */
void value_print(FILE *to, const struct value_format *f, const void *message, size_t bytes);

/* Appends what a word means to @to, of which *used of @room bytes are used. False: it means nothing in that format, or there is no room. */
bool value_parse(const struct value_format *f, const char *word, uint8_t *to, size_t room, size_t *used);

#endif
