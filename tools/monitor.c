/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor of a system: one partition that is told of faults, sees what the system does, and may look into the
 * memory of those that it inspects while they stand still. And dumps, which it takes: of whom, and whether they fit.
 */
#include "tools/monitor.h"

#include <ctype.h>
#include <libfdt.h>
#include <string.h>

#include "tools/errors.h"
#include "tools/source.h"
#include "tools/value.h"

const struct control *control_of(const struct part *part, uint32_t other)
{
	for (uint32_t i = 0; i < part->n_controls; i++)
		if (part->control[i].part == other)
			return &part->control[i];
	return NULL;
}

/* --- who it is --- */

/* It looks at the cores once a second, and one look is no evidence. */
static void read_core_silent(struct plan *p, struct part *part)
{
	part->core_silent_ns = value_us(p, part->node, "core-silent-us");
	if (!fdt_getprop(p->fdt, part->node, "core-silent-us", NULL))
		part->core_silent_ns = BH_CORE_SILENT_NS;
	else if (part->core_silent_ns && part->core_silent_ns < BH_CORE_SILENT_LEAST_NS)
		blame(p, part->path, "core-silent-us", "%llu us is %llu us too short: the cores are asked once a second, and a core is lost after two questions at least; write <%llu> or more",
		      (unsigned long long)(part->core_silent_ns / PLAN_NS_PER_US),
		      (unsigned long long)((BH_CORE_SILENT_LEAST_NS - part->core_silent_ns) / PLAN_NS_PER_US), BH_CORE_SILENT_LEAST_NS / PLAN_NS_PER_US);
}

static void find_monitor(struct plan *p, struct part *part)
{
	static const char *const only[] = { "resets-system", "inspects", "core-silent-us" };

	part->monitor = fdt_getprop(p->fdt, part->node, "monitor", NULL) && value_flag(p, part->node, "monitor");
	for (uint32_t i = 0; i < 3 && !part->monitor; i++)
		if (fdt_getprop(p->fdt, part->node, only[i], NULL))
			blame(p, part->path, only[i], "has no meaning without `monitor`; add it or remove this");
	part->resets_system = part->monitor && fdt_getprop(p->fdt, part->node, "resets-system", NULL) &&
			      value_flag(p, part->node, "resets-system");
	if (!part->monitor)
		return;
	if (p->monitor >= 0) {
		blame(p, part->path, "monitor", "%s is the monitor already; a system has one", p->part[p->monitor].path);
		part->monitor = part->resets_system = false;
		return;
	}
	p->monitor = (int)part->number;
	read_core_silent(p, part);
	if (part->n_cores > 1)
		blame(p, part->path, "cores", "has %u vCPUs, but a monitor has one, as it gets to see another's memory by a root of its own: cores = <%u>",
		      part->n_cores, part->core[0]);
}

/* --- whom it inspects --- */

static void add_inspect(struct plan *p, struct part *part, uint32_t other)
{
	for (uint32_t i = 0; i < part->n_controls; i++) {
		struct control *c = &part->control[i];

		if (c->part != other)
			continue;
		if (c->rights & BH_CONTROL_MAY_INSPECT)
			blame(p, part->path, "inspects", "names %s twice; remove one", p->part[other].path);
		c->rights |= BH_CONTROL_MAY_INSPECT;
		return;
	}
	part->control[part->n_controls++] = (struct control){ .part = other, .rights = BH_CONTROL_MAY_INSPECT };
}

static void find_inspects(struct plan *p, struct part *part)
{
	int n = node_cells(p, part->node, "inspects");

	if (!part->monitor || !fdt_getprop(p->fdt, part->node, "inspects", NULL))
		return;
	if (n < 1)
		blame(p, part->path, "inspects", "must be a list of partitions by their labels: inspects = <&linux>");
	for (int i = 0; i < n; i++) {
		int other = value_part(p, part->node, "inspects", i, part);

		if (other == (int)part->number)
			blame(p, part->path, "inspects", "a partition cannot inspect itself; remove &%s", part->name);
		else if (other >= 0)
			add_inspect(p, part, (uint32_t)other);
	}
}

/* --- dumps --- */

uint64_t dump_bytes(const struct part *part)
{
	return part->dump_bytes == PLAN_DUMP_ALL ? part->ram_bytes : part->dump_bytes;
}

static void read_dump(struct plan *p, struct part *part)
{
	static const char *const words[] = { "none", "full" };
	const char *s = value_string(p, part->node, "dump");

	if (!s || strcmp(s, "none") == 0)
		return;
	if (strcmp(s, "full") == 0)
		part->dump_bytes = PLAN_DUMP_ALL;
	else if (!isdigit((unsigned char)s[0]))
		blame(p, part->path, "dump", "\"%s\" is not known; must be \"none\", \"full\" or a size, as \"64K\"%s", s, near_miss(s, words, 2));
	else
		part->dump_bytes = value_size(p, part->node, "dump");
	if (part->dump_bytes != PLAN_DUMP_ALL && part->ram_bytes && part->dump_bytes > part->ram_bytes)
		blame(p, part->path, "dump", "%s is %llu KiB more than its RAM; write \"full\"", s,
		      (unsigned long long)((part->dump_bytes - part->ram_bytes) / KIB));
}

/* Whoever is held for a dump waits until somebody has taken it. False: blamed. */
static bool check_taken(struct plan *p, const struct part *part)
{
	const struct part *monitor = p->monitor >= 0 ? &p->part[p->monitor] : NULL;
	const struct control *c = monitor ? control_of(monitor, part->number) : NULL;

	if (!monitor)
		blame(p, part->path, "dump", "nobody could take it; add `monitor` and inspects = <&%s> to a partition, or remove this", part->name);
	else if (monitor == part)
		blame(p, part->path, "dump", "the monitor takes the dumps, and cannot take its own; remove this");
	else if (!c || !(c->rights & BH_CONTROL_MAY_INSPECT))
		blame(p, part->path, "dump", "nobody could take it; add &%s to `inspects` of %s, or remove this", part->name, monitor->path);
	else
		return true;
	return false;
}

void monitor_relate(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		find_monitor(p, &p->part[i]);
		find_inspects(p, &p->part[i]);
	}
	for (uint32_t i = 0; i < p->n_parts; i++) {
		if (!fdt_getprop(p->fdt, p->part[i].node, "dump", NULL))
			continue;
		read_dump(p, &p->part[i]);
		if (p->part[i].dump_bytes && !check_taken(p, &p->part[i]))
			p->part[i].dump_bytes = 0;
	}
}

/* --- who asks it to control others --- */

static const struct channel *way_to(const struct plan *p, uint32_t who)
{
	for (uint32_t i = 0; i < p->n_channels; i++)
		if (p->channel[i].kind == CHANNEL_CALL && p->channel[i].from.part == (int)who && p->channel[i].to.part == p->monitor)
			return &p->channel[i];
	return NULL;
}

const struct channel *monitor_grant(const struct plan *p, uint32_t who, uint32_t whom)
{
	if (p->monitor < 0 || p->monitor == (int)who || p->monitor == (int)whom || !control_of(&p->part[who], whom))
		return NULL;
	return way_to(p, who);
}

/* It can pass on only what it may do itself. */
void grants_check(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++)
		for (uint32_t k = 0; k < p->part[i].n_controls; k++) {
			uint32_t other = p->part[i].control[k].part;
			const struct channel *c = monitor_grant(p, i, other);
			const struct control *own = c ? control_of(&p->part[p->monitor], other) : NULL;

			if (c && (!own || !(own->rights & BH_CONTROL_MAY_START)))
				blame(p, p->part[i].path, "controls",
				      "%s is asked to do it, by channel %s, but does not control %s itself; add &%s to `controls` of %s", p->part[p->monitor].name,
				      c->name, p->part[other].name, p->part[other].name, p->part[p->monitor].path);
		}
}

/* --- is there room? --- */

/* The largest piece of RAM that nothing of the payload lies in; segments are sorted. */
static uint64_t free_ram(const struct part *part)
{
	uint64_t at = PLAN_RAM_IPA, end = PLAN_RAM_IPA + part->ram_bytes, most = 0;

	for (uint32_t i = 0; i < part->payload.n_segments; i++) {
		const struct segment *s = &part->payload.segment[i];

		if (s->ipa > at)
			most = max_u64(most, s->ipa - at);
		at = max_u64(at, s->ipa + s->memory_bytes);
	}
	return end > at ? max_u64(most, end - at) : most;
}

static void check_store(struct plan *p, const struct part *monitor)
{
	const struct part *largest = NULL;
	uint64_t room = free_ram(monitor), need, more;

	for (uint32_t i = 0; i < p->n_parts; i++)
		if (p->part[i].dump_bytes && (!largest || dump_bytes(&p->part[i]) > dump_bytes(largest)))
			largest = &p->part[i];
	if (!largest || !monitor->ram_bytes || !monitor->payload.n_segments)
		return;
	need = dump_bytes(largest) + BH_DUMP_HEAD;
	if (need <= room)
		return;
	more = align_up(monitor->ram_bytes + need - room, monitor->ram_bytes < PLAN_BIG ? BH_PAGE : PLAN_BIG);
	blame(p, monitor->path, "memory",
	      "has %llu KiB free beside its program, %llu too few for the dump of %s: %llu KiB and %llu for its head; memory = \"%lluK\" would "
	      "hold it, or ask for less in `dump` there",
	      (unsigned long long)(room / KIB), (unsigned long long)((need - room + KIB - 1) / KIB), largest->path,
	      (unsigned long long)(dump_bytes(largest) / KIB), (unsigned long long)(BH_DUMP_HEAD / KIB), (unsigned long long)(more / KIB));
}

/* From BH_INSPECT_IPA on it sees others' RAM, so its own has to end there. */
static void check_space(struct plan *p, const struct part *monitor)
{
	bool inspects = false;

	for (uint32_t i = 0; i < monitor->n_controls; i++) {
		const struct part *other = &p->part[monitor->control[i].part];

		if (!(monitor->control[i].rights & BH_CONTROL_MAY_INSPECT))
			continue;
		inspects = true;
		if (other->ram_bytes > PLAN_IPA_END - BH_INSPECT_IPA)
			blame(p, monitor->path, "inspects", "%s has %llu MiB of RAM; at most %llu MiB can be shown to it", other->path,
			      (unsigned long long)(other->ram_bytes / MIB), (unsigned long long)((PLAN_IPA_END - BH_INSPECT_IPA) / MIB));
	}
	for (uint32_t i = 0; i < monitor->n_regions && inspects; i++) {
		const struct region *r = &monitor->region[i];

		if (r->ipa + r->bytes > BH_INSPECT_IPA)
			blame(p, monitor->path, "inspects", "its %s at %#llx is where others' RAM is shown to it, from %#llx on; it can have one of both", r->name,
			      (unsigned long long)r->ipa, (unsigned long long)BH_INSPECT_IPA);
	}
}

/* Whom it speaks through must not stand still for it: it would wait, and nobody would let that one go. */
static void check_speech(struct plan *p, const struct part *monitor)
{
	const struct {
		int part;
		const char *prop;
	} by[] = { { monitor->console, "console" }, { monitor->bridge, "bridge" } };

	for (uint32_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		const struct control *c = by[i].part >= 0 ? control_of(monitor, (uint32_t)by[i].part) : NULL;

		if (c && (c->rights & BH_CONTROL_MAY_INSPECT))
			blame(p, monitor->path, "inspects",
			      "%s is its `%s`: the monitor would wait for one that stands still for it; remove it here, or the `%s`", p->part[by[i].part].path,
			      by[i].prop, by[i].prop);
	}
}

void monitor_check(struct plan *p)
{
	if (p->monitor < 0)
		return;
	check_speech(p, &p->part[p->monitor]);
	check_store(p, &p->part[p->monitor]);
	check_space(p, &p->part[p->monitor]);
}
