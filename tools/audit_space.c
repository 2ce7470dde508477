/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a walk found against what is wanted: a root maps exactly the wanted pieces, each page to the
 * right place with exactly the right bits. Together with places_check() that is the proof.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/audit.h"

/* Stage 2 leaf: MemAttr [5:2], S2AP [7:6], SH [9:8], AF 10, XN[1] 54 */
#define S2_NORMAL   (0xfull << 2 | 3ull << 8)
#define S2_UNCACHED (0x5ull << 2 | 3ull << 8)
#define S2_DEVICE   (0x1ull << 2)
#define S2_READ	    (1ull << 6)
#define S2_WRITE    (1ull << 7)
/* EL2 stage 1 leaf: AttrIndx [4:2], AP[1] 6 (RES1), AP[2] 7, SH [9:8], AF 10, XN 54 */
#define EL2_NORMAL (0x1ull << 2 | 3ull << 8)
#define EL2_DEVICE (0x0ull << 2)
#define EL2_RES1   (1ull << 6)
#define EL2_RDONLY (1ull << 7)
#define AF	   (1ull << 10)
#define XN	   (1ull << 54)

static uint64_t want_bits(const struct audit_want *w, uint32_t root)
{
	uint64_t bits = AF | (w->rights & BH_EXECUTE ? 0 : XN);

	if (root == ROOT_EL2)
		return bits | EL2_RES1 | (w->device ? EL2_DEVICE : EL2_NORMAL) | (w->rights & BH_WRITE ? 0 : EL2_RDONLY);
	return bits | (w->device ? S2_DEVICE : w->uncached ? S2_UNCACHED
							   : S2_NORMAL) |
	       (w->rights & BH_READ ? S2_READ : 0) |
	       (w->rights & BH_WRITE ? S2_WRITE : 0);
}

/* In words what differs, for a reader who does not know the bits. */
static const char *bits_differ(uint64_t is, uint64_t want, uint32_t root)
{
	uint64_t diff = is ^ want;

	if (diff & XN)
		return is & XN ? "is not executable" : "is executable";
	if (root == ROOT_EL2 && diff & EL2_RDONLY)
		return is & EL2_RDONLY ? "is not writable" : "is writable";
	if (root != ROOT_EL2 && diff & S2_WRITE)
		return is & S2_WRITE ? "is writable" : "is not writable";
	if (root != ROOT_EL2 && diff & S2_READ)
		return is & S2_READ ? "is readable" : "is not readable";
	if (diff & (0xfull << 2))
		return "has another memory type";
	return "has other attributes";
}

struct space {
	struct audit *a;
	uint32_t owner, root, object;
	uint64_t root_pa;
};

/* A root to inspect with has what its own root has, and one other's RAM. */
static bool wanted_here(const struct space *s, const struct audit_want *w)
{
	if (w->owner != s->owner)
		return false;
	if (s->root != ROOT_INSPECT)
		return w->root == s->root;
	return w->root == ROOT_OWN || (w->root == ROOT_INSPECT && w->object == s->object);
}

/* "root", "root to inspect guest" */
static const char *space_name(const struct space *s)
{
	static char name[2 * AUDIT_NAME];

	snprintf(name, sizeof(name), "%s%s", root_name(s->root), s->root == ROOT_INSPECT ? owner_name(s->a, s->object) : "");
	return name;
}

static void blame(const struct space *s, uint64_t at, uint64_t pa, uint64_t bytes, const char *what)
{
	finding(s->a,
		"%s, %s: %s %#" PRIx64 " (PA %#" PRIx64 ", %" PRIu64 " page(s), entry at PA %#" PRIx64 ") %s; that PA is %s",
		owner_name(s->a, s->owner), space_name(s), s->root == ROOT_EL2 ? "VA" : "IPA", at, pa, bytes / BH_PAGE,
		walk_entry(s->a, s->root, s->root_pa, at), what, page_owner(s->a, pa));
}

static struct audit_want *want_find(const struct space *s, uint64_t at, uint64_t *until)
{
	struct audit_want *hit = NULL;

	for (uint32_t i = 0; i < s->a->wants.n; i++) {
		struct audit_want *w = &s->a->wants.w[i];

		if (!wanted_here(s, w))
			continue;
		if (at >= w->at && at - w->at < w->bytes) {
			hit = w;
			*until = *until < w->at + w->bytes ? *until : w->at + w->bytes;
		} else if (w->at > at && w->at < *until) {
			*until = w->at;
		}
	}
	return hit;
}

/* One walked range, cut where the wanted pieces begin and end. */
static void check_range(const struct space *s, const struct audit_range *r)
{
	uint64_t at = r->at, end = r->at + r->bytes;

	while (at < end) {
		uint64_t until = end, pa = r->pa + (at - r->at);
		const struct audit_want *w = want_find(s, at, &until);

		if (!w)
			blame(s, at, pa, until - at, "is mapped, but nothing is declared there");
		else if (pa != w->pa + (at - w->at))
			blame(s, at, pa, until - at, "maps another page than declared");
		if (w && r->bits != want_bits(w, s->root))
			blame(s, at, pa, until - at, bits_differ(r->bits, want_bits(w, s->root), s->root));
		at = until;
	}
}

/* Every wanted piece is mapped whole. Ranges are sorted, so one pass does. */
static void check_want(const struct space *s, const struct audit_want *w, const struct audit_ranges *found)
{
	uint64_t at = w->at, end = w->at + w->bytes;

	for (uint32_t i = 0; i < found->n && at < end; i++) {
		const struct audit_range *r = &found->r[i];

		if (r->at <= at && at < r->at + r->bytes)
			at = r->at + r->bytes;
	}
	if (at < end)
		finding(s->a, "%s, %s: %s at %#" PRIx64 " is not mapped from %#" PRIx64 " on (entry at PA %#" PRIx64 ")",
			owner_name(s->a, s->owner), space_name(s), what_name(w->what), w->at, at,
			walk_entry(s->a, s->root, s->root_pa, at));
}

void space_check(struct audit *a, const struct audit_walked *w)
{
	struct space s = { .a = a, .owner = w->owner, .root = w->root, .object = w->object, .root_pa = w->pa };

	for (uint32_t i = 0; i < w->found.n; i++)
		check_range(&s, &w->found.r[i]);
	for (uint32_t i = 0; i < a->wants.n; i++)
		if (wanted_here(&s, &a->wants.w[i]))
			check_want(&s, &a->wants.w[i], &w->found);
}
