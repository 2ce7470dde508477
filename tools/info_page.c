/* SPDX-License-Identifier: Apache-2.0 */
/* Writes each partition's information page (abi/info.h). */
#include <string.h>

#include "abi/log.h"
#include "tools/errors.h"
#include "tools/plan.h"

static void entry_add(struct part *part, struct bh_info_entry e, const char *name)
{
	struct bh_info *head;

	strncpy(e.name, name, sizeof(e.name) - 1);
	bytes_add(&part->payload.info, &e, sizeof(e));
	head = (struct bh_info *)part->payload.info.at;
	head->n_entries++;
}

static bool focus(const struct plan *p, const struct emulated *e)
{
	bool first = true;

	if (p->part[e->client].keyboard)
		return true;
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		if (p->emul[i].server != e->server)
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
				  d->name);
	}
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
							  .flags = BH_INFO_SERVE_PL011 | (focus(p, e) ? BH_INFO_SERVE_FOCUS : 0),
							  .ipa = e->queue_ipa,
							  .ipa2 = e->server_ipa,
							  .bytes = BH_PAGE },
				  p->part[e->client].name);
	}
}

static void add_emulated(const struct plan *p, struct part *part)
{
	if (part->console >= 0)
		entry_add(part,
			  (struct bh_info_entry){ .kind = BH_INFO_EMULATED,
						  .intid = PLAN_UART_INTID,
						  .flags = BH_INFO_SERVE_PL011,
						  .ipa = PLAN_UART_IPA,
						  .bytes = BH_PAGE },
			  p->part[part->console].name);
}

static void add_log(const struct plan *p, struct part *part)
{
	if (p->log_reader != (int)part->number)
		return;
	entry_add(part,
		  (struct bh_info_entry){
			  .kind = BH_INFO_LOG, .intid = part->log_intid, .ipa = part->log_ipa, .bytes = BH_LOG_PAGES * BH_PAGE },
		  "log");
	for (uint32_t i = 0; i < p->n_parts; i++)
		entry_add(part, (struct bh_info_entry){ .kind = BH_INFO_PARTITION, .cap = i }, p->part[i].name);
}

void info_plan(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];
		struct bh_info head = { .magic = BH_INFO_MAGIC,
					.abi_version = BH_ABI_VERSION,
					.n_vcpus = part->n_cores,
					.ram_base = PLAN_RAM_IPA,
					.ram_bytes = part->ram_bytes };

		strncpy(head.name, part->name, sizeof(head.name) - 1);
		bytes_add(&part->payload.info, &head, sizeof(head));
		add_devices(part);
		add_served(p, part);
		add_emulated(p, part);
		add_log(p, part);
		for (uint32_t r = 0; r < part->n_regions; r++)
			if (part->region[r].from == &part->info_pa)
				part->region[r].bytes = align_up(part->payload.info.n, BH_PAGE);
	}
}
