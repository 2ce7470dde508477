/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers are little-endian, as native partitions on this processor have them. */
#include "sdk/linux/value_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct value_format formats[] = {
	{ "text", 't', 1 },
	{ "raw", 'r', 1 },
	{ "hex", 'x', 1 },
	{ "u8", 'u', 1 },
	{ "u16", 'u', 2 },
	{ "u32", 'u', 4 },
	{ "u64", 'u', 8 },
	{ "i8", 'i', 1 },
	{ "i16", 'i', 2 },
	{ "i32", 'i', 4 },
	{ "i64", 'i', 8 },
	{ "f32", 'f', 4 },
	{ "f64", 'f', 8 },
};

const struct value_format *value_format(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

static uint64_t load(const uint8_t *p, size_t bytes)
{
	uint64_t v = 0;

	memcpy(&v, p, bytes);
	return v;
}

static int64_t extend(uint64_t v, size_t bytes)
{
	unsigned int up = 64 - 8 * (unsigned int)bytes;

	return (int64_t)(v << up) >> up;
}

static double floating(uint64_t v, size_t bytes)
{
	float f;
	double d;

	memcpy(&f, &v, 4);
	memcpy(&d, &v, 8);
	return bytes == 4 ? (double)f : d;
}

static void print_value(FILE *to, const struct value_format *f, uint64_t v)
{
	switch (f->kind) {
	case 'u': fprintf(to, "%" PRIu64, v); break;
	case 'i': fprintf(to, "%" PRId64, extend(v, f->bytes)); break;
	case 'f': fprintf(to, "%.*g", f->bytes == 4 ? 9 : 17, floating(v, f->bytes)); break;
	default: fprintf(to, "%02x", (unsigned int)v); break;
	}
}

/* What is too short for a whole value at the end is shown as bytes. */
static void print_values(FILE *to, const struct value_format *f, const uint8_t *p, size_t bytes)
{
	size_t at = 0;

	for (; at + f->bytes <= bytes; at += f->bytes) {
		if (at)
			putc(' ', to);
		print_value(to, f, load(p + at, f->bytes));
	}
	for (; at < bytes; at++)
		fprintf(to, "%s+%02x", at ? " " : "", p[at]);
	putc('\n', to);
}

void value_print(FILE *to, const struct value_format *f, const void *message, size_t bytes)
{
	const uint8_t *p = message;

	if (f->kind != 't' && f->kind != 'r') {
		print_values(to, f, p, bytes);
		return;
	}
	fwrite(p, 1, bytes, to);
	if (f->kind == 't' && (!bytes || p[bytes - 1] != '\n'))
		putc('\n', to);
}

static bool append(uint64_t v, size_t bytes, uint8_t *to, size_t room, size_t *used)
{
	if (room - *used < bytes)
		return false;
	memcpy(to + *used, &v, bytes);
	*used += bytes;
	return true;
}

static bool parse_number(const struct value_format *f, const char *word, uint64_t *v)
{
	char *end;
	float single;
	double d;

	errno = 0;
	if (f->kind == 'f') {
		d = strtod(word, &end);
		single = (float)d;
		*v = 0;
		memcpy(v, f->bytes == 4 ? (void *)&single : (void *)&d, f->bytes);
	} else if (f->kind == 'i') {
		*v = (uint64_t)strtoll(word, &end, 0);
		if ((int64_t)*v != extend(*v, f->bytes))
			return false;
	} else {
		*v = strtoull(word, &end, 0);
		if (strchr(word, '-') || (f->bytes < 8 && *v >> 8 * f->bytes))
			return false;
	}
	return end != word && !*end && !errno;
}

/* Pairs of digits, with or without colons between them. */
static bool parse_hex(const char *word, uint8_t *to, size_t room, size_t *used)
{
	while (*word) {
		unsigned int byte;
		int n = 0;

		if (*word == ':')
			word++;
		if (strspn(word, "0123456789abcdefABCDEF") < 2 || sscanf(word, "%2x%n", &byte, &n) != 1 || n != 2)
			return false;
		if (!append(byte, 1, to, room, used))
			return false;
		word += 2;
	}
	return true;
}

bool value_parse(const struct value_format *f, const char *word, uint8_t *to, size_t room, size_t *used)
{
	uint64_t v;
	size_t n = strlen(word);

	if (f->kind == 'x')
		return parse_hex(word, to, room, used);
	if (f->kind != 't' && f->kind != 'r')
		return parse_number(f, word, &v) && append(v, f->bytes, to, room, used);
	if (room - *used < n)
		return false;
	memcpy(to + *used, word, n);
	*used += n;
	return true;
}
