/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in the board's memory each partition's RAM lies: first fit, beside the image and what the board
 * reserves. What does not fit is said of whoever asks for most of it.
 */
#include "tools/layout.h"

#include "tools/errors.h"

struct spans {
	struct span s[BH_MAX_PARTITIONS + 32];
	uint32_t n;
};

static void use(struct spans *used, uint64_t base, uint64_t bytes)
{
	used->s[used->n++] = (struct span){ .base = base, .bytes = bytes };
}

/* The next free piece of a memory from *at on; false: none. */
static bool free_piece(const struct span *memory, const struct spans *used, uint64_t *at, uint64_t *end)
{
	uint64_t limit = memory->base + memory->bytes;
	bool moved = true;

	while (moved) {
		moved = false;
		for (uint32_t i = 0; i < used->n; i++)
			if (*at >= used->s[i].base && *at - used->s[i].base < used->s[i].bytes) {
				*at = used->s[i].base + used->s[i].bytes;
				moved = true;
			}
	}
	*end = limit;
	for (uint32_t i = 0; i < used->n; i++)
		if (used->s[i].base > *at && used->s[i].base < *end)
			*end = used->s[i].base;
	return *at < limit;
}

/* First fit; 0: none. Then *largest is the largest piece that could be had. */
static uint64_t fit(const struct plan *p, const struct spans *used, uint64_t bytes, uint64_t align, uint64_t *largest)
{
	*largest = 0;
	for (uint32_t i = 0; i < p->board.n_memories; i++) {
		const struct span *m = &p->board.memory[i];
		uint64_t at = max_u64(m->base, BH_PAGE), end; /* page 0 stands for "none" */

		for (; free_piece(m, used, &at, &end); at = end) {
			uint64_t first = align_up(at, align);

			if (first < end && end - first >= bytes)
				return first;
			if (first < end)
				*largest = max_u64(*largest, end - first);
		}
	}
	return 0;
}

static void blame_memory(struct plan *p, const struct part *part, uint64_t largest)
{
	uint64_t asked = p->image_bytes, all = p->memory_bytes, mib = (part->ram_bytes - largest + MIB - 1) / MIB;

	for (uint32_t i = 0; i < p->n_parts; i++)
		asked += p->part[i].ram_bytes;
	blame(p, part->path, "memory",
	      "%llu KiB do not fit: the largest free piece has %llu KiB; the board has %llu MiB, all partitions and the image "
	      "(%llu MiB) ask for %llu MiB; ask for %llu MiB less, here or elsewhere",
	      (unsigned long long)(part->ram_bytes / KIB), (unsigned long long)(largest / KIB), (unsigned long long)(all / MIB),
	      (unsigned long long)(p->image_bytes / MIB), (unsigned long long)(asked / MIB), (unsigned long long)mib);
}

static void blame_image(struct plan *p, uint64_t excess)
{
	const struct part *in_image = NULL;
	const struct channel *shared = NULL;

	for (uint32_t i = 0; i < p->n_parts; i++)
		if (!p->part[i].restart && (!in_image || p->part[i].ram_bytes > in_image->ram_bytes))
			in_image = &p->part[i];
	for (uint32_t i = 0; i < p->n_channels; i++)
		if (p->channel[i].size && (!shared || p->channel[i].size > shared->size))
			shared = &p->channel[i];
	if (shared && (!in_image || shared->size > in_image->ram_bytes))
		blame(p, shared->path, "size",
		      "shared memory is part of the image, which ends %llu MiB beyond the board's memory; ask for so much less, here or "
		      "elsewhere",
		      (unsigned long long)((excess + MIB - 1) / MIB));
	else if (in_image)
		blame(p, in_image->path, "memory",
		      "with `restart = \"never\"` its RAM is part of the image, which ends %llu MiB beyond the board's memory; ask "
		      "for so much less, here or elsewhere",
		      (unsigned long long)((excess + MIB - 1) / MIB));
	else
		blame(p, "/bulkhead", "load-address", "the image of %llu MiB from %#llx on ends %llu MiB beyond the board's memory",
		      (unsigned long long)(p->image_bytes / MIB), (unsigned long long)p->board.load,
		      (unsigned long long)((excess + MIB - 1) / MIB));
}

void image_place_check(struct plan *p)
{
	uint64_t image_end = p->board.load + p->image_bytes, va_end = 1ull << p->va_bits;

	if (p->board.load >= BH_KERNEL_VA && p->board.load < va_end)
		blame(p, "/bulkhead", "load-address", "%#llx is among the kernel's own addresses, %#llx to %#llx; load it below or behind them",
		      (unsigned long long)p->board.load, (unsigned long long)BH_KERNEL_VA, (unsigned long long)va_end - 1);

	for (uint32_t i = 0; i < p->board.n_memories; i++) {
		uint64_t end = p->board.memory[i].base + p->board.memory[i].bytes;

		if (p->board.load < p->board.memory[i].base || p->board.load >= end)
			continue;
		if (image_end > end)
			blame_image(p, image_end - end);
		return;
	}
	if (p->board.load && p->board.n_memories)
		blame(p, "/bulkhead", "load-address", "there is no memory at %#llx", (unsigned long long)p->board.load);
}

/* The largest first, so that small ones do not break up what they need; equal ones in the description's order. */
static struct part *next_part(struct plan *p, const bool *done)
{
	struct part *next = NULL;

	for (uint32_t i = 0; i < p->n_parts; i++)
		if (!done[i] && (!next || p->part[i].ram_bytes > next->ram_bytes))
			next = &p->part[i];
	return next;
}

/* Aligned to a GiB, level 1 alone maps what has one. Where that leaves no room for all, to less. */
static uint64_t wish(uint64_t bytes)
{
	return bytes >= PLAN_HUGE ? PLAN_HUGE : plan_align(bytes);
}

/* False: not all fit; with `blames` it is said who does not. */
static bool place(struct plan *p, uint64_t (*align)(uint64_t bytes), bool blames)
{
	bool done[BH_MAX_PARTITIONS] = { false }, all = true;
	struct spans used = { .n = 0 };
	struct part *part;
	uint64_t largest;

	use(&used, p->board.load, p->image_bytes);
	for (uint32_t i = 0; i < p->board.n_reserved; i++)
		use(&used, p->board.reserved[i].base, p->board.reserved[i].bytes);
	while ((part = next_part(p, done)) != NULL) {
		done[part->number] = true;
		if (!part->restart || !part->ram_bytes)
			continue;
		part->ram_pa = fit(p, &used, part->ram_bytes, align(part->ram_bytes), &largest);
		if (part->ram_pa)
			use(&used, part->ram_pa, part->ram_bytes);
		else if (blames)
			blame_memory(p, part, largest);
		all = all && part->ram_pa;
	}
	return all;
}

void ram_place(struct plan *p)
{
	if (!place(p, wish, false))
		(void)place(p, plan_align, true);
	p->free_bytes = p->memory_bytes - min_u64(p->memory_bytes, p->image_bytes);
	for (uint32_t i = 0; i < p->board.n_reserved; i++)
		p->free_bytes -= min_u64(p->free_bytes, p->board.reserved[i].bytes);
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (p->part[i].restart)
			p->free_bytes -= min_u64(p->free_bytes, p->part[i].ram_bytes);
}
