/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows that the image has. Whatever the tables say counts, declared or not: pages that one partition
 * can write and another can read, pages of the kernel's that hold what somebody sent, ports, emulated
 * regions, devices, interrupts, the log, control. Trusted DMA alone is only in the description.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/audit_flow.h"

#define S2_READ	 (1ull << 6)
#define S2_WRITE (1ull << 7)

static __attribute__((format(printf, 4, 5))) void flow(struct flows *f, uint32_t from, uint32_t to, const char *format, ...)
{
	struct flow_edge e = { .from = from, .to = to };
	va_list args;

	va_start(args, format);
	vsnprintf(e.why, sizeof(e.why), format, args);
	va_end(args);
	for (uint32_t i = 0; i < f->n_edges; i++)
		if (f->edge[i].from == from && f->edge[i].to == to) /* one reason is enough */
			return;
	if (f->n_edges == f->room) {
		f->room = f->room * 2 + 64;
		f->edge = must_alloc(f->edge, f->room * sizeof(e));
	}
	f->edge[f->n_edges++] = e;
}

/* --- nodes --- */

uint32_t flow_node(struct flows *f, int node)
{
	for (uint32_t i = 0; i < f->n_nodes; i++)
		if (f->node[i].node == node)
			return i;
	if (f->n_nodes == FLOW_NODES)
		unreadable("too many devices in partitions and policy");
	f->node[f->n_nodes].node = node;
	device_read(&f->a->d, node, &f->node[f->n_nodes].device);
	f->node[f->n_nodes].name = f->node[f->n_nodes].device.label;
	return f->n_nodes++;
}

static void add_nodes(struct flows *f)
{
	const struct audit *a = f->a;

	for (uint32_t p = 0; p < a->b->n_partitions; p++) {
		const struct audit_part *part = &a->d.part[a->part_of[p]];

		f->node[p] = (struct flow_node){ .name = part->name, .node = part->node };
	}
	f->n_nodes = a->b->n_partitions;
	for (uint32_t i = 0; i < a->d.n_parts; i++)
		for (uint32_t d = 0; d < a->d.part[i].n_devices; d++)
			flow_node(f, a->d.part[i].device[d].node_offset);
}

/* --- pages --- */

static bool meet(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

/* What is declared at a page for whom writes it, for the path that is printed. */
static const char *page_name(const struct audit *a, uint32_t owner, uint64_t pa)
{
	static char text[2 * AUDIT_NAME];

	for (uint32_t i = 0; i < a->wants.n; i++) {
		const struct audit_want *w = &a->wants.w[i];

		if (w->owner != owner || pa < w->pa || pa - w->pa >= w->bytes)
			continue;
		snprintf(text, sizeof(text), "%s%s%s at PA %#" PRIx64, what_name(w->what), w->what == WHAT_SHARED ? " " : "",
			 w->what == WHAT_SHARED ? a->d.channel[w->object].name : "", pa);
		return text;
	}
	snprintf(text, sizeof(text), "memory at PA %#" PRIx64, pa);
	return text;
}

static void pages_between(struct flows *f, const struct audit_walked *x, const struct audit_walked *y)
{
	for (uint32_t i = 0; i < x->found.n; i++)
		for (uint32_t j = 0; j < y->found.n; j++) {
			const struct audit_range *from = &x->found.r[i], *to = &y->found.r[j];
			uint64_t pa = from->pa > to->pa ? from->pa : to->pa;

			if ((from->bits & S2_WRITE) && (to->bits & S2_READ) && meet(from->pa, from->bytes, to->pa, to->bytes))
				flow(f, x->owner, y->owner, "%s", page_name(f->a, x->owner, pa));
		}
}

static bool maps(const struct audit_walked *w, uint64_t pa, uint64_t bytes, uint64_t bits)
{
	for (uint32_t i = 0; i < w->found.n; i++)
		if ((w->found.r[i].bits & bits) && meet(w->found.r[i].pa, w->found.r[i].bytes, pa, bytes))
			return true;
	return false;
}

static uint64_t share_pa(const struct audit *a, uint64_t va)
{
	return va - a->h->share_va + a->h->share_pa;
}

/* The kernel writes there what `source` sent: it flows to whoever can read it. */
static void read_by(struct flows *f, const struct audit_walked *w, uint32_t source, struct blob_piece piece, const char *what)
{
	if (piece.bytes && w->owner != source && maps(w, share_pa(f->a, piece.va), piece.bytes, S2_READ))
		flow(f, source, w->owner, "%s at PA %#" PRIx64, what, share_pa(f->a, piece.va));
}

/* The kernel passes on to `sink` what stands there: it flows from whoever can write it. */
static void written_by(struct flows *f, const struct audit_walked *w, uint32_t sink, struct blob_piece piece, const char *what)
{
	if (piece.bytes && w->owner != sink && maps(w, share_pa(f->a, piece.va), piece.bytes, S2_WRITE))
		flow(f, w->owner, sink, "%s at PA %#" PRIx64, what, share_pa(f->a, piece.va));
}

static void kernel_pages(struct flows *f, const struct audit_walked *w)
{
	const struct bh_blob *b = f->a->b;

	for (uint32_t i = 0; i < b->n_ports; i++) {
		const struct bh_port *p = &blob_ports(b)[i];

		read_by(f, w, p->sender, blob_port_piece(p, BLOB_IN), "slots");
		read_by(f, w, p->receiver, blob_port_piece(p, BLOB_REPLY_IN), "slot for replies");
		written_by(f, w, p->receiver, blob_port_piece(p, BLOB_OUT), "buffer");
		written_by(f, w, p->sender, blob_port_piece(p, BLOB_REPLY_OUT), "buffer for replies");
	}
	for (uint32_t i = 0; i < b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(b)[i];

		read_by(f, w, e->client, (struct blob_piece){ e->queue_va, BH_PAGE }, "queue page");
		written_by(f, w, e->client, (struct blob_piece){ e->server_va, BH_PAGE + e->bytes }, "server pages");
	}
	for (uint32_t p = 0; p < b->n_partitions; p++)
		read_by(f, w, p, (struct blob_piece){ b->log_va, bh_log_bytes(b->n_partitions) }, "health log");
	for (uint32_t p = 0; p < b->n_partitions; p++) /* what each did, and when */
		read_by(f, w, p, (struct blob_piece){ b->trace_va, b->n_cores * b->trace_bytes }, "trace");
}

static bool is_partition(const struct audit_walked *w)
{
	return w->owner != AUDIT_KERNEL;
}

static void find_pages(struct flows *f, const struct audit_walked *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = 0; is_partition(&w[i]) && j < n; j++)
			if (is_partition(&w[j]) && w[i].owner != w[j].owner)
				pages_between(f, &w[i], &w[j]);
		if (is_partition(&w[i]))
			kernel_pages(f, &w[i]);
	}
}

/* --- what the blob says --- */

static void both(struct flows *f, uint32_t x, uint32_t y, const char *what, const char *name)
{
	flow(f, x, y, "%s %s", what, name);
	flow(f, y, x, "%s %s", what, name);
}

static void find_ports(struct flows *f)
{
	static const char *const kinds[] = { "?", "signal", "sampling port", "queuing port", "call port" };
	const struct bh_blob *b = f->a->b;

	for (uint32_t i = 0; i < b->n_ports; i++) {
		const struct bh_port *p = &blob_ports(b)[i];

		flow(f, p->sender, p->receiver, "%s %s", kinds[p->kind], blob_name(b, p->name));
		if (p->kind == BH_PORT_CALL)
			flow(f, p->receiver, p->sender, "replies of call port %s", blob_name(b, p->name));
	}
	for (uint32_t i = 0; i < b->n_emuls; i++)
		both(f, blob_emuls(b)[i].client, blob_emuls(b)[i].server, "emulated region",
		     carried_channel(f->a, i) ? carried_channel(f->a, i)->name : f->a->carries[i] == AUDIT_WATCHDOG ? "watchdog"
														    : "PL011");
}

static void to_all(struct flows *f, uint32_t from, const char *how)
{
	for (uint32_t q = 0; q < f->a->b->n_partitions; q++)
		if (q != from)
			flow(f, from, q, "%s", how);
}

/* A fault is something that a partition can bring about, and so is all that is done about it. */
static void find_health(struct flows *f)
{
	const struct bh_blob *b = f->a->b;

	for (uint32_t p = 0; p < b->n_partitions; p++)
		for (uint32_t k = 0; k <= BH_FAULTS; k++) {
			const struct bh_partition *part = &blob_partitions(b)[p];
			const struct bh_health *h = k < BH_FAULTS ? &part->health[k] : &part->limit;

			if (h->action == BH_ACTION_MODE)
				to_all(f, p, "change of modes by its health policy");
			if (h->action == BH_ACTION_SYSTEM)
				to_all(f, p, "reset of the machine by its health policy");
			if (h->flags && b->monitor != p)
				flow(f, p, b->monitor, "doorbell of the monitor");
		}
}

static void find_caps(struct flows *f)
{
	const struct bh_blob *b = f->a->b;

	for (uint32_t p = 0; p < b->n_partitions; p++)
		for (uint32_t i = 0; i < blob_partitions(b)[p].n_caps; i++) {
			const struct bh_cap *c = &blob_caps(b)[blob_partitions(b)[p].first_cap + i];

			if (c->kind == BH_CAP_CONTROL)
				both(f, p, c->object, "control of", owner_name(f->a, c->object));
			if (c->kind == BH_CAP_SCHEDULE)
				to_all(f, p, "change of modes");
			if (c->kind == BH_CAP_MONITOR && (c->rights & BH_MONITOR_MAY_RESET))
				to_all(f, p, "reset of the machine");
			for (uint32_t q = 0; c->kind == BH_CAP_MONITOR && q < b->n_partitions; q++)
				if (q != p)
					flow(f, q, p, "what the monitor sees");
		}
	for (uint32_t p = 0; p < b->n_partitions && b->log_reader != BH_NONE; p++)
		if (p != b->log_reader)
			flow(f, p, b->log_reader, "health log");
}

/* --- devices --- */

static bool has_device(const struct audit_walked *w, const struct audit_device *d)
{
	for (uint32_t s = 0; s < d->n_spans; s++) {
		uint64_t first = d->span[s].base & ~(BH_PAGE - 1ull);

		if (maps(w, first, d->span[s].base + d->span[s].bytes - first, S2_READ | S2_WRITE))
			return true;
	}
	return false;
}

static void find_device(struct flows *f, uint32_t n, const struct audit_walked *w, uint32_t n_walked)
{
	const struct audit_device *d = &f->node[n].device;

	for (uint32_t i = 0; i < n_walked; i++)
		if (is_partition(&w[i]) && has_device(&w[i], d))
			both(f, n, w[i].owner, "device", d->label);
	for (uint32_t l = 0; l < d->n_lines; l++)
		for (uint32_t i = 0; i < f->a->b->n_irqs; i++)
			if (blob_irqs(f->a->b)[i].pintid == d->line[l].intid)
				flow(f, n, blob_irqs(f->a->b)[i].partition, "interrupt of %s", d->label);
}

/* A bus master that no IOMMU holds reaches all memory. That its owner is trusted does not change what flows. */
static void find_dma(struct flows *f)
{
	const struct audit *a = f->a;

	for (uint32_t i = 0; i < a->d.n_parts; i++)
		for (uint32_t d = 0; d < a->d.part[i].n_devices; d++) {
			const struct audit_device *dev = &a->d.part[i].device[d];
			uint32_t n = flow_node(f, dev->node_offset);

			for (uint32_t p = 0; (dev->dma || dev->trusted) && p < a->b->n_partitions; p++)
				both(f, n, p, "DMA of", dev->label);
			if (dev->dma && !dev->trusted)
				finding(f->a, "%s: its device %s is a bus master without an IOMMU, and nothing says that it is trusted with it",
					a->d.part[i].name, dev->label);
		}
}

void flows_find(struct flows *f, const struct audit_walked *w, uint32_t n)
{
	find_ports(f);
	find_caps(f);
	find_health(f);
	find_pages(f, w, n);
	for (uint32_t d = f->a->b->n_partitions; d < f->n_nodes; d++)
		find_device(f, d, w, n);
	find_dma(f);
}

struct flows *flows_make(struct audit *a)
{
	struct flows *f = must_alloc(NULL, sizeof(*f));

	memset(f, 0, sizeof(*f));
	f->a = a;
	add_nodes(f);
	return f;
}
