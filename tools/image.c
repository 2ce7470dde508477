/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts the image together: kernel with the tool's half of the header, blob, tables, payloads, end mark,
 * digest; and asks the kernel's own checks whether it would be accepted.
 */
#include <string.h>

#include "lib/blob_check.h"
#include "lib/digest.h"
#include "tools/plan.h"

#define VIRTIO_MAGIC   0x74726976u /* "virt" */
#define VIRTIO_VERSION 2u
#define VIRTIO_SLOT    0x200u

static void put(struct plan *p, uint64_t pa, const void *data, size_t n)
{
	uint64_t at = pa - p->board.load;

	if (at > p->image.n || n > p->image.n - at)
		fail("internal error: a piece of the image lies outside of it (%#llx)", (unsigned long long)pa);
	memcpy(p->image.at + at, data, n);
}

/* virtio-mmio (Virtio 1.1, 4.2.2): DeviceID 0 says that nothing is in this slot. */
static void put_slots(struct plan *p)
{
	const uint32_t slot[] = { VIRTIO_MAGIC, VIRTIO_VERSION };

	for (uint32_t page = 0; page < PLAN_VIRTIO_BYTES / BH_PAGE; page++)
		for (uint64_t at = 0; at < BH_PAGE; at += VIRTIO_SLOT)
			put(p, p->slots_pa[page] + at, slot, sizeof(slot));
}

static void put_part(struct plan *p, const struct part *part)
{
	const struct payload *pay = &part->payload;

	put(p, part->params_pa, pay->params.at, pay->params.n);
	put(p, part->info_pa, pay->info.at, pay->info.n);
	for (uint32_t i = 0; i < pay->n_chunks; i++) {
		const struct chunk *c = &pay->chunk[i];
		uint64_t where = part->restart ? part->store_pa + c->store : part->ram_pa + (c->ipa - PLAN_RAM_IPA);

		put(p, where, pay->store.at + c->store, c->bytes);
	}
}

static void put_header(struct plan *p)
{
	struct bh_image_header *h = (struct bh_image_header *)p->image.at;

	h->image_size = p->image_bytes;
	h->load_pa = p->board.load;
	h->file_bytes = p->file_bytes;
	h->covered_bytes = p->covered_bytes;
	h->blob_pa = p->blob_pa;
	h->blob_va = p->blob_va;
	h->blob_bytes = p->blob.n;
	h->el2_root_pa = p->el2_root;
	h->bss_pa = p->bss_pa;
	h->state_pa = p->state_pa;
	h->state_va = p->state_va;
	h->state_bytes = p->state_bytes;
	h->share_pa = p->share_pa;
	h->share_va = p->share_va;
	h->share_bytes = p->share_bytes;
	h->uart_pa = p->board.uart_kind == BH_UART_NONE ? 0 : p->board.uart_pa;
	h->uart_va = p->uart_va;
	h->uart_kind = p->board.uart_kind;
	h->va_bits = p->va_bits;
	h->digest = digest(p->image.at + offsetof(struct bh_image_header, magic),
			   p->covered_bytes - offsetof(struct bh_image_header, magic));
}

/* IMG-3: of the plan alone; no time, no path, nothing that is not set. */
void image_write(struct plan *p)
{
	const uint64_t mark = BH_END_MARK;
	const struct bh_image_header *h;
	const char *wrong;

	bytes_add(&p->image, NULL, p->file_bytes);
	put(p, p->board.load, p->kernel.at, p->kernel.n);
	put(p, p->blob_pa, p->blob.at, p->blob.n);
	put(p, p->tables_pa, p->tables.at, p->tables.n);
	put(p, p->stub_pa, p->stub.at, p->stub.n);
	put_slots(p);
	for (uint32_t i = 0; i < p->n_parts; i++)
		put_part(p, &p->part[i]);
	put(p, p->board.load + p->file_bytes - sizeof(mark), &mark, sizeof(mark));
	put_header(p);
	h = (const struct bh_image_header *)p->image.at;
	wrong = image_check(h, p->board.load);
	if (!wrong)
		wrong = blob_check((const struct bh_blob *)p->blob.at, p->blob.n);
	if (!wrong)
		wrong = image_blob_check(h, (const struct bh_blob *)p->blob.at);
	if (wrong)
		fail("internal error: the kernel would refuse this image: %s", wrong);
}
