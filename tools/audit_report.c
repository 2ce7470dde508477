/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the audit says, and small things its parts share. Findings go to stderr as they are found;
 * only the first hundred are printed, all are counted.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/audit.h"

#define SHOWN 100u

/* Names come from an image that is not trusted yet: nothing of them may steer a terminal. */
static void print_safely(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	fprintf(stderr, "audit: %s\n", text);
}

void finding(struct audit *a, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (++a->findings == SHOWN + 1)
		fprintf(stderr, "audit: more findings are counted, not shown\n");
	if (a->findings > SHOWN)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_safely(text);
}

void unreadable(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "bulkhead audit: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(2);
}

void *must_alloc(void *old, size_t bytes)
{
	void *p = realloc(old, bytes ? bytes : 1);

	if (!p)
		unreadable("out of memory");
	return p;
}

bool all_zero(const uint8_t *p, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i++)
		if (p[i] != 0)
			return false;
	return true;
}

const char *what_name(enum audit_what what)
{
	switch (what) {
	case WHAT_RAM: return "RAM";
	case WHAT_DEVICE: return "device";
	case WHAT_INFO: return "information page";
	case WHAT_CONST: return "empty virtio-mmio slots";
	case WHAT_QUEUE: return "queue page";
	case WHAT_SERVER: return "server pages";
	case WHAT_LOG: return "health log";
	case WHAT_TRACE: return "trace";
	case WHAT_IN: return "in window";
	case WHAT_OUT: return "out window";
	case WHAT_SHARED: return "shared memory";
	case WHAT_CARRIED: return "window of a carried channel";
	case WHAT_INSPECTED: return "inspected RAM";
	case WHAT_STUB: return "boot stub";
	case WHAT_PARAMS: return "boot parameters";
	case WHAT_PRISTINE: return "pristine store";
	case WHAT_TEXT: return "text";
	case WHAT_RODATA: return "read-only data";
	case WHAT_BSS: return "bss";
	case WHAT_BLOB: return "blob";
	case WHAT_STATE: return "state";
	case WHAT_STACK: return "stack";
	case WHAT_DOOR: return "dedicated core's root";
	case WHAT_ROOT: return "root, to be copied";
	case WHAT_GIC: return "interrupt controller";
	case WHAT_UART: return "UART";
	}
	return "?";
}

const char *root_name(uint32_t root)
{
	switch (root) {
	case ROOT_EL2: return "EL2";
	case ROOT_EMPTY: return "empty root";
	case ROOT_INSPECT: return "root to inspect ";
	default: return "root";
	}
}

const char *owner_name(const struct audit *a, uint32_t owner)
{
	if (owner == AUDIT_KERNEL)
		return "kernel";
	return a->d.part[a->part_of[owner]].name;
}

/* The owner in this order: a table, a declared piece, a part of the image, nobody. */
const char *page_owner(const struct audit *a, uint64_t pa)
{
	static char text[160];
	const struct audit_want *w = a->wants.w;
	uint64_t page = (pa - a->h->load_pa) / BH_PAGE * BH_PAGE;

	if (pa >= a->h->load_pa && pa < a->h->load_pa + a->h->covered_bytes && table_user(a, page)) {
		snprintf(text, sizeof(text), "a translation table of %s", owner_name(a, table_user(a, page) - 1u));
		return text;
	}
	for (uint32_t i = 0; i < a->wants.n; i++)
		if (pa >= w[i].pa && pa - w[i].pa < w[i].bytes) {
			snprintf(text, sizeof(text), "%s of %s", what_name(w[i].what), owner_name(a, w[i].owner));
			return text;
		}
	if (pa >= a->h->load_pa && pa < a->h->load_pa + a->h->image_size)
		return "a part of the image that nobody may map";
	return "nobody's";
}

void want_add(struct audit *a, struct audit_want w)
{
	if (a->wants.n == a->wants.room) {
		a->wants.room = a->wants.room * 2 + 64;
		a->wants.w = must_alloc(a->wants.w, a->wants.room * sizeof(w));
	}
	a->wants.w[a->wants.n++] = w;
}

const void *image_at(const struct audit *a, uint64_t pa, uint64_t bytes)
{
	uint64_t offset = pa - a->h->load_pa;

	if (pa < a->h->load_pa || offset > a->file_bytes || bytes > a->file_bytes - offset)
		return NULL;
	return a->file + offset;
}
