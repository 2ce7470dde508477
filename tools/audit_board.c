/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's half of the description: memory, cores, interrupt controller, timer, UART, devices,
 * by the standard bindings. Only what the audit compares is read.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "tools/audit.h"

#define INTIDS 288u /* the virtual platform's, and so what a partition can get of the board's */

/* Number of 32-bit cells of a property, -1: there is none. */
int fdt_cells(const struct audit_desc *d, int node, const char *name)
{
	int bytes;

	if (!fdt_getprop(d->fdt, node, name, &bytes))
		return -1;
	if (bytes % 4 != 0)
		unreadable("%s: %s is no list of cells", fdt_get_name(d->fdt, node, NULL), name);
	return bytes / 4;
}

uint64_t fdt_number(const struct audit_desc *d, int node, const char *name, uint32_t cell, uint32_t cells)
{
	int bytes;
	const uint8_t *p = fdt_getprop(d->fdt, node, name, &bytes);
	uint64_t v = 0;

	if (!p || (uint64_t)bytes < (cell + cells) * 4ull || cells > 2)
		unreadable("%s: %s is missing or too short", fdt_get_name(d->fdt, node, NULL), name);
	for (uint32_t i = 0; i < cells * 4; i++)
		v = v << 8 | p[cell * 4 + i];
	return v;
}

bool fdt_lists(const struct audit_desc *d, int node, const char *name, int other)
{
	int n = node < 0 ? -1 : fdt_cells(d, node, name);

	for (int i = 0; i < n; i++)
		if (fdt_node_offset_by_phandle(d->fdt, (uint32_t)fdt_number(d, node, name, (uint32_t)i, 1)) == other)
			return true;
	return false;
}

/* Entry i of reg, as the root sees it: buses between must not translate. False: there is none. */
static bool read_reg(const struct audit_desc *d, int node, uint32_t i, struct audit_span *s)
{
	int parent = fdt_parent_offset(d->fdt, node), n = fdt_cells(d, node, "reg");
	int ac = fdt_address_cells(d->fdt, parent), sc = fdt_size_cells(d->fdt, parent);

	if (n < 0 || ac < 1 || ac > 2 || sc < 0 || sc > 2 || (uint32_t)n < (i + 1) * (uint32_t)(ac + sc))
		return false;
	for (int bus = parent; bus > 0; bus = fdt_parent_offset(d->fdt, bus))
		if (fdt_cells(d, bus, "ranges") != 0)
			unreadable("%s: lies on a bus that translates addresses", fdt_get_name(d->fdt, node, NULL));
	s->base = fdt_number(d, node, "reg", i * (uint32_t)(ac + sc), (uint32_t)ac);
	s->bytes = sc ? fdt_number(d, node, "reg", i * (uint32_t)(ac + sc) + (uint32_t)ac, (uint32_t)sc) : 0;
	return true;
}

/* Interrupt i of a node of the GIC: three cells. */
static uint32_t read_intid(const struct audit_desc *d, int node, uint32_t i, bool *level)
{
	uint64_t type = fdt_number(d, node, "interrupts", i * 3, 1), number = fdt_number(d, node, "interrupts", i * 3 + 1, 1);

	*level = (fdt_number(d, node, "interrupts", i * 3 + 2, 1) & 0xc) != 0;
	if (type > 1 || number > (type ? 15 : 987))
		unreadable("%s: unknown kind of interrupt", fdt_get_name(d->fdt, node, NULL));
	return (uint32_t)(type ? 16 + number : 32 + number);
}

static void read_label(const struct audit_desc *d, int node, char *label, size_t room)
{
	int symbols = fdt_path_offset(d->fdt, "/__symbols__"), p, bytes;
	char path[256];

	if (symbols < 0 || fdt_get_path(d->fdt, node, path, sizeof(path)) != 0)
		return;
	fdt_for_each_property_offset(p, d->fdt, symbols)
	{
		const char *name, *value = fdt_getprop_by_offset(d->fdt, p, &name, &bytes);

		if (value && strcmp(value, path) == 0)
			snprintf(label, room, "%s", name);
	}
}

void device_read(const struct audit_desc *d, int node, struct audit_device *dev)
{
	int cells = fdt_cells(d, node, "interrupts");

	memset(dev, 0, sizeof(*dev));
	dev->node_offset = node;
	dev->dma = fdt_lists(d, fdt_path_offset(d->fdt, "/bulkhead"), "dma-devices", node);
	snprintf(dev->node, sizeof(dev->node), "%s", fdt_get_name(d->fdt, node, NULL));
	dev->node[strcspn(dev->node, "@")] = 0;
	snprintf(dev->label, sizeof(dev->label), "%s", dev->node);
	read_label(d, node, dev->label, sizeof(dev->label));
	while (read_reg(d, node, dev->n_spans, &dev->span[dev->n_spans]))
		if (++dev->n_spans == AUDIT_DEV_SPANS)
			unreadable("%s: too many register ranges", dev->label);
	if (cells > 0 && (cells % 3 != 0 || cells / 3 > 8))
		unreadable("%s: interrupts are not of three cells each, or too many", dev->label);
	for (; cells >= 3; cells -= 3, dev->n_lines++)
		dev->line[dev->n_lines].intid = read_intid(d, node, dev->n_lines, &dev->line[dev->n_lines].level);
}

static void read_memory(struct audit_desc *d)
{
	int node, reserved = fdt_path_offset(d->fdt, "/reserved-memory");

	fdt_for_each_subnode(node, d->fdt, 0)
	{
		const char *type = fdt_getprop(d->fdt, node, "device_type", NULL);

		if (!type || strcmp(type, "memory") != 0)
			continue;
		for (uint32_t i = 0; d->n_memories < AUDIT_MEMORIES && read_reg(d, node, i, &d->memory[d->n_memories]); i++)
			d->n_memories++;
	}
	if (reserved >= 0)
		fdt_for_each_subnode(node, d->fdt, reserved) for (uint32_t i = 0; read_reg(d, node, i, &d->reserved[d->n_reserved]); i++) if (++d->n_reserved == AUDIT_MEMORIES)
			unreadable("more than %u reserved ranges", AUDIT_MEMORIES);
	if (d->n_memories == 0)
		unreadable("the board has no memory node");
}

static void read_cores(struct audit_desc *d)
{
	int node, cpus = fdt_path_offset(d->fdt, "/cpus"), psci = fdt_path_offset(d->fdt, "/psci");
	int cells = cpus < 0 ? 0 : fdt_address_cells(d->fdt, cpus);
	const char *method = psci < 0 ? NULL : fdt_getprop(d->fdt, psci, "method", NULL), *type;

	if (cpus >= 0)
		fdt_for_each_subnode(node, d->fdt, cpus)
		{
			type = fdt_getprop(d->fdt, node, "device_type", NULL);
			if (!type || strcmp(type, "cpu") != 0 || d->n_cores == BH_MAX_CORES)
				continue;
			d->mpidr[d->n_cores++] = fdt_number(d, node, "reg", 0, (uint32_t)cells);
		}
	if (d->n_cores == 0)
		unreadable("the board has no cores");
	d->psci = !method ? BH_PSCI_NONE : strcmp(method, "smc") == 0 ? BH_PSCI_SMC
								      : BH_PSCI_HVC;
}

static void read_gic(struct audit_desc *d)
{
	int gic = fdt_node_offset_by_compatible(d->fdt, -1, "arm,gic-v3");
	int timer = fdt_node_offset_by_compatible(d->fdt, -1, "arm,armv8-timer");
	bool level;

	if (gic < 0 || timer < 0 || !read_reg(d, gic, 0, &d->gicd) || !read_reg(d, gic, 1, &d->gicr))
		unreadable("the board has no GICv3 or no architected timer");
	d->n_intids = INTIDS;
	d->maintenance_intid = read_intid(d, gic, 0, &level);
	d->timer_intid = read_intid(d, timer, 3, &level); /* secure, non-secure, virtual, hypervisor */
}

static void read_own(struct audit_desc *d)
{
	int own = fdt_path_offset(d->fdt, "/bulkhead"), uart;
	const char *model = fdt_getprop(d->fdt, 0, "model", NULL);

	if (own < 0)
		unreadable("the board has no /bulkhead node");
	d->load = fdt_number(d, own, "load-address", 0, 2);
	if (fdt_cells(d, own, "spare-spis") == 2) {
		d->spare_first = (uint32_t)fdt_number(d, own, "spare-spis", 0, 1) + 32;
		d->n_spares = (uint32_t)fdt_number(d, own, "spare-spis", 1, 1);
	}
	snprintf(d->board, sizeof(d->board), "%s", model ? model : "board");
	if (fdt_cells(d, own, "console") != 1)
		return;
	uart = fdt_node_offset_by_phandle(d->fdt, (uint32_t)fdt_number(d, own, "console", 0, 1));
	if (uart < 0)
		unreadable("/bulkhead: console names no node");
	device_read(d, uart, &d->uart);
	if (fdt_node_check_compatible(d->fdt, uart, "arm,pl011") == 0)
		d->uart_kind = BH_UART_PL011;
	else if (fdt_node_check_compatible(d->fdt, uart, "xlnx,xuartps") == 0 ||
		 fdt_node_check_compatible(d->fdt, uart, "cdns,uart-r1p12") == 0)
		d->uart_kind = BH_UART_CADENCE;
	else
		unreadable("/bulkhead: console is a UART of an unknown kind");
}

void board_read(struct audit_desc *d)
{
	read_memory(d);
	read_cores(d);
	read_gic(d);
	read_own(d);
}
