/* SPDX-License-Identifier: Apache-2.0 */
/* The flow graph of a plan, and ways through it. */
#include "tools/flow.h"

#include <string.h>

#include "tools/health.h"

#define NO_FLOW 0xffffffffu

static void add(struct flows *f, uint32_t from, uint32_t to, const char *how)
{
	f->flow[f->n_flows++] = (struct flow){ .from = from, .to = to, .how = how };
}

static void add_both(struct flows *f, uint32_t a, uint32_t b, const char *how)
{
	add(f, a, b, how);
	add(f, b, a, how);
}

/* --- what makes a flow --- */

static void add_channel(struct flows *f, const struct plan *p, const struct channel *c)
{
	const char *how = text("channel \"%s\", %s", c->name, channel_kind_name(c->kind));

	if (c->kind == CHANNEL_SHARED) {
		for (uint32_t w = 0; w < p->n_parts; w++)
			for (uint32_t e = 0; e < p->n_parts && c->writer[w]; e++)
				if (e != w && (c->reader[e] || c->writer[e]))
					add(f, w, e, how);
		return;
	}
	if (c->from.holder < 0 || c->to.holder < 0)
		return; /* wrong, and blamed */
	add(f, (uint32_t)c->from.holder, (uint32_t)c->to.holder, how);
	if (c->kind == CHANNEL_CALL)
		add(f, (uint32_t)c->to.holder, (uint32_t)c->from.holder, text("reply of channel \"%s\", call", c->name));
}

static void add_emulated(struct flows *f, const struct emulated *e)
{
	add_both(f, e->client, e->server,
		 e->channel ? text("PL011 that carries channel \"%s\"", e->channel->name) : e->watchdog ? "watchdog"
													: "console");
}

static void add_device(struct flows *f, const struct plan *p, const struct part *part, const struct device *d, uint32_t node)
{
	add_both(f, part->number, node, "device");
	for (uint32_t i = 0; i < p->n_parts && d->trusted; i++)
		if (i != part->number)
			add_both(f, i, node, "trusted DMA");
}

static void add_part(struct flows *f, const struct plan *p, const struct part *part)
{
	for (uint32_t i = 0; i < part->n_controls; i++)
		add_both(f, part->number, part->control[i].part, "control");
	if (p->log_reader >= 0 && p->log_reader != (int)part->number)
		add(f, part->number, (uint32_t)p->log_reader, "health log");
	for (uint32_t i = 0; i < p->n_parts; i++) {
		if (i != part->number && part->reads_trace)
			add(f, i, part->number, "trace");
		if (i != part->number && part->sets_mode)
			add(f, part->number, i, "change of the mode");
		if (i != part->number && part->monitor)
			add(f, i, part->number, "what the monitor sees");
		if (i != part->number && part->resets_system)
			add(f, part->number, i, "reset of the machine");
		if (i != part->number && health_does(part, BH_ACTION_MODE))
			add(f, part->number, i, "change of the mode by its health policy");
		if (i != part->number && health_does(part, BH_ACTION_SYSTEM))
			add(f, part->number, i, "reset of the machine by its health policy");
	}
}

/* --- the graph --- */

static uint32_t count_devices(const struct plan *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_parts; i++)
		n += p->part[i].n_devices;
	return n;
}

/* A bound for how many flows there can be; the sum of the functions above. */
static size_t most_flows(const struct plan *p, uint32_t devices)
{
	size_t pairs = (size_t)p->n_parts * p->n_parts;

	return pairs * (p->n_channels + 8) + 2 * (p->n_emuls + p->n_channels) + 2ull * devices * (p->n_parts + 1) + p->n_parts;
}

struct flows *flow_graph(const struct plan *p)
{
	struct flows *f = take(sizeof(*f));
	uint32_t devices = count_devices(p);

	f->node = take((p->n_parts + devices) * sizeof(*f->node));
	f->flow = take(most_flows(p, devices) * sizeof(*f->flow));
	for (uint32_t i = 0; i < p->n_parts; i++)
		f->node[f->n_nodes++] = (struct flow_node){ .name = p->part[i].name, .node = p->part[i].node };
	for (uint32_t i = 0; i < p->n_channels; i++)
		add_channel(f, p, &p->channel[i]);
	for (uint32_t i = 0; i < min_u64(p->n_emuls, BH_MAX_EMULS); i++)
		add_emulated(f, &p->emul[i]);
	for (uint32_t i = 0; i < p->n_parts; i++) {
		const struct part *part = &p->part[i];

		for (uint32_t d = 0; d < part->n_devices; d++) {
			f->node[f->n_nodes] = (struct flow_node){ .name = part->device[d]->name, .node = part->device[d]->node };
			add_device(f, p, part, part->device[d], f->n_nodes++);
		}
		add_part(f, p, part);
	}
	return f;
}

int flow_node_of(const struct flows *f, int node)
{
	for (uint32_t i = 0; i < f->n_nodes; i++)
		if (f->node[i].node == node)
			return (int)i;
	return -1;
}

/* --- ways --- */

/* Breadth first: by[n] becomes the flow by which n is reached first. */
static void spread(const struct flows *f, uint32_t from, const bool *closed, uint32_t *by)
{
	uint32_t *queue = take(f->n_nodes * sizeof(*queue)), head = 0, tail = 0;

	queue[tail++] = from;
	while (head < tail) {
		uint32_t at = queue[head++];

		if (at != from && closed[at])
			continue; /* an end, never on the way */
		for (uint32_t i = 0; i < f->n_flows; i++) {
			uint32_t to = f->flow[i].to;

			if (f->flow[i].from != at || to == from || by[to] != NO_FLOW)
				continue;
			by[to] = i;
			queue[tail++] = to;
		}
	}
}

uint32_t flow_way(const struct flows *f, uint32_t from, uint32_t to, const bool *closed, const struct flow **way)
{
	uint32_t *by = take(f->n_nodes * sizeof(*by)), n = 0;

	for (uint32_t i = 0; i < f->n_nodes; i++)
		by[i] = NO_FLOW;
	spread(f, from, closed, by);
	if (by[to] == NO_FLOW)
		return 0;
	for (uint32_t at = to; at != from; at = f->flow[by[at]].from)
		n++;
	for (uint32_t at = to, i = n; at != from; at = f->flow[by[at]].from)
		way[--i] = &f->flow[by[at]];
	return n;
}
