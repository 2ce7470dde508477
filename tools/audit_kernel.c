/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code and header: is the kernel in the image the one that lies beside the tool, is the stub? The
 * header's half that the tool fills in is checked by number instead. Thus no byte of what the
 * digest covers is unexplained.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/stub.h"
#include "tools/audit.h"

#define ELF_MAX (16u << 20)

struct elf {
	uint8_t *bytes;
	size_t n;
};

static bool elf_read(struct elf *e, const char *name)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	FILE *f;

	if (n < 0)
		return false;
	path[n] = 0;
	strcpy(strrchr(path, '/') + 1, name);
	f = fopen(path, "rb");
	if (!f)
		return false;
	e->bytes = must_alloc(NULL, ELF_MAX);
	e->n = fread(e->bytes, 1, ELF_MAX, f);
	fclose(f);
	return e->n > sizeof(Elf64_Ehdr) && memcmp(e->bytes, ELFMAG, SELFMAG) == 0 && e->bytes[EI_CLASS] == ELFCLASS64;
}

/* Lays what the program headers load at [va, va + bytes) over out, which is zero. */
static bool elf_lay(const struct elf *e, uint64_t va, uint8_t *out, uint64_t bytes)
{
	Elf64_Ehdr h;
	Elf64_Phdr p;

	memcpy(&h, e->bytes, sizeof(h));
	for (uint32_t i = 0; i < h.e_phnum; i++) {
		uint64_t at = h.e_phoff + i * sizeof(p);

		if (at > e->n - sizeof(p))
			return false;
		memcpy(&p, e->bytes + at, sizeof(p));
		if (p.p_type != PT_LOAD || p.p_filesz == 0)
			continue;
		if (p.p_offset > e->n || p.p_filesz > e->n - p.p_offset || p.p_vaddr < va || p.p_vaddr - va > bytes ||
		    p.p_filesz > bytes - (p.p_vaddr - va))
			return false;
		memcpy(out + (p.p_vaddr - va), e->bytes + p.p_offset, p.p_filesz);
	}
	return true;
}

/* The first byte that differs, or bytes. */
static uint64_t compare(const struct elf *e, uint64_t va, const uint8_t *is, uint64_t bytes)
{
	uint8_t *want = must_alloc(NULL, bytes);
	uint64_t at = 0;

	memset(want, 0, bytes);
	if (elf_lay(e, va, want, bytes))
		while (at < bytes && is[at] == want[at])
			at++;
	free(want);
	return at;
}

static void check_kernel(struct audit *a)
{
	uint64_t bytes = (uint64_t)a->h->text_bytes + a->h->rodata_bytes + a->h->check_bytes, at;
	struct bh_image_header *mine;
	struct elf e = { NULL, 0 };
	uint8_t *image;

	if (!elf_read(&e, "kernel-arm64.elf")) {
		finding(a, "kernel-arm64.elf beside the tool cannot be read: the kernel's code is not proven");
		free(e.bytes);
		return;
	}
	image = must_alloc(NULL, bytes);
	memcpy(image, a->file, bytes);
	mine = (struct bh_image_header *)image;
	mine->image_size = mine->digest = 0;
	memset(&mine->load_pa, 0, sizeof(*mine) - offsetof(struct bh_image_header, load_pa));
	at = compare(&e, BH_KERNEL_VA, image, bytes);
	if (at != bytes)
		finding(a, "kernel: byte %#" PRIx64 " (VA %#" PRIx64 ") differs from kernel-arm64.elf beside the tool", at,
			(uint64_t)(BH_KERNEL_VA + at));
	free(image);
	free(e.bytes);
}

static void check_stubs(struct audit *a)
{
	struct elf e = { NULL, 0 };

	if (!elf_read(&e, "stub-arm64.elf"))
		finding(a, "stub-arm64.elf beside the tool cannot be read: the stub's code is not proven");
	for (uint32_t i = 0; e.bytes && i < a->wants.n; i++) {
		const struct audit_want *w = &a->wants.w[i];
		const uint8_t *stub = w->what == WHAT_STUB ? image_at(a, w->pa, w->bytes) : NULL;

		if (stub && compare(&e, BH_STUB_IPA, stub, w->bytes) != w->bytes)
			finding(a, "%s: boot stub at PA %#" PRIx64 " differs from stub-arm64.elf beside the tool",
				owner_name(a, w->owner), w->pa);
	}
	free(e.bytes);
}

static void check_header(struct audit *a)
{
	const struct bh_image_header *h = a->h;
	uint64_t last = h->covered_bytes / BH_PAGE - 1, blob_end = h->blob_pa + h->blob_bytes, end = 0;

	if (h->blob_bytes != a->b->total_bytes)
		finding(a, "header: blob has %#" PRIx64 " bytes, header says %#" PRIx64, (uint64_t)a->b->total_bytes,
			h->blob_bytes);
	if (h->covered_bytes % BH_PAGE != 0 || (!table_user(a, last * BH_PAGE) && blob_end <= h->load_pa + last * BH_PAGE))
		finding(a, "header: the digest covers more than kernel, blob and tables");
	for (uint32_t i = 0; i < a->wants.n; i++) {
		const struct audit_want *w = &a->wants.w[i];
		bool own = w->owner == AUDIT_KERNEL && w->what != WHAT_GIC && w->what != WHAT_UART;

		if (own && w->pa + w->bytes > end)
			end = w->pa + w->bytes;
	}
	if (h->load_pa + h->image_size != end)
		finding(a, "header: image ends at PA %#" PRIx64 ", its memory at %#" PRIx64, h->load_pa + h->image_size, end);
}

void kernel_audit(struct audit *a)
{
	check_header(a);
	check_kernel(a);
	check_stubs(a);
}
