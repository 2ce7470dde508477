/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the blob (abi/blob.h). */
#include <stdlib.h>
#include <string.h>

#include "abi/pl011.h"
#include "abi/emul.h"
#include "abi/gwdt.h"
#include "lib/blob_check.h"
#include "tools/plan.h"

/* The blob while it is written: arrays are added one by one, names are gathered beside. */
struct writer {
	struct plan *p;
	struct bh_blob head;
	struct bytes body, names;
};

static uint32_t array_begin(struct writer *w)
{
	bytes_align(&w->body, 8);
	return (uint32_t)(sizeof(w->head) + w->body.n);
}

static uint32_t name(struct writer *w, const char *s)
{
	size_t n = strlen(s) + 1;

	for (size_t at = 0; at < w->names.n; at += strlen((char *)w->names.at + at) + 1)
		if (strcmp((char *)w->names.at + at, s) == 0)
			return (uint32_t)at;
	bytes_add(&w->names, s, n);
	return (uint32_t)(w->names.n - n);
}

static void write_cores(struct writer *w)
{
	const struct plan *p = w->p;

	w->head.n_cores = p->n_cores;
	w->head.off_cores = array_begin(w);
	for (uint32_t i = 0; i < p->n_cores; i++) {
		const struct plan_core *c = &p->core[i];
		struct bh_core core = { .mpidr = p->board.mpidr[c->board],
					.stack_va = c->stack_va,
					.gicr_va = c->gicr_va,
					.n_vcpus = c->n_vcpus,
					.door_pa = c->door_pa,
					.door_va = c->door_va };

		memcpy(core.vcpu, c->vcpu, sizeof(core.vcpu));
		bytes_add(&w->body, &core, sizeof(core));
	}
}

static void write_health(struct bh_partition *d, const struct part *part)
{
	memcpy(d->health, part->health, sizeof(d->health));
	d->limit = part->limit;
	d->limit_n = part->limit_n;
	d->limit_ns = part->limit_ns;
	d->watchdog_ns = part->watchdog_ns;
	d->watchdog_first_ns = part->watchdog_first_ns;
	d->watchdog_open_ns = part->watchdog_open_ns;
	d->answer_ns = part->answer_ns;
	d->log_pace_ns = part->log_pace_ns;
}

static void write_partitions(struct writer *w)
{
	struct plan *p = w->p;
	struct bh_partition d = { 0 };

	w->head.n_partitions = p->n_parts;
	w->head.off_partitions = array_begin(w);
	for (uint32_t i = 0; i < p->n_parts; i++) {
		const struct part *part = &p->part[i];

		d.name = name(w, part->name);
		d.flags = (part->setway ? BH_PART_SETWAY_NATIVE : 0) | (part->restart ? BH_PART_RESTART : 0) | (part->dump_bytes ? BH_PART_DUMP : 0) |
			  (part->dedicated ? BH_PART_DEDICATED : 0) | (part->native_wfi ? BH_PART_NATIVE_WFI : 0);
		d.first_vcpu = part->first_vcpu;
		d.n_vcpus = part->n_cores;
		d.first_region += d.n_regions;
		d.n_regions = part->n_regions;
		d.first_cap += d.n_caps;
		d.n_caps = part->n_caps;
		d.first_smc += d.n_smcs;
		d.n_smcs = part->n_smcs;
		d.vmid = i + 1;
		d.fp = part->fp;
		d.root = part->root;
		d.root_va = part->root_va;
		write_health(&d, part);
		bytes_add(&w->body, &d, sizeof(d));
	}
}

static void write_vcpu(struct writer *w, const struct part *part, uint32_t index)
{
	const struct plan *p = w->p;
	struct bh_vcpu v = { .partition = part->number, .index = index, .budget_ns = part->budget_ns, .period_ns = part->period_ns };

	while (v.core < p->n_cores - 1 && p->core[v.core].board != part->core[index])
		v.core++;
	while (v.rank < BH_MAX_CORE_VCPUS - 1 && p->core[v.core].vcpu[v.rank] != part->first_vcpu + index)
		v.rank++;
	bytes_add(&w->body, &v, sizeof(v));
}

static void write_vcpus(struct writer *w)
{
	w->head.n_vcpus = w->p->n_vcpus;
	w->head.off_vcpus = array_begin(w);
	for (uint32_t i = 0; i < w->p->n_parts; i++)
		for (uint32_t k = 0; k < w->p->part[i].n_cores; k++)
			write_vcpu(w, &w->p->part[i], k);
}

static void write_windows(struct writer *w)
{
	const struct plan *p = w->p;

	w->head.off_windows = array_begin(w);
	for (uint32_t m = 0; m < p->n_modes; m++)
		for (uint32_t i = 0; i < p->mode[m].n_windows; i++, w->head.n_windows++) {
			const struct plan_window *from = &p->mode[m].window[i];
			struct bh_window d = { .start_ns = from->start_ns, .end_ns = from->end_ns, .ranks = from->ranks };

			bytes_add(&w->body, &d, sizeof(d));
		}
}

static void write_modes(struct writer *w)
{
	const struct plan *p = w->p;

	w->head.n_modes = p->n_modes;
	w->head.off_modes = array_begin(w);
	for (uint32_t m = 0; m < p->n_modes; m++) {
		struct bh_mode d = { .name = name(w, p->mode[m].name),
				     .flags = p->mode[m].at_once ? BH_MODE_AT_ONCE : 0,
				     .frame_ns = p->mode[m].frame_ns };

		bytes_add(&w->body, &d, sizeof(d));
	}
}

static void write_plans(struct writer *w)
{
	const struct plan *p = w->p;
	struct bh_plan d = { 0 };

	w->head.n_plans = p->n_modes * p->n_cores;
	w->head.off_plans = array_begin(w);
	for (uint32_t m = 0; m < p->n_modes; m++)
		for (uint32_t c = 0; c < p->n_cores; c++) {
			d.first_window += d.n_windows;
			d.n_windows = p->mode[m].n_core_windows[c];
			d.always = p->mode[m].always[c];
			d.slack = p->mode[m].slack_ranks[c];
			d.budgets = p->mode[m].budgets[c];
			bytes_add(&w->body, &d, sizeof(d));
		}
}

/* Is there a region of that kind? */
static bool has_emul(const struct plan *p, bool watchdog)
{
	for (uint32_t i = 0; i < p->n_emuls; i++)
		if (p->emul[i].watchdog == watchdog)
			return true;
	return false;
}

/* A table for all PL011s, then one for all watchdogs. */
static uint32_t reg_of(const struct plan *p, const struct emulated *e)
{
	return e->watchdog && has_emul(p, false) ? BH_PL011_BYTES / 4 : 0;
}

static void write_emuls(struct writer *w)
{
	const struct plan *p = w->p;

	w->head.n_emuls = p->n_emuls;
	w->head.off_emuls = array_begin(w);
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		const struct emulated *e = &p->emul[i];
		struct bh_emul d = { .client = e->client,
				     .server = e->server,
				     .ipa = e->ipa,
				     .bytes = e->bytes,
				     .intid = e->intid,
				     .doorbell = e->doorbell,
				     .queue_va = e->queue_va,
				     .server_va = e->server_va,
				     .reg = reg_of(p, e),
				     .down = e->channel || e->watchdog ? BH_DOWN_ZERO : p->part[e->client].down };

		bytes_add(&w->body, &d, sizeof(d));
	}
}

static void write_regions(struct writer *w)
{
	w->head.off_regions = array_begin(w);
	for (uint32_t i = 0; i < w->p->n_parts; i++)
		for (uint32_t k = 0; k < w->p->part[i].n_regions; k++) {
			const struct region *r = &w->p->part[i].region[k];
			struct bh_region d = { .ipa = r->ipa,
					       .bytes = align_up(r->bytes, BH_PAGE),
					       .pa = r->pa,
					       .kind = r->kind,
					       .rights = r->rights,
					       .name = name(w, r->name),
					       .object = r->object };

			bytes_add(&w->body, &d, sizeof(d));
			w->head.n_regions++;
		}
}

/* Where a piece of a holder's window is for the kernel; 0: it has none. */
static uint64_t in_va(const struct plan *p, const struct channel_end *e)
{
	return e->in == ~0ull ? 0 : p->part[e->holder].in_va + e->in;
}

static uint64_t out_va(const struct plan *p, const struct channel_end *e)
{
	return e->out == ~0ull ? 0 : p->part[e->holder].out_va + e->out;
}

static void write_port(struct writer *w, const struct channel *c)
{
	const struct plan *p = w->p;
	struct bh_port d = { .kind = c->kind,
			     .flags = (c->drop ? BH_PORT_DROP : 0) | (c->keep ? BH_PORT_KEEP : 0),
			     .sender = (uint32_t)c->from.holder,
			     .receiver = (uint32_t)c->to.holder,
			     .send_cap = c->from.cap,
			     .receive_cap = c->to.cap,
			     .send_intid = c->from.intid,
			     .receive_intid = c->to.intid,
			     .bytes = c->bytes,
			     .reply_bytes = c->reply_bytes,
			     .depth = c->depth,
			     .name = name(w, c->name),
			     .out_va = out_va(p, &c->from),
			     .in_va = in_va(p, &c->to),
			     .reply_out_va = out_va(p, &c->to),
			     .reply_in_va = in_va(p, &c->from) };

	bytes_add(&w->body, &d, sizeof(d));
	w->head.n_ports++;
}

/* In the order of the channels. */
static void write_ports(struct writer *w)
{
	w->head.off_ports = array_begin(w);
	for (uint32_t i = 0; i < w->p->n_channels; i++)
		if (w->p->channel[i].kind != CHANNEL_SHARED)
			write_port(w, &w->p->channel[i]);
}

static void cap_add(struct writer *w, uint32_t kind, uint32_t object, uint32_t rights, uint64_t root)
{
	struct bh_cap c = { .kind = kind, .object = object, .rights = rights, .root_page = (uint32_t)(root / BH_PAGE) };

	bytes_add(&w->body, &c, sizeof(c));
	w->head.n_caps++;
}

/* In the order in which port_plan.c numbers them. */
static void write_part_caps(struct writer *w, const struct part *part)
{
	const struct plan *p = w->p;
	uint32_t port = 0;

	for (uint32_t i = 0; i < p->n_channels; i++) {
		const struct channel *c = &p->channel[i];

		if (c->kind == CHANNEL_SHARED)
			continue;
		if (c->from.holder == (int)part->number)
			cap_add(w, BH_CAP_PORT, port, BH_PORT_SEND, 0);
		if (c->to.holder == (int)part->number)
			cap_add(w, BH_CAP_PORT, port, BH_PORT_RECEIVE, 0);
		port++;
	}
	for (uint32_t e = 0; e < p->n_emuls; e++)
		if (p->emul[e].server == part->number)
			cap_add(w, BH_CAP_SERVE, e, 0, 0);
	for (uint32_t i = 0; i < part->n_controls; i++)
		cap_add(w, BH_CAP_CONTROL, part->control[i].part, part->control[i].rights, part->control[i].root);
	if (part->sets_mode)
		cap_add(w, BH_CAP_SCHEDULE, 0, 0, 0);
	if (part->monitor)
		cap_add(w, BH_CAP_MONITOR, 0, part->resets_system ? BH_MONITOR_MAY_RESET : 0, 0);
}

static void write_caps(struct writer *w)
{
	w->head.off_caps = array_begin(w);
	for (uint32_t i = 0; i < w->p->n_parts; i++)
		write_part_caps(w, &w->p->part[i]);
}

static int by_pintid(const void *x, const void *y)
{
	const struct bh_irq *a = x, *b = y;

	return a->pintid < b->pintid ? -1 : a->pintid > b->pintid;
}

static void irq_add(struct writer *w, struct bytes *irqs, struct bh_irq irq)
{
	const struct bh_irq *q = (const void *)irqs->at;

	for (uint32_t i = 0; i < w->head.n_irqs; i++)
		if (q[i].pintid == irq.pintid)
			return; /* two devices of one partition on one line */
	bytes_add(irqs, &irq, sizeof(irq));
	w->head.n_irqs++;
}

static void write_irqs(struct writer *w)
{
	struct bytes irqs = { 0 };

	for (uint32_t i = 0; i < w->p->n_parts; i++)
		for (uint32_t d = 0; d < w->p->part[i].n_devices; d++)
			for (uint32_t l = 0; l < w->p->part[i].device[d]->n_lines; l++) {
				const struct line *line = &w->p->part[i].device[d]->line[l];

				irq_add(w, &irqs,
					(struct bh_irq){ .pintid = line->intid,
							 .vintid = line->intid,
							 .partition = i,
							 .flags = line->level ? BH_IRQ_LEVEL : 0 });
			}
	for (uint32_t i = 0; i < w->p->n_notices; i++)
		irq_add(w, &irqs,
			(struct bh_irq){ .pintid = w->p->notice[i].intid,
					 .vintid = w->p->notice[i].intid,
					 .partition = w->p->notice[i].part,
					 .flags = BH_IRQ_NOTICE });
	if (irqs.n)
		qsort(irqs.at, w->head.n_irqs, sizeof(struct bh_irq), by_pintid);
	w->head.off_irqs = array_begin(w);
	bytes_add(&w->body, irqs.at, irqs.n);
	free(irqs.at);
}

static void write_smcs(struct writer *w)
{
	w->head.off_smcs = array_begin(w);
	for (uint32_t i = 0; i < w->p->n_parts; i++) {
		bytes_add(&w->body, w->p->part[i].smc, w->p->part[i].n_smcs * sizeof(uint32_t));
		w->head.n_smcs += w->p->part[i].n_smcs;
	}
}

static void write_table(struct writer *w, uint8_t (*register_of)(uint32_t offset), uint32_t bytes)
{
	for (uint32_t offset = 0; offset < bytes; offset += 4) {
		uint8_t how = register_of(offset);

		bytes_add(&w->body, &how, 1);
		w->head.reg_bytes++;
	}
}

static void write_regs(struct writer *w)
{
	w->head.off_regs = array_begin(w);
	if (has_emul(w->p, false))
		write_table(w, bh_pl011_register, BH_PL011_BYTES);
	if (has_emul(w->p, true))
		write_table(w, bh_gwdt_register, BH_GWDT_BYTES);
}

static void write_head(struct writer *w)
{
	const struct plan *p = w->p;
	struct bh_blob *b = &w->head;

	b->magic = BH_BLOB_MAGIC;
	b->abi_version = BH_ABI_VERSION;
	b->core_state_va = p->core_state_va;
	b->partition_state_va = p->partition_state_va;
	b->vcpu_state_va = p->vcpu_state_va;
	b->emul_state_va = p->emul_state_va;
	b->port_state_va = p->port_state_va;
	b->log_va = p->log_va;
	b->trace_va = p->trace_va;
	b->trace_bytes = p->trace_bytes;
	b->empty_root = p->empty_root;
	b->gicd_va = p->gicd_va;
	b->uart_va = p->uart_va;
	b->uart_kind = p->board.uart_kind;
	b->psci = p->board.psci;
	b->gic_version = 3;
	b->timer_intid = p->board.timer_intid;
	b->maintenance_intid = p->board.maintenance_intid;
	b->n_intids = PLAN_INTIDS;
	b->log_reader = p->log_reader < 0 ? BH_NONE : (uint32_t)p->log_reader;
	b->log_intid = p->log_reader < 0 ? 0 : p->part[p->log_reader].log_intid;
	b->monitor = p->monitor < 0 ? BH_NONE : (uint32_t)p->monitor;
	b->monitor_intid = p->monitor < 0 ? 0 : p->part[p->monitor].monitor_intid;
	b->system_name = name(w, p->system_name);
	b->board_name = name(w, p->board.name);
	b->ipa_bits = p->ipa_bits;
}

void blob_write(struct plan *p)
{
	struct writer w = { .p = p };

	write_cores(&w);
	write_partitions(&w);
	write_vcpus(&w);
	write_modes(&w);
	write_plans(&w);
	write_windows(&w);
	write_emuls(&w);
	write_ports(&w);
	write_regions(&w);
	write_caps(&w);
	write_irqs(&w);
	write_smcs(&w);
	write_regs(&w);
	write_head(&w);
	w.head.off_names = array_begin(&w);
	w.head.names_bytes = (uint32_t)w.names.n;
	bytes_add(&w.body, w.names.at, w.names.n);
	bytes_align(&w.body, 8);
	w.head.total_bytes = (uint32_t)(sizeof(w.head) + w.body.n);
	p->blob.n = 0;
	bytes_add(&p->blob, &w.head, sizeof(w.head));
	bytes_add(&p->blob, w.body.at, w.body.n);
	free(w.body.at);
	free(w.names.at);
}
