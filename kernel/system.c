/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding things in the blob and in the state arrays. blob_check() has made every number that is
 * followed here safe; numbers that a partition gives are compared first.
 */
#include "kernel/system.h"

#include "kernel/core.h"
#include "kernel/emul.h"
#include "kernel/log.h"
#include "kernel/mode.h"
#include "kernel/partition.h"
#include "kernel/port.h"
#include "kernel/trace.h"
#include "kernel/vcpu.h"

const struct bh_blob *blob;

const char *name_at(uint32_t offset)
{
	return blob_name(blob, offset);
}

/* Linear: a partition has a dozen regions, and the emulated ones come first in the address map. */
const struct bh_region *region_find(const struct partition *p, ipa_t ipa)
{
	const struct bh_region *r = blob_regions(blob) + p->desc->first_region;

	for (uint32_t i = 0; i < p->desc->n_regions; i++, r++)
		if (ipa - r->ipa < r->bytes)
			return r;
	return NULL;
}

const struct bh_region *region_near(const struct partition *p, ipa_t ipa)
{
	const struct bh_region *r = blob_regions(blob) + p->desc->first_region, *near = NULL;
	uint64_t least = ~0ull;

	for (uint32_t i = 0; i < p->desc->n_regions; i++, r++) {
		uint64_t off = ipa < r->ipa ? r->ipa - ipa : ipa - r->ipa < r->bytes ? 0
										     : ipa - (r->ipa + r->bytes - 1);

		if (off < least) {
			least = off;
			near = r;
		}
	}
	return near;
}

const struct bh_cap *cap_find(const struct partition *p, uint64_t number, uint32_t kind)
{
	return number < p->desc->n_caps && p->caps[number].kind == kind ? &p->caps[number] : NULL;
}

static void core_init(struct core *c, uint32_t number)
{
	c->number = number;
	c->desc = blob_cores(blob) + number;
	for (uint32_t r = 0; r < c->desc->n_vcpus; r++)
		c->vcpu[r] = vcpu_at(c->desc->vcpu[r]);
	c->rank = BH_NONE;
	c->had = &c->idled;
	c->idled = ~(ticks_t)0; /* from the counter's zero on */
	c->alarm = c->edge = c->change_at = c->turn_end = BH_NEVER;
	trace_init(c);
}

void system_init(const struct bh_blob *b)
{
	blob = b;
	for (uint32_t i = 0; i < b->n_cores; i++)
		core_init(core_at(i), i);
	for (uint32_t i = 0; i < b->n_partitions; i++)
		partition_init(partition_at(i), i);
	for (uint32_t i = 0; i < b->n_vcpus; i++)
		vcpu_init(vcpu_at(i), i);
	for (uint32_t i = 0; i < b->n_emuls; i++)
		emul_init(emul_at(i), i);
	for (uint32_t i = 0; i < b->n_ports; i++)
		port_init(port_at(i), i);
	log_init();
	mode_init();
}
