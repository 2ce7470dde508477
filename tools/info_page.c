/* SPDX-License-Identifier: Apache-2.0 */
/* Writes each partition's information page (abi/info.h). */
#include <string.h>

#include "abi/log.h"
#include "tools/errors.h"
#include "tools/monitor.h"
#include "tools/plan.h"

#define INFO_MAX 0x10000u

static void entry_add(struct part *part, struct bh_info_entry e, const char *name, const char *peer)
{
	struct bh_info *head;

	strncpy(e.name, name, sizeof(e.name) - 1);
	strncpy(e.peer, peer, sizeof(e.peer) - 1);
	bytes_add(&part->payload.info, &e, sizeof(e));
	head = (struct bh_info *)part->payload.info.at;
	head->n_entries++;
}

static bool focus(const struct plan *p, const struct emulated *e)
{
	bool first = true;

	if (e->channel || e->watchdog)
		return false;
	if (p->part[e->client].keyboard)
		return true;
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		if (p->emul[i].server != e->server || p->emul[i].channel || p->emul[i].watchdog)
			continue;
		if (p->part[p->emul[i].client].keyboard)
			return false;
		first = first && (&p->emul[i] >= e);
	}
	return first;
}

static void add_devices(struct part *part)
{
	for (uint32_t i = 0; i < part->n_devices; i++) {
		const struct device *d = part->device[i];

		for (uint32_t s = 0; s < d->n_spans; s++)
			entry_add(part,
				  (struct bh_info_entry){ .kind = BH_INFO_DEVICE,
							  .intid = d->n_lines ? d->line[s < d->n_lines ? s : d->n_lines - 1].intid : 0,
							  .ipa = d->span[s].base,
							  .bytes = d->span[s].bytes },
				  d->name, "");
	}
}

static uint32_t device_flag(const struct emulated *e)
{
	return e->watchdog ? BH_INFO_SERVE_GWDT : BH_INFO_SERVE_PL011;
}

static void add_served(const struct plan *p, struct part *part)
{
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		const struct emulated *e = &p->emul[i];

		if (e->server == part->number)
			entry_add(part,
				  (struct bh_info_entry){ .kind = BH_INFO_SERVE,
							  .cap = e->cap,
							  .intid = e->doorbell,
							  .flags = device_flag(e) | (focus(p, e) ? BH_INFO_SERVE_FOCUS : 0),
							  .ipa = e->queue_ipa,
							  .ipa2 = e->server_ipa,
							  .bytes = e->bytes,
							  .period_ns = e->watchdog ? p->part[e->client].watchdog_ns : 0 },
				  p->part[e->client].name, e->channel ? e->channel->name : "");
	}
}

static void add_emulated(const struct plan *p, struct part *part)
{
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		const struct emulated *e = &p->emul[i];

		if (e->client == part->number)
			entry_add(part,
				  (struct bh_info_entry){
					  .kind = BH_INFO_EMULATED, .intid = e->intid, .flags = device_flag(e), .ipa = e->ipa, .bytes = e->bytes },
				  p->part[e->server].name, e->channel ? e->channel->name : "");
	}
}

static void add_port(const struct plan *p, struct part *part, const struct channel *c, bool sends)
{
	const struct channel_end *end = sends ? &c->from : &c->to, *other = sends ? &c->to : &c->from;

	entry_add(part,
		  (struct bh_info_entry){ .kind = BH_INFO_PORT,
					  .cap = end->cap,
					  .intid = end->intid == BH_NONE ? 0 : end->intid,
					  .flags = c->kind | (sends ? BH_INFO_PORT_SEND : 0) | (c->drop ? BH_INFO_PORT_DROP : 0) | (c->keep ? BH_INFO_PORT_KEEP : 0),
					  .ipa = end->in == ~0ull ? 0 : part->in_ipa + end->in,
					  .ipa2 = end->out == ~0ull ? 0 : part->out_ipa + end->out,
					  .bytes = c->bytes,
					  .reply_bytes = c->reply_bytes,
					  .depth = c->depth,
					  .period_ns = c->period_us * 1000 },
		  c->name, p->part[other->part].name);
}

static void add_ports(const struct plan *p, struct part *part)
{
	for (uint32_t i = 0; i < p->n_channels; i++) {
		const struct channel *c = &p->channel[i];

		if (c->kind == CHANNEL_SHARED)
			continue;
		if (c->from.holder == (int)part->number)
			add_port(p, part, c, true);
		if (c->to.holder == (int)part->number)
			add_port(p, part, c, false);
	}
}

static void add_carried(const struct plan *p, struct part *part)
{
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		const struct emulated *e = &p->emul[i];
		bool client = e->client == part->number;

		if (e->window_bytes && (client || e->server == part->number))
			entry_add(part,
				  (struct bh_info_entry){ .kind = BH_INFO_SHARED,
							  .flags = BH_INFO_SHARED_WRITE | BH_INFO_SHARED_CARRIED,
							  .ipa = client ? e->window_ipa : e->server_window_ipa,
							  .bytes = e->window_bytes },
				  e->channel->name, p->part[client ? e->server : e->client].name);
	}
}

static void add_shared(const struct plan *p, struct part *part)
{
	for (uint32_t i = 0; i < p->n_channels; i++) {
		const struct channel *c = &p->channel[i];
		bool writes = c->writer[part->number];

		if (writes || c->reader[part->number])
			entry_add(part,
				  (struct bh_info_entry){ .kind = BH_INFO_SHARED,
							  .flags = writes ? BH_INFO_SHARED_WRITE : 0,
							  .ipa = c->ipa[part->number],
							  .bytes = c->size },
				  c->name, "");
	}
}

static void add_controls(const struct plan *p, struct part *part)
{
	for (uint32_t i = 0; i < part->n_controls; i++) {
		const struct part *other = &p->part[part->control[i].part];
		struct bh_info_entry e = { .kind = BH_INFO_CONTROL, .cap = part->control_cap + i, .flags = part->control[i].rights };

		if (e.flags & BH_CONTROL_MAY_INSPECT) {
			e.ipa = BH_INSPECT_IPA;
			e.bytes = other->ram_bytes;
			e.depth = other->n_cores;
			e.ipa2 = other->dump_bytes == PLAN_DUMP_ALL ? ~0ull : other->dump_bytes / KIB;
		}
		entry_add(part, e, other->name, "");
	}
}

static void add_partitions(const struct plan *p, struct part *part)
{
	bool reads = part->reads_trace || part->monitor || p->log_reader == (int)part->number;

	for (uint32_t i = 0; i < p->n_parts && reads; i++)
		entry_add(part, (struct bh_info_entry){ .kind = BH_INFO_PARTITION, .cap = i, .depth = p->part[i].n_cores }, p->part[i].name, "");
}

/* Every port of the system, in the order in which the blob has them. */
static void add_channels(const struct plan *p, struct part *part)
{
	uint32_t port = 0;

	for (uint32_t i = 0; i < p->n_channels; i++) {
		const struct channel *c = &p->channel[i];

		if (c->kind != CHANNEL_SHARED)
			entry_add(part, (struct bh_info_entry){ .kind = BH_INFO_CHANNEL, .cap = port++, .flags = c->kind }, c->name,
				  p->part[c->from.part].name);
	}
}

static void add_grants(const struct plan *p, struct part *part)
{
	for (uint32_t i = 0; i < p->n_parts; i++)
		for (uint32_t k = 0; k < p->part[i].n_controls; k++) {
			const struct control *c = &p->part[i].control[k];

			if (monitor_grant(p, i, c->part))
				entry_add(part, (struct bh_info_entry){ .kind = BH_INFO_GRANT, .flags = c->rights }, p->part[i].name,
					  p->part[c->part].name);
		}
}

static void add_monitor(const struct plan *p, struct part *part)
{
	if (!part->monitor)
		return;
	entry_add(part,
		  (struct bh_info_entry){ .kind = BH_INFO_MONITOR,
					  .cap = part->monitor_cap,
					  .intid = part->monitor_intid,
					  .flags = part->resets_system ? BH_MONITOR_MAY_RESET : 0,
					  .period_ns = part->core_silent_ns },
		  "monitor", "");
	add_channels(p, part);
	add_grants(p, part);
}

static void add_time(const struct plan *p, struct part *part)
{
	if (part->sets_mode)
		entry_add(part, (struct bh_info_entry){ .kind = BH_INFO_SCHEDULE, .cap = part->schedule_cap }, "schedule", "");
	for (uint32_t i = 0; i < p->n_modes && (part->sets_mode || part->reads_trace || part->monitor); i++)
		entry_add(part, (struct bh_info_entry){ .kind = BH_INFO_MODE, .cap = i }, p->mode[i].name, "");
	if (part->reads_trace)
		entry_add(part,
			  (struct bh_info_entry){
				  .kind = BH_INFO_TRACE, .ipa = part->trace_ipa, .bytes = p->trace_bytes, .depth = p->n_cores },
			  "trace", "");
}

static void add_log(const struct plan *p, struct part *part)
{
	if (p->log_reader != (int)part->number && !part->monitor)
		return;
	entry_add(part,
		  (struct bh_info_entry){
			  .kind = BH_INFO_LOG, .intid = part->log_intid, .ipa = part->log_ipa, .bytes = bh_log_bytes(p->n_parts) },
		  "log", "");
}

void info_plan(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];
		struct bh_info head = { .magic = BH_INFO_MAGIC,
					.abi_version = BH_ABI_VERSION,
					.n_vcpus = part->n_cores,
					.ram_base = PLAN_RAM_IPA,
					.ram_bytes = part->ram_bytes,
					.flags = part->dedicated ? BH_INFO_DIRECT : 0 };

		strncpy(head.name, part->name, sizeof(head.name) - 1);
		bytes_add(&part->payload.info, &head, sizeof(head));
		add_devices(part);
		add_served(p, part);
		add_emulated(p, part);
		add_log(p, part);
		add_partitions(p, part);
		add_ports(p, part);
		add_carried(p, part);
		add_shared(p, part);
		add_controls(p, part);
		add_time(p, part);
		add_monitor(p, part);
		if (part->payload.info.n > INFO_MAX)
			blame(p, part->path, NULL,
			      "its information page has %llu KiB, for all that it holds; at most %u KiB are possible: give it fewer "
			      "channels, devices or regions to serve",
			      (unsigned long long)((part->payload.info.n + KIB - 1) / KIB), INFO_MAX / 1024);
		for (uint32_t r = 0; r < part->n_regions; r++)
			if (part->region[r].from == &part->info_pa)
				part->region[r].bytes = align_up(part->payload.info.n, BH_PAGE);
	}
}
