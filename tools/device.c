/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/device.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/errors.h"
#include "tools/source.h"

#define MAX_DEVICES 512u

static uint64_t cells(const fdt32_t *c, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v = v << 32 | fdt32_to_cpu(c[i]);
	return v;
}

/* One step up: an address of a bus's children as the bus's parent sees it. */
static bool through_ranges(const struct plan *p, int bus, int parent, uint64_t *address)
{
	int n, child = fdt_address_cells(p->fdt, bus), up = fdt_address_cells(p->fdt, parent);
	int size = fdt_size_cells(p->fdt, bus), row = child + up + size;
	const fdt32_t *r = fdt_getprop(p->fdt, bus, "ranges", &n);

	if (!r || child < 0 || up < 0 || size < 0)
		return false;
	if (n == 0)
		return true;
	for (int i = 0; (i + row) * 4 <= n; i += row) {
		uint64_t from = cells(r + i, child), bytes = cells(r + i + child + up, size);

		if (*address >= from && *address - from < bytes) {
			*address = *address - from + cells(r + i + child, up);
			return true;
		}
	}
	return false;
}

uint32_t device_spans(struct plan *p, int node, struct span *span, uint32_t max)
{
	int n, parent = fdt_parent_offset(p->fdt, node);
	int a = fdt_address_cells(p->fdt, parent), s = fdt_size_cells(p->fdt, parent);
	const fdt32_t *reg = fdt_getprop(p->fdt, node, "reg", &n);
	uint32_t found = 0;

	if (!reg || a < 0 || s < 1)
		return 0;
	for (int i = 0; (i + a + s) * 4 <= n && found < max; i += a + s) {
		uint64_t base = cells(reg + i, a);
		bool seen = true;

		for (int bus = parent; bus > 0 && seen; bus = fdt_parent_offset(p->fdt, bus))
			seen = through_ranges(p, bus, fdt_parent_offset(p->fdt, bus), &base);
		if (seen)
			span[found++] = (struct span){ .base = base, .bytes = cells(reg + i + a, s) };
	}
	return found;
}

bool device_line(struct plan *p, int node, int index, struct line *line)
{
	uint32_t type, number, flags;

	if (node_cells(p, node, "interrupts") < (index + 1) * 3)
		return false;
	type = node_cell(p, node, "interrupts", index * 3);
	number = node_cell(p, node, "interrupts", index * 3 + 1);
	flags = node_cell(p, node, "interrupts", index * 3 + 2);
	line->intid = number + (type == 1 ? 16 : 32);
	line->level = (flags & 0xc) != 0;
	return type <= 1 && number < (type == 1 ? 16u : 988u);
}

/* A node's label; without one its name up to the unit address. */
static const char *device_name(struct plan *p, int node, const char *path)
{
	int symbols = fdt_path_offset(p->fdt, "/__symbols__"), prop;

	fdt_for_each_property_offset(prop, p->fdt, symbols)
	{
		const char *label;
		const char *where = fdt_getprop_by_offset(p->fdt, prop, &label, NULL);

		if (where && strcmp(where, path) == 0)
			return label;
	}
	return text("%.*s", (int)strcspn(fdt_get_name(p->fdt, node, NULL), "@"), fdt_get_name(p->fdt, node, NULL));
}

/* It or the bus above it moves data on its own. */
static bool device_dma(struct plan *p, int node)
{
	int own = fdt_path_offset(p->fdt, "/bulkhead"), n = own < 0 ? -1 : node_cells(p, own, "dma-devices");

	for (; node > 0; node = fdt_parent_offset(p->fdt, node))
		for (int i = 0; i < n; i++)
			if (node_cell(p, own, "dma-devices", i) == fdt_get_phandle(p->fdt, node))
				return true;
	return false;
}

static void blame_form(struct plan *p, const struct device *d)
{
	for (uint32_t i = 0; i < d->n_spans; i++)
		if (d->span[i].bytes == 0)
			blame(p, d->path, "reg", "is empty; give the size of the device's registers");
	if (strlen(d->name) >= BH_NAME_BYTES)
		blame(p, d->path, NULL, "label \"%s\" has %zu characters; at most %u are possible", d->name,
		      strlen(d->name), BH_NAME_BYTES - 1);
}

static bool spans_meet(const struct span *a, const struct span *b)
{
	return a->base < b->base + b->bytes && b->base < a->base + a->bytes;
}

/* What is no device that could be given away, in words; NULL: it is one. */
static const char *device_wrong(const struct plan *p, const struct device *d)
{
	const struct board *b = &p->board;

	for (uint32_t i = 0; i < d->n_spans; i++) {
		if (spans_meet(&d->span[i], &b->gicd) || spans_meet(&d->span[i], &b->gicr))
			return "is the interrupt controller, which is the kernel's";
		for (uint32_t m = 0; m < b->n_memories; m++)
			if (spans_meet(&d->span[i], &b->memory[m]))
				return "is memory, not a device; memory is given with `memory`";
	}
	if (d->n_spans == 0)
		return "has no registers (`reg`) that the processor sees; it cannot be owned";
	return NULL;
}

static void read_lines(struct plan *p, struct device *d)
{
	int n = node_cells(p, d->node, "interrupts");

	if (!fdt_getprop(p->fdt, d->node, "interrupts", NULL))
		return;
	if (n < 3 || n % 3 != 0) {
		blame(p, d->path, "interrupts", "must be groups of three cells: type, number, flags");
		return;
	}
	for (int i = 0; i < n / 3 && d->n_lines < 8; i++) {
		struct line *l = &d->line[d->n_lines];

		if (!device_line(p, d->node, i, l) || l->intid < 32)
			blame(p, d->path, "interrupts", "number %d is not an SPI; only SPIs can be given to a partition", i);
		else if (l->intid >= PLAN_INTIDS)
			blame(p, d->path, "interrupts", "INTID %u is not below %u, where a partition's interrupts end",
			      l->intid, PLAN_INTIDS);
		else
			d->n_lines++;
	}
}

/* What the boot stub stores to it at every start of its owner: rows of offset, bytes, value. */
static void read_quiet(struct plan *p, struct device *d)
{
	int n = node_cells(p, d->node, "bulkhead,quiet");

	if (!fdt_getprop(p->fdt, d->node, "bulkhead,quiet", NULL))
		return;
	if (n < 3 || n % 3 != 0 || n / 3 > 8) {
		blame(p, d->path, "bulkhead,quiet", "must be one to eight rows of three cells: offset, bytes, value");
		return;
	}
	for (int i = 0; i < n; i += 3) {
		uint32_t offset = node_cell(p, d->node, "bulkhead,quiet", i);
		uint32_t bytes = node_cell(p, d->node, "bulkhead,quiet", i + 1);

		if ((bytes != 1 && bytes != 2 && bytes != 4) || offset % bytes != 0)
			blame(p, d->path, "bulkhead,quiet", "row %d: %u bytes at %#x; must be 1, 2 or 4, and aligned", i / 3, bytes,
			      offset);
		else if (bytes > d->span[0].bytes || offset > d->span[0].bytes - bytes)
			blame(p, d->path, "bulkhead,quiet", "row %d: offset %#x is outside of the device's first %#llx bytes", i / 3,
			      offset, (unsigned long long)d->span[0].bytes);
		else
			d->quiet[d->n_quiets++] = (struct quiet){ .address = d->span[0].base + offset,
								  .bytes = bytes,
								  .value = node_cell(p, d->node, "bulkhead,quiet", i + 2) };
	}
}

const char *device_look(struct plan *p, int node, struct device *d)
{
	memset(d, 0, sizeof(*d));
	d->node = node;
	d->path = node_path(p, node);
	d->name = device_name(p, node, d->path);
	d->dma = device_dma(p, node);
	d->n_spans = device_spans(p, node, d->span, 4);
	return device_wrong(p, d);
}

struct device *device_at(struct plan *p, int node, const char *user, const char *prop)
{
	struct device *d;
	const char *wrong;

	for (uint32_t i = 0; i < p->n_devices; i++)
		if (p->device[i].node == node)
			return &p->device[i];
	if (!p->device)
		p->device = take(MAX_DEVICES * sizeof(*p->device));
	if (p->n_devices == MAX_DEVICES) {
		blame(p, user, prop, "names more than %u devices", MAX_DEVICES);
		return NULL;
	}
	d = &p->device[p->n_devices];
	wrong = device_look(p, node, d);
	if (wrong) {
		blame(p, user, prop, "%s %s", d->path, wrong);
		return NULL;
	}
	p->n_devices++;
	blame_form(p, d);
	read_lines(p, d);
	read_quiet(p, d);
	return d;
}
