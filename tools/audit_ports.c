/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blob's ports against the channels of the description: each channel is one port, with the
 * declared kind, sizes, flags and ends; none beside. And against the windows: each slot and buffer
 * lies in the window of the end that it belongs to, and no page of a window is without use. That no
 * two overlap, and that each end has its capability once, blob_check() has seen.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/audit.h"

/* --- the port is the channel --- */

static void differs(struct audit *a, const struct audit_channel *c, const char *what, uint64_t is, uint64_t want)
{
	if (is != want)
		finding(a, "port %s: %s is %" PRIu64 ", but the description gives %" PRIu64, c->name, what, is, want);
}

static void check_end(struct audit *a, const struct audit_channel *c, const char *what, uint32_t is, uint32_t want)
{
	if (a->part_of[is] != want)
		finding(a, "port %s: its %s is %s, but the description gives %s", c->name, what, owner_name(a, is),
			a->d.part[want].name);
}

static void check_port(struct audit *a, const struct bh_port *p)
{
	const char *name = blob_name(a->b, p->name);
	const struct audit_channel *c = channel_find(a, name);

	if (!c || c->kind == CHANNEL_SHARED) {
		finding(a, "port %s, from %s to %s, is no channel of the description", name, owner_name(a, p->sender),
			owner_name(a, p->receiver));
		return;
	}
	if (a->d.channel[c - a->d.channel].seen++)
		finding(a, "port %s is there twice", c->name);
	differs(a, c, "kind (1 signal, 2 sampling, 3 queuing, 4 call)", p->kind, c->kind);
	differs(a, c, "largest message", p->bytes, c->bytes);
	differs(a, c, "largest reply", p->reply_bytes, c->reply_bytes);
	differs(a, c, "depth", p->depth, c->depth);
	differs(a, c, "flags (1 drop, 2 keep)", p->flags, c->flags);
	check_end(a, c, "sender", p->sender, c->sender);
	check_end(a, c, "receiver", p->receiver, c->receiver);
}

static void check_channels(struct audit *a)
{
	for (uint32_t i = 0; i < a->b->n_ports; i++)
		check_port(a, &blob_ports(a->b)[i]);
	for (uint32_t i = 0; i < a->d.n_channels; i++)
		if (a->d.channel[i].kind != CHANNEL_SHARED && !a->d.channel[i].seen)
			finding(a, "channel %s has no port", a->d.channel[i].name);
}

/* --- its memory is its ends' --- */

/* In whose window a piece of a port has to lie, and in which. */
static uint32_t piece_owner(const struct bh_port *p, enum blob_port_piece which, enum audit_what *window)
{
	*window = which == BLOB_OUT || which == BLOB_REPLY_OUT ? WHAT_OUT : WHAT_IN;
	return which == BLOB_OUT || which == BLOB_REPLY_IN ? p->sender : p->receiver;
}

static const char *piece_name(enum blob_port_piece which)
{
	switch (which) {
	case BLOB_OUT: return "buffer";
	case BLOB_IN: return "slots";
	case BLOB_REPLY_OUT: return "buffer for replies";
	case BLOB_REPLY_IN: return "slot for replies";
	case BLOB_PORT_PIECES: break;
	}
	return "?";
}

uint32_t ports_need(const struct audit *a, uint32_t p, enum audit_what window)
{
	for (uint32_t i = 0; i < BLOB_PORT_PIECES * a->b->n_ports; i++) {
		const struct bh_port *port = &blob_ports(a->b)[i / BLOB_PORT_PIECES];
		enum blob_port_piece which = (enum blob_port_piece)(i % BLOB_PORT_PIECES);
		enum audit_what what;

		if (blob_port_piece(port, which).bytes && piece_owner(port, which, &what) == p && what == window)
			return 1;
	}
	return 0;
}

static uint64_t piece_pa(const struct audit *a, struct blob_piece piece)
{
	return piece.va - a->h->share_va + a->h->share_pa;
}

const struct audit_want *want_of(const struct audit *a, uint32_t owner, enum audit_what what, uint32_t object)
{
	for (uint32_t i = 0; i < a->wants.n; i++)
		if (a->wants.w[i].owner == owner && a->wants.w[i].what == what && a->wants.w[i].object == object)
			return &a->wants.w[i];
	return NULL;
}

uint64_t port_piece_ipa(const struct audit *a, const struct bh_port *p, enum blob_port_piece which)
{
	struct blob_piece piece = blob_port_piece(p, which);
	enum audit_what what;
	uint32_t owner = piece_owner(p, which, &what);
	const struct audit_want *w = want_of(a, owner, what, owner);
	uint64_t pa = piece_pa(a, piece);

	if (!piece.bytes || !w || pa < w->pa || pa - w->pa > w->bytes || piece.bytes > w->bytes - (pa - w->pa))
		return 0;
	return w->at + (pa - w->pa);
}

static void check_pieces(struct audit *a, const struct bh_port *p)
{
	for (uint32_t i = 0; i < BLOB_PORT_PIECES; i++) {
		enum blob_port_piece which = (enum blob_port_piece)i;
		enum audit_what what;
		uint32_t owner = piece_owner(p, which, &what);
		struct blob_piece piece = blob_port_piece(p, which);

		if (piece.bytes && !port_piece_ipa(a, p, which))
			finding(a, "port %s: its %s at VA %#" PRIx64 " (PA %#" PRIx64 ", %#" PRIx64 " bytes) are not in the %s of %s; that PA is %s",
				blob_name(a->b, p->name), piece_name(which), piece.va, piece_pa(a, piece), piece.bytes, what_name(what),
				owner_name(a, owner), page_owner(a, piece_pa(a, piece)));
	}
}

static bool page_is_used(const struct audit *a, uint64_t pa)
{
	for (uint32_t i = 0; i < BLOB_PORT_PIECES * a->b->n_ports; i++) {
		struct blob_piece piece = blob_port_piece(&blob_ports(a->b)[i / BLOB_PORT_PIECES], (enum blob_port_piece)(i % BLOB_PORT_PIECES));
		uint64_t at = piece_pa(a, piece);

		if (at < pa + BH_PAGE && pa < at + piece.bytes)
			return true;
	}
	return false;
}

static void check_use(struct audit *a, const struct audit_want *w)
{
	for (uint64_t at = 0; at < w->bytes; at += BH_PAGE)
		if (!page_is_used(a, w->pa + at))
			finding(a, "%s of %s: no port has anything in the page at PA %#" PRIx64, what_name(w->what), owner_name(a, w->owner),
				w->pa + at);
}

void ports_audit(struct audit *a)
{
	check_channels(a);
	for (uint32_t i = 0; i < a->b->n_ports; i++)
		check_pieces(a, &blob_ports(a->b)[i]);
	for (uint32_t i = 0; i < a->wants.n; i++)
		if (a->wants.w[i].owner != AUDIT_KERNEL && (a->wants.w[i].what == WHAT_IN || a->wants.w[i].what == WHAT_OUT))
			check_use(a, &a->wants.w[i]);
}
