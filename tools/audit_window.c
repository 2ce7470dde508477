/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emulated regions, windows and shared memory among a partition's regions: each must be one that the
 * description gives it. Which channel an emulated region carries, and which one shared memory is of,
 * the image says by the region's name, which is what its partition is told, too.
 */
#include <stdio.h>
#include <string.h>

#include "abi/info.h"
#include "abi/gwdt.h"
#include "abi/pl011.h"
#include "abi/stub.h"
#include "tools/audit_want.h"

#define CARRIER_IPA 0x09100000u /* carriers' PL011s: from here up to the virtio-mmio slots */
#define CARRIER_END 0x0a000000u

static uint64_t share_pa(const struct audit *a, uint64_t va)
{
	return va - a->h->share_va + a->h->share_pa;
}

/* --- emulated regions --- */

/* Or what else the region is for. */
static uint32_t carried_by_name(const struct audit *a, const struct bh_region *r)
{
	for (uint32_t i = 0; i < a->d.n_channels; i++)
		if (has_name(a, r, "PL011 of %s", a->d.channel[i].name))
			return i;
	return has_name(a, r, "watchdog") ? AUDIT_WATCHDOG : AUDIT_CONSOLE;
}

void carriers_join(struct audit *a)
{
	for (uint32_t i = 0; i < a->b->n_regions; i++) {
		const struct bh_region *r = &blob_regions(a->b)[i];

		if (r->kind == BH_REGION_EMULATED)
			a->carries[r->object] = carried_by_name(a, r);
	}
}

bool channel_is_carried(const struct audit *a, uint32_t p, const struct audit_channel *c)
{
	uint32_t part = a->part_of[p];

	return c->kind != CHANNEL_SHARED && a->d.part[part].bridge != BH_NONE && (c->from == part || c->to == part);
}

static bool is_carrier(const struct audit *a, uint32_t p, const struct bh_region *r, uint32_t channel)
{
	return r->bytes == BH_PAGE && channel_is_carried(a, p, &a->d.channel[channel]) && r->ipa >= CARRIER_IPA && r->ipa + r->bytes <= CARRIER_END;
}

static bool is_declared(const struct audit *a, uint32_t p, const struct bh_region *r)
{
	const struct audit_part *part = &a->d.part[a->part_of[p]];

	switch (a->carries[r->object]) {
	case AUDIT_CONSOLE: return part->console != BH_NONE && r->ipa == BH_PL011_IPA && r->bytes == BH_PAGE;
	case AUDIT_WATCHDOG: return part->watchdog_device && r->ipa == BH_GWDT_IPA && r->bytes == BH_GWDT_BYTES;
	default: return is_carrier(a, p, r, a->carries[r->object]);
	}
}

/* Unmapped: nothing to want. */
void want_emulated(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	uint32_t channel = a->carries[r->object];

	if (r->rights != (BH_READ | BH_WRITE))
		odd_region(a, p, r, "has other rights than declared");
	if (!is_declared(a, p, r))
		odd_region(a, p, r, "is an emulated region that is not declared");
	if (channel == AUDIT_CONSOLE && !has_name(a, r, "PL011"))
		odd_region(a, p, r, "has another name than what it is");
	if (channel == AUDIT_CONSOLE)
		seen->pl011++;
	else if (channel == AUDIT_WATCHDOG)
		seen->watchdog++;
	else
		seen->carrier[channel]++;
}

/* --- windows: memory that the kernel has, too --- */

/* Whose queue or server pages, in a region's name. */
static const char *served_name(const struct audit *a, uint32_t e)
{
	static char name[2 * AUDIT_NAME + 4];
	const char *client = owner_name(a, blob_emuls(a->b)[e].client);

	if (a->carries[e] == AUDIT_CONSOLE)
		snprintf(name, sizeof(name), "%s", client);
	else if (a->carries[e] == AUDIT_WATCHDOG)
		snprintf(name, sizeof(name), "%s, its watchdog", client);
	else
		snprintf(name, sizeof(name), "%s, %s", client, a->d.channel[a->carries[e]].name);
	return name;
}

static void want_served(struct audit *a, uint32_t p, const struct bh_region *r, bool server, uint32_t e, uint32_t *seen)
{
	if (!has_name(a, r, server ? "server pages for %s" : "queue of %s", served_name(a, e)))
		odd_region(a, p, r, "has another name than what it is");
	want_region_as(a, p, r, server ? WHAT_SERVER : WHAT_QUEUE, e, server ? BH_READ | BH_WRITE : BH_READ, seen);
}

static bool is_served(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	for (uint32_t i = 0; i < a->b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(a->b)[i];
		bool queue = r->pa == share_pa(a, e->queue_va) && r->bytes == BH_PAGE;
		bool server = r->pa == share_pa(a, e->server_va) && r->bytes == BH_PAGE + e->bytes;

		if (e->server != p || (!queue && !server))
			continue;
		want_served(a, p, r, server, i, server ? &seen->server[i] : &seen->queue[i]);
		return true;
	}
	return false;
}

static bool is_trace(const struct audit *a, uint32_t p, const struct bh_region *r)
{
	return a->d.part[a->part_of[p]].reads_trace && r->pa == share_pa(a, a->b->trace_va) &&
	       r->bytes == a->b->n_cores * a->b->trace_bytes && has_name(a, r, "%s", what_name(WHAT_TRACE));
}

static bool sees_log(const struct audit *a, uint32_t p)
{
	return a->d.part[a->part_of[p]].reads_log || a->d.part[a->part_of[p]].monitor;
}

void want_window(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	bool near = r->ipa >= BH_WINDOW_NEAR_IPA && r->ipa + r->bytes <= BH_WINDOW_NEAR_END;

	if (!near && (r->ipa < BH_WINDOW_IPA || r->ipa + r->bytes > BH_PRISTINE_END))
		odd_region(a, p, r, "is a window outside the range of windows");
	if (is_served(a, p, r, seen))
		return;
	if (sees_log(a, p) && r->pa == share_pa(a, a->b->log_va) && r->bytes == bh_log_bytes(a->b->n_partitions) &&
	    has_name(a, r, "health log"))
		want_region_as(a, p, r, WHAT_LOG, 0, BH_READ, &seen->log);
	else if (is_trace(a, p, r))
		want_region_as(a, p, r, WHAT_TRACE, 0, BH_READ, &seen->trace);
	else if (has_name(a, r, "in window"))
		want_region_as(a, p, r, WHAT_IN, p, BH_READ, &seen->in);
	else if (has_name(a, r, "out window"))
		want_region_as(a, p, r, WHAT_OUT, p, BH_READ | BH_WRITE, &seen->out);
	else
		odd_region(a, p, r, "is a window to nothing that is declared");
}

/* --- memory that partitions share among themselves --- */

static bool is_channel_memory(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	for (uint32_t i = 0; i < a->d.n_channels; i++) {
		const struct audit_channel *c = &a->d.channel[i];
		uint32_t me = 1u << a->part_of[p];

		if (c->kind != CHANNEL_SHARED || !(c->readers & me) || !has_name(a, r, "shared memory %s", c->name))
			continue;
		if (r->bytes != c->size)
			odd_region(a, p, r, "has another size than declared");
		want_region_as(a, p, r, WHAT_SHARED, i, BH_READ | (c->writers & me ? BH_WRITE : 0), &seen->shared[i])->uncached = c->uncached;
		return true;
	}
	return false;
}

static bool is_carried_window(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	for (uint32_t i = 0; i < a->b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(a->b)[i];

		if (!carried_channel(a, i) || (e->client != p && e->server != p) || !has_name(a, r, "window of %s", served_name(a, i)))
			continue;
		if (r->bytes != channel_window_bytes(&a->d.channel[a->carries[i]]))
			odd_region(a, p, r, "has another size than its channel's messages need");
		want_region_as(a, p, r, WHAT_CARRIED, i, BH_READ | BH_WRITE, &seen->carried[i])->uncached = true;
		return true;
	}
	return false;
}

void want_shared(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen)
{
	const struct audit_part *part = &a->d.part[a->part_of[p]];
	bool low = r->ipa >= BH_WINDOW_IPA && r->ipa + r->bytes <= BH_PRISTINE_END;

	if (!low && r->ipa < RAM_IPA + part->ram_bytes)
		odd_region(a, p, r, "is neither among the windows nor above RAM");
	if (!is_channel_memory(a, p, r, seen) && !is_carried_window(a, p, r, seen))
		odd_region(a, p, r, "is shared memory that is not declared");
}

/* All ends see the same memory, and nothing is in it at first: nobody clears it at boot. */
void shared_audit(struct audit *a)
{
	for (uint32_t i = 0; i < a->wants.n; i++) {
		const struct audit_want *w = &a->wants.w[i], *first = w;
		const uint8_t *bytes = image_at(a, w->pa, w->bytes);

		if (w->what != WHAT_SHARED && w->what != WHAT_CARRIED)
			continue;
		for (uint32_t j = i; j-- > 0;)
			if (a->wants.w[j].what == w->what && a->wants.w[j].object == w->object)
				first = &a->wants.w[j];
		if (first->pa != w->pa)
			finding(a, "%s at PA %#llx of %s is at PA %#llx for %s", what_name(w->what), (unsigned long long)first->pa,
				owner_name(a, first->owner), (unsigned long long)w->pa, owner_name(a, w->owner));
		if (first == w && bytes && !all_zero(bytes, w->bytes))
			finding(a, "%s at PA %#llx of %s is not zero", what_name(w->what), (unsigned long long)w->pa,
				owner_name(a, w->owner));
	}
}

/* --- is each there? --- */

static void emuls_seen(struct audit *a, uint32_t p, const struct seen *seen)
{
	for (uint32_t i = 0; i < a->b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(a->b)[i];
		bool window = carried_channel(a, i) && channel_window_bytes(&a->d.channel[a->carries[i]]) != 0;

		if (e->server == p && (seen->queue[i] != 1 || seen->server[i] != 1))
			finding(a, "%s: has no windows to serve %s", owner_name(a, p), served_name(a, i));
		if ((e->server == p || e->client == p) && seen->carried[i] != window)
			finding(a, "%s: has no window of %s, though messages can be long, or has one without need", owner_name(a, p),
				served_name(a, i));
	}
}

static void channels_seen(struct audit *a, uint32_t p, const struct seen *seen)
{
	for (uint32_t i = 0; i < a->d.n_channels; i++) {
		const struct audit_channel *c = &a->d.channel[i];
		bool shared = c->kind == CHANNEL_SHARED && (c->readers >> a->part_of[p] & 1);

		if (seen->shared[i] != shared)
			finding(a, "%s: does not have its shared memory %s", owner_name(a, p), c->name);
		if (seen->carrier[i] != channel_is_carried(a, p, c))
			finding(a, "%s: has no PL011 that carries %s, or more than one", owner_name(a, p), c->name);
	}
}

void windows_seen(struct audit *a, uint32_t p, const struct seen *seen)
{
	missing(a, p, seen->log == sees_log(a, p), "health log as declared");
	missing(a, p, seen->trace == a->d.part[a->part_of[p]].reads_trace, "trace as declared");
	missing(a, p, seen->in == ports_need(a, p, WHAT_IN), "in window as its ports need");
	missing(a, p, seen->out == ports_need(a, p, WHAT_OUT), "out window as its ports need");
	emuls_seen(a, p, seen);
	channels_seen(a, p, seen);
}
