/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats of a payload, found from its content: raw arm64 Image (Linux, Documentation/arch/arm64/booting.rst),
 * gzip or EFI zboot of one, ELF by the physical addresses of its program headers, flat binary.
 */
#include <string.h>
#include <zlib.h>

#include "tools/elf_file.h"
#include "tools/errors.h"
#include "tools/payload.h"

#define INFLATED_MAX (1024 * MIB)

#define IMAGE_MAGIC_AT 56u
#define ZBOOT_BYTES    64u

static uint64_t word(const struct bytes *b, size_t at, uint32_t bytes)
{
	uint64_t v = 0;

	for (uint32_t i = bytes; i > 0; i--)
		v = v << 8 | b->at[at + i - 1];
	return v;
}

static bool is_gzip(const struct bytes *b)
{
	return b->n > 18 && b->at[0] == 0x1f && b->at[1] == 0x8b;
}

static bool is_zboot(const struct bytes *b)
{
	return b->n > ZBOOT_BYTES && memcmp(b->at, "MZ", 2) == 0 && memcmp(b->at + 4, "zimg", 4) == 0;
}

static bool is_image(const struct bytes *b)
{
	return b->n >= 64 && memcmp(b->at + IMAGE_MAGIC_AT, "ARM\x64", 4) == 0;
}

/* NULL, or what is wrong. */
static const char *inflate_bytes(const uint8_t *from, size_t n, struct bytes *out)
{
	z_stream z;
	int status = Z_OK;

	memset(&z, 0, sizeof(z));
	if (n > UINT32_MAX || inflateInit2(&z, 15 + 16) != Z_OK)
		return "cannot be decompressed";
	z.next_in = (Bytef *)(uintptr_t)from;
	z.avail_in = (uInt)n;
	while (status == Z_OK && out->n < INFLATED_MAX) {
		size_t before = out->n;

		z.next_out = bytes_add(out, NULL, 4 * MIB);
		z.avail_out = (uInt)(4 * MIB);
		status = inflate(&z, Z_NO_FLUSH);
		out->n = before + 4 * MIB - z.avail_out;
	}
	inflateEnd(&z);
	return status == Z_STREAM_END ? NULL : "is damaged: its gzip data cannot be decompressed";
}

static const char *zboot_bytes(const struct bytes *file, struct bytes *out)
{
	uint64_t offset = word(file, 8, 4), size = word(file, 12, 4);

	if (memcmp(file->at + 24, "gzip", 5) != 0)
		return text("is an EFI zboot image compressed with %.20s; only gzip is known, so decompress it first",
			    (const char *)file->at + 24);
	if (offset > file->n || size > file->n - offset)
		return "is a damaged EFI zboot image: its payload lies outside of the file";
	return inflate_bytes(file->at + offset, size, out);
}

static void image_read(struct plan *p, struct part *part, const struct bytes *b)
{
	uint64_t offset = word(b, 8, 8), size = word(b, 16, 8), at;

	/* Before Linux 3.17 both were not filled in. */
	if (size == 0) {
		offset = 0x80000;
		size = b->n;
	}
	at = PLAN_RAM_IPA + offset;
	part->payload.entry = at;
	segment_add(p, part, "image",
		    (struct segment){ .ipa = at, .memory_bytes = max_u64(size, b->n), .data = b->at, .bytes = b->n, .what = "image" });
}

/* The entry is a virtual address; the segment that holds it says which physical one that is. */
static uint64_t elf_entry(const struct bytes *b)
{
	Elf64_Ehdr h = elf_header(b);

	for (uint32_t i = 0; i < h.e_phnum; i++) {
		Elf64_Phdr s = elf_program(b, i);

		if (s.p_type == PT_LOAD && h.e_entry >= s.p_vaddr && h.e_entry - s.p_vaddr < s.p_memsz)
			return h.e_entry - s.p_vaddr + s.p_paddr;
	}
	return h.e_entry;
}

/* From the first byte to the last that the program headers ask for. */
static struct segment elf_extent(const struct bytes *b)
{
	struct segment all = { .ipa = UINT64_MAX, .what = "image" };
	uint64_t end = 0;

	for (uint32_t i = 0; i < elf_header(b).e_phnum; i++) {
		Elf64_Phdr s = elf_program(b, i);

		if (s.p_type != PT_LOAD || s.p_memsz == 0)
			continue;
		all.ipa = min_u64(all.ipa, s.p_paddr);
		end = max_u64(end, s.p_paddr + min_u64(s.p_memsz, UINT64_MAX - s.p_paddr));
	}
	all.memory_bytes = end - min_u64(all.ipa, end);
	return all;
}

static void elf_read(struct plan *p, struct part *part, const char *path, const struct bytes *b)
{
	const char *wrong = elf_check(b);

	if (wrong) {
		blame(p, part->path, "image", "%s %s", path, wrong);
		return;
	}
	part->payload.entry = elf_entry(b);
	if (!segment_fits(p, part, "image", elf_extent(b)))
		return;
	for (uint32_t i = 0; i < elf_header(b).e_phnum; i++) {
		Elf64_Phdr s = elf_program(b, i);

		if (s.p_type == PT_BH_NOINIT && s.p_memsz)
			segment_add(p, part, "image",
				    (struct segment){ .ipa = s.p_paddr, .memory_bytes = s.p_memsz, .stays = true, .what = "image, .noinit" });
		if (s.p_type == PT_LOAD && s.p_memsz)
			segment_add(p, part, "image",
				    (struct segment){ .ipa = s.p_paddr,
						      .memory_bytes = s.p_memsz,
						      .data = b->at + s.p_offset,
						      .bytes = s.p_filesz,
						      .what = text("image, segment %u", i) });
	}
}

static void flat_read(struct plan *p, struct part *part, const char *path, const struct bytes *b)
{
	if (!part->has_load) {
		blame(p, part->path, "image",
		      "%s is neither Image, gzip, EFI zboot nor ELF; if it is a flat binary, say where: load = <0x40000000>", path);
		return;
	}
	part->payload.entry = part->load;
	segment_add(p, part, "load",
		    (struct segment){ .ipa = part->load, .memory_bytes = b->n, .data = b->at, .bytes = b->n, .what = "image" });
}

void format_read(struct plan *p, struct part *part, const char *path, struct bytes file)
{
	struct payload *pay = &part->payload;
	const char *wrong = NULL, *packed = "";
	struct bytes inner = { 0 };

	if (is_zboot(&file)) {
		wrong = zboot_bytes(&file, &inner);
		packed = "EFI zboot of ";
	} else if (is_gzip(&file)) {
		wrong = inflate_bytes(file.at, file.n, &inner);
		packed = "gzip of ";
	}
	if (wrong) {
		blame(p, part->path, "image", "%s %s", path, wrong);
		return;
	}
	if (packed[0])
		file = inner;
	pay->format = text("%s%s", packed, elf_is(&file) ? "ELF" : is_image(&file) ? "arm64 Image"
										   : "flat binary");
	if (part->has_load && (elf_is(&file) || is_image(&file)))
		blame(p, part->path, "load", "is for flat binaries; %s is an %s and says itself where it lies; remove this", path,
		      pay->format);
	else if (elf_is(&file))
		elf_read(p, part, path, &file);
	else if (is_image(&file))
		image_read(p, part, &file);
	else
		flat_read(p, part, path, &file);
}
