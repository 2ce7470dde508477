/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel and the boot stub, which lie beside the tool. They are part of the same release, so what
 * is wrong with them ends the tool at once.
 */
#include <errno.h>
#include <string.h>

#include "abi/stub.h"
#include "tools/elf_file.h"
#include "tools/plan.h"

static void read_elf(const struct plan *p, const char *name, struct bytes *elf)
{
	const char *path = text("%s/%s", p->tool, name), *wrong;

	if (!file_read(path, elf))
		fail("%s: %s; build it first (make all)", path, strerror(errno));
	wrong = elf_is(elf) ? elf_check(elf) : "is not an ELF file";
	if (wrong)
		fail("%s %s", path, wrong);
}

/* What is loaded from va on, as one piece. */
static void flatten(const char *name, const struct bytes *elf, uint64_t va, struct bytes *out)
{
	for (uint32_t i = 0; i < elf_header(elf).e_phnum; i++) {
		Elf64_Phdr s = elf_program(elf, i);

		if (s.p_type != PT_LOAD || s.p_filesz == 0)
			continue;
		if (s.p_vaddr < va || s.p_vaddr - va > 16 * MIB)
			fail("%s: a segment at %#llx, but it must be linked at %#llx", name, (unsigned long long)s.p_vaddr,
			     (unsigned long long)va);
		if (out->n < s.p_vaddr - va + s.p_filesz)
			bytes_add(out, NULL, s.p_vaddr - va + s.p_filesz - out->n);
		memcpy(out->at + (s.p_vaddr - va), elf->at + s.p_offset, s.p_filesz);
	}
	bytes_align(out, BH_PAGE);
}

static void check_header(const struct plan *p, const struct bh_image_header *h)
{
	if (p->kernel.n < sizeof(*h) || h->magic != BH_IMAGE_MAGIC)
		fail("kernel-arm64.elf: does not begin with Bulkhead's header");
	if (h->abi_version != BH_ABI_VERSION)
		fail("kernel-arm64.elf: ABI version %u, this tool has %u; build both from one source", h->abi_version,
		     BH_ABI_VERSION);
	if (h->header_bytes != sizeof(*h))
		fail("kernel-arm64.elf: header of %u bytes, this tool has %zu", h->header_bytes, sizeof(*h));
	if ((h->text_bytes | h->rodata_bytes | h->check_bytes | h->bss_bytes | h->stack_bytes) % BH_PAGE != 0 || !h->text_bytes)
		fail("kernel-arm64.elf: its parts are not of whole pages");
	if ((h->core_bytes | h->partition_bytes | h->vcpu_bytes | h->emul_bytes | h->port_bytes) % 64 != 0)
		fail("kernel-arm64.elf: its state elements are not multiples of 64 bytes");
	if (p->kernel.n > (uint64_t)h->text_bytes + h->rodata_bytes + h->check_bytes)
		fail("kernel-arm64.elf: %zu bytes of text and data, the header says %u; it must have no initialised writable data",
		     p->kernel.n, h->text_bytes + h->rodata_bytes + h->check_bytes);
}

void kernel_read(struct plan *p)
{
	struct bytes kernel = { 0 }, stub = { 0 };

	read_elf(p, "kernel-arm64.elf", &kernel);
	flatten("kernel-arm64.elf", &kernel, BH_KERNEL_VA, &p->kernel);
	memcpy(&p->header, p->kernel.at, min_u64(sizeof(p->header), p->kernel.n));
	check_header(p, &p->header);
	bytes_add(&p->kernel, NULL, p->header.text_bytes + p->header.rodata_bytes + p->header.check_bytes - p->kernel.n);
	read_elf(p, "stub-arm64.elf", &stub);
	flatten("stub-arm64.elf", &stub, BH_STUB_IPA, &p->stub);
	if (elf_header(&stub).e_entry != BH_STUB_IPA || p->stub.n > BH_STUB_PARAM_IPA - BH_STUB_IPA)
		fail("stub-arm64.elf: must begin at %#x and have at most 64 KiB", BH_STUB_IPA);
}
