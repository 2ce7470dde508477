/* SPDX-License-Identifier: Apache-2.0 */
/* The formatter of bh_log.h: small, without FP, without a buffer of its own. */
#include "sdk/bh_format.h"

#include <stdint.h>

struct spec {
	bool left, zero;
	int width, precision; /* -1: none given */
	uint32_t longs;	      /* 0: int, 1 and more: 64 bits */
};

static void pad(const struct bh_out *o, int n, char c)
{
	while (n-- > 0)
		o->put(o->arg, c);
}

static void put_text(const struct bh_out *o, const struct spec *s, const char *text)
{
	int n = 0;

	while (text[n] && n != s->precision)
		n++;
	pad(o, s->left ? 0 : s->width - n, ' ');
	for (int i = 0; i < n; i++)
		o->put(o->arg, text[i]);
	pad(o, s->left ? s->width - n : 0, ' ');
}

static void put_number(const struct bh_out *o, const struct spec *s, uint64_t v, uint32_t base, const char *prefix,
		       const char *digits)
{
	char reversed[20];
	int n = 0, signs = 0;

	do {
		reversed[n++] = digits[v % base];
		v /= base;
	} while (v);
	while (prefix[signs])
		signs++;
	pad(o, s->left || s->zero ? 0 : s->width - n - signs, ' ');
	for (int i = 0; i < signs; i++)
		o->put(o->arg, prefix[i]);
	pad(o, s->zero && !s->left ? s->width - n - signs : 0, '0');
	for (int i = n; i > 0; i--)
		o->put(o->arg, reversed[i - 1]);
	pad(o, s->left ? s->width - n - signs : 0, ' ');
}

static int number(const char **f)
{
	int n = 0;

	while (**f >= '0' && **f <= '9' && n < 1000)
		n = n * 10 + *(*f)++ - '0';
	return n;
}

static void read_flags(const char **f, struct spec *s)
{
	for (;; (*f)++) {
		if (**f == '-')
			s->left = true;
		else if (**f == '0')
			s->zero = true;
		else
			return;
	}
}

static void read_length(const char **f, struct spec *s)
{
	for (;; (*f)++) {
		if (**f == 'l' || **f == 'z' || **f == 'j' || **f == 't')
			s->longs++;
		else if (**f != 'h')
			return;
	}
}

/* A va_list that functions can share: where it is an array, its address would not be of its type. */
struct arguments {
	va_list list;
};

static void put_signed(const struct bh_out *o, const struct spec *s, struct arguments *a)
{
	int64_t v = s->longs ? va_arg(a->list, long long) : va_arg(a->list, int);

	put_number(o, s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0 ? "-" : "", "0123456789");
}

static void put_unsigned(const struct bh_out *o, const struct spec *s, struct arguments *a, char kind)
{
	uint64_t v = s->longs ? va_arg(a->list, unsigned long long) : va_arg(a->list, unsigned int);

	put_number(o, s, v, kind == 'u' ? 10 : 16, kind == 'p' ? "0x" : "",
		   kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef");
}

static void put_one(const struct bh_out *o, struct spec *s, struct arguments *a, char kind)
{
	char c[2] = { kind, 0 };

	switch (kind) {
	case 'c':
		c[0] = (char)va_arg(a->list, int);
		s->precision = 1; /* a zero character prints nothing */
		put_text(o, s, c);
		break;
	case 's': put_text(o, s, va_arg(a->list, const char *)); break;
	case 'd':
	case 'i': put_signed(o, s, a); break;
	case 'u':
	case 'x':
	case 'X': put_unsigned(o, s, a, kind); break;
	case 'p':
		s->longs = 1;
		put_unsigned(o, s, a, kind);
		break;
	default: put_text(o, s, c); /* %% and what is not known: the character */
	}
}

static const char *conversion(const struct bh_out *o, const char *f, struct arguments *a)
{
	struct spec s = { .precision = -1 };

	read_flags(&f, &s);
	if (*f == '*')
		s.width = va_arg(a->list, int), f++;
	else
		s.width = number(&f);
	if (s.width < 0)
		s.left = true, s.width = -s.width;
	if (*f == '.') {
		f++;
		if (*f == '*')
			s.precision = va_arg(a->list, int), f++;
		else
			s.precision = number(&f);
	}
	read_length(&f, &s);
	if (*f)
		put_one(o, &s, a, *f++);
	return f;
}

void bh_format(const struct bh_out *o, const char *format, va_list args)
{
	struct arguments a;

	va_copy(a.list, args);
	while (*format) {
		if (*format == '%')
			format = conversion(o, format + 1, &a);
		else
			o->put(o->arg, *format++);
	}
	va_end(a.list);
}

struct buffer {
	char *to;
	size_t size, used;
};

static void put_buffer(void *arg, char c)
{
	struct buffer *b = arg;

	if (b->used + 1 < b->size)
		b->to[b->used] = c;
	b->used++;
}

size_t bh_vsnprintf(char *buf, size_t size, const char *format, va_list args)
{
	struct buffer b = { buf, size, 0 };
	struct bh_out o = { put_buffer, &b };

	bh_format(&o, format, args);
	if (size)
		buf[b.used < size ? b.used : size - 1] = 0;
	return b.used;
}

size_t bh_snprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = bh_vsnprintf(buf, size, format, args);
	va_end(args);
	return n;
}
