/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies where in a partition's RAM when it starts: the payload where its format says, then initrd
 * and device tree where they meet nothing.
 */
#include "tools/payload.h"

#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "tools/errors.h"
#include "tools/source.h"

static bool meet(const struct segment *s, uint64_t ipa, uint64_t bytes)
{
	return s->ipa < ipa + bytes && ipa < s->ipa + s->memory_bytes;
}

static bool in_ram(const struct part *part, uint64_t ipa, uint64_t bytes)
{
	return ipa >= PLAN_RAM_IPA && bytes <= part->ram_bytes && ipa - PLAN_RAM_IPA <= part->ram_bytes - bytes;
}

static void blame_outside(struct plan *p, const struct part *part, const char *prop, const struct segment *s)
{
	uint64_t end = s->ipa + s->memory_bytes, ram_end = PLAN_RAM_IPA + part->ram_bytes;
	uint64_t want = align_up(end - PLAN_RAM_IPA, part->ram_bytes < PLAN_BIG ? BH_PAGE : PLAN_BIG);

	if (s->ipa < PLAN_RAM_IPA)
		blame(p, part->path, prop, "%s begins at %#llx, %#llx bytes below RAM, which begins at %#llx; link it there",
		      s->what, (unsigned long long)s->ipa, (unsigned long long)(PLAN_RAM_IPA - s->ipa), PLAN_RAM_IPA);
	else
		blame(p, part->path, prop,
		      "%s needs %#llx to %#llx, %#llx bytes beyond RAM, which ends at %#llx; memory = \"%llu%c\" would hold it",
		      s->what, (unsigned long long)s->ipa, (unsigned long long)end, (unsigned long long)(end - ram_end),
		      (unsigned long long)ram_end, (unsigned long long)(want % MIB ? want / KIB : want / MIB),
		      want % MIB ? 'K' : 'M');
}

bool segment_fits(struct plan *p, const struct part *part, const char *prop, struct segment s)
{
	if (!part->ram_bytes || in_ram(part, s.ipa, s.memory_bytes))
		return true;
	blame_outside(p, part, prop, &s);
	return false;
}

void segment_add(struct plan *p, struct part *part, const char *prop, struct segment s)
{
	struct payload *pay = &part->payload;

	if (!segment_fits(p, part, prop, s))
		return;
	for (uint32_t i = 0; i < pay->n_segments; i++)
		if (meet(&pay->segment[i], s.ipa, s.memory_bytes))
			blame(p, part->path, prop, "%s at %#llx overlaps %s at %#llx", s.what, (unsigned long long)s.ipa,
			      pay->segment[i].what, (unsigned long long)pay->segment[i].ipa);
	if (pay->n_segments == PLAN_SEGMENTS)
		blame(p, part->path, prop, "has more than %u pieces", PLAN_SEGMENTS);
	else
		pay->segment[pay->n_segments++] = s;
}

/* A free place of so many bytes: the first from @from on; 0: there is none. */
static uint64_t room_from(const struct part *part, uint64_t from, uint64_t bytes)
{
	for (uint32_t tries = 0; tries <= part->payload.n_segments; tries++) {
		const struct segment *hit = NULL;

		from = align_up(from, BH_PAGE);
		for (uint32_t i = 0; i < part->payload.n_segments; i++)
			if (meet(&part->payload.segment[i], from, bytes))
				hit = &part->payload.segment[i];
		if (!hit)
			return in_ram(part, from, bytes) ? from : 0;
		from = hit->ipa + hit->memory_bytes;
	}
	return 0;
}

static uint64_t highest(const struct part *part)
{
	uint64_t end = PLAN_RAM_IPA;

	for (uint32_t i = 0; i < part->payload.n_segments; i++)
		end = max_u64(end, part->payload.segment[i].ipa + part->payload.segment[i].memory_bytes);
	return end;
}

/*
 * An Image says how much memory behind it is its own; anything else may use what follows it, so
 * initrd and tree go before it, else to the end of RAM.
 */
static uint64_t room(const struct part *part, uint64_t bytes)
{
	uint64_t low, end = PLAN_RAM_IPA + part->ram_bytes;

	if (strstr(part->payload.format, "Image"))
		return room_from(part, highest(part), bytes);
	low = room_from(part, PLAN_RAM_IPA, bytes);
	if (low && low < part->payload.segment[0].ipa)
		return low;
	for (uint64_t at = (end - min_u64(bytes, end)) / BH_PAGE * BH_PAGE; at >= highest(part); at -= BH_PAGE)
		if (room_from(part, at, bytes) == at)
			return at;
	return 0;
}

static void place(struct plan *p, struct part *part, const char *prop, const char *what, struct bytes b, uint64_t *where)
{
	uint64_t at = room(part, b.n);

	*where = at;
	if (!at)
		blame(p, part->path, "memory", "%s of %zu bytes finds no room in %llu KiB of RAM beside the image; give more",
		      what, b.n, (unsigned long long)(part->ram_bytes / KIB));
	else
		segment_add(p, part, prop,
			    (struct segment){ .ipa = at, .memory_bytes = b.n, .data = b.at, .bytes = b.n, .what = what });
}

static bool read_named(struct plan *p, struct part *part, const char *prop, const char *name, struct bytes *b)
{
	const char *path = source_find(p, name);

	if (!path)
		blame(p, part->path, prop, "there is no file \"%s\", neither in %s nor in %s", name, p->folder, p->tool);
	else if (!file_read(path, b))
		blame(p, part->path, prop, "%s cannot be read: %s", path, strerror(errno));
	else if (b->n == 0)
		blame(p, part->path, prop, "%s is empty", path);
	else
		return true;
	return false;
}

static void place_initrd(struct plan *p, struct part *part)
{
	struct bytes b = { 0 };

	if (part->initrd && read_named(p, part, "initrd", part->initrd, &b) && part->ram_bytes && part->payload.n_segments) {
		place(p, part, "initrd", "initrd", b, &part->payload.initrd);
		part->payload.initrd_bytes = b.n;
	}
}

static void place_tree(struct plan *p, struct part *part)
{
	struct bytes b = { 0 };

	if (part->dtb) {
		if (part->initrd || part->bootargs)
			blame(p, part->path, part->initrd ? "initrd" : "bootargs",
			      "cannot be put into the device tree given with `dtb`, which is taken as it is; remove one of them");
		if (!read_named(p, part, "dtb", part->dtb, &b))
			return;
		if (b.n < sizeof(struct fdt_header) || fdt_check_header(b.at) != 0 || fdt_totalsize(b.at) > b.n) {
			blame(p, part->path, "dtb", "\"%s\" is no device tree blob; compile it with dtc", part->dtb);
			return;
		}
	} else {
		b = guest_tree(p, part);
	}
	if (part->ram_bytes && part->payload.n_segments)
		place(p, part, "dtb", "device tree", b, &part->payload.arg);
}

static void check_entry(struct plan *p, struct part *part)
{
	struct payload *pay = &part->payload;

	if (part->has_entry)
		pay->entry = part->entry;
	if (pay->n_segments && part->ram_bytes && !in_ram(part, pay->entry, 4))
		blame(p, part->path, part->has_entry ? "entry" : "image", "the entry %#llx is outside of RAM, %#llx to %#llx",
		      (unsigned long long)pay->entry, PLAN_RAM_IPA, (unsigned long long)(PLAN_RAM_IPA + part->ram_bytes));
}

void payload_plan(struct plan *p, struct part *part)
{
	struct bytes file = { 0 };

	if (part->image && read_named(p, part, "image", part->image, &file))
		format_read(p, part, part->image, file);
	check_entry(p, part);
	place_initrd(p, part);
	place_tree(p, part);
}
