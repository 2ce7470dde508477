/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boot stub does at a start of a partition: every byte of RAM is written once, cleared
 * or copied from the pristine store (checked in place where the payload lies in RAM itself). At a warm start
 * what is beside the payload's segments keeps what it holds.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/stub.h"
#include "tools/plan.h"

#define UNIT 64u

static int by_ipa(const void *x, const void *y)
{
	const struct segment *a = x, *b = y;

	return a->ipa < b->ipa ? -1 : a->ipa > b->ipa;
}

/* A segment joins the chunk before where they share a unit. */
static void chunk_add(struct payload *pay, const struct segment *s)
{
	uint64_t first = s->ipa / UNIT * UNIT, end = align_up(s->ipa + s->bytes, UNIT);
	struct chunk *c = pay->n_chunks ? &pay->chunk[pay->n_chunks - 1] : NULL;

	if (!c || first > c->ipa + c->bytes) {
		c = &pay->chunk[pay->n_chunks++];
		*c = (struct chunk){ .ipa = first, .store = pay->store.n };
	}
	if (end > c->ipa + c->bytes) {
		bytes_add(&pay->store, NULL, end - (c->ipa + c->bytes));
		c->bytes = end - c->ipa;
	}
	memcpy(pay->store.at + c->store + (s->ipa - c->ipa), s->data, s->bytes);
}

static void op_add(struct payload *pay, struct bh_stub_op op)
{
	if (op.bytes)
		bytes_add(&pay->params, &op, sizeof(op));
}

static void write_quiet(struct part *part)
{
	for (uint32_t i = 0; i < part->n_devices; i++)
		for (uint32_t k = 0; k < part->device[i]->n_quiets; k++) {
			const struct quiet *q = &part->device[i]->quiet[k];

			op_add(&part->payload, (struct bh_stub_op){ .kind = BH_STUB_QUIET,
								    .dst = q->address,
								    .bytes = q->bytes,
								    .value = q->value });
		}
}

static void clear(struct payload *pay, uint64_t from, uint64_t to, uint32_t flags)
{
	op_add(pay, (struct bh_stub_op){ .kind = BH_STUB_CLEAR, .flags = flags, .dst = from, .bytes = to - from });
}

/* Between two chunks: what segments have beyond their bytes is theirs and zero at every start; the rest stays at warm ones. */
static void write_gap(struct payload *pay, uint64_t at, uint64_t end)
{
	for (uint32_t i = 0; i < pay->n_segments && at < end; i++) {
		const struct segment *s = &pay->segment[i];
		uint64_t first = s->ipa / UNIT * UNIT, last = min_u64(align_up(s->ipa + s->memory_bytes, UNIT), end);

		if (s->stays || first >= end || last <= at)
			continue;
		if (first > at)
			clear(pay, at, first, BH_STUB_COLD);
		at = max_u64(at, first);
		clear(pay, at, last, 0);
		at = last;
	}
	clear(pay, at, end, BH_STUB_COLD);
}

static void write_ops(struct part *part)
{
	struct payload *pay = &part->payload;
	uint64_t at = PLAN_RAM_IPA;

	for (uint32_t i = 0; i < pay->n_chunks; i++) {
		const struct chunk *c = &pay->chunk[i];

		write_gap(pay, at, c->ipa);
		op_add(pay, (struct bh_stub_op){ .kind = part->restart ? BH_STUB_COPY : BH_STUB_CHECK,
						 .dst = c->ipa,
						 .src = part->restart ? space_store_ipa(part) + c->store : 0,
						 .bytes = c->bytes,
						 .value = c->crc });
		at = c->ipa + c->bytes;
	}
	write_gap(pay, at, PLAN_RAM_IPA + part->ram_bytes);
}

static void write_params(struct part *part)
{
	struct payload *pay = &part->payload;
	struct bh_stub_params head = { .magic = BH_STUB_MAGIC,
				       .abi_version = BH_ABI_VERSION,
				       .entry = pay->entry,
				       .arg = pay->arg,
				       .ram_base = PLAN_RAM_IPA,
				       .ram_bytes = part->ram_bytes };

	bytes_add(&pay->params, &head, sizeof(head));
	write_quiet(part); /* first: nothing of a former life goes on while RAM is written */
	write_ops(part);
	head.n_ops = (uint32_t)((pay->params.n - sizeof(head)) / sizeof(struct bh_stub_op));
	memcpy(pay->params.at, &head, sizeof(head));
}

void boot_plan(struct part *part)
{
	struct payload *pay = &part->payload;

	qsort(pay->segment, pay->n_segments, sizeof(pay->segment[0]), by_ipa);
	for (uint32_t i = 0; i < pay->n_segments; i++)
		if (pay->segment[i].bytes)
			chunk_add(pay, &pay->segment[i]);
	for (uint32_t i = 0; i < pay->n_chunks; i++)
		pay->chunk[i].crc = crc32c(pay->store.at + pay->chunk[i].store, pay->chunk[i].bytes);
	write_params(part);
}
