/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What partitions are to each other, from the description: channels, bridges, controls, trusted DMA.
 * What is wrong there makes the description unreadable, as the builder would have refused it.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "abi/serial.h"
#include "tools/audit.h"

static uint32_t part_by_phandle(const struct audit_desc *d, int node, const char *prop, uint64_t phandle)
{
	for (uint32_t i = 0; i < d->n_parts; i++)
		if (phandle != 0 && d->part[i].phandle == phandle)
			return i;
	unreadable("%s: %s names no partition", fdt_get_name(d->fdt, node, NULL), prop);
}

/* Bit for each partition of the list; none where there is no such property. */
uint32_t fdt_partitions(const struct audit_desc *d, int node, const char *prop)
{
	int n = fdt_cells(d, node, prop);
	uint32_t mask = 0;

	for (int i = 0; i < n; i++)
		mask |= 1u << part_by_phandle(d, node, prop, fdt_number(d, node, prop, (uint32_t)i, 1));
	return mask;
}

static uint32_t part_one(const struct audit_desc *d, int node, const char *prop)
{
	return part_by_phandle(d, node, prop, fdt_number(d, node, prop, 0, 1));
}

static uint32_t number(const struct audit_desc *d, int node, const char *prop, uint32_t otherwise)
{
	return fdt_cells(d, node, prop) < 0 ? otherwise : (uint32_t)fdt_number(d, node, prop, 0, 1);
}

static void read_message(struct audit_desc *d, int node, struct audit_channel *c)
{
	if (c->kind == CHANNEL_SHARED || c->kind == BH_PORT_SIGNAL)
		return;
	c->bytes = number(d, node, "bytes", 0);
	if (c->kind == BH_PORT_CALL)
		c->reply_bytes = number(d, node, "reply-bytes", c->bytes);
	if (c->kind == BH_PORT_QUEUING)
		c->depth = number(d, node, "depth", 0);
	if (c->kind == BH_PORT_SAMPLING)
		c->period_us = number(d, node, "period-us", 0);
}

static void read_ends(struct audit_desc *d, int node, struct audit_channel *c)
{
	if (c->kind == CHANNEL_SHARED) {
		c->writers = fdt_partitions(d, node, "writers");
		c->readers = c->writers | fdt_partitions(d, node, "readers");
		c->size = fdt_size(d, node, "size");
		c->uncached = fdt_getprop(d->fdt, node, "uncached", NULL) != NULL;
		return;
	}
	c->from = part_one(d, node, "from");
	c->to = part_one(d, node, "to");
	c->sender = d->part[c->from].bridge == BH_NONE ? c->from : d->part[c->from].bridge;
	c->receiver = d->part[c->to].bridge == BH_NONE ? c->to : d->part[c->to].bridge;
}

static void read_channel(struct audit_desc *d, int node, struct audit_channel *c)
{
	static const char *const kinds[] = { "?", "signal", "sampling", "queuing", "call", "shared" };
	static const char *const full[] = { "wait", "drop" }, *const restart[] = { "drop", "keep" };

	snprintf(c->name, sizeof(c->name), "%.63s", fdt_get_name(d->fdt, node, NULL));
	c->kind = fdt_choice(d, node, "kind", kinds, 6);
	if (c->kind == 0)
		unreadable("channel %s: has no kind", c->name);
	read_message(d, node, c);
	if (fdt_choice(d, node, "full", full, 2) == 1)
		c->flags |= BH_PORT_DROP;
	if (fdt_choice(d, node, "restart", restart, 2) == 1)
		c->flags |= BH_PORT_KEEP;
	read_ends(d, node, c);
}

static void read_part(struct audit_desc *d, struct audit_part *p)
{
	p->bridge = fdt_cells(d, p->node, "bridge") < 0 ? BH_NONE : part_one(d, p->node, "bridge");
	p->controls = fdt_partitions(d, p->node, "controls");
	for (uint32_t i = 0; i < p->n_devices; i++)
		p->device[i].trusted = fdt_lists(d, p->node, "trusted-dma", p->device[i].node_offset);
}

void relations_read(struct audit_desc *d)
{
	int channels = fdt_path_offset(d->fdt, "/channels"), node;

	for (uint32_t i = 0; i < d->n_parts; i++)
		read_part(d, &d->part[i]);
	if (channels < 0)
		return;
	fdt_for_each_subnode(node, d->fdt, channels)
	{
		if (d->n_channels == AUDIT_CHANNELS)
			unreadable("too many channels");
		read_channel(d, node, &d->channel[d->n_channels++]);
	}
}

uint64_t channel_window_bytes(const struct audit_channel *c)
{
	uint32_t longest = c->bytes > c->reply_bytes ? c->bytes : c->reply_bytes;

	return longest > BH_SERIAL_INLINE ? (longest + BH_PAGE - 1ull) & ~(BH_PAGE - 1ull) : 0;
}

const struct audit_channel *channel_find(const struct audit *a, const char *name)
{
	for (uint32_t i = 0; i < a->d.n_channels; i++)
		if (strcmp(a->d.channel[i].name, name) == 0)
			return &a->d.channel[i];
	return NULL;
}
