/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the partitions of a description, property by property. What partitions are to each other
 * is relate.c's. Every property has one function here; the table below is all there are.
 */
#include <libfdt.h>
#include <string.h>

#include "tools/device.h"
#include "tools/errors.h"
#include "tools/plan.h"
#include "tools/source.h"
#include "tools/value.h"

typedef void read_fn(struct plan *p, struct part *part, const char *prop);

static void read_image(struct plan *p, struct part *part, const char *prop)
{
	part->image = value_string(p, part->node, prop);
}

static void read_initrd(struct plan *p, struct part *part, const char *prop)
{
	part->initrd = value_string(p, part->node, prop);
}

static void read_bootargs(struct plan *p, struct part *part, const char *prop)
{
	if (fdt_stringlist_count(p->fdt, part->node, prop) != 1)
		blame(p, part->path, prop, "must be one string in quotes");
	else
		part->bootargs = node_string(p, part->node, prop);
}

static void read_dtb(struct plan *p, struct part *part, const char *prop)
{
	part->dtb = value_string(p, part->node, prop);
}

static void read_load(struct plan *p, struct part *part, const char *prop)
{
	part->has_load = value_number(p, part->node, prop, &part->load);
}

static void read_entry(struct plan *p, struct part *part, const char *prop)
{
	part->has_entry = value_number(p, part->node, prop, &part->entry);
	if (part->entry % 4 != 0)
		blame(p, part->path, prop, "%#llx is not a multiple of 4, as an instruction's address is",
		      (unsigned long long)part->entry);
}

static void read_memory(struct plan *p, struct part *part, const char *prop)
{
	part->ram_bytes = value_size(p, part->node, prop);
}

static void read_cores(struct plan *p, struct part *part, const char *prop)
{
	int n = node_cells(p, part->node, prop);

	if (n < 1)
		blame(p, part->path, prop, "must be a list of the board's cores: cores = <0 1>");
	if (n > (int)BH_MAX_PART_VCPUS)
		blame(p, part->path, prop, "has %d vCPUs; a partition can have %u", n, BH_MAX_PART_VCPUS);
	for (int i = 0; i < n && part->n_cores < BH_MAX_PART_VCPUS; i++) {
		uint32_t c = node_cell(p, part->node, prop, i);

		if (c >= p->board.n_cores && p->board.n_cores)
			blame(p, part->path, prop, "the board has no core %u; it has %u, numbered 0 to %u", c, p->board.n_cores,
			      p->board.n_cores - 1);
		else
			part->core[part->n_cores++] = c;
	}
}

static void read_priority(struct plan *p, struct part *part, const char *prop)
{
	uint64_t n = 0;

	part->has_priority = value_number(p, part->node, prop, &n);
	if (n > 255)
		blame(p, part->path, prop, "%llu is out of range; 0 to 255, higher is more urgent", (unsigned long long)n);
	part->priority = (uint32_t)n;
}

static void add_device(struct plan *p, struct part *part, const char *prop, int node)
{
	struct device *d = device_at(p, node, part->path, prop);

	for (uint32_t i = 0; i < part->n_devices; i++)
		if (part->device[i] == d) {
			blame(p, part->path, prop, "names %s twice; remove one", d->path);
			return;
		}
	if (part->n_devices == sizeof(part->device) / sizeof(part->device[0]))
		blame(p, part->path, prop, "has too many devices; a partition can own 32");
	else if (d)
		part->device[part->n_devices++] = d;
}

static void read_devices(struct plan *p, struct part *part, const char *prop)
{
	int n = node_cells(p, part->node, prop);

	if (n < 1)
		blame(p, part->path, prop, "must be a list of the board's devices: devices = <&uart0>");
	for (int i = 0; i < n; i++) {
		int node = value_node(p, part->node, prop, i, "device of the board");

		if (node >= 0)
			add_device(p, part, prop, node);
	}
}

/* Only its form: the partition it names may not have been read yet. */
static void read_console(struct plan *p, struct part *part, const char *prop)
{
	if (node_cells(p, part->node, prop) != 1)
		blame(p, part->path, prop, "must name one partition by its label: console = <&console>");
}

static void read_bridge(struct plan *p, struct part *part, const char *prop)
{
	if (node_cells(p, part->node, prop) != 1)
		blame(p, part->path, prop, "must name one partition by its label: bridge = <&bridge>");
}

static void read_controls(struct plan *p, struct part *part, const char *prop)
{
	if (node_cells(p, part->node, prop) < 1)
		blame(p, part->path, prop, "must be a list of partitions by their labels: controls = <&linux>");
}

static void trust(struct plan *p, struct part *part, const char *prop, int node)
{
	const char *path = node_path(p, node);

	for (uint32_t i = 0; i < part->n_devices; i++) {
		struct device *d = part->device[i];

		if (d->node != node)
			continue;
		if (!d->dma)
			blame(p, part->path, prop, "%s is not among the board's `dma-devices`, so there is nothing to trust; remove it",
			      path);
		else if (d->trusted)
			blame(p, part->path, prop, "names %s twice; remove one", path);
		d->trusted = true;
		return;
	}
	blame(p, part->path, prop, "%s is not among its `devices`; add it there or remove it here", path);
}

static void read_trusted_dma(struct plan *p, struct part *part, const char *prop)
{
	int n = node_cells(p, part->node, prop);

	if (n < 1)
		blame(p, part->path, prop, "must be a list of its devices that are bus masters: trusted-dma = <&dma0>");
	for (int i = 0; i < n; i++) {
		int node = value_node(p, part->node, prop, i, "device of the board");

		if (node >= 0)
			trust(p, part, prop, node);
	}
}

static void read_console_down(struct plan *p, struct part *part, const char *prop)
{
	static const char *const words[] = { "zero", "fault", "wait" };

	part->down = (enum bh_down)value_choice(p, part->node, prop, words, 3);
}

static void read_keyboard(struct plan *p, struct part *part, const char *prop)
{
	part->keyboard = value_flag(p, part->node, prop);
}

static void read_reads_log(struct plan *p, struct part *part, const char *prop)
{
	part->reads_log = value_flag(p, part->node, prop);
}

static void read_fp(struct plan *p, struct part *part, const char *prop)
{
	static const char *const words[] = { "eager", "lazy", "none" };

	part->has_fp = true;
	part->fp = (enum bh_fp)value_choice(p, part->node, prop, words, 3);
}

static void read_set_way(struct plan *p, struct part *part, const char *prop)
{
	static const char *const words[] = { "fault", "native" };

	part->setway = value_choice(p, part->node, prop, words, 2) == 1;
}

static void read_restart(struct plan *p, struct part *part, const char *prop)
{
	static const char *const words[] = { "always", "never" };

	part->restart = value_choice(p, part->node, prop, words, 2) == 0;
}

/* Fast calls of the standard service range 0..0x1f are PSCI (DEN 0022), of the architecture range SMCCC's own. */
static bool is_kernels_smc(uint32_t function)
{
	uint32_t owner = function & 0xbf000000u;

	return (owner == 0x84000000u && (function & 0xffffu) < 0x20) || owner == 0x80000000u;
}

static void read_smc_allow(struct plan *p, struct part *part, const char *prop)
{
	int n = node_cells(p, part->node, prop);

	if (n < 1 || n > (int)BH_MAX_SMCS)
		blame(p, part->path, prop, "must be a list of 1 to %u SMC functions: smc-allow = <0x84000050>", BH_MAX_SMCS);
	for (int i = 0; i < n && part->n_smcs < BH_MAX_SMCS; i++) {
		uint32_t f = node_cell(p, part->node, prop, i);

		if (is_kernels_smc(f))
			blame(p, part->path, prop, "%#x is answered by the kernel and never passed on; remove it", f);
		part->smc[part->n_smcs++] = f;
	}
}

static void read_changes_mode(struct plan *p, struct part *part, const char *prop)
{
	part->sets_mode = value_flag(p, part->node, prop);
}

static void read_reads_trace(struct plan *p, struct part *part, const char *prop)
{
	part->reads_trace = value_flag(p, part->node, prop);
}

static void read_dedicated(struct plan *p, struct part *part, const char *prop)
{
	part->dedicated = value_flag(p, part->node, prop);
}

static void read_native_wfi(struct plan *p, struct part *part, const char *prop)
{
	part->native_wfi = value_flag(p, part->node, prop);
}

static void read_nothing(struct plan *p, struct part *part, const char *prop)
{
	(void)p, (void)part, (void)prop;
}

static const struct {
	const char *name;
	read_fn *read;
} properties[] = {
	{ "image", read_image },
	{ "load", read_load },
	{ "entry", read_entry },
	{ "initrd", read_initrd },
	{ "bootargs", read_bootargs },
	{ "dtb", read_dtb },
	{ "memory", read_memory },
	{ "cores", read_cores },
	{ "priority", read_priority },
	{ "devices", read_devices },
	{ "console", read_console },
	{ "console-down", read_console_down },
	{ "bridge", read_bridge },
	{ "controls", read_controls },
	{ "trusted-dma", read_trusted_dma }, /* behind `devices` */
	{ "keyboard", read_keyboard },
	{ "reads-log", read_reads_log },
	{ "fp", read_fp },
	{ "set-way", read_set_way },
	{ "restart", read_restart },
	{ "smc-allow", read_smc_allow },
	{ "changes-mode", read_changes_mode },
	{ "dedicated-core", read_dedicated },
	{ "native-wfi", read_native_wfi },
	{ "reads-trace", read_reads_trace },
	{ "budget-us", read_nothing }, /* schedule.c */
	{ "period-us", read_nothing },
	{ "monitor", read_nothing }, /* monitor.c */
	{ "resets-system", read_nothing },
	{ "core-silent-us", read_nothing },
	{ "inspects", read_nothing },
	{ "dump", read_nothing },
	{ "watchdog-us", read_nothing }, /* health.c */
	{ "watchdog-first-us", read_nothing },
	{ "watchdog-open-us", read_nothing },
	{ "watchdog-device", read_nothing }, /* watchdog_device.c */
	{ "answer-us", read_nothing },
	{ "log-pace-us", read_nothing },
	{ "phandle", read_nothing },
};
#define N_PROPERTIES (sizeof(properties) / sizeof(properties[0]))

static void read_properties(struct plan *p, struct part *part)
{
	const char *known[N_PROPERTIES];

	for (uint32_t i = 0; i < N_PROPERTIES; i++) {
		known[i] = properties[i].name;
		if (fdt_getprop(p->fdt, part->node, known[i], NULL))
			properties[i].read(p, part, known[i]);
	}
	node_known(p, part->node, known, N_PROPERTIES);
}

static void check_dma(struct plan *p, const struct part *part)
{
	for (uint32_t i = 0; i < part->n_devices; i++)
		if (part->device[i]->dma && !part->device[i]->trusted)
			blame(p, part->path, "devices",
			      "%s moves data on its own (DMA) and no IOMMU holds it, so it could reach all memory; it cannot be given away, "
			      "but to a partition that is trusted with all memory: trusted-dma = <&%s>",
			      part->device[i]->path, part->device[i]->name);
}

static void check_required(struct plan *p, const struct part *part)
{
	if (!fdt_getprop(p->fdt, part->node, "image", NULL))
		blame(p, part->path, "image", "is missing; name the payload: image = \"guests/linux\"");
	if (!fdt_getprop(p->fdt, part->node, "memory", NULL))
		blame(p, part->path, "memory", "is missing; give the size of its RAM: memory = \"64M\"");
	if (!fdt_getprop(p->fdt, part->node, "cores", NULL))
		blame(p, part->path, "cores", "is missing; name the cores it runs on: cores = <0>");
}

static void check_child(struct plan *p, int node)
{
	static const char *const known[] = { "health", "tasks" };
	const char *name = fdt_get_name(p->fdt, node, NULL);

	if (strcmp(name, known[0]) != 0 && strcmp(name, known[1]) != 0)
		blame(p, node_path(p, node), NULL, "a partition has no children but `health` and `tasks`; remove this node%s",
		      near_miss(name, known, 2));
}

static void read_part(struct plan *p, struct part *part, int node)
{
	int child;

	part->node = node;
	part->name = fdt_get_name(p->fdt, node, NULL);
	part->path = node_path(p, node);
	part->phandle = fdt_get_phandle(p->fdt, node);
	part->console = part->bridge = -1;
	part->restart = true;
	part->window_end = part->shared_end = BH_WINDOW_IPA;
	if (strlen(part->name) >= BH_NAME_BYTES)
		blame(p, part->path, NULL, "the name has %zu characters; at most %u are possible", strlen(part->name),
		      BH_NAME_BYTES - 1);
	read_properties(p, part);
	fdt_for_each_subnode(child, p->fdt, node)
		check_child(p, child);
	check_required(p, part);
	check_dma(p, part);
}

/* The root's own properties: a board's standard ones, and ours. */
static void read_root(struct plan *p)
{
	static const char *const known[] = { "system-name", "compatible", "model", "#address-cells", "#size-cells",
					     "interrupt-parent", "dma-coherent", "serial-number", "chassis-type" };

	node_known(p, 0, known, sizeof(known) / sizeof(known[0]));
	p->system_name = node_string(p, 0, "system-name");
	if (!p->system_name)
		p->system_name = p->name;
}

/* A node beside where /partitions should be that looks like it is a near miss. */
static void blame_no_partitions(struct plan *p)
{
	static const char *const known[] = { "partitions" };
	int node;

	fdt_for_each_subnode(node, p->fdt, 0)
	{
		const char *near = near_miss(fdt_get_name(p->fdt, node, NULL), known, 1);

		if (near[0] && fdt_path_offset(p->fdt, "/partitions") < 0) {
			blame(p, node_path(p, node), NULL, "unknown node%s", near);
			return;
		}
	}
	blame(p, "/", NULL, "there are no partitions; add: partitions { NAME { image = …; memory = …; cores = …; }; };");
}

void describe(struct plan *p)
{
	static const char *const known[] = { "phandle" }; /* dtc gives one to whatever has a label */
	int node, all = fdt_path_offset(p->fdt, "/partitions");
	uint32_t n = 0;

	read_root(p);
	if (all >= 0)
		fdt_for_each_subnode(node, p->fdt, all)
			n++;
	if (n == 0) {
		blame_no_partitions(p);
		return;
	}
	node_known(p, all, known, 1);
	if (n > BH_MAX_PARTITIONS)
		blame(p, "/partitions", NULL, "has %u partitions; a system can have %u", n, BH_MAX_PARTITIONS);
	p->part = take(BH_MAX_PARTITIONS * sizeof(*p->part));
	fdt_for_each_subnode(node, p->fdt, all)
	{
		if (p->n_parts == BH_MAX_PARTITIONS)
			break;
		p->part[p->n_parts].number = p->n_parts;
		read_part(p, &p->part[p->n_parts++], node);
	}
}
