/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What information pages say of ports, shared memory, controls, modes, the trace and the monitor. The whole entry is worked out from
 * the description and from where the image has things, and compared byte by byte.
 */
#include <string.h>

#include "tools/audit_info.h"

const struct bh_cap *info_cap(const struct audit *a, uint32_t p, const struct bh_info_entry *e, uint32_t kind)
{
	const struct bh_partition *part = &blob_partitions(a->b)[p];
	const struct bh_cap *cap;

	if (e->cap >= part->n_caps)
		return NULL;
	cap = &blob_caps(a->b)[part->first_cap + e->cap];
	return cap->kind == kind ? cap : NULL;
}

/* Cut and ended as an entry's names are; the rest of them is zero. */
static void put_name(char *to, const char *name)
{
	memcpy(to, name, strnlen(name, BH_NAME_BYTES - 1));
}

static const char *compare(const struct bh_info_entry *is, const struct bh_info_entry *want)
{
	if (memcmp(is->name, want->name, sizeof(is->name)) != 0 || memcmp(is->peer, want->peer, sizeof(is->peer)) != 0)
		return "has another name or peer than what its number is";
	if (is->ipa != want->ipa || is->ipa2 != want->ipa2 || is->bytes != want->bytes)
		return "names another place or size than the image has";
	if (is->intid != want->intid)
		return "names another interrupt than the image has";
	return memcmp(is, want, sizeof(*is)) == 0 ? NULL : "has other flags, sizes or times than declared";
}

const char *info_port_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	const struct bh_cap *cap = info_cap(a, p, e, BH_CAP_PORT);
	const struct bh_port *port = cap ? &blob_ports(a->b)[cap->object] : NULL;
	const struct audit_channel *c = port ? channel_find(a, blob_name(a->b, port->name)) : NULL;
	struct bh_info_entry want = { .kind = BH_INFO_PORT, .cap = e->cap };
	bool sends = cap && cap->rights == BH_PORT_SEND;

	if (!c)
		return "names a port that does not exist";
	want.intid = sends ? port->send_intid : port->receive_intid;
	want.intid = want.intid == BH_NONE ? 0 : want.intid;
	want.flags = c->kind | (sends ? BH_INFO_PORT_SEND : 0) | (c->flags & BH_PORT_DROP ? BH_INFO_PORT_DROP : 0) |
		     (c->flags & BH_PORT_KEEP ? BH_INFO_PORT_KEEP : 0);
	want.ipa = port_piece_ipa(a, port, sends ? BLOB_REPLY_IN : BLOB_IN);
	want.ipa2 = port_piece_ipa(a, port, sends ? BLOB_OUT : BLOB_REPLY_OUT);
	want.bytes = c->bytes;
	want.reply_bytes = c->reply_bytes;
	want.depth = c->depth;
	want.period_ns = c->period_us * 1000ull;
	put_name(want.name, c->name);
	put_name(want.peer, a->d.part[sends ? c->to : c->from].name); /* who it is for, not who carries it */
	return compare(e, &want);
}

static const char *shared_entry(const struct audit *a, uint32_t p, const struct bh_info_entry *e, const struct audit_want *w)
{
	struct bh_info_entry want = { .kind = BH_INFO_SHARED, .ipa = w->at, .bytes = w->bytes };

	want.flags = (w->rights & BH_WRITE ? BH_INFO_SHARED_WRITE : 0) | (w->what == WHAT_CARRIED ? BH_INFO_SHARED_CARRIED : 0);
	if (w->what == WHAT_SHARED) {
		put_name(want.name, a->d.channel[w->object].name);
	} else {
		const struct bh_emul *emul = &blob_emuls(a->b)[w->object];

		put_name(want.name, a->d.channel[a->carries[w->object]].name);
		put_name(want.peer, owner_name(a, emul->client == p ? emul->server : emul->client));
	}
	return compare(e, &want);
}

const char *info_shared_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	for (uint32_t i = 0; i < a->wants.n; i++) {
		const struct audit_want *w = &a->wants.w[i];

		if (w->owner == p && (w->what == WHAT_SHARED || w->what == WHAT_CARRIED) && w->at == e->ipa)
			return shared_entry(a, p, e, w);
	}
	return "is no shared memory of this partition";
}

const char *info_control_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	const struct bh_cap *cap = info_cap(a, p, e, BH_CAP_CONTROL);
	struct bh_info_entry want = { .kind = BH_INFO_CONTROL, .cap = e->cap };

	if (!cap)
		return "names a capability that does not exist";
	want.flags = cap->rights;
	put_name(want.name, owner_name(a, cap->object));
	if (cap->rights & BH_CONTROL_MAY_INSPECT) {
		const struct audit_part *other = &a->d.part[a->part_of[cap->object]];

		want.ipa = BH_INSPECT_IPA;
		want.bytes = other->ram_bytes;
		want.ipa2 = other->dump_kib;
		want.depth = other->n_cores;
	}
	return compare(e, &want);
}

const char *info_monitor_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	const struct bh_cap *cap = info_cap(a, p, e, BH_CAP_MONITOR);
	struct bh_info_entry want = { .kind = BH_INFO_MONITOR, .cap = e->cap, .name = "monitor", .intid = a->b->monitor_intid };

	if (!cap)
		return "names a capability that does not exist";
	want.flags = cap->rights;
	want.period_ns = a->d.part[a->part_of[p]].core_silent_ns;
	return compare(e, &want);
}

/* Of each port its number in the blob, its kind, and who sends: not who carries it. */
const char *info_channel_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	struct bh_info_entry want = { .kind = BH_INFO_CHANNEL, .cap = e->cap };
	const struct audit_channel *c;

	if (!a->d.part[a->part_of[p]].monitor)
		return "names a port of the system, but this one is no monitor";
	c = e->cap < a->b->n_ports ? channel_find(a, blob_name(a->b, blob_ports(a->b)[e->cap].name)) : NULL;
	if (!c)
		return "names a port that does not exist";
	want.flags = c->kind;
	put_name(want.name, c->name);
	put_name(want.peer, a->d.part[c->from].name);
	return compare(e, &want);
}

static int part_named(const struct audit *a, const char *name)
{
	for (uint32_t i = 0; i < a->d.n_parts; i++)
		if (strncmp(a->d.part[i].name, name, BH_NAME_BYTES - 1) == 0)
			return (int)i;
	return -1;
}

const char *info_grant_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	struct bh_info_entry want = { .kind = BH_INFO_GRANT };
	int who = part_named(a, e->name), whom = part_named(a, e->peer);

	if (!a->d.part[a->part_of[p]].monitor)
		return "grants something, but this one is no monitor";
	if (who < 0 || whom < 0 || !declared_grant(&a->d, (uint32_t)who, (uint32_t)whom))
		return "grants what is not declared";
	want.flags = declared_rights(&a->d.part[who], (uint32_t)whom);
	put_name(want.name, a->d.part[who].name);
	put_name(want.peer, a->d.part[whom].name);
	return compare(e, &want);
}

static uint32_t grants(const struct audit *a)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->d.n_parts; i++)
		for (uint32_t k = 0; k < a->d.n_parts; k++)
			n += declared_grant(&a->d, i, k);
	return n;
}

const char *info_schedule_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	struct bh_info_entry want = { .kind = BH_INFO_SCHEDULE, .cap = e->cap, .name = "schedule" };

	return info_cap(a, p, e, BH_CAP_SCHEDULE) ? compare(e, &want) : "names a capability that does not exist";
}

const char *info_mode_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	const struct audit_part *part = &a->d.part[a->part_of[p]];
	struct bh_info_entry want = { .kind = BH_INFO_MODE, .cap = e->cap };

	if (!part->changes_mode && !part->reads_trace && !part->monitor)
		return "names a mode, but this one neither changes it nor reads the trace, and is no monitor";
	if (e->cap >= a->d.n_modes)
		return "names a mode that does not exist";
	put_name(want.name, a->d.mode[e->cap].name);
	return compare(e, &want);
}

const char *info_trace_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	const struct audit_want *w = want_of(a, p, WHAT_TRACE, 0);
	struct bh_info_entry want = { .kind = BH_INFO_TRACE, .bytes = a->b->trace_bytes, .depth = a->b->n_cores, .name = "trace" };

	if (!w)
		return "names trace rings, but this one does not see them";
	want.ipa = w->at;
	return compare(e, &want);
}

void info_counts(const struct audit *a, uint32_t p, uint32_t *want)
{
	static const uint32_t kinds[] = { [BH_CAP_SERVE] = BH_INFO_SERVE, [BH_CAP_PORT] = BH_INFO_PORT, [BH_CAP_CONTROL] = BH_INFO_CONTROL, [BH_CAP_SCHEDULE] = BH_INFO_SCHEDULE, [BH_CAP_MONITOR] = BH_INFO_MONITOR };
	const struct audit_part *part = &a->d.part[a->part_of[p]];
	const struct bh_partition *image = &blob_partitions(a->b)[p];

	for (uint32_t i = 0; i < part->n_devices; i++)
		want[BH_INFO_DEVICE] += part->device[i].n_spans;
	for (uint32_t i = 0; i < image->n_caps; i++)
		want[kinds[blob_caps(a->b)[image->first_cap + i].kind]]++;
	want[BH_INFO_LOG] = part->reads_log || part->monitor;
	want[BH_INFO_TRACE] = part->reads_trace;
	want[BH_INFO_MODE] = part->changes_mode || part->reads_trace || part->monitor ? a->b->n_modes : 0;
	want[BH_INFO_PARTITION] = part->reads_log || part->reads_trace || part->monitor ? a->b->n_partitions : 0;
	want[BH_INFO_CHANNEL] = part->monitor ? a->b->n_ports : 0;
	want[BH_INFO_GRANT] = part->monitor ? grants(a) : 0;
	for (uint32_t i = 0; i < a->b->n_emuls; i++)
		want[BH_INFO_EMULATED] += blob_emuls(a->b)[i].client == p;
	for (uint32_t i = 0; i < a->wants.n; i++)
		want[BH_INFO_SHARED] += a->wants.w[i].owner == p && (a->wants.w[i].what == WHAT_SHARED || a->wants.w[i].what == WHAT_CARRIED);
}
