/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead header`: the numbers of a partition's ports, shared memory, controls and the schedule's modes as a C header,
 * from the description alone: programs include it, so it is made before them.
 */
#include "tools/header.h"

#include <string.h>

#include "tools/errors.h"

struct header {
	struct plan *p;
	const struct part *part;
	struct bytes out;
	const char *names[8 * PLAN_CHANNELS + BH_MAX_PARTITIONS + BH_MAX_MODES + 1];
	uint32_t n_names;
};

static const char *const define_format = "#define %-31s %s\n";

/* Every name once; @of: the node that is blamed for another one. */
static void define(struct header *h, const char *of, const char *name, const char *value)
{
	for (uint32_t i = 0; i < h->n_names; i++)
		if (strcmp(h->names[i], name) == 0)
			blame(h->p, of, NULL, "would be %s in the C header of %s, as another name is; give it another name", name,
			      h->part->name);
	if (h->n_names < sizeof(h->names) / sizeof(h->names[0]))
		h->names[h->n_names++] = name;
	bytes_print(&h->out, define_format, name, value);
}

static void define_number(struct header *h, const struct channel *c, const char *prefix, const char *suffix, uint64_t n)
{
	define(h, c->path, text("%s_%s%s", prefix, channel_c_name(c->name), suffix), text("%lluu", (unsigned long long)n));
}

static void port(struct header *h, const struct channel *c, bool sends)
{
	const struct channel_end *e = sends ? &c->from : &c->to;
	const char *peer = h->p->part[sends ? c->to.part : c->from.part].name;
	bool holds = e->holder == (int)h->part->number;

	bytes_print(&h->out, "\n/* %s: %s, %s %s%s */\n", c->name, channel_kind_name(c->kind), sends ? "to" : "from", peer,
		    holds ? "" : text("; carried by %s", h->p->part[e->holder].name));
	if (holds)
		define_number(h, c, "PORT", "", e->cap);
	if (c->bytes)
		define_number(h, c, "PORT", "_BYTES", c->bytes);
	if (c->reply_bytes)
		define_number(h, c, "PORT", "_REPLY_BYTES", c->reply_bytes);
	if (c->depth)
		define_number(h, c, "PORT", "_DEPTH", c->depth);
	if (c->period_us)
		define_number(h, c, "PORT", "_PERIOD_US", c->period_us);
	if (holds && e->intid != BH_NONE)
		define_number(h, c, "PORT", "_INTID", e->intid);
}

/* A bridge has the ports of those it carries, too; what it is to them it reads from its information page. */
static void channel(struct header *h, const struct channel *c)
{
	int self = (int)h->part->number;

	if (c->kind != CHANNEL_SHARED && (c->from.part == self || c->from.holder == self))
		port(h, c, true);
	if (c->kind != CHANNEL_SHARED && (c->to.part == self || c->to.holder == self))
		port(h, c, false);
	if (!c->reader[self] && !c->writer[self])
		return;
	bytes_print(&h->out, "\n/* %s: shared memory, %s */\n", c->name, c->writer[self] ? "to read and write" : "to read only");
	define_number(h, c, "SHARED", "_BYTES", c->size);
}

static void control(struct header *h, uint32_t i)
{
	const struct part *other = &h->p->part[h->part->control[i].part];

	bytes_print(&h->out, "\n/* control of %s */\n", other->name);
	define(h, other->path, text("CONTROL_%s", channel_c_name(other->name)),
	       text("%uu", h->part->control_cap + i));
}

/* Everybody sees which mode is in force, so everybody has the numbers; where none is described there is nothing to tell apart. */
static void schedule(struct header *h)
{
	const struct plan *p = h->p;

	if (h->part->sets_mode) {
		bytes_print(&h->out, "\n/* the right to change the schedule's mode */\n");
		define(h, h->part->path, "SCHEDULE", text("%uu", h->part->schedule_cap));
	}
	if (h->part->monitor) {
		bytes_print(&h->out, "\n/* the right to see what the system does */\n");
		define(h, h->part->path, "MONITOR", text("%uu", h->part->monitor_cap));
	}
	for (uint32_t i = 0; i < p->n_modes && p->mode[i].node; i++) {
		bytes_print(&h->out, "%s", i ? "" : "\n/* modes of the schedule; the first one is in force at boot */\n");
		define(h, p->mode[i].path, text("MODE_%s", channel_c_name(p->mode[i].name)), text("%uu", i));
	}
}

const struct part *part_asked(const struct plan *p, const char *name)
{
	struct bytes all = { 0 };

	for (uint32_t i = 0; i < p->n_parts; i++) {
		if (strcmp(p->part[i].name, name) == 0)
			return &p->part[i];
		bytes_print(&all, "%s%s", i ? ", " : "", p->part[i].name);
	}
	bytes_add(&all, "", 1);
	fail("%s: there is no partition %s; there are: %s", p->dts, name, p->n_parts ? (char *)all.at : "none");
}

const char *header(struct plan *p, const char *name)
{
	struct header *h = take(sizeof(*h));
	char *guard = channel_c_name(text("BH_GEN_%s_%s_H", p->name, name));

	h->p = p;
	h->part = part_asked(p, name);
	bytes_print(&h->out, "/* What partition %s of system %s has. Made by bulkhead header; do not edit. */\n", name, p->system_name);
	bytes_print(&h->out, "#ifndef %s\n#define %s\n", guard, guard);
	for (uint32_t i = 0; i < p->n_channels; i++)
		channel(h, &p->channel[i]);
	for (uint32_t i = 0; i < h->part->n_controls; i++)
		control(h, i);
	schedule(h);
	bytes_print(&h->out, "\n#endif\n");
	bytes_add(&h->out, "", 1);
	return (const char *)h->out.at;
}
