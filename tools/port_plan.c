/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports: who holds which end of a channel, under which number, with which interrupt, and where its
 * messages lie in the holder's windows. A capability table holds ports, then served regions (in the
 * order of the emulated regions), then controls (in the order of `controls` and then `inspects`), the right to change the
 * mode, the right to see what the system does.
 */
#include "tools/errors.h"
#include "tools/plan.h"
#include "tools/relate.h"

static bool is_port(const struct channel *c)
{
	return c->kind != CHANNEL_SHARED && c->from.holder >= 0 && c->to.holder >= 0;
}

/* --- who holds what --- */

static int holder(const struct plan *p, int part)
{
	return part >= 0 && p->part[part].bridge >= 0 ? p->part[part].bridge : part;
}

static const char *end_text(const struct plan *p, const struct channel_end *e)
{
	return e->part == e->holder ? p->part[e->part].name : text("%s (by bridge %s)", p->part[e->part].name, p->part[e->holder].name);
}

static void find_holders(struct plan *p, struct channel *c)
{
	if (c->kind == CHANNEL_SHARED || c->from.part < 0 || c->to.part < 0)
		return;
	c->from.holder = holder(p, c->from.part);
	c->to.holder = holder(p, c->to.part);
	if (c->from.holder != c->to.holder)
		return;
	blame(p, c->path, NULL, "%s would talk to itself, as it holds both ends: %s, %s; give one of them another bridge",
	      p->part[c->from.holder].name, end_text(p, &c->from), end_text(p, &c->to));
	c->from.holder = c->to.holder = -1;
}

/* --- numbers, interrupts, places --- */

/* Pieces are multiples of 64 bytes, so they stay aligned; nothing of no bytes has a place. */
static uint64_t take_room(uint64_t *end, uint64_t bytes)
{
	uint64_t at = *end;

	*end += bytes;
	return bytes ? at : ~0ull;
}

static void end_plan(struct plan *p, struct channel_end *e, uint64_t in, uint64_t out, bool event)
{
	struct part *part = &p->part[e->holder];

	e->cap = part->n_ports++;
	e->in = take_room(&part->in_bytes, in);
	e->out = take_room(&part->out_bytes, out);
	if (event && part->n_ports <= BH_PART_PORTS)
		e->intid = doorbell(p, part, NULL);
}

static void port_plan(struct plan *p, struct channel *c)
{
	uint64_t slots = (uint64_t)bh_port_slots(c->kind, c->depth) * bh_slot_bytes(c->bytes);
	bool call = c->kind == CHANNEL_CALL;

	end_plan(p, &c->from, call ? bh_slot_bytes(c->reply_bytes) : 0, bh_buffer_bytes(c->bytes), c->kind == CHANNEL_QUEUING);
	end_plan(p, &c->to, slots, call ? bh_buffer_bytes(c->reply_bytes) : 0, true);
}

static bool is_bridge(const struct plan *p, const struct part *part)
{
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (p->part[i].bridge == (int)part->number)
			return true;
	return false;
}

static void number_caps(struct plan *p)
{
	uint32_t all = 0;

	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];

		if (part->n_ports > BH_PART_PORTS)
			blame(p, part->path, NULL, "has %u ports, %u too many; a partition can have %u%s", part->n_ports,
			      part->n_ports - BH_PART_PORTS, BH_PART_PORTS,
			      is_bridge(p, part) ? ", those that it carries as a `bridge` with them" : "");
		part->n_caps = part->n_ports;
		for (uint32_t e = 0; e < p->n_emuls; e++)
			if (p->emul[e].server == i)
				p->emul[e].cap = part->n_caps++;
		part->control_cap = part->n_caps;
		part->schedule_cap = part->n_caps += part->n_controls;
		part->monitor_cap = part->n_caps += part->sets_mode;
		part->n_caps += part->monitor;
		part->in_bytes = align_up(part->in_bytes, BH_PAGE);
		part->out_bytes = align_up(part->out_bytes, BH_PAGE);
		all += part->n_caps;
	}
	if (all > BH_MAX_CAPS)
		blame(p, "/partitions", NULL,
		      "have %u capabilities together (ports, emulated regions served, `controls`, `inspects`, `changes-mode`, `monitor`), %u too many; a system can have %u",
		      all, all - BH_MAX_CAPS, BH_MAX_CAPS);
}

/* --- cycles of calls: a server that waits for its own caller would wait for ever --- */

struct search {
	struct plan *p;
	const struct channel *way[BH_MAX_PARTITIONS]; /* calls from the first partition on */
	uint32_t steps;
	bool open[BH_MAX_PARTITIONS], done[BH_MAX_PARTITIONS];
};

static void blame_cycle(struct search *s, uint32_t first)
{
	const struct channel *last = s->way[s->steps - 1];
	struct bytes b = { 0 };

	for (uint32_t i = first; i < s->steps; i++)
		bytes_print(&b, "%s%s -> %s (%s)", i == first ? "" : ", ", end_text(s->p, &s->way[i]->from),
			    end_text(s->p, &s->way[i]->to), s->way[i]->name);
	bytes_add(&b, "", 1);
	blame(s->p, last->path, NULL, "closes a cycle of calls: %s; a server would wait for its own caller: make one of them two queues",
	      (char *)b.at);
}

static uint32_t first_step(const struct search *s, int part)
{
	uint32_t i = 0;

	while (i < s->steps && s->way[i]->from.holder != part)
		i++;
	return i;
}

static void follow(struct search *s, int part)
{
	s->open[part] = true;
	for (uint32_t i = 0; i < s->p->n_channels; i++) {
		const struct channel *c = &s->p->channel[i];

		if (c->kind != CHANNEL_CALL || !is_port(c) || c->from.holder != part || s->done[c->to.holder])
			continue;
		s->way[s->steps++] = c;
		if (s->open[c->to.holder])
			blame_cycle(s, first_step(s, c->to.holder));
		else
			follow(s, c->to.holder);
		s->steps--;
	}
	s->open[part] = false;
	s->done[part] = true;
}

static void check_cycles(struct plan *p)
{
	struct search s = { .p = p };

	for (uint32_t i = 0; i < p->n_parts; i++)
		if (!s.done[i])
			follow(&s, (int)i);
}

void channels_relate(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_channels; i++)
		find_holders(p, &p->channel[i]);
	carriers_plan(p);
	for (uint32_t i = 0; i < p->n_channels; i++)
		if (is_port(&p->channel[i]))
			port_plan(p, &p->channel[i]);
	number_caps(p);
	check_cycles(p);
}
