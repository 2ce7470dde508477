/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the report about channels: of each one its kind and bounds, and for each end who holds it,
 * under which number, with which interrupt, and where its messages lie (IPA of the holder).
 */
#include "tools/report_channels.h"

static void bounds(const struct channel *c, struct bytes *b)
{
	if (c->bytes)
		bytes_print(b, ", %u bytes", c->bytes);
	if (c->reply_bytes)
		bytes_print(b, ", replies of %u bytes", c->reply_bytes);
	if (c->depth)
		bytes_print(b, ", %u deep, %s when full, %s when the receiver ends", c->depth, c->drop ? "drops" : "waits",
			    c->keep ? "kept" : "emptied");
	if (c->period_us)
		bytes_print(b, ", refreshed every %llu us", (unsigned long long)c->period_us);
}

static const struct emulated *carrier(const struct plan *p, const struct channel *c, const struct channel_end *e)
{
	for (uint32_t i = 0; i < p->n_emuls; i++)
		if (p->emul[i].channel == c && p->emul[i].client == (uint32_t)e->part)
			return &p->emul[i];
	return NULL;
}

static void carrier_line(const struct plan *p, const struct channel *c, const struct channel_end *e, struct bytes *b)
{
	const struct emulated *m = carrier(p, c, e);

	if (!m)
		return;
	bytes_print(b, "    %-16s PL011 at %#llx, interrupt %u", p->part[e->part].name, (unsigned long long)m->ipa, m->intid);
	if (m->window_bytes)
		bytes_print(b, ", window at %#llx (%llu KiB), which is at %#llx for %s", (unsigned long long)m->window_ipa,
			    (unsigned long long)(m->window_bytes / KIB), (unsigned long long)m->server_window_ipa,
			    p->part[e->holder].name);
	bytes_print(b, "; carried by %s\n", p->part[e->holder].name);
}

static void end_line(const struct plan *p, const struct channel *c, bool sends, struct bytes *b)
{
	const struct channel_end *e = sends ? &c->from : &c->to;
	const struct part *holder = &p->part[e->holder];
	uint32_t slots = sends ? 1 : bh_port_slots(c->kind, c->depth), bytes = sends ? c->reply_bytes : c->bytes;

	bytes_print(b, "    %-16s port %u", holder->name, e->cap);
	if (e->intid != BH_NONE)
		bytes_print(b, ", interrupt %u", e->intid);
	if (e->in != ~0ull)
		bytes_print(b, ", %u slot%s of %u bytes at %#llx", slots, slots == 1 ? "" : "s", bh_slot_bytes(bytes),
			    (unsigned long long)(holder->in_ipa + e->in));
	if (e->out != ~0ull)
		bytes_print(b, ", buffer at %#llx", (unsigned long long)(holder->out_ipa + e->out));
	bytes_print(b, "\n");
	carrier_line(p, c, e, b);
}

static void shared_lines(const struct plan *p, const struct channel *c, struct bytes *b)
{
	bytes_print(b, "  %s: shared memory, %llu KiB%s, PA %#llx\n", c->name, (unsigned long long)(c->size / KIB),
		    c->uncached ? ", uncached" : "", (unsigned long long)c->pa);
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (c->reader[i] || c->writer[i])
			bytes_print(b, "    %-16s r%c at %#llx\n", p->part[i].name, c->writer[i] ? 'w' : '-',
				    (unsigned long long)c->ipa[i]);
}

static void port_lines(const struct plan *p, const struct channel *c, struct bytes *b)
{
	bytes_print(b, "  %s: %s, %s to %s", c->name, channel_kind_name(c->kind), p->part[c->from.part].name,
		    p->part[c->to.part].name);
	bounds(c, b);
	bytes_print(b, "\n");
	end_line(p, c, true, b);
	end_line(p, c, false, b);
}

void report_channels(const struct plan *p, struct bytes *b)
{
	if (p->n_channels == 0)
		return;
	bytes_print(b, "\nChannels (addresses are each partition's own, IPA)\n");
	for (uint32_t i = 0; i < p->n_channels; i++)
		if (p->channel[i].kind == CHANNEL_SHARED)
			shared_lines(p, &p->channel[i], b);
		else
			port_lines(p, &p->channel[i], b);
}

static const char *rights_text(uint32_t rights)
{
	if (!(rights & BH_CONTROL_MAY_INSPECT))
		return "starts and stops";
	return rights == BH_CONTROL_MAY_INSPECT ? "inspects" : "starts, stops and inspects";
}

void report_controls(const struct plan *p, const struct part *part, struct bytes *b)
{
	for (uint32_t i = 0; i < part->n_controls; i++)
		bytes_print(b, "  control:   capability %u %s %s\n", part->control_cap + i, rights_text(part->control[i].rights),
			    p->part[part->control[i].part].name);
}
