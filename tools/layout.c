/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses: the image (abi/blob.h says in which order), the kernel's own virtual addresses, and
 * where in the board's memory each partition's RAM lies. Tables and blob depend on addresses and
 * these on their sizes, so it is done again until nothing grows.
 */
#include "abi/emul.h"
#include "abi/log.h"
#include "tools/layout.h"

#define GIC_FRAME 0x10000ull

static uint64_t take_pages(uint64_t *at, uint64_t bytes)
{
	uint64_t pa = *at;

	*at += align_up(bytes, BH_PAGE);
	return pa;
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
		*at = align_up(*at, plan_align(part->payload.store.n));
		part->store_pa = take_pages(at, part->payload.store.n);
	}
}

static void place_shared_piece(struct plan *p, uint64_t *at, uint64_t bytes, uint64_t *pa)
{
	*at = align_up(*at, plan_align(bytes));
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
		*at = align_up(*at, plan_align(p->part[i].ram_bytes));
		p->part[i].ram_pa = take_pages(at, p->part[i].ram_bytes);
	}
	if (!last)
		return *at;
	*at = align_up(*at, plan_align(last->ram_bytes));
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

/* Queue page, control page, shadow words. */
static uint64_t emul_share_bytes(const struct emulated *e)
{
	return 2 * BH_PAGE + e->bytes;
}

/* Where the boot checks were, while there is room, or behind the file. */
static uint64_t take_writable(uint64_t *at, struct span *room, uint64_t bytes)
{
	uint64_t pa = room->base;

	if (bytes > room->bytes)
		return take_pages(at, bytes);
	room->base += bytes;
	room->bytes -= bytes;
	return pa;
}

/* Memory that the kernel writes. */
static void place_memory(struct plan *p, uint64_t *at)
{
	const struct bh_image_header *h = &p->header;
	struct span room = { .base = p->board.load + h->text_bytes + h->rodata_bytes, .bytes = h->check_bytes };

	p->state_bytes = align_up((uint64_t)h->core_bytes * p->n_cores + (uint64_t)h->partition_bytes * p->n_parts +
					  (uint64_t)h->vcpu_bytes * p->n_vcpus + (uint64_t)h->emul_bytes * p->n_emuls +
					  (uint64_t)h->port_bytes * count_ports(p),
				  BH_PAGE);
	p->share_bytes = bh_log_bytes(p->n_parts) + p->n_cores * p->trace_bytes;
	for (uint32_t i = 0; i < p->n_emuls; i++)
		p->share_bytes += emul_share_bytes(&p->emul[i]);
	for (uint32_t i = 0; i < p->n_parts; i++)
		p->share_bytes += p->part[i].in_bytes + p->part[i].out_bytes;
	p->share_pa = take_pages(at, p->share_bytes); /* has the boot core's stack while the checks run */
	p->state_pa = take_writable(at, &room, p->state_bytes);
	p->bss_pa = take_writable(at, &room, h->bss_bytes);
	for (uint32_t i = 0; i < p->n_cores; i++)
		p->core[i].stack_pa = take_writable(at, &room, h->stack_bytes);
	for (uint32_t i = 0; i < p->n_cores; i++)
		if (p->core[i].dedicated)
			p->core[i].door_pa = take_writable(at, &room, BH_PAGE);
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

static void place_doors(struct plan *p, uint64_t *va)
{
	for (uint32_t i = 0; i < p->n_cores; i++)
		if (p->core[i].dedicated)
			p->core[i].door_va = take_va(va, BH_PAGE);
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (p->part[i].dedicated)
			p->part[i].root_va = take_va(va, BH_PAGE);
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
	uint64_t offset = bh_log_bytes(p->n_parts);

	p->log_pa = p->share_pa;
	p->log_va = p->share_va;
	p->trace_pa = p->share_pa + offset;
	p->trace_va = p->share_va + offset;
	offset += p->n_cores * p->trace_bytes;
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		p->emul[i].queue_pa = p->share_pa + offset;
		p->emul[i].queue_va = p->share_va + offset;
		p->emul[i].server_pa = p->emul[i].queue_pa + BH_PAGE;
		p->emul[i].server_va = p->emul[i].queue_va + BH_PAGE;
		offset += emul_share_bytes(&p->emul[i]);
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
	place_doors(p, &va);
	p->va_bits = BH_VA_BITS_MIN;
	while (va > 1ull << p->va_bits && p->va_bits < BH_VA_BITS_MAX)
		p->va_bits++;
	if (va > 1ull << p->va_bits)
		fail("the kernel's own memory needs %llu MiB of addresses, more than the %llu MiB that it has: ask for shorter trace rings or queues",
		     (unsigned long long)((va - BH_KERNEL_VA) / MIB), (unsigned long long)(((1ull << p->va_bits) - BH_KERNEL_VA) / MIB));
	place_state(p);
	place_shares(p);
}

static void resolve_regions(struct part *part)
{
	for (uint32_t i = 0; i < part->n_regions; i++)
		if (part->region[i].from)
			part->region[i].pa = *part->region[i].from;
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
	image_place_check(p);
	if (p->n_errors && again)
		return; /* with the image so large, whatever else does not fit is no news */
	while (again) {
		size_t blob = p->blob.n;

		place_all(p);
		ram_place(p);
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
		ram_place(p);
	image_place_check(p);
}
