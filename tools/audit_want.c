/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each partition may reach, from the description: RAM of its size, its devices, read-only
 * pages, and a window for each end of a console that it holds. The blob's table of regions only
 * says where in physical memory each piece lies; it must hold these pieces and no other.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/info.h"
#include "abi/pl011.h"
#include "abi/stub.h"
#include "tools/audit.h"

#define RAM_IPA	   0x40000000u
#define VIRTIO_IPA 0x0a000000u
#define VIRTIO_END 0x0a004000u
#define SMALL	   0x10000u /* stub, parameters, information page: at most 64 KiB each */
#define RUN	   (ROOT_LOAD | ROOT_RUN)

/* What must be seen once while the regions are gone through. */
struct seen {
	uint32_t ram, pl011, virtio, info, stub, params, pristine, log;
	uint32_t queue[BH_MAX_EMULS], server[BH_MAX_EMULS];
	uint32_t device[AUDIT_PART_DEVICES][AUDIT_DEV_SPANS];
};

static void odd_region(struct audit *a, uint32_t p, const struct bh_region *r, const char *why)
{
	finding(a, "%s: region at IPA %#" PRIx64 " (PA %#" PRIx64 ", %#" PRIx64 " bytes, \"%s\") %s", owner_name(a, p),
		r->ipa, r->pa, r->bytes, blob_name(a->b, r->name), why);
}

/* The name is what a fault report calls the region; a wrong one would lead its reader astray. */
static void check_name(struct audit *a, uint32_t p, const struct bh_region *r, const char *before, const char *name)
{
	const char *is = blob_name(a->b, r->name);

	if (strncmp(is, before, strlen(before)) != 0 || strcmp(is + strlen(before), name) != 0)
		odd_region(a, p, r, "has another name than what it is");
	if (r->kind != BH_REGION_EMULATED && r->object != 0)
		odd_region(a, p, r, "names an object");
}

static void want(struct audit *a, uint32_t p, const struct bh_region *r, enum audit_what what, uint32_t roots,
		 uint32_t rights, uint32_t *seen)
{
	if (r->rights != rights)
		odd_region(a, p, r, "has other rights than declared");
	if (what != WHAT_DEVICE && what != WHAT_QUEUE && what != WHAT_SERVER)
		check_name(a, p, r, "", what_name(what));
	if (seen && (*seen)++)
		odd_region(a, p, r, "is there twice");
	want_add(a, (struct audit_want){ .what = what, .owner = p, .roots = roots, .rights = rights, .at = r->ipa, .pa = r->pa, .bytes = r->bytes, .device = what == WHAT_DEVICE });
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
			check_name(a, p, r, "", part->device[i].label);
			want(a, p, r, WHAT_DEVICE, RUN, BH_READ | BH_WRITE, &seen->device[i][s]);
			return;
		}
	odd_region(a, p, r, "is no declared device of this partition");
}

static void want_const(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	if (r->ipa == BH_INFO_IPA && r->bytes <= SMALL)
		want(a, p, r, WHAT_INFO, RUN, BH_READ, &seen->info);
	else if (r->ipa >= VIRTIO_IPA && r->ipa < VIRTIO_END && r->bytes == BH_PAGE)
		want(a, p, r, WHAT_CONST, RUN, BH_READ, NULL), seen->virtio += (uint32_t)r->bytes;
	else
		odd_region(a, p, r, "is no read-only page that this partition should have");
}

static void want_boot(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	const struct audit_part *part = &a->d.part[a->part_of[p]];

	if (r->ipa == BH_STUB_IPA && r->bytes <= SMALL)
		want(a, p, r, WHAT_STUB, ROOT_LOAD, BH_READ | BH_EXECUTE, &seen->stub);
	else if (r->ipa == BH_STUB_PARAM_IPA && r->bytes <= SMALL)
		want(a, p, r, WHAT_PARAMS, ROOT_LOAD, BH_READ, &seen->params);
	else if (r->ipa >= BH_PRISTINE_IPA && r->ipa + r->bytes <= BH_PRISTINE_END && part->restart)
		want(a, p, r, WHAT_PRISTINE, ROOT_LOAD, BH_READ, NULL), seen->pristine++;
	else
		odd_region(a, p, r, "has no place in the loading root");
}

static uint64_t share_pa(const struct audit *a, uint64_t va)
{
	return va - a->h->share_va + a->h->share_pa;
}

static void window(struct audit *a, uint32_t p, const struct bh_region *r, enum audit_what what, uint32_t e, uint32_t *seen)
{
	bool server = what == WHAT_SERVER;

	if (r->ipa < BH_WINDOW_IPA || r->ipa + r->bytes > BH_PRISTINE_END)
		odd_region(a, p, r, "is a window outside the range of windows");
	if (what != WHAT_LOG)
		check_name(a, p, r, server ? "server pages for " : "queue of ", owner_name(a, blob_emuls(a->b)[e].client));
	want(a, p, r, what, RUN, server ? BH_READ | BH_WRITE : BH_READ, seen);
	a->wants.w[a->wants.n - 1].object = e;
}

static void want_window(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	const struct bh_blob *b = a->b;

	for (uint32_t i = 0; i < b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(b)[i];

		if (e->server != p)
			continue;
		if (r->pa == share_pa(a, e->queue_va) && r->bytes == BH_PAGE) {
			window(a, p, r, WHAT_QUEUE, i, &seen->queue[i]);
			return;
		}
		if (r->pa == share_pa(a, e->server_va) && r->bytes == BH_PAGE + e->bytes) {
			window(a, p, r, WHAT_SERVER, i, &seen->server[i]);
			return;
		}
	}
	if (a->d.part[a->part_of[p]].reads_log && r->pa == share_pa(a, b->log_va) && r->bytes == BH_LOG_PAGES * BH_PAGE)
		window(a, p, r, WHAT_LOG, 0, &seen->log);
	else
		odd_region(a, p, r, "is a window to nothing that is declared");
}

static void want_region(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	const struct audit_part *part = &a->d.part[a->part_of[p]];

	switch ((enum bh_region_kind)r->kind) {
	case BH_REGION_RAM:
		if (r->ipa != RAM_IPA || r->bytes != part->ram_bytes)
			odd_region(a, p, r, "is not the RAM that is declared");
		want(a, p, r, WHAT_RAM, RUN, BH_READ | BH_WRITE | BH_EXECUTE, &seen->ram);
		break;
	case BH_REGION_DEVICE:
		want_device(a, p, r, seen);
		break;
	case BH_REGION_EMULATED: /* unmapped: nothing to want */
		if (r->ipa != BH_PL011_IPA || r->bytes != BH_PAGE || part->console == BH_NONE)
			odd_region(a, p, r, "is an emulated region that is not declared");
		if (r->rights != (BH_READ | BH_WRITE))
			odd_region(a, p, r, "has other rights than declared");
		check_name(a, p, r, "", "PL011");
		seen->pl011++;
		break;
	case BH_REGION_CONST:
		want_const(a, p, r, seen);
		break;
	case BH_REGION_WINDOW:
		want_window(a, p, r, seen);
		break;
	case BH_REGION_BOOT:
		want_boot(a, p, r, seen);
		break;
	case BH_REGION_SHARED:
		odd_region(a, p, r, "is shared memory that is not declared");
		break;
	}
}

static void missing(struct audit *a, uint32_t p, bool is, const char *what)
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
	missing(a, p, seen->log == part->reads_log, "health log as declared");
	missing(a, p, (seen->pristine > 0) == part->restart, "pristine store as declared");
	for (uint32_t i = 0; i < part->n_devices; i++)
		for (uint32_t s = 0; s < part->device[i].n_spans; s++)
			if (seen->device[i][s] != 1)
				finding(a, "%s: does not have its device %s", owner_name(a, p), part->device[i].label);
	for (uint32_t i = 0; i < a->b->n_emuls; i++)
		if (blob_emuls(a->b)[i].server == p && (seen->queue[i] != 1 || seen->server[i] != 1))
			finding(a, "%s: has no windows to serve %s", owner_name(a, p),
				owner_name(a, blob_emuls(a->b)[i].client));
}

void want_partitions(struct audit *a)
{
	for (uint32_t p = 0; p < a->b->n_partitions; p++) {
		const struct bh_partition *part = &blob_partitions(a->b)[p];
		struct seen seen;

		memset(&seen, 0, sizeof(seen));
		for (uint32_t i = 0; i < part->n_regions; i++)
			want_region(a, p, &blob_regions(a->b)[part->first_region + i], &seen);
		check_seen(a, p, &seen);
	}
}
