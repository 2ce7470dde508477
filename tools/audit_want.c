/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each partition may reach, from the description: RAM of its size, its devices, read-only
 * pages, and a window for each end of a console that it holds. The blob's table of regions only
 * says where in physical memory each piece lies; it must hold these pieces and no other.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "abi/info.h"
#include "abi/stub.h"
#include "tools/audit_want.h"

#define VIRTIO_IPA 0x0a000000u
#define VIRTIO_END 0x0a004000u
#define SMALL	   0x10000u /* stub, parameters, information page: at most 64 KiB each */

void odd_region(struct audit *a, uint32_t p, const struct bh_region *r, const char *why)
{
	finding(a, "%s: region at IPA %#" PRIx64 " (PA %#" PRIx64 ", %#" PRIx64 " bytes, \"%s\") %s", owner_name(a, p),
		r->ipa, r->pa, r->bytes, blob_name(a->b, r->name), why);
}

bool has_name(const struct audit *a, const struct bh_region *r, const char *format, ...)
{
	char name[3 * AUDIT_NAME];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	return strcmp(blob_name(a->b, r->name), name) == 0;
}

static void want_add_region(struct audit *a, uint32_t p, const struct bh_region *r, struct audit_want w, uint32_t *seen)
{
	if (r->rights != w.rights)
		odd_region(a, p, r, "has other rights than declared");
	if (r->object != 0)
		odd_region(a, p, r, "names an object");
	if (seen && (*seen)++)
		odd_region(a, p, r, "is there twice");
	w.owner = p;
	w.at = r->ipa;
	w.pa = r->pa;
	w.bytes = r->bytes;
	want_add(a, w);
}

struct audit_want *want_region_as(struct audit *a, uint32_t p, const struct bh_region *r, enum audit_what what, uint32_t object,
				  uint32_t rights, uint32_t *seen)
{
	want_add_region(a, p, r, (struct audit_want){ .what = what, .object = object, .root = ROOT_OWN, .rights = rights }, seen);
	return &a->wants.w[a->wants.n - 1];
}

/* The name is what a fault report calls the region; a wrong one would lead its reader astray. */
static void want(struct audit *a, uint32_t p, const struct bh_region *r, enum audit_what what, uint32_t rights,
		 uint32_t *seen)
{
	if (!has_name(a, r, "%s", what_name(what)))
		odd_region(a, p, r, "has another name than what it is");
	want_add_region(a, p, r, (struct audit_want){ .what = what, .root = ROOT_OWN, .rights = rights }, seen);
}

static void want_device(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	const struct audit_part *part = &a->d.part[a->part_of[p]];

	for (uint32_t i = 0; i < part->n_devices; i++)
		for (uint32_t s = 0; s < part->device[i].n_spans; s++) {
			const struct audit_span *span = &part->device[i].span[s];
			uint64_t first = span->base & ~(BH_PAGE - 1ull);
			uint64_t end = (span->base + span->bytes + BH_PAGE - 1) & ~(BH_PAGE - 1ull);

			if (r->ipa != first || r->bytes != end - first)
				continue;
			if (r->pa != first)
				odd_region(a, p, r, "is not the device that is declared there");
			if (!has_name(a, r, "%s", part->device[i].label))
				odd_region(a, p, r, "has another name than what it is");
			want_region_as(a, p, r, WHAT_DEVICE, 0, BH_READ | BH_WRITE, &seen->device[i][s])->device = true;
			return;
		}
	odd_region(a, p, r, "is no declared device of this partition");
}

static void want_const(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	const struct audit_part *part = &a->d.part[a->part_of[p]];

	if (r->ipa == BH_INFO_IPA && r->bytes <= SMALL)
		want(a, p, r, WHAT_INFO, BH_READ, &seen->info);
	else if (r->ipa == BH_STUB_IPA && r->bytes <= SMALL)
		want(a, p, r, WHAT_STUB, BH_READ | BH_EXECUTE, &seen->stub);
	else if (r->ipa == BH_STUB_PARAM_IPA && r->bytes <= SMALL)
		want(a, p, r, WHAT_PARAMS, BH_READ, &seen->params);
	else if (part->restart && ((r->ipa >= BH_PRISTINE_NEAR_IPA && r->ipa + r->bytes <= BH_PRISTINE_NEAR_END) ||
				   (r->ipa >= BH_PRISTINE_IPA && r->ipa + r->bytes <= BH_PRISTINE_END)))
		want(a, p, r, WHAT_PRISTINE, BH_READ, NULL), seen->pristine++;
	else if (r->ipa >= VIRTIO_IPA && r->ipa < VIRTIO_END && r->bytes == BH_PAGE)
		want(a, p, r, WHAT_CONST, BH_READ, NULL), seen->virtio += (uint32_t)r->bytes;
	else
		odd_region(a, p, r, "is nothing to read that this partition should have");
}

static void want_region(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	const struct audit_part *part = &a->d.part[a->part_of[p]];

	switch ((enum bh_region_kind)r->kind) {
	case BH_REGION_RAM:
		if (r->ipa != RAM_IPA || r->bytes != part->ram_bytes)
			odd_region(a, p, r, "is not the RAM that is declared");
		want(a, p, r, WHAT_RAM, BH_READ | BH_WRITE | BH_EXECUTE, &seen->ram);
		break;
	case BH_REGION_DEVICE:
		want_device(a, p, r, seen);
		break;
	case BH_REGION_EMULATED:
		want_emulated(a, p, r, seen);
		break;
	case BH_REGION_CONST:
		want_const(a, p, r, seen);
		break;
	case BH_REGION_WINDOW:
		want_window(a, p, r, seen);
		break;
	case BH_REGION_SHARED:
		want_shared(a, p, r, seen);
		break;
	}
}

void missing(struct audit *a, uint32_t p, bool is, const char *what)
{
	if (!is)
		finding(a, "%s: has no %s, or more than one", owner_name(a, p), what);
}

static void check_seen(struct audit *a, uint32_t p, const struct seen *seen)
{
	const struct audit_part *part = &a->d.part[a->part_of[p]];

	missing(a, p, seen->ram == 1, "RAM");
	missing(a, p, seen->info == 1, "information page");
	missing(a, p, seen->stub == 1, "boot stub");
	missing(a, p, seen->params == 1, "boot parameters");
	missing(a, p, seen->virtio == VIRTIO_END - VIRTIO_IPA, "empty virtio-mmio slots");
	missing(a, p, seen->pl011 == (part->console != BH_NONE), "PL011 as declared");
	missing(a, p, seen->watchdog == part->watchdog_device, "watchdog as declared");
	missing(a, p, (seen->pristine > 0) == part->restart, "pristine store as declared");
	for (uint32_t i = 0; i < part->n_devices; i++)
		for (uint32_t s = 0; s < part->device[i].n_spans; s++)
			if (seen->device[i][s] != 1)
				finding(a, "%s: does not have its device %s", owner_name(a, p), part->device[i].label);
	windows_seen(a, p, seen);
}

void want_partitions(struct audit *a)
{
	carriers_join(a);
	for (uint32_t p = 0; p < a->b->n_partitions; p++) {
		const struct bh_partition *part = &blob_partitions(a->b)[p];
		struct seen seen;

		memset(&seen, 0, sizeof(seen));
		for (uint32_t i = 0; i < part->n_regions; i++)
			want_region(a, p, &blob_regions(a->b)[part->first_region + i], &seen);
		check_seen(a, p, &seen);
	}
}
