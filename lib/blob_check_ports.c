/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ports' part of blob_check(): what the kernel copies from and to, whom it tells, and that no
 * partition waits for itself. Capabilities and interrupt lines are checked with their partitions.
 */
#include <stddef.h>

#include "lib/blob_at.h"
#include "lib/blob_check.h"

static bool is_message(uint32_t bytes)
{
	return bytes >= 1 && bytes <= BH_MESSAGE_MAX;
}

static const char *check_sizes(const struct bh_port *p)
{
	bool message = p->kind != BH_PORT_SIGNAL, call = p->kind == BH_PORT_CALL, queue = p->kind == BH_PORT_QUEUING;

	if (message ? !is_message(p->bytes) : p->bytes != 0)
		return "port: wrong size of its messages";
	if (call ? !is_message(p->reply_bytes) : p->reply_bytes != 0)
		return "port: wrong size of its replies";
	if (queue ? p->depth == 0 || p->depth > BH_DEPTH_MAX : p->depth != 0)
		return "port: wrong depth";
	if ((p->flags & ~(queue ? BH_PORT_DROP | BH_PORT_KEEP : 0)) != 0)
		return "port: flags that are unknown, or have no meaning for its kind";
	return NULL;
}

static bool is_line(uint32_t intid)
{
	return intid == BH_NONE || blob_is_virq(intid);
}

static const char *check_port(const struct bh_blob *b, uint32_t n)
{
	const struct bh_port *p = &blob_ports(b)[n];

	if (p->kind < BH_PORT_SIGNAL || p->kind > BH_PORT_CALL)
		return "port: unknown kind";
	if (p->sender >= b->n_partitions || p->receiver >= b->n_partitions || p->sender == p->receiver)
		return "port: wrong sender or receiver";
	if (!is_line(p->send_intid) || !is_line(p->receive_intid))
		return "port: interrupt out of range";
	if (!blob_has_name(b, p->name))
		return "port: name out of range";
	return check_sizes(p);
}

/* Nothing where nothing is needed; else aligned and in the kernel's space. */
static const char *check_piece(const struct bh_blob *b, uint32_t n)
{
	struct blob_piece piece = blob_piece(b, n);

	if (piece.bytes ? !blob_is_va(piece.va, piece.bytes, 64) : piece.va != 0)
		return "port: a buffer or slots that lie wrong, are missing, or are too many";
	for (uint32_t i = 0; piece.bytes && i < n; i++) {
		struct blob_piece other = blob_piece(b, i);

		if (piece.va < other.va + other.bytes && other.va < piece.va + piece.bytes)
			return "blob: two of log, trace, queues, server pages, ports' buffers and slots overlap";
	}
	return NULL;
}

/* --- no cycle of calls --- */

static uint32_t servers_of(const struct bh_blob *b, uint32_t caller)
{
	uint32_t servers = 0;

	for (uint32_t i = 0; i < b->n_ports; i++)
		if (blob_ports(b)[i].kind == BH_PORT_CALL && blob_ports(b)[i].sender == caller)
			servers |= 1u << blob_ports(b)[i].receiver;
	return servers;
}

/* Takes those away who call nobody that is left; where that ends before all are gone is a cycle. */
static bool calls_end(const struct bh_blob *b)
{
	uint32_t left = UINT32_MAX >> (BH_MAX_PARTITIONS - b->n_partitions), before;

	do {
		before = left;
		for (uint32_t p = 0; p < b->n_partitions; p++)
			if ((servers_of(b, p) & left) == 0)
				left &= ~(1u << p);
	} while (left != before);
	return left == 0;
}

const char *blob_check_ports(const struct bh_blob *b)
{
	const char *wrong = NULL;

	for (uint32_t i = 0; i < b->n_ports && !wrong; i++)
		wrong = check_port(b, i);
	for (uint32_t i = 0; i < blob_pieces(b) && !wrong; i++)
		wrong = check_piece(b, i);
	if (!wrong && !calls_end(b))
		wrong = "port: partitions that call each other in a circle";
	return wrong;
}
