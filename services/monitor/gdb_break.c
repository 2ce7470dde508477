/* SPDX-License-Identifier: Apache-2.0 */
/* Breakpoints in memory. */
#include "services/monitor/gdb_break.h"

#include <stddef.h>

#include "services/monitor/gdb_target.h"

static const uint8_t brk[4] = { 0x00, 0x00, 0x20, 0xd4 }; /* BRK #0, little-endian as all of A64 */

static struct point {
	uint64_t address;  /* as gdb named it */
	uint64_t place;	   /* gdb_target_place() */
	uint8_t before[4]; /* what stands there without it */
	bool used;	   /* two can have one place */
} points[GDB_BREAKS];

static void put_in(uint8_t *at, const uint8_t bytes[4])
{
	__builtin_memcpy(at, bytes, 4);
	gdb_target_wrote(at, 4);
}

bool gdb_break_set(uint32_t vcpu, uint64_t address)
{
	struct point *free = NULL;
	uint32_t bytes = 4;
	uint8_t *at;

	for (struct point *p = points; p < points + GDB_BREAKS; p++) {
		if (p->used && p->address == address)
			return true;
		if (!p->used && !free)
			free = p;
	}
	at = gdb_target_memory(vcpu, address, false, &bytes);
	if (!free || !at || bytes < 4 || address % 4)
		return false;
	*free = (struct point){ .address = address, .place = gdb_target_place(at), .used = true };
	__builtin_memcpy(free->before, at, 4);
	gdb_break_hide(at, free->before, 4); /* there may be one by another address */
	put_in(at, brk);
	return true;
}

static bool is_elsewhere(const struct point *p)
{
	for (const struct point *q = points; q < points + GDB_BREAKS; q++)
		if (q != p && q->used && q->place == p->place)
			return true;
	return false;
}

/* What is there must be ours: the guest may have loaded something else in its place, which stays. */
static void take_out(struct point *p)
{
	uint8_t *at = gdb_target_at(p->place);

	if (at && !is_elsewhere(p) && __builtin_memcmp(at, brk, 4) == 0)
		put_in(at, p->before);
	p->used = false;
}

bool gdb_break_clear(uint64_t address)
{
	for (struct point *p = points; p < points + GDB_BREAKS; p++)
		if (p->used && p->address == address) {
			take_out(p);
			return true;
		}
	return false;
}

void gdb_break_clear_all(void)
{
	for (struct point *p = points; p < points + GDB_BREAKS; p++)
		if (p->used)
			take_out(p);
}

void gdb_break_forget(void)
{
	for (struct point *p = points; p < points + GDB_BREAKS; p++)
		p->used = false;
}

/* Calls for each byte of a breakpoint that is among the @n from @place on. */
static void overlay(uint64_t place, uint32_t n, void (*each)(struct point *p, uint32_t byte, uint8_t *data), uint8_t *data)
{
	for (struct point *p = points; p < points + GDB_BREAKS; p++)
		for (uint32_t i = 0; p->used && i < 4; i++)
			if (p->place + i - place < n)
				each(p, i, data + (p->place + i - place));
}

static void show_before(struct point *p, uint32_t byte, uint8_t *data)
{
	*data = p->before[byte];
}

static void keep_before(struct point *p, uint32_t byte, uint8_t *data)
{
	p->before[byte] = *data;
}

static void put_brk(struct point *p, uint32_t byte, uint8_t *data)
{
	(void)p;
	*data = brk[byte];
}

void gdb_break_hide(const uint8_t *at, uint8_t *bytes, uint32_t n)
{
	overlay(gdb_target_place(at), n, show_before, bytes);
}

/* @bytes is only read: keep_before() takes from it. */
void gdb_break_write(uint8_t *at, const uint8_t *bytes, uint32_t n)
{
	__builtin_memcpy(at, bytes, n);
	overlay(gdb_target_place(at), n, keep_before, at);
	overlay(gdb_target_place(at), n, put_brk, at);
	gdb_target_wrote(at, n);
}
