/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads /channels: what the description says about each channel, property by property. Who holds
 * which end, and under which number, is port_plan.c's. The table below is all properties there are,
 * for which kinds each has a meaning and for which it must be there.
 */
#include <ctype.h>
#include <libfdt.h>
#include <string.h>

#include "tools/errors.h"
#include "tools/plan.h"
#include "tools/source.h"
#include "tools/value.h"

#define K(kind)	 (1u << (kind))
#define SAMPLING K(CHANNEL_SAMPLING)
#define QUEUING	 K(CHANNEL_QUEUING)
#define CALL	 K(CHANNEL_CALL)
#define SHARED	 K(CHANNEL_SHARED)
#define MESSAGES (SAMPLING | QUEUING | CALL)
#define PORTS	 (MESSAGES | K(CHANNEL_SIGNAL))
#define ALL	 (PORTS | SHARED)

typedef void read_fn(struct plan *p, struct channel *c, const char *prop);

static const char *const kinds[] = { "?", "signal", "sampling", "queuing", "call", "shared" };

const char *channel_kind_name(enum channel_kind kind)
{
	return kinds[kind];
}

/* --- the properties --- */

static void read_end(struct plan *p, struct channel *c, const char *prop, struct channel_end *end)
{
	if (node_cells(p, c->node, prop) == 1)
		end->part = value_part(p, c->node, prop, 0, NULL);
	else
		blame(p, c->path, prop, "must name one partition by its label: %s = <&%s>", prop, p->part[0].name);
}

static void read_from(struct plan *p, struct channel *c, const char *prop)
{
	read_end(p, c, prop, &c->from);
}

static void read_to(struct plan *p, struct channel *c, const char *prop)
{
	read_end(p, c, prop, &c->to);
}

/* A number from 1 to max; 1 where it is wrong, so that nothing else is blamed for it. */
static uint32_t read_count(struct plan *p, const struct channel *c, const char *prop, uint32_t max, const char *what)
{
	uint64_t n = 0;

	if (!value_number(p, c->node, prop, &n))
		return 1;
	if (n >= 1 && n <= max)
		return (uint32_t)n;
	if (n == 0)
		blame(p, c->path, prop, "is 0; must be 1 to %u %s", max, what);
	else
		blame(p, c->path, prop, "%llu is %llu too many; must be 1 to %u %s", (unsigned long long)n,
		      (unsigned long long)(n - max), max, what);
	return 1;
}

static void read_bytes(struct plan *p, struct channel *c, const char *prop)
{
	c->bytes = read_count(p, c, prop, BH_MESSAGE_MAX, "bytes (larger things go through shared memory)");
}

static void read_reply_bytes(struct plan *p, struct channel *c, const char *prop)
{
	c->reply_bytes = read_count(p, c, prop, BH_MESSAGE_MAX, "bytes (larger things go through shared memory)");
}

static void read_depth(struct plan *p, struct channel *c, const char *prop)
{
	c->depth = read_count(p, c, prop, BH_DEPTH_MAX, "messages");
}

static void read_full(struct plan *p, struct channel *c, const char *prop)
{
	static const char *const words[] = { "wait", "drop" };

	c->drop = value_choice(p, c->node, prop, words, 2) == 1;
}

static void read_restart(struct plan *p, struct channel *c, const char *prop)
{
	static const char *const words[] = { "drop", "keep" };

	c->keep = value_choice(p, c->node, prop, words, 2) == 1;
}

static void read_period(struct plan *p, struct channel *c, const char *prop)
{
	c->period_us = read_count(p, c, prop, ~0u, "microseconds");
}

static void read_ends(struct plan *p, struct channel *c, const char *prop, bool *is, const bool *other)
{
	int n = node_cells(p, c->node, prop);

	if (n < 1)
		blame(p, c->path, prop, "must be a list of partitions by their labels: %s = <&%s>", prop, p->part[0].name);
	for (int i = 0; i < n; i++) {
		int part = value_part(p, c->node, prop, i, NULL);

		if (part < 0)
			continue;
		if (is[part])
			blame(p, c->path, prop, "names %s twice; remove one", p->part[part].path);
		else if (other[part])
			blame(p, c->path, prop, "%s is among the `writers` already, and a writer may read; remove it here",
			      p->part[part].path);
		is[part] = true;
	}
}

static void read_writers(struct plan *p, struct channel *c, const char *prop)
{
	read_ends(p, c, prop, c->writer, c->reader);
}

static void read_readers(struct plan *p, struct channel *c, const char *prop)
{
	read_ends(p, c, prop, c->reader, c->writer);
}

static void read_size(struct plan *p, struct channel *c, const char *prop)
{
	c->size = value_size(p, c->node, prop);
}

static void read_uncached(struct plan *p, struct channel *c, const char *prop)
{
	c->uncached = value_flag(p, c->node, prop);
}

static const struct {
	const char *name;
	read_fn *read;
	uint32_t kinds, required;
	const char *example;
} properties[] = {
	{ "kind", NULL, ALL, ALL, "kind = \"queuing\"; or \"signal\", \"sampling\", \"call\", \"shared\"" },
	{ "from", read_from, PORTS, PORTS, "name the partition that sends: from = <&control>" },
	{ "to", read_to, PORTS, PORTS, "name the partition that receives: to = <&gateway>" },
	{ "bytes", read_bytes, MESSAGES, MESSAGES, "say how long a message can be: bytes = <32>" },
	{ "reply-bytes", read_reply_bytes, CALL, 0, NULL },
	{ "depth", read_depth, QUEUING, QUEUING, "say how many messages can wait: depth = <8>" },
	{ "full", read_full, QUEUING, 0, NULL },
	{ "restart", read_restart, QUEUING, 0, NULL },
	{ "period-us", read_period, SAMPLING, 0, NULL },
	{ "writers", read_writers, SHARED, SHARED, "name who may write: writers = <&camera>" },
	{ "readers", read_readers, SHARED, 0, NULL }, /* behind `writers` */
	{ "size", read_size, SHARED, SHARED, "say how large it is: size = \"64K\"" },
	{ "uncached", read_uncached, SHARED, 0, NULL },
	{ "phandle", NULL, ALL, 0, NULL },
};
#define N_PROPERTIES (sizeof(properties) / sizeof(properties[0]))

/* --- a channel --- */

static const char *kinds_text(uint32_t mask)
{
	struct bytes b = { 0 };

	for (uint32_t k = CHANNEL_SIGNAL; k <= CHANNEL_SHARED; k++)
		if (mask & K(k)) {
			mask &= ~K(k);
			bytes_print(&b, "%s\"%s\"", !b.n ? "" : mask ? ", "
								     : " and ",
				    kinds[k]);
		}
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

/* false: it is not known, and has been blamed. */
static bool read_kind(struct plan *p, struct channel *c)
{
	uint32_t before = p->n_errors;

	if (!fdt_getprop(p->fdt, c->node, "kind", NULL))
		return false;
	c->kind = (enum channel_kind)(CHANNEL_SIGNAL + value_choice(p, c->node, "kind", kinds + 1, CHANNEL_SHARED));
	return p->n_errors == before;
}

static void read_properties(struct plan *p, struct channel *c, bool kind_known)
{
	uint32_t mask = kind_known ? K(c->kind) : ALL;
	const char *known[N_PROPERTIES];

	for (uint32_t i = 0; i < N_PROPERTIES; i++) {
		bool is = fdt_getprop(p->fdt, c->node, properties[i].name, NULL) != NULL;

		known[i] = properties[i].name;
		if (is && (properties[i].kinds & mask) == 0)
			blame(p, c->path, known[i], "means nothing for kind \"%s\", only for %s; remove it", kinds[c->kind],
			      kinds_text(properties[i].kinds));
		else if (is && properties[i].read)
			properties[i].read(p, c, known[i]);
		else if (!is && properties[i].required && (properties[i].required & mask) == mask)
			blame(p, c->path, known[i], "is missing; %s", properties[i].example);
	}
	node_known(p, c->node, known, N_PROPERTIES);
}

static void check_shared(struct plan *p, const struct channel *c)
{
	uint32_t ends = 0, writers = 0;

	for (uint32_t i = 0; i < p->n_parts; i++) {
		ends += c->reader[i] || c->writer[i];
		writers += c->writer[i];
	}
	if (writers == 1 && ends == 1)
		blame(p, c->path, "readers", "there is only one end; memory that is shared has two at least: add readers, or writers");
}

static void check_name(struct plan *p, const struct channel *c)
{
	if (strlen(c->name) >= BH_NAME_BYTES)
		blame(p, c->path, NULL, "the name has %zu characters; at most %u are possible", strlen(c->name), BH_NAME_BYTES - 1);
}

static void read_channel(struct plan *p, struct channel *c, int node)
{
	bool known;
	int child;

	*c = (struct channel){ .node = node, .name = fdt_get_name(p->fdt, node, NULL), .path = node_path(p, node) };
	c->from = c->to = (struct channel_end){ .part = -1, .holder = -1, .intid = BH_NONE, .in = ~0ull, .out = ~0ull };
	check_name(p, c);
	known = read_kind(p, c);
	read_properties(p, c, known);
	fdt_for_each_subnode(child, p->fdt, node)
		blame(p, node_path(p, child), NULL, "a channel has no children; remove this node");
	if (known && c->kind == CHANNEL_CALL && !c->reply_bytes)
		c->reply_bytes = c->bytes;
	if (known && c->kind == CHANNEL_SHARED)
		check_shared(p, c);
	if (c->from.part >= 0 && c->from.part == c->to.part) {
		blame(p, c->path, "to", "is the same partition as `from`, %s; a channel joins two", p->part[c->to.part].name);
		c->to.part = -1;
	}
	p->n_channels += known;
}

/* --- names in C --- */

char *channel_c_name(const char *name)
{
	char *c = text("%s", name);

	for (char *at = c; *at; at++)
		*at = (char)(isalnum((unsigned char)*at) ? toupper((unsigned char)*at) : '_');
	return c;
}

/* What stands behind a channel's name in what the header defines (header.c). */
static const char *const suffixes[] = { "", "_BYTES", "_REPLY_BYTES", "_DEPTH", "_INTID", "_PERIOD_US" };

static void check_c_name(struct plan *p, const struct channel *c, const char *const *c_name, uint32_t self)
{
	for (uint32_t s = 0; s < sizeof(suffixes) / sizeof(suffixes[0]); s++) {
		const char *full = text("%s%s", c_name[self], suffixes[s]);

		for (uint32_t i = s == 0 ? self + 1 : 0; i < p->n_channels; i++)
			if (strcmp(full, c_name[i]) == 0)
				blame(p, p->channel[i].path, NULL, "would be PORT_%s in a C header, as %s%s is; give one another name",
				      full, s ? text("the %s of ", suffixes[s] + 1) : "", c->path);
	}
}

/* `a-b` and `a_b`, or `a` and `a-bytes`, would be one name there. */
static void check_c_names(struct plan *p)
{
	const char *c_name[PLAN_CHANNELS];

	for (uint32_t i = 0; i < p->n_channels; i++)
		c_name[i] = channel_c_name(p->channel[i].name);
	for (uint32_t i = 0; i < p->n_channels; i++)
		check_c_name(p, &p->channel[i], c_name, i);
}

/* A node beside where /channels should be that looks like a near miss. */
static void check_root(struct plan *p)
{
	static const char *const known[] = { "channels" };
	int node;

	fdt_for_each_subnode(node, p->fdt, 0)
	{
		const char *near = near_miss(fdt_get_name(p->fdt, node, NULL), known, 1);

		if (near[0] && !strchr(fdt_get_name(p->fdt, node, NULL), '@') && fdt_path_offset(p->fdt, "/channels") < 0)
			blame(p, node_path(p, node), NULL, "unknown node%s", near);
	}
}

void channels_read(struct plan *p)
{
	static const char *const known[] = { "phandle" };
	int node, all = fdt_path_offset(p->fdt, "/channels");
	uint32_t n = 0;

	p->channel = take(PLAN_CHANNELS * sizeof(*p->channel));
	check_root(p);
	if (all < 0)
		return;
	node_known(p, all, known, 1);
	fdt_for_each_subnode(node, p->fdt, all)
	{
		if (n++ < PLAN_CHANNELS)
			read_channel(p, &p->channel[p->n_channels], node);
	}
	if (n > PLAN_CHANNELS)
		blame(p, "/channels", NULL, "has %u channels, %u too many; a system can have %u", n, n - PLAN_CHANNELS,
		      PLAN_CHANNELS);
	check_c_names(p);
}
