/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which partition and core of the blob is which of the description, and the blob's own layout: its
 * arrays follow one another without overlap or unexplained bytes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/audit.h"

static bool join_partitions(struct audit *a)
{
	const struct bh_blob *b = a->b;
	bool whole = b->n_partitions == a->d.n_parts;

	if (!whole)
		finding(a, "the image has %u partitions, the description %u", b->n_partitions, a->d.n_parts);
	for (uint32_t p = 0; p < b->n_partitions; p++) {
		const char *name = blob_name(b, blob_partitions(b)[p].name);
		uint32_t hits = 0;

		for (uint32_t i = 0; i < a->d.n_parts; i++)
			if (strcmp(a->d.part[i].name, name) == 0)
				a->part_of[p] = i, hits++;
		for (uint32_t q = 0; q < p; q++)
			hits += a->part_of[q] == a->part_of[p];
		if (hits != 1)
			finding(a, "partition %u of the image (\"%s\") is not one of the description", p, name);
		whole = whole && hits == 1;
	}
	return whole;
}

static bool join_cores(struct audit *a)
{
	bool whole = true;

	for (uint32_t c = 0; c < a->b->n_cores; c++) {
		bool hit = false;

		for (uint32_t i = 0; i < a->d.n_cores && !hit; i++)
			if (a->d.mpidr[i] == blob_cores(a->b)[c].mpidr)
				a->core_of[c] = i, hit = true;
		if (!hit)
			finding(a, "core %u of the image (MPIDR %#" PRIx64 ") is not on this board", c,
				blob_cores(a->b)[c].mpidr);
		whole = whole && hit;
	}
	if (whole && a->core_of[0] != 0)
		finding(a, "core 0 of the image is not the one that boots");
	return whole;
}

bool names_join(struct audit *a)
{
	bool partitions = join_partitions(a), cores = join_cores(a);

	return partitions && cores;
}

struct piece {
	uint64_t offset, bytes;
	const char *what;
};

static int by_offset(const void *x, const void *y)
{
	const struct piece *a = x, *b = y;

	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return a->bytes < b->bytes ? -1 : a->bytes > b->bytes;
}

/* Only zero bytes lie between two arrays, fewer than one alignment's worth. */
static void check_gap(struct audit *a, uint64_t from, uint64_t to, const char *before)
{
	const uint8_t *bytes = (const uint8_t *)a->b;

	if (to < from || to - from >= 8) {
		finding(a, "blob: the array behind \"%s\" does not begin where that ends", before);
		return;
	}
	for (uint64_t i = from; i < to; i++)
		if (bytes[i] != 0)
			finding(a, "blob: byte %#" PRIx64 " belongs to nothing and is not zero", i);
}

static void check_vcpu_lists(struct audit *a)
{
	for (uint32_t c = 0; c < a->b->n_cores; c++) {
		const struct bh_core *core = &blob_cores(a->b)[c];

		for (uint32_t i = core->n_vcpus; i < BH_MAX_CORE_VCPUS; i++)
			if (core->vcpu[i] != 0 && core->vcpu[i] != BH_NONE)
				finding(a, "blob: core %u has something behind its list of vCPUs", c);
	}
}

/* Every name in the array is one that something uses. */
static void check_names(struct audit *a)
{
	const struct bh_blob *b = a->b;

	for (uint32_t at = 0; at < b->names_bytes; at += (uint32_t)strlen(blob_name(b, at)) + 1) {
		bool used = b->system_name == at || b->board_name == at;

		for (uint32_t i = 0; i < b->n_partitions && !used; i++)
			used = blob_partitions(b)[i].name == at;
		for (uint32_t i = 0; i < b->n_ports && !used; i++)
			used = blob_ports(b)[i].name == at;
		for (uint32_t i = 0; i < b->n_regions && !used; i++)
			used = blob_regions(b)[i].name == at;
		for (uint32_t i = 0; i < b->n_modes && !used; i++)
			used = blob_modes(b)[i].name == at;
		if (!used)
			finding(a, "blob: name \"%s\" is used by nothing", blob_name(b, at));
	}
}

void layout_audit(struct audit *a)
{
	const struct bh_blob *b = a->b;
	struct piece p[] = {
		{ b->off_cores, b->n_cores * sizeof(struct bh_core), "cores" },
		{ b->off_partitions, b->n_partitions * sizeof(struct bh_partition), "partitions" },
		{ b->off_vcpus, b->n_vcpus * sizeof(struct bh_vcpu), "vCPUs" },
		{ b->off_emuls, b->n_emuls * sizeof(struct bh_emul), "emulated regions" },
		{ b->off_ports, b->n_ports * sizeof(struct bh_port), "ports" },
		{ b->off_regions, b->n_regions * sizeof(struct bh_region), "regions" },
		{ b->off_caps, b->n_caps * sizeof(struct bh_cap), "capabilities" },
		{ b->off_irqs, b->n_irqs * sizeof(struct bh_irq), "interrupts" },
		{ b->off_smcs, b->n_smcs * sizeof(uint32_t), "SMCs" },
		{ b->off_modes, b->n_modes * sizeof(struct bh_mode), "modes" },
		{ b->off_plans, b->n_plans * sizeof(struct bh_plan), "plans" },
		{ b->off_windows, b->n_windows * sizeof(struct bh_window), "windows" },
		{ b->off_regs, b->reg_bytes, "register tables" },
		{ b->off_names, b->names_bytes, "names" },
	};
	const uint32_t n = sizeof(p) / sizeof(p[0]);
	uint64_t end = sizeof(*b);
	const char *before = "header";

	qsort(p, n, sizeof(p[0]), by_offset);
	for (uint32_t i = 0; i < n; i++) {
		check_gap(a, end, p[i].offset, before);
		end = p[i].offset + p[i].bytes;
		before = p[i].what;
	}
	check_gap(a, end, b->total_bytes, before);
	for (uint64_t i = b->total_bytes; i < a->h->blob_bytes; i++)
		if (((const uint8_t *)b)[i] != 0)
			finding(a, "blob: byte %#" PRIx64 " behind its end is not zero", i);
	check_vcpu_lists(a);
	check_names(a);
}
