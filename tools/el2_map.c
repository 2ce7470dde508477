/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's own mappings (DDI 0487, stage 1 of the EL2 translation regime). MAIR_EL2 index 0 is
 * Device-nGnRnE, 1 Normal write-back. Nothing is writable and executable; no partition's RAM and no payload is mapped, and of the
 * translation tables only the root of each partition with dedicated cores, to be read.
 */
#include "abi/emul.h"
#include "abi/log.h"
#include "tools/tables.h"

#define EL2_NORMAL	  (1ull << 2) /* AttrIndx */
#define EL2_DEVICE	  (0ull << 2)
#define EL2_RES1	  (1ull << 6) /* AP[1] */
#define EL2_READ_ONLY	  (1ull << 7) /* AP[2] */
#define EL2_INNER	  (3ull << 8) /* SH */
#define EL2_AF		  (1ull << 10)
#define EL2_NEVER_EXECUTE (1ull << 54)

#define MEMORY (EL2_NORMAL | EL2_INNER | EL2_RES1 | EL2_AF)
#define TEXT   (MEMORY | EL2_READ_ONLY)
#define RODATA (MEMORY | EL2_READ_ONLY | EL2_NEVER_EXECUTE)
#define DATA   (MEMORY | EL2_NEVER_EXECUTE)
/* Server pages and out windows are only read, but zeroed at boot with the rest of the shared memory. */
#define READ_LATER DATA
#define DEVICE	   (EL2_DEVICE | EL2_RES1 | EL2_AF | EL2_NEVER_EXECUTE)

#define GIC_FRAME 0x10000ull

/* MEM-3: each with its rights. */
static void map_image(const struct plan *p, struct map_list *l)
{
	const struct bh_image_header *h = &p->header;
	uint64_t rodata = BH_KERNEL_VA + h->text_bytes;

	map_add(l, BH_KERNEL_VA, p->board.load, h->text_bytes, TEXT);
	map_add(l, rodata, p->board.load + h->text_bytes, h->rodata_bytes, RODATA);
	map_add(l, rodata + h->rodata_bytes + h->check_bytes, p->bss_pa, h->bss_bytes, DATA);
	map_add(l, p->blob_va, p->blob_pa, p->blob.n, RODATA);
	map_add(l, p->state_va, p->state_pa, p->state_bytes, DATA);
}

static void map_shares(const struct plan *p, struct map_list *l)
{
	map_add(l, p->log_va, p->log_pa, bh_log_bytes(p->n_parts), DATA);
	map_add(l, p->trace_va, p->trace_pa, p->n_cores * p->trace_bytes, DATA);
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		map_add(l, p->emul[i].queue_va, p->emul[i].queue_pa, BH_PAGE, DATA);
		map_add(l, p->emul[i].server_va, p->emul[i].server_pa, BH_PAGE + p->emul[i].bytes, READ_LATER);
	}
}

static void map_windows(const struct plan *p, struct map_list *l)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		map_add(l, p->part[i].in_va, p->part[i].in_pa, p->part[i].in_bytes, DATA);
		map_add(l, p->part[i].out_va, p->part[i].out_pa, p->part[i].out_bytes, READ_LATER);
	}
}

/* MEM-3: below each stack stays a page that is not mapped. */
static void map_cores(const struct plan *p, struct map_list *l)
{
	for (uint32_t i = 0; i < p->n_cores; i++) {
		const struct plan_core *c = &p->core[i];
		uint64_t gicr = p->board.gicr.base + c->board * PLAN_GICR_BYTES;

		map_add(l, c->stack_va - p->header.stack_bytes, c->stack_pa, p->header.stack_bytes, DATA);
		if (c->dedicated)
			map_add(l, c->door_va, c->door_pa, BH_PAGE, DATA);
		map_add(l, c->gicr_va, gicr, BH_PAGE, DEVICE);
		map_add(l, c->gicr_va + GIC_FRAME, gicr + GIC_FRAME, BH_PAGE, DEVICE);
	}
}

/* What the kernel copies to the root of a core that is dedicated. */
static void map_roots(const struct plan *p, struct map_list *l)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		const struct part *part = &p->part[i];

		if (part->dedicated)
			map_add(l, part->root_va, part->root, BH_PAGE, RODATA);
	}
}

void el2_map(const struct plan *p, struct map_list *l)
{
	l->n = 0;
	map_image(p, l);
	map_shares(p, l);
	map_windows(p, l);
	map_cores(p, l);
	map_roots(p, l);
	map_add(l, p->gicd_va, p->board.gicd.base, GIC_FRAME, DEVICE);
	if (p->uart_va)
		map_add(l, p->uart_va / BH_PAGE * BH_PAGE, p->board.uart_pa / BH_PAGE * BH_PAGE, BH_PAGE, DEVICE);
}
