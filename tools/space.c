/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition's address space: which region is where, with which rights. Where it lies in physical
 * memory is layout.c's; its root is made from this list.
 */
#include <stdlib.h>

#include "abi/emul.h"
#include "abi/log.h"
#include "abi/stub.h"
#include "tools/errors.h"
#include "tools/layout.h"

static struct region *region_add(struct part *part, enum bh_region_kind kind, const char *name, uint64_t ipa,
				 uint64_t bytes, uint32_t rights, const uint64_t *from)
{
	struct region *r = &part->region[part->n_regions];

	if (part->n_regions == sizeof(part->region) / sizeof(part->region[0]))
		fail("%s: has too many regions", part->path);
	part->n_regions++;
	*r = (struct region){ .kind = kind, .name = name, .ipa = ipa, .bytes = bytes, .rights = rights, .from = from };
	return r;
}

static void add_devices(struct part *part)
{
	for (uint32_t i = 0; i < part->n_devices; i++)
		for (uint32_t s = 0; s < part->device[i]->n_spans; s++) {
			const struct span *span = &part->device[i]->span[s];
			uint64_t first = span->base / BH_PAGE * BH_PAGE;

			region_add(part, BH_REGION_DEVICE, part->device[i]->name, first,
				   align_up(span->base + span->bytes, BH_PAGE) - first, BH_READ | BH_WRITE, NULL)
				->pa = first;
		}
}

/* Whose it is: the client, and the channel that it carries. */
static const char *emulated_name(const struct plan *p, const struct emulated *e)
{
	if (e->watchdog)
		return text("%s, its watchdog", p->part[e->client].name);
	return e->channel ? text("%s, %s", p->part[e->client].name, e->channel->name) : p->part[e->client].name;
}

static const char *device_name(const struct emulated *e)
{
	if (e->watchdog)
		return "watchdog";
	return e->channel ? text("PL011 of %s", e->channel->name) : "PL011";
}

static uint64_t window(struct part *part, const char *name, uint64_t bytes, uint32_t rights, const uint64_t *from)
{
	uint64_t ipa = part->window_end;

	region_add(part, BH_REGION_WINDOW, name, ipa, bytes, rights, from);
	part->window_end += bytes;
	return ipa;
}

/* The windows of what it serves, and of its ports. */
static void add_windows(struct plan *p, struct part *part)
{
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		struct emulated *e = &p->emul[i];
		const char *of = emulated_name(p, e);

		if (e->client == part->number)
			region_add(part, BH_REGION_EMULATED, device_name(e), e->ipa, e->bytes, BH_READ | BH_WRITE, NULL)->object = i;
		if (e->server != part->number)
			continue;
		e->queue_ipa = window(part, text("queue of %s", of), BH_PAGE, BH_READ, &e->queue_pa);
		e->server_ipa = window(part, text("server pages for %s", of), BH_PAGE + e->bytes, BH_READ | BH_WRITE, &e->server_pa);
	}
	if (p->log_reader == (int)part->number || part->monitor)
		part->log_ipa = window(part, "health log", bh_log_bytes(p->n_parts), BH_READ, &p->log_pa);
	if (part->reads_trace)
		part->trace_ipa = window(part, "trace", p->n_cores * p->trace_bytes, BH_READ, &p->trace_pa);
	if (part->in_bytes)
		part->in_ipa = window(part, "in window", part->in_bytes, BH_READ, &part->in_pa);
	if (part->out_bytes)
		part->out_ipa = window(part, "out window", part->out_bytes, BH_READ | BH_WRITE, &part->out_pa);
}

/*
 * Memory shared with other partitions: among the windows, or above RAM where these would reach too far. What is
 * large is aligned as in physical memory, so that blocks map it.
 */
static uint64_t shared(struct part *part, const char *name, uint64_t bytes, uint32_t rights, const uint64_t *from)
{
	uint64_t align = plan_align(bytes), ipa = align_up(part->shared_end, align);
	uint64_t *end = &part->shared_end;

	if (ipa + bytes > PLAN_WINDOW_END) {
		end = &part->high_end;
		ipa = align_up(max_u64(*end, PLAN_RAM_IPA + part->ram_bytes), align);
	}
	region_add(part, BH_REGION_SHARED, name, ipa, bytes, rights, from);
	*end = ipa + bytes;
	return ipa;
}

static void add_shared(struct plan *p, struct part *part)
{
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		struct emulated *e = &p->emul[i];
		bool client = e->client == part->number;

		if (!e->window_bytes || (!client && e->server != part->number))
			continue;
		*(client ? &e->window_ipa : &e->server_window_ipa) = shared(part, text("window of %s", emulated_name(p, e)),
									    e->window_bytes, BH_READ | BH_WRITE, &e->window_pa);
		part->region[part->n_regions - 1].uncached = true;
	}
	for (uint32_t i = 0; i < p->n_channels; i++) {
		struct channel *c = &p->channel[i];
		uint32_t n = part->number;

		if (!c->reader[n] && !c->writer[n])
			continue;
		c->ipa[n] = shared(part, text("shared memory %s", c->name), c->size, BH_READ | (c->writer[n] ? BH_WRITE : 0), &c->pa);
		part->region[part->n_regions - 1].uncached = c->uncached;
	}
}

/* Near the information page, or, where they do not find room there, from BH_WINDOW_IPA on. */
static void place_windows(struct plan *p, struct part *part)
{
	uint32_t before = part->n_regions;

	part->window_end = BH_WINDOW_NEAR_IPA;
	add_windows(p, part);
	if (part->window_end <= BH_WINDOW_NEAR_END)
		return;
	part->n_regions = before;
	part->window_end = BH_WINDOW_IPA;
	add_windows(p, part); /* no more than 70 MiB: 64 ports, 64 regions to serve, the log */
	part->shared_end = part->window_end;
}

void windows_plan(struct plan *p, struct part *part)
{
	place_windows(p, part);
	add_shared(p, part);
	if (part->high_end > PLAN_IPA_END)
		blame(p, part->path, NULL, "its RAM and shared memory end %llu MiB beyond its address space (39 bits); ask for less",
		      (unsigned long long)((part->high_end - PLAN_IPA_END + MIB - 1) / MIB));
}

uint64_t space_store_ipa(const struct part *part)
{
	return part->payload.store.n <= BH_PRISTINE_NEAR_END - BH_PRISTINE_NEAR_IPA ? BH_PRISTINE_NEAR_IPA : BH_PRISTINE_IPA;
}

static void add_boot(struct plan *p, struct part *part)
{
	region_add(part, BH_REGION_CONST, "boot stub", BH_STUB_IPA, p->stub.n, BH_READ | BH_EXECUTE, &p->stub_pa);
	region_add(part, BH_REGION_CONST, "boot parameters", BH_STUB_PARAM_IPA, align_up(part->payload.params.n, BH_PAGE),
		   BH_READ, &part->params_pa);
	if (part->restart && part->payload.store.n)
		region_add(part, BH_REGION_CONST, "pristine store", space_store_ipa(part), align_up(part->payload.store.n, BH_PAGE),
			   BH_READ, &part->store_pa);
}

static int by_ipa(const void *x, const void *y)
{
	const struct region *a = x, *b = y;

	return a->ipa < b->ipa ? -1 : a->ipa > b->ipa;
}

static bool meets(const struct region *r, uint64_t ipa, uint64_t bytes)
{
	return r->ipa < ipa + bytes && ipa < r->ipa + r->bytes;
}

/* Only what the description adds can collide: a device, as its address is the board's. */
static void check_collisions(struct plan *p, const struct part *part)
{
	for (uint32_t i = 0; i < part->n_regions; i++) {
		const struct region *r = &part->region[i];

		if (r->kind != BH_REGION_DEVICE)
			continue;
		if (meets(r, PLAN_GICD_IPA, PLAN_GICD_BYTES) || meets(r, PLAN_GICR_IPA, BH_MAX_PART_VCPUS * PLAN_GICR_BYTES))
			blame(p, part->path, "devices", "%s at %#llx overlaps the partition's interrupt controller", r->name,
			      (unsigned long long)r->ipa);
		if (r->ipa + r->bytes > PLAN_IPA_END)
			blame(p, part->path, "devices", "%s at %#llx lies beyond a partition's address space (39 bits)", r->name,
			      (unsigned long long)r->ipa);
		for (uint32_t j = 0; j < part->n_regions; j++)
			if (j != i && meets(r, part->region[j].ipa, part->region[j].bytes))
				blame(p, part->path, "devices",
				      "%s at %#llx overlaps %s at %#llx, by %#llx bytes; a partition can have one of them", r->name,
				      (unsigned long long)r->ipa, part->region[j].name, (unsigned long long)part->region[j].ipa,
				      (unsigned long long)(min_u64(r->ipa + r->bytes, part->region[j].ipa + part->region[j].bytes) -
							   max_u64(r->ipa, part->region[j].ipa)));
	}
}

/* A pristine store lies below the windows, if there are any. */
static void check_store(struct plan *p, const struct part *part)
{
	uint64_t bytes = align_up(part->payload.store.n, BH_PAGE);
	uint64_t room = (part->shared_end > BH_WINDOW_IPA ? BH_WINDOW_IPA : BH_PRISTINE_END) - BH_PRISTINE_IPA;

	if (part->restart && bytes > room)
		blame(p, part->path, "image",
		      "payload, initrd and device tree have %llu KiB, but a pristine store can have %llu KiB; use smaller ones, or "
		      "restart = \"never\"",
		      (unsigned long long)(bytes / KIB), (unsigned long long)(room / KIB));
}

void space_plan(struct plan *p, struct part *part)
{
	if (part->ram_bytes)
		region_add(part, BH_REGION_RAM, "RAM", PLAN_RAM_IPA, part->ram_bytes, BH_READ | BH_WRITE | BH_EXECUTE,
			   &part->ram_pa);
	add_devices(part);
	for (uint32_t i = 0; i < PLAN_VIRTIO_BYTES / BH_PAGE; i++)
		region_add(part, BH_REGION_CONST, "empty virtio-mmio slots", PLAN_VIRTIO_IPA + i * BH_PAGE, BH_PAGE, BH_READ,
			   &p->slots_pa[i]);
	region_add(part, BH_REGION_CONST, "information page", BH_INFO_IPA, BH_PAGE, BH_READ, &part->info_pa);
	add_boot(p, part);
	qsort(part->region, part->n_regions, sizeof(part->region[0]), by_ipa);
	check_collisions(p, part);
	check_store(p, part);
}
