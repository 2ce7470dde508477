/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages that a partition reads about itself: the information page must name exactly what it
 * holds, the boot parameters must stay within it, the empty virtio-mmio slots must be empty. A page
 * that all may read is no channel when what it holds is known.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/info.h"
#include "abi/stub.h"
#include "tools/audit_info.h"

#define RAM_IPA	       0x40000000u
#define VIRTIO_SLOT    0x200u
#define VIRTIO_MAGIC   0x74726976u /* "virt" */
#define VIRTIO_VERSION 2u

static const struct audit_part *part_at(const struct audit *a, uint32_t p)
{
	return &a->d.part[a->part_of[p]];
}

/* The keyboard is at first with the client that asks for it, else with the console's first client. */
static bool has_focus(const struct audit *a, uint32_t client)
{
	uint32_t console = part_at(a, client)->console, first = BH_NONE;

	for (uint32_t i = a->d.n_parts; i-- > 0;) {
		if (a->d.part[i].console != console)
			continue;
		if (first == BH_NONE || !a->d.part[first].keyboard || a->d.part[i].keyboard)
			first = i;
	}
	return first == a->part_of[client];
}

static const char *carried_name(const struct audit *a, uint32_t emul)
{
	const struct audit_channel *c = carried_channel(a, emul);

	return c ? c->name : "";
}

static uint32_t device_flag(const struct audit *a, uint32_t emul)
{
	return a->carries[emul] == AUDIT_WATCHDOG ? BH_INFO_SERVE_GWDT : BH_INFO_SERVE_PL011;
}

static const char *serve_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	const struct bh_cap *cap = info_cap(a, p, e, BH_CAP_SERVE);
	const struct audit_want *queue, *server;
	const struct bh_emul *emul;
	bool focus;

	if (!cap)
		return "names a capability that does not exist";
	emul = &blob_emuls(a->b)[cap->object];
	if (strcmp(e->name, owner_name(a, emul->client)) != 0 || strcmp(e->peer, carried_name(a, cap->object)) != 0)
		return "names another client or channel than its capability";
	queue = want_of(a, p, WHAT_QUEUE, cap->object);
	server = want_of(a, p, WHAT_SERVER, cap->object);
	if (!queue || !server || e->ipa != queue->at || e->ipa2 != server->at || e->bytes != emul->bytes)
		return "names other windows than its region's";
	if (e->intid != emul->doorbell)
		return "names another doorbell than its region's";
	focus = a->carries[cap->object] == AUDIT_CONSOLE && has_focus(a, emul->client);
	if (e->flags != (device_flag(a, cap->object) | (focus ? BH_INFO_SERVE_FOCUS : 0)))
		return "has wrong flags, or gives the keyboard to another than declared";
	if (e->period_ns != (a->carries[cap->object] == AUDIT_WATCHDOG ? part_at(a, emul->client)->watchdog_ns : 0))
		return "names another time to feed in than its client's";
	return NULL;
}

static const char *device_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	const struct audit_part *part = part_at(a, p);

	for (uint32_t i = 0; i < part->n_devices; i++) {
		const struct audit_device *dev = &part->device[i];
		bool span = false;

		for (uint32_t s = 0; s < dev->n_spans; s++)
			span = span || (dev->span[s].base == e->ipa && dev->span[s].bytes == e->bytes &&
					e->intid == (s < dev->n_lines ? dev->line[s].intid : 0));
		if (span && strcmp(e->name, dev->label) == 0)
			return NULL;
	}
	return "is no device of this partition";
}

static const char *log_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	const struct audit_want *log = want_of(a, p, WHAT_LOG, 0);

	if (!log || e->ipa != log->at || e->bytes != log->bytes)
		return "names another window than the log's";
	return e->intid == (part_at(a, p)->reads_log ? a->b->log_intid : 0) ? NULL : "names another doorbell than the log's";
}

static const char *emulated_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	for (uint32_t i = 0; i < a->b->n_emuls; i++) {
		const struct bh_emul *emul = &blob_emuls(a->b)[i];

		if (emul->client == p && emul->ipa == e->ipa && emul->bytes == e->bytes && emul->intid == e->intid &&
		    e->flags == device_flag(a, i) && strcmp(e->name, owner_name(a, emul->server)) == 0 &&
		    strcmp(e->peer, carried_name(a, i)) == 0)
			return NULL;
	}
	return "is no emulated region of this partition";
}

static const char *partition_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	const struct audit_part *part = part_at(a, p);

	if (!part->reads_log && !part->reads_trace && !part->monitor)
		return "names a partition, but this one reads neither the log nor the trace, and is no monitor";
	if (e->cap >= a->b->n_partitions || strcmp(e->name, owner_name(a, e->cap)) != 0)
		return "names no partition of the system";
	return e->depth == part_at(a, e->cap)->n_cores ? NULL : "names another number of vCPUs than declared";
}

static const char *entry_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e)
{
	if (memchr(e->name, 0, sizeof(e->name)) == NULL || memchr(e->peer, 0, sizeof(e->peer)) == NULL)
		return "has a name without end";
	switch ((enum bh_info_kind)e->kind) {
	case BH_INFO_DEVICE:
		return device_wrong(a, p, e);
	case BH_INFO_SERVE:
		return serve_wrong(a, p, e);
	case BH_INFO_LOG:
		return log_wrong(a, p, e);
	case BH_INFO_EMULATED:
		return emulated_wrong(a, p, e);
	case BH_INFO_PARTITION:
		return partition_wrong(a, p, e);
	case BH_INFO_PORT:
		return info_port_wrong(a, p, e);
	case BH_INFO_SHARED:
		return info_shared_wrong(a, p, e);
	case BH_INFO_CONTROL:
		return info_control_wrong(a, p, e);
	case BH_INFO_SCHEDULE:
		return info_schedule_wrong(a, p, e);
	case BH_INFO_MODE:
		return info_mode_wrong(a, p, e);
	case BH_INFO_TRACE:
		return info_trace_wrong(a, p, e);
	case BH_INFO_MONITOR:
		return info_monitor_wrong(a, p, e);
	case BH_INFO_CHANNEL:
		return info_channel_wrong(a, p, e);
	case BH_INFO_GRANT:
		return info_grant_wrong(a, p, e);
	}
	return "is of an unknown kind";
}

/* What entries of a kind have no meaning for is zero. */
static bool has_more(const struct bh_info_entry *e)
{
	bool peer = e->kind == BH_INFO_SERVE || e->kind == BH_INFO_EMULATED;

	if (e->kind >= BH_INFO_PORT)
		return false; /* these are compared whole */
	return e->reply_bytes || (e->depth && e->kind != BH_INFO_PARTITION) || (e->period_ns && e->kind != BH_INFO_SERVE) || (e->peer[0] && !peer);
}

/* As many entries of each kind as there are things, and no two alike: with the above, each thing is named once. */
static void check_counts(struct audit *a, uint32_t p, const struct bh_info *info)
{
	uint32_t want[BH_INFO_GRANT + 1] = { 0 }, is[BH_INFO_GRANT + 1] = { 0 };

	info_counts(a, p, want);
	for (uint32_t i = 0; i < info->n_entries; i++) {
		if (info->entry[i].kind <= BH_INFO_GRANT)
			is[info->entry[i].kind]++;
		for (uint32_t j = 0; j < i; j++)
			if (memcmp(&info->entry[i], &info->entry[j], sizeof(info->entry[i])) == 0)
				finding(a, "%s: information page, entries %u and %u are the same", owner_name(a, p), j, i);
	}
	for (uint32_t k = 1; k <= BH_INFO_GRANT; k++)
		if (is[k] != want[k])
			finding(a, "%s: information page has %u entries of kind %u, not %u", owner_name(a, p), is[k], k, want[k]);
}

static void check_info(struct audit *a, uint32_t p, const struct audit_want *w)
{
	const struct bh_info *info = image_at(a, w->pa, w->bytes);
	const struct audit_part *part = part_at(a, p);
	uint64_t used;

	if (!info || info->n_entries > (w->bytes - sizeof(*info)) / sizeof(info->entry[0])) {
		finding(a, "%s: information page at PA %#" PRIx64 " cannot be read", part->name, w->pa);
		return;
	}
	if (info->magic != BH_INFO_MAGIC || info->abi_version != BH_ABI_VERSION || info->n_vcpus != part->n_cores ||
	    info->ram_base != RAM_IPA || info->ram_bytes != part->ram_bytes ||
	    info->flags != (part->dedicated ? BH_INFO_DIRECT : 0) || info->reserved != 0 ||
	    strncmp(info->name, part->name, sizeof(info->name)) != 0)
		finding(a, "%s: information page at PA %#" PRIx64 " does not describe it", part->name, w->pa);
	for (uint32_t i = 0; i < info->n_entries; i++) {
		const char *wrong = entry_wrong(a, p, &info->entry[i]);

		if (!wrong && has_more(&info->entry[i]))
			wrong = "says more than an entry of its kind";
		if (wrong)
			finding(a, "%s: information page, entry %u (\"%.31s\") %s", part->name, i, info->entry[i].name, wrong);
	}
	check_counts(a, p, info);
	used = sizeof(*info) + info->n_entries * sizeof(info->entry[0]);
	if (!all_zero((const uint8_t *)info + used, w->bytes - used))
		finding(a, "%s: information page holds more than its entries", part->name);
}

static bool inside(uint64_t at, uint64_t bytes, uint64_t base, uint64_t size)
{
	return at >= base && at - base <= size && bytes <= size - (at - base);
}

static bool in_device(const struct audit_part *part, uint64_t at, uint64_t bytes)
{
	for (uint32_t i = 0; i < part->n_devices; i++)
		for (uint32_t s = 0; s < part->device[i].n_spans; s++)
			if (inside(at, bytes, part->device[i].span[s].base, part->device[i].span[s].bytes))
				return true;
	return false;
}

/* CRC-32C, bit by bit into a table of one byte's results. */
static uint32_t checksum(const uint8_t *p, uint64_t bytes)
{
	static uint32_t table[256];
	uint32_t crc = ~0u;

	for (uint32_t i = 0; i < 256 && table[255] == 0; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78u : 0);
	}
	while (bytes--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return ~crc;
}

/* What the stub will copy or check is what its checksum says: it will find no damage. */
static bool is_whole(const struct audit *a, const struct audit_want *from, uint64_t at, const struct bh_stub_op *op)
{
	const uint8_t *data;

	if (!from || !inside(at, op->bytes, from->at, from->bytes))
		return false;
	data = image_at(a, from->pa + (at - from->at), op->bytes);
	return data && checksum(data, op->bytes) == op->value;
}

/* The stub has only its partition's rights, so this is no question of isolation; but an operation
 * outside would be a fault at the first start. */
static bool op_fits(const struct audit *a, uint32_t p, const struct bh_stub_op *op)
{
	bool in_ram = inside(op->dst, op->bytes, RAM_IPA, part_at(a, p)->ram_bytes);

	if ((op->flags & ~BH_STUB_COLD) != 0 || (op->flags && op->kind != BH_STUB_CLEAR))
		return false; /* what comes from the payload is there after a warm start, too */

	switch ((enum bh_stub_kind)op->kind) {
	case BH_STUB_QUIET:
		return in_device(part_at(a, p), op->dst, op->bytes);
	case BH_STUB_CLEAR:
		return in_ram;
	case BH_STUB_COPY:
		return in_ram && is_whole(a, want_of(a, p, WHAT_PRISTINE, 0), op->src, op);
	case BH_STUB_CHECK:
		return in_ram && is_whole(a, want_of(a, p, WHAT_RAM, 0), op->dst, op);
	}
	return false;
}

/* One behind the other they write all of RAM; the address at which that is no longer so. */
static uint64_t ops_end(const struct bh_stub_params *params)
{
	uint64_t at = RAM_IPA;

	for (uint32_t i = 0; i < params->n_ops; i++) {
		if (params->op[i].kind == BH_STUB_QUIET)
			continue;
		if (params->op[i].dst != at)
			return 0;
		at += params->op[i].bytes;
	}
	return at;
}

static void check_params(struct audit *a, uint32_t p, const struct audit_want *w)
{
	const struct bh_stub_params *params = image_at(a, w->pa, w->bytes);
	const struct audit_part *part = part_at(a, p);
	uint64_t used;

	if (!params || params->n_ops > (w->bytes - sizeof(*params)) / sizeof(params->op[0])) {
		finding(a, "%s: boot parameters at PA %#" PRIx64 " cannot be read", part->name, w->pa);
		return;
	}
	if (params->magic != BH_STUB_MAGIC || params->abi_version != BH_ABI_VERSION || params->ram_base != RAM_IPA ||
	    params->ram_bytes != part->ram_bytes || !inside(params->entry, 4, RAM_IPA, part->ram_bytes))
		finding(a, "%s: boot parameters at PA %#" PRIx64 " are not this partition's", part->name, w->pa);
	if (ops_end(params) != RAM_IPA + part->ram_bytes)
		finding(a, "%s: boot operations do not write each byte of its RAM once", part->name);
	for (uint32_t i = 0; i < params->n_ops; i++)
		if (!op_fits(a, p, &params->op[i]))
			finding(a, "%s: boot operation %u is outside the partition, or its checksum or flags are wrong", part->name, i);
	used = sizeof(*params) + params->n_ops * sizeof(params->op[0]);
	if (!all_zero((const uint8_t *)params + used, w->bytes - used))
		finding(a, "%s: boot parameters hold more than their operations", part->name);
}

static void check_slots(struct audit *a, uint32_t p, const struct audit_want *w)
{
	const uint8_t *page = image_at(a, w->pa, w->bytes);
	bool empty = page != NULL;

	for (uint64_t slot = 0; empty && slot < w->bytes; slot += VIRTIO_SLOT) {
		uint32_t head[2];

		memcpy(head, page + slot, sizeof(head));
		empty = head[0] == VIRTIO_MAGIC && head[1] == VIRTIO_VERSION &&
			all_zero(page + slot + sizeof(head), VIRTIO_SLOT - sizeof(head));
	}
	if (!empty)
		finding(a, "%s: page at PA %#" PRIx64 " is not eight empty virtio-mmio slots", owner_name(a, p), w->pa);
}

void info_audit(struct audit *a)
{
	for (uint32_t i = 0; i < a->wants.n; i++) {
		const struct audit_want *w = &a->wants.w[i];

		if (w->what == WHAT_INFO)
			check_info(a, w->owner, w);
		else if (w->what == WHAT_PARAMS)
			check_params(a, w->owner, w);
		else if (w->what == WHAT_CONST)
			check_slots(a, w->owner, w);
	}
}
