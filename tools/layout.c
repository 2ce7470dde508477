/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses: the image (abi/blob.h says in which order), the kernel's own virtual addresses, and
 * where in the board's memory each partition's RAM lies. Tables and blob depend on addresses and
 * these on their sizes, so it is done again until nothing grows.
 */
#include <stdlib.h>

#include "abi/emul.h"
#include "abi/log.h"
#include "tools/errors.h"
#include "tools/plan.h"

#define EMUL_SHARE_BYTES (3 * BH_PAGE) /* queue page, control page, shadow words of a PL011 */
#define GIC_FRAME	 0x10000ull

static uint64_t take_pages(uint64_t *at, uint64_t bytes)
{
	uint64_t pa = *at;

	*at += align_up(bytes, BH_PAGE);
	return pa;
}

static uint64_t ram_align(const struct part *part)
{
	return part->ram_bytes >= PLAN_BIG ? PLAN_BIG : BH_PAGE;
}

/* Payloads that are only read: behind what the digest covers. */
static void place_payloads(struct plan *p, uint64_t *at)
{
	p->stub_pa = take_pages(at, p->stub.n);
	for (uint32_t i = 0; i < PLAN_VIRTIO_BYTES / BH_PAGE; i++)
		p->slots_pa[i] = take_pages(at, BH_PAGE);
	for (uint32_t i = 0; i < p->n_parts; i++) {
		p->part[i].params_pa = take_pages(at, p->part[i].payload.params.n);
		p->part[i].info_pa = take_pages(at, p->part[i].payload.info.n);
	}
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];

		if (!part->restart)
			continue;
		/* Aligned, blocks map it: fewer tables for the kernel to digest at boot. */
		if (part->payload.store.n >= PLAN_BIG)
			*at = align_up(*at, PLAN_BIG);
		part->store_pa = take_pages(at, part->payload.store.n);
	}
}

static void place_shared_piece(struct plan *p, uint64_t *at, uint64_t bytes, uint64_t *pa)
{
	if (bytes >= PLAN_BIG)
		*at = align_up(*at, PLAN_BIG);
	*pa = take_pages(at, bytes);
	if (!p->shared_bytes)
		p->shared_pa = *pa;
	p->shared_bytes = *at - p->shared_pa;
}

/*
 * What partitions share among themselves, in one piece, small things first. It is in the file, as zeros: no stub
 * clears what several own, the kernel does not map it, and what memory held before boot is nobody's to read.
 */
static void place_shared(struct plan *p, uint64_t *at)
{
	p->shared_pa = p->shared_bytes = 0;
	for (uint32_t i = 0; i < p->n_emuls; i++)
		if (p->emul[i].window_bytes)
			place_shared_piece(p, at, p->emul[i].window_bytes, &p->emul[i].window_pa);
	for (uint32_t large = 0; large < 2; large++)
		for (uint32_t i = 0; i < p->n_channels; i++)
			if (p->channel[i].size && (p->channel[i].size >= PLAN_BIG) == large)
				place_shared_piece(p, at, p->channel[i].size, &p->channel[i].pa);
}

static uint64_t payload_end(const struct part *part)
{
	const struct payload *pay = &part->payload;

	return pay->n_chunks ? pay->chunk[pay->n_chunks - 1].ipa + pay->chunk[pay->n_chunks - 1].bytes - PLAN_RAM_IPA : 0;
}

/*
 * RAM of partitions that are never restarted is part of the image, at its final place. The file has
 * to hold all of it but the unused end of the last one; so the one with the longest such end is last.
 * Answers the end of that hole.
 */
static uint64_t place_in_image(struct plan *p, uint64_t *at)
{
	struct part *last = NULL;

	for (uint32_t i = 0; i < p->n_parts; i++)
		if (!p->part[i].restart &&
		    (!last || p->part[i].ram_bytes - payload_end(&p->part[i]) > last->ram_bytes - payload_end(last)))
			last = &p->part[i];
	for (uint32_t i = 0; i < p->n_parts; i++) {
		if (p->part[i].restart || &p->part[i] == last)
			continue;
		*at = align_up(*at, ram_align(&p->part[i]));
		p->part[i].ram_pa = take_pages(at, p->part[i].ram_bytes);
	}
	if (!last)
		return *at;
	*at = align_up(*at, ram_align(last));
	last->ram_pa = take_pages(at, payload_end(last));
	return last->ram_pa + last->ram_bytes;
}

static uint32_t count_ports(const struct plan *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_channels; i++)
		n += p->channel[i].kind != CHANNEL_SHARED;
	return n;
}

/* Memory that the kernel writes: behind the file. */
static void place_memory(struct plan *p, uint64_t *at)
{
	const struct bh_image_header *h = &p->header;

	p->state_bytes = align_up((uint64_t)h->core_bytes * p->n_cores + (uint64_t)h->partition_bytes * p->n_parts +
					  (uint64_t)h->vcpu_bytes * p->n_vcpus + (uint64_t)h->emul_bytes * p->n_emuls +
					  (uint64_t)h->port_bytes * count_ports(p),
				  BH_PAGE);
	p->share_bytes = BH_LOG_PAGES * BH_PAGE + p->n_emuls * EMUL_SHARE_BYTES;
	for (uint32_t i = 0; i < p->n_parts; i++)
		p->share_bytes += p->part[i].in_bytes + p->part[i].out_bytes;
	p->bss_pa = take_pages(at, h->bss_bytes);
	p->state_pa = take_pages(at, p->state_bytes);
	p->share_pa = take_pages(at, p->share_bytes);
	for (uint32_t i = 0; i < p->n_cores; i++)
		p->core[i].stack_pa = take_pages(at, h->stack_bytes);
}

static void place_image(struct plan *p)
{
	uint64_t at = p->board.load + p->kernel.n, hole;

	p->blob_pa = take_pages(&at, p->blob.n);
	p->tables_pa = take_pages(&at, p->tables_room);
	p->covered_bytes = at - p->board.load;
	place_payloads(p, &at);
	place_shared(p, &at);
	hole = place_in_image(p, &at);
	at += sizeof(uint64_t); /* the end mark */
	p->file_bytes = at - p->board.load;
	at = align_up(max_u64(at, hole), BH_PAGE);
	place_memory(p, &at);
	p->image_bytes = at - p->board.load;
}

/* The kernel's addresses: an unmapped page between different things. */
static uint64_t take_va(uint64_t *va, uint64_t bytes)
{
	uint64_t at = *va;

	*va += align_up(bytes, BH_PAGE) + BH_PAGE;
	return at;
}

static void place_devices(struct plan *p, uint64_t *va)
{
	p->gicd_va = take_va(va, GIC_FRAME);
	for (uint32_t i = 0; i < p->n_cores; i++)
		p->core[i].gicr_va = take_va(va, PLAN_GICR_BYTES);
	p->uart_va = p->board.uart_kind == BH_UART_NONE ? 0 : take_va(va, BH_PAGE) + p->board.uart_pa % BH_PAGE;
}

static void place_state(struct plan *p)
{
	p->core_state_va = p->state_va;
	p->partition_state_va = p->core_state_va + (uint64_t)p->header.core_bytes * p->n_cores;
	p->vcpu_state_va = p->partition_state_va + (uint64_t)p->header.partition_bytes * p->n_parts;
	p->emul_state_va = p->vcpu_state_va + (uint64_t)p->header.vcpu_bytes * p->n_vcpus;
	p->port_state_va = p->emul_state_va + (uint64_t)p->header.emul_bytes * p->n_emuls;
}

static void place_shares(struct plan *p)
{
	uint64_t offset = BH_LOG_PAGES * BH_PAGE;

	p->log_pa = p->share_pa;
	p->log_va = p->share_va;
	for (uint32_t i = 0; i < p->n_emuls; i++, offset += EMUL_SHARE_BYTES) {
		p->emul[i].queue_pa = p->share_pa + offset;
		p->emul[i].queue_va = p->share_va + offset;
		p->emul[i].server_pa = p->emul[i].queue_pa + BH_PAGE;
		p->emul[i].server_va = p->emul[i].queue_va + BH_PAGE;
	}
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];

		part->in_pa = p->share_pa + offset;
		part->in_va = p->share_va + offset;
		offset += part->in_bytes;
		part->out_pa = p->share_pa + offset;
		part->out_va = p->share_va + offset;
		offset += part->out_bytes;
	}
}

static void place_kernel(struct plan *p)
{
	uint64_t va = BH_KERNEL_VA;

	take_va(&va, p->kernel.n + p->header.bss_bytes);
	p->blob_va = take_va(&va, p->blob.n);
	p->state_va = take_va(&va, p->state_bytes);
	p->share_va = take_va(&va, p->share_bytes);
	for (uint32_t i = 0; i < p->n_cores; i++)
		p->core[i].stack_va = take_va(&va, p->header.stack_bytes) + p->header.stack_bytes;
	place_devices(p, &va);
	place_state(p);
	place_shares(p);
}

static void resolve_regions(struct part *part)
{
	for (uint32_t i = 0; i < part->n_regions; i++)
		if (part->region[i].from)
			part->region[i].pa = *part->region[i].from;
}

/* --- the board's memory --- */

struct spans {
	struct span s[BH_MAX_PARTITIONS + 32];
	uint32_t n;
};

static void use(struct spans *used, uint64_t base, uint64_t bytes)
{
	used->s[used->n++] = (struct span){ .base = base, .bytes = bytes };
}

/* The next free piece of a memory from *at on; false: none. */
static bool free_piece(const struct span *memory, const struct spans *used, uint64_t *at, uint64_t *end)
{
	uint64_t limit = memory->base + memory->bytes;
	bool moved = true;

	while (moved) {
		moved = false;
		for (uint32_t i = 0; i < used->n; i++)
			if (*at >= used->s[i].base && *at - used->s[i].base < used->s[i].bytes) {
				*at = used->s[i].base + used->s[i].bytes;
				moved = true;
			}
	}
	*end = limit;
	for (uint32_t i = 0; i < used->n; i++)
		if (used->s[i].base > *at && used->s[i].base < *end)
			*end = used->s[i].base;
	return *at < limit;
}

/* First fit; 0: none. Then *largest is the largest piece that could be had. */
static uint64_t fit(const struct plan *p, const struct spans *used, uint64_t bytes, uint64_t align, uint64_t *largest)
{
	*largest = 0;
	for (uint32_t i = 0; i < p->board.n_memories; i++) {
		const struct span *m = &p->board.memory[i];
		uint64_t at = max_u64(m->base, BH_PAGE), end; /* page 0 stands for "none" */

		for (; free_piece(m, used, &at, &end); at = end) {
			uint64_t first = align_up(at, align);

			if (first < end && end - first >= bytes)
				return first;
			if (first < end)
				*largest = max_u64(*largest, end - first);
		}
	}
	return 0;
}

static void blame_memory(struct plan *p, const struct part *part, uint64_t largest)
{
	uint64_t asked = p->image_bytes, all = p->memory_bytes, mib = (part->ram_bytes - largest + MIB - 1) / MIB;

	for (uint32_t i = 0; i < p->n_parts; i++)
		asked += p->part[i].ram_bytes;
	blame(p, part->path, "memory",
	      "%llu KiB do not fit: the largest free piece has %llu KiB; the board has %llu MiB, all partitions and the image "
	      "(%llu MiB) ask for %llu MiB; ask for %llu MiB less, here or elsewhere",
	      (unsigned long long)(part->ram_bytes / KIB), (unsigned long long)(largest / KIB), (unsigned long long)(all / MIB),
	      (unsigned long long)(p->image_bytes / MIB), (unsigned long long)(asked / MIB), (unsigned long long)mib);
}

static void blame_image(struct plan *p, uint64_t excess)
{
	const struct part *in_image = NULL;
	const struct channel *shared = NULL;

	for (uint32_t i = 0; i < p->n_parts; i++)
		if (!p->part[i].restart && (!in_image || p->part[i].ram_bytes > in_image->ram_bytes))
			in_image = &p->part[i];
	for (uint32_t i = 0; i < p->n_channels; i++)
		if (p->channel[i].size && (!shared || p->channel[i].size > shared->size))
			shared = &p->channel[i];
	if (shared && (!in_image || shared->size > in_image->ram_bytes))
		blame(p, shared->path, "size",
		      "shared memory is part of the image, which ends %llu MiB beyond the board's memory; ask for so much less, here or "
		      "elsewhere",
		      (unsigned long long)((excess + MIB - 1) / MIB));
	else if (in_image)
		blame(p, in_image->path, "memory",
		      "with `restart = \"never\"` its RAM is part of the image, which ends %llu MiB beyond the board's memory; ask "
		      "for so much less, here or elsewhere",
		      (unsigned long long)((excess + MIB - 1) / MIB));
	else
		blame(p, "/bulkhead", "load-address", "the image of %llu MiB from %#llx on ends %llu MiB beyond the board's memory",
		      (unsigned long long)(p->image_bytes / MIB), (unsigned long long)p->board.load,
		      (unsigned long long)((excess + MIB - 1) / MIB));
}

static void check_image_place(struct plan *p)
{
	uint64_t image_end = p->board.load + p->image_bytes;

	for (uint32_t i = 0; i < p->board.n_memories; i++) {
		uint64_t end = p->board.memory[i].base + p->board.memory[i].bytes;

		if (p->board.load < p->board.memory[i].base || p->board.load >= end)
			continue;
		if (image_end > end)
			blame_image(p, image_end - end);
		return;
	}
	if (p->board.load && p->board.n_memories)
		blame(p, "/bulkhead", "load-address", "there is no memory at %#llx", (unsigned long long)p->board.load);
}

/* The largest first, so that small ones do not break up what they need; equal ones in the description's order. */
static struct part *next_part(struct plan *p, const bool *done)
{
	struct part *next = NULL;

	for (uint32_t i = 0; i < p->n_parts; i++)
		if (!done[i] && (!next || p->part[i].ram_bytes > next->ram_bytes))
			next = &p->part[i];
	return next;
}

static void place_ram(struct plan *p)
{
	bool done[BH_MAX_PARTITIONS] = { false };
	struct spans used = { .n = 0 };
	struct part *part;
	uint64_t largest;

	use(&used, p->board.load, p->image_bytes);
	p->free_bytes = p->memory_bytes - min_u64(p->memory_bytes, p->image_bytes);
	for (uint32_t i = 0; i < p->board.n_reserved; i++) {
		use(&used, p->board.reserved[i].base, p->board.reserved[i].bytes);
		p->free_bytes -= min_u64(p->free_bytes, p->board.reserved[i].bytes);
	}
	while ((part = next_part(p, done)) != NULL) {
		done[part->number] = true;
		if (!part->restart || !part->ram_bytes)
			continue;
		part->ram_pa = fit(p, &used, part->ram_bytes, ram_align(part), &largest);
		if (part->ram_pa)
			use(&used, part->ram_pa, part->ram_bytes);
		else
			blame_memory(p, part, largest);
		p->free_bytes -= min_u64(p->free_bytes, part->ram_bytes);
	}
}

static void place_all(struct plan *p)
{
	place_image(p);
	place_kernel(p);
}

void layout(struct plan *p)
{
	bool again = p->n_errors == 0;

	place_all(p);
	check_image_place(p);
	if (p->n_errors && again)
		return; /* with the image so large, whatever else does not fit is no news */
	while (again) {
		size_t blob = p->blob.n;

		place_all(p);
		place_ram(p);
		if (p->n_errors)
			break;
		for (uint32_t i = 0; i < p->n_parts; i++)
			resolve_regions(&p->part[i]);
		tables_write(p);
		blob_write(p);
		again = p->blob.n != blob || p->tables.n > p->tables_room;
		p->tables_room = max_u64(p->tables_room, p->tables.n);
	}
	if (!again)
		place_ram(p);
	check_image_place(p);
}
