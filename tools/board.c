/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board, from the standard bindings: memory, cores, PSCI, GICv3, timer; and from /bulkhead, the
 * one node of our own: load address, console and how QEMU is started.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/device.h"
#include "tools/errors.h"
#include "tools/plan.h"
#include "tools/source.h"
#include "tools/value.h"

static int compatible(const struct plan *p, const char *what)
{
	return fdt_node_offset_by_compatible(p->fdt, -1, what);
}

static bool has_type(const struct plan *p, int node, const char *type)
{
	const char *t = node_string(p, node, "device_type");

	return t && strcmp(t, type) == 0;
}

static void read_reserved(struct plan *p)
{
	struct board *b = &p->board;
	int node, folder = fdt_path_offset(p->fdt, "/reserved-memory");

	for (int i = 0; i < fdt_num_mem_rsv(p->fdt) && b->n_reserved < 16; i++) {
		struct span *s = &b->reserved[b->n_reserved++];

		fdt_get_mem_rsv(p->fdt, i, &s->base, &s->bytes);
	}
	if (folder >= 0)
		fdt_for_each_subnode(node, p->fdt, folder)
			b->n_reserved += device_spans(p, node, &b->reserved[b->n_reserved], 16 - b->n_reserved);
}

static void read_memory(struct plan *p)
{
	struct board *b = &p->board;
	int node;

	fdt_for_each_subnode(node, p->fdt, 0) if (has_type(p, node, "memory"))
		b->n_memories += device_spans(p, node, &b->memory[b->n_memories], 8 - b->n_memories);
	if (!b->n_memories)
		blame(p, "/", NULL, "the board has no memory; include a board: /include/ \"qemu-virt.dts\"");
	for (uint32_t i = 0; i < b->n_memories; i++)
		p->memory_bytes += b->memory[i].bytes;
	read_reserved(p);
}

static void read_core(struct plan *p, int node)
{
	struct board *b = &p->board;
	int n = node_cells(p, node, "reg");

	if (b->n_cores == BH_MAX_CORES)
		blame(p, "/cpus", NULL, "has more than %u cores", BH_MAX_CORES);
	else if (n == 1)
		b->mpidr[b->n_cores++] = node_cell(p, node, "reg", 0);
	else if (n == 2)
		b->mpidr[b->n_cores++] = (uint64_t)node_cell(p, node, "reg", 0) << 32 | node_cell(p, node, "reg", 1);
	else
		blame(p, node_path(p, node), "reg", "must be the core's affinity, one or two cells");
}

static void read_cores(struct plan *p)
{
	int node, cpus = fdt_path_offset(p->fdt, "/cpus");

	if (cpus >= 0)
		fdt_for_each_subnode(node, p->fdt, cpus) if (has_type(p, node, "cpu"))
			read_core(p, node);
	if (!p->board.n_cores)
		blame(p, "/", NULL, "the board has no cores (/cpus)");
}

static void read_psci(struct plan *p)
{
	int node = compatible(p, "arm,psci-1.0");
	const char *method;

	if (node < 0)
		node = compatible(p, "arm,psci-0.2");
	method = node < 0 ? NULL : node_string(p, node, "method");
	p->board.psci = !method ? BH_PSCI_NONE : strcmp(method, "hvc") ? BH_PSCI_SMC
								       : BH_PSCI_HVC;
	if (method && strcmp(method, "hvc") != 0 && strcmp(method, "smc") != 0)
		blame(p, "/psci", "method", "\"%s\" is no way to call firmware; \"smc\" or \"hvc\"", method);
	if (!method && p->board.n_cores > 1)
		blame(p, "/", NULL, "the board has no PSCI to start the other cores with (compatible \"arm,psci-1.0\")");
}

static void read_gic(struct plan *p, int gic)
{
	struct board *b = &p->board;
	struct span s[2];
	struct line line;

	memset(s, 0, sizeof(s));
	if (device_spans(p, gic, s, 2) < 2)
		blame(p, node_path(p, gic), "reg", "must be distributor and redistributors");
	b->gicd = s[0];
	b->gicr = s[1];
	if (b->gicr.bytes < b->n_cores * PLAN_GICR_BYTES)
		blame(p, node_path(p, gic), "reg", "redistributors of %u cores need %#llx bytes, here are %#llx", b->n_cores,
		      b->n_cores * PLAN_GICR_BYTES, (unsigned long long)b->gicr.bytes);
	if (device_line(p, gic, 0, &line))
		b->maintenance_intid = line.intid;
	else
		blame(p, node_path(p, gic), "interrupts", "must be the maintenance interrupt");
}

static void read_interrupts(struct plan *p)
{
	int gic = compatible(p, "arm,gic-v3"), timer = compatible(p, "arm,armv8-timer");
	struct line line;

	if (gic >= 0)
		read_gic(p, gic);
	else
		blame(p, "/", NULL, "the board has no interrupt controller that is known here (\"arm,gic-v3\")");
	if (timer >= 0 && device_line(p, timer, 3, &line))
		p->board.timer_intid = line.intid;
	else
		blame(p, timer < 0 ? "/" : node_path(p, timer), NULL,
		      "the board needs a timer (\"arm,armv8-timer\") with four interrupts; the fourth is the kernel's");
}

static void read_console(struct plan *p, int own)
{
	bool is_one = node_cells(p, own, "console") == 1;
	int node = is_one ? fdt_node_offset_by_phandle(p->fdt, node_cell(p, own, "console", 0)) : -1;
	struct span s;

	if (node < 0 || !device_spans(p, node, &s, 1)) {
		blame(p, "/bulkhead", "console", "must name the UART for early messages: console = <&uart0>");
		return;
	}
	p->board.uart_pa = s.base;
	if (fdt_node_check_compatible(p->fdt, node, "arm,pl011") == 0)
		p->board.uart_kind = BH_UART_PL011;
	else if (fdt_node_check_compatible(p->fdt, node, "cdns,uart-r1p12") == 0 ||
		 fdt_node_check_compatible(p->fdt, node, "xlnx,xuartps") == 0)
		p->board.uart_kind = BH_UART_CADENCE;
	else
		blame(p, "/bulkhead", "console", "%s is no UART that the kernel knows: \"arm,pl011\", \"cdns,uart-r1p12\"",
		      node_path(p, node));
}

static void check_own(struct plan *p, int own)
{
	static const char *const known[] = { "load-address", "console", "qemu", "dma-devices", "spare-spis", "phandle" };
	static const char *const nodes[] = { "overhead" };
	int child;

	node_known(p, own, known, sizeof(known) / sizeof(known[0]));
	fdt_for_each_subnode(child, p->fdt, own)
	{
		const char *name = fdt_get_name(p->fdt, child, NULL);

		if (strcmp(name, nodes[0]) != 0)
			blame(p, node_path(p, child), NULL, "unknown node%s", near_miss(name, nodes, 1));
	}
}

#define OVERHEAD_MAX_NS 1000000000ull

static void read_overhead(struct plan *p, int own)
{
	static const char *const known[] = { "section-ns", "switch-ns", "irq-ns", "inject-ns", "phandle" };
	uint64_t *value[] = { &p->board.overhead.section_ns, &p->board.overhead.switch_ns, &p->board.overhead.irq_ns,
			      &p->board.overhead.inject_ns };
	int node = fdt_subnode_offset(p->fdt, own, "overhead");

	if (node < 0)
		return;
	node_known(p, node, known, sizeof(known) / sizeof(known[0]));
	value_leaf(p, node);
	for (uint32_t i = 0; i < 4; i++)
		if (!fdt_getprop(p->fdt, node, known[i], NULL))
			blame(p, node_path(p, node), known[i], "is missing; what the kernel costs here at most, in ns (docs/time.md)");
		else if (value_number(p, node, known[i], value[i]) && *value[i] > OVERHEAD_MAX_NS)
			blame(p, node_path(p, node), known[i], "%llu is out of range; 0 to %llu ns", (unsigned long long)*value[i], OVERHEAD_MAX_NS);
}

static void read_spares(struct plan *p, int own)
{
	uint32_t first, n;

	if (!fdt_getprop(p->fdt, own, "spare-spis", NULL))
		return;
	if (node_cells(p, own, "spare-spis") != 2) {
		blame(p, "/bulkhead", "spare-spis", "must be the first SPI that no device has, and how many follow each other: spare-spis = <192 32>");
		return;
	}
	first = node_cell(p, own, "spare-spis", 0);
	n = node_cell(p, own, "spare-spis", 1);
	if (first >= PLAN_INTIDS - 32 || n > PLAN_INTIDS - 32 - first)
		blame(p, "/bulkhead", "spare-spis", "SPIs %u to %llu are not all below %u, where a partition's end", first,
		      (unsigned long long)first + n - 1, PLAN_INTIDS - 32);
	else
		p->board.spare_first = first + 32, p->board.n_spares = n;
}

static void read_own(struct plan *p)
{
	struct board *b = &p->board;
	int own = fdt_path_offset(p->fdt, "/bulkhead");

	if (own < 0) {
		blame(p, "/", NULL, "there is no /bulkhead node; include a board: /include/ \"qemu-virt.dts\"");
		return;
	}
	check_own(p, own);
	if (node_cells(p, own, "load-address") != 2)
		blame(p, "/bulkhead", "load-address", "must be two cells");
	else
		b->load = (uint64_t)node_cell(p, own, "load-address", 0) << 32 | node_cell(p, own, "load-address", 1);
	if (b->load % PLAN_BIG != 0 || b->load == 0)
		blame(p, "/bulkhead", "load-address", "%#llx is not a multiple of 2 MiB", (unsigned long long)b->load);
	b->qemu = fdt_getprop(p->fdt, own, "qemu", &b->qemu_bytes);
	read_console(p, own);
	read_spares(p, own);
	read_overhead(p, own);
}

void board_plan(struct plan *p)
{
	const char *model = node_string(p, 0, "model");

	p->board.name = model ? model : "board";
	read_memory(p);
	read_cores(p);
	read_psci(p);
	read_interrupts(p);
	read_own(p);
}
