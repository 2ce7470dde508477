/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What partitions are to each other: who answers for whose console, who owns which device and
 * interrupt, who runs where and before whom. Numbers of cores, vCPUs, emulated regions and
 * doorbells are given out here.
 */
#include <libfdt.h>
#include <string.h>

#include "tools/errors.h"
#include "tools/monitor.h"
#include "tools/relate.h"
#include "tools/source.h"
#include "tools/value.h"

#define FIRST_DOORBELL 255u

/* --- consoles --- */

static void find_console(struct plan *p, struct part *part)
{
	part->console = value_part(p, part->node, "console", 0, part);
	if (part->console != (int)part->number)
		return;
	blame(p, part->path, "console", "a partition cannot answer for its own PL011; name another one");
	part->console = -1;
}

/* Who answers for a console must not wait for who it answers for. */
static void check_cycle(struct plan *p, const struct part *part)
{
	const struct part *at = part;
	struct bytes way = { 0 };

	bytes_print(&way, "%s", part->name);
	for (uint32_t steps = 0; at->console >= 0 && steps < p->n_parts; steps++) {
		at = &p->part[at->console];
		if (at->number < part->number)
			return; /* told there, or not on this cycle */
		bytes_print(&way, " -> %s", at->name);
		if (at == part) {
			bytes_add(&way, "", 1);
			blame(p, part->path, "console", "is a cycle: %s; one of them must do without `console`", (char *)way.at);
			return;
		}
	}
}

static void relate_consoles(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];

		if (node_cells(p, part->node, "console") == 1)
			find_console(p, part);
		if (fdt_getprop(p->fdt, part->node, "console", NULL))
			continue;
		if (part->keyboard)
			blame(p, part->path, "keyboard", "has no meaning without `console`; add it or remove this");
		if (fdt_getprop(p->fdt, part->node, "console-down", NULL))
			blame(p, part->path, "console-down", "has no meaning without `console`; add it or remove this");
	}
	for (uint32_t i = 0; i < p->n_parts; i++)
		check_cycle(p, &p->part[i]);
	for (uint32_t i = 0; i < p->n_parts; i++)
		for (uint32_t j = 0; j < i; j++)
			if (p->part[i].keyboard && p->part[j].keyboard && p->part[i].console == p->part[j].console)
				blame(p, p->part[i].path, "keyboard", "%s has it already; one client of a console can have it at first",
				      p->part[j].path);
}

static void relate_log(struct plan *p)
{
	p->log_reader = p->monitor = -1;
	for (uint32_t i = 0; i < p->n_parts; i++) {
		if (!p->part[i].reads_log)
			continue;
		if (p->log_reader >= 0)
			blame(p, p->part[i].path, "reads-log", "%s reads it already; one partition can",
			      p->part[p->log_reader].path);
		else
			p->log_reader = (int)i;
	}
}

/* --- bridges and control --- */

static void find_bridge(struct plan *p, struct part *part)
{
	part->bridge = value_part(p, part->node, "bridge", 0, part);
	if (part->bridge != (int)part->number)
		return;
	blame(p, part->path, "bridge", "a partition cannot carry its own channels; name another one");
	part->bridge = -1;
}

static void find_controls(struct plan *p, struct part *part)
{
	for (int i = 0; i < node_cells(p, part->node, "controls"); i++) {
		int other = value_part(p, part->node, "controls", i, part);
		bool twice = false;

		for (uint32_t k = 0; k < part->n_controls; k++)
			twice |= (int)part->control[k].part == other;
		if (other == (int)part->number)
			blame(p, part->path, "controls", "a partition cannot control itself (it ends itself by PSCI SYSTEM_OFF or "
							 "SYSTEM_RESET); remove &%s",
			      part->name);
		else if (twice)
			blame(p, part->path, "controls", "names %s twice; remove one", p->part[other].path);
		else if (other >= 0)
			part->control[part->n_controls++] = (struct control){ .part = (uint32_t)other, .rights = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP };
	}
}

static void relate_bridges(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		if (node_cells(p, p->part[i].node, "bridge") == 1)
			find_bridge(p, &p->part[i]);
		find_controls(p, &p->part[i]);
	}
	for (uint32_t i = 0; i < p->n_parts; i++) {
		const struct part *part = &p->part[i];

		if (part->bridge >= 0 && p->part[part->bridge].bridge >= 0)
			blame(p, part->path, "bridge", "%s has a `bridge` itself (%s), so it cannot carry others' channels; name one that "
						       "makes the kernel's calls itself",
			      p->part[part->bridge].path, p->part[p->part[part->bridge].bridge].name);
	}
}

/* --- devices --- */

static uint64_t first_page(const struct span *s)
{
	return s->base / BH_PAGE * BH_PAGE;
}

static uint64_t end_page(const struct span *s)
{
	return align_up(s->base + s->bytes, BH_PAGE);
}

static bool spans_meet(const struct span *a, const struct span *b)
{
	return first_page(a) < end_page(b) && first_page(b) < end_page(a);
}

/* Two devices of two partitions. */
static void check_pair(struct plan *p, const struct part *a, const struct device *d, const struct part *b,
		       const struct device *e)
{
	if (d == e) {
		blame(p, b->path, "devices", "%s is owned by %s already; a device has one owner", d->path, a->path);
		return;
	}
	for (uint32_t i = 0; i < d->n_spans; i++)
		for (uint32_t j = 0; j < e->n_spans; j++)
			if (spans_meet(&d->span[i], &e->span[j]))
				blame(p, b->path, "devices",
				      "%s shares the page at %#llx with %s, which %s owns; only one partition can have both", e->path,
				      (unsigned long long)max_u64(first_page(&d->span[i]), first_page(&e->span[j])), d->path, a->path);
	for (uint32_t i = 0; i < d->n_lines; i++)
		for (uint32_t j = 0; j < e->n_lines; j++)
			if (d->line[i].intid == e->line[j].intid)
				blame(p, b->path, "devices",
				      "%s shares interrupt %u with %s, which %s owns; only one partition can have both", e->path,
				      e->line[j].intid, d->path, a->path);
}

static void check_owners(struct plan *p, const struct part *a, const struct part *b)
{
	for (uint32_t i = 0; i < a->n_devices; i++)
		for (uint32_t j = 0; j < b->n_devices; j++)
			check_pair(p, a, a->device[i], b, b->device[j]);
}

static bool take_line(struct part *part, uint32_t intid)
{
	uint64_t bit = 1ull << intid % 64;
	bool was = (part->line_used[intid / 64] & bit) != 0;

	part->line_used[intid / 64] |= bit;
	return !was;
}

static void relate_devices(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];

		for (uint32_t d = 0; d < part->n_devices; d++)
			for (uint32_t l = 0; l < part->device[d]->n_lines; l++)
				take_line(part, part->device[d]->line[l].intid);
		if (part->console >= 0 && !part->dedicated && !take_line(part, PLAN_UART_INTID))
			blame(p, part->path, "console", "its PL011 has INTID %u, which a device of this partition has already",
			      PLAN_UART_INTID);
		for (uint32_t j = 0; j < i; j++)
			check_owners(p, &p->part[j], part);
	}
}

/* --- cores --- */

static struct plan_core *core_add(struct plan *p, uint32_t board)
{
	for (uint32_t i = 0; i < p->n_cores; i++)
		if (p->core[i].board == board)
			return &p->core[i];
	p->core[p->n_cores].board = board;
	return &p->core[p->n_cores++];
}

static struct part *part_of_vcpu(struct plan *p, uint32_t vcpu)
{
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (vcpu - p->part[i].first_vcpu < p->part[i].n_cores)
			return &p->part[i];
	return NULL;
}

/* Most urgent first. */
static void core_insert(struct plan *p, struct plan_core *c, struct part *part, uint32_t vcpu)
{
	uint32_t at = c->n_vcpus;

	if (at == BH_MAX_CORE_VCPUS) {
		blame(p, part->path, "cores", "core %u would have more than %u vCPUs", c->board, BH_MAX_CORE_VCPUS);
		return;
	}
	for (uint32_t i = 0; i < c->n_vcpus; i++) {
		struct part *other = part_of_vcpu(p, c->vcpu[i]);

		if (other == part)
			continue;
		if (!part->has_priority)
			blame(p, part->path, "priority", "is missing; core %u is shared with %s, so both need one", c->board,
			      other->path);
		if (!other->has_priority)
			blame(p, other->path, "priority", "is missing; core %u is shared with %s, so both need one", c->board,
			      part->path);
		if (part->has_priority && other->has_priority && part->priority == other->priority)
			blame(p, part->path, "priority", "%u is also that of %s, which shares core %u; they must differ",
			      part->priority, other->path, c->board);
	}
	while (at > 0 && part_of_vcpu(p, c->vcpu[at - 1])->priority < part->priority) {
		c->vcpu[at] = c->vcpu[at - 1];
		at--;
	}
	c->vcpu[at] = vcpu;
	c->n_vcpus++;
}

/* The board's first core boots, so it is there even if no partition uses it. */
static void relate_cores(struct plan *p)
{
	core_add(p, 0);
	for (uint32_t c = 1; c < p->board.n_cores; c++)
		for (uint32_t i = 0; i < p->n_parts; i++)
			for (uint32_t k = 0; k < p->part[i].n_cores; k++)
				if (p->part[i].core[k] == c)
					core_add(p, c);
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];

		part->first_vcpu = p->n_vcpus;
		p->n_vcpus += part->n_cores;
		for (uint32_t k = 0; k < part->n_cores; k++)
			core_insert(p, core_add(p, part->core[k]), part, part->first_vcpu + k);
	}
	if (p->n_vcpus > BH_MAX_VCPUS)
		blame(p, "/partitions", NULL, "have %u vCPUs together; a system can have %u", p->n_vcpus, BH_MAX_VCPUS);
}

static bool is_alone(struct plan *p, const struct part *part)
{
	for (uint32_t k = 0; k < part->n_cores; k++)
		if (core_add(p, part->core[k])->n_vcpus > 1)
			return false;
	return true;
}

/* --- emulated regions and doorbells --- */

/* A physical one that nobody else has: the kernel can pend it, and the partition sees it by the same number. */
static uint32_t spare(struct plan *p, struct part *part, const char *prop)
{
	uint32_t n = p->n_notices;

	if (n >= p->board.n_spares || n == BH_MAX_IRQS) {
		blame(p, part->path, prop ? prop : "dedicated-core",
		      "the board has %u spare SPIs (/bulkhead/spare-spis), and its dedicated partitions need more for their doorbells and events",
		      p->board.n_spares);
		return p->board.n_spares ? p->board.spare_first : FIRST_DOORBELL;
	}
	p->notice[p->n_notices++] = (struct notice){ .part = part->number, .intid = p->board.spare_first + n };
	(void)take_line(part, p->board.spare_first + n);
	return p->board.spare_first + n;
}

uint32_t doorbell(struct plan *p, struct part *part, const char *prop)
{
	if (part->dedicated)
		return spare(p, part, prop);
	for (uint32_t intid = FIRST_DOORBELL; intid >= 32; intid--)
		if (take_line(part, intid))
			return intid;
	blame(p, part->path, prop, "has no interrupt left (32 to 255) for its doorbells and events; give it fewer devices or channels");
	return FIRST_DOORBELL;
}

static void relate_emuls(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct emulated *e = &p->emul[p->n_emuls];

		if (p->part[i].console < 0)
			continue;
		e->client = i;
		e->server = (uint32_t)p->part[i].console;
		e->ipa = PLAN_UART_IPA;
		e->bytes = BH_PAGE;
		e->intid = p->part[i].dedicated ? spare(p, &p->part[i], "console") : PLAN_UART_INTID;
		e->doorbell = doorbell(p, &p->part[e->server], NULL);
		p->n_emuls++;
	}
	watchdog_devices_relate(p);
	if (p->log_reader >= 0)
		p->part[p->log_reader].log_intid = doorbell(p, &p->part[p->log_reader], "reads-log");
	if (p->monitor >= 0)
		p->part[p->monitor].monitor_intid = doorbell(p, &p->part[p->monitor], "monitor");
}

static void check_smcs(struct plan *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_parts; i++)
		n += p->part[i].n_smcs;
	if (n > BH_MAX_SMCS)
		blame(p, "/partitions", NULL, "have %u allowed SMC functions together; a system can have %u", n, BH_MAX_SMCS);
}

void relate(struct plan *p)
{
	check_smcs(p);
	relate_consoles(p);
	relate_log(p);
	relate_bridges(p);
	monitor_relate(p);
	relate_devices(p);
	relate_cores(p);
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (!p->part[i].has_fp)
			p->part[i].fp = is_alone(p, &p->part[i]) ? BH_FP_EAGER : BH_FP_LAZY;
	relate_emuls(p);
}
