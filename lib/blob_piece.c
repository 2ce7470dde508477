/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of memory that kernel and partitions share, and how long each is; see blob_at.h. */
#include "lib/blob_at.h"

static struct blob_piece piece(uint64_t va, uint64_t bytes)
{
	return (struct blob_piece){ .va = va, .bytes = bytes };
}

struct blob_piece blob_port_piece(const struct bh_port *p, enum blob_port_piece which)
{
	bool call = p->kind == BH_PORT_CALL;

	switch (which) {
	case BLOB_OUT: return piece(p->out_va, bh_buffer_bytes(p->bytes));
	case BLOB_IN: return piece(p->in_va, (uint64_t)bh_port_slots(p->kind, p->depth) * bh_slot_bytes(p->bytes));
	case BLOB_REPLY_OUT: return piece(p->reply_out_va, bh_buffer_bytes(p->reply_bytes));
	case BLOB_REPLY_IN: return piece(p->reply_in_va, call ? bh_slot_bytes(p->reply_bytes) : 0);
	case BLOB_PORT_PIECES: break;
	}
	return piece(0, 0);
}

struct blob_piece blob_piece(const struct bh_blob *b, uint32_t n)
{
	const struct bh_emul *e;

	if (n < BLOB_PORT_PIECES * b->n_ports)
		return blob_port_piece(&blob_ports(b)[n / BLOB_PORT_PIECES], (enum blob_port_piece)(n % BLOB_PORT_PIECES));
	n -= BLOB_PORT_PIECES * b->n_ports;
	if (n == 2 * b->n_emuls)
		return piece(b->log_va, bh_log_bytes(b->n_partitions));
	if (n > 2 * b->n_emuls)
		return piece(b->trace_va, b->n_cores * b->trace_bytes);
	e = &blob_emuls(b)[n / 2];
	return n % 2 ? piece(e->server_va, BH_PAGE + e->bytes) : piece(e->queue_va, BH_PAGE);
}
