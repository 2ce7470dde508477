/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/trace_file.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* --- writing --- */

static uint64_t plan_digest(const struct plan *p)
{
	return ((const struct bh_image_header *)p->image.at)->digest;
}

bool trace_rings_begun(const uint8_t *rings)
{
	struct bh_trace ring;

	memcpy(&ring, rings, sizeof(ring));
	return ring.magic == BH_TRACE_MAGIC; /* the first core begins all of them before the others start */
}

void trace_file_write(const struct plan *p, const uint8_t *rings, const char *file)
{
	size_t bytes = p->n_cores * p->trace_bytes;
	struct trace_file_head h = { .magic = TRACE_FILE_MAGIC,
				     .abi_version = BH_ABI_VERSION,
				     .header_bytes = sizeof(h),
				     .digest = plan_digest(p),
				     .ring_bytes = p->trace_bytes,
				     .n_cores = p->n_cores,
				     .crc = crc32c(rings, bytes) };
	struct bytes b = { 0 };

	bytes_add(&b, &h, sizeof(h));
	bytes_add(&b, rings, bytes);
	file_write(file, b.at, b.n);
}

/* --- reading --- */

static void check_head(const struct plan *p, const char *file, const struct bytes *b, const struct trace_file_head *h)
{
	if (memcmp(h->magic, TRACE_FILE_MAGIC, sizeof(h->magic)) != 0)
		fail("%s is no trace; `bulkhead run SYSTEM --trace FILE` makes one", file);
	if (h->abi_version != BH_ABI_VERSION)
		fail("%s is a trace of ABI version %u, and this tool reads version %d: use the tool that wrote it", file, h->abi_version, BH_ABI_VERSION);
	if (h->header_bytes != sizeof(*h) || h->n_cores == 0 || h->n_cores > BH_MAX_CORES || h->ring_bytes < BH_PAGE || h->ring_bytes > 4 * MIB)
		fail("%s is damaged: its head has impossible sizes", file);
	if (b->n != sizeof(*h) + h->n_cores * h->ring_bytes)
		fail("%s is %s: it has %zu bytes, where %u cores' rings of %llu bytes make %llu", file,
		     b->n < sizeof(*h) + h->n_cores * h->ring_bytes ? "truncated" : "too long", b->n, h->n_cores, (unsigned long long)h->ring_bytes,
		     (unsigned long long)(sizeof(*h) + h->n_cores * h->ring_bytes));
	if (crc32c(b->at + sizeof(*h), b->n - sizeof(*h)) != h->crc)
		fail("%s is damaged: its checksum differs", file);
	if (h->digest != plan_digest(p) || h->n_cores != p->n_cores || h->ring_bytes != p->trace_bytes)
		fail("%s is the trace of another system than %s, or of another build of it: the image that ran has digest %016llx, this one %016llx", file,
		     p->dts, (unsigned long long)h->digest, (unsigned long long)plan_digest(p));
}

static void check_ring(const struct plan *p, const char *file, uint32_t core, const struct bh_trace *ring, const struct bh_trace *first)
{
	uint64_t room = (p->trace_bytes - sizeof(*ring)) / sizeof(struct bh_trace_record);

	if (ring->magic != BH_TRACE_MAGIC || ring->core != core)
		fail("%s is damaged: there is no ring of core %u", file, p->core[core].board);
	if (ring->n == 0 || (ring->n & (ring->n - 1)) != 0 || ring->n > room)
		fail("%s is damaged: the ring of core %u cannot have %u records", file, p->core[core].board, ring->n);
	if (ring->frequency == 0 || ring->frequency != first->frequency)
		fail("%s is damaged: a counter of %llu Hz on core %u", file, (unsigned long long)ring->frequency, p->core[core].board);
	if (ring->mode != BH_TRACE_NO_MODE && ring->mode >= p->n_modes)
		fail("%s is damaged: the system has no mode %u", file, ring->mode);
}

static void check_record(const struct plan *p, const char *file, uint32_t core, const struct bh_trace_record *r)
{
	bool nobody = r->partition == BH_TRACE_NOBODY;

	if (r->kind == BH_TRACE_NONE || r->kind > BH_TRACE_SHUT)
		fail("%s is damaged: a record of kind %u on core %u", file, r->kind, p->core[core].board);
	if (!nobody && (r->partition >= p->n_parts || (r->vcpu != BH_TRACE_NOBODY && r->vcpu >= p->part[r->partition].n_cores)))
		fail("%s is damaged: a record of vCPU %u of partition %u on core %u", file, r->vcpu, r->partition, p->core[core].board);
	if ((r->kind == BH_TRACE_EXIT || r->kind == BH_TRACE_SWITCH) && !nobody && r->vcpu != BH_TRACE_NOBODY &&
	    p->part[r->partition].core[r->vcpu] != p->core[core].board)
		fail("%s is damaged: vCPU %u of %s on core %u", file, r->vcpu, p->part[r->partition].name, p->core[core].board);
	if (r->kind == BH_TRACE_SWITCH && (nobody || r->vcpu == BH_TRACE_NOBODY || r->a >= p->core[core].n_vcpus))
		fail("%s is damaged: core %u switches to nobody", file, p->core[core].board);
	if (r->kind == BH_TRACE_MODE && (r->arg >= p->n_modes || (r->b != BH_TRACE_NO_MODE && r->b >= p->n_modes)))
		fail("%s is damaged: the system has no mode %u", file, r->arg);
}

/* What may have been under way when the machine ended lies over the oldest (abi/trace.h). */
static void take_records(const struct plan *p, const char *file, uint32_t core, const struct bh_trace *ring, const uint8_t *at, struct trace_core *c)
{
	uint32_t kept = ring->n > BH_TRACE_UNDER_WAY ? ring->n - BH_TRACE_UNDER_WAY : 0, first = ring->next > kept ? ring->next - kept : 0;

	c->n = ring->next - first;
	c->lost = first;
	c->record = take((c->n + 1) * sizeof(c->record[0]));
	for (uint32_t i = 0; i < c->n; i++) {
		memcpy(&c->record[i], at + sizeof(*ring) + ((first + i) & (ring->n - 1)) * sizeof(c->record[0]), sizeof(c->record[0]));
		check_record(p, file, core, &c->record[i]);
	}
}

/* The ring's head has the last mode, each change the one before. */
static void take_modes(const struct plan *p, uint32_t last, struct trace_core *c)
{
	uint32_t n = 1, before = BH_TRACE_NO_MODE;

	for (uint32_t i = 0; i < c->n; i++)
		n += c->record[i].kind == BH_TRACE_MODE;
	c->mode = take(n * sizeof(c->mode[0]));
	c->n_modes = n;
	for (uint32_t i = 0, k = 1; i < c->n; i++) {
		const struct bh_trace_record *r = &c->record[i];

		if (r->kind != BH_TRACE_MODE)
			continue;
		before = k == 1 ? (uint32_t)r->b : before;
		c->mode[k++] = (struct trace_mode){ .record = i,
						    .mode = r->arg,
						    .start = r->a,
						    .at_once = r->b == BH_TRACE_NO_MODE || p->mode[r->arg].at_once || p->mode[r->b].frame_ns == 0 };
	}
	c->mode[0].mode = n == 1 ? last : before;
}

static void take_times(struct trace *t, uint64_t epoch)
{
	uint64_t first = UINT64_MAX;

	for (uint32_t c = 0; c < t->p->n_cores; c++)
		if (t->core[c].n) {
			first = min_u64(first, t->core[c].record[0].time);
			t->end = max_u64(t->end, t->core[c].record[t->core[c].n - 1].time);
		}
	t->epoch = epoch != 0;
	t->zero = epoch ? epoch : first == UINT64_MAX ? 0
						      : first;
}

struct trace *trace_file_read(const struct plan *p, const char *file)
{
	struct trace *t = take(sizeof(*t));
	struct bytes b = { 0 };
	struct trace_file_head h;
	struct bh_trace ring, first;
	uint64_t epoch = 0;

	if (!file_read(file, &b))
		fail("cannot read %s: %s", file, strerror(errno));
	if (b.n < sizeof(h))
		fail("%s is no trace, or truncated: it has only %zu bytes", file, b.n);
	memcpy(&h, b.at, sizeof(h));
	check_head(p, file, &b, &h);
	memcpy(&first, b.at + sizeof(h), sizeof(first));
	t->p = p;
	t->file = file;
	t->frequency = first.frequency;
	for (uint32_t c = 0; c < p->n_cores; c++) {
		const uint8_t *at = b.at + sizeof(h) + c * p->trace_bytes;

		memcpy(&ring, at, sizeof(ring));
		check_ring(p, file, c, &ring, &first);
		take_records(p, file, c, &ring, at, &t->core[c]);
		take_modes(p, ring.mode, &t->core[c]);
		epoch = ring.epoch ? ring.epoch : epoch;
	}
	take_times(t, epoch);
	return t;
}

int64_t trace_ns(const struct trace *t, uint64_t ticks)
{
	return (int64_t)((__int128)(int64_t)(ticks - t->zero) * 1000000000 / (__int128)t->frequency);
}

uint64_t trace_ticks(const struct trace *t, uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * t->frequency / 1000000000u);
}

uint32_t trace_vcpu(const struct trace *t, const struct bh_trace_record *r)
{
	return r->partition == BH_TRACE_NOBODY || r->vcpu == BH_TRACE_NOBODY ? BH_NONE : t->p->part[r->partition].first_vcpu + r->vcpu;
}
