/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/elf_file.h"

#include <string.h>

bool elf_is(const struct bytes *b)
{
	return b->n >= SELFMAG && memcmp(b->at, ELFMAG, SELFMAG) == 0;
}

Elf64_Ehdr elf_header(const struct bytes *b)
{
	Elf64_Ehdr h;

	memcpy(&h, b->at, sizeof(h));
	return h;
}

Elf64_Phdr elf_program(const struct bytes *b, uint32_t i)
{
	Elf64_Phdr p;

	memcpy(&p, b->at + elf_header(b).e_phoff + i * sizeof(p), sizeof(p));
	return p;
}

const char *elf_check(const struct bytes *b)
{
	Elf64_Ehdr h;

	if (b->n < sizeof(h))
		return "is shorter than an ELF header";
	h = elf_header(b);
	if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB || h.e_machine != EM_AARCH64)
		return "is an ELF for another processor; it must be AArch64, little-endian";
	if (h.e_type != ET_EXEC && h.e_type != ET_DYN)
		return "is an ELF that is not linked; give an executable";
	if (h.e_phnum == 0 || h.e_phentsize != sizeof(Elf64_Phdr) || h.e_phoff > b->n ||
	    h.e_phnum * sizeof(Elf64_Phdr) > b->n - h.e_phoff)
		return "is a damaged ELF: no program headers";
	for (uint32_t i = 0; i < h.e_phnum; i++) {
		Elf64_Phdr p = elf_program(b, i);

		if (p.p_type == PT_LOAD && (p.p_offset > b->n || p.p_filesz > b->n - p.p_offset || p.p_filesz > p.p_memsz ||
					    p.p_memsz > 1ull << 40))
			return "is a damaged ELF: a segment lies outside of the file";
	}
	return NULL;
}
