/* SPDX-License-Identifier: Apache-2.0 */
/* Stage 2 mappings of a partition (DDI 0487, "VMSAv8-64 stage 2 attributes"). */
#include "tools/tables.h"

#define S2_NORMAL	 (0xfull << 2) /* MemAttr: write-back, inner and outer */
#define S2_UNCACHED	 (0x5ull << 2) /* MemAttr: Normal, non-cacheable, inner and outer */
#define S2_DEVICE	 (0x1ull << 2) /* MemAttr: Device-nGnRE */
#define S2_READ		 (1ull << 6)   /* S2AP[0] */
#define S2_WRITE	 (1ull << 7)   /* S2AP[1] */
#define S2_INNER	 (3ull << 8)   /* SH */
#define S2_AF		 (1ull << 10)
#define S2_NEVER_EXECUTE (1ull << 54) /* XN[1] */

static uint64_t bits(const struct region *r)
{
	uint64_t memory = r->uncached ? S2_UNCACHED : S2_NORMAL;
	uint64_t b = S2_AF | (r->kind == BH_REGION_DEVICE ? S2_DEVICE : memory | S2_INNER);

	if (r->rights & BH_READ)
		b |= S2_READ;
	if (r->rights & BH_WRITE)
		b |= S2_WRITE;
	return r->rights & BH_EXECUTE ? b : b | S2_NEVER_EXECUTE;
}

void stage2_map(const struct part *part, struct map_list *l)
{
	l->n = 0;
	for (uint32_t i = 0; i < part->n_regions; i++) {
		const struct region *r = &part->region[i];

		if (r->kind != BH_REGION_EMULATED)
			map_add(l, r->ipa, r->pa, r->bytes, bits(r));
	}
}

/* To read and write, never to execute: what lies there is another's. */
void stage2_inspect(const struct part *other, struct map_list *l)
{
	const struct region ram = { .kind = BH_REGION_RAM, .rights = BH_READ | BH_WRITE };

	map_add(l, BH_INSPECT_IPA, other->ram_pa, other->ram_bytes, bits(&ram));
}
